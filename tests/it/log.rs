//! `log`: what is written, what is refused, and that every line survives: two hundred writers at once, a kill
//! at any system call, a full disk.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::Output;

use breakglass::records::{IncidentLog, RotationLog};

use crate::support::{Place, assert_success, output, stderr, stdout};

const ROTATIONS: &str = "security/rotation-log.txt";
const INCIDENTS: &str = "security/incident-log.txt";
const PROGRAM: &str = env!("CARGO_BIN_EXE_breakglass");

const INVENTORY: &str = "start = 'pm2 restart app'\nvault = 'v.env.gpg'\n[infisical]\n[secrets]\n\
    RESEND_API_KEY = { class = 'medium', rotation = '90d', description = 'Transactional email' }\n\
    LAGO_API_KEY = { class = 'high', rotation = '90d' }\n\
    STRIPE_SECRET_KEY = { class = 'critical', rotation = 'on team change' }\n";

fn log(place: &Place, arguments: &[&str]) -> Output {
    output(place.breakglass().arg("log").args(arguments))
}

fn text(place: &Place, name: &str) -> String {
    String::from_utf8(place.read(name)).expect("UTF-8")
}

fn today() -> String {
    jiff::Timestamp::now().strftime("%F").to_string()
}

#[test]
fn rotations_in_the_form_of_the_procedure() {
    let place = Place::new();
    place.write("breakglass.toml", INVENTORY);
    let names = ["rotation", "RESEND_API_KEY", "LAGO_API_KEY", "RESEND_API_KEY"];
    let both = log(&place, &[&names[..], &["--date", "2026-02-23"]].concat());
    assert_success(&both);
    assert_eq!(stdout(&both), "");
    let next = "next: restart the service, so that it has the new value (pm2 restart app), and breakglass seal";
    assert!(stderr(&both).ends_with(&format!("breakglass: {next}\n")), "{}", stderr(&both));
    let why = ["rotation", "STRIPE_SECRET_KEY", "--reason", " A person  left ", "-q"];
    let quiet = log(&place, &[&why[..], &["--date", "2024-02-29"]].concat());
    assert_eq!((quiet.status.code(), stderr(&quiet).as_str()), (Some(0), ""));
    assert_success(&log(&place, &["rotation", "STRIPE_SECRET_KEY"]));
    let expected = format!(
        "2026-02-23  RESEND_API_KEY          Scheduled 90-day rotation\n\
         2026-02-23  LAGO_API_KEY            Scheduled 90-day rotation\n\
         2024-02-29  STRIPE_SECRET_KEY       A person  left\n\
         {}  STRIPE_SECRET_KEY       Rotation\n",
        today()
    );
    assert_eq!(text(&place, ROTATIONS), expected);
    let unknown = log(&place, &["rotation", "NEW_KEY"]);
    assert_success(&unknown);
    assert!(
        stderr(&unknown)
            .contains("warning: the inventory in breakglass.toml does not have NEW_KEY"),
        "{}",
        stderr(&unknown)
    );
}

