//! Each row of the tables of what real servers refuse, old and new.

use super::faults::Fault;
use super::model::{CLIENT_ID, Client, Generation, Token};
use super::routes::Call::{self, Login, Revoke, V3, V4};
use super::server::Server;
use super::trial::{Row, check};

const BOTH: [Generation; 2] = [Generation::Old, Generation::New];

/// With one secret, which must not be told.
fn server(generation: Generation) -> Server {
    Server::of(generation).secret("/", "A", "fakeValueOfA")
}

/// What a run asks for that comes to the list.
fn listing(generation: Generation) -> &'static [Call] {
    if generation == Generation::Old { &[Login, V4, V3, Revoke] } else { &[Login, V4, Revoke] }
}

#[test]
fn logins() {
    let mut rows = Vec::new();
    for generation in BOTH {
        let mut row = |what: &str, running, sentence| {
            rows.push(Row::new(format!("{what}, {generation:?}"), running, &[Login], sentence));
        };
        let refused = "Infisical refuses the client id or the client secret";
        let running = server(generation).start();
        running.change(|model| {
            let client = model.clients.get_mut(CLIENT_ID).expect("the client");
            client.0 = "fakeRotatedSecret".to_owned();
        });
        row("wrong secret", running, refused);
        let running = server(generation).start();
        running.change(|model| model.clients.clear());
        row("unknown client id", running, refused);
        let gone = "Infisical refuses the client secret: it is used up, expired or locked";
        row("used up", server(generation).client(Client::UsedUp).start(), gone);
        row("expired", server(generation).client(Client::Expired).start(), gone);
        let running = server(generation).client(Client::ForeignAddress).start();
        row("foreign address", running, "log in from other addresses only");
        row("no database", server(generation).database_down().start(), "itself fails (status 500)");
    }
    let locked = server(Generation::New).start();
    locked.change(|model| model.failures = 3);
    rows.push(Row::new("locked", locked, &[Login], "it is used up, expired or locked"));
    for (status, sentence) in [
        (401, "Infisical does not understand the login (status 401)"),
        (422, "Infisical does not understand the login (status 422)"),
    ] {
        let running = server(Generation::New).start();
        running.fail(&[Login], Fault::array(status));
        rows.push(Row::new(format!("wrong form, {status}"), running, &[Login], sentence));
    }
    check(rows);
}

#[test]
fn lists() {
    let mut rows = Vec::new();
    for generation in BOTH {
        let old = generation == Generation::Old;
        let calls = listing(generation);
        let row = |what: &str, running, sentence| {
            Row::new(format!("{what}, {generation:?}"), running, calls, sentence)
        };
        let unknown = "Infisical knows no such project, environment or path";
        let nowhere = if old { "Infisical's list is empty" } else { unknown };
        rows.push(
            row("no environment", server(generation).start(), nowhere)
                .with("environment", "nowhere"),
        );
        rows.push(row("no path", server(generation).start(), nowhere).with("path", "/no/such"));
        rows.push(
            row("no project", server(generation).start(), unknown)
                .with("project", "0fa4e000-0000-4000-8000-000000000000"),
        );
        rows.push(
            row("no id of a project", server(generation).start(), unknown).with("project", "nope"),
        );
        let forbidden = "Infisical does not let this identity read";
        rows.push(row("not a member", server(generation).not_a_member().start(), forbidden));
        let closed = || server(generation).unreadable("/").start();
        rows.push(row("may not read", closed(), forbidden));
        let silent = if old { "Infisical's list is empty" } else { forbidden };
        rows.push(row("may not read, recursive", closed(), silent).with("recursive", true));
        let nothing = Server::of(generation).start();
        rows.push(row("nothing there", nothing, "Infisical's list is empty"));
        let down = server(generation).start();
        let status500 = r#"{"statusCode":500,"message":"Something went wrong","error":"Fake"}"#;
        down.fail(Call::LIST, Fault::body(500, status500));
        let calls = &[Login, V4, Revoke];
        let what = format!("database down, {generation:?}");
        rows.push(Row::new(what, down, calls, "itself fails (status 500)"));
        for (status, sentence) in [(401, "(status 401)"), (422, "(status 422)")] {
            let running = server(generation).start();
            running.fail(Call::LIST, Fault::array(status));
            let what = format!("wrong form, {status}, {generation:?}");
            rows.push(Row::new(what, running, calls, sentence));
        }
    }
    check(rows);
}

/// Whoever gives a token has to revoke it: here it is only used.
#[test]
fn tokens() {
    let mut rows = Vec::new();
    for generation in BOTH {
        let calls: &[Call] = if generation == Generation::Old { &[V4, V3] } else { &[V4] };
        let refused = "Infisical refuses the access token: it is expired, revoked or not whole";
        for (token, state) in [
            ("fake.expired.token", Some(Token::Expired)),
            ("fake.foreign.token", Some(Token::BadSignature)),
            ("fake.tired.token", Some(Token::UsedUp)),
            ("fake.unknown.token", None),
            ("nonsense", None),
        ] {
            let mut server = server(generation);
            if let Some(state) = state {
                server = server.token(token, state);
            }
            let what = format!("{token}, {generation:?}");
            rows.push(Row::new(what, server.start(), calls, refused).token(token));
        }
    }
    check(rows);
}

/// The answer that a route is missing has a twin that means something else.
#[test]
fn only_the_missing_route_leads_to_the_older_one() {
    let body = |error: &str, message: &str| {
        format!(r#"{{"message":"{message}","error":"{error}","statusCode":404}}"#)
    };
    let mut rows = Vec::new();
    for (error, message) in [
        ("NotFound", "Route GET:/api/v4/secrets not found"),
        ("Not Found", "Project not found"),
        ("not found", "Route GET:/api/v4/secrets not found"),
        ("Not Found", "No Route GET:/api/v4/secrets"),
    ] {
        let running = server(Generation::New).start();
        running.fail(&[V4], Fault::body(404, &body(error, message)));
        let sentence = "Infisical knows no such project, environment or path";
        let what = format!("{error}, {message}");
        rows.push(Row::new(what, running, &[Login, V4, Revoke], sentence));
    }
    let running = server(Generation::New).start();
    running.fail(&[V4], Fault::page(404));
    let sentence = "(status 404) is not Infisical";
    rows.push(Row::new("a page", running, &[Login, V4, Revoke], sentence));
    check(rows);
}
