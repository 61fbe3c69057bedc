//! The arguments of `show`.

use std::path::PathBuf;

use clap::Args;

use super::Common;
use crate::commands::Show;
use crate::error::Result;

/// Show facts and names of a vault, or the value of one name
///
/// Facts need no passphrase: press Enter where it is asked for. A value goes to the terminal or,
/// byte for byte, into a pipe.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  breakglass show prod.env.gpg\n  breakglass show prod.env.gpg JWT_SECRET | wc -c"
)]
pub(in crate::cli) struct ShowArguments {
    /// The vault; - is standard input
    #[arg(value_name = "VAULT")]
    vault: PathBuf,

    /// The secret whose value is wanted
    #[arg(value_name = "NAME", conflicts_with_all = ["armor", "json"])]
    name: Option<String>,

    /// Print the vault itself as text, still encrypted
    ///
    /// ASCII armor, which a note or a mail can carry.
    #[arg(long, conflicts_with = "json")]
    armor: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,

    /// Let the value be written into a regular file
    #[arg(long, requires = "name")]
    allow_file: bool,

    /// Why the value is wanted, for this machine's journal
    #[arg(long, value_name = "TEXT", requires = "name")]
    reason: Option<String>,

    #[command(flatten)]
    common: Common,
}

impl ShowArguments {
    pub(in crate::cli) fn resolve(self) -> Result<Show> {
        Ok(Show {
            passphrase: self.common.passphrase(),
            messages: self.common.messages(),
            vault: self.vault,
            name: self.name,
            armor: self.armor,
            json: self.json,
            allow_file: self.allow_file,
            reason: self.reason,
        })
    }
}
