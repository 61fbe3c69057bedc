//! `verify` of kits, without the passphrase and with it; several copies; copies that breakglass.toml
//! lists; and what `status` says of them.

use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::Value;

use crate::kit_support::{Stick, parts, read};
use crate::support::{assert_success, output, stderr, stdout};

/// A stick with a kit of a vault that was sealed by the program.
fn sealed() -> Stick {
    let stick = Stick::new();
    stick.place.seal("v.env.gpg", "API_KEY='1'\n");
    assert_success(&stick.copy_of("v.env.gpg", &[]));
    stick
}

fn is_fine(parts: Vec<breakglass::kit::Part>) -> bool {
    breakglass::kit::check(parts, Vec::new())
        .is_ok_and(|kit| kit.is_whole() && kit.text_exact && kit.foreign.is_empty())
}

#[test]
fn a_flipped_byte_anywhere_is_found() {
    a_flip_is_found(&sealed());
}

#[test]
fn a_flipped_byte_anywhere_in_the_kit_of_an_age_vault_is_found() {
    let stick = Stick::new();
    stick.place.seal("v.env.age", "API_KEY='1'\n");
    assert_success(&stick.copy_of("v.env.age", &[]));
    a_flip_is_found(&stick);
}

fn a_flip_is_found(stick: &Stick) {
    let whole = parts(&stick.kit());
    assert!(is_fine(whole.clone()));
    assert_eq!(whole.len(), 6);
    for (index, part) in whole.iter().enumerate() {
        for at in 0..part.bytes.len() {
            let mut changed = whole.clone();
            changed[index].bytes[at] ^= 1 << (at % 8);
            assert!(!is_fine(changed), "byte {at} of {}", part.name);
        }
        // Letters of the other case are the same number, and not the same file.
        if ["SHA256SUMS", "v.env.gpg.receipt"].contains(&&part.name[..]) {
            for bit in 0..8 * part.bytes.len() {
                let mut changed = whole.clone();
                changed[index].bytes[bit / 8] ^= 1 << (bit % 8);
                assert!(!is_fine(changed), "bit {bit} of {}", part.name);
            }
        }
        let mut longer = whole.clone();
        longer[index].bytes.push(b'\n');
        assert!(!is_fine(longer), "{}", part.name);
        let mut shorter = whole.clone();
        shorter[index].bytes.pop();
        assert!(!is_fine(shorter), "{}", part.name);
        let mut without = whole.clone();
        without.remove(index);
        assert!(!is_fine(without), "without {}", part.name);
    }
}

#[test]
fn the_program_finds_a_flip_in_each_file() {
    let stick = sealed();
    let whole = stick.verify(&["stick", "--offline"]);
    assert_eq!(whole.status.code(), Some(0), "{}{}", stdout(&whole), stderr(&whole));
    for name in stick.names("stick/breakglass-v") {
        let path = stick.kit().join(&name);
        let before = std::fs::read(&path).expect("a file");
        for at in [0, before.len() / 2, before.len() - 1] {
            let mut changed = before.clone();
            changed[at] ^= 4;
            std::fs::write(&path, &changed).expect("writes");
            let found = stick.verify(&["stick", "--offline"]);
            assert_eq!(found.status.code(), Some(1), "{name} {at}: {}", stdout(&found));
            assert!(stdout(&found).contains("  failed      files "), "{}", stdout(&found));
        }
        std::fs::remove_file(&path).expect("removes");
        let found = stick.verify(&["stick", "--offline"]);
        assert_eq!(found.status.code(), Some(1), "without {name}: {}", stdout(&found));
        std::fs::write(&path, &before).expect("writes");
    }
    std::fs::write(stick.kit().join("autorun.inf"), "x").expect("writes");
    let found = stick.verify(&["stick", "--offline"]);
    assert_eq!(found.status.code(), Some(3), "{}", stdout(&found));
    assert!(stdout(&found).contains("no part of the kit: autorun.inf"), "{}", stdout(&found));
}

