//! Replacing a file so that at every moment the old one or the new one is there, whole.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read as _, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use rustix::fs::FileType;
use tempfile::NamedTempFile;

use super::MAX_FILE_BYTES;
use super::lock::{PATIENCE, lock_folder};
use super::open::{Kinds, Links, open};
use crate::error::{Error, FileError, Result, SystemError};

const PREFIX: &str = ".breakglass-";
const SUFFIX: &str = ".tmp";

const PRIVATE: u32 = 0o600;
const PUBLIC: u32 = 0o644;

/// A file that is being replaced. Dropped before [`Replacement::commit`], it leaves the old file
/// and nothing else.
///
/// The folder stays locked for as long as this lives, so that of two writers the second waits.
#[derive(Debug)]
pub struct Replacement {
    target: PathBuf,
    file: NamedTempFile,
    // Declared last: the lock ends after the temporary file is gone.
    folder: Rc<OwnedFd>,
}

impl Replacement {
    /// Locks the target's folder, removes what a killed writer left there, and creates the
    /// temporary file, mode 0600. A symbolic link is followed: the file it names is replaced.
    ///
    /// `interrupted` is asked while another writer is waited for, and answers with a signal.
    ///
    /// Errors: the target is a folder, pipe or device; its folder cannot be read or written; another
    /// writer keeps it for 10 s; interrupted.
    pub fn begin(target: &Path, interrupted: &dyn Fn() -> Option<i32>) -> Result<Replacement> {
        Replacement::begin_as(target, PRIVATE, PATIENCE, interrupted)
    }

    /// The same for a file that holds no secret: what exists keeps its mode; a new one's is what the umask
    /// leaves of 0644. Another writer is waited for as long as `patience`.
    pub(super) fn begin_public(target: &Path, patience: Duration) -> Result<Replacement> {
        let new = Replacement::begin_as(target, PUBLIC, patience, &|| None)?;
        if let Ok(old) = std::fs::metadata(&new.target) {
            new.set_mode(old.mode() & 0o777)?;
        }
        Ok(new)
    }

    /// Lets whoever may read the new file run it.
    pub(super) fn let_run(&self) -> Result<()> {
        let failed = |error| SystemError::from(error).writing(&self.target);
        let mode = self.file.as_file().metadata().map_err(failed)?.mode() & 0o777;
        self.set_mode(mode | (mode & 0o444) >> 2)
    }

    fn set_mode(&self, mode: u32) -> Result<()> {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
        let set = self.file.as_file().set_permissions(mode);
        set.map_err(|error| SystemError::from(error).writing(&self.target))
    }

    fn begin_as(
        target: &Path,
        mode: u32,
        patience: Duration,
        interrupted: &dyn Fn() -> Option<i32>,
    ) -> Result<Replacement> {
        let target = resolve(target)?;
        if rustix::fs::stat(&target).is_ok_and(|stat| !is_regular(&stat)) {
            return Err(FileError::NotAFile { path: target }.into());
        }
        let parent = folder_of(&target);
        let opened = open(parent, Links::Follow, Kinds::Folder);
        let (folder, _) = opened.map_err(|refused| refused.errno().writing(&target))?;
        // Without a lock the rename is still atomic, only the order of two writers is unknown.
        if lock_folder(&folder, parent, patience, interrupted)? {
            // Only who holds the lock knows that nobody is using them.
            remove_leftovers(parent);
        }
        Replacement::create(target, Rc::new(folder), mode)
    }

    /// Begins to replace another file of the same folder, under the same lock: the target's name
    /// with `suffix` behind it. What it holds is no secret: its mode is what the umask leaves of 0644.
    ///
    /// Errors: as [`Replacement::begin`], but for waiting.
    pub fn beside(&self, suffix: &str) -> Result<Replacement> {
        let target = with_suffix(&self.target, suffix);
        if rustix::fs::lstat(&target).is_ok_and(|stat| !is_regular(&stat)) {
            return Err(FileError::NotAFile { path: target }.into());
        }
        Replacement::create(target, Rc::clone(&self.folder), PUBLIC)
    }

    fn create(target: PathBuf, folder: Rc<OwnedFd>, mode: u32) -> Result<Replacement> {
        let parent = folder_of(&target);
        let failed = |errno: SystemError| errno.writing(&target);
        // tempfile's own errors have lost the error number.
        let mut errno = None;
        let create = |path: &Path| {
            let mut options = std::fs::OpenOptions::new();
            options.read(true).write(true).create_new(true).mode(mode);
            options.open(path).inspect_err(|error| errno = error.raw_os_error())
        };
        let file = tempfile::Builder::new()
            .prefix(PREFIX)
            .suffix(SUFFIX)
            .make_in(parent, create)
            .map_err(|error| failed(errno.map_or_else(|| error.into(), SystemError)))?;
        Ok(Replacement { target, file, folder })
    }

    /// The file that will be replaced, links resolved.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Writes everything, forces it to the disk and returns what a reader finds there.
    pub fn write(&mut self, bytes: &[u8]) -> Result<Vec<u8>> {
        let written = self
            .write_and_sync(bytes)
            .map_err(|error| SystemError::from(error).writing(&self.target))?;
        if written != bytes {
            return Err(FileError::ReadBack { path: self.target.clone() }.into());
        }
        Ok(written)
    }

