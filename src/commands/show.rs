//! `show`: what can be said of a vault, or one value of it.

use std::fmt::Write;
use std::path::PathBuf;

use serde_json::json;

use super::common::opening::{self, PassphraseFrom};
use super::common::warnings;
use crate::checks::uses;
use crate::error::{
    CommandError, Error, Escaped, Note, PassphraseError, Quoted, Result, TerminalError, Warning,
    status,
};
use crate::memory::Passphrase;
use crate::payload::Reading;
use crate::terminal::{self, Messages, StandardOutput};
use crate::vault::Vault;

/// What `show` was asked to do.
#[derive(Debug)]
pub struct Show {
    /// The vault; `-` is standard input.
    pub vault: PathBuf,
    /// The secret whose value is wanted.
    pub name: Option<String>,
    /// Whether the vault itself is wanted, as text.
    pub armor: bool,
    /// Whether facts and names are JSON.
    pub json: bool,
    /// Whether a value may go into a regular file.
    pub allow_file: bool,
    /// Why a value is shown, for the journal.
    pub reason: Option<String>,
    /// Where the passphrase comes from.
    pub passphrase: PassphraseFrom,
    /// What is said.
    pub messages: Messages,
}

impl Show {
    /// Shows it; returns the exit status.
    pub fn execute(self) -> Result<u8> {
        let early = self.passphrase.early()?;
        let vault = opening::read_vault(&self.vault, self.messages)?;
        if self.armor {
            let text = vault.to_armor()?;
            warnings::warn_of_long_note(text.len(), self.messages);
            terminal::write_stdout(&text)?;
        } else if let Some(name) = &self.name {
            self.value(name, &vault, early)?;
        } else if self.json {
            self.facts_as_json(&vault, early)?;
        } else {
            self.facts(&vault, early)?;
        }
        Ok(status::OK)
    }

    /// One value: exact into a pipe; on a terminal with control characters shown as escapes.
    fn value(&self, name: &str, vault: &Vault, early: Option<Passphrase>) -> Result<()> {
        let kind = StandardOutput::kind();
        if kind == StandardOutput::RegularFile && !self.allow_file {
            return Err(CommandError::IntoFile.into());
        }
        let passphrase = opening::passphrase_for(&self.vault, early)?;
        let reading = opening::open(vault, &passphrase, self.messages)?;
        let secret = reading
            .secrets
            .get(name)
            .ok_or_else(|| CommandError::NoSuchName { name: name.to_owned() })?;
        let entry = uses::of_use(vault, &reading, "show".to_owned(), self.reason.clone());
        uses::record(&entry, self.messages);
        if kind != StandardOutput::Terminal {
            return terminal::write_stdout(secret.expose());
        }
        if terminal::write_visibly(secret.expose())? {
            self.messages.warning(&Warning::ControlShown);
        }
        Ok(())
    }

    /// Facts first, for they need no passphrase; names when there is one.
    fn facts(&self, vault: &Vault, early: Option<Passphrase>) -> Result<()> {
        let facts = vault.facts();
        let mut text = String::new();
        let mut line = |key: &str, value: &str| {
            let _ = writeln!(text, "{key:<9} {value}");
        };
        line("vault", &Quoted(&self.vault).to_string());
        line("id", vault.id().as_str());
        let written = if facts.armored { "armored" } else { "binary" };
        line("format", &format!("{}, {written}", facts.format));
        line("cipher", facts.cipher.unwrap_or("inside the encrypted session key"));
        line(
            "key",
            &format!(
                "{}{}",
                facts.derivation,
                if facts.derivation.is_strong() { "" } else { " (weak)" }
            ),
        );
        line("size", &format!("{} bytes", facts.bytes));
        terminal::write_stdout(text.as_bytes())?;
        let Some(reading) = self.open_if_wanted(vault, early)? else { return Ok(()) };
        let mut text = String::new();
        let header = reading.header.clone().unwrap_or_default();
        let _ = writeln!(
            text,
            "sealed    {}",
            opening::age_of(&reading).as_deref().unwrap_or("unknown")
        );
        let _ =
            writeln!(text, "source    {}", Escaped(header.source.as_deref().unwrap_or("unknown")));
        let impossible = reading.secrets.impossible().to_vec();
        for (key, names) in
            [("allowed", &header.allowed), ("skipped", &header.skipped), ("unusable", &impossible)]
        {
            if !names.is_empty() {
                let _ = writeln!(text, "{key:<9} {}", Escaped(&names.join(", ")));
            }
        }
        let _ = writeln!(text, "secrets   {}", reading.secrets.len());
        for name in reading.secrets.names() {
            let _ = writeln!(text, "  {}", Escaped(name));
        }
        terminal::write_stdout(text.as_bytes())
    }

    fn facts_as_json(&self, vault: &Vault, early: Option<Passphrase>) -> Result<()> {
        let facts = vault.facts();
        let mut object = json!({
            "vault": self.vault.to_string_lossy(),
            "id": vault.id().as_str(),
            "format": facts.format.to_string(),
            "armored": facts.armored,
            "cipher": facts.cipher,
            "key": facts.derivation.to_string(),
            "strong": facts.derivation.is_strong(),
            "bytes": facts.bytes,
        });
        if let (Some(reading), Some(object)) =
            (self.open_if_wanted(vault, early)?, object.as_object_mut())
        {
            let header = reading.header.clone().unwrap_or_default();
            object.insert("sealed".to_owned(), json!(header.sealed.map(|time| time.to_string())));
            object.insert("source".to_owned(), json!(header.source));
            object.insert("allowed".to_owned(), json!(header.allowed));
            object.insert("skipped".to_owned(), json!(header.skipped));
            object.insert("unusable".to_owned(), json!(reading.secrets.impossible()));
            object.insert("names".to_owned(), reading.secrets.names().collect());
        }
        terminal::write_json(&object)
    }

    /// Opens the vault where a passphrase is to be had; Enter alone, or no terminal, means that
    /// the facts are enough.
    fn open_if_wanted(&self, vault: &Vault, early: Option<Passphrase>) -> Result<Option<Reading>> {
        let passphrase = match early {
            Some(passphrase) => passphrase,
            None => match opening::ask(&format!(
                "passphrase for the names in {} (Enter for none): ",
                Quoted(&self.vault)
            )) {
                Ok(passphrase) => passphrase,
                Err(
                    Error::Passphrase(PassphraseError::Empty)
                    | Error::Terminal(TerminalError::NoTerminal { .. }),
                ) => {
                    self.messages.note(&Note::FactsOnly);
                    return Ok(None);
                }
                Err(error) => return Err(error),
            },
        };
        opening::open(vault, &passphrase, self.messages).map(Some)
    }
}
