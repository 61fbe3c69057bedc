//! The commands: one story each, to be read as the procedure it replaces. What only one of them needs lies in
//! its folder, what several share in `common`.

mod common;
mod copy;
mod doctor;
mod drill;
mod guard;
mod init;
mod log;
mod reseal;
mod run;
mod scan;
mod seal;
mod show;
mod status;
mod verify;

pub use common::new_passphrase::Choice;
pub use common::opening::PassphraseFrom;
pub use common::setup::{Setup, SourceChoice};
pub use copy::{CopyKit, OpenerFrom};
pub use doctor::{Checklist, Doctor};
pub use drill::{Drill, probe};
pub use guard::Guard;
pub use init::Init;
pub use log::{LogIncident, LogInto, LogRotation};
pub use reseal::Reseal;
pub use run::Run;
pub use scan::Scan;
pub use seal::{Allowances, Seal};
pub use show::Show;
pub use status::Status;
pub use verify::Verify;
