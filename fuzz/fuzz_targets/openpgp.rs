//! OpenPGP: no bytes make parsing or opening panic, hang or grow, and what opens is the document
//! that was sealed.

#![no_main]

use std::panic::catch_unwind;

use breakglass::vault::{Derivation, Vault, is_sealed};
use breakglass_fuzz::{DOCUMENT, passphrase, quiet_panics, require};
use libfuzzer_sys::{Corpus, fuzz_target};
use sequoia_openpgp::Packet;
use sequoia_openpgp::crypto::S2K;
use sequoia_openpgp::packet::SKESK;
use sequoia_openpgp::parse::{PacketParser, PacketParserResult, Parse};

/// The most bytes that key derivation may hash in one run.
const AFFORDABLE: u64 = 65_536;

fuzz_target!(|bytes: &[u8]| -> Corpus {
    quiet_panics();
    let vault = match Vault::parse(bytes) {
        Ok(vault) => vault,
        Err(error) => {
            let _ = error.to_string();
            return Corpus::Keep;
        }
    };
    require(
        vault.facts().armored || is_sealed(bytes),
        "a vault that may not be replaced by another",
    );
    let Ok(armor) = vault.to_armor() else {
        require(false, "a vault has no text form");
        return Corpus::Reject;
    };
    same_vault(&vault, &armor);
    if !affordable(&vault, &armor) {
        return Corpus::Keep;
    }
    if let Ok(document) = vault.open(passphrase(), &|_| {}) {
        require(document.expose() == DOCUMENT, "something that was not sealed opens");
    }
    Corpus::Keep
});

/// The armored copy is the same vault.
fn same_vault(vault: &Vault, armor: &[u8]) {
    let Ok(copy) = Vault::parse(armor) else {
        return require(false, "the text form cannot be read");
    };
    let (ours, theirs) = (vault.facts(), copy.facts());
    require(vault.id() == copy.id(), "the text form has another id");
    require(theirs.armored, "the text form is not text");
    require(
        (&ours.cipher, &ours.derivation, ours.bytes)
            == (&theirs.cipher, &theirs.derivation, theirs.bytes),
        "the text form has other parameters",
    );
    let _ = (ours.derivation.is_strong(), ours.derivation.to_string());
}

/// Whether opening costs little: the facts name one passphrase packet only, so all of them
/// are looked at.
fn affordable(vault: &Vault, armor: &[u8]) -> bool {
    match vault.facts().derivation {
        Derivation::Iterated { count, .. } if u64::from(count) > AFFORDABLE => return false,
        // age has a target of its own.
        Derivation::Argon2 { .. } | Derivation::Scrypt { .. } => return false,
        _ => {}
    }
    // sequoia panics on some truncations.
    catch_unwind(|| cost(armor)).ok().flatten().is_some_and(|cost| cost <= AFFORDABLE)
}

/// Bytes hashed by all passphrase packets; nothing where one of them is Argon2.
fn cost(message: &[u8]) -> Option<u64> {
    let mut total = 0;
    let mut rest = PacketParser::from_bytes(message).ok()?;
    while let PacketParserResult::Some(parser) = rest {
        let (packet, after) = parser.next().ok()?;
        match packet {
            Packet::SKESK(SKESK::V4(key)) => match key.s2k() {
                S2K::Argon2 { .. } => return None,
                S2K::Iterated { hash_bytes, .. } => total += u64::from(*hash_bytes),
                _ => {}
            },
            Packet::SEIP(_) => break,
            _ => {}
        }
        rest = after;
    }
    Some(total)
}
