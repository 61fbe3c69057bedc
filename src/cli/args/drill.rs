//! The arguments of `drill`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::{Common, argv};
use crate::commands::Drill;
use crate::error::Result;

/// Rehearse the outage, on a built-in sample or with a vault
///
/// Without VAULT the whole story runs on a sample: sealing, opening, starting a process, refusing a
/// changed file. With VAULT that one is opened and COMMAND started from it, or a probe that checks
/// that every name and value arrived; the rehearsal is recorded on this machine.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  breakglass drill\n  breakglass drill prod.env.gpg -- node check-config.js"
)]
pub(in crate::cli) struct DrillArguments {
    /// The vault
    #[arg(value_name = "VAULT")]
    vault: Option<PathBuf>,

    /// The command to start with the secrets
    #[arg(last = true, value_name = "COMMAND", requires = "vault")]
    command: Vec<OsString>,

    #[command(flatten)]
    common: Common,
}

impl DrillArguments {
    pub(in crate::cli) fn resolve(self) -> Result<Drill> {
        Ok(Drill {
            passphrase: self.common.passphrase(),
            messages: self.common.messages(),
            vault: self.vault,
            command: argv(self.command)?,
        })
    }
}
