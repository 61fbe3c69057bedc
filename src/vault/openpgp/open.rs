//! Opening a message.

use std::io::Read;

use sequoia_openpgp::Packet;
use sequoia_openpgp::crypto::SessionKey;
use sequoia_openpgp::crypto::symmetric::{
    BlockCipherMode, Decryptor as CipherReader, UnpaddingMode,
};
use sequoia_openpgp::packet::{SKESK, skesk::SKESK4};
use sequoia_openpgp::parse::buffered_reader::Memory;
use sequoia_openpgp::parse::{PacketParser, PacketParserResult};
use sequoia_openpgp::types::SymmetricAlgorithm;
use zeroize::Zeroizing;

use super::{accepted, parser, s2k};
use crate::error::{Error, Result, VaultError};
use crate::memory::{DEEP_STACK, Passphrase, Region, on_wiped_stack};
use crate::vault::{OnProgress, expose, read_document};

/// Decrypts a message that [`super::inspect()`] has accepted, on a wiped stack.
///
/// Nothing is handed out before the whole message has been read and is authenticated.
pub(in crate::vault) fn open(
    message: &[u8],
    passphrase: &Passphrase,
    progress: OnProgress<'_>,
) -> Result<Region> {
    // A panic inside sequoia is a damaged file, like any other error it has.
    on_wiped_stack(DEEP_STACK, || decrypt(message, passphrase, progress))?
        .unwrap_or(Err(VaultError::CannotOpen.into()))
}

/// Walks through the packets and into the containers, to the end: passphrase packets, the container,
/// in it perhaps compression and signatures, which nobody here can check, one document, and last the
/// digest of all that was decrypted, the MDC (RFC 9580, 5.13.1).
#[expect(
    deprecated,
    reason = "sequoia's name for a packet that only containers like this one have"
)]
fn decrypt(message: &[u8], passphrase: &Passphrase, progress: OnProgress<'_>) -> Result<Region> {
    let mut keys = Vec::new();
    let mut document = None;
    let mut is_authentic = false;
    let mut rest = parser(message).map_err(|_| VaultError::CannotOpen)?;
    while let PacketParserResult::Some(mut packet) = rest {
        match &packet.packet {
            Packet::SEIP(_) if packet.recursion_depth() == 0 => {
                unlock(&mut packet, &keys, passphrase, progress)?;
            }
            Packet::Literal(_) if document.is_none() => {
                document = Some(read_document(&mut packet, message.len())?);
            }
            // A second document, or a second container in the first, is no vault.
            Packet::Literal(_) | Packet::SEIP(_) => return Err(VaultError::CannotOpen.into()),
            _ => {}
        }
        let (seen, after) = packet.recurse().map_err(|_| VaultError::CannotOpen)?;
        match seen {
            Packet::SKESK(SKESK::V4(key)) => keys.push(key),
            Packet::MDC(mdc) => is_authentic = mdc.valid(),
            _ => {}
        }
        rest = after;
    }
    // sequoia's grammar of a message: nothing is missing, twice, or at another place (RFC 9580, 10.3).
    let PacketParserResult::EOF(end) = rest else { return Err(VaultError::CannotOpen.into()) };
    match document {
        Some(document) if is_authentic && end.is_message().is_ok() => Ok(document),
        _ => Err(VaultError::CannotOpen.into()),
    }
}

/// Begins to decrypt the container, with the first key that the passphrase gives and that fits.
fn unlock(
    container: &mut PacketParser<'_>,
    keys: &[SKESK4],
    passphrase: &Passphrase,
    progress: OnProgress<'_>,
) -> Result<()> {
    // An error of ours says more than that no key fits.
    let mut failure = Error::Vault(VaultError::CannotOpen);
    for packet in keys {
        match session_key(packet, passphrase, progress) {
            Ok(Some((cipher, key))) if container.decrypt(cipher, &key).is_ok() => return Ok(()),
            Ok(_) => {}
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// Cipher and session key that one passphrase packet gives; nothing where it cannot be the one.
fn session_key(
    packet: &SKESK4,
    passphrase: &Passphrase,
    progress: OnProgress<'_>,
) -> Result<Option<(SymmetricAlgorithm, SessionKey)>> {
    let cipher = packet.symmetric_algo();
    let size = cipher.key_size().map_err(|_| VaultError::CannotOpen)?;
    let key = s2k::derive(packet.s2k(), passphrase, size, progress)?;
    let key = SessionKey::from(expose(&key));
    match packet.esk().map_err(|_| VaultError::CannotOpen)? {
        None => Ok(Some((cipher, key))),
        Some(encrypted) => Ok(unwrap(cipher, &key, encrypted)),
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
