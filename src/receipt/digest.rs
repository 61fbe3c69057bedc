//! Keyed digests: HMAC-SHA-256 (RFC 2104).

use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::key::Key;
use crate::error::{Error, Result};
use crate::memory::{SHALLOW_STACK, on_wiped_stack};
use crate::payload::Secret;

/// 32 bytes.
pub(super) type Digest = [u8; 32];

/// The hash with the key taken in.
pub(super) struct Keyed(Hmac<Sha256>);

/// Does `work` on a wiped stack, and gives it the key in the form that it takes.
///
/// Errors: no memory, no thread.
pub(super) fn with_key<T: Send>(key: &Key, work: impl FnOnce(&Keyed) -> T + Send) -> Result<T> {
    on_wiped_stack(SHALLOW_STACK, || {
        let keyed = Hmac::new_from_slice(key.expose()).map_err(|_| Error::Internal)?;
        Ok(work(&Keyed(keyed)))
    })?
    .unwrap_or(Err(Error::Internal))
}

impl Keyed {
    /// That of a secret's name and value.
    pub(super) fn of_secret(&self, secret: Secret<'_>) -> Digest {
        self.of(secret.name(), secret.expose())
    }

    /// Over the length of the name in 8 bytes, big-endian, the name, and the value. The length keeps
    /// `A` with `Bc` apart from `AB` with `c`.
    pub(super) fn of(&self, name: &str, value: &[u8]) -> Digest {
        let mut hmac = self.0.clone();
        hmac.update(&(name.len() as u64).to_be_bytes());
        hmac.update(name.as_bytes());
        hmac.update(value);
        hmac.finalize().into_bytes().into()
    }

    /// Over a receipt's text. It begins with `#`, the other kind of message with a zero byte: neither
    /// can be passed off as the other.
    pub(super) fn of_text(&self, text: &[u8]) -> Digest {
        let mut hmac = self.0.clone();
        hmac.update(text);
        hmac.finalize().into_bytes().into()
    }
}
