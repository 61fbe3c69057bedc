//! Files: bounded reading, atomic replacing and creating, locked appending. What the bytes mean is not known here.

mod add;
mod append;
mod create;
mod lock;
mod open;
mod pieces;
mod read;
mod replace;

pub use add::add_lines;
pub use append::append_line;
pub use create::{create_private, create_public, keep_as, may_run, replace_public};
pub use lock::{PATIENCE, lock_folder};
pub use open::{Kinds, Links, Refused, open, open_in};
pub use pieces::Pieces;
pub use read::{
    Read, is_folder, read, read_descriptor, read_found, read_found_plaintext, read_plaintext,
    read_private,
};
pub use replace::{Renamed, Replacement, beside, remove};

/// The largest file that is read, in bytes: the largest document armored, with room to spare.
pub const MAX_FILE_BYTES: usize = 8 * 1024 * 1024;
