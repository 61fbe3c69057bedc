//! An example of each variant.

use std::path::PathBuf;

#[cfg(feature = "infisical")]
use breakglass::error::InfisicalError;
use breakglass::error::{
    CommandError, FileError, GitError, KitError, MemoryError, Note, PassphraseError, PayloadError,
    Place, Pm2Error, ProcessError, ReceiptError, RecordsError, SourceError, TerminalError,
    VaultError, Warning,
};

const ENOENT: i32 = 2;

fn names() -> Vec<String> {
    vec!["API_KEY".to_owned(), "DB_URL".to_owned()]
}

fn name() -> String {
    "API_KEY".to_owned()
}

fn path() -> PathBuf {
    "prod.env.gpg".into()
}

fn place() -> Place {
    Place { path: "breakglass.toml".into(), line: 3, column: 1 }
}

fn host() -> String {
    "eu.infisical.com".to_owned()
}

fn program() -> String {
    "infisical".to_owned()
}

pub(super) fn memory() -> Vec<MemoryError> {
    use MemoryError as E;
    vec![E::OutOfMemory, E::NotLocked, E::NoRandomness]
}

pub(super) fn passphrase() -> Vec<PassphraseError> {
    use PassphraseError as E;
    vec![
        E::Empty,
        E::TooLong,
        E::Control,
        E::NotUtf8,
        E::Untypable,
        E::Mismatch,
        E::Same,
        E::Weak { advice: "it is a word that everybody tries" },
        E::Unreadable { what: "descriptor 3".to_owned(), errno: 9 },
        E::Missing { what: "descriptor 3".to_owned() },
    ]
}

pub(super) fn payload() -> Vec<PayloadError> {
    use PayloadError as E;
    let line = 3;
    vec![
        E::NulInValue { line, name: name() },
        E::ValueNotUtf8 { line, name: name() },
        E::DuplicateName { line, name: name() },
        E::NotAssignment { line },
        E::NotIdentifier { line },
        E::MoreThanAssignment { line, name: name() },
        E::BrokenQuotes { line, name: name() },
        E::Expansion { line, name: name() },
        E::CarriageReturn { line },
        E::ByteOrderMark,
        E::JsonSyntax { line },
        E::JsonShape { line },
        E::JsonNotString { line, name: name() },
        E::NewerDocument,
        E::HeaderControl,
        E::CountMismatch,
        E::NoSecrets,
        E::ImpossibleNames { names: names() },
        E::ImpossibleNamesInVault { names: names() },
        E::NotSkipped { names: names() },
        E::TakenNames { names: names() },
        E::SteeringNames { names: names() },
        E::SteeringNamesInVault { names: names() },
        E::Unresolved { names: names() },
        E::RequiredMissing { names: names() },
        E::NamesGone { names: names() },
        E::UnknownNames { names: names() },
        E::NothingSelected,
        E::ValuesTooLong { names: names() },
        E::EnvironmentTooLarge,
        E::DocumentTooLarge,
    ]
}

pub(super) fn files() -> Vec<FileError> {
    use FileError as E;
    let errno = ENOENT;
    vec![
        E::Read { path: path(), errno },
        E::Write { path: path(), errno: 28 },
        E::TooLarge { path: path() },
        E::NotAFile { path: path() },
        E::NotOwn { path: path() },
        E::NotOurFile { path: path() },
        E::TextAround { path: path() },
        E::TargetExists { path: path() },
        E::Busy { path: path(), seconds: 10 },
        E::ReadBack { path: path() },
        E::NotConfirmed { path: path(), errno: 5 },
        E::Interrupted { signal: 2 },
        E::ReplacedMeanwhile { path: path() },
    ]
}

pub(super) fn process() -> Vec<ProcessError> {
    use ProcessError as E;
    vec![
        E::SearchInterrupted { signal: 2 },
        E::NotFound { program: program() },
        E::NotExecutable { program: program(), errno: 13 },
        E::CannotStart { program: program(), errno: 11 },
    ]
}

pub(super) fn terminal() -> Vec<TerminalError> {
    use TerminalError as E;
    vec![E::NoTerminal { errno: 6 }, E::Cancelled, E::StandardOutput { errno: 28 }]
}

pub(super) fn vault() -> Vec<VaultError> {
    use VaultError as E;
    vec![
        E::NotAVault,
        E::Damaged,
        E::NotEncrypted,
        E::NotForPassphrase,
        E::NoIntegrity,
        E::GnupgAead,
        E::NewerOpenPgp,
        E::WeakCipher { cipher: "3DES" },
        E::TrailingData,
        E::SecondMessage,
        E::TooManyKeyPackets,
        E::KeyDerivation,
        E::CannotOpen,
        E::PlaintextTooLarge,
        E::AgeForKeys,
        E::AgeMixed,
        E::AgeWork,
        E::AgeMemory { mebibytes: 256 },
        E::NoteDashes,
        E::NoteFields,
        E::NoteMarkup,
        E::NoteCharacters,
    ]
}

