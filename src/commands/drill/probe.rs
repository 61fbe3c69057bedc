//! The hidden command `probe`: what `drill` starts in the place of a service. It tells its parent
//! what it found in its environment: names, and for each the keyed digest that a receipt would have.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use crate::error::{CommandError, Error, Result};
use crate::files;
use crate::payload::Secrets;
use crate::process::{Addition, Argv, Base, Environment, Output, OwnEnvironment, spawn};
use crate::receipt::{self, Key};
use crate::terminal;

/// The marker that carries the key: random for each probe, so that what it prints tells nobody
/// but its parent anything.
const KEY: &str = "BREAKGLASS_PROBE";

/// One line for each variable: the name, a blank, the digest in hex. Without a key, names only.
pub fn probe() -> Result<()> {
    let own = OwnEnvironment::keep();
    let variables = own.strings().filter_map(|string| string.to_str().ok()?.split_once('='));
    let variables: Vec<(&str, &[u8])> =
        variables.map(|(name, value)| (name, value.as_bytes())).collect();
    let text = match variables.iter().find(|(name, _)| *name == KEY) {
        Some((_, key)) => receipt::lines(&Key::from_hex(key)?, variables.iter().copied())?,
        None => variables.iter().map(|(name, _)| format!("{name}\n")).collect(),
    };
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
    let key = Key::generate()?;
    let variables = secrets.iter().map(|secret| (secret.name(), secret.expose()));
    let expected = receipt::lines(&key, variables)?;
    markers.push((KEY, String::from_utf8_lossy(key.to_hex()?.expose()).into_owned()));
    let own = OwnEnvironment::keep();
    let environment = Environment::new(&own, Base::Inherit, Some(&secrets), &markers)?;
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

/// The names whose line is missing in what a probe printed.
fn missing(expected: &str, printed: &[u8]) -> Vec<String> {
    let printed = String::from_utf8_lossy(printed);
    let lines: BTreeSet<&str> = printed.lines().collect();
    let lost = expected.lines().filter(|line| !lines.contains(line));
    lost.filter_map(|line| Some(line.split_once(' ')?.0.to_owned())).collect()
}
