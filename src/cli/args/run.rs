//! The arguments of `run`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::Common;
use crate::commands::Run;
use crate::error::Result;
use crate::payload::{Pattern, Selection};
use crate::process::{Argv, Base};

/// Start a command with the secrets in its environment
///
/// breakglass becomes the command: same process number, its exit status and signals, standard
/// input untouched. Nothing is written to the disk. If it cannot be started: 127 not found, 126
/// not executable, 130 Ctrl-C at the prompt, 125 anything else.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  breakglass run prod.env.gpg -- pm2 start ecosystem.config.js")]
pub(in crate::cli) struct RunArguments {
    /// The vault; - is standard input
    #[arg(value_name = "VAULT")]
    vault: PathBuf,

    /// The command and its arguments
    #[arg(last = true, value_name = "COMMAND", required = true)]
    command: Vec<OsString>,

    /// Pass only these names; * stands for anything
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    only: Vec<String>,

    /// Pass all but these names; * stands for anything
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    except: Vec<String>,

    /// Pass little of the caller's own environment
    ///
    /// Of the caller's: HOME, LANG, LC_*, LOGNAME, PATH, PM2_HOME, SHELL, TERM, TMPDIR, TZ, USER.
    #[arg(long)]
    clean: bool,

    /// Pass these names although they steer programs
    ///
    /// The vault records those that were allowed when it was sealed; this is for all others.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    allow: Vec<String>,

    /// Let it write core files, which hold the secrets
    #[arg(long)]
    allow_core: bool,

    /// Let PM2 do what leaks secrets, or misses them
    ///
    /// pm2 save, restart without --update-env and others are refused otherwise, with the form that
    /// works.
    #[arg(long)]
    allow_pm2: bool,

    /// Why, for this machine's journal
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,

    #[command(flatten)]
    common: Common,
}

impl RunArguments {
    pub(in crate::cli) fn resolve(self) -> Result<Run> {
        let patterns = |names: Vec<String>| names.into_iter().map(Pattern::new).collect();
        Ok(Run {
            passphrase: self.common.passphrase(),
            messages: self.common.messages(),
            vault: self.vault,
            command: Argv::new(self.command)?,
            selection: Selection { only: patterns(self.only), except: patterns(self.except) },
            allow: self.allow,
            base: if self.clean { Base::Clean } else { Base::Inherit },
            allow_core: self.allow_core,
            allow_pm2: self.allow_pm2,
            reason: self.reason,
        })
    }
}
