//! What this machine remembers: when a vault was rehearsed. No values, only times and ids.

mod journal;
mod time;

pub use journal::{Event, record};
pub use time::{age, ago, now, parse_duration};
