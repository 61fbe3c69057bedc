//! What goes wrong with git, which is run, not linked. Nothing that it says is shown: names of files and
//! more stand in it.

use std::path::PathBuf;

use super::escape::{Escaped, Quoted};

errors! {
    /// Running git, and what it answers.
    pub enum GitError {
        #[error("the program git is not there")]
        #[hint("install git, or see that PATH has it")]
        Missing,

        #[error("{} is in no git repository", Quoted(path))]
        #[hint("name a folder that git knows, or git init")]
        NoRepository { path: PathBuf },

        #[error("git does not trust the repository of {}, because it belongs to another user", Quoted(path))]
        #[hint("if it is yours after all: git config --global --add safe.directory FOLDER")]
        NotTrusted { path: PathBuf },

        #[error("this repository has no work tree, so nothing is committed in it")]
        #[hint("name a repository that has one")]
        NoWorkTree,

        #[error("git {command} failed: {}", Escaped(status))]
        #[hint("git status and git fsck tell more")]
        Failed { command: &'static str, status: String },

        #[error("git {command} answers in a form that is not known here")]
        #[hint("git --version tells how old it is; 2.39 and newer are tried")]
        Answer { command: &'static str },

        #[error("git {command} prints more than is read of it")]
        #[hint("run it by hand, and look at what it prints")]
        TooMuch { command: &'static str },

        #[error("an object is missing in the repository, and it is not fetched here")]
        #[hint("git fetch --refetch completes a partial clone")]
        NoObject,
    }
}
