//! `copy`: a kit on a stick, read back and opened from there before it replaces an earlier one.

use std::cell::Cell;
use std::ffi::OsStr;
use std::path::PathBuf;

use super::common::opening::{self, PassphraseFrom};
use crate::checks::copies;
use crate::error::{Error, FileError, KitError, Note, ReceiptError, Result, Warning, status};
use crate::files;
use crate::kit::{self, Folder, FolderReplacement, Kit, MAX_OPENER_BYTES, Opener, Part};
use crate::memory::Passphrase;
use crate::payload::{Reading, compare};
use crate::process::Termination;
use crate::receipt::{self, Receipt};
use crate::records;
use crate::terminal::{self, Messages, Progress};
use crate::vault::Vault;

/// The program that goes into the kit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenerFrom {
    /// Nobody said.
    Unsaid,
    /// None, on purpose.
    Without,
    /// This file.
    File(PathBuf),
}

/// What `copy` was asked to do.
#[derive(Debug)]
pub struct CopyKit {
    /// The vault.
    pub vault: PathBuf,
    /// The folder in which the kit gets a folder of its own.
    pub folder: PathBuf,
    /// The program in it.
    pub opener: OpenerFrom,
    /// Where the passphrase comes from.
    pub passphrase: PassphraseFrom,
    /// What is said.
    pub messages: Messages,
}

/// What is known once the kit is in its place.
struct Done {
    path: PathBuf,
    keeps_modes: bool,
    earlier_is_gone: bool,
}

impl CopyKit {
    /// Copies, or leaves everything as it was; returns the exit status.
    pub fn execute(self) -> Result<u8> {
        let early = self.passphrase.early()?;
        let opener = self.opener()?;
        let vault = opening::read_vault(&self.vault, self.messages)?;
        let receipt = self.receipt(&vault);
        let name = self.vault.file_name().unwrap_or(OsStr::new(""));
        let receipt = receipt.as_ref().map(|(bytes, receipt)| (&bytes[..], receipt));
        let kit = kit::assemble(name, &vault, receipt, opener)?;
        // Whatever is wrong with the stick is said before anybody is asked for anything.
        self.look(&kit, &vault, receipt.map(|(_, receipt)| receipt))?;
        let passphrase = opening::passphrase_for(&self.vault, early)?;
        let reading = opening::open(&vault, &passphrase, self.messages)?;
        let done = self.replace(&kit, &passphrase, &reading)?;
        drop(passphrase);
        copies::record(&done.path, &vault, reading.header.as_ref(), self.messages);
        self.tell(&kit, &vault, &done).map(|()| status::OK)
    }

    fn opener(&self) -> Result<Option<Opener>> {
        match &self.opener {
            OpenerFrom::Unsaid => Err(KitError::NoOpener.into()),
            OpenerFrom::Without => Ok(None),
            OpenerFrom::File(path) => {
                let opener = Opener::new(kit::read_large(path, MAX_OPENER_BYTES)?);
                let refused = |why| Error::Kit(KitError::NotAnOpener { path: path.clone(), why });
                opener.map(Some).map_err(refused)
            }
        }
    }

    /// The receipt beside the vault. A vault is worth more than its receipt: one that is not its own
    /// stays where it is.
    fn receipt(&self, vault: &Vault) -> Option<(Vec<u8>, Receipt)> {
        let read = || -> Result<(Vec<u8>, Receipt)> {
            let bytes = files::read_found(&receipt::path_of(&self.vault)?, false)?.bytes;
            let receipt = Receipt::parse(&bytes)?;
            let own = receipt.facts().vault == vault.digest();
            if own { Ok((bytes, receipt)) } else { Err(ReceiptError::OfAnotherVault.into()) }
        };
        match read() {
            Ok(receipt) => Some(receipt),
            Err(error) if error.is_missing() => None,
            Err(error) => {
                let reason = error.to_string();
                self.messages.warning(&Warning::KitWithoutReceipt { reason });
                None
            }
        }
    }

    /// Whether the kit can be written there, and what is to be said of the place.
    fn look(&self, kit: &Kit, vault: &Vault, receipt: Option<&Receipt>) -> Result<()> {
        let path = self.folder.clone();
        let own = Folder::open(&path)?.items_named(&|name| kit::is_kit([name].into_iter()))?;
        if !own.is_empty() {
            return Err(KitError::Within { path }.into());
        }
        let held = Termination::hold();
        let interrupted = || held.take_ending();
        let place = FolderReplacement::begin(&self.folder, kit, &interrupted)?;
        let earlier = place.earlier()?;
        if let Some(earlier) = &earlier {
            self.compare_with_earlier(earlier, vault, receipt)?;
        }
        self.check_space(&place, kit, earlier.is_some())?;
        if kit::device_of(&self.vault) == Some(place.around().device()?) {
            self.messages.warning(&Warning::KitOnSameDevice { path: path.clone() });
        }
        if place.around().is_of_others()? {
            self.messages.warning(&Warning::KitAmongOthers { path });
        }
        drop(place);
        held.take_ending().map_or(Ok(()), |signal| Err(FileError::Interrupted { signal }.into()))
    }

