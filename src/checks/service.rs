//! What this machine runs, keeps and owes: the layers of `status`.

use jiff::SignedDuration;
use rustix::process::geteuid;

use super::detail::Detail;
use super::report::Outcomes;
use super::subject::{Question, Subject};
use super::uses::{open_use, words};
use crate::records::{self, Event, Journal};

/// How long a rehearsal holds, unless breakglass.toml says otherwise.
const REHEARSED: SignedDuration = SignedDuration::from_hours(90 * 24);

/// What has secrets of a vault now.
pub(super) fn check_running(subject: &Subject, _: &Question<'_>, out: &mut Outcomes<'_>) {
    let Some(traces) = subject.service.as_ref().map(|service| &service.traces) else { return };
    for trace in &traces.found {
        out.finding(trace.detail());
    }
    for detail in &traces.unknown {
        out.cannot_tell(detail.clone());
    }
    if traces.found.is_empty() && traces.unknown.is_empty() {
        let whose =
            if geteuid().is_root() { Detail::NothingRuns } else { Detail::NothingOfThisUserRuns };
        out.ok(whose);
    }
}

/// What PM2 has written down.
pub(super) fn check_files(subject: &Subject, _: &Question<'_>, out: &mut Outcomes<'_>) {
    let Some(traces) = subject.service.as_ref().map(|service| &service.traces) else { return };
    for (_, verdict, detail) in &traces.files {
        out.add(*verdict, detail.clone());
    }
    if traces.files.is_empty() {
        out.ok(Detail::NoFiles);
    }
}

/// Whether every vault that was used has been followed by one that was sealed since.
pub(super) fn check_sealed_since(subject: &Subject, asked: &Question<'_>, out: &mut Outcomes<'_>) {
    let none = Journal::default();
    let journal = match &asked.journal {
        Ok(journal) => journal.as_ref().unwrap_or(&none),
        Err(error) => {
            out.cannot_tell(error.clone());
            &none
        }
    };
    let copy = subject.service.as_ref().and_then(|service| service.copy.as_ref());
    match (open_use(journal, copy), journal.of(Event::Use).next_back()) {
        (Some(entry), _) => out.finding(Detail::NotSealedSince(words(entry))),
        (None, Some(entry)) => out.ok(Detail::SealedSince(words(entry))),
        (None, None) => out.ok(Detail::NoneUsed),
    }
    if let Some(line) = journal.unreadable.first() {
        out.cannot_tell(Detail::JournalLine(*line));
    }
}

/// Whether there was a rehearsal that went well, lately enough. Where no vault is known, nothing has to be rehearsed.
pub(super) fn check_rehearsal(subject: &Subject, asked: &Question<'_>, out: &mut Outcomes<'_>) {
    let none = Journal::default();
    let journal = asked.journal.as_ref().ok().and_then(Option::as_ref).unwrap_or(&none);
    let interval = asked.config.drill_interval.unwrap_or(REHEARSED);
    let has_copy = subject.service.as_ref().is_some_and(|service| service.copy.is_some());
    let Some(drill) = journal.of(Event::Drill).next_back() else {
        return if has_copy || !journal.entries.is_empty() {
            out.finding(Detail::NotRehearsed);
        } else {
            out.not_asked(Detail::NothingToRehearse);
        };
    };
    let ago = records::ago(drill.time, asked.now);
    if drill.passed == Some(false) {
        out.finding(Detail::RehearsalFailed(ago));
    } else if records::age(drill.time, asked.now) > interval {
        out.finding(Detail::RehearsedLongAgo { ago, interval: records::length(interval) });
    } else {
        out.ok(Detail::Rehearsed(ago));
    }
}
