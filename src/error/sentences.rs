//! What each error says, and the one hint that follows it.
//!
//! Lower case, no full stop, paths quoted. A hint names the next command.

use std::fmt;

use super::escape::{Escaped, Listed, Quoted};
use super::{Errno, Error};

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Error as E;
        match self {
            E::OutOfMemory => f.write_str("the system has no memory, or no thread, left"),
            E::NotLocked => {
                f.write_str("this system does not let the program lock memory, so the secrets may reach the swap")
            }
            E::Internal => f.write_str("an internal error ended the command"),
            E::NoRandomness => f.write_str("the system's random number generator does not answer"),

            E::PassphraseEmpty => f.write_str("the passphrase is empty"),
            E::PassphraseTooLong => f.write_str("the passphrase is longer than 1024 bytes"),
            E::PassphraseControl => f.write_str("the passphrase holds a control character"),
            E::PassphraseNotUtf8 => f.write_str("the passphrase that was typed is not UTF-8"),
            E::PassphraseUntypable => f.write_str(
                "this passphrase could not be typed in an outage: it holds control characters, is not UTF-8, or is longer than 255 bytes",
            ),
            E::PassphraseMismatch => f.write_str("the two passphrases differ"),
            E::PassphraseSame => f.write_str("the new passphrase is the old one"),
            E::PassphraseWeak { advice } => write!(f, "the passphrase is too weak: {advice}"),
            E::PassphraseSource { what, errno } => write!(f, "cannot read the passphrase from {what}: {}", Reason(*errno)),
            E::PassphraseMissing { what } => write!(f, "{what} holds no passphrase"),
            E::NoTerminal { errno } => write!(f, "there is no terminal: {}", Reason(*errno)),
            E::Cancelled => f.write_str("cancelled at the prompt"),

            E::NulInValue { line, name } => write!(f, "{}the value of {} holds a NUL byte, which no environment can carry", At(*line), Escaped(name)),
            E::ValueNotUtf8 { line, name } => write!(f, "{}the value of {} is not UTF-8", At(*line), Escaped(name)),
            E::DuplicateName { line, name } => write!(f, "{}{} occurs a second time", At(*line), Escaped(name)),
            E::NotAssignment { line } => write!(f, "line {line} is not an assignment NAME=value"),
            E::NotIdentifier { line } => write!(f, "line {line}: what stands before '=' is not a name that a shell accepts"),
            E::MoreThanAssignment { line, name } => write!(f, "line {line}{}: a shell would read more than one plain assignment", Of(name)),
            E::BrokenQuotes { line, name } => write!(f, "line {line}{}: a quote or a backslash is left open", Of(name)),
            E::Expansion { line, name } => write!(f, "line {line}{}: a shell would expand '$', '`', '~' or '{{' here", Of(name)),
            E::CarriageReturn { line } => write!(f, "line {line} ends in CR LF, and a shell would keep the CR in the value"),
            E::ByteOrderMark => f.write_str("line 1 begins with a byte order mark, which a shell would take for part of a command"),
            E::JsonSyntax { line } => write!(f, "line {line}: the JSON is broken"),
            E::JsonShape { line } => write!(f, "line {line}: the JSON is neither {{\"NAME\": \"value\"}} nor [{{\"key\": …, \"value\": …}}]"),
            E::JsonNotString { line, name } => write!(f, "{}the JSON value of {} is not a string", At(*line), Escaped(name)),
            E::NewerDocument => f.write_str("the document was written by a later version of breakglass"),
            E::HeaderControl => f.write_str("a control character cannot stand in the document's header"),
            E::CountMismatch => f.write_str("the document holds another number of secrets than its header says"),
            E::NoSecrets => f.write_str("there is not one secret in it"),

            E::ImpossibleNames { names } => write!(f, "a shell cannot hold these names: {}", Listed(names)),
            E::ImpossibleNamesInVault { names } => {
                write!(f, "the vault holds names that no environment can hold: {}", Listed(names))
            }
            E::NotSkipped { names } => {
                write!(f, "the source has none of these names to leave out: {}", Listed(names))
            }
            E::TakenNames { names } => {
                write!(f, "a shell, or breakglass, sets these names itself: {}", Listed(names))
            }
            E::SteeringNames { names } => write!(f, "these names steer the programs that get them: {}", Listed(names)),
            E::SteeringNamesInVault { names } => write!(f, "the vault does not allow these names, which steer the programs that get them: {}", Listed(names)),
            E::Unresolved { names } => write!(f, "unresolved references ${{…}} stand in the values of {}", Listed(names)),
            E::RequiredMissing { names } => write!(f, "breakglass.toml requires these names, and the source has none: {}", Listed(names)),
            E::NamesGone { names } => write!(f, "in the vault until now, and no longer in the source: {}", Listed(names)),
            E::UnknownNames { names } => write!(f, "no secret fits: {}", Listed(names)),
            E::NothingSelected => f.write_str("the selection leaves no secret"),
            E::ValuesTooLong { names } => write!(f, "too long for an environment, NAME=value may take 131,071 bytes: {}", Listed(names)),
            E::EnvironmentTooLarge => f.write_str("secrets, environment and arguments together are too large for a new process"),
            E::DocumentTooLarge => f.write_str("the secrets take more than 4 MiB"),

            E::Read { path, errno } => write!(f, "cannot read {}: {}", Quoted(path), Reason(*errno)),
            E::Write { path, errno } => write!(f, "cannot write {}: {}", Quoted(path), Reason(*errno)),
            E::TooLarge { path } => write!(f, "{} is larger than 8 MiB", Quoted(path)),
            E::NotAFile { path } => write!(f, "{} is not a file", Quoted(path)),
            E::NotOwn { path } => write!(f, "{} is another user's, or others may write it, so what it says does not count", Quoted(path)),
            E::NotOurFile { path } => write!(f, "{} exists and is not a vault, so it is not replaced", Quoted(path)),
            E::TextAround { path } => write!(f, "{} holds a vault and other text, which would be lost, so it is not replaced", Quoted(path)),
            E::TargetExists { path } => write!(f, "{} exists, so it is not written", Quoted(path)),
            E::Busy { path, seconds } => write!(f, "another process has been writing in {} for {seconds} seconds", Quoted(path)),
            E::ReadBack { path } => write!(f, "what was read back from {} is not what was written", Quoted(path)),
            E::NotConfirmed { path, errno } => {
                write!(f, "{} is in its place, but the disk did not confirm it: {}", Quoted(path), Reason(*errno))
            }
            E::SearchInterrupted { .. } => f.write_str("interrupted; not everything was searched"),
            E::Interrupted { .. } => f.write_str("interrupted; nothing was replaced"),
            E::NoStateFolder => f.write_str("there is no folder for records: neither XDG_STATE_HOME nor HOME is set"),

            E::NotAVault => f.write_str("this is no vault: it is neither an OpenPGP message nor an age file, nor the text of one"),
            E::Damaged => f.write_str("the vault is cut off or damaged"),
            E::NotEncrypted => f.write_str(
                "this OpenPGP message is not encrypted, so anybody may have written it",
            ),
            E::NotForPassphrase => f.write_str("this message is encrypted to a key, not with a passphrase"),
            E::NoIntegrity => f.write_str("this message has no integrity protection (MDC), so anybody may have changed it"),
            E::GnupgAead => f.write_str("this message uses GnuPG's own AEAD packet (gpg --force-ocb), which only GnuPG reads"),
            E::NewerOpenPgp => f.write_str("this message uses RFC 9580 encryption, which stock gpg cannot open and vaults do not use"),
            E::WeakCipher { cipher } => write!(f, "this message is encrypted with {cipher}, which is too weak or unknown"),
            E::TrailingData => f.write_str("there is further data behind the encrypted message"),
            E::SecondMessage => f.write_str("there is a second message behind the first one"),
            E::TooManyKeyPackets => f.write_str("this message has more than 16 encrypted session keys"),
            E::KeyDerivation => f.write_str("this message's key derivation is unknown or asks for too much memory"),
            E::CannotOpen => f.write_str("cannot open the vault: the passphrase is wrong or the file is damaged"),
            E::PlaintextTooLarge => f.write_str("the vault holds more than 4 MiB"),
            E::AgeForKeys => f.write_str("this age file is encrypted to a key, not with a passphrase"),
            E::AgeMixed => f.write_str("this age file has other recipients beside the passphrase, which age does not allow"),
            E::AgeWork => f.write_str("this age file asks for more than 1 GiB of memory (a work factor above 20)"),
            E::AgeMemory { mebibytes } => write!(f, "age's key derivation takes {mebibytes} MiB of memory, which this system does not give"),
            E::NoteDashes => f.write_str("the note has changed the dashes of its BEGIN or END line, which are five hyphens before and five behind"),
            E::NoteFields => f.write_str("the text has lost its line ends, so that where its header fields (Version:, Comment:) end cannot be told"),
            E::NoteMarkup => f.write_str("the text is not the vault's own: it holds HTML or the encoding of a mail"),
            E::NoteCharacters => f.write_str("characters stand between the BEGIN and the END line that no vault has, so the note was changed"),

            E::SourceFailed { program, status } => write!(f, "the source {} failed: {status}", Quoted(program.as_ref())),
            E::SourceSilent { program } => write!(f, "the source {} printed nothing", Quoted(program.as_ref())),
            E::Infisical(trouble) => write!(f, "{trouble}"),
            E::ProjectFile { path } => write!(f, "{} is not the JSON that Infisical's command line writes", Quoted(path)),
            E::WithoutInfisical => f.write_str("this build has no network code, so Infisical is no source for it"),
            E::OnlyOpens => f.write_str("this build is the opener, which leaves this command out"),
            E::NoSource => f.write_str("no source is named"),
            E::NoVault => f.write_str("no vault is named"),
            E::NotFound { program } => write!(f, "command not found: {}", Quoted(program.as_ref())),
            E::NotExecutable { program, errno } => write!(f, "cannot execute {}: {}", Quoted(program.as_ref()), Reason(*errno)),
            E::CannotStart { program, errno } => write!(f, "cannot start {}: {}", Quoted(program.as_ref()), Reason(*errno)),
            E::Pm2(trouble) => write!(f, "{trouble}"),
            E::Kit(trouble) => write!(f, "{trouble}"),
            E::Git(trouble) => write!(f, "{trouble}"),
            E::Pm2NoDaemon => f.write_str("PM2's daemon does not answer"),

            E::NoSuchName { name } => write!(f, "the vault has no secret {}", Quoted(name.as_ref())),
            E::IntoFile => f.write_str("standard output is a regular file, and a value written there stays on the disk"),
            E::StandardOutput { errno } => write!(f, "cannot write to standard output: {}", Reason(*errno)),

            // receipts and breakglass.toml
            E::NotAReceiptKey => f.write_str("the receipt key is not 64 hex digits"),
            E::NotAReceiptKeyFile { path } => write!(f, "{} holds no receipt key, which is 64 hex digits", Quoted(path)),
            E::NoReceiptKey { path } => write!(f, "there is no receipt key at {}", Quoted(path)),
            E::NotAReceipt => f.write_str("this is no receipt: it does not begin as one"),
            E::NewerReceipt => f.write_str("the receipt was written by a later version of breakglass"),
            E::ReceiptCarriageReturn { line } => write!(f, "line {line} of the receipt ends in CR LF, so something has converted it"),
            E::ReceiptLine { line } => write!(f, "line {line} of the receipt is not as it is written"),
            E::ReceiptOrder { line } => write!(f, "line {line} of the receipt: a name occurs twice or is out of order"),
            E::ReceiptCount => f.write_str("the receipt holds another number of names than it says"),
            E::ReceiptEnd => f.write_str("the receipt is cut off, or something stands behind its last line"),
            E::ReceiptNotAuthentic => f.write_str("the receipt was made with another key, or changed since"),
            E::ReceiptOfAnother => f.write_str("the vault beside it is not the one of the receipt"),
            E::ReceiptUnreadable { path } => write!(f, "names that are gone would not be noticed, because {} cannot be read as a receipt", Quoted(path)),
            E::ReceiptNotWritten { path } => write!(f, "the vault is sealed, but {} could not be written", Quoted(path)),
            E::ReceiptOfOtherKey { path } => write!(f, "names that are gone would not be noticed, because {} was made with another key, or changed since", Quoted(path)),
            E::ReplacedMeanwhile { path } => write!(f, "{} was replaced by somebody else meanwhile", Quoted(path)),
            E::OtherSource => f.write_str("it was sealed from another project, environment, folder or server"),
            E::ReceiptTooLarge => f.write_str("the receipt takes more than 8 MiB"),
            E::KeyPlace => f.write_str("the place of a receipt key is a file or infisical:/PATH, and never the key itself"),
            E::ConfigNotUtf8 { place } => write!(f, "{place}: the text is not UTF-8"),
            E::ConfigNotToml { place } => write!(f, "{place}: this is not TOML, or sets something a second time"),
            E::ConfigKey { place, key, table, known } => {
                write!(f, "{place}: unknown key{}; {table} takes {}", Of(key), known.join(", "))
            }
            E::ConfigCredential { place, key } => write!(f, "{place}: a key{} that may hold a credential has no place here", Of(key)),
            E::ConfigValue { place, key, expected } => write!(f, "{place}: {key} must be {expected}"),

            E::TextHoldsValue { names } => write!(f, "the text holds the value of {}, so nothing was written", Listed(names)),

            E::Usage { sentence, .. } => write!(f, "{}", Escaped(sentence)),
            E::DrillStep { step } => write!(f, "the rehearsal failed: {step}"),
            E::DrillCommand { status } => {
                write!(f, "the rehearsal failed: the command ended with {}", Escaped(status))
            }
            E::NotArrived { names } => {
                write!(f, "the rehearsal failed: not arrived as they should: {}", Listed(names))
            }
        }
    }
}

