//! A vault that was changed anywhere, or cut off anywhere, is refused with a fixed sentence, and
//! nothing is started from it.

use breakglass::error::{Error, VaultError};
use breakglass::memory::{Passphrase, Region};
use breakglass::payload::{Strictness, read};
use breakglass::vault::Vault;

use crate::support::{PASSPHRASE, Place, assert_success, cheap_vault, output, stderr, stdout};

const DOCUMENT: &[u8] = b"# breakglass 1\n# secrets: 2\nA='it'\\''s'\nB='two\nlines'\n";

/// One changed vault, and what was done to it.
struct Changed {
    how: String,
    bytes: Vec<u8>,
}

fn truncations(vault: &[u8]) -> impl Iterator<Item = Changed> {
    (0..vault.len())
        .map(|length| Changed { how: format!("cut to {length}"), bytes: vault[..length].to_vec() })
}

fn flips(vault: &[u8]) -> impl Iterator<Item = Changed> {
    (0..vault.len() * 8).map(|bit| {
        let mut bytes = vault.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        Changed { how: format!("bit {} of byte {}", bit % 8, bit / 8), bytes }
    })
}

/// The whole way from bytes to secrets. The document that was opened, exactly.
fn open(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let passphrase = Passphrase::new(Region::copy_of(PASSPHRASE.as_bytes())?)?;
    let document = Vault::parse(bytes)?.open(&passphrase, &|_| {})?;
    read(document.expose(), Strictness::Lenient, &[])?;
    Ok(document.expose().to_vec())
}

/// Whether an error is one of those that a changed file may have: none that speaks of this machine
/// or of a fault of the program's own.
fn is_refusal(error: &Error) -> bool {
    matches!(
        error,
        Error::Vault(
            VaultError::NotAVault
                | VaultError::NotEncrypted
                | VaultError::NotForPassphrase
                | VaultError::NoIntegrity
                | VaultError::GnupgAead
                | VaultError::NewerOpenPgp
                | VaultError::WeakCipher { .. }
                | VaultError::TrailingData
                | VaultError::SecondMessage
                | VaultError::KeyDerivation
                | VaultError::Damaged
                | VaultError::NoteDashes
                | VaultError::NoteMarkup
                | VaultError::NoteCharacters
                | VaultError::CannotOpen
        )
    )
}

/// Every change must be refused; an `original` that is still opened must be opened exactly.
fn refuse_all(changed: impl Iterator<Item = Changed>, original: Option<&[u8]>) {
    for Changed { how, bytes } in changed {
        match open(&bytes) {
            Err(error) => assert!(is_refusal(&error), "{how}: {error:?}"),
            Ok(document) => {
                assert_eq!(Some(&document[..]), original, "{how}: opened");
            }
        }
    }
}

/// `run` on a changed vault: 125, one sentence and perhaps a hint, and the command does not run.
fn refuse_to_run(place: &Place, changed: impl Iterator<Item = Changed>) {
    for Changed { how, bytes } in changed {
        place.write("changed.gpg", &bytes);
        let refused = output(place.run("changed.gpg").args(["--", "touch", "started"]));
        let text = stderr(&refused);
        assert_eq!(refused.status.code(), Some(125), "{how}: {text}");
        assert_eq!(stdout(&refused), "", "{how}");
        assert!(!place.path("started").exists(), "{how}: the command was started");
        let expected = open(&bytes).expect_err(&how);
        let hint = expected.hint().map(|hint| format!("breakglass: hint: {hint}\n"));
        assert_eq!(
            text,
            format!("breakglass: error: {expected}\n{}", hint.unwrap_or_default()),
            "{how}"
        );
    }
}

/// What `gpg --symmetric` writes by default but for the key derivation: compressed with zip. It takes
/// the least count, 1024, for "as many as this machine does in 0.1 s", so it gets the next one but some.
fn zipped(place: &Place) -> Vec<u8> {
    place.write("document", DOCUMENT);
    assert_success(&output(place.command("gpg").args([
        "--batch",
        "--pinentry-mode",
        "loopback",
        "--passphrase-file",
        "passphrase",
        "--symmetric",
        "--cipher-algo",
        "AES256",
        "--s2k-mode",
        "3",
        "--s2k-count",
        "2048",
        "--compress-algo",
        "zip",
        "--output",
        "zipped.gpg",
        "document",
    ])));
    place.read("zipped.gpg")
}

#[test]
fn a_binary_vault() {
    let vault = cheap_vault(DOCUMENT, PASSPHRASE, false);
    assert_eq!(open(&vault).as_deref(), Ok(DOCUMENT), "unchanged, it opens");
    refuse_all(truncations(&vault), None);
    refuse_all(flips(&vault), None);
}

#[test]
fn a_compressed_vault_of_gpg() {
    let vault = zipped(&Place::new());
    assert_eq!(open(&vault).as_deref(), Ok(DOCUMENT), "unchanged, it opens");
    refuse_all(truncations(&vault), None);
    refuse_all(flips(&vault), None);
}

#[test]
fn an_armored_vault() {
    // A changed line end or comment leaves the message as it was.
    let vault = cheap_vault(DOCUMENT, PASSPHRASE, true);
    assert_eq!(open(&vault).as_deref(), Ok(DOCUMENT), "unchanged, it opens");
    refuse_all(truncations(&vault), Some(DOCUMENT));
    refuse_all(flips(&vault), Some(DOCUMENT));
}

#[test]
fn nothing_is_started_from_a_changed_vault() {
    let place = Place::new();
    for vault in [cheap_vault(DOCUMENT, PASSPHRASE, false), zipped(&place)] {
        refuse_to_run(&place, truncations(&vault));
        // Bits of every kind: 13 and 8 have no common divisor.
        refuse_to_run(&place, flips(&vault).step_by(13));
    }
}

#[test]
fn larger_documents() {
    // Longer than one buffer of any layer, so that a cut falls into each of them.
    let document: Vec<u8> =
        (0..3000).flat_map(|n| format!("NAME_{n}='value number {n}'\n").into_bytes()).collect();
    let vault = cheap_vault(&document, PASSPHRASE, false);
    assert_eq!(open(&vault).as_deref(), Ok(&document[..]), "unchanged, it opens");
    refuse_all(truncations(&vault).step_by(1009), None);
    refuse_all(flips(&vault).step_by(8111), None);
}
