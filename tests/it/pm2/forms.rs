//! The forms in which people start PM2: recognised in each, and nothing is downloaded for any.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::app::{App, SECRETS, found_in};
use super::place::{Pm2Place, contains, ended, environ, installed, until};

/// npm's own settings: whatever it would fetch, it could not.
fn without_network(command: &mut Command) -> &mut Command {
    command
        .env("npm_config_offline", "true")
        .env("npm_config_update_notifier", "false")
        .env("npm_config_registry", "http://127.0.0.1:9/")
}

/// A runner of that name, which runs the PM2 on the path, and says that it was called.
fn fake_runner(place: &Pm2Place, name: &str) -> PathBuf {
    let folder = place.place.path("runners");
    let _ = std::fs::create_dir(&folder);
    let called = folder.join("called");
    let script = format!(
        "#!/bin/sh\necho \"$*\" >>{}\nwhile [ \"${{1%@*}}\" != pm2 ]; do shift; done\nshift; exec pm2 \"$@\"\n",
        called.display()
    );
    place.place.write(&format!("runners/{name}"), script);
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.join(name), executable).expect("chmod");
    folder
}

/// Starts an app by these words before `start`, `RUNNER` being a fake one.
fn start(words: &str, runner: Option<&str>) {
    let place = Pm2Place::new();
    place.vault(&SECRETS);
    let app = App::write(&place, "ecosystem.config.js", "instances: 1");
    let beside = place.place.path("node_modules");
    let modules = installed().parent().expect("a folder").to_path_buf();
    std::os::unix::fs::symlink(&modules, beside).expect("a link");
    let bin = installed();
    let runners = runner.map(|name| fake_runner(&place, name));
    let folders: Vec<&Path> = runners.iter().map(PathBuf::as_path).chain([bin.as_path()]).collect();
    let mut command = place.with_path(env!("CARGO_BIN_EXE_breakglass"), &folders);
    command.args(["run", "v.gpg", "--passphrase-file", "passphrase", "--"]);
    command.args(words.replace("BIN", bin.to_str().expect("UTF-8")).split(' '));
    command.args(["start", "ecosystem.config.js"]);
    let ran = ended(without_network(&mut command)).success();
    assert_eq!(ran.warnings(), [""; 0], "{words}");
    let served = app.served();
    for (name, value) in SECRETS {
        assert_eq!(served.value(name), Some(value), "{words}: {name}");
    }
    let daemon = until("the daemon", || {
        let daemons = place.processes().into_iter().filter(|pid| {
            let title = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            contains(&title, b"God Daemon")
        });
        daemons.into_iter().next()
    });
    let environment = environ(daemon);
    assert_eq!(found_in(&environment), [""; 0], "{words}");
    assert!(contains(&environment, b"\0PM2_DUMP_FILE_PATH=/dev/null/"), "{words}");
    assert!(!contains(&environment, b"BREAKGLASS"), "{words}");
    // What is refused is refused in this form too.
    let mut command = place.with_path(env!("CARGO_BIN_EXE_breakglass"), &folders);
    command.args(["run", "v.gpg", "--passphrase-file", "passphrase", "--"]);
    command.args(words.replace("BIN", bin.to_str().expect("UTF-8")).split(' ')).arg("save");
    ended(without_network(&mut command)).refused();
}

#[test]
fn paths_and_wrappers() {
    for words in ["BIN/pm2", "node_modules/.bin/pm2", "node BIN/pm2", "nohup pm2", "env A=1 pm2"] {
        start(words, None);
    }
}

#[test]
fn npx_and_npm() {
    for words in ["npx pm2", "npx --no-install pm2", "npm exec -- pm2"] {
        start(words, None);
    }
}

#[test]
fn other_runners() {
    for (words, runner) in [
        ("pnpm pm2", "pnpm"),
        ("pnpm exec pm2", "pnpm"),
        ("yarn pm2", "yarn"),
        ("yarn run pm2", "yarn"),
        ("bunx pm2", "bunx"),
    ] {
        start(words, Some(runner));
    }
}

#[test]
fn the_home_that_env_sets_is_the_daemons() {
    let place = Pm2Place::new();
    place.vault(&SECRETS);
    let app = App::write(&place, "ecosystem.config.js", "instances: 1");
    let other = place.home().join("other");
    std::fs::create_dir(&other).expect("a folder");
    std::fs::write(other.join("dump.pm2"), "[]\n").expect("a file");
    let words = format!("-- env PM2_HOME={} pm2 start ecosystem.config.js", other.display());
    let ran = place.run(&words).success();
    let [warning] = ran.warnings()[..] else { panic!("{ran:?}") };
    assert!(warning.contains("other/dump.pm2"), "{warning}");
    app.served();
    assert_eq!(place.daemon(), None);
    let pid = std::fs::read_to_string(other.join("pm2.pid")).expect("a number");
    let environment = environ(pid.trim().parse().expect("a number"));
    assert_eq!(found_in(&environment), [""; 0]);
    assert!(contains(&environment, b"\0PM2_DUMP_FILE_PATH=/dev/null/"));
}

#[test]
fn nothing_is_downloaded_where_pm2_is_not_installed() {
    let place = Pm2Place::new();
    place.vault(&SECRETS);
    for (words, runner) in [
        ("npx pm2 start", "npx"),
        ("npx --yes pm2@7 start", "npx"),
        ("npm exec -- pm2 start", "npm"),
        ("npm x pm2 start", "npm"),
        ("pnpm dlx pm2 start", "pnpm"),
        ("yarn dlx pm2 start", "yarn"),
        ("bunx pm2 start", "bunx"),
        ("npx pm2-runtime app.js", "npx"),
        ("npx pm2 save", "npx"),
    ] {
        let runners = fake_runner(&place, runner);
        let mut command = place.place.command(env!("CARGO_BIN_EXE_breakglass"));
        command.env("PM2_HOME", place.home());
        let path = std::env::join_paths([runners.as_path(), "/usr/bin".as_ref(), "/bin".as_ref()]);
        command.env("PATH", path.expect("a path"));
        command.args(["run", "v.gpg", "--passphrase-file", "passphrase", "--"]);
        command.args(words.split(' '));
        let refused = ended(without_network(&mut command)).refused();
        assert!(refused.stderr.contains("would download PM2"), "{}", refused.stderr);
        assert!(refused.stderr.contains("name the path of an installed pm2"), "{refused:?}");
    }
    assert!(!place.place.path("runners/called").exists());
    assert_eq!(place.processes(), [0; 0]);
}
