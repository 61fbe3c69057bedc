//! Reading a log: a line for each entry, which people may have written as well as this program.

use std::path::Path;

use crate::error::{Error, FileError, Result};
use crate::files;

/// What one line of a log says.
pub trait LogLine: Sized {
    /// Reads the line of that number, from 1. A line may hold several entries, or none at all, as a template does.
    /// `None` if it cannot be read.
    fn parse(line: usize, text: &str) -> Option<Vec<Self>>;
}

/// A log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logbook<L> {
    /// In the order of the file, which need not be that of the dates.
    pub entries: Vec<L>,
    /// The numbers of the lines that cannot be read.
    pub unreadable: Vec<usize>,
}

impl<L> Default for Logbook<L> {
    fn default() -> Logbook<L> {
        Logbook { entries: Vec::new(), unreadable: Vec::new() }
    }
}

impl<L: LogLine> Logbook<L> {
    /// Reads a log. `None` if there is none.
    ///
    /// Errors: it is there and cannot be read.
    pub fn read(path: &Path) -> Result<Option<Logbook<L>>> {
        match files::read_found(path, false) {
            Ok(read) => Ok(Some(Logbook::parse(&read.bytes))),
            Err(Error::File(FileError::Read { errno: libc::ENOENT | libc::ENOTDIR, .. })) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Reads the text of a log.
    pub fn parse(bytes: &[u8]) -> Logbook<L> {
        let mut log = Logbook::default();
        for (line, text) in lines(bytes) {
            match text.and_then(|text| L::parse(line, text)) {
                Some(entries) => log.entries.extend(entries),
                None => log.unreadable.push(line),
            }
        }
        log
    }
}

/// The lines of a log by number from 1, without comments and blank ones. `None` for one that is not UTF-8.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, Option<&str>)> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).zip(1..);
    let says = |line: &[u8]| !line.is_empty() && !line.starts_with(b"#");
    lines.filter(move |(line, _)| says(line)).map(|(line, at)| (at, str::from_utf8(line).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_by_number() {
        let text = b"\xEF\xBB\xBF# head\r\n\r\na\r\n  # x\n \xFF \n\tb";
        let found: Vec<_> = lines(text).collect();
        assert_eq!(found, [(3, Some("a")), (5, None), (6, Some("b"))]);
    }
}
