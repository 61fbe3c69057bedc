//! What a copy leaves alone: the only whole kit, what somebody keeps beside it, the kits of other vaults, and
//! whatever the lines of OPEN-ME.txt might meet.

use crate::kit_support::Stick;
use crate::support::{PASSPHRASE, cheap_vault, output, stderr};

const WRONG: &str = "not the passphrase 99 of it";

fn copy_wrongly(stick: &Stick) {
    stick.place.write("wrong", format!("{WRONG}\n"));
    let words = ["copy", "v.gpg", "stick", "--without-opener", "--passphrase-file", "wrong"];
    assert_eq!(output(stick.place.breakglass().args(words)).status.code(), Some(1));
}

#[test]
fn a_failed_copy_leaves_the_only_whole_kit() {
    let stick = Stick::with_kit();
    std::fs::rename(stick.kit(), stick.place.path("stick/breakglass-v.old")).expect("renames");
    std::fs::create_dir(stick.kit()).expect("a folder");
    copy_wrongly(&stick);
    assert_eq!(stick.value("breakglass-v.old").as_deref(), Some("old"));
}

#[test]
fn what_somebody_put_into_a_kit_stays() {
    for name in ["notes.txt", "staging.env.gpg", "photos.age", "key.asc"] {
        let stick = Stick::with_kit();
        let path = stick.kit().join(name);
        std::fs::write(&path, "mine").expect("a file");
        let copied = stick.copy(&[]);
        assert!(path.exists(), "{name} is gone: {}", stderr(&copied));
    }
}

#[test]
fn a_folder_that_is_no_kit_stays() {
    let stick = Stick::new();
    std::fs::create_dir(stick.kit()).expect("a folder");
    std::fs::rename(stick.place.path("v.gpg"), stick.kit().join("v.gpg")).expect("renames");
    std::fs::write(stick.kit().join("staging.env.gpg"), "mine").expect("a file");
    let copied = stick.copy_of("stick/breakglass-v/v.gpg", &[]);
    assert!(stick.kit().join("staging.env.gpg").exists(), "{}", stderr(&copied));
}

#[test]
fn a_kit_of_another_vault_stays() {
    let stick = Stick::with_kit();
    let other = cheap_vault(b"OTHER='1'\n", PASSPHRASE, false);
    stick.place.write("v.env.gpg", other);
    let copied = stick.copy_of("v.env.gpg", &[]);
    assert!(stick.kit().join("v.gpg").exists(), "{}", stderr(&copied));
}

#[test]
fn no_kit_within_a_kit() {
    let stick = Stick::with_kit();
    let words = ["copy", "v.gpg", "stick/breakglass-v", "--without-opener"];
    let words = words.into_iter().chain(["--passphrase-file", "passphrase"]);
    let copied = output(stick.place.breakglass().args(words));
    assert!(!stick.kit().join("breakglass-v").exists(), "{}", stderr(&copied));
}

#[test]
fn the_lines_do_not_touch_a_vault_at_home() {
    let stick = Stick::with_kit();
    stick.place.write("home/v.gpg", "the only newer one");
    let text = std::fs::read_to_string(stick.kit().join("OPEN-ME.txt")).expect("text");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    for begin in ["mkdir ", "cp ", "rm -r ~"] {
        let line = lines.iter().find(|line| line.starts_with(begin)).expect("a line");
        output(stick.place.command("sh").current_dir(stick.kit()).args(["-c", line]));
    }
    assert!(stick.place.path("home/v.gpg").exists(), "{text}");
    assert_eq!(stick.place.read("home/v.gpg"), b"the only newer one");
}

#[test]
fn nothing_follows_a_question() {
    let stick = Stick::with_kit();
    let text = std::fs::read_to_string(stick.kit().join("OPEN-ME.txt")).expect("text");
    // Blocks as they are pasted: what follows a whole command that asks is read as its answer.
    for block in text.split("\n\n").filter(|block| block.contains("gpg --no-symkey-cache")) {
        let last = block.trim_end().lines().last().expect("a line");
        assert!(last.trim_end().ends_with([')', '}']), "{block}");
    }
}

#[test]
fn a_secret_whose_name_is_f() {
    let stick = Stick::with_kit();
    let text = std::fs::read_to_string(stick.kit().join("OPEN-ME.txt")).expect("text");
    let block = text.split("\n\n").find(|block| block.contains("mktemp")).expect("a block");
    std::fs::create_dir(stick.place.path("bin")).expect("a folder");
    stick.place.write("bin/gpg", "#!/bin/sh\nprintf \"f='FAKE-secret-f'\\n\"\n");
    stick.place.write("bin/pm2", "#!/bin/sh\necho started\n");
    for name in ["bin/gpg", "bin/pm2"] {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(stick.place.path(name), mode).expect("chmod");
    }
    let path = format!("{}:/usr/bin:/bin", stick.place.path("bin").display());
    let started = output(stick.place.command("sh").env("PATH", path).args(["-c", block]));
    assert!(!stderr(&started).contains("FAKE-secret-f"), "{}", stderr(&started));
}
