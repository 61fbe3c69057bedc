//! What is said beside errors: warnings, which never stop an outage, and notes. Their sentences stand on their
//! variants as those of errors do, so that thiserror writes them too, though none is ever an error.

use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;

use super::escape::{Escaped, Listed, Of, Quoted};

/// Something that does not stop the work, but that the user should know. One line each.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[rustfmt::skip] // a sentence a line, as those of errors
#[expect(missing_docs, reason = "the sentence of each variant is its documentation")]
pub enum Warning {
    #[error("other users can read {}; chmod 600 would stop that", Quoted(path))]
    LoosePermissions { path: PathBuf },

    #[error("{} holds the secrets in plain text on the disk; remove it with rm, and know that neither rm nor shred reliably erases it on an SSD", Quoted(path))]
    PlaintextOnDisk { path: PathBuf },

    #[error("taken literally, where a shell would have expanded something: {}", Listed(names))]
    Unexpanded { names: Vec<String> },

    #[error("these names occur more than once, and the last value counts: {}", Listed(names))]
    Superseded { names: Vec<String> },

    #[error("the header says {expected} secrets, the document holds {found}")]
    CountMismatch { expected: usize, found: usize },

    #[error("this machine's clock is behind the time at which the vault was sealed")]
    ClockBehind,

    #[error("left out, as asked: {}", Listed(names))]
    Skipped { names: Vec<String> },

    #[error("the passphrase is weak, and it is all that protects the vault")]
    WeakPassphraseAllowed,

    #[error("allowed, and will steer the programs that get them: {}", Listed(names))]
    SteeringAllowed { names: Vec<String> },

    #[error("not recorded: {}", Escaped(reason))]
    NotRecorded { reason: String },

    #[error("secrets may reach the swap: this system does not let the program lock their memory (ulimit -l)")]
    NotLocked,

    #[error("secrets are locked, but not the working memory of decrypting, which is wiped after use (ulimit -l of 8192 would lock it)")]
    WorkingMemoryNotLocked,

    #[error("control characters in the value are shown as escapes; a pipe gets them as they are")]
    ControlShown,

    #[error("this passphrase is shown only once, and nothing opens the vault without it")]
    GeneratedShown,

    #[error("the credentials go to {}, because {} says so", Escaped(host), Quoted(path))]
    HostFromFile { host: String, path: PathBuf },

    #[error("the access token could not be revoked; it ends by itself at the time set in Infisical")]
    NotRevoked,

    #[error("sealed without a receipt, so verify --receipt cannot tell whether it is current: {}", Escaped(reason))]
    NoReceipt { reason: String },

    #[error("sealed from {} until now, and from {} this time", Escaped(before), Escaped(now))]
    OtherSource { before: String, now: String },

    #[error("the text takes {characters} characters, and a note in Bitwarden holds 10,000; attach the vault to the note as a file")]
    TooLongForNote { characters: usize },

    #[error("PM2's daemon did not start beforehand; if the command starts it, it keeps every secret until pm2 kill")]
    Pm2NotAlone,

    #[error("what stands before pm2 is not understood here; if its daemon is started by it, that keeps every secret until pm2 kill")]
    Pm2Unclear,

    #[error("PM2's running daemon writes every secret to the disk when a reboot or a signal ends it; pm2 kill first would let a guarded one start")]
    Pm2Unguarded,

    #[error("{} holds environments in plain text, from before this start", Quoted(path))]
    Pm2Kept { path: PathBuf },

    #[error("if PM2 has this app already, it keeps its old environment; pm2 restart NAME --update-env delivers the vault's")]
    Pm2MayKeepOld,

    #[error("this is more than PM2 hands to an app in cluster mode, about 60 KiB; there, the app would silently be missing")]
    Pm2ClusterTooLarge,

    #[error("the kit is without a receipt: {}", Escaped(reason))]
    KitWithoutReceipt { reason: String },

    #[error("{} is on the same device as the vault, so what takes one takes both", Quoted(path))]
    KitOnSameDevice { path: PathBuf },

    #[error("{} keeps no modes (FAT or the like): the opener starts only from where OPEN-ME.txt says to copy it", Quoted(path))]
    KitWithoutModes { path: PathBuf },

    #[error("{} is nearly full: the next kit will not fit beside this one", Quoted(path))]
    KitFillsDisk { path: PathBuf },

    #[error("{} belongs to another user, who can change what is copied there", Quoted(path))]
    KitAmongOthers { path: PathBuf },

    #[error("the new kit is in place, but the earlier one could not be removed beside {}", Quoted(path))]
    KitLeftBehind { path: PathBuf },

    #[error(fmt = compressed)]
    CompressedFiles { files: u64 },

