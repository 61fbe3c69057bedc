//! Becoming the command.

use std::ffi::{CStr, CString};

use super::argv::Argv;
use super::environment::Environment;
use super::{close_all_on_exec, signals};
use crate::error::{Errno, Error, PayloadError, ProcessError, Result};
use crate::memory;

/// Replaces this process by the command; returns only the reason why it could not.
///
/// The kernel reads the environment from the region. The command has this process' number, its
/// standard descriptors, and the caller's signal mask and dispositions, limits and umask; but for the core
/// limit, which is {1, 1} unless `allow_core`.
pub fn exec(argv: &Argv, environment: &Environment<'_>, allow_core: bool) -> Error {
    if let Err(error) = environment.check_fits(argv.size()) {
        return error;
    }
    close_all_on_exec();
    signals::restore_signals_of_writes();
    memory::restrict_core_dumps(allow_core);
    let Err(error) = search(argv, environment.path(), |path, argv| {
        memory::clear_vector_registers();
        nix::unistd::execve(path, argv.words(), environment.strings())
            .map_err(|errno| errno as Errno)
    });
    signals::ignore_signals_of_writes();
    error
}

/// Looks whether there is such a program where [`exec`] would look, and whether all of it fits, without
/// starting it.
///
/// Errors: not found, not executable, too large.
pub fn find(argv: &Argv, environment: &Environment<'_>) -> Result<()> {
    environment.check_fits(argv.size())?;
    search(argv, environment.path(), |path, _| may_be_executed(path))
}

/// Errors: why a file cannot be executed.
pub(super) fn may_be_executed(path: &CStr) -> std::result::Result<(), Errno> {
    rustix::fs::access(path, rustix::fs::Access::EXEC_OK).map_err(|error| error.raw_os_error())
}

/// Tries the program, or each place on the path where it could be, as execvp(3) does.
///
/// Errors: not found, not executable, too large.
pub(super) fn search<T>(
    argv: &Argv,
    path: &[u8],
    attempt: impl Fn(&CStr, &Argv) -> std::result::Result<T, Errno>,
) -> Result<T> {
    let mut denied = false;
    for candidate in candidates(argv, path) {
        let mut outcome = attempt(&candidate, argv);
        if matches!(outcome, Err(libc::ENOEXEC)) {
            outcome = attempt(c"/bin/sh", &argv.for_shell(candidate));
        }
        match outcome {
            Ok(started) => return Ok(started),
            // As execvp(3): the last three are what a dead network folder on the path answers.
            Err(libc::ENOENT | libc::ENOTDIR | libc::ESTALE | libc::ENODEV | libc::ETIMEDOUT) => {}
            Err(libc::EACCES) => denied = true,
            Err(libc::E2BIG) => return Err(PayloadError::EnvironmentTooLarge.into()),
            Err(errno) => {
                return Err(ProcessError::NotExecutable { program: argv.shown(), errno }.into());
            }
        }
    }
    if denied {
        Err(ProcessError::NotExecutable { program: argv.shown(), errno: libc::EACCES }.into())
    } else {
        Err(ProcessError::NotFound { program: argv.shown() }.into())
    }
}

/// The program itself where it holds a slash, else its name in each folder of the path.
fn candidates(argv: &Argv, path: &[u8]) -> Vec<CString> {
    let program = argv.program().as_encoded_bytes();
    if program.contains(&b'/') {
        return CString::new(program).into_iter().collect();
    }
    let joined = path.split(|byte| *byte == b':').map(|folder| {
        let folder = if folder.is_empty() { b"." } else { folder };
        [folder, b"/", program].concat()
    });
    joined.filter_map(|path| CString::new(path).ok()).collect()
}
