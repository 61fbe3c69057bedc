//! The arguments of `reseal`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::super::Common;
use crate::commands::{Choice, PassphraseFrom, Reseal, Setup};
use crate::error::{CommandError, Result};
use crate::records::KeyPlace;

/// Give a vault a new passphrase or another form, without its source
///
/// The document in it stays as it is, byte for byte, so the copy is as old as before. The new vault is
/// written beside the old one, read back, opened, compared, and only then put in its place; a receipt
/// follows. Copies made before still open with the old passphrase.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  breakglass reseal prod.env.gpg\n  breakglass reseal prod.env.gpg --keep-passphrase --to prod.env.age"
)]
pub(in crate::cli) struct ResealArguments {
    /// The vault; - is standard input, for --to alone
    #[arg(value_name = "VAULT")]
    vault: PathBuf,

    /// Write this file, and leave VAULT as it is
    ///
    /// A name that ends in .age makes an age vault, any other an OpenPGP one. It must not exist yet.
    #[arg(long, value_name = "NEW")]
    to: Option<PathBuf>,

    /// Write text (ASCII armor), for a note
    #[arg(long)]
    armor: bool,

    /// Write no text, where VAULT is one
    #[arg(long, conflicts_with = "armor")]
    binary: bool,

    /// Keep the passphrase
    #[arg(long, conflicts_with_all = ["generate_passphrase", "new_passphrase_fd", "new_passphrase_file"])]
    keep_passphrase: bool,

    /// Make a strong passphrase and show it once
    ///
    /// Seven words, 77 bits. It is shown on the terminal only, never on standard output.
    #[arg(long, conflicts_with_all = ["new_passphrase_fd", "new_passphrase_file"])]
    generate_passphrase: bool,

    /// Read the new passphrase from descriptor N, one line
    ///
    /// Where both come from one descriptor, the old one's line is the first.
    #[arg(long, value_name = "N", conflicts_with = "new_passphrase_file", hide_short_help = true)]
    new_passphrase_fd: Option<u32>,

    /// Read the new passphrase from the first line of FILE
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    new_passphrase_file: Option<PathBuf>,

    /// Go on where memory cannot be locked
    #[arg(long, hide_short_help = true)]
    allow_unlocked: bool,

    /// Take a passphrase that is likely to be guessed
    #[arg(long, hide_short_help = true)]
    allow_weak_passphrase: bool,

    /// Read FILE in place of the nearest breakglass.toml
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    config: Option<PathBuf>,

    /// Where the key of receipts lies: FILE, or infisical:/PATH
    #[arg(long, value_name = "KEY", hide_short_help = true)]
    receipt_key: Option<OsString>,

    #[command(flatten)]
    common: Common,
}

impl ResealArguments {
    pub(in crate::cli) fn resolve(self) -> Result<Reseal> {
        if self.vault.as_os_str() == "-" && self.to.is_none() {
            return Err(CommandError::usage(
                "what comes from standard input is sealed into a file, which --to names",
                "breakglass reseal",
            ));
        }
        let receipt_key = self.receipt_key.map(|text| KeyPlace::parse(&text)).transpose()?;
        Ok(Reseal {
            passphrase: self.common.passphrase(),
            messages: self.common.messages(),
            vault: self.vault,
            to: self.to,
            armor: (self.armor || self.binary).then_some(self.armor),
            keep_passphrase: self.keep_passphrase,
            choice: Choice {
                generate: self.generate_passphrase,
                allow_weak: self.allow_weak_passphrase,
                allow_unlocked: self.allow_unlocked,
            },
            setup: Setup { config: self.config, receipt_key, ..Setup::default() },
            new_passphrase: PassphraseFrom {
                descriptor: self.new_passphrase_fd,
                file: self.new_passphrase_file,
            },
        })
    }
}
