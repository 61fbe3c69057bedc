//! `doctor`: the state of this machine.

mod checklist;

use crate::checks::{machine, overall};
use crate::error::Result;
use crate::terminal;
pub use checklist::Checklist;

/// What `doctor` was asked to do.
#[derive(Debug)]
pub struct Doctor {
    /// Whether the report is JSON.
    pub json: bool,
}

impl Doctor {
    /// Looks and reports; returns the exit status.
    pub fn execute(self) -> Result<u8> {
        let report = machine();
        if self.json {
            terminal::write_json(&report.json())?;
        } else {
            terminal::write_stdout(report.text().as_bytes())?;
        }
        Ok(overall(&[report]))
    }
}
