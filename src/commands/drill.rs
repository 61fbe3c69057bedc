//! `drill`: the rehearsal.

use std::ffi::OsString;
use std::fmt::Write;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::opening::{self, PassphraseFrom};
use super::{probe, sample};
use crate::error::{Count, Error, Listed, Result, Warning, status};
use crate::files::{self, Replacement};
use crate::memory::{Passphrase, Region};
use crate::payload::{Secrets, Strictness};
use crate::process::{Argv, Base, Environment, Output, spawn};
use crate::records::{self, Event};
use crate::terminal::{self, Messages};
use crate::vault::{self, Derivation, Facts, Vault};

/// What `drill` was asked to do.
#[derive(Debug)]
pub struct Drill {
    /// The vault to rehearse with; the built-in sample where none is named.
    pub vault: Option<PathBuf>,
    /// The command to start; a probe where none is given.
    pub command: Option<Argv>,
    /// Where the passphrase comes from.
    pub passphrase: PassphraseFrom,
    /// What is said.
    pub messages: Messages,
}

/// Prints each step when it is done, with the time it took.
struct Steps(Instant);

impl Steps {
    fn done(&mut self, what: &str) -> Result<()> {
        let mut line = String::new();
        let _ = writeln!(line, "  ok  {:>6} ms  {what}", self.0.elapsed().as_millis());
        self.0 = Instant::now();
        terminal::write_stdout(line.as_bytes())
    }
}

impl Drill {
    /// Rehearses; returns the exit status.
    pub fn execute(self) -> Result<u8> {
        match &self.vault {
            None => rehearse_sample().map(|()| status::OK),
            Some(vault) => self.rehearse(vault),
        }
    }

    /// With a real vault: open it, start something from it, and write down that it was done.
    fn rehearse(&self, path: &Path) -> Result<u8> {
        let early = self.passphrase.early()?;
        let vault = opening::read_vault(path, self.messages)?;
        let passphrase = match early {
            Some(passphrase) => passphrase,
            None => opening::ask_for(path)?,
        };
        let start = Instant::now();
        let mut steps = Steps(start);
        let reading = opening::open(&vault, &passphrase, Strictness::Lenient, self.messages)?;
        drop(passphrase);
        steps.done(&format!(
            "opened the vault: {}, sealed {}",
            Count(reading.secrets.len()),
            opening::age_of(&reading).as_deref().unwrap_or("by another program")
        ))?;
        let allowed = reading.header.as_ref().map_or(&[][..], |header| &header.allowed);
        opening::check_names(&reading.secrets, &[allowed])?;
        let passed = match &self.command {
            Some(command) => start_command(command, reading.secrets)?,
            None => start_probe(reading.secrets, &vault.id())?,
        };
        if passed {
            steps.done("started a process from it, which got every name and value")?;
        }
        self.write_down(&vault.id(), start.elapsed(), passed);
        Ok(if passed { status::OK } else { status::FINDING })
    }

    fn write_down(&self, id: &str, took: Duration, passed: bool) {
        if let Err(error) = records::record(&Event::Drill { vault: id, took, passed }) {
            self.messages.warning(&Warning::NotRecorded { reason: error.to_string() });
        }
    }
}

/// Runs the user's command with the secrets; true where it exits with 0.
fn start_command(command: &Argv, secrets: Secrets) -> Result<bool> {
    let environment = Environment::with_secrets(Base::Inherit, &secrets, &[])?;
    let child = spawn(command, &environment, Output::Inherit)?;
    drop(environment);
    drop(secrets);
    Ok(child.wait().success())
}

