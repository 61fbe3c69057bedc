//! Reading a file piece by piece, however large it is.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

use super::read::fill;
use crate::error::{FileError, Result, SystemError};

/// A regular file that is read from its beginning.
#[derive(Debug)]
pub struct Pieces {
    file: OwnedFd,
    path: PathBuf,
    /// Its size when it was opened, in bytes.
    pub size: u64,
}

impl Pieces {
    /// Opens a file; no link is followed at its end, and nothing waits for a writer.
    ///
    /// Errors: unreadable; a link, a folder, or whatever else is no file.
    pub fn open(path: &Path) -> Result<Pieces> {
        let failed = |errno: Errno| SystemError::from(errno).reading(path);
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file = match rustix::fs::open(path, flags | OFlags::NOCTTY, Mode::empty()) {
            Err(Errno::LOOP | Errno::NXIO) => {
                return Err(FileError::NotAFile { path: path.into() }.into());
            }
            other => other.map_err(failed)?,
        };
        let stat = rustix::fs::fstat(&file).map_err(failed)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(FileError::NotAFile { path: path.into() }.into());
        }
        let size = u64::try_from(stat.st_size).unwrap_or_default();
        Ok(Pieces { file, path: path.into(), size })
    }

    /// Reads the next piece; 0 at the end.
    pub fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        use std::os::fd::AsFd;
        fill(self.file.as_fd(), into).map_err(|errno| SystemError::from(errno).reading(&*self.path))
    }
}
