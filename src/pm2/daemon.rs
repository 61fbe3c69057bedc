//! PM2's daemon, "God": it keeps every app's environment, and whatever it was started with itself.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::command::Invocation;
use super::home::Home;
use crate::error::{Error, Result};
use crate::memory::Region;
use crate::process::{Addition, Environment, Marker, Outcome, Output, Process, spawn};

/// How long starting a daemon may hold up the outage.
pub const ALONE: Duration = Duration::from_secs(10);

/// Where a guarded daemon would write environments: below something that is no folder and never
/// will be, so that every attempt fails (measured: SIGTERM writes nothing). `pm2 save` and `pm2 update`
/// are written by the client, which has to be guarded itself (measured: then it ends with 1); one
/// that a user starts from a shell of their own is not.
const NOWHERE: &str = "/dev/null/breakglass";

/// What keeps a daemon and PM2's clients from writing environments to the disk, and from connecting to
/// pm2.io where they find keys for it.
pub(super) const GUARDS: [(&str, &str); 3] = [
    ("PM2_DUMP_FILE_PATH", "/dev/null/breakglass/dump.pm2"),
    ("PM2_DUMP_BACKUP_FILE_PATH", "/dev/null/breakglass/dump.pm2.bak"),
    ("PM2_NO_INTERACTION", "true"),
];

/// The guards, and what keeps a package runner from downloading, for the environment of a command.
///
/// What is `allowed` to write environments down, or to read them, gets no guard that keeps it from that.
pub fn guards(invocation: &Invocation, allowed: bool) -> Vec<Addition> {
    let writes = allowed && invocation.words().handles_dumps();
    let guards = GUARDS.iter().filter(|(_, value)| !(writes && value.starts_with(NOWHERE)));
    let guards = guards.map(|(name, value)| (*name, (*value).to_owned()));
    guards.chain(invocation.additions()).collect()
}

/// A running daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Daemon {
    /// Its process.
    pub process: Process,
    /// Its folder, where it can be told.
    pub home: Option<Home>,
    /// Whether it writes no environments to the disk; nothing where it cannot be told.
    pub guarded: Option<bool>,
    /// The marker in its own environment: it was started with secrets of a vault.
    pub marker: Option<Marker>,
}

impl Daemon {
    /// What a process is, if it is a daemon of PM2.
    pub fn of(process: &Process) -> Option<Daemon> {
        let title = process.command_line().ok()?;
        let home = home_in_title(title.expose())?;
        let environment = process.environment().ok();
        let variable = |name| environment.as_ref().and_then(|strings| value_of(strings, name));
        let text = |value: &[u8]| PathBuf::from(String::from_utf8_lossy(value).into_owned());
        let own = variable("PM2_HOME").map(text).or(home).filter(|home| home.is_absolute());
        let guarded = environment.as_ref().map(|_| {
            let guarded =
                |name| variable(name).is_some_and(|path| path.starts_with(NOWHERE.as_bytes()));
            guarded("PM2_DUMP_FILE_PATH") && guarded("PM2_DUMP_BACKUP_FILE_PATH")
        });
        Some(Daemon {
            process: process.clone(),
            home: own.map(Home::at),
            guarded,
            marker: environment.and_then(|strings| Marker::find(strings.expose())),
        })
    }
}

impl Invocation {
    /// Starts a daemon that knows no secrets, where none runs: with a fixed environment of its own, and
    /// guarded. Where one runs, it only answers. `deadline` bounds it.
    ///
    /// Errors: it cannot be started, fails, does not answer in time, or this process was told to end.
    pub fn start_daemon(&self, deadline: Instant) -> Result<()> {
        let mut additions = guards(self, false);
        // Nothing is asked of pm2.io, and no banner printed, at the first start in a new folder.
        additions.push(("PM2_DISCRETE_MODE", "true".to_owned()));
        if let Some(home) = self.home() {
            additions.push(("PM2_HOME", home.folder().to_string_lossy().into_owned()));
        }
        let environment = Environment::clean(&additions)?;
        let child = spawn(&self.ping()?, &environment, Output::Nothing)?;
        match child.wait_until(deadline) {
            Some(Outcome::Exited(0)) => Ok(()),
            Some(Outcome::Interrupted(signal)) => Err(Error::Interrupted { signal }),
            _ => Err(Error::Pm2NoDaemon),
        }
    }
}

/// The folder in a daemon's title, `PM2 v7.0.4: God Daemon (/root/.pm2)`, where it fits there; none at
/// all where this is the title of something else. Before it has one, it is `node …/pm2/lib/Daemon.js`.
fn home_in_title(command_line: &[u8]) -> Option<Option<PathBuf>> {
    let title = String::from_utf8_lossy(command_line);
    let title = title.trim_end_matches(['\0', ' ']);
    match title.split_once(": God Daemon (") {
        Some((version, home)) if version.starts_with("PM2 v") => {
            Some(home.strip_suffix(')').map(PathBuf::from))
        }
        _ if title.split('\0').nth(1).is_some_and(|word| word.ends_with("/pm2/lib/Daemon.js")) => {
            Some(None)
        }
        _ => None,
    }
}

/// What stands behind `name=` in an environment.
fn value_of<'a>(strings: &'a Region, name: &str) -> Option<&'a [u8]> {
    strings
        .expose()
        .split(|byte| *byte == 0)
        .find_map(|string| string.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles() {
        let home = |path: &str| Some(Some(PathBuf::from(path)));
        assert_eq!(home_in_title(b"PM2 v7.0.4: God Daemon (/root/.pm2)\0\0\0"), home("/root/.pm2"));
        assert_eq!(home_in_title(b"PM2 v5.4.3: God Daemon (/srv/a b)"), home("/srv/a b"));
        assert_eq!(home_in_title(b"PM2 v7.0.4: God Daemon (/a/long/one/that/is/cu"), Some(None));
        assert_eq!(
            home_in_title(b"/usr/bin/node\0/x/node_modules/pm2/lib/Daemon.js\0"),
            Some(None)
        );
        for other in
            ["node\0server.js", "vim\0PM2 v7: God Daemon (x)", "", "grep\0/pm2/lib/Daemon.js.x"]
        {
            assert_eq!(home_in_title(other.as_bytes()), None, "{other:?}");
        }
    }
}
