//! What is said beside errors: warnings, which never stop an outage, and notes.

use std::fmt;
use std::path::PathBuf;

use super::escape::{Escaped, Listed, Quoted};

/// Something that does not stop the work, but that the user should know. One line each.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the sentence of each variant is its documentation")]
pub enum Warning {
    LoosePermissions { path: PathBuf },
    PlaintextOnDisk { path: PathBuf },
    Unexpanded { names: Vec<String> },
    Superseded { names: Vec<String> },
    CountMismatch { expected: usize, found: usize },
    ClockBehind,
    Skipped { names: Vec<String> },
    WeakPassphraseAllowed,
    SteeringAllowed { names: Vec<String> },
    NotRecorded { reason: String },
    NotLocked,
    WorkingMemoryNotLocked,
    ControlShown,
    GeneratedShown,
    HostFromFile { host: String, path: PathBuf },
    NotRevoked,
    NoReceipt { reason: String },
    OtherSource { before: String, now: String },
    TooLongForNote { characters: usize },
    Pm2NotAlone,
    Pm2Unclear,
    Pm2Unguarded,
    Pm2Kept { path: PathBuf },
    Pm2MayKeepOld,
    Pm2ClusterTooLarge,
    KitWithoutReceipt { reason: String },
    KitOnSameDevice { path: PathBuf },
    KitWithoutModes { path: PathBuf },
    KitFillsDisk { path: PathBuf },
    KitAmongOthers { path: PathBuf },
    KitLeftBehind { path: PathBuf },
    CompressedFiles { files: u64 },
    PackedObjects { path: PathBuf },
    KernelFolder { path: PathBuf },
    NotOnPath,
    NotInInventory { names: Vec<String> },
    TooShortToFind { names: Vec<String> },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Warning as W;
        match self {
            W::LoosePermissions { path } => write!(f, "other users can read {}; chmod 600 would stop that", Quoted(path)),
            W::PlaintextOnDisk { path } => write!(
                f,
                "{} holds the secrets in plain text on the disk; remove it with rm, and know that neither rm nor shred reliably erases it on an SSD",
                Quoted(path)
            ),
            W::Unexpanded { names } => write!(f, "taken literally, where a shell would have expanded something: {}", Listed(names)),
            W::Superseded { names } => write!(f, "these names occur more than once, and the last value counts: {}", Listed(names)),
            W::CountMismatch { expected, found } => write!(f, "the header says {expected} secrets, the document holds {found}"),
            W::ClockBehind => f.write_str("this machine's clock is behind the time at which the vault was sealed"),
            W::Skipped { names } => write!(f, "left out, as asked: {}", Listed(names)),
            W::WeakPassphraseAllowed => f.write_str("the passphrase is weak, and it is all that protects the vault"),
            W::SteeringAllowed { names } => write!(f, "allowed, and will steer the programs that get them: {}", Listed(names)),
            W::NotRecorded { reason } => write!(f, "not recorded: {}", Escaped(reason)),
            W::NotLocked => f.write_str("secrets may reach the swap: this system does not let the program lock their memory (ulimit -l)"),
            W::WorkingMemoryNotLocked => f.write_str(
                "secrets are locked, but not the working memory of decrypting, which is wiped after use (ulimit -l of 8192 would lock it)",
            ),
            W::ControlShown => f.write_str("control characters in the value are shown as escapes; a pipe gets them as they are"),
            W::HostFromFile { host, path } => {
                write!(f, "the credentials go to {}, because {} says so", Escaped(host), Quoted(path))
            }
            W::NoReceipt { reason } => write!(f, "sealed without a receipt, so verify --receipt cannot tell whether it is current: {}", Escaped(reason)),
            W::OtherSource { before, now } => write!(f, "sealed from {} until now, and from {} this time", Escaped(before), Escaped(now)),
            W::Pm2Unclear => f.write_str(
                "what stands before pm2 is not understood here; if its daemon is started by it, that keeps every secret until pm2 kill",
            ),
            W::TooLongForNote { characters } => write!(
                f,
                "the text takes {characters} characters, and a note in Bitwarden holds 10,000; attach the vault to the note as a file",
            ),
            W::Pm2NotAlone => f.write_str(
                "PM2's daemon did not start beforehand; if the command starts it, it keeps every secret until pm2 kill",
            ),
            W::Pm2Unguarded => f.write_str(
                "PM2's running daemon writes every secret to the disk when a reboot or a signal ends it; pm2 kill first would let a guarded one start",
            ),
            W::Pm2Kept { path } => write!(f, "{} holds environments in plain text, from before this start", Quoted(path)),
            W::Pm2MayKeepOld => f.write_str(
                "if PM2 has this app already, it keeps its old environment; pm2 restart NAME --update-env delivers the vault's",
            ),
            W::Pm2ClusterTooLarge => f.write_str(
                "this is more than PM2 hands to an app in cluster mode, about 60 KiB; there, the app would silently be missing",
            ),
            W::CompressedFiles { files: 1 } => f.write_str("one file is compressed, and was searched as it is; unpack it to search what is in it"),
            W::CompressedFiles { files } => {
                write!(f, "{files} files are compressed, and were searched as they are; unpack them to search what is in them")
            }
            W::PackedObjects { path } => write!(f, "the history in {} is compressed; --git {} searches it", Quoted(path), Quoted(path)),
            W::KernelFolder { path } => write!(f, "left out, because the kernel shows itself there: {}", Quoted(path)),
            W::KitWithoutReceipt { reason } => write!(f, "the kit is without a receipt: {}", Escaped(reason)),
            W::KitOnSameDevice { path } => write!(f, "{} is on the same device as the vault, so what takes one takes both", Quoted(path)),
            W::KitWithoutModes { path } => write!(
                f,
                "{} keeps no modes (FAT or the like): the opener starts only from where OPEN-ME.txt says to copy it",
                Quoted(path)
            ),
            W::KitFillsDisk { path } => write!(f, "{} is nearly full: the next kit will not fit beside this one", Quoted(path)),
            W::KitAmongOthers { path } => write!(f, "{} belongs to another user, who can change what is copied there", Quoted(path)),
            W::KitLeftBehind { path } => write!(f, "the new kit is in place, but the earlier one could not be removed beside {}", Quoted(path)),
            W::NotInInventory { names } => write!(f, "the inventory in breakglass.toml does not have {}", Listed(names)),
            W::TooShortToFind { names } => write!(f, "values of fewer than 8 characters were not looked for: {}", Listed(names)),
            W::NotOnPath => f.write_str("breakglass is not on the PATH, so the hook would look at names only"),
            W::NotRevoked => f.write_str("the access token could not be revoked; it ends by itself at the time set in Infisical"),
            W::GeneratedShown => f.write_str("this passphrase is shown only once, and nothing opens the vault without it"),
        }
    }
}

