//! The environment that this process was started with, where the kernel put it.

use std::ffi::{CStr, c_char};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use crate::error::{Error, Result};
use crate::memory::Region;

unsafe extern "C" {
    static environ: *const *mut c_char;
}

/// Held for reading wherever strings of the environment are in use, for writing while one is emptied.
static IN_USE: RwLock<()> = RwLock::new(());

/// This process' own environment. While this lives, nothing in it changes.
#[derive(Debug)]
pub struct OwnEnvironment {
    _in_use: RwLockReadGuard<'static, ()>,
}

impl OwnEnvironment {
    /// Keeps it as it is.
    pub fn keep() -> OwnEnvironment {
        OwnEnvironment { _in_use: IN_USE.read().unwrap_or_else(PoisonError::into_inner) }
    }

    /// Its strings, `NAME=value` nearly always.
    pub fn strings(&self) -> impl Iterator<Item = &CStr> {
        // SAFETY: the kernel put a NUL-ended string there, and nothing changes it while `self` lives.
        pointers().map(|string| unsafe { CStr::from_ptr(string) })
    }
}

/// Where its strings begin.
fn pointers() -> impl Iterator<Item = *mut c_char> {
    // SAFETY: nothing in this process changes the array (.clippy.toml forbids it), so it may be read without a lock.
    let mut next = unsafe { environ };
    std::iter::from_fn(move || {
        // SAFETY: `next` is null where there is no array, or stands within it: its end is not passed.
        let string = unsafe { next.as_ref() }.copied().filter(|string| !string.is_null())?;
        // SAFETY: the next one is there, the null pointer that ends the array at the latest.
        next = unsafe { next.add(1) };
        Some(string)
    })
}

/// Moves the value of a variable of this process' own environment into a region: what is left is
/// an empty one. Nothing where it is not there or empty. Of several of that name the first counts,
/// as for getenv(3), and all are emptied.
///
/// `name` is one that only this program reads: other code reads the environment without its lock, but of
/// a variable that it does not ask for no more than the name.
///
/// Errors: an [`OwnEnvironment`] is still alive.
pub fn take_variable(name: &str) -> Result<Option<Region>> {
    let _alone = IN_USE.try_write().map_err(|_| Error::Internal)?;
    let mut taken = None;
    for string in pointers() {
        // SAFETY: the kernel put a NUL-ended string there; this reference ends before anything is written.
        let found = unsafe { CStr::from_ptr(string) }.to_bytes();
        let value = found.strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"="));
        let Some(length) = value.map(<[u8]>::len) else { continue };
        // SAFETY: the value begins behind the name and `=`.
        let start = unsafe { string.add(name.len() + 1) };
        // SAFETY: so many bytes of the string, which nobody else refers to: who does in this crate holds the lock.
        let value = unsafe { std::slice::from_raw_parts_mut(start.cast::<u8>(), length) };
        if taken.is_none() {
            taken = Some(Region::copy_of(value)?);
        }
        zeroize::zeroize_bytes(value);
    }
    Ok(taken.filter(|region| !region.is_empty()))
}
