//! What several commands have in common.

pub(super) mod by_receipt;
pub(super) mod copies;
pub(super) mod kits;
pub(super) mod layers;
pub(super) mod new_passphrase;
pub(super) mod opening;
pub(super) mod procedure;
pub(super) mod receipts;
pub(super) mod replacing;
pub(super) mod setup;
pub(super) mod shell;
pub(super) mod uses;
pub(super) mod usual;
pub(super) mod warnings;
