//! Uses of vaults: written down before a command gets the secrets, and looked up when somebody asks
//! whether the copy is current. A use makes a vault stale: what it held has been out.

use std::collections::BTreeSet;

use super::{Report, Verdict};
use crate::error::{Escaped, Quoted, Warning};
use crate::payload::{Header, Reading};
use crate::process::{self, Process};
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
pub fn of_seal(id: &str, header: &Header, old: &[u8]) -> Entry {
    Entry {
        sealed: header.sealed,
        source: header.source.clone(),
        replaces: Vault::parse(old).ok().map(|vault| vault.id()),
        ..Entry::new(Event::Seal, id.to_owned())
    }
}

/// An entry about a vault whose document was sealed anew. It says when the document was sealed, which may
/// be before a use that made it stale.
pub fn of_reseal(id: &str, old: &Vault, header: Option<&Header>) -> Entry {
    let entry = entry(Event::Reseal, old, header);
    Entry { vault: id.to_owned(), replaces: Some(old.id()), ..entry }
}

/// Writes an entry down. That it cannot be is only told.
pub fn record(entry: &Entry, messages: Messages) {
    if let Err(error) = records::record(entry) {
        messages.warning(&Warning::NotRecorded { reason: error.to_string() });
    }
}

/// Whether the vault of that id, or one of another form of it, has been used on this machine, or is in use
/// now.
pub fn layer(id: &str, report: &mut Report) {
    let journal = records::journal();
    let ids = match &journal {
        Ok(Some(journal)) => same_document(id, journal),
        _ => BTreeSet::from([id]),
    };
    let running =
        process::processes().map(|all| all.into_iter().filter(|it| runs_on(it, &ids)).count());
    let (verdict, detail) = match (running, &journal) {
        (Ok(1..), _) => (
            Verdict::Finding,
            "running processes have its secrets; breakglass status tells which".to_owned(),
        ),
        (_, Err(error)) => (Verdict::CannotTell, error.to_string()),
        (_, Ok(None)) => (Verdict::NotAsked, "this machine has no journal of this user".to_owned()),
        (_, Ok(Some(journal))) => in_journal(&ids, journal),
    };
    report.add("used", verdict, detail);
}

/// The ids under which this machine knows the document of a vault: its own, and those of the vaults that
/// were resealed into it or from it. They hold the same values.
pub fn same_document<'a>(id: &'a str, journal: &'a Journal) -> BTreeSet<&'a str> {
    let mut ids = BTreeSet::from([id]);
    loop {
        let known = ids.len();
        for entry in journal.of(Event::Reseal) {
            let Some(old) = entry.replaces.as_deref() else { continue };
            if ids.contains(old) || ids.contains(entry.vault.as_str()) {
                ids.extend([old, &entry.vault]);
            }
        }
        if ids.len() == known {
            return ids;
        }
    }
}

fn runs_on(process: &Process, ids: &BTreeSet<&str>) -> bool {
    let marker =
        process.marker().ok().flatten().filter(|marker| ids.contains(marker.vault.as_str()));
    process.pid != own_pid() && marker.is_some()
}

fn in_journal(ids: &BTreeSet<&str>, journal: &Journal) -> (Verdict, String) {
    let mut uses = journal.of(Event::Use).filter(|entry| ids.contains(entry.vault.as_str()));
    match (uses.next_back(), journal.unreadable.first()) {
        (Some(last), _) => (Verdict::Finding, format!("{}; seal again", words(last))),
        (None, Some(line)) => (
            Verdict::CannotTell,
            format!("line {line} of this machine's journal cannot be read; it may be a use"),
        ),
        (None, None) => (
            Verdict::Ok,
            "not used on this machine, whose journal knows no other machine".to_owned(),
        ),
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

/// This process, which may have been started by a command that carries a marker.
pub fn own_pid() -> i32 {
    i32::try_from(std::process::id()).unwrap_or_default()
}
