//! `run` with the real PM2, 7.0.4, which tests/run installs: each test has a daemon of its own.

// The place with its daemon and apps.
mod app;
mod place;

// What `run` does with it.
mod disk;
mod forms;
mod hanging;
mod limits;
mod refused;
mod restart;
mod runtime;
mod start;
