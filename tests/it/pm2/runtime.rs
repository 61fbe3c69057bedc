//! PM2 in the foreground, as in a container.

use rustix::process::Signal;

use super::app::{App, SECRETS, assert_nothing_written};
use super::place::{Pm2Place, file, is_running, send, started, until};

fn in_foreground(settings: &str, words: &str, program: &str) {
    let place = Pm2Place::new();
    place.vault(&SECRETS);
    let app = App::write(&place, "ecosystem.config.js", settings);
    let (stdout, stderr) = (file(), file());
    // In a cluster, the app's arguments are the runtime's.
    let mut command = place.run_command(words);
    let mut child = started(command.env("APP_PORT", app.port.to_string()), &stdout, &stderr);
    let served = app.served();
    for (name, value) in SECRETS {
        assert_eq!(served.value(name), Some(value), "{name}");
    }
    let pid = i32::try_from(child.id()).expect("small");
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", served.pid)).expect("a process");
    let (_, after) = stat.rsplit_once(") ").expect("a name");
    // The process that was started is PM2 itself, and the app its child.
    assert_eq!(after.split(' ').nth(1), Some(pid.to_string().as_str()), "{words}");
    let title = std::fs::read(format!("/proc/{pid}/cmdline")).expect("a process");
    assert!(String::from_utf8_lossy(&title).contains(program), "{title:?}");
    send(pid, Signal::TERM);
    until("the end", || child.try_wait().expect("waits"));
    until("the app's end", || (!is_running(served.pid)).then_some(()));
    until("everybody's end", || place.processes().is_empty().then_some(()));
    assert_nothing_written(&place);
}

#[test]
fn a_runtime_becomes_the_process_and_ends_with_its_app() {
    in_foreground("exec_mode: 'fork'", "-- pm2-runtime ecosystem.config.js", "pm2-runtime");
}

#[test]
fn a_runtime_with_a_cluster_does_too() {
    in_foreground("instances: 1", "-- pm2-runtime start ecosystem.config.js", "pm2-runtime");
}

#[test]
fn a_runtime_with_keys_for_pm2_io_is_refused() {
    let place = Pm2Place::new();
    place.vault(&[("SECRET_KEY", "secret-canary"), ("PUBLIC_KEY", "public-canary")]);
    App::write(&place, "ecosystem.config.js", "");
    for words in ["pm2-runtime ecosystem.config.js", "pm2 start ecosystem.config.js --no-daemon"] {
        let refused = place.run(&format!("-- {words}"));
        assert_eq!(refused.status, Some(125), "{refused:?}");
        assert!(refused.stderr.contains("SECRET_KEY and PUBLIC_KEY"), "{refused:?}");
        assert!(refused.stderr.contains("--except SECRET_KEY"), "{refused:?}");
    }
    assert_eq!(place.processes(), [0; 0]);
    assert_nothing_written(&place);
}
