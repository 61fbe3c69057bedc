//! The passphrase.

use std::fmt;

use super::region::Region;
use crate::error::{PassphraseError, Result};

/// A passphrase: 1 to 1024 bytes without a line end, in a region of its own.
pub struct Passphrase(Region);

impl Passphrase {
    /// The longest passphrase in bytes; far beyond what anybody types or a terminal line holds.
    pub const MAX_BYTES: usize = 1024;

    /// Takes the bytes for a passphrase.
    ///
    /// Errors: empty, too long, or a line end or NUL within.
    pub fn new(bytes: Region) -> Result<Passphrase> {
        match bytes.expose() {
            [] => Err(PassphraseError::Empty.into()),
            long if long.len() > Passphrase::MAX_BYTES => Err(PassphraseError::TooLong.into()),
            other if other.iter().any(|byte| matches!(byte, b'\n' | b'\r' | 0)) => {
                Err(PassphraseError::Control.into())
            }
            _ => Ok(Passphrase(bytes)),
        }
    }

    /// The secret bytes.
    pub fn expose(&self) -> &[u8] {
        self.0.expose()
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}
