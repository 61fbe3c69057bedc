//! `seal`: from a source to a vault, which replaces the old one only when it is proven.

use std::path::{Path, PathBuf};

use super::allowances::Allowances;
use super::opening::{self, PassphraseFrom};
use super::receipts;
use super::setup::{Setup, Supplies};
use super::uses;
use crate::error::{Error, Note, Result, Warning};
use crate::files::{self, Replacement};
use crate::memory::{self, Passphrase, Region, Swappable};
use crate::payload::{self, Header};
use crate::process::Termination;
use crate::records;
use crate::sources::{self, Fetched};
use crate::terminal::{self, Messages, Progress};
use crate::vault::{self, Vault};

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
    /// Whether a weak passphrase is taken.
    pub allow_weak: bool,
    /// Whether secrets may be kept in memory that cannot be locked.
    pub allow_unlocked: bool,
    /// Whether a passphrase is made.
    pub generate: bool,
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
        let vault = check_name(self.vault.take().map_or_else(|| plan.vault(), Ok)?)?;
        // Whatever is wrong with the target is said before anybody is asked for anything.
        let (_, old) = self.begin(&vault, &Termination::hold())?;
        let target = Target { vault, old };
        let vault = &target.vault;
        let before = receipts::before(vault)?;
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
        self.check_locked()?;
        let passphrase = self.choose_passphrase(early)?;
        let progress = Progress::new("deriving the key", self.messages.quiet);
        let tell = |fraction| progress.at(fraction);
        let sealed = vault::seal(&document, &passphrase, self.armor, &tell)?;
        drop(progress);
        // Not before everything else has gone well: a refusal leaves nothing behind.
        let key = receipts::key_for_writing(plan.made(key), plan.key_is_placed(), self.messages)?;
        let receipt = |vault: &Vault| receipts::text(key.as_ref(), vault, &header, &secrets);
        let (path, id) = self.replace(&target, &sealed, &document, &passphrase, &receipt)?;
        uses::record(&uses::of_seal(&id, &header, &target.old), self.messages);
        self.warn_at_the_end(on_disk);
        let (secrets, bytes) = (secrets.len(), sealed.len());
        self.messages.note(&Note::Sealed { path, secrets, bytes, id });
        Ok(())
    }

    /// There is time in daylight to find a machine that can lock memory.
    fn check_locked(&self) -> Result<()> {
        match memory::swappable() {
            Swappable::Secrets if !self.allow_unlocked => Err(Error::NotLocked),
            _ => Ok(()),
        }
    }

    fn warn_at_the_end(&self, on_disk: Option<PathBuf>) {
        match memory::swappable() {
            Swappable::Nothing => {}
            Swappable::WorkingMemory => self.messages.warning(&Warning::WorkingMemoryNotLocked),
            Swappable::Secrets => self.messages.warning(&Warning::NotLocked),
        }
        if let Some(path) = on_disk {
            self.messages.warning(&Warning::PlaintextOnDisk { path });
        }
    }

    /// Takes, makes or asks for the passphrase, and judges it.
    fn choose_passphrase(&self, early: Option<Passphrase>) -> Result<Passphrase> {
        if self.generate {
            return vault::generate_passphrase();
        }
        let asked = early.is_none();
        let passphrase = match early {
            Some(passphrase) => passphrase,
            None => opening::ask("new passphrase: ")?,
        };
        vault::check_typable(&passphrase)?;
        match vault::check_strength(&passphrase) {
            Err(Error::PassphraseWeak { .. }) if self.allow_weak => {
                self.messages.warning(&Warning::WeakPassphraseAllowed);
            }
            other => other?,
        }
        if asked {
            let again = opening::ask("the same again: ")?;
            if !memory::equal(again.expose(), passphrase.expose()) {
                return Err(Error::PassphraseMismatch);
            }
        }
        Ok(passphrase)
    }

    /// Writes, reads back, opens, compares, and only then replaces. A signal that comes meanwhile
    /// waits, and is the reason to leave the old vault in place.
    fn replace(
        &self,
        target: &Target,
        sealed: &[u8],
        document: &Region,
        passphrase: &Passphrase,
        receipt: &dyn Fn(&Vault) -> Result<Option<String>>,
    ) -> Result<(PathBuf, String)> {
        let held = Termination::hold();
        let (mut replacement, old) = self.begin(&target.vault, &held)?;
        if old != target.old {
            let path = replacement.target().to_owned();
            return Err(Error::ReplacedMeanwhile { path });
        }
        let written = Vault::parse(&replacement.write(sealed)?)?;
        let reopened = written.open(passphrase, &|_| {})?;
        if !memory::equal(reopened.expose(), document.expose()) {
            return Err(Error::ReadBack { path: replacement.target().into() });
        }
        let receipt = match receipt(&written)? {
            None => None,
            Some(text) => {
                let mut file = replacement.beside(receipts::SUFFIX)?;
                file.write(text.as_bytes())?;
                Some(file)
            }
        };
        if self.generate {
            self.messages.warning(&Warning::GeneratedShown);
            terminal::show_once(&[b"\n    ", passphrase.expose(), b"\n\n"])?;
        }
        if let Some(signal) = held.take_ending() {
            return Err(Error::Interrupted { signal });
        }
        let path = replacement.target().to_owned();
        let beside = files::beside(&path, receipts::SUFFIX)?;
        replacement.commit()?;
        // The vault first: where the two do not match, that is seen, and sealing again mends it.
        // A receipt of the old vault is worse than none.
        match receipt.map(Replacement::commit) {
            Some(Ok(())) => {}
            Some(Err(_)) => {
                files::remove(&beside);
                return Err(Error::ReceiptNotWritten { path: beside });
            }
            None => files::remove(&beside),
        }
        Ok((path, written.id()))
    }

    /// Begins to replace the target. Only a vault, an empty file or nothing at all is replaced.
    /// Also returns what it holds now.
    fn begin(&self, vault: &Path, held: &Termination) -> Result<(Replacement, Vec<u8>)> {
        let replacement = Replacement::begin(vault, &|| held.take_ending())?;
        let target = replacement.target();
        let old = match files::read(target) {
            Err(Error::Read { errno: libc::ENOENT, .. }) => return Ok((replacement, Vec::new())),
            other => other?,
        };
        if !old.bytes.is_empty() && !vault::may_be_replaced(&old.bytes) {
            return Err(Error::NotOurFile { path: target.into() });
        }
        if old.modified > records::now().as_second() {
            self.messages.warning(&Warning::ClockBehind);
        }
        Ok((replacement, old.bytes))
    }
}

/// What is replaced.
struct Target {
    vault: PathBuf,
    /// What it held when the work began: nobody else may have sealed since.
    old: Vec<u8>,
}

/// A vault is a file of a kind that is written here.
fn check_name(vault: PathBuf) -> Result<PathBuf> {
    if vault.as_os_str() == "-" {
        let sentence = "a vault is sealed into a file, not into standard output".to_owned();
        return Err(Error::Usage { sentence, command: "breakglass seal".to_owned() });
    }
    if receipts::is_receipt(&vault) {
        let sentence = "a name that ends in .receipt is that of a receipt".to_owned();
        return Err(Error::Usage { sentence, command: "breakglass seal".to_owned() });
    }
    if vault.extension().is_some_and(|extension| extension == "age") {
        return Err(Error::AgeName { path: vault });
    }
    Ok(vault)
}
