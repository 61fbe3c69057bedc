//! Servers that hang, break off, send too much or something else, and those that are not trusted.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::faults::Fault;
use super::routes::Call::{self, Login, Revoke, V3, V4};
use super::server::{Running, Server};
use super::tls::Certificate;
use super::trial::{IDENTITY, Row, Trial, assert_no_open_token, check, usual};
use crate::support::{output, stderr};

/// In seconds.
const LIMIT: u64 = 3;
const TIMED_OUT: &str = "did not answer in full within 3 seconds";
const CUT_OFF: &str = "ended in the middle of an answer";
const NOT_INFISICAL: &str = "is not Infisical, or something stands before it";
const EMPTY: &str = "Infisical's list is empty";

/// Where the fault strikes, and what the run asks for then.
const LOGIN: (&[Call], &[Call]) = (&[Login], &[Login]);
const LIST: (&[Call], &[Call]) = (Call::LIST, &[Login, V4, Revoke]);

fn server() -> Running {
    Server::new().secret("/", "A", "fakeValueOfA").start()
}

/// One row for the login and one for the list.
fn rows(fault: &Fault, sentence: &'static str) -> Vec<Row> {
    let row = |(strikes, calls)| {
        let running = server();
        running.fail(strikes, fault.clone());
        Row::new(format!("{fault:?} at {strikes:?}"), running, calls, sentence)
    };
    vec![row(LOGIN), row(LIST)]
}

#[test]
fn hanging() {
    let faults = [Fault::Hang, Fault::HangInHeaders, Fault::HangInBody, Fault::SlowBytes];
    let rows = faults.iter().flat_map(|fault| rows(fault, TIMED_OUT));
    let mut rows: Vec<Row> = rows.map(|row| row.with("timeout", LIMIT)).collect();
    for fault in &faults {
        let running = Server::old().secret("/", "A", "fakeValueOfA").start();
        running.fail(&[V3], fault.clone());
        let calls = [Login, V4, V3, Revoke];
        let what = format!("{fault:?} at the older list");
        rows.push(Row::new(what, running, &calls, TIMED_OUT).with("timeout", LIMIT));
    }
    check(rows);
}

/// The limit is one for all requests together, and not far behind it the program ends.
#[test]
fn a_hanging_server_does_not_take_longer_than_the_limit() {
    let trial = Trial::new();
    let running = server();
    running.fail(&[Login], Fault::Hang);
    let begun = Instant::now();
    trial.refuses(&running, trial.whole("seal", &running).arg("--infisical-timeout=2"), 1);
    let took = begun.elapsed();
    assert!((Duration::from_secs(2)..Duration::from_secs(15)).contains(&took), "{took:?}");
}

