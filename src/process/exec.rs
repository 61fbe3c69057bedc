//! Becoming the command.

use std::ffi::CString;

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
    let outcome = search(argv, environment.path(), |path, argv| {
        let (arguments, strings) = (argv.pointers(), environment.pointers());
        memory::clear_vector_registers();
        // SAFETY: a NUL-ended path and two arrays that end with null pointers, of strings that
        // live until the call returns, if it does.
        unsafe { libc::execve(path.as_ptr(), arguments.as_ptr(), strings.as_ptr()) };
        std::io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO)
    });
    signals::ignore_signals_of_writes();
    outcome.err().unwrap_or(Error::Internal)
}

/// Looks whether there is such a program where [`exec`] would look, and whether all of it fits, without
/// starting it.
///
/// Errors: not found, not executable, too large.
pub fn find(argv: &Argv, environment: &Environment<'_>) -> Result<()> {
    environment.check_fits(argv.size())?;
    search(argv, environment.path(), |path, _| may_be_executed(path))
}

/// 0, or why a file cannot be executed.
pub(super) fn may_be_executed(path: &CString) -> Errno {
    match rustix::fs::access(path, rustix::fs::Access::EXEC_OK) {
        Ok(()) => 0,
        Err(error) => error.raw_os_error(),
    }
}

/// Tries the program, or each place on the path where it could be, as execvp(3) does. `attempt`
/// returns 0 where it has started.
///
/// Errors: not found, not executable, too large.
pub(super) fn search(
    argv: &Argv,
    path: &[u8],
    attempt: impl Fn(&CString, &Argv) -> Errno,
) -> Result<()> {
    let mut denied = false;
    for candidate in candidates(argv, path) {
        let mut errno = attempt(&candidate, argv);
        if errno == libc::ENOEXEC {
            errno = attempt(&c"/bin/sh".to_owned(), &argv.for_shell(candidate));
        }
        match errno {
            0 => return Ok(()),
            // As execvp(3): the last three are what a dead network folder on the path answers.
            libc::ENOENT | libc::ENOTDIR | libc::ESTALE | libc::ENODEV | libc::ETIMEDOUT => {}
            libc::EACCES => denied = true,
            libc::E2BIG => return Err(PayloadError::EnvironmentTooLarge.into()),
            errno => {
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
