//! OPEN-ME.txt, followed to the letter: every command in it is run as it stands, in each shell.

use std::process::Command;

use crate::kit_support::Stick;
use crate::support::{PASSPHRASE, assert_success, output, stderr};
use crate::terminal::{Terminal, finish};

const SHELLS: [&str; 4] = ["sh", "dash", "bash", "zsh"];

const DOCUMENT: &str = "A='plain'\nQUOTES='it'\\''s \"q\" \\ $HOME `id`'\nMULTI='1\n2\n\n'\n\
                        EMPTY=''\nUNICODE='ä€'\nBLANKS='  x  '\n";

const VALUES: [(&str, &str); 6] = [
    ("A", "plain"),
    ("QUOTES", "it's \"q\" \\ $HOME `id`"),
    ("MULTI", "1\n2\n\n"),
    ("EMPTY", ""),
    ("UNICODE", "ä€"),
    ("BLANKS", "  x  "),
];

/// The kit of an OpenPGP vault with the real opener.
fn kit() -> Stick {
    kit_of("v.env.gpg", &std::fs::read(program()).expect("a file"))
}

/// A kit, a home with a folder of an app, a pm2 that writes down what it got, and a mktemp that writes down
/// what it made.
fn kit_of(vault: &str, opener: &[u8]) -> Stick {
    let stick = Stick::new();
    let place = &stick.place;
    place.seal(vault, DOCUMENT);
    place.write("opener", opener);
    assert_success(&stick.copy_of(vault, &[]));
    for folder in ["bin", "home/app", "home/open-me"] {
        std::fs::create_dir(place.path(folder)).expect("a folder");
    }
    let script =
        "#!/bin/sh\necho \"$*\" >>\"$SEEN.calls\"\n[ \"$1\" = ping ] || env -0 >\"$SEEN\"\n";
    place.write("bin/pm2", script);
    let script =
        "#!/bin/sh\nPATH=${PATH#*:}\nf=$(mktemp \"$@\") && echo \"$f\" | tee -a \"$MADE\"\n";
    place.write("bin/mktemp", script);
    for name in ["bin/pm2", "bin/mktemp"] {
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(place.path(name), executable).expect("chmod");
    }
    // gpg asks nobody here.
    let passphrase = place.path("passphrase");
    place.write(
        "gnupg/gpg.conf",
        format!("batch\npinentry-mode loopback\npassphrase-file {}\n", passphrase.display()),
    );
    stick
}

/// The real opener, where it can be built.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn program() -> &'static std::path::Path {
    crate::opener::opener()
}

/// The commands of a section, by paragraph; the section begins with `title`.
fn commands(stick: &Stick, title: &str) -> Vec<String> {
    let text = std::fs::read_to_string(stick.kit().join("OPEN-ME.txt")).expect("text");
    let (_, section) = text.split_once(title).unwrap_or_else(|| panic!("no {title} in {text}"));
    let section = section.split("\n\n\n").next().expect("a section");
    let paragraphs = section.split("\n\n").filter(|paragraph| paragraph.starts_with("    "));
    paragraphs.map(str::to_owned).collect()
}

impl Stick {
    /// A command of a person who is in that folder.
    fn at(&self, folder: &str, shell: &str) -> Command {
        let path = std::env::var("PATH").expect("a PATH");
        let mut command = self.place.command(shell);
        command.current_dir(self.place.path(folder)).env("SEEN", self.place.path("seen"));
        command.env("MADE", self.place.path("made"));
        command.env("PATH", format!("{}:{path}", self.place.path("bin").display()));
        command
    }

    fn assert_seen(&self, what: &str) {
        let seen = self.place.read("seen");
        let text = String::from_utf8(seen).expect("UTF-8");
        let pairs: Vec<&str> = text.split('\0').collect();
        for (name, value) in VALUES {
            assert!(pairs.contains(&&format!("{name}={value}")[..]), "{what}: {name} in {text:?}");
        }
        let calls = String::from_utf8(self.place.read("seen.calls")).expect("UTF-8");
        assert!(calls.ends_with("start ecosystem.config.js\n"), "{what}: {calls}");
        for file in ["seen", "seen.calls"] {
            std::fs::remove_file(self.place.path(file)).expect("removes");
        }
    }

    /// That files were made in memory, and that none of them is there.
    fn assert_nothing_in_memory(&self) {
        let made = String::from_utf8(self.place.read("made")).expect("UTF-8");
        for path in made.lines() {
            assert!(path.starts_with("/dev/shm/"), "{made}");
            assert!(!std::path::Path::new(path).exists(), "{path}");
        }
    }
}

#[test]
fn the_lines_for_stock_gpg_start_the_service() {
    let stick = kit();
    std::fs::copy(stick.kit().join("v.env.gpg"), stick.place.path("home/open-me/v.env.gpg"))
        .expect("copies");
    let blocks = commands(&stick, "3. Without breakglass");
    assert_eq!(blocks.len(), 3, "{blocks:#?}");
    assert!(
        blocks[0].contains("pm2 ping") && blocks[1].contains("d=$(\n        gpg"),
        "{blocks:#?}"
    );
    for shell in SHELLS {
        for block in &blocks[1..] {
            let started = output(
                stick.at("home/app", shell).args(["-c", &format!("{}\n{block}", blocks[0])]),
            );
            assert_success(&started);
            stick.assert_seen(&format!("{shell} {block} {}", stderr(&started)));
        }
    }
    // Nothing of a changed vault is started, and nothing stays in memory.
    let mut changed = std::fs::read(stick.kit().join("v.env.gpg")).expect("a file");
    let last = changed.len() - 3;
    changed[last] ^= 1;
    stick.place.write("home/open-me/v.env.gpg", changed);
    for shell in SHELLS {
        for block in &blocks[1..] {
            output(stick.at("home/app", shell).args(["-c", block]));
            assert!(!stick.place.path("seen").exists(), "{shell} {block}");
        }
    }
    stick.assert_nothing_in_memory();
}

