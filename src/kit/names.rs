//! The names of a kit's files. They stand in commands that a tired person types, so they are plain.

use std::ffi::OsStr;

use crate::error::{Error, KitError, Result};
use crate::vault::Format;

/// What is to be read first.
pub(super) const TEXT: &str = "OPEN-ME.txt";

/// The sums of all other files.
pub(super) const SUMS: &str = "SHA256SUMS";

/// The longest name of a vault, in bytes: the lines of OPEN-ME.txt hold it.
const MOST: usize = 28;

/// What a vault's name may end in.
const VAULT: [&str; 2] = [".gpg", ".age"];

/// What an armored copy's name may end in, and what is taken away from a name to get its stem.
const ENDINGS: [&str; 5] = [".asc", ".txt", ".gpg", ".age", ".pgp"];

const RECEIPT: &str = ".receipt";

/// What desktops leave behind in folders that somebody looked into.
const LITTER: [&str; 3] = [".DS_Store", "Thumbs.db", "desktop.ini"];

/// The names that follow from the vault's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names {
    /// The vault.
    pub(super) vault: String,
    /// The same as text.
    pub(super) armored: String,
    /// Its receipt.
    pub(super) receipt: String,
}

impl Names {
    /// The names in the kit of a vault whose file has this name.
    ///
    /// Errors: it cannot stand in a command as it is.
    pub(super) fn new(file_name: &OsStr, age: bool) -> Result<Names> {
        let refused = || Error::Kit(KitError::Name { name: file_name.to_owned() });
        let name = file_name.to_str().filter(|name| is_plain(name)).ok_or_else(refused)?;
        let ending = if age { ".age" } else { ".gpg" };
        let vault = match name.strip_suffix(ending) {
            Some(_) => name.to_owned(),
            None if age => format!("{}.age", stem(name)),
            None => format!("{}.env.gpg", stem(name)),
        };
        if !is_plain(&vault) || stem(&vault).is_empty() {
            return Err(refused());
        }
        Ok(Names::of_vault(&vault))
    }

    /// The names beside a vault that has its name already.
    pub(super) fn of_vault(vault: &str) -> Names {
        let as_text = match Format::of_name(vault.as_ref()) {
            Format::OpenPgp => ".asc",
            Format::Age => ".txt",
        };
        Names {
            vault: vault.to_owned(),
            armored: format!("{vault}{as_text}"),
            receipt: format!("{vault}{RECEIPT}"),
        }
    }

    /// Whether a kit of that vault has a file of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        let Names { vault, armored, receipt } = self;
        [vault, armored, receipt].into_iter().any(|own| own == name)
            || [TEXT, SUMS].contains(&name)
            || is_opener(name)
            || is_litter(name)
    }

    /// The name of the folder.
    pub(super) fn folder(&self) -> String {
        format!("breakglass-{}", stem(&self.vault))
    }
}

/// Whether a kit may hold a file of that name.
pub fn is_part(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let ends = ENDINGS.iter().chain([&RECEIPT]).any(|ending| name.ends_with(ending));
    name == SUMS || ends || is_opener(&name) || is_litter(&name)
}

/// Whether what holds these names, if it bears the name of a kit's folder, is one, or was.
pub fn may_be_kit<'a>(names: impl Iterator<Item = &'a OsStr> + Clone) -> bool {
    is_kit(names.clone()) || names.into_iter().any(|name| is_vault(&name.to_string_lossy()))
}

/// Whether a folder that holds these names is a kit, whole or not.
pub fn is_kit<'a>(mut names: impl Iterator<Item = &'a OsStr>) -> bool {
    names.any(|name| name == TEXT || name == SUMS)
}

/// Whether a file came from a desktop, and says nothing.
pub(super) fn is_litter(name: &str) -> bool {
    LITTER.contains(&name) || name.starts_with("._")
}

pub(super) fn is_vault(name: &str) -> bool {
    VAULT.iter().any(|ending| name.ends_with(ending))
}

/// `breakglass-x86_64-linux`.
pub(super) fn opener_for(machine: &str) -> String {
    format!("breakglass-{machine}-linux")
}

pub(super) fn is_opener(name: &str) -> bool {
    name.starts_with("breakglass-") && name.ends_with("-linux")
}

/// A name without what tells the kind of file.
fn stem(name: &str) -> &str {
    let mut stem = name;
    while let Some(rest) = ENDINGS.iter().find_map(|ending| stem.strip_suffix(ending)) {
        stem = rest;
    }
    stem.strip_suffix(".env").unwrap_or(stem)
}

/// Whether a name means itself in any shell, for scp and on FAT.
fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    name.len() <= MOST
        && name.bytes().all(plain)
        && name.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && !name.ends_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(name: &str, age: bool) -> Option<(String, String)> {
        let names = Names::new(name.as_ref(), age).ok()?;
        let folder = names.folder();
        Some((names.vault, folder))
    }

    #[test]
    fn follow_from_the_vaults() {
        for (name, age, vault, folder) in [
            ("prod.env.gpg", false, "prod.env.gpg", "breakglass-prod"),
            ("prod.gpg", false, "prod.gpg", "breakglass-prod"),
            ("prod.asc", false, "prod.env.gpg", "breakglass-prod"),
            ("prod.env.gpg.asc", false, "prod.env.gpg", "breakglass-prod"),
            ("vault", false, "vault.env.gpg", "breakglass-vault"),
            ("prod.age", true, "prod.age", "breakglass-prod"),
            ("prod.env.gpg", true, "prod.age", "breakglass-prod"),
            ("a-B_9.x.env.gpg", false, "a-B_9.x.env.gpg", "breakglass-a-B_9.x"),
        ] {
            let expected = Some((vault.to_owned(), folder.to_owned()));
            assert_eq!(names(name, age), expected, "{name}");
        }
        let other = Names::new("prod.age".as_ref(), true).expect("names");
        assert_eq!((&other.armored[..], &other.receipt[..]), ("prod.age.txt", "prod.age.receipt"));
    }

    #[test]
    fn what_cannot_stand_in_a_command() {
        let long = format!("{}.gpg", "x".repeat(25));
        for name in [
            "", "-", "-x.gpg", ".gpg", ".env.gpg", "a b.gpg", "a'.gpg", "$a.gpg", "ä.gpg", "a\n",
            &long,
        ] {
            assert_eq!(names(name, false), None, "{name:?}");
        }
    }

    #[test]
    fn what_is_part_of_a_kit() {
        for name in [
            "OPEN-ME.txt",
            "SHA256SUMS",
            "prod.env.gpg",
            "prod.env.gpg.asc",
            "prod.env.gpg.receipt",
            "prod.age",
            "prod.age.txt",
            "breakglass-x86_64-linux",
            ".DS_Store",
            "._OPEN-ME.txt",
        ] {
            assert!(is_part(name.as_ref()), "{name}");
        }
        for name in ["thesis.doc", "prod.env", "breakglass", "SHA256SUMS.bak"] {
            assert!(!is_part(name.as_ref()), "{name}");
        }
    }
}