impl Error {
    /// The next thing to do, where there is one that a program can know.
    pub fn hint(&self) -> Option<String> {
        use Error as E;
        let fixed = match self {
            E::PassphraseWeak { .. } => {
                "let --generate-passphrase make one instead, or insist with --allow-weak-passphrase"
            }
            E::PassphraseSame => "choose another one, or keep it with --keep-passphrase",
            E::NoTerminal { .. } => {
                "ssh -t gives one; --passphrase-fd N and --passphrase-file FILE do without"
            }
            E::OutOfMemory => "end other programs, or raise the limits (ulimit -v, ulimit -u)",
            E::Internal => {
                "gpg --decrypt FILE, or age --decrypt FILE, opens a vault without this program"
            }
            E::NoRandomness => {
                "use another machine: this one's kernel, or what confines the program, has no getrandom"
            }
            E::PassphraseTooLong => "only the first line counts; see whether it is the right file",
            E::PassphraseSource { .. } => "see that it is open, or there, and may be read",
            E::PassphraseMissing { .. } => "its first line is to be the passphrase",
            E::NotLocked => "raise the limit (ulimit -l 8192), or insist with --allow-unlocked",
            E::PassphraseEmpty | E::PassphraseMismatch => "run the command again",
            E::PassphraseControl | E::PassphraseNotUtf8 => {
                "type it again, without arrow keys; a file of it must not end in CR LF"
            }
            E::NulInValue { .. } | E::ValueNotUtf8 { .. } => {
                "keep it as text at the source, in base64 for instance"
            }
            E::DuplicateName { .. } => "leave one of them at the source",
            E::NotIdentifier { .. } => "rename it: letters, digits and _, no digit first",
            E::Expansion { .. } | E::MoreThanAssignment { .. } | E::BrokenQuotes { .. } => {
                "put the value in single quotes, an apostrophe within as '\\''"
            }
            E::NotAssignment { .. } | E::JsonSyntax { .. } | E::JsonShape { .. } => {
                "docs/FORMAT.md lists what a document may hold; look also whether this is one"
            }
            E::JsonNotString { .. } => "put it in double quotes",
            E::HeaderControl => "rename at the source what --allow-skip would leave out",
            E::NoSecrets => "look whether it is the right source, or the right vault",
            E::DocumentTooLarge => {
                "take what is large out of it; no environment could hold so much"
            }
            E::Read { .. } => "see that it is there, and that this user may read it",
            E::Write { .. } => "see that this user may write there, and that the disk has room",
            E::TooLarge { .. } => {
                "look whether it is the right file; none that is read here is so large"
            }
            E::NotAFile { .. } => "name a file, not a folder, a device or a pipe",
            E::NoStateFolder => "set HOME, or XDG_STATE_HOME, to an absolute path",
            E::CarriageReturn { .. } | E::ByteOrderMark => {
                "convert the file: sed -i '1s/^\\xEF\\xBB\\xBF//; s/\\r$//' FILE"
            }
            E::NewerDocument => {
                "gpg --decrypt FILE, or age --decrypt FILE, prints it, and a shell can source that"
            }
            E::CountMismatch => "seal again from the source",
            E::ImpossibleNames { .. } | E::TakenNames { .. } => {
                "rename them at the source, or leave them out with --allow-skip A,B"
            }
            E::SteeringNames { .. } => "if the service needs them, seal with --allow A,B",
            E::SteeringNamesInVault { .. } => {
                "breakglass run leaves them out with --except A,B, or insists with --allow A,B"
            }
            E::ImpossibleNamesInVault { .. } => "breakglass run leaves them out with --except A,B",
            E::RequiredMissing { .. } => {
                "look whether the source is the right one; nothing was replaced"
            }
            E::NamesGone { .. } => "if they are gone for good, seal with --accept-removed A,B",
            E::Unresolved { .. } => {
                "mend the references at the source, or take the values as they are with --allow-reference A,B"
            }
            E::WithoutInfisical => {
                "use the full build, or a command: breakglass seal VAULT -- infisical export --format=json"
            }
            E::OnlyOpens => "use the full build; to rehearse, breakglass drill VAULT",
            E::NoVault => "name one, or set vault in breakglass.toml",
            E::NoSource => "name one: --from infisical, --from FILE, or a command behind --",
            E::ProjectFile { .. } => "mend it, or set everything with options",
            E::Infisical(trouble) => trouble.hint(),
            E::Pm2(trouble) => return Some(trouble.hint()),
            E::Kit(trouble) => trouble.hint(),
            E::Git(trouble) => trouble.hint(),
            E::NotSkipped { .. } => "leave them out of --allow-skip",
            E::PassphraseUntypable => "let one be made by --generate-passphrase",
            E::DrillCommand { .. } => {
                "run the command alone; breakglass run VAULT -- COMMAND starts it as an outage would"
            }
            E::UnknownNames { .. } | E::NothingSelected | E::NoSuchName { .. } => {
                "breakglass show VAULT lists the names"
            }
            E::ValuesTooLong { .. } => {
                "give the service a file for them; breakglass run leaves them out with --except A,B"
            }
            E::EnvironmentTooLarge => {
                "breakglass run leaves some out with --except A,B, and the caller's own with --clean"
            }
            E::NotOurFile { .. } | E::TargetExists { .. } => {
                "name another file, or remove this one"
            }
            E::TextAround { .. } => {
                "name another file; breakglass reseal VAULT --to NEW makes one of it"
            }
            E::NotAVault => "gpg --list-packets FILE tells what it is",
            E::Damaged => "copy it again from where it is whole, or look for another copy",
            E::NotEncrypted | E::NoIntegrity | E::WeakCipher { .. } | E::NewerOpenPgp => {
                "look for another copy, or seal again from the source"
            }
            E::NotForPassphrase | E::GnupgAead => {
                "gpg --decrypt FILE | breakglass seal NEW --from - makes a vault of it"
            }
            E::TrailingData | E::SecondMessage => {
                "look for another copy; this one was changed after it was sealed"
            }
            E::CannotOpen => {
                "try the passphrase again, then another copy; gpg or age --decrypt FILE is the other way in"
            }
            E::AgeForKeys => {
                "age --decrypt -i KEY FILE | breakglass seal NEW --from - makes a vault of it"
            }
            E::AgeMixed | E::TooManyKeyPackets | E::KeyDerivation => {
                "look for another copy, or seal again from the source"
            }
            E::PlaintextTooLarge => "gpg --decrypt FILE, or age --decrypt FILE, opens it",
            E::AgeWork => {
                "up to a factor of 22, age --decrypt FILE | breakglass seal NEW --from - makes a vault of it"
            }
            E::AgeMemory { .. } => {
                "raise the limit (ulimit -v), end other programs, or use another machine"
            }
            E::NoteDashes => {
                "put -----BEGIN … and -----END … back with plain hyphens, or take a copy that is a file"
            }
            E::NoteFields => {
                "delete the fields, so that only the message stands between BEGIN and END"
            }
            E::NoteMarkup | E::NoteCharacters => {
                "copy the note as plain text, or take a copy that is a file"
            }
            E::SourceFailed { .. } | E::SourceSilent { .. } => {
                "run it alone and look at what it says; the vault is as it was"
            }
            E::NotExecutable { .. } => {
                "chmod +x lets it start; a script also needs a first line such as #!/bin/sh"
            }
            E::CannotStart { .. } => "run it alone, without breakglass, to see what it lacks",
            E::Pm2NoDaemon => "pm2 list tells whether it does now",
            E::StandardOutput { .. } => "see that the disk has room, and that something reads it",
            E::NotFound { .. } => "give the whole path, or see that PATH has it",
            E::IntoFile => "use a pipe, or insist with --allow-file",
            E::Busy { .. } => "wait for it to finish, then run the command again",
            E::ReadBack { .. } => "the disk may be failing; try another one",
            E::NotConfirmed { .. } => "the disk may be failing: keep a copy on another one",
            // receipts and breakglass.toml
            E::NotAReceiptKeyFile { .. } => {
                "copy it anew, or remove it and seal again, which makes one"
            }
            E::NotAReceiptKey => {
                "openssl rand -hex 32 makes one, to be stored as BREAKGLASS_RECEIPT_KEY"
            }
            E::NoReceiptKey { .. } => "copy it from the machine that seals, or seal again here",
            E::ReceiptCarriageReturn { .. } => {
                "seal again; the line '*.receipt -text' in .gitattributes keeps git from converting it"
            }
            E::NotAReceipt
            | E::NewerReceipt
            | E::ReceiptLine { .. }
            | E::ReceiptOrder { .. }
            | E::ReceiptCount
            | E::ReceiptTooLarge
            | E::ReceiptEnd
            | E::ReceiptNotAuthentic
            | E::ReceiptOfAnother
            | E::ReceiptNotWritten { .. } => "seal again",
            E::ReceiptUnreadable { .. } => "restore it, or remove it and seal again",
            E::ReceiptOfOtherKey { .. } => {
                "if the key was changed on purpose, remove it and seal again"
            }
            E::ReplacedMeanwhile { .. } => "run the command again",
            E::OtherSource => "compare with the source of the receipt, or seal again",
            E::TextHoldsValue { .. } => {
                "say it without the value, and replace that at its source: it stands in the shell's history now"
            }
            E::KeyPlace => "write --receipt-key FILE, or --receipt-key infisical:/PATH",
            E::ConfigNotUtf8 { .. }
            | E::ConfigNotToml { .. }
            | E::ConfigKey { .. }
            | E::ConfigValue { .. } => "docs/CURRENT.md lists every key, and what it takes",
            E::NotOwn { .. } => {
                "change its owner, or its mode (chmod go-w); a breakglass.toml can also be named: --config FILE"
            }
            E::ConfigCredential { .. } => {
                "credentials belong into the environment; replace one that was committed"
            }
            E::DrillStep { .. } | E::NotArrived { .. } => {
                "it would fail in an outage too: try another machine, or another build"
            }
            E::Usage { command, .. } => return Some(format!("{} --help", Escaped(command))),
            // Who pressed Ctrl-C, or sent a signal, knows.
            E::Cancelled | E::Interrupted { .. } | E::SearchInterrupted { .. } => return None,
        };
        Some(fixed.to_owned())
    }
}

/// `line 3: ` where there is a line.
struct At(u32);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 { Ok(()) } else { write!(f, "line {}: ", self.0) }
    }
}

/// ` (NAME)` where there is a name that may be shown.
struct Of<'a>(&'a str);

impl fmt::Display for Of<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, " ({})", Escaped(self.0)) }
    }
}

/// The system's words for an error number, in lower case.
pub(super) struct Reason(pub(super) Errno);

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = std::io::Error::from_raw_os_error(self.0).to_string();
        let text = text.split(" (os error").next().unwrap_or_default();
        let mut characters = text.chars();
        match characters.next() {
            Some(first) => write!(f, "{}{}", first.to_lowercase(), characters.as_str()),
            None => write!(f, "error {}", self.0),
        }
    }
}
