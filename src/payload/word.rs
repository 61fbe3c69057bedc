//! Shell words: what stands behind `NAME=`, with its quotes taken off (POSIX XCU 2.2).

use super::reader::Reader;
use crate::error::{Error, PayloadError, Result};

impl Reader<'_> {
    /// Reads a shell word: unquoted, 'single' and "double" quoted pieces in any mixture.
    pub(super) fn word(&mut self) -> Result<()> {
        while let Some(byte) = self.rest.first().copied() {
            match byte {
                b'\'' => {
                    self.advance(1);
                    self.single_quoted()?;
                }
                b'"' => {
                    self.advance(1);
                    self.double_quoted()?;
                }
                b'\\' => match self.rest.get(1) {
                    Some(b'\n') => self.advance(2),
                    Some(_) => {
                        self.advance(1);
                        self.take(1)?;
                    }
                    None => return Err(self.broken()),
                },
                b' ' | b'\t' | b'\n' => return Ok(()),
                b'\r' if self.at_line_end()? => return Ok(()),
                b'$' if self.rest.get(1).is_none_or(u8::is_ascii_whitespace) => self.take(1)?,
                b'$' | b'`' | b'~' | b'=' | b'{' => {
                    let expands = match byte {
                        // At the start of a value and behind a colon shells expand a tilde (XCU 2.6.1), and
                        // zsh `=command`, some of them even where quotes or an escaped line end stand between.
                        b'~' | b'=' => matches!(self.secrets.so_far().last(), None | Some(b':')),
                        // bash expands braces in the arguments of export.
                        b'{' => self.exported,
                        _ => true,
                    };
                    if expands {
                        self.expansion()?;
                    }
                    self.take(1)?;
                }
                b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')' => {
                    return Err(PayloadError::MoreThanAssignment {
                        line: self.begun,
                        name: self.name.clone(),
                    }
                    .into());
                }
                _ => {
                    let plain = self.rest.iter().position(|byte| ENDS_PLAIN_TEXT.contains(byte));
                    self.take(plain.unwrap_or(self.rest.len()).max(1))?;
                }
            }
        }
        Ok(())
    }

    fn single_quoted(&mut self) -> Result<()> {
        let end = self.rest.iter().position(|byte| *byte == b'\'');
        self.take(end.ok_or_else(|| self.broken())?)?;
        self.advance(1);
        Ok(())
    }

    fn double_quoted(&mut self) -> Result<()> {
        loop {
            match (self.rest.first().copied(), self.rest.get(1).copied()) {
                (None, _) => return Err(self.broken()),
                (Some(b'"'), _) => {
                    self.advance(1);
                    return Ok(());
                }
                (Some(b'\\'), Some(b'\n')) => self.advance(2),
                (Some(b'\\'), Some(b'$' | b'`' | b'"' | b'\\')) => {
                    self.advance(1);
                    self.take(1)?;
                }
                (Some(b'$'), Some(b'"' | b' ' | b'\t' | b'\n')) => self.take(1)?,
                (Some(b'$' | b'`'), _) => {
                    self.expansion()?;
                    self.take(1)?;
                }
                (Some(_), _) => {
                    let rest = self.rest.get(1..).unwrap_or_default();
                    let plain =
                        rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | b'$' | b'`'));
                    self.take(1 + plain.unwrap_or(rest.len()))?;
                }
            }
        }
    }

    /// Quotes that do not end.
    fn broken(&self) -> Error {
        Error::Payload(PayloadError::BrokenQuotes { line: self.begun, name: self.name.clone() })
    }

    /// A character stands here that a shell would expand.
    fn expansion(&mut self) -> Result<()> {
        if self.strict {
            return Err(PayloadError::Expansion { line: self.line, name: self.name.clone() }.into());
        }
        self.expands = true;
        Ok(())
    }
}

/// Bytes that mean something outside of quotes.
const ENDS_PLAIN_TEXT: &[u8] = b"'\"\\ \t\r\n$`~={;&|<>()";
