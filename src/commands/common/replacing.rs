//! What `seal` and `reseal` share: a new vault is written, proven, and only then put in the place of the old one.

use std::path::{Path, PathBuf};

use crate::error::{CommandError, Error, FileError, ReceiptError, Result, Warning};
use crate::files::{self, Renamed, Replacement};
use crate::memory::{self, Passphrase, Region};
use crate::payload::VaultId;
use crate::process::Termination;
use crate::receipt;
use crate::records;
use crate::terminal::{self, Messages, Progress};
use crate::vault::{self, Format, Vault};

/// Seals, and shows how far it is.
pub(in crate::commands) fn seal(
    format: Format,
    document: &Region,
    passphrase: &Passphrase,
    armor: bool,
    messages: Messages,
) -> Result<Vec<u8>> {
    let progress = Progress::new("deriving the key", messages.quiet);
    vault::seal(format, document, passphrase, armor, &|fraction| progress.at(fraction))
}

/// The file that is replaced.
pub(in crate::commands) struct Target {
    /// The path that was named.
    pub(in crate::commands) vault: PathBuf,
    /// What it held when the work began: no one else may have sealed since.
    pub(in crate::commands) old: Vec<u8>,
}

/// A new vault beside the old one. Until it is placed, signals wait, and dropping it leaves the old one as it was.
pub(in crate::commands) struct Written {
    replacement: Replacement,
    vault: Vault,
    // Dropped last: a signal that waits may end this process.
    held: Termination,
}

/// A new vault that was read back, opens, and holds what it must.
pub(in crate::commands) struct Proven {
    /// It.
    pub(in crate::commands) vault: Vault,
    written: Replacement,
    receipt: Option<Replacement>,
    held: Termination,
}

/// A new vault in its place. Signals wait until its receipt is, too.
pub(in crate::commands) struct Placed {
    /// Its id.
    pub(in crate::commands) id: VaultId,
    path: PathBuf,
    confirmed: Result<()>,
    receipt: Option<Replacement>,
    held: Termination,
}

impl Target {
    /// Whatever is wrong with the target is said before anyone is asked for anything.
    pub(in crate::commands) fn look(vault: PathBuf, messages: Messages) -> Result<Target> {
        let (_, old) = begin(&vault, &Termination::hold(), messages)?;
        Ok(Target { vault, old })
    }

    /// Writes the new vault beside the old one, and reads it back.
    ///
    /// Errors: another process has sealed since the work began; the file cannot be written.
    pub(in crate::commands) fn write(&self, sealed: &[u8], messages: Messages) -> Result<Written> {
        let held = Termination::hold();
        let (mut replacement, old) = begin(&self.vault, &held, messages)?;
        if old != self.old {
            let path = replacement.target().to_owned();
            return Err(FileError::ReplacedMeanwhile { path }.into());
        }
        let vault = Vault::parse(&replacement.write(sealed)?)?;
        Ok(Written { held, replacement, vault })
    }
}

impl Written {
    /// Opens what was read back, and compares it.
    ///
    /// Errors: it does not open, or holds another document.
    pub(in crate::commands) fn prove(
        self,
        document: &Region,
        passphrase: &Passphrase,
    ) -> Result<Proven> {
        let Written { held, replacement, vault } = self;
        let reopened = vault.open(passphrase, &|_| {})?;
        if !memory::equal(reopened.expose(), document.expose()) {
            return Err(FileError::ReadBack { path: replacement.target().into() }.into());
        }
        Ok(Proven { vault, written: replacement, receipt: None, held })
    }
}

impl Proven {
    /// Writes its receipt beside the old one; without a text there will be none.
    pub(in crate::commands) fn write_receipt(&mut self, text: Option<String>) -> Result<()> {
        if let Some(text) = text {
            let mut file = self.written.beside(receipt::SUFFIX)?;
            file.write(text.as_bytes())?;
            self.receipt = Some(file);
        }
        Ok(())
    }

    /// Replaces the old vault. What the disk does not confirm is in place, too.
    ///
    /// Errors: a signal came meanwhile; the file cannot be renamed.
    pub(in crate::commands) fn place(self) -> Result<Placed> {
        if let Some(signal) = self.held.take_ending() {
            return Err(FileError::Interrupted { signal }.into());
        }
        let path = self.written.target().to_owned();
        let confirmed = self.written.place()?.confirm();
        let Proven { vault, receipt, held, .. } = self;
        Ok(Placed { id: vault.id(), path, confirmed, receipt, held })
    }
}

impl Placed {
    /// Puts the receipt in its place; a receipt of the old vault is worse than none. The vault comes first:
    /// a mismatch is seen, and sealing again mends it. Returns the vault's path.
    ///
    /// Errors: the disk did not confirm; the receipt was not written.
    pub(in crate::commands) fn finish(self) -> Result<PathBuf> {
        let beside = files::beside(&self.path, receipt::SUFFIX)?;
        let receipt = match self.receipt.map(Replacement::place) {
            Some(Ok(receipt)) => Renamed::confirm(receipt),
            other => {
                files::remove(&beside);
                other.map_or(Ok(()), |_| Err(ReceiptError::NotWritten { path: beside }.into()))
            }
        };
        drop(self.held);
        self.confirmed.and(receipt).map(|()| self.path)
    }
}

/// Shows a passphrase that no one has seen yet.
pub(in crate::commands) fn show_generated(
    passphrase: &Passphrase,
    messages: Messages,
) -> Result<()> {
    messages.warning(&Warning::GeneratedShown);
    terminal::show_once(&[b"\n    ", passphrase.expose(), b"\n\n"])
}

/// Begins to replace the target. Only a vault, an empty file or nothing at all is replaced.
/// Also returns what it holds now.
fn begin(vault: &Path, held: &Termination, messages: Messages) -> Result<(Replacement, Vec<u8>)> {
    let replacement = Replacement::begin(vault, &|| held.take_ending())?;
    let target = replacement.target();
    let old = match files::read(target) {
        Err(error) if error.is_missing() => return Ok((replacement, Vec::new())),
        other => other?,
    };
    if !old.bytes.is_empty() && !vault::is_sealed(&old.bytes) {
        let path = target.into();
        let within = vault::is_within_text(&old.bytes);
        return Err(if within {
            Error::File(FileError::TextAround { path })
        } else {
            Error::File(FileError::NotOurFile { path })
        });
    }
    if old.modified > records::now().as_second() {
        messages.warning(&Warning::ClockBehind);
    }
    Ok((replacement, old.bytes))
}

/// A vault is a file of a kind that is written here. `command` is the one that was given the name.
pub(in crate::commands) fn check_name(vault: PathBuf, command: &str) -> Result<PathBuf> {
    let sentence = if vault.as_os_str() == "-" {
        "a vault is sealed into a file, not into standard output"
    } else if receipt::is_receipt(&vault) {
        "a name that ends in .receipt is that of a receipt"
    } else {
        return Ok(vault);
    };
    Err(CommandError::usage(sentence, command))
}
