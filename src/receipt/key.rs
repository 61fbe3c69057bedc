//! The key of receipts, and the file it lies in.

use std::fmt;
use std::path::Path;

use crate::error::{Error, ReceiptError, Result};
use crate::files;
use crate::memory::{Region, fill_random};

/// The key of receipts: 32 bytes in a region of their own. Whoever has it and a receipt can try
/// values, so it is as secret as the weakest of them.
pub struct Key(Region);

/// A key as it was found.
#[derive(Debug)]
pub struct KeyFile {
    /// The key.
    pub key: Key,
    /// Whether the file's mode lets group or others read it.
    pub loose: bool,
    /// Whether the file was missing and has been created.
    pub created: bool,
}

impl Key {
    /// Bytes of a key.
    pub const BYTES: usize = 32;

    /// Takes 64 hex digits of either case; blanks and line ends around them are passed over.
    ///
    /// Errors: anything else.
    pub fn from_hex(digits: &[u8]) -> Result<Key> {
        let mut key = Key::zero()?;
        let read = base16ct::mixed::decode(digits.trim_ascii(), key.0.expose_mut());
        let read = read.map(<[u8]>::len);
        if read == Ok(Key::BYTES) { Ok(key) } else { Err(ReceiptError::NotAKey.into()) }
    }

    /// Makes a random one.
    ///
    /// Errors: the system's random number generator does not answer.
    pub fn generate() -> Result<Key> {
        let mut key = Key::zero()?;
        fill_random(key.0.expose_mut())?;
        Ok(key)
    }

    /// The key as 64 lower-case hex digits.
    pub fn to_hex(&self) -> Result<Region> {
        let mut text = Region::with_capacity(2 * Key::BYTES + 1)?;
        text.extend(&[0; 2 * Key::BYTES])?;
        base16ct::lower::encode(self.expose(), text.expose_mut()).map_err(|_| Error::Internal)?;
        Ok(text)
    }

    /// The secret bytes.
    pub(super) fn expose(&self) -> &[u8] {
        self.0.expose()
    }

    /// To be filled.
    fn zero() -> Result<Key> {
        let mut bytes = Region::with_capacity(Key::BYTES)?;
        bytes.extend(&[0; Key::BYTES])?;
        Ok(Key(bytes))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// Reads the key in a file of 64 hex digits. Where it is missing and `create` says so, one is made and
/// kept there, 0600, its folders 0700; of two programs that do so at once both get the same key.
///
/// Errors: unreadable; missing; not a key; it cannot be created.
pub fn key_from_file(path: &Path, create: bool) -> Result<KeyFile> {
    let (read, created) = match files::read_private(path) {
        Err(error) if create && error.is_missing() => {
            let mut hex = Key::generate()?.to_hex()?;
            hex.extend(b"\n")?;
            let created = files::create_private(path, hex.expose())?;
            (files::read_private(path)?, created)
        }
        Err(error) if error.is_missing() => {
            return Err(ReceiptError::NoKey { path: path.into() }.into());
        }
        read => (read?, false),
    };
    let key = Key::from_hex(read.bytes.expose()).map_err(|error| match error {
        Error::Receipt(ReceiptError::NotAKey) => {
            ReceiptError::NotAKeyFile { path: path.into() }.into()
        }
        other => other,
    })?;
    Ok(KeyFile { key, loose: read.loose, created })
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::error::FileError;

    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff";

    #[test]
    fn hex_and_back() {
        let key = Key::from_hex(HEX.as_bytes()).expect("a key");
        assert_eq!(key.expose()[..3], [0, 1, 2]);
        assert_eq!((key.expose().len(), key.expose()[31]), (Key::BYTES, 255));
        assert_eq!(key.to_hex().expect("memory").expose(), HEX.as_bytes());
        assert_eq!(format!("{key:?}"), "Key(..)");
        for text in [HEX.to_uppercase(), format!(" \t{HEX}\r\n"), format!("\n{HEX}\n\n")] {
            let same = Key::from_hex(text.as_bytes()).expect("a key");
            assert_eq!(same.expose(), key.expose(), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_key() {
        let short = &HEX[..62];
        for text in [
            String::new(),
            short.to_owned(),
            HEX[..63].to_owned(),
            format!("{HEX}0"),
            format!("{HEX}00"),
            format!("{short}0g"),
            format!("{short}+f"),
            format!("{short}é"),
            format!("{short} ff"),
            format!("0x{short}"),
        ] {
            let error = Key::from_hex(text.as_bytes()).expect_err("no key");
            assert_eq!(error, Error::Receipt(ReceiptError::NotAKey), "{text:?}");
        }
    }

    #[test]
    fn generated_keys_differ() {
        let (left, right) = (Key::generate().expect("a key"), Key::generate().expect("a key"));
        assert_ne!(left.expose(), right.expose());
        assert!(left.expose().iter().any(|byte| *byte != 0));
    }

    #[test]
    fn a_file_is_made_on_first_use_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state/receipt.key");
        let missing = key_from_file(&path, false).expect_err("missing");
        assert_eq!(missing, Error::Receipt(ReceiptError::NoKey { path: path.clone() }));
        assert!(!path.exists() && !folder.path().join("state").exists());
        let first = key_from_file(&path, true).expect("made");
        assert!(first.created && !first.loose);
        let second = key_from_file(&path, true).expect("read");
        assert!(!second.created && second.key.expose() == first.key.expose());
        let stat = std::fs::metadata(&path).expect("a file");
        assert_eq!((stat.len(), stat.permissions().mode() & 0o777), (65, 0o600));
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("chmod");
        assert!(key_from_file(&path, false).expect("read").loose);
    }

    #[test]
    fn two_at_once_get_the_same_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state/receipt.key");
        let found: Vec<KeyFile> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| key_from_file(&path, true).expect("a key")))
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("ends")).collect()
        });
        assert_eq!(found.iter().filter(|file| file.created).count(), 1);
        assert!(found.iter().all(|file| file.key.expose() == found[0].key.expose()));
    }

    #[test]
    fn a_file_of_something_else_stays_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        for text in ["", "JWT_SECRET='fake-value'\n"] {
            let _ = std::fs::remove_file(&path);
            assert_eq!(files::create_private(&path, text.as_bytes()), Ok(true));
            let error = key_from_file(&path, true).expect_err("no key");
            assert_eq!(error, Error::Receipt(ReceiptError::NotAKeyFile { path: path.clone() }));
            assert_eq!(files::read(&path).expect("there").bytes, text.as_bytes());
        }
        let folder = key_from_file(folder.path(), true).expect_err("a folder");
        assert!(matches!(folder, Error::File(FileError::NotAFile { .. })), "{folder:?}");
    }
}
