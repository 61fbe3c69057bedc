//! What goes wrong with reading and writing files.

use std::path::PathBuf;

use super::Errno;
use super::escape::{Quoted, Reason};

errors! {
    /// A file or folder, whatever its bytes mean.
    pub enum FileError {
        #[error("cannot read {}: {}", Quoted(path), Reason(*errno))]
        #[hint("see that it is there, and that this user may read it")]
        Read { path: PathBuf, errno: Errno },

        #[error("cannot write {}: {}", Quoted(path), Reason(*errno))]
        #[hint("see that this user may write there, and that the disk has room")]
        Write { path: PathBuf, errno: Errno },

        #[error("{} is larger than 8 MiB", Quoted(path))]
        #[hint("look whether it is the right file; none that is read here is so large")]
        TooLarge { path: PathBuf },

        #[error("{} is not a file", Quoted(path))]
        #[hint("name a file, not a folder, a device or a pipe")]
        NotAFile { path: PathBuf },

        #[error("{} is another user's, or others may write it, so what it says does not count", Quoted(path))]
        #[hint("change its owner, or its mode (chmod go-w); a breakglass.toml can also be named: --config FILE")]
        NotOwn { path: PathBuf },

        #[error("{} exists and is not a vault, so it is not replaced", Quoted(path))]
        #[hint("name another file, or remove this one")]
        NotOurFile { path: PathBuf },

        #[error("{} holds a vault and other text, which would be lost, so it is not replaced", Quoted(path))]
        #[hint("name another file; breakglass reseal VAULT --to NEW makes one of it")]
        TextAround { path: PathBuf },

        #[error("{} exists, so it is not written", Quoted(path))]
        #[hint("name another file, or remove this one")]
        TargetExists { path: PathBuf },

        #[error("another process has been writing in {} for {seconds} seconds", Quoted(path))]
        #[hint("wait for it to finish, then run the command again")]
        Busy { path: PathBuf, seconds: u64 },

        #[error("what was read back from {} is not what was written", Quoted(path))]
        #[hint("the disk may be failing; try another one")]
        ReadBack { path: PathBuf },

        #[error("{} is in its place, but the disk did not confirm it: {}", Quoted(path), Reason(*errno))]
        #[hint("the disk may be failing: keep a copy on another one")]
        NotConfirmed { path: PathBuf, errno: Errno },

        #[error("{} was replaced by somebody else meanwhile", Quoted(path))]
        #[hint("run the command again")]
        ReplacedMeanwhile { path: PathBuf },

        // Who sent the signal knows what to do.
        #[error("interrupted; nothing was replaced")]
        #[hint(none)]
        Interrupted { signal: i32 },
    }
}
