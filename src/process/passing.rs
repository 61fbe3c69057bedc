//! What the handler of a signal does: it passes the signal on to the children that run.

use std::sync::atomic::{AtomicI32, Ordering};

use rustix::process::{Pid, Signal, kill_process};

/// Who gets what is passed on; 0 nobody. More children at once than these are not started.
pub(super) static RECEIVERS: [AtomicI32; 8] = [const { AtomicI32::new(0) }; 8];

/// The last signal that would have ended this process while it waited for a child; 0 none.
pub(super) static RECEIVED: AtomicI32 = AtomicI32::new(0);

/// The signal that a relay has received last, by number.
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
pub(super) fn send(pid: i32, signal: i32) {
    if let (Some(pid), Some(signal)) = (Pid::from_raw(pid), Signal::from_named_raw(signal)) {
        let _ = kill_process(pid, signal);
    }
}
