//! `verify`: is the copy readable, strong, whole and current? Layer by layer.

use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use serde_json::Value;

use super::opening::{self, PassphraseFrom};
use super::setup::Setup;
use crate::checks::{Report, Verdict, overall};
use crate::error::{Count, Error, Listed, Quoted, Result, Warning};
use crate::memory::Passphrase;
use crate::payload::{Differences, MAX_TOTAL_BYTES, Reading, compare};
use crate::records;
use crate::sources::{self, Fetched};
use crate::terminal::{self, Messages};
use crate::vault::{Facts, Vault};

/// What `verify` was asked to do.
#[derive(Debug)]
pub struct Verify {
    /// The vaults.
    pub vaults: Vec<PathBuf>,
    /// What to compare with.
    pub setup: Setup,
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
        let mut key = self.passphrase.early()?;
        let typed = key.is_none();
        let warn = |warning: &Warning| self.messages.warning(warning);
        let source = std::mem::take(&mut self.setup)
            .source(self.messages)
            .and_then(|source| source.map(|source| source.fetch(None, &warn)).transpose())
            .transpose();
        if let Some(Err(error @ Error::Interrupted { .. })) = &source {
            return Err(error.clone());
        }
        let mut reports = Vec::new();
        for path in &self.vaults {
            let mut report = Report::new(Quoted(path).to_string());
            if let Some(vault) = self.look(path, &mut report)
                && let Some(reading) = self.open(path, &vault, &mut key, typed, &mut report)?
            {
                starts(&reading, &mut report);
                self.compare(&reading, source.as_ref(), &mut report);
                self.age(&reading, &mut report);
            }
            reports.push(report);
        }
        if self.json {
            terminal::write_json(&Value::from_iter(reports.iter().map(Report::json)))?;
        } else {
            terminal::write_stdout(
                reports.iter().map(Report::text).collect::<String>().as_bytes(),
            )?;
        }
        Ok(overall(&reports))
    }

    /// What can be seen from outside.
    fn look(&self, path: &Path, report: &mut Report) -> Option<Vault> {
        match opening::read_vault(path, self.messages) {
            Ok(vault) => {
                report.add("readable", Verdict::Ok, format!("an OpenPGP vault, id {}", vault.id()));
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

    fn compare(&self, reading: &Reading, source: Option<&Result<Fetched>>, report: &mut Report) {
        let (verdict, detail) = match source {
            Some(Ok(Fetched { text, label, .. })) => {
                match sources::secrets_in(text, &left_out(reading)) {
                    Ok(theirs) => {
                        differences(&compare(&reading.secrets, &theirs), label, theirs.skipped())
                    }
                    Err(error) => (Verdict::CannotTell, error.to_string()),
                }
            }
            Some(Err(error)) => (Verdict::CannotTell, error.to_string()),
            None if self.offline => {
                (Verdict::NotAsked, "not compared with a source (--offline)".to_owned())
            }
            None if self.max_age.is_some() => {
                (Verdict::NotAsked, "not compared with a source (--max-age alone)".to_owned())
            }
            None => (
                Verdict::CannotTell,
                "compared with no source; name one with --from or --, or say --offline".to_owned(),
            ),
        };
        report.add("current", verdict, detail);
    }

    fn age(&self, reading: &Reading, report: &mut Report) {
        let now = records::now();
        let (verdict, detail) =
            match (reading.header.as_ref().and_then(|header| header.sealed), self.max_age) {
                (Some(sealed), _) if sealed > now => {
                    (Verdict::CannotTell, format!("sealed {}", records::ago(sealed, now)))
                }
                (Some(sealed), Some(limit)) if records::age(sealed, now) > limit => (
                    Verdict::Finding,
                    format!("sealed {}, too long ago", records::ago(sealed, now)),
                ),
                (Some(sealed), Some(_)) => {
                    (Verdict::Ok, format!("sealed {}", records::ago(sealed, now)))
                }
                (Some(sealed), None) => (
                    Verdict::NotAsked,
                    format!("sealed {}; no --max-age", records::ago(sealed, now)),
                ),
                (None, Some(_)) => (
                    Verdict::CannotTell,
                    "made by another program, which did not say when".to_owned(),
                ),
                (None, None) => (
                    Verdict::NotAsked,
                    "made by another program, which did not say when".to_owned(),
                ),
            };
        report.add("age", verdict, detail);
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

fn strength(facts: &Facts) -> Verdict {
    if facts.derivation.is_strong() { Verdict::Ok } else { Verdict::Finding }
}

fn derivation(facts: &Facts) -> String {
    let cipher = facts.cipher.unwrap_or("an encrypted session key");
    format!("{cipher}, {}", facts.derivation)
}

fn differences(differences: &Differences, label: &str, left_out: &[String]) -> (Verdict, String) {
    if differences.is_empty() {
        let same = format!("the same names and values as {label}");
        return if left_out.is_empty() {
            (Verdict::Ok, same)
        } else {
            (Verdict::Ok, format!("{same}, but for {}, left out when sealed", Listed(left_out)))
        };
    }
    let parts: Vec<String> = [
        ("changed", &differences.changed),
        ("added", &differences.added),
        ("removed", &differences.removed),
    ]
    .into_iter()
    .filter(|(_, names)| !names.is_empty())
    .map(|(word, names)| format!("{word}: {}", Listed(names)))
    .collect();
    (Verdict::Finding, format!("stale against {label}; {}", parts.join("; ")))
}
