//! `log`: writing down rotations and incidents, and what to do then.

mod emergency;

use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::common::opening::{self, PassphraseFrom};
use crate::error::{CommandError, Error, Note, RecordsError, Result, Warning, status};
use crate::files;
use crate::records::{
    self, Class, Config, LogName, LogText, Rotation, incident_line, rotation_line,
};
use crate::scan::{Forms, without_gaps};
use crate::terminal::{self, Messages};

/// A rotation to be written down.
#[derive(Debug)]
pub struct LogRotation {
    /// The secrets, each once.
    pub names: Vec<LogName>,
    /// Why; by the inventory where it is not said.
    pub reason: Option<LogText>,
    /// Where and how.
    pub into: LogInto,
}

/// An incident to be written down.
#[derive(Debug)]
pub struct LogIncident {
    /// How bad, as the class with that severity; has to be said, but the inventory can tell which one it would be.
    pub severity: Option<Class>,
    /// The secret, `all` or `none`.
    pub secret: LogName,
    /// What happened.
    pub what: LogText,
    /// What was done.
    pub resolution: Option<LogText>,
    /// Where and how.
    pub into: LogInto,
}

/// What both have.
#[derive(Debug)]
pub struct LogInto {
    /// When; today where it is not said.
    pub date: Option<Date>,
    /// A vault whose values must not stand in the text.
    pub vault: Option<PathBuf>,
    /// The file that is read in place of the nearest breakglass.toml.
    pub config: Option<PathBuf>,
    /// Where the passphrase comes from.
    pub passphrase: PassphraseFrom,
    /// What is said.
    pub messages: Messages,
}

impl LogRotation {
    /// Writes it down: a line for each name, all at once. Returns the exit status.
    pub fn execute(self) -> Result<u8> {
        let into = &self.into;
        let (config, date) = into.begin("breakglass log rotation")?;
        let lines: Result<String> = self
            .names
            .iter()
            .map(|name| Ok(rotation_line(date, name, &self.reason(name, &config)?)))
            .collect();
        let path = config.rotation_log();
        let names: Vec<&str> = self.names.iter().map(LogName::as_str).collect();
        into.write(&path, &lines?, &names, &config)?;
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        into.messages.note(&Note::Rotated { names, path });
        into.messages.note(&Note::AfterRotation { start: config.start });
        Ok(status::OK)
    }

    /// As said, or as the inventory has it.
    fn reason(&self, name: &LogName, config: &Config) -> Result<LogText> {
        if let Some(reason) = &self.reason {
            return Ok(reason.clone());
        }
        let item = config.inventory.get(name.as_str());
        let usual = match item.and_then(|item| item.rotation.as_ref()) {
            Some(Rotation::Every(days)) => format!("Scheduled {days}-day rotation"),
            _ => "Rotation".to_owned(),
        };
        LogText::new(&usual).map_err(|_| Error::Internal)
    }
}

impl LogIncident {
    /// Writes it down, and prints what to do. Returns the exit status.
    pub fn execute(self) -> Result<u8> {
        let into = &self.into;
        let (config, date) = into.begin(COMMAND)?;
        let secret = self.secret.as_str();
        let item = config.inventory.get(secret);
        let class = item.and_then(|item| item.class);
        let Some(severity) = self.severity else {
            let fits = match class {
                Some(class) => {
                    let (class, severity) = (class.word(), class.severity());
                    format!("; {secret} is of class {class}, for which {severity} stands")
                }
                None => ": SEV-1, SEV-2, SEV-3 or SEV-4".to_owned(),
            };
            let sentence = format!("--severity is not said{fits}");
            return Err(CommandError::usage(sentence, COMMAND));
        };
        let resolution = self.resolution.as_ref();
        let line = incident_line(date, severity, &self.secret, &self.what, resolution);
        let is_word = [emergency::ALL, emergency::NONE].contains(&secret);
        let names = if is_word { &[][..] } else { &[secret] };
        let path = config.incident_log();
        into.write(&path, &line, names, &config)?;
        into.messages.note(&Note::Incident { path });
        let steps = emergency::steps(secret, item, severity, &config);
        terminal::write_stdout(steps.as_bytes()).map(|()| status::OK)
    }
}

