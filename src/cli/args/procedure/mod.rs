//! The arguments of the procedure around the vault.

mod guard;
mod init;
mod log;
mod scan;

pub(in crate::cli) use guard::GuardArguments;
pub(in crate::cli) use init::InitArguments;
pub(in crate::cli) use log::LogArguments;
pub(in crate::cli) use scan::ScanArguments;