/// An opener is read in pieces; this one is as large as the real one.
#[test]
fn the_program_finds_a_flip_in_a_large_opener() {
    let stick = Stick::new();
    let mut opener = crate::kit_support::fake_opener();
    opener.extend((0..900_000_u32).flat_map(u32::to_le_bytes));
    stick.place.write("opener", &opener);
    stick.place.seal("v.env.gpg", "API_KEY='1'\n");
    assert_success(&stick.copy_of("v.env.gpg", &[]));
    let whole = stick.verify(&["stick", "--offline"]);
    assert_eq!(whole.status.code(), Some(0), "{}{}", stdout(&whole), stderr(&whole));
    let path = stick.kit().join("breakglass-x86_64-linux");
    let pieces = (1..4).flat_map(|piece| [(piece << 20) - 1, piece << 20]);
    let spread = (0..opener.len()).step_by(100_003);
    for at in pieces.chain(spread).chain([opener.len() - 1]) {
        let mut changed = opener.clone();
        changed[at] ^= 1 << (at % 8);
        std::fs::write(&path, &changed).expect("writes");
        let found = stick.verify(&["stick", "--offline"]);
        assert_eq!(found.status.code(), Some(1), "{at}: {}", stdout(&found));
        let said = "not as in SHA256SUMS: breakglass-x86_64-linux";
        assert!(stdout(&found).contains(said), "{at}: {}", stdout(&found));
    }
}

#[test]
fn opened_where_the_passphrase_is_given_or_a_source() {
    let stick = sealed();
    let without = stick.verify(&["stick/breakglass-v", "--offline"]);
    assert!(stdout(&without).contains("not asked   opens"), "{}", stdout(&without));
    let opened = stick.verify(&["stick", "--offline", "--passphrase-file", "passphrase"]);
    assert_eq!(opened.status.code(), Some(0), "{}", stdout(&opened));
    assert!(stdout(&opened).contains("ok          opens       1 secret"), "{}", stdout(&opened));
    stick.place.write("source", "API_KEY='2'\n");
    let stale = stick.verify(&["stick", "--from", "source", "--passphrase-file", "passphrase"]);
    assert_eq!(stale.status.code(), Some(3), "{}", stdout(&stale));
    assert!(stdout(&stale).contains("changed: API_KEY"), "{}", stdout(&stale));
    let by_receipt = stick.verify(&["--receipt", "stick", "--from", "source"]);
    assert_eq!(by_receipt.status.code(), Some(3), "{}", stdout(&by_receipt));
    stick.place.write("source", "API_KEY='1'\n");
    let by_receipt = stick.verify(&["--receipt", "stick", "--from", "source"]);
    assert_eq!(by_receipt.status.code(), Some(0), "{}", stdout(&by_receipt));
}

#[test]
fn of_several_copies_it_tells_which_is_older_and_which_is_damaged() {
    let stick = sealed();
    let alone = stick.verify(&["stick"]);
    assert_eq!(alone.status.code(), Some(4), "{}", stdout(&alone));
    assert!(stdout(&alone).contains("no other receipt"), "{}", stdout(&alone));
    std::thread::sleep(std::time::Duration::from_millis(1100));
    std::fs::create_dir(stick.place.path("second")).expect("a folder");
    stick.place.seal("v.env.gpg", "API_KEY='2'\n");
    let mut copy = stick.place.breakglass();
    copy.args(["copy", "v.env.gpg", "second", "--passphrase-file", "passphrase"]);
    assert_success(&output(copy.args(["--opener", "opener"])));
    let both = stick.verify(&["stick", "second", "--json"]);
    assert_eq!(both.status.code(), Some(3), "{}", stdout(&both));
    let reports: Value = serde_json::from_slice(&both.stdout).expect("JSON");
    let current = |index: usize| {
        let layers = reports[index]["layers"].as_array().expect("layers").iter();
        let layer = layers.clone().find(|layer| layer["layer"] == "current").expect("a layer");
        (layer["verdict"].as_str().map(str::to_owned), layer["detail"].as_str().map(str::to_owned))
    };
    let (verdict, detail) = current(0);
    assert_eq!(verdict.as_deref(), Some("finding"));
    assert!(detail.is_some_and(|detail| detail.starts_with("older: sealed ")), "{reports}");
    assert_eq!(current(1).0.as_deref(), Some("ok"), "{reports}");
    // With the vault itself, its receipt is what both are compared with.
    let three =
        stick.verify(&["v.env.gpg", "second", "--offline", "--passphrase-file", "passphrase"]);
    assert_eq!(three.status.code(), Some(0), "{}", stdout(&three));
    assert_eq!(stdout(&three).matches("the vault of the newest receipt known here").count(), 2);
    let receipt = stick.place.path("second/breakglass-v/v.env.gpg.receipt");
    std::fs::remove_file(receipt).expect("removes");
    let damaged = stick.verify(&["second"]);
    assert_eq!(damaged.status.code(), Some(1));
    assert!(stdout(&damaged).contains("missing: v.env.gpg.receipt"), "{}", stdout(&damaged));
}

