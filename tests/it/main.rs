//! The program as its users meet it: the real binary beside real gpg, shells, node and others.

#![allow(
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

mod canary;
mod help;
mod hostile;
mod smoke;
mod tamper;
