//! Locks that are waited for, but not for ever.

use std::os::fd::AsFd;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::{Errno, retry_on_intr};

use crate::error::{FileError, Result};

/// How long a second writer of a vault waits for the first.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// How the waiting ended.
pub(super) enum Lock {
    /// The lock is held until the descriptor is closed.
    Held,
    /// This file system has no locks.
    Unknown,
    /// Somebody else has held it all the while.
    Busy,
    /// Told to give up.
    GivenUp(i32),
}

/// Waits for the exclusive lock on an open folder, whose path is for errors. Returns whether it is held: some file
/// systems have no locks.
///
/// Errors: another writer keeps it for as long as `patience`; `interrupted` has answered with a signal.
pub fn lock_folder(
    folder: impl AsFd,
    path: &Path,
    patience: Duration,
    interrupted: &dyn Fn() -> Option<i32>,
) -> Result<bool> {
    match lock(folder, patience, interrupted) {
        Lock::Held => Ok(true),
        Lock::Unknown => Ok(false),
        Lock::Busy => {
            Err(FileError::Busy { path: path.into(), seconds: patience.as_secs() }.into())
        }
        Lock::GivenUp(signal) => Err(FileError::Interrupted { signal }.into()),
    }
}

/// Waits for the exclusive lock on an open file or folder, as long as `patience`. `give_up` is asked
/// meanwhile.
pub(super) fn lock(file: impl AsFd, patience: Duration, give_up: &dyn Fn() -> Option<i32>) -> Lock {
    let start = Instant::now();
    loop {
        match retry_on_intr(|| flock(&file, FlockOperation::NonBlockingLockExclusive)) {
            Ok(()) => return Lock::Held,
            Err(Errno::WOULDBLOCK) => {}
            Err(_) => return Lock::Unknown,
        }
        if let Some(reason) = give_up() {
            return Lock::GivenUp(reason);
        }
        if start.elapsed() > patience {
            return Lock::Busy;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
