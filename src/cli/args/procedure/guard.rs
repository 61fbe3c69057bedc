//! The arguments of `guard`.

use std::path::PathBuf;

use clap::Args;

use crate::commands::Guard;
use crate::error::Result;
use crate::terminal::Messages;

/// Keep environment files and plain-text secrets out of git
///
/// Refused are .env, .env.* and *.env, in any case of letters, and what vaults hold, in plain text,
/// whatever its name. Allowed are sealed vaults and receipts, and .env.example (sample, template, dist)
/// but for each line whose name or form is that of a secret and whose value could be a real one; their
/// content is looked at, too. Without PATH it looks at what is staged, as the hook does that breakglass
/// init --hook installs. Of a folder in a repository it looks at what is tracked, and at what is neither
/// tracked nor ignored. Exit status: 0 nothing is refused, 3 something is, 1 it could not look.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  breakglass guard\n  breakglass guard .")]
pub(in crate::cli) struct GuardArguments {
    /// Files and folders to look at, on the disk
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Look at what the next commit would add or change (the default)
    #[arg(long, conflicts_with = "paths")]
    staged: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,

    /// Leave out notes; warnings and errors stay
    #[arg(short, long)]
    quiet: bool,
}

impl GuardArguments {
    pub(in crate::cli) fn resolve(self) -> Result<Guard> {
        // --staged says what having no path says anyway.
        let messages = Messages { quiet: self.quiet };
        Ok(Guard { paths: self.paths, json: self.json, messages })
    }
}
