//! The key of receipts, as far as it is at hand.

use std::path::PathBuf;

use super::key::Key;
use crate::error::{Error, ReceiptError, Result};

/// Whether there is a key.
#[derive(Debug)]
pub enum KeyAtHand {
    /// It is here.
    Ready(Key),
    /// Its file does not exist yet, and can be made.
    ToMake(PathBuf),
    /// There is none at the usual place, for that reason: a vault is worth more than its receipt.
    Missing(Error),
}

impl KeyAtHand {
    /// The key.
    ///
    /// Errors: it is not made yet, or missing.
    pub fn ready(&self) -> Result<&Key> {
        match self {
            KeyAtHand::Ready(key) => Ok(key),
            KeyAtHand::ToMake(path) => Err(ReceiptError::NoKey { path: path.clone() }.into()),
            KeyAtHand::Missing(error) => Err(error.clone()),
        }
    }
}
