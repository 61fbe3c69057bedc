//! `guard`: what does not belong into git is kept out: environment files, and what vaults hold, in plain text.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::error::{Error, FileError, GitError, Note, Quoted, Result, SystemError, status};
use crate::files::{self, Pieces};
use crate::git::{Objects, Repository, Staged};
use crate::guard::{Look, Refusal};
use crate::terminal::{self, Messages};

/// What `guard` was asked to do.
#[derive(Debug)]
pub struct Guard {
    /// Files and folders on the disk; without any, what is staged.
    pub paths: Vec<PathBuf>,
    /// Whether the report is JSON.
    pub json: bool,
    /// What is said.
    pub messages: Messages,
}

/// A file that is refused, or a line of it.
#[derive(Debug)]
struct Found {
    path: PathBuf,
    refusal: Refusal,
}

/// How much of a file is looked at once, in bytes.
const PIECE: usize = 64 * 1024;

impl Guard {
    /// Looks and reports; returns the exit status: a finding where something is refused.
    pub fn execute(self) -> Result<u8> {
        let mut watch = Findings { files: 0, found: Vec::new(), piece: vec![0; PIECE] };
        let looked = match self.paths.as_slice() {
            [] => watch.staged(&Repository::here()?),
            paths => paths.iter().try_for_each(|path| watch.path(path)),
        };
        // What was found is told, even if not all could be looked at.
        if self.json {
            looked?;
            terminal::write_json(&watch.json())?;
        } else {
            terminal::write_stdout(watch.text().as_bytes())?;
            looked?;
        }
        match watch.found.first() {
            Some(first) => {
                self.messages.note(&Note::NextStep { step: first.refusal.next_step() });
                Ok(status::FINDING)
            }
            // A hook that has nothing to say says nothing.
            None if self.paths.is_empty() => Ok(status::OK),
            None => {
                self.messages.note(&Note::NoneRefused { files: watch.files });
                Ok(status::OK)
            }
        }
    }
}

/// What has been looked at so far.
struct Findings {
    files: usize,
    found: Vec<Found>,
    piece: Vec<u8>,
}

impl Findings {
    /// Looks at what the next commit adds or changes, as it is in the index: on the disk it may be another.
    fn staged(&mut self, repository: &Repository) -> Result<()> {
        let staged = repository.staged()?;
        let looks = sized(repository, staged)?;
        let ids = looks.iter().filter(|(_, look)| look.wants_more());
        let ids: Vec<String> = ids.map(|(staged, _)| staged.id.clone()).collect();
        let mut contents = match ids.is_empty() {
            true => None,
            false => Some(Objects::of(repository, ids.iter().map(String::as_str))?),
        };
        for (staged, mut look) in looks {
            if let Some(contents) = contents.as_mut().filter(|_| look.wants_more()) {
                contents.next_object()?.ok_or(GitError::NoObject)?;
                self.read(&mut look, &mut |piece| contents.read(piece))?;
            }
            self.judge(staged.path, look);
        }
        contents.map_or(Ok(()), Objects::end)
    }

    /// Looks at a file, or at all in a folder: of a repository what is tracked, and what is not ignored.
    fn path(&mut self, path: &Path) -> Result<()> {
        let kind = path.symlink_metadata();
        let kind = kind.map_err(|error| SystemError::from(error).reading(path))?;
        if !(kind.is_dir() || kind.is_symlink() && files::is_folder(path)) {
            // What was asked for is not passed by without a word.
            return match kind.is_file() || kind.is_symlink() {
                true => self.file(path),
                false => Err(FileError::NotAFile { path: path.to_owned() }.into()),
            };
        }
        let listed = match Repository::of(path)?.files() {
            Err(Error::Git(
                GitError::NoRepository { .. } | GitError::NoWorkTree | GitError::Missing,
            )) => None,
            listed => Some(listed?),
        };
        match listed {
            Some(files) => {
                let path = if path == Path::new(".") { Path::new("") } else { path };
                files.iter().try_for_each(|file| self.tracked(&path.join(file)))
            }
            None => self.folder(path),
        }
    }