#[test]
fn incidents_in_the_form_of_the_procedure_and_their_steps() {
    let place = Place::new();
    place.write("breakglass.toml", INVENTORY);
    let leak = ["incident", "--severity", "sev-1", "--secret", "STRIPE_SECRET_KEY", "--what"];
    let written = log(&place, &[&leak[..], &["In a chat", "--date", "2026-02-23"]].concat());
    assert_success(&written);
    let steps = stdout(&written);
    assert!(steps.starts_with("STRIPE_SECRET_KEY, class critical: to be replaced within 1 hour\n"));
    let places: Vec<Option<usize>> = [
        "revoke",
        "create",
        "set",
        "restart",
        "assess",
        "write down",
        "log rotation",
        "pm2",
        "seal",
    ]
    .iter()
    .map(|word| steps.find(word))
    .collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{steps}");
    assert!(steps.ends_with("    pm2 restart app\n    breakglass seal\n"), "{steps}");
    let done = [&leak[..], &["In a log", "--resolution", "Replaced; no use seen"]].concat();
    assert_success(&log(&place, &done));
    let outage = ["incident", "--severity", "SEV-2", "--secret", "none", "--what", "Out"];
    let outage = log(&place, &outage);
    assert!(!stdout(&outage).contains("revoke") && stderr(&outage).lines().count() == 1);
    let today = today();
    let expected = format!(
        "2026-02-23 | SEV-1 | STRIPE_SECRET_KEY | In a chat | open\n\
         {today} | SEV-1 | STRIPE_SECRET_KEY | In a log | Replaced; no use seen\n\
         {today} | SEV-2 | none | Out | open\n"
    );
    assert_eq!(text(&place, INCIDENTS), expected);
    // The class knows the severity.
    let unsaid = log(&place, &["incident", "--secret", "RESEND_API_KEY", "--what", "x"]);
    assert_eq!(unsaid.status.code(), Some(2));
    let said =
        "error: --severity is not said; RESEND_API_KEY is of class medium, for which SEV-3 stands";
    assert!(stderr(&unsaid).contains(said), "{}", stderr(&unsaid));
}

#[test]
fn what_cannot_stand_in_a_log_is_refused() {
    let place = Place::new();
    let incident = ["incident", "--severity", "SEV-1", "--secret", "A"];
    let long = "x".repeat(501);
    for text in ["", "  ", "a|b", "a\nb", "a\tb", "a\u{1b}[2Jb", "a\u{202e}b", &long] {
        let refused = [
            log(&place, &["rotation", "A", "--reason", text]),
            log(&place, &[&incident[..], &["--what", text]].concat()),
            log(&place, &[&incident[..], &["--what", "x", "--resolution", text]].concat()),
        ];
        for refused in refused {
            assert_eq!(refused.status.code(), Some(2), "{text:?}: {}", stderr(&refused));
        }
    }
    let long = "A".repeat(256);
    for name in ["", "A-B", "A B", "A=fake-value", "A|B", "\u{1b}", &long] {
        let refused = log(&place, &["rotation", "B", name]);
        assert_eq!(refused.status.code(), Some(2), "{name:?}");
        assert!(!stderr(&refused).contains("fake-value"), "{}", stderr(&refused));
    }
    for date in ["2026-02-29", "23.02.2026", "today", "2099-01-01", ""] {
        let refused = log(&place, &["rotation", "A", "--date", date]);
        assert_eq!(refused.status.code(), Some(2), "{date:?}");
    }
    for severity in ["SEV-0", "SEV-5", "1", ""] {
        let arguments = ["incident", "--severity", severity, "--secret", "A", "--what", "x"];
        assert_eq!(log(&place, &arguments).status.code(), Some(2), "{severity:?}");
    }
    assert!(!place.path("security").exists());
    // Tomorrow is today somewhere.
    let tomorrow = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24);
    let tomorrow = tomorrow.strftime("%F").to_string();
    assert_success(&log(&place, &["rotation", "A", "--date", &tomorrow]));
}

#[test]
fn a_value_of_the_vault_is_never_written() {
    let place = Place::new();
    place.cheap("v.env.gpg", "LONG='fake-value-of-the-log'\nSHORT='fake'\n");
    let with = ["--vault", "v.env.gpg", "--passphrase-file", "passphrase"];
    let reason = "was fake-value-of-the-log before";
    let refused = log(&place, &[&["rotation", "LONG", "--reason", reason], &with[..]].concat());
    assert_eq!(refused.status.code(), Some(1));
    let said = stderr(&refused);
    assert!(
        said.contains("error: the text holds the value of LONG, so nothing was written"),
        "{said}"
    );
    assert!(!said.contains("fake-value") && !place.path("security").exists(), "{said}");
    let written = log(&place, &[&["rotation", "LONG", "--reason", "fake"], &with[..]].concat());
    assert_success(&written);
    let said = stderr(&written);
    assert!(said.contains("fewer than 8 characters were not looked for: SHORT\n"), "{said}");
    let incident = ["incident", "--severity", "SEV-1", "--secret", "LONG", "--what", reason];
    assert_eq!(log(&place, &[&incident, &with[..]].concat()).status.code(), Some(1));
    // Half of it in one field, half in the next.
    let incident = ["incident", "--severity", "SEV-1", "--secret", "LONG", "--what"];
    let parts = ["it was fake-value-", "--resolution", "of-the-log, dead now"];
    let parted = log(&place, &[&incident[..], &parts, &with].concat());
    assert_eq!(parted.status.code(), Some(1), "{}", stderr(&parted));
    assert!(!place.path(INCIDENTS).exists());
}

