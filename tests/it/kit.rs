//! `copy`: what is on the stick afterwards, what is said, and what is left alone.

use std::os::unix::fs::{PermissionsExt, symlink};

use crate::kit_support::{PROGRAM, Stick, fake_opener, names};
use crate::support::{assert_success, feed, output, stderr, stdout};
use crate::terminal::{Terminal, finish};

const FILES: [&str; 6] = [
    "OPEN-ME.txt",
    "SHA256SUMS",
    "breakglass-x86_64-linux",
    "v.env.gpg",
    "v.env.gpg.asc",
    "v.env.gpg.receipt",
];

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_kit_has_all_that_is_needed() {
    let stick = Stick::new();
    stick.place.seal("v.env.gpg", "API_KEY='new'\n");
    let copied = stick.copy_of("v.env.gpg", &[]);
    assert_success(&copied);
    assert_eq!(stick.names("stick"), ["breakglass-v"]);
    assert_eq!(stick.names("stick/breakglass-v"), FILES);
    let same = |name: &str, original: &str| {
        assert_eq!(
            std::fs::read(stick.kit().join(name)).expect("a file"),
            stick.place.read(original)
        );
    };
    same("v.env.gpg", "v.env.gpg");
    same("v.env.gpg.receipt", "v.env.gpg.receipt");
    same("breakglass-x86_64-linux", "opener");
    let mode = |name: &str| {
        std::fs::metadata(stick.kit().join(name)).expect("a file").permissions().mode() & 0o777
    };
    assert_eq!(FILES.map(mode), [0o644, 0o644, 0o755, 0o644, 0o644, 0o644]);
    let mut sums = stick.place.command("sha256sum");
    sums.args(["--check", "--strict", "SHA256SUMS"]).current_dir(stick.kit());
    let sums = output(&mut sums);
    assert_success(&sums);
    assert_eq!(stdout(&sums).lines().count(), 5);
    // The sums for paper, and nothing else, on standard output.
    let paper = format!(
        "{}  breakglass-x86_64-linux\n{}  v.env.gpg\n",
        sha256(&fake_opener()),
        sha256(&stick.place.read("v.env.gpg"))
    );
    assert_eq!(stdout(&copied), paper);
    let said = stderr(&copied);
    assert!(said.contains("on the same device as the vault"), "{said}");
    assert!(said.contains("read back, compared and opened"), "{said}");
    assert!(said.contains("write these sums on paper"), "{said}");
    for way in
        [&["run", "stick/breakglass-v/v.env.gpg"], &["run", "stick/breakglass-v/v.env.gpg.asc"]]
    {
        let mut run = stick.place.breakglass();
        run.args(way).args(["-q", "--passphrase-file", "passphrase", "--", "printenv", "API_KEY"]);
        assert_eq!(stdout(&output(&mut run)), "new\n");
    }
}

#[test]
fn quiet_leaves_notes_out_and_umask_changes_nothing() {
    let stick = Stick::new();
    let copied =
        output(stick.copier("v.gpg", &["sh", "-c", "umask 77; exec \"$@\"", "sh"]).arg("-q"));
    assert_success(&copied);
    assert_eq!(stdout(&copied).lines().count(), 2);
    assert_eq!(stderr(&copied).lines().count(), 1, "{}", stderr(&copied));
    let mode = std::fs::metadata(stick.kit().join("OPEN-ME.txt")).expect("a file").permissions();
    assert_eq!(mode.mode() & 0o777, 0o644);
}

#[test]
fn an_armored_vault_becomes_both_forms() {
    let stick = Stick::new();
    let vault = crate::support::cheap_vault(b"API_KEY='a'\n", crate::support::PASSPHRASE, true);
    stick.place.write("v.asc", vault);
    assert_success(&stick.copy_of("v.asc", &[]));
    let files = stick.names("stick/breakglass-v");
    assert_eq!(files[3..], ["v.env.gpg", "v.env.gpg.asc"]);
    assert!(std::fs::read(stick.kit().join("v.env.gpg")).expect("a file")[0] & 0x80 != 0);
}

