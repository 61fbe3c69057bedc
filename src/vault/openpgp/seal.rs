//! Sealing: what stock gpg 2.2 and 2.4 open.

use std::io::Write;

use sequoia_openpgp::Packet;
use sequoia_openpgp::crypto::{S2K, SessionKey};
use sequoia_openpgp::packet::{SKESK, skesk::SKESK4};
use sequoia_openpgp::serialize::Serialize;
use sequoia_openpgp::serialize::stream::{Armorer, Encryptor, LiteralWriter, Message};
use sequoia_openpgp::types::{DataFormat, HashAlgorithm, SymmetricAlgorithm};

use super::s2k;
use crate::error::{Error, Result};
use crate::memory::{DEEP_STACK, Passphrase, Region, fill_random, on_wiped_stack};
use crate::vault::{OnProgress, expose};

const CIPHER: SymmetricAlgorithm = SymmetricAlgorithm::AES256;

/// The most that the format can say (RFC 9580, 3.7.1.3: octet 255).
const COUNT: u32 = 65_011_712;

/// Encrypts a document, on a wiped stack.
pub(in crate::vault) fn seal(
    document: &Region,
    passphrase: &Passphrase,
    armor: bool,
    progress: OnProgress<'_>,
) -> Result<Vec<u8>> {
    let mut salt = [0; 8];
    fill_random(&mut salt)?;
    let s2k = S2K::Iterated { hash: HashAlgorithm::SHA512, salt, hash_bytes: COUNT };
    on_wiped_stack(DEEP_STACK, || {
        let key = s2k::derive(&s2k, passphrase, 32, progress)?;
        let key = SessionKey::from(expose(&key));
        encrypt(document, s2k.clone(), key, armor).map_err(|_| Error::Internal)
    })?
    .unwrap_or(Err(Error::Internal))
}

/// Passphrase packet, container, uncompressed literal data without name or date.
fn encrypt(
    document: &Region,
    s2k: S2K,
    key: SessionKey,
    armor: bool,
) -> sequoia_openpgp::Result<Vec<u8>> {
    let mut sealed = Vec::with_capacity(document.len() * 3 / 2 + 1024);
    let mut message = Message::new(&mut sealed);
    if armor {
        message = Armorer::new(message).build()?;
    }
    // Without an encrypted session key the derived key is the session key, as gpg --symmetric does it.
    Packet::from(SKESK::from(SKESK4::new(CIPHER, s2k, None)?)).serialize(&mut message)?;
    let message = Encryptor::with_session_key(message, CIPHER, key)?.build()?;
    let mut literal = LiteralWriter::new(message).format(DataFormat::Binary).build()?;
    literal.write_all(document.expose())?;
    literal.finalize()?;
    Ok(sealed)
}
