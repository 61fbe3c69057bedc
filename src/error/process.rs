//! What goes wrong with commands that are run.

use super::Errno;
use super::escape::{Quoted, Reason};

errors! {
    /// Finding and starting a command, and what interrupts one.
    pub enum ProcessError {
        #[error("command not found: {}", Quoted(program.as_ref()))]
        #[hint("give the whole path, or see that PATH has it")]
        NotFound { program: String },

        #[error("cannot execute {}: {}", Quoted(program.as_ref()), Reason(*errno))]
        #[hint("chmod +x lets it start; a script also needs a first line such as #!/bin/sh")]
        NotExecutable { program: String, errno: Errno },

        #[error("cannot start {}: {}", Quoted(program.as_ref()), Reason(*errno))]
        #[hint("run it alone, without breakglass, to see what it lacks")]
        CannotStart { program: String, errno: Errno },

        // Who sent the signal knows what to do.
        #[error("interrupted; not everything was searched")]
        #[hint(none)]
        SearchInterrupted { signal: i32 },
    }
}
