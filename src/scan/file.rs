//! A file as a source: regular ones only, never waited for, holes left out.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, retry_on_intr};

use super::stream::{Feed, Filling, Watch};
use crate::error;
use crate::files::{Kinds, Links, Refused, open};

/// Why a file is not searched, or not all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unsearched {
    /// It is something else, such as a device.
    NotAFile,
    /// It has no size, as files of the kernel have none, and holds more than is read of such.
    Endless,
    /// The system's error number.
    System(error::Errno),
}

impl From<Errno> for Unsearched {
    fn from(errno: Errno) -> Unsearched {
        Unsearched::System(errno.raw_os_error())
    }
}

/// A regular file that is open.
#[derive(Debug)]
pub(super) struct File {
    descriptor: OwnedFd,
    /// Its size when it was opened, in bytes. What is appended later is not looked at.
    pub(super) size: u64,
    sparse: bool,
}

/// What some file systems of the kernel hold has no size until it is read: so much is. In bytes.
const UNSIZED: u64 = 16 * 1024 * 1024;

impl File {
    /// Opens a file; nothing where there is none any more. `follow` says whether a symbolic link is.
    pub(super) fn open(path: &Path, follow: bool) -> Result<Option<File>, Unsearched> {
        let links = if follow { Links::Follow } else { Links::Refuse };
        let (descriptor, stat) = match open(path, links, Kinds::File) {
            Ok(opened) => opened,
            Err(Refused::OtherKind) => return Err(Unsearched::NotAFile),
            Err(Refused::System(Errno::NOENT)) => return Ok(None),
            Err(Refused::System(errno)) => return Err(errno.into()),
        };
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        let stored = u64::try_from(stat.st_blocks).unwrap_or(0).saturating_mul(512);
        Ok(Some(File { descriptor, size, sparse: stored < size }))
    }

    /// Its bytes from `start` to `end`, or to the end that it had when it was opened.
    pub(super) fn range(&self, start: u64, end: u64) -> Range<'_> {
        let size = if self.size == 0 { UNSIZED } else { self.size };
        Range { file: self, at: start, end: end.min(size), data_end: start }
    }
}

/// A part of a file. It moves no offset, so that several can be read at once.
pub(super) struct Range<'a> {
    file: &'a File,
    at: u64,
    end: u64,
    /// Up to where there is known to be data.
    data_end: u64,
}

impl Feed for Range<'_> {
    type Error = Unsearched;

    fn next(&mut self, space: &mut [u8]) -> Result<Filling, Unsearched> {
        if self.at >= self.end {
            // What has no size might go on.
            let whole =
                self.file.size > 0 || self.read(space.get_mut(..1).unwrap_or_default())? == 0;
            return if whole { Ok(Filling::End) } else { Err(Unsearched::Endless) };
        }
        let mut until = self.end;
        if self.file.sparse {
            if self.at >= self.data_end
                && let Some(zeros) = self.find_data()
            {
                return Ok(if self.at >= self.end { Filling::End } else { Filling::Hole(zeros) });
            }
            until = until.min(self.data_end.max(self.at + 1));
        }
        let room = usize::try_from(until - self.at).unwrap_or(usize::MAX).min(space.len());
        match self.read(space.get_mut(..room).unwrap_or_default())? {
            0 => Ok(Filling::End),
            count => {
                self.at += count as u64;
                Ok(Filling::Bytes(count))
            }
        }
    }
}

impl Range<'_> {
    fn read(&self, space: &mut [u8]) -> Result<usize, Errno> {
        retry_on_intr(|| rustix::io::pread(&self.file.descriptor, &mut *space, self.at))
    }

    /// Goes on to the next data; tells how many zeros lie before it, where there are any.
    #[cfg(target_os = "linux")]
    fn find_data(&mut self) -> Option<u64> {
        use rustix::fs::{SeekFrom, seek};

        let start = match seek(&self.file.descriptor, SeekFrom::Data(self.at)) {
            Ok(start) => start.clamp(self.at, self.end),
            // No more data.
            Err(Errno::NXIO) => self.end,
            // A file system that does not tell.
            Err(_) => {
                self.data_end = self.end;
                return None;
            }
        };
        let hole = seek(&self.file.descriptor, SeekFrom::Hole(start));
        self.data_end = hole.unwrap_or(self.end).max(start);
        let zeros = start - self.at;
        self.at = start;
        (zeros > 0).then_some(zeros)
    }

    #[cfg(not(target_os = "linux"))]
    fn find_data(&mut self) -> Option<u64> {
        self.data_end = self.end;
        None
    }
}

/// What comes from a descriptor, to its end or until the search is over.
pub(super) struct Pipe<'a> {
    pub(super) descriptor: BorrowedFd<'a>,
    pub(super) watch: &'a dyn Watch,
}

/// How long nothing may come before it is asked whether the search is over.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

impl Feed for Pipe<'_> {
    type Error = Unsearched;

    fn next(&mut self, space: &mut [u8]) -> Result<Filling, Unsearched> {
        while !self.watch.is_over() {
            let mut waits = [PollFd::from_borrowed_fd(self.descriptor, PollFlags::IN)];
            if retry_on_intr(|| poll(&mut waits, Some(&LOOK)))? > 0 {
                return match retry_on_intr(|| rustix::io::read(self.descriptor, &mut *space))? {
                    0 => Ok(Filling::End),
                    count => Ok(Filling::Bytes(count)),
                };
            }
        }
        Ok(Filling::End)
    }
}
