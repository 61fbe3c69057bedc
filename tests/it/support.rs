//! What the tests share: a private place, the program in it, and vaults that are cheap to open.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use sequoia_openpgp::Packet;
use sequoia_openpgp::crypto::{S2K, SessionKey};
use sequoia_openpgp::packet::{SKESK, skesk::SKESK4};
use sequoia_openpgp::serialize::Serialize;
use sequoia_openpgp::serialize::stream::{Armorer, Encryptor, LiteralWriter, Message};
use sequoia_openpgp::types::{HashAlgorithm, SymmetricAlgorithm};

/// A strong passphrase that protects nothing.
pub const PASSPHRASE: &str = "correct horse battery staple 42";

/// A private folder with a home of its own, removed at the end.
pub struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    /// gpg, which asks nobody and takes the passphrase from that file.
    pub fn gpg(&self, passphrase: &str) -> Command {
        let mut gpg = self.command("gpg");
        gpg.args(["--batch", "--quiet", "--yes", "--pinentry-mode", "loopback"]);
        gpg.args(["--passphrase-file", passphrase]);
        gpg
    }

    /// The names of what lies in it, in order.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.root()).expect("a folder");
        let name = |entry: std::io::Result<std::fs::DirEntry>| {
            entry.expect("an entry").file_name().into_string().expect("UTF-8")
        };
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }

    pub fn new() -> Place {
        let place = Place { folder: tempfile::tempdir().expect("a temporary folder") };
        for folder in ["home", "gnupg"] {
            std::fs::create_dir(place.path(folder)).expect("a folder");
        }
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(place.path("gnupg"), private).expect("chmod");
        // gpg's sockets and the passphrase file are the only other things in here.
        place.write("passphrase", format!("{PASSPHRASE}\n"));
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        let private = std::os::unix::fs::OpenOptionsExt::mode(
            std::fs::OpenOptions::new().write(true).create(true).truncate(true),
            0o600,
        )
        .open(&path);
        private.and_then(|mut file| file.write_all(bytes.as_ref())).expect("a file");
        path
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).expect("a file")
    }

    /// Any program, at home in this place.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path("home"))
            .env("GNUPGHOME", self.path("gnupg"))
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null());
        command
    }

    /// The program under test. The passphrase is in the file `passphrase`.
    pub fn breakglass(&self) -> Command {
        self.command(env!("CARGO_BIN_EXE_breakglass"))
    }

    /// Seals `source` into `name` with [`PASSPHRASE`] by the program itself.
    pub fn seal(&self, name: &str, source: impl AsRef<[u8]>) {
        let output = feed(
            self.breakglass().args([
                "seal",
                name,
                "--from",
                "-",
                "--passphrase-file",
                "passphrase",
            ]),
            source.as_ref(),
        );
        assert_success(&output);
    }

    /// A vault whose key derivation is cheap, made without the program under test.
    pub fn cheap(&self, name: &str, document: impl AsRef<[u8]>) {
        self.write(name, cheap_vault(document.as_ref(), PASSPHRASE, false));
    }

    /// `breakglass run name --passphrase-file passphrase …`, up to but without `--`.
    pub fn run(&self, name: &str) -> Command {
        let mut command = self.breakglass();
        command.args(["run", name, "--passphrase-file", "passphrase"]);
        command
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }
}

/// Starts a command with `input` on its standard input and waits for it.
pub fn feed(command: &mut Command, input: &[u8]) -> Output {
    let mut child = spawn_fed(command, input);
    let _ = child.stdin.take();
    child.wait_with_output().expect("waits")
}

fn spawn_fed(command: &mut Command, input: &[u8]) -> Child {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; tests/run installs what is missing"));
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    std::thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
    child
}

/// Runs a command to its end.
pub fn output(command: &mut Command) -> Output {
    command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; tests/run installs what is missing"))
}

pub fn assert_success(output: &Output) {
    assert!(output.status.success(), "{}\n{}", output.status, stderr(output));
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// An OpenPGP message as the program writes it, but with 1024 bytes of key derivation.
pub fn cheap_vault(document: &[u8], passphrase: &str, armor: bool) -> Vec<u8> {
    let s2k = S2K::Iterated { hash: HashAlgorithm::SHA256, salt: *b"fakesalt", hash_bytes: 1024 };
    let cipher = SymmetricAlgorithm::AES256;
    let key: SessionKey = s2k.derive_key(&passphrase.into(), 32).expect("a key");
    let mut sealed = Vec::new();
    let mut message = Message::new(&mut sealed);
    if armor {
        message = Armorer::new(message).build().expect("armor");
    }
    let skesk = SKESK4::new(cipher, s2k, None).expect("a packet");
    Packet::from(SKESK::from(skesk)).serialize(&mut message).expect("serialises");
    let message = Encryptor::with_session_key(message, cipher, key)
        .and_then(|it| it.build())
        .expect("a container");
    let mut literal = LiteralWriter::new(message).build().expect("literal data");
    literal.write_all(document).expect("writes");
    literal.finalize().expect("ends");
    sealed
}

/// An age file as the program writes it, but with a work factor of its own: 1 takes no time, 18 is the
/// program's.
pub fn cheap_age(document: &[u8], passphrase: &str, work_factor: u8) -> Vec<u8> {
    let mut recipient = age::scrypt::Recipient::new(passphrase.to_owned().into());
    recipient.set_work_factor(work_factor);
    let recipient: &dyn age::Recipient = &recipient;
    let encryptor = age::Encryptor::with_recipients(std::iter::once(recipient)).expect("one");
    let mut sealed = Vec::new();
    let mut writer = encryptor.wrap_output(&mut sealed).expect("writes");
    writer.write_all(document).expect("writes");
    writer.finish().expect("ends");
    sealed
}

/// The text of a vault, as `show --armor` prints it.
pub fn armored(vault: &[u8]) -> String {
    let vault = breakglass::vault::Vault::parse(vault).expect("a vault");
    String::from_utf8(vault.to_armor().expect("armor")).expect("text")
}
