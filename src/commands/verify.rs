//! `verify`: is the copy readable, strong, whole and current? Layer by layer.

use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use serde_json::Value;

use super::opening::{self, PassphraseFrom};
use crate::checks::{Report, Verdict, overall};
use crate::error::{Count, Listed, Quoted, Result};
use crate::memory::Passphrase;
use crate::payload::{Differences, Reading, Strictness, compare};
use crate::records;
use crate::sources::{self, Fetched, Source};
use crate::terminal::{self, Messages};
use crate::vault::Facts;

/// What `verify` was asked to do.
#[derive(Debug)]
pub struct Verify {
    /// The vaults.
    pub vaults: Vec<PathBuf>,
    /// What to compare with.
    pub source: Option<Source>,
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
    pub fn execute(self) -> Result<u8> {
        let early = self.passphrase.early()?;
        let source = self.source.as_ref().map(Source::fetch);
        let mut passphrase = early;
        let mut reports = Vec::new();
        for vault in &self.vaults {
            let mut report = Report::new(Quoted(vault).to_string());
            self.check(vault, &mut passphrase, source.as_ref(), &mut report)?;
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

    /// Adds the layers of one vault, as far as they can be looked at. Only a cancelled or missing
    /// passphrase ends the whole command.
    fn check(
        &self,
        path: &Path,
        passphrase: &mut Option<Passphrase>,
        source: Option<&Result<Fetched>>,
        report: &mut Report,
    ) -> Result<()> {
        let vault = match opening::read_vault(path, self.messages) {
            Ok(vault) => vault,
            Err(error) => {
                report.add("readable", Verdict::Failed, error.to_string());
                return Ok(());
            }
        };
        report.add("readable", Verdict::Ok, format!("an OpenPGP vault, id {}", vault.id()));
        report.add("strong", strength(vault.facts()), derivation(vault.facts()));
        let key = match passphrase.take() {
            Some(key) => key,
            None => opening::ask_for(path)?,
        };
        let opened = opening::open(&vault, &key, Strictness::Lenient, self.messages);
        *passphrase = Some(key);
        match opened {
            Err(error) => report.add("opens", Verdict::Failed, error.to_string()),
            Ok(reading) => {
                report.add("opens", Verdict::Ok, Count(reading.secrets.len()).to_string());
                self.compare(&reading, source, report);
                self.age(&reading, report);
            }
        }
        Ok(())
    }

    fn compare(&self, reading: &Reading, source: Option<&Result<Fetched>>, report: &mut Report) {
        let (verdict, detail) = match source {
            Some(Ok(Fetched { text, label })) => {
                match sources::secrets_in(text, &left_out(reading)) {
                    Ok(theirs) => differences(&compare(&reading.secrets, &theirs), label),
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

fn differences(differences: &Differences, label: &str) -> (Verdict, String) {
    if differences.is_empty() {
        return (Verdict::Ok, format!("the same names and values as {label}"));
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
