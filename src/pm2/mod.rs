//! PM2: recognising it in a command, keeping it from writing secrets down, and seeing what it holds.
//!
//! What is built against is PM2 as it was measured (5.4.3, 6.0.14, 7.0.4); docs/OUTAGE.md has the
//! table. Nothing is ever downloaded or installed for it.

mod again;
mod apps;
mod command;
mod config;
mod daemon;
mod guards;
mod home;
mod limits;
mod words;

pub use apps::{App, app_name};
pub use command::{Invocation, Role};
pub use daemon::Daemon;
pub use guards::{ALONE, guards};
pub use home::Home;
pub use limits::Fit;
