//! git, as a program that is run and read: where a repository is, what is staged, what its objects hold.
//!
//! It is only asked for what is there. Nothing is written, nothing is fetched, and nothing that a
//! repository's own settings name is run (`environment.rs`): a repository may be anybody's.

mod entries;
mod environment;
mod files;
mod history;
mod objects;
mod stream;

use std::ffi::OsString;
use std::io::Read;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use crate::error::{Error, GitError, ProcessError, Result, SystemError};
use crate::process::{Argv, Output, OwnEnvironment, spawn};

pub use files::Staged;
pub use history::Origin;
pub use objects::{Object, ObjectKind, Objects};
pub use stream::GitOutput;

/// The most that is read of an answer about a repository itself, in bytes: some paths.
const MAX_FACTS_BYTES: usize = 64 * 1024;

/// A repository to ask.
#[derive(Debug)]
pub struct Repository {
    /// Where git goes before it looks; nowhere else where the caller's variables count, since one of them
    /// may hold a path from the current folder.
    folder: Option<PathBuf>,
}

/// Where the parts of a repository lie. All paths are absolute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The folder of what is checked out; none in a bare repository.
    pub top: Option<PathBuf>,
    /// Its own folder: a linked work tree and a submodule have one each.
    pub git: PathBuf,
    /// The folder that all its linked work trees share.
    pub common: PathBuf,
    /// Where git looks for hooks (`core.hooksPath`), which need not exist.
    pub hooks: PathBuf,
}

impl Repository {
    /// The repository of the current folder, as git itself would find it: what a hook is told by
    /// variables (`GIT_DIR`, `GIT_INDEX_FILE` and others) counts. Whether there is one shows when it is asked.
    pub fn here() -> Result<Repository> {
        Ok(Repository { folder: None })
    }

    /// The repository that a folder is in, or that it is. What a hook is told by variables does not
    /// count. Whether there is one shows when it is asked.
    pub fn of(folder: &Path) -> Result<Repository> {
        Ok(Repository { folder: Some(folder.into()) })
    }

    /// Where its parts lie.
    ///
    /// Errors: no repository; git does not trust it, is missing, or fails.
    pub fn layout(&self) -> Result<Layout> {
        let top = match self.path(&["--show-toplevel"]) {
            Ok(top) => Some(top),
            Err(Error::Git(GitError::NoWorkTree)) => None,
            Err(error) => return Err(error),
        };
        let git = self.path(&["--absolute-git-dir"])?;
        // Relative answers are from where git stands, and that of hooks from where they are run.
        let base = top.clone().unwrap_or_else(|| git.clone());
        let from = match &self.folder {
            Some(_) => Repository::of(&base)?,
            None => Repository::here()?,
        };
        let base = if self.folder.is_some() { base } else { current_folder()? };
        let common = base.join(from.path(&["--git-common-dir"])?);
        let hooks = base.join(from.path(&["--git-path", "hooks"])?);
        Ok(Layout { top, git, common, hooks })
    }

    /// The one path that git answers with. Of several a line end would not tell where one ends.
    fn path(&self, question: &[&'static str]) -> Result<PathBuf> {
        let words: Vec<&'static str> = ["rev-parse"].iter().chain(question).copied().collect();
        let mut line = self.read(&words, MAX_FACTS_BYTES)?;
        match line.pop() {
            Some(b'\n') if !line.is_empty() => Ok(PathBuf::from(OsString::from_vec(line))),
            _ => Err(GitError::Answer { command: "rev-parse" }.into()),
        }
    }

    /// Runs a command of git and returns what it prints, at most `most` bytes. Its arguments are taken
    /// literally, paths too.
    ///
    /// Errors: as [`Repository::stream`] and [`GitOutput::end`]; more than `most`.
    pub fn read(&self, arguments: &[&'static str], most: usize) -> Result<Vec<u8>> {
        let mut stream = self.stream(arguments, Vec::new())?;
        let mut bytes = Vec::new();
        let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        let read = stream.by_ref().take(limit).read_to_end(&mut bytes);
        if read.is_ok() && bytes.len() > most {
            return Err(GitError::TooMuch { command: stream.command() }.into());
        }
        // Why reading failed, git knows best.
        stream.end().map(|()| bytes)
    }

    /// Starts a command of git, which gets `input` on its standard input, and whose output is read while
    /// it runs.
    ///
    /// Errors: git is missing or cannot be started.
    pub fn stream(&self, arguments: &[&'static str], input: Vec<u8>) -> Result<GitOutput> {
        let command = arguments.iter().find(|word| !word.starts_with('-')).unwrap_or(&"command");
        let mut words = environment::words();
        if let Some(folder) = &self.folder {
            words.extend([OsString::from("-C"), folder.into()]);
        }
        words.extend(arguments.iter().map(OsString::from));
        let argv = Argv::new(words)?;
        let own = OwnEnvironment::keep();
        let environment = environment::for_git(&own, self.folder.is_none())?;
        let child = spawn(&argv, &environment, Output::Pipes).map_err(|error| match error {
            Error::Process(ProcessError::NotFound { .. }) => GitError::Missing.into(),
            other => other,
        })?;
        GitOutput::new(child, input, command, self.place())
    }

    /// What it was looked for by, for messages.
    fn place(&self) -> PathBuf {
        self.folder.clone().unwrap_or_else(|| PathBuf::from("."))
    }
}

fn current_folder() -> Result<PathBuf> {
    std::env::current_dir().map_err(|error| SystemError::from(error).reading("."))
}
