//! Objects by `git cat-file --batch`: one process for all of them, and no object held whole.

use std::io::{self, BufRead, BufReader, Read};

use super::{GitOutput, Repository};
use crate::error::{Error, GitError, Result};

/// How much is read at once, in bytes: what a pipe holds.
const BUFFER: usize = 64 * 1024;

/// The longest line before an object: an id of 64 digits, a kind, a size; or a name that is not there.
const MAX_LINE: u64 = 8 * 1024;

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectKind {
    /// A file's content, or where a symbolic link leads.
    Blob,
    /// A folder.
    Tree,
    /// A commit.
    Commit,
    /// An annotated tag.
    Tag,
}

impl ObjectKind {
    const ALL: [ObjectKind; 4] =
        [ObjectKind::Blob, ObjectKind::Tree, ObjectKind::Commit, ObjectKind::Tag];

    /// git's word for it.
    pub fn word(self) -> &'static str {
        match self {
            ObjectKind::Blob => "blob",
            ObjectKind::Tree => "tree",
            ObjectKind::Commit => "commit",
            ObjectKind::Tag => "tag",
        }
    }
}

/// What stands before an object's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its id, in hex.
    pub id: String,
    /// What it is.
    pub kind: ObjectKind,
    /// The size of its content, in bytes.
    pub size: u64,
}

/// Objects, one after the other, with their content or without.
pub struct Objects {
    stream: BufReader<GitOutput>,
    with_content: bool,
    /// What is still to be read of the content of this one, and of the line end behind it.
    left: u64,
}

impl Objects {
    /// Those that are named, in this order, with their content.
    ///
    /// Errors: as [`Repository::stream`].
    pub fn of<'a>(repository: &Repository, ids: impl Iterator<Item = &'a str>) -> Result<Objects> {
        Objects::ask(repository, &["cat-file", "--batch", "--buffer"], lines(ids), true)
    }

    /// Those that are named, in this order, without their content.
    ///
    /// Errors: as [`Repository::stream`].
    pub fn sizes<'a>(
        repository: &Repository,
        ids: impl Iterator<Item = &'a str>,
    ) -> Result<Objects> {
        Objects::ask(repository, &["cat-file", "--batch-check", "--buffer"], lines(ids), false)
    }

    /// All that the repository has, whether anything leads to them or not, in the order in which they are
    /// read fastest, with their content.
    ///
    /// Errors: as [`Repository::stream`].
    pub fn all(repository: &Repository) -> Result<Objects> {
        let arguments = ["cat-file", "--batch", "--buffer", "--batch-all-objects", "--unordered"];
        Objects::ask(repository, &arguments, Vec::new(), true)
    }

    fn ask(
        repository: &Repository,
        arguments: &[&'static str],
        input: Vec<u8>,
        with_content: bool,
    ) -> Result<Objects> {
        let stream = repository.stream(arguments, input)?;
        Ok(Objects { stream: BufReader::with_capacity(BUFFER, stream), with_content, left: 0 })
    }

    /// The next object; what was not read of the one before is passed over. Nothing at the end, which is
    /// to be followed by [`Objects::end`].
    ///
    /// Errors: one is missing, and it is not fetched; the answer is cut off or has another form.
    pub fn next_object(&mut self) -> Result<Option<Object>> {
        self.pass_over()?;
        let mut line = Vec::new();
        let read = self.stream.by_ref().take(MAX_LINE).read_until(b'\n', &mut line);
        if read.map_err(|_| unknown())? == 0 {
            return Ok(None);
        }
        if line.ends_with(b" missing\n") {
            return Err(GitError::NoObject.into());
        }
        let object = object(&line).ok_or_else(unknown)?;
        if self.with_content {
            self.left = object.size.saturating_add(1);
        }
        Ok(Some(object))
    }

    /// Reads the next piece of this object's content; 0 at its end.
    ///
    /// Errors: it is cut off.
    pub fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let content = usize::try_from(self.left.saturating_sub(1)).unwrap_or(usize::MAX);
        let wanted = content.min(into.len());
        if wanted == 0 {
            return Ok(0);
        }
        let space = into.get_mut(..wanted).unwrap_or_default();
        match self.stream.read(space) {
            Ok(0) | Err(_) => Err(unknown()),
            Ok(count) => {
                self.left -= count as u64;
                Ok(count)
            }
        }
    }

    /// Passes over what was not read, and waits for git's end. Who needs no more drops this instead.
    ///
    /// Errors: as [`GitOutput::end`].
    pub fn end(mut self) -> Result<()> {
        // Else git might be ended by what it still writes.
        let rest = io::copy(&mut self.stream, &mut io::sink());
        self.stream.into_inner().end()?;
        rest.map(drop).map_err(|_| unknown())
    }

    fn pass_over(&mut self) -> Result<()> {
        while self.left > 0 {
            let held = self.stream.fill_buf().map_err(|_| unknown())?.len();
            if held == 0 {
                return Err(unknown());
            }
            let count = usize::try_from(self.left).unwrap_or(usize::MAX).min(held);
            self.stream.consume(count);
            self.left -= count as u64;
        }
        Ok(())
    }
}

fn lines<'a>(ids: impl Iterator<Item = &'a str>) -> Vec<u8> {
    ids.flat_map(|id| [id.as_bytes(), b"\n"].concat()).collect()
}

fn unknown() -> Error {
    Error::Git(GitError::Answer { command: "cat-file" })
}

/// Whether it is an id: in hex, of SHA-1 or SHA-256.
pub(super) fn is_id(text: &str) -> bool {
    [40, 64].contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `ID KIND SIZE`; nothing for anything else.
fn object(line: &[u8]) -> Option<Object> {
    let line = str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    let mut words = line.split(' ');
    let (id, kind, size) = (words.next()?, words.next()?, words.next()?);
    let kind = ObjectKind::ALL.into_iter().find(|it| it.word() == kind)?;
    let alone = words.next().is_none() && is_id(id);
    alone.then_some(Object { id: id.to_owned(), kind, size: size.parse().ok()? })
}
