//! Opening an age file.

use std::iter::once;

use age::scrypt::Identity;
use age::{Decryptor, Identity as AnyIdentity};

use super::{MAX_WORK_FACTOR, as_text, check_memory, inspect};
use crate::error::{Result, VaultError};
use crate::memory::{DEEP_STACK, Passphrase, Region, on_wiped_stack};
use crate::vault::{Derivation, read_document};

/// Decrypts a file that [`super::inspect()`] has accepted, on a wiped stack. scrypt's table is on the heap,
/// too large to be locked; the allocator wipes it.
///
/// Nothing is handed out before the last chunk is authenticated as the last one.
pub(in crate::vault) fn open(file: &[u8], passphrase: &Passphrase) -> Result<Region> {
    if let (_, Derivation::Scrypt { work_factor }) = inspect(file)? {
        check_memory(work_factor)?;
    }
    // A panic inside the library is a damaged file, like any other error it has.
    on_wiped_stack(DEEP_STACK, || decrypt(file, passphrase))?
        .unwrap_or(Err(VaultError::CannotOpen.into()))
}

fn decrypt(file: &[u8], passphrase: &Passphrase) -> Result<Region> {
    let mut identity = Identity::new(as_text(passphrase).ok_or(VaultError::CannotOpen)?);
    identity.set_max_work_factor(MAX_WORK_FACTOR);
    let decryptor = Decryptor::new_buffered(file).map_err(|_| VaultError::CannotOpen)?;
    let mut reader = decryptor
        .decrypt(once(&identity as &dyn AnyIdentity))
        .map_err(|_| VaultError::CannotOpen)?;
    drop(identity);
    read_document(&mut reader, file.len())
}
