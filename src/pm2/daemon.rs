//! PM2's daemon, "God": it keeps every app's environment, and whatever it was started with itself.

use std::path::PathBuf;

use super::home::Home;
use crate::files;
use crate::memory::Region;
use crate::process::{self, Marker, Process};

/// Where a guarded daemon would write environments: below something that is no folder and never
/// will be, so that every attempt fails (measured: SIGTERM writes nothing). `pm2 save` and `pm2 update`
/// are written by the client, which has to be guarded itself (measured: then it ends with 1); one
/// that a user starts from a shell of their own is not.
pub(super) const NOWHERE: &str = "/dev/null/breakglass";

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
    /// The daemon whose number PM2 wrote down in its folder, if that is one, and runs.
    pub fn in_home(home: &Home) -> Option<Daemon> {
        let read = files::read_found(&home.folder().join("pm2.pid"), false).ok()?;
        let pid = str::from_utf8(&read.bytes).ok()?.trim().parse().ok()?;
        Daemon::of(&process::process(pid)?)
    }

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
