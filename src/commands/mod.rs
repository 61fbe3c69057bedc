//! The commands: one story each, to be read as the procedure it replaces.

mod drill;
mod opening;
mod probe;
mod run;
mod sample;
mod seal;
mod show;
mod verify;

pub use drill::Drill;
pub use opening::PassphraseFrom;
pub use probe::probe;
pub use run::Run;
pub use seal::Seal;
pub use show::Show;
pub use verify::Verify;
