//! What goes wrong with receipts and their key.

use std::path::PathBuf;

use super::escape::Quoted;

errors! {
    /// A receipt, its key, or what the receipt is compared with.
    pub enum ReceiptError {
        // the key
        #[error("the receipt key is not 64 hex digits")]
        #[hint("openssl rand -hex 32 makes one, to be stored as BREAKGLASS_RECEIPT_KEY")]
        NotAKey,

        #[error("{} holds no receipt key, which is 64 hex digits", Quoted(path))]
        #[hint("copy it anew, or remove it and seal again, which makes one")]
        NotAKeyFile { path: PathBuf },

        #[error("there is no receipt key at {}", Quoted(path))]
        #[hint("copy it from the machine that seals, or seal again here")]
        NoKey { path: PathBuf },

        // its text
        #[error("this is no receipt: it does not begin as one")]
        #[hint("seal again")]
        NotAReceipt,

        #[error("the receipt was written by a later version of breakglass")]
        #[hint("seal again")]
        Newer,

        #[error("line {line} of the receipt ends in CR LF, so something has converted it")]
        #[hint("seal again; the line '*.receipt -text' in .gitattributes keeps git from converting it")]
        CarriageReturn { line: u32 },

        #[error("line {line} of the receipt is not as it is written")]
        #[hint("seal again")]
        Line { line: u32 },

        #[error("line {line} of the receipt: a name occurs twice or is out of order")]
        #[hint("seal again")]
        Order { line: u32 },

        #[error("the receipt holds another number of names than it says")]
        #[hint("seal again")]
        Count,

        #[error("the receipt is cut off, or something stands behind its last line")]
        #[hint("seal again")]
        End,

        #[error("the receipt takes more than 8 MiB")]
        #[hint("seal again")]
        TooLarge,

        // what it is compared with
        #[error("the receipt was made with another key, or changed since")]
        #[hint("seal again")]
        NotAuthentic,

        #[error("the vault beside it is not the one of the receipt")]
        #[hint("seal again")]
        OfAnotherVault,

        #[error("it was sealed from another project, environment, folder or server")]
        #[hint("compare with the source of the receipt, or seal again")]
        OtherSource,

        // its file
        #[error("names that are gone would not be noticed, because {} cannot be read as a receipt", Quoted(path))]
        #[hint("restore it, or remove it and seal again")]
        Unreadable { path: PathBuf },

        #[error("names that are gone would not be noticed, because {} was made with another key, or changed since", Quoted(path))]
        #[hint("if the key was changed on purpose, remove it and seal again")]
        OfOtherKey { path: PathBuf },

        #[error("the vault is sealed, but {} could not be written", Quoted(path))]
        #[hint("seal again")]
        NotWritten { path: PathBuf },
    }
}
