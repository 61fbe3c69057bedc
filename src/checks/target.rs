//! What is checked, as it is found: a vault, a kit, or a folder with kits; named, or listed in breakglass.toml.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::detail::Detail;
use super::subject::{Contents, Kind, Subject};
use crate::error::{Error, KitError, Result};
use crate::files;
use crate::kit::{self, Folder};
use crate::receipt;
use crate::vault::Vault;

/// What is to be checked.
#[derive(Debug)]
pub enum FoundAt {
    /// A vault, or what somebody takes for one.
    Vault(PathBuf),
    /// A folder with a kit; whether it is one that a copy has left behind.
    Kit(Folder, bool),
    /// What an interrupted copy has left beside a kit.
    Leftover(PathBuf),
    /// A place that breakglass.toml lists, with nothing there now.
    Away(PathBuf),
    /// A folder in which there is no kit, or that cannot be read.
    Unreadable(PathBuf, Error),
}

/// What the names of the folders of kits begin with.
const PREFIX: &[u8] = b"breakglass-";

impl FoundAt {
    /// Where it is.
    fn path(&self) -> &Path {
        match self {
            FoundAt::Kit(folder, _) => folder.path(),
            FoundAt::Vault(path)
            | FoundAt::Leftover(path)
            | FoundAt::Away(path)
            | FoundAt::Unreadable(path, _) => path,
        }
    }
}

/// What there is at a path: a vault, a kit, or a folder with kits in it.
pub fn targets(path: &Path) -> Vec<FoundAt> {
    if !files::is_folder(path) {
        return vec![FoundAt::Vault(path.into())];
    }
    match in_folder(path) {
        Ok(targets) if !targets.is_empty() => targets,
        Ok(_) => {
            vec![FoundAt::Unreadable(
                path.into(),
                Error::Kit(KitError::NoKit { path: path.into() }),
            )]
        }
        Err(error) => vec![FoundAt::Unreadable(path.into(), error)],
    }
}

fn in_folder(path: &Path) -> Result<Vec<FoundAt>> {
    let folder = Folder::open(path)?;
    let own = folder.items_named(&|name| kit::is_kit([name].into_iter()))?;
    if !own.is_empty() {
        return Ok(vec![FoundAt::Kit(folder, false)]);
    }
    let begins = |name: &OsStr| name.as_encoded_bytes().starts_with(PREFIX);
    let items = folder.items_named(&begins)?;
    let names: Vec<OsString> =
        items.into_iter().filter(|it| it.is_folder).map(|it| it.name).collect();
    let mut targets = Vec::new();
    for name in &names {
        let text = name.to_string_lossy();
        let base = [kit::NEW, kit::OLD].iter().find_map(|suffix| text.strip_suffix(suffix));
        match base {
            Some(base) if names.iter().any(|it| it == base) || text.ends_with(kit::NEW) => {
                targets.push(FoundAt::Leftover(path.join(name)));
            }
            left => targets.extend(kit(&folder, name, left.is_some())),
        }
    }
    Ok(targets)
}

/// A folder that bears a kit's name; nothing where it is something else, such as a program's source.
fn kit(around: &Folder, name: &OsStr, is_leftover: bool) -> Option<FoundAt> {
    let found = || -> Result<(Folder, bool)> {
        let folder = around.folder(name)?;
        let names = folder.items()?;
        let may_be = kit::may_be_kit(names.iter().map(|item| item.name.as_os_str()));
        Ok((folder, may_be))
    };
    match found() {
        Ok((_, false)) => None,
        Ok((folder, true)) => Some(FoundAt::Kit(folder, is_leftover)),
        Err(error) => Some(FoundAt::Unreadable(around.path().join(name), error)),
    }
}

/// What there is at a place that breakglass.toml lists.
pub fn listed(path: &Path) -> Vec<FoundAt> {
    if kit::is_away(path) { vec![FoundAt::Away(path.into())] } else { targets(path) }
}

impl Subject {
    /// What is found at a target, from outside. `read` reads a vault's file.
    pub fn at(target: FoundAt, read: impl FnOnce(&Path) -> Result<Vault>) -> Subject {
        let kind = if let FoundAt::Vault(_) = target { Kind::Vault } else { Kind::Kit };
        let mut subject = Subject::new(kind, target.path());
        match target {
            FoundAt::Vault(path) => subject.take_vault(read(&path)),
            FoundAt::Kit(folder, is_leftover) => {
                subject.in_its_place = is_leftover.then_some(Detail::LeftUnderItsName);
                subject.kit = Some(kit::read(&folder));
                subject.contents = subject.readable_receipt().map(Contents::of_receipt);
            }
            FoundAt::Leftover(_) => subject.in_its_place = Some(Detail::LeftBehind),
            FoundAt::Away(_) => subject.in_its_place = Some(Detail::Away),
            FoundAt::Unreadable(_, error) => subject.vault = Some(Err(error)),
        }
        subject
    }

    /// Takes in a vault's file, and the receipt beside it where there is one that can be read.
    pub fn take_vault(&mut self, vault: Result<Vault>) {
        self.receipt = vault.is_ok().then(|| receipt::read_beside(&self.path));
        self.vault = Some(vault);
    }
}
