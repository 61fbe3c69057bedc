//! Passing signals on to the children that run.

use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, PoisonError};

use rustix::process::{Pid, Signal, kill_process};

use super::signals::{Disposition, ENDING, is_ignored, set_disposition};

/// Who gets what is passed on; 0 nobody. More children at once than these are not started.
static RECEIVERS: [AtomicI32; 8] = [const { AtomicI32::new(0) }; 8];

/// The last signal that would have ended this process while it waited for a child; 0 none.
static RECEIVED: AtomicI32 = AtomicI32::new(0);

/// The signal that [`Relay`] has received last, by number.
pub(super) fn received() -> Option<i32> {
    Some(RECEIVED.load(Ordering::SeqCst)).filter(|signal| *signal != 0)
}

/// Passes a signal on that a process has sent; what a terminal sends, the child gets by itself.
pub(super) extern "C" fn pass_on(
    signal: libc::c_int,
    details: *mut libc::siginfo_t,
    _: *mut libc::c_void,
) {
    RECEIVED.store(signal, Ordering::SeqCst);
    // SAFETY: the kernel passes a structure that lives as long as the handler runs.
    let sent_by_process = unsafe { (*details).si_code } <= 0;
    if sent_by_process {
        RECEIVERS.iter().for_each(|receiver| send(receiver.load(Ordering::SeqCst), signal));
    }
}

/// Sends a signal to a child that has not been reaped, so that the number is its own; to nobody where it is 0.
/// kill(2) is async-signal-safe.
fn send(pid: i32, signal: i32) {
    if let (Some(pid), Some(signal)) = (Pid::from_raw(pid), Signal::from_named_raw(signal)) {
        let _ = kill_process(pid, signal);
    }
}

/// While this lives, SIGTERM, SIGHUP, SIGINT and SIGQUIT do not end this process but are passed on.
pub(super) struct Relay {
    pid: i32,
}

/// How many relays live.
static RELAYS: Mutex<usize> = Mutex::new(0);

/// What the caller ignores (nohup), the child ignores too.
fn set_dispositions(disposition: Disposition) {
    let wanted = ENDING.into_iter().filter(|signal| !is_ignored(*signal));
    wanted.for_each(|signal| set_disposition(signal, disposition));
}

impl Relay {
    /// Before the child is there, so that no signal ends this process and leaves it behind.
    pub(super) fn new() -> Relay {
        let mut relays = RELAYS.lock().unwrap_or_else(PoisonError::into_inner);
        if *relays == 0 {
            RECEIVED.store(0, Ordering::SeqCst);
            set_dispositions(Disposition::PassedOn);
        }
        *relays += 1;
        Relay { pid: 0 }
    }

    /// Passes on what comes from now on, and what came since [`Relay::new`].
    pub(super) fn start(&mut self, pid: Pid) {
        self.pid = pid.as_raw_nonzero().get();
        replace_receiver(0, self.pid);
        if let Some(signal) = received() {
            send(self.pid, signal);
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        replace_receiver(self.pid, 0);
        let mut relays = RELAYS.lock().unwrap_or_else(PoisonError::into_inner);
        *relays = relays.saturating_sub(1);
        if *relays == 0 {
            set_dispositions(Disposition::Default);
        }
    }
}

/// Puts `new` in one place where `old` is.
fn replace_receiver(old: i32, new: i32) {
    let (success, failure) = (Ordering::SeqCst, Ordering::SeqCst);
    let _ = RECEIVERS.iter().any(|it| it.compare_exchange(old, new, success, failure).is_ok());
}
