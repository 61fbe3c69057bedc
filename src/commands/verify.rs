//! `verify`: is the copy readable, strong, whole and current? Layer by layer. Kits are checked without
//! the passphrase, unless somebody gives it.

use std::path::PathBuf;

use jiff::SignedDuration;
use serde_json::Value;

use super::common::opening::{self, PassphraseFrom};
use super::common::setup::{Plan, Setup};
use crate::checks::{
    Detail, FoundAt, Kind, Known, Opened, Question, Report, Subject, copies, layers, listed,
    overall, targets,
};
use crate::error::{Error, Result, TerminalError, VaultError};
use crate::memory::Passphrase;
use crate::terminal::{self, Messages};

/// What `verify` was asked to do.
#[derive(Debug)]
pub struct Verify {
    /// The vaults, kits, and folders with kits; where there is none, what breakglass.toml names.
    pub vaults: Vec<PathBuf>,
    /// What to compare with.
    pub setup: Setup,
    /// Whether the receipts are checked in place of the vaults.
    pub receipt: bool,
    /// Whether comparing is left out on purpose.
    pub offline: bool,
    /// How old a vault may be.
    pub max_age: Option<SignedDuration>,
    /// Whether the reports are JSON.
    pub json: bool,
    /// Where the passphrase comes from.
    pub passphrase: PassphraseFrom,
    /// What is said.
    pub messages: Messages,
}

impl Verify {
    /// Reports on every vault; returns the exit status.
    pub fn execute(mut self) -> Result<u8> {
        let mut plan = std::mem::take(&mut self.setup).resolve(self.messages)?;
        let all = self.vaults.is_empty();
        if all {
            self.vaults.push(plan.vault()?);
        }
        if self.offline {
            plan.offline();
        }
        let mut targets: Vec<FoundAt> = self.vaults.iter().flat_map(|path| targets(path)).collect();
        let reports = if self.receipt {
            self.by_receipt(&mut plan, targets)?
        } else {
            if all {
                targets.extend(plan.config().copies.iter().flat_map(|path| listed(path)));
            }
            self.by_opening(&mut plan, targets)?
        };
        if self.json {
            terminal::write_json(&Value::from_iter(reports.iter().map(Report::json)))?;
        } else {
            let text: String = reports.iter().map(Report::text).collect();
            terminal::write_stdout(text.as_bytes())?;
        }
        Ok(overall(&reports))
    }

    /// What is asked: by breakglass.toml, unless the command line narrows it.
    fn question<'a>(&self, plan: &'a Plan) -> Question<'a> {
        let mut asked = Question::new(plan.config());
        asked.narrowed = match self.max_age {
            _ if self.offline => Some(Detail::Offline),
            Some(_) => Some(Detail::AgeAlone),
            None => None,
        };
        asked.max_age = self.max_age.or(asked.max_age);
        asked
    }

    /// Checks the receipts in the place of the vaults.
    fn by_receipt(&self, plan: &mut Plan, targets: Vec<FoundAt>) -> Result<Vec<Report>> {
        let supplies = plan.secrets_and_key()?;
        let asked = self.question(plan);
        let subjects = targets.into_iter().filter_map(|it| Subject::of_receipt(it, &supplies));
        Ok(subjects.map(|subject| layers(&subject, &asked)).collect())
    }

    /// Looks at all of them from outside, then opens vaults; kits only where that was asked for.
    fn by_opening(&self, plan: &mut Plan, targets: Vec<FoundAt>) -> Result<Vec<Report>> {
        let early = self.passphrase.early()?;
        let open_kits = early.is_some() || plan.is_asked_to_compare();
        let opens = |target: &FoundAt| matches!(target, FoundAt::Vault(_)) || open_kits;
        let fetched = if targets.iter().any(opens) { plan.secrets()? } else { None };
        let read = |path: &_| opening::read_vault(path, self.messages);
        let found: Vec<Subject> = targets.into_iter().map(|it| Subject::at(it, read)).collect();
        let mut asked = self.question(plan);
        asked.several = found.len() > 1;
        asked.known = found.iter().filter_map(Known::of).collect();
        asked.known.extend(plan.config().vault.as_deref().and_then(Known::beside));
        let mut keys = Keys { typed: early.is_none(), last: early };
        let mut reports = Vec::new();
        for mut subject in found {
            if subject.kind == Kind::Vault || open_kits {
                self.open(&mut subject, &mut keys)?;
                subject.compare(fetched.as_ref());
            }
            reports.push(layers(&subject, &asked));
            self.record(&subject, &plan.config().copies);
        }
        Ok(reports)
    }

    /// Opens a vault with the passphrase of the one before it, or asks for its own. Only a prompt
    /// that is cancelled ends the whole command.
    fn open(&self, subject: &mut Subject, keys: &mut Keys) -> Result<()> {
        let Some(vault) = subject.readable_vault() else { return Ok(()) };
        let earlier = keys.last.is_some();
        let passphrase = match opening::passphrase_for(&subject.path, keys.last.take()) {
            Err(error @ Error::Terminal(TerminalError::NoTerminal { .. })) => {
                subject.take_opened(Err(error));
                return Ok(());
            }
            other => other?,
        };
        let mut outcome = opening::open(vault, &passphrase, self.messages);
        keys.last = Some(passphrase);
        let is_other =
            outcome.as_ref().is_err_and(|error| *error == Error::Vault(VaultError::CannotOpen));
        if keys.typed && earlier && is_other {
            let passphrase = opening::passphrase_for(&subject.path, None)?;
            outcome = opening::open(vault, &passphrase, self.messages);
            keys.last = Some(passphrase);
        }
        subject.take_opened(outcome);
        Ok(())
    }

    /// Writes down that a copy was seen: a kit that is whole, or a vault that breakglass.toml lists.
    fn record(&self, subject: &Subject, listed: &[PathBuf]) {
        let counts = match (&subject.opened, subject.readable_kit()) {
            (Opened::Failed(_), _) => false,
            (_, Some(kit)) => kit.is_whole(),
            (_, None) => copies::is_listed(&subject.path, listed),
        };
        if let Some(vault) = subject.readable_vault().filter(|_| counts) {
            let header = subject.reading().and_then(|reading| reading.header.as_ref());
            copies::record(&subject.path, vault, header, self.messages);
        }
    }
}

/// The passphrase that the last vault was opened with, and whether it was typed.
struct Keys {
    last: Option<Passphrase>,
    typed: bool,
}
