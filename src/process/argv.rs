//! The command to start, as given.

use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use crate::error::{ProcessError, Result};

/// A program and its arguments, at least the program. Not secret.
#[derive(Clone, Debug)]
pub struct Argv(Vec<CString>);

impl Argv {
    /// Takes the words as they are.
    ///
    /// Errors: no word at all, an empty program, or a NUL within a word.
    pub fn new(words: Vec<OsString>) -> Result<Argv> {
        let words: Option<Vec<CString>> =
            words.into_iter().map(|word| CString::new(word.into_vec()).ok()).collect();
        match words {
            Some(words) if words.first().is_some_and(|program| !program.is_empty()) => {
                Ok(Argv(words))
            }
            _ => Err(ProcessError::NotFound { program: String::new() }.into()),
        }
    }

    /// The program's word.
    pub fn program(&self) -> &OsStr {
        self.0.first().map(|word| OsStr::from_bytes(word.as_bytes())).unwrap_or_default()
    }

    /// The words behind the program's.
    pub fn arguments(&self) -> impl Iterator<Item = &OsStr> {
        self.0.iter().skip(1).map(|word| OsStr::from_bytes(word.as_bytes()))
    }

    /// The program's word for messages.
    pub fn shown(&self) -> String {
        self.program().to_string_lossy().into_owned()
    }

    /// Bytes that the kernel counts for the arguments: strings, NULs and pointers.
    pub(super) fn size(&self) -> usize {
        self.0.iter().map(|word| word.as_bytes_with_nul().len() + size_of::<usize>()).sum()
    }

    /// All words, the program's first.
    pub(super) fn words(&self) -> &[CString] {
        &self.0
    }

    /// The arguments for `/bin/sh SCRIPT …`, which execvp(3) falls back to for scripts without `#!`.
    pub(super) fn for_shell(&self, script: CString) -> Argv {
        let words = [c"sh".to_owned(), script];
        Argv(words.into_iter().chain(self.0.iter().skip(1).cloned()).collect())
    }
}
