//! The bar for `scan`: whatever it looks for and finds, nothing of it is left at its end, in all of its threads.

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use crate::memory::{SECRETS, assert_nothing, at_exit_of, keys, place, program, source};
use crate::support::{Place, assert_success, output};
use crate::tracer::{Canary, Circumstances, Traced};

/// A tree in which every secret stands in several forms: in small files, in one that is searched in parts by
/// several threads, and in a git history.
fn planted() -> (Place, Vec<Canary>) {
    let place = place();
    place.seal("v.env.gpg", source());
    std::fs::create_dir(place.path("tree")).unwrap();
    place.write("tree/as-it-is", SECRETS.map(|(_, value)| format!("x {value}\n")).concat());
    place.write("tree/shell", source());
    let json: std::collections::BTreeMap<_, _> = SECRETS.iter().copied().collect();
    place.write("tree/json", serde_json::to_string(&json).unwrap());
    let encode = "base64 tree/shell > tree/base64; base64 -w0 tree/shell > tree/in-one-line";
    assert_success(&output(place.command("sh").args(["-c", encode])));
    let git = "cd tree; git init -q .; git add .; \
               git -c user.name=fake -c user.email=fake@example.com commit -qm 'a message'; git gc -q";
    assert_success(&output(place.command("sh").args(["-c", git])));
    let mut huge = std::fs::File::create(place.path("tree/huge")).unwrap();
    for part in 0..20_u64 {
        huge.seek(SeekFrom::Start((part + 1) * (16 << 20) - 20)).unwrap();
        huge.write_all(SECRETS[part as usize % 3].1.as_bytes()).unwrap();
    }
    let mut canaries = keys(&place.read("v.env.gpg"));
    canaries.extend(SECRETS.map(|(name, value)| Canary { name, bytes: value.into() }));
    (place, canaries)
}

#[test]
fn nothing_is_left_at_the_end_of_a_scan() {
    let (place, canaries) = planted();
    place.write("wrong", "fake wrong passphrase of somebody\n");
    std::fs::create_dir(place.path("empty")).unwrap();
    let with = ["scan", "v.env.gpg", "--passphrase-file"];
    for arguments in [
        &["passphrase", "tree"][..],
        &["passphrase", "tree", "--json"],
        &["passphrase", "--git", "tree"],
        &["passphrase", "empty"],
        &["passphrase", "tree", "--except", "FIRST"],
        &["wrong", "tree"],
        &["passphrase", "missing"],
    ] {
        assert_nothing(&at_exit_of(&place, &canaries, &[&with[..], arguments].concat()));
    }
}

/// The forms that are found are really there, so that the test above says something.
#[test]
fn what_is_planted_is_found() {
    let (place, _) = planted();
    let mut command = program(&place, &["scan", "v.env.gpg", "--passphrase-file", "passphrase"]);
    let outcome =
        output(command.args(["tree", "--git", "tree"]).stdout(std::process::Stdio::piped()));
    assert_eq!(outcome.status.code(), Some(3));
    let text = String::from_utf8(outcome.stdout).unwrap();
    for place in ["tree/as-it-is", "tree/json", "tree/in-one-line", "tree/huge", "commit"] {
        assert!(text.contains(place), "{text}");
    }
}

/// The same search by a program that does not mind.
#[test]
fn another_program_is_found_out() {
    let (place, canaries) = planted();
    place.write("values", SECRETS.map(|(_, value)| format!("{value}\n")).concat());
    let mut command = place.command("grep");
    command.args(["-aFf", "values"]).arg(Path::new("tree/as-it-is"));
    command.stdout(std::process::Stdio::null());
    let mut traced = Traced::start(&mut command, Circumstances::default());
    traced.until(&[libc::SYS_exit_group]);
    let findings = traced.scan(&canaries);
    traced.finish();
    let found = |name| findings.keys().any(|(canary, _)| *canary == name);
    assert!(SECRETS.iter().all(|(name, _)| found(*name)), "{findings:#?}");
}
