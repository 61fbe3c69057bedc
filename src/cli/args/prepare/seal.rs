//! The arguments of `seal`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::super::Common;
use super::super::source::{SourceArguments, from};
use crate::commands::{Allowances, Choice, Seal};
use crate::error::Result;

/// Encrypt all secrets of a source into a vault
///
/// The source is a document of NAME=value lines, JSON, or the output of a command, which is
/// started without a shell. The vault is written beside the old one, read back, opened, compared,
/// and only then put in its place.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  breakglass seal prod.env.gpg --from infisical")]
pub(in crate::cli) struct SealArguments {
    /// The vault to write, NAME.env.gpg or NAME.env.age
    #[arg(value_name = "VAULT")]
    vault: Option<PathBuf>,

    /// Read infisical, or a FILE; - is standard input
    #[arg(long, value_name = "SOURCE", conflicts_with = "command")]
    from: Option<PathBuf>,

    /// A command that prints the secrets
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,

    /// Write text (ASCII armor), for a note
    #[arg(long)]
    armor: bool,

    /// Make a strong passphrase and show it once
    ///
    /// Seven words, 77 bits. It is shown on the terminal only, never on standard output.
    #[arg(long, conflicts_with_all = ["passphrase_fd", "passphrase_file"])]
    generate_passphrase: bool,

    /// Seal these names although they steer programs
    ///
    /// NODE_OPTIONS and PATH are such names. Those that are allowed are recorded in the vault, so
    /// that nobody has to decide it in an outage.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    allow: Vec<String>,

    /// Leave out names that no shell can hold
    #[arg(long, value_name = "NAMES", value_delimiter = ',', hide_short_help = true)]
    allow_skip: Vec<String>,

    /// Seal these names although a reference in their values is unresolved
    #[arg(long, value_name = "NAMES", value_delimiter = ',', hide_short_help = true)]
    allow_reference: Vec<String>,

    /// Seal although these names are gone since the last receipt
    #[arg(long, value_name = "NAMES", value_delimiter = ',', hide_short_help = true)]
    accept_removed: Vec<String>,

    /// Go on where memory cannot be locked
    #[arg(long, hide_short_help = true)]
    allow_unlocked: bool,

    /// Take a passphrase that is likely to be guessed
    #[arg(long, hide_short_help = true)]
    allow_weak_passphrase: bool,

    #[command(flatten)]
    common: Common,

    #[command(flatten)]
    source: SourceArguments,
}

impl SealArguments {
    pub(in crate::cli) fn resolve(self) -> Result<Seal> {
        let allowances = Allowances {
            steering: self.allow,
            skip: self.allow_skip,
            reference: self.allow_reference,
            removed: self.accept_removed,
        };
        Ok(Seal {
            vault: self.vault,
            setup: self.source.resolve(from(self.from, self.command)?, "breakglass seal")?,
            armor: self.armor,
            allowances,
            choice: Choice {
                generate: self.generate_passphrase,
                allow_weak: self.allow_weak_passphrase,
                allow_unlocked: self.allow_unlocked,
            },
            passphrase: self.common.passphrase(),
            messages: self.common.messages(),
        })
    }
}
