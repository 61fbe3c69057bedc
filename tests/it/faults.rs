//! One failed or short system call in a run of `run`, `verify`, `drill` or `copy`, at every place where the
//! program makes it: an error or success, never a crash, a hang or a changed vault. Sealing has its
//! own in seal_writing.rs; docs/RELIABILITY.md tells of the long version.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::process::Output;

#[cfg(target_os = "linux")]
use crate::machine::alone;
use crate::support::{
    PASSPHRASE, Place, assert_success, cheap_age, cheap_vault, output, stderr, stdout,
};

const VALUE: &str = "fake-value-of-the-fault-tests";

/// What each call answers when it fails. No fault makes the call succeed without being made.
const FAULTS: &[(&str, &[&str])] = &[
    ("access", &["EACCES"]),
    ("clone3", &["EAGAIN"]),
    ("close_range", &["ENOSYS"]),
    ("flock", &["EINTR", "ENOLCK"]),
    ("fsync", &["EIO"]),
    ("fstat", &["EIO"]),
    ("ftruncate", &["EIO"]),
    ("getrandom", &["ENOSYS", "EINTR"]),
    ("ioctl", &["EIO"]),
    ("memfd_secret", &["ENOSYS", "EMFILE"]),
    ("mlock", &["ENOMEM"]),
    ("mmap", &["ENOMEM"]),
    ("openat", &["EMFILE"]),
    ("pipe2", &["EMFILE"]),
    ("prctl", &["EPERM"]),
    ("prlimit64", &["EPERM"]),
    ("read", &["EIO", "EINTR"]),
    ("waitid", &["EINTR"]),
    ("write", &["ENOSPC", "EINTR"]),
];

struct Case {
    place: Place,
    vault: &'static str,
    arguments: Vec<String>,
}

impl Case {
    fn new(arguments: &[&str]) -> Case {
        let place = Place::new();
        place.write("source.env", format!("A='{VALUE}'\n"));
        let document = place.read("source.env");
        place.write("v.env.gpg", cheap_vault(&document, PASSPHRASE, false));
        place.write("v.env.age", cheap_age(&document, PASSPHRASE, 10));
        let is_age = arguments.contains(&"v.env.age");
        let vault = if is_age { "v.env.age" } else { "v.env.gpg" };
        Case {
            place,
            vault,
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
        }
    }

    /// Runs under strace; the faults are the program's own, not those of what it starts.
    fn trace(&self, options: &[&str]) -> Output {
        let mut command = self.place.command("timeout");
        command.arg("60");
        // It looks at all processes, of which the other tests start many.
        if self.arguments.first().is_some_and(|verb| verb == "status") {
            command.args(alone());
        }
        command.args(["strace", "-qq", "-o", "trace"]).args(options);
        command.arg(env!("CARGO_BIN_EXE_breakglass")).args(&self.arguments);
        output(&mut command)
    }

    /// How often the program makes each call up to its first exec of another program, and how many
    /// of them the loader makes before main.
    fn calls(&self) -> BTreeMap<String, (usize, usize)> {
        let clean = self.trace(&[]);
        assert!(matches!(clean.status.code(), Some(0 | 3)), "{}", stderr(&clean));
        let trace = String::from_utf8_lossy(&self.place.read("trace")).into_owned();
        let mut calls: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        let mut in_main = false;
        for (index, line) in trace.lines().enumerate() {
            in_main |= line.contains("PR_SET_DUMPABLE");
            let Some((name, _)) = line.split_once('(') else { continue };
            if name == "execve" && index > 0 {
                break;
            }
            let entry = calls.entry(name.to_owned()).or_default();
            entry.0 += usize::from(!in_main);
            entry.1 += 1;
        }
        assert!(in_main, "{trace}");
        calls
    }

    fn sound(&self, fault: &str, outcome: &Output) {
        let said = stderr(outcome);
        assert_eq!(outcome.status.signal(), None, "{fault}: {said}");
        let status = outcome.status.code().expect("a status");
        assert!([0, 1, 3, 4, 125, 126].contains(&status), "{fault}: {status} {said}");
        assert!(!said.contains("panicked"), "{fault}: {said}");
        assert!(!said.contains(VALUE) && !said.contains(PASSPHRASE), "{fault}: {said}");
        let vault = self.place.read(self.vault);
        assert!(vault == self.place.read("reference"), "{fault}: the vault was changed");
        let is_run = self.arguments.first().is_some_and(|verb| verb == "run");
        if is_run && status == 0 {
            assert_eq!(stdout(outcome), VALUE, "{fault}");
        }
        if self.arguments.first().is_some_and(|verb| verb == "copy") {
            let folder = self.place.path("home/breakglass-v");
            let kit = crate::kit_support::read(&folder);
            assert!(kit.is_some_and(|kit| kit.is_whole()), "{fault}: no whole kit");
        }
    }

    fn survive(self) {
        let calls = self.calls();
        self.place.write("reference", self.place.read(self.vault));
        let mut trials = 0;
        for (call, errnos) in FAULTS {
            let (before, all) = calls.get(*call).copied().unwrap_or_default();
            for when in before + 1..=all {
                for errno in *errnos {
                    let inject = format!("inject={call}:error={errno}:when={when}");
                    let outcome = self.trace(&["-e", &format!("trace={call}"), "-e", &inject]);
                    self.sound(&inject, &outcome);
                    trials += 1;
                }
            }
        }
        assert!(trials > 50, "{trials} trials");
    }
}

#[test]
fn run_survives_any_failing_call() {
    let command = ["--", "/bin/sh", "-c", "printf %s \"$A\""];
    Case::new(&[&["run", "v.env.gpg", "--passphrase-file", "passphrase"][..], &command].concat())
        .survive();
}

#[test]
fn run_of_an_age_vault_survives_any_failing_call() {
    let command = ["--", "/bin/sh", "-c", "printf %s \"$A\""];
    Case::new(&[&["run", "v.env.age", "--passphrase-file", "passphrase"][..], &command].concat())
        .survive();
}

/// Memory and limits; kit_faults.rs has the calls on files. The kit of the first copy, or a later one, is
/// there throughout.
#[test]
fn copy_survives_any_failing_call() {
    for vault in ["v.env.gpg", "v.env.age"] {
        let words = ["copy", vault, "home", "--without-opener", "--passphrase-file", "passphrase"];
        let case = Case::new(&words);
        assert_success(&output(case.place.breakglass().args(words)));
        case.survive();
    }
}

/// With a PM2 that answers at once: its daemon is asked for before the vault is opened.
#[test]
fn run_of_pm2_survives_any_failing_call() {
    let command = ["--", "./pm2", "start", "app.js"];
    let case = Case::new(
        &[&["run", "v.env.gpg", "--passphrase-file", "passphrase"][..], &command].concat(),
    );
    let script = "#!/bin/sh\nif [ \"$1\" = start ]; then printf %s \"$A\"; fi\n";
    let path = case.place.write("pm2", script);
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    case.survive();
}

#[test]
fn status_survives_any_failing_call() {
    Case::new(&["status", "v.env.gpg", "--passphrase-file", "passphrase"]).survive();
}

#[test]
fn verify_survives_any_failing_call() {
    Case::new(&["verify", "v.env.gpg", "--from", "source.env", "--passphrase-file", "passphrase"])
        .survive();
}

#[test]
fn drill_survives_any_failing_call() {
    Case::new(&["drill", "v.env.gpg", "--passphrase-file", "passphrase"]).survive();
}
