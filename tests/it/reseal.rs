//! `reseal`: the same document under another passphrase or in another form, without its source.

use std::path::Path;
use std::process::Output;

use breakglass::memory::{Passphrase, Region};
use breakglass::vault::Vault;
use serde_json::Value;

use crate::support::{
    PASSPHRASE, Place, armored, assert_success, cheap_age, cheap_vault, feed, output, stderr,
    stdout,
};
use crate::terminal::Terminal;

const OTHER: &str = "velvet tundra 81 ocelot brass 17";

/// A document with what a writer of documents would lose: an order, a comment, a field of later times.
const DOCUMENT: &[u8] = b"# breakglass 1\n# sealed: 2026-01-02T03:04:05Z\n# source: infisical fake\n# secrets: 2\n# allowed: PATH\n# later: field\nB='two\nlines'\n# a comment\nA='it'\\''s'\n";

/// A place with a cheap vault of the document, and a second passphrase.
fn place() -> Place {
    let place = Place::new();
    place.cheap("v.gpg", DOCUMENT);
    place.write("other", format!("{OTHER}\n"));
    place
}

fn reseal(place: &Place, arguments: &[&str]) -> Output {
    let mut command = place.breakglass();
    command.arg("reseal").args(arguments).args(["--passphrase-file", "passphrase"]);
    output(&mut command)
}

/// The document of a vault; nothing where the passphrase does not open it.
fn document(place: &Place, name: &str, passphrase: &str) -> Option<Vec<u8>> {
    let passphrase = Passphrase::new(Region::copy_of(passphrase.as_bytes()).unwrap()).unwrap();
    let vault = Vault::parse(&place.read(name)).unwrap();
    vault.open(&passphrase, &|_| {}).ok().map(|document| document.expose().to_vec())
}

#[test]
fn another_passphrase() {
    let place = place();
    let before = place.names();
    let resealed = reseal(&place, &["v.gpg", "--new-passphrase-file", "other"]);
    assert_success(&resealed);
    let said = stderr(&resealed);
    assert!(said.contains("the same document with 2 secrets is now in 'v.gpg'"), "{said}");
    assert!(said.contains("every copy made before still opens with the old passphrase"), "{said}");
    assert_eq!(document(&place, "v.gpg", OTHER).as_deref(), Some(DOCUMENT));
    assert_eq!(document(&place, "v.gpg", PASSPHRASE), None);
    assert_eq!(place.names(), before);
    let facts = Vault::parse(&place.read("v.gpg")).unwrap().facts().clone();
    assert!(facts.derivation.is_strong() && !facts.armored, "{facts:?}");
    // stock gpg opens it.
    let gpg = output(place.gpg("other").args(["--decrypt", "v.gpg"]));
    assert_eq!(gpg.stdout, DOCUMENT, "{}", stderr(&gpg));
}

#[test]
fn the_same_passphrase_is_not_a_new_one() {
    let place = place();
    let before = place.read("v.gpg");
    let refused = reseal(&place, &["v.gpg", "--new-passphrase-file", "passphrase"]);
    assert_eq!(refused.status.code(), Some(1));
    let said = stderr(&refused);
    assert!(said.contains("error: the new passphrase is the old one"), "{said}");
    assert!(said.contains("hint: choose another one, or keep it with --keep-passphrase"), "{said}");
    assert_eq!(place.read("v.gpg"), before);
}

#[test]
fn another_form() {
    let place = place();
    let old = place.read("v.gpg");
    let keep = "--keep-passphrase";
    for (arguments, name, armored) in [
        (&["v.gpg", keep, "--to", "one.age"][..], "one.age", false),
        (&["v.gpg", keep, "--to", "two.age", "--armor"], "two.age", true),
        (&["two.age", keep, "--to", "three.gpg"], "three.gpg", true),
        (&["two.age", keep, "--to", "four.gpg", "--binary"], "four.gpg", false),
        (&["three.gpg", keep], "three.gpg", true),
        (&["three.gpg", keep, "--binary"], "three.gpg", false),
        (&["three.gpg", keep, "--armor"], "three.gpg", true),
    ] {
        let resealed = reseal(&place, arguments);
        assert_success(&resealed);
        assert!(!stderr(&resealed).contains("old passphrase"), "{}", stderr(&resealed));
        assert_eq!(document(&place, name, PASSPHRASE).as_deref(), Some(DOCUMENT), "{name}");
        let facts = Vault::parse(&place.read(name)).unwrap().facts().clone();
        assert_eq!(facts.armored, armored, "{arguments:?}");
        let format = if name.ends_with(".age") { "age" } else { "OpenPGP" };
        assert_eq!(facts.format.to_string(), format);
    }
    assert_eq!(place.read("v.gpg"), old, "the old one stays");
    // A file keeps its format where only its name would say another.
    place.write("odd.age", cheap_vault(DOCUMENT, PASSPHRASE, false));
    assert_success(&reseal(&place, &["odd.age", keep]));
    assert_eq!(Vault::parse(&place.read("odd.age")).unwrap().facts().format.to_string(), "OpenPGP");
}