/// Starts this program as a probe; true where everything arrived.
fn start_probe(secrets: Secrets, id: &str) -> Result<bool> {
    let program = std::env::current_exe()
        .map_err(|_| Error::DrillStep { step: "this program cannot find its own file" })?;
    let argv = Argv::new(vec![program.into_os_string(), OsString::from("probe")])?;
    let expected = probe::expected(&secrets);
    let markers = [("VAULT", id.to_owned()), ("OPENED", records::now().to_string())];
    let environment = Environment::with_secrets(Base::Inherit, &secrets, &markers)?;
    let mut child = spawn(&argv, &environment, Output::Pipe)?;
    drop(environment);
    drop(secrets);
    let printed = child
        .output
        .take()
        .map(|pipe| files::read_descriptor(pipe.as_fd(), Path::new(argv.program())));
    if !child.wait().success() {
        return Err(Error::DrillStep { step: "the process that was started failed" });
    }
    let missing = probe::missing(&expected, printed.ok_or(Error::Internal)??.expose());
    if !missing.is_empty() {
        terminal::write_stdout(format!("  not arrived: {}\n", Listed(&missing)).as_bytes())?;
    }
    Ok(missing.is_empty())
}

/// Without a vault: the whole story on the built-in sample, in a private folder that holds
/// ciphertext only.
fn rehearse_sample() -> Result<()> {
    terminal::write_stdout(b"rehearsing on a built-in sample; nothing of yours is touched\n")?;
    let start = Instant::now();
    let mut steps = Steps(start);
    let folder = tempfile::tempdir()
        .map_err(|_| Error::DrillStep { step: "no temporary folder can be made" })?;
    let path = folder.path().join("sample.env.gpg");
    let document = Region::copy_of(sample::DOCUMENT.as_bytes())?;
    let passphrase = vault::generate_passphrase()?;
    let sealed = vault::seal(&document, &passphrase, false, &|_| {})?;
    let mut replacement = Replacement::begin(&path)?;
    replacement.write(&sealed)?;
    replacement.commit()?;
    steps.done("sealed 8 sample secrets with a generated passphrase")?;
    let (file, vault) = check_file(&path)?;
    steps.done(
        "the file is AES-256 with the slowest key derivation gpg reads, and holds no plain text",
    )?;
    let opened = vault.open(&passphrase, &|_| {})?;
    ensure(opened.expose() == document.expose(), "what was opened is not what was sealed")?;
    let secrets = crate::payload::read(opened.expose(), Strictness::Strict, &[])?.secrets;
    steps.done("opened it: every byte as before")?;
    ensure(start_probe(secrets, &vault.id())?, "a value did not arrive")?;
    steps.done("started a real process from it, which got every name and value")?;
    refuse_tampered(file, &passphrase)?;
    steps.done("flipped one bit in a copy: refused, nothing would have been started")?;
    let other = vault.open(&vault::generate_passphrase()?, &|_| {});
    ensure(matches!(other, Err(Error::CannotOpen)), "another passphrase opened it")?;
    steps.done("tried another passphrase: refused")?;
    let took = start.elapsed().as_millis();
    terminal::write_stdout(
        format!(
            "all of it in {took} ms. Next, with your own secrets:\n  breakglass seal prod.env.gpg -- infisical export --env=production --format=json\n  breakglass drill prod.env.gpg\n"
        )
        .as_bytes(),
    )
}

/// Reads the sample back and looks at it from outside.
fn check_file(path: &Path) -> Result<(Vec<u8>, Vault)> {
    let bytes = files::read_vault(path)?.bytes;
    let vault = Vault::parse(&bytes)?;
    let Facts { cipher, derivation, .. } = vault.facts();
    let slowest = Derivation::Iterated { hash: "SHA-512", count: 65_011_712 };
    ensure(
        *cipher == Some("AES-256") && *derivation == slowest,
        "the file is not encrypted as it should be",
    )?;
    let found = |piece: &&str| bytes.windows(piece.len()).any(|window| window == piece.as_bytes());
    ensure(!sample::PIECES.iter().any(found), "the file holds plain text")?;
    Ok((bytes, vault))
}

/// Flips one bit in the middle of a copy, which must then not open.
fn refuse_tampered(mut file: Vec<u8>, passphrase: &Passphrase) -> Result<()> {
    let middle = file.len() / 2;
    if let Some(byte) = file.get_mut(middle) {
        *byte ^= 1;
    }
    let opened = Vault::parse(&file)?.open(passphrase, &|_| {});
    ensure(matches!(opened, Err(Error::CannotOpen)), "a changed file was opened")
}

fn ensure(holds: bool, step: &'static str) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::DrillStep { step }) }
}
