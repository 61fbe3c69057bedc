//! The procedure around the vault, from end to end: the fourteen secrets of tests/procedure go through init, log,
//! status, verify, scan, guard and the checklist. Dates are days before today.

use std::process::Output;

use breakglass::memory::{Passphrase, Region};
use breakglass::records::Config;
use breakglass::vault::{self, Format};
use serde_json::Value;

use crate::machine::Machine;
use crate::support::{PASSPHRASE, Place, assert_success, output, stderr, stdout};

const TABLE: &str = include_str!("../procedure/breakglass.toml");

/// Twelve of them are in the vault, two on the server only.
fn names() -> Vec<String> {
    let config = Config::parse("x".as_ref(), TABLE.as_bytes()).expect("reads");
    config.inventory.into_keys().filter(|name| !name.starts_with("INFISICAL_")).collect()
}

fn ago(days: i64) -> jiff::Timestamp {
    jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days)
}

fn day(days: i64) -> String {
    ago(days).strftime("%F").to_string()
}

/// A vault of these names that was sealed so many days ago.
fn sealed(place: &Place, names: &[String], days: i64) {
    let time = format!("{:.0}", ago(days));
    let values: String = names.iter().map(|name| format!("{name}='fake-value'\n")).collect();
    let head = format!("# breakglass 1\n# sealed: {time}\n# secrets: {}\n", names.len());
    seal(place, &(head + &values));
}

/// As the program seals, so that verify finds nothing weak.
fn seal(place: &Place, document: &str) {
    let document = Region::copy_of(document.as_bytes()).expect("memory");
    let passphrase = Region::copy_of(PASSPHRASE.as_bytes()).and_then(Passphrase::new);
    let passphrase = passphrase.expect("a passphrase");
    let sealed = vault::seal(Format::OpenPgp, &document, &passphrase, false, &|_| {});
    place.write("prod.env.gpg", sealed.expect("seals"));
}

fn log(place: &Place, name: &str, days: i64) {
    assert_success(&output(place.breakglass().args([
        "log",
        "rotation",
        name,
        "-q",
        "--date",
        &day(days),
    ])));
}

/// Everything was replaced so many days ago.
fn log_all(place: &Place, days: i64) {
    let mut command = place.breakglass();
    command.args(["log", "rotation", "-q", "--date", &day(days), "INFISICAL_CLIENT_ID"]);
    assert_success(&output(command.arg("INFISICAL_CLIENT_SECRET").args(names())));
}

fn verify(place: &Place, arguments: &[&str]) -> Output {
    let opened = ["verify", "prod.env.gpg", "--passphrase-file", "passphrase"];
    output(place.breakglass().args([&opened, arguments].concat()))
}

fn status(machine: &Machine, arguments: &[&str]) -> Output {
    output(&mut machine.breakglass(&[&["status"], arguments].concat()))
}

/// The lines of the layers of that name: verdict and detail.
fn layer(output: &Output, name: &str) -> Vec<String> {
    let text = stdout(output);
    let of_layer = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = words.iter().take(3).position(|word| *word == name)?;
        Some(words.join(" ").replacen(&format!(" {name} "), ": ", 1)).filter(|_| at > 0)
    };
    text.lines().filter_map(of_layer).collect()
}

fn place() -> Place {
    let place = Place::new();
    place.write("breakglass.toml", TABLE);
    place
}

#[test]
fn the_procedure_shows_the_whole_file() {
    let page = include_str!("../../docs/PROCEDURE.md");
    assert!(page.contains(&format!("\n```toml\n{TABLE}```\n")));
}

#[test]
fn without_inventory_and_logs_nothing_is_said() {
    let machine = Machine::new();
    sealed(&machine.place, &names(), 1);
    let silent = |output: &Output| {
        for name in ["rotations", "rotated", "inventory", "incidents"] {
            assert_eq!(layer(output, name), [""; 0], "{}", stdout(output));
        }
    };
    let found = verify(&machine.place, &["--offline"]);
    assert_eq!(found.status.code(), Some(0), "{}{}", stdout(&found), stderr(&found));
    silent(&found);
    silent(&status(&machine, &[]));
    machine.place.write("breakglass.toml", "vault = 'prod.env.gpg'\nmax_age = '30d'\n[secrets]\n");
    silent(&verify(&machine.place, &["--offline"]));
    silent(&status(&machine, &["prod.env.gpg", "--passphrase-file", "passphrase"]));
}