#[test]
fn files_of_other_programs_keep_their_text() {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let plain = std::fs::read(vectors.join("plain.env")).unwrap();
    for vector in
        ["gpg22-default.env.gpg", "gpg24-armored.env.asc", "gpg22-s2k-salted-weak.env.gpg"]
    {
        let place = place();
        place.write("v.gpg", std::fs::read(vectors.join(vector)).unwrap());
        let resealed = reseal(&place, &["v.gpg", "--new-passphrase-file", "other"]);
        assert_success(&resealed);
        assert_eq!(document(&place, "v.gpg", OTHER).as_deref(), Some(&plain[..]), "{vector}");
        assert!(Vault::parse(&place.read("v.gpg")).unwrap().facts().derivation.is_strong());
        assert!(!place.path("v.gpg.receipt").exists());
    }
}

#[test]
fn a_pasted_note_becomes_a_file() {
    let place = place();
    for vault in [place.read("v.gpg"), cheap_age(DOCUMENT, PASSPHRASE, 1)] {
        let note =
            format!("Production\r\n\r\n{}\r\n--\r\nme", armored(&vault).replace('\n', "\r\n"));
        place.write("note.txt", &note);
        let mut command = place.breakglass();
        command.args(["reseal", "-", "--to", "new.gpg", "--binary", "--keep-passphrase"]);
        command.args(["--passphrase-file", "passphrase"]);
        assert_success(&feed(&mut command, note.as_bytes()));
        assert_eq!(document(&place, "new.gpg", PASSPHRASE).as_deref(), Some(DOCUMENT));
        std::fs::remove_file(place.path("new.gpg")).unwrap();
        // In its place, the other text would be lost.
        let refused = reseal(&place, &["note.txt", "--keep-passphrase"]);
        assert_eq!(refused.status.code(), Some(1));
        let said = stderr(&refused);
        assert!(said.contains("'note.txt' holds a vault and other text"), "{said}");
        assert!(said.contains("breakglass reseal VAULT --to NEW"), "{said}");
        assert_eq!(place.read("note.txt"), note.as_bytes());
    }
}

#[test]
fn what_is_refused_leaves_everything() {
    let place = place();
    place.write("weak", "password\n");
    place.write("notes", "no vault\n");
    place.cheap("there.gpg", b"A=1\n");
    place.cheap("broken.gpg", b"A='1\n");
    std::os::unix::fs::symlink("v.gpg", place.path("link.gpg")).unwrap();
    let before: Vec<Vec<u8>> = ["v.gpg", "there.gpg", "notes"].map(|it| place.read(it)).into();
    let listed = place.names();
    let keep = "--keep-passphrase";
    for (arguments, status, sentence) in [
        (&["v.gpg", "--new-passphrase-file", "weak"][..], 1, "the passphrase is too weak"),
        (&["v.gpg", "--new-passphrase-file", "missing"], 1, "cannot read the passphrase"),
        (&["v.gpg", keep, "--to", "there.gpg"], 1, "'there.gpg' exists, so it is not written"),
        (&["v.gpg", keep, "--to", "v.gpg"], 1, "'v.gpg' exists, so it is not written"),
        (&["v.gpg", keep, "--to", "link.gpg"], 1, "exists, so it is not written"),
        (&["v.gpg", keep, "--to", "notes"], 1, "'notes' exists and is not a vault"),
        (&["v.gpg", keep, "--to", "home"], 1, "'home' is not a file"),
        (&["v.gpg", keep, "--to", "new.receipt"], 2, "is that of a receipt"),
        (&["v.gpg", keep, "--to", "-"], 2, "not into standard output"),
        (&["missing.gpg", keep], 1, "cannot read 'missing.gpg'"),
        (&["notes", keep], 1, "this is no vault"),
        (&["broken.gpg", keep], 1, "a quote or a backslash is left open"),
    ] {
        let refused = reseal(&place, arguments);
        assert_eq!(refused.status.code(), Some(status), "{arguments:?}: {}", stderr(&refused));
        assert!(stderr(&refused).contains(sentence), "{arguments:?}: {}", stderr(&refused));
    }
    place.write("passphrase", format!("{OTHER}\n"));
    let refused = reseal(&place, &["v.gpg", "--new-passphrase-file", "other"]);
    assert!(stderr(&refused).contains("cannot open the vault"), "{}", stderr(&refused));
    let after: Vec<Vec<u8>> = ["v.gpg", "there.gpg", "notes"].map(|it| place.read(it)).into();
    assert!(before == after);
    assert_eq!(place.names(), listed);
}

