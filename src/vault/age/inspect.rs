//! Looking at an age file from outside (<https://c2sp.org/age>).

use memchr::memmem;

use super::MAX_WORK_FACTOR;
use crate::error::{Error, Result, VaultError};
use crate::vault::{Derivation, Parameters};

const FIRST_LINE: &[u8] = b"age-encryption.org/v1\n";

/// What age encrypts with; there is no other.
const CIPHER: &str = "ChaCha20-Poly1305";

/// The most lines that are looked at; more only cost time.
const MAX_LINES: usize = 256;

/// Bytes of the nonce behind the header.
const NONCE: usize = 16;

/// Bytes that the tag adds to a chunk.
const TAG: usize = 16;

/// Bytes of every chunk but the last.
const CHUNK: usize = 64 * 1024 + TAG;

/// Whether `bytes` are an age file, or the beginning of one.
pub(in crate::vault) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(FIRST_LINE)
}

/// Checks that `file` is a header with one scrypt stanza and chunks behind it, as far as that can be
/// seen from outside; says which parameters it has.
///
/// Errors: the first thing that is not so.
pub(in crate::vault) fn inspect(file: &[u8]) -> Result<Parameters> {
    let mut rest = file.strip_prefix(FIRST_LINE).ok_or(VaultError::NotAVault)?;
    let mut stanzas = Vec::new();
    for _ in 0..MAX_LINES {
        let (line, after) = split_line(rest)?;
        rest = after;
        if let Some(stanza) = line.strip_prefix(b"-> ") {
            stanzas.push(stanza);
        } else if let Some(mac) = line.strip_prefix(b"--- ") {
            let work_factor = judge(&stanzas)?;
            return if mac.len() == 43 && is_payload(rest)? {
                Ok((Some(CIPHER), Derivation::Scrypt { work_factor }))
            } else {
                Err(VaultError::Damaged.into())
            };
        } else if stanzas.is_empty() || !line.iter().all(is_base64) {
            return Err(VaultError::Damaged.into());
        }
    }
    Err(VaultError::Damaged.into())
}

fn split_line(text: &[u8]) -> Result<(&[u8], &[u8])> {
    let end = memchr::memchr(b'\n', text).ok_or(VaultError::Damaged)?;
    text.split_at_checked(end)
        .and_then(|(line, rest)| Some((line, rest.get(1..)?)))
        .ok_or(Error::Vault(VaultError::Damaged))
}

/// The work factor of the one stanza, which must be scrypt's.
fn judge(stanzas: &[&[u8]]) -> Result<u8> {
    let is_scrypt = |stanza: &&&[u8]| stanza.split(|byte| *byte == b' ').next() == Some(b"scrypt");
    match (stanzas.iter().filter(is_scrypt).count(), stanzas) {
        (0, []) => Err(VaultError::Damaged.into()),
        (0, _) => Err(VaultError::AgeForKeys.into()),
        (_, [stanza]) => {
            let words: Vec<&[u8]> = stanza.split(|byte| *byte == b' ').collect();
            match words[..] {
                [_, salt, factor] if salt.len() == 22 && salt.iter().all(is_base64) => {
                    work_factor(factor)
                }
                _ => Err(VaultError::Damaged.into()),
            }
        }
        _ => Err(VaultError::AgeMixed.into()),
    }
}

/// A decimal number from 1 on, without leading zeros.
fn work_factor(digits: &[u8]) -> Result<u8> {
    let is_number = digits.iter().all(u8::is_ascii_digit) && digits.first() != Some(&b'0');
    let text = str::from_utf8(digits).ok().filter(|_| is_number).ok_or(VaultError::Damaged)?;
    match text.parse() {
        Ok(factor @ 1..=MAX_WORK_FACTOR) => Ok(factor),
        Err(_) if text.is_empty() => Err(VaultError::Damaged.into()),
        _ => Err(VaultError::AgeWork.into()),
    }
}

/// Whether nonce and chunks have possible sizes: each chunk has a tag, and only a document of no
/// bytes at all ends in an empty one.
///
/// Errors: another age file stands within.
fn is_payload(payload: &[u8]) -> Result<bool> {
    if memmem::find(payload, FIRST_LINE).is_some() {
        return Err(VaultError::SecondMessage.into());
    }
    let chunks = payload.len().saturating_sub(NONCE);
    let last = chunks % CHUNK;
    Ok(payload.len() >= NONCE + TAG && (last == 0 || last > TAG || chunks == TAG))
}

fn is_base64(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}
