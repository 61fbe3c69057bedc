//! Keeping PM2 from writing environments down: guards for its daemon and its clients, and a daemon that
//! knows no secrets.

use std::time::{Duration, Instant};

use super::command::Invocation;
use super::daemon::NOWHERE;
use crate::error::{FileError, Pm2Error, Result};
use crate::process::{Addition, Base, Environment, Exit, Output, OwnEnvironment, spawn};

/// How long starting a daemon may hold up the outage.
pub const ALONE: Duration = Duration::from_secs(10);

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
        let own = OwnEnvironment::keep();
        let environment = Environment::new(&own, Base::Clean, None, &additions)?;
        let child = spawn(&self.ping()?, &environment, Output::Nothing)?;
        match child.wait_until(deadline) {
            Some(Exit::Exited(0)) => Ok(()),
            Some(Exit::Interrupted(signal)) => Err(FileError::Interrupted { signal }.into()),
            _ => Err(Pm2Error::NoDaemon.into()),
        }
    }
}