#[test]
fn passphrases_from_one_descriptor_and_from_the_terminal() {
    let place = place();
    let mut command = place.breakglass();
    command.args(["reseal", "v.gpg", "--passphrase-fd", "0", "--new-passphrase-fd", "0"]);
    assert_success(&feed(&mut command, format!("{PASSPHRASE}\n{OTHER}\n").as_bytes()));
    assert_eq!(document(&place, "v.gpg", OTHER).as_deref(), Some(DOCUMENT));
    for (again, opens) in [(PASSPHRASE, true), ("velvet tundra 81 ocelot brass 18", false)] {
        place.write("v.gpg", cheap_vault(DOCUMENT, OTHER, false));
        let mut terminal = Terminal::new();
        let child = terminal.spawn(place.breakglass().args(["reseal", "v.gpg"]));
        for (prompt, answer) in [
            ("passphrase for 'v.gpg': ", OTHER),
            ("new passphrase: ", PASSPHRASE),
            ("the same again: ", again),
        ] {
            terminal.wait_for(prompt);
            terminal.type_text(format!("{answer}\n"));
        }
        let resealed = child.wait_with_output().unwrap();
        assert_eq!(resealed.status.success(), opens, "{}", stderr(&resealed));
        assert_eq!(document(&place, "v.gpg", PASSPHRASE).is_some(), opens);
        assert!(!terminal.shown().contains(PASSPHRASE));
    }
    let mut terminal = Terminal::new();
    let mut command = place.breakglass();
    command.args(["reseal", "v.gpg", "--generate-passphrase", "--passphrase-file", "other"]);
    let resealed = terminal.spawn(&mut command).wait_with_output().unwrap();
    assert_success(&resealed);
    let shown = terminal.shown();
    let words = shown.lines().map(str::trim).find(|line| line.split(' ').count() == 7).unwrap();
    assert_eq!(document(&place, "v.gpg", words).as_deref(), Some(DOCUMENT));
    assert!(!stderr(&resealed).contains(words) && resealed.stdout.is_empty());
}

/// A place with a vault that was sealed by the program, and its receipt.
fn sealed() -> Place {
    let place = place();
    place.write("source.env", "A='one'\nB='two'\n");
    place.seal("v.gpg", place.read("source.env"));
    assert!(place.path("v.gpg.receipt").exists());
    place
}

fn verify(place: &Place, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = place.breakglass();
    let outcome = output(command.arg("verify").args(arguments).args(["--from", "source.env"]));
    (outcome.status.code(), stdout(&outcome) + &stderr(&outcome))
}

#[test]
fn the_receipt_follows() {
    let place = sealed();
    let receipt = |name: &str| String::from_utf8(place.read(name)).unwrap();
    let rest = |text: &str| -> Vec<String> {
        let kept = |line: &&str| !line.starts_with("# vault") && !line.starts_with("hmac ");
        text.lines().filter(kept).map(str::to_owned).collect()
    };
    let before = receipt("v.gpg.receipt");
    assert_success(&reseal(&place, &["v.gpg", "--new-passphrase-file", "other"]));
    let after = receipt("v.gpg.receipt");
    assert_ne!(before, after);
    assert_eq!(rest(&before), rest(&after), "names, digests, time and source are the same");
    let (status, text) = verify(&place, &["v.gpg", "--receipt"]);
    assert_eq!(status, Some(0), "{text}");
    place.write("passphrase", format!("{OTHER}\n"));
    assert_success(&reseal(&place, &["v.gpg", "--keep-passphrase", "--to", "v.age"]));
    assert_eq!(rest(&receipt("v.age.receipt")), rest(&before));
    let (status, text) = verify(&place, &["v.age", "--receipt"]);
    assert_eq!(status, Some(0), "{text}");
    assert_eq!(receipt("v.gpg.receipt"), after, "the old vault keeps its own");
}

