//! Which commit brought a blob into the history, and whether all of the history is there.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use super::objects::is_id;
use super::{MAX_FACTS_BYTES, Repository};
use crate::error::{Error, Git as Trouble, Result};

/// Where a blob came into the history: by the first commit that has it under that path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The commit, in hex.
    pub commit: String,
    /// Its path in it, from the top of the work tree.
    pub path: PathBuf,
}

/// The longest piece of git's answer, a path at most, in bytes.
const MAX_PIECE: u64 = 1 << 20;

/// How many paths of one blob are told.
const MOST_PATHS: usize = 1000;

impl Repository {
    /// Where each of these blobs came in, by its id; in whatever branches, tags, other references, or
    /// the reflog lead to. A blob that none of them leads to is not in the answer.
    ///
    /// Errors: as [`Repository::stream`] and [`super::Stream::end`].
    pub fn origins(&self, blobs: &BTreeSet<String>) -> Result<BTreeMap<String, Vec<Origin>>> {
        // The newest commit first; of a merge, only what none of its parents has.
        let arguments = "log --all --reflog --date-order --root --format=%H --raw -c -r -z --no-abbrev \
                         --no-renames --no-ext-diff --no-textconv --ignore-submodules=all";
        let words: Vec<&str> = arguments.split_ascii_whitespace().collect();
        let mut stream = BufReader::new(self.stream(&words, Vec::new())?);
        let mut origins: BTreeMap<String, Vec<Origin>> = BTreeMap::new();
        let (mut commit, mut blob) = (String::new(), None);
        while let Some(piece) = piece(&mut stream)? {
            if let Some(blob) = blob.take() {
                let path = PathBuf::from(OsString::from_vec(piece));
                if blobs.contains(&blob) {
                    note(origins.entry(blob).or_default(), &commit, path);
                }
                continue;
            }
            let text = String::from_utf8_lossy(&piece);
            let text = text.trim_start_matches('\n');
            if text.starts_with(':') {
                blob = Some(result_of(text).ok_or_else(unknown)?);
            } else if is_id(text) {
                commit = text.to_owned();
            } else if !text.is_empty() {
                return Err(unknown());
            }
        }
        stream.into_inner().end()?;
        Ok(origins)
    }

    /// Whether the repository has all of its history: it is neither shallow nor a partial clone.
    ///
    /// Errors: as [`Repository::read`].
    pub fn is_whole(&self) -> Result<bool> {
        let shallow = self.read(&["rev-parse", "--is-shallow-repository"], MAX_FACTS_BYTES)?;
        let promised = r"^(remote\..*\.promisor|extensions\.partialclone)$";
        // Where there is none, it ends with a status of its own.
        let partial = match self.read(&["config", "--get-regexp", promised], MAX_FACTS_BYTES) {
            Ok(settings) => !settings.is_empty(),
            Err(Error::Git(Trouble::Failed { .. })) => false,
            Err(error) => return Err(error),
        };
        Ok(shallow != b"true\n" && !partial)
    }
}

/// An older commit takes the place of a newer one with the same path.
fn note(origins: &mut Vec<Origin>, commit: &str, path: PathBuf) {
    if let Some(known) = origins.iter_mut().find(|known| known.path == path) {
        commit.clone_into(&mut known.commit);
    } else if origins.len() < MOST_PATHS {
        origins.push(Origin { commit: commit.to_owned(), path });
    }
}

/// What ends with a NUL; nothing at the end.
fn piece(from: &mut impl BufRead) -> Result<Option<Vec<u8>>> {
    let mut piece = Vec::new();
    from.take(MAX_PIECE).read_until(0, &mut piece).map_err(|_| unknown())?;
    match piece.pop() {
        Some(0) => Ok(Some(piece)),
        // Longer than git's own paths.
        Some(_) if piece.len() as u64 + 1 >= MAX_PIECE => Err(unknown()),
        // A commit without changes stands last without one.
        Some(last) => {
            piece.push(last);
            Ok(Some(piece))
        }
        None => Ok(None),
    }
}

/// The blob that a line of `--raw` says is there afterwards: a colon, a mode and an id for each parent and
/// one of each for the result, and what has happened (gitdiff-format(5)).
fn result_of(line: &str) -> Option<String> {
    let parents = line.bytes().take_while(|byte| *byte == b':').count();
    let fields: Vec<&str> = line.trim_start_matches(':').split(' ').collect();
    fields.get(2 * parents + 1).map(|id| (*id).to_owned())
}

fn unknown() -> Error {
    Error::Git(Trouble::Answer { command: "log" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_one_and_of_two_parents() {
        let one = ":000000 100644 0000 78ab A";
        assert_eq!(result_of(one).as_deref(), Some("78ab"));
        assert_eq!(result_of("::100644 100644 100644 1111 2222 3333 MM").as_deref(), Some("3333"));
        assert_eq!(result_of(":100644 100644"), None);
    }

    #[test]
    fn pieces() {
        let mut text = &b"a\0\nb\0\0c"[..];
        let mut all = Vec::new();
        while let Some(piece) = piece(&mut text).expect("reads") {
            all.push(String::from_utf8(piece).expect("text"));
        }
        assert_eq!(all, ["a", "\nb", "", "c"]);
    }

    #[test]
    fn the_oldest_commit_with_a_path_counts() {
        let mut origins = Vec::new();
        for (commit, path) in [("3", "a"), ("2", "b"), ("1", "a")] {
            note(&mut origins, commit, path.into());
        }
        let expected = [("1", "a"), ("2", "b")]
            .map(|(commit, path)| Origin { commit: commit.to_owned(), path: path.into() });
        assert_eq!(origins, expected);
    }
}
