//! Creating a file where none is.

use std::path::Path;

use super::lock::PATIENCE;
use super::replace::{Replacement, make_folder_of};
use crate::error::{FileError, Result, SystemError};

/// Creates a file of these bytes, 0600, its folders 0700 where missing, and forces it to the disk.
/// It appears whole or not at all. Returns whether it was created: a file that is there stays as it
/// is, so that of two at once both find the same one.
///
/// Errors: it cannot be written; another writer keeps the folder for 10 s.
pub fn create_private(path: &Path, bytes: &[u8]) -> Result<bool> {
    make_folder_of(path, 0o700)?;
    let mut file = Replacement::begin(path, &|| None)?;
    file.write(bytes)?;
    file.commit_new()
}

/// The same for a file that holds no secret: its mode is what the umask leaves of 0644, and no folder is made.
///
/// Errors: as [`create_private`].
pub fn create_public(path: &Path, bytes: &[u8]) -> Result<bool> {
    let mut file = Replacement::begin_public(path, PATIENCE)?;
    file.write(bytes)?;
    file.commit_new()
}

/// Writes a file that is no secret, and its folder where that is missing. What exists is replaced, and keeps its
/// mode; with `runs`, whoever may read it may run it, too. A link is followed.
///
/// Errors: it cannot be written; another writer keeps the folder for 10 s.
pub fn replace_public(path: &Path, bytes: &[u8], runs: bool) -> Result<()> {
    make_folder_of(path, 0o777)?;
    let mut file = Replacement::begin_public(path, PATIENCE)?;
    file.write(bytes)?;
    if runs {
        file.let_run()?;
    }
    file.commit()
}

/// Gives a file a second name in the same folder.
///
/// Errors: that name is taken; it cannot be done.
pub fn keep_as(path: &Path, kept: &Path) -> Result<()> {
    match std::fs::hard_link(path, kept) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(FileError::TargetExists { path: kept.into() }.into())
        }
        Err(error) => Err(SystemError::from(error).writing(kept)),
        Ok(()) => Ok(()),
    }
}

/// Whether this user may run a file.
pub fn may_run(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::files;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).expect("is there").permissions().mode() & 0o777
    }

    #[test]
    fn only_its_owner_reads_it_and_a_second_one_leaves_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state/breakglass/key");
        assert_eq!(create_private(&path, b"first"), Ok(true));
        assert_eq!(create_private(&path, b"second"), Ok(false));
        let read = files::read_private(&path).expect("reads");
        assert_eq!((read.bytes.expose(), read.loose), (&b"first"[..], false));
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(&folder.path().join("state")), 0o700);
        assert_eq!(mode(&folder.path().join("state/breakglass")), 0o700);
        let left = std::fs::read_dir(folder.path().join("state/breakglass")).expect("a folder");
        assert_eq!(left.count(), 1, "no temporary file stays");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).expect("chmod");
        assert!(files::read_private(&path).expect("reads").loose, "a loose mode is told");
    }

    #[test]
    fn of_many_at_once_one_wins() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state/key");
        let created: usize = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..8_u8)
                .map(|writer| {
                    let path = &path;
                    scope.spawn(move || create_private(path, &[writer; 64]).expect("no error"))
                })
                .collect();
            writers.into_iter().map(|writer| usize::from(writer.join().expect("ends"))).sum()
        });
        assert_eq!(created, 1);
        let bytes = files::read_private(&path).expect("reads").bytes;
        assert!(bytes.len() == 64 && bytes.expose().iter().all(|byte| *byte == bytes.expose()[0]));
    }

    #[test]
    fn a_folder_in_its_place() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(create_private(folder.path(), b"x").is_err());
        assert!(create_private(Path::new("/proc/breakglass/key"), b"x").is_err());
    }
}
