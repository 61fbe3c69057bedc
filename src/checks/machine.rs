//! What this machine does for secrets in memory, and what it does not.

use std::path::Path;

use rustix::process::geteuid;

use super::detail::Detail;
use super::report::Outcomes;
use super::subject::{Question, Subject};
use crate::files;
use crate::memory::{self, Limited, Protection, Region};

/// What all of the program's memory fits into, in bytes: the usual limit since Linux 5.16.
const AMPLE: u64 = 8 * 1024 * 1024;

/// What the passphrase and documents of up to 16 KiB fit into, in bytes: the usual limit before.
const ENOUGH: u64 = 64 * 1024;

const SWAPS: &str = "/proc/swaps";
const CORE_PATTERN: &str = "/proc/sys/kernel/core_pattern";
const PTRACE_SCOPE: &str = "/proc/sys/kernel/yama/ptrace_scope";

pub(super) fn check_locking(_: &Subject, _: &Question<'_>, out: &mut Outcomes<'_>) {
    match Region::with_capacity(1).map(|region| region.protection()) {
        Ok(Protection::Secret) => out.ok(Detail::Hidden),
        Ok(Protection::Locked) => out.ok(Detail::Locked),
        Ok(Protection::Unlocked) | Err(_) => out.finding(Detail::NotLocked),
    }
}

pub(super) fn check_limit(_: &Subject, _: &Question<'_>, out: &mut Outcomes<'_>) {
    match memory::limit(Limited::LockedMemory).0 {
        _ if geteuid().is_root() => out.ok(Detail::LimitOfRoot),
        None => out.ok(Detail::NoLimit),
        Some(bytes) if bytes >= AMPLE => out.ok(Detail::LimitAmple(bytes / 1024)),
        Some(bytes) if bytes >= ENOUGH => out.ok(Detail::LimitEnough(bytes / 1024)),
        Some(bytes) => out.finding(Detail::LimitTooLittle(bytes / 1024)),
    }
}

pub(super) fn check_swap(_: &Subject, _: &Question<'_>, out: &mut Outcomes<'_>) {
    let Some(text) = system(SWAPS) else { return out.cannot_tell(Detail::NoKernelFile(SWAPS)) };
    let areas: Vec<&str> =
        text.lines().skip(1).filter_map(|line| line.split_ascii_whitespace().next()).collect();
    if areas.is_empty() {
        out.ok(Detail::NoSwap);
    } else if areas.iter().all(|area| area.starts_with("/dev/zram")) {
        // A compressed area in memory never reaches a disk.
        out.ok(Detail::SwapInMemory);
    } else {
        out.finding(Detail::Swap(areas.join(", ")));
    }
}

pub(super) fn check_cores(_: &Subject, _: &Question<'_>, out: &mut Outcomes<'_>) {
    match system(CORE_PATTERN) {
        None => out.cannot_tell(Detail::NoKernelFile(CORE_PATTERN)),
        Some(pattern) if pattern.starts_with('|') => out.ok(Detail::CoresToProgram),
        Some(_) => out.ok(Detail::CoresToFiles),
    }
}

pub(super) fn check_tracing(_: &Subject, _: &Question<'_>, out: &mut Outcomes<'_>) {
    match system(PTRACE_SCOPE).as_deref() {
        Some("1" | "2" | "3") => out.ok(Detail::TracesChildren),
        Some(_) | None => out.finding(Detail::TracesAll),
    }
}

pub(super) fn check_user(_: &Subject, _: &Question<'_>, out: &mut Outcomes<'_>) {
    if geteuid().is_root() { out.finding(Detail::Root) } else { out.ok(Detail::NotRoot) }
}

/// A line or a few that the kernel prints about itself.
fn system(path: &str) -> Option<String> {
    let bytes = files::read(Path::new(path)).ok()?.bytes;
    Some(String::from_utf8_lossy(&bytes).trim_end().to_owned())
}