    #[error("the history in {} is compressed; --git {} searches it", Quoted(path), Quoted(path))]
    PackedObjects { path: PathBuf },

    #[error("left out, because the kernel shows itself there: {}", Quoted(path))]
    KernelFolder { path: PathBuf },

    #[error("breakglass is not on the PATH, so the hook would look at names only")]
    NotOnPath,

    #[error("the inventory in breakglass.toml does not have {}", Listed(names))]
    NotInInventory { names: Vec<String> },

    #[error("values of fewer than 8 characters were not looked for: {}", Listed(names))]
    TooShortToFind { names: Vec<String> },
}

fn compressed(files: &u64, f: &mut Formatter<'_>) -> fmt::Result {
    match files {
        1 => f.write_str(
            "one file is compressed, and was searched as it is; unpack it to search what is in it",
        ),
        _ => write!(
            f,
            "{files} files are compressed, and were searched as they are; unpack them to search what is in them"
        ),
    }
}

/// Something that went as it should and is worth a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[rustfmt::skip] // a sentence a line, as those of errors
#[expect(missing_docs, reason = "the sentence of each variant is its documentation")]
pub enum Note {
    #[error("sealed {} into {} ({bytes} bytes, id {id}), read back and compared", Count(*secrets), Quoted(path))]
    Sealed { path: PathBuf, secrets: usize, bytes: usize, id: String },

    #[error("{}, {}", Count(*secrets), age.as_deref().map_or("of unknown age".to_owned(), |age| format!("sealed {}", Escaped(age))))]
    Opened { age: Option<String>, secrets: usize },

    #[error("the same document with {} is now in {} ({bytes} bytes, id {id}), read back and compared; it is as old as before", Count(*secrets), Quoted(path))]
    Resealed { path: PathBuf, secrets: usize, bytes: usize, id: String },

    #[error("every copy made before still opens with the old passphrase; replace them where they lie")]
    OldCopies,

    #[error("the text takes {characters} characters; Bitwarden holds 10,000 after encrypting, about 7,400 of these, so attach the vault as a file where the note is refused")]
    NearlyTooLongForNote { characters: usize },

    #[error("without the passphrase there is no more to see")]
    FactsOnly,

    #[error("hint: pm2 describe NAME and curl tell whether the app lives, which pm2's exit status does not; pm2 save would write every secret to the disk")]
    Pm2Alive,

    #[error("made the key of receipts, {}; keep it where the source can be reached, not beside the vault", Quoted(path))]
    KeyMade { path: PathBuf },

    #[error("{} holds vault {}{}, and is replaced", Quoted(path), Escaped(id), Escaped(&sealed.as_deref().map_or(String::new(), |it| format!(", sealed {it}"))))]
    KitReplaces { path: PathBuf, id: String, sealed: Option<String> },

    #[error("copied vault {} into {} ({files} files, {bytes} bytes), read back, compared and opened", Escaped(id), Quoted(path))]
    KitMade { path: PathBuf, files: usize, bytes: usize, id: String },

    #[error("write these sums on paper: those on the stick prove nothing against whoever can write to it")]
    ForPaper,

    #[error("wrote down the rotation of {} in {}", Listed(names), Quoted(path))]
    Rotated { names: Vec<String>, path: PathBuf },

    #[error("next: restart the service, so that it has the new value{}, and breakglass seal", Of(start.as_deref().unwrap_or_default()))]
    AfterRotation { start: Option<String> },

    #[error("wrote down the incident in {}", Quoted(path))]
    Incident { path: PathBuf },

    #[error("wrote {}", Quoted(path))]
    Written { path: PathBuf },

    #[error("nothing was done")]
    NothingDone,

    #[error("nothing was done: there is no terminal to ask on, and --yes does without")]
    OnlyShown,

    #[error(fmt = usual_places)]
    UsualPlaces { paths: Vec<PathBuf>, history: Option<PathBuf> },

    #[error("hint: {step}")]
    NextStep { step: &'static str },

    #[error("nothing is refused ({files} files)")]
    NoneRefused { files: usize },
}

fn usual_places(
    paths: &[PathBuf],
    history: &Option<PathBuf>,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    let files = paths.iter().map(|path| Quoted(path).to_string());
    let history = history.iter().map(|path| format!("the history of {}", Quoted(path)));
    let places: Vec<String> = history.chain(files).collect();
    match places.is_empty() {
        true => f.write_str("none of the usual places is there"),
        false => write!(f, "looking at {}", places.join(", ")),
    }
}

/// A number of secrets, in words.
#[derive(Clone, Copy, Debug)]
pub struct Count(pub usize);

impl Display for Count {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} secret{}", self.0, if self.0 == 1 { "" } else { "s" })
    }
}
