//! What goes wrong with a kit: making one on a stick, and reading one that comes from anywhere.

use std::ffi::OsString;
use std::path::PathBuf;

use super::Errno;
use super::escape::{Quoted, Reason};

errors! {
    /// A kit, or the folder around it.
    pub enum KitError {
        // making one
        #[error("{} cannot be a file's name in a kit, where it becomes part of commands: letters, digits, '.', '_' and '-', at most 28, a letter or digit first", Quoted(name.as_ref()))]
        #[hint("copy it under a new name of that kind first: cp -n VAULT SHORT.env.gpg")]
        Name { name: OsString },

        #[error("no opener is named, and a bare machine cannot use the kit without one")]
        #[hint("tests/build-opener makes one, for --opener PATH; --without-opener goes without, for machines that have gpg")]
        NoOpener,

        #[error("{} is no opener: {why}", Quoted(path))]
        #[hint("tests/build-opener makes one")]
        NotAnOpener { path: PathBuf, why: &'static str },

        #[error("the kit takes {needed} bytes, and {} has {free} left", Quoted(path))]
        #[hint("make room, or name another folder; a kit that is there stays until the new one is whole")]
        NoSpace { path: PathBuf, needed: u64, free: u64 },

        #[error("{} is not replaced, because {} in it is no part of a kit", Quoted(path), Quoted(item.as_ref()))]
        #[hint("move it away, or name another folder")]
        NotAKit { path: PathBuf, item: OsString },

        #[error("{} is another user's, so it is not replaced", Quoted(path))]
        #[hint("move it away, or name another folder")]
        OfOthers { path: PathBuf },

        #[error("somebody else has put something in the place of {} meanwhile", Quoted(path))]
        #[hint("name a folder into which nobody else can write")]
        Swapped { path: PathBuf },

        #[error("{} is a kit itself", Quoted(path))]
        #[hint("name the folder around it")]
        Within { path: PathBuf },

        #[error("{} holds a vault from another source, so it is not replaced", Quoted(path))]
        #[hint("move it away, or name another folder")]
        OfAnotherSource { path: PathBuf },

        #[error("{} holds a vault that was sealed later, so it is not replaced", Quoted(path))]
        #[hint("copy that one, or move it away")]
        Newer { path: PathBuf },

        #[error("{} is gone, or fails: {}", Quoted(path), Reason(*errno))]
        #[hint("plug it in again and run the command again; a kit that was there is whole, as NAME or NAME.old")]
        Gone { path: PathBuf, errno: Errno },

        // reading one
        #[error("{} is not a folder", Quoted(path))]
        #[hint("name a folder, such as the one where the stick is mounted")]
        NotAFolder { path: PathBuf },

        #[error("{} holds more than a kit does", Quoted(path))]
        #[hint("name a folder of its own for kits")]
        TooMuch { path: PathBuf },

        #[error("there is no kit in {}", Quoted(path))]
        #[hint("breakglass copy VAULT DEST makes one")]
        NoKit { path: PathBuf },

        #[error("there is no vault in the kit")]
        #[hint("look for another copy")]
        NoVault,
    }
}
