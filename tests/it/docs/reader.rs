//! A reader of the documentation, at a terminal of a machine of their own.
//!
//! What is the program's, gpg's, age's, PM2's and the system's is real. What stands for something that
//! is not at hand is all in this file: Infisical's server and command line, another machine behind
//! scp and ssh, an editor, the opener's build (which tests/it/opener.rs has run).

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::infisical::model::{CLIENT_ID, CLIENT_SECRET, PROJECT};
use crate::infisical::server::{Running, Server};
use crate::infisical::trial::IDENTITY;
use crate::machine::Machine;
use crate::opener::opener;
use crate::support::{PASSPHRASE, assert_success, output};
use crate::terminal::Terminal;

/// What the reader chooses where one passphrase is replaced by another.
const SECOND: &str = "another fake passphrase of the reader 7";

/// What Infisical has. No value occurs in the documentation.
const SECRETS: [(&str, &str); 3] = [
    ("DATABASE_URL", "postgres://fake:fakeDatabaseKey@db/app"),
    ("GEMINI_API_KEY", "fakeGeminiKeyOfTheReader"),
    ("JWT_SECRET", "fakeJwt'Secret\" $HOME of the reader"),
];

/// Longer than any block takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);

/// Programs of the reader's that are not the real ones.
const STAND_INS: [(&str, &str); 6] = [
    // Infisical's own command line; `secrets` has an assignment a line.
    (
        "infisical",
        "case $1 in
export) cat ~/secrets.json ;;
run)
    while [ \"$1\" != -- ]; do shift; done
    shift
    set -a
    . ~/secrets
    exec \"$@\"
    ;;
*) exit 1 ;;
esac",
    ),
    // The other machine is this one, and its home this home.
    ("scp", "for file; do case $file in *:) ;; *) cp -L \"$file\" ~/ ;; esac; done"),
    ("ssh", "exit 0"),
    // Who edits changes one value.
    ("nano", "sed -i s/fakeGeminiKey/fakeRotatedGeminiKey/ \"$1\""),
    ("sudo", "exec \"$@\""),
    ("build-opener", ""),
];

pub struct Reader {
    machine: Machine,
    infisical: Running,
    /// What the vault opens with now.
    passphrase: String,
}

impl Reader {
    pub fn new() -> Reader {
        let infisical = SECRETS
            .iter()
            .fold(Server::new(), |server, (name, value)| server.secret("/", name, value))
            .secret("/breakglass", "BREAKGLASS_RECEIPT_KEY", &"0fa4e".repeat(13)[..64])
            .start();
        let reader =
            Reader { machine: Machine::new(), infisical, passphrase: PASSPHRASE.to_owned() };
        reader.settle();
        assert_success(&output(&mut reader.machine.shell(
            "mount -t tmpfs none /dev/shm && mount -t tmpfs none /media && mkdir /media/stick",
        )));
        reader
    }

    /// What is in the documentation for something that each reader has another one of.
    fn own(&self, text: &str) -> String {
        text.replace("INFISICAL_CLIENT_ID=…", &format!("INFISICAL_CLIENT_ID={CLIENT_ID}"))
            .replace(
                "INFISICAL_CLIENT_SECRET=…",
                &format!("INFISICAL_CLIENT_SECRET={CLIENT_SECRET}"),
            )
            .replace("--infisical-project ID", &format!("--infisical-project {PROJECT}"))
            .replace("00000000-0000-4000-8000-000000000000", PROJECT)
            .replace("https://eu.infisical.com", &self.infisical.host())
    }

    /// The home, and the folder of the app.
    fn settle(&self) {
        let place = &self.machine.place;
        for folder in ["bin", "app/server", "app/target/release", "app/tests", "home/.pm2", "tmp"] {
            std::fs::create_dir_all(place.path(folder)).expect("a folder");
        }
        // Where this is missing, PM2's first start asks a server whether it is the newest.
        place.write("home/.pm2/touch", "0");
        // gpg asks on the terminal by itself: no window system, no pinentry.
        place.write("gnupg/gpg.conf", "pinentry-mode loopback\n");
        let program = Path::new(env!("CARGO_BIN_EXE_breakglass"));
        for name in ["bin/breakglass", "app/target/release/breakglass"] {
            std::os::unix::fs::symlink(program, place.path(name)).expect("a link");
        }
        for (name, script) in STAND_INS {
            let path = if name == "build-opener" { "app/tests/".to_owned() } else { "bin/".into() };
            let path = place.write(&(path + name), format!("#!/bin/sh\n{script}\n"));
            std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("chmod");
        }
        let quoted = |value: &str| value.replace('\'', r"'\''");
        let lines = SECRETS.map(|(name, value)| format!("{name}='{}'\n", quoted(value)));
        place.write("home/secrets", lines.concat());
        let json = SECRETS.map(|(key, value)| serde_json::json!({ "key": key, "value": value }));
        place.write("home/secrets.json", serde_json::Value::from(json.to_vec()).to_string());
        // The service writes what it got, so that a page can say what it should be.
        place.write(
            "app/server.js",
            "require('fs').writeFileSync('got', process.env.GEMINI_API_KEY);\nsetInterval(() => {}, 1000);\n",
        );
        let jwt = serde_json::Value::from(SECRETS[2].1);
        place.write(
            "app/server/index.js",
            format!("process.exit(process.env.JWT_SECRET === {jwt} ? 0 : 1);\n"),
        );
        place.write(
            "app/ecosystem.config.js",
            "module.exports = { apps: [{ name: 'outerfit', script: 'server.js', instances: 1 }] }\n",
        );
    }

