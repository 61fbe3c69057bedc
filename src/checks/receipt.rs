//! Receipts: what they say without the passphrase, and without the vault.

use std::path::Path;

use super::detail::Detail;
use super::report::Outcomes;
use super::subject::{Compared, Contents, Kind, Question, Subject};
use super::target::FoundAt;
use crate::error::{CommandError, Error, FileError, ReceiptError, Result};
use crate::files;
use crate::kit;
use crate::receipt::{self, KeyAtHand, Receipt};
use crate::records;
use crate::sources::{self, Fetched};
use crate::vault::Vault;

/// What the sources gave.
#[derive(Debug)]
pub struct Supplies {
    /// The secrets; `None` if no source is named.
    pub fetched: Option<Result<Fetched>>,
    /// The key of receipts.
    pub key: Result<KeyAtHand>,
}

pub(super) fn check_authentic(subject: &Subject, asked: &Question<'_>, out: &mut Outcomes<'_>) {
    match &subject.receipt {
        Some(Ok(receipt)) => {
            let sealed = records::ago(receipt.facts().sealed, asked.now);
            out.ok(Detail::Authentic(sealed));
        }
        Some(Err(error)) => out.cannot_tell(error.clone()),
        None => out.cannot_tell(Detail::NoReceipt),
    }
}

/// Whether the vault beside the receipt is the one that it is of.
pub(super) fn check_vault(subject: &Subject, _: &Question<'_>, out: &mut Outcomes<'_>) {
    let Some(receipt) = subject.readable_receipt() else { return };
    match &subject.vault {
        Some(Ok(vault)) if vault.digest() == receipt.facts().vault => {
            out.ok(Detail::OfTheReceipt(vault.id()));
        }
        Some(Ok(_)) => out.cannot_tell(Error::Receipt(ReceiptError::OfAnotherVault)),
        Some(Err(Error::File(FileError::Read { errno: libc::ENOENT, .. }))) | None => {
            out.not_asked(Detail::VaultNotHere);
        }
        Some(Err(Error::File(FileError::Read { errno: libc::EACCES, .. }))) => {
            out.not_asked(Detail::VaultNotReadable);
        }
        Some(Err(error)) => out.cannot_tell(error.clone()),
    }
}

/// Whether the receipt beside a vault is its own.
pub(super) fn check_beside(subject: &Subject, _: &Question<'_>, out: &mut Outcomes<'_>) {
    match (subject.readable_receipt(), subject.readable_vault()) {
        (Some(receipt), Some(vault)) if receipt.facts().vault == vault.digest() => {
            out.ok(Detail::OwnReceipt);
        }
        (Some(_), _) => out.finding(Detail::ReceiptOfAnother),
        (None, Some(_)) => out.cannot_tell(Detail::NoReceiptBeside),
        (None, None) => {}
    }
}

impl Subject {
    /// The receipt of a target, compared with what the source gave; `None` if the target has none to have.
    pub fn of_receipt(target: FoundAt, supplies: &Supplies) -> Option<Subject> {
        let mut subject = match target {
            FoundAt::Vault(path) => {
                let mut subject = Subject::new(Kind::Receipt, &path);
                subject.receipt = Some(receipt::read_beside(&path));
                subject.vault = Some(read_vault(&path));
                subject
            }
            FoundAt::Kit(folder, _) => match kit::read(&folder) {
                Ok(kit) => {
                    let path = folder.path().join(&kit.name);
                    let mut subject = Subject::new(Kind::Receipt, &path);
                    (subject.receipt, subject.vault) = (kit.receipt, Some(kit.vault));
                    subject
                }
                Err(error) => {
                    let mut subject = Subject::new(Kind::Receipt, folder.path());
                    subject.receipt = Some(Err(error));
                    subject
                }
            },
            FoundAt::Unreadable(path, error) => {
                let mut subject = Subject::new(Kind::Receipt, &path);
                subject.receipt = Some(Err(error));
                subject
            }
            FoundAt::Leftover(_) | FoundAt::Away(_) => return None,
        };
        subject.receipt = subject.receipt.map(|receipt| authentic(receipt?, &supplies.key));
        if let Some(receipt) = subject.readable_receipt() {
            let compared = compare(receipt, supplies).unwrap_or_else(Compared::Unknown);
            subject.contents = Some(Contents::of_receipt(receipt));
            subject.compared = Some(compared);
        }
        Some(subject)
    }
}

/// The vault that a receipt is beside, where it is.
fn read_vault(path: &Path) -> Result<Vault> {
    let beside = path.with_extension("");
    let path = if receipt::is_receipt(path) { &beside } else { path };
    Vault::parse(&files::read(path)?.bytes)
}

fn authentic(receipt: Receipt, key: &Result<KeyAtHand>) -> Result<Receipt> {
    let key = key.as_ref().map_err(Error::clone)?;
    if receipt.is_authentic(key.ready()?)? {
        Ok(receipt)
    } else {
        Err(ReceiptError::NotAuthentic.into())
    }
}

fn compare(receipt: &Receipt, supplies: &Supplies) -> Result<Compared> {
    let fetched = supplies.fetched.as_ref().ok_or(CommandError::NoSource)?;
    let Fetched { text, label, .. } = fetched.as_ref().map_err(Error::clone)?;
    let facts = receipt.facts();
    if receipt::is_other_source(&facts.source, label) {
        return Err(ReceiptError::OtherSource.into());
    }
    let live = sources::secrets_in(text, &facts.skipped)?;
    let key = supplies.key.as_ref().map_err(Error::clone)?;
    let differences = receipt.compare(key.ready()?, &live)?;
    Ok(Compared::With(label.clone(), differences, live.skipped().to_vec()))
}