#[test]
fn a_value_in_another_form_is_not_written_either() {
    let place = Place::new();
    place.cheap("v.env.gpg", "LONG='fake \"value\" of the log'\n");
    let with = ["--vault", "v.env.gpg", "--passphrase-file", "passphrase"];
    for text in [
        // LONG=fake "value" of the log
        "base64: TE9ORz1mYWtlICJ2YWx1ZSIgb2YgdGhlIGxvZw==",
        r#"it was {"LONG":"fake \"value\" of the log"}"#,
        "?q=fake%20%22value%22%20of%20the%20log",
    ] {
        let refused = log(&place, &[&["rotation", "LONG", "--reason", text], &with[..]].concat());
        let said = stderr(&refused);
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(said.contains("the text holds the value of LONG"), "{said}");
    }
    assert!(!place.path("security").exists());
}

#[test]
fn a_value_in_the_place_of_a_name_is_not_shown_either() {
    let place = Place::new();
    place.write("breakglass.toml", INVENTORY);
    place.cheap("v.env.gpg", "LONG='fake_value_of_the_log'\n");
    let with = ["--vault", "v.env.gpg", "--passphrase-file", "passphrase"];
    let incident = ["incident", "--severity", "SEV-1", "--what", "x", "--secret"];
    for words in [&["rotation"][..], &incident] {
        let refused = log(&place, &[words, &["fake_value_of_the_log"], &with[..]].concat());
        let said = stderr(&refused);
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(said.contains("the text holds the value of LONG"), "{said}");
        assert!(!said.contains("fake_value") && stdout(&refused).is_empty(), "{said}");
    }
    assert!(!place.path("security").exists());
}

#[test]
fn logs_lie_where_breakglass_toml_says_and_keep_what_people_wrote() {
    let place = Place::new();
    place.write("breakglass.toml", "rotation_log = 'docs/rotations'\nincident_log = 'docs/i'\n");
    assert_success(&log(&place, &["rotation", "A", "--date", "2026-02-23"]));
    assert_success(&log(
        &place,
        &["incident", "--severity", "SEV-1", "--secret", "A", "--what", "x"],
    ));
    let mode = |name: &str| std::fs::metadata(place.path(name)).unwrap().permissions().mode();
    let umask = std::fs::read_to_string("/proc/self/status").unwrap();
    let umask = umask.lines().find_map(|line| line.strip_prefix("Umask:")).expect("a umask");
    let umask = u32::from_str_radix(umask.trim(), 8).unwrap();
    assert_eq!(mode("docs/rotations") & 0o777, 0o644 & !umask);
    assert_eq!(mode("docs") & 0o777, 0o777 & !umask);
    let by_hand = "# Rotations\r\n\r\n2026-02-01\tB\tby hand\r\nnot a line \u{e4}";
    place.write("docs/rotations", by_hand);
    let mode_of_hand = PermissionsExt::from_mode(0o640);
    std::fs::set_permissions(place.path("docs/rotations"), mode_of_hand).unwrap();
    std::fs::create_dir(place.path("sub")).unwrap();
    let mut below = place.breakglass();
    below.current_dir(place.path("sub")).args(["log", "rotation", "A", "--date", "2026-02-23"]);
    assert_success(&output(&mut below));
    let expected = format!("{by_hand}\n2026-02-23  A                       Rotation\n");
    assert_eq!(text(&place, "docs/rotations"), expected);
    assert_eq!(mode("docs/rotations") & 0o777, 0o640, "the mode that it had");
}

