//! The arguments of `status`.

use std::path::PathBuf;

use clap::Args;

use super::Common;
use crate::commands::Status;
use crate::error::Result;

/// Tell what runs on emergency secrets now, and what is due
///
/// Processes that have secrets of a vault, PM2's daemons and apps among them; files of PM2 that hold
/// some; vaults that were used and not sealed again; rehearsals; and the commands to stand down with.
/// With VAULT, PM2's files are searched for its values. Exit status: 0 nothing to do, 3 something is.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  breakglass status")]
pub(in crate::cli) struct StatusArguments {
    /// The vault whose values are looked for; - is standard input
    #[arg(value_name = "VAULT")]
    vault: Option<PathBuf>,

    /// Read FILE in place of the nearest breakglass.toml
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    config: Option<PathBuf>,

    /// Print JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    common: Common,
}

impl StatusArguments {
    pub(in crate::cli) fn resolve(self) -> Result<Status> {
        Ok(Status {
            passphrase: self.common.passphrase(),
            messages: self.common.messages(),
            vault: self.vault,
            config: self.config,
            json: self.json,
        })
    }
}
