//! ASCII armor (RFC 9580, 6.2).

use std::io::{Read, Write};

use sequoia_openpgp::armor::{Kind, Reader, ReaderMode, Writer};

use crate::error::{Error, Result};

const BEGIN: &[u8] = b"-----BEGIN PGP MESSAGE-----";

const END: &[u8] = b"-----END PGP MESSAGE-----";

/// The message within armor; nothing where `bytes` is a binary one.
///
/// Errors: text without an armored message, a damaged one, or a second one.
pub(in crate::vault) fn dearmor(bytes: &[u8]) -> Result<Option<Vec<u8>>> {
    // Every OpenPGP packet begins with a byte above 127, no line of armor does (RFC 9580, 4.2).
    if bytes.first().is_some_and(|byte| byte & 0x80 != 0) {
        return Ok(None);
    }
    let begin = find(bytes, BEGIN).ok_or(Error::NotAVault)?;
    let text = bytes.get(begin..).unwrap_or_default();
    if find(text.get(BEGIN.len()..).unwrap_or_default(), BEGIN).is_some() {
        return Err(Error::SecondMessage);
    }
    let mut message = Vec::with_capacity(text.len());
    let mut reader = Reader::from_bytes(text, ReaderMode::Tolerant(Some(Kind::Message)));
    reader.read_to_end(&mut message).map_err(|_| Error::Damaged)?;
    if message.is_empty() { Err(Error::Damaged) } else { Ok(Some(message)) }
}

/// Whether `bytes` are a binary message, or armor without text before or behind it.
pub(in crate::vault) fn is_nothing_else(bytes: &[u8]) -> bool {
    let text = bytes.trim_ascii();
    let binary = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
    binary || (text.starts_with(BEGIN) && text.ends_with(END))
}

/// A message as armored text.
pub(in crate::vault) fn enarmor(message: &[u8]) -> Result<Vec<u8>> {
    let armored = Writer::new(Vec::new(), Kind::Message).and_then(|mut writer| {
        writer.write_all(message)?;
        writer.finalize()
    });
    armored.map_err(|_| Error::Internal)
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}
