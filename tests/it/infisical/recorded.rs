//! The stand-in answers as real servers were seen to answer.

use std::io::ErrorKind;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::client::{ask, connect, log_in, pairs, raw, request, revoke, token, v3, v4};
use super::faults::Fault;
use super::model::{CLIENT_ID, CLIENT_SECRET, Client, Generation, PROJECT, SLUG, Secret, Token};
use super::routes::Call;
use super::sending::HUGE;
use super::server::{Running, Server};
use super::tls::Certificate;

const PRODUCTION: &str = "environment=production";
const BOTH: [Generation; 2] = [Generation::Old, Generation::New];

#[track_caller]
fn assert_error(reply: &super::client::Reply, status: u16, error: &str, message: &str) {
    assert_eq!((reply.status, reply.text("error")), (status, error), "{reply:?}");
    assert!(reply.body["message"].to_string().contains(message), "{reply:?}");
    assert_eq!(reply.body["statusCode"], status);
}

#[test]
fn logins() {
    for generation in BOTH {
        let old = generation == Generation::Old;
        let server = Server::of(generation).start();
        let reply = log_in(&server, CLIENT_ID, CLIENT_SECRET);
        assert_eq!((reply.status, reply.text("tokenType")), (200, "Bearer"));
        assert_eq!(reply.body["expiresIn"], 7200);
        let unauthorised = |reply, message| assert_error(&reply, 401, "UnauthorizedError", message);
        unauthorised(log_in(&server, CLIENT_ID, "fake and wrong"), "Invalid credentials");
        let unknown = log_in(&server, "nobody", CLIENT_SECRET);
        if old {
            assert_error(&unknown, 404, "NotFound", "No identity with specified client ID");
        } else {
            unauthorised(unknown, "Invalid credentials");
        }
        let login = "/api/v1/auth/universal-auth/login";
        let half = ask(&server, "POST", login, None, r#"{"clientId":"x"}"#);
        assert_error(&half, if old { 401 } else { 422 }, "ValidationFailure", "Required");
        assert!(half.body["message"].is_array());
        let nothing = ask(&server, "POST", login, None, "nope");
        assert_error(&nothing, 500, "InternalServerError", "Something went wrong");

        for (state, message) in [
            (Client::UsedUp, "Access denied due to client secret usage limit reached"),
            (Client::Expired, "Access denied due to expired client secret"),
        ] {
            let server = Server::of(generation).client(state).start();
            unauthorised(log_in(&server, CLIENT_ID, CLIENT_SECRET), message);
        }
        let server = Server::of(generation).client(Client::ForeignAddress).start();
        assert_eq!(log_in(&server, CLIENT_ID, CLIENT_SECRET).status, 403);
    }
}

#[test]
fn three_wrong_secrets_lock_an_identity_of_the_new_generation() {
    for generation in BOTH {
        let server = Server::of(generation).start();
        for _ in 0..3 {
            assert_eq!(log_in(&server, CLIENT_ID, "fake and wrong").status, 401);
        }
        let reply = log_in(&server, CLIENT_ID, CLIENT_SECRET);
        if generation == Generation::Old {
            assert_eq!(reply.status, 200);
        } else {
            assert_error(&reply, 401, "UnauthorizedError", "temporarily locked");
        }
    }
}

#[test]
fn tokens() {
    for generation in BOTH {
        let server = Server::of(generation)
            .secret("/", "A", "1")
            .token("fake.expired.token", Token::Expired)
            .token("fake.foreign.token", Token::BadSignature)
            .token("fake.tired.token", Token::UsedUp)
            .start();
        let issued = token(&server);
        assert_eq!(v3(&server, &issued, PRODUCTION).status, 200);
        assert_eq!(revoke(&server, &issued).text("message"), "Successfully revoked access token");
        let revoked = v3(&server, &issued, PRODUCTION);
        assert_error(&revoked, 401, "UnauthorizedError", "No identity access token found");
        let tired = v3(&server, "fake.tired.token", PRODUCTION);
        assert_error(&tired, 401, "UnauthorizedError", "number of uses limit reached");
        for (bad, message) in [
            ("fake.expired.token", "Your token has expired. Please re-authenticate."),
            ("fake.foreign.token", "invalid signature"),
            ("fake.unknown.token", "invalid token"),
            ("nonsense", "The provided access token is malformed"),
        ] {
            assert_error(&v3(&server, bad, PRODUCTION), 403, "TokenError", message);
            assert_error(&revoke(&server, bad), 403, "TokenError", message);
        }
        let target = format!("/api/v3/secrets/raw?workspaceId={PROJECT}&{PRODUCTION}");
        let nobody = ask(&server, "GET", &target, None, "");
        assert_error(&nobody, 401, "UnauthorizedError", "Token missing");
        assert_eq!(server.issued(), 1);
        assert!(server.tokens().contains(&(issued, Token::Revoked)));
    }
}

#[test]
fn the_old_generation_has_no_v4() {
    let server = Server::old().secret("/", "A", "1").start();
    let reply = v4(&server, &token(&server), "environment=production&secretPath=/");
    let target = format!("/api/v4/secrets?projectId={PROJECT}&environment=production&secretPath=/");
    assert_error(&reply, 404, "Not Found", &format!("Route GET:{target} not found"));
    assert_eq!(server.calls(), [Call::Login, Call::V4]);
    assert_eq!(server.request(Call::V4).target, target);
}

#[test]
fn lists_that_fail() {
    let server = |generation| Server::of(generation).secret("/", "A", "1");
    for generation in BOTH {
        let old = generation == Generation::Old;
        let running = server(generation).start();
        let token = token(&running);
        let ask = |query: &str| {
            ask(&running, "GET", &format!("/api/v3/secrets/raw?{query}"), Some(&token), "")
        };
        let unknown = ask("workspaceId=nope&environment=production");
        assert_error(&unknown, 404, "NotFound", "Project with ID 'nope' not found");
        let slug = ask("workspaceSlug=nope&environment=production");
        if old {
            assert_error(&slug, 500, "Failed to find project by slug", "Something went wrong");
        } else {
            assert_error(&slug, 404, "NotFound", "nope");
        }
        assert_eq!(ask(&format!("workspaceSlug={SLUG}&{PRODUCTION}")).own(), [("A", "1")]);
        assert_error(&v3(&running, &token, ""), 400, "BadRequest", "Missing workspace id");
        for query in ["environment=nope", "environment=production&secretPath=/no/such"] {
            let reply = v3(&running, &token, query);
            if old {
                assert_eq!(reply.body.to_string(), r#"{"imports":[],"secrets":[]}"#);
            } else {
                assert_error(&reply, 404, "SecretPathNotFound", "was not found");
            }
        }
        let flag = v3(&running, &token, "environment=production&recursive=yes");
        assert_error(&flag, if old { 401 } else { 422 }, "ValidationFailure", "received 'yes'");
        assert!(flag.body["message"].is_array());
        assert_eq!(
            v3(&running, &token, "environment=staging").body.to_string(),
            r#"{"secrets":[]}"#
        );

        let running = server(generation).not_a_member().start();
        let stranger = v3(&running, &super::client::token(&running), PRODUCTION);
        assert_eq!(stranger.status, 403);
        assert!(stranger.body.to_string().contains("Identity is not a member"), "{stranger:?}");

        let running = server(generation).list_limit(1).start();
        let token = super::client::token(&running);
        let first = v3(&running, &token, PRODUCTION);
        assert_eq!(first.header("x-ratelimit-remaining"), Some("0"));
        let second = v3(&running, &token, PRODUCTION);
        assert_error(&second, 429, "RateLimitExceeded", "Rate limit exceeded");
        assert_eq!(second.header("retry-after"), Some("57"));

        let running = server(generation).database_down().start();
        let login = log_in(&running, CLIENT_ID, CLIENT_SECRET);
        assert_error(&login, 500, "Find one", "Something went wrong");
        let list = v3(&running, "fake", PRODUCTION);
        assert_error(&list, 500, "IdAccessTokenFindOne", "Something went wrong");
    }
}

#[test]
fn what_may_not_be_read_is_left_out() {
    for generation in BOTH {
        let old = generation == Generation::Old;
        let server = Server::of(generation)
            .secret("/", "TOP", "1")
            .secret("/open", "OPEN", "2")
            .secret("/closed", "CLOSED", "3")
            .import("/open", "/closed")
            .import("/open", "staging:/")
            .unreadable("/closed")
            .start();
        let token = token(&server);
        let all = "environment=production&recursive=true&include_imports=true";
        let reply = v3(&server, &token, all);
        assert_eq!(reply.own(), [("OPEN", "2"), ("TOP", "1")]);
        assert_eq!(reply.body["imports"].as_array().expect("a list").len(), 1, "{reply:?}");
        let closed = v3(&server, &token, "environment=production&secretPath=/closed");
        assert_error(&closed, 403, "PermissionDenied", "You are not allowed to read");
        server.change(|model| model.hide("/"));
        server.change(|model| model.hide("/open"));
        let nothing = v3(&server, &token, "environment=production&recursive=true");
        if old {
            assert_eq!(nothing.body.to_string(), r#"{"secrets":[]}"#);
        } else {
            assert_error(&nothing, 403, "PermissionDenied", "You are not allowed to read");
        }
    }
}

#[test]
fn imports_come_in_their_order_and_each_with_what_it_imports() {
    let server = Server::new()
        .secret("/", "OWN", "own")
        .secret("staging:/a", "X", "a")
        .secret("staging:/b", "X", "b")
        .secret("staging:/c", "X", "c")
        .secret("staging:/c", "DEEP", "c")
        .import("/", "staging:/b")
        .import("/", "staging:/a")
        .import("staging:/a", "staging:/c")
        .import("staging:/c", "staging:/a")
        .start();
    let token = token(&server);
    let reply = v4(&server, &token, PRODUCTION);
    let imports = reply.body["imports"].as_array().expect("a list");
    assert_eq!(
        (&imports[0]["secretPath"], &imports[1]["secretPath"]),
        (&"/b".into(), &"/a".into())
    );
    assert_eq!(pairs(&imports[0]["secrets"]), [("X", "b")]);
    assert_eq!(pairs(&imports[1]["secrets"]), [("X", "a"), ("DEEP", "c")]);
    assert!(imports[0]["secrets"][0].get("updatedAt").is_none());
    // Which flag a build knows, and what it does without.
    let has_imports = |generation, query: &str| {
        let server = Server::of(generation).secret("/", "A", "1").import("/", "staging:/").start();
        let token = super::client::token(&server);
        let query = format!("{PRODUCTION}{query}");
        let list = if generation == Generation::Old { v3 } else { v4 };
        list(&server, &token, &query).body.get("imports").is_some()
    };
    assert!(!has_imports(Generation::Old, "&includeImports=true"));
    assert!(has_imports(Generation::Old, "&include_imports=true"));
    assert!(!has_imports(Generation::FirstV4, "&includeImports=true"));
    assert!(has_imports(Generation::FirstV4, "&include_imports=true"));
    assert!(has_imports(Generation::New, ""));
    assert!(!has_imports(Generation::New, "&includeImports=false&include_imports=true"));
}

#[test]
fn references() {
    let server = Server::new()
        .secret("/", "TARGET", "t")
        .secret("/", "LINES", "one\ntwo\n")
        .secret("/", "EMPTY", "")
        .secret("/", "LOCAL", "a-${TARGET}-b")
        .secret("/", "FAR", "${staging.x.y.FAR}")
        .secret("/", "MISSING", "${nope.folder.KEY} ${EMPTY}")
        .secret("/", "OPEN", "$HOME ${TARGET")
        .secret("/", "CYCLE", "c${CYCLE}")
        .entry(Secret::new("/", "ENCODED", "${LINES}").multiline())
        .entry(Secret::new("/", "PLAIN", "one\n").multiline())
        .secret("staging:/x/y", "FAR", "far ${NEAR}")
        .secret("staging:/x/y", "NEAR", "near")
        .start();
    let token = token(&server);
    let value = |name: &str, query: &str| {
        let reply = v3(&server, &token, &format!("{PRODUCTION}{query}"));
        let own = reply.own();
        own.into_iter().find(|(key, _)| *key == name).expect("a name").1.to_owned()
    };
    for (name, expected) in [
        ("LOCAL", "a-t-b"),
        ("FAR", "far near"),
        ("MISSING", "${nope.folder.KEY} ${EMPTY}"),
        ("OPEN", "$HOME ${TARGET"),
        ("CYCLE", "ccccccccccc${CYCLE}"),
        ("ENCODED", "\"one\\ntwo\\n\""),
        ("PLAIN", "one\n"),
    ] {
        assert_eq!(value(name, "&expandSecretReferences=true"), expected, "{name}");
    }
    assert_eq!(value("LOCAL", ""), "a-${TARGET}-b");
}

#[test]
fn entries() {
    let build = |generation| {
        Server::of(generation)
            .secret("/", "A", "shared")
            .entry(Secret::new("/", "A", "mine").personal())
            .entry(Secret::new("/", "B", "concealed").hidden())
            .token("fake.user.token", Token::User)
            .start()
    };
    let old = build(Generation::Old);
    let both = [("A", "mine"), ("A", "shared"), ("B", "concealed")];
    assert_eq!(v3(&old, "fake.user.token", PRODUCTION).own(), both);
    assert_eq!(v3(&old, &token(&old), PRODUCTION).own(), both[1..]);
    let new = build(Generation::New);
    let reply =
        v4(&new, "fake.user.token", "environment=production&includePersonalOverrides=false");
    assert_eq!(reply.own(), [("A", "shared"), ("B", "<hidden-by-infisical>")]);
    let hidden = |name: &str| {
        let mut entries = reply.body["secrets"].as_array().expect("a list").iter();
        entries.find(|it| it["secretKey"] == name).expect("a name")["secretValueHidden"].clone()
    };
    assert_eq!((hidden("A"), hidden("B")), (false.into(), true.into()));

    new.change(|model| model.rewrite("/", "A", "shared"));
    let version = |token: &str| {
        let reply = v4(&new, token, PRODUCTION);
        let entries = reply.body["secrets"].as_array().expect("a list").clone();
        entries.into_iter().find(|it| it["secretKey"] == "A").expect("A")["version"].clone()
    };
    let token = token(&new);
    assert_eq!(version(&token), 2);
    new.change(|model| {
        model.remove("/", "A");
        model.add(Secret::new("/", "A", "shared"));
    });
    assert_eq!(version(&token), 1);
}

#[test]
fn recursive_lists_have_no_fixed_order() {
    let names: Vec<String> = (0..20).map(|n| format!("N{n}")).collect();
    let place = |n: &String| format!("/{}", &n[..2]);
    let add = |server: Server, name: &String| server.secret(&place(name), name, "1");
    let server = names.iter().fold(Server::new(), add).start();
    let token = token(&server);
    let order = || -> Vec<String> {
        let reply = v4(&server, &token, "environment=production&recursive=true");
        let found = pairs(&reply.body["secrets"]);
        found.into_iter().map(|(name, _)| name.to_owned()).collect()
    };
    let (mut first, mut second) = (order(), order());
    assert_ne!(first, second);
    first.sort();
    second.sort();
    assert_eq!(first, second);
    assert_eq!(first.len(), 20);
}

/// What arrives of a list with a fault, and whether the server closed the connection.
fn faulty(fault: Fault) -> (String, bool) {
    let server = Server::new().secret("/", "A", "1").start();
    let token = token(&server);
    server.fail(Call::LIST, fault);
    let target = format!("/api/v4/secrets?projectId={PROJECT}&{PRODUCTION}");
    let (bytes, end) = raw(&mut connect(&server), &request("GET", &target, Some(&token), ""));
    let closed = match end {
        Ok(()) => true,
        Err(error) if error.kind() == ErrorKind::WouldBlock => false,
        Err(error) => panic!("{error}"),
    };
    assert_eq!(server.calls(), [Call::Login, Call::V4]);
    (String::from_utf8(bytes).expect("text"), closed)
}

/// Length that was told, and length that came.
fn lengths(text: &str) -> (usize, usize) {
    let (head, body) = text.split_once("\r\n\r\n").expect("an empty line");
    let told = head.lines().find_map(|it| it.strip_prefix("content-length: ")).expect("a length");
    (told.parse().expect("a number"), body.len())
}

#[test]
fn faults_in_sending() {
    assert_eq!(faulty(Fault::Hang), (String::new(), false));
    assert_eq!(faulty(Fault::NoAnswer), (String::new(), true));
    assert_eq!(faulty(Fault::NotHttp), ("SSH-2.0-fake\r\n".to_owned(), true));
    let (text, closed) = faulty(Fault::HangInHeaders);
    assert!(text.starts_with("HTTP/1.1 200") && !text.contains("\r\n\r\n") && !closed, "{text}");
    for (fault, closes) in [(Fault::HangInBody, false), (Fault::HalfBody, true)] {
        let (text, closed) = faulty(fault);
        let (told, came) = lengths(&text);
        assert!(came == told / 2 && closed == closes, "{text}");
    }
    let (text, closed) = faulty(Fault::LongerLength);
    let (told, came) = lengths(&text);
    assert!(told == came + 10 && text.ends_with('}') && closed, "{text}");
    let (text, closed) = faulty(Fault::BrokenChunk);
    assert!(text.contains("transfer-encoding: chunked") && text.ends_with("fake\r\n") && closed);
    for chunked in [false, true] {
        let (text, closed) = faulty(Fault::Huge { chunked });
        assert!(text.len() > HUGE && closed);
        if !chunked {
            let (told, came) = lengths(&text);
            let body = &text[text.len() - came..];
            let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
            assert_eq!((told, pairs(&body["secrets"])), (came, vec![("A", "1")]));
        }
    }
}

#[test]
fn slow_bytes_come_one_by_one() {
    let server = Server::new().start();
    server.fail(Call::ALL, Fault::SlowBytes);
    let mut stream = connect(&server);
    let begun = std::time::Instant::now();
    std::io::Write::write_all(&mut stream, request("GET", "/", None, "").as_bytes()).expect("sent");
    let mut ten = [0; 10];
    std::io::Read::read_exact(&mut stream, &mut ten).expect("ten bytes");
    assert!(begun.elapsed() >= std::time::Duration::from_millis(800));
}

#[test]
fn faults_in_answers() {
    let other = Server::new().start();
    let (text, _) = faulty(Fault::redirect(307, &other.host()));
    assert!(text.starts_with("HTTP/1.1 307 ") && text.contains(&other.host()), "{text}");
    assert_eq!((other.connections(), other.requests().len()), (0, 0));
    assert!(faulty(Fault::page(502)).0.contains("text/html"));
    assert!(faulty(Fault::body(200, "{")).0.ends_with("\r\n\r\n{"));
    assert!(faulty(Fault::array(422)).0.contains(r#""message":[{"#));
    assert!(faulty(Fault::wait(5)).0.contains("retry-after: 5\r\n"));
}

#[test]
fn a_fault_strikes_its_calls_only_and_as_often_as_planned() {
    let server = Server::new().secret("/", "A", "1").start();
    server.fail_times(&[Call::Login], Fault::wait(1), 2);
    let status = |server: &Running| log_in(server, CLIENT_ID, CLIENT_SECRET).status;
    assert_eq!([status(&server), status(&server), status(&server)], [429, 429, 200]);
    assert_eq!(server.issued(), 1);
}

/// Logs in over TLS, with the authority that the server says.
fn over_tls(certificate: Certificate) -> Result<String, String> {
    let server = Server::new().start_tls(certificate);
    let mut roots = RootCertStore::empty();
    let pem = server.authority().expect("TLS").as_bytes();
    let authority = CertificateDer::from_pem_slice(pem).expect("PEM");
    roots.add(authority).expect("an authority");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("127.0.0.1").expect("a name");
    let connection = ClientConnection::new(Arc::new(config), name).expect("a connection");
    let mut stream = StreamOwned::new(connection, connect(&server));
    let (bytes, end) = raw(&mut stream, &request("GET", "/api/v9/nothing", None, ""));
    let text = String::from_utf8(bytes).expect("text");
    match end {
        Err(error) if text.is_empty() => Err(error.to_string()),
        _ => Ok(text),
    }
}

#[test]
fn certificates() {
    let text = over_tls(Certificate::Good).expect("an answer");
    assert!(text.contains("Route GET:/api/v9/nothing not found"), "{text}");
    for (certificate, reason) in [
        (Certificate::UnknownAuthority, "UnknownIssuer"),
        (Certificate::Expired, "expired"),
        (Certificate::OtherName, "not valid for name"),
    ] {
        let error = over_tls(certificate).expect_err("no answer");
        assert!(error.contains(reason), "{certificate:?}: {error}");
    }
}
