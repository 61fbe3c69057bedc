//! `drill` without a vault: the whole story on a built-in sample. Nothing in it is, or ever was,
//! anybody's secret.

use std::path::Path;
use std::time::Instant;

use super::StepTimer;
use super::probe;
use crate::error::{CommandError, Error, Result, VaultError};
use crate::files::{self, Replacement};
use crate::memory::{Passphrase, Region};
use crate::payload::{self, Strictness};
use crate::terminal;
use crate::vault::{self, Derivation, Format, Vault, VaultFacts};

/// A document with one value for each thing that goes wrong by hand.
const DOCUMENT: &str = r#"# breakglass 1
# source: the built-in sample
# secrets: 8
APOSTROPHE='it'\''s 3 o'\''clock'
BACKTICK='a `command` and a $(command)'
DOLLAR='pa$$word$HOME'
EMPTY=''
HASH='before # behind'
MULTI_LINE='-----BEGIN SAMPLE KEY-----
bm90IGEga2V5
-----END SAMPLE KEY-----
'
QUOTES='"double" and \backslash\'
UNICODE='Schlüssel 鍵 🔑'
"#;

/// Pieces that must not be found in the sealed file.
const PIECES: &[&str] = &["3 o'clock", "pa$$word", "SAMPLE KEY", "APOSTROPHE", "MULTI_LINE"];

/// Rehearses in a private folder that holds ciphertext only.
pub(super) fn rehearse() -> Result<()> {
    terminal::write_stdout(b"rehearsing on a built-in sample; nothing of yours is touched\n")?;
    let start = Instant::now();
    let mut steps = StepTimer::begin();
    let folder = tempfile::tempdir()
        .map_err(|_| CommandError::DrillStep { step: "no temporary folder can be made" })?;
    let path = folder.path().join("sample.env.gpg");
    let document = Region::copy_of(DOCUMENT.as_bytes())?;
    let passphrase = vault::generate_passphrase()?;
    let sealed = vault::seal(Format::OpenPgp, &document, &passphrase, false, &|_| {})?;
    let mut replacement = Replacement::begin(&path, &|| None)?;
    replacement.write(&sealed)?;
    replacement.commit()?;
    steps.done("sealed 8 sample secrets with a generated passphrase")?;
    let (file, vault) = check_file(&path)?;
    steps.done(
        "the file is AES-256 with the slowest key derivation gpg reads, and holds no plain text",
    )?;
    let opened = vault.open(&passphrase, &|_| {})?;
    ensure(opened.expose() == document.expose(), "what was opened is not what was sealed")?;
    let secrets = payload::read(opened.expose(), Strictness::Strict, &[])?.secrets;
    steps.done("opened it: every byte as before")?;
    probe::start(secrets, Vec::new())?;
    steps.done("started a real process from it, which got every name and value")?;
    refuse_tampered(file, &passphrase)?;
    steps.done("flipped one bit in a copy: refused, nothing would have been started")?;
    let other = vault.open(&vault::generate_passphrase()?, &|_| {});
    ensure(
        matches!(other, Err(Error::Vault(VaultError::CannotOpen))),
        "another passphrase opened it",
    )?;
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
    let bytes = files::read(path)?.bytes;
    let vault = Vault::parse(&bytes)?;
    let VaultFacts { cipher, derivation, .. } = vault.facts();
    let slowest = Derivation::Iterated { hash: "SHA-512", count: 65_011_712 };
    ensure(
        *cipher == Some("AES-256") && *derivation == slowest,
        "the file is not encrypted as it should be",
    )?;
    let found = |piece: &&str| bytes.windows(piece.len()).any(|window| window == piece.as_bytes());
    ensure(!PIECES.iter().any(found), "the file holds plain text")?;
    Ok((bytes, vault))
}

/// Flips one bit in the middle of a copy, which must then not open.
fn refuse_tampered(mut file: Vec<u8>, passphrase: &Passphrase) -> Result<()> {
    let middle = file.len() / 2;
    if let Some(byte) = file.get_mut(middle) {
        *byte ^= 1;
    }
    let opened = Vault::parse(&file)?.open(passphrase, &|_| {});
    ensure(matches!(opened, Err(Error::Vault(VaultError::CannotOpen))), "a changed file was opened")
}

fn ensure(holds: bool, step: &'static str) -> Result<()> {
    if holds { Ok(()) } else { Err(CommandError::DrillStep { step }.into()) }
}
