//! The commands: one story each, to be read as the procedure it replaces.

mod doctor;
mod drill;
mod opening;
mod probe;
mod run;
mod sample;
mod seal;
mod setup;
mod show;
mod verify;

pub use doctor::Doctor;
pub use drill::Drill;
pub use opening::PassphraseFrom;
pub use probe::probe;
pub use run::Run;
pub use seal::Seal;
pub use setup::{From, Setup};
pub use show::Show;
pub use verify::Verify;