pub(super) fn sources() -> Vec<SourceError> {
    use SourceError as E;
    vec![
        E::Failed { program: program(), status: "exit status 1".to_owned() },
        E::Silent { program: program() },
    ]
}

pub(super) fn receipt() -> Vec<ReceiptError> {
    use ReceiptError as E;
    let line = 3;
    vec![
        E::NotAKey,
        E::NotAKeyFile { path: "receipt.key".into() },
        E::NoKey { path: "receipt.key".into() },
        E::NotAReceipt,
        E::Newer,
        E::CarriageReturn { line },
        E::Line { line },
        E::Order { line },
        E::Count,
        E::End,
        E::TooLarge,
        E::NotAuthentic,
        E::OfAnotherVault,
        E::Unreadable { path: "prod.env.gpg.receipt".into() },
        E::NotWritten { path: "prod.env.gpg.receipt".into() },
        E::OfOtherKey { path: "prod.env.gpg.receipt".into() },
        E::OtherSource,
    ]
}

pub(super) fn records() -> Vec<RecordsError> {
    use RecordsError as E;
    vec![
        E::NoStateFolder,
        E::TextHoldsValue { names: names() },
        E::KeyPlace,
        E::NotUtf8 { place: place() },
        E::NotToml { place: place() },
        E::UnknownKey {
            place: place(),
            key: "vualt".to_owned(),
            table: "breakglass.toml",
            known: &["vault", "max_age"],
        },
        E::Credential { place: place(), key: "client_secret".to_owned() },
        E::WrongValue { place: place(), key: "max_age", expected: "a length of time such as 30d" },
    ]
}

pub(super) fn commands() -> Vec<CommandError> {
    use CommandError as E;
    vec![
        E::WithoutInfisical,
        E::OnlyOpens,
        E::NoSource,
        E::NoVault,
        E::NoSuchName { name: name() },
        E::IntoFile,
        E::Usage { sentence: "no command is given".to_owned(), command: "breakglass".to_owned() },
        E::DrillStep { step: "a changed file was opened" },
        E::DrillCommand { status: "exit status 1".to_owned() },
        E::NotArrived { names: names() },
    ]
}

#[cfg(feature = "infisical")]
pub(super) fn infisical() -> Vec<InfisicalError> {
    use InfisicalError as I;
    let status = 404;
    vec![
        I::MissingSettings { what: vec!["the project's id (--infisical-project)"] },
        I::ProjectFile { path: ".infisical.json".into() },
        I::BadHost,
        I::PlainHttp { host: host() },
        I::BadHeaders,
        I::BadCredential { name: "INFISICAL_TOKEN" },
        I::Unreachable { host: host() },
        I::NotTrusted { host: host() },
        I::TimedOut { host: host(), seconds: 60 },
        I::CutOff { host: host() },
        I::AnswerTooLarge { host: host() },
        I::Redirected { host: host() },
        I::NotHttp { host: host() },
        I::NotInfisical { host: host(), status },
        I::LoginRefused,
        I::LoginUsedUp,
        I::LoginFromHere,
        I::LoginForm { status },
        I::TokenRefused,
        I::Forbidden,
        I::NotFound,
        I::Refused { status },
        I::RateLimited { host: host() },
        I::ServerFailed { host: host(), status: 500 },
        I::Empty,
        I::Hidden { names: names() },
        I::Ambiguous { names: names() },
        I::NoReceiptKey { path: "/breakglass".to_owned() },
    ]
}

pub(super) fn pm2() -> Vec<Pm2Error> {
    let command = || "pm2 restart api".to_owned();
    vec![
        Pm2Error::NoDaemon,
        Pm2Error::KeepsOld { command: command(), works: "pm2 restart api --update-env".to_owned() },
        Pm2Error::FileKeepsOld { command: "pm2 start ecosystem.config.js".to_owned() },
        Pm2Error::Saves { command: "pm2 save".to_owned() },
        Pm2Error::Updates { command: "pm2 update".to_owned() },
        Pm2Error::Restores { command: "pm2 resurrect".to_owned() },
        Pm2Error::Startup { command: "pm2 startup".to_owned() },
        Pm2Error::Prints { command: "pm2 env 0".to_owned() },
        Pm2Error::Connects { command: "pm2 link".to_owned() },
        Pm2Error::Installs { command: "pm2 install x".to_owned() },
        Pm2Error::Serves,
        Pm2Error::WouldDownload { runner: "npx".to_owned() },
        Pm2Error::Settings { names: vec!["name".to_owned()] },
        Pm2Error::Keys,
        Pm2Error::TooLarge,
    ]
}

