//! `--only` and `--except`: which secrets the child gets.

use super::secrets::Secrets;
use crate::error::{PayloadError, Result};

/// A name, or a name with `*` for any run of characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

/// What `--only` and `--except` ask for. An empty `only` means all.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Names to take; all where empty.
    pub only: Vec<Pattern>,
    /// Names to leave out of those.
    pub except: Vec<Pattern>,
}

impl Pattern {
    /// Takes any text; one that matches nothing is noticed when it is applied.
    pub fn new(text: impl Into<String>) -> Pattern {
        Pattern(text.into())
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `name` fits.
    pub fn matches(&self, name: &str) -> bool {
        let mut pieces = self.0.split('*');
        let Some(mut rest) = pieces.next().and_then(|first| name.strip_prefix(first)) else {
            return false;
        };
        let Some(last) = pieces.next_back() else { return rest.is_empty() };
        for piece in pieces {
            match rest.find(piece) {
                Some(at) => rest = rest.get(at + piece.len()..).unwrap_or_default(),
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

impl Selection {
    fn wants(&self, name: &str) -> bool {
        let fits = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(name));
        (self.only.is_empty() || fits(&self.only)) && !fits(&self.except)
    }

    /// Leaves only the wanted secrets, wiping the others.
    ///
    /// Errors: a pattern that fits no name (a typing error at 3 a.m.), or nothing left.
    pub fn apply(&self, secrets: &mut Secrets) -> Result<()> {
        let names: Vec<&str> =
            secrets.names().chain(secrets.impossible().iter().map(String::as_str)).collect();
        let unknown: Vec<String> = self
            .only
            .iter()
            .chain(&self.except)
            .filter(|pattern| !names.iter().any(|name| pattern.matches(name)))
            .map(|pattern| pattern.as_str().to_owned())
            .collect();
        if !unknown.is_empty() {
            return Err(PayloadError::UnknownNames { names: unknown }.into());
        }
        secrets.retain(|name| self.wants(name));
        secrets.retain_impossible(|name| self.wants(name));
        if secrets.is_empty() && secrets.impossible().is_empty() {
            Err(PayloadError::NothingSelected.into())
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (pattern, name, expected) in [
            ("A", "A", true),
            ("A", "AB", false),
            ("", "", true),
            ("*", "", true),
            ("*", "ANY", true),
            ("A*", "A", true),
            ("A*", "BA", false),
            ("*_KEY", "API_KEY", true),
            ("*_KEY", "API_KEYS", false),
            ("A*C*E", "ABCDE", true),
            ("A*C*E", "ACE", true),
            ("A*C*E", "AEC", false),
            ("A*A", "A", false),
            ("AB*BC", "ABC", false),
            ("**", "X", true),
        ] {
            assert_eq!(Pattern::new(pattern).matches(name), expected, "{pattern} {name}");
        }
    }
}
