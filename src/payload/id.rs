//! The id of a vault.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The first 16 hex digits of the SHA-256 of a vault's binary message. It is the same for armored copies, and not
/// secret.
#[derive(Clone, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct VaultId(String);

impl VaultId {
    /// Digits of an id.
    pub const DIGITS: usize = 16;

    /// The id that a SHA-256 in hex begins with.
    pub fn of_digest(digest: &str) -> VaultId {
        VaultId(digest.get(..VaultId::DIGITS).unwrap_or_default().to_owned())
    }

    /// Reads 16 lower-case hex digits.
    pub fn parse(digits: &[u8]) -> Option<VaultId> {
        let is_digit = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
        let fits = digits.len() == VaultId::DIGITS && digits.iter().all(is_digit);
        fits.then(|| VaultId(String::from_utf8_lossy(digits).into_owned()))
    }

    /// The digits; empty in a line of the journal that has none.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VaultId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
