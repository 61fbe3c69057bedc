//! The commands: one story each, to be read as the procedure it replaces.

mod allowances;
mod by_receipt;
mod copies;
mod copy;
mod doctor;
mod drill;
mod due;
mod for_pm2;
mod kits;
mod layers;
mod opening;
mod probe;
mod receipts;
mod run;
mod sample;
mod seal;
mod setup;
mod show;
mod stand_down;
mod status;
mod traces;
mod uses;
mod verify;

pub use allowances::Allowances;
pub use copy::{Copy, OpenerFrom};
pub use doctor::Doctor;
pub use drill::Drill;
pub use opening::PassphraseFrom;
pub use probe::probe;
pub use run::Run;
pub use seal::Seal;
pub use setup::{From, Setup};
pub use show::Show;
pub use status::Status;
pub use verify::Verify;
