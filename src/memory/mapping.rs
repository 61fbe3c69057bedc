//! One guarded mapping: pages of our own between two that nobody may touch.

use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, MemoryError, Result};

/// How well the pages of a mapping are kept from swap, dumps and other processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protection {
    /// `memfd_secret`: out of the kernel's own map, unreadable even to root through /proc.
    Secret,
    /// Locked into memory and left out of core dumps.
    Locked,
    /// Left out of core dumps, but the system may swap it out.
    Unlocked,
}

/// Whether a mapping of this process could not be locked, by what it holds.
static REGION_UNLOCKED: AtomicBool = AtomicBool::new(false);
static STACK_UNLOCKED: AtomicBool = AtomicBool::new(false);

/// What this process has had to keep in memory that the system may swap out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swappable {
    /// Nothing.
    Nothing,
    /// Working memory of decrypting, which is wiped after use.
    WorkingMemory,
    /// Secrets or the passphrase.
    Secrets,
}

/// The worst of what could not be locked so far.
pub fn swappable() -> Swappable {
    if REGION_UNLOCKED.load(Ordering::Relaxed) {
        Swappable::Secrets
    } else if STACK_UNLOCKED.load(Ordering::Relaxed) {
        Swappable::WorkingMemory
    } else {
        Swappable::Nothing
    }
}

/// What a mapping is for, which decides how it is backed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Secret bytes: `memfd_secret` where there is such a thing.
    Secrets,
    /// The stack of a thread: ordinary pages, locked where the limit allows.
    Stack,
}

/// Readable and writable pages with an unreadable page before and behind them.
#[derive(Debug)]
pub(super) struct Mapping {
    start: NonNull<u8>,
    length: usize,
    protection: Protection,
    used: usize,
}

// SAFETY: a `Mapping` owns its pages alone; nothing in it is tied to a thread.
unsafe impl Send for Mapping {}
// SAFETY: through `&Mapping` only the pointer and the sizes can be read.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps at least `bytes` bytes of zeros, rounded up to whole pages.
    ///
    /// Errors: the kernel has no memory (or no address space) left.
    pub(super) fn new(bytes: usize, purpose: Purpose) -> Result<Mapping> {
        let page = page_size();
        let length = bytes.max(1).checked_next_multiple_of(page).ok_or(MemoryError::OutOfMemory)?;
        let reserved = length.checked_add(2 * page).ok_or(MemoryError::OutOfMemory)?;
        let reservation = map(reserved, libc::PROT_NONE, ANONYMOUS, -1)?;
        // SAFETY: the reservation is `page + length + page` bytes long.
        let start = unsafe { reservation.add(page) };
        let protection = if purpose == Purpose::Secrets && back_with_secret_memory(start, length)? {
            Protection::Secret
        } else {
            // SAFETY: these pages are ours, and nothing is in them yet.
            if unsafe { libc::mprotect(start.as_ptr().cast(), length, READ_WRITE) } != 0 {
                // SAFETY: the reservation was mapped above and is given up here.
                unsafe { libc::munmap(reservation.as_ptr().cast(), reserved) };
                return Err(MemoryError::OutOfMemory.into());
            }
            // SAFETY: these pages are ours; `mlock` also takes them out of core dumps on Linux.
            if unsafe { memsec::mlock(start.as_ptr(), length) } {
                Protection::Locked
            } else {
                Protection::Unlocked
            }
        };
        if protection == Protection::Unlocked {
            match purpose {
                Purpose::Secrets => REGION_UNLOCKED.store(true, Ordering::Relaxed),
                Purpose::Stack => STACK_UNLOCKED.store(true, Ordering::Relaxed),
            }
        }
        let used = if purpose == Purpose::Stack { length } else { 0 };
        Ok(Mapping { start, length, protection, used })
    }

    pub(super) fn start(&self) -> NonNull<u8> {
        self.start
    }

    /// Size in bytes, a multiple of the page size.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    pub(super) fn protection(&self) -> Protection {
        self.protection
    }

    /// Takes note that the first `bytes` bytes have been written to, so that they will be wiped. Of a
    /// stack all are.
    pub(super) fn use_up_to(&mut self, bytes: usize) {
        self.used = self.used.max(bytes.min(self.length));
    }

    /// The whole mapping as bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: `start` is mapped readable for `length` bytes for as long as `self` lives.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }

    /// The whole mapping as writable bytes.
    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and `&mut self` excludes every other reference.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.length) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        let used = self.used;
        zeroize::zeroize_bytes(self.bytes_mut().get_mut(..used).unwrap_or_default());
        let page = page_size();
        // SAFETY: the guard pages belong to this mapping's reservation.
        let reservation = unsafe { self.start.as_ptr().sub(page) };
        // SAFETY: the reservation was made with exactly this length; `&mut self` is the last use.
        // Unmapping also ends the lock. Nothing depends on it: what was there is wiped.
        unsafe { libc::munmap(reservation.cast(), self.length + 2 * page) };
    }
}

