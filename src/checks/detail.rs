//! What a layer says: every sentence of a report. Names, places and times; never a value.

use std::fmt;
use std::path::PathBuf;

use crate::error::{Count, Error, Escaped, Listed, Quoted};
use crate::payload::VaultId;
use crate::vault::Format;

/// The sentence of one outcome.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence of each variant is its documentation")]
pub enum Detail {
    #[error(transparent)]
    Trouble(#[from] Error),

    // what a copy left, and what is not there
    #[error("an interrupted copy has left it under this name; the next copy puts that right")]
    LeftUnderItsName,
    #[error("an interrupted copy has left it; the next copy removes it")]
    LeftBehind,
    #[error("nothing is there now; breakglass status tells when it was seen last")]
    Away,

    // a vault
    #[error("an {format} vault, id {id}")]
    Vault { format: Format, id: VaultId },
    #[error("{cipher}, {derivation}")]
    Encryption { cipher: &'static str, derivation: String },
    #[error("{}", Count(*.0))]
    Opened(usize),
    #[error("not asked for; --passphrase-file or --passphrase-fd opens it")]
    NotOpened,
    #[error("every name and size fits an environment")]
    Starts,
    #[error("every name that breakglass.toml requires is there")]
    RequiredThere,
    #[error("missing: {}", Listed(.0))]
    RequiredMissing(Vec<String>),

    // compared with the source
    #[error("the same names and values as {0}")]
    Same(String),
    #[error(
        "the same names and values as {label}, but for {}, left out when sealed",
        Listed(names)
    )]
    SameButFor { label: String, names: Vec<String> },
    #[error("stale against {label}; {}", Lists(&[("changed", changed), ("added", added), ("removed", removed)]))]
    Stale { label: String, changed: Vec<String>, added: Vec<String>, removed: Vec<String> },
    #[error("not compared with a source (--offline)")]
    Offline,
    #[error("not compared with a source (--max-age alone)")]
    AgeAlone,
    #[error("compared with no source; name one with --from or --, or say --offline")]
    NoSource,
    #[error("compared with no source, and with no other receipt, for none is at hand")]
    NoReceiptAtHand,

    // compared with other receipts
    #[error("the vault of the newest receipt known here, sealed {0}")]
    Newest(String),
    #[error("older: sealed {own}, and the newest known here {newest}")]
    Older { own: String, newest: String },
    #[error("newer than every other one known here")]
    Newer,
    #[error("not the vault of the newest receipt here, sealed {0}")]
    NotNewest(String),

    // age
    #[error("sealed {0}")]
    Sealed(String),
    #[error("sealed {0}, too long ago")]
    SealedTooLongAgo(String),
    #[error("sealed {0}; no --max-age")]
    SealedNoLimit(String),
    #[error("made by another program, which did not say when")]
    SealedByAnother,

    // receipts
    #[error("authentic, sealed {0}")]
    Authentic(String),
    #[error("that of this vault, sealed {0}")]
    OfThisVault(String),
    #[error("that of another vault")]
    OfAnotherVault,
    #[error("there is none in it")]
    NoReceipt,
    #[error("there is no receipt beside it")]
    NoReceiptBeside,
    #[error("the receipt beside it is its own")]
    OwnReceipt,
    #[error("the receipt beside it is another vault's")]
    ReceiptOfAnother,
    #[error("the one of the receipt, id {0}")]
    OfTheReceipt(VaultId),
    #[error("it is not here, so only its receipt was checked")]
    VaultNotHere,
    #[error("this user may not read it, so only its receipt was checked")]
    VaultNotReadable,

