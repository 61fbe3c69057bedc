//! What goes wrong with a kit: making one on a stick, and reading one that comes from anywhere.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use super::escape::Quoted;
use super::{Errno, sentences::Reason};

/// One cause each.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the sentence of each variant is its documentation")]
pub enum Kit {
    // making one
    Name { name: OsString },
    NoOpener,
    NotAnOpener { path: PathBuf, why: &'static str },
    NoSpace { path: PathBuf, needed: u64, free: u64 },
    NotAKit { path: PathBuf, item: OsString },
    OfOthers { path: PathBuf },
    Swapped { path: PathBuf },
    Within { path: PathBuf },
    OfAnotherSource { path: PathBuf },
    Newer { path: PathBuf },
    Gone { path: PathBuf, errno: Errno },
    // reading one
    NotAFolder { path: PathBuf },
    TooMuch { path: PathBuf },
    None { path: PathBuf },
    NoVault,
}

impl fmt::Display for Kit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kit::Name { name } => write!(
                f,
                "{} cannot be a file's name in a kit, where it becomes part of commands: letters, digits, '.', '_' and '-', at most 28, a letter or digit first",
                Quoted(name.as_ref())
            ),
            Kit::NoOpener => {
                f.write_str("no opener is named, and a bare machine cannot use the kit without one")
            }
            Kit::NotAnOpener { path, why } => write!(f, "{} is no opener: {why}", Quoted(path)),
            Kit::NoSpace { path, needed, free } => {
                write!(f, "the kit takes {needed} bytes, and {} has {free} left", Quoted(path))
            }
            Kit::NotAKit { path, item } => {
                write!(
                    f,
                    "{} is not replaced, because {} in it is no part of a kit",
                    Quoted(path),
                    Quoted(item.as_ref())
                )
            }
            Kit::OfOthers { path } => {
                write!(f, "{} is another user's, so it is not replaced", Quoted(path))
            }
            Kit::Swapped { path } => {
                write!(
                    f,
                    "somebody else has put something in the place of {} meanwhile",
                    Quoted(path)
                )
            }
            Kit::Within { path } => write!(f, "{} is a kit itself", Quoted(path)),
            Kit::OfAnotherSource { path } => {
                write!(
                    f,
                    "{} holds a vault from another source, so it is not replaced",
                    Quoted(path)
                )
            }
            Kit::Newer { path } => {
                write!(
                    f,
                    "{} holds a vault that was sealed later, so it is not replaced",
                    Quoted(path)
                )
            }
            Kit::Gone { path, errno } => {
                write!(f, "{} is gone, or fails: {}", Quoted(path), Reason(*errno))
            }
            Kit::NotAFolder { path } => write!(f, "{} is not a folder", Quoted(path)),
            Kit::TooMuch { path } => write!(f, "{} holds more than a kit does", Quoted(path)),
            Kit::None { path } => write!(f, "there is no kit in {}", Quoted(path)),
            Kit::NoVault => f.write_str("there is no vault in the kit"),
        }
    }
}

impl Kit {
    /// The next thing to do.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Kit::Name { .. } => {
                "copy it under a new name of that kind first: cp -n VAULT SHORT.env.gpg"
            }
            Kit::NoOpener => {
                "tests/build-opener makes one, for --opener PATH; --without-opener goes without, for machines that have gpg"
            }
            Kit::NotAnOpener { .. } => "tests/build-opener makes one",
            Kit::NoSpace { .. } => {
                "make room, or name another folder; a kit that is there stays until the new one is whole"
            }
            Kit::NotAKit { .. } | Kit::OfOthers { .. } | Kit::OfAnotherSource { .. } => {
                "move it away, or name another folder"
            }
            Kit::Newer { .. } => "copy that one, or move it away",
            Kit::Swapped { .. } => "name a folder into which nobody else can write",
            Kit::Within { .. } => "name the folder around it",
            Kit::Gone { .. } => {
                "plug it in again and run the command again; a kit that was there is whole, as NAME or NAME.old"
            }
            Kit::None { .. } => "breakglass copy VAULT DEST makes one",
            Kit::NoVault => "look for another copy",
            Kit::NotAFolder { .. } => "name a folder, such as the one where the stick is mounted",
            Kit::TooMuch { .. } => "name a folder of its own for kits",
        }
    }
}
