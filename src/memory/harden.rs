//! What this process keeps from others while it holds secrets.

use std::sync::OnceLock;

use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, setrlimit};

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
        Limited::Core => Resource::RLIMIT_CORE,
        Limited::LockedMemory => Resource::RLIMIT_MEMLOCK,
        Limited::OpenFiles => Resource::RLIMIT_NOFILE,
        Limited::Stack => Resource::RLIMIT_STACK,
    };
    let (soft, hard) = getrlimit(resource).unwrap_or((RLIM_INFINITY, RLIM_INFINITY));
    let finite = |value| (value != RLIM_INFINITY).then_some(value);
    (finite(soft), finite(hard))
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
    // Cannot fail with this argument.
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
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
    let [current, maximum] = [current, maximum].map(|limit| limit.unwrap_or(RLIM_INFINITY));
    setrlimit(Resource::RLIMIT_CORE, current, maximum).is_ok()
}
