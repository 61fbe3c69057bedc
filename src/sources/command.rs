//! A command as a source: its standard output, read through a pipe into a region.

use std::os::fd::AsFd;
use std::path::Path;

use crate::error::{Error, FileError, Result, SourceError};
use crate::files;
use crate::memory::Region;
use crate::process::{Argv, Base, Environment, Exit, Output, OwnEnvironment, spawn};

/// Runs the command, without a shell, and returns all that it printed.
///
/// Errors: it cannot be started, fails, prints nothing, or more than
/// [`files::MAX_FILE_BYTES`].
pub(super) fn output(argv: &Argv) -> Result<Region> {
    let own = OwnEnvironment::keep();
    let environment = Environment::new(&own, Base::Inherit, None, &[])?;
    let mut child = spawn(argv, &environment, Output::Pipe)?;
    // The pipe is closed before the wait: a command that still writes then ends by SIGPIPE.
    let text = child
        .output
        .take()
        .map(|pipe| files::read_descriptor(pipe.as_fd(), Path::new(argv.program())));
    let outcome = child.wait();
    let text = text.ok_or(Error::Internal)??;
    if let Exit::Interrupted(signal) = outcome {
        return Err(FileError::Interrupted { signal }.into());
    }
    if !outcome.success() {
        return Err(SourceError::Failed { program: argv.shown(), status: outcome.shown() }.into());
    }
    if text.is_empty() {
        return Err(SourceError::Silent { program: argv.shown() }.into());
    }
    Ok(text)
}
