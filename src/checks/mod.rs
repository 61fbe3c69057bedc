//! Is the copy current, and is this machine in order? Layer by layer, each with its own verdict.

mod checklist;
mod report;

pub mod by_receipt;
pub mod copies;
pub mod kits;
pub mod layers;
pub mod machine;
pub mod procedure;
pub mod uses;

pub use checklist::Checklist;
pub use machine::machine;
pub use report::{Layer, Report, Verdict, overall};