const COMMAND: &str = "breakglass log incident";

impl LogInto {
    /// What breakglass.toml says, and the day. A day that has not come yet is refused: everything after
    /// it would look older.
    fn begin(&self, command: &str) -> Result<(Config, Date)> {
        let config = Config::find(self.config.as_deref())?.unwrap_or_default();
        let today = records::day(records::now());
        let date = self.date.unwrap_or(today);
        if records::is_to_come(date, today) {
            let sentence = "--date lies in the future, as this machine's clock has it".to_owned();
            return Err(CommandError::usage(sentence, command));
        }
        Ok((config, date))
    }

    fn warn_of_unknown(&self, names: &[&str], config: &Config) {
        let unknown = |name: &&&str| !config.inventory.contains_key(**name);
        let names: Vec<String> =
            names.iter().filter(unknown).map(|name| (*name).to_owned()).collect();
        if !config.inventory.is_empty() && !names.is_empty() {
            self.messages.warning(&Warning::NotInInventory { names });
        }
    }

    /// Adds the lines to the log, unless a value stands in them. No name is shown before that is known: a
    /// value may stand in its place.
    fn write(&self, path: &Path, lines: &str, names: &[&str], config: &Config) -> Result<()> {
        if let Some(vault) = &self.vault {
            let early = self.passphrase.early()?;
            let opened = opening::read_vault(vault, self.messages)?;
            let passphrase = opening::passphrase_for(vault, early)?;
            let secrets = opening::open(&opened, &passphrase, self.messages)?.secrets;
            let forms = Forms::of_lines(&secrets)?;
            let names = values_in(lines, &forms);
            if !names.is_empty() {
                return Err(RecordsError::TextHoldsValue { names }.into());
            }
            if !forms.short().is_empty() {
                self.messages.warning(&Warning::TooShortToFind { names: forms.short().to_vec() });
            }
        }
        self.warn_of_unknown(names, config);
        files::add_lines(path, lines)
    }
}

/// The names of the secrets whose values stand in the text, whole or a line of them.
fn values_in(text: &str, forms: &Forms) -> Vec<String> {
    forms.names_in(&[text.as_bytes(), b"\n", &without_gaps(text)].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::{Strictness, read};

    #[test]
    fn values_in_a_text() {
        let document =
            b"LONG='fake-value-1'\nSHORT='fake'\nEMPTY=''\nEIGHT='12345678'\nWORDS='open  doors'\n\
            KEY='-----BEGIN FAKE KEY-----\nZmFrZSBrZXkgb25l\nZmFrZQ==\n-----END FAKE KEY-----'\n";
        let secrets = read(document, Strictness::Strict, &[]).expect("reads").secrets;
        let forms = Forms::of_lines(&secrets).expect("memory");
        assert_eq!(forms.short(), ["EMPTY", "SHORT"]);
        for (text, names) in [
            ("replaced fake-value-1 by another", &["LONG"][..]),
            ("fake-value-", &[]),
            ("fake", &[]),
            ("x12345678", &["EIGHT"]),
            ("it began with ZmFrZSBrZXkgb25l", &["KEY"]),
            ("-----BEGIN FAKE KEY-----", &[]),
            ("fake-value-1 ZmFrZQ==", &["KEY", "LONG"]),
            // Parted between fields, or by blanks.
            ("2026-02-23 | SEV-1 | A | it was fake- | value-1, now dead\n", &["LONG"]),
            ("1234 5678", &["EIGHT"]),
            ("open doors", &["WORDS"]),
            ("fake-value | 2", &[]),
            // As other programs write it.
            ("it was A2Zha2UtdmFsdWUtMQ, in a log", &["LONG"]),
            (r"BEGIN FAKE KEY-----\nZmFrZSBrZXkgb25l\nZmFrZQ==", &["KEY"]),
            ("?words=open%20%20doors", &["WORDS"]),
            ("?words=open%20doors", &[]),
        ] {
            assert_eq!(values_in(text, &forms), names, "{text}");
        }
    }
}