/// Nobody has said yet when a secret is to be replaced: that is no finding.
#[test]
fn init_writes_the_names_of_the_vault_and_finds_nothing() {
    let place = Place::new();
    sealed(&place, &names(), 1);
    let from = ["init", "--from", "prod.env.gpg", "--passphrase-file", "passphrase", "--yes"];
    assert_success(&output(place.breakglass().args(from)));
    let text = String::from_utf8(place.read("breakglass.toml")).expect("UTF-8");
    let written = Config::parse(&place.path("breakglass.toml"), text.as_bytes()).expect("reads");
    assert_eq!(written.vault, Some(place.path("prod.env.gpg")));
    assert_eq!(written.inventory.into_keys().collect::<Vec<_>>(), names());
    assert!(!text.contains("fake-value"));
    let found = verify(&place, &["--offline"]);
    assert_eq!(found.status.code(), Some(0), "{}", stdout(&found));
    assert_eq!(layer(&found, "rotations"), ["ok: no secret in the inventory has a time"]);
    let names = ["ok: it has the names of the vault, and no others"];
    assert_eq!(layer(&found, "inventory"), names);
}

#[test]
fn what_was_never_replaced_is_a_finding_and_so_is_what_is_overdue() {
    let place = place();
    sealed(&place, &names(), 1);
    let never = verify(&place, &["--offline"]);
    assert_eq!(never.status.code(), Some(3), "{}", stdout(&never));
    assert_eq!(
        layer(&never, "rotations"),
        [
            "finding: overdue: critical: JWT_SECRET (no rotation on record), STRIPE_SECRET_KEY (no rotation on record); \
          high: ADMIN_API_KEY (no rotation on record), GEMINI_API_KEY (no rotation on record), \
          INFISICAL_CLIENT_ID (no rotation on record), INFISICAL_CLIENT_SECRET (no rotation on record), \
          LAGO_API_KEY (no rotation on record), STRIPE_WEBHOOK_SECRET (no rotation on record); \
          medium: R2_ACCESS_KEY_ID (no rotation on record), R2_SECRET_ACCESS_KEY (no rotation on record), \
          RESEND_API_KEY (no rotation on record), WEBHOOK_LAGO_SECRET (no rotation on record); \
          low: TURNSTILE_SECRET_KEY (no rotation on record)"
        ]
    );
    log_all(&place, 85);
    let in_time = verify(&place, &["--offline"]);
    assert_eq!(in_time.status.code(), Some(0), "{}", stdout(&in_time));
    let next = format!("ok: all in time; the next is ADMIN_API_KEY, until {}", day(-5));
    assert_eq!(layer(&in_time, "rotations"), [next]);
    assert_eq!(layer(&in_time, "rotated"), ["ok: none since it was sealed, by the log"]);
    let names = ["ok: it has the names of the vault, and no others"];
    assert_eq!(layer(&in_time, "inventory"), names);
}

#[test]
fn overdue_by_class() {
    let machine = Machine::at(place());
    let place = &machine.place;
    log_all(place, 100);
    for name in ["GEMINI_API_KEY", "RESEND_API_KEY", "LAGO_API_KEY", "ADMIN_API_KEY"] {
        log(place, name, 10);
    }
    let found = status(&machine, &[]);
    assert_eq!(found.status.code(), Some(3), "{}", stdout(&found));
    let until = day(10);
    assert_eq!(
        layer(&found, "rotations"),
        [format!(
            "finding: overdue: high: INFISICAL_CLIENT_ID (until {until}), \
             INFISICAL_CLIENT_SECRET (until {until}), STRIPE_WEBHOOK_SECRET (until {until}); \
             medium: WEBHOOK_LAGO_SECRET (until {until})"
        )]
    );
    // No vault is known here, and none is missed.
    assert_eq!(layer(&found, "inventory"), [""; 0]);
}

