//! The OpenPGP form of a vault (RFC 9580): one or more passphrase packets (SKESK v4), then one
//! encrypted container with integrity protection (SEIPD v1), and nothing else.

mod armor;
mod inspect;
mod open;
mod s2k;
mod seal;
mod sha512;

pub(super) use armor::enarmor;
pub(super) use inspect::inspect;
pub(super) use open::open;
pub(super) use seal::seal;

use sequoia_openpgp::parse::{Dearmor, PacketParserBuilder, PacketParserResult, Parse};
use sequoia_openpgp::types::{HashAlgorithm, SymmetricAlgorithm};

/// Whether `bytes` may be a binary message: each packet begins with a byte above 127 (RFC 9580, 4.2).
pub(super) fn begins(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|byte| byte & 0x80 != 0)
}

/// Walks through the packets of a binary message.
fn parser(message: &[u8]) -> sequoia_openpgp::Result<PacketParserResult<'_>> {
    PacketParserBuilder::from_bytes(message)?.dearmor(Dearmor::Disabled).build()
}

/// The most encrypted session keys that are looked at; more only cost time.
const MAX_KEY_PACKETS: usize = 16;

/// The name of a cipher that vaults may use; nothing for any other.
fn accepted(cipher: SymmetricAlgorithm) -> Option<&'static str> {
    match cipher {
        SymmetricAlgorithm::AES128 => Some("AES-128"),
        SymmetricAlgorithm::AES192 => Some("AES-192"),
        SymmetricAlgorithm::AES256 => Some("AES-256"),
        SymmetricAlgorithm::Camellia128 => Some("Camellia-128"),
        SymmetricAlgorithm::Camellia192 => Some("Camellia-192"),
        SymmetricAlgorithm::Camellia256 => Some("Camellia-256"),
        SymmetricAlgorithm::Twofish => Some("Twofish"),
        _ => None,
    }
}

/// The name of a cipher that is refused.
#[expect(deprecated, reason = "ciphers are named in order to refuse them")]
fn refused(cipher: SymmetricAlgorithm) -> &'static str {
    match cipher {
        SymmetricAlgorithm::IDEA => "IDEA",
        SymmetricAlgorithm::TripleDES => "3DES",
        SymmetricAlgorithm::CAST5 => "CAST5",
        SymmetricAlgorithm::Blowfish => "Blowfish",
        SymmetricAlgorithm::Unencrypted => "no cipher at all",
        _ => "an unknown cipher",
    }
}

fn hash_name(hash: HashAlgorithm) -> Option<&'static str> {
    match hash {
        HashAlgorithm::SHA1 => Some("SHA-1"),
        HashAlgorithm::RipeMD => Some("RIPEMD-160"),
        HashAlgorithm::SHA224 => Some("SHA-224"),
        HashAlgorithm::SHA256 => Some("SHA-256"),
        HashAlgorithm::SHA384 => Some("SHA-384"),
        HashAlgorithm::SHA512 => Some("SHA-512"),
        _ => None,
    }
}
