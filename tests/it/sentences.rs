//! Every sentence that the program may say, in one list, with its hint. A variant that is added has to be
//! added here, with an example of each; so somebody reads it beside the others.
//!
//! `cargo test --test it sentences -- --nocapture` prints the list.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Debug, Display};
use std::path::PathBuf;

use breakglass::error::{Error, Git, Infisical, Kit, Note, Place, Pm2, Warning};

use crate::documented_options::{Kind, all_verbs, faults};

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

fn errors() -> Vec<Error> {
    use Error as E;
    let line = 3;
    let errno = ENOENT;
    vec![
        E::OutOfMemory,
        E::NotLocked,
        E::Internal,
        E::NoRandomness,
        E::PassphraseEmpty,
        E::PassphraseTooLong,
        E::PassphraseControl,
        E::PassphraseNotUtf8,
        E::PassphraseUntypable,
        E::PassphraseMismatch,
        E::PassphraseSame,
        E::PassphraseWeak { advice: "it is a word that everybody tries" },
        E::PassphraseSource { what: "descriptor 3".to_owned(), errno: 9 },
        E::PassphraseMissing { what: "descriptor 3".to_owned() },
        E::NoTerminal { errno: 6 },
        E::Cancelled,
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
        E::SearchInterrupted { signal: 2 },
        E::NoStateFolder,
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
        E::SourceFailed { program: program(), status: "exit status 1".to_owned() },
        E::SourceSilent { program: program() },
        E::Infisical(Infisical::Empty),
        E::ProjectFile { path: ".infisical.json".into() },
        E::WithoutInfisical,
        E::OnlyOpens,
        E::NoSource,
        E::NoVault,
        E::NotFound { program: program() },
        E::NotExecutable { program: program(), errno: 13 },
        E::CannotStart { program: program(), errno: 11 },
        E::Pm2(Pm2::Serves),
        E::Pm2NoDaemon,
        E::Kit(Kit::NoVault),
        E::Git(Git::Missing),
        E::TextHoldsValue { names: names() },
        E::NoSuchName { name: name() },
        E::IntoFile,
        E::StandardOutput { errno: 28 },
        E::NotAReceiptKey,
        E::NotAReceiptKeyFile { path: "receipt.key".into() },
        E::NoReceiptKey { path: "receipt.key".into() },
        E::NotAReceipt,
        E::NewerReceipt,
        E::ReceiptCarriageReturn { line },
        E::ReceiptLine { line },
        E::ReceiptOrder { line },
        E::ReceiptCount,
        E::ReceiptEnd,
        E::ReceiptTooLarge,
        E::KeyPlace,
        E::ConfigNotUtf8 { place: place() },
        E::ConfigNotToml { place: place() },
        E::ConfigKey {
            place: place(),
            key: "vualt".to_owned(),
            table: "breakglass.toml",
            known: &["vault", "max_age"],
        },
        E::ConfigCredential { place: place(), key: "client_secret".to_owned() },
        E::ConfigValue { place: place(), key: "max_age", expected: "a length of time such as 30d" },
        E::ReceiptNotAuthentic,
        E::ReceiptOfAnother,
        E::ReceiptUnreadable { path: "prod.env.gpg.receipt".into() },
        E::ReceiptNotWritten { path: "prod.env.gpg.receipt".into() },
        E::ReceiptOfOtherKey { path: "prod.env.gpg.receipt".into() },
        E::ReplacedMeanwhile { path: path() },
        E::OtherSource,
        E::Usage { sentence: "no command is given".to_owned(), command: "breakglass".to_owned() },
        E::DrillStep { step: "a changed file was opened" },
        E::DrillCommand { status: "exit status 1".to_owned() },
        E::NotArrived { names: names() },
    ]
}

