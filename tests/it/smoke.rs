//! The shortest way through: seal, run, verify, show, drill.

use crate::support::{Place, assert_success, output, stderr, stdout};

#[test]
fn seal_run_verify_show() {
    let place = Place::new();
    place.write("source.env", "A='it'\\''s'\nB=2\n");
    place.seal("v.env.gpg", place.read("source.env"));
    let verify = output(place.breakglass().args([
        "verify",
        "v.env.gpg",
        "--from",
        "source.env",
        "--passphrase-file",
        "passphrase",
    ]));
    assert_eq!(verify.status.code(), Some(0), "{}", stdout(&verify));
    let run =
        output(place.run("v.env.gpg").args(["--", "sh", "-c", "printf %s \"$A$B\"; exit 42"]));
    assert_eq!((run.status.code(), stdout(&run).as_str()), (Some(42), "it's2"), "{}", stderr(&run));
    let show = output(place.breakglass().args([
        "show",
        "v.env.gpg",
        "A",
        "--passphrase-file",
        "passphrase",
    ]));
    assert_eq!(stdout(&show), "it's");
}

#[test]
fn drill_tells_the_whole_story() {
    let drill = output(Place::new().breakglass().arg("drill"));
    assert_success(&drill);
    assert_eq!(stdout(&drill).matches("  ok  ").count(), 6, "{}", stdout(&drill));
}
