//! Which files: what the next commit would change, and what a work tree holds that is not ignored.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use super::Repository;
use super::entries::{Entries, result_of};
use super::objects::is_id;
use crate::error::{Error, GitError, Result};

/// A file as it is staged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staged {
    /// From the top of the work tree.
    pub path: PathBuf,
    /// The id of its content, in hex.
    pub id: String,
    /// Whether it is a symbolic link, whose content is where it leads.
    pub is_link: bool,
}

/// Differences of the index from HEAD, or from nothing where there is no commit yet: what is added or
/// changed in content, mode or kind. A rename is two: what is gone does not matter, the new name does.
const STAGED: &[&str] = &[
    "diff",
    "--cached",
    "--raw",
    "-z",
    "--no-abbrev",
    "--no-renames",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--ignore-submodules=all",
    // `git add --intent-to-add` commits nothing yet.
    "--ita-invisible-in-index",
    "--diff-filter=ACMT",
];

/// What is tracked, and what `git add --all` would add.
const FILES: &[&str] = &["ls-files", "-z", "--cached", "--others", "--exclude-standard"];

/// What git ignores, and why. It takes no paths literally.
const IGNORED: &[&str] = &[
    "--no-literal-pathspecs",
    "check-ignore",
    "--no-index",
    "--verbose",
    "--non-matching",
    "-z",
    "--stdin",
];

/// The modes of a symbolic link and of a submodule (git-fast-import(1)).
const LINK: &str = "120000";
const SUBMODULE: &str = "160000";

impl Repository {
    /// What the next commit adds or changes, submodules left out.
    ///
    /// Errors: no repository or no work tree; git fails, or answers otherwise than it is known to.
    pub fn staged(&self) -> Result<Vec<Staged>> {
        match self.differences() {
            // Where git sees no repository, it takes its arguments for those of another command.
            Err(error @ Error::Git(GitError::Failed { .. })) => {
                Err(self.path(&["--git-dir"]).err().unwrap_or(error))
            }
            // That there is nothing may be because nothing can be.
            Ok(staged) if staged.is_empty() => self.path(&["--show-toplevel"]).map(|_| staged),
            other => other,
        }
    }

    /// Which of these paths, there or not, git would not ignore, tracked or not: in their order. They are
    /// from the folder that this was looked for by; no link leads out of it.
    ///
    /// Errors: as [`Repository::staged`]; none of them is in any line of what says what is ignored.
    pub fn not_ignored(&self, paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
        let mut input = Vec::new();
        for path in paths {
            // So that no path is taken for a pattern: here git takes none literally.
            input.extend_from_slice(b"./");
            input.extend_from_slice(path.as_os_str().as_bytes());
            input.push(0);
        }
        let mut answer = Entries::of(self.stream(IGNORED, input)?);
        let mut found = Vec::new();
        // File, line, pattern, path; the first three are empty where no pattern fits.
        while answer.next()?.is_some() {
            let line = answer.next()?;
            let (pattern, path) = (answer.next()?, answer.next()?);
            let (Some(_), Some(pattern), Some(path)) = (line, pattern, path) else {
                return Err(answer.unknown());
            };
            if pattern.is_empty() || pattern.starts_with(b"!") {
                let path = path.strip_prefix(b"./").unwrap_or(&path);
                found.push(PathBuf::from(OsString::from_vec(path.to_vec())));
            }
        }
        answer.end().map(|()| found)
    }

    fn differences(&self) -> Result<Vec<Staged>> {
        let mut answer = Entries::of(self.stream(STAGED, Vec::new())?);
        let mut staged = Vec::new();
        while let Some(facts) = answer.next()? {
            let path = answer.next()?.ok_or_else(|| answer.unknown())?;
            let path = PathBuf::from(OsString::from_vec(path));
            let facts = result_of(&facts).filter(|(_, id)| is_id(id));
            let (mode, id) = facts.ok_or_else(|| answer.unknown())?;
            // What was a file and becomes a submodule is not left out by git.
            if mode != SUBMODULE {
                staged.push(Staged { path, id: id.to_owned(), is_link: mode == LINK });
            }
        }
        answer.end().map(|()| staged)
    }

    /// The files of the folder that this was looked for by, and of those in it: what is tracked, on the disk
    /// or not, and what is neither tracked nor ignored. Paths are from that folder; submodules are among them.
    ///
    /// Errors: as [`Repository::staged`].
    pub fn files(&self) -> Result<Vec<PathBuf>> {
        let mut answer = Entries::of(self.stream(FILES, Vec::new())?);
        let mut files = Vec::new();
        while let Some(path) = answer.next()? {
            files.push(PathBuf::from(OsString::from_vec(path)));
        }
        answer.end()?;
        // In a conflict a file is there several times.
        files.sort_unstable();
        files.dedup();
        Ok(files)
    }
}
