//! What may not be committed: names of environment files, plain documents, examples that hold values; the hook that
//! refuses them, and the lines that git ignores them by.

mod env_files;
mod examples;
pub mod hook;
mod hook_text;
pub mod ignore;
mod plain_documents;

pub use env_files::{Look, Refusal, is_env_file};
