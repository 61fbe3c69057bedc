//! A git that runs: fed and listened to by threads of their own, so that neither side waits for the other.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::thread::{self, JoinHandle};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;

use crate::error::{Error, GitError, MemoryError, ProcessError, Result};
use crate::process::{Child, Exit, is_ending_held};

/// How much of what git says on standard error is kept, in bytes.
const MAX_WORDS: usize = 4096;

/// How git ends that cannot do what it was asked to (`die`).
const DIED: i32 = 128;

/// What a command of git prints, while it runs.
///
/// Dropped before its end, the command is killed.
pub struct GitOutput {
    command: &'static str,
    folder: PathBuf,
    output: Option<File>,
    child: Option<Child>,
    listener: Option<JoinHandle<Vec<u8>>>,
}

impl GitOutput {
    pub(super) fn new(
        mut child: Child,
        input: Vec<u8>,
        command: &'static str,
        folder: PathBuf,
    ) -> Result<GitOutput> {
        let stdin = child.input.take().map(File::from);
        let output = child.output.take().map(File::from);
        let errors = child.errors.take().map(File::from);
        let mut stream = GitOutput { command, folder, output, child: Some(child), listener: None };
        let builder = || thread::Builder::new().stack_size(128 * 1024);
        if let Some(mut stdin) = stdin.filter(|_| !input.is_empty()) {
            // A git that has ended reads no more; how it ended is told at the end.
            let feed = move || drop(stdin.write_all(&input));
            builder().spawn(feed).map_err(|_| MemoryError::OutOfMemory)?;
        }
        if let Some(errors) = errors {
            let listener =
                builder().spawn(move || listen(errors)).map_err(|_| MemoryError::OutOfMemory)?;
            stream.listener = Some(listener);
        }
        Ok(stream)
    }

    /// The command's name, for messages.
    pub fn command(&self) -> &'static str {
        self.command
    }

    /// Waits for the command's end. What it has not printed yet is not read.
    ///
    /// Errors: it failed; this process was told to end.
    pub fn end(mut self) -> Result<()> {
        let (outcome, words) = self.finish();
        match outcome {
            Some(Exit::Exited(0)) => Ok(()),
            Some(Exit::Interrupted(signal)) => {
                Err(ProcessError::SearchInterrupted { signal }.into())
            }
            Some(outcome) => Err(Error::Git(self.trouble(outcome, &words))),
            None => Err(Error::Internal),
        }
    }

    fn finish(&mut self) -> (Option<Exit>, Vec<u8>) {
        self.output = None;
        let words = self.listener.take().and_then(|listener| listener.join().ok());
        (self.child.take().map(Child::wait), words.unwrap_or_default())
    }

    /// What git's own words mean, in ours. They are those of the C locale (setup.c).
    fn trouble(&self, outcome: Exit, words: &[u8]) -> GitError {
        let words = String::from_utf8_lossy(words);
        let says = |text: &str| outcome == Exit::Exited(DIED) && words.contains(text);
        let path = || self.folder.clone();
        if says("fatal: detected dubious ownership") || says("fatal: unsafe repository") {
            GitError::NotTrusted { path: path() }
        } else if says("fatal: not a git repository") || says("fatal: cannot change to") {
            GitError::NoRepository { path: path() }
        } else if says("fatal: this operation must be run in a work tree") {
            GitError::NoWorkTree
        } else {
            GitError::Failed { command: self.command, status: outcome.shown() }
        }
    }
}

impl Read for GitOutput {
    /// Errors: the pipe fails, or a signal that is to end this process waits.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(output) = &mut self.output else { return Ok(0) };
        loop {
            // A signal that does not wait ends git, and what is read with it.
            if !is_readable(output)? {
                if is_ending_held() {
                    self.child.iter().for_each(Child::kill);
                    return Err(io::ErrorKind::TimedOut.into());
                }
                continue;
            }
            return Ok(retry_on_intr(|| rustix::io::read(&*output, &mut *into))?);
        }
    }
}

/// How often signals that wait are looked at, while git prints nothing.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// Waits for something to read, or for the end, no longer than that.
fn is_readable(output: &File) -> io::Result<bool> {
    let mut waits = [PollFd::new(output, PollFlags::IN)];
    Ok(retry_on_intr(|| poll(&mut waits, Some(&LOOK)))? > 0)
}

impl Drop for GitOutput {
    fn drop(&mut self) {
        // One that hangs would write nothing that nobody reads.
        self.child.iter().for_each(Child::kill);
        let _ = self.finish();
    }
}

/// Reads to the end and keeps the beginning.
fn listen(mut errors: File) -> Vec<u8> {
    let mut words = Vec::new();
    let kept = Read::by_ref(&mut errors).take(MAX_WORDS as u64).read_to_end(&mut words);
    if kept.is_ok() {
        let _ = io::copy(&mut errors, &mut io::sink());
    }
    words
}
