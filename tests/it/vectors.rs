//! Files that stock gpg wrote long ago: `run` opens each with exactly the values that a shell
//! reads in the plain text, and refuses each that must be refused before anything is started.

use std::path::{Path, PathBuf};

use crate::environment::{MARKERS, assert_same, read_by_shell, seen, variables};
use crate::support::{Place, output, stderr, stdout};

/// What each refused file is refused with: the sentence, and the hint.
const REFUSED: [(&str, &str, &str); 4] = [
    (
        "refused-cast5.env.gpg",
        "this message is encrypted with CAST5, which is too weak or unknown",
        "look for another copy, or seal again from the source",
    ),
    (
        "refused-gpg24-ocb.env.gpg",
        "this message uses GnuPG's own AEAD packet (gpg --force-ocb), which only GnuPG reads",
        "gpg --decrypt FILE | breakglass seal NEW --from - makes a vault of it",
    ),
    (
        "refused-no-mdc.env.gpg",
        "this message has no integrity protection (MDC), so anybody may have changed it",
        "look for another copy, or seal again from the source",
    ),
    (
        "refused-not-encrypted.env.gpg",
        "this OpenPGP message is not encrypted, so anybody may have written it",
        "look for another copy, or seal again from the source",
    ),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

/// The sealed files, by name.
fn names() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .expect("tests/vectors")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .filter(|name| name.starts_with("gpg2") || name.starts_with("refused-"))
        .collect();
    names.sort();
    names
}

fn vector(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).expect("a vector")
}

#[test]
fn what_gpg_sealed_opens_with_every_value() {
    let place = Place::new();
    place.write("plain.env", vector("plain.env"));
    let plain = read_by_shell(&place, "dash", "plain.env");
    assert_eq!(plain.len(), 6, "plain.env holds six values");
    let opening: Vec<String> =
        names().into_iter().filter(|name| !name.starts_with("refused-")).collect();
    assert_eq!(opening.len(), 13, "{opening:?}");
    for name in opening {
        place.write(&name, vector(&name));
        let run = output(place.run(&name).args(["--", "env", "-0"]));
        let expected =
            if name == "gpg24-stdin.env.gpg" { variables([("A", "1")]) } else { plain.clone() };
        assert_same(&seen(&run, &MARKERS), &expected, &name);
    }
}

#[test]
fn what_must_be_refused_is_refused_before_anything_starts() {
    let place = Place::new();
    let refused: Vec<String> =
        names().into_iter().filter(|name| name.starts_with("refused-")).collect();
    assert_eq!(refused, REFUSED.map(|(name, ..)| name), "the list is that of the folder");
    for (name, sentence, hint) in REFUSED {
        place.write(name, vector(name));
        let run = output(place.run(name).args(["--", "sh", "-c", "touch started; echo started"]));
        assert_eq!(run.status.code(), Some(125), "{name}: {}", stderr(&run));
        let expected = format!("breakglass: error: {sentence}\nbreakglass: hint: {hint}\n");
        assert_eq!(stderr(&run), expected, "{name}");
        assert_eq!(stdout(&run), "", "{name}");
        assert!(!place.path("started").exists(), "{name} started the command");
    }
}

/// The pipe that the hint for GnuPG's own packets names leads from a gpg file to a vault.
#[test]
fn the_way_out_leads_from_gpg_to_a_vault() {
    let place = Place::new();
    place.write("v.env.gpg", vector("gpg22-default.env.gpg"));
    let plain = output(place.gpg("passphrase").args(["--decrypt", "v.env.gpg"]));
    assert_eq!(plain.stdout, vector("plain.env"), "{}", stderr(&plain));
    // `gpg --decrypt FILE | breakglass seal NEW --from -`, as the hint says.
    place.seal("new.env.gpg", &plain.stdout);
    let run = output(place.run("new.env.gpg").args(["--", "env", "-0"]));
    place.write("plain.env", vector("plain.env"));
    let expected = read_by_shell(&place, "dash", "plain.env");
    assert_same(&seen(&run, &MARKERS), &expected, "run");
}
