//! `status`: what runs on emergency secrets now, what is due, and how to stand down.

mod stand_down;

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde_json::Value;

use self::stand_down::Step;
use super::common::opening::{self, PassphraseFrom};
use crate::checks::traces::Traces;
use crate::checks::{Contents, Kind, Question, Report, Service, Subject, layers, overall, uses};
use crate::error::{Error, Note, PassphraseError, Quoted, Result, TerminalError};
use crate::payload::{Reading, VaultId};
use crate::receipt;
use crate::records::{Config, Entry, Event};
use crate::scan::Forms;
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
struct KnownVault {
    entry: Entry,
    reading: Option<Reading>,
    contents: Option<Contents>,
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
        let reading = copy.as_ref().and_then(|copy| copy.reading.as_ref());
        let forms = reading.map(|reading| Forms::of(&reading.secrets)).transpose()?;
        let asked = Question::new(&config);
        let journal = asked.journal.clone().ok().flatten().unwrap_or_default();
        let traces = Traces::look(&journal, forms.as_ref());
        let sealed = uses::open_use(&journal, entry).is_none();
        let outage = asked.open_outage(&journal).map(|(used, day)| incident(used, day));
        let seal = stand_down::seal_command(self.vault.as_deref(), config.vault.is_some());
        let steps = stand_down::steps(&traces, config.start.as_deref(), seal, sealed);
        let processes = traces.json();
        let subject = Subject {
            contents: copy.as_ref().and_then(|copy| copy.contents.clone()),
            service: Some(Service { traces, copy: entry.cloned() }),
            ..Subject::machine(Kind::Service)
        };
        let report = layers(&subject, &asked);
        if self.json {
            let mut object = report.json();
            if let Some(members) = object.as_object_mut() {
                members.insert("processes".to_owned(), processes);
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
    fn opened(&self, path: &Path) -> Result<KnownVault> {
        let early = self.passphrase.early()?;
        let vault = opening::read_vault(path, self.messages)?;
        let passphrase = match early {
            Some(passphrase) => Ok(passphrase),
            None => opening::ask(&format!("passphrase for {} (Enter for none): ", Quoted(path))),
        };
        let reading = match passphrase {
            Ok(passphrase) => Some(opening::open(&vault, &passphrase, self.messages)?),
            Err(
                Error::Passphrase(PassphraseError::Empty)
                | Error::Terminal(TerminalError::NoTerminal { .. }),
            ) => {
                self.messages.note(&Note::FactsOnly);
                None
            }
            Err(error) => return Err(error),
        };
        let header = reading.as_ref().and_then(|reading| reading.header.as_ref());
        let entry = uses::entry(Event::Other, &vault, header);
        Ok(KnownVault { entry, contents: reading.as_ref().map(Contents::of_reading), reading })
    }
}

/// The command that writes a use down as an incident, to be pasted into a shell as it is: nothing in it comes
/// from outside.
fn incident(used: &Entry, day: Date) -> String {
    let time = used.time;
    format!(
        "breakglass log incident --severity SEV-2 --secret none --date {day} --what 'The secrets manager was out, and the vault was used at {time:.0}'"
    )
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
fn by_receipt(path: &Path) -> Option<KnownVault> {
    let receipt = receipt::read_beside(path).ok()?;
    let facts = receipt.facts();
    let id = VaultId::of_digest(&facts.vault);
    let (sealed, source) = (Some(facts.sealed), Some(facts.source.clone()));
    let entry = Entry { sealed, source, ..Entry::new(Event::Other, id) };
    Some(KnownVault { entry, reading: None, contents: Some(Contents::of_receipt(&receipt)) })
}