#[test]
fn replaced_after_it_was_sealed() {
    let machine = Machine::at(place());
    let place = &machine.place;
    sealed(place, &names(), 20);
    log_all(place, 30);
    log(place, "INFISICAL_CLIENT_ID", 2);
    assert_eq!(verify(place, &["--offline"]).status.code(), Some(0), "it is not in the vault");
    log(place, "JWT_SECRET", 20);
    let same_day = verify(place, &["--offline"]);
    assert_eq!(same_day.status.code(), Some(4), "{}", stdout(&same_day));
    let words =
        "cannot tell: on the day on which it was sealed: JWT_SECRET; compare with the source";
    assert_eq!(layer(&same_day, "rotated"), [words]);
    log(place, "RESEND_API_KEY", 19);
    let both = status(&machine, &["prod.env.gpg", "--passphrase-file", "passphrase"]);
    assert_eq!(both.status.code(), Some(4), "{}", stdout(&both));
    let later = "finding: since it was sealed: RESEND_API_KEY; seal again";
    assert_eq!(layer(&both, "rotated"), [later, words]);
    log(place, "JWT_SECRET", 18);
    let stale = verify(place, &["--offline"]);
    assert_eq!(stale.status.code(), Some(3), "{}", stdout(&stale));
    let later = "finding: since it was sealed: JWT_SECRET, RESEND_API_KEY; seal again";
    assert_eq!(layer(&stale, "rotated"), [later]);
    // What was compared is known.
    let values: String = names().iter().map(|name| format!("{name}='fake-value'\n")).collect();
    place.write("source.env", &values);
    let compared = verify(place, &["--from", "source.env"]);
    assert_eq!(compared.status.code(), Some(0), "{}", stdout(&compared));
    place.write("source.env", values.replace("JWT_SECRET='fake", "JWT_SECRET='other"));
    let compared = verify(place, &["--from", "source.env"]);
    assert_eq!(compared.status.code(), Some(3), "{}", stdout(&compared));
    assert!(layer(&compared, "rotated")[0].starts_with("ok: "), "{}", stdout(&compared));
    let unreachable = verify(place, &["--from", "nowhere.env"]);
    assert_eq!(unreachable.status.code(), Some(4));
    assert_eq!(layer(&unreachable, "rotated"), [later]);
    // A vault that does not say when it was sealed.
    seal(place, &values);
    let unknown = verify(place, &["--offline"]);
    assert_eq!(unknown.status.code(), Some(4), "{}", stdout(&unknown));
    assert!(layer(&unknown, "rotated")[0].starts_with("cannot tell: nobody knows whether"));
}

#[test]
fn the_receipt_tells_the_names_too() {
    let machine = Machine::at(place());
    let place = &machine.place;
    let values: String = names().iter().map(|name| format!("{name}='fake-value'\n")).collect();
    place.write("source.env", &values);
    place.seal("prod.env.gpg", &values);
    log_all(place, 5);
    let receipt = ["verify", "--receipt", "prod.env.gpg", "--from", "source.env"];
    let current = output(place.breakglass().args(receipt));
    assert_eq!(current.status.code(), Some(0), "{}", stdout(&current));
    assert_eq!(layer(&current, "rotations").len(), 1);
    log(place, "JWT_SECRET", 0);
    // Without the vault's passphrase, and without the source.
    let today = status(&machine, &[]);
    let words =
        "cannot tell: on the day on which it was sealed: JWT_SECRET; compare with the source";
    assert_eq!(layer(&today, "rotated"), [words], "{}", stdout(&today));
    log(place, "RESEND_API_KEY", -1);
    let current = output(place.breakglass().args(receipt));
    assert_eq!(current.status.code(), Some(0), "{}", stdout(&current));
    let later = "finding: since it was sealed: RESEND_API_KEY; seal again";
    assert_eq!(layer(&status(&machine, &[]), "rotated"), [later, words]);
    // An inventory with other names.
    let toml = TABLE.replace("SENTRY_DSN =", "SENTRY_URL =");
    place.write("breakglass.toml", toml);
    let other = output(place.breakglass().args(receipt));
    assert_eq!(other.status.code(), Some(3), "{}", stdout(&other));
    let words = "finding: not in the inventory: SENTRY_DSN; not in the vault: SENTRY_URL";
    assert_eq!(layer(&other, "inventory"), [words]);
    assert_eq!(layer(&status(&machine, &[]), "inventory"), [words]);
}

