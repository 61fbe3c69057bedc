//! Randomness.

use crate::error::{MemoryError, Result};

/// Fills `bytes` from the system's random number generator.
///
/// Errors: it does not answer.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn fill_random(bytes: &mut [u8]) -> Result<()> {
    let flags = rustix::rand::GetRandomFlags::empty();
    match rustix::io::retry_on_intr(|| rustix::rand::getrandom(&mut *bytes, flags)) {
        Ok(count) if count == bytes.len() => Ok(()),
        _ => Err(MemoryError::NoRandomness.into()),
    }
}

/// The same where the system has no getrandom(2) but getentropy(3), which gives at most 256 bytes at once.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn fill_random(bytes: &mut [u8]) -> Result<()> {
    for piece in bytes.chunks_mut(256) {
        // SAFETY: writes so many bytes to a place that holds them.
        if unsafe { libc::getentropy(piece.as_mut_ptr().cast(), piece.len()) } != 0 {
            return Err(MemoryError::NoRandomness.into());
        }
    }
    Ok(())
}
