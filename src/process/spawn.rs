//! Starting a command beside this process, and waiting for it.

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use rustix::process::Pid;

use super::argv::Argv;
use super::environment::Environment;
use super::exec::{may_be_executed, search};
use super::relay::{self, Relay};
use super::signals::{self, Disposition};
use super::{close_all_on_exec, descriptors};
use crate::error::{Error, ProcessError, Result};
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
    pid: libc::pid_t,
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
pub enum Outcome {
    /// By exit, with this status.
    Exited(i32),
    /// By this signal.
    Signalled(i32),
    /// Somehow, after this process was sent this signal and passed it on.
    Interrupted(i32),
}

impl Outcome {
    /// Whether it exited with 0.
    pub fn success(self) -> bool {
        self == Outcome::Exited(0)
    }

    /// For messages: `exit status 1`, `signal 15`.
    pub fn shown(self) -> String {
        match self {
            Outcome::Exited(status) => format!("exit status {status}"),
            Outcome::Signalled(signal) | Outcome::Interrupted(signal) => format!("signal {signal}"),
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
    let cannot = |errno| Error::Process(ProcessError::CannotStart { program: argv.shown(), errno });
    let pipe = |wanted: bool| {
        let pipe = wanted.then(descriptors::pipe);
        pipe.transpose().map(Option::unzip).map_err(|error| cannot(error.raw_os_error()))
    };
    let (out, stdout) = pipe(matches!(output, Output::Pipe | Output::Pipes))?;
    let (errors, stderr) = pipe(output == Output::Pipes)?;
    let (stdin, input) = pipe(output == Output::Pipes)?;
    // Where the caller has it ignored, the kernel would forget how children ended.
    signals::set_disposition(Signal::SIGCHLD, Disposition::Default);
    let quiet = output == Output::Nothing;
    let actions = Actions::new([&stdin, &stdout, &stderr].map(Option::as_ref), quiet);
    let attributes = Attributes::new();
    let mut pid = 0;
    let pid_place = &raw mut pid;
    let mut relay = Relay::new();
    search(argv, environment.path(), |path, argv| {
        // glibc would start, and wait for, a child only to learn that there is no such file.
        match may_be_executed(path) {
            0 => {}
            errno => return errno,
        }
        let (arguments, strings) = (argv.pointers(), environment.pointers());
        // SAFETY: initialised actions and attributes, a NUL-ended path and two arrays that end
        // with null pointers; the kernel is done with all of them when the call returns.
        unsafe {
            libc::posix_spawn(
                pid_place,
                path.as_ptr(),
                &raw const actions.0,
                &raw const attributes.0,
                arguments.as_ptr().cast(),
                strings.as_ptr().cast(),
            )
        }
    })?;
    relay.start(Pid::from_raw(pid).ok_or(Error::Internal)?);
    Ok(Child { pid, output: out, errors, input, relay })
}

impl Child {
    /// Waits for the child's end, but no longer than until `deadline`: then it is killed, and there is no
    /// outcome. So it is a second after a signal that was passed on to it.
    pub fn wait_until(self, mut deadline: Instant) -> Option<Outcome> {
        let mut interrupted = false;
        while self.is_running() {
            let now = Instant::now();
            if !interrupted && relay::received().is_some() {
                (interrupted, deadline) = (true, deadline.min(now + GRACE));
            }
            if now >= deadline {
                self.kill();
                let outcome = self.wait();
                return matches!(outcome, Outcome::Interrupted(_)).then_some(outcome);
            }
            std::thread::sleep(LOOK);
        }
        Some(self.wait())
    }

    /// Ends it at once, whatever it does. It is still to be waited for.
    pub fn kill(&self) {
        // SAFETY: it has not been reaped, so the number is its own.
        unsafe { libc::kill(self.pid, libc::SIGKILL) };
    }

    /// Whether it has not yet ended.
    fn is_running(&self) -> bool {
        let id = libc::id_t::from(self.pid.unsigned_abs());
        let mut information = MaybeUninit::<libc::siginfo_t>::zeroed();
        let flags = libc::WEXITED | libc::WNOWAIT | libc::WNOHANG;
        // SAFETY: looks at our own child and fills the structure.
        let failed = unsafe { libc::waitid(libc::P_PID, id, information.as_mut_ptr(), flags) } != 0;
        // SAFETY: zeroed, then written.
        let ended = unsafe { information.assume_init() }.si_signo != 0;
        !failed && !ended
    }

    /// Waits for the child's end.
    pub fn wait(self) -> Outcome {
        let id = libc::id_t::from(self.pid.unsigned_abs());
        let mut information = MaybeUninit::<libc::siginfo_t>::zeroed();
        let (ended, not_yet_reaped) = (libc::WEXITED, libc::WNOWAIT);
        // SAFETY: waits for our own child and fills the structure.
        while unsafe {
            libc::waitid(libc::P_PID, id, information.as_mut_ptr(), ended | not_yet_reaped)
        } != 0
        {
            if std::io::Error::last_os_error().raw_os_error() != Some(libc::EINTR) {
                return Outcome::Exited(libc::EXIT_FAILURE);
            }
        }
        // Until here its number was its own; nothing is passed on to whoever gets it next.
        drop(self.relay);
        let mut status = 0;
        // SAFETY: it has ended, so this does not wait.
        unsafe { libc::waitpid(self.pid, &raw mut status, 0) };
        if let Some(received) = relay::received() {
            Outcome::Interrupted(received)
        } else if libc::WIFSIGNALED(status) {
            Outcome::Signalled(libc::WTERMSIG(status))
        } else {
            Outcome::Exited(libc::WEXITSTATUS(status))
        }
    }
}

/// posix_spawn's file actions: perhaps /dev/null in place of the standard descriptors, and pipes in
/// place of some.
struct Actions(libc::posix_spawn_file_actions_t);

impl Actions {
    /// `pipes` are for standard input, output and error.
    fn new(pipes: [Option<&OwnedFd>; 3], quiet: bool) -> Actions {
        let mut actions = MaybeUninit::uninit();
        // SAFETY: initialises the structure.
        unsafe { libc::posix_spawn_file_actions_init(actions.as_mut_ptr()) };
        // SAFETY: initialised above; fails only for want of memory, and then adds nothing below.
        let mut actions = Actions(unsafe { actions.assume_init() });
        for number in (0..=2).filter(|_| quiet) {
            let null = c"/dev/null".as_ptr();
            // SAFETY: initialised actions, a NUL-ended path and plain numbers.
            unsafe {
                libc::posix_spawn_file_actions_addopen(
                    &raw mut actions.0,
                    number,
                    null,
                    libc::O_RDWR,
                    0,
                )
            };
        }
        for (number, pipe) in (0..).zip(pipes) {
            if let Some(end) = pipe.map(OwnedFd::as_raw_fd) {
                // SAFETY: initialised actions and two valid numbers. dup2 clears close-on-exec.
                unsafe { libc::posix_spawn_file_actions_adddup2(&raw mut actions.0, end, number) };
            }
        }
        actions
    }
}

impl Drop for Actions {
    fn drop(&mut self) {
        // SAFETY: initialised in `new`, used no more.
        unsafe { libc::posix_spawn_file_actions_destroy(&raw mut self.0) };
    }
}

/// posix_spawn's attributes: the caller's mask, SIGPIPE and SIGXFSZ.
struct Attributes(libc::posix_spawnattr_t);

impl Attributes {
    fn new() -> Attributes {
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: initialises the structure.
        unsafe { libc::posix_spawnattr_init(attributes.as_mut_ptr()) };
        // SAFETY: initialised above.
        let mut attributes = Attributes(unsafe { attributes.assume_init() });
        let (defaults, mask) = (signals::default_of_writes(), signals::current_mask());
        // SAFETY: initialised attributes and a valid set, which is copied.
        unsafe { libc::posix_spawnattr_setsigdefault(&raw mut attributes.0, defaults.as_ref()) };
        // SAFETY: as above.
        unsafe { libc::posix_spawnattr_setsigmask(&raw mut attributes.0, mask.as_ref()) };
        let flags = libc::POSIX_SPAWN_SETSIGDEF | libc::POSIX_SPAWN_SETSIGMASK;
        // SAFETY: as above; both flags fit.
        unsafe { libc::posix_spawnattr_setflags(&raw mut attributes.0, flags as libc::c_short) };
        attributes
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: initialised in `new`, used no more.
        unsafe { libc::posix_spawnattr_destroy(&raw mut self.0) };
    }
}
