//! Checks and how they are reported: layer by layer, each with its own verdict.

mod checklist;
mod env_files;
mod examples;
mod machine;
mod plain_documents;
mod report;

pub use checklist::Checklist;
pub use env_files::{Look, Refusal, is_env_file};
pub use machine::machine;
pub use report::{Layer, Report, Verdict, overall};
