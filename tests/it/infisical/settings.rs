//! Where settings and credentials come from, which of them counts, and where they go.

use std::process::Command;

use super::model::{CLIENT_ID, CLIENT_SECRET, PROJECT, Token};
use super::routes::Call::{self, Login, Revoke, V4};
use super::server::{Running, Server};
use super::tls::Certificate;
use super::trial::{IDENTITY, Options, Trial, assert_no_open_token, usual};

/// A token that was there before.
const TOKEN: &str = "fake.given.token";

/// With no secret: a run ends early, after it has asked for everything.
fn server() -> Running {
    Server::new().token(TOKEN, Token::Identity).token("fake.other.token", Token::Identity).start()
}

/// What a run says that finds an empty list.
fn asks(trial: &Trial, server: &Running, command: &mut Command) -> String {
    let said = trial.refuses(server, command, 1);
    assert!(said.contains("Infisical"), "{said}");
    assert_no_open_token(server);
    said
}

/// What the list was asked for: project, environment, folder, recursive, imports in both spellings.
pub fn asked(server: &Running) -> Vec<String> {
    let list = server.request(V4);
    let names = [
        "projectId",
        "environment",
        "secretPath",
        "recursive",
        "include_imports",
        "includeImports",
    ];
    names.map(|name| list.query(name).expect(name)).to_vec()
}

#[test]
fn every_flag_is_sent_whatever_a_server_thinks_of_it() {
    let trial = Trial::new();
    let server = server();
    asks(&trial, &server, &mut trial.whole("seal", &server));
    assert_eq!(asked(&server), [PROJECT, "production", "/", "false", "true", "true"]);
    let list = server.request(V4);
    for (name, value) in [
        ("expandSecretReferences", "true"),
        ("includePersonalOverrides", "false"),
        ("viewSecretValue", "true"),
    ] {
        assert_eq!(list.query(name).as_deref(), Some(value), "{name}");
    }
    let token = list.header("authorization").expect("a token").to_owned();
    assert!(token.starts_with("Bearer fakeheader."), "{token}");
    for request in server.requests() {
        assert!(!request.target.contains(&token["Bearer ".len()..]), "{}", request.target);
        assert!(!request.target.contains(CLIENT_SECRET), "{}", request.target);
    }
    let login = server.request(Login);
    assert_eq!(login.header("content-type"), Some("application/json"));
    assert_eq!(login.member("organizationSlug"), None);
}

#[test]
fn options() {
    let trial = Trial::new();
    let server = server();
    let mut options = usual(&server);
    options.extend(Options::from([
        ("project", "odd & id=1%".to_owned()),
        ("environment", "staging é".to_owned()),
        ("path", "a b/c?d#e+f/".to_owned()),
        ("recursive", "true".to_owned()),
        ("imports", "false".to_owned()),
    ]));
    let mut seal = trial.with("seal", &server, &options);
    asks(&trial, &server, seal.envs(IDENTITY));
    let expected = ["odd & id=1%", "staging é", "/a b/c?d#e+f", "true", "false", "false"];
    assert_eq!(asked(&server), expected);
}

#[test]
fn the_environment() {
    for (host, suffix) in [("INFISICAL_DOMAIN", ""), ("INFISICAL_API_URL", "/api")] {
        let trial = Trial::new();
        let server = server();
        let mut seal = trial.bare("seal");
        seal.arg("--infisical-environment=production").envs(IDENTITY);
        seal.env(host, server.host() + suffix).env("INFISICAL_PROJECT_ID", "fakeFromEnvironment");
        let said = asks(&trial, &server, &mut seal);
        assert_eq!(asked(&server)[0], "fakeFromEnvironment");
        assert!(!said.contains("the credentials go to"), "{said}");
    }
    // The first of the two names counts.
    let trial = Trial::new();
    let (server, other) = (server(), server());
    let mut seal = trial.bare("seal");
    seal.arg("--infisical-environment=production").envs(IDENTITY);
    seal.envs([("INFISICAL_DOMAIN", server.host()), ("INFISICAL_API_URL", other.host() + "/api")]);
    asks(&trial, &server, seal.env("INFISICAL_PROJECT_ID", "fake"));
    assert_eq!((server.connections() > 0, other.connections()), (true, 0));
}