    // kits
    #[error("{}", Lists(&[("missing", missing), ("not as in SHA256SUMS", damaged)]))]
    FilesDiffer { missing: Vec<String>, damaged: Vec<String> },
    #[error("SHA256SUMS is not as it was written")]
    SumsDiffer,
    #[error("OPEN-ME.txt is not what this version of breakglass writes; copy again")]
    TextDiffers,
    #[error("all as in SHA256SUMS")]
    FilesWhole,
    #[error("no part of the kit: {}", Listed(.0))]
    Foreign(Vec<String>),
    #[error("the same vault as text")]
    Armored,
    #[error("there is none in it; gpg or age opens it")]
    NoOpener,
    #[error("a static program for {machine}; compare its sum with paper: {sum}")]
    Opener { machine: &'static str, sum: String },
    #[error("no opener: {0}")]
    NotAnOpener(&'static str),

    // copies
    #[error("{}: never seen from this machine; breakglass verify looks, breakglass copy makes one", Quoted(.0))]
    NeverSeen(PathBuf),
    #[error("{}: seen {ago}, more than 90 days; breakglass verify looks again", Quoted(path))]
    SeenLongAgo { path: PathBuf, ago: String },
    #[error("{}: seen {ago}, with another vault than the present one; copy again", Quoted(path))]
    SeenWithAnother { path: PathBuf, ago: String },
    #[error("{}: seen {ago}", Quoted(path))]
    Seen { path: PathBuf, ago: String },

    // uses
    #[error("running processes have its secrets; breakglass status tells which")]
    InUse,
    #[error("this machine has no journal of this user")]
    NoJournal,
    #[error("{0}; seal again")]
    Used(String),
    #[error("line {0} of this machine's journal cannot be read; it may be a use")]
    JournalLine(usize),
    #[error("not used on this machine, whose journal knows no other machine")]
    NotUsed,
    #[error("{0}, and not sealed again since, as far as this machine knows")]
    NotSealedSince(String),
    #[error("{0}, and sealed again since")]
    SealedSince(String),
    #[error("no vault was used on this machine")]
    NoneUsed,

    // rehearsals
    #[error("failed {0}; breakglass drill VAULT")]
    RehearsalFailed(String),
    #[error("{ago}, more than {interval}; breakglass drill VAULT")]
    RehearsedLongAgo { ago: String, interval: String },
    #[error("{0}")]
    Rehearsed(String),
    #[error("none on this machine; breakglass drill VAULT")]
    NotRehearsed,
    #[error("none on this machine")]
    NothingToRehearse,

    // inventory and logs
    #[error("all in time; the next is {name}, until {until}")]
    NextRotation { name: String, until: String },
    #[error("no secret in the inventory has a time")]
    NoTimes,
    #[error("overdue: {0}")]
    Overdue(String),
    #[error("the inventory has neither class nor rotation of {}", Listed(.0))]
    WithoutTime(Vec<String>),
    #[error("{}", LogLines { lines, path, words: "cannot be read and may be a rotation" })]
    MayBeRotation { lines: Vec<usize>, path: PathBuf },
    #[error("{}", LogLines { lines, path, words: "cannot be read and may be an incident" })]
    MayBeIncident { lines: Vec<usize>, path: PathBuf },
    #[error("{}", LogLines { lines, path, words: "lies in the future, as this machine's clock has it, and does not count" })]
    ToCome { lines: Vec<usize>, path: PathBuf },
    #[error("{}", LogLines { lines, path, words: "may be a rotation since it was sealed; compare with the source" })]
    MayBeSince { lines: Vec<usize>, path: PathBuf },
    #[error("{}", LogLines { lines, path, words: "cannot be read" })]
    Unreadable { lines: Vec<usize>, path: PathBuf },
    #[error("there is no {} yet", Quoted(.0))]
    NoLog(PathBuf),
    #[error("none since it was sealed, by the log")]
    NoneRotated,
    #[error("the source was compared, so the log does not matter for {}", Listed(.0))]
    ComparedAnyway(Vec<String>),
    #[error("since it was sealed: {}; seal again", Listed(.0))]
    RotatedLater(Vec<String>),
    #[error("on the day on which it was sealed: {}; compare with the source", Listed(.0))]
    RotatedThatDay(Vec<String>),
    #[error("nobody knows whether before or after it was sealed: {}", Listed(.0))]
    RotatedUnknown(Vec<String>),
    #[error("it has the names of the vault, and no others")]
    SameInventory,
    #[error("{}", Lists(&[("not in the inventory", unknown), ("not in the vault", missing)]))]
    InventoryDiffers { unknown: Vec<String>, missing: Vec<String> },

    // what has secrets now
    #[error("{who}, has secrets of the vault {vault}, opened {}", Escaped(opened))]
    Running { who: String, vault: VaultId, opened: String },
    #[error("cannot tell which processes run, because: {0}")]
    ProcessesUnknown(Error),
    #[error("cannot tell which apps PM2's daemon keeps, process {pid}, because: {error}")]
    AppsUnknown { pid: i32, error: Error },
    #[error("no process that can be looked at has secrets of a vault")]
    NothingRuns,
    #[error("no process of this user that can be looked at has secrets of a vault")]
    NothingOfThisUserRuns,
    #[error("{} cannot be looked at: {error}", Quoted(path))]
    FileUnknown { path: PathBuf, error: Error },
    #[error("{} holds values of the vault in plain text: {}", Quoted(path), Listed(names))]
    FileHoldsValues { path: PathBuf, names: Vec<String> },
    #[error("{} holds secrets of the vault {vault} in plain text", Quoted(path))]
    FileHoldsSecrets { path: PathBuf, vault: VaultId },
    #[error("{} holds no value of the vault", Quoted(.0))]
    FileHoldsNone(PathBuf),
    #[error("{} holds environments; breakglass status VAULT would tell whether with values of it", Quoted(.0))]
    FileHoldsEnvironments(PathBuf),
    #[error("PM2 has written no environment down")]
    NoFiles,

    // this machine
    #[error("memfd_secret: secrets are hidden even from root's /proc")]
    Hidden,
    #[error("no memfd_secret (Linux 6.5 and later have it; containers may not): locked instead")]
    Locked,
    #[error("nothing can be locked: secrets may reach the swap")]
    NotLocked,
    #[error("root is usually not held to a limit")]
    LimitOfRoot,
    #[error("no limit")]
    NoLimit,
    #[error("{0} KiB: all of it can be locked")]
    LimitAmple(u64),
    #[error(
        "{0} KiB: passphrase and documents of up to 16 KiB can be locked, working memory is only wiped"
    )]
    LimitEnough(u64),
    #[error("{0} KiB are too little; ulimit -l 8192 would be ample")]
    LimitTooLittle(u64),
    #[error("there is no {0}")]
    NoKernelFile(&'static str),
    #[error("none")]
    NoSwap,
    #[error("in memory only (zram)")]
    SwapInMemory,
    #[error("{0}: what the started command holds may be written there; encrypt it or go without")]
    Swap(String),
    #[error("go to a program; the limit {{1, 1}} keeps this program's and its command's from it")]
    CoresToProgram,
    #[error("go to files; the limit {{1, 1}} keeps this program and its command from leaving any")]
    CoresToFiles,
    #[error("a process may trace none of its user's but its own children")]
    TracesChildren,
    #[error(
        "any process of a user may trace the others, a service with its secrets too (not this program); set kernel.yama.ptrace_scope to 1, and give the service a user of its own"
    )]
    TracesAll,
    #[error("root: what is started from here runs as root, too")]
    Root,
    #[error("not root")]
    NotRoot,
}

/// `changed: A, B; added: C`: lists with a word before each; empty ones are left out.
struct Lists<'a>(&'a [(&'static str, &'a Vec<String>)]);

impl fmt::Display for Lists<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lists = self.0.iter().filter(|(_, names)| !names.is_empty());
        let parts: Vec<String> =
            lists.map(|(word, names)| format!("{word}: {}", Listed(names))).collect();
        f.write_str(&parts.join("; "))
    }
}

/// `line 3 of 'log' …`, `each of the lines 3, 5 of 'log' …`.
struct LogLines<'a> {
    lines: &'a [usize],
    path: &'a PathBuf,
    words: &'static str,
}

impl fmt::Display for LogLines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<String> = self.lines.iter().map(usize::to_string).collect();
        let word = if self.lines.len() == 1 { "line" } else { "each of the lines" };
        write!(f, "{word} {} of {} {}", Listed(&numbers), Quoted(self.path), self.words)
    }
}