/// Something that went as it should and is worth a line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the sentence of each variant is its documentation")]
pub enum Note {
    Sealed { path: PathBuf, secrets: usize, bytes: usize, id: String },
    Opened { age: Option<String>, secrets: usize },
    Resealed { path: PathBuf, secrets: usize, bytes: usize, id: String },
    OldCopies,
    NearlyTooLongForNote { characters: usize },
    FactsOnly,
    Pm2Alive,
    KeyMade { path: PathBuf },
    KitReplaces { path: PathBuf, id: String, sealed: Option<String> },
    KitMade { path: PathBuf, files: usize, bytes: usize, id: String },
    ForPaper,
    Rotated { names: Vec<String>, path: PathBuf },
    AfterRotation { start: Option<String> },
    Incident { path: PathBuf },
    Written { path: PathBuf },
    NothingDone,
    OnlyShown,
    UsualPlaces { paths: Vec<PathBuf>, history: Option<PathBuf> },
    NextStep { step: &'static str },
    NoneRefused { files: usize },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::Sealed { path, secrets, bytes, id } => {
                write!(
                    f,
                    "sealed {} into {} ({bytes} bytes, id {id}), read back and compared",
                    Count(*secrets),
                    Quoted(path)
                )
            }
            Note::Resealed { path, secrets, bytes, id } => write!(
                f,
                "the same document with {} is now in {} ({bytes} bytes, id {id}), read back and compared; it is as old as before",
                Count(*secrets),
                Quoted(path)
            ),
            Note::OldCopies => f.write_str(
                "every copy made before still opens with the old passphrase; replace them where they lie",
            ),
            Note::NearlyTooLongForNote { characters } => write!(
                f,
                "the text takes {characters} characters; Bitwarden holds 10,000 after encrypting, about 7,400 of these, so attach the vault as a file where the note is refused",
            ),
            Note::Opened { age: Some(age), secrets } => {
                write!(f, "{}, sealed {}", Count(*secrets), Escaped(age))
            }
            Note::Opened { age: None, secrets } => write!(f, "{}, of unknown age", Count(*secrets)),
            Note::KitReplaces { path, id, sealed } => {
                let sealed = sealed.as_deref().map_or(String::new(), |it| format!(", sealed {it}"));
                write!(f, "{} holds vault {}{}, and is replaced", Quoted(path), Escaped(id), Escaped(&sealed))
            }
            Note::KitMade { path, files, bytes, id } => write!(
                f,
                "copied vault {} into {} ({files} files, {bytes} bytes), read back, compared and opened",
                Escaped(id),
                Quoted(path)
            ),
            Note::ForPaper => f.write_str(
                "write these sums on paper: those on the stick prove nothing against whoever can write to it",
            ),
            Note::KeyMade { path } => write!(
                f,
                "made the key of receipts, {}; keep it where the source can be reached, not beside the vault",
                Quoted(path)
            ),
            Note::Pm2Alive => f.write_str(
                "hint: pm2 describe NAME and curl tell whether the app lives, which pm2's exit status does not; pm2 save would write every secret to the disk",
            ),
            Note::UsualPlaces { paths, history } => {
                let files = paths.iter().map(|path| Quoted(path).to_string());
                let history = history.iter().map(|path| format!("the history of {}", Quoted(path)));
                let places: Vec<String> = history.chain(files).collect();
                match places.is_empty() {
                    true => f.write_str("none of the usual places is there"),
                    false => write!(f, "looking at {}", places.join(", ")),
                }
            }
            Note::Rotated { names, path } => {
                write!(f, "wrote down the rotation of {} in {}", Listed(names), Quoted(path))
            }
            Note::AfterRotation { start: Some(start) } => write!(
                f,
                "next: restart the service, so that it has the new value ({}), and breakglass seal",
                Escaped(start)
            ),
            Note::AfterRotation { start: None } => {
                f.write_str("next: restart the service, so that it has the new value, and breakglass seal")
            }
            Note::Incident { path } => write!(f, "wrote down the incident in {}", Quoted(path)),
            Note::Written { path } => write!(f, "wrote {}", Quoted(path)),
            Note::NextStep { step } => write!(f, "hint: {step}"),
            Note::NoneRefused { files } => write!(f, "nothing is refused ({files} files)"),
            Note::NothingDone => f.write_str("nothing was done"),
            Note::OnlyShown => {
                f.write_str("nothing was done: there is no terminal to ask on, and --yes does without")
            }
            Note::FactsOnly => f.write_str("without the passphrase there is no more to see"),
        }
    }
}

/// A number of secrets, in words.
#[derive(Clone, Copy, Debug)]
pub struct Count(pub usize);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secret{}", self.0, if self.0 == 1 { "" } else { "s" })
    }
}
