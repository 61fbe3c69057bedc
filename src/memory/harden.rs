//! What this process keeps from others while it holds secrets.

use std::sync::OnceLock;

/// A core file limit: soft and hard, in bytes; `None` is no limit.
pub type CoreLimit = (Option<u64>, Option<u64>);

static CALLERS: OnceLock<CoreLimit> = OnceLock::new();

/// To be called first thing in main: no other process of this user may read or trace this one, and
/// it leaves no core file.
///
/// The core limit becomes 1 byte, not 0: a limit of 0 is ignored where cores go to a program
/// (systemd-coredump, apport), 1 is refused there too. The hard limit is kept for now, so that
/// `--allow-core` can still give the caller's limit back.
pub fn harden() {
    #[cfg(target_os = "linux")]
    // SAFETY: takes plain numbers; cannot fail with this argument.
    unsafe {
        libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0);
    }
    let caller = rustix::process::getrlimit(rustix::process::Resource::Core);
    let _ = CALLERS.set((caller.current, caller.maximum));
    set(one_at_most(caller.maximum), caller.maximum);
}

/// The core limit that this process was started with.
pub fn caller_core_limit() -> CoreLimit {
    CALLERS.get().copied().unwrap_or((None, None))
}

/// Before exec: {1, 1} for the child too, or what the caller had where `allow_core` says so.
///
/// Where the caller's hard limit is 0 and this process may not raise it, it stays 0.
pub fn restrict_core_dumps(allow_core: bool) {
    let (soft, hard) = caller_core_limit();
    if allow_core {
        set(soft, hard);
    } else if !set(Some(1), Some(1)) {
        set(one_at_most(hard), one_at_most(hard));
    }
}

fn one_at_most(limit: Option<u64>) -> Option<u64> {
    Some(limit.map_or(1, |limit| limit.min(1)))
}

fn set(current: Option<u64>, maximum: Option<u64>) -> bool {
    let limit = rustix::process::Rlimit { current, maximum };
    rustix::process::setrlimit(rustix::process::Resource::Core, limit).is_ok()
}
