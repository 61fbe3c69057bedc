//! What goes wrong at the terminal, and on standard output.

use super::Errno;
use super::escape::Reason;

errors! {
    /// The prompt and standard output.
    pub enum TerminalError {
        #[error("there is no terminal: {}", Reason(*errno))]
        #[hint("ssh -t gives one; --passphrase-fd N and --passphrase-file FILE do without")]
        NoTerminal { errno: Errno },

        // Who pressed Ctrl-C knows what to do.
        #[error("cancelled at the prompt")]
        #[hint(none)]
        Cancelled,

        #[error("cannot write to standard output: {}", Reason(*errno))]
        #[hint("see that the disk has room, and that something reads it")]
        StandardOutput { errno: Errno },
    }
}
