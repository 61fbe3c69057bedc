//! From passphrase to key (S2K, RFC 9580, 3.7.1), with hash functions that use the processor's
//! own instructions: sequoia's SHA-1, made to detect collisions, takes four times as long. SHA-512,
//! which vaults of ours use, has no such instructions here and goes its own way.

use secrecy::ExposeSecretMut;
use sequoia_openpgp::crypto::{Password, S2K};
use sequoia_openpgp::types::HashAlgorithm;
use sha1::Sha1;
use sha2::digest::Output;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use super::sha512::{PROGRESS_BYTES, digest_repeated};
use crate::error::{Error, Result, VaultError};
use crate::memory::{Passphrase, Region, SHALLOW_STACK, on_wiped_stack};
use crate::vault::{DerivedKey, OnProgress, expose};

/// Bytes given to the hash in one call, at most where salt and passphrase are not longer: one page of
/// secret memory, which is dear, holds them many times over.
const BLOCK_BYTES: usize = 4 * 1024;

/// Derives a key of `size` bytes. To be called on a wiped stack.
///
/// Errors: a hash or mode that is not accepted, or no memory.
pub(super) fn derive(
    s2k: &S2K,
    passphrase: &Passphrase,
    size: usize,
    progress: OnProgress<'_>,
) -> Result<DerivedKey> {
    #[expect(deprecated, reason = "files of other programs use the older modes")]
    let (hash, salt, count): (_, &[u8], _) = match s2k {
        S2K::Simple { hash } => (*hash, &[], 0),
        S2K::Salted { hash, salt } => (*hash, salt, 0),
        S2K::Iterated { hash, salt, hash_bytes } => {
            (*hash, salt, usize::try_from(*hash_bytes).unwrap_or(0))
        }
        _ => return by_sequoia(s2k, passphrase, size),
    };
    let input = Input::new(salt, passphrase, count)?;
    match hash {
        HashAlgorithm::SHA1 => contexts::<Sha1>(&input, size, progress),
        HashAlgorithm::SHA224 => contexts::<Sha224>(&input, size, progress),
        HashAlgorithm::SHA256 => contexts::<Sha256>(&input, size, progress),
        HashAlgorithm::SHA384 => contexts::<Sha384>(&input, size, progress),
        HashAlgorithm::SHA512 => by_schedules(&input, size, progress)
            .map_or_else(|| contexts::<Sha512>(&input, size, progress), Ok),
        _ => by_sequoia(s2k, passphrase, size),
    }
}

/// What is hashed: `block` over and over, `total` bytes in all. The first `unit` bytes are salt and
/// passphrase.
struct Input {
    block: Region,
    unit: usize,
    total: usize,
}

impl Input {
    fn new(salt: &[u8], passphrase: &Passphrase, count: usize) -> Result<Input> {
        let unit = salt.len() + passphrase.expose().len();
        // Salt and passphrase are hashed once in full, however small the count.
        let total = count.max(unit);
        let repeats = if count > unit { (BLOCK_BYTES / unit).max(1) } else { 1 };
        let mut block = Region::with_capacity(unit * repeats)?;
        for _ in 0..repeats {
            block.extend(salt)?;
            block.extend(passphrase.expose())?;
        }
        Ok(Input { block, unit, total })
    }

    /// Runs one context, preloaded with `zeros` zero bytes.
    fn digest<D: Digest>(&self, zeros: usize, progress: OnProgress<'_>) -> Output<D> {
        let mut hash = D::new();
        hash.update(vec![0; zeros]);
        let mut left = self.total;
        let mut told = left;
        while left > 0 {
            let block = self.block.expose();
            let piece = block.get(..left.min(block.len())).unwrap_or_default();
            hash.update(piece);
            left -= piece.len();
            if told - left >= PROGRESS_BYTES {
                told = left;
                progress((self.total - left) as f32 / self.total as f32);
            }
        }
        hash.finalize()
    }
}

/// SHA-512 in less time than `sha2` takes, where it can be had.
fn by_schedules(input: &Input, size: usize, progress: OnProgress<'_>) -> Option<DerivedKey> {
    let text = input.block.expose().get(..input.unit)?;
    let told = |done| progress(done as f32 / input.total as f32);
    let digest = digest_repeated(text, input.total, told)?;
    Some(DerivedKey::from(digest.get(..size)?.to_vec()))
}

/// A key longer than a digest takes a second context; the two are independent and run side by side.
fn contexts<D: Digest>(input: &Input, size: usize, progress: OnProgress<'_>) -> Result<DerivedKey> {
    let first_size = <D as Digest>::output_size().min(size);
    let mut key = DerivedKey::from(vec![0; size]);
    let (first, second) = key.expose_secret_mut().split_at_mut(first_size);
    if second.is_empty() {
        fill(first, &input.digest::<D>(0, progress));
        return Ok(key);
    }
    if second.len() > <D as Digest>::output_size() {
        return Err(VaultError::KeyDerivation.into());
    }
    let second_context = || -> Result<DerivedKey> {
        let rest = on_wiped_stack(SHALLOW_STACK, || input.digest::<D>(1, &|_| {}).to_vec());
        Ok(DerivedKey::from(rest?.map_err(|_| Error::Internal)?))
    };
    let rest = std::thread::scope(|scope| {
        let aside = std::thread::Builder::new().spawn_scoped(scope, second_context);
        fill(first, &input.digest::<D>(0, progress));
        match aside {
            Ok(aside) => aside.join().map_err(|_| Error::Internal)?,
            // No thread is to be had, and an outage is no time to insist: one after the other.
            Err(_) => Ok(DerivedKey::from(input.digest::<D>(1, &|_| {}).to_vec())),
        }
    })?;
    fill(second, expose(&rest));
    Ok(key)
}

/// Copies as much of a digest as the key has room for.
fn fill(key: &mut [u8], digest: &[u8]) {
    for (place, byte) in key.iter_mut().zip(digest) {
        *place = *byte;
    }
}

/// RIPEMD-160 and Argon2, which no vault of ours uses.
fn by_sequoia(s2k: &S2K, passphrase: &Passphrase, size: usize) -> Result<DerivedKey> {
    let password = Password::from(passphrase.expose());
    let key = s2k.derive_key(&password, size).map_err(|_| VaultError::KeyDerivation)?;
    Ok(DerivedKey::from(key.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn agrees_with_sequoia() {
        let salt = *b"8 bytes.";
        for text in ["x", "correct horse battery staple 42", &"long ".repeat(200)] {
            let passphrase =
                Passphrase::new(Region::copy_of(text.as_bytes()).expect("memory")).expect("valid");
            for hash in [
                HashAlgorithm::SHA1,
                HashAlgorithm::RipeMD,
                HashAlgorithm::SHA224,
                HashAlgorithm::SHA256,
                HashAlgorithm::SHA384,
                HashAlgorithm::SHA512,
            ] {
                #[expect(deprecated, reason = "the older modes are read")]
                let modes = [
                    S2K::Simple { hash },
                    S2K::Salted { hash, salt },
                    S2K::Iterated { hash, salt, hash_bytes: 1024 },
                    S2K::Iterated { hash, salt, hash_bytes: 65_536 },
                    S2K::Iterated { hash, salt, hash_bytes: 3_145_728 },
                ];
                for s2k in modes {
                    for size in [16, 24, 32] {
                        let expected = s2k.derive_key(&text.into(), size).expect("sequoia derives");
                        let key = derive(&s2k, &passphrase, size, &|_| {}).expect("derives");
                        assert_eq!(key.expose_secret(), &expected[..], "{s2k:?} {size}");
                    }
                }
            }
        }
    }
}
