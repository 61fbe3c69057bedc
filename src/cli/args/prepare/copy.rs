//! The arguments of `copy`.

use std::path::PathBuf;

use clap::Args;

use super::super::Common;
use crate::commands::{CopyKit, OpenerFrom};
use crate::error::Result;

/// Copy a vault to a stick, with all that a bare machine needs
///
/// A folder of its own in DEST: the vault, the same as text, its receipt, the opener, sums, and
/// OPEN-ME.txt to follow. It is written, read back and opened with the passphrase before it replaces
/// an earlier one. The sums of vault and opener are printed, to be written on paper.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  breakglass copy prod.env.gpg /media/stick --opener breakglass-opener"
)]
pub(in crate::cli) struct CopyArguments {
    /// The vault
    #[arg(value_name = "VAULT")]
    vault: PathBuf,

    /// The folder that gets the kit, such as a mounted stick
    #[arg(value_name = "DEST")]
    folder: PathBuf,

    /// The program that opens it there: static, for Linux
    ///
    /// tests/build-opener makes one. The kit is for machines of its processor.
    #[arg(long, value_name = "PATH", conflicts_with = "without_opener")]
    opener: Option<PathBuf>,

    /// Leave the opener out, for machines that have gpg
    #[arg(long)]
    without_opener: bool,

    #[command(flatten)]
    common: Common,
}

impl CopyArguments {
    pub(in crate::cli) fn resolve(self) -> Result<CopyKit> {
        let opener = match self.opener {
            Some(path) => OpenerFrom::File(path),
            None if self.without_opener => OpenerFrom::Without,
            None => OpenerFrom::Unsaid,
        };
        Ok(CopyKit {
            passphrase: self.common.passphrase(),
            messages: self.common.messages(),
            vault: self.vault,
            folder: self.folder,
            opener,
        })
    }
}
