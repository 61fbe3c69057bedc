//! Every sentence that a user sees: what happened, and what to do next.
//!
//! A value of [`Error`] holds names, places and numbers, never text from a secret; so nothing that
//! prints one can tell a secret.

mod escape;
mod git;
mod infisical;
mod kit;
mod notice;
mod place;
mod pm2;
mod sentences;

use std::path::PathBuf;

pub use escape::{Escaped, Listed, Quoted, misleads};
pub use git::Git;
pub use infisical::Infisical;
pub use kit::Kit;
pub use notice::{Count, Note, Warning};
pub use place::Place;
pub use pm2::Pm2;

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

/// Everything that can go wrong, one variant for each cause.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the sentence of each variant is its documentation, in sentences.rs"
)]
pub enum Error {
    // memory
    OutOfMemory,
    NotLocked,
    Internal,
    NoRandomness,
    // the passphrase
    PassphraseEmpty,
    PassphraseTooLong,
    PassphraseControl,
    PassphraseNotUtf8,
    PassphraseUntypable,
    PassphraseMismatch,
    PassphraseSame,
    PassphraseWeak { advice: &'static str },
    PassphraseSource { what: String, errno: Errno },
    PassphraseMissing { what: String },
    NoTerminal { errno: Errno },
    Cancelled,
    // documents
    NulInValue { line: u32, name: String },
    ValueNotUtf8 { line: u32, name: String },
    DuplicateName { line: u32, name: String },
    NotAssignment { line: u32 },
    NotIdentifier { line: u32 },
    MoreThanAssignment { line: u32, name: String },
    BrokenQuotes { line: u32, name: String },
    Expansion { line: u32, name: String },
    CarriageReturn { line: u32 },
    ByteOrderMark,
    JsonSyntax { line: u32 },
    JsonShape { line: u32 },
    JsonNotString { line: u32, name: String },
    NewerDocument,
    HeaderControl,
    CountMismatch,
    NoSecrets,
    // names and sizes
    ImpossibleNames { names: Vec<String> },
    ImpossibleNamesInVault { names: Vec<String> },
    NotSkipped { names: Vec<String> },
    TakenNames { names: Vec<String> },
    SteeringNames { names: Vec<String> },
    SteeringNamesInVault { names: Vec<String> },
    Unresolved { names: Vec<String> },
    RequiredMissing { names: Vec<String> },
    NamesGone { names: Vec<String> },
    UnknownNames { names: Vec<String> },
    NothingSelected,
    ValuesTooLong { names: Vec<String> },
    EnvironmentTooLarge,
    DocumentTooLarge,
    // files
    Read { path: PathBuf, errno: Errno },
    Write { path: PathBuf, errno: Errno },
    TooLarge { path: PathBuf },
    NotAFile { path: PathBuf },
    NotOwn { path: PathBuf },
    NotOurFile { path: PathBuf },
    TextAround { path: PathBuf },
    TargetExists { path: PathBuf },
    Busy { path: PathBuf, seconds: u64 },
    ReadBack { path: PathBuf },
    NotConfirmed { path: PathBuf, errno: Errno },
    Interrupted { signal: i32 },
    SearchInterrupted { signal: i32 },
    NoStateFolder,
    // vaults
    NotAVault,
    Damaged,
    NotEncrypted,
    NotForPassphrase,
    NoIntegrity,
    GnupgAead,
    NewerOpenPgp,
    WeakCipher { cipher: &'static str },
    TrailingData,
    SecondMessage,
    TooManyKeyPackets,
    KeyDerivation,
    CannotOpen,
    PlaintextTooLarge,
    AgeForKeys,
    AgeMixed,
    AgeWork,
    AgeMemory { mebibytes: usize },
    NoteDashes,
    NoteFields,
    NoteMarkup,
    NoteCharacters,
    // commands that are run
    SourceFailed { program: String, status: String },
    SourceSilent { program: String },
    // Infisical
    Infisical(Infisical),
    ProjectFile { path: PathBuf },
    WithoutInfisical,
    OnlyOpens,
    NoSource,
    NoVault,
    NotFound { program: String },
    NotExecutable { program: String, errno: Errno },
    CannotStart { program: String, errno: Errno },
    // PM2
    Pm2(Pm2),
    Pm2NoDaemon,
    // kits
    Kit(Kit),
    // git
    Git(Git),
    // show
    NoSuchName { name: String },
    IntoFile,
    StandardOutput { errno: Errno },
    // receipts and breakglass.toml
    NotAReceiptKey,
    NotAReceiptKeyFile { path: PathBuf },
    NoReceiptKey { path: PathBuf },
    NotAReceipt,
    NewerReceipt,
    ReceiptCarriageReturn { line: u32 },
    ReceiptLine { line: u32 },
    ReceiptOrder { line: u32 },
    ReceiptCount,
    ReceiptEnd,
    ReceiptTooLarge,
    KeyPlace,
    ConfigNotUtf8 { place: Place },
    ConfigNotToml { place: Place },
    ConfigKey { place: Place, key: String, table: &'static str, known: &'static [&'static str] },
    ConfigCredential { place: Place, key: String },
    ConfigValue { place: Place, key: &'static str, expected: &'static str },
    ReceiptNotAuthentic,
    ReceiptOfAnother,
    ReceiptUnreadable { path: PathBuf },
    ReceiptNotWritten { path: PathBuf },
    ReceiptOfOtherKey { path: PathBuf },
    ReplacedMeanwhile { path: PathBuf },
    OtherSource,
    // the logs
    TextHoldsValue { names: Vec<String> },
    // arguments
    Usage { sentence: String, command: String },
    // drill
    DrillStep { step: &'static str },
    DrillCommand { status: String },
    NotArrived { names: Vec<String> },
}

impl Error {
    /// The same error at a line that became known later.
    pub fn at_line(mut self, at: u32) -> Error {
        match &mut self {
            Error::NulInValue { line, .. }
            | Error::ValueNotUtf8 { line, .. }
            | Error::DuplicateName { line, .. }
            | Error::JsonNotString { line, .. } => *line = at,
            _ => {}
        }
        self
    }

    /// The exit status of a command other than `run` that ends with this error.
    pub fn status(&self) -> u8 {
        match self {
            Error::Usage { .. } | Error::NoSource | Error::NoVault | Error::KeyPlace => {
                status::USAGE
            }
            Error::Kit(Kit::NoOpener) => status::USAGE,
            Error::DrillCommand { .. } | Error::NotArrived { .. } => status::FINDING,
            Error::Cancelled => status::CANCELLED,
            Error::Interrupted { signal } | Error::SearchInterrupted { signal } => {
                u8::try_from(128 + signal).unwrap_or(status::FAILED)
            }
            _ => status::FAILED,
        }
    }

    /// The exit status of `run`, which leaves 1 to 124 to the command it starts.
    pub fn run_status(&self) -> u8 {
        match self {
            Error::Cancelled => status::CANCELLED,
            Error::NotFound { .. } => status::NOT_FOUND,
            Error::NotExecutable { .. } => status::NOT_EXECUTABLE,
            _ => status::NOT_STARTED,
        }
    }
}

impl std::error::Error for Error {}

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
        Error::Read { path: path.into(), errno: self.0 }
    }

    /// Writing `path` failed.
    pub fn writing(self, path: impl Into<PathBuf>) -> Error {
        Error::Write { path: path.into(), errno: self.0 }
    }
}
