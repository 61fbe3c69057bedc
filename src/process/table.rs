//! Other processes, as /proc shows them: who runs, since when, and with which environment.
//!
//! Where there is no /proc (macOS), there are none to be seen.

use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::marker::Marker;
use crate::error::{Result, SystemError};
use crate::memory::Region;

/// A process that was running when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: i32,
    /// The number of the one that started it, or of whoever took its place.
    pub parent: i32,
    /// Whose it is.
    pub uid: u32,
    /// When it was started, in clock ticks since the system was: with the number, this is what no other
    /// process of the same start of the system has.
    pub ticks: i64,
    /// The name that the kernel keeps of it, at most 15 bytes (proc_pid_comm(5)).
    pub name: String,
}

/// The longest environment or command line that is read, in bytes: what execve takes at most.
const MAX_BYTES: usize = 6 * 1024 * 1024;

/// How much of a small file in /proc is read, in bytes.
const SMALL: usize = 64 * 1024;

/// All processes, or those that this user is shown.
///
/// Errors: there is no /proc.
pub fn processes() -> Result<Vec<Process>> {
    let cannot = |error: std::io::Error| SystemError::from(error).reading("/proc");
    let entries = std::fs::read_dir("/proc").map_err(cannot)?.flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    // One that ends while it is looked at is not there.
    let mut found: Vec<Process> = pids.filter_map(process).collect();
    found.sort_unstable_by_key(|process| process.pid);
    Ok(found)
}

impl Process {
    /// The environment that it was started with, as the kernel keeps it: `NAME=value` strings with a
    /// NUL behind each. It may hold secrets, so it is in a region.
    ///
    /// Errors: it has ended, is another user's, or is not to be read.
    pub fn environment(&self) -> Result<Region> {
        read(&format!("/proc/{}/environ", self.pid), MAX_BYTES)
    }

    /// The marker in its environment, where it carries one.
    ///
    /// Errors: as [`Process::environment`].
    pub fn marker(&self) -> Result<Option<Marker>> {
        Ok(Marker::find(self.environment()?.expose()))
    }

    /// Its words, NULs between them, as far as they fit into 4 KiB. They may hold anything.
    pub fn command_line(&self) -> Result<Region> {
        read(&format!("/proc/{}/cmdline", self.pid), 4096)
    }
}

/// The process of that number, if it runs.
pub fn process(pid: i32) -> Option<Process> {
    let folder = rustix::fs::stat(format!("/proc/{pid}")).ok()?;
    let stat = read(&format!("/proc/{pid}/stat"), SMALL).ok()?;
    let (name, parent, ticks) = fields(stat.expose())?;
    Some(Process { pid, parent, uid: folder.st_uid, ticks, name })
}

/// The second field, the fourth, and the twenty-second (proc_pid_stat(5)). The name may hold blanks and brackets; nothing behind its last bracket may.
fn fields(stat: &[u8]) -> Option<(String, i32, i64)> {
    let text = String::from_utf8_lossy(stat);
    let (before, after) = text.rsplit_once(") ")?;
    let (_, name) = before.split_once('(')?;
    let mut behind = after.split_ascii_whitespace().skip(1);
    let parent = behind.next()?.parse().ok()?;
    Some((name.to_owned(), parent, behind.nth(17)?.parse().ok()?))
}

/// What names this start of the system: random, new each time (random(4)).
pub fn boot_id() -> Option<String> {
    let id = read("/proc/sys/kernel/random/boot_id", SMALL).ok()?;
    Some(String::from_utf8_lossy(id.expose()).trim().to_owned())
}

/// Reads a file of /proc, whose size is not known beforehand, as far as `most` bytes.
fn read(path: &str, most: usize) -> Result<Region> {
    let failed = |errno: Errno| SystemError::from(errno).reading(Path::new(path));
    let file = rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
    let file = file.map_err(failed)?;
    let mut region = Region::with_capacity(4096)?;
    while region.len() < most {
        region.reserve(1)?;
        match rustix::io::retry_on_intr(|| rustix::io::read(&file, region.spare_mut())) {
            Ok(0) => break,
            Ok(count) => region.advance(count),
            Err(errno) => return Err(failed(errno)),
        }
    }
    Ok(region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_is_there() {
        let own = i32::try_from(std::process::id()).expect("small");
        let found = processes().expect("a list");
        let this = found.iter().find(|process| process.pid == own).expect("this process");
        assert_eq!(process(own).as_ref(), Some(this));
        assert_eq!(this.uid, rustix::process::geteuid().as_raw());
        assert!(this.ticks > 0);
        assert_eq!(boot_id().map(|id| id.len()), Some(36));
        let environment = this.environment().expect("its own");
        let path = environment.expose().split(|byte| *byte == 0);
        assert!(path.clone().any(|string| string.starts_with(b"PATH=")));
        assert!(!this.command_line().expect("its own").is_empty());
    }

    #[test]
    fn names_with_brackets() {
        let numbers: Vec<String> = (3..=52).map(|number| number.to_string()).collect();
        let stat = format!("7 (a) R (b) {}\n", numbers.join(" "));
        assert_eq!(fields(stat.as_bytes()), Some(("a) R (b".to_owned(), 4, 22)));
        for broken in ["", "7 (a", "7 (a) R 1 2"] {
            assert_eq!(fields(broken.as_bytes()), None);
        }
    }
}
