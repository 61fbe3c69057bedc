//! Asks a server with nothing but a socket, to see what it says.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use super::http::header;
use super::model::{CLIENT_ID, CLIENT_SECRET, PROJECT};
use super::server::Running;

/// How long to wait for the next bytes.
const PATIENCE: Duration = Duration::from_millis(700);

/// An answer that came whole.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Value,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self, member: &str) -> &str {
        text(&self.body, member)
    }

    /// Names and values of the folder's own entries, sorted.
    pub fn own(&self) -> Vec<(&str, &str)> {
        let mut pairs = pairs(&self.body["secrets"]);
        pairs.sort_unstable();
        pairs
    }
}

/// Names and values in a list of entries.
pub fn pairs(entries: &Value) -> Vec<(&str, &str)> {
    let entries = entries.as_array().expect("a list").iter();
    entries.map(|it| (text(it, "secretKey"), text(it, "secretValue"))).collect()
}

fn text<'a>(object: &'a Value, member: &str) -> &'a str {
    object[member].as_str().expect("a text")
}

/// The bytes that a server sends, until it closes or is silent.
pub fn raw(stream: &mut (impl Read + Write), request: &str) -> (Vec<u8>, io::Result<()>) {
    let mut bytes = Vec::new();
    let mut exchange = || {
        stream.write_all(request.as_bytes())?;
        stream.flush()?;
        stream.read_to_end(&mut bytes).map(|_| ())
    };
    let end = exchange();
    (bytes, end)
}

pub fn connect(server: &Running) -> TcpStream {
    let stream = TcpStream::connect(server.address()).expect("a server");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
    stream
}

/// The text of a request, with a body where there is one.
pub fn request(method: &str, target: &str, token: Option<&str>, body: &str) -> String {
    let token = token.map_or_else(String::new, |it| format!("Authorization: Bearer {it}\r\n"));
    let length = body.len();
    format!(
        "{method} {target} HTTP/1.1\r\nHost: fake\r\nConnection: close\r\n{token}Content-Length: {length}\r\n\r\n{body}"
    )
}

pub fn ask(server: &Running, method: &str, target: &str, token: Option<&str>, body: &str) -> Reply {
    let (bytes, end) = raw(&mut connect(server), &request(method, target, token, body));
    end.expect("an answer");
    parse(&bytes)
}

fn parse(bytes: &[u8]) -> Reply {
    let end = bytes.windows(4).position(|it| it == b"\r\n\r\n").expect("an empty line");
    let head = String::from_utf8(bytes[..end].to_vec()).expect("text");
    let mut lines = head.lines();
    let first = lines.next().expect("a first line");
    let reply = Reply {
        status: first.split(' ').nth(1).and_then(|it| it.parse().ok()).expect("a status"),
        headers: lines.filter_map(header).collect(),
        body: serde_json::from_slice(&bytes[end + 4..]).expect("JSON"),
    };
    let length = (bytes.len() - end - 4).to_string();
    assert_eq!(reply.header("content-length"), Some(length.as_str()));
    reply
}

pub fn log_in(server: &Running, id: &str, secret: &str) -> Reply {
    let body = json!({ "clientId": id, "clientSecret": secret }).to_string();
    ask(server, "POST", "/api/v1/auth/universal-auth/login", None, &body)
}

/// A token of the client that every server knows.
pub fn token(server: &Running) -> String {
    log_in(server, CLIENT_ID, CLIENT_SECRET).text("accessToken").to_owned()
}

pub fn revoke(server: &Running, token: &str) -> Reply {
    let body = json!({ "accessToken": token }).to_string();
    ask(server, "POST", "/api/v1/auth/token/revoke", None, &body)
}

/// A list by the new route, with more of a query.
pub fn v4(server: &Running, token: &str, query: &str) -> Reply {
    let target = format!("/api/v4/secrets?projectId={PROJECT}&{query}");
    ask(server, "GET", &target, Some(token), "")
}

/// The same by the old one.
pub fn v3(server: &Running, token: &str, query: &str) -> Reply {
    let target = format!("/api/v3/secrets/raw?workspaceId={PROJECT}&{query}");
    ask(server, "GET", &target, Some(token), "")
}
