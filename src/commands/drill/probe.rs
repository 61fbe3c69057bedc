//! The hidden command `probe`: what `drill` starts in the place of a service. It tells its parent
//! what it found in its environment: names, and for each a keyed digest of `NAME=value`.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt::Write;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::error::{CommandError, Error, Result};
use crate::files;
use crate::payload::Secrets;
use crate::process::{Addition, Argv, Base, Environment, Output, own_environment, spawn};
use crate::terminal;
use crate::vault;

/// The marker that carries the key: random for each probe, so that what it prints tells nobody
/// but its parent anything.
const KEY: &str = "BREAKGLASS_PROBE";

/// One line for each variable: the name, a blank, the digest in hex. Without a key, names only.
pub fn probe() -> Result<()> {
    let prefix = format!("{KEY}=");
    let key =
        own_environment().find_map(|string| string.to_bytes().strip_prefix(prefix.as_bytes()));
    let mut text = String::new();
    for string in own_environment() {
        let string = string.to_bytes();
        let name = string.split(|byte| *byte == b'=').next().unwrap_or_default();
        let digest = key.map(|key| digest(key, string)).transpose()?.unwrap_or_default();
        let _ = writeln!(text, "{} {digest}", String::from_utf8_lossy(name));
    }
    terminal::write_stdout(text.as_bytes())
}

/// Starts this program as a probe with the secrets, and waits for it.
///
/// Errors: it cannot be started, fails, or did not get every name and value.
pub(super) fn start(secrets: Secrets, mut markers: Vec<Addition>) -> Result<()> {
    let no_program =
        Error::Command(CommandError::DrillStep { step: "this program cannot find its own file" });
    // Without /proc, the path that it was started by is all there is.
    let by_path = || std::env::args_os().next().map(PathBuf::from).filter(|it| it.is_absolute());
    let program = std::env::current_exe().ok().or_else(by_path).ok_or(no_program)?;
    let argv = Argv::new(vec![program.into_os_string(), OsString::from("probe")])?;
    let key = vault::random_hex()?;
    let expected = expected(&secrets, key.as_bytes())?;
    markers.push((KEY, key));
    let environment = Environment::with_secrets(Base::Inherit, &secrets, &markers)?;
    let mut child = spawn(&argv, &environment, Output::Pipe)?;
    drop(environment);
    drop(secrets);
    let pipe = child.output.take().ok_or(Error::Internal)?;
    let printed = files::read_descriptor(pipe.as_fd(), Path::new(argv.program()));
    if !child.wait().success() {
        return Err(CommandError::DrillStep { step: "the process that was started failed" }.into());
    }
    let names = missing(&expected, printed?.expose());
    if names.is_empty() { Ok(()) } else { Err(CommandError::NotArrived { names }.into()) }
}

/// The name of each secret, and the line that a probe which got it prints.
fn expected(secrets: &Secrets, key: &[u8]) -> Result<Vec<(String, String)>> {
    let line = |name: &str, pair: &[u8]| {
        let digest = digest(key, pair.strip_suffix(b"\0").unwrap_or(pair))?;
        Ok((name.to_owned(), format!("{name} {digest}")))
    };
    secrets.iter().map(|secret| line(secret.name(), secret.expose_pair())).collect()
}

/// The names whose line is missing in what a probe printed.
fn missing(expected: &[(String, String)], printed: &[u8]) -> Vec<String> {
    let printed = String::from_utf8_lossy(printed);
    let lines: BTreeSet<&str> = printed.lines().collect();
    let lost = expected.iter().filter(|(_, line)| !lines.contains(line.as_str()));
    lost.map(|(name, _)| name.clone()).collect()
}

fn digest(key: &[u8], bytes: &[u8]) -> Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| Error::Internal)?;
    mac.update(bytes);
    Ok(mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect())
}
