//! Replacing a folder of files so that after a crash at any moment the old one or the new one is
//! there, whole: also on file systems that cannot exchange two names, such as FAT.
//!
//! `NAME.new` is written beside `NAME`, read back, and takes its place; where the two cannot be
//! exchanged at once, `NAME` waits as `NAME.old` meanwhile. What a crash leaves of these the next
//! replacement puts right.

use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};

use super::folder::{CHUNK, Folder, Tick};
use super::{Kit, read};
use crate::error::{Error, FileError, KitError, Result, SystemError};
use crate::files::{PATIENCE, lock_folder};

/// The new folder, until it takes its place.
pub const NEW: &str = ".new";

/// The old folder, where it has to make way first.
pub const OLD: &str = ".old";

/// What is on a stick is for whoever has it at hand in an outage: modes keep nobody from it who could
/// otherwise open it.
const READABLE: Mode = Mode::from_raw_mode(0o644);
const EXECUTABLE: Mode = Mode::from_raw_mode(0o755);

/// A folder that is being replaced. Dropped before [`FolderReplacement::commit`], it leaves the old
/// one and nothing else. The folder around it stays locked for as long as this lives.
pub struct FolderReplacement<'a> {
    around: Folder,
    new: Folder,
    is_there: bool,
    kit: &'a Kit,
    keeps_modes: bool,
    /// Whether the new folder stays when this is dropped.
    settled: bool,
}

