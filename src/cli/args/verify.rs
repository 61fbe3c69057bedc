//! The arguments of `verify`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::Common;
use super::source::{SourceArguments, from};
use crate::commands::Verify;
use crate::error::{CommandError, Result};
use crate::records;

/// Check that vaults open and hold what the source holds
///
/// Layer by layer: readable, strong, opens, current, age. Exit status: 0 as it should be, 3 a
/// finding such as stale, 4 cannot tell, 1 failed; of several vaults 1 beats 4 beats 3 beats 0.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  breakglass verify prod.env.gpg -- \\\n    infisical export --env=production --format=json"
)]
pub(in crate::cli) struct VerifyArguments {
    /// The vaults
    #[arg(value_name = "VAULT")]
    vaults: Vec<PathBuf>,

    /// Compare with infisical, or a FILE; - is standard input
    #[arg(long, value_name = "SOURCE", conflicts_with_all = ["command", "offline"])]
    from: Option<PathBuf>,

    /// Compare with what this command prints
    #[arg(last = true, value_name = "COMMAND", conflicts_with = "offline")]
    command: Vec<OsString>,

    /// Check the receipts instead, without passphrase or vault
    ///
    /// The receipt beside the vault, VAULT.receipt, is compared with the source. The key is the one
    /// that it was sealed with.
    #[arg(long, conflicts_with_all = ["offline", "passphrase_fd", "passphrase_file"])]
    receipt: bool,

    /// Compare with no source
    #[arg(long)]
    offline: bool,

    /// Find vaults older than this, like 30d
    #[arg(long, value_name = "AGE")]
    max_age: Option<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    common: Common,

    #[command(flatten)]
    source: SourceArguments,
}

impl VerifyArguments {
    pub(in crate::cli) fn resolve(self) -> Result<Verify> {
        let max_age = match &self.max_age {
            None => None,
            Some(text) => Some(records::parse_duration(text).ok_or_else(|| {
                CommandError::usage(
                    "--max-age takes a length of time such as 30d, 2w or 12h",
                    "breakglass verify",
                )
            })?),
        };
        let setup = self.source.resolve(from(self.from, self.command)?, "breakglass verify")?;
        let from_stdin = self.vaults.iter().filter(|vault| vault.as_os_str() == "-").count();
        if from_stdin + usize::from(setup.is_stdin()) > 1 {
            return Err(CommandError::usage(
                "standard input can be read only once",
                "breakglass verify",
            ));
        }
        Ok(Verify {
            setup,
            passphrase: self.common.passphrase(),
            messages: self.common.messages(),
            vaults: self.vaults,
            receipt: self.receipt,
            offline: self.offline,
            max_age,
            json: self.json,
        })
    }
}
