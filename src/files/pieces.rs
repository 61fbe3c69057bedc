//! Reading a file piece by piece, however large it is.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::io::retry_on_intr;

use super::open::{Kinds, Links, open};
use crate::error::{Result, SystemError};

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
        let (file, stat) = open(path, Links::Refuse, Kinds::File).map_err(|it| it.reading(path))?;
        let size = u64::try_from(stat.st_size).unwrap_or_default();
        Ok(Pieces { file, path: path.into(), size })
    }

    /// Reads the next piece; 0 at the end.
    pub fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        retry_on_intr(|| rustix::io::read(&self.file, &mut *into))
            .map_err(|errno| SystemError::from(errno).reading(&*self.path))
    }
}