#[test]
fn names_of_another_environment_are_never_required() {
    let place = place();
    let mut some = names();
    some.retain(|name| name != "SENTRY_DSN" && name != "R2_ACCESS_KEY_ID");
    some.extend(["NEW_KEY".to_owned(), "OTHER_KEY".to_owned()]);
    sealed(&place, &some, 1);
    log_all(&place, 5);
    let found = verify(&place, &["--offline"]);
    let words = "finding: not in the inventory: NEW_KEY, OTHER_KEY; not in the vault: R2_ACCESS_KEY_ID, SENTRY_DSN";
    assert_eq!(layer(&found, "inventory"), [words]);
    // Seen from a vault of another environment, everything is elsewhere.
    place.write(
        "breakglass.toml",
        format!("[infisical]\nenvironment = 'staging'\n{TABLE}")
            .replace("vault = \"prod.env.gpg\"\n", ""),
    );
    let found = verify(&place, &["--offline"]);
    let words = "finding: not in the inventory: NEW_KEY, OTHER_KEY";
    assert_eq!(layer(&found, "inventory"), [words]);
}

#[test]
fn lines_that_cannot_be_read_or_believed_are_named_and_never_shown() {
    let place = place();
    sealed(&place, &names(), 1);
    log_all(&place, 5);
    let mut text = place.read("security/rotation-log.txt");
    let lines = text.split(|byte| *byte == b'\n').count();
    text.extend("fake-secret-line\n2099-01-01  JWT_SECRET  later\n2026-02-30  A  x\n".bytes());
    place.write("security/rotation-log.txt", text);
    let found = verify(&place, &["--offline"]);
    assert_eq!(found.status.code(), Some(4), "{}", stdout(&found));
    let path = place.path("security/rotation-log.txt");
    let path = path.display();
    let (first, second, third) = (lines, lines + 1, lines + 2);
    let rotations = layer(&found, "rotations");
    assert_eq!(
        rotations[1..],
        [
            format!(
                "cannot tell: each of the lines {first}, {third} of '{path}' cannot be read and may be a rotation"
            ),
            format!(
                "cannot tell: line {second} of '{path}' lies in the future, as this machine's clock has it, and does not count"
            ),
        ]
    );
    assert!(!stdout(&found).contains("fake-secret-line"));
    let doubt = format!(
        "cannot tell: each of the lines {first}, {second}, {third} of '{path}' may be a rotation since it was sealed; compare with the source"
    );
    assert_eq!(layer(&found, "rotated"), [doubt]);
    // No file, but a folder in its place.
    std::fs::remove_file(place.path("security/rotation-log.txt")).unwrap();
    std::fs::create_dir(place.path("security/rotation-log.txt")).unwrap();
    let found = verify(&place, &["--offline"]);
    assert_eq!(found.status.code(), Some(4), "{}", stdout(&found));
    for name in ["rotations", "rotated"] {
        assert_eq!(layer(&found, name), [format!("cannot tell: '{path}' is not a file")]);
    }
}

