//! breakglass.toml as the place that says where secrets come from.

use std::process::Command;

use super::model::{CLIENT_ID, CLIENT_SECRET, PROJECT};
use super::routes::Call::{Login, Revoke, V4};
use super::server::{Running, Server};
use super::settings::asked;
use super::trial::{IDENTITY, Trial, VAULT, assert_no_open_token, usual};
use crate::support::{assert_success, feed, output, stderr, stdout};

/// With one secret in the folder that the file names.
fn server() -> Running {
    Server::new().secret("staging:/from/toml", "A", "fakeValueOfA").start()
}

/// The file in the place, with this host.
fn configure(trial: &Trial, host: &str, project: &str) {
    let text = format!(
        "vault = \"{VAULT}\"\n\n[infisical]\nhost = \"{host}\"\nproject = \"{project}\"\nenvironment = \"staging\"\npath = \"/from/toml\"\nrecursive = true\nimports = false\n"
    );
    trial.place.write("breakglass.toml", text);
}

/// A verb and nothing more but the passphrase and the identity.
fn alone(trial: &Trial, verb: &str) -> Command {
    let mut command = trial.place.breakglass();
    command.args([verb, "--passphrase-file", "passphrase"]).envs(IDENTITY);
    command
}

#[test]
fn seal_and_verify_need_no_arguments() {
    let trial = Trial::new();
    let server = server();
    configure(&trial, &server.host(), PROJECT);
    let said = trial.seals(&server, &mut alone(&trial, "seal"));
    assert_eq!(asked(&server), [PROJECT, "staging", "/from/toml", "true", "false", "false"]);
    assert_eq!(server.calls(), [Login, V4, Revoke]);
    let warning = format!("warning: the credentials go to {}, because ", server.host());
    assert!(said.contains(&warning) && said.contains("breakglass.toml' says so"), "{said}");
    let verify = output(&mut alone(&trial, "verify"));
    assert_eq!(verify.status.code(), Some(0), "{}{}", stdout(&verify), stderr(&verify));
    assert_eq!(server.calls(), [Login, V4, Revoke, Login, V4, Revoke]);
    server.change(|model| model.rewrite("staging:/from/toml", "A", "fakeOtherValue"));
    let verify = output(&mut alone(&trial, "verify"));
    assert_eq!(verify.status.code(), Some(3), "{}", stdout(&verify));
    assert!(stdout(&verify).contains("changed: A"), "{}", stdout(&verify));
    trial.assert_nothing_told(&server, &verify);
    assert_no_open_token(&server);
}

#[test]
fn options_and_environment_count_more_and_the_project_file_less() {
    let trial = Trial::new();
    let (server, other) = (Server::new().start(), server());
    configure(&trial, &server.host(), "fakeFromToml");
    let project_file = format!(
        r#"{{"workspaceId":"fakeFromFile","defaultEnvironment":"nowhere","defaultSecretPath":"/no","domain":"{}"}}"#,
        other.host()
    );
    trial.place.write(".infisical.json", project_file);
    trial.refuses(&server, &mut alone(&trial, "seal"), 1);
    assert_eq!(asked(&server), ["fakeFromToml", "staging", "/from/toml", "true", "false", "false"]);

    let again = Server::new().start();
    let mut seal = alone(&trial, "seal");
    seal.env("INFISICAL_DOMAIN", again.host()).env("INFISICAL_PROJECT_ID", "fakeFromEnvironment");
    let said = trial.refuses(&again, &mut seal, 1);
    assert_eq!(asked(&again)[..3], ["fakeFromEnvironment", "staging", "/from/toml"]);
    assert!(!said.contains("the credentials go to"), "{said}");

    let third = Server::new().start();
    let mut seal = alone(&trial, "seal");
    seal.env("INFISICAL_DOMAIN", again.host()).env("INFISICAL_PROJECT_ID", "fakeFromEnvironment");
    for (name, value) in usual(&third) {
        seal.arg(format!("--infisical-{name}={value}"));
    }
    seal.args(["--infisical-path=/", "--infisical-recursive=false", "--infisical-imports"]);
    trial.refuses(&third, &mut seal, 1);
    assert_eq!(asked(&third), [PROJECT, "production", "/", "false", "true", "true"]);
    assert_eq!((again.calls().len(), other.connections()), (3, 0));
}

