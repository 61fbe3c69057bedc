//! Opening a message.

use std::io::Read;

use sequoia_openpgp::crypto::SessionKey;
use sequoia_openpgp::crypto::symmetric::{
    BlockCipherMode, Decryptor as CipherReader, UnpaddingMode,
};
use sequoia_openpgp::packet::{PKESK, SKESK, skesk::SKESK4};
use sequoia_openpgp::parse::Parse;
use sequoia_openpgp::parse::buffered_reader::Memory;
use sequoia_openpgp::parse::stream::{
    DecryptionHelper, DecryptorBuilder, MessageLayer, MessageStructure, VerificationHelper,
};
use sequoia_openpgp::policy::StandardPolicy;
use sequoia_openpgp::types::SymmetricAlgorithm;
use sequoia_openpgp::{Cert, KeyHandle};
use zeroize::Zeroizing;

use super::{accepted, s2k};
use crate::error::{Error, Result};
use crate::memory::{DEEP_STACK, Passphrase, Region, on_wiped_stack};
use crate::payload::MAX_DOCUMENT_BYTES;
use crate::vault::{OnProgress, expose};

/// Decrypts a message that [`super::inspect()`] has accepted, on a wiped stack.
///
/// Nothing is handed out before the whole message is authenticated: the buffer is larger than the
/// largest document, and the message must have ended within it.
pub(in crate::vault) fn open(
    message: &[u8],
    passphrase: &Passphrase,
    progress: OnProgress<'_>,
) -> Result<Region> {
    // A panic inside sequoia is a damaged file, like any other error it has.
    on_wiped_stack(DEEP_STACK, || decrypt(message, passphrase, progress))?
        .unwrap_or(Err(Error::CannotOpen))
}

fn decrypt(message: &[u8], passphrase: &Passphrase, progress: OnProgress<'_>) -> Result<Region> {
    let policy = StandardPolicy::new();
    let helper = Helper { passphrase, progress, failure: None };
    let mut decryptor = DecryptorBuilder::from_bytes(message)
        .map_err(|_| Error::CannotOpen)?
        .buffer_size(MAX_DOCUMENT_BYTES + 1)
        .with_policy(&policy, None, helper)
        .map_err(|error| error.downcast::<Error>().unwrap_or(Error::CannotOpen))?;
    if !decryptor.message_processed() {
        return Err(Error::PlaintextTooLarge);
    }
    let mut plaintext = Region::with_capacity(message.len())?;
    loop {
        plaintext.reserve(1)?;
        match decryptor.read(plaintext.spare_mut()) {
            Ok(0) => return Ok(plaintext),
            Ok(count) => plaintext.advance(count),
            Err(_) => return Err(Error::CannotOpen),
        }
        if plaintext.len() > MAX_DOCUMENT_BYTES {
            return Err(Error::PlaintextTooLarge);
        }
    }
}

/// Answers sequoia's questions while it decrypts.
struct Helper<'a> {
    passphrase: &'a Passphrase,
    progress: OnProgress<'a>,
    /// An error of ours that says more than that no key fits.
    failure: Option<Error>,
}

impl Helper<'_> {
    /// Cipher and session key that one passphrase packet gives; nothing where it cannot be the one.
    fn session_key(&self, packet: &SKESK4) -> Result<Option<(SymmetricAlgorithm, SessionKey)>> {
        let cipher = packet.symmetric_algo();
        let size = cipher.key_size().map_err(|_| Error::CannotOpen)?;
        let key = s2k::derive(packet.s2k(), self.passphrase, size, self.progress)?;
        let key = SessionKey::from(expose(&key));
        match packet.esk().map_err(|_| Error::CannotOpen)? {
            None => Ok(Some((cipher, key))),
            Some(encrypted) => Ok(unwrap(cipher, &key, encrypted)),
        }
    }
}

/// Decrypts a session key: CFB with an IV of zeros, the cipher's number before it (RFC 9580, 5.3.1).
fn unwrap(
    cipher: SymmetricAlgorithm,
    key: &SessionKey,
    encrypted: &[u8],
) -> Option<(SymmetricAlgorithm, SessionKey)> {
    let source = Memory::with_cookie(encrypted, Default::default());
    let mut reader =
        CipherReader::new(cipher, BlockCipherMode::CFB, UnpaddingMode::None, key, None, source)
            .ok()?;
    let mut plain = Zeroizing::new(vec![0; encrypted.len()]);
    reader.read_exact(&mut plain).ok()?;
    let (number, key) = plain.split_first()?;
    let inner = SymmetricAlgorithm::from(*number);
    accepted(inner)?;
    (inner.key_size().ok()? == key.len()).then(|| (inner, SessionKey::from(key)))
}

impl DecryptionHelper for Helper<'_> {
    fn decrypt(
        &mut self,
        _: &[PKESK],
        packets: &[SKESK],
        _: Option<SymmetricAlgorithm>,
        attempt: &mut dyn FnMut(Option<SymmetricAlgorithm>, &SessionKey) -> bool,
    ) -> sequoia_openpgp::Result<Option<Cert>> {
        for packet in packets {
            let SKESK::V4(packet) = packet else { continue };
            match self.session_key(packet) {
                Ok(Some((cipher, key))) if attempt(Some(cipher), &key) => return Ok(None),
                Ok(_) => {}
                Err(error) => self.failure = Some(error),
            }
        }
        Err(self.failure.take().unwrap_or(Error::CannotOpen).into())
    }
}

impl VerificationHelper for Helper<'_> {
    fn get_certs(&mut self, _: &[KeyHandle]) -> sequoia_openpgp::Result<Vec<Cert>> {
        Ok(Vec::new())
    }

    /// sequoia also reports success for a message that is not encrypted at all.
    fn check(&mut self, structure: MessageStructure<'_>) -> sequoia_openpgp::Result<()> {
        match structure.iter().next() {
            Some(MessageLayer::Encryption { .. }) => Ok(()),
            _ => Err(Error::NotEncrypted.into()),
        }
    }
}
