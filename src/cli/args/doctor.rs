//! The arguments of `doctor`.

use clap::Args;

use crate::commands::Doctor;

/// Look at what this machine does for secrets in memory
///
/// Memory that can be locked and hidden, swap, core files, tracing, root. Exit status 3 where
/// something should be better.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  breakglass doctor")]
pub(in crate::cli) struct DoctorArguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl DoctorArguments {
    pub(in crate::cli) fn resolve(self) -> Doctor {
        Doctor { json: self.json }
    }
}
