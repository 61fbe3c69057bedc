//! The receipt beside a vault: where it is, and reading it.

use std::path::{Path, PathBuf};

use super::Receipt;
use crate::error::{ReceiptError, Result};
use crate::files;

/// What follows a vault's name in its receipt's.
pub const SUFFIX: &str = ".receipt";

/// Where the receipt of a vault is; a path that is one already is returned as it is.
///
/// Errors: the path names no file.
pub fn path_of(vault: &Path) -> Result<PathBuf> {
    if is_receipt(vault) { Ok(vault.to_owned()) } else { files::beside(vault, SUFFIX) }
}

/// Whether a path is that of a receipt.
pub fn is_receipt(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(SUFFIX.as_bytes())
}

/// Reads the receipt of a vault.
///
/// Errors: unreadable, or not of its form.
pub fn read_beside(vault: &Path) -> Result<Receipt> {
    Receipt::parse(&files::read_found(&path_of(vault)?, false)?.bytes)
}

/// Reads the receipt of the vault that is about to be replaced; `None` if it has none.
///
/// Errors: one is there that cannot be read, so that vanished names would go unnoticed.
pub fn read_before(vault: &Path) -> Result<Option<Receipt>> {
    match read_beside(vault) {
        Ok(receipt) => Ok(Some(receipt)),
        Err(error) if error.is_missing() => Ok(None),
        Err(_) => Err(ReceiptError::Unreadable { path: path_of(vault)? }.into()),
    }
}

/// Whether both labels name Infisical, and not the same place there.
pub fn is_other_source(sealed: &str, now: &str) -> bool {
    let both = [sealed, now].iter().all(|label| label.starts_with("infisical "));
    both && sealed != now
}
