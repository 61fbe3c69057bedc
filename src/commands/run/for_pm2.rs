//! What `run` does where the command is PM2: nothing of a secret reaches its daemon or the disk
//! unnoticed, and what would not deliver the secrets is refused.

use std::time::Instant;

use crate::error::{Error, FileError, Note, ProcessError, Result, TerminalError, Warning};
use crate::payload::Secrets;
use crate::pm2::{self, Daemon, Fit, Invocation, Role};
use crate::process::{Addition, Argv, Base, boot_id, end_by};
use crate::records::Entry;
use crate::terminal::Messages;

/// The command as PM2's, if it is.
pub(super) struct ForPm2 {
    invocation: Option<Invocation>,
    allowed: bool,
    messages: Messages,
}

impl ForPm2 {
    /// Looks at the command.
    ///
    /// Errors: it would leak secrets, would not deliver them, or would download PM2; not where that is
    /// allowed.
    pub(super) fn recognise(command: &Argv, allowed: bool, messages: Messages) -> Result<ForPm2> {
        let invocation = Invocation::recognise(command);
        match &invocation {
            Some(invocation) if !allowed => invocation.check()?,
            _ => {}
        }
        Ok(ForPm2 { invocation, allowed, messages })
    }

    /// Starts a daemon that knows no secrets, and tells what is there that may write some down. Nothing
    /// here stops an outage.
    ///
    /// Errors: this process was told to end.
    pub(super) fn prepare(&self) -> Result<()> {
        let Some(invocation) = &self.invocation else { return Ok(()) };
        let home = invocation.home();
        let running = home.as_ref().and_then(Daemon::in_home);
        for path in home.iter().flat_map(|home| home.kept()) {
            self.messages.warning(&Warning::Pm2Kept { path });
        }
        match invocation.kind() {
            Role::Client => {}
            Role::Foreground => return Ok(()),
            Role::Unclear => self.messages.warning(&Warning::Pm2Unclear),
        }
        if running.as_ref().is_some_and(|daemon| daemon.guarded == Some(false)) {
            self.messages.warning(&Warning::Pm2Unguarded);
        }
        if running.is_some() && invocation.may_restart() {
            self.messages.warning(&Warning::Pm2MayKeepOld);
        }
        if !invocation.needs_daemon() {
            return Ok(());
        }
        match invocation.start_daemon(Instant::now() + pm2::ALONE) {
            Err(Error::File(FileError::Interrupted { signal: libc::SIGINT })) => {
                Err(TerminalError::Cancelled.into())
            }
            Err(Error::File(FileError::Interrupted { signal })) => {
                // As at the prompt: any other signal ends this process as it would have.
                end_by(signal);
                Err(FileError::Interrupted { signal }.into())
            }
            // The command will be looked for, and its absence told, in the environment that it gets.
            Err(Error::Process(ProcessError::NotFound { .. })) if !invocation.sets_path() => Ok(()),
            Ok(()) => Ok(()),
            Err(_) => {
                self.messages.warning(&Warning::Pm2NotAlone);
                Ok(())
            }
        }
    }

    /// `base` lies under the secrets.
    ///
    /// Errors: names or sizes with which PM2 would start another app, or none.
    pub(super) fn check_secrets(&self, secrets: &Secrets, base: Base) -> Result<()> {
        let Some(invocation) = self.invocation.as_ref().filter(|_| !self.allowed) else {
            return Ok(());
        };
        if invocation.check_secrets(secrets, base)? == Fit::NotInCluster {
            self.messages.warning(&Warning::Pm2ClusterTooLarge);
        }
        Ok(())
    }

    /// Says how to see that an app lives.
    pub(super) fn tell(&self) {
        if self.invocation.as_ref().is_some_and(Invocation::starts_apps) {
            self.messages.note(&Note::Pm2Alive);
        }
    }

    /// Adds to an entry which daemon gets the secrets.
    pub(super) fn note_in(&self, entry: Entry) -> Entry {
        let client = self.invocation.as_ref().filter(|it| it.needs_daemon());
        let Some(home) = client.and_then(Invocation::home) else { return entry };
        let process = Daemon::in_home(&home).map(|daemon| daemon.process);
        let pm2_daemon = process.and_then(|it| Some((it.pid, it.ticks, boot_id()?)));
        Entry { pm2_home: Some(home.folder().to_owned()), pm2_daemon, ..entry }
    }

    /// What is added to the command's environment.
    pub(super) fn guards(&self) -> Vec<Addition> {
        let guards = |invocation| pm2::guards(invocation, self.allowed);
        self.invocation.as_ref().map(guards).unwrap_or_default()
    }
}
