//! What a build without all features does not do: it takes no more than its name, to say so.

use std::ffi::OsString;

use clap::Args;

use crate::error::{CommandError, Result};

#[derive(Args, Debug)]
#[command(disable_help_flag = true)]
pub(in crate::cli) struct LeftOut {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    words: Vec<OsString>,
}

impl LeftOut {
    pub(in crate::cli) fn resolve(self) -> Result<LeftOut> {
        Err(CommandError::OnlyOpens.into())
    }

    pub(in crate::cli) fn execute(self) -> Result<u8> {
        Err(CommandError::OnlyOpens.into())
    }
}
