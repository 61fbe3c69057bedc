//! A start: the app gets everything, the daemon nothing.

use std::path::Path;

use super::app::{App, SECRETS, Served, assert_nothing_written, found_in};
use super::place::{Pm2Place, contains, ended, environ, until};

/// The guards of a daemon.
const GUARDS: [&str; 3] = [
    "PM2_DUMP_FILE_PATH=/dev/null/breakglass/dump.pm2",
    "PM2_DUMP_BACKUP_FILE_PATH=/dev/null/breakglass/dump.pm2.bak",
    "PM2_NO_INTERACTION=true",
];

fn place() -> Pm2Place {
    let place = Pm2Place::new();
    place.vault(&SECRETS);
    place
}

fn assert_clean_and_guarded(place: &Pm2Place) {
    let daemon = environ(place.daemon().expect("a daemon"));
    assert_eq!(found_in(&daemon), [""; 0]);
    let strings: Vec<&[u8]> = daemon.split(|byte| *byte == 0).collect();
    for (name, _) in SECRETS {
        let start = format!("{name}=");
        assert!(!strings.iter().any(|string| string.starts_with(start.as_bytes())), "{name}");
    }
    assert!(!contains(&daemon, b"BREAKGLASS"));
    for guard in GUARDS {
        assert!(strings.contains(&guard.as_bytes()), "{guard}");
    }
}

fn assert_has_everything(served: &Served) {
    for (name, value) in SECRETS {
        assert_eq!(served.value(name), Some(value), "{name}");
    }
    let vault = served.value("BREAKGLASS_VAULT").expect("a marker");
    assert!(vault.len() == 16 && vault.bytes().all(|byte| byte.is_ascii_hexdigit()), "{vault}");
    let opened = served.value("BREAKGLASS_OPENED").expect("a time");
    assert!(opened.starts_with("20") && opened.ends_with('Z'), "{opened}");
}

fn start(settings: &str, words: &str, mode: &str) {
    let place = place();
    let app = App::write(&place, "ecosystem.config.js", settings);
    let ran = place.run(&words.replace("PORT", &app.port.to_string())).success();
    assert_eq!(ran.warnings(), [""; 0]);
    assert!(ran.stderr.contains("pm2 describe NAME"), "{}", ran.stderr);
    assert_has_everything(&app.served());
    assert_clean_and_guarded(&place);
    let description = place.pm2("describe api").success().stdout;
    assert!(description.contains(mode), "{description}");
    assert_nothing_written(&place);
}

#[test]
fn a_cluster_gets_everything_and_the_daemon_nothing() {
    start("instances: 1", "-- pm2 start ecosystem.config.js", "cluster_mode");
}

#[test]
fn a_fork_gets_everything_and_the_daemon_nothing() {
    start("exec_mode: 'fork'", "-- pm2 start", "fork_mode");
}

#[test]
fn a_script_gets_everything_and_the_daemon_nothing() {
    start("", "-- pm2 start app.js --name api -- PORT", "fork_mode");
}

#[test]
fn the_least_environment_is_enough() {
    start("instances: 1", "--clean -- pm2 start ecosystem.config.js", "cluster_mode");
}

#[test]
fn a_shell_script_gets_everything() {
    let place = place();
    place.place.write("app.sh", "exec sleep 600\n");
    place.run("-- pm2 start app.sh --name api").success();
    let environment = until("the script's own process", || {
        let pid = place.pm2("pid api").success().stdout.trim().parse().ok()?;
        let title = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        title.starts_with(b"sleep\0").then(|| environ(pid))
    });
    let strings: Vec<&[u8]> = environment.split(|byte| *byte == 0).collect();
    for (name, value) in SECRETS {
        assert!(strings.contains(&format!("{name}={value}").as_bytes()), "{name}");
    }
    assert!(strings.iter().any(|string| string.starts_with(b"BREAKGLASS_VAULT=")));
    assert_clean_and_guarded(&place);
}

