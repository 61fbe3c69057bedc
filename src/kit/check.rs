//! Whether a kit is as it was written, without the passphrase.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{self, Names};
use super::{Part, opener, parse_vault, sha256, sums, text};
use crate::error::{Error, KitError, Result, VaultError};
use crate::receipt::Receipt;
use crate::vault::Vault;

/// What was found.
#[derive(Debug)]
pub struct Checked {
    /// The vault's file name.
    pub name: String,
    /// The vault.
    pub vault: Result<Vault>,
    /// Files that are listed in SHA256SUMS and not there.
    pub missing: Vec<String>,
    /// Files that are not as SHA256SUMS says; it may be what is wrong.
    pub damaged: Vec<String>,
    /// What is there and no part of it.
    pub foreign: Vec<String>,
    /// Whether SHA256SUMS has exactly the text that follows from the others, which it also has not
    /// where one of those above is not empty.
    pub sums_exact: bool,
    /// Whether OPEN-ME.txt is what this version writes for these files.
    pub text_exact: bool,
    /// Whether the armored copy is the same vault.
    pub armored: Result<()>,
    /// The receipt, where there is one.
    pub receipt: Option<Result<Receipt>>,
    /// The processor that the opener is for and its SHA-256, or why it is none; nothing where there is no
    /// opener.
    pub opener: Option<std::result::Result<(&'static str, String), &'static str>>,
}

impl Checked {
    /// Whether nothing in it is damaged or missing.
    pub fn is_whole(&self) -> bool {
        let fine = self.missing.is_empty() && self.damaged.is_empty() && self.sums_exact;
        let own = |receipt: &Result<Receipt>| receipt.as_ref().is_ok_and(|it| self.belongs(it));
        let receipt = self.receipt.as_ref().is_none_or(own);
        let opener = self.opener.as_ref().is_none_or(|opener| opener.is_ok());
        fine && self.vault.is_ok() && self.armored.is_ok() && receipt && opener
    }

    /// Whether a receipt is of this vault.
    pub fn belongs(&self, receipt: &Receipt) -> bool {
        self.vault.as_ref().is_ok_and(|vault| vault.digest() == receipt.facts().vault)
    }
}

/// Checks the files of a folder; `foreign` are entries that are no files.
///
/// Errors: there is no vault among them.
pub fn check(parts: Vec<Part>, foreign: Vec<String>) -> Result<Checked> {
    // What a desktop left there is nothing to find, and nothing that any line of the kit uses.
    let parts: Vec<Part> = parts.into_iter().filter(|part| !names::is_litter(&part.name)).collect();
    let by_name: BTreeMap<&str, &Part> = parts.iter().map(|part| (&part.name[..], part)).collect();
    let get = |name: &str| by_name.get(name).map(|part| &part.bytes[..]);
    let listed = sums::read(get(names::SUMS).unwrap_or_default());
    let names = vault_among(&by_name, &listed)?;
    let vault = get(&names.vault).map_or(Err(KitError::NoVault.into()), parse_vault);
    let receipt = get(&names.receipt).map(Receipt::parse);
    let program = by_name.values().find(|part| names::is_opener(&part.name));
    let machine = program.map(|part| machine(part));

    let known: BTreeSet<&str> = [&names.vault, &names.armored, &names.receipt]
        .into_iter()
        .map(String::as_str)
        .chain([names::TEXT, names::SUMS])
        .chain(program.map(|part| &part.name[..]))
        .collect();
    let is_known = |part: &&&Part| known.contains(&part.name[..]);
    let summed: Vec<&Part> =
        by_name.values().filter(|it| is_known(it) && it.name != names::SUMS).copied().collect();
    let needed = [&names.armored[..], names::TEXT, names::SUMS];
    let missing = listed.keys().map(String::as_str).chain(needed).collect::<BTreeSet<_>>();
    let missing = missing.into_iter().filter(|name| !by_name.contains_key(name));
    let as_listed = |part: &&&Part| listed.get(&part.name) == Some(&sha256(&part.bytes));
    let strange = by_name.values().filter(|part| !known.contains(&part.name[..]));
    let text_exact = match (&vault, get(names::TEXT)) {
        (Ok(vault), Some(found)) => {
            let sealed = receipt.as_ref().and_then(|receipt| receipt.as_ref().ok());
            let facts = text::KitFacts {
                names: &names,
                id: vault.id(),
                sealed: sealed.map(|receipt| receipt.facts().sealed),
                machine: machine.and_then(|machine| machine.ok()),
            };
            text::open_me(&facts).as_bytes() == found
        }
        _ => false,
    };
    let strange = strange.map(|part| part.name.clone());
    Ok(Checked {
        missing: missing.map(str::to_owned).collect(),
        damaged: summed.iter().filter(|it| !as_listed(it)).map(|it| it.name.clone()).collect(),
        sums_exact: get(names::SUMS) == Some(sums::write(summed.iter().copied()).as_bytes()),
        text_exact,
        armored: same(&vault, get(&names.armored)),
        foreign: strange.chain(foreign).collect(),
        name: names.vault,
        vault,
        receipt,
        opener: program.zip(machine).map(|(part, machine)| Ok((machine?, sha256(&part.bytes)))),
    })
}

/// The names of a kit by its vault: of several, the one that SHA256SUMS lists, and that has a copy as text
/// beside it.
fn vault_among(parts: &BTreeMap<&str, &Part>, listed: &BTreeMap<String, String>) -> Result<Names> {
    let vaults = parts.keys().filter(|name| names::is_vault(name));
    let likely = |names: &Names| {
        let is_listed = listed.contains_key(&names.vault);
        (is_listed, parts.contains_key(&names.armored[..]))
    };
    // The first of the likeliest.
    let mut all: Vec<Names> = vaults.map(|name| Names::of_vault(name)).collect();
    all.reverse();
    all.into_iter().max_by_key(likely).ok_or(Error::Kit(KitError::NoVault))
}

fn machine(part: &Part) -> std::result::Result<&'static str, &'static str> {
    let machine = opener::inspect(&part.bytes)?;
    if part.name == names::opener_for(machine) {
        Ok(machine)
    } else {
        Err("its name says another processor")
    }
}

fn same(vault: &Result<Vault>, armored: Option<&[u8]>) -> Result<()> {
    let armored = Vault::parse(armored.unwrap_or_default())?;
    match vault {
        Ok(vault) if vault.digest() == armored.digest() => Ok(()),
        _ => Err(VaultError::Damaged.into()),
    }
}
