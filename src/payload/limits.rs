//! How large secrets may be.

use super::secrets::Secrets;
use crate::error::{PayloadError, Result};

/// The largest document that is sealed or opened, in bytes. Twice what Linux can hand to a process.
pub const MAX_DOCUMENT_BYTES: usize = 4 * 1024 * 1024;

/// The largest `NAME=value\0`: `MAX_ARG_STRLEN` of Linux, 32 pages of 4 KiB (execve(2)).
pub const MAX_PAIR_BYTES: usize = 131_072;

/// What all strings and pointers of the secrets may need together: a quarter of the usual 8 MiB
/// stack (execve(2)), less 128 KiB for the caller's own environment and the arguments.
pub const MAX_TOTAL_BYTES: usize = 2 * 1024 * 1024 - 128 * 1024;

/// Bytes the kernel counts for a pointer in the environment array.
const POINTER_BYTES: usize = 8;

/// Checks that every secret fits into an environment, alone and together.
///
/// Errors: names the secrets that are too long, or says that all together are too many.
pub fn check_sizes(secrets: &Secrets, total_limit: usize) -> Result<()> {
    let long: Vec<String> = secrets
        .iter()
        .filter(|secret| secret.expose_pair().len() > MAX_PAIR_BYTES)
        .map(|secret| secret.name().to_owned())
        .collect();
    if !long.is_empty() {
        return Err(PayloadError::ValuesTooLong { names: long }.into());
    }
    let total: usize =
        secrets.iter().map(|secret| secret.expose_pair().len() + POINTER_BYTES).sum();
    if total > total_limit { Err(PayloadError::EnvironmentTooLarge.into()) } else { Ok(()) }
}
