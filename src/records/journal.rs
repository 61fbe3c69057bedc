//! The journal: one JSON object a line in `journal` in the state folder.

use std::time::Duration;

use serde_json::json;

use super::folder::state_folder;
use super::time::now;
use crate::error::Result;
use crate::files;

/// Something worth remembering.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// A vault was opened and a command started from it, as a rehearsal.
    Drill {
        /// The vault's id.
        vault: &'a str,
        /// How long opening and starting took.
        took: Duration,
        /// Whether everything went as it should.
        passed: bool,
    },
}

/// Appends an event to the journal.
///
/// Errors: no state folder is known, or it cannot be written.
pub fn record(event: &Event<'_>) -> Result<()> {
    let line = match event {
        Event::Drill { vault, took, passed } => json!({
            "time": now().to_string(),
            "event": "drill",
            "vault": vault,
            "milliseconds": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            "passed": passed,
        }),
    };
    files::append_line(&state_folder()?.join("journal"), &line.to_string())
}
