//! The writing rules of `copy`: whatever fails, and whenever it is killed, the earlier kit or the new one
//! is on the stick, whole, and opens; success means the new one; the next copy cleans up. Tried on a
//! file system that exchanges names, and on one that neither does nor keeps modes, as FAT.
//!
//! Faults come from strace.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::process::Output;

use crate::kit_support::Stick;
use crate::support::{assert_success, output, stderr, stdout};

/// What FAT does not do.
const FAT: [&str; 4] = ["-e", "inject=renameat2:error=EINVAL", "-e", "inject=fchmod:error=EPERM"];

struct Trial {
    stick: Stick,
    fat: bool,
}

/// A call: its name, and how many of that name there were up to it since the start.
type Call = (String, usize);

impl Trial {
    fn new(fat: bool) -> Trial {
        Trial::of(Stick::new(), fat)
    }

    fn of(stick: Stick, fat: bool) -> Trial {
        let stick = stick.with_old_kit();
        stick.save();
        Trial { stick, fat }
    }

    fn copy(&self, options: &[&str]) -> Output {
        let mut words = vec!["timeout", "--signal=KILL", "120", "strace", "-qq", "-o", "trace"];
        if self.fat {
            words.extend(FAT);
        }
        words.extend(options);
        self.stick.copy(&words)
    }

    /// Every call on files that is made once the stick is looked at.
    fn calls(&self) -> Vec<Call> {
        let traced = self.copy(&[]);
        assert_success(&traced);
        self.stick.restore();
        let trace = String::from_utf8(self.stick.place.read("trace")).expect("text");
        let (mut seen, mut calls, mut writing) = (BTreeMap::new(), Vec::new(), false);
        for line in trace.lines() {
            let Some((name, rest)) = line.split_once('(') else { continue };
            let count = seen.entry(name).or_insert(0);
            *count += 1;
            writing |= name.starts_with("open") && rest.contains("\"stick\"");
            if writing && is_on_files(name) {
                calls.push((name.to_owned(), *count));
            }
        }
        for needed in ["flock", "mkdirat", "write", "fsync", "fchmod", "unlinkat"] {
            assert!(calls.iter().any(|(name, _)| name == needed), "no {needed} in {trace}");
        }
        calls
    }

    fn copy_with(&self, (name, number): &Call, fault: &str) -> (Output, String) {
        let inject = format!("inject={name}:{fault}:when={number}");
        (self.copy(&["-e", &inject]), inject)
    }

    /// Which vault the kit has that a person would find.
    fn found(&self, fault: &str) -> String {
        let names = self.stick.names("stick");
        let is_there = names.iter().any(|name| name == "breakglass-v");
        let name = if is_there { "breakglass-v" } else { "breakglass-v.old" };
        let value = self.stick.value(name);
        value.unwrap_or_else(|| panic!("{fault}: no whole kit in {names:?}"))
    }

    /// Old or new, whole, and new where it succeeded; only a killed one leaves anything beside it.
    fn assert_sound(&self, copied: &Output, fault: &str) -> String {
        let said = stderr(copied);
        assert!(!said.contains("panicked"), "{fault}: {said}");
        let value = self.found(fault);
        let names = self.stick.names("stick");
        if copied.status.success() {
            assert_eq!(value, "new", "{fault}");
        }
        let told = ["could not be removed", " is gone, or fails", "did not confirm it"]
            .iter()
            .any(|words| said.contains(words));
        if copied.status.signal() != Some(9) && !told {
            assert_eq!(names, ["breakglass-v"], "{fault}: {said}");
        }
        assert!(names.len() < 3, "{fault}: {names:?}");
        value
    }
}

