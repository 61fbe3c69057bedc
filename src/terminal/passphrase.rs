//! A passphrase that comes without a prompt.

use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};

use crate::error::{Error, PassphraseError, Quoted, Result};
use crate::memory::{Passphrase, Region};

/// Reads one line from a descriptor, a byte at a time, so that what follows is left for others.
/// The line end, or the end of the data, ends it. `what` names the descriptor in errors.
pub fn read_passphrase_line(from: BorrowedFd<'_>, what: &str) -> Result<Passphrase> {
    let failed = |errno| no_source(what, errno);
    let mut line = Region::with_capacity(Passphrase::MAX_BYTES + 1)?;
    loop {
        let space = line.spare_mut().get_mut(..1).unwrap_or_default();
        match retry_on_intr(|| rustix::io::read(from, &mut *space)).map_err(failed)? {
            0 => break,
            _ => line.advance(1),
        }
        if line.expose().ends_with(b"\n") {
            line.truncate(line.len() - 1);
            break;
        }
        if line.len() > Passphrase::MAX_BYTES {
            return Err(PassphraseError::TooLong.into());
        }
    }
    if line.is_empty() {
        Err(PassphraseError::Missing { what: what.to_owned() }.into())
    } else {
        Passphrase::new(line)
    }
}

/// Reads the first line of a file.
pub fn read_passphrase_file(path: &Path) -> Result<Passphrase> {
    let what = Quoted(path).to_string();
    let file =
        rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY, Mode::empty())
            .map_err(|errno| no_source(&what, errno))?;
    read_passphrase_line(file.as_fd(), &what)
}

fn no_source(what: &str, errno: Errno) -> Error {
    Error::Passphrase(PassphraseError::Unreadable {
        what: what.to_owned(),
        errno: errno.raw_os_error(),
    })
}
