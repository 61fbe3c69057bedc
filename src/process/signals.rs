//! Signals: how this process was started, and what may interrupt it.

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, pthread_sigmask, raise, sigaction,
};

use super::passing::pass_on;

/// Signals for a write that fails, which are errors of the call here: nobody reads the pipe, or the
/// file would be larger than the limit, which even memory that is backed by a file falls under.
const OF_WRITES: [Signal; 2] = [Signal::SIGPIPE, Signal::SIGXFSZ];

/// Which of them the caller had ignored. Rust's runtime ignores SIGPIPE before main, so it has to
/// be looked at earlier.
static IGNORED_BY_CALLER: [AtomicBool; 2] = [AtomicBool::new(false), AtomicBool::new(false)];

/// Run by the loader before Rust's runtime starts.
extern "C" fn record_caller() {
    for (signal, ignored) in OF_WRITES.into_iter().zip(&IGNORED_BY_CALLER) {
        ignored.store(is_ignored(signal), Ordering::Relaxed);
    }
}

#[used]
#[cfg_attr(any(target_os = "linux", target_os = "freebsd"), unsafe(link_section = ".init_array"))]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
static BEFORE_MAIN: extern "C" fn() = record_caller;

/// What becomes of a signal that arrives.
#[derive(Clone, Copy)]
pub(super) enum Disposition {
    Default,
    Ignored,
    /// It is passed on to the children that run.
    PassedOn,
}

pub(super) fn set_disposition(signal: Signal, disposition: Disposition) {
    let handler = match disposition {
        Disposition::Default => SigHandler::SigDfl,
        Disposition::Ignored => SigHandler::SigIgn,
        Disposition::PassedOn => SigHandler::SigAction(pass_on),
    };
    let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
    // SAFETY: the one handler among them, `pass_on`, does only what a handler may do.
    // It fails only for signals that cannot be handled, of which none is named here.
    let _ = unsafe { sigaction(signal, &action) };
}

pub(super) fn is_ignored(signal: Signal) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: reads the disposition into a structure of the right type.
    unsafe { libc::sigaction(signal as libc::c_int, std::ptr::null(), action.as_mut_ptr()) };
    // SAFETY: zeroed above and perhaps filled in; every bit pattern of it is valid.
    unsafe { action.assume_init() }.sa_sigaction == libc::SIG_IGN
}

/// Those that a child is to find with their default action, because the caller had them so.
pub(super) fn default_of_writes() -> SigSet {
    // Naming the static keeps it, and with it the call before main, in the linked program.
    std::hint::black_box(&BEFORE_MAIN);
    let pairs = OF_WRITES.into_iter().zip(&IGNORED_BY_CALLER);
    let of_default = pairs.filter(|(_, ignored)| !ignored.load(Ordering::Relaxed));
    of_default.map(|(signal, _)| signal).collect()
}

/// Makes a write that fails an error of the call. To be called before anything is written or mapped.
pub fn ignore_signals_of_writes() {
    OF_WRITES.into_iter().for_each(|signal| set_disposition(signal, Disposition::Ignored));
}

/// Gives them back the dispositions that the caller had.
pub(super) fn restore_signals_of_writes() {
    default_of_writes().iter().for_each(|signal| set_disposition(signal, Disposition::Default));
}

/// Signals that end a process which does nothing about them, and that are sent to end it.
pub(super) const ENDING: [Signal; 4] =
    [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT];

/// While this lives, SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGTSTP wait, but for those that the
/// caller ignores (nohup) or has blocked: a blocked signal is kept even where it is ignored.
///
/// A signal that waits interrupts no call. So every call that another one interrupts is made again
/// (`rustix::io::retry_on_intr`), and whoever waits long does so a piece at a time and asks for the held ones in between.
#[derive(Debug)]
pub struct Termination {
    before: SigSet,
    held: SigSet,
}

/// Those that a [`Termination`] holds back now, a bit for each number.
static HOLDING: AtomicU32 = AtomicU32::new(0);

fn bits(signals: &SigSet) -> u32 {
    signals.iter().fold(0, |bits, signal| bits | 1 << signal as u32)
}

