//! What this machine does for secrets in memory, and what it does not.

use std::path::Path;

use rustix::process::geteuid;

use super::report::{Report, Verdict};
use crate::files;
use crate::memory::{self, Limited, Protection, Region};

/// What all of the program's memory fits into, in bytes: the usual limit since Linux 5.16.
const AMPLE: u64 = 8 * 1024 * 1024;

/// What the passphrase and documents of up to 16 KiB fit into, in bytes: the usual limit before.
const ENOUGH: u64 = 64 * 1024;

/// Looks at this machine.
pub fn machine() -> Report {
    let mut report = Report::new("this machine".to_owned());
    locking(&mut report);
    limit(&mut report);
    swap(&mut report);
    cores(&mut report);
    tracing(&mut report);
    user(&mut report);
    report
}

fn locking(report: &mut Report) {
    let (verdict, detail) = match Region::with_capacity(1).map(|region| region.protection()) {
        Ok(Protection::Secret) => {
            (Verdict::Ok, "memfd_secret: secrets are hidden even from root's /proc")
        }
        Ok(Protection::Locked) => (
            Verdict::Ok,
            "no memfd_secret (Linux 6.5 and later have it; containers may not): locked instead",
        ),
        Ok(Protection::Unlocked) | Err(_) => {
            (Verdict::Finding, "nothing can be locked: secrets may reach the swap")
        }
    };
    report.add("memory", verdict, detail);
}

fn limit(report: &mut Report) {
    let (verdict, detail) = match memory::limit(Limited::LockedMemory).0 {
        _ if geteuid().is_root() => (Verdict::Ok, "root is usually not held to a limit".to_owned()),
        None => (Verdict::Ok, "no limit".to_owned()),
        Some(bytes) if bytes >= AMPLE => {
            (Verdict::Ok, format!("{} KiB: all of it can be locked", bytes / 1024))
        }
        Some(bytes) if bytes >= ENOUGH => (
            Verdict::Ok,
            format!(
                "{} KiB: passphrase and documents of up to 16 KiB can be locked, working memory is only wiped",
                bytes / 1024
            ),
        ),
        Some(bytes) => (
            Verdict::Finding,
            format!("{} KiB are too little; ulimit -l 8192 would be ample", bytes / 1024),
        ),
    };
    report.add("memlock", verdict, detail);
}

fn swap(report: &mut Report) {
    let Some(text) = system("/proc/swaps") else {
        return report.add("swap", Verdict::CannotTell, "there is no /proc/swaps");
    };
    let areas: Vec<&str> =
        text.lines().skip(1).filter_map(|line| line.split_ascii_whitespace().next()).collect();
    if areas.is_empty() {
        return report.add("swap", Verdict::Ok, "none");
    }
    // A compressed area in memory never reaches a disk.
    if areas.iter().all(|area| area.starts_with("/dev/zram")) {
        return report.add("swap", Verdict::Ok, "in memory only (zram)");
    }
    let detail = format!(
        "{}: what the started command holds may be written there; encrypt it or go without",
        areas.join(", ")
    );
    report.add("swap", Verdict::Finding, detail);
}

fn cores(report: &mut Report) {
    let (verdict, detail) = match system("/proc/sys/kernel/core_pattern") {
        None => (Verdict::CannotTell, "there is no /proc/sys/kernel/core_pattern"),
        Some(pattern) if pattern.starts_with('|') => (
            Verdict::Ok,
            "go to a program; the limit {1, 1} keeps this program's and its command's from it",
        ),
        Some(_) => (
            Verdict::Ok,
            "go to files; the limit {1, 1} keeps this program and its command from leaving any",
        ),
    };
    report.add("cores", verdict, detail);
}

fn tracing(report: &mut Report) {
    let (verdict, detail) = match system("/proc/sys/kernel/yama/ptrace_scope").as_deref() {
        Some("1" | "2" | "3") => {
            (Verdict::Ok, "a process may trace none of its user's but its own children")
        }
        Some(_) | None => (
            Verdict::Finding,
            "any process of a user may trace the others, a service with its secrets too (not this program); set kernel.yama.ptrace_scope to 1, and give the service a user of its own",
        ),
    };
    report.add("tracing", verdict, detail);
}

fn user(report: &mut Report) {
    if geteuid().is_root() {
        report.add("user", Verdict::Finding, "root: what is started from here runs as root, too");
    } else {
        report.add("user", Verdict::Ok, "not root");
    }
}

/// A line or a few that the kernel prints about itself.
fn system(path: &str) -> Option<String> {
    let bytes = files::read(Path::new(path)).ok()?.bytes;
    Some(String::from_utf8_lossy(&bytes).trim_end().to_owned())
}