/// Whether a call may touch files: all but memory, threads and signals.
fn is_on_files(name: &str) -> bool {
    ![
        "mmap", "munmap", "mprotect", "madvise", "mlock", "munlock", "brk", "futex", "clone3",
        "geteuid",
    ]
    .contains(&name)
        && !["rt_", "sigalt", "set_", "exit", "prctl", "prlimit", "memfd", "getrandom", "clock_"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

fn killed_at_any_call(trial: &Trial) {
    let (mut old, mut new, mut left) = (0, 0, 0);
    for call in trial.calls() {
        trial.stick.restore();
        let (killed, fault) = trial.copy_with(&call, "signal=KILL");
        // timeout says it in its own way.
        let by_signal = killed.status.signal() == Some(9) || killed.status.code() == Some(137);
        assert!(by_signal, "{fault}: {} {}", killed.status, stderr(&killed));
        if trial.found(&fault) == "old" {
            old += 1
        } else {
            new += 1
        }
        if trial.stick.names("stick") != ["breakglass-v"] {
            left += 1;
            // Every third one, for the time that it takes.
            if left % 3 == 0 {
                assert_success(&trial.stick.copy(&[]));
                assert_eq!(trial.stick.names("stick"), ["breakglass-v"], "{fault}");
                assert_eq!(trial.found(&fault), "new");
            }
        }
    }
    assert!(old > 30 && new > 3 && left > 20, "{old} old, {new} new, {left} left something");
}

#[test]
fn killed_at_any_call_it_leaves_the_earlier_kit_or_the_new_one() {
    killed_at_any_call(&Trial::new(false));
}

#[test]
fn killed_at_any_call_where_names_cannot_be_exchanged() {
    killed_at_any_call(&Trial::new(true));
}

#[test]
fn killed_at_any_call_with_an_age_vault() {
    killed_at_any_call(&Trial::of(Stick::of_age(), false));
}

fn any_failing_call(trial: &Trial) {
    let mut failed = 0;
    for call in trial.calls() {
        let errors: &[&str] = match call.0.as_str() {
            "write" => &["EIO", "ENOSPC", "EINTR"],
            "openat" => &["EROFS", "ENODEV"],
            "flock" => &["EINTR", "ENOLCK"],
            "read" => &["EIO", "EINTR"],
            "fchmod" | "renameat2" if trial.fat => continue,
            name if name.starts_with("rename") => &["EACCES", "EIO", "ENOSPC"],
            _ => &["EIO"],
        };
        for error in errors {
            trial.stick.restore();
            let (copied, fault) = trial.copy_with(&call, &format!("error={error}"));
            assert!(matches!(copied.status.code(), Some(0 | 1)), "{fault}: {}", copied.status);
            trial.assert_sound(&copied, &fault);
            if !copied.status.success() {
                failed += 1;
                assert!(stderr(&copied).contains("breakglass: error: "), "{fault}");
            }
        }
    }
    assert!(failed > 30, "only {failed} faults were noticed");
}

#[test]
fn any_failing_call_leaves_the_earlier_kit_or_the_new_one() {
    any_failing_call(&Trial::new(false));
}

#[test]
fn any_failing_call_where_names_cannot_be_exchanged() {
    any_failing_call(&Trial::new(true));
}

#[test]
fn any_failing_call_with_an_age_vault() {
    any_failing_call(&Trial::of(Stick::of_age(), false));
}

#[test]
fn what_is_said_of_a_stick_that_fails() {
    let trial = Trial::new(false);
    let calls = trial.calls();
    let nth = |name: &str, number: usize| {
        let begun = calls.iter().rposition(|(call, _)| call == "mkdirat").expect("a folder");
        let mut found = calls[begun..].iter().filter(|(call, _)| call == name);
        found.nth(number).unwrap_or_else(|| panic!("no {name} in {calls:?}")).clone()
    };
    for (call, error, said) in [
        (
            nth("write", 0),
            "ENOSPC",
            "cannot write 'stick/breakglass-v.new/OPEN-ME.txt': no space left on device",
        ),
        (nth("write", 2), "EIO", "'stick/breakglass-v.new' is gone, or fails: input/output error"),
        (nth("fsync", 0), "ENODEV", "'stick/breakglass-v.new' is gone, or fails: no such device"),
        (
            nth("mkdirat", 0),
            "EROFS",
            "cannot write 'stick/breakglass-v.new': read-only file system",
        ),
        (nth("mkdirat", 0), "ENOENT", "'stick' is gone, or fails: no such file or directory"),
        (nth("renameat2", 0), "EACCES", "cannot write 'stick/breakglass-v': permission denied"),
    ] {
        trial.stick.restore();
        let (copied, fault) = trial.copy_with(&call, &format!("error={error}"));
        assert_eq!(copied.status.code(), Some(1), "{fault}");
        assert!(stderr(&copied).contains(said), "{fault}: {}", stderr(&copied));
        assert_eq!(trial.assert_sound(&copied, &fault), "old");
    }
    let fat = Trial { fat: true, ..trial };
    fat.stick.restore();
    let copied = fat.copy(&[]);
    assert_success(&copied);
    assert!(
        stderr(&copied).contains("'stick' keeps no modes (FAT or the like)"),
        "{}",
        stderr(&copied)
    );
    assert_eq!(fat.assert_sound(&copied, "FAT"), "new");
}

#[test]
fn ended_at_any_call_it_cleans_up() {
    let trial = Trial::new(false);
    let calls = trial.calls();
    let (mut old, mut new) = (0, 0);
    for (index, call) in calls.iter().enumerate().step_by(3) {
        trial.stick.restore();
        let (name, number) = if index % 2 == 0 { ("TERM", 15) } else { ("INT", 2) };
        let (ended, fault) = trial.copy_with(call, &format!("signal={name}"));
        let value = trial.assert_sound(&ended, &fault);
        if value == "old" {
            // Before it writes the signal ends it; while it writes it cleans up, and says so.
            let by_signal =
                ended.status.signal() == Some(number) || ended.status.code() == Some(128 + number);
            assert!(by_signal, "{fault}: {} {}", ended.status, stderr(&ended));
            old += 1;
        } else {
            new += 1;
        }
    }
    assert!(old > 10 && new > 0, "{old} old, {new} new");
}

/// What is read back is compared: a disk that keeps something else is found out.
#[test]
fn a_stick_that_keeps_something_else_is_found_out() {
    let trial = Trial::new(false);
    let calls = trial.calls();
    let begun = calls.iter().rposition(|(name, _)| name == "mkdirat").expect("a folder");
    let mut writes = calls[begun..].iter().filter(|(name, _)| name == "write");
    let lost = writes.nth(2).expect("a write");
    // It says that it has written, and has not.
    let length = crate::kit_support::fake_opener().len();
    let (copied, fault) = trial.copy_with(lost, &format!("retval={length}"));
    let said = stderr(&copied);
    assert_eq!(copied.status.code(), Some(1), "{fault}: {said}");
    assert!(
        said.contains("what was read back from 'stick/breakglass-v' is not what was written"),
        "{said}"
    );
    assert_eq!(trial.assert_sound(&copied, &fault), "old");
}

/// Only who may mount can have a small stick.
#[test]
fn a_stick_without_room_is_told_before_anything_is_written() {
    const SCRIPT: &str = "
mount -t tmpfs -o size=$SIZE none stick 2>/dev/null || { echo cannot mount; exit 0; }
cp -a saved/. stick/
\"$@\"
echo \"status $?\"
ls -A stick
";
    let stick = Stick::with_kit();
    stick.save();
    let mut wrapper = vec!["unshare", "--mount"];
    if !rustix::process::geteuid().is_root() {
        wrapper.push("--map-root-user");
    }
    wrapper.extend(["sh", "-c", SCRIPT, "sh"]);
    for (size, status, printed, said) in [
        ("40k", 1, "", "bytes, and 'stick' has"),
        // The kit that is replaced makes room for the next.
        ("60k", 0, "", ""),
        ("1m", 0, "", ""),
    ] {
        let copied = output(stick.copier("v.gpg", &wrapper).env("SIZE", size));
        if stdout(&copied) == "cannot mount\n" || stderr(&copied).starts_with("unshare: ") {
            return;
        }
        assert!(stderr(&copied).contains(said), "{size}: {}", stderr(&copied));
        assert!(stdout(&copied).contains(printed), "{size}");
        assert!(
            stdout(&copied).ends_with(&format!("status {status}\nbreakglass-v\n")),
            "{size}: {} {}",
            stdout(&copied),
            stderr(&copied)
        );
        // Another file system than the vault's.
        assert!(!stderr(&copied).contains("same device"), "{}", stderr(&copied));
        assert!(!stderr(&copied).contains("nearly full"), "{size}");
    }
}
