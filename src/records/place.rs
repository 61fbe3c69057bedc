//! Where the key of receipts lies.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::error::{RecordsError, Result, misleads};

/// Where the key of receipts lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// In this file.
    File(PathBuf),
    /// In Infisical, at this path of the project and environment: the secret
    /// `BREAKGLASS_RECEIPT_KEY`. The path begins with `/`.
    Infisical(String),
}

impl KeyPlace {
    /// What stands before a path in Infisical.
    const INFISICAL: &str = "infisical:";

    /// Reads `infisical:/PATH`, or the path of a file; one of that name is `./infisical:/PATH`.
    ///
    /// Errors: nothing, `-`, control characters, a path in Infisical that does not begin with `/`,
    /// or what looks like the key itself, which must not come to stand in an error about a file.
    pub fn parse(place: &OsStr) -> Result<KeyPlace> {
        let text = place.to_string_lossy();
        let bare = text.trim();
        let is_key = bare.len() >= 32 && bare.bytes().all(|digit| digit.is_ascii_hexdigit());
        if bare.is_empty() || text == "-" || is_key || text.chars().any(misleads) {
            return Err(RecordsError::KeyPlace.into());
        }
        match text.strip_prefix(KeyPlace::INFISICAL) {
            None => Ok(KeyPlace::File(place.into())),
            Some(path) if path.starts_with('/') && place.to_str().is_some() => {
                Ok(KeyPlace::Infisical(path.to_owned()))
            }
            Some(_) => Err(RecordsError::KeyPlace.into()),
        }
    }

    /// The same place, a relative file's path taken from `folder`.
    pub(super) fn within(self, folder: &Path) -> KeyPlace {
        match self {
            KeyPlace::File(path) => KeyPlace::File(folder.join(path)),
            place => place,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use super::*;
    use crate::error::Error;

    fn parse(text: &str) -> Result<KeyPlace> {
        KeyPlace::parse(OsStr::new(text))
    }

    #[test]
    fn files_and_paths_in_infisical() {
        for (text, path) in [("infisical:/breakglass", "/breakglass"), ("infisical:/", "/")] {
            assert_eq!(parse(text), Ok(KeyPlace::Infisical(path.to_owned())));
        }
        for text in ["receipt.key", "/etc/a b", "./infisical:/x", "./-", "infisical", "deadbeef"] {
            assert_eq!(parse(text), Ok(KeyPlace::File(text.into())));
        }
        let bytes = OsStr::from_bytes(b"key\xFF");
        assert_eq!(KeyPlace::parse(bytes), Ok(KeyPlace::File(bytes.into())));
    }

    #[test]
    fn what_is_no_place() {
        let key = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";
        let spaced = format!(" {key}\t");
        for text in [
            "",
            " ",
            "-",
            "infisical:",
            "infisical:x",
            "infisical:/a\nb",
            "a\u{202E}b",
            "a\u{7}",
            key,
            &spaced,
        ] {
            assert_eq!(parse(text), Err(Error::Records(RecordsError::KeyPlace)), "{text:?}");
        }
        let bytes = OsStr::from_bytes(b"infisical:/\xFF");
        assert_eq!(KeyPlace::parse(bytes), Err(Error::Records(RecordsError::KeyPlace)));
    }
}