fn infisical() -> Vec<Infisical> {
    use Infisical as I;
    let status = 404;
    vec![
        I::MissingSettings { what: vec!["the project's id (--infisical-project)"] },
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

fn pm2() -> Vec<Pm2> {
    let command = || "pm2 restart api".to_owned();
    vec![
        Pm2::KeepsOld { command: command(), works: "pm2 restart api --update-env".to_owned() },
        Pm2::FileKeepsOld { command: "pm2 start ecosystem.config.js".to_owned() },
        Pm2::Saves { command: "pm2 save".to_owned() },
        Pm2::Updates { command: "pm2 update".to_owned() },
        Pm2::Restores { command: "pm2 resurrect".to_owned() },
        Pm2::Startup { command: "pm2 startup".to_owned() },
        Pm2::Prints { command: "pm2 env 0".to_owned() },
        Pm2::Connects { command: "pm2 link".to_owned() },
        Pm2::Installs { command: "pm2 install x".to_owned() },
        Pm2::Serves,
        Pm2::WouldDownload { runner: "npx".to_owned() },
        Pm2::Settings { names: vec!["name".to_owned()] },
        Pm2::Keys,
        Pm2::TooLarge,
    ]
}

fn kits() -> Vec<Kit> {
    let path = || PathBuf::from("/media/stick");
    vec![
        Kit::Name { name: "my vault.gpg".into() },
        Kit::NoOpener,
        Kit::NotAnOpener { path: path(), why: "it is not static" },
        Kit::NoSpace { path: path(), needed: 4_000_000, free: 1_000 },
        Kit::NotAKit { path: path(), item: "photo.jpg".into() },
        Kit::OfOthers { path: path() },
        Kit::Swapped { path: path() },
        Kit::Within { path: path() },
        Kit::OfAnotherSource { path: path() },
        Kit::Newer { path: path() },
        Kit::Gone { path: path(), errno: 5 },
        Kit::NotAFolder { path: path() },
        Kit::TooMuch { path: path() },
        Kit::None { path: path() },
        Kit::NoVault,
    ]
}

fn git() -> Vec<Git> {
    let command = "cat-file";
    vec![
        Git::Missing,
        Git::NoRepository { path: path() },
        Git::NotTrusted { path: path() },
        Git::NoWorkTree,
        Git::Failed { command, status: "exit status 128".to_owned() },
        Git::Answer { command },
        Git::NoObject,
        Git::TooMuch { command },
    ]
}

fn warnings() -> Vec<Warning> {
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

fn notes() -> Vec<Note> {
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

/// Errors that no hint follows, and why.
const WITHOUT_HINT: &[(&str, &str)] = &[
    ("Cancelled", "who pressed Ctrl-C knows"),
    ("Interrupted", "who sent the signal knows"),
    ("SearchInterrupted", "who sent the signal knows"),
];

/// A sentence, what it is of, and its hint.
struct Said {
    variant: String,
    sentence: String,
    hint: Option<String>,
}

fn said<T: Debug + Display>(values: &[T], hint: impl Fn(&T) -> Option<String>) -> Vec<Said> {
    let said = |value: &T| Said {
        variant: variant(value),
        sentence: value.to_string(),
        hint: hint(value),
    };
    values.iter().map(said).collect()
}

fn variant(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    text.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

/// All errors, those within others too.
fn all_errors() -> Vec<Said> {
    let outer: Vec<Error> = errors()
        .into_iter()
        .filter(|error| {
            !matches!(error, Error::Infisical(_) | Error::Pm2(_) | Error::Kit(_) | Error::Git(_))
        })
        .collect();
    let mut all = said(&outer, Error::hint);
    all.extend(said(&infisical(), |trouble| Error::Infisical(trouble.clone()).hint()));
    all.extend(said(&pm2(), |trouble| Error::Pm2(trouble.clone()).hint()));
    all.extend(said(&kits(), |trouble| Error::Kit(trouble.clone()).hint()));
    all.extend(said(&git(), |trouble| Error::Git(trouble.clone()).hint()));
    all
}

/// What the program tells to do.
pub fn hints() -> Vec<String> {
    all_errors().into_iter().filter_map(|said| said.hint).collect()
}

/// The names of an enum's variants, from its source.
fn variants(file: &str, name: &str) -> Vec<String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/error").join(file);
    let text = std::fs::read_to_string(path).expect("a file");
    let (_, body) = text.split_once(&format!("pub enum {name} {{\n")).expect("the enum");
    let lines = body.lines().take_while(|line| *line != "}");
    let lines = lines.filter_map(|line| line.strip_prefix("    "));
    let names = lines.filter(|line| line.starts_with(|letter: char| letter.is_ascii_uppercase()));
    let name = |line: &str| line.split([' ', ',', '(']).next().unwrap_or_default().to_owned();
    names.map(name).collect()
}

#[test]
fn every_variant_is_listed() {
    let of = |values: &[String]| values.iter().cloned().collect::<BTreeSet<_>>();
    let listed = [
        ("mod.rs", "Error", errors().iter().map(variant).collect::<Vec<_>>()),
        ("infisical.rs", "Infisical", infisical().iter().map(variant).collect()),
        ("pm2.rs", "Pm2", pm2().iter().map(variant).collect()),
        ("kit.rs", "Kit", kits().iter().map(variant).collect()),
        ("git.rs", "Git", git().iter().map(variant).collect()),
        ("notice.rs", "Warning", warnings().iter().map(variant).collect()),
        ("notice.rs", "Note", notes().iter().map(variant).collect()),
    ];
    for (file, name, listed) in listed {
        let source = variants(file, name);
        assert!(source.len() > 5, "{name} is read");
        assert_eq!(of(&listed), of(&source), "{name}");
        assert_eq!(listed.len(), source.len(), "{name}: one example each");
    }
    // An enum that another carries has a list of its own above.
    let carrying = variants("mod.rs", "Error").len();
    assert!(carrying > 100);
}

#[test]
fn the_list() {
    for Said { variant, sentence, hint } in all_errors() {
        println!("{variant}\n    error: {sentence}");
        if let Some(hint) = hint {
            println!("    hint: {hint}");
        }
    }
    for warning in warnings() {
        println!("{}\n    warning: {warning}", variant(&warning));
    }
    for note in notes() {
        println!("{}\n    {note}", variant(&note));
    }
}

#[test]
fn sentences_are_of_one_form() {
    let mut all: Vec<(String, String)> = Vec::new();
    for Said { variant, sentence, hint } in all_errors() {
        all.push((format!("{variant} hint"), hint.unwrap_or_else(|| "none".to_owned())));
        all.push((variant, sentence));
    }
    all.extend(warnings().iter().map(|it| (variant(it), it.to_string())));
    all.extend(notes().iter().map(|it| (variant(it), it.to_string())));
    for (variant, sentence) in all {
        let first = sentence.chars().next().expect("a letter");
        // A name keeps its capitals, and an option its dashes.
        let word = sentence.split([' ', '\'']).next().unwrap_or_default();
        let is_name = word.chars().filter(|letter| letter.is_uppercase()).count() > 1
            || ["Infisical", "PM2"].iter().any(|name| word.starts_with(name));
        assert!(!first.is_uppercase() || is_name, "{variant}: {sentence}");
        assert!(!sentence.ends_with(['.', '!', '?', ' ', ',', ';', ':']), "{variant}: {sentence}");
        assert!(!sentence.contains("  ") && !sentence.contains('\n'), "{variant}: {sentence}");
        for word in ["password", "please", "Please", "sorry", "invalid", "illegal"] {
            assert!(!sentence.contains(word), "{variant}: {word}: {sentence}");
        }
    }
}

#[test]
fn one_sentence_is_of_one_cause() {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for Said { variant, sentence, .. } in all_errors() {
        if let Some(other) = seen.insert(sentence.clone(), variant.clone()) {
            panic!("{other} and {variant} both say: {sentence}");
        }
    }
}

#[test]
fn every_error_has_a_next_step() {
    let without: BTreeMap<&str, &str> = WITHOUT_HINT.iter().copied().collect();
    for Said { variant, hint, .. } in all_errors() {
        match (hint, without.get(variant.as_str())) {
            (None, None) => panic!("{variant}: no hint, and no reason for that"),
            (Some(_), Some(_)) => panic!("{variant}: has a hint, and is listed without one"),
            _ => {}
        }
    }
}

/// A hint that is typed as it stands must be taken: commands and options that it names exist.
#[test]
fn hints_name_what_exists() {
    let verbs = all_verbs();
    let mut all: Vec<(String, String)> = Vec::new();
    for Said { variant, sentence, hint } in all_errors() {
        all.extend(hint.map(|hint| (variant.clone(), hint)));
        all.push((variant, sentence));
    }
    all.extend(warnings().iter().map(|it| (variant(it), it.to_string())));
    all.extend(notes().iter().map(|it| (variant(it), it.to_string())));
    let mut found = Vec::new();
    for (variant, text) in &all {
        let faults = faults(text, Kind::Sentence, &verbs);
        found.extend(faults.into_iter().map(|fault| format!("{variant}: {fault}: {text}")));
        for word in text.split_whitespace().filter(|word| word.starts_with("docs/")) {
            let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(word);
            assert!(file.is_file(), "{variant}: {word}");
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}
