//! What `seal` and `reseal` share: putting a new vault in its place when it is proven.

use std::path::{Path, PathBuf};

use crate::checks::uses;
use crate::error::{Error, Result, Warning};
use crate::files::{self, Replacement};
use crate::memory::{self, Passphrase, Region};
use crate::process::Termination;
use crate::receipt;
use crate::records::{self, Entry};
use crate::terminal::{self, Messages, Progress};
use crate::vault::{self, Format, Vault};

/// Seals, and tells how far it is.
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

/// What is replaced.
pub(in crate::commands) struct Target {
    /// The file that was named.
    pub(in crate::commands) vault: PathBuf,
    /// What it held when the work began: nobody else may have sealed since.
    pub(in crate::commands) old: Vec<u8>,
}

/// What takes its place.
pub(in crate::commands) struct New<'a> {
    /// The vault's bytes.
    pub(in crate::commands) sealed: &'a [u8],
    /// What it must hold.
    pub(in crate::commands) document: &'a Region,
    /// What it must open with.
    pub(in crate::commands) passphrase: &'a Passphrase,
    /// Whether nobody has seen the passphrase yet.
    pub(in crate::commands) generated: bool,
    /// The receipt of it, where it gets one.
    pub(in crate::commands) receipt: &'a dyn Fn(&Vault) -> Result<Option<String>>,
    /// What is written down of it.
    pub(in crate::commands) entry: &'a dyn Fn(&Vault) -> Entry,
}

impl Target {
    /// Whatever is wrong with the target is said before anybody is asked for anything.
    pub(in crate::commands) fn look(vault: PathBuf, messages: Messages) -> Result<Target> {
        let (_, old) = begin(&vault, &Termination::hold(), messages)?;
        Ok(Target { vault, old })
    }

    /// Writes, reads back, opens, compares, and only then replaces. A signal that comes meanwhile
    /// waits, and is the reason to leave the old vault in place. Returns the file and the new vault's
    /// id.
    pub(in crate::commands) fn replace(
        &self,
        new: &New<'_>,
        messages: Messages,
    ) -> Result<(PathBuf, String)> {
        let held = Termination::hold();
        let (mut replacement, old) = begin(&self.vault, &held, messages)?;
        if old != self.old {
            let path = replacement.target().to_owned();
            return Err(Error::ReplacedMeanwhile { path });
        }
        let written = Vault::parse(&replacement.write(new.sealed)?)?;
        let reopened = written.open(new.passphrase, &|_| {})?;
        if !memory::equal(reopened.expose(), new.document.expose()) {
            return Err(Error::ReadBack { path: replacement.target().into() });
        }
        let receipt = match (new.receipt)(&written)? {
            None => None,
            Some(text) => {
                let mut file = replacement.beside(receipt::SUFFIX)?;
                file.write(text.as_bytes())?;
                Some(file)
            }
        };
        if new.generated {
            messages.warning(&Warning::GeneratedShown);
            terminal::show_once(&[b"\n    ", new.passphrase.expose(), b"\n\n"])?;
        }
        if let Some(signal) = held.take_ending() {
            return Err(Error::Interrupted { signal });
        }
        let path = replacement.target().to_owned();
        put_in_place(replacement, receipt, &|| uses::record(&(new.entry)(&written), messages))?;
        Ok((path, written.id()))
    }
}

/// The vault first: where the two do not match, that is seen, and sealing again mends it. What the disk
/// does not confirm is in place all the same, and written down.
fn put_in_place(
    vault: Replacement,
    receipt: Option<Replacement>,
    write_down: &dyn Fn(),
) -> Result<()> {
    let beside = files::beside(vault.target(), receipt::SUFFIX)?;
    let confirmed = vault.place()?.confirm();
    write_down();
    // A receipt of the old vault is worse than none.
    match receipt.map(Replacement::place) {
        Some(Ok(receipt)) => confirmed.and(receipt.confirm()),
        Some(Err(_)) => {
            files::remove(&beside);
            confirmed.and(Err(Error::ReceiptNotWritten { path: beside }))
        }
        None => {
            files::remove(&beside);
            confirmed
        }
    }
}

/// Begins to replace the target. Only a vault, an empty file or nothing at all is replaced.
/// Also returns what it holds now.
fn begin(vault: &Path, held: &Termination, messages: Messages) -> Result<(Replacement, Vec<u8>)> {
    let replacement = Replacement::begin(vault, &|| held.take_ending())?;
    let target = replacement.target();
    let old = match files::read(target) {
        Err(Error::Read { errno: libc::ENOENT, .. }) => return Ok((replacement, Vec::new())),
        other => other?,
    };
    if !old.bytes.is_empty() && !vault::is_sealed(&old.bytes) {
        let path = target.into();
        let within = vault::is_within_text(&old.bytes);
        return Err(if within { Error::TextAround { path } } else { Error::NotOurFile { path } });
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
    Err(Error::Usage { sentence: sentence.to_owned(), command: command.to_owned() })
}