/// Whether the system would give this process that many bytes now. Asked without touching any of them, so
/// that it costs nothing; a system that promises more than it has says so of almost everything.
pub fn has_room(bytes: usize) -> bool {
    match map(bytes, READ_WRITE, ANONYMOUS, -1) {
        // SAFETY: mapped just now with this length, and nobody has it.
        Ok(start) => unsafe { libc::munmap(start.as_ptr().cast(), bytes) == 0 },
        Err(_) => false,
    }
}

const READ_WRITE: libc::c_int = libc::PROT_READ | libc::PROT_WRITE;

const ANONYMOUS: libc::c_int = libc::MAP_PRIVATE | libc::MAP_ANON;

fn page_size() -> usize {
    rustix::param::page_size()
}

/// `mmap`, at a place of the kernel's choice.
fn map(
    length: usize,
    access: libc::c_int,
    flags: libc::c_int,
    fd: libc::c_int,
) -> Result<NonNull<u8>> {
    // SAFETY: the kernel chooses a place that nobody uses.
    let mapped = unsafe { libc::mmap(std::ptr::null_mut(), length, access, flags, fd, 0) };
    if mapped == libc::MAP_FAILED {
        return Err(MemoryError::OutOfMemory.into());
    }
    NonNull::new(mapped.cast()).ok_or(Error::Memory(MemoryError::OutOfMemory))
}

/// Puts `memfd_secret` pages (Linux 5.14 and later) at `start`, within a reservation of ours; false, and nothing is
/// changed, where the kernel, a container or the lock limit does not allow it.
///
/// They are mapped elsewhere first and then moved: a mapping that is refused in its place may leave a hole there,
/// which another thread may get.
///
/// Errors: they were not moved. Nobody knows what is at `start` then, so that it is not even given up.
#[cfg(target_os = "linux")]
fn back_with_secret_memory(start: NonNull<u8>, length: usize) -> Result<bool> {
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

    // SAFETY: the call takes one flag and touches no memory.
    let fd = unsafe { libc::syscall(libc::SYS_memfd_secret, libc::O_CLOEXEC) };
    let Some(fd) = i32::try_from(fd).ok().filter(|fd| *fd >= 0) else { return Ok(false) };
    // SAFETY: the kernel has just given us this descriptor.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    if rustix::fs::ftruncate(&fd, length as u64).is_err() {
        return Ok(false);
    }
    let Ok(secret) = map(length, READ_WRITE, libc::MAP_SHARED, fd.as_raw_fd()) else {
        return Ok(false);
    };
    let (from, to) = (secret.as_ptr().cast(), start.as_ptr());
    let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
    // SAFETY: both places are ours, and no reference points into either.
    let moved = unsafe { libc::mremap(from, length, length, flags, to) };
    if moved == libc::MAP_FAILED { Err(MemoryError::OutOfMemory.into()) } else { Ok(true) }
}

#[cfg(not(target_os = "linux"))]
fn back_with_secret_memory(_start: NonNull<u8>, _length: usize) -> Result<bool> {
    Ok(false)
}
