//! `seal`: from a source to a vault, which replaces the old one only when it is proven.

use std::path::{Path, PathBuf};

use super::opening::{self, PassphraseFrom};
use crate::error::{Error, Note, Result, Warning};
use crate::files::{self, Replacement};
use crate::memory::{self, Passphrase, Region, Swappable};
use crate::payload::{self, Header, MAX_TOTAL_BYTES, NameProblem, Secrets, check_sizes};
use crate::process::Termination;
use crate::records;
use crate::sources::{self, Fetched, Source};
use crate::terminal::{self, Messages, Progress};
use crate::vault::{self, Vault};

/// What `seal` was asked to do.
#[derive(Debug)]
pub struct Seal {
    /// The vault to write.
    pub vault: PathBuf,
    /// Where the secrets come from.
    pub source: Source,
    /// Whether it is text.
    pub armor: bool,
    /// Steering names that the vault will allow.
    pub allow: Vec<String>,
    /// Names to leave out.
    pub skip: Vec<String>,
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
    pub fn execute(self) -> Result<()> {
        if self.vault.extension().is_some_and(|extension| extension == "age") {
            return Err(Error::AgeName { path: self.vault });
        }
        let early = self.passphrase.early()?;
        let Fetched { text, label } = self.source.fetch()?;
        let secrets = sources::secrets_in(&text, &self.skip)?;
        drop(text);
        let allowed = self.check(&secrets)?;
        let header = Header {
            sealed: Some(records::now()),
            source: Some(label),
            allowed,
            skipped: self.skip.clone(),
        };
        let document = payload::write(&header, &secrets)?;
        let passphrase = self.choose_passphrase(early)?;
        self.check_locked()?;
        let progress = Progress::new("deriving the key", self.messages.quiet);
        let sealed =
            vault::seal(&document, &passphrase, self.armor, &|fraction| progress.at(fraction))?;
        drop(progress);
        let (path, id) = self.replace(&sealed, &document, &passphrase)?;
        if let Some(file) = self.source.file() {
            self.messages.warning(&Warning::PlaintextOnDisk { path: file.clone() });
        }
        self.messages.note(&Note::Sealed { path, secrets: secrets.len(), bytes: sealed.len(), id });
        Ok(())
    }

    /// What would fail at 3 a.m. is refused now. Returns the steering names that are allowed.
    fn check(&self, secrets: &Secrets) -> Result<Vec<String>> {
        let problems = secrets.impossible_names();
        let of = |identifier: bool| {
            let fits =
                |problem: &NameProblem| (*problem == NameProblem::NotIdentifier) != identifier;
            problems
                .iter()
                .filter(|(_, problem)| fits(problem))
                .map(|(name, _)| name.clone())
                .collect::<Vec<_>>()
        };
        let (impossible, of_shells) = (of(false), of(true));
        if !impossible.is_empty() {
            return Err(Error::ImpossibleNames { names: impossible });
        }
        if !of_shells.is_empty() {
            return Err(Error::ShellNames { names: of_shells });
        }
        let steering = opening::not_allowed(secrets.names(), &[&self.allow]);
        if !steering.is_empty() {
            return Err(Error::SteeringNames { names: steering });
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
            Swappable::Secrets if self.allow_unlocked => self.messages.warning(&Warning::NotLocked),
            Swappable::Secrets => return Err(Error::NotLocked),
            Swappable::WorkingMemory => self.messages.warning(&Warning::WorkingMemoryNotLocked),
            Swappable::Nothing => {}
        }
        Ok(())
    }

    /// Takes, makes or asks for the passphrase, and judges it.
    fn choose_passphrase(&self, early: Option<Passphrase>) -> Result<Passphrase> {
        if self.generate {
            let passphrase = vault::generate_passphrase()?;
            self.messages.warning(&Warning::GeneratedShown);
            terminal::show_once(&[b"\n    ", passphrase.expose(), b"\n\n"])?;
            return Ok(passphrase);
        }
        let asked = early.is_none();
        let passphrase = match early {
            Some(passphrase) => passphrase,
            None => opening::ask("new passphrase: ")?,
        };
        match vault::check_strength(&passphrase) {
            Err(Error::PassphraseWeak { .. }) if self.allow_weak => {
                self.messages.warning(&Warning::WeakPassphraseAllowed)
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
        let mut replacement = Replacement::begin(&self.vault)?;
        self.check_target(replacement.target())?;
        let written = Vault::parse(&replacement.write(sealed)?)?;
        let reopened = written.open(passphrase, &|_| {})?;
        if reopened.expose() != document.expose() {
            return Err(Error::ReadBack { path: replacement.target().into() });
        }
        if let Some(signal) = held.take_ending() {
            return Err(Error::Interrupted { signal });
        }
        let path = replacement.target().to_owned();
        replacement.commit()?;
        Ok((path, written.id()))
    }

    /// Only a vault, an empty file or nothing at all is replaced.
    fn check_target(&self, target: &Path) -> Result<()> {
        let old = match files::read(target) {
            Ok(old) => old,
            Err(Error::Read { errno: libc::ENOENT, .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        if !old.bytes.is_empty() && !vault::looks_like_vault(&old.bytes) {
            return Err(Error::NotOurFile { path: target.into() });
        }
        if old.modified > records::now().as_second() {
            self.messages.warning(&Warning::ClockBehind);
        }
        Ok(())
    }
}
