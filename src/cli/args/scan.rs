//! The arguments of `scan`.

use std::path::PathBuf;

use clap::Args;

use super::Common;
use crate::commands::Scan;
use crate::error::{Error, Result};
use crate::payload::{Pattern, Selection};

/// Find a vault's values in files, logs and histories
///
/// The exact values, as they are and as base64, URLs, JSON and shells write them, in every file below
/// PATH, binary, hidden and ignored ones too. Without PATH: PM2's folder and shell histories.
/// Prints names and places, never a value. Exit status: 0 none found, 3 found, 4 something could not
/// be read.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  breakglass scan prod.env.gpg /srv/app /var/log")]
pub(in crate::cli) struct ScanArguments {
    /// The vault; - is standard input
    #[arg(value_name = "VAULT")]
    vault: PathBuf,

    /// Files and folders; - is standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

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
            return Err(Error::Usage { sentence, command: "breakglass scan".to_owned() });
        }
        let except = self.except.into_iter().map(Pattern::new).collect();
        Ok(Scan {
            passphrase: self.common.passphrase(),
            messages: self.common.messages(),
            vault: self.vault,
            paths: self.paths,
            selection: Selection { only: Vec::new(), except },
            json: self.json,
        })
    }
}
