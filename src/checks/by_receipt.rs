//! `verify --receipt`: is the copy current? Told without the passphrase, and without the vault.

use std::path::Path;

use jiff::SignedDuration;

use super::layers;
use super::procedure::{Procedure, Sealed};
use super::{Report, Verdict, uses};
use crate::error::{Error, Quoted, Result};
use crate::files;
use crate::receipt::{self, Key, Receipt};
use crate::records;
use crate::sources::{self, Fetched};
use crate::vault::Vault;

/// What the sources gave.
#[derive(Debug)]
pub struct Supplies {
    /// The secrets; nothing where no source is named.
    pub fetched: Option<Result<Fetched>>,
    /// The key of receipts.
    pub key: Result<Key>,
}

/// One check of receipts.
pub struct ByReceipt<'a> {
    /// What the source gave, and the key.
    pub supplies: Supplies,
    /// Names that must be there.
    pub required: &'a [String],
    /// How old a vault may be.
    pub max_age: Option<SignedDuration>,
    /// What inventory and logs say.
    pub procedure: Procedure<'a>,
}

impl ByReceipt<'_> {
    /// Looks at the receipt of `vault`, or at `vault` itself where that is the receipt.
    pub fn report(&self, vault: &Path) -> Report {
        let mut report = Report::new(Quoted(vault).to_string());
        match self.authentic(vault) {
            Ok(receipt) => {
                let facts = receipt.facts();
                let sealed = records::ago(facts.sealed, records::now());
                report.add("receipt", Verdict::Ok, format!("authentic, sealed {sealed}"));
                belongs(vault, &receipt, &mut report);
                layers::required(self.required, receipt.names(), &mut report);
                let compared = self.compare(&receipt, &mut report);
                layers::age(Some(facts.sealed), self.max_age, &mut report);
                uses::layer(facts.vault.get(..16).unwrap_or_default(), &mut report);
                let sealed = Sealed { compared, ..Sealed::by_receipt(&receipt) };
                self.procedure.rotations(&mut report);
                self.procedure.vault(&sealed, &mut report);
            }
            Err(error) => report.add("receipt", Verdict::CannotTell, error.to_string()),
        }
        report
    }

    fn authentic(&self, vault: &Path) -> Result<Receipt> {
        let receipt = receipt::read_beside(vault)?;
        let key = self.supplies.key.as_ref().map_err(Error::clone)?;
        if receipt.is_authentic(key)? { Ok(receipt) } else { Err(Error::ReceiptNotAuthentic) }
    }

    /// Returns whether the values were compared.
    fn compare(&self, receipt: &Receipt, report: &mut Report) -> bool {
        let outcome = match &self.supplies.fetched {
            None => Err(Error::NoSource),
            Some(Err(error)) => Err(error.clone()),
            Some(Ok(Fetched { label, .. }))
                if receipt::is_other_source(&receipt.facts().source, label) =>
            {
                Err(Error::OtherSource)
            }
            Some(Ok(Fetched { text, label, .. })) => {
                sources::secrets_in(text, &receipt.facts().skipped).map(|live| (live, label))
            }
        };
        let key = self.supplies.key.as_ref().map_err(Error::clone);
        let found = outcome.and_then(|(live, label)| {
            Ok((receipt.compare(key?, &live)?, label, live.skipped().to_vec()))
        });
        match found {
            Ok((found, label, skipped)) => {
                layers::differences(found, label, &skipped, report);
                true
            }
            Err(error) => {
                report.add("current", Verdict::CannotTell, error.to_string());
                false
            }
        }
    }
}

/// Whether the vault that lies beside the receipt, where one does, is the one that it is of.
fn belongs(vault: &Path, receipt: &Receipt, report: &mut Report) {
    let path = if receipt::is_receipt(vault) { vault.with_extension("") } else { vault.to_owned() };
    let (verdict, detail) = match files::read(&path) {
        Err(Error::Read { errno: libc::ENOENT, .. }) => {
            (Verdict::NotAsked, "it is not here, so only its receipt was checked".to_owned())
        }
        Err(Error::Read { errno: libc::EACCES, .. }) => {
            let words = "this user may not read it, so only its receipt was checked";
            (Verdict::NotAsked, words.to_owned())
        }
        Err(error) => (Verdict::CannotTell, error.to_string()),
        Ok(read) => match Vault::parse(&read.bytes) {
            Ok(vault) if vault.digest() == receipt.facts().vault => {
                (Verdict::Ok, format!("the one of the receipt, id {}", vault.id()))
            }
            Ok(_) => (Verdict::CannotTell, Error::ReceiptOfAnother.to_string()),
            Err(error) => (Verdict::CannotTell, error.to_string()),
        },
    };
    report.add("vault", verdict, detail);
}
