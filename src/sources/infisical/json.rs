//! Writing JSON into a region.

use std::io::{self, Write};

use serde::Serializer;

use crate::error::{Error, MemoryError, Result};
use crate::memory::Region;

/// A JSON object of texts, which are UTF-8.
///
/// Errors: no memory.
pub(super) fn object<'a>(members: impl Iterator<Item = (&'a str, &'a [u8])>) -> Result<Region> {
    let mut text = Text(Region::with_capacity(4096)?);
    let members = members.map(|(name, value)| (name, str::from_utf8(value).unwrap_or_default()));
    let written = serde_json::Serializer::new(&mut text).collect_map(members);
    written.map(|()| text.0).map_err(|_| Error::Memory(MemoryError::OutOfMemory))
}

/// A region that is written to. The only failure is that there is no more memory.
struct Text(Region);

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.extend(bytes) {
            Ok(()) => Ok(bytes.len()),
            Err(_) => Err(io::ErrorKind::OutOfMemory.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
