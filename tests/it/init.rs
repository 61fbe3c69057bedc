//! `init`: what it shows, asks and writes, and that real git agrees with the lines of `.gitignore`.

use std::os::unix::fs::PermissionsExt;
use std::process::Output;

use breakglass::records::Config;

use crate::support::{Place, assert_success, feed, output, stderr, stdout};
use crate::terminal::{Terminal, finish};

fn init(place: &Place, arguments: &[&str]) -> Output {
    output(place.breakglass().arg("init").args(arguments))
}

fn text(place: &Place, name: &str) -> String {
    String::from_utf8(place.read(name)).expect("UTF-8")
}

fn git(place: &Place, arguments: &[&str]) -> Output {
    output(place.command("git").args(arguments))
}

fn is_ignored(place: &Place, name: &str) -> bool {
    match git(place, &["check-ignore", "-q", name]).status.code() {
        Some(0) => true,
        Some(1) => false,
        other => panic!("git check-ignore: {other:?}"),
    }
}

#[test]
fn without_a_terminal_it_shows_and_does_nothing() {
    let place = Place::new();
    place.write("source.env", "JWT_SECRET='fake-value'\nFEATURE='x'\n");
    let shown = init(&place, &["--from", "source.env"]);
    assert_eq!(shown.status.code(), Some(3), "{}", stderr(&shown));
    let words = stdout(&shown);
    for line in [
        "would write 'breakglass.toml':\n",
        "\n    # [[checklist]]\n    # section = ",
        "\n    [secrets]\n    # JWT_SECRET = { class = \"critical\", ",
        "\n    JWT_SECRET = {}\n",
        "\n    FEATURE = {}\n",
        "/.gitignore':\n",
        "\n    *.env\n",
    ] {
        assert!(words.contains(line), "{line:?}: {words}");
    }
    assert!(!words.contains("fake-value"), "{words}");
    let said =
        "breakglass: nothing was done: there is no terminal to ask on, and --yes does without\n";
    assert_eq!(stderr(&shown), said);
    assert!(!place.path("breakglass.toml").exists() && !place.path(".gitignore").exists());
}

