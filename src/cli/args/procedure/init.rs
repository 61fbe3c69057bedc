//! The arguments of `init`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::super::Common;
use super::super::source::{SourceArguments, from};
use crate::commands::Init;
use crate::error::Result;

/// Write a first breakglass.toml, and keep .env files out of git
///
/// The inventory has the names of the secrets, from the source or from a vault; class, rotation and a
/// checklist of your own are yours to fill in, and comments show how. Lines that .gitignore lacks are
/// added. It shows what it would do, and asks; what is there is never overwritten. Exit status: 0 done,
/// 3 still to be done.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  breakglass init --from infisical\n  breakglass init --hook")]
pub(in crate::cli) struct InitArguments {
    /// Take the names from infisical, a vault, or a FILE
    #[arg(long, value_name = "SOURCE", conflicts_with = "command")]
    from: Option<PathBuf>,

    /// Take the names from what this command prints
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,

    /// Install the hook that runs breakglass guard before each commit, and nothing else
    #[arg(long, conflicts_with_all = ["from", "command"])]
    hook: bool,

    /// Do it without asking
    #[arg(short, long)]
    yes: bool,

    #[command(flatten)]
    common: Common,

    #[command(flatten)]
    source: SourceArguments,
}

impl InitArguments {
    pub(in crate::cli) fn resolve(self) -> Result<Init> {
        Ok(Init {
            passphrase: self.common.passphrase(),
            messages: self.common.messages(),
            setup: self.source.resolve(from(self.from, self.command)?, "breakglass init")?,
            hook: self.hook,
            yes: self.yes,
        })
    }
}
