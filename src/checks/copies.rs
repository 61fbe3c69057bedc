//! Copies of a vault: when each was seen last, and whether it is the newest that is known of.

use std::path::{Path, PathBuf};

use jiff::SignedDuration;

use super::detail::Detail;
use super::report::{Outcomes, Verdict};
use super::subject::{Kind, Question, Subject};
use super::uses;
use crate::payload::Header;
use crate::records::{self, Entry, Event};
use crate::terminal::Messages;
use crate::vault::Vault;

/// How long a copy that was seen counts as there.
const SEEN: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Writes down that a copy was seen there and is as it was written.
pub fn record(path: &Path, vault: &Vault, header: Option<&Header>, messages: Messages) {
    let entry = uses::entry(Event::Seen, vault, header);
    uses::record(&Entry { path: Some(absolute(path)), ..entry }, messages);
}

/// A path from the root, however it was named. Links are not followed: a stick need not be there.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Whether a copy that was seen is at or below one of these places.
pub fn is_listed(path: &Path, places: &[PathBuf]) -> bool {
    places.iter().any(|place| absolute(path).starts_with(absolute(place)))
}

/// Whether a copy was seen lately at each place that breakglass.toml lists, and of which vault.
pub(super) fn check_seen(subject: &Subject, asked: &Question<'_>, out: &mut Outcomes<'_>) {
    let newest = subject.service.as_ref().and_then(|service| service.copy.as_ref());
    let seen = |own: &Path| {
        let is_there = |entry: &&Entry| entry.path.as_ref().is_some_and(|it| it.starts_with(own));
        asked.journal.as_ref().ok()?.as_ref()?.of(Event::Seen).rev().find(is_there)
    };
    for place in &asked.config.copies {
        let path = place.clone();
        let Some(seen) = seen(&absolute(place)) else {
            out.finding(Detail::NeverSeen(path));
            continue;
        };
        let ago = records::ago(seen.time, asked.now);
        if records::age(seen.time, asked.now) > SEEN {
            out.finding(Detail::SeenLongAgo { path, ago });
        } else if newest.is_some_and(|newest| newest.vault != seen.vault) {
            out.finding(Detail::SeenWithAnother { path, ago });
        } else {
            out.ok(Detail::Seen { path, ago });
        }
    }
}

/// How an opened copy compares with the newest receipt at hand, where there are others than its own.
pub(super) fn check_newest(subject: &Subject, asked: &Question<'_>, out: &mut Outcomes<'_>) {
    let is_one_of_several = subject.kind == Kind::Kit || asked.several;
    if subject.reading().is_none() || !is_one_of_several {
        return;
    }
    if let Some((verdict, detail)) = against_newest(subject, asked) {
        out.add(verdict, detail);
    }
}

/// How a copy compares with the newest receipt at hand: equal, older, or unknown; `None` without another
/// receipt. That a kit's own receipt is of its vault is another layer's.
pub(super) fn against_newest(subject: &Subject, asked: &Question<'_>) -> Option<(Verdict, Detail)> {
    let others =
        asked.known.iter().filter(|it| subject.kind != Kind::Kit || it.path != subject.path);
    let newest = &others.max_by_key(|known| known.facts.sealed)?.facts;
    let own = subject.readable_receipt().map(|receipt| receipt.facts().sealed);
    let sealed = subject.contents.as_ref().and_then(|contents| contents.sealed).or(own);
    let time = records::ago(newest.sealed, asked.now);
    Some(match sealed {
        _ if newest.vault == subject.readable_vault()?.digest() => {
            (Verdict::Ok, Detail::Newest(time))
        }
        Some(sealed) if sealed < newest.sealed => {
            let own = records::ago(sealed, asked.now);
            (Verdict::Finding, Detail::Older { own, newest: time })
        }
        Some(sealed) if sealed > newest.sealed => (Verdict::Ok, Detail::Newer),
        _ => (Verdict::Finding, Detail::NotNewest(time)),
    })
}
