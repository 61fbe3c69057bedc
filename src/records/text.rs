//! What may stand in a field of a log.

use crate::error::misleads;
use crate::payload::is_identifier;

/// A text that a log can hold: of one line, no longer than [`LogText::MAX`], no `|`, no `,` first, and nothing that
/// makes a terminal show another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogText(String);

impl LogText {
    /// The longest, in characters.
    pub const MAX: usize = 500;

    /// Takes a text without the blanks around it.
    ///
    /// Errors: why not.
    pub fn new(text: &str) -> Result<LogText, &'static str> {
        let text = text.trim();
        if text.is_empty() {
            Err("is empty")
        } else if text.chars().any(misleads) {
            Err("takes one line without control characters")
        } else if text.starts_with(',') {
            Err("does not begin with ',', which parts names")
        } else if text.contains('|') {
            Err("takes no '|', which parts the fields of a log")
        } else if text.chars().count() > LogText::MAX {
            Err("takes at most 500 characters")
        } else {
            Ok(LogText(text.to_owned()))
        }
    }

    /// It.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name of a secret in a log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogName(String);

impl LogName {
    /// The longest, in bytes.
    const MAX: usize = 255;

    /// Takes a name that an environment can hold.
    pub fn new(name: &str) -> Option<LogName> {
        let proper = is_identifier(name.as_bytes()) && name.len() <= LogName::MAX;
        proper.then(|| LogName(name.to_owned()))
    }

    /// It.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        for good in ["a", "  Scheduled 90-day rotation ", "ä — „ö“", &"ä".repeat(500)] {
            assert_eq!(LogText::new(good).expect(good).as_str(), good.trim());
        }
        for bad in
            ["", " ", "a|b", " , b", "a\nb", "a\tb", "a\u{1b}[0m", "a\u{202e}b", &"ä".repeat(501)]
        {
            assert!(LogText::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn names() {
        assert!(LogName::new("A_1").is_some() && LogName::new(&"A".repeat(255)).is_some());
        for bad in ["", "A-B", "A B", "1A", "A=x", "Ä", &"A".repeat(256)] {
            assert!(LogName::new(bad).is_none(), "{bad}");
        }
    }
}
