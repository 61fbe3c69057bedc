//! Looking at the packets of a message from outside.

use std::panic::catch_unwind;

use sequoia_openpgp::crypto::S2K;
use sequoia_openpgp::packet::{SEIP, SKESK, Tag};
use sequoia_openpgp::parse::PacketParserResult;
use sequoia_openpgp::{Packet, packet::skesk::SKESK4};

use super::{MAX_KEY_PACKETS, accepted, hash_name, parser, refused};
use crate::error::{Error, Result, VaultError};
use crate::vault::{Derivation, Parameters};

/// What stands before the container.
#[derive(Default)]
struct KeyPackets {
    passphrases: Vec<SKESK4>,
    for_keys: usize,
    newer: usize,
}

/// Checks that `message` is passphrase packets and one container with integrity protection and
/// nothing behind it, all of accepted kinds; says which.
///
/// Errors: the first thing that is not so.
pub(in crate::vault) fn inspect(message: &[u8]) -> Result<Parameters> {
    // sequoia panics on some truncations; what it would say is of no use to anybody.
    catch_unwind(|| walk(message)).unwrap_or(Err(VaultError::Damaged.into()))
}

fn walk(message: &[u8]) -> Result<Parameters> {
    let mut keys = KeyPackets::default();
    let mut rest = parser(message).map_err(|_| VaultError::NotAVault)?;
    if matches!(rest, PacketParserResult::EOF(_)) {
        return Err(VaultError::NotAVault.into());
    }
    loop {
        let PacketParserResult::Some(parser) = rest else { return Err(VaultError::Damaged.into()) };
        let begun = matches!(parser.packet.tag(), Tag::SKESK | Tag::PKESK | Tag::SEIP);
        let broken = if begun {
            Error::Vault(VaultError::Damaged)
        } else {
            Error::Vault(VaultError::NotAVault)
        };
        let (packet, after) = parser.next().map_err(|_| broken)?;
        rest = after;
        match packet {
            Packet::SKESK(SKESK::V4(key)) => keys.passphrases.push(key),
            Packet::SKESK(_) => keys.newer += 1,
            Packet::PKESK(_) => keys.for_keys += 1,
            Packet::SEIP(SEIP::V1(_)) => break,
            Packet::SEIP(_) => return Err(VaultError::NewerOpenPgp.into()),
            Packet::Literal(_)
            | Packet::CompressedData(_)
            | Packet::OnePassSig(_)
            | Packet::Signature(_) => return Err(VaultError::NotEncrypted.into()),
            Packet::Unknown(unknown) => match unknown.tag() {
                // gpg writes SKESK version 5 before its own AEAD packet.
                Tag::SKESK => keys.newer += 1,
                Tag::PKESK => keys.for_keys += 1,
                Tag::SED => return Err(VaultError::NoIntegrity.into()),
                Tag::AED => return Err(VaultError::GnupgAead.into()),
                _ => return Err(VaultError::NotAVault.into()),
            },
            _ => return Err(VaultError::NotAVault.into()),
        }
        if keys.passphrases.len() + keys.for_keys + keys.newer > MAX_KEY_PACKETS {
            return Err(VaultError::TooManyKeyPackets.into());
        }
    }
    match rest {
        PacketParserResult::EOF(_) => judge(&keys),
        PacketParserResult::Some(second) => Err(match second.packet.tag() {
            Tag::SKESK
            | Tag::PKESK
            | Tag::SEIP
            | Tag::SED
            | Tag::AED
            | Tag::Literal
            | Tag::CompressedData => VaultError::SecondMessage.into(),
            _ => VaultError::TrailingData.into(),
        }),
    }
}

/// The parameters of the weakest passphrase packet, for any of them opens the vault; all of them
/// must be acceptable.
fn judge(keys: &KeyPackets) -> Result<Parameters> {
    let parameters: Vec<Parameters> =
        keys.passphrases.iter().map(parameters).collect::<Result<_>>()?;
    match parameters.into_iter().min_by_key(|(_, derivation)| derivation.is_strong()) {
        Some(weakest) => Ok(weakest),
        None if keys.newer > 0 => Err(VaultError::NewerOpenPgp.into()),
        None => Err(VaultError::NotForPassphrase.into()),
    }
}

fn parameters(key: &SKESK4) -> Result<Parameters> {
    let cipher = accepted(key.symmetric_algo())
        .ok_or(VaultError::WeakCipher { cipher: refused(key.symmetric_algo()) })?;
    let inner = key.esk().map_err(|_| VaultError::KeyDerivation)?.is_some();
    let name = |hash| hash_name(hash).ok_or(Error::Vault(VaultError::KeyDerivation));
    #[expect(deprecated, reason = "files of other programs use the older modes")]
    let derivation = match key.s2k() {
        S2K::Simple { hash } => Derivation::Simple { hash: name(*hash)? },
        S2K::Salted { hash, .. } => Derivation::Salted { hash: name(*hash)? },
        S2K::Iterated { hash, hash_bytes, .. } => {
            Derivation::Iterated { hash: name(*hash)?, count: *hash_bytes }
        }
        S2K::Argon2 { t, p, m, .. } => Derivation::Argon2 { memory: argon2_memory(*t, *p, *m)? },
        _ => return Err(VaultError::KeyDerivation.into()),
    };
    // With an encrypted session key, the cipher of the payload is inside it.
    Ok((if inner { None } else { Some(cipher) }, derivation))
}

/// The memory in KiB that Argon2 asks for, where that and its passes are within reason: 256 MiB,
/// as much as age's scrypt takes.
fn argon2_memory(passes: u8, lanes: u8, exponent: u8) -> Result<u32> {
    if passes <= 10 && lanes <= 16 && exponent <= 18 {
        Ok(1 << exponent)
    } else {
        Err(VaultError::KeyDerivation.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A passphrase packet that hashes as often as `count`, an octet, says (RFC 9580, 3.7.1.3).
    fn key_packet(count: u8) -> Vec<u8> {
        [&[0xC3, 13, 4, 9, 3, 8][..], b"fakesalt", &[count]].concat()
    }

    #[test]
    fn the_weakest_of_several_passphrase_packets_is_reported() {
        let container = [&[0xD2, 41, 1][..], &[0; 40]].concat();
        for packets in [[key_packet(0xFF), key_packet(0)], [key_packet(0), key_packet(0xFF)]] {
            let message = [&packets.concat()[..], &container].concat();
            let (_, derivation) = inspect(&message).expect("a vault");
            assert!(!derivation.is_strong(), "{derivation}");
        }
    }
}
