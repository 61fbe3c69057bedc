//! `verify`: is the copy readable, strong, whole and current? Layer by layer.

use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use serde_json::Value;

use super::by_receipt::ByReceipt;
use super::layers;
use super::opening::{self, PassphraseFrom};
use super::setup::{Plan, Setup};
use super::uses;
use crate::checks::{Report, Verdict, overall};
use crate::error::{Count, Error, Quoted, Result};
use crate::memory::Passphrase;
use crate::payload::{MAX_TOTAL_BYTES, Reading, compare};
use crate::sources::{self, Fetched};
use crate::terminal::{self, Messages};
use crate::vault::{Facts, Vault};

/// What `verify` was asked to do.
#[derive(Debug)]
pub struct Verify {
    /// The vaults; where there is none, the one that breakglass.toml names.
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
        if self.vaults.is_empty() {
            self.vaults.push(plan.vault()?);
        }
        // Only who asks on the command line narrows the question.
        let narrowed = self.offline || self.max_age.is_some();
        self.max_age = self.max_age.or_else(|| plan.max_age());
        if self.offline {
            plan.offline();
        }
        let reports = if self.receipt {
            let supplies = plan.secrets_and_key()?;
            let check = ByReceipt { supplies, required: plan.required(), max_age: self.max_age };
            self.vaults.iter().map(|path| check.report(path)).collect()
        } else {
            self.by_opening(&mut plan, narrowed)?
        };
        if self.json {
            terminal::write_json(&Value::from_iter(reports.iter().map(Report::json)))?;
        } else {
            terminal::write_stdout(
                reports.iter().map(Report::text).collect::<String>().as_bytes(),
            )?;
        }
        Ok(overall(&reports))
    }

    /// Opens each vault and looks at what is in it.
    fn by_opening(&self, plan: &mut Plan, narrowed: bool) -> Result<Vec<Report>> {
        let mut key = self.passphrase.early()?;
        let typed = key.is_none();
        let fetched = plan.secrets()?;
        let mut reports = Vec::new();
        for path in &self.vaults {
            let mut report = Report::new(Quoted(path).to_string());
            if let Some(vault) = self.look(path, &mut report)
                && let Some(reading) = self.open(path, &vault, &mut key, typed, &mut report)?
            {
                let sealed = reading.header.as_ref().and_then(|header| header.sealed);
                starts(&reading, &mut report);
                layers::required(plan.required(), reading.secrets.names(), &mut report);
                self.compare(&reading, fetched.as_ref(), narrowed, &mut report);
                layers::age(sealed, self.max_age, &mut report);
                uses::layer(&vault.id(), &mut report);
            }
            reports.push(report);
        }
        Ok(reports)
    }

    /// What can be seen from outside.
    fn look(&self, path: &Path, report: &mut Report) -> Option<Vault> {
        match opening::read_vault(path, self.messages) {
            Ok(vault) => {
                report.add("readable", Verdict::Ok, kind(&vault));
                report.add("strong", strength(vault.facts()), derivation(vault.facts()));
                Some(vault)
            }
            Err(error) => {
                report.add("readable", Verdict::Failed, error.to_string());
                None
            }
        }
    }

    /// Opens a vault with the passphrase of the one before it, or asks for its own. Only a prompt
    /// that is cancelled ends the whole command.
    fn open(
        &self,
        path: &Path,
        vault: &Vault,
        key: &mut Option<Passphrase>,
        typed: bool,
        report: &mut Report,
    ) -> Result<Option<Reading>> {
        let earlier = key.is_some();
        let passphrase = match opening::passphrase_for(path, key.take()) {
            Err(error @ Error::NoTerminal { .. }) => {
                report.add("opens", Verdict::CannotTell, error.to_string());
                return Ok(None);
            }
            other => other?,
        };
        let mut outcome = opening::open(vault, &passphrase, self.messages);
        *key = Some(passphrase);
        if typed && earlier && outcome.as_ref().is_err_and(|error| *error == Error::CannotOpen) {
            let passphrase = opening::passphrase_for(path, None)?;
            outcome = opening::open(vault, &passphrase, self.messages);
            *key = Some(passphrase);
        }
        Ok(match outcome {
            Ok(reading) => {
                report.add("opens", Verdict::Ok, Count(reading.secrets.len()).to_string());
                Some(reading)
            }
            Err(error) => {
                report.add("opens", Verdict::Failed, error.to_string());
                None
            }
        })
    }

    fn compare(
        &self,
        reading: &Reading,
        source: Option<&Result<Fetched>>,
        narrowed: bool,
        report: &mut Report,
    ) {
        let (verdict, detail) = match source {
            Some(Ok(Fetched { text, label, .. })) => {
                match sources::secrets_in(text, &left_out(reading)) {
                    Ok(theirs) => {
                        let differences = compare(&reading.secrets, &theirs);
                        return layers::differences(differences, label, theirs.skipped(), report);
                    }
                    Err(error) => (Verdict::CannotTell, error.to_string()),
                }
            }
            Some(Err(error)) => (Verdict::CannotTell, error.to_string()),
            None if self.offline => {
                (Verdict::NotAsked, "not compared with a source (--offline)".to_owned())
            }
            None if narrowed => {
                (Verdict::NotAsked, "not compared with a source (--max-age alone)".to_owned())
            }
            None => (
                Verdict::CannotTell,
                "compared with no source; name one with --from or --, or say --offline".to_owned(),
            ),
        };
        report.add("current", verdict, detail);
    }
}

/// Whether `run` would start a command from it.
fn starts(reading: &Reading, report: &mut Report) {
    match opening::check_startable(reading, &[], MAX_TOTAL_BYTES) {
        Ok(()) => report.add("starts", Verdict::Ok, "every name and size fits an environment"),
        Err(error) => report.add("starts", Verdict::Finding, error.to_string()),
    }
}

/// Names that were left out on purpose when the vault was sealed.
fn left_out(reading: &Reading) -> Vec<String> {
    reading.header.as_ref().map(|header| header.skipped.clone()).unwrap_or_default()
}

/// `an OpenPGP vault, id 0123456789abcdef`.
fn kind(vault: &Vault) -> String {
    format!("an {} vault, id {}", vault.facts().format, vault.id())
}

fn strength(facts: &Facts) -> Verdict {
    if facts.derivation.is_strong() { Verdict::Ok } else { Verdict::Finding }
}

fn derivation(facts: &Facts) -> String {
    let cipher = facts.cipher.unwrap_or("an encrypted session key");
    format!("{cipher}, {}", facts.derivation)
}
