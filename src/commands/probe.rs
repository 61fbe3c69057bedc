//! The hidden command `probe`: what `drill` starts in the place of a service. It tells its parent
//! what it found in its environment: names, and a digest of each `NAME=value`.

use std::collections::BTreeSet;
use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::payload::Secrets;
use crate::process::own_environment;
use crate::terminal;

/// One line for each variable: the name, a blank, the SHA-256 of `NAME=value` in hex.
pub fn probe() -> Result<()> {
    let mut text = String::new();
    for string in own_environment() {
        let string = string.to_bytes();
        if let Some(name) = string.split(|byte| *byte == b'=').next() {
            let _ = writeln!(text, "{} {}", String::from_utf8_lossy(name), digest(string));
        }
    }
    terminal::write_stdout(text.as_bytes())
}

/// The name of each secret, and the line that a probe which got it prints.
pub(super) fn expected(secrets: &Secrets) -> Vec<(String, String)> {
    let line = |name: &str, pair: &[u8]| {
        format!("{name} {}", digest(pair.strip_suffix(b"\0").unwrap_or(pair)))
    };
    secrets
        .iter()
        .map(|secret| (secret.name().to_owned(), line(secret.name(), secret.expose_pair())))
        .collect()
}

/// The names whose line is missing in what a probe printed.
pub(super) fn missing(expected: &[(String, String)], printed: &[u8]) -> Vec<String> {
    let printed = String::from_utf8_lossy(printed);
    let lines: BTreeSet<&str> = printed.lines().collect();
    expected
        .iter()
        .filter(|(_, line)| !lines.contains(line.as_str()))
        .map(|(name, _)| name.clone())
        .collect()
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
