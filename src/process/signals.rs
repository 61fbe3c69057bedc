//! Signals: how this process was started, and what may interrupt it.

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Signals for a write that fails, which are errors of the call here: nobody reads the pipe, or the
/// file would be larger than the limit, which even memory that is backed by a file falls under.
const OF_WRITES: [libc::c_int; 2] = [libc::SIGPIPE, libc::SIGXFSZ];

/// Which of them the caller had ignored. Rust's runtime ignores SIGPIPE before main, so it has to
/// be looked at earlier.
static IGNORED_BY_CALLER: [AtomicBool; 2] = [AtomicBool::new(false), AtomicBool::new(false)];

/// Run by the loader before Rust's runtime starts.
extern "C" fn record_caller() {
    for (signal, ignored) in OF_WRITES.into_iter().zip(&IGNORED_BY_CALLER) {
        ignored.store(disposition_is_ignore(signal), Ordering::Relaxed);
    }
}

#[used]
#[cfg_attr(any(target_os = "linux", target_os = "freebsd"), unsafe(link_section = ".init_array"))]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
static BEFORE_MAIN: extern "C" fn() = record_caller;

pub(super) fn disposition_is_ignore(signal: libc::c_int) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: reads the disposition into a structure of the right type.
    let asked = unsafe { libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) };
    // SAFETY: zeroed above and perhaps filled in; every bit pattern of it is valid.
    asked == 0 && unsafe { action.assume_init() }.sa_sigaction == libc::SIG_IGN
}

/// Those that a child is to find with their default action, because the caller had them so.
pub(super) fn default_of_writes() -> Vec<libc::c_int> {
    // Naming the static keeps it, and with it the call before main, in the linked program.
    std::hint::black_box(&BEFORE_MAIN);
    let pairs = OF_WRITES.into_iter().zip(&IGNORED_BY_CALLER);
    pairs
        .filter(|(_, ignored)| !ignored.load(Ordering::Relaxed))
        .map(|(signal, _)| signal)
        .collect()
}

/// Makes a write that fails an error of the call. To be called before anything is written or mapped.
pub fn ignore_signals_of_writes() {
    set_disposition(&OF_WRITES, libc::SIG_IGN);
}

/// Gives them back the dispositions that the caller had.
pub(super) fn restore_signals_of_writes() {
    set_disposition(&default_of_writes(), libc::SIG_DFL);
}

fn set_disposition(signals: &[libc::c_int], action: libc::sighandler_t) {
    for signal in signals {
        // SAFETY: one of the two standard dispositions; no handler is involved.
        unsafe { libc::signal(*signal, action) };
    }
}

/// Lets ended children be waited for, where the caller had SIGCHLD ignored: the kernel would
/// otherwise forget how they ended.
pub(super) fn reap_children() {
    set_disposition(&[libc::SIGCHLD], libc::SIG_DFL);
}

/// While this lives, SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGTSTP wait, but for those that the
/// caller ignores (nohup) or has blocked: a blocked signal is kept even where it is ignored.
///
/// A signal that waits interrupts no call. So every call that another one interrupts is made again
/// (`rustix::io::retry_on_intr`), and whoever waits long does so a piece at a time and asks for the held ones in between.
#[derive(Debug)]
pub struct Termination {
    before: libc::sigset_t,
    held: Vec<libc::c_int>,
}

const HELD: [libc::c_int; 5] =
    [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT, libc::SIGTSTP];

/// Those that a [`Termination`] holds back now, a bit for each number.
static HOLDING: AtomicU32 = AtomicU32::new(0);