#[test]
fn an_app_that_is_started_later_without_the_vault_gets_nothing_of_it() {
    let place = place();
    let first = App::write(&place, "ecosystem.config.js", "instances: 1");
    place.run("-- pm2 start ecosystem.config.js").success();
    assert_has_everything(&first.served());
    let later = App::write(&place, "later.config.js", "instances: 1, namespace: 'later'");
    let text = String::from_utf8(place.place.read("later.config.js")).expect("UTF-8");
    place.place.write("later.config.js", text.replace("'api'", "'later'"));
    place.pm2("start later.config.js").success();
    let served = later.served();
    assert_eq!(found_in(serde_json::to_string(&served.env).expect("JSON").as_bytes()), [""; 0]);
    assert_eq!(served.value("BREAKGLASS_VAULT"), None);
}

/// What of a process the caller decides: its descriptors below `folder`, and lines of /proc.
fn inherited(pid: i32, folder: &Path) -> (Vec<String>, String, String) {
    let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd")).expect("descriptors").flatten();
    let links = descriptors.filter_map(|entry| std::fs::read_link(entry.path()).ok());
    let given = links.filter(|link| link.starts_with(folder));
    let given = given.map(|link| link.to_string_lossy().into_owned()).collect();
    let read = |name| std::fs::read_to_string(format!("/proc/{pid}/{name}")).expect("/proc");
    let kept = |line: &&str| ["Seccomp:", "NoNewPrivs:"].iter().any(|name| line.starts_with(name));
    let status: Vec<String> = read("status").lines().filter(kept).map(str::to_owned).collect();
    (given, status.join(" "), read("limits"))
}

fn but_core(limits: &str) -> Vec<&str> {
    limits.lines().filter(|line| !line.starts_with("Max core")).collect()
}

fn core(limits: &str) -> Vec<&str> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max core file size"));
    line.expect("a core limit").split_whitespace().take(2).collect()
}

/// Starts an app from a shell that has descriptors open which nobody closes; what its daemon and the app
/// inherit of it.
fn started_with_descriptors(words: &[&str]) -> [(Vec<String>, String, String); 2] {
    let place = place();
    let app = App::write(&place, "ecosystem.config.js", "");
    place.place.write("given", "nothing\n");
    let mut shell = place.command("bash");
    let script = "exec 3<given 9<given 19<given 40<given 63>>given; ulimit -Sn 500; exec \"$@\"";
    shell.args(["-c", script, "bash"]).args(words);
    ended(&mut shell).success();
    let folder = place.place.root().canonicalize().expect("a path");
    [place.daemon().expect("a daemon"), app.served().pid].map(|pid| inherited(pid, &folder))
}

#[test]
fn descriptors_and_limits_of_daemon_and_app() {
    let run = started_with_descriptors(&[
        env!("CARGO_BIN_EXE_breakglass"),
        "run",
        "v.gpg",
        "--passphrase-file",
        "passphrase",
        "--",
        "pm2",
        "start",
        "ecosystem.config.js",
    ]);
    let direct = started_with_descriptors(&["pm2", "start", "ecosystem.config.js"]);
    for ((given, status, limits), (given_directly, status_directly, limits_directly)) in
        run.iter().zip(&direct)
    {
        assert_eq!(*given, [""; 0]);
        // PM2 by itself hands them on, which is why they are closed.
        assert!(!given_directly.is_empty());
        assert_eq!(status, status_directly);
        assert!(status.contains("Seccomp:\t0") && status.contains("NoNewPrivs:\t0"), "{status}");
        assert_eq!(but_core(limits), but_core(limits_directly));
        assert_eq!(core(limits), ["1", "1"]);
    }
}

#[test]
fn without_pm2_nothing_is_added_for_it() {
    let place = place();
    place.place.write("service.js", "console.log(JSON.stringify(process.env))");
    place.place.write("service.sh", "exec env\n");
    for words in ["node service.js", "sh service.sh", "env", "sh -c env"] {
        let ran = place.run(&format!("-- {words}")).success();
        for guard in ["PM2_DUMP", "PM2_NO_INTERACTION", "PM2_DISCRETE", "npm_config"] {
            assert!(!ran.stdout.contains(guard), "{words}: {guard}");
        }
        assert!(ran.stdout.contains("db-canary"), "{words}");
        assert_eq!(place.daemon(), None, "{words}");
    }
}
