//! What a vault holds: named secrets and the facts about them. Reading and writing the document,
//! reading JSON, selecting, judging names, comparing. No input or output happens here.

mod compare;
mod document;
mod header;
mod id;
mod json;
mod limits;
mod names;
mod pattern;
mod reader;
mod reference;
mod secrets;
mod shape;
mod startable;
mod steering;
mod word;

pub use compare::{Differences, compare};
pub use document::write;
pub use header::Header;
pub use id::VaultId;
pub use limits::{MAX_DOCUMENT_BYTES, MAX_PAIR_BYTES, MAX_TOTAL_BYTES, check_sizes};
pub use names::{is_identifier, is_taken};
pub use pattern::{Pattern, Selection};
pub use reader::{Reading, read};
pub use reference::unresolved;
pub use secrets::{Secret, Secrets, Strictness};
pub use shape::{Seed, Shape, pass_over};
pub use startable::{check_startable, not_allowed};
pub use steering::{is_pm2_setting, steers_programs};
