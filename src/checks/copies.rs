//! Copies that breakglass.toml lists: when each was seen last, and whether that was the newest vault.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use super::kits::{Subject, receipt_beside};
use super::{Report, Verdict, uses};
use crate::error::Quoted;
use crate::payload::Header;
use crate::receipt::Facts;
use crate::records::{self, Entry, Event, Journal};
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

/// Whether a copy that was seen lies at or below one of these places.
pub fn is_listed(path: &Path, places: &[PathBuf]) -> bool {
    places.iter().any(|place| absolute(path).starts_with(absolute(place)))
}

/// A layer for each place: whether a copy was seen there lately, and of which vault.
pub fn layers(journal: &Journal, newest: Option<&Entry>, places: &[PathBuf], report: &mut Report) {
    for place in places {
        let (verdict, detail) = layer(journal, newest, place);
        report.add("copy", verdict, format!("{}: {detail}", Quoted(place)));
    }
}

fn layer(journal: &Journal, newest: Option<&Entry>, place: &Path) -> (Verdict, String) {
    let own = absolute(place);
    let is_there = |entry: &&Entry| entry.path.as_ref().is_some_and(|path| path.starts_with(&own));
    let Some(seen) = journal.of(Event::Seen).rev().find(is_there) else {
        let words =
            "never seen from this machine; breakglass verify looks, breakglass copy makes one";
        return (Verdict::Finding, words.to_owned());
    };
    let now = records::now();
    let ago = records::ago(seen.time, now);
    if records::age(seen.time, now) > SEEN {
        let detail = format!("seen {ago}, more than 90 days; breakglass verify looks again");
        return (Verdict::Finding, detail);
    }
    match newest {
        Some(newest) if newest.vault != seen.vault => {
            let detail = format!("seen {ago}, with another vault than the present one; copy again");
            (Verdict::Finding, detail)
        }
        _ => (Verdict::Ok, format!("seen {ago}")),
    }
}

/// What a receipt that lies somewhere says of its vault.
#[derive(Clone, Debug)]
pub struct Known {
    /// Where, to tell one from another.
    pub path: PathBuf,
    /// What it says.
    pub facts: Facts,
}

impl Known {
    /// Those beside what is checked, and the one beside the usual vault.
    pub fn all(usual: Option<&Path>, subjects: &[Subject]) -> Vec<Known> {
        let usual = usual.and_then(|path| Some((path, receipt_beside(path)?)));
        let usual = usual.map(|(path, it)| Known { path: path.into(), facts: it.facts().clone() });
        let others = subjects.iter().filter_map(|subject| {
            let facts = subject.receipt.as_ref()?.facts().clone();
            Some(Known { path: subject.path.clone(), facts })
        });
        others.chain(usual).collect()
    }
}

/// How a copy compares with the newest receipt that is known of: equal, older, or nobody can tell.
/// `digest` is the vault's, `sealed` what its own receipt or its header says.
pub fn against_newest<'a>(
    digest: &str,
    sealed: Option<Timestamp>,
    known: impl Iterator<Item = &'a Known>,
) -> Option<(Verdict, String)> {
    let newest = known.max_by_key(|known| known.facts.sealed)?;
    let now = records::now();
    let time = records::ago(newest.facts.sealed, now);
    Some(match sealed {
        _ if newest.facts.vault == digest => {
            (Verdict::Ok, format!("the vault of the newest receipt known here, sealed {time}"))
        }
        Some(sealed) if sealed < newest.facts.sealed => {
            let own = records::ago(sealed, now);
            (Verdict::Finding, format!("older: sealed {own}, and the newest known here {time}"))
        }
        Some(sealed) if sealed > newest.facts.sealed => {
            (Verdict::Ok, "newer than every other one known here".to_owned())
        }
        _ => (Verdict::Finding, format!("not the vault of the newest receipt here, sealed {time}")),
    })
}
