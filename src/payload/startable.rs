//! What a command may get from a vault: names that an environment can hold, that steer no programs unless that was
//! allowed, and sizes that execve takes.

use super::{Reading, check_sizes, steers_programs};
use crate::error::{PayloadError, Result};

/// Checks what a command may get from a vault, before anything is started.
///
/// `total_limit` is in bytes; `usize::MAX` leaves it to the system, which knows better.
///
/// Errors: names that no environment can hold; steering names that neither the vault nor `allow`
/// allows; values that are too long.
pub fn check_startable(reading: &Reading, allow: &[String], total_limit: usize) -> Result<()> {
    let impossible = reading.secrets.impossible();
    if !impossible.is_empty() {
        return Err(PayloadError::ImpossibleNamesInVault { names: impossible.to_vec() }.into());
    }
    let by_vault = reading.header.as_ref().map_or(&[][..], |header| &header.allowed);
    let names = not_allowed(reading.secrets.names(), &[by_vault, allow]);
    if !names.is_empty() {
        return Err(PayloadError::SteeringNamesInVault { names }.into());
    }
    check_sizes(&reading.secrets, total_limit)
}

/// Steering names in `names` that none of the lists allows.
pub fn not_allowed<'a>(names: impl Iterator<Item = &'a str>, allowed: &[&[String]]) -> Vec<String> {
    let is_allowed =
        |name: &str| allowed.iter().any(|list| list.iter().any(|allowed| allowed == name));
    names.filter(|name| steers_programs(name) && !is_allowed(name)).map(str::to_owned).collect()
}
