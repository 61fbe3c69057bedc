//! What `seal` and `reseal` share: a passphrase for a new vault, and putting the vault in its place
//! when it is proven.

use std::path::{Path, PathBuf};

use super::opening;
use super::{receipts, uses};
use crate::error::{Error, Result, Warning};
use crate::files::{self, Replacement};
use crate::memory::{self, Passphrase, Region, Swappable};
use crate::process::Termination;
use crate::records::{self, Entry};
use crate::terminal::{self, Messages};
use crate::vault::{self, Vault};

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
    pub(super) fn check_locked(self) -> Result<()> {
        match memory::swappable() {
            Swappable::Secrets if !self.allow_unlocked => Err(Error::NotLocked),
            _ => Ok(()),
        }
    }

    /// Takes, makes or asks for the passphrase, and judges it.
    pub(super) fn passphrase(
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
            Err(Error::PassphraseWeak { .. }) if self.allow_weak => {
                messages.warning(&Warning::WeakPassphraseAllowed);
            }
            other => other?,
        }
        if asked {
            let again = opening::ask("the same again: ")?;
            if !memory::equal(again.expose(), passphrase.expose()) {
                return Err(Error::PassphraseMismatch);
            }
        }
        Ok(passphrase)
    }
}

/// Errors: the new passphrase is the old one, which somebody would think is no good any more.
pub(super) fn check_is_new(new: &Passphrase, old: &Passphrase) -> Result<()> {
    if memory::equal(new.expose(), old.expose()) { Err(Error::PassphraseSame) } else { Ok(()) }
}

/// Says what could not be locked.
pub(super) fn warn_of_swappable(messages: Messages) {
    match memory::swappable() {
        Swappable::Nothing => {}
        Swappable::WorkingMemory => messages.warning(&Warning::WorkingMemoryNotLocked),
        Swappable::Secrets => messages.warning(&Warning::NotLocked),
    }
}

/// What is replaced.
pub(super) struct Target {
    /// The file that was named.
    pub(super) vault: PathBuf,
    /// What it held when the work began: nobody else may have sealed since.
    pub(super) old: Vec<u8>,
}

/// What takes its place.
pub(super) struct New<'a> {
    /// The vault's bytes.
    pub(super) sealed: &'a [u8],
    /// What it must hold.
    pub(super) document: &'a Region,
    /// What it must open with.
    pub(super) passphrase: &'a Passphrase,
    /// Whether nobody has seen the passphrase yet.
    pub(super) generated: bool,
    /// The receipt of it, where it gets one.
    pub(super) receipt: &'a dyn Fn(&Vault) -> Result<Option<String>>,
    /// What is written down of it.
    pub(super) entry: &'a dyn Fn(&Vault) -> Entry,
}

impl Target {
    /// Whatever is wrong with the target is said before anybody is asked for anything.
    pub(super) fn look(vault: PathBuf, messages: Messages) -> Result<Target> {
        let (_, old) = begin(&vault, &Termination::hold(), messages)?;
        Ok(Target { vault, old })
    }

    /// Writes, reads back, opens, compares, and only then replaces. A signal that comes meanwhile
    /// waits, and is the reason to leave the old vault in place. Returns the file and the new vault's
    /// id.
    pub(super) fn replace(&self, new: &New<'_>, messages: Messages) -> Result<(PathBuf, String)> {
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
                let mut file = replacement.beside(receipts::SUFFIX)?;
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
    let beside = files::beside(vault.target(), receipts::SUFFIX)?;
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
pub(super) fn check_name(vault: PathBuf, command: &str) -> Result<PathBuf> {
    let sentence = if vault.as_os_str() == "-" {
        "a vault is sealed into a file, not into standard output"
    } else if receipts::is_receipt(&vault) {
        "a name that ends in .receipt is that of a receipt"
    } else {
        return Ok(vault);
    };
    Err(Error::Usage { sentence: sentence.to_owned(), command: command.to_owned() })
}

/// The longest text that Bitwarden keeps in a note, in characters; it counts after encrypting, so that
/// about [`LIKELY_NOTE`] of ours fit.
const LONGEST_NOTE: usize = 10_000;

/// 10,000 characters of base64 are 7,500 bytes, less what encrypting adds.
const LIKELY_NOTE: usize = 7_400;

/// Says that a text is too long for a note.
pub(super) fn warn_of_long_note(characters: usize, messages: Messages) {
    if characters > LONGEST_NOTE {
        messages.warning(&Warning::TooLongForNote { characters });
    } else if characters > LIKELY_NOTE {
        messages.note(&crate::error::Note::NearlyTooLongForNote { characters });
    }
}
