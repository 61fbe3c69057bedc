//! `scan`: whether values of a vault lie about in files and histories.

mod leaks;
mod remedy;

use std::path::PathBuf;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use self::leaks::Leaks;
use super::common::opening::{self, PassphraseFrom};
use super::common::{usual, warnings};
use crate::error::{Note, ProcessError, Result, SystemError};
use crate::git::Repository;
use crate::payload::Selection;
use crate::process::{HeldSignal, Termination, stop};
use crate::scan::{self, Forms, Needles, Watch};
use crate::terminal::{self, Messages, Tally};

/// What `scan` was asked to do.
#[derive(Debug)]
pub struct Scan {
    /// The vault whose values are looked for; `-` is standard input.
    pub vault: PathBuf,
    /// Files and folders; `-` is standard input.
    pub paths: Vec<PathBuf>,
    /// A git repository.
    pub git: Option<PathBuf>,
    /// Names whose values may lie about.
    pub selection: Selection,
    /// Whether the report is JSON.
    pub json: bool,
    /// Where the passphrase comes from.
    pub passphrase: PassphraseFrom,
    /// What is said.
    pub messages: Messages,
}

impl Scan {
    /// Searches and reports; returns the exit status.
    pub fn execute(mut self) -> Result<u8> {
        let early = self.passphrase.early()?;
        if self.paths.is_empty() && self.git.is_none() {
            self.paths = usual::places();
            self.git = usual::repository();
            let (paths, history) = (self.paths.clone(), self.git.clone());
            self.messages.note(&Note::UsualPlaces { paths, history });
        }
        let repository = self.git.as_deref().map(Repository::of).transpose()?;
        let layout = repository.as_ref().map(Repository::layout).transpose()?;
        for path in self.paths.iter().filter(|path| path.as_os_str() != "-") {
            rustix::fs::stat(path).map_err(|error| SystemError::from(error).reading(path))?;
        }
        let vault = opening::read_vault(&self.vault, self.messages)?;
        let passphrase = opening::passphrase_for(&self.vault, early)?;
        let document = opening::unseal(&vault, &passphrase, self.messages)?;
        let mut reading = opening::read(&document, self.messages)?;
        drop((passphrase, document));
        self.selection.apply(&mut reading.secrets)?;
        let needles = Needles::new(Forms::of(&reading.secrets)?)?;
        // From here on there is one copy of each form, and none of the document.
        drop(reading);
        warnings::warn_of_swappable(self.messages);
        let mut leaks = search(&needles, &self.paths, repository.as_ref(), self.messages)?;
        leaks.forget_packed(layout.as_ref());
        leaks.warn(needles.forms(), self.messages);
        if self.json {
            terminal::write_json(&leaks.json(needles.forms()))?;
        } else {
            terminal::write_stdout(leaks.text(needles.forms()).as_bytes())?;
        }
        Ok(leaks.status())
    }
}

/// Searches files and a repository. Ctrl-C ends it as an error of ours, when every thread has let go.
pub(super) fn search(
    needles: &Needles,
    paths: &[PathBuf],
    repository: Option<&Repository>,
    messages: Messages,
) -> Result<Leaks> {
    let watch = Watching {
        held: Mutex::new(Termination::hold()),
        ended_by: AtomicI32::new(0),
        bytes: AtomicU64::new(0),
        tally: Tally::new("searched", messages.quiet),
    };
    let walked = scan::walk(needles, paths, &watch);
    let history = repository.map(|it| scan::history(needles, it, &watch)).transpose();
    watch.outcome()?;
    Ok(Leaks::new(walked, history?, needles))
}

/// The signals that wait meanwhile, and what is shown.
struct Watching {
    held: Mutex<Termination>,
    /// The signal that is to end this process, or 0.
    ended_by: AtomicI32,
    bytes: AtomicU64,
    tally: Tally,
}

impl Watch for Watching {
    fn is_over(&self) -> bool {
        if self.ended_by.load(Ordering::Relaxed) != 0 {
            return true;
        }
        // One thread looks at a time; the others go on.
        let Ok(held) = self.held.try_lock() else { return false };
        let signal = match held.take() {
            Some(HeldSignal::Stop) => {
                stop();
                return false;
            }
            Some(HeldSignal::Interrupt) => libc::SIGINT,
            Some(HeldSignal::End(signal)) => signal,
            None => return false,
        };
        self.ended_by.store(signal, Ordering::Relaxed);
        true
    }

    fn advance(&self, bytes: u64) {
        self.tally.at(self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes);
    }
}

impl Watching {
    /// Errors: a signal has ended the search.
    fn outcome(self) -> Result<()> {
        // One may have come when there was nothing left to look.
        let held = self.held.into_inner().unwrap_or_else(PoisonError::into_inner);
        match self.ended_by.into_inner() {
            0 => held
                .take_ending()
                .map_or(Ok(()), |signal| Err(ProcessError::SearchInterrupted { signal }.into())),
            signal => Err(ProcessError::SearchInterrupted { signal }.into()),
        }
    }
}
