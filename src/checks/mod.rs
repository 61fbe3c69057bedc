//! Checks and how they are reported: layer by layer, each with its own verdict.

mod checklist;
mod machine;
mod report;

pub use checklist::Checklist;
pub use machine::machine;
pub use report::{Layer, Report, Verdict, overall};
