//! Reading with a bound: opened once, read once, judged by what was opened.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};

use super::MAX_FILE_BYTES;
use crate::error::{FileError, Result, SystemError};
use crate::memory::Region;

/// A file as it was read.
#[derive(Debug)]
pub struct Read {
    /// Its bytes. Not secret, so on the heap.
    pub bytes: Vec<u8>,
    /// Whether its mode lets group or others read it.
    pub loose: bool,
    /// When it was last written, in seconds since 1970; 0 for what is not a file.
    pub modified: i64,
}

/// Reads a file that was looked for rather than named: a regular file only, so that nothing waits
/// for a writer. `own` also asks that it is this user's or root's: in a folder that others write,
/// anybody may have put it there.
///
/// Errors: as [`read`]; [`FileError::NotOwn`].
pub fn read_found(path: &Path, own: bool) -> Result<Read> {
    let (file, stat) = open_found(path)?;
    let user = rustix::process::geteuid().as_raw();
    let foreign = stat.st_uid != user && stat.st_uid != 0 || stat.st_mode & 0o002 != 0;
    if own && foreign {
        return Err(FileError::NotOwn { path: path.into() }.into());
    }
    let bytes = read_all(file.as_fd(), path)?;
    Ok(Read { bytes, loose: stat.st_mode & 0o044 != 0, modified: stat.st_mtime })
}

/// Reads a file that was looked for and may hold secrets, into a region.
///
/// Errors: as [`read`].
pub fn read_found_plaintext(path: &Path) -> Result<Region> {
    let (file, _) = open_found(path)?;
    read_descriptor(file.as_fd(), path)
}

fn open_found(path: &Path) -> Result<(OwnedFd, rustix::fs::Stat)> {
    let failed = |errno: Errno| SystemError::from(errno).reading(path);
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
    let file = rustix::fs::open(path, flags, Mode::empty()).map_err(failed)?;
    let stat = rustix::fs::fstat(&file).map_err(failed)?;
    if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile {
        Ok((file, stat))
    } else {
        Err(FileError::NotAFile { path: path.into() }.into())
    }
}

/// Reads a file that is not secret: a regular file, a pipe, or standard input where `path` is `-`.
///
/// Errors: unreadable, a folder or device, larger than [`MAX_FILE_BYTES`].
pub fn read(path: &Path) -> Result<Read> {
    let (file, loose, modified) = if path.as_os_str() == "-" {
        (None, false, 0)
    } else {
        let file = open(path)?;
        let stat =
            rustix::fs::fstat(&file).map_err(|error| SystemError::from(error).reading(path))?;
        let regular = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
        (
            Some(file),
            regular && stat.st_mode & 0o044 != 0,
            if regular { stat.st_mtime as i64 } else { 0 },
        )
    };
    let from = file.as_ref().map_or(rustix::stdio::stdin(), |file| file.as_fd());
    Ok(Read { bytes: read_all(from, path)?, loose, modified })
}

fn read_all(from: BorrowedFd<'_>, path: &Path) -> Result<Vec<u8>> {
    let mut bytes = vec![0; 64 * 1024];
    let mut length = 0;
    loop {
        if length == bytes.len() {
            bytes.resize((bytes.len() * 2).min(MAX_FILE_BYTES + 1), 0);
        }
        match fill(from, bytes.get_mut(length..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(errno) => return Err(SystemError::from(errno).reading(path)),
        }
        if length > MAX_FILE_BYTES {
            return Err(FileError::TooLarge { path: path.into() }.into());
        }
    }
    bytes.truncate(length);
    Ok(bytes)
}

/// Plaintext as it was read.
#[derive(Debug)]
pub struct Plaintext {
    /// Its bytes.
    pub bytes: Region,
    /// Whether it lies in a file, and not in a pipe.
    pub on_disk: bool,
}

/// Reads plaintext into a region; `-` is standard input.
///
/// Errors: as [`read`].
pub fn read_plaintext(path: &Path) -> Result<Plaintext> {
    if path.as_os_str() == "-" {
        let bytes = read_descriptor(rustix::stdio::stdin(), path)?;
        return Ok(Plaintext { bytes, on_disk: false });
    }
    let file = open(path)?;
    let stat = rustix::fs::fstat(&file).map_err(|error| SystemError::from(error).reading(path))?;
    let on_disk = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
    Ok(Plaintext { bytes: read_descriptor(file.as_fd(), path)?, on_disk })
}

/// Reads a secret that lies in a file or a pipe. Tells also whether the file's mode lets group or
/// others read it.
///
/// Errors: as [`read`].
pub fn read_private(path: &Path) -> Result<(Region, bool)> {
    let file = open(path)?;
    let stat = rustix::fs::fstat(&file).map_err(|error| SystemError::from(error).reading(path))?;
    let regular = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
    Ok((read_descriptor(file.as_fd(), path)?, regular && stat.st_mode & 0o044 != 0))
}

/// Reads plaintext from a descriptor to its end. `path` is for errors.
pub fn read_descriptor(from: BorrowedFd<'_>, path: &Path) -> Result<Region> {
    let known = rustix::fs::fstat(from).ok().and_then(|stat| usize::try_from(stat.st_size).ok());
    let mut region = Region::with_capacity(
        known.unwrap_or(0).saturating_add(1).clamp(16 * 1024, MAX_FILE_BYTES + 1),
    )?;
    loop {
        region.reserve(1)?;
        match fill(from, region.spare_mut()) {
            Ok(0) => return Ok(region),
            Ok(count) => region.advance(count),
            Err(errno) => return Err(SystemError::from(errno).reading(path)),
        }
        if region.len() > MAX_FILE_BYTES {
            return Err(FileError::TooLarge { path: path.into() }.into());
        }
    }
}

/// Opens a regular file or a pipe for reading.
fn open(path: &Path) -> Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY;
    let file = rustix::fs::open(path, flags, Mode::empty())
        .map_err(|error| SystemError::from(error).reading(path))?;
    let stat = rustix::fs::fstat(&file).map_err(|error| SystemError::from(error).reading(path))?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile | FileType::Fifo => Ok(file),
        _ => Err(FileError::NotAFile { path: path.into() }.into()),
    }
}

pub(super) fn fill(from: BorrowedFd<'_>, space: &mut [u8]) -> std::result::Result<usize, Errno> {
    retry_on_intr(|| rustix::io::read(from, &mut *space))
}
/// Whether there is a folder, a link followed.
pub fn is_folder(path: &Path) -> bool {
    rustix::fs::stat(path)
        .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory)
}