    /// A name is no proof that two kits are of the same vault.
    ///
    /// Errors: the earlier one's receipt says that it is of another source, or sealed later.
    fn compare_with_earlier(
        &self,
        earlier: &Folder,
        vault: &Vault,
        receipt: Option<&Receipt>,
    ) -> Result<()> {
        let path = earlier.path().to_owned();
        let Ok(found) = kit::read(earlier) else { return Ok(()) };
        let theirs = found.receipt.as_ref().and_then(|receipt| receipt.as_ref().ok());
        let theirs = theirs.filter(|receipt| found.belongs(receipt)).map(Receipt::facts);
        match (theirs, receipt.map(Receipt::facts)) {
            (Some(theirs), Some(ours)) if theirs.source != ours.source => {
                return Err(KitError::OfAnotherSource { path }.into());
            }
            (Some(theirs), Some(ours)) if theirs.sealed > ours.sealed => {
                return Err(KitError::Newer { path }.into());
            }
            (Some(_), None) => {
                let reason = "the one that it replaces has a receipt".to_owned();
                self.messages.warning(&Warning::KitWithoutReceipt { reason });
            }
            _ => {}
        }
        match &found.vault {
            Ok(other) if other.digest() != vault.digest() => {
                let sealed = theirs.map(|theirs| records::ago(theirs.sealed, records::now()));
                self.messages.note(&Note::KitReplaces { path, id: other.id().to_string(), sealed });
            }
            _ => {}
        }
        Ok(())
    }

    fn check_space(&self, place: &FolderReplacement<'_>, kit: &Kit, replaces: bool) -> Result<()> {
        let path = self.folder.clone();
        let space = place.around().space()?;
        let block = |bytes: usize| (bytes as u64).div_ceil(space.block).saturating_mul(space.block);
        // The files, their entries, and the folder.
        let files = kit.parts.iter().map(|part| block(part.bytes.len() + 1)).sum::<u64>();
        let needed = files.saturating_add(block(1));
        let Some(free) = space.free else { return Ok(()) };
        if needed > free {
            return Err(KitError::NoSpace { path, needed, free }.into());
        }
        // An earlier one makes room for the next.
        if !replaces && needed.saturating_mul(2) > free {
            self.messages.warning(&Warning::KitFillsDisk { path });
        }
        Ok(())
    }

    /// Writes, reads back, checks, opens, and only then replaces. A signal that comes meanwhile is the
    /// reason to leave what was there.
    fn replace(&self, kit: &Kit, passphrase: &Passphrase, reading: &Reading) -> Result<Done> {
        let held = Termination::hold();
        let interrupted = || held.take_ending();
        let mut place = FolderReplacement::begin(&self.folder, kit, &interrupted)?;
        let progress = Progress::new("copying", self.messages.quiet);
        let done = Cell::new(0_usize);
        let tick = |count: usize| {
            done.set(done.get() + count);
            progress.at(done.get() as f32 / (2 * kit.bytes()) as f32);
            held.take_ending()
                .map_or(Ok(()), |signal| Err(FileError::Interrupted { signal }.into()))
        };
        for part in &kit.parts {
            place.write(&part.name, &part.bytes, part.program, &tick)?;
        }
        let mut found = Vec::new();
        for part in &kit.parts {
            let bytes = place.read_back(part.name.as_ref(), part.bytes.len(), &tick)?;
            found.push(Part { bytes, ..part.clone() });
        }
        drop(progress);
        let spoiled = || Error::File(FileError::ReadBack { path: place.target() });
        if found != kit.parts {
            return Err(spoiled());
        }
        let written = kit::check(found, Vec::new())?;
        if !written.is_whole() || !written.text_exact {
            return Err(Error::Internal);
        }
        let theirs = opening::reopen(&written.vault?, passphrase)?;
        let is_same = compare(&reading.secrets, &theirs.secrets).is_empty();
        // A stick may take its time with what follows.
        drop(theirs);
        if !is_same {
            return Err(spoiled());
        }
        if let Some(signal) = held.take_ending() {
            return Err(FileError::Interrupted { signal }.into());
        }
        let (path, keeps_modes) = (place.target(), place.keeps_modes());
        let earlier_is_gone = place.commit()?;
        Ok(Done { path, keeps_modes, earlier_is_gone })
    }

    fn tell(&self, kit: &Kit, vault: &Vault, done: &Done) -> Result<()> {
        if !done.keeps_modes {
            self.messages.warning(&Warning::KitWithoutModes { path: self.folder.clone() });
        }
        if !done.earlier_is_gone {
            self.messages.warning(&Warning::KitLeftBehind { path: done.path.clone() });
        }
        let (files, bytes, id) = (kit.parts.len(), kit.bytes(), vault.id().to_string());
        self.messages.note(&Note::KitMade { path: done.path.clone(), files, bytes, id });
        self.messages.note(&Note::ForPaper);
        let lines = kit.for_paper().into_iter().map(|(sum, name)| format!("{sum}  {name}\n"));
        terminal::write_stdout(lines.collect::<String>().as_bytes())
    }
}