    fn write_and_sync(&mut self, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
        let file = self.file.as_file_mut();
        file.write_all(bytes)?;
        file.sync_all()?;
        let mut written = Vec::with_capacity(bytes.len());
        File::open(self.file.path())?.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut written)?;
        Ok(written)
    }

    /// Puts the new file in the place of the old one.
    ///
    /// root keeps the owner of a file that it replaces, so that its user can still read it.
    pub fn place(self) -> Result<Renamed> {
        let Replacement { target, file, folder } = self;
        if let Ok(old) = std::fs::metadata(&target)
            && rustix::process::geteuid().is_root()
        {
            let _ = std::os::unix::fs::fchown(file.as_file(), Some(old.uid()), Some(old.gid()));
        }
        file.persist(&target).map_err(|error| SystemError::from(error.error).writing(&target))?;
        Ok(Renamed { target, folder })
    }

    /// Puts the new file in the place of the old one, and forces the folder to the disk.
    pub fn commit(self) -> Result<()> {
        self.place()?.confirm()
    }

    /// Puts the new file where none is, and forces the folder to the disk. Returns whether it did: a
    /// file that is there stays.
    pub(super) fn commit_new(self) -> Result<bool> {
        let Replacement { target, file, folder } = self;
        match file.persist_noclobber(&target) {
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(SystemError::from(error.error).writing(&target)),
            Ok(_) => match rustix::fs::fsync(&folder) {
                Ok(()) => Ok(true),
                Err(error) => Err(SystemError::from(error).writing(&target)),
            },
        }
    }
}

/// A file that is in its place, which a power cut may still undo.
pub struct Renamed {
    target: PathBuf,
    /// The folder, locked.
    folder: Rc<OwnedFd>,
}

impl Renamed {
    /// Forces the folder to the disk.
    ///
    /// Errors: the disk does not say that it did.
    pub fn confirm(self) -> Result<()> {
        let Renamed { target, folder } = self;
        rustix::fs::fsync(&folder).map_err(|error| {
            Error::File(FileError::NotConfirmed { path: target, errno: error.raw_os_error() })
        })
    }
}

/// Makes the folders that a file is to lie in, with this mode where they are missing.
pub(super) fn make_folder_of(path: &Path, mode: u32) -> Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    let made = std::fs::DirBuilder::new().recursive(true).mode(mode).create(folder);
    made.map_err(|error| SystemError::from(error).writing(path))
}

/// Removes a file, where it is there and that can be done.
pub fn remove(path: &Path) {
    let _ = std::fs::remove_file(path);
}

/// The path of a file that stands beside `target`: beside what a symbolic link names, with
/// `suffix` behind that name.
///
/// Errors: a chain of links without end.
pub fn beside(target: &Path, suffix: &str) -> Result<PathBuf> {
    Ok(with_suffix(&resolve(target)?, suffix))
}

fn with_suffix(target: &Path, suffix: &str) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Follows a symbolic link to the file that is meant, which need not exist yet.
fn resolve(target: &Path) -> Result<PathBuf> {
    let mut target = target.to_owned();
    // Linux gives up after 40 links (path_resolution(7)).
    for _ in 0..40 {
        let Ok(next) = std::fs::read_link(&target) else { return Ok(target) };
        target = folder_of(&target).join(next);
    }
    Err(FileError::Write { path: target, errno: libc::ELOOP }.into())
}

fn is_regular(stat: &rustix::fs::Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Removes temporary files of ours.
fn remove_leftovers(folder: &Path) {
    let ours = |name: &OsStr| {
        let name = name.as_encoded_bytes();
        name.starts_with(PREFIX.as_bytes()) && name.ends_with(SUFFIX.as_bytes())
    };
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten().filter(|entry| ours(&entry.file_name())) {
        if entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
            .collect();
        names.sort();
        names
    }

    #[test]
    fn replaces_through_a_link_and_cleans_up() {
        let folder = tempfile::tempdir().expect("a folder");
        let real = folder.path().join("real.gpg");
        let link = folder.path().join("link.gpg");
        File::create(&real).and_then(|mut file| file.write_all(b"old")).expect("a file");
        std::os::unix::fs::symlink("real.gpg", &link).expect("a link");
        File::create(folder.path().join(".breakglass-x.tmp")).expect("a leftover");
        let mut replacement = Replacement::begin(&link, &|| None).expect("begins");
        assert_eq!(replacement.write(b"new").expect("writes"), b"new");
        replacement.commit().expect("commits");
        assert_eq!(names(folder.path()), ["link.gpg", "real.gpg"]);
        assert_eq!(std::fs::read_link(&link).expect("still a link"), Path::new("real.gpg"));
        let stat = std::fs::metadata(&real).expect("a file");
        assert_eq!((stat.len(), stat.permissions().mode() & 0o777), (3, 0o600));
    }

    #[test]
    fn two_files_under_one_lock() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("v.gpg");
        let mut vault = Replacement::begin(&target, &|| None).expect("begins");
        let mut receipt = vault.beside(".receipt").expect("begins");
        vault.write(b"1").expect("writes");
        receipt.write(b"2").expect("writes");
        vault.commit().expect("commits");
        receipt.commit().expect("commits");
        assert_eq!(names(folder.path()), ["v.gpg", "v.gpg.receipt"]);
        assert_eq!(beside(&target, ".receipt"), Ok(folder.path().join("v.gpg.receipt")));
    }

    #[test]
    fn dropped_it_leaves_the_old_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("v.gpg");
        File::create(&target).and_then(|mut file| file.write_all(b"old")).expect("a file");
        let mut replacement = Replacement::begin(&target, &|| None).expect("begins");
        replacement.write(b"new").expect("writes");
        drop(replacement);
        assert_eq!(names(folder.path()), ["v.gpg"]);
        assert_eq!(std::fs::metadata(&target).expect("a file").len(), 3);
    }
}
