//! The program against a server: what must hold whatever is refused.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;

use super::model::{CLIENT_ID, CLIENT_SECRET, ENVIRONMENT, PROJECT, Token};
use super::routes::Call;
use super::server::Running;
use crate::support::{Place, assert_success, output, stderr, stdout};

/// The vault that is there.
pub const VAULT: &str = "v.env.gpg";

/// Rows that are tried at the same time: most of their time is waiting.
const WORKERS: usize = 6;

/// Values of options by their names, which begin with `--infisical-`.
pub type Options = BTreeMap<&'static str, String>;

/// The identity that every server knows, by the names of the user's own procedure.
pub const IDENTITY: [(&str, &str); 2] =
    [("INFISICAL_CLIENT_ID", CLIENT_ID), ("INFISICAL_CLIENT_SECRET", CLIENT_SECRET)];

/// What it takes to find the secrets of a server.
pub fn usual(server: &Running) -> Options {
    let options = [("host", &*server.host()), ("project", PROJECT), ("environment", ENVIRONMENT)];
    options.map(|(name, value)| (name, value.to_owned())).into()
}

/// A place with a vault.
pub struct Trial {
    pub place: Place,
    old: Vec<u8>,
}

impl Trial {
    pub fn new() -> Trial {
        let place = Place::new();
        place.cheap(VAULT, "OLD='1'\n");
        Trial { old: place.read(VAULT), place }
    }

    /// `seal` or `verify` from Infisical, with neither settings nor credentials.
    pub fn bare(&self, verb: &str) -> Command {
        let mut command = self.place.breakglass();
        command.arg(verb).arg(self.place.path(VAULT)).args(["--from", "infisical"]);
        command.arg("--passphrase-file").arg(self.place.path("passphrase"));
        command
    }

    /// The same with these options, `--infisical-` and a name, and with what it takes to trust the
    /// server.
    pub fn with(&self, verb: &str, server: &Running, options: &Options) -> Command {
        let mut command = self.bare(verb);
        for (name, value) in options {
            command.arg(format!("--infisical-{name}={value}"));
        }
        if let Some(authority) = server.authority() {
            command.env("SSL_CERT_FILE", self.place.write("authority.pem", authority));
        }
        command
    }

    /// The same with all settings, and without credentials.
    pub fn set(&self, verb: &str, server: &Running) -> Command {
        self.with(verb, server, &usual(server))
    }

    /// The same with the identity that every server knows.
    pub fn whole(&self, verb: &str, server: &Running) -> Command {
        let mut command = self.set(verb, server);
        command.envs(IDENTITY);
        command
    }

    /// Seals over the old vault; returns what was said.
    pub fn seals(&self, server: &Running, command: &mut Command) -> String {
        let output = output(command);
        assert_success(&output);
        assert_ne!(self.place.read(VAULT), self.old);
        self.assert_nothing_told(server, &output);
        assert_no_open_token(server);
        stderr(&output)
    }

    /// Ends with this status; returns what was said. The old vault is as it was, there is no other
    /// file beside it than before, and nothing was told.
    pub fn refuses(&self, server: &Running, command: &mut Command, status: i32) -> String {
        let files = self.files();
        let output = output(command);
        assert_eq!(output.status.code(), Some(status), "{}{}", stderr(&output), stdout(&output));
        assert_eq!(self.place.read(VAULT), self.old, "the vault is another one");
        assert_eq!(self.files(), files);
        self.assert_nothing_told(server, &output);
        stdout(&output) + &stderr(&output)
    }

