//! Where `breakglass.toml` lies.

use std::path::Path;

use super::config::Config;
use crate::error::{Result, SystemError};
use crate::files;

/// The name of the file that is looked for.
const NAME: &str = "breakglass.toml";

impl Config {
    /// Reads the file given, or else the `breakglass.toml` in the current folder or in the nearest
    /// one above it that has one.
    ///
    /// Errors: the file given is missing; unreadable; larger than [`files::MAX_FILE_BYTES`]; what
    /// [`Config::parse`] refuses.
    pub fn find(explicit: Option<&Path>) -> Result<Option<Config>> {
        match explicit {
            Some(path) => Config::read(path).map(Some),
            None => {
                let folder = std::env::current_dir()
                    .map_err(|error| SystemError::from(error).reading("."))?;
                Config::find_from(&folder)
            }
        }
    }

    fn find_from(folder: &Path) -> Result<Option<Config>> {
        for folder in folder.ancestors() {
            let path = folder.join(NAME);
            let found = files::read_found(&path, true);
            match found.and_then(|read| Config::parse(&path, &read.bytes)) {
                Err(error) if error.is_missing() => {}
                found => return found.map(Some),
            }
        }
        Ok(None)
    }

    fn read(path: &Path) -> Result<Config> {
        Config::parse(path, &files::read(path)?.bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::error::{Error, FileError, Place, RecordsError};

    #[test]
    fn is_looked_for_in_the_folder_and_above() {
        let root = tempfile::tempdir().expect("a folder");
        let deep = root.path().join("a/b/c");
        std::fs::create_dir_all(&deep).expect("folders");
        let write = |folder: &Path, text: &str| {
            let mut file = std::fs::File::create(folder.join(NAME)).expect("a file");
            file.write_all(text.as_bytes()).expect("written");
        };
        assert_eq!(Config::find_from(&deep), Ok(None));
        write(root.path(), "vault = 'v'");
        let found = Config::find_from(&deep).expect("reads").expect("is there");
        assert_eq!(found.path, root.path().join(NAME));
        assert_eq!(found.vault, Some(root.path().join("v")));
        write(&root.path().join("a/b"), "max_age = 'never'");
        let nearest = Config::find_from(&deep).expect_err("the nearest counts");
        let place = Place { path: root.path().join("a/b").join(NAME), line: 1, column: 11 };
        assert!(
            matches!(nearest, Error::Records(RecordsError::WrongValue { place: at, .. }) if at == place)
        );
        std::fs::create_dir(deep.join(NAME)).expect("a folder in its place");
        assert_eq!(
            Config::find_from(&deep),
            Err(Error::File(FileError::NotAFile { path: deep.join(NAME) }))
        );
        let given = root.path().join(NAME);
        let found = Config::find(Some(&given)).expect("reads").expect("is there");
        assert_eq!(found.path, given);
        let missing = Config::find(Some(&root.path().join("x.toml")));
        assert!(
            matches!(missing, Err(Error::File(FileError::Read { errno: libc::ENOENT, .. }))),
            "{missing:?}"
        );
    }
}
