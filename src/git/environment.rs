//! How git is run: as a program that only reads, whatever a repository's settings say.
//!
//! Who can write a repository's `config` can name programs in it that git runs: a monitor of the file
//! system, a pager, drivers for differences, a way to fetch what is missing. git's own guard is
//! `safe.directory`, which trusts whatever the user owns, an unpacked archive too. Settings on the command
//! line go before those of files, and variables before both.

use std::ffi::OsString;

use crate::error::Result;
use crate::process::{Addition, Environment, OwnEnvironment};

/// What every git needs, or the user decides about it: programs, the user's own settings (in which
/// `safe.directory` stands, or as whom sudo was called), where looking for a repository ends.
const USERS: &[&str] = &[
    "GIT_CEILING_DIRECTORIES",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_SYSTEM",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
    "GIT_EXEC_PATH",
    "HOME",
    "LD_LIBRARY_PATH",
    "LOGNAME",
    "PATH",
    "SUDO_UID",
    "TMPDIR",
    "TZ",
    "USER",
    "XDG_CONFIG_HOME",
];

/// As [`USERS`], with a number behind each.
const NUMBERED: &[&str] = &["GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_"];

/// What tells a hook which repository, and which index, it is called for: `git commit FILE` and
/// `git commit --all` have another index than the usual one (githooks(5)).
const PLACE: &[&str] = &[
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_QUARANTINE_PATH",
    "GIT_WORK_TREE",
];

/// What is said by variables, because no setting goes before them.
const ADDED: &[(&str, &str)] = &[
    // No protocol at all: in a partial clone git would fetch what is missing, by whatever program the
    // repository names. The second is known from 2.45 on, and does without the attempt.
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_NO_LAZY_FETCH", "1"),
    // What is pushed, not what `git replace` or grafts put in its place.
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_GRAFT_FILE", "/dev/null"),
    // The index is not refreshed on the disk, so that nothing waits for a lock, and no hook hears of it.
    ("GIT_OPTIONAL_LOCKS", "0"),
    // A path is a path, whatever characters are in it.
    ("GIT_LITERAL_PATHSPECS", "1"),
    ("GIT_PAGER", "cat"),
    ("GIT_TERMINAL_PROMPT", "0"),
    // Its words are compared.
    ("LC_ALL", "C"),
];

/// Settings that go before a repository's own.
const SETTINGS: &[&str] = &[
    "core.fsmonitor=false",
    "core.pager=cat",
    "core.sshCommand=false",
    // git does nothing where this one is missing, and waits where it is a pipe.
    "diff.orderFile=/dev/null",
    "diff.relative=false",
    "log.showSignature=false",
    "submodule.recurse=false",
    // From this size on, in bytes, git passes a blob on while it unpacks it, and does not hold it whole.
    "core.bigFileThreshold=1048576",
];

/// The environment of git; `place` is whether the caller's variables say which repository is meant.
pub(super) fn for_git(own: &OwnEnvironment, place: bool) -> Result<Environment<'_>> {
    let is = |names: &[&str], name: &[u8]| names.iter().any(|kept| kept.as_bytes() == name);
    let wanted = move |name: &[u8]| {
        is(USERS, name)
            || NUMBERED.iter().any(|begin| name.starts_with(begin.as_bytes()))
            || place && is(PLACE, name)
    };
    let added = ADDED.iter().map(|(name, value)| (*name, (*value).to_owned()));
    Environment::chosen(own, &wanted, &added.collect::<Vec<Addition>>())
}

/// `git` and what stands before its command.
pub(super) fn words() -> Vec<OsString> {
    let settings = SETTINGS.iter().flat_map(|setting| ["-c", setting]);
    ["git", "--no-pager"].into_iter().chain(settings).map(OsString::from).collect()
}
