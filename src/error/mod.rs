//! Every sentence that a user sees: what happened, and what to do next.
//!
//! A value of [`Error`] holds names, places and numbers, never text from a secret; so nothing that
//! prints one can tell a secret.

/// The errors of one area: of each the sentence (thiserror's), and the hint, the next thing to do.
/// A hint is a text, text with arguments, or `none` where only the user can know.
macro_rules! errors {
    ($(#[$meta:meta])* pub enum $name:ident {$(
        #[error($($sentence:tt)+)]
        #[hint($($hint:tt)+)]
        $variant:ident $({ $($field:ident: $type:ty),+ })?,
    )+}) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        #[expect(missing_docs, reason = "the sentence of each variant is its documentation")]
        pub enum $name {
            $(#[error($($sentence)+)] $variant $({ $($field: $type),+ })?,)+
        }

        impl $name {
            /// The next thing to do, where there is one that a program can know.
            #[allow(unused_variables, reason = "few hints name a field")]
            pub(super) fn hint(&self) -> Option<String> {
                let text: &str = match self {
                    $(Self::$variant $({ $($field),+ })? => errors!(@hint $($hint)+),)+
                };
                Some(text.to_owned())
            }
        }
    };
    (@hint none) => { return None };
    (@hint $text:literal) => { $text };
    (@hint $($format:tt)+) => { return Some(format!($($format)+)) };
}

