//! The arguments of `scan`.

use std::path::PathBuf;

use clap::Args;

use super::super::Common;
use crate::commands::Scan;
use crate::error::{CommandError, Result};
use crate::payload::{Pattern, Selection};

/// Find a vault's values in files, logs and histories
///
/// The exact values, as they are and as base64, URLs, JSON and shells write them, in every file below
/// PATH, binary, hidden and ignored ones too. Where none is named: PM2's folder, shell histories and
/// the current repository's history. Prints names and places, never a value. Exit status: 0 none
/// found, 3 found, 4 something could not be read.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  breakglass scan prod.env.gpg /var/log --git .")]
pub(in crate::cli) struct ScanArguments {
    /// The vault; - is standard input
    #[arg(value_name = "VAULT")]
    vault: PathBuf,

    /// Files and folders; - is standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Search all that this git repository has ever held
    ///
    /// Every object of it, whether a branch, a tag, the reflog or nothing leads to it, with the commit
    /// that brought it in.
    #[arg(long, value_name = "REPO")]
    git: Option<PathBuf>,

    /// Leave out names whose values may lie about; * stands for anything
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    except: Vec<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    common: Common,
}

impl ScanArguments {
    pub(in crate::cli) fn resolve(self) -> Result<Scan> {
        let inputs = self.paths.iter().chain([&self.vault]).filter(|path| path.as_os_str() == "-");
        if inputs.count() > 1 {
            let sentence = "standard input can be given once".to_owned();
            return Err(CommandError::usage(sentence, "breakglass scan"));
        }
        let except = self.except.into_iter().map(Pattern::new).collect();
        Ok(Scan {
            passphrase: self.common.passphrase(),
            messages: self.common.messages(),
            vault: self.vault,
            paths: self.paths,
            git: self.git,
            selection: Selection { only: Vec::new(), except },
            json: self.json,
        })
    }
}
