//! What is due: sealing again after a use, rehearsing, and a vault that is not too old.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use crate::checks::{Report, Verdict, layers, uses};
use crate::records::{self, Entry, Event, Journal};

/// How long a rehearsal holds, unless breakglass.toml says otherwise.
const REHEARSED: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Whether every vault that was used has been followed by one that was sealed since, from the same
/// source, as far as this machine knows. True where it has.
pub(super) fn sealing(journal: &Journal, copy: Option<&Entry>, report: &mut Report) -> bool {
    let open = journal.of(Event::Use).rev().find(|entry| !is_followed(entry, journal, copy));
    let (verdict, detail) = match (open, journal.of(Event::Use).next_back()) {
        (Some(entry), _) => (
            Verdict::Finding,
            format!(
                "{}, and not sealed again since, as far as this machine knows",
                uses::words(entry)
            ),
        ),
        (None, Some(entry)) => {
            (Verdict::Ok, format!("{}, and sealed again since", uses::words(entry)))
        }
        (None, None) => (Verdict::Ok, "no vault was used on this machine".to_owned()),
    };
    report.add("used", verdict, detail);
    if let Some(line) = journal.unreadable.first() {
        let detail =
            format!("line {line} of this machine's journal cannot be read; it may be a use");
        report.add("used", Verdict::CannotTell, detail);
    }
    open.is_none()
}

/// Whether anything says that another vault was sealed after a use: in the place of the one that was used, or
/// of one that took its place; or, on whatever machine, from the same place in Infisical. A reseal takes its
/// place too, but its document is as old as it was: no value has changed.
///
/// What this machine wrote down later happened later, whatever its clock said.
fn is_followed(entry: &Entry, journal: &Journal, copy: Option<&Entry>) -> bool {
    let mut line = BTreeSet::from([entry.vault.as_str()]);
    let takes_place = |entry: &&Entry| matches!(entry.event, Event::Seal | Event::Reseal);
    for seal in journal.entries.iter().filter(takes_place) {
        if seal.replaces.as_deref().is_some_and(|old| line.contains(old)) {
            line.insert(&seal.vault);
        }
    }
    // Times are of whole seconds: what was sealed and used within one must not follow itself.
    let same = uses::same_document(&entry.vault, journal);
    let is_another = |other: &Entry| {
        !same.contains(other.vault.as_str())
            && (line.contains(other.vault.as_str()) || other.is_of_same_source(entry))
    };
    let is_newer = |other: &Entry| other.sealed.is_some_and(|sealed| sealed >= entry.time);
    let later = journal.entries.iter().skip_while(|other| *other != entry);
    let mut sealed_later = later.filter(|other| other.event == Event::Seal);
    sealed_later.any(is_another)
        || journal.entries.iter().chain(copy).any(|other| is_another(other) && is_newer(other))
}

/// Whether there was a rehearsal that went well, not longer ago than `interval`. Where no vault is known of, nothing has
/// to be rehearsed.
pub(super) fn rehearsal(
    journal: &Journal,
    copy: Option<&Entry>,
    interval: Option<SignedDuration>,
    report: &mut Report,
) {
    let interval = interval.unwrap_or(REHEARSED);
    let last = journal.of(Event::Drill).next_back();
    let known = copy.is_some() || !journal.entries.is_empty();
    let now = records::now();
    let (verdict, detail) = match last {
        Some(drill) if drill.passed == Some(false) => (
            Verdict::Finding,
            format!("failed {}; breakglass drill VAULT", records::ago(drill.time, now)),
        ),
        Some(drill) if records::age(drill.time, now) > interval => (
            Verdict::Finding,
            format!(
                "{}, more than {}; breakglass drill VAULT",
                records::ago(drill.time, now),
                records::length(interval)
            ),
        ),
        Some(drill) => (Verdict::Ok, records::ago(drill.time, now)),
        None if known => {
            (Verdict::Finding, "none on this machine; breakglass drill VAULT".to_owned())
        }
        None => (Verdict::NotAsked, "none on this machine".to_owned()),
    };
    report.add("rehearsal", verdict, detail);
}

/// How old the vault is that is known of, where one is.
pub(super) fn age(copy: Option<&Entry>, max_age: Option<SignedDuration>, report: &mut Report) {
    if let Some(copy) = copy {
        layers::age(copy.sealed, max_age, report);
    }
}
