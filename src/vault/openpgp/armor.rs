//! ASCII armor (RFC 9580, 6.2) as it is written; note.rs reads it.

use std::io::Write;

use sequoia_openpgp::armor::{Kind, Writer};

use crate::error::{Error, Result};

/// A message as armored text.
pub(in crate::vault) fn enarmor(message: &[u8]) -> Result<Vec<u8>> {
    let armored = Writer::new(Vec::new(), Kind::Message).and_then(|mut writer| {
        writer.write_all(message)?;
        writer.finalize()
    });
    armored.map_err(|_| Error::Internal)
}
