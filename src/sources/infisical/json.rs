//! Writing JSON into a region.

use std::io::{self, Write};

use crate::error::{Error, Result};
use crate::memory::Region;

/// A JSON object of texts, which are UTF-8.
///
/// Errors: no memory.
pub(super) fn object<'a>(members: impl Iterator<Item = (&'a str, &'a [u8])>) -> Result<Region> {
    let mut text = Text(Region::with_capacity(4096)?);
    match write(&mut text, members) {
        Ok(()) => Ok(text.0),
        Err(_) => Err(Error::OutOfMemory),
    }
}

fn write<'a>(
    text: &mut Text,
    members: impl Iterator<Item = (&'a str, &'a [u8])>,
) -> io::Result<()> {
    text.write_all(b"{")?;
    for (index, (name, value)) in members.enumerate() {
        if index > 0 {
            text.write_all(b",")?;
        }
        serde_json::to_writer(&mut *text, name)?;
        text.write_all(b":")?;
        serde_json::to_writer(&mut *text, str::from_utf8(value).unwrap_or_default())?;
    }
    text.write_all(b"}")
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
