//! Searching a git repository: everything that its store of objects holds.

use std::collections::BTreeSet;

use super::found::{FoundIn, Searched};
use super::search::Needles;
use super::stream::{Feed, Filling, Stream, Watch};
use crate::error::{Error, Result};
use crate::git::{ObjectKind, Objects, Repository};

/// All that was seen.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Its objects, and those with hits, by id; a blob once for each path that it has had.
    pub searched: Searched,
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
    history.trouble = search(&mut history.searched, needles, repository, watch).err();
    history.searched.sort();
    if !watch.is_over() {
        let origins = add_origins(&mut history.searched, repository).err();
        history.trouble = history.trouble.or(origins);
    }
    Ok(history)
}

fn search(
    searched: &mut Searched,
    needles: &Needles,
    repository: &Repository,
    watch: &dyn Watch,
) -> Result<()> {
    let mut stream = Stream::new(needles);
    let mut objects = Objects::all(repository)?;
    while let Some(object) = objects.next_object()? {
        let seen = stream.search(&mut Content { objects: &mut objects, watch }, 0, u64::MAX)?;
        if watch.is_over() {
            return Ok(());
        }
        searched.add(seen, || FoundIn::Object { id: object.id, kind: object.kind, origin: None });
    }
    objects.end()
}

/// Puts a place for each path that a blob has had in the place of the blob.
fn add_origins(searched: &mut Searched, repository: &Repository) -> Result<()> {
    let id = |place: &FoundIn| match place {
        FoundIn::Object { id, kind: ObjectKind::Blob, .. } => Some(id.clone()),
        _ => None,
    };
    let blobs: BTreeSet<String> = searched.found.iter().filter_map(|it| id(&it.0)).collect();
    if blobs.is_empty() {
        return Ok(());
    }
    let mut origins = repository.origins(&blobs)?;
    for (place, seen) in std::mem::take(&mut searched.found) {
        match id(&place).and_then(|id| Some((origins.remove(&id)?, id))) {
            None => searched.found.push((place, seen)),
            Some((origins, id)) => searched.found.extend(origins.into_iter().map(|origin| {
                let (id, origin) = (id.clone(), Some(origin));
                (FoundIn::Object { id, kind: ObjectKind::Blob, origin }, seen.clone())
            })),
        }
    }
    Ok(())
}

/// The content of the object that is read, to its end or until the search is over.
struct Content<'a> {
    objects: &'a mut Objects,
    watch: &'a dyn Watch,
}

impl Feed for Content<'_> {
    type Error = Error;

    fn next(&mut self, space: &mut [u8]) -> Result<Filling> {
        let count = self.objects.read(space)?;
        self.watch.advance(count as u64);
        let ends = count == 0 || self.watch.is_over();
        Ok(if ends { Filling::End } else { Filling::Bytes(count) })
    }
}
