//! What this machine remembers: when a vault was rehearsed. No values, only times and ids.

mod folder;
mod journal;
mod time;

pub use folder::state_folder;
pub use journal::{Event, record};
pub use time::{age, ago, now, parse_duration};
