//! `reseal`: the same document under another passphrase, as text or not, in the other format. The
//! source is not asked, and nothing of the document changes, so that it stays as old as it is.

use std::path::PathBuf;

use super::common::new_passphrase::{self, Choice};
use super::common::opening::{self, PassphraseFrom};
use super::common::replacing::{self, Target};
use super::common::setup::{Plan, Setup};
use super::common::{receipts, warnings};
use crate::checks::uses;
use crate::error::{FileError, Note, ReceiptError, Result, status};
use crate::payload::Header;
use crate::receipt::{self, Key};
use crate::terminal::Messages;
use crate::vault::{Format, Vault};

/// What `reseal` was asked to do.
#[derive(Debug)]
pub struct Reseal {
    /// The vault; `-` is standard input.
    pub vault: PathBuf,
    /// The file to write; where it is not named, the vault is replaced.
    pub to: Option<PathBuf>,
    /// Whether the new vault is text; where that is not said, it is what the old one is.
    pub armor: Option<bool>,
    /// Whether the passphrase stays.
    pub keep_passphrase: bool,
    /// How the new passphrase is chosen.
    pub choice: Choice,
    /// Where the key of receipts lies.
    pub setup: Setup,
    /// Where the old passphrase comes from.
    pub passphrase: PassphraseFrom,
    /// Where the new one comes from.
    pub new_passphrase: PassphraseFrom,
    /// What is said.
    pub messages: Messages,
}

/// What becomes of the old vault's receipt.
struct Following {
    /// The key, where the new vault gets a receipt.
    key: Option<Key>,
    /// What the receipt says that a document without a header does not.
    header: Header,
}

impl Reseal {
    /// Reseals, or leaves everything as it was; returns the exit status.
    pub fn execute(mut self) -> Result<u8> {
        let early = self.passphrase.early()?;
        let new_early = self.new_passphrase.early()?;
        let plan = std::mem::take(&mut self.setup).resolve(self.messages)?;
        let (vault, target) = self.look()?;
        let mut following = self.follow(&vault, &plan)?;
        let old = opening::passphrase_for(&self.vault, early)?;
        let document = opening::unseal(&vault, &old, self.messages)?;
        let reading = opening::read(&document, self.messages)?;
        if let Some(header) = reading.header.clone() {
            // What a document does not say of itself, the receipt that belongs to it may.
            let sealed = header.sealed.or(following.header.sealed);
            following.header = Header { sealed, ..header };
        }
        self.choice.check_locked()?;
        let passphrase = if self.keep_passphrase {
            self.choice.passphrase(Some(old), self.messages)?
        } else {
            let new = self.choice.passphrase(new_early, self.messages)?;
            new_passphrase::check_is_new(&new, &old)?;
            drop(old);
            new
        };
        let (format, armor) = (self.format(&vault), self.armor.unwrap_or(vault.facts().armored));
        let sealed = replacing::seal(format, &document, &passphrase, armor, self.messages)?;
        let Following { key, header } = &following;
        let mut proven = target.write(&sealed, self.messages)?.prove(&document, &passphrase)?;
        let text = receipts::text(key.as_ref(), &proven.vault, header, &reading.secrets)?;
        proven.write_receipt(text)?;
        if self.choice.generate {
            replacing::show_generated(&passphrase, self.messages)?;
        }
        let placed = proven.place()?;
        let id = placed.id.to_string();
        uses::record(
            &uses::of_reseal(placed.id.clone(), &vault, reading.header.as_ref()),
            self.messages,
        );
        let path = placed.finish()?;
        self.tell(
            armor,
            &sealed,
            Note::Resealed { path, secrets: reading.secrets.len(), bytes: sealed.len(), id },
        );
        Ok(status::OK)
    }

    /// The vault, and the file that is written: the same, or one that does not exist yet.
    fn look(&self) -> Result<(Vault, Target)> {
        let vault = opening::read_vault(&self.vault, self.messages)?;
        let file = self.to.clone().unwrap_or_else(|| self.vault.clone());
        let target =
            Target::look(replacing::check_name(file, "breakglass reseal")?, self.messages)?;
        let path = target.vault.clone();
        if self.to.is_some() {
            let beside = receipt::path_of(&path)?;
            return match [&path, &beside].into_iter().find(|path| path.exists()) {
                None => Ok((vault, target)),
                Some(path) => Err(FileError::TargetExists { path: path.clone() }.into()),
            };
        }
        match Vault::parse(&target.old) {
            Ok(same) if same.digest() == vault.digest() => Ok((vault, target)),
            _ => Err(FileError::ReplacedMeanwhile { path }.into()),
        }
    }

    /// A vault that has a receipt gets one of its new form; one that has none gets none.
    ///
    /// Errors: the receipt cannot be read, is another key's or another vault's; the key is not at hand.
    fn follow(&self, vault: &Vault, plan: &Plan) -> Result<Following> {
        let none = Following { key: None, header: Header::default() };
        if self.vault.as_os_str() == "-" {
            return Ok(none);
        }
        let Some(before) = receipt::read_before(&self.vault)? else { return Ok(none) };
        if before.facts().vault != vault.digest() {
            return Err(ReceiptError::OfAnotherVault.into());
        }
        let key = plan.key()?;
        receipts::check_authentic(&self.vault, Some(&before), Some(&key))?;
        let key = Some(key);
        let facts = before.facts();
        let (sealed, source) = (Some(facts.sealed), Some(facts.source.clone()));
        let header = Header { sealed, source, allowed: Vec::new(), skipped: facts.skipped.clone() };
        Ok(Following { key, header })
    }

    /// As the new file's name says; the same where the old file is replaced.
    fn format(&self, vault: &Vault) -> Format {
        self.to.as_deref().map_or(vault.facts().format, Format::of_name)
    }

    fn tell(&self, armor: bool, sealed: &[u8], resealed: Note) {
        warnings::warn_of_swappable(self.messages);
        if armor {
            warnings::warn_of_long_note(sealed.len(), self.messages);
        }
        self.messages.note(&resealed);
        if !self.keep_passphrase {
            self.messages.note(&Note::OldCopies);
        }
    }
}
