//! What is said of memory that may reach the disk, and of texts that no note keeps.

use crate::error::{Note, Warning};
use crate::memory::{self, Swappable};
use crate::terminal::Messages;

/// Says what could not be locked.
pub(in crate::commands) fn warn_of_swappable(messages: Messages) {
    match memory::swappable() {
        Swappable::Nothing => {}
        Swappable::WorkingMemory => messages.warning(&Warning::WorkingMemoryNotLocked),
        Swappable::Secrets => messages.warning(&Warning::NotLocked),
    }
}

/// The longest text that Bitwarden keeps in a note, in characters; it counts after encrypting, so that
/// about [`LIKELY_NOTE`] of ours fit.
const LONGEST_NOTE: usize = 10_000;

/// 10,000 characters of base64 are 7,500 bytes, less what encrypting adds.
const LIKELY_NOTE: usize = 7_400;

/// Says that a text is too long for a note.
pub(in crate::commands) fn warn_of_long_note(characters: usize, messages: Messages) {
    if characters > LONGEST_NOTE {
        messages.warning(&Warning::TooLongForNote { characters });
    } else if characters > LIKELY_NOTE {
        messages.note(&Note::NearlyTooLongForNote { characters });
    }
}
