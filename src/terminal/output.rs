//! Standard output, without a buffer that would keep a copy.

use std::fmt::Write;
use std::io::IsTerminal;

use rustix::fs::FileType;
use rustix::io::retry_on_intr;

use crate::error::{Result, TerminalError, misleads};

/// What standard output is connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandardOutput {
    /// A person is looking.
    Terminal,
    /// A file that keeps what is written.
    RegularFile,
    /// A pipe, a socket or a device.
    Other,
}

impl StandardOutput {
    /// Looks.
    pub fn kind() -> StandardOutput {
        let stdout = rustix::stdio::stdout();
        if stdout.is_terminal() {
            return StandardOutput::Terminal;
        }
        match rustix::fs::fstat(stdout).map(|stat| FileType::from_raw_mode(stat.st_mode)) {
            Ok(FileType::RegularFile) => StandardOutput::RegularFile,
            _ => StandardOutput::Other,
        }
    }
}

/// Writes a value for a person to read: control characters but line ends and tabs as escapes, so
/// that none of them reaches the terminal, and a line end behind it. True where there was one.
pub fn write_visibly(value: &[u8]) -> Result<bool> {
    let mut escaped = false;
    for chunk in value.utf8_chunks() {
        let mut start = 0;
        let text = chunk.valid();
        for (at, character) in text.char_indices() {
            if misleads(character) && !matches!(character, '\n' | '\t') {
                escaped = true;
                write_stdout(text.get(start..at).unwrap_or_default().as_bytes())?;
                write_stdout(character.escape_unicode().to_string().as_bytes())?;
                start = at + character.len_utf8();
            }
        }
        write_stdout(text.get(start..).unwrap_or_default().as_bytes())?;
    }
    if !value.ends_with(b"\n") {
        write_stdout(b"\n")?;
    }
    Ok(escaped)
}

/// Writes JSON and a line end. serde_json leaves characters as they are that a terminal would obey;
/// they can stand within strings only, where `\u` means the same.
pub fn write_json(value: &serde_json::Value) -> Result<()> {
    let mut text = String::new();
    for character in value.to_string().chars() {
        if misleads(character) {
            let _ = write!(text, "\\u{:04x}", u32::from(character));
        } else {
            text.push(character);
        }
    }
    text.push('\n');
    write_stdout(text.as_bytes())
}

/// Writes all bytes to standard output, straight from where they are.
///
/// Errors: closed, a full disk, nobody reading.
pub fn write_stdout(mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        let count = retry_on_intr(|| rustix::io::write(rustix::stdio::stdout(), bytes))
            .map_err(|error| TerminalError::StandardOutput { errno: error.raw_os_error() })?;
        bytes = bytes.get(count..).unwrap_or_default();
    }
    Ok(())
}
