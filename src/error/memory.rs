//! What goes wrong with memory, and with the passphrase, which lives there.

use super::Errno;
use super::escape::Reason;

errors! {
    /// Memory, locks and random numbers.
    pub enum MemoryError {
        #[error("the system has no memory, or no thread, left")]
        #[hint("end other programs, or raise the limits (ulimit -v, ulimit -u)")]
        OutOfMemory,

        #[error("this system does not let the program lock memory, so the secrets may reach the swap")]
        #[hint("raise the limit (ulimit -l 8192), or insist with --allow-unlocked")]
        NotLocked,

        #[error("the system's random number generator does not answer")]
        #[hint("use another machine: this one's kernel, or what confines the program, has no getrandom")]
        NoRandomness,
    }
}

errors! {
    /// A passphrase: where it comes from, and whether it will do.
    pub enum PassphraseError {
        #[error("the passphrase is empty")]
        #[hint("run the command again")]
        Empty,

        #[error("the passphrase is longer than 1024 bytes")]
        #[hint("only the first line counts; see whether it is the right file")]
        TooLong,

        #[error("the passphrase holds a control character")]
        #[hint("type it again, without arrow keys; a file of it must not end in CR LF")]
        Control,

        #[error("the passphrase that was typed is not UTF-8")]
        #[hint("type it again, without arrow keys; a file of it must not end in CR LF")]
        NotUtf8,

        #[error("this passphrase could not be typed in an outage: it holds control characters, is not UTF-8, or is longer than 255 bytes")]
        #[hint("let one be made by --generate-passphrase")]
        Untypable,

        #[error("the two passphrases differ")]
        #[hint("run the command again")]
        Mismatch,

        #[error("the new passphrase is the old one")]
        #[hint("choose another one, or keep it with --keep-passphrase")]
        Same,

        #[error("the passphrase is too weak: {advice}")]
        #[hint("let --generate-passphrase make one instead, or insist with --allow-weak-passphrase")]
        Weak { advice: &'static str },

        #[error("cannot read the passphrase from {what}: {}", Reason(*errno))]
        #[hint("see that it is open, or there, and may be read")]
        Unreadable { what: String, errno: Errno },

        #[error("{what} holds no passphrase")]
        #[hint("its first line is to be the passphrase")]
        Missing { what: String },
    }
}