#[test]
fn what_is_no_opener_is_refused() {
    let stick = Stick::new();
    stick.place.write("script", "#!/bin/sh\nbreakglass: error: \n");
    let mut other = fake_opener();
    other.truncate(120);
    stick.place.write("other", other);
    let copy = |arguments: &[&str]| {
        let mut command = stick.place.breakglass();
        command.args(["copy", "v.gpg", "stick", "--passphrase-file", "passphrase"]);
        output(command.args(arguments))
    };
    for (arguments, status, words) in [
        (&[][..], 2, "no opener is named"),
        (&["--opener", PROGRAM], 1, "needs libraries of the machine (not static)"),
        (&["--opener", "script"], 1, "it is not a Linux program"),
        (&["--opener", "other"], 1, "it is another program"),
        (&["--opener", "missing"], 1, "cannot read 'missing': no such file or directory"),
        (&["--opener", "stick"], 1, "stick' is not a file"),
        (&["--opener", "/dev/zero"], 1, "is not a file"),
        (&["--opener", "opener", "--without-opener"], 2, "cannot be used with"),
    ] {
        let copied = copy(arguments);
        assert_eq!(copied.status.code(), Some(status), "{arguments:?} {}", stderr(&copied));
        assert!(stderr(&copied).contains(words), "{arguments:?} {}", stderr(&copied));
        assert!(stick.names("stick").is_empty());
    }
    assert!(stderr(&copy(&[])).contains("tests/build-opener"), "it says how to get one");
    let large = std::fs::File::create(stick.place.path("large")).expect("a file");
    large.set_len(65 * 1024 * 1024).expect("grows");
    assert!(stderr(&copy(&["--opener", "large"])).contains("holds more than a kit does"));
    assert_success(&copy(&["--without-opener"]));
    assert_eq!(stick.names("stick/breakglass-v").len(), 4);
    let text = std::fs::read_to_string(stick.kit().join("OPEN-ME.txt")).expect("text");
    assert!(!text.contains("chmod"), "{text}");
}

#[test]
fn names_that_cannot_stand_in_commands_are_refused() {
    let stick = Stick::new();
    for name in ["a b.gpg", "-x.gpg", "$(id).gpg", "a\u{1b}.gpg", "ä.gpg"] {
        stick.place.write(name, stick.place.read("v.gpg"));
        let mut command = stick.place.breakglass();
        command.args(["copy", "--passphrase-file", "passphrase", "--opener", "opener", "--"]);
        let copied = output(command.args([name, "stick"]));
        assert_eq!(copied.status.code(), Some(1), "{name:?} {}", stderr(&copied));
        assert!(stderr(&copied).contains("cannot be a file's name in a kit"), "{name:?}");
        assert!(!stderr(&copied).contains('\u{1b}'));
    }
    assert!(stick.names("stick").is_empty());
}

#[test]
fn a_wrong_passphrase_and_a_stick_that_is_not_there() {
    let stick = Stick::with_kit();
    stick.place.write("passphrase", "another one\n");
    let copied = stick.copy(&[]);
    assert_eq!(copied.status.code(), Some(1));
    assert!(stderr(&copied).contains("cannot open the vault"), "{}", stderr(&copied));
    assert_eq!(stick.names("stick"), ["breakglass-v"]);
    std::fs::remove_dir_all(stick.place.path("stick")).expect("removes");
    assert!(stderr(&stick.copy(&[])).contains("cannot read 'stick': no such file or directory"));
    stick.place.write("stick", "");
    assert!(stderr(&stick.copy(&[])).contains("'stick' is not a folder"));
}

#[test]
fn an_earlier_kit_is_replaced_and_nothing_of_it_stays() {
    let stick = Stick::with_kit();
    // What a desktop left in it goes with it.
    std::fs::write(stick.kit().join(".DS_Store"), "x").expect("a file");
    assert_success(&stick.copy(&[]));
    assert_eq!(stick.names("stick"), ["breakglass-v"]);
    assert_eq!(stick.value("breakglass-v").as_deref(), Some("new"));
}

#[test]
fn what_a_crash_left_is_put_right() {
    let stick = Stick::with_kit();
    let rename = |from: &str, to: &str| {
        let path = |name: &str| stick.place.path("stick").join(name);
        std::fs::rename(path(from), path(to)).expect("renames");
    };
    let half = || {
        std::fs::create_dir(stick.place.path("stick/breakglass-v.new")).expect("a folder");
        std::fs::write(stick.place.path("stick/breakglass-v.new/v.gpg"), "half").expect("a file");
    };
    half();
    let found = stick.verify(&["stick"]);
    assert!(stdout(&found).contains("an interrupted copy has left it"), "{}", stdout(&found));
    // Between the two renames of a file system that cannot exchange names.
    rename("breakglass-v", "breakglass-v.old");
    let found = stick.verify(&["stick"]);
    assert!(stdout(&found).contains("left it under this name"), "{}", stdout(&found));
    stick.place.write("passphrase", "another one\n");
    assert_eq!(stick.copy(&[]).status.code(), Some(1));
    assert_eq!(stick.names("stick"), ["breakglass-v"], "also by a copy that fails later");
    stick.place.write("passphrase", format!("{}\n", crate::support::PASSPHRASE));
    assert_eq!(stick.value("breakglass-v").as_deref(), Some("old"));
    half();
    std::fs::create_dir(stick.place.path("stick/breakglass-v.old")).expect("a folder");
    assert_success(&stick.copy(&[]));
    assert_eq!(stick.names("stick"), ["breakglass-v"]);
    assert_eq!(stick.value("breakglass-v").as_deref(), Some("new"));
}