#[test]
fn the_project_file_fills_what_it_leaves_out() {
    let trial = Trial::new();
    let server = Server::new().start();
    let project_file = r#"{"workspaceId":"fakeFromFile","defaultEnvironment":"nowhere"}"#;
    trial.place.write(".infisical.json", project_file);
    let text = format!("[infisical]\nhost = \"{}\"\nenvironment = \"staging\"\n", server.host());
    trial.place.write("breakglass.toml", text);
    let mut seal = trial.bare("seal");
    trial.refuses(&server, seal.envs(IDENTITY), 1);
    assert_eq!(asked(&server)[..3], ["fakeFromFile", "staging", "/"]);
}

#[test]
fn another_file_by_its_name() {
    let trial = Trial::new();
    let (server, other) = (server(), server());
    configure(&trial, &server.host(), PROJECT);
    std::fs::rename(trial.place.path("breakglass.toml"), trial.place.path("other.toml"))
        .expect("renamed");
    configure(&trial, &other.host(), PROJECT);
    trial.seals(&server, alone(&trial, "seal").args(["--config", "other.toml"]));
    assert_eq!(other.connections(), 0);
    let mut missing = alone(&trial, "seal");
    let seal = output(missing.args(["--config", "missing.toml"]));
    assert_eq!(seal.status.code(), Some(1), "{}", stderr(&seal));
    assert_eq!(other.connections(), 0);
}

#[test]
fn a_source_in_the_arguments_leaves_the_table_alone() {
    let trial = Trial::new();
    let server = server();
    configure(&trial, &server.host(), PROJECT);
    for (arguments, input) in
        [(&["--from", "-"][..], "A='fakeValueOfA'\n"), (&["--", "printf", "A=fakeValueOfA"], "")]
    {
        let mut seal = alone(&trial, "seal");
        assert_success(&feed(seal.arg(VAULT).args(arguments), input.as_bytes()));
        let mut verify = alone(&trial, "verify");
        let verify = feed(verify.arg(VAULT).args(arguments), input.as_bytes());
        assert_eq!(verify.status.code(), Some(0), "{}", stdout(&verify));
    }
    assert_eq!(output(alone(&trial, "verify").arg("--offline")).status.code(), Some(0));
    assert_eq!(server.connections(), 0);
}

#[test]
fn no_credential_stands_in_it() {
    let trial = Trial::new();
    let server = server();
    for line in [
        format!("client_id = \"{CLIENT_ID}\""),
        format!("client_secret = \"{CLIENT_SECRET}\""),
        "token = \"fakeTokenInFile\"".to_owned(),
    ] {
        configure(&trial, &server.host(), PROJECT);
        let text = String::from_utf8(trial.place.read("breakglass.toml")).expect("text");
        trial.place.write("breakglass.toml", text + &line + "\n");
        let seal = output(&mut alone(&trial, "seal"));
        let said = stderr(&seal);
        assert_eq!(seal.status.code(), Some(1), "{said}");
        let value = line.split('"').nth(1).expect("a value");
        assert!(said.contains("breakglass.toml', line 10, column 1"), "{said}");
        assert!(!said.contains(value), "{said}");
    }
    assert_eq!(server.connections(), 0);
}

/// From an empty folder: what `init` writes is all that the others need.
#[test]
fn init_seal_and_verify_from_nothing() {
    let trial = Trial::new();
    let server = Server::new()
        .secret("staging:/", "JWT_SECRET", "fakeValueOfA")
        .secret("staging:/", "FEATURE_X", "fakeValueOfB")
        .start();
    let host = format!("--infisical-host={}", server.host());
    let mut init = trial.place.breakglass();
    init.args(["init", "--yes", "--from", "infisical", &host, "--infisical-environment=staging"]);
    let init = output(init.arg(format!("--infisical-project={PROJECT}")).envs(IDENTITY));
    assert_success(&init);
    let text = String::from_utf8(trial.place.read("breakglass.toml")).expect("UTF-8");
    assert!(text.contains("\nvault = \"staging.env.gpg\"\n"), "{text}");
    assert!(text.contains("\nFEATURE_X = {}\n"), "{text}");
    let next = "hint: breakglass seal --generate-passphrase makes the vault";
    assert!(stderr(&init).contains(next), "{}", stderr(&init));
    trial.assert_nothing_told(&server, &init);
    assert_success(&output(&mut alone(&trial, "seal")));
    assert!(trial.place.path("staging.env.gpg").exists());
    let log = ["log", "rotation", "-q", "JWT_SECRET", "FEATURE_X"];
    assert_success(&output(trial.place.breakglass().args(log)));
    let verify = output(trial.place.breakglass().args(["verify", "--receipt"]).envs(IDENTITY));
    assert_eq!(verify.status.code(), Some(0), "{}{}", stdout(&verify), stderr(&verify));
    assert_no_open_token(&server);
}
