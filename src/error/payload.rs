//! What goes wrong with a document: its text, its names, its size.

use super::escape::{At, Escaped, Listed, Of};

errors! {
    /// A document, or the names and values in it. A `line` of 0 is none.
    pub enum PayloadError {
        #[error("{}the value of {} holds a NUL byte, which no environment can carry", At(*line), Escaped(name))]
        #[hint("keep it as text at the source, in base64 for instance")]
        NulInValue { line: u32, name: String },

        #[error("{}the value of {} is not UTF-8", At(*line), Escaped(name))]
        #[hint("keep it as text at the source, in base64 for instance")]
        ValueNotUtf8 { line: u32, name: String },

        #[error("{}{} occurs a second time", At(*line), Escaped(name))]
        #[hint("leave one of them at the source")]
        DuplicateName { line: u32, name: String },

        #[error("line {line} is not an assignment NAME=value")]
        #[hint("docs/FORMAT.md lists what a document may hold; look also whether this is one")]
        NotAssignment { line: u32 },

        #[error("line {line}: what stands before '=' is not a name that a shell accepts")]
        #[hint("rename it: letters, digits and _, no digit first")]
        NotIdentifier { line: u32 },

        #[error("line {line}{}: a shell would read more than one plain assignment", Of(name))]
        #[hint("put the value in single quotes, an apostrophe within as '\\''")]
        MoreThanAssignment { line: u32, name: String },

        #[error("line {line}{}: a quote or a backslash is left open", Of(name))]
        #[hint("put the value in single quotes, an apostrophe within as '\\''")]
        BrokenQuotes { line: u32, name: String },

        #[error("line {line}{}: a shell would expand '$', '`', '~' or '{{' here", Of(name))]
        #[hint("put the value in single quotes, an apostrophe within as '\\''")]
        Expansion { line: u32, name: String },

        #[error("line {line} ends in CR LF, and a shell would keep the CR in the value")]
        #[hint("convert the file: sed -i '1s/^\\xEF\\xBB\\xBF//; s/\\r$//' FILE")]
        CarriageReturn { line: u32 },

        #[error("line 1 begins with a byte order mark, which a shell would take for part of a command")]
        #[hint("convert the file: sed -i '1s/^\\xEF\\xBB\\xBF//; s/\\r$//' FILE")]
        ByteOrderMark,

        #[error("line {line}: the JSON is broken")]
        #[hint("docs/FORMAT.md lists what a document may hold; look also whether this is one")]
        JsonSyntax { line: u32 },

        #[error("line {line}: the JSON is neither {{\"NAME\": \"value\"}} nor [{{\"key\": …, \"value\": …}}]")]
        #[hint("docs/FORMAT.md lists what a document may hold; look also whether this is one")]
        JsonShape { line: u32 },

        #[error("{}the JSON value of {} is not a string", At(*line), Escaped(name))]
        #[hint("put it in double quotes")]
        JsonNotString { line: u32, name: String },

        #[error("the document was written by a later version of breakglass")]
        #[hint("gpg --decrypt FILE, or age --decrypt FILE, prints it, and a shell can source that")]
        NewerDocument,

        #[error("a control character cannot stand in the document's header")]
        #[hint("rename at the source what --allow-skip would leave out")]
        HeaderControl,

        #[error("the document holds another number of secrets than its header says")]
        #[hint("seal again from the source")]
        CountMismatch,

        #[error("there is not one secret in it")]
        #[hint("look whether it is the right source, or the right vault")]
        NoSecrets,

        #[error("a shell cannot hold these names: {}", Listed(names))]
        #[hint("rename them at the source, or leave them out with --allow-skip A,B")]
        ImpossibleNames { names: Vec<String> },

        #[error("the vault holds names that no environment can hold: {}", Listed(names))]
        #[hint("breakglass run leaves them out with --except A,B")]
        ImpossibleNamesInVault { names: Vec<String> },

        #[error("the source has none of these names to leave out: {}", Listed(names))]
        #[hint("leave them out of --allow-skip")]
        NotSkipped { names: Vec<String> },

        #[error("a shell, or breakglass, sets these names itself: {}", Listed(names))]
        #[hint("rename them at the source, or leave them out with --allow-skip A,B")]
        TakenNames { names: Vec<String> },

        #[error("these names steer the programs that get them: {}", Listed(names))]
        #[hint("if the service needs them, seal with --allow A,B")]
        SteeringNames { names: Vec<String> },

        #[error("the vault does not allow these names, which steer the programs that get them: {}", Listed(names))]
        #[hint("breakglass run leaves them out with --except A,B, or insists with --allow A,B")]
        SteeringNamesInVault { names: Vec<String> },

        #[error("unresolved references ${{…}} stand in the values of {}", Listed(names))]
        #[hint("mend the references at the source, or take the values as they are with --allow-reference A,B")]
        Unresolved { names: Vec<String> },

        #[error("breakglass.toml requires these names, and the source has none: {}", Listed(names))]
        #[hint("look whether the source is the right one; nothing was replaced")]
        RequiredMissing { names: Vec<String> },

        #[error("in the vault until now, and no longer in the source: {}", Listed(names))]
        #[hint("if they are gone for good, seal with --accept-removed A,B")]
        NamesGone { names: Vec<String> },

        #[error("no secret fits: {}", Listed(names))]
        #[hint("breakglass show VAULT lists the names")]
        UnknownNames { names: Vec<String> },

        #[error("the selection leaves no secret")]
        #[hint("breakglass show VAULT lists the names")]
        NothingSelected,

        #[error("too long for an environment, NAME=value may take 131,071 bytes: {}", Listed(names))]
        #[hint("give the service a file for them; breakglass run leaves them out with --except A,B")]
        ValuesTooLong { names: Vec<String> },

        #[error("secrets, environment and arguments together are too large for a new process")]
        #[hint("breakglass run leaves some out with --except A,B, and the caller's own with --clean")]
        EnvironmentTooLarge,

        #[error("the secrets take more than 4 MiB")]
        #[hint("take what is large out of it; no environment could hold so much")]
        DocumentTooLarge,
    }
}
