//! The arguments of `doctor`.

use std::path::PathBuf;

use clap::Args;

use super::Common;
use crate::commands::{Checklist, Doctor};

/// Look at this machine, or go through the quarterly checklist
///
/// What it does for secrets in memory: memory that can be locked and hidden, swap, core files,
/// tracing, root. Or the list of the procedure in Markdown: ✔ checked, ✘ failed, □ for a person, which
/// is also each item of the checklist in breakglass.toml; with VAULT, its values are also looked for in the
/// repository, its history and PM2's files. Exit status 3 where something should be better.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  breakglass doctor\n  breakglass doctor --checklist prod.env.gpg"
)]
pub(in crate::cli) struct DoctorArguments {
    /// Go through the checklist
    #[arg(long)]
    checklist: bool,

    /// The vault whose values are looked for; - is standard input
    #[arg(value_name = "VAULT", requires = "checklist")]
    vault: Option<PathBuf>,

    /// Read FILE in place of the nearest breakglass.toml
    #[arg(long, value_name = "FILE", requires = "checklist")]
    config: Option<PathBuf>,

    /// Print JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    common: Common,
}

impl DoctorArguments {
    /// The checklist, where that was asked for.
    pub(in crate::cli) fn resolve(self) -> (Doctor, Option<Checklist>) {
        let checklist = self.checklist.then(|| Checklist {
            passphrase: self.common.passphrase(),
            messages: self.common.messages(),
            vault: self.vault,
            config: self.config,
            json: self.json,
        });
        (Doctor { json: self.json }, checklist)
    }
}
