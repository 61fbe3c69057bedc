//! Starting again: what delivers the vault's values, and what is refused because it does not.

use rustix::process::Signal;

use super::app::{App, Served};
use super::place::{Pm2Place, is_running, send, until};

/// A place with an app that has `TOKEN=first` and `GONE`.
fn running(settings: &str) -> (Pm2Place, App, Served) {
    let place = Pm2Place::new();
    place.vault(&[("TOKEN", "first"), ("GONE", "fake")]);
    let app = App::write(&place, "ecosystem.config.js", settings);
    place.run("-- pm2 start ecosystem.config.js").success();
    let served = app.served();
    assert_eq!((served.value("TOKEN"), served.value("GONE")), (Some("first"), Some("fake")));
    (place, app, served)
}

/// The table of docs/OUTAGE.md, as far as the command delivers.
fn delivering(settings: &str) {
    let (place, app, mut served) = running(settings);
    for (number, words) in [
        "restart api --update-env",
        "reload api --update-env",
        "restart all --update-env",
        "restart 0 -a",
        "start api --update-env",
        "restart ecosystem.config.js",
        "reload ecosystem.config.js",
        "startOrRestart ecosystem.config.js",
        "startOrReload ecosystem.config.js",
        "startOrGracefulReload ecosystem.config.js",
        "start ecosystem.config.js",
    ]
    .into_iter()
    .enumerate()
    {
        let token = format!("new {number}");
        place.vault(&[("TOKEN", &token), ("ADDED", &token)]);
        let ran = place.run(&format!("-- pm2 {words}")).success();
        assert_eq!(ran.warnings(), [""; 0], "{words}");
        served = app.served_by_another(served.pid);
        assert_eq!(served.value("TOKEN"), Some(token.as_str()), "{words}");
        assert_eq!(served.value("ADDED"), Some(token.as_str()), "{words}");
        // PM2 forgets no name until delete.
        assert_eq!(served.value("GONE"), Some("fake"), "{words}");
    }
    for (token, words) in [("deleted", "delete api"), ("killed", "kill")] {
        place.vault(&[("TOKEN", token), ("GONE", "fake")]);
        place.run("-- pm2 restart api --update-env").success();
        place.vault(&[("TOKEN", token)]);
        place.pm2(words).success();
        until("the app to end", || app.ask("/").is_none().then_some(()));
        let ran = place.run("-- pm2 start ecosystem.config.js").success();
        assert_eq!(ran.warnings(), [""; 0], "{words}");
        served = app.served();
        assert_eq!((served.value("TOKEN"), served.value("GONE")), (Some(token), None), "{words}");
    }
}

#[test]
fn what_delivers_new_values_to_a_fork() {
    delivering("exec_mode: 'fork'");
}

#[test]
fn what_delivers_new_values_to_a_cluster() {
    delivering("instances: 1");
}

/// With `env` in the file, no command that names the file delivers, and delivering is what all of these
/// are for.
fn keeping_by_its_file(settings: &str) {
    let (place, app, mut served) =
        running(&format!("env: {{ NODE_ENV: 'production' }}, {settings}"));
    place.vault(&[("TOKEN", "second")]);
    for words in [
        "start",
        "start ecosystem.config.js",
        "restart ecosystem.config.js",
        "restart ecosystem.config.js --update-env",
        "reload ecosystem.config.js",
        "startOrRestart ecosystem.config.js",
        "startOrReload ecosystem.config.js --update-env",
    ] {
        let refused = place.run(&format!("-- pm2 {words}")).refused();
        assert!(refused.stderr.contains("because the file sets env"), "{}", refused.stderr);
        assert!(refused.stderr.contains("pm2 restart NAME --update-env"), "{}", refused.stderr);
        assert_eq!(app.served().pid, served.pid, "{words}");
        let ran = place.run(&format!("--allow-pm2 -- pm2 {words}")).success();
        assert_eq!(ran.warnings().len(), 1, "{ran:?}");
        served = app.served_by_another(served.pid);
        assert_eq!(served.value("TOKEN"), Some("first"), "{words}");
    }
    place.run("-- pm2 restart api --update-env").success();
    served = app.served_by_another(served.pid);
    assert_eq!(served.value("TOKEN"), Some("second"));
    assert_eq!(served.value("NODE_ENV"), Some("production"));
    place.vault(&[("TOKEN", "third")]);
    place.pm2("stop api").success();
    // That it has this app cannot be seen now.
    assert_eq!(place.run("-- pm2 start ecosystem.config.js").warnings().len(), 1);
    place.pm2("delete api").success();
    let ran = place.run("-- pm2 start ecosystem.config.js").success();
    assert!(ran.warnings()[0].contains("if PM2 has this app already"), "{ran:?}");
    assert_eq!(app.served().value("TOKEN"), Some("third"));
}

#[test]
fn a_file_that_sets_variables_keeps_old_values_of_a_fork_and_is_refused() {
    keeping_by_its_file("exec_mode: 'fork'");
}