#[test]
fn after_a_use_the_line_of_the_outage_is_offered_until_it_is_written() {
    let machine = Machine::at(place());
    let place = &machine.place;
    sealed(place, &names(), 2);
    log_all(place, 5);
    let offered = |machine: &Machine| {
        let text = stdout(&status(machine, &[]));
        let (_, command) = text.split_once("to write the outage down:\n    ")?;
        Some(command.trim_end().to_owned())
    };
    assert_eq!(offered(&machine), None);
    let run = ["run", "prod.env.gpg", "--passphrase-file", "passphrase", "--", "true"];
    assert_success(&output(&mut machine.breakglass(&run)));
    let command = offered(&machine).expect("is offered");
    let json: Value = serde_json::from_slice(&status(&machine, &["--json"]).stdout).expect("JSON");
    assert_eq!(json["incident"], Value::from(command.as_str()));
    // As it is, into a shell.
    let pasted = command.replacen("breakglass", env!("CARGO_BIN_EXE_breakglass"), 1);
    assert_success(&output(&mut machine.shell(&pasted)));
    let line = String::from_utf8(place.read("security/incident-log.txt")).expect("UTF-8");
    let expected = format!(
        "{} | SEV-2 | none | The secrets manager was out, and the vault was used at ",
        day(0)
    );
    assert!(line.starts_with(&expected) && line.ends_with("Z | open\n"), "{line}");
    assert_eq!(offered(&machine), None);
    let json: Value = serde_json::from_slice(&status(&machine, &["--json"]).stdout).expect("JSON");
    assert_eq!(json.get("incident"), None);
    place
        .write("security/incident-log.txt", format!("{} | SEV-1 | x | before | y\noops\n", day(1)));
    assert!(offered(&machine).is_some());
    let found = status(&machine, &[]);
    assert!(
        layer(&found, "incidents")[0].starts_with("cannot tell: line 2 of "),
        "{}",
        stdout(&found)
    );
}

#[test]
fn an_outage_is_never_written_down_for_a_day_to_come() {
    let machine = Machine::at(place());
    let place = &machine.place;
    std::fs::create_dir_all(place.path("home/.local/state/breakglass")).expect("folders");
    let used = "{\"time\":\"2999-01-01T00:00:00Z\",\"event\":\"use\",\"vault\":\"0123\"}\n";
    place.write("home/.local/state/breakglass/journal", used);
    let text = stdout(&status(&machine, &[]));
    assert!(text.contains(&format!(" --secret none --date {} --what ", day(0))), "{text}");
}

#[test]
fn a_rehearsal_holds_as_long_as_breakglass_toml_says() {
    let machine = Machine::at(Place::new());
    let place = &machine.place;
    sealed(place, &names(), 2);
    let drill = ["drill", "prod.env.gpg", "--passphrase-file", "passphrase"];
    assert_success(&output(&mut machine.breakglass(&drill)));
    let path = "home/.local/state/breakglass/journal";
    let journal = String::from_utf8(place.read(path)).expect("UTF-8");
    let today = format!("\"time\":\"{}", day(0));
    let before = format!("\"time\":\"{}", day(20));
    assert!(journal.contains(&today), "{journal}");
    place.write(path, journal.replace(&today, &before));
    assert!(layer(&status(&machine, &[]), "rehearsal")[0].starts_with("ok: "));
    place.write("breakglass.toml", "drill_interval = '2w'\n");
    let late = layer(&status(&machine, &[]), "rehearsal");
    assert!(
        late[0].starts_with("finding: ") && late[0].contains(", more than 14 days; "),
        "{late:?}"
    );
}

/// A `.env` file of all of them that was committed once, and one value in a log.
#[test]
fn scan_finds_each_of_the_table_by_its_name() {
    let place = place();
    let value = |name: &str| format!("fake-{}-{}", name.to_lowercase(), name.len());
    let document: String =
        names().iter().map(|name| format!("{name}='{}'\n", value(name))).collect();
    seal(&place, &document);
    std::fs::create_dir(place.path("app")).expect("a folder");
    place.write("app/app.log", format!("sent with {}\n", value("RESEND_API_KEY")));
    place.write("app/.env", &document);
    let git = "cd app; git init -q .; git add .env; git commit -qm one; git rm -q .env; git commit -qm two";
    let mut sh = place.command("sh");
    for role in ["AUTHOR", "COMMITTER"] {
        sh.env(format!("GIT_{role}_NAME"), "fake");
        sh.env(format!("GIT_{role}_EMAIL"), "fake@example.com");
    }
    assert_success(&output(sh.args(["-c", git])));
    let scan = |arguments: &[&str]| {
        let opened = ["scan", "prod.env.gpg", "--passphrase-file", "passphrase", "--json"];
        let output = output(place.breakglass().args([&opened, arguments].concat()));
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let found = report["findings"].as_array().expect("a list").clone();
        let mut found: Vec<String> =
            found.iter().filter_map(|it| it["name"].as_str().map(str::to_owned)).collect();
        found.sort();
        (output.status.code(), found)
    };
    assert_eq!(scan(&["app"]), (Some(3), vec!["RESEND_API_KEY".to_owned()]));
    let mut all = names();
    all.sort();
    assert_eq!(scan(&["--git", "app"]), (Some(3), all));
    std::fs::remove_file(place.path("app/app.log")).expect("removed");
    assert_eq!(scan(&["app"]), (Some(0), vec![]));
}

