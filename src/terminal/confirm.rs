//! Asking for a yes on the controlling terminal.

use super::prompt::{no_terminal, open_terminal, write};
use crate::error::Result;

/// Asks once; only a line that is `y` or `yes` is a yes.
///
/// Errors: there is no terminal.
pub fn confirm(question: &str) -> Result<bool> {
    let terminal = open_terminal()?;
    write(&terminal, question.as_bytes())?;
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        let read = rustix::io::retry_on_intr(|| rustix::io::read(&terminal, &mut byte));
        match read.map_err(|error| no_terminal(error.into()))? {
            0 => break,
            _ if byte == *b"\n" => break,
            _ => line.extend(byte),
        }
    }
    let answer = line.trim_ascii().to_ascii_lowercase();
    Ok(answer == b"y" || answer == b"yes")
}
