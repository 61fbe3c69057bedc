//! Folders that come from outside: what is named in one is read without following links, bounded.

use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Stat};
use rustix::io::{Errno, retry_on_intr};

use crate::error::{FileError, KitError, Result, SystemError};
use crate::files::{Kinds, Links, Refused, open, open_in};

/// The most entries that a folder is read for: a kit has half a dozen.
const MOST_ENTRIES: usize = 100;

/// How much is read or written at once, in bytes: often enough for a progress bar and for Ctrl-C.
pub(super) const CHUNK: usize = 1024 * 1024;

/// Told how many bytes have just been read or written; an error of it ends the work.
pub type Tick<'a> = &'a dyn Fn(usize) -> Result<()>;

/// An open folder.
#[derive(Debug)]
pub struct Folder {
    descriptor: OwnedFd,
    path: PathBuf,
}

/// Something in a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FolderItem {
    /// Its name.
    pub name: OsString,
    /// Whether it is a regular file, and no link either.
    pub is_file: bool,
    /// Whether it is a folder, and no link either.
    pub is_folder: bool,
}

/// A device, by a number that says nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device(i128);

/// What a file system has to offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Bytes that this user may still write; nothing where the file system does not tell.
    pub free: Option<u64>,
    /// Bytes of the smallest piece that a file takes.
    pub block: u64,
}

impl Folder {
    /// Opens the folder that a user named; a link to it is followed.
    ///
    /// Errors: not there, not a folder, unreadable.
    pub fn open(path: &Path) -> Result<Folder> {
        Folder::new(open(path, Links::Follow, Kinds::Folder), path.into())
    }

    /// Opens a folder within; no link is followed.
    ///
    /// Errors: as [`Folder::open`].
    pub fn folder(&self, name: &OsStr) -> Result<Folder> {
        let opened = open_in(&self.descriptor, name, Links::Refuse, Kinds::Folder);
        Folder::new(opened, self.path.join(name))
    }

    fn new(opened: std::result::Result<(OwnedFd, Stat), Refused>, path: PathBuf) -> Result<Folder> {
        match opened {
            Ok((descriptor, _)) => Ok(Folder { descriptor, path }),
            Err(Refused::OtherKind) => Err(KitError::NotAFolder { path }.into()),
            Err(other) => Err(other.reading(&path)),
        }
    }

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The device it lies on.
    pub fn device(&self) -> Result<Device> {
        let stat = rustix::fs::fstat(&self.descriptor)
            .map_err(|errno| SystemError::from(errno).reading(&self.path))?;
        Ok(Device(stat.st_dev.into()))
    }

    /// Whether it belongs to another user than this one and root.
    pub fn is_of_others(&self) -> Result<bool> {
        let stat = rustix::fs::fstat(&self.descriptor)
            .map_err(|errno| SystemError::from(errno).reading(&self.path))?;
        Ok(stat.st_uid != 0 && stat.st_uid != rustix::process::geteuid().as_raw())
    }

    /// What its file system has left.
    pub fn space(&self) -> Result<Space> {
        let stat = rustix::fs::fstatvfs(&self.descriptor)
            .map_err(|errno| SystemError::from(errno).reading(&self.path))?;
        let block = stat.f_frsize.max(1);
        let free = (stat.f_blocks > 0).then(|| stat.f_bavail.saturating_mul(block));
        Ok(Space { free, block })
    }

    /// Everything in it, by name.
    ///
    /// Errors: unreadable; more than a hundred entries.
    pub fn items(&self) -> Result<Vec<FolderItem>> {
        self.items_named(&|_| true)
    }

