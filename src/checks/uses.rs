//! Uses of vaults: written down before a command gets the secrets, and looked up when somebody asks
//! whether the copy is current. A use makes a vault stale: what it held has been out.

use std::collections::BTreeSet;

use super::detail::Detail;
use super::report::Outcomes;
use super::subject::{Kind, Question, Subject};
use crate::error::{Escaped, Quoted, Warning};
use crate::payload::{Header, Reading, VaultId};
use crate::records::{self, Entry, Event, Journal};
use crate::terminal::Messages;
use crate::vault::Vault;

/// An entry of now about a vault, with what the vault says of itself.
pub fn entry(event: Event, vault: &Vault, header: Option<&Header>) -> Entry {
    let (sealed, source) = match header {
        Some(header) => (header.sealed, header.source.clone()),
        None => (None, None),
    };
    Entry { sealed, source, ..Entry::new(event, vault.id()) }
}

/// An entry about a use: by a program, or by a person, who looks at one value.
pub fn of_use(vault: &Vault, reading: &Reading, program: String, reason: Option<String>) -> Entry {
    let entry = entry(Event::Use, vault, reading.header.as_ref());
    Entry { program: Some(program), reason, ..entry }
}

/// An entry about a vault that was sealed in the place of what was `old`.
pub fn of_seal(id: VaultId, header: &Header, old: &[u8]) -> Entry {
    Entry {
        sealed: header.sealed,
        source: header.source.clone(),
        replaces: Vault::parse(old).ok().map(|vault| vault.id()),
        ..Entry::new(Event::Seal, id)
    }
}

/// An entry about a vault whose document was sealed anew. It says when the document was sealed, which may
/// be before a use that made it stale.
pub fn of_reseal(id: VaultId, old: &Vault, header: Option<&Header>) -> Entry {
    let entry = entry(Event::Reseal, old, header);
    Entry { vault: id, replaces: Some(old.id()), ..entry }
}

/// Writes an entry down. That it cannot be is only told.
pub fn record(entry: &Entry, messages: Messages) {
    if let Err(error) = records::record(entry) {
        messages.warning(&Warning::NotRecorded { reason: error.to_string() });
    }
}

/// Whether the vault, or one of another form of it, has been used on this machine, or is in use now.
pub(super) fn check_vault(subject: &Subject, asked: &Question<'_>, out: &mut Outcomes<'_>) {
    let id = match (subject.kind, subject.readable_receipt(), subject.readable_vault()) {
        (Kind::Receipt, Some(receipt), _) => VaultId::of_digest(&receipt.facts().vault),
        (_, _, Some(vault)) => vault.id(),
        (_, _, None) => return,
    };
    let journal = asked.journal.as_ref().map(Option::as_ref);
    let ids = match journal {
        Ok(Some(journal)) => same_document(&id, journal),
        _ => BTreeSet::from([&id]),
    };
    match journal {
        _ if asked.running.iter().any(|id| ids.contains(id)) => out.finding(Detail::InUse),
        Err(error) => out.cannot_tell(error.clone()),
        Ok(None) => out.not_asked(Detail::NoJournal),
        Ok(Some(journal)) => {
            let mut uses = journal.of(Event::Use).filter(|entry| ids.contains(&entry.vault));
            match (uses.next_back(), journal.unreadable.first()) {
                (Some(last), _) => out.finding(Detail::Used(words(last))),
                (None, Some(line)) => out.cannot_tell(Detail::JournalLine(*line)),
                (None, None) => out.ok(Detail::NotUsed),
            }
        }
    }
}

/// The ids under which this machine knows the document of a vault: its own, and those of the vaults that
/// were resealed into it or from it. They hold the same values.
pub fn same_document<'a>(id: &'a VaultId, journal: &'a Journal) -> BTreeSet<&'a VaultId> {
    let mut ids = BTreeSet::from([id]);
    loop {
        let known = ids.len();
        for entry in journal.of(Event::Reseal) {
            let Some(old) = entry.replaces.as_ref() else { continue };
            if ids.contains(old) || ids.contains(&entry.vault) {
                ids.extend([old, &entry.vault]);
            }
        }
        if ids.len() == known {
            return ids;
        }
    }
}

/// `3 hours ago (…) by 'pm2'`, and why.
pub fn words(entry: &Entry) -> String {
    let mut words = records::ago(entry.time, records::now());
    if let Some(program) = &entry.program {
        words.push_str(&format!(" by {}", Quoted(program.as_ref())));
    }
    if let Some(reason) = &entry.reason {
        words.push_str(&format!(", because: {}", Escaped(reason)));
    }
    words
}

/// The last use that no seal has followed: of another vault from the same source, as far as this machine knows.
pub fn open_use<'a>(journal: &'a Journal, copy: Option<&Entry>) -> Option<&'a Entry> {
    journal.of(Event::Use).rev().find(|entry| !is_followed(entry, journal, copy))
}

/// Whether anything says that another vault was sealed after a use: in the place of the one that was used, or
/// of one that took its place; or, on whatever machine, from the same place in Infisical. A reseal takes its
/// place too, but its document is as old as it was: no value has changed.
///
/// What this machine wrote down later happened later, whatever its clock said.
fn is_followed(entry: &Entry, journal: &Journal, copy: Option<&Entry>) -> bool {
    let mut line = BTreeSet::from([&entry.vault]);
    let takes_place = |entry: &&Entry| matches!(entry.event, Event::Seal | Event::Reseal);
    for seal in journal.entries.iter().filter(takes_place) {
        if seal.replaces.as_ref().is_some_and(|old| line.contains(old)) {
            line.insert(&seal.vault);
        }
    }
    // Times are of whole seconds: what was sealed and used within one must not follow itself.
    let same = same_document(&entry.vault, journal);
    let is_another = |other: &Entry| {
        !same.contains(&other.vault)
            && (line.contains(&other.vault) || other.is_of_same_source(entry))
    };
    let is_newer = |other: &Entry| other.sealed.is_some_and(|sealed| sealed >= entry.time);
    let later = journal.entries.iter().skip_while(|other| *other != entry);
    let mut sealed_later = later.filter(|other| other.event == Event::Seal);
    sealed_later.any(is_another)
        || journal.entries.iter().chain(copy).any(|other| is_another(other) && is_newer(other))
}
