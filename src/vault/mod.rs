//! Vaults: sealed bytes, what can be said of them without the passphrase, and opening them.
//!
//! Bytes in, bytes out: no files, no terminal.

mod age;
mod generate;
mod note;
mod openpgp;
mod strength;

use std::fmt;
use std::io::Read;
use std::path::Path;

use secrecy::{ExposeSecret, SecretSlice};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result, VaultError};
use crate::memory::{Passphrase, Region};
use crate::payload::{MAX_DOCUMENT_BYTES, VaultId};

pub use generate::generate_passphrase;
pub use strength::{MIN_GUESSES_LOG10, check_strength, check_typable};

/// Told how far key derivation has come, 0 to 1.
pub type OnProgress<'a> = &'a (dyn Fn(f32) + Sync);

/// A key that was derived from a passphrase, wiped when dropped.
type DerivedKey = SecretSlice<u8>;

/// The two forms that a vault may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// What gpg reads.
    OpenPgp,
    /// What age reads.
    Age,
}

impl Format {
    /// The form that a file of this name is sealed in: age where it ends in `.age`.
    pub fn of_name(path: &Path) -> Format {
        if path.extension().is_some_and(|extension| extension == "age") {
            Format::Age
        } else {
            Format::OpenPgp
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::OpenPgp => "OpenPGP",
            Format::Age => "age",
        })
    }
}

/// What can be known of a vault without its passphrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultFacts {
    /// Its form.
    pub format: Format,
    /// Whether it is text (ASCII armor).
    pub armored: bool,
    /// The cipher's name; nothing where it is encrypted along with the session key.
    pub cipher: Option<&'static str>,
    /// How the key comes from the passphrase.
    pub derivation: Derivation,
    /// Size of the sealed bytes, in bytes, without armor.
    pub bytes: usize,
}

/// Key derivation: OpenPGP's (S2K, RFC 9580, 3.7.1) and age's.
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
    /// scrypt, as age uses it: r is 8, p is 1.
    Scrypt {
        /// N as a power of two.
        work_factor: u8,
    },
}

impl Derivation {
    /// The least count that is not called weak: gpg 2.2 chooses between 10 and 65 million by the
    /// speed of the machine, anything below a million was set by hand.
    const MIN_COUNT: u32 = 1_000_000;

    /// The least work factor that is not called weak: 32 MiB, and, at a tenth of a second, as long as the
    /// largest count takes.
    const MIN_WORK_FACTOR: u8 = 15;

    /// Whether it slows a guesser down by as much as OpenPGP allows, within a factor of 65.
    pub fn is_strong(&self) -> bool {
        match self {
            Derivation::Simple { .. } | Derivation::Salted { .. } => false,
            Derivation::Iterated { count, .. } => *count >= Derivation::MIN_COUNT,
            Derivation::Argon2 { memory } => *memory >= 16 * 1024,
            Derivation::Scrypt { work_factor } => *work_factor >= Derivation::MIN_WORK_FACTOR,
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
            Derivation::Scrypt { work_factor } => {
                write!(f, "scrypt with {} KiB", 1_u64 << work_factor)
            }
        }
    }
}

