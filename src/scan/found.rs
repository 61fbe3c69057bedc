//! What was searched, and where something was found.

use std::path::PathBuf;

use super::stream::Seen;
use crate::git::{ObjectKind, Origin};

/// A file, or a part of a repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FoundIn {
    /// A file.
    File(PathBuf),
    /// An object of a git repository, by its id in hex; of a blob, where it came into the history.
    Object {
        /// The id.
        id: String,
        /// What it is.
        kind: ObjectKind,
        /// Where it came from; nothing where nothing leads to it.
        origin: Option<Origin>,
    },
}

/// Places of one kind, and what was seen there.
#[derive(Clone, Debug, Default)]
pub struct Searched {
    /// Those with hits.
    pub found: Vec<(FoundIn, Seen)>,
    /// How many were searched.
    pub number: u64,
    /// How many bytes were, unpacked, without holes.
    pub bytes: u64,
    /// How many of them are compressed files, and were searched as they are.
    pub compressed: u64,
}

impl Searched {
    /// Takes in what was seen at one place.
    pub(super) fn add(&mut self, seen: Seen, place: impl FnOnce() -> FoundIn) {
        self.number += 1;
        self.bytes += seen.bytes;
        self.compressed += u64::from(seen.compressed);
        if !seen.hits.is_empty() {
            self.found.push((place(), seen));
        }
    }

    /// Puts the places in order, each once.
    pub(super) fn sort(&mut self) {
        self.found.sort_by(|a, b| a.0.cmp(&b.0));
        self.found.dedup_by(|a, b| a.0 == b.0);
    }
}
