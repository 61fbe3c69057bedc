//! Text from outside, made safe for a terminal, and other parts of sentences.

use std::fmt;
use std::path::Path;

use super::Errno;

/// Text whose control and direction-changing characters are shown as escapes.
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'a>(pub &'a str);

/// A path in quotes, escaped; bytes that are not UTF-8 are shown as such.
#[derive(Clone, Copy, Debug)]
pub struct Quoted<'a>(pub &'a Path);

/// Names, escaped, with commas between them.
#[derive(Clone, Copy, Debug)]
pub struct Listed<'a>(pub &'a [String]);

/// Names beyond this number are counted, not listed.
const LISTED: usize = 20;

/// Whether a character must not reach a terminal: control characters, and
/// Unicode's bidirectional controls, line separators and the byte order mark: they can make a
/// terminal show another text than the one that is there (CVE-2021-42574).
pub fn misleads(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '\n' => f.write_str("\\n")?,
                '\t' => f.write_str("\\t")?,
                '\r' => f.write_str("\\r")?,
                other if misleads(other) => write!(f, "\\u{{{:x}}}", u32::from(other))?,
                other => write!(f, "{other}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("'")?;
        for chunk in self.0.as_os_str().as_encoded_bytes().utf8_chunks() {
            write!(f, "{}", Escaped(chunk.valid()))?;
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        f.write_str("'")
    }
}

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.0.iter().take(LISTED).enumerate() {
            write!(f, "{}{}", if index > 0 { ", " } else { "" }, Escaped(name))?;
        }
        match self.0.len().saturating_sub(LISTED) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// `line 3: ` where there is a line.
pub(super) struct At(pub(super) u32);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 { Ok(()) } else { write!(f, "line {}: ", self.0) }
    }
}

/// ` (NAME)` where there is a name that may be shown.
pub(super) struct Of<'a>(pub(super) &'a str);

impl fmt::Display for Of<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, " ({})", Escaped(self.0)) }
    }
}

/// The system's words for an error number, in lower case.
pub(super) struct Reason(pub(super) Errno);

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = std::io::Error::from_raw_os_error(self.0).to_string();
        let text = text.split(" (os error").next().unwrap_or_default();
        let mut characters = text.chars();
        match characters.next() {
            Some(first) => write!(f, "{}{}", first.to_lowercase(), characters.as_str()),
            None => write!(f, "error {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_raw() {
        assert_eq!(Escaped("a\x1b[31m\n\u{202E}b").to_string(), "a\\u{1b}[31m\\n\\u{202e}b");
        let path =
            Path::new(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"a\xFFb\x07"));
        assert_eq!(Quoted(path).to_string(), "'a\\xffb\\u{7}'");
        let names: Vec<String> = (0..22).map(|n| format!("N{n}")).collect();
        assert!(Listed(&names).to_string().ends_with("N19 and 2 more"));
    }
}
