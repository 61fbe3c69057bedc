//! Inherited descriptors.

use std::os::fd::{FromRawFd, OwnedFd};

use rustix::fs::{Mode, OFlags};

use crate::error::{Result, SystemError};
use crate::memory::{self, Limited};

/// Marks every descriptor from 3 on close-on-exec: neither a child nor a daemon that it starts
/// keeps what this process was given. Socket activation does not pass, on purpose.
pub fn close_all_on_exec() {
    #[cfg(target_os = "linux")]
    {
        /// `CLOSE_RANGE_CLOEXEC`, linux/close_range.h (Linux 5.11).
        const ON_EXEC: libc::c_uint = 4;
        // SAFETY: plain numbers; only the flags of descriptors change.
        if unsafe {
            libc::syscall(libc::SYS_close_range, 3 as libc::c_uint, libc::c_uint::MAX, ON_EXEC)
        } == 0
        {
            return;
        }
    }
    for fd in open_descriptors() {
        // SAFETY: plain numbers; a number that is not open gives an error, which is as well.
        unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

/// The numbers of the open descriptors from 3 on, or all that could be open.
fn open_descriptors() -> Vec<i32> {
    let listed = std::fs::read_dir("/dev/fd").map(|entries| {
        entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|fd| *fd > 2)
            .collect()
    });
    listed.unwrap_or_else(|_| {
        let (limit, _) = memory::limit(Limited::OpenFiles);
        (3..limit.and_then(|limit| i32::try_from(limit).ok()).unwrap_or(65_536).min(65_536))
            .collect()
    })
}

/// A pipe, its reading end first; no command inherits it.
#[cfg(not(target_vendor = "apple"))]
pub(super) fn pipe() -> rustix::io::Result<(OwnedFd, OwnedFd)> {
    rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)
}

/// The same on a system that cannot mark it while it is made.
#[cfg(target_vendor = "apple")]
pub(super) fn pipe() -> rustix::io::Result<(OwnedFd, OwnedFd)> {
    let (read, write) = rustix::pipe::pipe()?;
    for end in [&read, &write] {
        rustix::io::fcntl_setfd(end, rustix::io::FdFlags::CLOEXEC)?;
    }
    Ok((read, write))
}

/// /dev/null, to read and to write; no command inherits it.
pub(super) fn null() -> rustix::io::Result<OwnedFd> {
    rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())
}

/// Puts /dev/null in the place of standard input.
pub fn give_null_as_stdin() -> Result<()> {
    let replaced = null().and_then(|null| rustix::stdio::dup2_stdin(&null));
    replaced.map_err(|error| SystemError::from(error).reading("/dev/null"))
}

/// Another descriptor for what the caller passed under a number. The two share their place in a file; the caller's stays open.
///
/// Errors: none is open under it.
pub fn duplicate_descriptor(number: u32) -> std::result::Result<OwnedFd, SystemError> {
    let number = i32::try_from(number).map_err(|_| SystemError(libc::EBADF))?;
    // SAFETY: plain numbers; the kernel looks whether one is open under this, and keeps it so meanwhile.
    let duplicate = unsafe { libc::fcntl(number, libc::F_DUPFD_CLOEXEC, 3) };
    if duplicate < 0 {
        return Err(std::io::Error::last_os_error().into());
    }
    // SAFETY: the kernel has just given us this one.
    Ok(unsafe { OwnedFd::from_raw_fd(duplicate) })
}