fn status(stick: &Stick) -> (Option<i32>, String) {
    let status = output(stick.place.breakglass().arg("status"));
    (status.status.code(), stdout(&status))
}

fn drill(stick: &Stick) {
    let mut drill = stick.place.breakglass();
    drill.args(["drill", "v.env.gpg", "--passphrase-file", "passphrase"]);
    assert_success(&output(&mut drill));
}

/// The lines of `status` about copies.
fn copies(stick: &Stick) -> String {
    let (_, text) = status(stick);
    text.lines().filter(|line| line.contains(" copy ")).map(|line| format!("{line}\n")).collect()
}

#[test]
fn copies_that_breakglass_toml_lists() {
    let stick = Stick::new();
    stick.place.seal("v.env.gpg", "API_KEY='1'\n");
    drill(&stick);
    let config = "vault = 'v.env.gpg'\ncopies = ['stick', 'cloud/v.env.gpg']\n";
    stick.place.write("breakglass.toml", config);
    assert_eq!(copies(&stick).matches("finding     copy").count(), 2, "{}", copies(&stick));
    assert!(copies(&stick).contains("never seen from this machine"));
    assert_success(&stick.copy_of("v.env.gpg", &[]));
    assert!(copies(&stick).contains("/stick': seen just now"), "{}", copies(&stick));
    // Not there, then there: without arguments all of them are looked at.
    let away = stick.verify(&["--offline", "--passphrase-file", "passphrase"]);
    assert_eq!(away.status.code(), Some(0), "{}", stdout(&away));
    assert!(stdout(&away).contains("nothing is there now"), "{}", stdout(&away));
    std::fs::create_dir(stick.place.path("cloud")).expect("a folder");
    stick.place.write("cloud/v.env.gpg", stick.place.read("v.env.gpg"));
    let here = stick.verify(&["--offline", "--passphrase-file", "passphrase"]);
    assert_eq!(here.status.code(), Some(0), "{}", stdout(&here));
    assert_eq!(stdout(&here).matches("ok          opens").count(), 3, "{}", stdout(&here));
    assert_eq!(copies(&stick).matches("ok          copy").count(), 2, "{}", copies(&stick));
    // Sealed again: both hold another vault now, which status tells without looking at them.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    stick.place.seal("v.env.gpg", "API_KEY='2'\n");
    assert_eq!(copies(&stick).matches("another vault than the present one").count(), 2);
    assert_success(&stick.copy_of("v.env.gpg", &[]));
    assert_eq!(copies(&stick).matches("ok          copy").count(), 1, "{}", copies(&stick));
}

#[test]
fn a_copy_that_was_not_seen_for_long() {
    let stick = Stick::new();
    stick.place.write("breakglass.toml", "copies = ['/media/fake-stick']\n");
    let day = |days: i64| {
        let time = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days);
        format!("{time:.0}")
    };
    let journal = stick.place.path("home/.local/state/breakglass/journal");
    for (days, path, words) in [
        (91, "/media/fake-stick/breakglass-v", "seen 91 days ago"),
        (89, "/media/fake-stick/breakglass-v", "ok          copy"),
        (89, "/media/fake-stick-2/breakglass-v", "never seen"),
    ] {
        let line = format!(
            r#"{{"time":"{}","event":"seen","vault":"0123456789abcdef","path":"{path}"}}"#,
            day(days)
        );
        std::fs::File::create(&journal)
            .and_then(|mut file| writeln!(file, "{line}"))
            .expect("writes");
        assert!(copies(&stick).contains(words), "{days} {path}: {}", copies(&stick));
    }
}

#[test]
fn what_is_damaged_was_not_seen() {
    let stick = sealed();
    let journal = stick.place.path("home/.local/state/breakglass/journal");
    let seen = || {
        let text = std::fs::read_to_string(&journal).expect("a journal");
        text.matches("\"event\":\"seen\"").count()
    };
    assert_eq!(seen(), 1, "copied");
    stick.verify(&["stick"]);
    assert_eq!(seen(), 2, "verified");
    std::fs::write(stick.kit().join("v.env.gpg.asc"), "x").expect("writes");
    stick.verify(&["stick"]);
    assert_eq!(seen(), 2);
}