    /// What in it has a wanted name, by name.
    ///
    /// Errors: unreadable; more than a hundred of them.
    pub fn items_named(&self, wanted: &dyn Fn(&OsStr) -> bool) -> Result<Vec<FolderItem>> {
        let failed = |errno: Errno| SystemError::from(errno).reading(&self.path);
        let mut items = Vec::new();
        for entry in rustix::fs::Dir::read_from(&self.descriptor).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            let own = OsStr::from_bytes(name.to_bytes());
            if [".", ".."].iter().any(|dots| own == *dots) || !wanted(own) {
                continue;
            }
            if items.len() == MOST_ENTRIES {
                return Err(KitError::TooMuch { path: self.path.clone() }.into());
            }
            let kind = match entry.file_type() {
                // Not every file system tells.
                FileType::Unknown => {
                    let stat =
                        rustix::fs::statat(&self.descriptor, name, AtFlags::SYMLINK_NOFOLLOW);
                    FileType::from_raw_mode(stat.map_err(failed)?.st_mode)
                }
                kind => kind,
            };
            items.push(FolderItem {
                name: own.to_owned(),
                is_file: kind == FileType::RegularFile,
                is_folder: kind == FileType::Directory,
            });
        }
        items.sort();
        Ok(items)
    }

    /// Reads a regular file in it; no link is followed, and nothing waits for a writer.
    ///
    /// Errors: unreadable; not a file; larger than `most` bytes; those of `tick`.
    pub fn read(&self, name: &OsStr, most: usize, tick: Tick<'_>) -> Result<Vec<u8>> {
        let path = self.path.join(name);
        let failed = |errno: Errno| SystemError::from(errno).reading(&path);
        let file = open_in(&self.descriptor, name, Links::Refuse, Kinds::File);
        let (file, _) = file.map_err(|refused| refused.reading(&path))?;
        let mut bytes = Vec::new();
        loop {
            let (length, room) = (bytes.len(), CHUNK.min((most + 1).saturating_sub(bytes.len())));
            if room == 0 {
                return Err(KitError::TooMuch { path }.into());
            }
            bytes.resize(length + room, 0);
            let space = bytes.get_mut(length..).unwrap_or_default();
            let count = retry_on_intr(|| rustix::io::read(&file, &mut *space)).map_err(failed)?;
            bytes.truncate(length + count);
            if count == 0 {
                return Ok(bytes);
            }
            tick(count)?;
        }
    }

    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// Reads a regular file of up to `most` bytes that a user named; a link to it is followed.
///
/// Errors: unreadable; not a file; larger.
pub fn read_large(path: &Path, most: usize) -> Result<Vec<u8>> {
    let resolved = std::fs::canonicalize(path);
    let resolved = resolved.map_err(|error| SystemError::from(error).reading(path))?;
    match (resolved.parent(), resolved.file_name()) {
        (Some(folder), Some(name)) => Folder::open(folder)?.read(name, most, &|_| Ok(())),
        _ => Err(FileError::NotAFile { path: path.into() }.into()),
    }
}

/// The device that a file lies on, a link followed; nothing where nobody can tell.
pub fn device_of(path: &Path) -> Option<Device> {
    rustix::fs::stat(path).ok().map(|stat| Device(stat.st_dev.into()))
}

/// Whether there is nothing at a path, as far as this user can tell: not mounted, not plugged in.
pub fn is_away(path: &Path) -> bool {
    matches!(rustix::fs::stat(path), Err(Errno::NOENT | Errno::NOTDIR | Errno::NODEV | Errno::NXIO))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::error::Error;

    #[test]
    fn reads_files_and_nothing_else() {
        let place = tempfile::tempdir().expect("a folder");
        let path = place.path();
        std::fs::File::create(path.join("a")).and_then(|mut file| file.write_all(b"1234")).unwrap();
        std::fs::create_dir(path.join("b")).expect("a folder");
        std::os::unix::fs::symlink("a", path.join("c")).expect("a link");
        std::os::unix::fs::symlink("b", path.join("d")).expect("a link");
        let folder = Folder::open(path).expect("opens");
        let kinds = folder.items().expect("reads").into_iter();
        let kinds: Vec<_> = kinds.map(|item| (item.is_file, item.is_folder)).collect();
        assert_eq!(kinds, [(true, false), (false, true), (false, false), (false, false)]);
        let read = |name: &str, most| folder.read(name.as_ref(), most, &|_| Ok(()));
        assert_eq!(read("a", 4).expect("reads"), b"1234");
        assert_eq!(read("a", 3), Err(Error::Kit(KitError::TooMuch { path: path.join("a") })));
        for name in ["b", "c", "d"] {
            assert_eq!(
                read(name, 9),
                Err(Error::File(FileError::NotAFile { path: path.join(name) })),
                "{name}"
            );
        }
        assert!(folder.folder("b".as_ref()).is_ok());
        let link = folder.folder("d".as_ref()).map(|_| ());
        assert_eq!(link, Err(Error::Kit(KitError::NotAFolder { path: path.join("d") })));
        assert_eq!(read_large(&path.join("c"), 4).expect("follows"), b"1234");
        assert!(is_away(&path.join("x")) && !is_away(path));
    }

    #[test]
    fn what_ends_the_work() {
        let place = tempfile::tempdir().expect("a folder");
        let file = std::fs::File::create(place.path().join("a")).expect("a file");
        file.set_len(3 * CHUNK as u64).expect("grows");
        let folder = Folder::open(place.path()).expect("opens");
        let stop = |_| Err(Error::File(FileError::Interrupted { signal: 2 }));
        let read = folder.read("a".as_ref(), usize::MAX / 2, &stop);
        assert_eq!(read, Err(Error::File(FileError::Interrupted { signal: 2 })));
    }
}
