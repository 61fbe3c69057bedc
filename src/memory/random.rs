//! Randomness.

use crate::error::{Error, Result};

/// Fills `bytes` from the system's random number generator.
///
/// Errors: it does not answer.
pub fn fill_random(bytes: &mut [u8]) -> Result<()> {
    let flags = rustix::rand::GetRandomFlags::empty();
    match rustix::io::retry_on_intr(|| rustix::rand::getrandom(&mut *bytes, flags)) {
        Ok(count) if count == bytes.len() => Ok(()),
        _ => Err(Error::NoRandomness),
    }
}
