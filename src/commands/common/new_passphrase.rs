//! The passphrase of a new vault.

use super::opening;
use crate::error::{Error, MemoryError, PassphraseError, Result, Warning};
use crate::memory::{self, Passphrase, Swappable};
use crate::terminal::Messages;
use crate::vault;

/// How the passphrase of a new vault is chosen, and where it may lie.
#[derive(Clone, Copy, Debug, Default)]
pub struct Choice {
    /// Whether it is made.
    pub generate: bool,
    /// Whether a weak one is taken.
    pub allow_weak: bool,
    /// Whether secrets may be kept in memory that cannot be locked.
    pub allow_unlocked: bool,
}

impl Choice {
    /// There is time in daylight to find a machine that can lock memory.
    pub(in crate::commands) fn check_locked(self) -> Result<()> {
        match memory::swappable() {
            Swappable::Secrets if !self.allow_unlocked => Err(MemoryError::NotLocked.into()),
            _ => Ok(()),
        }
    }

    /// Takes, makes or asks for the passphrase, and judges it.
    pub(in crate::commands) fn passphrase(
        self,
        early: Option<Passphrase>,
        messages: Messages,
    ) -> Result<Passphrase> {
        if self.generate {
            return vault::generate_passphrase();
        }
        let asked = early.is_none();
        let passphrase = match early {
            Some(passphrase) => passphrase,
            None => opening::ask("new passphrase: ")?,
        };
        vault::check_typable(&passphrase)?;
        match vault::check_strength(&passphrase) {
            Err(Error::Passphrase(PassphraseError::Weak { .. })) if self.allow_weak => {
                messages.warning(&Warning::WeakPassphraseAllowed);
            }
            other => other?,
        }
        if asked {
            let again = opening::ask("the same again: ")?;
            if !memory::equal(again.expose(), passphrase.expose()) {
                return Err(PassphraseError::Mismatch.into());
            }
        }
        Ok(passphrase)
    }
}

/// Errors: the new passphrase is the old one, which somebody would think is no good any more.
pub(in crate::commands) fn check_is_new(new: &Passphrase, old: &Passphrase) -> Result<()> {
    if memory::equal(new.expose(), old.expose()) {
        Err(PassphraseError::Same.into())
    } else {
        Ok(())
    }
}
