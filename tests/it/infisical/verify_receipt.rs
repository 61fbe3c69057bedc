//! `verify --receipt`: right where versions lie, and never *current* where it cannot tell.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::faults::Fault;
use super::model::{Client, Model, Secret};
use super::routes::Call;
use super::server::{Running, Server};
use super::trial::{IDENTITY, Trial, VAULT, usual};
use crate::support::{PASSPHRASE, cheap_vault, output, stderr, stdout};

/// A folder that has all that can move: a reference, two imports that differ, a folder below.
fn server(server: Server) -> Server {
    server
        .secret("/", "PLAIN", "fakeValueOne")
        .secret("/", "SAME", "fakeValueOne")
        .secret("/", "POINTS", "prefix-${staging.TARGET}")
        .secret("staging:/", "TARGET", "fakeTargetOld")
        .secret("/first", "IMPORTED", "fakeFromFirst")
        .secret("/second", "IMPORTED", "fakeFromSecond")
        .import("/", "/first")
        .import("/", "/second")
}

/// Sealed from the server, with its receipt.
fn sealed(server: &Running) -> Trial {
    let trial = Trial::new();
    trial.seals(server, &mut trial.whole("seal", server));
    trial
}

/// `verify --receipt` of a path in the place, against the server.
fn check(trial: &Trial, server: &Running, path: &str) -> Command {
    let mut command = trial.place.breakglass();
    command.args(["verify", "--receipt", path, "--from", "infisical"]).envs(IDENTITY);
    for (name, value) in usual(server) {
        command.arg(format!("--infisical-{name}={value}"));
    }
    command
}

/// Exit status and report, and nothing told.
fn verdict(trial: &Trial, server: &Running, command: &mut Command) -> (Option<i32>, String) {
    let output = output(command);
    trial.assert_nothing_told(server, &output);
    (output.status.code(), stdout(&output) + &stderr(&output))
}

fn receipt(trial: &Trial) -> PathBuf {
    trial.place.path(&format!("{VAULT}.receipt"))
}

/// After this change the check ends so, and finds these names.
#[expect(clippy::type_complexity, reason = "one row")]
fn moves(rows: &[(&str, fn(&mut Model), i32, &str)]) {
    for old in [false, true] {
        for (what, change, status, words) in rows {
            let server = server(if old { Server::old() } else { Server::new() }).start();
            let trial = sealed(&server);
            server.change(change);
            let (found, said) = verdict(&trial, &server, &mut check(&trial, &server, VAULT));
            assert_eq!(found, Some(*status), "{what}, old {old}: {said}");
            assert!(said.contains(words), "{what}, old {old}: {said}");
            // Opening and comparing comes to the same.
            let (found, said) = verdict(&trial, &server, &mut trial.whole("verify", &server));
            assert_eq!(found, Some(*status), "{what}, old {old}, opened: {said}");
        }
    }
}

#[test]
fn current_where_only_versions_moved() {
    moves(&[
        ("nothing", |_| {}, 0, "the same names and values as infisical"),
        ("the same value again", |it| it.rewrite("/", "PLAIN", "fakeValueOne"), 0, "the same"),
        (
            "deleted and made again",
            |it| {
                it.remove("/", "PLAIN");
                it.add(Secret::new("/", "PLAIN", "fakeValueOne"));
            },
            0,
            "the same",
        ),
        (
            "an import that does not count",
            |it| it.rewrite("/first", "IMPORTED", "fakeOther"),
            0,
            "the same",
        ),
        (
            "a personal override",
            |it| it.add(Secret::new("/", "PLAIN", "fakePersonal").personal()),
            0,
            "the same",
        ),
    ]);
}

#[test]
fn stale_where_a_value_or_a_name_moved() {
    moves(&[
        ("a value", |it| it.rewrite("/", "PLAIN", "fakeValueTwo"), 3, "changed: PLAIN"),
        (
            "the target of a reference",
            |it| it.rewrite("staging:/", "TARGET", "fakeTargetNew"),
            3,
            "changed: POINTS",
        ),
        ("the order of imports", |it| it.imports.reverse(), 3, "changed: IMPORTED"),
        (
            "the import that counts",
            |it| it.rewrite("/second", "IMPORTED", "fakeOther"),
            3,
            "changed: IMPORTED",
        ),
        ("one more", |it| it.add(Secret::new("/", "NEW", "fakeNew")), 3, "added: NEW"),
        ("one less", |it| it.remove("/", "PLAIN"), 3, "removed: PLAIN"),
    ]);
}