#[test]
fn a_receipt_without_its_key() {
    let key = "home/.local/state/breakglass/receipt.key";
    let place = sealed();
    let (vault, receipt) = (place.read("v.gpg"), place.read("v.gpg.receipt"));
    let unchanged =
        |place: &Place| place.read("v.gpg") == vault && place.read("v.gpg.receipt") == receipt;
    // Another key, and a key that somebody placed and is not there: nothing is done.
    place.write(key, "0123456789abcdef".repeat(4));
    let refused = reseal(&place, &["v.gpg", "--keep-passphrase"]);
    assert!(stderr(&refused).contains("was made with another key"), "{}", stderr(&refused));
    assert!(unchanged(&place));
    std::fs::remove_file(place.path(key)).unwrap();
    let placed = ["v.gpg", "--keep-passphrase", "--receipt-key", "missing.key"];
    let refused = reseal(&place, &placed);
    assert!(stderr(&refused).contains("no receipt key at 'missing.key'"), "{}", stderr(&refused));
    assert!(unchanged(&place));
    // Nor where nobody placed one: there is time to fetch it, and a receipt that is gone is missed later.
    let refused = reseal(&place, &["v.gpg", "--keep-passphrase"]);
    assert!(stderr(&refused).contains("there is no receipt key at"), "{}", stderr(&refused));
    assert!(unchanged(&place) && !place.path(key).exists());
    // One that cannot be read.
    place.write("v.gpg.receipt", "garbage\n");
    let refused = reseal(&place, &["v.gpg", "--keep-passphrase"]);
    assert_eq!(refused.status.code(), Some(1), "{}", stderr(&refused));
    assert_eq!(place.read("v.gpg.receipt"), b"garbage\n");
}

/// What the receipt says of one vault is not said of another that lies in its place.
#[test]
fn a_receipt_of_another_vault_is_not_inherited() {
    let place = sealed();
    place.cheap("v.gpg", "A='fake'\n");
    let refused = reseal(&place, &["v.gpg", "--keep-passphrase"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("is not the one of the receipt"), "{}", stderr(&refused));
}

#[test]
fn a_new_file_is_written_over_nothing() {
    let place = sealed();
    place.write("empty.gpg", "");
    place.write("new.gpg.receipt", "fake precious\n");
    for to in ["empty.gpg", "new.gpg"] {
        let refused = reseal(&place, &["v.gpg", "--keep-passphrase", "--to", to]);
        assert_eq!(refused.status.code(), Some(1), "{to}");
    }
    assert_eq!(place.read("new.gpg.receipt"), b"fake precious\n");
    assert!(place.read("empty.gpg").is_empty() && !place.path("new.gpg").exists());
}

/// A reseal changes no value: what was used before it stays due.
#[test]
fn a_use_is_not_followed_by_a_reseal() {
    let place = sealed();
    let used = |place: &Place| -> (String, String) {
        let mut status = place.breakglass();
        let report = output(status.args(["status", "--json"]));
        let report: Value = serde_json::from_slice(&report.stdout).unwrap();
        let layer = report["layers"].as_array().unwrap().iter().find(|it| it["layer"] == "used");
        let (_, verify) = verify(place, &["v.gpg", "--passphrase-file", "other"]);
        let line = verify.lines().find(|line| line.contains(" used ")).unwrap().to_owned();
        (layer.unwrap()["verdict"].as_str().unwrap().to_owned(), line)
    };
    assert_success(&output(place.run("v.gpg").args(["--", "true"])));
    assert_success(&reseal(&place, &["v.gpg", "--new-passphrase-file", "other"]));
    let (due, line) = used(&place);
    assert_eq!(due, "finding");
    assert!(line.contains("finding") && line.contains("by 'true'; seal again"), "{line}");
    let journal = String::from_utf8(place.read("home/.local/state/breakglass/journal")).unwrap();
    let last: Value = serde_json::from_str(journal.lines().last().unwrap()).unwrap();
    let first: Value = serde_json::from_str(journal.lines().next().unwrap()).unwrap();
    assert_eq!(last["event"], "reseal");
    assert_eq!((&last["sealed"], &last["replaces"]), (&first["sealed"], &first["vault"]));
    // A seal is what it takes, also in the place of the resealed one.
    place.write("passphrase", format!("{OTHER}\n"));
    place.seal("v.gpg", place.read("source.env"));
    let (due, line) = used(&place);
    assert_eq!(due, "ok");
    assert!(line.contains("not used on this machine"), "{line}");
    // The same with a vault that says nothing of itself.
    place.cheap("hand.gpg", b"A=1\n");
    place.write("passphrase", format!("{PASSPHRASE}\n"));
    assert_success(&output(place.run("hand.gpg").args(["--", "true"])));
    assert_success(&reseal(&place, &["hand.gpg", "--new-passphrase-file", "other"]));
    assert_eq!(used(&place).0, "finding");
}