#[test]
fn a_log_that_this_user_may_not_write_stays() {
    let place = Place::new();
    assert_success(&log(&place, &["rotation", "A", "-q"]));
    let before = place.read(ROTATIONS);
    std::fs::set_permissions(place.path(ROTATIONS), PermissionsExt::from_mode(0o444)).unwrap();
    // root writes everything, unless the capability for that is taken away.
    let mut command = place.command("setpriv");
    command.args(["--bounding-set", "-dac_override", "--inh-caps", "-dac_override", PROGRAM]);
    if !rustix::process::geteuid().is_root() {
        command = place.breakglass();
    }
    let refused = output(command.args(["log", "rotation", "B"]));
    assert_eq!(refused.status.code(), Some(1), "{}", stderr(&refused));
    let said = "cannot write 'security/rotation-log.txt': permission denied";
    assert!(stderr(&refused).contains(said), "{}", stderr(&refused));
    assert_eq!(place.read(ROTATIONS), before);
}

#[test]
fn two_hundred_writers_lose_and_tear_nothing() {
    let place = Place::new();
    let writers: Vec<_> = (0..200)
        .map(|number| {
            let mut command = place.breakglass();
            if number % 2 == 0 {
                command.args(["log", "rotation", &format!("A_{number}"), &format!("B_{number}")]);
            } else {
                command.args(["log", "incident", "--severity", "SEV-4", "--secret"]);
                command.args([&format!("A_{number}"), "--what", &"x".repeat(400)]);
            }
            command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped());
            command.spawn().expect("starts")
        })
        .collect();
    for writer in writers {
        assert_success(&writer.wait_with_output().expect("ends"));
    }
    let rotations = RotationLog::parse(&place.read(ROTATIONS));
    let incidents = IncidentLog::parse(&place.read(INCIDENTS));
    assert!(rotations.unreadable.is_empty() && incidents.unreadable.is_empty());
    let names: BTreeSet<String> = rotations.entries.iter().map(|it| it.name.clone()).collect();
    let expected: BTreeSet<String> =
        (0..200).step_by(2).flat_map(|it| [format!("A_{it}"), format!("B_{it}")]).collect();
    assert_eq!(names, expected);
    assert_eq!((rotations.entries.len(), incidents.entries.len()), (200, 100));
    // Lines of one call stand together.
    for pair in rotations.entries.chunks(2) {
        assert_eq!(pair[0].name.replace('A', "B"), pair[1].name);
    }
    assert_eq!(std::fs::read_dir(place.path("security")).unwrap().count(), 2);
}

/// A log with a line in it, and another writer of two lines under strace.
struct Traced(Place);

const OLD: &str = "2026-01-01  OLD_KEY                 by hand, and without an end";
const NEW: &str = "\n2026-02-23  A                       Rotation\n2026-02-23  B                       Rotation\n";

impl Traced {
    fn new() -> Traced {
        let place = Place::new();
        std::fs::create_dir(place.path("security")).unwrap();
        let traced = Traced(place);
        traced.restore();
        traced
    }

    fn restore(&self) {
        for entry in std::fs::read_dir(self.0.path("security")).unwrap() {
            std::fs::remove_file(entry.unwrap().path()).unwrap();
        }
        self.0.write(ROTATIONS, OLD);
    }

    fn log(&self, wrapper: &[&str]) -> Output {
        let words =
            [wrapper, &[PROGRAM, "log", "rotation", "A", "B", "--date", "2026-02-23"]].concat();
        output(self.0.command(words[0]).args(&words[1..]))
    }

