//! Processes: how this one was started, what a child's environment is, and starting it.
//!
//! `std::process::Command` is not used: it copies every value to the heap and the stack. Here the
//! kernel reads the strings from the region they were decrypted into.

#![expect(
    unsafe_code,
    reason = "this process' own environment and signal dispositions have no safe interface"
)]

mod argv;
mod descriptors;
mod environment;
mod exec;
mod marker;
mod own;
mod passing;
mod peer;
mod relay;
mod signals;
mod spawn;
mod table;

pub use argv::Argv;
pub use descriptors::{close_all_on_exec, duplicate_descriptor, give_null_as_stdin};
pub use environment::{Addition, Base, Environment};
pub use exec::{exec, find};
pub use marker::Marker;
pub use own::{OwnEnvironment, take_variable};
pub use peer::peer_of;
pub use signals::{
    HeldSignal, Termination, end_by, ignore_signals_of_writes, is_ending_held, stop,
};
pub use spawn::{Child, Exit, Output, spawn};
pub use table::{Process, boot_id, process, processes};