#[test]
fn a_name_that_permissions_hide_is_never_current() {
    let server =
        server(Server::new()).secret("/third", "HIDDEN", "fakeHidden").import("/", "/third");
    let server = server.start();
    let trial = sealed(&server);
    server.change(|model| model.hide("/third"));
    let (status, said) = verdict(&trial, &server, &mut check(&trial, &server, VAULT));
    assert_eq!(status, Some(3), "{said}");
    assert!(said.contains("removed: HIDDEN"), "{said}");
    server.change(|model| {
        for secret in &mut model.secrets {
            secret.hidden |= secret.name == "PLAIN";
        }
    });
    let (status, said) = verdict(&trial, &server, &mut check(&trial, &server, VAULT));
    assert_eq!(status, Some(4), "{said}");
    assert!(said.contains("hides these values from this identity: PLAIN"), "{said}");
}

#[test]
fn cannot_tell_without_an_answer() {
    for (what, words, fail) in [
        ("hung", "did not answer in full within 2 seconds", Fault::Hang),
        ("failed", "itself fails (status 500)", Fault::body(500, r#"{"message":"fake"}"#)),
        ("empty", "Infisical's list is empty", Fault::body(200, r#"{"secrets":[],"imports":[]}"#)),
    ] {
        let server = server(Server::new()).start();
        let trial = sealed(&server);
        server.fail(Call::LIST, fail);
        let mut command = check(&trial, &server, VAULT);
        let (status, said) = verdict(&trial, &server, command.arg("--infisical-timeout=2"));
        assert_eq!(status, Some(4), "{what}: {said}");
        assert!(said.contains(words), "{what}: {said}");
    }
    let server = server(Server::new()).start();
    let trial = sealed(&server);
    server.change(|model| {
        for (_, state) in model.clients.values_mut() {
            *state = Client::Expired;
        }
    });
    assert_eq!(verdict(&trial, &server, &mut check(&trial, &server, VAULT)).0, Some(4));
    // Nobody listens there any more.
    let mut command = check(&trial, &server, VAULT);
    drop(server);
    let output = output(&mut command);
    assert_eq!(output.status.code(), Some(4), "{}", stdout(&output));
}

#[test]
fn cannot_tell_where_the_receipt_is_another_one() {
    let server = server(Server::new()).start();
    let trial = sealed(&server);
    let whole = std::fs::read_to_string(receipt(&trial)).expect("a receipt");
    let lines: Vec<&str> = whole.lines().collect();
    let without = |line: &str| whole.replace(&format!("{line}\n"), "");
    let plain = lines.iter().find(|line| line.starts_with("PLAIN ")).expect("a line");
    let same = lines.iter().find(|line| line.starts_with("SAME ")).expect("a line");
    let digest = |line: &&&str| line.split_once(' ').expect("a digest").1.to_owned();
    assert_ne!(digest(&plain), digest(&same), "two names with the same value");
    for (what, text) in [
        ("a digest of another name", whole.replace(&digest(&plain), &digest(&same))),
        ("a name less", without(plain).replace("# secrets: 4", "# secrets: 3")),
        ("a name less, not counted", without(plain)),
        ("another time", whole.replace("# sealed: 2", "# sealed: 1")),
        ("another source", whole.replace("environment=production", "environment=staging")),
        ("no last line", without(lines.last().expect("a line"))),
        ("a line more", format!("{whole}\n")),
        ("CR LF", whole.replace('\n', "\r\n")),
        ("nothing", String::new()),
    ] {
        assert_ne!(text, whole, "{what}");
        trial.place.write(&format!("{VAULT}.receipt"), text);
        let (status, said) = verdict(&trial, &server, &mut check(&trial, &server, VAULT));
        assert_eq!(status, Some(4), "{what}: {said}");
        assert!(said.contains("cannot tell receipt"), "{what}: {said}");
    }
    std::fs::remove_file(receipt(&trial)).expect("removes");
    let (status, said) = verdict(&trial, &server, &mut check(&trial, &server, VAULT));
    assert_eq!(status, Some(4), "{said}");
}

#[test]
fn cannot_tell_with_another_key_and_makes_none() {
    let server = server(Server::new()).start();
    let trial = sealed(&server);
    trial.place.write("other.key", "0123456789abcdef".repeat(4));
    trial.place.write("broken.key", "fakeKey");
    for (key, words) in [
        ("other.key", "made with another key, or changed since"),
        ("missing.key", "there is no receipt key at 'missing.key'"),
        ("broken.key", "'broken.key' holds no receipt key"),
        ("infisical:/nowhere", "404"),
    ] {
        let mut command = check(&trial, &server, VAULT);
        let (status, said) = verdict(&trial, &server, command.args(["--receipt-key", key]));
        assert_eq!(status, Some(4), "{key}: {said}");
        assert!(said.contains(words) || key.starts_with("infisical"), "{key}: {said}");
    }
    assert!(!trial.place.path("missing.key").exists());
}

#[test]
fn the_vault_beside_it_belongs_or_is_not_there() {
    let server = server(Server::new()).start();
    let trial = sealed(&server);
    let whole = trial.place.read(VAULT);
    std::os::unix::fs::symlink(VAULT, trial.place.path("link")).expect("a link");
    for path in [VAULT, "v.env.gpg.receipt", "link"] {
        let (status, said) = verdict(&trial, &server, &mut check(&trial, &server, path));
        assert_eq!(status, Some(0), "{path}: {said}");
        assert!(said.contains("the one of the receipt"), "{path}: {said}");
    }
    trial.place.write(VAULT, cheap_vault(b"PLAIN='fakeValueOne'\n", PASSPHRASE, false));
    let (status, said) = verdict(&trial, &server, &mut check(&trial, &server, VAULT));
    assert_eq!(status, Some(4), "{said}");
    assert!(said.contains("is not the one of the receipt"), "{said}");
    trial.place.write(VAULT, &whole[..whole.len() - 1]);
    assert_eq!(verdict(&trial, &server, &mut check(&trial, &server, VAULT)).0, Some(4));
    std::fs::remove_file(trial.place.path("link")).expect("removes");
    std::fs::remove_file(trial.place.path(VAULT)).expect("removes");
    let (status, said) = verdict(&trial, &server, &mut check(&trial, &server, VAULT));
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("it is not here, so only its receipt was checked"), "{said}");
}

#[test]
fn json_lists_the_names() {
    let server = server(Server::new()).start();
    let trial = sealed(&server);
    server.change(|model| {
        model.rewrite("/", "PLAIN", "fakeValueTwo");
        model.remove("/", "SAME");
        model.add(Secret::new("/", "NEW", "fakeNew"));
    });
    let output = output(check(&trial, &server, VAULT).arg("--json"));
    assert_eq!(output.status.code(), Some(3));
    let reports: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let layers = reports[0]["layers"].as_array().expect("layers");
    let current = layers.iter().find(|it| it["layer"] == "current").expect("the layer");
    assert_eq!(current["verdict"], "finding");
    assert_eq!(current["changed"], serde_json::json!(["PLAIN"]));
    assert_eq!(current["removed"], serde_json::json!(["SAME"]));
    assert_eq!(current["added"], serde_json::json!(["NEW"]));
}

#[test]
fn too_old_and_of_several_the_worst() {
    let server = server(Server::new()).start();
    let trial = sealed(&server);
    std::thread::sleep(std::time::Duration::from_secs(2));
    let mut command = check(&trial, &server, VAULT);
    let (status, said) = verdict(&trial, &server, command.args(["--max-age", "1s"]));
    assert_eq!(status, Some(3), "{said}");
    assert!(said.contains("too long ago"), "{said}");
    let mut command = check(&trial, &server, VAULT);
    let (status, said) = verdict(&trial, &server, command.arg("other.env.gpg"));
    assert_eq!(status, Some(4), "{said}");
    assert_eq!(server.calls().len(), 3 * 3, "one session for all of them");
}