impl<'a> FolderReplacement<'a> {
    /// Locks `around`, puts right what a killed writer left there, and creates the new folder. Only
    /// a folder of this user's, or root's, is replaced, in which nothing is but files of a kit.
    /// What is left there of an earlier replacement stays until the new folder is in its place.
    ///
    /// `interrupted` is asked while another writer is waited for, and answers with a signal.
    ///
    /// Errors: no such folder; it cannot be written; something else stands there; another writer
    /// keeps it for 10 s; interrupted.
    pub fn begin(
        around: &Path,
        kit: &'a Kit,
        interrupted: &dyn Fn() -> Option<i32>,
    ) -> Result<FolderReplacement<'a>> {
        let around = Folder::open(around)?;
        lock_folder(around.descriptor(), around.path(), PATIENCE, interrupted)?;
        let [own, new, old] = ["", NEW, OLD].map(|suffix| format!("{}{suffix}", kit.folder));
        let mut is_there = is_ours(&around, &own, kit, true)?;
        if is_ours(&around, &old, kit, false)? && !is_there {
            rename(&around, &old, &own)?;
            sync(&around)?;
            is_there = true;
        }
        if is_ours(&around, &new, kit, false)? {
            remove(&around, &new)?;
        }
        rustix::fs::mkdirat(around.descriptor(), &new, EXECUTABLE)
            .map_err(|errno| failed(&around, &new, errno))?;
        let made = around.folder(OsStr::new(&new)).inspect_err(|_| {
            let _ = remove(&around, &new);
        })?;
        Ok(FolderReplacement {
            around,
            new: made,
            is_there,
            kit,
            keeps_modes: true,
            settled: false,
        })
    }

    /// The folder around it.
    pub fn around(&self) -> &Folder {
        &self.around
    }

    /// The path of the folder that is replaced.
    pub fn target(&self) -> PathBuf {
        self.around.path().join(&self.kit.folder)
    }

    /// The folder that is replaced, where there is one.
    ///
    /// Errors: it cannot be read.
    pub fn earlier(&self) -> Result<Option<Folder>> {
        self.is_there.then(|| self.around.folder(OsStr::new(&self.kit.folder))).transpose()
    }

    /// Whether the file system has kept every mode so far, which FAT does not.
    pub fn keeps_modes(&self) -> bool {
        self.keeps_modes
    }

    /// Writes a file, which may be a `program`, into the new folder, forces it to the disk, and has the system forget what it
    /// remembers of it, so that reading it back reads the disk.
    ///
    /// Errors: it cannot be written; the disk is gone; those of `tick`.
    pub fn write(&mut self, name: &str, bytes: &[u8], program: bool, tick: Tick<'_>) -> Result<()> {
        let failed = |errno: Errno| failed(&self.new, name, errno);
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let wanted = if program { EXECUTABLE } else { READABLE };
        let file =
            rustix::fs::openat(self.new.descriptor(), name, flags, wanted).map_err(failed)?;
        for chunk in bytes.chunks(CHUNK) {
            let mut rest = chunk;
            while !rest.is_empty() {
                match retry_on_intr(|| rustix::io::write(&file, rest)).map_err(failed)? {
                    0 => return Err(failed(Errno::IO)),
                    count => rest = rest.get(count..).unwrap_or_default(),
                }
            }
            // A slow stick is waited for here, and not all at once in the end.
            rustix::fs::fsync(&file).map_err(failed)?;
            tick(chunk.len())?;
        }
        // Whatever the umask took away.
        let changed = rustix::fs::fchmod(&file, wanted);
        let found = rustix::fs::fstat(&file).map_err(failed)?.st_mode;
        self.keeps_modes &= changed.is_ok() && Mode::from_raw_mode(found) == wanted;
        rustix::fs::fsync(&file).map_err(failed)?;
        forget(&file);
        Ok(())
    }

    /// Reads a file back.
    ///
    /// Errors: unreadable, larger than `most` bytes; the disk is gone; those of `tick`.
    pub fn read_back(&self, name: &OsStr, most: usize, tick: Tick<'_>) -> Result<Vec<u8>> {
        self.new.read(name, most, tick).map_err(|error| match error {
            Error::File(FileError::Read { errno, .. }) if is_gone(errno) => {
                KitError::Gone { path: self.around.path().into(), errno }.into()
            }
            other => other,
        })
    }

    /// Puts the new folder in the place of the old one and removes that. Returns whether nothing is
    /// left of it. Where the two cannot be exchanged and a third is there, from an earlier replacement, one
    /// that is whole stays until the new one is in its place.
    ///
    /// Errors: nothing was replaced; or it was, and nobody knows whether that reached the disk: then
    /// both are still there.
    pub fn commit(mut self) -> Result<bool> {
        let [own, new, old] = ["", NEW, OLD].map(|suffix| format!("{}{suffix}", self.kit.folder));
        sync(&self.new)?;
        sync(&self.around)?;
        self.check_is(&new).inspect_err(|error| {
            // What stands there now is not ours to remove.
            self.settled = matches!(error, Error::Kit(KitError::Swapped { .. }));
        })?;
        if kind_of(&self.around, &own)?.is_none() {
            rename(&self.around, &new, &own)?;
        } else {
            match exchange(&self.around, &new, &own) {
                Ok(()) => {}
                Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                    let moved = self.make_way().and_then(|()| rename(&self.around, &new, &own));
                    if let Err(error) = moved {
                        // The old one is whole, and gets its name back; where it cannot, both stay.
                        self.settled = kind_of(&self.around, &own) == Ok(None)
                            && rename(&self.around, &old, &own).is_err();
                        return Err(error);
                    }
                }
                Err(errno) => return Err(failed(&self.around, &own, errno)),
            }
        }
        self.settled = true;
        let target = self.target();
        self.check_is(&own).map_err(|error| match error {
            Error::File(FileError::Read { errno, .. }) => {
                FileError::NotConfirmed { path: target.clone(), errno }.into()
            }
            other => other,
        })?;
        rustix::fs::fsync(self.around.descriptor()).or_else(unable_to_sync).map_err(|errno| {
            FileError::NotConfirmed { path: target, errno: errno.raw_os_error() }
        })?;
        // Whatever came into them meanwhile stays, and they with it.
        let is_gone = |name: String| match is_ours(&self.around, &name, self.kit, false) {
            Ok(is_there) => !is_there || remove(&self.around, &name).is_ok(),
            Err(_) => false,
        };
        Ok([new, old].map(is_gone) == [true, true])
    }

    /// Moves the old folder out of the way; one of the two that are there already is given up for it.
    fn make_way(&self) -> Result<()> {
        let (own, old) = (&self.kit.folder, format!("{}{OLD}", self.kit.folder));
        if kind_of(&self.around, &old)?.is_some() {
            let whole = |name: &str| {
                let kit = self.around.folder(OsStr::new(name)).and_then(|folder| read(&folder));
                kit.is_ok_and(|kit| kit.is_whole())
            };
            if whole(&old) && !whole(own) {
                return remove(&self.around, own);
            }
            remove(&self.around, &old)?;
        }
        rename(&self.around, own, &old)?;
        sync(&self.around)
    }

    /// Whoever else may write here may have put another folder under the name of the one that was read back.
    fn check_is(&self, name: &str) -> Result<()> {
        let path = || self.around.path().join(name);
        let failed = |errno: Errno| SystemError::from(errno).reading(path());
        let own = rustix::fs::fstat(self.new.descriptor()).map_err(failed)?;
        let found = rustix::fs::statat(self.around.descriptor(), name, AtFlags::SYMLINK_NOFOLLOW);
        let found = found.map_err(failed)?;
        if (own.st_dev, own.st_ino) == (found.st_dev, found.st_ino) {
            Ok(())
        } else {
            Err(KitError::Swapped { path: path() }.into())
        }
    }
}

