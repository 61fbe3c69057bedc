//! Exact values in files: in which ways a value may be written down, finding it, walking, and histories.
//!
//! No value leaves this room, only names and places.

mod escapes;
mod file;
mod form;
mod forms;
mod found;
mod history;
mod search;
mod stream;
mod walk;

pub use file::Unsearched;
pub use form::Form;
pub use forms::{Forms, Label, SHORTEST, without_gaps};
pub use found::{FoundIn, Searched};
pub use history::{History, history};
pub use search::Needles;
pub use stream::{Hit, Seen, Watch};
pub use walk::{Walked, walk};
