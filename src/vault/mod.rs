//! Vaults: sealed bytes, what can be said of them without the passphrase, and opening them.
//!
//! Bytes in, bytes out: no files, no terminal.

mod generate;
mod openpgp;
mod strength;

use std::fmt;

use secrecy::{ExposeSecret, SecretSlice};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::memory::{self, Passphrase, Region};

pub use generate::generate_passphrase;
pub use strength::{MIN_GUESSES_LOG10, check_strength, check_typable};

/// Told how far key derivation has come, 0 to 1.
pub type OnProgress<'a> = &'a (dyn Fn(f32) + Sync);

/// A key that was derived from a passphrase, wiped when dropped.
type DerivedKey = SecretSlice<u8>;

/// What can be known of a vault without its passphrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Whether it is text (ASCII armor).
    pub armored: bool,
    /// The cipher, as OpenPGP names it; nothing where it is encrypted along with the session key.
    pub cipher: Option<&'static str>,
    /// How the key comes from the passphrase.
    pub derivation: Derivation,
    /// Size of the sealed bytes, in bytes, without armor.
    pub bytes: usize,
}

/// Key derivation (S2K, RFC 9580, 3.7.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Derivation {
    /// One hash over the passphrase alone.
    Simple {
        /// The hash's name.
        hash: &'static str,
    },
    /// One hash over salt and passphrase.
    Salted {
        /// The hash's name.
        hash: &'static str,
    },
    /// Salt and passphrase hashed over and over.
    Iterated {
        /// The hash's name.
        hash: &'static str,
        /// Bytes hashed.
        count: u32,
    },
    /// Argon2id.
    Argon2 {
        /// Memory in KiB.
        memory: u32,
    },
}

impl Derivation {
    /// The least count that is not called weak: gpg 2.2 chooses between 10 and 65 million by the
    /// speed of the machine, anything below a million was set by hand.
    const MIN_COUNT: u32 = 1_000_000;

    /// Whether it slows a guesser down by as much as the format allows, within a factor of 65.
    pub fn is_strong(&self) -> bool {
        match self {
            Derivation::Simple { .. } | Derivation::Salted { .. } => false,
            Derivation::Iterated { count, .. } => *count >= Derivation::MIN_COUNT,
            Derivation::Argon2 { memory } => *memory >= 16 * 1024,
        }
    }
}

impl fmt::Display for Derivation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Derivation::Simple { hash } => write!(f, "{hash} once, without salt"),
            Derivation::Salted { hash } => write!(f, "salted {hash} once"),
            Derivation::Iterated { hash, count } => write!(f, "iterated {hash} over {count} bytes"),
            Derivation::Argon2 { memory } => write!(f, "Argon2id with {memory} KiB"),
        }
    }
}

/// A vault that has the form of one. Whether it is whole only opening tells.
#[derive(Debug)]
pub struct Vault {
    message: Vec<u8>,
    facts: Facts,
}

impl Vault {
    /// Takes the bytes of a vault file, binary or armored.
    ///
    /// Errors: not a message, not encrypted, without integrity protection, with a cipher or key
    /// derivation that is not accepted, or with anything behind it.
    pub fn parse(bytes: &[u8]) -> Result<Vault> {
        if is_age(bytes) {
            return Err(Error::AgeVault);
        }
        let (message, armored) = match openpgp::dearmor(bytes)? {
            Some(message) => (message, true),
            None => (bytes.to_vec(), false),
        };
        let (cipher, derivation) = openpgp::inspect(&message)?;
        let facts = Facts { armored, cipher, derivation, bytes: message.len() };
        Ok(Vault { message, facts })
    }

    /// What is known of it.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The vault's id: the first 16 hex digits of the SHA-256 of the message without armor, so that
    /// a binary vault and its armored copy have the same one. Not secret.
    pub fn id(&self) -> String {
        self.digest().get(..16).unwrap_or_default().to_owned()
    }

    /// The SHA-256 of the message without armor, 64 hex digits: what `sha256sum` prints of a binary
    /// vault. Not secret.
    pub fn digest(&self) -> String {
        Sha256::digest(&self.message).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The sealed bytes, without armor.
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// The vault as text (ASCII armor).
    pub fn to_armor(&self) -> Result<Vec<u8>> {
        openpgp::enarmor(&self.message)
    }

    /// Opens it: the whole document, authenticated, or nothing.
    ///
    /// Errors: [`Error::CannotOpen`] for a wrong passphrase and for any damage alike;
    /// [`Error::PlaintextTooLarge`] for more than [`crate::payload::MAX_DOCUMENT_BYTES`].
    pub fn open(&self, passphrase: &Passphrase, progress: OnProgress<'_>) -> Result<Region> {
        openpgp::open(&self.message, passphrase, progress)
    }
}

/// Seals a document with a passphrase: AES-256, SHA-512 iterated 65,011,712 bytes, MDC.
///
/// Errors: no randomness, no memory.
pub fn seal(
    document: &Region,
    passphrase: &Passphrase,
    armor: bool,
    progress: OnProgress<'_>,
) -> Result<Vec<u8>> {
    openpgp::seal(document, passphrase, armor, progress)
}

/// Whether a file that holds `bytes` may be replaced by a vault: it is one, or an encrypted file
/// that is not opened here. Text that happens to begin like one, or that has one within, is not.
pub fn may_be_replaced(bytes: &[u8]) -> bool {
    let encrypted = match Vault::parse(bytes) {
        Ok(_) => true,
        Err(error) => matches!(
            error,
            Error::AgeVault
                | Error::NoIntegrity
                | Error::GnupgAead
                | Error::NewerOpenPgp
                | Error::NotForPassphrase
                | Error::WeakCipher { .. }
        ),
    };
    encrypted && (is_age(bytes) || openpgp::is_nothing_else(bytes))
}

/// The two beginnings of an age file (age-encryption.org/v1).
fn is_age(bytes: &[u8]) -> bool {
    bytes.starts_with(b"age-encryption.org/v1\n")
        || bytes.trim_ascii_start().starts_with(b"-----BEGIN AGE ENCRYPTED FILE-----")
}

/// 32 random bytes in hex.
///
/// Errors: the system's random number generator does not answer.
pub fn random_hex() -> Result<String> {
    let mut bytes = [0; 32];
    memory::fill_random(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The derived key's bytes, for the one library that encrypts with them.
fn expose(key: &DerivedKey) -> &[u8] {
    key.expose_secret()
}