/// `.infisical.json` of this server, in this folder of the place.
fn project_file(trial: &Trial, folder: &str, server: &Running) {
    let text = format!(
        r#"{{"workspaceId":"fakeFromFile","defaultEnvironment":"fakeslug","defaultSecretPath":"/from/file","domain":"{}/api","gitBranchToEnvironmentMapping":{{"main":"wrong"}}}}"#,
        server.host()
    );
    trial.place.write(&format!("{folder}.infisical.json"), text);
}

#[test]
fn the_project_file() {
    let trial = Trial::new();
    let server = server();
    project_file(&trial, "", &server);
    let said = asks(&trial, &server, trial.bare("seal").envs(IDENTITY));
    assert_eq!(asked(&server)[..3], ["fakeFromFile", "fakeslug", "/from/file"]);
    let warning = format!("breakglass: warning: the credentials go to {}, because ", server.host());
    assert!(said.contains(&warning) && said.contains(".infisical.json' says so"), "{said}");
    assert!(said.find(&warning) < said.find("breakglass: error: "), "{said}");
}

/// Also the other name of the id, and a file of a folder above.
#[test]
fn the_project_file_of_a_folder_above() {
    let trial = Trial::new();
    let server = server();
    let below = trial.root().join("below/it");
    std::fs::create_dir_all(&below).expect("folders");
    trial.place.write(".infisical.json", r#"{"projectId":"fakeFromAbove","workspaceId":""}"#);
    let options = [("host", server.host()), ("environment", "production".to_owned())];
    let mut seal = trial.with("seal", &server, &options.into());
    asks(&trial, &server, seal.envs(IDENTITY).current_dir(below));
    assert_eq!(asked(&server)[0], "fakeFromAbove");
}

#[test]
fn options_then_the_environment_then_the_project_file() {
    let trial = Trial::new();
    let (server, other) = (server(), server());
    project_file(&trial, "", &other);
    let mut seal = trial.bare("seal");
    seal.envs(IDENTITY).env("INFISICAL_DOMAIN", server.host());
    seal.env("INFISICAL_PROJECT_ID", "fakeFromEnvironment");
    let said = asks(&trial, &server, &mut seal);
    assert_eq!(asked(&server)[..3], ["fakeFromEnvironment", "fakeslug", "/from/file"]);
    assert!(!said.contains("the credentials go to"), "{said}");

    let again = self::server();
    let mut seal = trial.with("seal", &again, &usual(&again));
    seal.envs(IDENTITY).env("INFISICAL_DOMAIN", other.host()).arg("--infisical-path=/");
    asks(&trial, &again, seal.env("INFISICAL_PROJECT_ID", "fakeFromEnvironment"));
    assert_eq!(asked(&again)[..3], [PROJECT, "production", "/"]);
    assert_eq!(other.connections(), 0);
}

#[test]
fn a_broken_project_file_is_an_error() {
    for text in ["", "{", "[]", "fakeNotJson"] {
        let trial = Trial::new();
        let server = server();
        trial.place.write(".infisical.json", text);
        let said = trial.refuses(&server, &mut trial.whole("seal", &server), 1);
        assert!(said.contains(".infisical.json' is not the JSON"), "{said}");
        assert!(said.contains("hint: ") && !said.contains("fakeNotJson"), "{said}");
        assert_eq!(server.connections(), 0);
    }
}

#[test]
fn what_is_missing_is_named() {
    let places = [
        ("project", "the project's id (--infisical-project, INFISICAL_PROJECT_ID,"),
        ("environment", "the environment's slug (--infisical-environment,"),
        ("id", "the client id (INFISICAL_CLIENT_ID"),
        ("secret", "the client secret (INFISICAL_CLIENT_SECRET"),
    ];
    let server = server();
    for lacking in [
        &["project", "environment", "id", "secret"][..],
        &["project"],
        &["environment"],
        &["id"],
        &["secret"],
        &["id", "secret"],
        &["project", "secret"],
    ] {
        let trial = Trial::new();
        let mut options = usual(&server);
        options.retain(|name, _| !lacking.contains(name));
        for (verb, status) in [("seal", 1), ("verify", 4)] {
            let mut command = trial.with(verb, &server, &options);
            if !lacking.contains(&"id") {
                command.env("INFISICAL_CLIENT_ID", CLIENT_ID);
            }
            if !lacking.contains(&"secret") {
                // Empty is as good as not there.
                command.env("INFISICAL_CLIENT_SECRET", CLIENT_SECRET).env("INFISICAL_TOKEN", "");
            }
            let said = trial.refuses(&server, &mut command, status);
            for (name, place) in places {
                assert_eq!(said.contains(place), lacking.contains(&name), "{lacking:?}: {said}");
            }
        }
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn identities_by_each_of_their_names() {
    let right = [CLIENT_ID, CLIENT_SECRET];
    let names = [
        ["INFISICAL_CLIENT_ID", "INFISICAL_CLIENT_SECRET"],
        ["INFISICAL_UNIVERSAL_AUTH_CLIENT_ID", "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET"],
    ];
    for chosen in names {
        let trial = Trial::new();
        let server = server();
        let mut seal = trial.set("seal", &server);
        asks(&trial, &server, seal.envs(chosen.into_iter().zip(right)));
        assert_eq!(server.calls(), [Login, V4, Revoke]);
    }
    // The longer ones count.
    let trial = Trial::new();
    let server = server();
    let mut seal = trial.set("seal", &server);
    seal.envs(names[0].map(|name| (name, "fakeOtherClient")));
    asks(&trial, &server, seal.envs(names[1].into_iter().zip(right)));
    assert_eq!(server.calls(), [Login, V4, Revoke]);
}

/// It is somebody else's: others may be using it.
#[test]
fn a_token_is_used_as_it_is_and_not_revoked() {
    for name in ["INFISICAL_TOKEN", "INFISICAL_UNIVERSAL_AUTH_ACCESS_TOKEN"] {
        let trial = Trial::new();
        let server = server();
        let mut seal = trial.whole("seal", &server);
        asks(&trial, &server, seal.env(name, TOKEN));
        assert_eq!(server.calls(), [V4]);
        assert!(server.tokens().contains(&(TOKEN.to_owned(), Token::Identity)));
        let header = format!("Bearer {TOKEN}");
        assert_eq!(server.request(V4).header("authorization"), Some(&*header));
    }
    let trial = Trial::new();
    let server = server();
    let mut seal = trial.set("seal", &server);
    seal.env("INFISICAL_TOKEN", "fake.other.token");
    asks(&trial, &server, seal.env("INFISICAL_UNIVERSAL_AUTH_ACCESS_TOKEN", TOKEN));
    let header = format!("Bearer {TOKEN}");
    assert_eq!(server.request(V4).header("authorization"), Some(&*header));
}

#[test]
fn credentials_that_are_none() {
    for (name, value) in [
        ("INFISICAL_TOKEN", "fakeToken\r\nX-Fake: 1"),
        ("INFISICAL_CLIENT_ID", "fakeClient\nId"),
        ("INFISICAL_CLIENT_SECRET", "fakeSecretÉ"),
        ("INFISICAL_CUSTOM_HEADERS", "fakeHeaderWithoutValue"),
        ("INFISICAL_CUSTOM_HEADERS", "Bad:Name=fakeHeaderValue"),
        ("INFISICAL_CUSTOM_HEADERS", "A=fakeOne\r\nB=fakeTwo"),
    ] {
        let trial = Trial::new();
        let server = server();
        let said = trial.refuses(&server, trial.whole("seal", &server).env(name, value), 1);
        assert!(said.contains(name) && said.contains("hint: "), "{name}: {said}");
        assert!(!said.contains("fakeToken") && !said.contains("fakeHeader"), "{said}");
        assert_eq!(server.connections(), 0, "{name}");
    }
}

#[test]
fn further_headers_and_the_organization_reach_the_host() {
    let trial = Trial::new();
    let server = server();
    let mut seal = trial.whole("seal", &server);
    seal.env("INFISICAL_CUSTOM_HEADERS", " X-Fake-One=1=2  CF-Access-Client-Secret=fakeAccess ");
    let said = asks(&trial, &server, seal.env("INFISICAL_AUTH_ORGANIZATION_SLUG", "fake-slug"));
    assert_eq!(server.calls(), [Login, V4, Revoke]);
    for request in server.requests() {
        assert_eq!(request.header("x-fake-one"), Some("1=2"), "{}", request.target);
        assert_eq!(request.header("cf-access-client-secret"), Some("fakeAccess"));
    }
    assert_eq!(server.request(Login).member("organizationSlug").as_deref(), Some("fake-slug"));
    assert!(!said.contains("fakeAccess"), "{said}");
}

/// 0.0.0.0 is this machine for the system, and not by its name.
#[test]
fn plain_http_to_another_machine_needs_the_dangerous_option() {
    let trial = Trial::new();
    let server = server();
    let mut options = usual(&server);
    let host = format!("http://0.0.0.0:{}", server.address().port());
    options.insert("host", host);
    let mut seal = trial.with("seal", &server, &options);
    let said = trial.refuses(&server, seal.envs(IDENTITY), 1);
    assert!(said.contains("would show the credentials to the network"), "{said}");
    assert!(said.contains("hint: use https, or insist with --danger-http"), "{said}");
    let mut verify = trial.with("verify", &server, &options);
    trial.refuses(&server, verify.envs(IDENTITY), 4);
    assert_eq!(server.connections(), 0);
    asks(&trial, &server, seal.arg("--danger-http"));
    assert_eq!(server.calls(), [Login, V4, Revoke]);
}

#[test]
fn nothing_plain_goes_through_a_proxy() {
    let trial = Trial::new();
    let (server, proxy) = (server(), server());
    let mut seal = trial.whole("seal", &server);
    for name in ["http_proxy", "https_proxy", "all_proxy"] {
        seal.env(name, proxy.host()).env(name.to_uppercase(), proxy.host());
    }
    asks(&trial, &server, &mut seal);
    assert_eq!(server.calls(), [Login, V4, Revoke]);
    assert_eq!(proxy.connections(), 0);
}

/// What goes through a proxy is sealed for the host: the proxy sees its name alone.
#[test]
fn a_proxy_of_tls_sees_no_credential() {
    let trial = Trial::new();
    let server = Server::new().start_tls(Certificate::Good);
    let proxy = self::server();
    let mut seal = trial.whole("seal", &server);
    seal.env("https_proxy", proxy.host()).env("HTTPS_PROXY", proxy.host());
    let said = trial.refuses(&server, &mut seal, 1);
    assert!(said.contains("hint: "), "{said}");
    let requests = proxy.requests();
    assert_eq!(requests.iter().map(|it| it.method.as_str()).collect::<Vec<_>>(), ["CONNECT"]);
    let text = format!("{requests:?}");
    assert!(!text.contains(CLIENT_ID) && !text.contains(CLIENT_SECRET), "{text}");
    assert_eq!(server.connections(), 0);
}

#[test]
fn time_limits_that_are_none() {
    let trial = Trial::new();
    let server = server();
    for limit in ["0", "-1", "3601", "1.5", "", "soon"] {
        let mut seal = trial.whole("seal", &server);
        trial.refuses(&server, seal.arg(format!("--infisical-timeout={limit}")), 2);
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn hosts_that_are_none() {
    let trial = Trial::new();
    let server = server();
    let good = server.host();
    for host in ["", "ftp://127.0.0.1", "https://user:fake@127.0.0.1", "https://a b", "http:///x"] {
        let mut options = usual(&server);
        options.insert("host", host.to_owned());
        let mut seal = trial.with("seal", &server, &options);
        let said = trial.refuses(&server, seal.envs(IDENTITY), 1);
        assert!(said.contains("the Infisical host is no address like"), "{host}: {said}");
        assert!(!said.contains("user:fake"), "{said}");
    }
    assert_eq!(server.connections(), 0);
    for host in [format!("{good}/"), format!("{good}/api"), format!("{good}/api/")] {
        let mut options = usual(&server);
        options.insert("host", host);
        let mut seal = trial.with("seal", &server, &options);
        asks(&trial, &server, seal.envs(IDENTITY));
    }
    assert_eq!(server.calls().iter().filter(|call| **call == Call::Other).count(), 0);
}
