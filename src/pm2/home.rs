//! The folder in which a PM2 keeps its state, and what in it can hold environments.

use std::path::{Path, PathBuf};

/// A `PM2_HOME`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Home(PathBuf);

/// Files in which PM2 writes environments, or keys that it found in one.
const KEEPING: &[&str] = &["dump.pm2", "dump.pm2.bak", "agent.json5"];

impl Home {
    /// That folder; a relative one is taken from the current one, as PM2 does.
    pub fn at(folder: PathBuf) -> Home {
        Home(std::path::absolute(&folder).unwrap_or(folder))
    }

    /// `PM2_HOME` of this process' environment, else `.pm2` in the user's home.
    pub fn of_environment() -> Option<Home> {
        let given = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let home = given("PM2_HOME").map(PathBuf::from);
        home.or_else(|| Some(PathBuf::from(given("HOME")?).join(".pm2"))).map(Home::at)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// The names of the apps that run, as PM2 names the files with their numbers: `pids/NAME-ID.pid`.
    pub(super) fn running_apps(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.0.join("pids")).into_iter().flatten().flatten();
        let name = |file: std::fs::DirEntry| {
            let file = file.file_name().into_string().ok()?;
            file.strip_suffix(".pid")?.rsplit_once('-').map(|(name, _)| name.to_owned())
        };
        files.filter_map(name).collect()
    }

    /// The files that are there and may hold environments.
    pub fn kept(&self) -> Vec<PathBuf> {
        let there = |path: &PathBuf| rustix::fs::stat(path).is_ok_and(|stat| stat.st_size > 0);
        KEEPING.iter().map(|name| self.0.join(name)).filter(there).collect()
    }
}
