//! Reading with a bound: opened once, read once, judged by what was opened.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{FileType, Stat};
use rustix::io::retry_on_intr;

use super::MAX_FILE_BYTES;
use super::open::{Kinds, Links, open};
use crate::error::{FileError, Result, SystemError};
use crate::memory::Region;

/// What was read from a file: bytes on the heap, which are not secret, or a region.
#[derive(Debug)]
pub struct Read<B = Vec<u8>> {
    /// Its bytes.
    pub bytes: B,
    /// Whether it lies in a file that was named or found, and not in a pipe.
    pub is_file: bool,
    /// Whether that file's mode lets group or others read it.
    pub loose: bool,
    /// When it was last written, in seconds since 1970; 0 for what is not a file.
    pub modified: i64,
}

impl<B> Read<B> {
    fn new(bytes: B, file: Option<Stat>) -> Read<B> {
        let loose = file.as_ref().is_some_and(|file| file.st_mode & 0o044 != 0);
        let modified = file.as_ref().map_or(0, |file| file.st_mtime);
        Read { bytes, is_file: file.is_some(), loose, modified }
    }
}

/// Reads a file that is not secret: a regular file, a pipe, or standard input where `path` is `-`.
///
/// Errors: unreadable, a folder or device, larger than [`MAX_FILE_BYTES`].
pub fn read(path: &Path) -> Result<Read> {
    let (from, file) = open_named(path)?;
    Ok(Read::new(read_all(from, path)?, file))
}

/// Reads plaintext into a region; `-` is standard input.
///
/// Errors: as [`read`].
pub fn read_plaintext(path: &Path) -> Result<Read<Region>> {
    let (from, file) = open_named(path)?;
    Ok(Read::new(read_descriptor(from.as_fd(), path)?, file))
}

/// Reads a secret that lies in a file or a pipe into a region.
///
/// Errors: as [`read`].
pub fn read_private(path: &Path) -> Result<Read<Region>> {
    let (from, file) = open_file_or_pipe(path)?;
    Ok(Read::new(read_descriptor(from.as_fd(), path)?, file))
}

/// Reads a file that was looked for rather than named: a regular file only, so that nothing waits
/// for a writer. `own` also asks that it is this user's or root's: in a folder that others write,
/// anybody may have put it there.
///
/// Errors: as [`read`]; [`FileError::NotOwn`].
pub fn read_found(path: &Path, own: bool) -> Result<Read> {
    let (from, stat) = open_found(path)?;
    let user = rustix::process::geteuid().as_raw();
    let foreign = stat.st_uid != user && stat.st_uid != 0 || stat.st_mode & 0o002 != 0;
    if own && foreign {
        return Err(FileError::NotOwn { path: path.into() }.into());
    }
    Ok(Read::new(read_all(from, path)?, Some(stat)))
}

/// Reads a file that was looked for and may hold secrets, into a region.
///
/// Errors: as [`read`].
pub fn read_found_plaintext(path: &Path) -> Result<Region> {
    read_descriptor(open_found(path)?.0.as_fd(), path)
}

/// Reads plaintext from a descriptor to its end. `path` is for errors.
pub fn read_descriptor(from: BorrowedFd<'_>, path: &Path) -> Result<Region> {
    let known = rustix::fs::fstat(from).ok().and_then(|stat| usize::try_from(stat.st_size).ok());
    let mut region = Region::with_capacity(
        known.unwrap_or(0).saturating_add(1).clamp(16 * 1024, MAX_FILE_BYTES + 1),
    )?;
    loop {
        region.reserve(1)?;
        match retry_on_intr(|| rustix::io::read(from, region.spare_mut())) {
            Ok(0) => return Ok(region),
            Ok(count) => region.advance(count),
            Err(errno) => return Err(SystemError::from(errno).reading(path)),
        }
        if region.len() > MAX_FILE_BYTES {
            return Err(FileError::TooLarge { path: path.into() }.into());
        }
    }
}

fn read_all(from: OwnedFd, path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = File::from(from).take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| SystemError::from(error).reading(path))?;
    if bytes.len() > MAX_FILE_BYTES {
        return Err(FileError::TooLarge { path: path.into() }.into());
    }
    Ok(bytes)
}

/// Opens what a user named, `-` for standard input; also what it is, where it is a named file.
fn open_named(path: &Path) -> Result<(OwnedFd, Option<Stat>)> {
    if path.as_os_str() != "-" {
        return open_file_or_pipe(path);
    }
    let stdin = rustix::stdio::stdin().try_clone_to_owned();
    Ok((stdin.map_err(|error| SystemError::from(error).reading(path))?, None))
}

fn open_file_or_pipe(path: &Path) -> Result<(OwnedFd, Option<Stat>)> {
    let opened = open(path, Links::Follow, Kinds::FileOrPipe);
    let (from, stat) = opened.map_err(|refused| refused.reading(path))?;
    let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
    Ok((from, is_file.then_some(stat)))
}

fn open_found(path: &Path) -> Result<(OwnedFd, Stat)> {
    open(path, Links::Follow, Kinds::File).map_err(|refused| refused.reading(path))
}
/// Whether there is a folder, a link followed.
pub fn is_folder(path: &Path) -> bool {
    rustix::fs::stat(path)
        .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory)
}
