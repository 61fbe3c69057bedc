//! Reading a kit from a folder.

use super::folder::Folder;
use super::{Checked, MAX_OPENER_BYTES, Part, check, is_part, most_bytes};
use crate::error::{Error, KitError, Result};
use crate::files::MAX_FILE_BYTES;

/// The most bytes that a kit is read for.
const MOST_BYTES: usize = MAX_OPENER_BYTES + 8 * MAX_FILE_BYTES;

/// Reads a kit, bounded, and checks it.
///
/// Errors: unreadable; more than a kit has; no vault in it.
pub fn read(folder: &Folder) -> Result<Checked> {
    let (mut parts, mut foreign, mut large) = (Vec::new(), Vec::new(), Vec::new());
    let mut rest = MOST_BYTES;
    for item in folder.items()? {
        let name = item.name.to_string_lossy().into_owned();
        if !item.is_file || !is_part(&item.name) {
            foreign.push(name);
            continue;
        }
        let most = most_bytes(&item.name).min(rest);
        let bytes = match folder.read(&item.name, most, &|_| Ok(())) {
            // No part of a kit is so large.
            Err(Error::Kit(KitError::TooMuch { .. })) => {
                rest = rest.saturating_sub(most);
                large.push(name);
                continue;
            }
            other => other?,
        };
        rest = rest.saturating_sub(bytes.len());
        parts.push(Part { name, bytes, program: false });
    }
    foreign.extend(large.iter().cloned());
    let kit = check(parts, foreign)?;
    match large.iter().find(|name| kit.missing.contains(name)) {
        Some(name) => Err(KitError::TooMuch { path: folder.path().join(name) }.into()),
        None => Ok(kit),
    }
}
