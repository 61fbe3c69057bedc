//! The facts at the head of a document, which are comments to a shell.

use jiff::Timestamp;

use crate::error::{PayloadError, Result};

/// The first line of every document of ours.
pub(super) const FIRST_LINE: &str = "# breakglass 1";

/// How the first line of any version begins.
const ANY_VERSION: &str = "# breakglass ";

/// What a document says about itself. All of it comes from inside the vault, none of it is secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// When it was sealed, to the second.
    pub sealed: Option<Timestamp>,
    /// Where the secrets came from; one line without control characters.
    pub source: Option<String>,
    /// Steering names that whoever sealed it allowed.
    pub allowed: Vec<String>,
    /// Names that were left out because no shell can hold them.
    pub skipped: Vec<String>,
}

/// One line of a header: what it sets.
pub(super) enum Line {
    Known,
    /// `# secrets: N`, which must match what follows.
    Count(usize),
    /// A comment, or a field of a later version.
    Other,
}

impl Header {
    /// Whether the line `first` begins a document of ours. A CR at its end is put up with here; strict
    /// reading refuses it before.
    ///
    /// Errors: it begins one of a version that this program does not know.
    pub(super) fn begins(first: &[u8]) -> Result<bool> {
        let first = first.strip_suffix(b"\r").unwrap_or(first);
        match first.strip_prefix(ANY_VERSION.as_bytes()) {
            Some(_) if first == FIRST_LINE.as_bytes() => Ok(true),
            Some(version) if version.iter().all(u8::is_ascii_digit) && !version.is_empty() => {
                Err(PayloadError::NewerDocument.into())
            }
            _ => Ok(false),
        }
    }

    /// Takes in one further `# field: text` line.
    pub(super) fn take(&mut self, line: &[u8]) -> Line {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let field = line.strip_prefix(b"# ").and_then(|rest| str::from_utf8(rest).ok());
        let Some((key, text)) = field.and_then(|field| field.split_once(": ")) else {
            return Line::Other;
        };
        match key {
            "sealed" => self.sealed = text.parse().ok(),
            "source" => self.source = Some(text.to_owned()),
            "allowed" => self.allowed = list(text),
            "skipped" => self.skipped = list(text),
            "secrets" => return text.parse().map_or(Line::Other, Line::Count),
            _ => return Line::Other,
        }
        Line::Known
    }

    /// The header as it is written, for a document of `secrets` secrets.
    ///
    /// Errors: a control character in a field; it could end the comment and begin a line.
    pub(super) fn to_text(&self, secrets: usize) -> Result<String> {
        let mut lines = vec![FIRST_LINE.to_owned()];
        lines.extend(self.sealed.map(|time| format!("# sealed: {time:.0}")));
        lines.extend(self.source.as_ref().map(|source| format!("# source: {source}")));
        lines.push(format!("# secrets: {secrets}"));
        for (field, names) in [("allowed", &self.allowed), ("skipped", &self.skipped)] {
            if !names.is_empty() {
                lines.push(format!("# {field}: {}", names.join(",")));
            }
        }
        if lines.iter().any(|line| line.chars().any(char::is_control)) {
            return Err(PayloadError::HeaderControl.into());
        }
        Ok(lines.join("\n") + "\n")
    }
}

fn list(text: &str) -> Vec<String> {
    text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}
