//! `seal`: from a source to a vault, which replaces the old one only when it is proven.

mod allowances;

pub use allowances::Allowances;
use std::path::PathBuf;

use super::common::new_passphrase::Choice;
use super::common::opening::PassphraseFrom;
use super::common::replacing::{self, Target};
use super::common::setup::Setup;
use super::common::{receipts, warnings};
use crate::checks::Supplies;
use crate::checks::uses;
use crate::error::{CommandError, Note, Result, Warning, status};
use crate::payload::{self, Header};
use crate::receipt;
use crate::records;
use crate::sources::{self, Fetched};
use crate::terminal::Messages;
use crate::vault::Format;

/// What `seal` was asked to do.
#[derive(Debug)]
pub struct Seal {
    /// The vault to write; where it is not named, the one of breakglass.toml.
    pub vault: Option<PathBuf>,
    /// Where the secrets come from.
    pub setup: Setup,
    /// Whether it is text.
    pub armor: bool,
    /// What is taken although it looks wrong.
    pub allowances: Allowances,
    /// How the passphrase is chosen.
    pub choice: Choice,
    /// Where the passphrase comes from.
    pub passphrase: PassphraseFrom,
    /// What is said.
    pub messages: Messages,
}

impl Seal {
    /// Seals, or leaves everything as it was; returns the exit status.
    pub fn execute(mut self) -> Result<u8> {
        let early = self.passphrase.early()?;
        let mut plan = std::mem::take(&mut self.setup).resolve(self.messages)?;
        let vault = self.vault.take().map_or_else(|| plan.vault(), Ok)?;
        let vault = replacing::check_name(vault, "breakglass seal")?;
        let target = Target::look(vault, self.messages)?;
        let vault = &target.vault;
        let before = receipt::read_before(vault)?;
        let Supplies { fetched, key } = plan.secrets_and_key()?;
        let Fetched { text, label, on_disk, .. } = fetched.ok_or(CommandError::NoSource)??;
        let key = key?;
        let secrets = sources::secrets_in(&text, &self.allowances.skip)?;
        drop(text);
        receipts::check_authentic(vault, before.as_ref(), key.ready().ok())?;
        receipts::warn_of_other_source(before.as_ref(), &label, self.messages);
        let allowed = self.allowances.check(&secrets, plan.required(), before.as_ref())?;
        self.allowances.warn(&allowed, self.messages);
        let skipped = secrets.skipped().to_vec();
        let header = Header { sealed: Some(records::now()), source: Some(label), allowed, skipped };
        let document = payload::write(&header, &secrets)?;
        self.choice.check_locked()?;
        let passphrase = self.choice.passphrase(early, self.messages)?;
        let format = Format::of_name(vault);
        let sealed = replacing::seal(format, &document, &passphrase, self.armor, self.messages)?;
        // Not before everything else has gone well: a refusal leaves nothing behind.
        let key = plan.made(key)?;
        let mut proven = target.write(&sealed, self.messages)?.prove(&document, &passphrase)?;
        proven.write_receipt(receipts::text(key.as_ref(), &proven.vault, &header, &secrets)?)?;
        if self.choice.generate {
            replacing::show_generated(&passphrase, self.messages)?;
        }
        let placed = proven.place()?;
        let id = placed.id.to_string();
        uses::record(&uses::of_seal(placed.id.clone(), &header, &target.old), self.messages);
        let path = placed.finish()?;
        self.warn_at_the_end(&sealed, on_disk);
        let (secrets, bytes) = (secrets.len(), sealed.len());
        self.messages.note(&Note::Sealed { path, secrets, bytes, id });
        Ok(status::OK)
    }

    fn warn_at_the_end(&self, sealed: &[u8], on_disk: Option<PathBuf>) {
        warnings::warn_of_swappable(self.messages);
        if self.armor {
            warnings::warn_of_long_note(sealed.len(), self.messages);
        }
        if let Some(path) = on_disk {
            self.messages.warning(&Warning::PlaintextOnDisk { path });
        }
    }
}
