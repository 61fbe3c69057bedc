//! Which commit brought a blob into the history, and whether all of the history is there.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use super::entries::{Entries, result_of};
use super::objects::is_id;
use super::{MAX_FACTS_BYTES, Repository};
use crate::error::{Error, GitError, Result};

/// Where a blob came into the history: by the first commit that has it under that path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The commit, in hex.
    pub commit: String,
    /// Its path in it, from the top of the work tree.
    pub path: PathBuf,
}

/// How many paths of one blob are told.
const MOST_PATHS: usize = 1000;

impl Repository {
    /// Where each of these blobs came in, by its id; in whatever branches, tags, other references, or
    /// the reflog lead to. A blob that none of them leads to is not in the answer.
    ///
    /// Errors: as [`Repository::stream`] and [`super::GitOutput::end`].
    pub fn origins(&self, blobs: &BTreeSet<String>) -> Result<BTreeMap<String, Vec<Origin>>> {
        // The newest commit first; of a merge, only what none of its parents has.
        let arguments = "log --all --reflog --date-order --root --format=%H --raw -c -r -z --no-abbrev \
                         --no-renames --no-ext-diff --no-textconv --ignore-submodules=all";
        let words: Vec<&'static str> = arguments.split_ascii_whitespace().collect();
        let mut answer = Entries::of(self.stream(&words, Vec::new())?);
        let mut origins: BTreeMap<String, Vec<Origin>> = BTreeMap::new();
        let mut commit = String::new();
        while let Some(entry) = answer.next()? {
            let text = entry.trim_ascii_start();
            if text.starts_with(b":") {
                let (_, blob) = result_of(text).ok_or_else(|| answer.unknown())?;
                let path = answer.next()?.ok_or_else(|| answer.unknown())?;
                if blobs.contains(blob) {
                    let path = PathBuf::from(OsString::from_vec(path));
                    note(origins.entry(blob.to_owned()).or_default(), &commit, path);
                }
            } else if let Some(id) = str::from_utf8(text).ok().filter(|text| is_id(text)) {
                commit = id.to_owned();
            } else if !text.is_empty() {
                return Err(answer.unknown());
            }
        }
        answer.end()?;
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
            Err(Error::Git(GitError::Failed { .. })) => false,
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

#[cfg(test)]
mod tests {
    use super::*;

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