/// Whatever somebody puts on a stick: a sentence, within moments, and nothing outside is read.
#[test]
fn hostile_kits() {
    let stick = sealed();
    stick.save();
    let kit = stick.kit();
    let write = |name: &str, bytes: &[u8]| std::fs::write(kit.join(name), bytes).expect("writes");
    let remove = |name: &str| std::fs::remove_file(kit.join(name)).expect("removes");
    let cases: &[(&str, &dyn Fn(), &str)] = &[
        (
            "paths",
            &|| write("SHA256SUMS", &[b"00".repeat(32), b"  ../../passphrase\n".to_vec()].concat()),
            "missing: ../../passphrase",
        ),
        ("controls", &|| write("SHA256SUMS", b"00  \x1b]0;x\x07\xff\n"), "\\u{1b}]0;x\\u{7}"),
        ("long", &|| write("SHA256SUMS", &b"0  a\n".repeat(100_000)), "missing: a"),
        (
            "link",
            &|| {
                remove("v.env.gpg");
                symlink("../../v.env.gpg", kit.join("v.env.gpg")).expect("a link");
            },
            "there is no vault in the kit",
        ),
        (
            "pipe",
            &|| {
                remove("OPEN-ME.txt");
                assert_success(&output(
                    std::process::Command::new("mkfifo").arg(kit.join("OPEN-ME.txt")),
                ));
            },
            "missing: OPEN-ME.txt",
        ),
        (
            "huge",
            &|| {
                remove("v.env.gpg.asc");
                std::fs::File::create(kit.join("v.env.gpg.asc"))
                    .and_then(|file| file.set_len(1 << 40))
                    .expect("grows");
            },
            "holds more than a kit does",
        ),
        (
            "huge opener",
            &|| {
                remove("breakglass-x86_64-linux");
                std::fs::File::create(kit.join("breakglass-x86_64-linux"))
                    .and_then(|file| file.set_len(1 << 40))
                    .expect("grows");
            },
            "holds more than a kit does",
        ),
        (
            "many",
            &|| {
                for index in 0..200 {
                    write(&format!("{index}.gpg"), b"");
                }
            },
            "holds more than a kit does",
        ),
        ("two vaults", &|| write("a.gpg", b"x"), "no part of the kit: a.gpg"),
        (
            "other receipt",
            &|| {
                write(
                    "v.env.gpg.receipt",
                    &[b"# breakglass receipt 1\n".to_vec(), b"x".repeat(99)].concat(),
                )
            },
            "not as in SHA256SUMS: v.env.gpg.receipt",
        ),
    ];
    for (what, spoil, words) in cases {
        stick.restore();
        spoil();
        let found = stick.verify(&["stick", "--offline"]);
        let said = stdout(&found);
        assert!(matches!(found.status.code(), Some(1 | 3)), "{what}: {said}{}", stderr(&found));
        assert!(said.contains(words), "{what}: {said}");
        assert!(!said.contains(['\u{1b}', '\u{7}']), "{what}: {said:?}");
    }
    let missing = stick.verify(&["home"]);
    assert_eq!(missing.status.code(), Some(1), "{}", stdout(&missing));
    assert!(stdout(&missing).contains("there is no kit in 'home'"), "{}", stdout(&missing));
}

/// A text that another version wrote, its sum with it, is told and is no damage.
#[test]
fn a_kit_of_another_version_is_a_finding() {
    let stick = sealed();
    let text = stick.kit().join("OPEN-ME.txt");
    std::fs::write(&text, "OPEN ME, said another version\n").expect("writes");
    let mut sums = stick.place.command("sh");
    sums.args(["-c", "sha256sum OPEN-ME.txt [bv]* >SHA256SUMS"]).current_dir(stick.kit());
    assert_success(&output(&mut sums));
    let found = stick.verify(&["stick", "--offline"]);
    assert_eq!(found.status.code(), Some(3), "{}", stdout(&found));
    assert!(stdout(&found).contains("OPEN-ME.txt is not what this version"), "{}", stdout(&found));
    assert!(read(Path::new(&stick.kit())).is_some_and(|kit| kit.is_whole()));
}
