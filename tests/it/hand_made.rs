//! Files that people made by hand with stock gpg, before they knew this program: `run` opens them.

use crate::environment::{MARKERS, assert_same, python, read_by_shell, seen, variables};
use crate::support::{Place, assert_success, feed, output, stderr};

/// What a careful hand writes.
const DOCUMENT: &str = "# production, by hand\n\
    \n\
    PLAIN=example-0001\n\
    \texport SPACED=\"with spaces # and hash\" # a comment\n\
    export  QUOTED='has $dollars and \"quotes\"'\n\
    MIXED=a\\ b'c d'\"e \\$f\"#g\n\
    PEM='-----BEGIN X-----\nline\n-----END X-----\n'\n\
    JOINED=one\\\ntwo\n\
    URL=https://abc@o1.example.invalid/42?x={a,b}*\n\
    EMPTY=\n\
    LAST=without-a-line-end";

/// Seals as the old procedure did.
fn seal_with_gpg(place: &Place, name: &str, options: &[&str], document: &str) {
    let mut gpg = place.gpg("passphrase");
    gpg.args(["--output", name, "--symmetric"]).args(options);
    assert_success(&feed(&mut gpg, document.as_bytes()));
    // As the umask of the test may be anything, and others' eyes are worth a warning.
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(place.path(name), private).expect("chmod");
}

#[test]
fn every_usual_way_of_sealing_opens() {
    let place = Place::new();
    place.write("plain.env", DOCUMENT);
    let expected = read_by_shell(&place, "dash", "plain.env");
    assert_eq!(expected.len(), 9);
    let ways: [&[&str]; 9] = [
        &["--cipher-algo", "AES256"],
        &["--cipher-algo", "AES256", "--armor"],
        &["--cipher-algo", "AES256", "--compress-algo", "none"],
        &["--cipher-algo", "AES256", "--compress-algo", "bzip2"],
        &["--cipher-algo", "AES256", "--s2k-digest-algo", "SHA512", "--s2k-count", "65011712"],
        &["--cipher-algo", "AES256", "--s2k-digest-algo", "SHA224", "--armor"],
        &["--cipher-algo", "AES192", "--s2k-count", "1024"],
        &["--cipher-algo", "TWOFISH", "--s2k-digest-algo", "RIPEMD160"],
        &["--cipher-algo", "CAMELLIA256", "--s2k-mode", "1"],
    ];
    for (number, way) in ways.into_iter().enumerate() {
        let name = format!("{number}.env.gpg");
        seal_with_gpg(&place, &name, way, DOCUMENT);
        let run = output(place.run(&name).arg("--").args(python()));
        assert_same(&seen(&run, &MARKERS), &expected, &format!("{way:?}"));
    }
}

/// A document, what it means, and the warning about it where there is one.
type PutUpWith = (&'static str, &'static [(&'static str, &'static str)], &'static str);

/// What a hurried hand writes, and what is said about it.
#[test]
fn what_is_put_up_with_is_said() {
    let place = Place::new();
    let cases: [PutUpWith; 4] = [
        (
            "A=$HOME/x\nB=\"`id`\"\nC=~\n",
            &[("A", "$HOME/x"), ("B", "`id`"), ("C", "~")],
            "taken literally, where a shell would have expanded something: A, B, C",
        ),
        (
            "A=1\nB=2\nA=3\n",
            &[("A", "3"), ("B", "2")],
            "these names occur more than once, and the last value counts: A",
        ),
        ("\u{FEFF}A=1\r\nexport B='2'\r\n\r\n", &[("A", "1"), ("B", "2")], ""),
        ("{\"A\": \"x\\n\", \"B\": \"\"}", &[("A", "x\n"), ("B", "")], ""),
    ];
    for (number, (document, expected, warning)) in cases.into_iter().enumerate() {
        let name = format!("{number}.env.gpg");
        seal_with_gpg(&place, &name, &["--cipher-algo", "AES256"], document);
        let run = output(place.run(&name).arg("--").args(python()));
        let who = format!("run on {document:?}");
        assert_same(&seen(&run, &MARKERS), &variables(expected.iter().copied()), &who);
        let said: Vec<String> = stderr(&run)
            .lines()
            .filter_map(|line| line.strip_prefix("breakglass: warning: ").map(str::to_owned))
            .filter(|warning| !warning.contains("ulimit -l"))
            .collect();
        let expected: Vec<&str> = if warning.is_empty() { vec![] } else { vec![warning] };
        assert_eq!(said, expected, "{document:?}");
    }
}

#[test]
fn broken_quotes_start_nothing() {
    let place = Place::new();
    for (number, document) in
        ["A='x\nB=1\n", "A=1\nB=\"x\n", "A=x\\", "A=1 touch started\n"].into_iter().enumerate()
    {
        let name = format!("{number}.env.gpg");
        seal_with_gpg(&place, &name, &["--cipher-algo", "AES256"], document);
        let run = output(place.run(&name).args(["--", "touch", "started"]));
        assert_eq!(run.status.code(), Some(125), "{document:?}: {}", stderr(&run));
        assert!(!place.path("started").exists(), "{document:?} started the command");
    }
}