    /// Writes a file of the app.
    pub fn writes(&self, path: &str, text: &str) {
        self.machine.place.write(&format!("app/{path}"), self.own(text));
    }

    /// Types commands in the folder of the app, answers what is asked, and sees the exit status.
    pub fn types(&mut self, place: &str, commands: &str, statuses: &[i32]) {
        if commands.trim().is_empty() {
            return;
        }
        if commands.contains("tests/build-opener") {
            let script = format!("#!/bin/sh\necho {}\n", opener().display());
            self.machine.place.write("app/tests/build-opener", script);
        }
        let commands = self.own(commands);
        let mut terminal = Terminal::new();
        let mut shell = terminal.spawn_on(&mut self.shell(&commands));
        let begun = Instant::now();
        let ended = loop {
            if let Some(ended) = shell.try_wait().expect("waits") {
                break ended;
            }
            self.answer(&mut terminal, &commands);
            if begun.elapsed() > PATIENCE {
                let _ = shell.kill();
                panic!("{place}: it hangs:\n{commands}\n{}", terminal.shown());
            }
        };
        let shown = terminal.shown();
        self.keep_generated(&shown);
        let expected = ended.code().is_some_and(|code| statuses.contains(&code));
        assert!(expected, "{place}: {ended}, not {statuses:?}:\n{commands}\n{shown}");
    }

    fn shell(&self, commands: &str) -> Command {
        let place = &self.machine.place;
        let pm2 = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pm2/node_modules/.bin");
        assert!(pm2.join("pm2").exists(), "tests/run installs PM2");
        let usual = std::env::var_os("PATH").expect("a path");
        let folders: Vec<PathBuf> =
            [place.path("bin"), pm2].into_iter().chain(std::env::split_paths(&usual)).collect();
        let mut command = place.command("sh");
        command.args(["-e", "-c", commands]).current_dir(place.path("app"));
        command.env("PATH", std::env::join_paths(folders).expect("a path"));
        command.env("TMPDIR", place.path("tmp")).env("TERM", "dumb").env("MANPAGER", "cat");
        command.envs(IDENTITY).env("INFISICAL_API_URL", self.infisical.host());
        self.machine.on(&command)
    }

    /// Types what the last line on the screen asks for, once nobody sees it.
    fn answer(&mut self, terminal: &mut Terminal, commands: &str) {
        terminal.look(50);
        let screen = String::from_utf8_lossy(&terminal.screen).into_owned();
        let line = screen.rsplit('\n').next().unwrap_or_default().to_lowercase();
        if line.ends_with("[y/n] ") {
            terminal.screen.clear();
            terminal.type_text("y\n");
            return;
        }
        let asks = line.contains("passphrase") || line.contains("the same again");
        if !asks || !line.trim_end().ends_with(':') || terminal.echoes() {
            return;
        }
        self.keep_generated(&screen);
        if line.starts_with("new passphrase") {
            let chosen = if commands.contains("reseal") { SECOND } else { PASSPHRASE };
            self.passphrase = chosen.to_owned();
        }
        terminal.screen.clear();
        terminal.type_text(format!("{}\n", self.passphrase));
    }

    /// Writes a generated passphrase down: the seven words that stand alone on a line.
    fn keep_generated(&mut self, screen: &str) {
        let is_word = |word: &str| word.bytes().all(|byte| byte.is_ascii_lowercase());
        for line in screen.lines().filter_map(|line| line.strip_prefix("    ")) {
            if line.split_whitespace().count() == 7 && line.split_whitespace().all(is_word) {
                self.passphrase = line.trim().to_owned();
            }
        }
    }
}