    /// All names and values of the vault, looked at as if on another machine: a use would make it stale.
    pub fn values(&self) -> BTreeMap<String, String> {
        let mut run = self.place.run(VAULT);
        run.env("XDG_STATE_HOME", self.place.path("elsewhere"));
        let output = output(run.args(["--clean", "--", "env", "-0"]));
        assert_success(&output);
        let text = stdout(&output);
        let pairs = text.split_terminator('\0').map(|pair| pair.split_once('=').expect("a pair"));
        let ours = |name: &str| !["PATH", "HOME", "LC_ALL"].contains(&name);
        let ours = pairs.filter(|(name, _)| ours(name) && !name.starts_with("BREAKGLASS_"));
        ours.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Nothing confidential is in an output, or in a file that is no vault.
    pub fn assert_nothing_told(&self, server: &Running, output: &Output) {
        let files = self.files().into_iter().filter(|path| !path.ends_with(VAULT));
        let read = |path: PathBuf| (std::fs::read(&path).expect("a file"), path);
        let mut places: Vec<(Vec<u8>, PathBuf)> = files.map(read).collect();
        places.push((output.stdout.clone(), "standard output".into()));
        places.push((output.stderr.clone(), "standard error".into()));
        for text in server.confidential() {
            for (bytes, place) in &places {
                let told = bytes.windows(text.len()).any(|window| window == text.as_bytes());
                assert!(!told, "{place:?} tells {text}");
            }
        }
    }

    /// All files in the place, sorted.
    fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut folders = vec![self.place.root().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files.sort();
        files
    }

    pub fn root(&self) -> &Path {
        self.place.root()
    }
}

/// Every token that a login gave was revoked.
pub fn assert_no_open_token(server: &Running) {
    let revoked = server.tokens().iter().filter(|(_, state)| *state == Token::Revoked).count();
    assert_eq!(u32::try_from(revoked), Ok(server.issued()), "{:?}", server.calls());
}

/// One thing that `seal` and `verify` must refuse.
pub struct Row {
    what: String,
    server: Running,
    /// What one run asks for.
    calls: Vec<Call>,
    /// A piece of the sentence.
    sentence: &'static str,
    /// Beside the usual ones, `--infisical-` and a name.
    options: Options,
    token: Option<String>,
    unrevoked: bool,
}

impl Row {
    pub fn new(what: impl Display, server: Running, calls: &[Call], sentence: &'static str) -> Row {
        Row {
            what: what.to_string(),
            server,
            calls: calls.to_vec(),
            sentence,
            options: Options::new(),
            token: None,
            unrevoked: false,
        }
    }

    /// An option that counts instead of the usual one.
    pub fn with(mut self, option: &'static str, value: impl Display) -> Row {
        self.options.insert(option, value.to_string());
        self
    }

    /// An access token instead of an identity.
    pub fn token(mut self, token: &str) -> Row {
        self.token = Some(token.to_owned());
        self
    }

    /// The token cannot be revoked, and that is said.
    pub fn unrevoked(mut self) -> Row {
        self.unrevoked = true;
        self
    }

    fn command(&self, trial: &Trial, verb: &str) -> Command {
        let mut options = usual(&self.server);
        options.extend(self.options.clone());
        let mut command = trial.with(verb, &self.server, &options);
        match &self.token {
            Some(token) => command.env("INFISICAL_TOKEN", token),
            None => command.envs(IDENTITY),
        };
        command
    }

    fn check(&self) {
        for (verb, status) in [("seal", 1), ("verify", 4)] {
            let before = self.server.calls().len();
            let trial = Trial::new();
            let mut command = self.command(&trial, verb);
            let said = trial.refuses(&self.server, &mut command, status);
            assert!(said.contains(self.sentence), "{}, {verb}: {said}", self.what);
            assert_eq!(
                verb == "seal",
                said.contains("breakglass: hint: "),
                "{}: {said}",
                self.what
            );
            let calls = self.server.calls();
            assert_eq!(calls[before..], self.calls, "{}, {verb}", self.what);
            let warned = said.contains("warning: the access token could not be revoked");
            assert_eq!(warned, self.unrevoked, "{}, {verb}: {said}", self.what);
        }
        if self.calls.contains(&Call::Revoke) && !self.unrevoked {
            assert_no_open_token(&self.server);
        }
    }
}

/// Tries all rows, some at a time, and names those that fail.
pub fn check(rows: Vec<Row>) {
    assert!(!rows.is_empty());
    let queue = Mutex::new(rows.into_iter());
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("no panic").next();
                    let Some(row) = next else { return };
                    let checking = std::panic::AssertUnwindSafe(|| row.check());
                    if std::panic::catch_unwind(checking).is_err() {
                        failed.lock().expect("no panic").push(row.what);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("no panic");
    assert!(failed.is_empty(), "these rows fail: {failed:#?}");
}