fn bits(signals: &[libc::c_int]) -> u32 {
    signals.iter().fold(0, |bits, signal| bits | 1 << signal)
}

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
        let before = current_mask();
        let held: Vec<libc::c_int> = HELD
            .into_iter()
            .filter(|signal| !disposition_is_ignore(*signal) && !contains(&before, *signal))
            .collect();
        change_mask(libc::SIG_BLOCK, &set_of(&held));
        HOLDING.fetch_or(bits(&held), Ordering::Relaxed);
        Termination { before, held }
    }

    /// Takes one that would have ended this process, by number.
    pub fn take_ending(&self) -> Option<i32> {
        let mut ending = self.held.iter().copied().filter(|signal| *signal != libc::SIGTSTP);
        ending.find(|signal| take(*signal))
    }

    /// Takes one that has come, so that it no longer waits.
    pub fn take(&self) -> Option<Held> {
        let signal = *self.held.iter().find(|signal| take(**signal))?;
        Some(match signal {
            libc::SIGTSTP => Held::Stop,
            libc::SIGINT => Held::Interrupt,
            signal => Held::End(signal),
        })
    }
}

/// Whether one that is held back has come and would end this process. One that the caller has blocked would not.
pub fn is_ending_held() -> bool {
    let (pending, holding) = (pending(), HOLDING.load(Ordering::Relaxed));
    let mut ending = HELD.into_iter().filter(|signal| *signal != libc::SIGTSTP);
    ending.any(|signal| holding & bits(&[signal]) != 0 && contains(&pending, signal))
}

/// Takes a pending signal, if it is.
fn take(signal: libc::c_int) -> bool {
    if !contains(&pending(), signal) {
        return false;
    }
    let (set, mut taken) = (set_of(&[signal]), 0);
    // SAFETY: a valid set; the signal is pending, so this does not wait.
    unsafe { libc::sigwait(&raw const set, &raw mut taken) == 0 }
}

/// Ends this process by a signal that was taken, as it would have without holding it back.
pub fn end_by(signal: i32) {
    let set = set_of(&[signal]);
    set_disposition(&[signal], libc::SIG_DFL);
    // SAFETY: plain number.
    unsafe { libc::raise(signal) };
    // The signal is delivered here at the latest.
    change_mask(libc::SIG_UNBLOCK, &set);
}

/// Stops this process as Ctrl-Z does, after a held SIGTSTP was taken; returns when it is continued.
/// Where no shell could continue it, the kernel does not stop it; SIGSTOP would.
pub fn stop() {
    let set = set_of(&[libc::SIGTSTP]);
    // SAFETY: plain number.
    unsafe { libc::raise(libc::SIGTSTP) };
    // It stops here.
    change_mask(libc::SIG_UNBLOCK, &set);
    change_mask(libc::SIG_BLOCK, &set);
}

impl Drop for Termination {
    fn drop(&mut self) {
        HOLDING.fetch_and(!bits(&self.held), Ordering::Relaxed);
        change_mask(libc::SIG_SETMASK, &self.before);
    }
}

fn change_mask(how: libc::c_int, set: &libc::sigset_t) {
    // SAFETY: a valid set; the mask before is not asked for.
    unsafe { libc::pthread_sigmask(how, set, std::ptr::null_mut()) };
}

/// The signals that wait for this thread.
fn pending() -> libc::sigset_t {
    let mut pending = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: writes the set.
    unsafe { libc::sigpending(pending.as_mut_ptr()) };
    // SAFETY: zeroed, then written.
    unsafe { pending.assume_init() }
}

fn contains(set: &libc::sigset_t, signal: libc::c_int) -> bool {
    // SAFETY: a valid set and a valid signal number.
    unsafe { libc::sigismember(set, signal) == 1 }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_caller_has_blocked_is_not_held() {
        let before = current_mask();
        change_mask(libc::SIG_BLOCK, &set_of(&[libc::SIGHUP]));
        let held = Termination::hold();
        // SAFETY: plain numbers; both are blocked in this thread, which alone gets them.
        unsafe { libc::raise(libc::SIGHUP) };
        assert!(!is_ending_held());
        // SAFETY: as above.
        unsafe { libc::raise(libc::SIGQUIT) };
        assert!(is_ending_held());
        assert_eq!((held.take_ending(), is_ending_held()), (Some(libc::SIGQUIT), false));
        drop(held);
        assert!(take(libc::SIGHUP));
        change_mask(libc::SIG_SETMASK, &before);
    }
}
