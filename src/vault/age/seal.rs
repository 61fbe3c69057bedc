//! Sealing: what stock age opens.

use std::io::Write;
use std::iter::once;

use age::scrypt::Recipient;
use age::{Encryptor, Recipient as AnyRecipient};

use super::{WORK_FACTOR, as_text, check_memory};
use crate::error::{Error, PassphraseError, Result};
use crate::memory::{DEEP_STACK, Passphrase, Region, on_wiped_stack};

/// Encrypts a document, on a wiped stack. The passphrase must be UTF-8.
///
/// Errors: no randomness, no memory.
pub(in crate::vault) fn seal(document: &Region, passphrase: &Passphrase) -> Result<Vec<u8>> {
    check_memory(WORK_FACTOR)?;
    on_wiped_stack(DEEP_STACK, || encrypt(document, passphrase))?.unwrap_or(Err(Error::Internal))
}

fn encrypt(document: &Region, passphrase: &Passphrase) -> Result<Vec<u8>> {
    let mut recipient = Recipient::new(as_text(passphrase).ok_or(PassphraseError::Untypable)?);
    recipient.set_work_factor(WORK_FACTOR);
    let encryptor = Encryptor::with_recipients(once(&recipient as &dyn AnyRecipient))
        .map_err(|_| Error::Internal)?;
    drop(recipient);
    let mut sealed = Vec::with_capacity(document.len() + document.len() / 1024 + 1024);
    let written = encryptor.wrap_output(&mut sealed).and_then(|mut writer| {
        writer.write_all(document.expose())?;
        writer.finish()
    });
    written.map_err(|_| Error::Internal)?;
    Ok(sealed)
}
