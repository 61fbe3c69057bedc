//! breakglass: an encrypted emergency copy of production secrets, and the shortest safe way to
//! start production from it while the secrets manager is down.
//!
//! The rooms stand in the order in which data flows; each names only rooms to its left
//! (docs/ARCHITECTURE.md, held by tests/architecture.rs):
//!
//! memory → payload → { files, process, terminal } → { vault, sources, receipt, git }
//! → { records, pm2, scan, kit } → { checks, guard } → commands → cli
//!
//! Libraries leave copies on the heap. The program wipes them by installing
//! [`memory::WipingAllocator`]; whoever uses this library has to do so, too.

pub mod error;

pub mod memory;

pub mod payload;

pub mod files;
pub mod process;
pub mod terminal;

pub mod git;
pub mod receipt;
pub mod sources;
pub mod vault;

pub mod kit;
pub mod pm2;
pub mod records;
pub mod scan;

pub mod checks;
pub mod guard;

pub mod commands;

pub mod cli;