impl Drop for FolderReplacement<'_> {
    fn drop(&mut self) {
        if !self.settled {
            let _ = remove(&self.around, &format!("{}{NEW}", self.kit.folder));
        }
    }
}

/// What stands under a name, a link not followed: whether it is a folder, and whose.
fn kind_of(around: &Folder, name: &str) -> Result<Option<(bool, u32)>> {
    match rustix::fs::statat(around.descriptor(), name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => {
            let is_folder = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
            Ok(Some((is_folder, stat.st_uid)))
        }
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(failed(around, name, errno)),
    }
}

/// Whether there is a folder of that name that may be removed; nothing is there otherwise.
///
/// Errors: something else is there, or something else in it.
fn is_ours(around: &Folder, name: &str, kit: &Kit, settled: bool) -> Result<bool> {
    let path = around.path().join(name);
    let Some((is_folder, owner)) = kind_of(around, name)? else { return Ok(false) };
    if !is_folder {
        return Err(KitError::NotAFolder { path }.into());
    }
    let user = rustix::process::geteuid();
    if !user.is_root() && owner != user.as_raw() && owner != 0 {
        return Err(KitError::OfOthers { path }.into());
    }
    let items = around.folder(OsStr::new(name))?.items()?;
    let other = items.iter().find(|item| !item.is_file).map(|item| item.name.clone());
    let names: Vec<OsString> = items.into_iter().map(|item| item.name).collect();
    match other.or_else(|| kit.stranger(&names, settled).map(OsStr::to_owned)) {
        Some(item) => Err(KitError::NotAKit { path, item }.into()),
        None => Ok(true),
    }
}

/// Removes a folder of files.
fn remove(around: &Folder, name: &str) -> Result<()> {
    let folder = around.folder(OsStr::new(name))?;
    let names: Vec<OsString> = folder.items()?.into_iter().map(|item| item.name).collect();
    for item in names {
        rustix::fs::unlinkat(folder.descriptor(), &item, AtFlags::empty())
            .map_err(|errno| SystemError::from(errno).writing(folder.path().join(&item)))?;
    }
    rustix::fs::unlinkat(around.descriptor(), name, AtFlags::REMOVEDIR)
        .map_err(|errno| failed(around, name, errno))
}

fn rename(around: &Folder, from: &str, to: &str) -> Result<()> {
    rustix::fs::renameat(around.descriptor(), from, around.descriptor(), to)
        .map_err(|errno| failed(around, to, errno))
}

#[cfg(target_os = "linux")]
fn exchange(around: &Folder, one: &str, other: &str) -> rustix::io::Result<()> {
    let flags = rustix::fs::RenameFlags::EXCHANGE;
    rustix::fs::renameat_with(around.descriptor(), one, around.descriptor(), other, flags)
}

#[cfg(not(target_os = "linux"))]
fn exchange(_around: &Folder, _one: &str, _other: &str) -> rustix::io::Result<()> {
    Err(Errno::NOSYS)
}

/// It helps to find a bad stick, and nothing depends on it.
#[cfg(target_os = "linux")]
fn forget(file: &OwnedFd) {
    let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
}

#[cfg(not(target_os = "linux"))]
fn forget(_file: &OwnedFd) {}

fn sync(folder: &Folder) -> Result<()> {
    let synced = rustix::fs::fsync(folder.descriptor()).or_else(unable_to_sync);
    synced.map_err(|errno| failed(folder, "", errno))
}

/// Not every file system lets a folder be forced to the disk.
fn unable_to_sync(errno: Errno) -> rustix::io::Result<()> {
    match errno {
        Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP => Ok(()),
        errno => Err(errno),
    }
}

fn failed(folder: &Folder, name: &str, errno: Errno) -> Error {
    let number = errno.raw_os_error();
    if is_gone(number) {
        return Error::Kit(KitError::Gone { path: folder.path().into(), errno: number });
    }
    let path = if name.is_empty() { folder.path().into() } else { folder.path().join(name) };
    SystemError::from(errno).writing(path)
}

/// What a disk answers that was pulled out, or fails.
fn is_gone(errno: i32) -> bool {
    [libc::EIO, libc::ENODEV, libc::ENXIO, libc::ENOENT, libc::ESTALE, libc::ENOTCONN]
        .contains(&errno)
}
