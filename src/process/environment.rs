//! The environment of a child.

use std::ffi::{CStr, CString};
use std::marker::PhantomData;

use super::marker;
use crate::error::{PayloadError, Result};
use crate::memory::{self, Limited, Region};
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
    pub fn strings(self, secrets: Option<&Secrets>) -> impl Iterator<Item = &'static CStr> {
        own_environment().filter(move |string| {
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

/// An environment for execve: the caller's own strings where they are, the secrets where they were
/// decrypted to, and the array of pointers in a region.
#[derive(Debug)]
pub struct Environment<'a> {
    pointers: Region,
    size: usize,
    path: Option<CString>,
    // The pointers lead into these, too.
    _secrets: PhantomData<&'a Secrets>,
    _additions: Vec<CString>,
}

impl<'a> Environment<'a> {
    /// The caller's environment without any earlier marker.
    pub fn inherited() -> Result<Environment<'static>> {
        Environment::build(Base::Inherit, None, &[])
    }

    /// Of the caller's environment what [`Base::Clean`] keeps, and the additions.
    pub fn clean(additions: &[Addition]) -> Result<Environment<'static>> {
        Environment::build(Base::Clean, None, additions)
    }

    /// Of the caller's environment the variables whose names are wanted, and the additions.
    pub fn chosen(
        wanted: &dyn Fn(&[u8]) -> bool,
        additions: &[Addition],
    ) -> Result<Environment<'static>> {
        let strings = Base::Inherit.strings(None).filter(|string| wanted(name_of(string)));
        Environment::build_of(strings, None, additions)
    }

    /// The base without any earlier marker, overlaid by the secrets, and both by the additions.
    pub fn with_secrets(
        base: Base,
        secrets: &'a Secrets,
        additions: &[Addition],
    ) -> Result<Environment<'a>> {
        Environment::build(base, Some(secrets), additions)
    }

    fn build(
        base: Base,
        secrets: Option<&'a Secrets>,
        additions: &[Addition],
    ) -> Result<Environment<'a>> {
        Environment::build_of(base.strings(secrets), secrets, additions)
    }

    fn build_of(
        inherited: impl Iterator<Item = &'static CStr>,
        secrets: Option<&'a Secrets>,
        additions: &[Addition],
    ) -> Result<Environment<'a>> {
        let is_added = |name: &[u8]| additions.iter().any(|(added, _)| added.as_bytes() == name);
        let inherited: Vec<&CStr> = inherited.filter(|string| !is_added(name_of(string))).collect();
        let count = inherited.len() + secrets.map_or(0, Secrets::len) + additions.len() + 1;
        let mut environment = Environment {
            pointers: Region::with_capacity(count * size_of::<usize>())?,
            size: 0,
            path: None,
            _secrets: PhantomData,
            _additions: Vec::new(),
        };
        for string in inherited {
            environment.add(string.to_bytes_with_nul())?;
        }
        let secrets = secrets.into_iter().flat_map(Secrets::iter);
        for secret in secrets.filter(|secret| !is_added(secret.name().as_bytes())) {
            environment.add(secret.expose_pair())?;
        }
        let additions: Vec<CString> = additions
            .iter()
            .filter_map(|(name, value)| CString::new(format!("{name}={value}")).ok())
            .collect();
        for addition in &additions {
            environment.add(addition.to_bytes_with_nul())?;
        }
        environment.pointers.extend(&0_usize.to_ne_bytes())?;
        environment._additions = additions;
        Ok(environment)
    }

    /// Adds a `NAME=value\0` that lives as long as `self`.
    fn add(&mut self, string: &[u8]) -> Result<()> {
        self.size += string.len() + size_of::<usize>();
        if let Some(path) = string.strip_prefix(b"PATH=") {
            self.path = CStr::from_bytes_with_nul(path).ok().map(CStr::to_owned);
        }
        self.pointers.extend(&string.as_ptr().expose_provenance().to_ne_bytes())
    }

    /// Where the child would look for programs.
    pub(super) fn path(&self) -> &[u8] {
        // What glibc's execvp takes where there is no PATH.
        self.path.as_ref().map_or(b"/bin:/usr/bin", |path| path.as_bytes())
    }

    /// The array for execve.
    pub(super) fn pointers(&self) -> *const *const libc::c_char {
        self.pointers.expose().as_ptr().cast()
    }

    /// Checks that arguments and environment fit into what the kernel gives a new process.
    ///
    /// Errors: they do not, and execve would fail with E2BIG.
    pub(super) fn check_fits(&self, arguments: usize) -> Result<()> {
        if self.size + arguments + MARGIN > space_for_strings() {
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

unsafe extern "C" {
    static environ: *const *const libc::c_char;
}

/// Moves the value of a variable of this process' own environment into a region: what is left is
/// an empty one. Nothing where it is not there or empty. Of several of that name the first counts,
/// as for getenv(3), and all are emptied.
///
/// To be called while nothing from [`own_environment`] is kept.
pub fn take_variable(name: &str) -> Result<Option<Region>> {
    // SAFETY: nothing in this process changes the array (.clippy.toml forbids it).
    let mut next = unsafe { environ };
    let mut taken = None;
    while !next.is_null() {
        // SAFETY: `next` stands within the array, whose end is a null pointer and is not passed.
        let string = unsafe { *next };
        if string.is_null() {
            break;
        }
        // SAFETY: a NUL-ended string stands there; this reference ends before anything is written.
        let found = unsafe { CStr::from_ptr(string) }.to_bytes();
        if let Some((_, [b'=', value @ ..])) =
            found.split_at_checked(name.len()).filter(|(found, _)| *found == name.as_bytes())
        {
            let (start, length) = (value.as_ptr().cast_mut(), value.len());
            if taken.is_none() {
                taken = Some(Region::copy_of(value)?);
            }
            for at in 0..length {
                // SAFETY: within the string, which stands on this process' own stack, where the
                // kernel put it; nobody keeps a reference to it, as the caller was told.
                unsafe { start.wrapping_add(at).write_volatile(0) };
            }
        }
        // SAFETY: as above; the next one is there, the null pointer at the latest.
        next = unsafe { next.add(1) };
    }
    Ok(taken.filter(|region| !region.is_empty()))
}

/// The strings of this process' own environment, where the kernel put them.
pub fn own_environment() -> impl Iterator<Item = &'static CStr> {
    // SAFETY: nothing in this process changes its environment (.clippy.toml forbids it), so the
    // pointer may be read without a lock.
    let mut next = unsafe { environ };
    std::iter::from_fn(move || {
        if next.is_null() {
            return None;
        }
        // SAFETY: `next` stands within the array, whose end is a null pointer and is not passed.
        let string = unsafe { *next };
        if string.is_null() {
            return None;
        }
        // SAFETY: as above; the next one is there, the null pointer at the latest.
        next = unsafe { next.add(1) };
        // SAFETY: the kernel put a NUL-ended string there, and nothing changes it.
        Some(unsafe { CStr::from_ptr(string) })
    })
}
