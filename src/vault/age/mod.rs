//! The age form of a vault (age-encryption.org/v1): a header with one scrypt stanza, then the
//! document in chunks of ChaCha20-Poly1305, and nothing else.

mod inspect;
mod open;
mod seal;

pub(super) use inspect::{begins, inspect};
pub(super) use open::open;
pub(super) use seal::seal;

use secrecy::SecretString;

use crate::error::{Result, VaultError};
use crate::memory::{self, Passphrase};

/// The work factor that is sealed with: scrypt's N is 2^18, which takes 256 MiB and about as long as
/// age itself asks for.
const WORK_FACTOR: u8 = 18;

/// The largest work factor that is opened: 1 GiB, four times the usual work. More would let whoever
/// gives somebody a file take all of a machine's memory.
const MAX_WORK_FACTOR: u8 = 20;

/// Bytes of scrypt's table: 128·r·N, r being 8 in every age file.
fn table_bytes(work_factor: u8) -> usize {
    1024 << work_factor
}

/// What else is taken between the question and the table, generously: a thread's own arena of the allocator
/// is the most of it, 64 MiB of addresses.
const BESIDE_TABLE: usize = 128 << 20;

/// Refuses where the system would not give that much memory: asking for it otherwise ends the program.
fn check_memory(work_factor: u8) -> Result<()> {
    let bytes = table_bytes(work_factor);
    if memory::has_room(bytes + BESIDE_TABLE) {
        Ok(())
    } else {
        Err(VaultError::AgeMemory { mebibytes: bytes >> 20 }.into())
    }
}

/// The passphrase as the library takes it: a copy on the heap, wiped when it is dropped. Nothing where it
/// is not UTF-8, which age's passphrases are.
fn as_text(passphrase: &Passphrase) -> Option<SecretString> {
    str::from_utf8(passphrase.expose()).ok().map(|text| SecretString::from(text.to_owned()))
}