/// The error that holds those of all areas.
macro_rules! areas {
    ($($(#[$meta:meta])* $area:ident($error:ident),)+) => {
        /// Everything that can go wrong, area by area. An area has the name of its room; a room raises errors of
        /// its own area and of those to its left.
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        #[expect(missing_docs, reason = "what an area carries is documented there")]
        pub enum Error {
            /// A library refuses what is right, or there was a panic; of no area.
            #[error("an internal error ended the command")]
            Internal,
            $($(#[$meta])* #[error(transparent)] $area(#[from] $error),)+
        }

        impl Error {
            /// The next thing to do, where there is one that a program can know.
            pub fn hint(&self) -> Option<String> {
                match self {
                    Error::Internal => Some("gpg --decrypt FILE, or age --decrypt FILE, opens a vault without this program".to_owned()),
                    $($(#[$meta])* Error::$area(error) => error.hint(),)+
                }
            }
        }
    };
}

mod commands;
mod escape;
mod files;
mod git;
#[cfg(feature = "infisical")]
mod infisical;
mod kit;
mod memory;
mod notice;
mod payload;
mod pm2;
mod process;
mod receipt;
mod records;
mod sources;
mod terminal;
mod vault;

use std::path::PathBuf;

pub use commands::CommandError;
pub use escape::{Escaped, Listed, Quoted, misleads};
pub use files::FileError;
pub use git::GitError;
#[cfg(feature = "infisical")]
pub use infisical::InfisicalError;
pub use kit::KitError;
pub use memory::{MemoryError, PassphraseError};
pub use notice::{Count, Note, Warning};
pub use payload::PayloadError;
pub use pm2::Pm2Error;
pub use process::ProcessError;
pub use receipt::ReceiptError;
pub use records::{Place, RecordsError};
pub use sources::SourceError;
pub use terminal::TerminalError;
pub use vault::VaultError;

areas! {
    Memory(MemoryError), Passphrase(PassphraseError), Payload(PayloadError), File(FileError),
    Process(ProcessError), Terminal(TerminalError), Vault(VaultError), Source(SourceError),
    #[cfg(feature = "infisical")]
    Infisical(InfisicalError),
    Receipt(ReceiptError), Git(GitError), Records(RecordsError), Pm2(Pm2Error), Kit(KitError),
    Command(CommandError),
}

/// Shorthand for this crate's results.
pub type Result<T> = std::result::Result<T, Error>;

/// Exit statuses, the contract with scripts.
pub mod status {
    /// Done, nothing found.
    pub const OK: u8 = 0;
    /// Failed.
    pub const FAILED: u8 = 1;
    /// The arguments make no sense.
    pub const USAGE: u8 = 2;
    /// A finding: stale, due, leaked, or a failed item.
    pub const FINDING: u8 = 3;
    /// Cannot tell, which is never the same as current.
    pub const CANNOT_TELL: u8 = 4;
    /// `run` failed before the command was started.
    pub const NOT_STARTED: u8 = 125;
    /// The command is there but cannot be executed.
    pub const NOT_EXECUTABLE: u8 = 126;
    /// The command is not there.
    pub const NOT_FOUND: u8 = 127;
    /// Interrupted at the prompt.
    pub const CANCELLED: u8 = 130;
}

/// A system error number, errno(3).
pub type Errno = i32;

impl Error {
    /// Whether a file that was to be read is not there.
    pub fn is_missing(&self) -> bool {
        matches!(self, Error::File(FileError::Read { errno: libc::ENOENT, .. }))
    }

    /// Whether nobody gave a passphrase: there is no terminal, or Enter alone was pressed.
    pub fn is_unanswered(&self) -> bool {
        matches!(
            self,
            Error::Passphrase(PassphraseError::Empty)
                | Error::Terminal(TerminalError::NoTerminal { .. })
        )
    }

    /// The same error at a line that became known later.
    pub fn at_line(mut self, at: u32) -> Error {
        if let Error::Payload(
            PayloadError::NulInValue { line, .. }
            | PayloadError::ValueNotUtf8 { line, .. }
            | PayloadError::DuplicateName { line, .. }
            | PayloadError::JsonNotString { line, .. },
        ) = &mut self
        {
            *line = at;
        }
        self
    }

    /// The exit status of a command other than `run` that ends with this error.
    pub fn status(&self) -> u8 {
        use CommandError as C;
        match self {
            Error::Command(C::Usage { .. } | C::NoSource | C::NoVault)
            | Error::Records(RecordsError::KeyPlace)
            | Error::Kit(KitError::NoOpener) => status::USAGE,
            Error::Command(C::DrillCommand { .. } | C::NotArrived { .. }) => status::FINDING,
            Error::Terminal(TerminalError::Cancelled) => status::CANCELLED,
            Error::File(FileError::Interrupted { signal })
            | Error::Process(ProcessError::SearchInterrupted { signal }) => {
                u8::try_from(128 + signal).unwrap_or(status::FAILED)
            }
            _ => status::FAILED,
        }
    }

    /// The exit status of `run`, which leaves 1 to 124 to the command it starts.
    pub fn run_status(&self) -> u8 {
        match self {
            Error::Terminal(TerminalError::Cancelled) => status::CANCELLED,
            Error::Process(ProcessError::NotFound { .. }) => status::NOT_FOUND,
            Error::Process(ProcessError::NotExecutable { .. }) => status::NOT_EXECUTABLE,
            _ => status::NOT_STARTED,
        }
    }
}

/// The error number in a system call's error.
impl From<rustix::io::Errno> for SystemError {
    fn from(errno: rustix::io::Errno) -> SystemError {
        SystemError(errno.raw_os_error())
    }
}

impl From<std::io::Error> for SystemError {
    fn from(error: std::io::Error) -> SystemError {
        SystemError(error.raw_os_error().unwrap_or(libc::EIO))
    }
}

/// A system error on its way to an [`Error`] that names the thing it happened to.
#[derive(Clone, Copy, Debug)]
pub struct SystemError(pub Errno);

impl SystemError {
    /// Reading `path` failed.
    pub fn reading(self, path: impl Into<PathBuf>) -> Error {
        FileError::Read { path: path.into(), errno: self.0 }.into()
    }

    /// Writing `path` failed.
    pub fn writing(self, path: impl Into<PathBuf>) -> Error {
        FileError::Write { path: path.into(), errno: self.0 }.into()
    }

    /// Reading the passphrase from `what` failed.
    pub fn reading_passphrase(self, what: &str) -> Error {
        PassphraseError::Unreadable { what: what.to_owned(), errno: self.0 }.into()
    }
}
