//! What this process keeps from others while it holds secrets.

use std::sync::OnceLock;

/// A limit: soft and hard; `None` is no limit.
pub type Limit = (Option<u64>, Option<u64>);

/// What a process may have only so much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited {
    /// Core files, in bytes.
    Core,
    /// Locked memory, in bytes.
    LockedMemory,
    /// Open descriptors.
    OpenFiles,
    /// The stack, in bytes.
    Stack,
}

/// A limit of this process; none where the system does not tell, as in some sandboxes.
pub fn limit(of: Limited) -> Limit {
    let resource = match of {
        Limited::Core => libc::RLIMIT_CORE,
        Limited::LockedMemory => libc::RLIMIT_MEMLOCK,
        Limited::OpenFiles => libc::RLIMIT_NOFILE,
        Limited::Stack => libc::RLIMIT_STACK,
    };
    let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: fills in the structure, or leaves it as it is.
    unsafe { libc::getrlimit(resource, &raw mut limit) };
    let finite = |value: libc::rlim_t| (value != libc::RLIM_INFINITY).then_some(value);
    (finite(limit.rlim_cur), finite(limit.rlim_max))
}

static CALLERS: OnceLock<Limit> = OnceLock::new();

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
    let (current, maximum) = limit(Limited::Core);
    let _ = CALLERS.set((current, maximum));
    set(one_at_most(maximum), maximum);
}

/// The core limit that this process was started with.
fn caller_core_limit() -> Limit {
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
