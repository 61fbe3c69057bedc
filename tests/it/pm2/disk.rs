//! Nothing of a value is written down: not at the start, not by `pm2 save`, not when the daemon ends.

use std::path::PathBuf;

use rustix::process::Signal;

use super::app::{App, SECRETS, assert_nothing_written, files_with_secrets, found_in};
use super::place::{Pm2Place, is_running, send, until};

const DUMPS: [&str; 2] = ["dump.pm2", "dump.pm2.bak"];

fn end_daemon(place: &Pm2Place) {
    let daemon = place.daemon().expect("a daemon");
    send(daemon, Signal::TERM);
    until("the daemon to end", || (!is_running(daemon)).then_some(()));
}

/// What keeps the search honest: without breakglass, it finds what PM2 writes.
#[test]
fn a_plain_start_is_found_on_the_disk() {
    for ends in [false, true] {
        let place = Pm2Place::new();
        let app = App::write(&place, "ecosystem.config.js", "instances: 1");
        let mut command = place.command("pm2");
        command.args(["start", "ecosystem.config.js"]).envs(SECRETS);
        super::place::ended(&mut command).success();
        app.served();
        assert_nothing_written(&place);
        if ends {
            end_daemon(&place);
        } else {
            place.pm2("save").success();
        }
        let dump = place.home().join("dump.pm2");
        assert!(files_with_secrets(&place).contains(&dump), "{ends}");
        let all: Vec<&str> = SECRETS[..5].iter().map(|(name, _)| *name).collect();
        assert_eq!(found_in(&std::fs::read(dump).expect("a dump")), all);
    }
}

#[test]
fn a_guarded_daemon_writes_nothing() {
    for settings in ["instances: 1", "exec_mode: 'fork'"] {
        let place = Pm2Place::new();
        place.vault(&SECRETS);
        let app = App::write(&place, "ecosystem.config.js", settings);
        place.run("-- pm2 start ecosystem.config.js").success();
        app.served();
        assert_nothing_written(&place);
        place.run("-- pm2 restart api --update-env").success();
        app.served();
        end_daemon(&place);
        assert_nothing_written(&place);
        for name in DUMPS {
            assert!(!place.home().join(name).exists(), "{name}");
        }
    }
}

#[test]
fn an_earlier_dump_stays_as_it_was_and_is_told() {
    let place = Pm2Place::new();
    place.vault(&SECRETS);
    let app = App::write(&place, "ecosystem.config.js", "instances: 1");
    let dumps: Vec<PathBuf> = DUMPS.iter().map(|name| place.home().join(name)).collect();
    for dump in &dumps {
        std::fs::write(dump, "[]\n").expect("a file");
    }
    let ran = place.run("-- pm2 start ecosystem.config.js").success();
    let warnings = ran.warnings();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    for (dump, warning) in dumps.iter().zip(warnings) {
        assert!(warning.contains(&format!("'{}'", dump.display())), "{warning}");
    }
    app.served();
    end_daemon(&place);
    for dump in &dumps {
        assert_eq!(std::fs::read(dump).expect("a file"), b"[]\n");
    }
    assert_nothing_written(&place);
}

#[test]
fn an_unguarded_daemon_is_told_and_stops_nothing() {
    let place = Pm2Place::new();
    place.vault(&SECRETS);
    let app = App::write(&place, "ecosystem.config.js", "exec_mode: 'fork'");
    place.pm2("ping").success();
    let before = place.daemon();
    let ran = place.run("-- pm2 start ecosystem.config.js").success();
    let [warning] = ran.warnings()[..] else { panic!("{ran:?}") };
    assert!(warning.contains("pm2 kill first"), "{warning}");
    app.served();
    assert_eq!(place.daemon(), before);
    // Indeed it would.
    end_daemon(&place);
    assert!(!files_with_secrets(&place).is_empty());
    // The next one is guarded.
    let ran = place.run("-- pm2 start ecosystem.config.js").success();
    assert_eq!(ran.warnings().len(), 1, "{ran:?}");
    assert!(ran.warnings()[0].contains("dump.pm2"), "{ran:?}");
    app.served();
    // And of a guarded one nothing is told.
    for name in DUMPS {
        let _ = std::fs::remove_file(place.home().join(name));
    }
    let ran = place.run("-- pm2 restart ecosystem.config.js").success();
    assert_eq!(ran.warnings(), [""; 0]);
}

/// No guard of a daemon reaches this: PM2's client asks for the environments and writes them itself.
#[test]
fn a_users_own_save_writes_and_is_warned_of() {
    let place = Pm2Place::new();
    place.vault(&SECRETS);
    let app = App::write(&place, "ecosystem.config.js", "instances: 1");
    let ran = place.run("-- pm2 start ecosystem.config.js").success();
    assert!(ran.stderr.contains("pm2 save would write every secret to the disk"), "{ran:?}");
    app.served();
    place.pm2("save").success();
    assert_eq!(files_with_secrets(&place), [place.home().join("dump.pm2")]);
    let again = place.run("-- pm2 restart api --update-env").success();
    let [warning] = again.warnings()[..] else { panic!("{again:?}") };
    assert!(warning.contains("dump.pm2"), "{warning}");
}

#[test]
fn keys_for_pm2_io_are_neither_printed_nor_written_nor_used() {
    let place = Pm2Place::new();
    place.vault(&[("SECRET_KEY", "secret-canary"), ("PUBLIC_KEY", "public-canary")]);
    let app = App::write(&place, "ecosystem.config.js", "instances: 1");
    let ran = place.run("-- pm2 start ecosystem.config.js").success();
    let served = app.served();
    assert_eq!(served.value("SECRET_KEY"), Some("secret-canary"));
    assert_eq!(served.value("PUBLIC_KEY"), Some("public-canary"));
    for said in [ran.stdout, ran.stderr] {
        assert!(!said.contains("canary") && !said.contains("Private key"), "{said}");
    }
    place.run("-- pm2 restart api --update-env").success();
    app.served_by_another(served.pid);
    assert!(!place.home().join("agent.json5").exists());
    assert!(!place.home().join("agent.pid").exists());
    assert_nothing_written(&place);
}
