//! What a vault says: from outside, opened, and compared with its source.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::copies;
use super::detail::Detail;
use super::report::{Outcomes, Verdict};
use super::subject::{Compared, Contents, Kind, Opened, Question, Subject};
use crate::error::{Error, Result, TerminalError};
use crate::payload::{self, MAX_TOTAL_BYTES, check_startable};
use crate::records;
use crate::sources::{self, Fetched};

pub(super) fn check_readable(subject: &Subject, _: &Question<'_>, out: &mut Outcomes<'_>) {
    match subject.found_vault() {
        Some(Ok(vault)) => out.ok(Detail::Vault { format: vault.facts().format, id: vault.id() }),
        Some(Err(error)) => out.failed(error.clone()),
        None => {}
    }
}

pub(super) fn check_strength(subject: &Subject, _: &Question<'_>, out: &mut Outcomes<'_>) {
    let Some(vault) = subject.readable_vault() else { return };
    let facts = vault.facts();
    let cipher = facts.cipher.unwrap_or("an encrypted session key");
    let verdict = if facts.derivation.is_strong() { Verdict::Ok } else { Verdict::Finding };
    out.add(verdict, Detail::Encryption { cipher, derivation: facts.derivation.to_string() });
}

pub(super) fn check_opens(subject: &Subject, _: &Question<'_>, out: &mut Outcomes<'_>) {
    match &subject.opened {
        Opened::Yes(reading) => out.ok(Detail::Opened(reading.secrets.len())),
        Opened::Failed(error @ Error::Terminal(TerminalError::NoTerminal { .. })) => {
            out.cannot_tell(error.clone())
        }
        Opened::Failed(error) => out.failed(error.clone()),
        Opened::No if subject.readable_vault().is_some() => out.not_asked(Detail::NotOpened),
        Opened::No => {}
    }
}

pub(super) fn check_starts(subject: &Subject, _: &Question<'_>, out: &mut Outcomes<'_>) {
    let Some(reading) = subject.reading() else { return };
    match check_startable(reading, &[], MAX_TOTAL_BYTES) {
        Ok(()) => out.ok(Detail::Starts),
        Err(error) => out.finding(error),
    }
}

/// No outcome where breakglass.toml requires nothing.
pub(super) fn check_required(subject: &Subject, asked: &Question<'_>, out: &mut Outcomes<'_>) {
    let required = &asked.config.required;
    let Some(contents) = subject.contents.as_ref().filter(|_| !required.is_empty()) else { return };
    let missing = missing(required, contents.names.iter().map(String::as_str));
    if missing.is_empty() {
        out.ok(Detail::RequiredThere);
    } else {
        out.finding(Detail::RequiredMissing(missing));
    }
}

/// The required names that are not among those present.
pub fn missing<'a>(required: &[String], present: impl Iterator<Item = &'a str>) -> Vec<String> {
    let present: BTreeSet<&str> = present.collect();
    required.iter().filter(|name| !present.contains(name.as_str())).cloned().collect()
}

pub(super) fn check_current(subject: &Subject, asked: &Question<'_>, out: &mut Outcomes<'_>) {
    match (&subject.compared, &subject.opened) {
        (Some(Compared::With(label, differences, left_out)), _) => {
            let (label, names) = (label.clone(), left_out.clone());
            let (verdict, detail) = if !differences.is_empty() {
                let payload::Differences { changed, added, removed } = differences.clone();
                (Verdict::Finding, Detail::Stale { label, changed, added, removed })
            } else if names.is_empty() {
                (Verdict::Ok, Detail::Same(label))
            } else {
                (Verdict::Ok, Detail::SameButFor { label, names })
            };
            out.add_differences(verdict, detail, differences);
        }
        (Some(Compared::Unknown(error)), _) => out.cannot_tell(error.clone()),
        (None, Opened::Yes(_)) => match &asked.narrowed {
            Some(why) => out.not_asked(why.clone()),
            None => out.cannot_tell(Detail::NoSource),
        },
        (None, _) if subject.kind == Kind::Kit && subject.readable_vault().is_some() => {
            match copies::against_newest(subject, asked) {
                Some((verdict, detail)) => out.add(verdict, detail),
                None if asked.narrowed.is_some() => out.not_asked(Detail::NoReceiptAtHand),
                None => out.cannot_tell(Detail::NoReceiptAtHand),
            }
        }
        (None, _) => {}
    }
}

pub(super) fn check_age(subject: &Subject, asked: &Question<'_>, out: &mut Outcomes<'_>) {
    let Some(sealed) = sealing_time(subject) else { return };
    let (now, max_age) = (asked.now, asked.max_age);
    let Some(sealed) = sealed else {
        let verdict = if max_age.is_some() { Verdict::CannotTell } else { Verdict::NotAsked };
        return out.add(verdict, Detail::SealedByAnother);
    };
    let ago = records::ago(sealed, now);
    match max_age {
        _ if sealed > now => out.cannot_tell(Detail::Sealed(ago)),
        Some(limit) if records::age(sealed, now) > limit => {
            out.finding(Detail::SealedTooLongAgo(ago));
        }
        Some(_) => out.ok(Detail::Sealed(ago)),
        None => out.not_asked(Detail::SealedNoLimit(ago)),
    }
}

/// When the copy was sealed, as far as it says; `None` if there is no copy to speak of.
fn sealing_time(subject: &Subject) -> Option<Option<Timestamp>> {
    match (&subject.service, &subject.contents) {
        (Some(service), _) => Some(service.copy.as_ref()?.sealed),
        (None, Some(contents)) => Some(contents.sealed),
        (None, None) if subject.kind == Kind::Kit => subject.readable_vault().map(|_| None),
        (None, None) => None,
    }
}

impl Subject {
    /// Takes in how opening the vault ended.
    pub fn take_opened(&mut self, outcome: Result<payload::Reading>) {
        self.opened = match outcome {
            Ok(reading) => {
                self.contents = Some(Contents::of_reading(&reading));
                Opened::Yes(Box::new(reading))
            }
            Err(error) => Opened::Failed(error),
        };
    }

    /// Compares the opened vault with its source, if it was opened and a source was asked.
    pub fn compare(&mut self, source: Option<&Result<Fetched>>) {
        let (Some(reading), Some(source)) = (self.reading(), source) else { return };
        let header = reading.header.as_ref();
        let left_out = header.map(|header| header.skipped.clone()).unwrap_or_default();
        let compared = source.as_ref().map_err(Error::clone).and_then(|fetched| {
            let theirs = sources::secrets_in(&fetched.text, &left_out)?;
            let differences = payload::compare(&reading.secrets, &theirs);
            Ok(Compared::With(fetched.label.clone(), differences, theirs.skipped().to_vec()))
        });
        self.compared = Some(compared.unwrap_or_else(Compared::Unknown));
    }
}
