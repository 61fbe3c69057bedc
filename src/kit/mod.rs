//! Kits: what lies on a stick so that a bare machine can open the vault, and whether it is all there as
//! it was written, and the folders it lies in. docs/FORMAT.md describes one.

mod check;
mod exchange;
mod folder;
mod names;
mod opener;
mod read;
mod sums;
mod text;

use std::ffi::{OsStr, OsString};

use sha2::{Digest, Sha256};

use crate::error::{Result, VaultError};
use crate::files::MAX_FILE_BYTES;
use crate::receipt::Receipt;
use crate::vault::Vault;

use names::Names;

pub use check::{Checked, check};
pub use exchange::{FolderReplacement, NEW, OLD};
pub use folder::{Device, Folder, FolderItem, Space, Tick, device_of, is_away, read_large};
pub use names::{is_kit, is_part, may_be_kit};
pub use opener::Opener;
pub use read::read;

/// The largest opener that is taken, in bytes.
pub const MAX_OPENER_BYTES: usize = 64 * 1024 * 1024;

/// One file of a kit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
    /// Whether it is to be executed.
    pub program: bool,
}

/// A kit that is to be written.
#[derive(Debug)]
pub struct Kit {
    /// Where it lies: the name of its folder.
    pub folder: String,
    /// Its files, by name.
    pub parts: Vec<Part>,
    names: Names,
}

/// How many bytes a file of that name may have.
pub fn most_bytes(name: &OsStr) -> usize {
    if names::is_opener(&name.to_string_lossy()) { MAX_OPENER_BYTES } else { MAX_FILE_BYTES }
}

/// Puts a kit together: the vault of that file name, with its receipt and an opener where they are
/// there.
///
/// Errors: a file name that cannot stand in commands; an opener that is none.
pub fn assemble(
    file_name: &OsStr,
    vault: &Vault,
    receipt: Option<(&[u8], &Receipt)>,
    opener: Option<Opener>,
) -> Result<Kit> {
    let armored = vault.to_armor()?;
    let names = Names::new(file_name, is_age(&armored))?;
    let facts = text::KitFacts {
        names: &names,
        id: vault.id(),
        sealed: receipt.map(|(_, receipt)| receipt.facts().sealed),
        machine: opener.as_ref().map(|opener| opener.machine),
    };
    let part = |name: &str, bytes: Vec<u8>| Part { name: name.to_owned(), bytes, program: false };
    let mut parts = vec![
        part(&names.vault, vault.message().to_vec()),
        part(&names.armored, armored),
        part(names::TEXT, text::open_me(&facts).into_bytes()),
    ];
    if let Some((bytes, _)) = receipt {
        parts.push(part(&names.receipt, bytes.to_vec()));
    }
    if let Some(opener) = opener {
        let name = names::opener_for(opener.machine);
        parts.push(Part { name, bytes: opener.bytes, program: true });
    }
    parts.sort_by(|one, other| one.name.cmp(&other.name));
    parts.push(part(names::SUMS, sums::write(&parts).into_bytes()));
    Ok(Kit { folder: names.folder(), parts, names })
}

impl Kit {
    /// What keeps a folder that holds these names from being replaced by this kit: a file that is none of
    /// its own. A folder that bears the kit's own name (`settled`) must also have been a kit, unless it is
    /// empty.
    pub fn stranger<'a>(&self, names: &'a [OsString], settled: bool) -> Option<&'a OsStr> {
        let is_kit = !settled || is_kit(names.iter().map(OsString::as_os_str));
        let own = |name: &&OsString| is_kit && self.names.has(&name.to_string_lossy());
        names.iter().find(|name| !own(name)).map(OsString::as_os_str)
    }

    /// Bytes of all its files.
    pub fn bytes(&self) -> usize {
        self.parts.iter().map(|part| part.bytes.len()).sum()
    }

    /// What is worth writing on paper, since sums on the same stick prove nothing against whoever may
    /// write to it: SHA-256 and name of the vault and of the opener.
    pub fn for_paper(&self) -> Vec<(String, String)> {
        let kept = |part: &&Part| part.program || names::is_vault(&part.name);
        let kept = self.parts.iter().filter(kept);
        kept.map(|part| (sha256(&part.bytes), part.name.clone())).collect()
    }
}

/// The SHA-256 of something that is not secret, in hex.
fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether armor is that of an age file.
fn is_age(armored: &[u8]) -> bool {
    armored.starts_with(b"-----BEGIN AGE ")
}

/// What a vault in a kit is.
fn parse_vault(bytes: &[u8]) -> Result<Vault> {
    let vault = Vault::parse(bytes)?;
    if vault.message() == bytes { Ok(vault) } else { Err(VaultError::Damaged.into()) }
}
