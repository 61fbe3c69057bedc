//! What goes wrong with git, which is run, not linked. Nothing that it says is shown: names of files and
//! more stand in it.

use std::fmt;
use std::path::PathBuf;

use super::escape::{Escaped, Quoted};

/// One cause each.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the sentence of each variant is its documentation")]
pub enum Git {
    Missing,
    NoRepository { path: PathBuf },
    NotTrusted { path: PathBuf },
    NoWorkTree,
    Failed { command: &'static str, status: String },
    Answer { command: &'static str },
    TooMuch { command: &'static str },
    NoObject,
}

impl fmt::Display for Git {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Git::Missing => f.write_str("the program git is not there"),
            Git::NoRepository { path } => {
                write!(f, "{} is in no git repository", Quoted(path))
            }
            Git::NotTrusted { path } => write!(
                f,
                "git does not trust the repository of {}, because it belongs to another user",
                Quoted(path)
            ),
            Git::NoWorkTree => {
                f.write_str("this repository has no work tree, so nothing is committed in it")
            }
            Git::Failed { command, status } => {
                write!(f, "git {command} failed: {}", Escaped(status))
            }
            Git::Answer { command } => {
                write!(f, "git {command} answers in a form that is not known here")
            }
            Git::NoObject => {
                f.write_str("an object is missing in the repository, and it is not fetched here")
            }
            Git::TooMuch { command } => write!(f, "git {command} prints more than is read of it"),
        }
    }
}

impl Git {
    /// The next thing to do.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Git::Missing => "install git, or see that PATH has it",
            Git::NoRepository { .. } => "name a folder that git knows, or git init",
            Git::NotTrusted { .. } => {
                "if it is yours after all: git config --global --add safe.directory FOLDER"
            }
            Git::Failed { .. } => "git status and git fsck tell more",
            Git::NoObject => "git fetch --refetch completes a partial clone",
            Git::NoWorkTree => "name a repository that has one",
            Git::Answer { .. } => "git --version tells how old it is; 2.39 and newer are tried",
            Git::TooMuch { .. } => "run it by hand, and look at what it prints",
        }
    }
}