/// Of each of the fourteen, what may be committed and what may not.
#[test]
fn guard_refuses_the_table_with_values_and_passes_it_without() {
    let place = place();
    sealed(&place, &names(), 1);
    let git = |words: &[&str]| assert_success(&output(place.command("git").args(words)));
    let guard = || {
        let output = output(place.breakglass().args(["guard", "--staged"]));
        (output.status.code(), stdout(&output))
    };
    git(&["init", "-q", "."]);
    place
        .write(".env.example", names().iter().map(|name| name.clone() + "=\n").collect::<String>());
    git(&["add", ".env.example", "breakglass.toml", "prod.env.gpg"]);
    assert_eq!(guard(), (Some(0), String::new()));
    let document = "# breakglass 1\n# secrets: 1\n";
    // By its form, whatever the name is.
    let value = "sk_live_9QzXyPl4nT3dWvK7mRb2";
    for name in names() {
        place.write(".env.example", format!("{name}={value}\n"));
        place.write("notes.txt", format!("{document}{name}='{value}'\n"));
        place.write("app.env", format!("{name}=\n"));
        git(&["add", "."]);
        let (status, said) = guard();
        assert_eq!((status, said.lines().count()), (Some(3), 3), "{name}: {said}");
        for file in ["'.env.example': ", "'notes.txt': ", "'app.env': "] {
            assert!(said.contains(file), "{name}: {said}");
        }
        assert!(!said.contains(value), "{said}");
    }
}

/// The items of the procedure's list that the table decides, on the days before and after it is due.
#[test]
fn the_checklist_follows_the_table() {
    let place = place();
    sealed(&place, &names(), 1);
    let marks = || {
        let output = output(place.breakglass().args(["doctor", "--checklist"]));
        let text = stdout(&output);
        let mark = |words: &str| {
            let line = text.lines().find(|line| line.contains(words));
            line.and_then(|line| line.chars().nth(2)).unwrap_or_else(|| panic!("{words}: {text}"))
        };
        (mark("every secret is rotated"), text.clone())
    };
    let everything = |days: i64| {
        let _ = std::fs::remove_file(place.path("security/rotation-log.txt"));
        log_all(&place, days);
    };
    assert_eq!(marks().0, '✘', "nothing is on record");
    for (days, expected) in [(0, '✔'), (90, '✔'), (91, '✘'), (181, '✘')] {
        everything(days);
        assert_eq!(marks().0, expected, "{days}: {}", marks().1);
    }
    // One alone is late.
    everything(10);
    for (name, expected) in [
        ("SENTRY_DSN", '✔'),
        ("TURNSTILE_SECRET_KEY", '✘'),
        ("INFISICAL_CLIENT_ID", '✘'),
        ("STRIPE_SECRET_KEY", '✘'),
    ] {
        let path = "security/rotation-log.txt";
        let all = String::from_utf8(place.read(path)).expect("UTF-8");
        let late = |line: &str| match line.contains(name) {
            true => line.replacen(&day(10), &day(200), 1) + "\n",
            false => line.to_owned() + "\n",
        };
        place.write(path, all.lines().map(late).collect::<String>());
        assert_eq!(marks().0, expected, "{name}: {}", marks().1);
        place.write(path, all);
    }
}