/// age asks on the terminal, whatever its streams are.
#[test]
fn the_lines_for_stock_age_start_the_service() {
    let stick = kit_of("v.env.age", &crate::kit_support::fake_opener());
    let place = &stick.place;
    std::fs::copy(stick.kit().join("v.env.age"), place.path("home/open-me/v.env.age"))
        .expect("copies");
    let blocks = commands(&stick, "3. Without breakglass: age");
    assert_eq!(blocks.len(), 3, "{blocks:#?}");
    assert!(
        blocks[0].contains("pm2 ping") && blocks[1].contains("d=$(\n        age"),
        "{blocks:#?}"
    );
    let typed = |shell: &str, lines: &str| {
        let mut terminal = Terminal::new();
        let mut child = terminal.spawn_on(stick.at("home/app", shell).args(["-c", lines]));
        terminal.wait_for("passphrase: ");
        terminal.type_text(format!("{PASSPHRASE}\n"));
        let status = finish(&mut child);
        assert!(!terminal.shown().contains("plain"), "{}", terminal.shown());
        (status, terminal.shown())
    };
    for shell in SHELLS {
        for block in &blocks[1..] {
            let (status, shown) = typed(shell, &format!("{}\n{block}", blocks[0]));
            assert!(status.success(), "{shell} {block} {shown}");
            stick.assert_seen(&format!("{shell} {block} {shown}"));
        }
    }
    // Nothing of a changed vault is started, and nothing stays in memory.
    let mut changed = std::fs::read(stick.kit().join("v.env.age")).expect("a file");
    let last = changed.len() - 3;
    changed[last] ^= 1;
    place.write("home/open-me/v.env.age", changed);
    for block in &blocks[1..] {
        let (_, shown) = typed("sh", block);
        assert!(!place.path("seen").exists(), "{block} {shown}");
    }
    stick.assert_nothing_in_memory();
}

#[test]
fn the_lines_for_the_opener_start_the_service() {
    let stick = kit();
    let blocks = commands(&stick, "1. On the machine where this is plugged in");
    assert_eq!(blocks.len(), 2, "{blocks:#?}");
    for shell in SHELLS {
        assert_success(&output(stick.at("stick/breakglass-v", shell).args(["-c", &blocks[0]])));
        let mut terminal = Terminal::new();
        let mut child = terminal.spawn_on(stick.at("home/app", shell).args(["-c", &blocks[1]]));
        terminal.wait_for("v.env.gpg': ");
        terminal.type_text(format!("{PASSPHRASE}\n"));
        assert!(finish(&mut child).success(), "{shell}: {}", terminal.shown());
        stick.assert_seen(shell);
        let last = commands(&stick, "Afterwards, when");
        assert_success(&output(stick.at("home/app", shell).args(["-c", &last[0]])));
        assert!(!stick.names("home").contains(&"open-me".to_owned()), "{shell}");
    }
}

/// scp and ssh that stay on this machine: the server is another home.
#[test]
fn the_lines_for_a_server_start_the_service() {
    let stick = kit();
    let place = &stick.place;
    std::fs::create_dir_all(place.path("server/app")).expect("a folder");
    let scp = "#!/bin/sh\nwhile [ $# -gt 1 ]; do install -m 600 \"$1\" \"$SERVER/open-me/\"; shift; done\n[ \"$1\" = USER@SERVER:open-me ]\n";
    place.write("bin/scp", scp);
    place.write(
        "bin/ssh",
        "#!/bin/sh\n[ \"$*\" = '-t USER@SERVER' ] || { cd \"$SERVER\" && shift && \"$@\"; }\n",
    );
    for name in ["bin/scp", "bin/ssh"] {
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(place.path(name), executable).expect("chmod");
    }
    let blocks = commands(&stick, "2. On a server that has no place for a stick");
    assert_eq!(blocks.len(), 2, "{blocks:#?}");
    let server = place.path("server");
    let brought = output(
        stick.at("stick/breakglass-v", "sh").env("SERVER", &server).args(["-ec", &blocks[0]]),
    );
    assert_success(&brought);
    let there = |block: &str| {
        let mut command = stick.at("server/app", "sh");
        command.env("HOME", &server).args(["-c", block]);
        command
    };
    let mut terminal = Terminal::new();
    let mut child = terminal.spawn_on(&mut there(&blocks[1]));
    terminal.wait_for("v.env.gpg': ");
    terminal.type_text(format!("{PASSPHRASE}\n"));
    assert!(finish(&mut child).success(), "{}", terminal.shown());
    stick.assert_seen("server");
    let checks = commands(&stick, "If you do not trust this stick");
    let sums = output(stick.at("stick/breakglass-v", "sh").args(["-c", &checks[0]]));
    assert_success(&sums);
}
