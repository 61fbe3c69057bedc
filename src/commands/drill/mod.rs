//! `drill`: the rehearsal.

mod probe;
mod sample;

pub use probe::probe;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::common::opening::{self, PassphraseFrom};
use crate::checks::uses;
use crate::error::{CommandError, Count, Result, status};
use crate::memory::Passphrase;
use crate::payload::{Header, Secrets, check_startable};
use crate::process::{Addition, Argv, Base, Environment, Output, OwnEnvironment, spawn};
use crate::records::{Entry, Event};
use crate::terminal::{self, Messages};
use crate::vault::Vault;

/// What `drill` was asked to do.
#[derive(Debug)]
pub struct Drill {
    /// The vault to rehearse with; the built-in sample where none is named.
    pub vault: Option<PathBuf>,
    /// The command to start; a probe where none is given.
    pub command: Option<Argv>,
    /// Where the passphrase comes from.
    pub passphrase: PassphraseFrom,
    /// What is said.
    pub messages: Messages,
}

/// Prints each step when it is done, with the time it took.
pub(super) struct StepTimer(Instant);

impl StepTimer {
    pub(super) fn begin() -> StepTimer {
        StepTimer(Instant::now())
    }

    pub(super) fn done(&mut self, what: &str) -> Result<()> {
        let line = format!("  ok  {:>6} ms  {what}\n", self.0.elapsed().as_millis());
        self.0 = Instant::now();
        terminal::write_stdout(line.as_bytes())
    }
}

impl Drill {
    /// Rehearses; returns the exit status.
    pub fn execute(self) -> Result<u8> {
        match &self.vault {
            // The sample has to be sealed first.
            None if !cfg!(feature = "prepare") => return Err(CommandError::OnlyOpens.into()),
            None => sample::rehearse()?,
            Some(vault) => self.rehearse(vault)?,
        }
        Ok(status::OK)
    }

    /// With a real vault: open it, start something from it, and write down how it went.
    fn rehearse(&self, path: &Path) -> Result<()> {
        let early = self.passphrase.early()?;
        let vault = opening::read_vault(path, self.messages)?;
        let passphrase = opening::passphrase_for(path, early)?;
        let start = Instant::now();
        let mut header = None;
        let outcome = self.open_and_start(&vault, passphrase, &mut header);
        let entry = uses::entry(Event::Drill, &vault, header.as_ref());
        let milliseconds = u64::try_from(start.elapsed().as_millis()).ok();
        let entry = Entry { milliseconds, passed: Some(outcome.is_ok()), ..entry };
        uses::record(&entry, self.messages);
        outcome
    }

    /// `header` becomes the vault's, once it is open.
    fn open_and_start(
        &self,
        vault: &Vault,
        passphrase: Passphrase,
        header: &mut Option<Header>,
    ) -> Result<()> {
        let mut steps = StepTimer::begin();
        let reading = opening::open(vault, &passphrase, self.messages)?;
        drop(passphrase);
        header.clone_from(&reading.header);
        check_startable(&reading, &[], usize::MAX)?;
        let count = Count(reading.secrets.len());
        let age = opening::age_of(&reading).unwrap_or_else(|| "by another program".to_owned());
        steps.done(&format!("opened the vault: {count}, sealed {age}"))?;
        let markers = opening::marker(vault).variables();
        match &self.command {
            Some(command) => {
                start_command(command, reading.secrets, &markers)?;
                steps.done("started the command, which ended well")
            }
            None => {
                probe::start(reading.secrets, markers)?;
                steps.done("started a process from it, which got every name and value")
            }
        }
    }
}

/// Runs the user's command with the secrets and waits for it.
fn start_command(command: &Argv, secrets: Secrets, markers: &[Addition]) -> Result<()> {
    let own = OwnEnvironment::keep();
    let environment = Environment::new(&own, Base::Inherit, Some(&secrets), markers)?;
    let child = spawn(command, &environment, Output::Inherit)?;
    drop(environment);
    drop(secrets);
    let outcome = child.wait();
    if outcome.success() {
        Ok(())
    } else {
        Err(CommandError::DrillCommand { status: outcome.shown() }.into())
    }
}
