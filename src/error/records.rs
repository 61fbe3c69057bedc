//! What goes wrong with breakglass.toml, the logs and the folder of records.

use std::fmt;
use std::path::PathBuf;

use super::escape::{Listed, Of, Quoted};

errors! {
    /// breakglass.toml, the logs, and where they lie.
    pub enum RecordsError {
        #[error("there is no folder for records: neither XDG_STATE_HOME nor HOME is set")]
        #[hint("set HOME, or XDG_STATE_HOME, to an absolute path")]
        NoStateFolder,

        #[error("the place of a receipt key is a file or infisical:/PATH, and never the key itself")]
        #[hint("write --receipt-key FILE, or --receipt-key infisical:/PATH")]
        KeyPlace,

        #[error("{place}: the text is not UTF-8")]
        #[hint("docs/CURRENT.md lists every key, and what it takes")]
        NotUtf8 { place: Place },

        #[error("{place}: this is not TOML, or sets something a second time")]
        #[hint("docs/CURRENT.md lists every key, and what it takes")]
        NotToml { place: Place },

        #[error("{place}: unknown key{}; {table} takes {}", Of(key), known.join(", "))]
        #[hint("docs/CURRENT.md lists every key, and what it takes")]
        UnknownKey { place: Place, key: String, table: &'static str, known: &'static [&'static str] },

        #[error("{place}: a key{} that may hold a credential has no place here", Of(key))]
        #[hint("credentials belong into the environment; replace one that was committed")]
        Credential { place: Place, key: String },

        #[error("{place}: {key} must be {expected}")]
        #[hint("docs/CURRENT.md lists every key, and what it takes")]
        WrongValue { place: Place, key: &'static str, expected: &'static str },

        #[error("the text holds the value of {}, so nothing was written", Listed(names))]
        #[hint("say it without the value, and replace that at its source: it stands in the shell's history now")]
        TextHoldsValue { names: Vec<String> },
    }
}

/// Where something stands in a text file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}, column {}", Quoted(&self.path), self.line, self.column)
    }
}
