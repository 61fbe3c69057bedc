//! The environment of a child.

use std::borrow::Cow;
use std::ffi::{CStr, CString};

use super::marker;
use super::own::OwnEnvironment;
use crate::error::{Error, PayloadError, Result};
use crate::memory::{self, Limited};
use crate::payload::Secrets;

/// What lies under the secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// The caller's environment.
    Inherit,
    /// Of the caller's only what a program needs to run at all.
    Clean,
}

impl Base {
    /// The caller's strings that stay under these secrets: those of the base that no secret replaces,
    /// and no earlier marker.
    pub fn strings<'a>(
        self,
        own: &'a OwnEnvironment,
        secrets: Option<&'a Secrets>,
    ) -> impl Iterator<Item = &'a CStr> {
        own.strings().filter(move |string| {
            let name = name_of(string);
            let replaced = secrets.is_some_and(|secrets| {
                str::from_utf8(name).is_ok_and(|name| secrets.get(name).is_some())
            });
            let kept = self == Base::Inherit || is_clean(name);
            kept && !replaced && !name.starts_with(marker::PREFIX.as_bytes())
        })
    }
}

/// What [`Base::Clean`] keeps. `PM2_HOME` is there so that `pm2` finds the caller's daemon.
const CLEAN: &[&str] =
    &["HOME", "LANG", "LOGNAME", "PATH", "PM2_HOME", "SHELL", "TERM", "TMPDIR", "TZ", "USER"];

/// A variable that is added to an environment: its name and its value, neither of them secret.
pub type Addition = (&'static str, String);

/// An environment for execve: the caller's own strings where they are, and the secrets where they were
/// decrypted to. It holds addresses; only what is added is a copy.
pub struct Environment<'a>(Vec<Cow<'a, CStr>>);

impl<'a> Environment<'a> {
    /// The base without any earlier marker, overlaid by the secrets, and both by the additions.
    pub fn new(
        own: &'a OwnEnvironment,
        base: Base,
        secrets: Option<&'a Secrets>,
        additions: &[Addition],
    ) -> Result<Environment<'a>> {
        Environment::build(base.strings(own, secrets), secrets, additions)
    }

    /// Of the caller's environment the variables whose names are wanted, and the additions.
    pub fn chosen(
        own: &'a OwnEnvironment,
        wanted: &dyn Fn(&[u8]) -> bool,
        additions: &[Addition],
    ) -> Result<Environment<'a>> {
        let strings = Base::Inherit.strings(own, None).filter(|string| wanted(name_of(string)));
        Environment::build(strings, None, additions)
    }

    fn build(
        inherited: impl Iterator<Item = &'a CStr>,
        secrets: Option<&'a Secrets>,
        additions: &[Addition],
    ) -> Result<Environment<'a>> {
        let is_added =
            |string: &CStr| additions.iter().any(|(name, _)| name.as_bytes() == name_of(string));
        let secrets = secrets.into_iter().flat_map(Secrets::iter);
        let secrets = secrets.map(|secret| CStr::from_bytes_with_nul(secret.expose_pair()));
        let below: std::result::Result<Vec<&CStr>, _> = inherited.map(Ok).chain(secrets).collect();
        // Looking for their ends may go through them.
        memory::clear_vector_registers();
        let below = below.map_err(|_| Error::Internal)?.into_iter();
        let below = below.filter(|string| !is_added(string)).map(Cow::Borrowed);
        let added = additions.iter().filter_map(|(name, value)| {
            CString::new(format!("{name}={value}")).ok().map(Cow::Owned)
        });
        Ok(Environment(below.chain(added).collect()))
    }

    /// Where the child would look for programs.
    pub(super) fn path(&self) -> &[u8] {
        let mut paths = self.0.iter().rev().filter_map(|it| it.to_bytes().strip_prefix(b"PATH="));
        // What glibc's execvp takes where there is no PATH.
        paths.next().unwrap_or(b"/bin:/usr/bin")
    }

    /// For execve.
    pub(super) fn strings(&self) -> &[Cow<'a, CStr>] {
        &self.0
    }

    /// Checks that arguments and environment fit into what the kernel gives a new process.
    ///
    /// Errors: they do not, and execve would fail with E2BIG.
    pub(super) fn check_fits(&self, arguments: usize) -> Result<()> {
        let sizes =
            self.0.iter().map(|string| string.to_bytes_with_nul().len() + size_of::<usize>());
        if sizes.sum::<usize>() + arguments + MARGIN > space_for_strings() {
            Err(PayloadError::EnvironmentTooLarge.into())
        } else {
            Ok(())
        }
    }
}

/// The file name, the auxiliary vector and alignment, generously.
const MARGIN: usize = 8 * 1024;

/// A quarter of the stack limit, at least 128 KiB and at most 6 MiB (execve(2), fs/exec.c).
fn space_for_strings() -> usize {
    let (stack, _) = memory::limit(Limited::Stack);
    let quarter = stack.and_then(|bytes| usize::try_from(bytes / 4).ok()).unwrap_or(usize::MAX);
    quarter.clamp(128 * 1024, 6 * 1024 * 1024)
}

fn name_of(string: &CStr) -> &[u8] {
    string.to_bytes().split(|byte| *byte == b'=').next().unwrap_or_default()
}

fn is_clean(name: &[u8]) -> bool {
    name.starts_with(b"LC_") || CLEAN.iter().any(|kept| kept.as_bytes() == name)
}