#[test]
fn with_yes_it_writes_and_the_second_time_there_is_nothing_to_do() {
    let place = Place::new();
    let source = b"{\"JWT_SECRET\": \"fake-value\", \"A-B\": \"x\"}";
    let arguments = ["init", "--from", "-", "--yes", "--receipt-key", "infisical:/breakglass"];
    let written = feed(place.breakglass().args(arguments), source);
    assert_success(&written);
    let config =
        Config::parse("breakglass.toml".as_ref(), text(&place, "breakglass.toml").as_bytes());
    let config = config.expect("reads");
    assert_eq!(config.inventory.keys().collect::<Vec<_>>(), ["JWT_SECRET"]);
    assert!(config.receipt_key.is_some());
    let mode = std::fs::metadata(place.path("breakglass.toml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o600, 0o600);
    assert_eq!(mode & 0o133, 0, "{mode:o}");
    let before = (text(&place, "breakglass.toml"), text(&place, ".gitignore"));
    let again = init(&place, &["--from", "nowhere.env"]);
    assert_eq!((again.status.code(), stderr(&again).as_str()), (Some(0), ""));
    assert_eq!(
        stdout(&again),
        "'breakglass.toml' is there, and stays as it is\nnothing is to be done\n"
    );
    assert_eq!(before, (text(&place, "breakglass.toml"), text(&place, ".gitignore")));
}

#[test]
fn what_is_there_is_never_overwritten() {
    let place = Place::new();
    place.write("breakglass.toml", "max_age = '1d'\n");
    place.write(".gitignore", "node_modules/\n.env.*\n!.env.example\nlast, without an end");
    std::fs::create_dir_all(place.path("deep/er")).unwrap();
    assert_success(&git(&place, &["init", "-q"]));
    // From a folder below, where the file above counts, and the repository has one .gitignore.
    let mut below = place.breakglass();
    let below = output(below.current_dir(place.path("deep/er")).args(["init", "--yes"]));
    assert_success(&below);
    assert!(stdout(&below).contains("/breakglass.toml' is there, and stays as it is\n"));
    assert_eq!(text(&place, "breakglass.toml"), "max_age = '1d'\n");
    assert!(!place.path("deep/er/breakglass.toml").exists());
    assert!(!place.path("deep/er/.gitignore").exists());
    let ignore = text(&place, ".gitignore");
    assert!(ignore.starts_with("node_modules/\n.env.*\n!.env.example\nlast, without an end\n# "));
    assert!(ignore.ends_with("!.env*.receipt\n"), "{ignore}");
    // A broken link and a broken file are there as well.
    let place = Place::new();
    std::os::unix::fs::symlink("nowhere", place.path("breakglass.toml")).unwrap();
    assert_success(&init(&place, &["--yes"]));
    assert!(!place.path("nowhere").exists());
    let named = init(&place, &["--yes", "--config", "other.toml"]);
    assert_success(&named);
    assert!(Config::parse("x".as_ref(), text(&place, "other.toml").as_bytes()).is_ok());
}

#[test]
fn git_keeps_plain_secrets_out_and_lets_sealed_vaults_in() {
    for before in ["", "node_modules/\n", "!.env.example\n.env.*\n.env\n", "*.log\n*.env\r\n"] {
        let place = Place::new();
        assert_success(&git(&place, &["init", "-q"]));
        place.write(".gitignore", before);
        assert_success(&init(&place, &["--yes"]));
        std::fs::create_dir(place.path("sub")).unwrap();
        for folder in ["", "sub/"] {
            for name in [
                ".env",
                ".env.local",
                ".env.development",
                ".env.production",
                ".env.staging.local",
                "prod.env",
                ".env.gpg.bak",
                ".env.example.local",
            ] {
                let name = format!("{folder}{name}");
                assert!(is_ignored(&place, &name), "{before:?}: {name}");
            }
            for name in [
                ".env.example",
                "prod.env.gpg",
                "prod.env.asc",
                "prod.env.age",
                "prod.env.gpg.receipt",
                ".env.gpg",
                ".env.age",
                ".env.production.gpg",
                ".env.production.asc",
                ".env.gpg.receipt",
                "breakglass.toml",
                "environment.ts",
                "env",
                "security/rotation-log.txt",
            ] {
                let name = format!("{folder}{name}");
                assert!(!is_ignored(&place, &name), "{before:?}: {name}");
            }
        }
        assert_eq!(init(&place, &["--yes"]).status.code(), Some(0));
        assert!(stdout(&init(&place, &[])).ends_with("nothing is to be done\n"));
    }
    // Who keeps sealed vaults out of a repository goes on doing so.
    let place = Place::new();
    assert_success(&git(&place, &["init", "-q"]));
    place.write(".gitignore", "*.gpg\n");
    assert_success(&init(&place, &["--yes"]));
    assert!(is_ignored(&place, ".env.gpg") && is_ignored(&place, "prod.env.gpg"));
    assert!(!is_ignored(&place, ".env.age"));
}

/// git reads none, and a repository that somebody sent could have us write into its user's own files.
#[test]
fn no_lines_are_written_through_a_link() {
    let place = Place::new();
    assert_success(&git(&place, &["init", "-q"]));
    place.write("home/profile", "alias ll='ls -l'\n");
    std::os::unix::fs::symlink("home/profile", place.path(".gitignore")).expect("a link");
    let outcome = init(&place, &["--yes"]);
    assert_eq!(outcome.status.code(), Some(1), "{}", stderr(&outcome));
    assert!(stderr(&outcome).contains("/.gitignore' is not a file\n"), "{}", stderr(&outcome));
    assert_eq!(place.read("home/profile"), b"alias ll='ls -l'\n");
}

#[test]
fn on_a_terminal_it_asks() {
    for (typed, status) in
        [("y\n", 0), (" YES \n", 0), ("n\n", 3), ("\n", 3), ("yy\n", 3), ("\x04", 3)]
    {
        let (place, mut terminal) = (Place::new(), Terminal::new());
        let mut child = terminal.spawn(place.breakglass().arg("init"));
        terminal.wait_for("do this? [y/N] ");
        assert!(!place.path("breakglass.toml").exists());
        terminal.type_text(typed);
        assert_eq!(finish(&mut child).code(), Some(status), "{typed:?}");
        assert_eq!(place.path("breakglass.toml").exists(), status == 0, "{typed:?}");
        assert_eq!(place.path(".gitignore").exists(), status == 0, "{typed:?}");
    }
}

#[test]
fn a_pipe_is_read_once() {
    let place = Place::new();
    let pipe = place.path("pipe");
    assert_success(&output(place.command("mkfifo").arg(&pipe)));
    let writer = std::thread::spawn(move || std::fs::write(pipe, "JWT_SECRET='fake-value'\n"));
    assert_success(&init(&place, &["--from", "pipe", "--yes"]));
    writer.join().expect("ends").expect("written");
    assert!(text(&place, "breakglass.toml").contains("\nJWT_SECRET = {}\n"));
}

#[test]
fn a_source_that_fails_leaves_nothing_behind() {
    let place = Place::new();
    place.write("broken.env", "A='open\n");
    place.cheap("v.env.gpg", "A='x'\n");
    for (arguments, status) in [
        (&["--from", "nowhere.env", "--yes"][..], 1),
        (&["--from", "broken.env", "--yes"], 1),
        (&["--yes", "--", "false"], 1),
        (&["--from", "v.env.gpg", "--yes"], 1),
        (&["--from", "a", "--", "b"], 2),
    ] {
        let failed = init(&place, arguments);
        assert_eq!(failed.status.code(), Some(status), "{arguments:?}: {}", stderr(&failed));
    }
    assert!(!place.path("breakglass.toml").exists() && !place.path(".gitignore").exists());
}