#[test]
fn a_file_that_sets_variables_keeps_old_values_of_a_cluster_and_is_refused() {
    keeping_by_its_file("instances: 1");
}

/// What is refused, and would indeed have kept the old values.
fn keeping(settings: &str) {
    let (place, app, mut served) = running(settings);
    place.vault(&[("TOKEN", "second")]);
    for words in [
        "restart api",
        "reload api",
        "restart all",
        "reload all",
        "restart 0",
        "start api",
        "start 0",
    ] {
        let refused = place.run(&format!("-- pm2 {words}")).refused();
        let hint = format!("breakglass run VAULT -- pm2 {words} --update-env delivers");
        assert!(refused.stderr.contains(&hint), "{}", refused.stderr);
        assert_eq!(app.served().pid, served.pid, "{words}");
        place.run(&format!("--allow-pm2 -- pm2 {words}")).success();
        served = app.served_by_another(served.pid);
        assert_eq!(served.value("TOKEN"), Some("first"), "{words}");
    }
}

#[test]
fn what_keeps_old_values_of_a_fork_is_refused() {
    keeping("exec_mode: 'fork'");
}

#[test]
fn what_keeps_old_values_of_a_cluster_is_refused() {
    keeping("instances: 1");
}

/// PM2 refuses that while the app runs, and starts it with what it had where it is stopped.
#[test]
fn a_script_that_may_be_an_app_already_warns() {
    let place = Pm2Place::new();
    place.vault(&[("TOKEN", "first")]);
    let app = App::write(&place, "unused.config.js", "");
    let start = format!("-- pm2 start app.js --name api -- {}", app.port);
    assert_eq!(place.run(&start).success().warnings(), [""; 0]);
    let served = app.served();
    place.vault(&[("TOKEN", "second")]);
    for stopped in [false, true] {
        if stopped {
            place.pm2("stop api").success();
        }
        let again = place.run(&start);
        let [warning] = again.warnings()[..] else { panic!("{again:?}") };
        assert!(warning.contains("pm2 restart NAME --update-env delivers"), "{warning}");
        assert_eq!(again.status, Some(i32::from(!stopped)), "{again:?}");
        assert_eq!(app.served().value("TOKEN"), Some("first"));
        assert_eq!(app.served().pid != served.pid, stopped);
    }
    for stopped in [false, true] {
        let before = app.served().pid;
        if stopped {
            place.pm2("stop api").success();
        }
        let token = format!("stopped: {stopped}");
        place.vault(&[("TOKEN", &token)]);
        place.run("-- pm2 restart api --update-env").success();
        assert_eq!(app.served_by_another(before).value("TOKEN"), Some(token.as_str()));
    }
}

#[test]
fn a_daemon_without_the_app_is_asked_nothing_about_names() {
    let place = Pm2Place::new();
    place.vault(&[("TOKEN", "first")]);
    // Nothing runs under that name, and no daemon that could have it.
    let ran = place.run("-- pm2 start api");
    assert_eq!(ran.status, Some(1), "{ran:?}");
    // Now there is a daemon, which does not have it either; whether it once had, nobody can see.
    let ran = place.run("-- pm2 start api");
    assert_eq!(ran.status, Some(1), "{ran:?}");
    assert!(ran.warnings()[0].contains("if PM2 has this app already"), "{ran:?}");
}

#[test]
fn an_app_that_crashes_comes_back_with_its_values() {
    for settings in ["exec_mode: 'fork'", "instances: 1"] {
        let (place, app, served) = running(settings);
        place.vault(&[("TOKEN", "second"), ("GONE", "fake")]);
        place.run("-- pm2 restart api --update-env").success();
        let second = app.served_by_another(served.pid);
        assert!(app.ask("/exit").is_none());
        let third = app.served_by_another(second.pid);
        send(third.pid, Signal::KILL);
        let fourth = app.served_by_another(third.pid);
        for served in [second, third, fourth] {
            assert_eq!(served.value("TOKEN"), Some("second"), "{settings}");
            assert!(served.value("BREAKGLASS_VAULT").is_some(), "{settings}");
        }
    }
}

#[test]
fn a_reload_of_a_cluster_leaves_nothing_of_the_old_one() {
    let (place, app, served) = running("instances: 2");
    place.vault(&[("TOKEN", "second")]);
    place.run("-- pm2 reload ecosystem.config.js").success();
    until("the old workers to end", || (!is_running(served.pid)).then_some(()));
    until("both new workers", || {
        let pids = place.pm2("pid api").success().stdout;
        let pids: Vec<i32> = pids.lines().filter_map(|line| line.trim().parse().ok()).collect();
        (pids.len() == 2 && pids.iter().all(|pid| *pid > 0 && *pid != served.pid)).then_some(())
    });
    for _ in 0..10 {
        assert_eq!(app.served().value("TOKEN"), Some("second"));
    }
}