#[test]
fn what_is_no_kit_is_not_replaced() {
    let stick = Stick::new();
    let place = &stick.place;
    place.write("bystander", "kept");
    std::fs::create_dir(place.path("elsewhere")).expect("a folder");
    place.write("elsewhere/v.gpg", "kept");
    for suffix in ["", ".new", ".old"] {
        let path = place.path(&format!("stick/breakglass-v{suffix}"));
        let refused = |words: &str| {
            let before = names(&place.path("stick"));
            let copied = stick.copy(&[]);
            assert_eq!(copied.status.code(), Some(1), "{suffix} {words}");
            assert!(stderr(&copied).contains(words), "{suffix} {}", stderr(&copied));
            assert_eq!(names(&place.path("stick")), before);
        };
        std::fs::write(&path, "kept").expect("a file");
        refused("is not a folder");
        std::fs::remove_file(&path).expect("removes");
        for target in ["../elsewhere", "../bystander", "nowhere"] {
            symlink(target, &path).expect("a link");
            refused("is not a folder");
            std::fs::remove_file(&path).expect("removes");
        }
        std::fs::create_dir(&path).expect("a folder");
        std::fs::write(path.join("thesis.doc"), "kept").expect("a file");
        refused("'thesis.doc' in it is no part of a kit");
        std::fs::remove_file(path.join("thesis.doc")).expect("removes");
        // A link, and a folder, of a name that a kit has.
        symlink("../../bystander", path.join("v.gpg")).expect("a link");
        refused("'v.gpg' in it is no part of a kit");
        std::fs::remove_file(path.join("v.gpg")).expect("removes");
        std::fs::create_dir(path.join("v.gpg")).expect("a folder");
        refused("'v.gpg' in it is no part of a kit");
        std::fs::remove_dir_all(&path).expect("removes");
    }
    assert_eq!(place.read("bystander"), b"kept");
    assert_eq!(place.read("elsewhere/v.gpg"), b"kept");
}

#[test]
fn another_users_kit_is_not_replaced() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let stick = Stick::with_kit();
    let place = &stick.place;
    std::fs::copy(PROGRAM, place.path("program")).expect("copies");
    let mode = |name: &str, mode: u32| {
        std::fs::set_permissions(place.path(name), PermissionsExt::from_mode(mode)).expect("chmod");
    };
    for (name, bits) in [("", 0o755), ("stick", 0o1777), ("v.gpg", 0o644), ("passphrase", 0o644)] {
        mode(name, bits);
    }
    for (name, bits) in [("program", 0o755), ("opener", 0o644)] {
        mode(name, bits);
    }
    std::os::unix::fs::chown(stick.kit(), Some(12_345), Some(12_345)).expect("chown");
    let mut command = place.command("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(place.path("program"));
    command.args(["copy", "v.gpg", "stick", "--passphrase-file", "passphrase"]);
    let copied = output(command.args(["--opener", "opener"]));
    assert_eq!(copied.status.code(), Some(1), "{}", stderr(&copied));
    assert!(stderr(&copied).contains("is another user's"), "{}", stderr(&copied));
    assert_eq!(stick.names("stick"), ["breakglass-v"]);
}

#[test]
fn a_receipt_that_is_not_the_vaults_stays_behind() {
    let stick = Stick::new();
    stick.place.seal("v.env.gpg", "API_KEY='new'\n");
    for receipt in [&b"# breakglass receipt 1\n"[..], b""] {
        stick.place.write("v.env.gpg.receipt", receipt);
        let copied = stick.copy_of("v.env.gpg", &[]);
        assert_success(&copied);
        assert!(stderr(&copied).contains("the kit is without a receipt"), "{}", stderr(&copied));
        assert_eq!(stick.names("stick/breakglass-v").len(), 5);
    }
}

#[test]
fn the_passphrase_is_asked_for_at_the_terminal() {
    let stick = Stick::new();
    let ask = |answer: &str| {
        let mut terminal = Terminal::new();
        let mut command = stick.place.breakglass();
        command.args(["copy", "v.gpg", "stick", "--opener", "opener"]);
        let mut child = terminal.spawn_on(&mut command);
        terminal.wait_for("passphrase for 'v.gpg': ");
        terminal.type_text(answer);
        let status = finish(&mut child);
        (status.code(), terminal.shown())
    };
    assert_eq!(ask("\u{3}").0, Some(130));
    assert!(stick.names("stick").is_empty(), "{:?}", stick.names("stick"));
    let (status, shown) = ask(&format!("{}\n", crate::support::PASSPHRASE));
    assert_eq!(status, Some(0), "{shown}");
    assert!(shown.contains("read back, compared and opened"), "{shown}");
    let by_descriptor = feed(
        stick.place.breakglass().args([
            "copy",
            "v.gpg",
            "stick",
            "--without-opener",
            "--passphrase-fd",
            "0",
        ]),
        format!("{}\n", crate::support::PASSPHRASE).as_bytes(),
    );
    assert_success(&by_descriptor);
}
