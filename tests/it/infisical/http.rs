//! Requests as they arrive, and answers as they are sent.

use std::io::{self, BufRead, ErrorKind, Read};

use serde_json::Value;

/// More than any request has that this program sends, in bytes.
const MAX_REQUEST: u64 = 64 * 1024;

/// A request, whole.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// The path with the query, as it came.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// The next one of a connection; none where it ends.
    ///
    /// Errors: what comes is no request.
    pub fn read(stream: &mut impl BufRead) -> io::Result<Option<Request>> {
        let mut lines = Vec::new();
        let mut head = stream.by_ref().take(MAX_REQUEST);
        loop {
            let mut line = String::new();
            if head.read_line(&mut line)? == 0 {
                return Ok(None);
            }
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        let first = lines.first().and_then(|line| line.strip_suffix(" HTTP/1.1"));
        let (method, target) =
            first.and_then(|line| line.split_once(' ')).ok_or(ErrorKind::InvalidData)?;
        let mut request = Request {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: lines[1..].iter().filter_map(|line| header(line)).collect(),
            body: Vec::new(),
        };
        let length = request.header("content-length").unwrap_or("0");
        request.body = vec![0; length.parse().map_err(|_| ErrorKind::InvalidData)?];
        stream.read_exact(&mut request.body)?;
        Ok(Some(request))
    }

    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The first value of a name in the query, decoded.
    pub fn query(&self, name: &str) -> Option<String> {
        let (_, query) = self.target.split_once('?')?;
        let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.into_iter().find(|(key, _)| decoded(key) == name).map(|(_, value)| decoded(value))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// A member of the JSON object in the body that is a string.
    pub fn member(&self, name: &str) -> Option<String> {
        let body: Value = serde_json::from_slice(&self.body).ok()?;
        body.get(name)?.as_str().map(str::to_owned)
    }
}

/// `Name: value`.
pub fn header(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    Some((name.to_owned(), value.trim().to_owned()))
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escape = (*first == b'%').then(|| after.get(..2)).flatten();
        let hex = escape.and_then(|digits| std::str::from_utf8(digits).ok());
        match hex.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What is answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    /// Beside the length, which is that of the body.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(status: u16, body: &Value) -> Answer {
        Answer::text(status, "application/json; charset=utf-8", &body.to_string())
    }

    pub fn text(status: u16, kind: &str, body: &str) -> Answer {
        let body = body.as_bytes().to_vec();
        Answer { status, headers: vec![], body }.with("content-type", kind)
    }

    pub fn with(mut self, name: &str, value: impl ToString) -> Answer {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// The first lines up to the empty one, with a header that says how long the body is.
    pub fn head(&self, length: &str) -> String {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head + length + "\r\n\r\n"
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        301 => "Moved Permanently",
        302 => "Found",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        _ => "Status",
    }
}
