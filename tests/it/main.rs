//! The program as its users meet it: the real binary beside real gpg, shells, node and others.

#![allow(
    unsafe_code,
    clippy::multiple_unsafe_ops_per_block,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests fail by panicking, and start the program as anybody would"
)]
#![allow(unreachable_pub, missing_docs, dead_code, reason = "a test crate has no interface")]

mod support;

mod age;
#[cfg(target_os = "linux")]
mod checklist;
#[cfg(all(target_os = "linux", target_env = "gnu", feature = "infisical"))]
mod docs;
mod documented_options;
mod dotenv;
mod environment;
mod faults;
mod git;
mod guard;
mod hand_made;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod hardening;
mod help;
mod hook;
mod hostile_files;
#[cfg(feature = "infisical")]
mod infisical;
mod init;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod json;
mod kit;
mod kit_faults;
mod kit_replacing;
mod kit_support;
mod kit_text;
mod kit_verify;
mod leaks;
mod log;
#[cfg(target_os = "linux")]
mod machine;
#[cfg(feature = "prepare")]
mod manuals;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod memory;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod memory_age;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod memory_kit;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod memory_scan;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod opener;
#[cfg(target_os = "linux")]
mod pm2;
#[cfg(target_os = "linux")]
mod procedure;
mod prompt;
mod regressions;
mod reseal;
mod reseal_faults;
mod roundtrip;
mod run;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod scan;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod scan_git;
mod seal_writing;
mod sentences;
mod smoke;
#[cfg(target_os = "linux")]
mod status;
mod tamper;
mod terminal;
mod terminal_output;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod tracer;
mod vault_as_text;
mod vectors;
