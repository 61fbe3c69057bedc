//! The apps that PM2 starts here, and the secrets that they get.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use super::place::{Pm2Place, contains, until};

/// Values that a shell, JSON or a careless program would change.
pub const SECRETS: [(&str, &str); 6] = [
    ("API_KEY", "it's fake \"api-canary\" $HOME `id` \\n"),
    ("DATABASE_URL", "postgres://fake:db-canary@localhost/x?a=b=c&d"),
    ("PEM", "-----BEGIN FAKE-----\npem-canary\r\n\tline\n-----END FAKE-----\n"),
    ("UNICODE", "ключ-canary žluť 🔑"),
    ("EQUALS", "=equals-canary=="),
    ("EMPTY", ""),
];

/// Serves its own environment; `/exit` ends it.
const APP: &str = "
const http = require('http');
const answer = (request, response) => {
    if (request.url === '/exit') process.exit(7);
    response.end(JSON.stringify({ pid: process.pid, env: process.env }));
};
http.createServer(answer).listen(Number(process.env.APP_PORT || process.argv[2]), '127.0.0.1');
";

/// An app and its port.
#[derive(Clone, Copy, Debug)]
pub struct App {
    pub port: u16,
}

/// What it serves.
#[derive(Debug)]
pub struct Served {
    pub pid: i32,
    pub env: serde_json::Map<String, serde_json::Value>,
}

impl App {
    /// Writes `app.js`, and `NAME` that has PM2 start it as `api` with these settings besides.
    pub fn write(place: &Pm2Place, name: &str, settings: &str) -> App {
        let app = App { port: free_port() };
        place.place.write("app.js", APP);
        place.place.write(
            name,
            format!(
                "module.exports = {{ apps: [{{ name: 'api', script: './app.js', args: '{}', {settings} }}] }}",
                app.port
            ),
        );
        app
    }

    /// Asks it, until it answers.
    pub fn served(self) -> Served {
        self.served_by(|_| true)
    }

    /// Asks it, until another process answers.
    pub fn served_by_another(self, pid: i32) -> Served {
        self.served_by(|other| other != pid)
    }

    fn served_by(self, is_wanted: impl Fn(i32) -> bool) -> Served {
        until("the app's answer", || self.ask("/").filter(|served| is_wanted(served.pid)))
    }

    /// Asks it once.
    pub fn ask(self, path: &str) -> Option<Served> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(5)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (_, body) = answer.split_once("\r\n\r\n")?;
        let mut body: serde_json::Value = serde_json::from_str(body).ok()?;
        let pid = i32::try_from(body["pid"].as_i64()?).ok()?;
        Some(Served { pid, env: body["env"].as_object_mut().map(std::mem::take)? })
    }
}

impl Served {
    /// A variable.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.env.get(name)?.as_str()
    }
}

/// A port on which nothing listens, and below those that the system hands out by itself.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 9000).expect("small");
    let ports = (0..2000).map(|_| 20_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000);
    let mut free = ports.filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    free.next().expect("a free port")
}

/// What of [`SECRETS`] is to be found in `bytes`: a value as it is or in JSON.
pub fn found_in(bytes: &[u8]) -> Vec<&'static str> {
    let is_in = |(_, value): &&(&str, &str)| {
        let json = serde_json::to_string(value).expect("JSON");
        let written = [value.as_bytes(), json.trim_matches('"').as_bytes()];
        !value.is_empty() && written.iter().any(|value| contains(bytes, value))
    };
    SECRETS.iter().filter(is_in).map(|(name, _)| *name).collect()
}

/// The files with a value of [`SECRETS`], or a part that all of them have, below `PM2_HOME`, the private
/// home and the temporary folder.
pub fn files_with_secrets(place: &Pm2Place) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in [place.home(), place.place.root()] {
        search(folder, &mut found);
    }
    found
}

/// That there are none.
pub fn assert_nothing_written(place: &Pm2Place) {
    let found = files_with_secrets(place);
    assert!(found.is_empty(), "{found:?}");
}

fn search(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            search(&entry.path(), found);
        } else if kind.is_file() {
            let bytes = std::fs::read(entry.path()).unwrap_or_default();
            if !found_in(&bytes).is_empty() || contains(&bytes, b"canary") {
                found.push(entry.path());
            }
        }
    }
}
