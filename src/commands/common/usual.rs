//! Where secrets are usually left behind: what `scan` looks at when nothing is named.

use std::path::{Path, PathBuf};

use crate::git::Repository;
use crate::pm2::Home;

/// What shells and other programs that are typed into remember, below the user's home.
const HISTORIES: [&str; 15] = [
    ".bash_history",
    ".zsh_history",
    ".zhistory",
    ".zsh_sessions",
    ".sh_history",
    ".ash_history",
    ".histfile",
    ".local/share/fish/fish_history",
    ".node_repl_history",
    ".python_history",
    ".psql_history",
    ".mysql_history",
    ".rediscli_history",
    ".viminfo",
    ".npm/_logs",
];

/// What of it is there: PM2's folder with its logs and dumps, and the histories.
pub(in crate::commands) fn places() -> Vec<PathBuf> {
    let given = |name| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    let home = given("HOME");
    let in_home = HISTORIES.iter().filter_map(|name| Some(home.as_ref()?.join(name)));
    let pm2 = Home::of_environment().map(|home| home.folder().to_owned());
    let mut places: Vec<PathBuf> =
        pm2.into_iter().chain(given("HISTFILE")).chain(in_home).collect();
    // A history may be a link to /dev/null.
    places.retain(|path| path.is_file() || path.is_dir());
    places.sort();
    places.dedup();
    places
}

/// The repository that the current folder is in, if it is in one that git reads.
pub(in crate::commands) fn repository() -> Option<PathBuf> {
    let layout = Repository::of(Path::new(".")).and_then(|it| it.layout()).ok()?;
    Some(layout.top.unwrap_or(layout.common))
}
