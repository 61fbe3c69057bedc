//! The receipt beside a vault, as `seal` reads the old one and writes the new one.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result, Warning};
use crate::files;
use crate::payload::{Header, Secrets};
use crate::receipt::{self, Facts, Key, Receipt};
use crate::records;
use crate::terminal::Messages;
use crate::vault::Vault;

/// What stands behind a vault's name in its receipt's.
pub(in crate::commands) const SUFFIX: &str = ".receipt";

/// Where the receipt of a vault lies; a path that is one already is taken for it.
pub(in crate::commands) fn path_of(vault: &Path) -> Result<PathBuf> {
    if is_receipt(vault) { Ok(vault.to_owned()) } else { files::beside(vault, SUFFIX) }
}

/// Whether a path is that of a receipt.
pub(in crate::commands) fn is_receipt(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(SUFFIX.as_bytes())
}

/// Reads a receipt.
///
/// Errors: unreadable, or not of its form.
pub(in crate::commands) fn read(path: &Path) -> Result<Receipt> {
    Receipt::parse(&files::read_found(path, false)?.bytes)
}

/// The receipt of the vault that is about to be replaced, where it has one.
///
/// Errors: one is there that cannot be read, so that nobody can tell whether names are gone.
pub(in crate::commands) fn before(vault: &Path) -> Result<Option<Receipt>> {
    let path = path_of(vault)?;
    match read(&path) {
        Ok(receipt) => Ok(Some(receipt)),
        Err(Error::Read { errno: libc::ENOENT, .. }) => Ok(None),
        Err(_) => Err(Error::ReceiptUnreadable { path }),
    }
}

/// A key that somebody placed must be one, or a file that can be made.
pub(in crate::commands) fn check_key(key: &Result<Key>, placed: bool) -> Result<()> {
    match key {
        Err(Error::NoReceiptKey { .. }) | Ok(_) => Ok(()),
        Err(error) if placed => Err(error.clone()),
        Err(_) => Ok(()),
    }
}

/// The key, where there is one to write a receipt with. Where nobody said where it lies, a vault is
/// worth more than its receipt.
pub(in crate::commands) fn key_for_writing(
    key: Result<Key>,
    placed: bool,
    messages: Messages,
) -> Result<Option<Key>> {
    match key {
        Ok(key) => Ok(Some(key)),
        Err(error) if placed => Err(error),
        Err(error) => {
            messages.warning(&Warning::NoReceipt { reason: error.to_string() });
            Ok(None)
        }
    }
}

/// Refuses where the receipt before was made with another key, or changed: its names count for nothing
/// then. Without a key nobody can tell.
pub(in crate::commands) fn check_authentic(
    vault: &Path,
    before: Option<&Receipt>,
    key: Option<&Key>,
) -> Result<()> {
    match (before, key) {
        (Some(before), Some(key)) if !before.is_authentic(key)? => {
            Err(Error::ReceiptOfOtherKey { path: path_of(vault)? })
        }
        _ => Ok(()),
    }
}

/// Warns where the vault until now was sealed from another folder of Infisical's, or another server.
pub(in crate::commands) fn warn_of_other_source(
    before: Option<&Receipt>,
    label: &str,
    messages: Messages,
) {
    if let Some(before) = before.map(|before| before.facts().source.clone())
        && is_other_source(&before, label)
    {
        let now = label.to_owned();
        messages.warning(&Warning::OtherSource { before, now });
    }
}

/// Whether both are Infisical, and not the same place there.
pub(in crate::commands) fn is_other_source(sealed: &str, now: &str) -> bool {
    let both = [sealed, now].iter().all(|label| label.starts_with("infisical "));
    both && sealed != now
}

/// The receipt of a vault that was sealed just now, where there is a key.
pub(in crate::commands) fn text(
    key: Option<&Key>,
    vault: &Vault,
    header: &Header,
    secrets: &Secrets,
) -> Result<Option<String>> {
    let Some(key) = key else { return Ok(None) };
    let facts = Facts {
        vault: vault.digest(),
        sealed: header.sealed.unwrap_or_else(records::now),
        source: header.source.clone().unwrap_or_default(),
        skipped: header.skipped.clone(),
    };
    receipt::write(key, &facts, secrets).map(Some)
}
