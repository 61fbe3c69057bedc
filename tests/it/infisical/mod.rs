//! Infisical as a source: a stand-in server on the loopback, which answers as real ones of the old
//! and the new generation do, and the program against it.

mod client;
mod faults;
mod http;
mod model;
mod recorded;
mod routes;
mod sending;
mod server;
mod tls;
