//! Searching a git repository: everything that its store of objects holds.

use std::collections::BTreeSet;

use rustix::io::Errno;

use super::search::Needles;
use super::stream::{Piece, Seen, Source, Stream, Watch};
use crate::error::{Error, Result};
use crate::git::{Kind, Objects, Origin, Repository};

/// An object with hits.
#[derive(Clone, Debug)]
pub struct FoundObject {
    /// Its id, in hex.
    pub id: String,
    /// What it is.
    pub kind: Kind,
    /// What was seen in it.
    pub seen: Seen,
    /// Of a blob, where it came into the history; nowhere, where nothing leads to it.
    pub origins: Vec<Origin>,
}

/// All that was seen.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Objects with hits, by id.
    pub found: Vec<FoundObject>,
    /// How many objects were searched.
    pub objects: u64,
    /// How many bytes were, unpacked.
    pub bytes: u64,
    /// How many of them are compressed files, and were searched as they are.
    pub compressed: u64,
    /// Why it is not all: what went wrong on the way.
    pub trouble: Option<Error>,
    /// Whether history is missing here, as in a shallow clone.
    pub cut: bool,
}

/// Searches every object of a repository, whatever leads to it: branches, tags, the reflog, or nothing any
/// more. Blobs, and the texts of commits and tags, and the names in folders.
///
/// Errors: it is no repository, or git does not trust it or is missing. What goes wrong later is in the
/// answer.
pub fn history(needles: &Needles, repository: &Repository, watch: &dyn Watch) -> Result<History> {
    let mut history = History { cut: !repository.is_whole()?, ..History::default() };
    history.trouble = history.search(needles, repository, watch).err();
    if !watch.is_over() {
        let origins = history.add_origins(repository).err();
        history.trouble = history.trouble.or(origins);
    }
    history.found.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(history)
}

impl History {
    fn search(
        &mut self,
        needles: &Needles,
        repository: &Repository,
        watch: &dyn Watch,
    ) -> Result<()> {
        let mut stream = Stream::new(needles);
        let mut objects = Objects::all(repository)?;
        while let Some(object) = objects.next_object()? {
            if watch.is_over() {
                return Ok(());
            }
            let mut content = Content { objects: &mut objects, trouble: None, watch };
            let seen = stream.search(&mut content, 0, u64::MAX);
            if let Some(trouble) = content.trouble {
                return Err(trouble);
            }
            let Ok(seen) = seen else { return Ok(()) };
            self.objects += 1;
            self.bytes += seen.bytes;
            self.compressed += u64::from(seen.compressed);
            if !seen.hits.is_empty() {
                let (id, kind) = (object.id, object.kind);
                self.found.push(FoundObject { id, kind, seen, origins: Vec::new() });
            }
        }
        objects.end()
    }

    fn add_origins(&mut self, repository: &Repository) -> Result<()> {
        let blobs = self.found.iter().filter(|found| found.kind == Kind::Blob);
        let blobs: BTreeSet<String> = blobs.map(|found| found.id.clone()).collect();
        if blobs.is_empty() {
            return Ok(());
        }
        let mut origins = repository.origins(&blobs)?;
        for found in &mut self.found {
            found.origins = origins.remove(&found.id).unwrap_or_default();
        }
        Ok(())
    }
}

/// The content of the object that is read.
struct Content<'a> {
    objects: &'a mut Objects,
    trouble: Option<Error>,
    watch: &'a dyn Watch,
}

impl Source for Content<'_> {
    fn next(&mut self, space: &mut [u8]) -> std::result::Result<Piece, Errno> {
        match self.objects.read(space) {
            Ok(0) => Ok(Piece::End),
            Ok(count) => {
                self.watch.advance(count as u64);
                if self.watch.is_over() { Err(Errno::CANCELED) } else { Ok(Piece::Bytes(count)) }
            }
            Err(error) => {
                self.trouble = Some(error);
                Err(Errno::IO)
            }
        }
    }
}