pub(super) fn kit() -> Vec<KitError> {
    let path = || PathBuf::from("/media/stick");
    vec![
        KitError::Name { name: "my vault.gpg".into() },
        KitError::NoOpener,
        KitError::NotAnOpener { path: path(), why: "it is not static" },
        KitError::NoSpace { path: path(), needed: 4_000_000, free: 1_000 },
        KitError::NotAKit { path: path(), item: "photo.jpg".into() },
        KitError::OfOthers { path: path() },
        KitError::Swapped { path: path() },
        KitError::Within { path: path() },
        KitError::OfAnotherSource { path: path() },
        KitError::Newer { path: path() },
        KitError::Gone { path: path(), errno: 5 },
        KitError::NotAFolder { path: path() },
        KitError::TooMuch { path: path() },
        KitError::NoKit { path: path() },
        KitError::NoVault,
    ]
}

pub(super) fn git() -> Vec<GitError> {
    let command = "cat-file";
    vec![
        GitError::Missing,
        GitError::NoRepository { path: path() },
        GitError::NotTrusted { path: path() },
        GitError::NoWorkTree,
        GitError::Failed { command, status: "exit status 128".to_owned() },
        GitError::Answer { command },
        GitError::NoObject,
        GitError::TooMuch { command },
    ]
}

pub(super) fn warnings() -> Vec<Warning> {
    use Warning as W;
    let reason = || "there is no folder for records".to_owned();
    let stick = || PathBuf::from("/media/stick");
    vec![
        W::LoosePermissions { path: path() },
        W::PlaintextOnDisk { path: "old.env".into() },
        W::Unexpanded { names: names() },
        W::Superseded { names: names() },
        W::CountMismatch { expected: 3, found: 2 },
        W::ClockBehind,
        W::Skipped { names: names() },
        W::WeakPassphraseAllowed,
        W::SteeringAllowed { names: vec!["NODE_OPTIONS".to_owned()] },
        W::NotRecorded { reason: reason() },
        W::NotLocked,
        W::WorkingMemoryNotLocked,
        W::ControlShown,
        W::GeneratedShown,
        W::HostFromFile { host: host(), path: "breakglass.toml".into() },
        W::NotRevoked,
        W::NoReceipt { reason: reason() },
        W::OtherSource { before: "infisical a".to_owned(), now: "infisical b".to_owned() },
        W::TooLongForNote { characters: 12_000 },
        W::Pm2NotAlone,
        W::Pm2Unclear,
        W::Pm2Unguarded,
        W::Pm2Kept { path: "dump.pm2".into() },
        W::Pm2MayKeepOld,
        W::Pm2ClusterTooLarge,
        W::KitWithoutReceipt { reason: reason() },
        W::KitOnSameDevice { path: stick() },
        W::KitWithoutModes { path: stick() },
        W::KitFillsDisk { path: stick() },
        W::KitLeftBehind { path: stick() },
        W::KitAmongOthers { path: stick() },
        W::NotOnPath,
        W::CompressedFiles { files: 3 },
        W::PackedObjects { path: ".git".into() },
        W::KernelFolder { path: "/proc".into() },
        W::NotInInventory { names: names() },
        W::TooShortToFind { names: names() },
    ]
}

pub(super) fn notes() -> Vec<Note> {
    let id = || "0123456789abcdef".to_owned();
    vec![
        Note::Sealed { path: path(), secrets: 14, bytes: 2_000, id: id() },
        Note::Opened { age: Some("3 days ago".to_owned()), secrets: 14 },
        Note::Resealed { path: path(), secrets: 14, bytes: 2_000, id: id() },
        Note::OldCopies,
        Note::NearlyTooLongForNote { characters: 8_000 },
        Note::FactsOnly,
        Note::Pm2Alive,
        Note::KeyMade { path: "receipt.key".into() },
        Note::KitMade {
            path: "/media/stick/breakglass-prod".into(),
            files: 6,
            bytes: 4_000_000,
            id: id(),
        },
        Note::ForPaper,
        Note::KitReplaces {
            path: "/media/stick/breakglass-prod".into(),
            id: id(),
            sealed: Some("3 days ago".to_owned()),
        },
        Note::Rotated { names: names(), path: "security/rotation-log.txt".into() },
        Note::AfterRotation { start: None },
        Note::Incident { path: "security/incident-log.txt".into() },
        Note::Written { path: "breakglass.toml".into() },
        Note::NothingDone,
        Note::OnlyShown,
        Note::NextStep {
            step: "breakglass init --hook has git look for such files before each commit",
        },
        Note::NoneRefused { files: 100 },
        Note::UsualPlaces { paths: vec!["/home/app/.pm2".into()], history: Some(".".into()) },
    ]
}
