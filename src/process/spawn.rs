//! Starting a command beside this process, and waiting for it.

use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::spawn::{PosixSpawnAttr, PosixSpawnFileActions, PosixSpawnFlags, posix_spawn};
use nix::sys::signal::Signal;
use rustix::io::retry_on_intr;
use rustix::process::{Pid, WaitId, WaitIdOptions, WaitOptions, kill_process, waitid, waitpid};

use super::argv::Argv;
use super::environment::Environment;
use super::exec::{may_be_executed, search};
use super::passing::received;
use super::relay::Relay;
use super::signals::{self, Disposition};
use super::{close_all_on_exec, descriptors};
use crate::error::{Errno, Error, ProcessError, Result};
use crate::memory;

/// Where a child's standard output goes, and what becomes of its other standard descriptors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Where this process' own goes.
    Inherit,
    /// Into a pipe that this process reads.
    Pipe,
    /// Into a pipe that this process reads; standard error into another one, and standard input from a
    /// third, which this process writes.
    Pipes,
    /// Nowhere; nothing is to be read either, and what it says on standard error is not shown.
    Nothing,
}

/// How often a child that is waited for with a deadline is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// How long such a child may take to end by a signal.
const GRACE: Duration = Duration::from_secs(1);

/// A child that is running.
///
/// From its start to its end SIGTERM, SIGHUP, SIGINT and SIGQUIT do not end this process but are
/// passed on to it, and to every other one that is running.
pub struct Child {
    pid: Pid,
    /// The reading end of its standard output, where that is a pipe.
    pub output: Option<OwnedFd>,
    /// The reading end of its standard error, where that is a pipe.
    pub errors: Option<OwnedFd>,
    /// The writing end of its standard input, where that is a pipe.
    pub input: Option<OwnedFd>,
    relay: Relay,
}

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// By exit, with this status.
    Exited(i32),
    /// By this signal.
    Signalled(i32),
    /// Somehow, after this process was sent this signal and passed it on.
    Interrupted(i32),
}

impl Exit {
    /// Whether it exited with 0.
    pub fn success(self) -> bool {
        self == Exit::Exited(0)
    }

    /// For messages: `exit status 1`, `signal 15`.
    pub fn shown(self) -> String {
        match self {
            Exit::Exited(status) => format!("exit status {status}"),
            Exit::Signalled(signal) | Exit::Interrupted(signal) => format!("signal {signal}"),
        }
    }
}

/// Starts the command with posix_spawn: the kernel reads the environment from the region, and no
/// copy of this process' memory is made. Descriptors, mask, dispositions and core limit as by
/// [`super::exec()`].
///
/// Errors: as there.
pub fn spawn(argv: &Argv, environment: &Environment<'_>, output: Output) -> Result<Child> {
    environment.check_fits(argv.size())?;
    close_all_on_exec();
    memory::restrict_core_dumps(false);
    let cannot =
        |errno: Errno| Error::Process(ProcessError::CannotStart { program: argv.shown(), errno });
    let failed = |error: rustix::io::Errno| cannot(error.raw_os_error());
    let pipe = |wanted: bool| {
        wanted.then(descriptors::pipe).transpose().map(Option::unzip).map_err(failed)
    };
    let (out, stdout) = pipe(matches!(output, Output::Pipe | Output::Pipes))?;
    let (errors, stderr) = pipe(output == Output::Pipes)?;
    let (stdin, input) = pipe(output == Output::Pipes)?;
    let null = (output == Output::Nothing).then(descriptors::null).transpose().map_err(failed)?;
    let ends = [&stdin, &stdout, &stderr].map(|end| end.as_ref().or(null.as_ref()));
    let actions = actions(ends).map_err(|errno| cannot(errno as Errno))?;
    let attributes = attributes().map_err(|errno| cannot(errno as Errno))?;
    // Where the caller has it ignored, the kernel would forget how children ended.
    signals::set_disposition(Signal::SIGCHLD, Disposition::Default);
    let mut relay = Relay::new();
    let pid = search(argv, environment.path(), |path, argv| {
        // glibc would start, and wait for, a child only to learn that there is no such file.
        may_be_executed(path)?;
        posix_spawn(path, &actions, &attributes, argv.words(), environment.strings())
            .map_err(|errno| errno as Errno)
    })?;
    let pid = Pid::from_raw(pid.as_raw()).ok_or(Error::Internal)?;
    relay.start(pid);
    Ok(Child { pid, output: out, errors, input, relay })
}

/// What takes the place of standard input, output and error.
fn actions(ends: [Option<&OwnedFd>; 3]) -> nix::Result<PosixSpawnFileActions> {
    let mut actions = PosixSpawnFileActions::init()?;
    for (number, end) in (0..).zip(ends) {
        if let Some(end) = end {
            // It clears close-on-exec, also where both are the same.
            actions.add_dup2(end.as_raw_fd(), number)?;
        }
    }
    Ok(actions)
}

/// The caller's mask, SIGPIPE and SIGXFSZ.
fn attributes() -> nix::Result<PosixSpawnAttr> {
    let mut attributes = PosixSpawnAttr::init()?;
    attributes.set_sigdefault(&signals::default_of_writes())?;
    attributes.set_sigmask(&signals::current_mask())?;
    let flags = PosixSpawnFlags::POSIX_SPAWN_SETSIGDEF | PosixSpawnFlags::POSIX_SPAWN_SETSIGMASK;
    attributes.set_flags(flags)?;
    Ok(attributes)
}

impl Child {
    /// Waits for the child's end, but no longer than until `deadline`: then it is killed, and there is no
    /// outcome. So it is a second after a signal that was passed on to it.
    pub fn wait_until(self, mut deadline: Instant) -> Option<Exit> {
        let mut interrupted = false;
        while self.is_running() {
            let now = Instant::now();
            if !interrupted && received().is_some() {
                (interrupted, deadline) = (true, deadline.min(now + GRACE));
            }
            if now >= deadline {
                self.kill();
                let outcome = self.wait();
                return matches!(outcome, Exit::Interrupted(_)).then_some(outcome);
            }
            std::thread::sleep(LOOK);
        }
        Some(self.wait())
    }

    /// Ends it at once, whatever it does. It is still to be waited for.
    pub fn kill(&self) {
        // It has not been reaped, so the number is its own.
        let _ = kill_process(self.pid, rustix::process::Signal::KILL);
    }

    /// Whether it has not yet ended.
    fn is_running(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        matches!(waitid(WaitId::Pid(self.pid), options), Ok(None))
    }

    /// Waits for the child's end.
    pub fn wait(self) -> Exit {
        // Not yet reaped: until the relay is gone its number is its own, and nothing is passed on to
        // whoever gets it next.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let ended = retry_on_intr(|| waitid(WaitId::Pid(self.pid), options));
        drop(self.relay);
        // It has ended, so this does not wait.
        let _ = waitpid(Some(self.pid), WaitOptions::empty());
        let ended = ended.ok().flatten();
        let signal = ended.as_ref().and_then(|it| it.terminating_signal());
        match (received(), signal, ended.and_then(|it| it.exit_status())) {
            (Some(signal), _, _) => Exit::Interrupted(signal),
            (None, Some(signal), _) => Exit::Signalled(signal),
            (None, None, status) => Exit::Exited(status.unwrap_or(libc::EXIT_FAILURE)),
        }
    }
}
