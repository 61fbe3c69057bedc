//! `status`, and what a use leaves: the journal, the marker, and a vault that is stale.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::machine::Machine;
use crate::support::{assert_success, output, stderr, stdout};

const VALUE: &str = "fake-value-of-the-status-tests";

/// A machine with a sealed vault.
fn machine() -> Machine {
    let machine = Machine::new();
    machine.place.seal("v.env.gpg", format!("API_KEY='{VALUE}'\n"));
    machine
}

fn status(machine: &Machine, arguments: &[&str]) -> Output {
    output(&mut machine.breakglass(&[&["status"], arguments].concat()))
}

fn run(machine: &Machine, arguments: &[&str]) -> Command {
    let vault = ["run", "v.env.gpg", "--passphrase-file", "passphrase"];
    machine.breakglass(&[&vault, arguments].concat())
}

fn drill(machine: &Machine) {
    let vault = ["drill", "v.env.gpg", "--passphrase-file", "passphrase"];
    assert_success(&output(&mut machine.breakglass(&vault)));
}

/// With the vault, which is opened.
fn status_of(machine: &Machine) -> Output {
    status(machine, &["v.env.gpg", "--passphrase-file", "passphrase"])
}

fn json(machine: &Machine) -> Value {
    let output = status(machine, &["--json"]);
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// What there is to be pasted into a shell.
fn commands(output: &Output) -> Vec<String> {
    let text = stdout(output);
    let Some((_, block)) = text.split_once("to stand down") else { return Vec::new() };
    let lines = block.lines().skip(1).map(str::trim);
    lines.filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

fn journal(machine: &Machine) -> PathBuf {
    machine.place.path("home/.local/state/breakglass/journal")
}

/// Writes lines into the journal as if they had been there.
fn remember(machine: &Machine, lines: &[String]) {
    std::fs::create_dir_all(journal(machine).parent().expect("a folder")).expect("folders");
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(journal(machine))
        .expect("opens");
    for line in lines {
        writeln!(file, "{line}").expect("writes");
    }
}

fn days_ago(days: i64) -> String {
    let time = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days);
    format!("{time:.0}")
}

fn entry(event: &str, days: i64, more: &str) -> String {
    let time = days_ago(days);
    format!(r#"{{"time":"{time}","event":"{event}","vault":"00000000deadbeef"{more}}}"#)
}

/// A command that was started from the vault and runs until it is dropped.
struct Running(Child);

impl Running {
    fn new(command: &mut Command) -> Running {
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("starts");
        let mut byte = [0];
        // It prints when it runs.
        std::io::Read::read_exact(child.stdout.as_mut().expect("a pipe"), &mut byte).expect("runs");
        Running(child)
    }

    fn ends(&mut self) -> bool {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(20) {
            if self.0.try_wait().expect("waits").is_some() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn sleeping(machine: &Machine) -> Running {
    let mut command = run(machine, &[]);
    Running::new(command.args(["--", "sh", "-c", "echo; exec sleep 600"]))
}

#[test]
fn where_nothing_was_used_there_is_nothing_to_do() {
    let machine = Machine::new();
    let nothing = status(&machine, &[]);
    assert_eq!(nothing.status.code(), Some(0), "{}", stdout(&nothing));
    assert!(!stdout(&nothing).contains("to stand down"), "{}", stdout(&nothing));
    assert!(!machine.place.path("home/.local").exists(), "looking writes nothing");
}

#[test]
fn a_running_command_is_found_and_stands_down_by_what_is_printed() {
    let machine = machine();
    let mut running = sleeping(&machine);
    let found = status(&machine, &[]);
    let pid = json(&machine)["processes"][0]["pid"].clone();
    assert_eq!(found.status.code(), Some(3), "{}", stdout(&found));
    assert!(
        stdout(&found).contains(&format!("'sleep', process {pid}, has secrets")),
        "{}",
        stdout(&found)
    );
    let processes = &json(&machine)["processes"];
    assert_eq!(
        (&processes[0]["what"], &processes[0]["name"]),
        (&"process".into(), &"sleep".into())
    );
    assert!(processes[1].is_null(), "{processes}");
    let commands = commands(&found);
    assert_eq!(commands, [format!("kill {pid}")]);
    assert!(stdout(&found).contains("# to do: seal again"), "{}", stdout(&found));
    assert_success(&output(&mut machine.shell(&commands[0])));
    assert!(running.ends());
    let later = status(&machine, &[]);
    assert!(stdout(&later).contains("has secrets of a vault"), "{}", stdout(&later));
    // Not yet: it was used, and is not sealed again.
    assert_eq!(later.status.code(), Some(3), "{}", stdout(&later));
    std::thread::sleep(Duration::from_millis(1100));
    machine.place.seal("v.env.gpg", format!("API_KEY='{VALUE}'\n"));
    drill(&machine);
    let done = status(&machine, &[]);
    assert_eq!(done.status.code(), Some(0), "{}", stdout(&done));
    assert!(stdout(&done).contains("and sealed again since"), "{}", stdout(&done));
}

/// What a started shell starts is the shell's to end.
#[test]
fn only_the_first_of_a_family_is_to_be_killed() {
    let machine = machine();
    let mut command = run(&machine, &[]);
    let _running = Running::new(command.args(["--", "sh", "-c", "sleep 600 & echo; wait"]));
    let found = status(&machine, &[]);
    let processes = json(&machine)["processes"].clone();
    assert_eq!(processes.as_array().map(Vec::len), Some(2), "{}", stdout(&found));
    assert_eq!(commands(&found)[0], format!("kill {}", processes[0]["pid"]));
    assert_eq!(commands(&found).len(), 1);
}

fn verify(machine: &Machine) -> Output {
    let arguments = ["verify", "v.env.gpg", "--offline", "--passphrase-file", "passphrase"];
    output(&mut machine.breakglass(&arguments))
}

#[test]
fn a_use_makes_the_vault_stale_until_it_is_sealed_again() {
    let machine = machine();
    assert_eq!(verify(&machine).status.code(), Some(0));
    assert_success(&output(&mut run(&machine, &["--reason", "fake outage", "--", "true"])));
    let used = verify(&machine);
    assert_eq!(used.status.code(), Some(3), "{}", stdout(&used));
    assert!(
        stdout(&used).contains("by 'true', because: fake outage; seal again"),
        "{}",
        stdout(&used)
    );
    let receipt = ["verify", "--receipt", "v.env.gpg", "--from", "source.env"];
    machine.place.write("source.env", format!("API_KEY='{VALUE}'\n"));
    let by_receipt = output(&mut machine.breakglass(&receipt));
    assert_eq!(by_receipt.status.code(), Some(3), "{}", stdout(&by_receipt));
    machine.place.seal("v.env.gpg", format!("API_KEY='{VALUE}'\n"));
    assert_eq!(verify(&machine).status.code(), Some(0));
    assert_eq!(output(&mut machine.breakglass(&receipt)).status.code(), Some(0));
}

#[test]
fn a_running_command_makes_it_stale_where_nothing_was_journalled() {
    let machine = machine();
    let mut command = run(&machine, &[]);
    command.env("HOME", "/nonexistent");
    let mut running = Running::new(command.args(["--", "sh", "-c", "echo; exec sleep 600"]));
    let used = verify(&machine);
    assert_eq!(used.status.code(), Some(3), "{}", stdout(&used));
    assert!(stdout(&used).contains("running processes have its secrets"), "{}", stdout(&used));
    let kill = format!("kill {}", json(&machine)["processes"][0]["pid"]);
    assert_success(&output(&mut machine.shell(&kill)));
    assert!(running.ends());
    assert_eq!(verify(&machine).status.code(), Some(0));
}

#[test]
fn one_value_is_a_use_and_a_rehearsal_is_none() {
    let machine = machine();
    let drill = ["drill", "v.env.gpg", "--passphrase-file", "passphrase"];
    assert_success(&output(&mut machine.breakglass(&drill)));
    let names = ["show", "v.env.gpg", "--passphrase-file", "passphrase"];
    assert_success(&output(&mut machine.breakglass(&names)));
    assert_eq!(verify(&machine).status.code(), Some(0));
    let one = ["show", "v.env.gpg", "API_KEY", "--passphrase-file", "passphrase"];
    assert_success(&output(&mut machine.breakglass(&one)));
    assert_eq!(verify(&machine).status.code(), Some(3));
}

#[test]
fn the_journal_knows_the_program_and_no_argument() {
    let machine = machine();
    let argument = "fake-argument-that-may-be-secret";
    let mut run = run(&machine, &[]);
    run.env("LOGNAME", "operator").args(["--reason", "a \"reason\"", "--", "/bin/echo", argument]);
    assert_success(&output(&mut run));
    let text =
        String::from_utf8(std::fs::read(journal(&machine)).expect("a journal")).expect("text");
    assert!(!text.contains(argument) && !text.contains(VALUE), "{text}");
    let last: Value = serde_json::from_str(text.lines().last().expect("a line")).expect("JSON");
    assert_eq!(last["event"], "use");
    assert_eq!(last["program"], "/bin/echo");
    assert_eq!(last["reason"], "a \"reason\"");
    assert_eq!(last["user"], "operator");
    assert_eq!(last["source"], "standard input");
    let facts = ["show", "v.env.gpg", "--json", "--passphrase-file", "passphrase"];
    let shown: Value =
        serde_json::from_slice(&output(&mut machine.breakglass(&facts)).stdout).expect("JSON");
    assert_eq!(last["vault"], shown["id"]);
    assert_eq!(last["sealed"], shown["sealed"]);
}

#[test]
fn what_was_not_started_was_no_use() {
    let machine = machine();
    let run = output(&mut run(&machine, &["--", "no-such-program"]));
    assert_eq!(run.status.code(), Some(127));
    assert_eq!(verify(&machine).status.code(), Some(0));
}

/// Starts it, with one warning, within moments.
fn starts_all_the_same(machine: &Machine) {
    let begun = Instant::now();
    let run = output(&mut run(machine, &["--", "sh", "-c", "printf %s \"$API_KEY\""]));
    assert_eq!(stdout(&run), VALUE, "{}", stderr(&run));
    assert_eq!(stderr(&run).matches("warning").count(), 1, "{}", stderr(&run));
    assert!(stderr(&run).contains("not recorded"), "{}", stderr(&run));
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[test]
fn a_journal_that_cannot_be_written_stops_nothing() {
    let machine = machine();
    let path = journal(&machine);
    // Something else stands in its place: a folder, a pipe that nobody reads, a device that is full.
    std::fs::remove_file(&path).expect("sealing wrote it");
    std::fs::create_dir(&path).expect("a folder");
    starts_all_the_same(&machine);
    std::fs::remove_dir(&path).expect("removed");
    assert_success(&output(Command::new("mkfifo").arg(&path)));
    starts_all_the_same(&machine);
    std::fs::remove_file(&path).expect("removed");
    std::os::unix::fs::symlink("/dev/full", &path).expect("a link");
    starts_all_the_same(&machine);
}

#[test]
fn a_journal_that_another_keeps_locked_stops_nothing() {
    let machine = machine();
    let file = std::fs::File::open(journal(&machine)).expect("sealing wrote it");
    rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive).expect("locks");
    starts_all_the_same(&machine);
}

#[test]
fn rehearsals_come_due() {
    for (lines, code, words) in [
        (vec![entry("drill", 89, r#","passed":true"#)], 0, "89 days ago"),
        (
            vec![entry("drill", 91, r#","passed":true"#)],
            3,
            "more than 90 days; breakglass drill VAULT",
        ),
        (
            vec![entry("drill", 3, r#","passed":true"#), entry("drill", 2, r#","passed":false"#)],
            3,
            "failed 2 days ago",
        ),
        (vec![entry("seal", 2, "")], 3, "none on this machine; breakglass drill VAULT"),
    ] {
        let machine = Machine::new();
        remember(&machine, &lines);
        let found = status(&machine, &[]);
        assert_eq!(found.status.code(), Some(code), "{}", stdout(&found));
        assert!(stdout(&found).contains(words), "{}", stdout(&found));
    }
}

#[test]
fn sealing_again_comes_due_by_source() {
    let drill = entry("drill", 0, r#","passed":true"#);
    let used = entry("use", 5, r#","source":"infisical a""#);
    let other = |days: i64, source: &str| {
        let time = days_ago(days);
        format!(
            r#"{{"time":"{time}","sealed":"{time}","event":"seal","vault":"1111111111111111","source":"{source}"}}"#
        )
    };
    let replacing = |days: i64, old: &str| {
        let more = format!(r#","source":"file c","replaces":"{old}""#);
        other(days, "file c").replace(r#","source":"file c""#, &more)
    };
    for (lines, code) in [
        (vec![used.clone()], 3),
        (vec![used.clone(), other(4, "infisical a")], 0),
        (vec![used.clone(), other(4, "infisical b")], 3),
        (vec![used.replace("infisical a", "file a"), other(4, "file a")], 3),
        (vec![other(6, "infisical a"), used.clone()], 3),
        // In its place, from wherever.
        (vec![used.clone(), replacing(4, "00000000deadbeef")], 0),
        (vec![used.clone(), replacing(4, "22222222deadbeef")], 3),
        // A vault that was copied here and rehearsed was sealed somewhere.
        (vec![used.clone(), other(1, "infisical a").replace("seal\"", "drill\"")], 0),
    ] {
        let machine = Machine::new();
        let lines: Vec<String> = lines.into_iter().chain([drill.clone()]).collect();
        remember(&machine, &lines);
        let found = status(&machine, &[]);
        assert_eq!(found.status.code(), Some(code), "{lines:?}\n{}", stdout(&found));
    }
}

#[test]
fn a_line_that_cannot_be_read_is_told() {
    let machine = Machine::new();
    remember(&machine, &[entry("drill", 1, r#","passed":true"#), r#"{"time":"2026-1"#.to_owned()]);
    let found = status(&machine, &[]);
    assert_eq!(found.status.code(), Some(4), "{}", stdout(&found));
    assert!(stdout(&found).contains("line 2 of this machine's journal"), "{}", stdout(&found));
}

#[test]
fn what_the_configuration_says() {
    let machine = machine();
    machine.place.write(
        "breakglass.toml",
        "vault = 'v.env.gpg'\nmax_age = '1w'\nstart = 'echo started by the manager'\n",
    );
    drill(&machine);
    let young = status(&machine, &[]);
    assert_eq!(young.status.code(), Some(0), "{}", stdout(&young));
    let receipt = String::from_utf8(machine.place.read("v.env.gpg.receipt")).expect("text");
    let sealed = receipt.lines().find_map(|line| line.strip_prefix("# sealed: ")).expect("a time");
    machine.place.write("v.env.gpg.receipt", receipt.replace(sealed, &days_ago(8)));
    let old = status(&machine, &[]);
    assert_eq!(old.status.code(), Some(3), "{}", stdout(&old));
    assert!(stdout(&old).contains("too long ago"), "{}", stdout(&old));
    let _running = sleeping(&machine);
    let found = commands(&status(&machine, &[]));
    let expected = [
        format!("kill {}", json(&machine)["processes"][0]["pid"]),
        "echo started by the manager".to_owned(),
        "breakglass seal".to_owned(),
    ];
    assert_eq!(found, expected);
}

#[test]
fn files_of_pm2_are_searched() {
    let machine = machine();
    std::fs::create_dir(machine.place.path("home/.pm2")).expect("a folder");
    machine.place.write("home/.pm2/dump.pm2", r#"[{"env":{"HOME":"/"}}]"#);
    let unknown = status(&machine, &[]);
    assert!(
        stdout(&unknown).contains("would tell whether with values of it"),
        "{}",
        stdout(&unknown)
    );
    let without = status_of(&machine);
    assert!(
        stdout(&without).contains("dump.pm2' holds no value of the vault"),
        "{}",
        stdout(&without)
    );
    machine
        .place
        .write("home/.pm2/dump.pm2.bak", format!(r#"[{{"env":{{"API_KEY":"{VALUE}"}}}}]"#));
    let with = status_of(&machine);
    assert_eq!(with.status.code(), Some(3));
    assert!(
        stdout(&with).contains("dump.pm2.bak' holds values of the vault in plain text: API_KEY"),
        "{}",
        stdout(&with)
    );
    assert!(!stdout(&with).contains(VALUE) && !stderr(&with).contains(VALUE));
    let bak = machine.place.path("home/.pm2/dump.pm2.bak");
    assert!(commands(&with).contains(&format!("rm -f -- {}", bak.display())), "{}", stdout(&with));
    // The marker alone tells, without the passphrase.
    machine
        .place
        .write("home/.pm2/dump.pm2", r#"[{"env":{"BREAKGLASS_VAULT":"00000000deadbeef"}}]"#);
    let marked = status(&machine, &[]);
    assert_eq!(marked.status.code(), Some(3));
    assert!(
        stdout(&marked).contains("dump.pm2' holds secrets of the vault 00000000deadbeef"),
        "{}",
        stdout(&marked)
    );
    for command in commands(&with).iter().filter(|command| command.starts_with("rm")) {
        assert_success(&output(&mut machine.shell(command)));
    }
    assert!(!bak.exists());
}

#[test]
fn files_of_pm2_are_searched_for_every_form() {
    let machine = machine();
    machine
        .place
        .cheap("other.env.gpg", "QUOTED='fake \"quoted\" value'\nPLAIN='fake-plain-value'\n");
    let words = ["other.env.gpg", "--passphrase-file", "passphrase"];
    std::fs::create_dir(machine.place.path("home/.pm2")).expect("a folder");
    for (text, name) in [
        (r#"[{"env":{"A":"fake \"quoted\" value"}}]"#, "QUOTED"),
        // PLAIN=fake-plain-value
        (r#"[{"env":{"A":"UExBSU49ZmFrZS1wbGFpbi12YWx1ZQ=="}}]"#, "PLAIN"),
    ] {
        machine.place.write("home/.pm2/dump.pm2", text);
        let found = status(&machine, &words);
        assert_eq!(found.status.code(), Some(3));
        let line = format!("dump.pm2' holds values of the vault in plain text: {name}");
        assert!(stdout(&found).contains(&line), "{}", stdout(&found));
    }
}

#[test]
fn nothing_that_a_terminal_obeys_is_shown() {
    let machine = machine();
    let name = "\u{1b}]0;x\u{7}y\u{202e}";
    std::fs::copy("/bin/sleep", machine.place.path(name)).expect("copies");
    let mut command = run(&machine, &[]);
    command.args(["--reason", "a\u{1b}[2Jb", "--", "sh", "-c", "echo; exec \"$0\" 600"]);
    let _running = Running::new(command.arg(machine.place.path(name)));
    for output in [status(&machine, &[]), status(&machine, &["--json"]), verify(&machine)] {
        let said = stdout(&output);
        assert!(!said.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{said:?}");
    }
}

/// A process that calls itself PM2's daemon, in a folder that somebody prepared: `status` runs nothing, and
/// shows nothing that could be pasted by mistake.
#[test]
fn what_calls_itself_a_daemon_makes_it_run_nothing() {
    let machine = machine();
    let bin = machine.place.path("node_modules/.bin");
    std::fs::create_dir_all(&bin).expect("folders");
    let script = machine.place.write("node_modules/.bin/pm2", "#!/bin/sh\ntouch was-run\n");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(script, executable).expect("chmod");
    let homes =
        [machine.place.path("hostile").display().to_string(), "/x\u{15}\u{1b}[2J\r".to_owned()];
    for home in homes {
        let line = "(exec -a \"PM2 v7.0.4: God Daemon (x)\" sleep 600) & echo; wait";
        let mut command = machine.on(machine.place.command("bash").args(["-c", line]));
        command.env("PM2_HOME", &home).env("BREAKGLASS_VAULT", "00000000deadbeef");
        command.env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").expect("text")));
        let _running = Running::new(&mut command);
        for output in [status(&machine, &[]), status(&machine, &["--json"])] {
            let said = stdout(&output);
            assert!(!said.contains(['\u{15}', '\u{1b}', '\r']), "{said:?}");
            assert_eq!(output.status.code(), Some(3), "{said}");
        }
        let found = status(&machine, &[]);
        assert!(stdout(&found).contains("that pm2 does not reach from here"), "{}", stdout(&found));
        assert!(!commands(&found).iter().any(|it| it.contains("pm2")), "{}", stdout(&found));
    }
    assert!(!machine.place.path("was-run").exists());
    assert!(!machine.place.path("hostile").exists());
}

#[test]
fn a_journal_that_cannot_be_read_hides_nothing_else() {
    let machine = machine();
    let _running = sleeping(&machine);
    std::fs::remove_file(journal(&machine)).expect("removed");
    assert_success(&output(Command::new("mkfifo").arg(journal(&machine))));
    let found = status(&machine, &[]);
    assert_eq!(found.status.code(), Some(4), "{}", stdout(&found));
    assert!(stdout(&found).contains("has secrets of the vault"), "{}", stdout(&found));
    assert_eq!(verify(&machine).status.code(), Some(3), "what runs is seen");
}

/// What was written down later happened later, whatever the clock said.
#[test]
fn a_clock_that_was_wrong_settles_by_order() {
    let machine = Machine::new();
    let future = entry("use", -2000, "");
    let more = r#","sealed":"2026-01-01T00:00:00Z","replaces":"00000000deadbeef""#;
    let seal = entry("seal", 1, more)
        .replace("\"vault\":\"00000000deadbeef\"", "\"vault\":\"1111111111111111\"");
    let drill = entry("drill", 0, r#","passed":true"#);
    remember(&machine, &[future, seal, drill]);
    let found = status(&machine, &[]);
    assert_eq!(found.status.code(), Some(0), "{}", stdout(&found));
}