/// A signal that was held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldSignal {
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
        let before = current_mask();
        let wanted = ENDING.into_iter().chain([Signal::SIGTSTP]);
        let held: SigSet =
            wanted.filter(|signal| !is_ignored(*signal) && !before.contains(*signal)).collect();
        change_mask(SigmaskHow::SIG_BLOCK, &held);
        HOLDING.fetch_or(bits(&held), Ordering::Relaxed);
        Termination { before, held }
    }

    /// Takes one that would have ended this process, by number.
    pub fn take_ending(&self) -> Option<i32> {
        ENDING.into_iter().find(|signal| self.takes(*signal)).map(|signal| signal as i32)
    }

    /// Takes one that has come, so that it no longer waits.
    pub fn take(&self) -> Option<HeldSignal> {
        match self.take_ending() {
            Some(libc::SIGINT) => Some(HeldSignal::Interrupt),
            Some(signal) => Some(HeldSignal::End(signal)),
            None => self.takes(Signal::SIGTSTP).then_some(HeldSignal::Stop),
        }
    }

    /// Takes this one, if it is held and has come; then taking it does not wait.
    fn takes(&self, signal: Signal) -> bool {
        self.held.contains(signal)
            && pending().contains(signal)
            && SigSet::from(signal).wait().is_ok()
    }
}

/// Whether one that is held back has come and would end this process. One that the caller has blocked would not.
pub fn is_ending_held() -> bool {
    let (pending, holding) = (pending(), HOLDING.load(Ordering::Relaxed));
    let is_held = |signal| holding & bits(&SigSet::from(signal)) != 0;
    ENDING.into_iter().any(|signal| is_held(signal) && pending.contains(signal))
}

/// Ends this process by a signal that was taken, as it would have without holding it back.
pub fn end_by(signal: i32) {
    let Ok(signal) = Signal::try_from(signal) else { return };
    set_disposition(signal, Disposition::Default);
    let _ = raise(signal);
    // The signal is delivered here at the latest.
    change_mask(SigmaskHow::SIG_UNBLOCK, &SigSet::from(signal));
}

/// Stops this process as Ctrl-Z does, after a held SIGTSTP was taken; returns when it is continued.
/// Where no shell could continue it, the kernel does not stop it; SIGSTOP would.
pub fn stop() {
    let set = SigSet::from(Signal::SIGTSTP);
    let _ = raise(Signal::SIGTSTP);
    // It stops here.
    change_mask(SigmaskHow::SIG_UNBLOCK, &set);
    change_mask(SigmaskHow::SIG_BLOCK, &set);
}

impl Drop for Termination {
    fn drop(&mut self) {
        HOLDING.fetch_and(!bits(&self.held), Ordering::Relaxed);
        change_mask(SigmaskHow::SIG_SETMASK, &self.before);
    }
}

/// Changes the mask of the calling thread, which cannot fail with any of the three ways.
fn change_mask(how: SigmaskHow, set: &SigSet) {
    let _ = pthread_sigmask(how, Some(set), None);
}

/// The mask of the calling thread, which for the main thread is the caller's: nothing here leaves
/// a signal blocked.
pub(super) fn current_mask() -> SigSet {
    SigSet::thread_get_mask().unwrap_or(SigSet::empty())
}

/// The signals that wait for this thread.
fn pending() -> SigSet {
    let mut pending = *SigSet::empty().as_ref();
    // SAFETY: writes the set.
    unsafe { libc::sigpending(&raw mut pending) };
    // SAFETY: initialised as an empty set, then perhaps written.
    unsafe { SigSet::from_sigset_t_unchecked(pending) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_caller_has_blocked_is_not_held() {
        let before = current_mask();
        change_mask(SigmaskHow::SIG_BLOCK, &SigSet::from(Signal::SIGHUP));
        let held = Termination::hold();
        // Both are blocked in this thread, which alone gets them.
        raise(Signal::SIGHUP).expect("sends");
        assert!(!is_ending_held());
        raise(Signal::SIGQUIT).expect("sends");
        assert!(is_ending_held());
        assert_eq!((held.take_ending(), is_ending_held()), (Some(libc::SIGQUIT), false));
        drop(held);
        assert_eq!(SigSet::from(Signal::SIGHUP).wait(), Ok(Signal::SIGHUP));
        change_mask(SigmaskHow::SIG_SETMASK, &before);
    }
}
