//! What is refused, and why: real PM2 does what the refusal says.

use super::app::{App, SECRETS, found_in};
use super::place::Pm2Place;

/// PM2's commands that leak values or start apps without the vault's, and a word of the hint.
const REFUSED: [(&str, &str); 13] = [
    ("save", "leave it out"),
    ("dump", "leave it out"),
    ("update", "pm2 kill, then breakglass run"),
    ("updatePM2", "pm2 kill, then breakglass run"),
    ("deepUpdate", "pm2 kill, then breakglass run"),
    ("resurrect", "breakglass run VAULT -- pm2 start"),
    ("startup", "breakglass run VAULT -- pm2 start"),
    ("env 0", "pm2 describe NAME"),
    ("jlist", "pm2 describe NAME"),
    ("prettylist", "pm2 describe NAME"),
    ("link a b", "after the outage"),
    ("plus", "after the outage"),
    ("register", "after the outage"),
];

/// Those of PM2's commands that print something about apps, and are let through.
const TELLING: [&str; 16] = [
    "list",
    "ls",
    "status",
    "-m list",
    "slist",
    "slist --tree",
    "sysinfos",
    "describe api",
    "info api",
    "show 0",
    "report",
    "conf",
    "id api",
    "pid api",
    "inspect api",
    "logs --nostream --lines 500",
];

#[test]
fn nothing_is_started_for_what_is_refused() {
    let place = Pm2Place::new();
    place.vault(&SECRETS);
    for (words, hint) in REFUSED {
        let refused = place.run(&format!("-- pm2 {words}")).refused();
        assert!(refused.stderr.contains(&format!("pm2 {words}")), "{}", refused.stderr);
        assert!(refused.stderr.contains(hint), "{}", refused.stderr);
        assert!(refused.stderr.contains("--allow-pm2 insists"), "{}", refused.stderr);
        assert_eq!(place.daemon(), None, "{words}");
    }
    for words in ["-s save", "--silent jlist", "save --force", "--cwd /tmp env 0"] {
        place.run(&format!("-- pm2 {words}")).refused();
    }
    assert_eq!(place.processes(), [0; 0]);
}

#[test]
fn what_prints_every_value_is_refused_and_what_is_not_refused_prints_none() {
    let place = Pm2Place::new();
    place.vault(&SECRETS);
    let app = App::write(&place, "ecosystem.config.js", "instances: 1");
    place.run("-- pm2 start ecosystem.config.js").success();
    app.served();
    for words in ["env 0", "jlist", "prettylist"] {
        for printed in [place.pm2(words), place.run(&format!("--allow-pm2 -- pm2 {words}"))] {
            let printed = printed.success().stdout;
            assert!(printed.contains("db-canary"), "{words}: {printed}");
        }
    }
    for words in TELLING {
        let said = place.run(&format!("-- pm2 {words}"));
        for text in [said.stdout, said.stderr] {
            assert_eq!(found_in(text.as_bytes()), [""; 0], "{words}");
            assert!(!text.contains("canary"), "{words}");
        }
    }
}

#[test]
fn what_is_allowed_is_done() {
    let place = Pm2Place::new();
    place.vault(&SECRETS);
    let app = App::write(&place, "ecosystem.config.js", "instances: 1");
    place.run("-- pm2 start ecosystem.config.js").success();
    app.served();
    let dump = place.home().join("dump.pm2");
    for words in ["save", "dump", "save --force"] {
        place.run(&format!("--allow-pm2 -- pm2 {words}")).success();
        assert_ne!(found_in(&std::fs::read(&dump).expect("a file")), [""; 0], "{words}");
        std::fs::remove_file(&dump).expect("removed");
    }
}

/// Variables that PM2 takes for settings of the app.
const SETTINGS: [&str; 15] = [
    "args",
    "autorestart",
    "cron_restart",
    "cwd",
    "env",
    "exec_mode",
    "gid",
    "instances",
    "interpreter",
    "max_memory_restart",
    "name",
    "namespace",
    "script",
    "uid",
    "watch",
];

#[test]
fn names_of_settings_are_refused_for_pm2_only() {
    let place = Pm2Place::new();
    let app = App::write(&place, "ecosystem.config.js", "exec_mode: 'fork'");
    for name in SETTINGS {
        let document = format!("# breakglass 1\n# allowed: {name}\n{name}='fake'\nTOKEN='fake'\n");
        place.place.cheap("v.gpg", document);
        let refused = place.run("-- pm2 start ecosystem.config.js");
        assert_eq!(refused.status, Some(125), "{name}");
        let expected = format!("PM2 takes these names for its own settings of an app: {name}\n");
        assert!(refused.stderr.contains(&expected), "{}", refused.stderr);
        assert!(refused.stderr.contains("--except"), "{}", refused.stderr);
        let plain = place.run(&format!("-- printenv {name}")).success();
        assert_eq!(plain.stdout, "fake\n", "{name}");
    }
    assert!(app.ask("/").is_none());
    place.run("--except watch -- pm2 start ecosystem.config.js").success();
    let served = app.served();
    assert_eq!((served.value("TOKEN"), served.value("watch")), (Some("fake"), None));
}

#[test]
fn a_name_of_a_setting_indeed_changes_the_app() {
    let place = Pm2Place::new();
    place.place.cheap("v.gpg", "# breakglass 1\n# allowed: name\nname='other'\n");
    let app = App::write(&place, "ecosystem.config.js", "exec_mode: 'fork'");
    place.run("--allow-pm2 -- pm2 start ecosystem.config.js").success();
    app.served();
    let list = place.pm2("list").success().stdout;
    assert!(list.contains("other") && !list.contains("api"), "{list}");
}
