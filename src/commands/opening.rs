//! What several commands do first: read a vault, get the passphrase, open, read the document.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::error::{Error, Quoted, Result, Warning};
use crate::memory::{self, Passphrase, Protection};
use crate::payload::{self, Reading, Secrets, Strictness};
use crate::process::{Held, Termination, borrow_descriptor, end_by};
use crate::terminal::{self, Interrupt, Messages, Progress};
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
                terminal::read_passphrase_line(borrow_descriptor(number)?, &what).map(Some)
            }
            (None, Some(file)) => terminal::read_passphrase_file(file).map(Some),
            (None, None) => Ok(None),
        }
    }
}

/// Asks on the terminal. Signals wait meanwhile, so that none ends this process with echo off;
/// Ctrl-C is then an error of ours, any other one ends the process as it would have.
pub(super) fn ask(prompt: &str) -> Result<Passphrase> {
    let held = Rc::new(Termination::hold());
    let ended = Rc::new(Cell::new(None));
    let (signals, outcome) = (Rc::clone(&held), Rc::clone(&ended));
    let interrupts = move || match signals.take()? {
        Held::Stop => Some(Interrupt::Stop),
        Held::Interrupt => Some(Interrupt::End),
        Held::End(signal) => {
            outcome.set(Some(signal));
            Some(Interrupt::End)
        }
    };
    let answer = terminal::ask(prompt, Box::new(interrupts));
    if let Some(signal) = ended.take() {
        end_by(signal);
    }
    answer
}

/// Asks for the passphrase of a vault.
pub(super) fn ask_for(vault: &Path) -> Result<Passphrase> {
    ask(&format!("passphrase for {}: ", Quoted(vault)))
}

/// Reads a vault file and checks its form.
pub(super) fn read_vault(path: &Path, messages: Messages) -> Result<Vault> {
    let read = files::read_vault(path)?;
    if read.loose {
        messages.warning(&Warning::LoosePermissions { path: path.into() });
    }
    Vault::parse(&read.bytes)
}

/// Opens a vault and reads its document, with a warning for each thing that was put up with.
pub(super) fn open(
    vault: &Vault,
    passphrase: &Passphrase,
    strictness: Strictness,
    messages: Messages,
) -> Result<Reading> {
    let progress = Progress::new("deriving the key", messages.quiet);
    let document = vault.open(passphrase, &|fraction| progress.at(fraction))?;
    drop(progress);
    let reading = payload::read(document.expose(), strictness, &[])?;
    if memory::weakest_protection() == Protection::Unlocked {
        messages.warning(&Warning::NotLocked);
    }
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
    if reading.secrets.is_empty() { Err(Error::NoSecrets) } else { Ok(reading) }
}

/// How long ago a document was sealed, in words.
pub(super) fn age_of(reading: &Reading) -> Option<String> {
    let sealed = reading.header.as_ref()?.sealed?;
    Some(records::ago(sealed, records::now()))
}

/// Checks that names may go into a child's environment, whoever made the vault. JSON can say a name
/// like `PATH=/tmp:`, which there would be another one.
pub(super) fn check_names(secrets: &Secrets, allowed: &[&[String]]) -> Result<()> {
    let impossible = |name: &&str| !payload::is_identifier(name.as_bytes());
    let names: Vec<String> = secrets.names().filter(impossible).map(str::to_owned).collect();
    if !names.is_empty() {
        return Err(Error::ImpossibleNamesInVault { names });
    }
    let names = not_allowed(secrets.names(), allowed);
    if names.is_empty() { Ok(()) } else { Err(Error::SteeringNamesInVault { names }) }
}

/// Steering names in `names` that neither the vault nor the caller allows.
pub(super) fn not_allowed<'a>(
    names: impl Iterator<Item = &'a str>,
    allowed: &[&[String]],
) -> Vec<String> {
    let is_allowed =
        |name: &str| allowed.iter().any(|list| list.iter().any(|allowed| allowed == name));
    names
        .filter(|name| payload::steers_programs(name) && !is_allowed(name))
        .map(str::to_owned)
        .collect()
}
