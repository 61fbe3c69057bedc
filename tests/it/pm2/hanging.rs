//! A PM2 that does not answer: it holds up an outage for about ten seconds, not more.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::app::{App, SECRETS};
use super::place::{Pm2Place, Ran, ended, file, is_running, send, started, until};

/// What [`crate`]'s program gives PM2's daemon, and what a busy machine may add.
const WAITED: std::ops::Range<Duration> = Duration::from_secs(9)..Duration::from_secs(25);

/// A `pm2` that does `on_ping`, and otherwise writes its environment into a file.
fn fake(place: &Pm2Place, on_ping: &str) -> PathBuf {
    let folder = place.place.path("fake");
    std::fs::create_dir(&folder).expect("a folder");
    let script = format!(
        "#!/bin/sh\necho \"$1\" >>{0}/words\nif [ \"$1\" = ping ]; then {on_ping}; fi\nenv >{0}/environment\n",
        folder.display()
    );
    place.place.write("fake/pm2", script);
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.join("pm2"), executable).expect("chmod");
    folder
}

fn run_fake(place: &Pm2Place, on_ping: &str) -> (Ran, Duration) {
    let folder = fake(place, on_ping);
    let mut command = place.with_path(env!("CARGO_BIN_EXE_breakglass"), &[&folder]);
    command.args([
        "run",
        "v.gpg",
        "--passphrase-file",
        "passphrase",
        "--",
        "pm2",
        "start",
        "app.js",
    ]);
    let before = Instant::now();
    let ran = ended(&mut command);
    (ran, before.elapsed())
}

fn assert_started_all_the_same(place: &Pm2Place, ran: Ran) {
    let ran = ran.success();
    let [warning] = ran.warnings()[..] else { panic!("{ran:?}") };
    assert!(warning.contains("daemon did not start beforehand"), "{warning}");
    let environment = String::from_utf8(place.place.read("fake/environment")).expect("UTF-8");
    assert!(environment.contains("db-canary"), "{environment}");
    assert!(environment.contains("PM2_DUMP_FILE_PATH=/dev/null/"), "{environment}");
    assert_eq!(place.place.read("fake/words"), b"ping\nstart\n");
}

#[test]
fn a_pm2_that_hangs_is_waited_for_ten_seconds() {
    let place = Pm2Place::new();
    place.vault(&SECRETS);
    let (ran, waited) = run_fake(&place, "exec sleep 600");
    assert!(WAITED.contains(&waited), "{waited:?}");
    assert_started_all_the_same(&place, ran);
    assert_eq!(place.processes(), [0; 0]);
}

#[test]
fn a_pm2_that_cannot_ping_is_not_waited_for() {
    let place = Pm2Place::new();
    place.vault(&SECRETS);
    let (ran, waited) = run_fake(&place, "exit 1");
    assert!(waited < WAITED.start, "{waited:?}");
    assert_started_all_the_same(&place, ran);
}

#[test]
fn a_pm2_that_answers_gets_no_secret_before() {
    let place = Pm2Place::new();
    place.vault(&SECRETS);
    let on_ping = "env >\"$0\".ping; ls -l /proc/self/fd >\"$0\".descriptors; exit 0";
    let (ran, _) = run_fake(&place, on_ping);
    assert_eq!(ran.success().warnings(), [""; 0]);
    let ping = String::from_utf8(place.place.read("fake/pm2.ping")).expect("UTF-8");
    assert!(!ping.contains("canary") && !ping.contains("BREAKGLASS"), "{ping}");
    let home = format!("PM2_HOME={}\n", place.home().display());
    assert!(ping.contains(&home) && ping.contains("PM2_DUMP_FILE_PATH=/dev/null/"), "{ping}");
    let descriptors = String::from_utf8(place.place.read("fake/pm2.descriptors")).expect("UTF-8");
    assert!(!descriptors.contains("v.gpg") && !descriptors.contains("passphrase"), "{descriptors}");
}

#[test]
fn a_pm2_that_is_missing_is_127() {
    let place = Pm2Place::new();
    place.vault(&SECRETS);
    let mut command = place.command(env!("CARGO_BIN_EXE_breakglass"));
    command.args(["run", "v.gpg", "--passphrase-file", "passphrase", "--", "pm2", "start"]);
    let ran = ended(command.env("PATH", "/nonexistent"));
    assert_eq!(ran.status, Some(127), "{ran:?}");
    assert_eq!(ran.warnings(), [""; 0]);
}

#[test]
fn a_daemon_that_is_stopped_is_waited_for_ten_seconds() {
    let place = Pm2Place::new();
    place.vault(&SECRETS);
    let app = App::write(&place, "ecosystem.config.js", "exec_mode: 'fork'");
    place.pm2("ping").success();
    let daemon = place.daemon().expect("a daemon");
    send(daemon, Signal::STOP);
    let (stdout, stderr) = (file(), file());
    let before = Instant::now();
    let mut command = place.run_command("-- pm2 start ecosystem.config.js");
    let mut child = started(&mut command, &stdout, &stderr);
    until("the command to become PM2", || {
        let title = std::fs::read(format!("/proc/{}/cmdline", child.id())).unwrap_or_default();
        let own = env!("CARGO_BIN_EXE_breakglass");
        (!title.is_empty() && !title.starts_with(own.as_bytes())).then_some(())
    });
    let waited = before.elapsed();
    assert!(WAITED.contains(&waited), "{waited:?}");
    send(daemon, Signal::CONT);
    let status = until("the end", || child.try_wait().expect("waits"));
    assert!(status.success(), "{status}");
    assert_eq!(app.served().value("API_KEY"), Some(SECRETS[0].1));
}

#[test]
fn it_can_be_interrupted_while_it_waits() {
    // The second PM2 does not end by the signal.
    let deaf = "trap '' INT TERM; exec sleep 600";
    for (signal, on_ping) in [
        (Signal::INT, "exec sleep 600"),
        (Signal::TERM, "exec sleep 600"),
        (Signal::INT, deaf),
        (Signal::TERM, deaf),
    ] {
        let place = Pm2Place::new();
        place.vault(&SECRETS);
        let folder = fake(&place, on_ping);
        let mut command = place.with_path(env!("CARGO_BIN_EXE_breakglass"), &[&folder]);
        // Without a passphrase: it would be asked for next.
        command.args(["run", "v.gpg", "--", "pm2", "start", "app.js"]);
        let (stdout, stderr) = (file(), file());
        let mut child = started(&mut command, &stdout, &stderr);
        let ping = until("the ping", || {
            let is_ping = |pid: &i32| {
                let title = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
                title.starts_with(b"sleep\0")
            };
            place.processes().into_iter().find(is_ping)
        });
        let before = Instant::now();
        send(i32::try_from(child.id()).expect("small"), signal);
        let status = until("the end", || child.try_wait().expect("waits"));
        assert!(before.elapsed() < WAITED.start, "{:?}", before.elapsed());
        let ended = (status.code(), status.signal());
        match signal {
            Signal::INT => assert_eq!(ended, (Some(130), None)),
            _ => assert_eq!(ended, (None, Some(15))),
        }
        assert!(!is_running(ping));
        assert_eq!(place.place.read("fake/words"), b"ping\n");
        assert_eq!(place.processes(), [0; 0]);
    }
}
