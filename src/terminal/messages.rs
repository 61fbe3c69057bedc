//! Lines on standard error.

use crate::error::{Error, Note, Warning};

/// Where messages go, and which of them are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Messages {
    /// Leaves notes out; warnings and errors stay.
    pub quiet: bool,
}

impl Messages {
    /// `breakglass: error: …` and its hint, where it has one.
    pub fn error(self, error: &Error) {
        say(&format!("breakglass: error: {error}\n"));
        if let Some(hint) = error.hint() {
            say(&format!("breakglass: hint: {hint}\n"));
        }
    }

    /// `breakglass: warning: …`
    pub fn warning(self, warning: &Warning) {
        say(&format!("breakglass: warning: {warning}\n"));
    }

    /// `breakglass: …`, unless quiet.
    pub fn note(self, note: &Note) {
        if !self.quiet {
            say(&format!("breakglass: {note}\n"));
        }
    }
}

/// One write for one line, so that lines of several processes do not mix. Where standard error is
/// closed there is nobody to tell.
fn say(line: &str) {
    let _ = rustix::io::write(rustix::stdio::stderr(), line.as_bytes());
}
