//! Adding lines to a text that people read, write and commit.

use std::path::Path;
use std::time::Duration;

use rustix::fs::Access;
use rustix::io::Errno;

use super::MAX_FILE_BYTES;
use super::read::read_found;
use super::replace::{Replacement, make_folder_of};
use crate::error::{FileError, Result, SystemError};

/// How long other writers are waited for: a person has typed the line once.
const PATIENCE: Duration = Duration::from_secs(60);

/// Adds `lines`, which end in a line end, and forces them to the disk: all of them or none, whenever this
/// process is killed and however full the disk is. An editor's last line without an end is ended first.
/// File and folders are created where missing, with modes that the umask leaves.
///
/// The text is written anew beside the old one and renamed: a write into the file itself can be cut off by a
/// signal, and nobody could tell the rest from a line that somebody typed. Writers wait for one another,
/// by the lock on the folder.
///
/// Errors: it cannot be read or written, or is another user's who lets nobody write it; it would take more than [`MAX_FILE_BYTES`]; it changed meanwhile, by
/// something that takes no lock, such as an editor.
pub fn add_lines(path: &Path, lines: &str) -> Result<()> {
    make_folder_of(path, 0o777)?;
    let mut new = Replacement::begin_public(path, PATIENCE)?;
    let old = text(new.target())?;
    may_write(new.target()).map_err(|errno| SystemError::from(errno).writing(path))?;
    let mut whole = old.clone();
    if !whole.is_empty() && !whole.ends_with(b"\n") {
        whole.push(b'\n');
    }
    whole.extend_from_slice(lines.as_bytes());
    if whole.len() > MAX_FILE_BYTES {
        return Err(FileError::TooLarge { path: path.into() }.into());
    }
    new.write(&whole)?;
    if text(new.target())? != old {
        return Err(FileError::ReplacedMeanwhile { path: path.into() }.into());
    }
    new.commit()
}

/// Whoever may write the folder could put another file in the place of one that is not theirs to write.
fn may_write(path: &Path) -> std::result::Result<(), Errno> {
    match rustix::fs::access(path, Access::WRITE_OK) {
        Err(Errno::NOENT) => Ok(()),
        other => other,
    }
}

/// The text as it is; nothing where there is none.
fn text(path: &Path) -> Result<Vec<u8>> {
    match read_found(path, false) {
        Err(error) if error.is_missing() => Ok(Vec::new()),
        other => other.map(|read| read.bytes),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::error::Error;

    fn file(path: &Path, bytes: &[u8]) {
        File::create(path).and_then(|mut file| file.write_all(bytes)).expect("a file");
    }

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).expect("is there").permissions().mode() & 0o777
    }

    #[test]
    fn what_was_there_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("security/log.txt");
        add_lines(&path, "a\nb\n").expect("adds");
        add_lines(&path, "c\n").expect("adds");
        assert_eq!(text(&path), Ok(b"a\nb\nc\n".to_vec()));
        let names = std::fs::read_dir(folder.path().join("security")).expect("a folder");
        assert_eq!(names.count(), 1, "no temporary file stays");
        // As an editor may leave it; bytes that are no text stay as well.
        file(&path, b"\xFF typed");
        add_lines(&path, "d\n").expect("adds");
        assert_eq!(text(&path), Ok(b"\xFF typed\nd\n".to_vec()));
    }

    #[test]
    fn modes_and_links_are_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        add_lines(&real, "a\n").expect("adds");
        let umask = rustix::process::umask(rustix::fs::Mode::empty());
        rustix::process::umask(umask);
        assert_eq!(mode(&real), 0o644 & !umask.bits());
        std::fs::set_permissions(&real, PermissionsExt::from_mode(0o664)).expect("chmod");
        std::os::unix::fs::symlink("real", &link).expect("a link");
        add_lines(&link, "b\n").expect("adds");
        assert_eq!((mode(&real), text(&real)), (0o664, Ok(b"a\nb\n".to_vec())));
        assert_eq!(std::fs::read_link(&link).expect("still a link"), Path::new("real"));
    }

    #[test]
    fn refused_it_changes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        file(&path, &vec![b'x'; MAX_FILE_BYTES - 1]);
        assert_eq!(
            add_lines(&path, "a\n"),
            Err(Error::File(FileError::TooLarge { path: path.clone() }))
        );
        assert_eq!(std::fs::metadata(&path).expect("a file").len(), MAX_FILE_BYTES as u64 - 1);
        let missing = Path::new("/proc/breakglass/log");
        assert!(matches!(add_lines(missing, "a\n"), Err(Error::File(FileError::Write { .. }))));
        assert_eq!(
            add_lines(folder.path(), "a\n"),
            Err(Error::File(FileError::NotAFile { path: folder.path().into() }))
        );
    }
}
