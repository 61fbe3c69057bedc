//! `doctor`: the state of this machine.

mod checklist;

use crate::checks::{Kind, Question, Subject, layers, overall};
use crate::error::Result;
use crate::records::Config;
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
        let config = Config::default();
        let report = layers(&Subject::machine(Kind::Memory), &Question::new(&config));
        if self.json {
            terminal::write_json(&report.json())?;
        } else {
            terminal::write_stdout(report.text().as_bytes())?;
        }
        Ok(overall(&[report]))
    }
}