/// Revoking has ten seconds of its own; what went wrong before is said all the same.
#[test]
fn revoking() {
    let rows = [
        Fault::Hang,
        Fault::SlowBytes,
        Fault::NoAnswer,
        Fault::page(502),
        Fault::redirect(307, "https://elsewhere.invalid/"),
        Fault::wait(3600),
        Fault::body(500, r#"{"statusCode":500,"message":"fake","error":"Fake"}"#),
    ];
    let row = |fault: Fault| {
        let running = Server::new().start();
        running.fail(&[Revoke], fault.clone());
        Row::new(format!("{fault:?}"), running, &[Login, V4, Revoke], EMPTY).unrevoked()
    };
    check(rows.into_iter().map(row).collect());
}

/// A good list is a good list, even where its token outlives it.
#[test]
fn sealing_without_revoking_warns() {
    let trial = Trial::new();
    let running = server();
    running.fail(&[Revoke], Fault::NoAnswer);
    let seal = crate::support::output(&mut trial.whole("seal", &running));
    crate::support::assert_success(&seal);
    let said = crate::support::stderr(&seal);
    assert!(said.contains("warning: the access token could not be revoked"), "{said}");
    assert_eq!(trial.values().get("A").map(String::as_str), Some("fakeValueOfA"));
    trial.assert_nothing_told(&running, &seal);
}

#[test]
fn breaking_off() {
    let faults = [Fault::NoAnswer, Fault::HalfBody];
    let mut rows: Vec<Row> = faults.iter().flat_map(|fault| rows(fault, CUT_OFF)).collect();
    let running = server();
    running.fail(Call::LIST, Fault::LongerLength);
    rows.push(Row::new("a list that is too short", running, LIST.1, CUT_OFF));
    // The login was whole, whatever its length says.
    let running = Server::new().start();
    running.fail(&[Login], Fault::LongerLength);
    rows.push(Row::new("a login that is too short", running, LIST.1, EMPTY));
    check(rows);
}

#[test]
fn what_speaks_no_http() {
    let faults = [Fault::NotHttp, Fault::BrokenChunk];
    let sentence = "speaks no HTTP, or not all of it";
    check(faults.iter().flat_map(|fault| rows(fault, sentence)).collect());
}

#[test]
fn too_large() {
    let sentence = "answers with more than 32 MiB";
    let faults = [Fault::Huge { chunked: false }, Fault::Huge { chunked: true }];
    check(faults.iter().flat_map(|fault| rows(fault, sentence)).collect());
}

#[test]
fn something_else() {
    let mut all = Vec::new();
    for fault in [
        Fault::page(200),
        Fault::page(502),
        Fault::page(403),
        Fault::body(200, ""),
        Fault::body(204, ""),
        Fault::body(200, "{\"secrets\":["),
        Fault::body(200, "{\"accessToken\":\"fake"),
        Fault::body(200, "[]"),
        Fault::body(200, "null"),
        Fault::body(200, "\"fake\""),
        Fault::body(200, "{}"),
        Fault::body(200, r#"{"secrets":{},"accessToken":1}"#),
        Fault::body(200, r#"{"secrets":null,"accessToken":""}"#),
        Fault::body(200, r#"{"secrets":[1],"accessToken":["fake"]}"#),
        Fault::body(200, r#"{"secrets":[{}],"accessToken":"two words"}"#),
        Fault::body(400, "[]"),
        Fault::body(500, "{\"statusCode\":500"),
    ] {
        all.extend(rows(&fault, NOT_INFISICAL));
    }
    for list in [
        r#"{"secrets":[{"secretKey":"A"}]}"#,
        r#"{"secrets":[{"secretKey":"A","secretValue":1}]}"#,
        r#"{"secrets":[{"secretKey":"A","secretValue":null}]}"#,
        r#"{"secrets":[{"secretKey":1,"secretValue":"fake"}]}"#,
        r#"{"secrets":[{"secretKey":"A","secretValue":"1"}],"secrets":[]}"#,
        r#"{"secrets":[{"secretKey":"A","secretValue":"1","secretValue":"2"}]}"#,
        r#"{"secrets":[{"secretKey":"A","secretValue":"1"}],"imports":{}}"#,
        r#"{"secrets":[{"secretKey":"A","secretValue":"1"}],"imports":[[]]}"#,
        r#"{"imports":[{"secrets":[{"secretKey":"A","secretValue":"1"}]}]}"#,
        r#"{"secrets":[],"imports":[],"imports":[]}"#,
        r#"{"secrets":[],"imports":[{"secrets":[],"secrets":[]}]}"#,
        r#"{"secrets":[{"secretKey":"A","secretValue":"1","type":"personal","type":"shared"}]}"#,
        r#"{"secrets":[{"secretKey":"A","secretValue":"1","secretValueHidden":false,"secretValueHidden":false}]}"#,
        r#"{"secrets":[{"secretKey":"A","secretValue":"1"}]} {}"#,
        r#"{"secrets":[{"secretKey":"A","secretValue":"1"}]}x"#,
    ] {
        let running = server();
        running.fail(Call::LIST, Fault::body(200, list));
        all.push(Row::new(list, running, LIST.1, NOT_INFISICAL));
    }
    check(all);
}

/// Neither to another host nor to another path of the same one.
#[test]
fn redirects_are_not_followed() {
    let other = server();
    let mut all = Vec::new();
    for status in [301, 302, 307, 308] {
        let elsewhere = format!("{}/api/v1/fake", other.host());
        for location in [elsewhere.as_str(), "/api/v1/fake"] {
            let fault = Fault::redirect(status, location);
            all.extend(rows(&fault, "sends to another address, and no credential follows there"));
        }
    }
    check(all);
    assert_eq!(other.connections(), 0);
}

#[test]
fn a_wait_is_kept_where_the_limit_allows_it() {
    for (strikes, calls) in
        [(Login, [Login, Login, Login, V4, Revoke]), (V4, [Login, V4, V4, V4, Revoke])]
    {
        let trial = Trial::new();
        let running = Server::new().start();
        running.fail_times(&[strikes], Fault::wait(1), 2);
        let begun = Instant::now();
        let said = trial.refuses(&running, &mut trial.whole("seal", &running), 1);
        assert!(begun.elapsed() >= Duration::from_secs(2), "{:?}", begun.elapsed());
        assert!(said.contains(EMPTY), "{said}");
        assert_eq!(running.calls(), calls);
        assert_no_open_token(&running);
    }
}

#[test]
fn a_longer_wait_is_an_error_at_once() {
    let sentence = "a longer wait than the time limit allows";
    let begun = Instant::now();
    let mut all = rows(&Fault::wait(3600), sentence);
    all.extend(rows(&Fault::wait(u64::MAX), sentence));
    let running = Server::new().secret("/", "A", "fakeValueOfA").list_limit(0).start();
    all.push(Row::new("the limit of a minute", running, LIST.1, sentence).with("timeout", LIMIT));
    check(all);
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
}

/// Also where the server says that no wait is needed, or nothing that can be read.
#[test]
fn requests_again_and_again_are_a_second_apart() {
    let limited = |header: Option<&str>| {
        let Fault::Instead(mut answer) = Fault::wait(0) else { unreachable!("an answer") };
        answer.headers.retain(|(name, _)| name != "retry-after");
        Fault::Instead(match header {
            Some(value) => answer.with("retry-after", value),
            None => answer,
        })
    };
    for header in [Some("0"), Some("Tue, 24 Nov 2026 00:00:00 GMT"), Some("-1"), None] {
        let trial = Trial::new();
        let running = server();
        running.fail(&[V4], limited(header));
        let mut seal = trial.whole("seal", &running);
        let said = trial.refuses(&running, seal.arg(format!("--infisical-timeout={LIMIT}")), 1);
        assert!(said.contains("wants fewer requests"), "{said}");
        let lists = running.calls().iter().filter(|call| **call == V4).count();
        assert!((2..=3).contains(&lists), "{header:?}: {lists}");
        assert_no_open_token(&running);
    }
}

#[test]
fn what_is_not_trusted_gets_no_credential() {
    let sentence = "no trusted TLS connection to";
    let row = |certificate: Certificate| {
        let running = Server::new().secret("/", "A", "fakeValueOfA").start_tls(certificate);
        Row::new(format!("{certificate:?}"), running, &[], sentence)
    };
    let bad = [Certificate::UnknownAuthority, Certificate::Expired, Certificate::OtherName];
    let mut all: Vec<Row> = bad.into_iter().map(row).collect();
    let running = server();
    let https = format!("https://{}", running.address());
    all.push(Row::new("no TLS at all", running, &[], sentence).with("host", https));
    let running = Server::new().start_tls(Certificate::Good);
    let http = format!("http://{}", running.address());
    let sentence = "speaks no HTTP, or not all of it";
    all.push(Row::new("TLS where none is asked for", running, &[], sentence).with("host", http));
    check(all);
}

#[test]
fn nobody_there() {
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port");
    let host = format!("http://{closed}");
    let sentence = "cannot connect to http://127.0.0.1";
    check(vec![Row::new("a closed port", server(), &[], sentence).with("host", host)]);
}

/// Connecting has ten seconds of the limit, which may be shorter than that.
#[test]
fn nobody_answers() {
    // A queue for one connection, which nobody takes out of it: the next one gets no answer.
    let full = TcpListener::bind("127.0.0.1:0").expect("a port");
    // SAFETY: a descriptor that is open, and no pointer.
    let listening = unsafe { libc::listen(std::os::fd::AsRawFd::as_raw_fd(&full), 0) };
    assert_eq!(listening, 0);
    let address = full.local_addr().expect("an address");
    let connect = |_| std::net::TcpStream::connect_timeout(&address, Duration::from_millis(300));
    let queued: Vec<_> = (0..4).map(connect).collect();
    assert!(queued.iter().any(Result::is_err), "the queue is full");
    let row = |what, sentence| {
        Row::new(what, server(), &[], sentence).with("host", format!("http://{address}"))
    };
    let begun = Instant::now();
    check(vec![
        // No connection, or no answer: which of the two ends first is a matter of microseconds.
        row("a short limit", "http://127.0.0.1").with("timeout", LIMIT),
        row("a long limit", "cannot connect to http://127.0.0.1"),
    ]);
    let took = begun.elapsed();
    assert!((Duration::from_secs(20)..Duration::from_secs(60)).contains(&took), "{took:?}");
}

/// A name has to be looked up, for which a thread waits. It is looked up before anything is sent, so
/// that no token is left over where no thread can be had.
#[test]
fn a_thread_that_cannot_be_had_leaves_no_token() {
    let mut failed = 0;
    for when in 1..=6 {
        let (running, trial) = (server(), Trial::new());
        let mut options = usual(&running);
        let port = running.address().port();
        options.insert("host", format!("http://localhost:{port}"));
        let plain = trial.with("seal", &running, &options);
        let mut traced = trial.place.command("strace");
        traced.args(["-f", "-qq", "-o", "trace", "-e", "trace=clone3", "-e"]);
        traced.arg(format!("inject=clone3:error=EAGAIN:when={when}"));
        traced.arg(plain.get_program()).args(plain.get_args()).envs(IDENTITY);
        let outcome = output(&mut traced);
        let said = stderr(&outcome);
        assert!(matches!(outcome.status.code(), Some(0 | 1)), "{when}: {said}");
        assert!(!said.contains("internal error"), "{when}: {said}");
        assert_no_open_token(&running);
        failed += i32::from(!outcome.status.success());
    }
    assert!((2..6).contains(&failed), "{failed} of 6 failed");
}
