//! Infisical as a source: a stand-in server on the loopback, which answers as real ones of the old
//! and the new generation do, and the program against it.

// The server.
mod faults;
mod http;
pub mod model;
mod routes;
mod sending;
pub mod server;
mod tls;

// What it answers.
mod client;
mod recorded;

// The program against it.
mod broken;
mod configured;
mod contents;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod memory;
#[cfg(target_os = "linux")]
mod outage;
mod refusals;
mod sealing;
mod settings;
pub mod trial;
mod verify_receipt;
