//! The receipt beside a vault, as `seal` reads the old one and writes the new one.

use std::path::Path;

use crate::error::{ReceiptError, Result, Warning};
use crate::payload::{Header, Secrets};
use crate::receipt::{self, Key, Receipt, ReceiptFacts};
use crate::records;
use crate::terminal::Messages;
use crate::vault::Vault;

/// Refuses where the receipt before was made with another key, or changed: its names count for nothing
/// then. Without a key nobody can tell.
pub(in crate::commands) fn check_authentic(
    vault: &Path,
    before: Option<&Receipt>,
    key: Option<&Key>,
) -> Result<()> {
    match (before, key) {
        (Some(before), Some(key)) if !before.is_authentic(key)? => {
            Err(ReceiptError::OfOtherKey { path: receipt::path_of(vault)? }.into())
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
        && receipt::is_other_source(&before, label)
    {
        let now = label.to_owned();
        messages.warning(&Warning::OtherSource { before, now });
    }
}

/// The receipt of a vault that was sealed just now, where there is a key.
pub(in crate::commands) fn text(
    key: Option<&Key>,
    vault: &Vault,
    header: &Header,
    secrets: &Secrets,
) -> Result<Option<String>> {
    let Some(key) = key else { return Ok(None) };
    let facts = ReceiptFacts {
        vault: vault.digest(),
        sealed: header.sealed.unwrap_or_else(records::now),
        source: header.source.clone().unwrap_or_default(),
        skipped: header.skipped.clone(),
    };
    receipt::write(key, &facts, secrets).map(Some)
}
