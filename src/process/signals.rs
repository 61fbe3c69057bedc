//! Signals: how this process was started, and what may interrupt it.

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the caller had SIGPIPE ignored. Rust's runtime ignores it before main, so it has to be
/// looked at earlier.
static PIPE_IGNORED: AtomicBool = AtomicBool::new(false);

/// Run by the loader before Rust's runtime starts.
extern "C" fn record_caller() {
    PIPE_IGNORED.store(disposition_is_ignore(libc::SIGPIPE), Ordering::Relaxed);
}

#[used]
#[cfg_attr(any(target_os = "linux", target_os = "freebsd"), unsafe(link_section = ".init_array"))]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
static BEFORE_MAIN: extern "C" fn() = record_caller;

fn disposition_is_ignore(signal: libc::c_int) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: reads the disposition into a structure of the right type.
    let asked = unsafe { libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) };
    // SAFETY: zeroed above and perhaps filled in; every bit pattern of it is valid.
    asked == 0 && unsafe { action.assume_init() }.sa_sigaction == libc::SIG_IGN
}

/// Whether a child is to find SIGPIPE ignored, because the caller had it so.
pub(super) fn caller_ignored_sigpipe() -> bool {
    // Naming the static keeps it, and with it the call before main, in the linked program.
    std::hint::black_box(&BEFORE_MAIN);
    PIPE_IGNORED.load(Ordering::Relaxed)
}

/// Sets SIGPIPE to be ignored, or to its default.
pub(super) fn set_sigpipe(ignored: bool) {
    let action = if ignored { libc::SIG_IGN } else { libc::SIG_DFL };
    // SAFETY: one of the two standard dispositions; no handler is involved.
    unsafe { libc::signal(libc::SIGPIPE, action) };
}

/// Lets ended children be waited for, where the caller had SIGCHLD ignored: the kernel would
/// otherwise forget how they ended.
pub(super) fn reap_children() {
    // SAFETY: the default disposition; no handler is involved.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
}

/// While this lives, SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGTSTP wait.
#[derive(Debug)]
pub struct Termination {
    before: libc::sigset_t,
}

const HELD: [libc::c_int; 5] =
    [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT, libc::SIGTSTP];

/// A signal that was held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Ctrl-Z.
    Stop,
    /// Ctrl-C.
    Interrupt,
    /// Another one that ends a process, by number.
    End(i32),
}

impl Termination {
    /// Holds the signals back, until this value is dropped.
    pub fn hold() -> Termination {
        let set = set_of(&HELD);
        let mut before = MaybeUninit::<libc::sigset_t>::zeroed();
        // SAFETY: both sets are valid; the old mask is written to `before`.
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, before.as_mut_ptr()) };
        // SAFETY: zeroed, then written.
        Termination { before: unsafe { before.assume_init() } }
    }

    /// Stops this process as Ctrl-Z does, and returns when it is continued. Where nobody could
    /// continue it (an orphaned process group), the kernel does not stop it.
    pub fn stop_here(&self) {
        let set = set_of(&[libc::SIGTSTP]);
        // SAFETY: plain number.
        unsafe { libc::raise(libc::SIGTSTP) };
        // SAFETY: a valid set; the signal is delivered here.
        unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, std::ptr::null_mut()) };
        // SAFETY: a valid set.
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut()) };
    }

    /// Takes one that would have ended this process, by number.
    pub fn take_ending(&self) -> Option<i32> {
        HELD.into_iter().filter(|signal| *signal != libc::SIGTSTP).find(|signal| take(*signal))
    }

    /// Takes one that has come, so that it no longer waits.
    pub fn take(&self) -> Option<Held> {
        let signal = HELD.into_iter().find(|signal| take(*signal))?;
        Some(match signal {
            libc::SIGTSTP => Held::Stop,
            libc::SIGINT => Held::Interrupt,
            signal => Held::End(signal),
        })
    }
}

/// Takes a pending signal, if it is. One that the caller had ignored counts for nothing.
fn take(signal: libc::c_int) -> bool {
    let mut pending = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: writes the set.
    unsafe { libc::sigpending(pending.as_mut_ptr()) };
    // SAFETY: zeroed, then written; a valid signal number.
    if unsafe { libc::sigismember(pending.as_ptr(), signal) } != 1 {
        return false;
    }
    let (set, mut taken) = (set_of(&[signal]), 0);
    // SAFETY: a valid set; the signal is pending, so this does not wait.
    let waited = unsafe { libc::sigwait(&raw const set, &raw mut taken) };
    waited == 0 && !disposition_is_ignore(signal)
}

/// Ends this process by a signal that was taken, as it would have without holding it back.
pub fn end_by(signal: i32) {
    let set = set_of(&[signal]);
    // SAFETY: the default disposition of a signal that this process has no handler for.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
    // SAFETY: plain number.
    unsafe { libc::raise(signal) };
    // SAFETY: a valid set; the signal is delivered here at the latest.
    unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, std::ptr::null_mut()) };
}

impl Drop for Termination {
    fn drop(&mut self) {
        // SAFETY: the mask that was in force before.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.before, std::ptr::null_mut())
        };
    }
}

/// A set of these signals.
pub(super) fn set_of(signals: &[libc::c_int]) -> libc::sigset_t {
    let mut set = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: initialises the set.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    for signal in signals {
        // SAFETY: an initialised set and a valid signal number.
        unsafe { libc::sigaddset(set.as_mut_ptr(), *signal) };
    }
    // SAFETY: initialised above.
    unsafe { set.assume_init() }
}

/// The mask of the calling thread, which for the main thread is the caller's: nothing here leaves
/// a signal blocked.
pub(super) fn current_mask() -> libc::sigset_t {
    let mut mask = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: with no new set, only the old one is written.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, std::ptr::null(), mask.as_mut_ptr()) };
    // SAFETY: zeroed, then written.
    unsafe { mask.assume_init() }
}