/// Cipher and key derivation of a message, as [`VaultFacts`] has them.
type Parameters = (Option<&'static str>, Derivation);

/// A vault that has the form of one. Whether it is whole only opening tells.
#[derive(Debug)]
pub struct Vault {
    message: Vec<u8>,
    facts: VaultFacts,
}

/// Sealed bytes without armor, not looked at yet.
struct Unwrapped {
    format: Format,
    message: Vec<u8>,
    armored: bool,
    /// Whether the file holds nothing else.
    alone: bool,
}

impl Unwrapped {
    fn take(bytes: &[u8]) -> Result<Unwrapped> {
        if let Some(unwrapped) = note::find(bytes)? {
            return Ok(unwrapped);
        }
        let format = match bytes {
            file if age::begins(file) => Format::Age,
            file if openpgp::begins(file) => Format::OpenPgp,
            _ => return Err(VaultError::NotAVault.into()),
        };
        Ok(Unwrapped { format, message: bytes.to_vec(), armored: false, alone: true })
    }

    fn inspect(&self) -> Result<VaultFacts> {
        let (cipher, derivation) = match self.format {
            Format::OpenPgp => openpgp::inspect(&self.message)?,
            Format::Age => age::inspect(&self.message)?,
        };
        let (format, armored, bytes) = (self.format, self.armored, self.message.len());
        Ok(VaultFacts { format, armored, cipher, derivation, bytes })
    }
}

impl Vault {
    /// Takes the bytes of a vault file, binary or armored. What notes do to a text is put up with where it
    /// leaves the message as it was.
    ///
    /// Errors: not a message, not encrypted, without integrity protection, with a cipher or key
    /// derivation that is not accepted, with anything behind it, or changed by a note.
    pub fn parse(bytes: &[u8]) -> Result<Vault> {
        let unwrapped = Unwrapped::take(bytes)?;
        let facts = unwrapped.inspect()?;
        Ok(Vault { message: unwrapped.message, facts })
    }

    /// What is known of it.
    pub fn facts(&self) -> &VaultFacts {
        &self.facts
    }

    /// The vault's id: the first 16 hex digits of the SHA-256 of the message without armor, so that
    /// a binary vault and its armored copy have the same one. Not secret.
    pub fn id(&self) -> VaultId {
        VaultId::of_digest(&self.digest())
    }

    /// The SHA-256 of the message without armor, 64 hex digits: what `sha256sum` prints of a binary
    /// vault. Not secret.
    pub fn digest(&self) -> String {
        base16ct::lower::encode_string(&Sha256::digest(&self.message))
    }

    /// The sealed bytes, without armor.
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// The vault as text (ASCII armor).
    pub fn to_armor(&self) -> Result<Vec<u8>> {
        match self.facts.format {
            Format::OpenPgp => openpgp::enarmor(&self.message),
            Format::Age => Ok(note::age_armor(&self.message)),
        }
    }

    /// Opens it: the whole document, authenticated, or nothing. age's key derivation tells no progress.
    ///
    /// Errors: [`VaultError::CannotOpen`] for a wrong passphrase and for any damage alike;
    /// [`VaultError::PlaintextTooLarge`] for more than [`MAX_DOCUMENT_BYTES`].
    pub fn open(&self, passphrase: &Passphrase, progress: OnProgress<'_>) -> Result<Region> {
        match self.facts.format {
            Format::OpenPgp => openpgp::open(&self.message, passphrase, progress),
            Format::Age => age::open(&self.message, passphrase),
        }
    }
}

/// Seals a document with a passphrase. OpenPGP: AES-256, SHA-512 iterated 65,011,712 bytes, MDC. age:
/// scrypt with 256 MiB.
///
/// Errors: no randomness, no memory.
pub fn seal(
    format: Format,
    document: &Region,
    passphrase: &Passphrase,
    armor: bool,
    progress: OnProgress<'_>,
) -> Result<Vec<u8>> {
    match format {
        Format::OpenPgp => openpgp::seal(document, passphrase, armor, progress),
        Format::Age => {
            let file = age::seal(document, passphrase)?;
            Ok(if armor { note::age_armor(&file) } else { file })
        }
    }
}

/// Whether `bytes` are a vault, or an encrypted file that is not opened here, and nothing else: such a file may
/// be replaced by a vault, and be seen by anybody. Text that happens to begin like one, or that has one within,
/// is not.
pub fn is_sealed(bytes: &[u8]) -> bool {
    let Ok(unwrapped) = Unwrapped::take(bytes) else { return false };
    let encrypted = match unwrapped.inspect() {
        Ok(_) => true,
        Err(error) => matches!(
            error,
            Error::Vault(
                VaultError::NoIntegrity
                    | VaultError::GnupgAead
                    | VaultError::NewerOpenPgp
                    | VaultError::NotForPassphrase
                    | VaultError::WeakCipher { .. }
                    | VaultError::AgeForKeys
                    | VaultError::AgeMixed
                    | VaultError::AgeWork
            )
        ),
    };
    encrypted && unwrapped.alone
}

/// Whether `bytes` are a text that holds a vault and something else.
pub fn is_within_text(bytes: &[u8]) -> bool {
    Unwrapped::take(bytes).is_ok_and(|unwrapped| !unwrapped.alone && unwrapped.inspect().is_ok())
}

/// How much of a document is asked for at once, in bytes, since sequoia keeps as much in a buffer.
const STEP_BYTES: usize = 32 * 1024;

/// Reads a document while it is decrypted, into a region; it is expected to be about as long as the message.
///
/// Errors: it cannot be decrypted; more than [`MAX_DOCUMENT_BYTES`].
fn read_document(decrypted: &mut dyn Read, expected: usize) -> Result<Region> {
    let mut document = Region::with_capacity(expected.min(MAX_DOCUMENT_BYTES + 1))?;
    loop {
        document.reserve(1)?;
        let spare = document.spare_mut();
        let step = spare.len().min(STEP_BYTES);
        match decrypted.read(spare.get_mut(..step).unwrap_or_default()) {
            Ok(0) => return Ok(document),
            Ok(count) => document.advance(count),
            Err(_) => return Err(VaultError::CannotOpen.into()),
        }
        if document.len() > MAX_DOCUMENT_BYTES {
            return Err(VaultError::PlaintextTooLarge.into());
        }
    }
}

/// The derived key's bytes, for the one library that encrypts with them.
fn expose(key: &DerivedKey) -> &[u8] {
    key.expose_secret()
}
