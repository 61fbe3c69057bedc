//! Exact values in files: in which ways a value may be written down, finding it, and walking.
//!
//! No value leaves this room, only names and places.

mod escapes;
mod file;
mod forms;
mod search;
mod stream;
mod walk;

pub use forms::{Form, Forms, Label, SHORTEST};
pub use search::Needles;
pub use stream::{Hit, Piece, Seen, Source, Stream};
pub use walk::{Found, Walked, Watch, walk};
