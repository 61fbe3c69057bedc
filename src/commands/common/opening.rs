//! What several commands do first: read a vault, get the passphrase, open, read the document.

use std::cell::Cell;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::warnings;
use crate::error::{Error, PassphraseError, PayloadError, Quoted, Result, SystemError, Warning};
use crate::memory::{Passphrase, Region};
use crate::payload::{self, Reading, Strictness};
use crate::process::{HeldSignal, Marker, Termination, duplicate_descriptor, end_by, stop};
use crate::terminal::{self, Interrupt, Interrupts, Messages, Progress};
use crate::vault::Vault;
use crate::{files, records};

/// Where the passphrase comes from; from the terminal where neither is given.
#[derive(Clone, Debug, Default)]
pub struct PassphraseFrom {
    /// A descriptor that was passed in.
    pub descriptor: Option<u32>,
    /// A file.
    pub file: Option<PathBuf>,
}

impl PassphraseFrom {
    /// Reads it now where it does not come from the terminal: before anything else is read, so
    /// that descriptor 0 can carry a passphrase first and data behind it.
    pub fn early(&self) -> Result<Option<Passphrase>> {
        match (self.descriptor, &self.file) {
            (Some(number), _) => {
                let what = format!("descriptor {number}");
                let descriptor = duplicate_descriptor(number).map_err(|SystemError(errno)| {
                    Error::Passphrase(PassphraseError::Unreadable { what: what.clone(), errno })
                })?;
                terminal::read_passphrase_line(descriptor.as_fd(), &what).map(Some)
            }
            (None, Some(file)) => terminal::read_passphrase_file(file).map(Some),
            (None, None) => Ok(None),
        }
    }
}

/// Signals that wait while the prompt is on the terminal.
struct HeldSignals {
    held: Termination,
    ended_by: Rc<Cell<Option<i32>>>,
}

impl Interrupts for HeldSignals {
    fn next(&mut self) -> Option<Interrupt> {
        match self.held.take()? {
            HeldSignal::Stop => return Some(Interrupt::Stop),
            HeldSignal::Interrupt => {}
            HeldSignal::End(signal) => self.ended_by.set(Some(signal)),
        }
        Some(Interrupt::End)
    }

    fn stop(&mut self) {
        stop();
    }
}

/// Asks on the terminal. Ctrl-C is an error of ours; any other signal that ends a process ends
/// this one as it would have, when the terminal is as it was.
pub(in crate::commands) fn ask(prompt: &str) -> Result<Passphrase> {
    let ended_by = Rc::new(Cell::new(None));
    let signals = HeldSignals { held: Termination::hold(), ended_by: Rc::clone(&ended_by) };
    let answer = terminal::ask(prompt, Box::new(signals));
    if let Some(signal) = ended_by.take() {
        end_by(signal);
    }
    answer
}

/// The passphrase of a vault: the one that came without a prompt, or one that is asked for.
pub(in crate::commands) fn passphrase_for(
    vault: &Path,
    early: Option<Passphrase>,
) -> Result<Passphrase> {
    match early {
        Some(passphrase) => Ok(passphrase),
        None => ask(&format!("passphrase for {}: ", Quoted(vault))),
    }
}

/// Reads a vault file and checks its form.
pub(in crate::commands) fn read_vault(path: &Path, messages: Messages) -> Result<Vault> {
    let read = files::read(path)?;
    if read.loose {
        messages.warning(&Warning::LoosePermissions { path: path.into() });
    }
    Vault::parse(&read.bytes)
}

/// Opens a vault and reads its document, with a warning for each thing that was put up with.
pub(in crate::commands) fn open(
    vault: &Vault,
    passphrase: &Passphrase,
    messages: Messages,
) -> Result<Reading> {
    let reading = read(&unseal(vault, passphrase, messages)?, messages)?;
    warnings::warn_of_swappable(messages);
    Ok(reading)
}

/// Opens a vault: its document as it is.
pub(in crate::commands) fn unseal(
    vault: &Vault,
    passphrase: &Passphrase,
    messages: Messages,
) -> Result<Region> {
    let progress = Progress::new("deriving the key", messages.quiet);
    vault.open(passphrase, &|fraction| progress.at(fraction))
}

/// Reads a vault's document, with a warning for each thing that was put up with.
pub(in crate::commands) fn read(document: &Region, messages: Messages) -> Result<Reading> {
    let reading = payload::read(document.expose(), Strictness::Lenient, &[])?;
    if !reading.unexpanded.is_empty() {
        messages.warning(&Warning::Unexpanded { names: reading.unexpanded.clone() });
    }
    if !reading.superseded.is_empty() {
        messages.warning(&Warning::Superseded { names: reading.superseded.clone() });
    }
    if let Some(expected) = reading.expected {
        messages.warning(&Warning::CountMismatch { expected, found: reading.secrets.len() });
    }
    let sealed = reading.header.as_ref().and_then(|header| header.sealed);
    if sealed.is_some_and(|sealed| sealed > records::now()) {
        messages.warning(&Warning::ClockBehind);
    }
    if reading.secrets.is_empty() && reading.secrets.impossible().is_empty() {
        return Err(PayloadError::NoSecrets.into());
    }
    Ok(reading)
}

/// Opens a copy of a vault that was opened before, of which nothing is said again.
pub(in crate::commands) fn reopen(vault: &Vault, passphrase: &Passphrase) -> Result<Reading> {
    let document = vault.open(passphrase, &|_| {})?;
    payload::read(document.expose(), Strictness::Lenient, &[])
}

/// How long ago a document was sealed, in words.
pub(in crate::commands) fn age_of(reading: &Reading) -> Option<String> {
    let sealed = reading.header.as_ref()?.sealed?;
    Some(records::ago(sealed, records::now()))
}

/// What tells a child, and whoever looks at it later, where its secrets came from.
pub(in crate::commands) fn marker(vault: &Vault) -> Marker {
    Marker { vault: vault.id(), opened: records::now().to_string() }
}
