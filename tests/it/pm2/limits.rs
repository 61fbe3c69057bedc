//! Sizes: refused before PM2 would lose the app and say that all is well.

use super::app::App;
use super::place::{Pm2Place, ended};

fn with_bytes(place: &Pm2Place, count: usize) {
    place.vault(&[("BIG", &"x".repeat(count))]);
}

/// The most bytes in one value that `run` takes for a cluster, tried with a PM2 that does nothing.
fn most_for_a_cluster(place: &Pm2Place) -> usize {
    let fake = place.place.root().join("fake");
    std::fs::create_dir(&fake).expect("a folder");
    place.place.write("fake/pm2", "#!/bin/sh\n");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(fake.join("pm2"), executable).expect("chmod");
    let (mut taken, mut refused) = (50_000, 70_000);
    while refused - taken > 1 {
        let count = usize::midpoint(taken, refused);
        with_bytes(place, count);
        let ran = place.run("-- ./fake/pm2 start ecosystem.config.js");
        match ran.status {
            Some(0) => taken = count,
            Some(125) => refused = count,
            _ => panic!("{ran:?}"),
        }
    }
    taken
}

fn assert_has_bytes(app: App, count: usize) {
    assert_eq!(app.served().value("BIG").map(str::len), Some(count));
}

#[test]
fn a_cluster_gets_what_run_takes_for_it_also_when_started_again() {
    let place = Pm2Place::new();
    let app = App::write(&place, "ecosystem.config.js", "instances: 1");
    let most = most_for_a_cluster(&place);
    assert!((56_000..64_000).contains(&most), "{most}");
    with_bytes(&place, most);
    place.run("-- pm2 start ecosystem.config.js").success();
    assert_has_bytes(app, most);
    for words in ["restart ecosystem.config.js", "reload api --update-env", "restart all -a"] {
        let before = app.served().pid;
        place.run(&format!("-- pm2 {words}")).success();
        app.served_by_another(before);
        assert_has_bytes(app, most);
    }
    with_bytes(&place, most + 1);
    let before = app.served().pid;
    for words in ["start ecosystem.config.js", "restart ecosystem.config.js", "start app.js -i 2"] {
        let refused = place.run(&format!("-- pm2 {words}"));
        assert_eq!(refused.status, Some(125), "{refused:?}");
        assert!(refused.stderr.contains("about 60 KiB"), "{refused:?}");
        assert!(refused.stderr.contains("exec_mode: 'fork'"), "{refused:?}");
    }
    assert_eq!(app.served().pid, before);
}

#[test]
fn beyond_it_pm2_loses_the_app_and_exits_with_0() {
    let place = Pm2Place::new();
    let app = App::write(&place, "ecosystem.config.js", "instances: 1");
    with_bytes(&place, 66_000);
    place.run("--allow-pm2 -- pm2 start ecosystem.config.js").success();
    let log = std::fs::read_to_string(place.home().join("pm2.log")).expect("a log");
    assert!(log.contains("E2BIG"), "{log}");
    assert!(app.ask("/").is_none());
    assert!(!place.pm2("list").success().stdout.contains("api"));
}

#[test]
fn a_fork_gets_more() {
    let place = Pm2Place::new();
    with_bytes(&place, 120_000);
    let app = App::write(&place, "ecosystem.config.js", "exec_mode: 'fork'");
    assert_eq!(place.run("-- pm2 start ecosystem.config.js").success().warnings(), [""; 0]);
    assert_has_bytes(app, 120_000);
}

#[test]
fn where_the_mode_cannot_be_told_it_only_warns() {
    let place = Pm2Place::new();
    with_bytes(&place, 66_000);
    let app = App::write(&place, "apps.js", "exec_mode: 'fork'");
    place.place.write("ecosystem.config.js", "module.exports = require('./apps.js')");
    let ran = place.run("-- pm2 start ecosystem.config.js").success();
    let [warning] = ran.warnings()[..] else { panic!("{ran:?}") };
    assert!(warning.contains("about 60 KiB"), "{warning}");
    assert_has_bytes(app, 66_000);
}

#[test]
fn fewer_secrets_or_less_environment_fit_again() {
    let place = Pm2Place::new();
    let app = App::write(&place, "ecosystem.config.js", "instances: 1");
    place.vault(&[("BIG", &"x".repeat(50_000)), ("MORE", &"x".repeat(20_000))]);
    place.run("-- pm2 start ecosystem.config.js").refused_for_size();
    place.run("--only BIG -- pm2 start ecosystem.config.js").success();
    assert_has_bytes(app, 50_000);
    place.kill();
    with_bytes(&place, 50_000);
    let mut large = place.run_command("-- pm2 start ecosystem.config.js");
    ended(large.env("LARGE", "x".repeat(20_000))).refused_for_size();
    let mut clean = place.run_command("--clean -- pm2 start ecosystem.config.js");
    ended(clean.env("LARGE", "x".repeat(20_000))).success();
    assert_has_bytes(app, 50_000);
}

#[test]
fn a_value_that_no_environment_holds_starts_nothing() {
    for settings in ["exec_mode: 'fork'", "instances: 1"] {
        let place = Pm2Place::new();
        let app = App::write(&place, "ecosystem.config.js", settings);
        // With its name, and a NUL, one byte more than 131,072.
        with_bytes(&place, 131_072 - "BIG=".len());
        let refused = place.run("-- pm2 start ecosystem.config.js");
        assert_eq!(refused.status, Some(125), "{refused:?}");
        assert!(refused.stderr.contains("BIG"), "{refused:?}");
        assert!(app.ask("/").is_none());
        assert_eq!(place.pm2("jlist").success().stdout.trim(), "[]");
    }
    let place = Pm2Place::new();
    let app = App::write(&place, "ecosystem.config.js", "exec_mode: 'fork'");
    with_bytes(&place, 131_071 - "BIG=".len());
    place.run("-- pm2 start ecosystem.config.js").success();
    assert_has_bytes(app, 131_071 - "BIG=".len());
}
