//! `run`: become the command, with the secrets in its environment.

use std::path::PathBuf;

use super::opening::{self, PassphraseFrom};
use crate::error::{Error, Note, Result};
use crate::payload::{Secrets, Selection, Strictness, check_sizes};
use crate::process::{Argv, Base, Environment, exec};
use crate::records;
use crate::terminal::Messages;

/// What `run` was asked to do.
#[derive(Debug)]
pub struct Run {
    /// The vault; `-` is standard input.
    pub vault: PathBuf,
    /// The command.
    pub command: Argv,
    /// Which secrets it gets.
    pub selection: Selection,
    /// Steering names that it may get although the vault does not allow them.
    pub allow: Vec<String>,
    /// What lies under the secrets.
    pub base: Base,
    /// Whether it keeps the caller's core limit.
    pub allow_core: bool,
    /// Where the passphrase comes from.
    pub passphrase: PassphraseFrom,
    /// What is said.
    pub messages: Messages,
}

/// What tells a child, and later `status`, where its secrets came from.
type Markers = [(&'static str, String); 2];

impl Run {
    /// Returns only the reason why the command could not be started.
    pub fn execute(self) -> Error {
        let outcome: Result<()> = self.prepare().and_then(|(secrets, markers)| {
            let environment = Environment::with_secrets(self.base, &secrets, &markers)?;
            Err(exec(&self.command, &environment, self.allow_core))
        });
        outcome.err().unwrap_or(Error::Internal)
    }

    /// Everything before the command: what is dropped here is wiped here.
    fn prepare(&self) -> Result<(Secrets, Markers)> {
        let passphrase = self.passphrase.early()?;
        let vault = opening::read_vault(&self.vault, self.messages)?;
        if self.vault.as_os_str() == "-" {
            give_null_as_stdin()?;
        }
        let passphrase = match passphrase {
            Some(passphrase) => passphrase,
            None => opening::ask_for(&self.vault)?,
        };
        let mut reading = opening::open(&vault, &passphrase, Strictness::Lenient, self.messages)?;
        drop(passphrase);
        self.selection.apply(&mut reading.secrets)?;
        let by_vault = reading.header.as_ref().map_or(&[][..], |header| &header.allowed);
        opening::check_names(&reading.secrets, &[by_vault, &self.allow])?;
        check_sizes(&reading.secrets, usize::MAX)?;
        self.messages
            .note(&Note::Opened { age: opening::age_of(&reading), secrets: reading.secrets.len() });
        let markers = [("VAULT", vault.id()), ("OPENED", records::now().to_string())];
        Ok((reading.secrets, markers))
    }
}

/// The vault came from standard input: nothing of it is left for the command.
fn give_null_as_stdin() -> Result<()> {
    use rustix::fs::{Mode, OFlags};
    let null = rustix::fs::open("/dev/null", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
    let replaced = null.and_then(|null| rustix::stdio::dup2_stdin(&null));
    replaced.map_err(|error| crate::error::SystemError::from(error).reading("/dev/null"))
}