    /// A file that git knows: a submodule is its own repository's matter, and of one that is not on the disk
    /// the name is left.
    fn tracked(&mut self, path: &Path) -> Result<()> {
        use std::io::ErrorKind::{NotADirectory, NotFound};
        match path.symlink_metadata() {
            Ok(it) if it.is_dir() => Ok(()),
            Ok(_) => self.file(path),
            Err(error) if matches!(error.kind(), NotFound | NotADirectory) => {
                self.judge(path.to_owned(), Look::new(path, true, 0));
                Ok(())
            }
            Err(error) => Err(SystemError::from(error).reading(path)),
        }
    }

    /// All below a folder that git does not know.
    fn folder(&mut self, path: &Path) -> Result<()> {
        let failed = |error: std::io::Error| SystemError::from(error).reading(path);
        let mut items = Vec::new();
        for item in std::fs::read_dir(path).map_err(failed)? {
            items.push(item.map_err(failed)?);
        }
        items.sort_unstable_by_key(std::fs::DirEntry::file_name);
        for item in items {
            let kind = item.file_type().map_err(failed)?;
            match kind.is_dir() {
                true if item.file_name() == ".git" => {}
                true => self.folder(&item.path())?,
                false => self.file(&item.path())?,
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path) -> Result<()> {
        let look = match std::fs::read_link(path) {
            Ok(target) => {
                let target = target.as_os_str().as_bytes();
                let mut look = Look::new(path, true, target.len() as u64);
                look.take(target);
                look
            }
            // EINVAL: it is no link.
            Err(error) if error.raw_os_error() != Some(libc::EINVAL) => {
                return Err(SystemError::from(error).reading(path));
            }
            Err(_) => {
                let mut pieces = match Pieces::open(path) {
                    // Pipes and the like: git knows none.
                    Err(Error::File(FileError::NotAFile { .. })) => return Ok(()),
                    pieces => pieces?,
                };
                let mut look = Look::new(path, false, pieces.size);
                self.read(&mut look, &mut |piece| pieces.read(piece))?;
                look
            }
        };
        self.judge(path.to_owned(), look);
        Ok(())
    }

    fn read(
        &mut self,
        look: &mut Look,
        next: &mut dyn FnMut(&mut [u8]) -> Result<usize>,
    ) -> Result<()> {
        while look.wants_more() {
            match next(&mut self.piece)? {
                0 => break,
                count => look.take(self.piece.get(..count).unwrap_or_default()),
            }
        }
        Ok(())
    }

    fn judge(&mut self, path: PathBuf, look: Look) {
        self.files += 1;
        let found = |refusal| Found { path: path.clone(), refusal };
        self.found.extend(look.end().into_iter().map(found));
    }

    fn text(&self) -> String {
        let line = |found: &Found| format!("{}: {}\n", Quoted(&found.path), found.refusal);
        self.found.iter().map(line).collect()
    }

    fn json(&self) -> Value {
        let found: Value = self.found.iter().map(Found::json).collect();
        json!({"files": self.files, "findings": found})
    }
}

impl Found {
    fn json(&self) -> Value {
        let bytes = self.path.as_os_str().as_bytes();
        let mut found = json!({
            "path": self.path.to_string_lossy(),
            "finding": self.refusal.word(),
            "detail": self.refusal.to_string(),
        });
        if let Some(members) = found.as_object_mut() {
            if let Refusal::Value { line } = self.refusal {
                members.insert("line".to_owned(), line.into());
            }
            if str::from_utf8(bytes).is_err() {
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                members.insert("path_hex".to_owned(), hex.into());
            }
        }
        found
    }
}

/// The looks that begin with the names and sizes.
fn sized(repository: &Repository, staged: Vec<Staged>) -> Result<Vec<(Staged, Look)>> {
    if staged.is_empty() {
        return Ok(Vec::new());
    }
    let mut sizes = Objects::sizes(repository, staged.iter().map(|staged| staged.id.as_str()))?;
    let mut looks = Vec::with_capacity(staged.len());
    for staged in staged {
        let object = sizes.next_object()?.ok_or(GitError::NoObject)?;
        let look = Look::new(&staged.path, staged.is_link, object.size);
        looks.push((staged, look));
    }
    sizes.end().map(|()| looks)
}
