//! Where this machine's records lie.

use std::path::PathBuf;

use crate::error::{RecordsError, Result};

/// The state folder, which need not exist yet: `$XDG_STATE_HOME/breakglass`, by default
/// `~/.local/state/breakglass` (XDG Base Directory Specification 0.8).
///
/// Errors: neither XDG_STATE_HOME nor HOME holds an absolute path.
pub fn state_folder() -> Result<PathBuf> {
    let absolute =
        |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")));
    Ok(state.ok_or(RecordsError::NoStateFolder)?.join("breakglass"))
}
