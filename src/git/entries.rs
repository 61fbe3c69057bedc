//! What a command of git prints with `-z`: entries with a NUL behind each.

use std::io::{self, BufRead, BufReader, Read};

use super::GitOutput;
use crate::error::{Error, GitError, Result};

/// The longest entry that is read, in bytes: a path at most, and what stands before it.
const MAX_ENTRY: u64 = 1 << 20;

/// The entries of an answer, one after the other.
pub(super) struct Entries(BufReader<GitOutput>);

impl Entries {
    pub(super) fn of(stream: GitOutput) -> Entries {
        Entries(BufReader::new(stream))
    }

    /// The next one, without the NUL behind it; nothing at the end.
    ///
    /// Errors: it is longer than any of git's, or cannot be read.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>> {
        entry(&mut self.0).map_err(|_| self.unknown())
    }

    /// An answer of another form than is known.
    pub(super) fn unknown(&self) -> Error {
        Error::Git(GitError::Answer { command: self.0.get_ref().command() })
    }

    /// As [`GitOutput::end`].
    pub(super) fn end(self) -> Result<()> {
        self.0.into_inner().end()
    }
}

/// The last one may be without a NUL: `git log` ends so with a commit without changes. What is cut off
/// git's exit status tells.
fn entry(from: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut entry = Vec::new();
    from.take(MAX_ENTRY).read_until(0, &mut entry)?;
    if entry.pop_if(|last| *last == 0).is_some() {
        Ok(Some(entry))
    } else if entry.len() as u64 >= MAX_ENTRY {
        Err(io::ErrorKind::InvalidData.into())
    } else {
        Ok(Some(entry).filter(|entry| !entry.is_empty()))
    }
}

/// The mode and the id that a line of `--raw` says are there afterwards: a colon, a mode and an id for each
/// parent and one of each for the result, and what has happened (gitdiff-format(5)).
pub(super) fn result_of(line: &[u8]) -> Option<(&str, &str)> {
    let line = str::from_utf8(line).ok()?;
    let parents = line.bytes().take_while(|byte| *byte == b':').count();
    let fields: Vec<&str> = line.get(parents..)?.split(' ').collect();
    let is_one = parents > 0 && fields.len() == 2 * parents + 3;
    Some((*fields.get(parents)?, *fields.get(2 * parents + 1)?)).filter(|_| is_one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_one_and_of_two_parents() {
        let one = b":000000 120000 0000 78ab A";
        assert_eq!(result_of(one), Some(("120000", "78ab")));
        let two = b"::100644 100644 100644 1111 2222 3333 MM";
        assert_eq!(result_of(two), Some(("100644", "3333")));
        for other in ["", ":", ":100644 100644", "100644 100644 1111 2222 A"] {
            assert_eq!(result_of(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn with_a_nul_behind_the_last_or_without() {
        let mut text = &b"a\0\nb\0\0c"[..];
        let mut all = Vec::new();
        while let Some(entry) = entry(&mut text).expect("reads") {
            all.push(String::from_utf8(entry).expect("text"));
        }
        assert_eq!(all, ["a", "\nb", "", "c"]);
    }
}