    /// Every system call after the hardening: its name, and how many of that name there were up to it.
    fn calls(&self) -> Vec<(String, usize)> {
        assert_success(&self.log(&["strace", "-o", "trace"]));
        let trace = text(&self.0, "trace");
        let (mut seen, mut calls, mut begun) = (BTreeMap::new(), Vec::new(), false);
        for line in trace.lines() {
            let Some((name, _)) = line.split_once('(') else { continue };
            let count = seen.entry(name).or_insert(0);
            *count += 1;
            begun |= line.contains("PR_SET_DUMPABLE");
            if begun && name != "exit_group" {
                calls.push((name.to_owned(), *count));
            }
        }
        for needed in ["flock", "write", "fsync", "rename"] {
            assert!(calls.iter().any(|(name, _)| name.starts_with(needed)), "no {needed}: {trace}");
        }
        calls
    }

    fn with(&self, (name, number): &(String, usize), fault: &str) -> (Output, String) {
        self.restore();
        let inject = format!("inject={name}:{fault}:when={number}");
        let trace = format!("trace={name}");
        (self.log(&["strace", "-o", "trace", "-e", &trace, "-e", &inject]), inject)
    }

    /// Whether the new lines are there: all of them, or none.
    fn is_written(&self, fault: &str) -> bool {
        let now = text(&self.0, ROTATIONS);
        assert!(now == OLD || now == format!("{OLD}{NEW}"), "{fault}: {now:?}");
        now != OLD
    }
}

#[test]
fn killed_at_any_call_whole_lines_are_left() {
    let traced = Traced::new();
    let (mut without, mut with) = (0, 0);
    for call in traced.calls() {
        let (killed, fault) = traced.with(&call, "signal=KILL");
        assert_eq!(killed.status.signal(), Some(9), "{fault}: {}", stderr(&killed));
        if traced.is_written(&fault) { with += 1 } else { without += 1 }
    }
    assert!(without > 5 && with > 0, "{without} without, {with} with");
    // What the last one may have left is removed by the next.
    assert_success(&traced.log(&[]));
    assert_eq!(std::fs::read_dir(traced.0.path("security")).unwrap().count(), 1);
}

#[test]
fn any_failing_call_leaves_whole_lines() {
    let traced = Traced::new();
    let mut failed = 0;
    for call in traced.calls() {
        let errors: &[&str] = match call.0.as_str() {
            "write" => &["EIO", "ENOSPC", "EINTR", "EDQUOT"],
            "fsync" => &["EIO", "ENOSPC"],
            "open" | "openat" => &["EACCES", "EMFILE", "EROFS"],
            "flock" => &["EINTR", "ENOLCK"],
            "mkdir" => &["ENOSPC"],
            "read" | "fstat" | "statx" | "fchmod" => &["EIO"],
            name if name.starts_with("rename") => &["EIO", "ENOSPC"],
            _ => &[],
        };
        for error in errors {
            let (outcome, fault) = traced.with(&call, &format!("error={error}"));
            let said = stderr(&outcome);
            assert!(matches!(outcome.status.code(), Some(0 | 1)), "{fault}: {said}");
            let is_written = traced.is_written(&fault);
            // The line may be there and the folder not forced to the disk; never the reverse.
            assert!(is_written || !outcome.status.success(), "{fault}: {said}");
            failed += usize::from(!outcome.status.success());
            let left = std::fs::read_dir(traced.0.path("security")).unwrap().count();
            assert_eq!(left, 1, "{fault}: {said}");
        }
    }
    assert!(failed > 5, "only {failed} faults were noticed");
}

#[test]
fn a_full_disk_changes_nothing() {
    let traced = Traced::new();
    let full = traced.log(&["bash", "-c", "ulimit -f 0; exec \"$@\"", "bash"]);
    assert_eq!(full.status.code(), Some(1), "{}", stderr(&full));
    let said = stderr(&full);
    assert!(said.contains("rotation-log.txt': file too large"), "{said}");
    assert!(!traced.is_written("no room"));
    assert_eq!(std::fs::read_dir(traced.0.path("security")).unwrap().count(), 1);
}
