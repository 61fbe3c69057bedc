//! What several commands have in common.

pub(super) mod new_passphrase;
pub(super) mod opening;
pub(super) mod receipts;
pub(super) mod replacing;
pub(super) mod setup;
pub(super) mod shell;
pub(super) mod usual;
pub(super) mod warnings;
