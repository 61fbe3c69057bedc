//! Checks and how they are reported: layer by layer, each with its own verdict.

mod report;

pub use report::{Layer, Report, Verdict, overall};
