//! `run`: become the command, with the secrets in its environment.

mod for_pm2;

use std::convert::Infallible;
use std::path::PathBuf;

use self::for_pm2::ForPm2;
use super::common::opening::{self, PassphraseFrom};
use crate::checks::uses;
use crate::error::{Note, Result};
use crate::payload::{Secrets, Selection, check_startable};
use crate::process::{self, Addition, Argv, Base, Environment, OwnEnvironment};
use crate::process::{exec, give_null_as_stdin};
use crate::records::Entry;
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
    /// Whether PM2 may do what leaks secrets or does not deliver them.
    pub allow_pm2: bool,
    /// Why, for the journal.
    pub reason: Option<String>,
    /// Where the passphrase comes from.
    pub passphrase: PassphraseFrom,
    /// What is said.
    pub messages: Messages,
}

/// What the command gets, and what is written down about it.
struct Ready {
    secrets: Secrets,
    additions: Vec<Addition>,
    entry: Entry,
}

impl Run {
    /// Becomes the command, or says why not.
    pub fn execute(self) -> Result<Infallible> {
        let Ready { secrets, additions, entry } = self.prepare()?;
        let own = OwnEnvironment::keep();
        let environment = Environment::new(&own, self.base, Some(&secrets), &additions)?;
        process::find(&self.command, &environment)?;
        uses::record(&entry, self.messages);
        Err(exec(&self.command, &environment, self.allow_core))
    }

    /// Everything before the command: what is dropped here is wiped here.
    fn prepare(&self) -> Result<Ready> {
        let pm2 = ForPm2::recognise(&self.command, self.allow_pm2, self.messages)?;
        let early = self.passphrase.early()?;
        let vault = opening::read_vault(&self.vault, self.messages)?;
        if self.vault.as_os_str() == "-" {
            // Nothing of it is left for the command.
            give_null_as_stdin()?;
        }
        // Before there are any secrets that its daemon could keep.
        pm2.prepare()?;
        let passphrase = opening::passphrase_for(&self.vault, early)?;
        let mut reading = opening::open(&vault, &passphrase, self.messages)?;
        drop(passphrase);
        self.selection.apply(&mut reading.secrets)?;
        check_startable(&reading, &self.allow, usize::MAX)?;
        pm2.check_secrets(&reading.secrets, self.base)?;
        let secrets = reading.secrets.len();
        self.messages.note(&Note::Opened { age: opening::age_of(&reading), secrets });
        pm2.tell();
        let mut additions = opening::marker(&vault).variables();
        additions.extend(pm2.guards());
        let program = self.command.shown();
        let entry = uses::of_use(&vault, &reading, program, self.reason.clone());
        Ok(Ready { secrets: reading.secrets, additions, entry: pm2.note_in(entry) })
    }
}
