//! Relaying signals to the children that run, for as long as one does.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

use rustix::process::Pid;

use super::passing::{RECEIVED, RECEIVERS, received, send};
use super::signals::{Disposition, ENDING, is_ignored, set_disposition};

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
