//! Opening for reading what lies at a path: one way for all rooms, judged by what was opened.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use rustix::path::Arg;

use crate::error::{Error, FileError, SystemError};

/// Whether a symbolic link at the end of a path is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    /// It is.
    Follow,
    /// It is not, and is none of any kind that is asked for.
    Refuse,
}

/// What may be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// A regular file. Nothing waits for whoever writes to a pipe.
    File,
    /// A regular file, or a pipe, which waits for whoever writes to it.
    FileOrPipe,
    /// A folder.
    Folder,
}

/// Why nothing was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Something else is there.
    OtherKind,
    /// The system says why.
    System(Errno),
}

impl Refused {
    /// The error of reading a file at `path`.
    pub fn reading(self, path: &Path) -> Error {
        match self {
            Refused::OtherKind => FileError::NotAFile { path: path.into() }.into(),
            Refused::System(errno) => SystemError::from(errno).reading(path),
        }
    }

    /// The system's word for it, where a folder was to be opened.
    pub(super) fn errno(self) -> SystemError {
        match self {
            Refused::OtherKind => Errno::NOTDIR.into(),
            Refused::System(errno) => errno.into(),
        }
    }
}

/// Opens what is at `path`, and says what it is.
///
/// Errors: not there, not to be read, or of another kind.
pub fn open(path: &Path, links: Links, kinds: Kinds) -> Result<(OwnedFd, Stat), Refused> {
    open_in(CWD, path, links, kinds)
}

/// The same for a name in an open folder.
///
/// Errors: as [`open`].
pub fn open_in(
    folder: impl AsFd,
    name: impl Arg,
    links: Links,
    kinds: Kinds,
) -> Result<(OwnedFd, Stat), Refused> {
    let (of_links, of_kinds) = (
        if links == Links::Refuse { OFlags::NOFOLLOW } else { OFlags::empty() },
        match kinds {
            Kinds::File => OFlags::NONBLOCK,
            Kinds::FileOrPipe => OFlags::empty(),
            Kinds::Folder => OFlags::DIRECTORY,
        },
    );
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY | of_links | of_kinds;
    let opened = rustix::fs::openat(folder, name, flags, Mode::empty());
    let descriptor = opened.map_err(|errno| match errno {
        Errno::LOOP if links == Links::Refuse => Refused::OtherKind,
        Errno::NOTDIR if kinds == Kinds::Folder => Refused::OtherKind,
        // A socket.
        Errno::NXIO if kinds != Kinds::Folder => Refused::OtherKind,
        errno => Refused::System(errno),
    })?;
    let stat = rustix::fs::fstat(&descriptor).map_err(Refused::System)?;
    let is_wanted = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => kinds != Kinds::Folder,
        FileType::Fifo => kinds == Kinds::FileOrPipe,
        FileType::Directory => kinds == Kinds::Folder,
        _ => false,
    };
    if is_wanted { Ok((descriptor, stat)) } else { Err(Refused::OtherKind) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn of_each_kind_what_is_asked_for() {
        let place = tempfile::tempdir().expect("a folder");
        let path = |name: &str| place.path().join(name);
        std::fs::File::create(path("file")).expect("a file");
        std::fs::create_dir(path("folder")).expect("a folder");
        let _socket = UnixListener::bind(path("socket")).expect("a socket");
        rustix::fs::mknodat(CWD, path("pipe"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)
            .expect("a pipe");
        for name in ["file", "folder", "socket", "pipe"] {
            std::os::unix::fs::symlink(name, path(&format!("to_{name}"))).expect("a link");
        }
        std::os::unix::fs::symlink("circle", path("circle")).expect("a link");
        let opened = |name: &str, links, kinds| open(&path(name), links, kinds).map(|_| ());
        for (kinds, wanted) in [(Kinds::File, "file"), (Kinds::Folder, "folder")] {
            for name in ["file", "folder", "socket", "pipe"] {
                let own = if name == wanted { Ok(()) } else { Err(Refused::OtherKind) };
                let link = format!("to_{name}");
                assert_eq!(opened(name, Links::Refuse, kinds), own, "{name} {kinds:?}");
                assert_eq!(opened(&link, Links::Follow, kinds), own, "{link} {kinds:?}");
                let refused = opened(&link, Links::Refuse, kinds);
                assert_eq!(refused, Err(Refused::OtherKind), "{link} {kinds:?}");
            }
            let missing = opened("missing", Links::Follow, kinds);
            assert_eq!(missing, Err(Refused::System(Errno::NOENT)));
            let circle = opened("circle", Links::Follow, kinds);
            assert_eq!(circle, Err(Refused::System(Errno::LOOP)));
        }
        // A pipe that nobody waits for long, since it has a writer.
        let writer = std::fs::OpenOptions::new().read(true).write(true).open(path("pipe"));
        assert_eq!(opened("to_pipe", Links::Follow, Kinds::FileOrPipe), Ok(()));
        drop(writer);
    }
}
