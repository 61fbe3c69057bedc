//! `seal` never makes a worse vault; receipts and their key as it writes them.

use std::os::unix::fs::PermissionsExt;

use super::model::Secret;
use super::routes::Call::{Login, Revoke, V4};
use super::server::{Running, Server};
use super::trial::{IDENTITY, Trial, VAULT, usual};
use crate::support::{assert_success, output, stderr, stdout};

const KEY: &str = "feedc0de0123456789abcdeffeedc0de0123456789abcdeffeedc0de01234567";

fn server() -> Running {
    Server::new().secret("/", "A", "fakeValueOfA").secret("/", "B", "fakeValueOfB").start()
}

/// Vault and receipt as they are.
fn both(trial: &Trial) -> [Vec<u8>; 2] {
    [VAULT, "v.env.gpg.receipt"]
        .map(|name| std::fs::read(trial.place.path(name)).unwrap_or_default())
}

/// `seal` fails with these words and changes nothing.
fn stops(trial: &Trial, server: &Running, arguments: &[&str], words: &str) {
    let before = both(trial);
    let output = output(trial.whole("seal", server).args(arguments));
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(words) && said.contains("breakglass: hint: "), "{said}");
    assert_eq!(both(trial), before);
    trial.assert_nothing_told(server, &output);
}

/// `verify --receipt`: its status and what it says.
fn checked(trial: &Trial, server: &Running, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = trial.place.breakglass();
    command.args(["verify", "--receipt", VAULT, "--from", "infisical"]).envs(IDENTITY);
    for (name, value) in usual(server) {
        command.arg(format!("--infisical-{name}={value}"));
    }
    let output = output(command.args(arguments));
    trial.assert_nothing_told(server, &output);
    (output.status.code(), stdout(&output) + &stderr(&output))
}

#[test]
fn names_that_are_gone_stop_it_until_they_are_accepted() {
    let (server, trial) = (server(), Trial::new());
    trial.seals(&server, &mut trial.whole("seal", &server));
    server.change(|model| model.remove("/", "B"));
    stops(&trial, &server, &[], "in the vault until now, and no longer in the source: B");
    stops(&trial, &server, &["--accept-removed", "A"], "no longer in the source: B");
    assert_success(&output(trial.whole("seal", &server).args(["--accept-removed", "B"])));
    assert_success(&output(&mut trial.whole("seal", &server)));
    assert_eq!(checked(&trial, &server, &[]).0, Some(0));
}

#[test]
fn required_names_that_are_missing_stop_it() {
    let (server, trial) = (server(), Trial::new());
    trial.place.write("breakglass.toml", "required = [\"A\", \"C\"]\n");
    stops(&trial, &server, &[], "breakglass.toml requires these names, and the source has none: C");
    server.change(|model| model.add(Secret::new("/", "C", "fakeValueOfC")));
    trial.seals(&server, &mut trial.whole("seal", &server));
    trial.place.write("breakglass.toml", "required = [\"A\", \"D\"]\nmax_age = \"1d\"\n");
    let (status, said) = checked(&trial, &server, &[]);
    assert_eq!(status, Some(3), "{said}");
    assert!(said.contains("finding     required    missing: D"), "{said}");
    assert!(said.contains("ok          age"), "max_age of the file counts: {said}");
    let opened = output(&mut trial.whole("verify", &server));
    assert_eq!(opened.status.code(), Some(3), "{}", stdout(&opened));
}

#[test]
fn the_receipt_before_has_to_be_readable() {
    let (server, trial) = (server(), Trial::new());
    trial.seals(&server, &mut trial.whole("seal", &server));
    trial.place.write("v.env.gpg.receipt", "# breakglass receipt 1\n");
    stops(&trial, &server, &[], "names that are gone would not be noticed");
    std::fs::remove_file(trial.place.path("v.env.gpg.receipt")).expect("removes");
    assert_success(&output(&mut trial.whole("seal", &server)));
}

#[test]
fn a_receipt_of_another_key_is_told_and_its_names_count() {
    let (server, trial) = (server(), Trial::new());
    trial.seals(&server, &mut trial.whole("seal", &server));
    let before = both(&trial);
    trial.place.write("other.key", KEY);
    stops(&trial, &server, &["--receipt-key", "other.key"], "was made with another key");
    std::fs::remove_file(trial.place.path("v.env.gpg.receipt")).expect("removes");
    assert_success(&output(trial.whole("seal", &server).args(["--receipt-key", "other.key"])));
    // Under another key the same values have other digests.
    let digests = |text: &[u8]| -> Vec<String> {
        let lines = String::from_utf8(text.to_vec()).expect("text");
        lines.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    };
    let (old, new) = (digests(&before[1]), digests(&both(&trial)[1]));
    assert_eq!(old.len(), new.len());
    assert!(old.iter().all(|line| !new.contains(line)));
    stops(&trial, &server, &[], "was made with another key");
}

