//! `status`: what runs on emergency secrets now, what is due, and how to stand down.

mod due;
mod stand_down;
mod traces;

use std::path::{Path, PathBuf};

use serde_json::Value;

use self::stand_down::Step;
use self::traces::Traces;
use super::common::opening::{self, PassphraseFrom};
use crate::checks::procedure::{Procedure, Sealed};
use crate::checks::{Report, Verdict, copies, overall, uses};
use crate::error::{Error, Note, Quoted, Result};
use crate::payload::Reading;
use crate::receipt::{self, Receipt};
use crate::records::{self, Config, Entry, Event};
use crate::terminal::{self, Messages};

/// What `status` was asked to do.
#[derive(Debug)]
pub struct Status {
    /// A vault to look for the values of.
    pub vault: Option<PathBuf>,
    /// The file that is read in place of the nearest breakglass.toml.
    pub config: Option<PathBuf>,
    /// Whether the report is JSON.
    pub json: bool,
    /// Where the passphrase comes from.
    pub passphrase: PassphraseFrom,
    /// What is said.
    pub messages: Messages,
}

/// A vault that is known of, as far as it is.
struct Known {
    entry: Entry,
    reading: Option<Reading>,
    receipt: Option<Receipt>,
}

impl Known {
    /// What it holds, by itself or by its receipt.
    fn sealed(&self) -> Option<Sealed> {
        let by_receipt = || self.receipt.as_ref().map(Sealed::by_receipt);
        self.reading.as_ref().map(Sealed::by_reading).or_else(by_receipt)
    }
}

impl Status {
    /// Looks and reports; returns the exit status.
    pub fn execute(self) -> Result<u8> {
        let config = Config::find(self.config.as_deref())?.unwrap_or_default();
        let copy = match (&self.vault, &config.vault) {
            (Some(path), _) => Some(self.opened(path)?),
            (None, Some(path)) => by_receipt(path),
            (None, None) => None,
        };
        let entry = copy.as_ref().map(|copy| &copy.entry);
        let secrets = copy.as_ref().and_then(|copy| Some(&copy.reading.as_ref()?.secrets));
        let found = records::journal();
        let journal = found.clone().ok().flatten().unwrap_or_default();
        let mut report = Report::new("this machine".to_owned());
        let traces = Traces::look(&journal);
        traces.report(&mut report);
        let files = traces.report_files(secrets, &mut report);
        if let Err(error) = found {
            report.add("used", Verdict::CannotTell, error.to_string());
        }
        let sealed = due::sealing(&journal, entry, &mut report);
        due::rehearsal(&journal, entry, config.drill_interval, &mut report);
        due::age(entry, config.max_age, &mut report);
        copies::layers(&journal, entry, &config.copies, &mut report);
        let procedure = Procedure::read(&config, records::now());
        procedure.rotations(&mut report);
        if let Some(sealed) = copy.as_ref().and_then(Known::sealed) {
            procedure.vault(&sealed, &mut report);
        }
        let outage = procedure.outage(&journal, &mut report);
        let seal = stand_down::seal_command(self.vault.as_deref(), config.vault.is_some());
        let steps = stand_down::steps(&traces, &files, config.start.as_deref(), seal, sealed);
        if self.json {
            let mut object = report.json();
            if let Some(members) = object.as_object_mut() {
                members.insert("processes".to_owned(), traces.json());
                let steps: Value = steps.iter().map(Step::json).collect();
                members.insert("stand_down".to_owned(), steps);
                members.extend(outage.map(|it| ("incident".to_owned(), Value::from(it))));
            }
            terminal::write_json(&object)?;
        } else {
            terminal::write_stdout(text(&report, &steps, outage).as_bytes())?;
        }
        Ok(overall(&[report]))
    }

    /// The vault that was named, opened where there is a passphrase.
    fn opened(&self, path: &Path) -> Result<Known> {
        let early = self.passphrase.early()?;
        let vault = opening::read_vault(path, self.messages)?;
        let passphrase = match early {
            Some(passphrase) => Ok(passphrase),
            None => opening::ask(&format!("passphrase for {} (Enter for none): ", Quoted(path))),
        };
        let reading = match passphrase {
            Ok(passphrase) => Some(opening::open(&vault, &passphrase, self.messages)?),
            Err(Error::PassphraseEmpty | Error::NoTerminal { .. }) => {
                self.messages.note(&Note::FactsOnly);
                None
            }
            Err(error) => return Err(error),
        };
        let header = reading.as_ref().and_then(|reading| reading.header.as_ref());
        let entry = uses::entry(Event::Other, &vault, header);
        Ok(Known { entry, reading, receipt: None })
    }
}

/// The report for a person, and what there is to be pasted.
fn text(report: &Report, steps: &[Step], outage: Option<String>) -> String {
    let mut text = report.text();
    if steps.iter().any(Step::is_to_do) {
        text.push_str("to stand down, when the secrets manager is back:\n");
        text.extend(steps.iter().map(Step::line));
    }
    if let Some(command) = outage {
        text.push_str(&format!("to write the outage down:\n    {command}\n"));
    }
    text
}

/// What the receipt of the usual vault says of it.
fn by_receipt(path: &Path) -> Option<Known> {
    let receipt = receipt::read_beside(path).ok()?;
    let facts = receipt.facts();
    let id = facts.vault.get(..16).unwrap_or_default().to_owned();
    let (sealed, source) = (Some(facts.sealed), Some(facts.source.clone()));
    let entry = Entry { sealed, source, ..Entry::new(Event::Other, id) };
    Some(Known { entry, reading: None, receipt: Some(receipt) })
}
