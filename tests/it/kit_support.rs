//! A stick with a kit on it, and what the tests of kits share.

use std::path::PathBuf;
use std::process::{Command, Output};

use breakglass::kit::{Checked, Part, check};

use crate::support::{PASSPHRASE, Place, assert_success, cheap_age, cheap_vault, output, stdout};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_breakglass");

/// A file that passes for an opener and starts nothing: an ELF header, one segment, the mark.
pub fn fake_opener() -> Vec<u8> {
    let mut bytes = vec![0; 64 + 56];
    bytes[..6].copy_from_slice(b"\x7FELF\x02\x01");
    (bytes[16], bytes[18], bytes[32], bytes[54], bytes[56], bytes[64]) = (3, 62, 64, 56, 1, 1);
    bytes.extend(b"breakglass: error: ");
    bytes
}

/// Two vaults of one name, the one in `old`, an opener, and a folder `stick`.
pub struct Stick {
    pub place: Place,
    vault: &'static str,
}

impl Stick {
    pub fn new() -> Stick {
        let sealed = |document: &[u8]| cheap_vault(document, PASSPHRASE, false);
        Stick::of("v.gpg", &sealed)
    }

    pub fn of_age() -> Stick {
        Stick::of("v.age", &|document: &[u8]| cheap_age(document, PASSPHRASE, 1))
    }

    fn of(vault: &'static str, sealed: &dyn Fn(&[u8]) -> Vec<u8>) -> Stick {
        let place = Place::new();
        std::fs::create_dir(place.path("stick")).expect("a folder");
        std::fs::create_dir_all(place.path("home/.local/state/breakglass")).expect("a folder");
        place.write("opener", fake_opener());
        place.write(vault, sealed(b"API_KEY='new'\n"));
        std::fs::create_dir(place.path("old")).expect("a folder");
        place.write(&format!("old/{vault}"), sealed(b"API_KEY='old'\n"));
        Stick { place, vault }
    }

    /// With the kit of the old vault on it.
    pub fn with_kit() -> Stick {
        Stick::new().with_old_kit()
    }

    pub fn with_old_kit(self) -> Stick {
        assert_success(&self.copy_of(&format!("old/{}", self.vault), &[]));
        self
    }

    /// `copy VAULT stick`, started by `wrapper`.
    pub fn copier(&self, vault: &str, wrapper: &[&str]) -> Command {
        let mut words = wrapper.to_vec();
        words.extend([PROGRAM, "copy", vault, "stick", "--passphrase-file", "passphrase"]);
        words.extend(["--opener", "opener"]);
        let mut command = self.place.command(words[0]);
        command.args(&words[1..]);
        command
    }

    pub fn copy_of(&self, vault: &str, wrapper: &[&str]) -> Output {
        output(&mut self.copier(vault, wrapper))
    }

    pub fn copy(&self, wrapper: &[&str]) -> Output {
        self.copy_of(self.vault, wrapper)
    }

    pub fn verify(&self, arguments: &[&str]) -> Output {
        output(self.place.breakglass().arg("verify").args(arguments))
    }

    pub fn kit(&self) -> PathBuf {
        self.place.path("stick/breakglass-v")
    }

    /// The names in a folder.
    pub fn names(&self, folder: &str) -> Vec<String> {
        names(&self.place.path(folder))
    }

    /// The value in the kit of that name, where that is whole and opens.
    pub fn value(&self, name: &str) -> Option<String> {
        let folder = self.place.path("stick").join(name);
        let kit = read(&folder)?;
        if !kit.is_whole() || !kit.text_exact || !kit.foreign.is_empty() {
            return None;
        }
        let vault = format!("stick/{name}/{}", self.vault);
        let run = output(self.place.run(&vault).args(["-q", "--", "printenv", "API_KEY"]));
        run.status.success().then(|| stdout(&run).trim_end().to_owned())
    }

    /// As after the first copy of the old vault.
    pub fn restore(&self) {
        let stick = self.place.path("stick");
        std::fs::remove_dir_all(&stick).expect("removes");
        assert_success(&output(
            Command::new("cp").arg("-a").arg(self.place.path("saved")).arg(stick),
        ));
    }

    /// What [`Stick::restore`] goes back to.
    pub fn save(&self) {
        let (stick, saved) = (self.place.path("stick"), self.place.path("saved"));
        assert_success(&output(Command::new("cp").arg("-a").arg(stick).arg(saved)));
    }
}

pub fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    names
}

pub fn parts(folder: &std::path::Path) -> Vec<Part> {
    let part = |name: String| {
        let bytes = std::fs::read(folder.join(&name)).expect("a file");
        Part { name, bytes, program: false }
    };
    names(folder).into_iter().map(part).collect()
}

/// The kit in a folder, as the library checks it.
pub fn read(folder: &std::path::Path) -> Option<Checked> {
    folder.is_dir().then(|| check(parts(folder), Vec::new()).ok())?
}
