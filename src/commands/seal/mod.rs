//! `seal`: from a source to a vault, which replaces the old one only when it is proven.

mod allowances;

pub use allowances::Allowances;
use std::path::PathBuf;

use super::common::new_passphrase::Choice;
use super::common::opening::PassphraseFrom;
use super::common::replacing::{self, New, Target};
use super::common::setup::Setup;
use super::common::{receipts, warnings};
use crate::checks::by_receipt::Supplies;
use crate::checks::uses;
use crate::error::{Error, Note, Result, Warning};
use crate::payload::{self, Header};
use crate::receipt;
use crate::records;
use crate::sources::{self, Fetched};
use crate::terminal::Messages;
use crate::vault::{Format, Vault};

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
    /// Seals, or leaves everything as it was.
    pub fn execute(mut self) -> Result<()> {
        let early = self.passphrase.early()?;
        let mut plan = std::mem::take(&mut self.setup).resolve(self.messages)?;
        let vault = self.vault.take().map_or_else(|| plan.vault(), Ok)?;
        let vault = replacing::check_name(vault, "breakglass seal")?;
        let target = Target::look(vault, self.messages)?;
        let vault = &target.vault;
        let before = receipt::read_before(vault)?;
        let Supplies { fetched, key } = plan.secrets_and_key()?;
        let Fetched { text, label, on_disk, .. } = fetched.ok_or(Error::NoSource)??;
        receipts::check_key(&key, plan.key_is_placed())?;
        let secrets = sources::secrets_in(&text, &self.allowances.skip)?;
        drop(text);
        receipts::check_authentic(vault, before.as_ref(), key.as_ref().ok())?;
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
        let key = receipts::key_for_writing(plan.made(key), plan.key_is_placed(), self.messages)?;
        let receipt = &|vault: &Vault| receipts::text(key.as_ref(), vault, &header, &secrets);
        let entry = &|vault: &Vault| uses::of_seal(&vault.id(), &header, &target.old);
        let new = New {
            sealed: &sealed,
            document: &document,
            passphrase: &passphrase,
            generated: self.choice.generate,
            receipt,
            entry,
        };
        let (path, id) = target.replace(&new, self.messages)?;
        self.warn_at_the_end(&sealed, on_disk);
        let (secrets, bytes) = (secrets.len(), sealed.len());
        self.messages.note(&Note::Sealed { path, secrets, bytes, id });
        Ok(())
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
