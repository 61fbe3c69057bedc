//! `seal`: from a source to a vault, which replaces the old one only when it is proven.

use std::path::PathBuf;

use super::opening::{self, PassphraseFrom};
use super::setup::Setup;
use crate::error::{Error, Note, Result, Warning};
use crate::files::{self, Replacement};
use crate::memory::{self, Passphrase, Region, Swappable};
use crate::payload::{self, Header, MAX_TOTAL_BYTES, Secrets, check_sizes};
use crate::process::Termination;
use crate::records;
use crate::sources::{self, Fetched};
use crate::terminal::{self, Messages, Progress};
use crate::vault::{self, Vault};

/// What `seal` was asked to do.
#[derive(Debug)]
pub struct Seal {
    /// The vault to write.
    pub vault: PathBuf,
    /// Where the secrets come from.
    pub setup: Setup,
    /// Whether it is text.
    pub armor: bool,
    /// Steering names that the vault will allow.
    pub allow: Vec<String>,
    /// Names to leave out.
    pub skip: Vec<String>,
    /// Names whose values may hold an unresolved reference.
    pub allow_reference: Vec<String>,
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
        // Whatever is wrong with the target is said before anybody is asked for anything.
        drop(self.begin(&Termination::hold())?);
        let source = std::mem::take(&mut self.setup).source(self.messages)?;
        let source = source.ok_or(Error::NoSource)?;
        let warn = |warning: &Warning| self.messages.warning(warning);
        let Fetched { text, label, on_disk, receipt_key: _ } = source.fetch(None, &warn)?;
        drop(source);
        let secrets = sources::secrets_in(&text, &self.skip)?;
        drop(text);
        let allowed = self.check(&secrets)?;
        let skipped = secrets.skipped().to_vec();
        let header = Header { sealed: Some(records::now()), source: Some(label), allowed, skipped };
        let document = payload::write(&header, &secrets)?;
        self.check_locked()?;
        let passphrase = self.choose_passphrase(early)?;
        let progress = Progress::new("deriving the key", self.messages.quiet);
        let tell = |fraction| progress.at(fraction);
        let sealed = vault::seal(&document, &passphrase, self.armor, &tell)?;
        drop(progress);
        let (path, id) = self.replace(&sealed, &document, &passphrase)?;
        self.warn_at_the_end(on_disk);
        let (secrets, bytes) = (secrets.len(), sealed.len());
        self.messages.note(&Note::Sealed { path, secrets, bytes, id });
        Ok(())
    }

    /// What would fail at 3 a.m. is refused now. Returns the steering names that are allowed.
    fn check(&self, secrets: &Secrets) -> Result<Vec<String>> {
        let missing = |name: &&String| !secrets.skipped().contains(*name);
        let not_skipped: Vec<String> = self.skip.iter().filter(missing).cloned().collect();
        if !not_skipped.is_empty() {
            return Err(Error::NotSkipped { names: not_skipped });
        }
        let taken: Vec<String> =
            secrets.names().filter(|name| payload::is_taken(name)).map(str::to_owned).collect();
        if !taken.is_empty() {
            return Err(Error::TakenNames { names: taken });
        }
        let steering = opening::not_allowed(secrets.names(), &[&self.allow]);
        if !steering.is_empty() {
            return Err(Error::SteeringNames { names: steering });
        }
        let unresolved: Vec<String> = payload::unresolved(secrets)
            .filter(|name| !self.allow_reference.contains(name))
            .collect();
        if !unresolved.is_empty() {
            return Err(Error::Unresolved { names: unresolved });
        }
        check_sizes(secrets, MAX_TOTAL_BYTES)?;
        let allowed = opening::not_allowed(secrets.names(), &[]);
        if !allowed.is_empty() {
            self.messages.warning(&Warning::SteeringAllowed { names: allowed.clone() });
        }
        if !self.skip.is_empty() {
            self.messages.warning(&Warning::Skipped { names: self.skip.clone() });
        }
        Ok(allowed)
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
        sealed: &[u8],
        document: &Region,
        passphrase: &Passphrase,
    ) -> Result<(PathBuf, String)> {
        let held = Termination::hold();
        let mut replacement = self.begin(&held)?;
        let written = Vault::parse(&replacement.write(sealed)?)?;
        let reopened = written.open(passphrase, &|_| {})?;
        if !memory::equal(reopened.expose(), document.expose()) {
            return Err(Error::ReadBack { path: replacement.target().into() });
        }
        if self.generate {
            self.messages.warning(&Warning::GeneratedShown);
            terminal::show_once(&[b"\n    ", passphrase.expose(), b"\n\n"])?;
        }
        if let Some(signal) = held.take_ending() {
            return Err(Error::Interrupted { signal });
        }
        let path = replacement.target().to_owned();
        replacement.commit()?;
        Ok((path, written.id()))
    }

    /// Begins to replace the target. Only a vault, an empty file or nothing at all is replaced.
    fn begin(&self, held: &Termination) -> Result<Replacement> {
        let replacement = Replacement::begin(&self.vault, &|| held.take_ending())?;
        let target = replacement.target();
        match files::read(target) {
            Err(Error::Read { errno: libc::ENOENT, .. }) => {}
            Err(error) => return Err(error),
            Ok(old) if !old.bytes.is_empty() && !vault::may_be_replaced(&old.bytes) => {
                return Err(Error::NotOurFile { path: target.into() });
            }
            Ok(old) if old.modified > records::now().as_second() => {
                self.messages.warning(&Warning::ClockBehind);
            }
            Ok(_) => {}
        }
        Ok(replacement)
    }
}