#[test]
fn another_source_is_told_and_a_receipt_beside_no_key_goes() {
    let server = Server::new().secret("/", "A", "fakeValue").secret("/other", "A", "fakeValue");
    let (server, trial) = (server.start(), Trial::new());
    trial.seals(&server, &mut trial.whole("seal", &server));
    let (status, said) = checked(&trial, &server, &["--infisical-imports=false"]);
    assert_eq!(status, Some(4), "{said}");
    assert!(said.contains("it was sealed from another project"), "{said}");
    let sealed = output(trial.whole("seal", &server).arg("--infisical-imports=false"));
    assert_success(&sealed);
    assert!(stderr(&sealed).contains("path=/ until now, and from"), "{}", stderr(&sealed));
    // The old receipt would belong to no vault.
    assert_success(&output(trial.whole("seal", &server).env_remove("HOME")));
    assert!(!trial.place.path("v.env.gpg.receipt").exists());
    let named = output(trial.place.breakglass().args(["seal", "x.receipt", "--from", "-"]));
    assert_eq!(named.status.code(), Some(2), "{}", stderr(&named));
}

#[test]
fn what_is_looked_for_is_ones_own_and_a_file() {
    let (server, trial) = (server(), Trial::new());
    assert_success(&output(trial.place.command("mkfifo").arg("breakglass.toml")));
    stops_without_hint(&trial, &server, "is not a file");
    std::fs::remove_file(trial.place.path("breakglass.toml")).expect("removes");
    let path = trial.place.write("breakglass.toml", "required = [\"A\"]\n");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o666)).expect("chmod");
    stops(&trial, &server, &[], "others may write it, so what it says does not count");
    let named = output(trial.whole("seal", &server).args(["--config", "breakglass.toml"]));
    assert_success(&named);
}

fn stops_without_hint(trial: &Trial, server: &Running, words: &str) {
    let output = output(&mut trial.whole("seal", server));
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains(words), "{}", stderr(&output));
}

#[test]
fn without_a_state_folder_there_is_no_receipt_and_that_is_said() {
    let (server, trial) = (server(), Trial::new());
    let sealed = output(trial.whole("seal", &server).env_remove("HOME"));
    assert_success(&sealed);
    assert!(stderr(&sealed).contains("warning: sealed without a receipt"), "{}", stderr(&sealed));
    assert_eq!(both(&trial)[1], b"");
    // A place that was named has to be one.
    trial.place.write("broken.key", "fakeKey");
    stops(&trial, &server, &["--receipt-key", "broken.key"], "holds no receipt key");
}

#[test]
fn a_key_that_others_can_read_is_told() {
    let (server, trial) = (server(), Trial::new());
    let key = trial.place.write("loose.key", KEY);
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o644)).expect("chmod");
    let sealed = output(trial.whole("seal", &server).args(["--receipt-key", "loose.key"]));
    assert_success(&sealed);
    assert!(stderr(&sealed).contains("other users can read"), "{}", stderr(&sealed));
}

#[test]
fn the_key_may_lie_in_infisical_and_is_never_sealed() {
    let server = Server::new()
        .secret("/", "A", "fakeValueOfA")
        .secret("/breakglass", "BREAKGLASS_RECEIPT_KEY", KEY)
        .start();
    let trial = Trial::new();
    let place = ["--receipt-key", "infisical:/breakglass"];
    for recursive in ["true", "false"] {
        let before = server.calls().len();
        let mut command = trial.whole("seal", &server);
        command.env_remove("HOME").args(place);
        let sealed = output(command.arg(format!("--infisical-recursive={recursive}")));
        assert_success(&sealed);
        trial.assert_nothing_told(&server, &sealed);
        assert_eq!(server.calls()[before..], [Login, V4, V4, Revoke]);
        assert_eq!(trial.values().into_keys().collect::<Vec<_>>(), ["A"]);
    }
    let before = server.calls().len();
    let (status, said) = checked(&trial, &server, &place);
    assert_eq!(status, Some(0), "{said}");
    assert_eq!(server.calls()[before..], [Login, V4, V4, Revoke]);
    // Also where the secrets come from somewhere else.
    let mut command = trial.place.breakglass();
    command.args(["verify", "--receipt", VAULT]).args(place).envs(IDENTITY);
    for (name, value) in usual(&server) {
        command.arg(format!("--infisical-{name}={value}"));
    }
    let found = output(command.args(["--", "echo", "A=fakeValueOfA"]));
    assert_eq!(found.status.code(), Some(0), "{}{}", stdout(&found), stderr(&found));
    for (value, words) in [("fakeKey", "not 64 hex digits"), ("", "not 64 hex digits")] {
        server.change(|model| model.rewrite("/breakglass", "BREAKGLASS_RECEIPT_KEY", value));
        let (status, said) = checked(&trial, &server, &place);
        assert_eq!(status, Some(4), "{said}");
        assert!(said.contains(words), "{said}");
        stops(&trial, &server, &place, words);
    }
    server.change(|model| model.remove("/breakglass", "BREAKGLASS_RECEIPT_KEY"));
    assert_eq!(checked(&trial, &server, &place).0, Some(4));
}

#[test]
fn a_refused_seal_makes_no_key() {
    let (server, trial) = (server(), Trial::new());
    server.change(|model| model.add(Secret::new("/", "NODE_OPTIONS", "--fake")));
    stops(&trial, &server, &[], "these names steer the programs");
    assert!(!trial.place.path("home/.local").exists());
}
