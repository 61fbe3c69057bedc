//! The writing rules of `seal`: whatever fails, and whenever it is killed, the vault is the old one
//! or the new one, whole; success means the new one, with its receipt; nothing else is left in the
//! folder; and no plain text ever goes into a file.
//!
//! Faults come from strace, which makes one chosen system call fail or sends a signal at it.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{
    PASSPHRASE, Place, assert_success, cheap_age, cheap_vault, feed, output, stderr, stdout,
};

/// Plain text that must be seen nowhere outside.
const CANARY: &str = "FAKE-canary-5d1e8c0b7a";

const PROGRAM: &str = env!("CARGO_BIN_EXE_breakglass");

fn document() -> String {
    format!("API_KEY='{CANARY}'\n")
}

/// A folder `out` with nothing but a vault in it, `v.gpg` or `v.age`.
struct Vault {
    place: Place,
    name: &'static str,
    old: Vec<u8>,
}

impl Vault {
    fn new() -> Vault {
        Vault::of("v.gpg", cheap_vault(b"API_KEY='old'\n", PASSPHRASE, false))
    }

    /// Sealing derives the key of an age vault at its full cost, whatever the old one's was.
    fn of_age() -> Vault {
        Vault::of("v.age", cheap_age(b"API_KEY='old'\n", PASSPHRASE, 1))
    }

    fn of(name: &'static str, old: Vec<u8>) -> Vault {
        let place = Place::new();
        std::fs::create_dir(place.path("out")).expect("a folder");
        // As after a first seal, so that every later one makes the same calls.
        std::fs::create_dir_all(place.path("home/.local/state/breakglass")).expect("a folder");
        place.write("home/.local/state/breakglass/receipt.key", "0123456789abcdef".repeat(4));
        let vault = Vault { place, name, old };
        vault.restore();
        vault
    }

    /// As it was in the beginning.
    fn restore(&self) {
        for name in self.everything() {
            std::fs::remove_file(self.place.path("out").join(name)).expect("removes");
        }
        self.place.write(&self.path(), &self.old);
    }

    fn path(&self) -> String {
        format!("out/{}", self.name)
    }

    /// What lies in the folder, but for the vault's receipt.
    fn names(&self) -> Vec<String> {
        let mut names = self.everything();
        names.retain(|name| *name != format!("{}.receipt", self.name));
        names
    }

    /// Whether there is a receipt, which must then be whole and the vault's own.
    fn has_receipt(&self) -> bool {
        let Ok(receipt) =
            std::fs::read_to_string(self.place.path(&format!("{}.receipt", self.path())))
        else {
            return false;
        };
        let digest = sha256(&self.place.read(&self.path()));
        assert!(receipt.contains(&format!("# vault: sha256 {digest}\n")), "{receipt}");
        assert!(receipt.lines().last().is_some_and(|line| line.starts_with("hmac ")), "{receipt}");
        assert!(!receipt.contains(CANARY));
        true
    }

    fn everything(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.place.path("out")).expect("a folder");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
            .collect();
        names.sort();
        names
    }

    /// `seal out/… --from -`, started by `wrapper`.
    fn sealer(&self, wrapper: &[&str]) -> Command {
        let (mut words, path) = (wrapper.to_vec(), self.path());
        words.extend([PROGRAM, "seal", &path, "-q", "--passphrase-file", "passphrase"]);
        let mut command = self.place.command(words[0]);
        command.args(&words[1..]);
        command
    }

    fn seal(&self, wrapper: &[&str]) -> Output {
        feed(self.sealer(wrapper).args(["--from", "-"]), document().as_bytes())
    }

    fn is_old(&self) -> bool {
        self.place.read(&self.path()) == self.old
    }

    /// The value in the vault, which must open.
    fn value(&self) -> String {
        let run = output(self.place.run(&self.path()).args(["-q", "--", "printenv", "API_KEY"]));
        assert_success(&run);
        stdout(&run).trim_end().to_owned()
    }

    fn assert_new(&self) {
        assert!(!self.is_old());
        assert_eq!(self.value(), CANARY);
        assert!(self.has_receipt());
        let stat = std::fs::metadata(self.place.path(&self.path())).expect("a file");
        assert_eq!(stat.permissions().mode() & 0o7777, 0o600);
    }

    /// Old or new, whole, and new where it succeeded. Returns whether a temporary file is left,
    /// which only a killed process may do.
    fn assert_sound(&self, sealed: &Output, fault: &str) -> bool {
        let status = sealed.status;
        if status.success() || !self.is_old() {
            assert!(!self.is_old(), "{fault}: success without a new vault");
            assert_eq!(self.value(), CANARY, "{fault}");
        }
        let receipt = self.has_receipt();
        assert!(!(self.is_old() && receipt), "{fault}: a receipt before its vault");
        let said = stderr(sealed).contains("sealed without a receipt");
        assert!(receipt || said || !status.success(), "{fault}: success without a receipt");
        let names = self.names();
        let leftovers: Vec<&String> = names.iter().filter(|name| *name != self.name).collect();
        assert!(names.contains(&self.name.to_owned()), "{fault}: {names:?}");
        if status.signal() != Some(9) {
            assert!(leftovers.is_empty(), "{fault}, {status}: {names:?}");
        }
        assert!(leftovers.len() < 3, "{fault}: {names:?}");
        for name in &leftovers {
            assert!(name.starts_with(".breakglass-") && name.ends_with(".tmp"), "{fault}: {name}");
            let path = self.place.path("out").join(name);
            let mode = std::fs::metadata(&path).expect("a file").permissions().mode();
            let bytes = std::fs::read(&path).expect("a file");
            // A receipt is no secret.
            let vault = !bytes.is_empty() && !bytes.starts_with(b"# breakglass receipt");
            let expected = if vault { 0o600 } else { 0o644 };
            assert!([0o600, expected].contains(&(mode & 0o7777)), "{fault}: {name} {mode:o}");
            assert!(!contains(&bytes, CANARY.as_bytes()), "{fault}: plain text in {name}");
        }
        !leftovers.is_empty()
    }

    /// Every call on files that the main thread makes while it writes: its name, and how many of
    /// that name there were up to it since the start.
    fn calls(&self) -> Vec<(String, usize)> {
        let traced = self.seal(&["strace", "-o", "trace"]);
        assert_success(&traced);
        self.restore();
        let trace = String::from_utf8(self.place.read("trace")).expect("text");
        let mut seen = BTreeMap::new();
        let mut calls = Vec::new();
        let mut writing = false;
        for line in trace.lines() {
            let Some((name, rest)) = line.split_once('(') else { continue };
            let count = seen.entry(name).or_insert(0);
            *count += 1;
            writing |= name.starts_with("open")
                && rest.contains("\"out\"")
                && rest.contains("O_DIRECTORY");
            if writing && is_on_files(name) {
                calls.push((name.to_owned(), *count));
            }
        }
        for needed in ["flock", "write", "fsync"] {
            assert!(calls.iter().any(|(name, _)| name == needed), "no {needed} in {trace}");
        }
        assert!(calls.iter().any(|(name, _)| name.starts_with("rename")), "no rename in {trace}");
        calls
    }

    /// Seals with one fault at one call.
    fn seal_with(&self, call: &(String, usize), fault: &str) -> (Output, String) {
        let (name, number) = call;
        let inject = format!("inject={name}:{fault}:when={number}");
        let trace = format!("trace={name}");
        let output = self.seal(&["strace", "-o", "trace", "-e", &trace, "-e", &inject]);
        (output, inject)
    }
}

/// Whether a call may touch files: all but memory, threads and signals.
fn is_on_files(name: &str) -> bool {
    ![
        "mmap", "munmap", "mprotect", "madvise", "mlock", "munlock", "brk", "futex", "clone",
        "clone3",
    ]
    .contains(&name)
        && !["rt_", "sigalt", "set_", "exit", "prctl", "prlimit", "memfd", "getrandom", "clock_"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn killed_at_any_call_it_leaves_the_old_vault_or_the_new_one() {
    killed_at_any_call(&Vault::new());
}

#[test]
fn killed_at_any_call_it_leaves_the_old_age_vault_or_the_new_one() {
    killed_at_any_call(&Vault::of_age());
}

fn killed_at_any_call(vault: &Vault) {
    let (mut old, mut new, mut left) = (0, 0, 0);
    for call in vault.calls() {
        vault.restore();
        let (killed, fault) = vault.seal_with(&call, "signal=KILL");
        assert_eq!(killed.status.signal(), Some(9), "{fault}: {}", stderr(&killed));
        if vault.assert_sound(&killed, &fault) {
            left += 1;
        }
        if vault.is_old() { old += 1 } else { new += 1 }
    }
    assert!(old > 3 && new > 0 && left > 3, "{old} old, {new} new, {left} leftovers");
}

#[test]
fn what_a_killed_one_left_is_removed_by_the_next() {
    let vault = Vault::new();
    let rename = vault.calls().into_iter().find(|(name, _)| name.starts_with("rename"));
    let (killed, fault) = vault.seal_with(&rename.expect("a rename"), "signal=KILL");
    assert!(vault.assert_sound(&killed, &fault), "nothing is left after {fault}");
    // Neither a file nor a folder of somebody else's is taken for a leftover.
    vault.place.write("out/.breakglass-notes", "kept");
    vault.place.write("out/.other.tmp", "kept");
    std::fs::create_dir(vault.place.path("out/.breakglass-folder.tmp")).expect("a folder");
    assert_success(&vault.seal(&[]));
    vault.assert_new();
    let kept = [".breakglass-folder.tmp", ".breakglass-notes", ".other.tmp", "v.gpg"];
    assert_eq!(vault.names(), kept);
}

#[test]
fn any_failing_call_leaves_the_old_vault_or_the_new_one() {
    any_failing_call(&Vault::new(), 4);
}

/// One error for each call, for the time that scrypt takes.
#[test]
fn any_failing_call_leaves_the_old_age_vault_or_the_new_one() {
    any_failing_call(&Vault::of_age(), 1);
}

fn any_failing_call(vault: &Vault, most: usize) {
    let mut failed = 0;
    for call in vault.calls() {
        let errors: &[&str] = match call.0.as_str() {
            "write" => &["EIO", "ENOSPC", "EINTR", "EDQUOT"],
            "fsync" => &["EIO", "ENOSPC"],
            "open" | "openat" => &["EIO", "EACCES", "EMFILE", "EROFS"],
            "flock" => &["EINTR", "ENOLCK"],
            "read" => &["EIO", "EINTR"],
            name if name.starts_with("rename") => &["EIO", "ENOSPC", "EACCES", "EXDEV"],
            _ => &["EIO"],
        };
        for error in errors.iter().take(most) {
            vault.restore();
            let (sealed, fault) = vault.seal_with(&call, &format!("error={error}"));
            assert!(
                matches!(sealed.status.code(), Some(0 | 1)),
                "{fault}: {} {}",
                sealed.status,
                stderr(&sealed)
            );
            vault.assert_sound(&sealed, &fault);
            if !sealed.status.success() {
                failed += 1;
                let said = stderr(&sealed);
                assert!(said.starts_with("breakglass: error: "), "{fault}: {said}");
            }
        }
    }
    assert!(failed > 5, "only {failed} faults were noticed");
}

#[test]
fn the_calls_that_matter_are_not_ignored() {
    let vault = Vault::new();
    let calls = vault.calls();
    let nth = |name: &str, number: usize| {
        let mut found = calls.iter().filter(|(call, _)| call.starts_with(name));
        found.nth(number).unwrap_or_else(|| panic!("no {name} in {calls:?}")).clone()
    };
    for (call, error, said) in [
        (nth("write", 0), "ENOSPC", "cannot write 'out/v.gpg': no space left on device"),
        (nth("fsync", 0), "EIO", "cannot write 'out/v.gpg': input/output error"),
        (nth("fsync", 1), "EIO", "cannot write 'out/v.gpg.receipt': input/output error"),
        (nth("rename", 0), "EACCES", "cannot write 'out/v.gpg': permission denied"),
        (
            nth("fsync", 2),
            "EIO",
            "'out/v.gpg' is in its place, but the disk did not confirm it: input/output error",
        ),
        (
            nth("rename", 1),
            "EACCES",
            "the vault is sealed, but 'out/v.gpg.receipt' could not be written",
        ),
        (
            nth("fsync", 4),
            "EIO",
            "'out/v.gpg.receipt' is in its place, but the disk did not confirm it",
        ),
    ] {
        vault.restore();
        let (sealed, fault) = vault.seal_with(&call, &format!("error={error}"));
        assert_eq!(sealed.status.code(), Some(1), "{fault}: {}", stderr(&sealed));
        assert!(stderr(&sealed).contains(said), "{fault}: {}", stderr(&sealed));
        vault.assert_sound(&sealed, &fault);
    }
}

#[test]
fn ended_at_any_call_it_cleans_up() {
    let vault = Vault::new();
    let (mut old, mut new) = (0, 0);
    for (index, call) in vault.calls().iter().enumerate() {
        vault.restore();
        let (name, number) = if index % 2 == 0 { ("TERM", 15) } else { ("INT", 2) };
        let (ended, fault) = vault.seal_with(call, &format!("signal={name}"));
        vault.assert_sound(&ended, &fault);
        // Before it writes the signal ends it; while it writes it cleans up, and says so.
        let by_signal =
            ended.status.signal() == Some(number) || ended.status.code() == Some(128 + number);
        if vault.is_old() {
            assert!(by_signal, "{fault}: {} {}", ended.status, stderr(&ended));
            old += 1;
        } else {
            new += 1;
        }
    }
    assert!(old > 3 && new > 0, "{old} old, {new} new");
}

#[test]
fn a_hangup_that_the_caller_ignores_does_not_stop_it() {
    let vault = Vault::new();
    let flock = vault.calls().into_iter().find(|(name, _)| name == "flock").expect("a lock");
    let inject = format!("inject=flock:signal=HUP:when={}", flock.1);
    let sealed =
        vault.seal(&["nohup", "strace", "-o", "trace", "-e", "trace=flock", "-e", &inject]);
    assert_success(&sealed);
    vault.assert_new();
}

#[test]
fn a_source_that_waits_can_be_ended() {
    let vault = Vault::new();
    for number in [Signal::TERM, Signal::INT, Signal::HUP] {
        let mut command = vault.sealer(&[]);
        command.args(["--", "sh", "-c", "echo API_KEY=torn; echo ready >&2; exec cat"]);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        let mut said = [0; 6];
        let pipe = child.stderr.as_mut().expect("a pipe");
        std::io::Read::read_exact(pipe, &mut said).expect("the source starts");
        assert_eq!(&said, b"ready\n");
        kill_process(Pid::from_child(&child), number).expect("sends");
        // The source's own end comes with the end of its input.
        let status = child.wait_with_output().expect("ends").status;
        assert!(!status.success());
        assert!(vault.is_old());
        assert_eq!(vault.names(), ["v.gpg"]);
    }
}

#[test]
fn a_file_size_limit_leaves_the_old_vault() {
    let vault = Vault::new();
    let sealed = vault.seal(&["bash", "-c", "ulimit -f 0; exec \"$@\"", "bash"]);
    let said = stderr(&sealed);
    assert_eq!(sealed.status.code(), Some(1), "{} {said}", sealed.status);
    assert!(said.contains("breakglass: error: cannot write 'out/v.gpg': file too large"), "{said}");
    assert!(vault.is_old());
    assert_eq!(vault.names(), ["v.gpg"]);
}

/// Only who may mount can have a small disk; who may not has the limit on file sizes above.
#[test]
fn a_full_disk_leaves_the_old_vault() {
    const SCRIPT: &str = "
mount -t tmpfs -o size=64k none out 2>/dev/null || { echo cannot mount; exit 0; }
cp old out/v.gpg
cat /dev/zero >out/filler 2>/dev/null
\"$@\"
echo \"status $?\"
cmp old out/v.gpg && ls -A out
";
    let vault = Vault::new();
    vault.place.write("old", &vault.old);
    let wrapper: &[&str] = if rustix::process::geteuid().is_root() {
        &["unshare", "--mount", "sh", "-c", SCRIPT, "sh"]
    } else {
        &["unshare", "--mount", "--map-root-user", "sh", "-c", SCRIPT, "sh"]
    };
    let sealed = vault.seal(wrapper);
    let (printed, said) = (stdout(&sealed), stderr(&sealed));
    if printed == "cannot mount\n" || said.starts_with("unshare: ") {
        let limited = vault.seal(&["bash", "-c", "ulimit -f 0; exec \"$@\"", "bash"]);
        assert_eq!(limited.status.code(), Some(1), "{}", stderr(&limited));
        assert!(vault.is_old());
        return;
    }
    assert_eq!(printed, "status 1\nfiller\nv.gpg\n", "{said}");
    assert!(said.contains("cannot write 'out/v.gpg': no space left on device"), "{said}");
}

#[test]
fn a_folder_that_cannot_be_written_leaves_the_old_vault() {
    let vault = Vault::new();
    let mode = |name: &str, mode: u32| {
        std::fs::set_permissions(vault.place.path(name), PermissionsExt::from_mode(mode))
            .expect("chmod");
    };
    // root may write everywhere, so root becomes somebody else, who must reach the program.
    std::fs::copy(PROGRAM, vault.place.path("program")).expect("copies");
    for (name, bits) in [
        ("", 0o755),
        ("passphrase", 0o644),
        ("out/v.gpg", 0o644),
        ("program", 0o755),
        ("out", 0o555),
    ] {
        mode(name, bits);
    }
    let program = vault.place.path("program");
    let mut words = vec![program.to_str().expect("UTF-8")];
    if rustix::process::geteuid().is_root() {
        let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
        words.splice(0..0, nobody);
    }
    let mut command = vault.place.command(words[0]);
    command.args(&words[1..]).args(["seal", "out/v.gpg", "--from", "-"]);
    let sealed = feed(command.args(["--passphrase-file", "passphrase"]), document().as_bytes());
    assert_eq!(sealed.status.code(), Some(1), "{}", stderr(&sealed));
    let said = stderr(&sealed);
    assert!(said.contains("error: cannot write 'out/v.gpg': permission denied"), "{said}");
    assert!(vault.is_old());
    mode("out", 0o755);
    assert_eq!(vault.names(), ["v.gpg"]);
}

#[test]
fn sealers_at_the_same_time_do_not_mix() {
    for number in [2, 8] {
        let vault = Vault::new();
        let sealers: Vec<_> = (0..number)
            .map(|who| {
                let mut command = vault.sealer(&[]);
                let source = format!("echo API_KEY={who}; i=0; while [ $i -lt 200 ]; do echo F$i={who}; i=$((i+1)); done");
                command.args(["--", "sh", "-c", &source]);
                command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts")
            })
            .collect();
        let mut succeeded = 0;
        for sealer in sealers {
            let sealed = sealer.wait_with_output().expect("ends");
            let said = stderr(&sealed);
            if sealed.status.success() {
                succeeded += 1;
            } else {
                assert_eq!(sealed.status.code(), Some(1), "{said}");
                assert!(
                    said.contains("error: another process has been writing in 'out'")
                        || said.contains("'out/v.gpg' was replaced by somebody else meanwhile"),
                    "{said}"
                );
            }
        }
        assert!(succeeded > 0);
        let report = "printenv API_KEY; env | sed -n 's/^F[0-9]*=//p' | sort | uniq -c";
        let run = output(vault.place.run("out/v.gpg").args(["-q", "--", "sh", "-c", report]));
        let text = stdout(&run);
        let who = text.lines().next().expect("a line");
        assert!(who.parse::<u32>().is_ok_and(|who| who < number), "{text}");
        let words: Vec<&str> = text.split_whitespace().collect();
        assert_eq!(words, [who, "200", who]);
        assert_eq!(vault.names(), ["v.gpg"]);
    }
}

#[test]
fn a_symbolic_link_stays_one() {
    let vault = Vault::new();
    let place = &vault.place;
    std::fs::create_dir(place.path("links")).expect("a folder");
    let (far, near): (PathBuf, PathBuf) = ("links/far".into(), "near".into());
    symlink("../out/v.gpg", place.path("links/far")).expect("a link");
    symlink(&far, place.path("near")).expect("a link");
    symlink("out/new.gpg", place.path("dangling")).expect("a link");
    symlink("round", place.path("round")).expect("a link");
    let seal = |name: &str| {
        let mut command = place.breakglass();
        command.args(["seal", name, "--from", "-", "--passphrase-file", "passphrase"]);
        feed(&mut command, document().as_bytes())
    };
    for link in [&near, &far] {
        vault.restore();
        let before = std::fs::read_link(place.path(link.to_str().expect("UTF-8"))).expect("a link");
        assert_success(&seal(link.to_str().expect("UTF-8")));
        let after = std::fs::read_link(place.path(link.to_str().expect("UTF-8"))).expect("a link");
        assert_eq!(before, after);
        vault.assert_new();
        assert_eq!(vault.names(), ["v.gpg"]);
    }
    assert_success(&seal("dangling"));
    assert!(place.path("dangling").is_symlink());
    assert_eq!(vault.names(), ["new.gpg", "new.gpg.receipt", "v.gpg"]);
    let sealed = seal("round");
    assert_eq!(sealed.status.code(), Some(1));
    assert!(stderr(&sealed).contains("too many levels of symbolic links"), "{}", stderr(&sealed));
    assert!(place.path("round").is_symlink());
}

#[test]
fn the_owner_stays() {
    let vault = Vault::new();
    let path = vault.place.path("out/v.gpg");
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&path, Some(65_534), Some(65_533)).expect("chown");
    }
    let before = std::fs::metadata(&path).expect("a file");
    assert_success(&vault.seal(&[]));
    vault.assert_new();
    let after = std::fs::metadata(&path).expect("a file");
    assert_eq!((before.uid(), before.gid()), (after.uid(), after.gid()));
    assert_ne!(before.ino(), after.ino(), "it was written over, not replaced");
}

#[test]
fn what_is_no_vault_is_not_replaced() {
    let vault = Vault::new();
    for bytes in [&b"A=1\n"[..], b"\n", b"\x00", b"{}", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n"] {
        vault.place.write("out/v.gpg", bytes);
        let sealed = vault.seal(&[]);
        assert_eq!(sealed.status.code(), Some(1), "{bytes:?}");
        let said = stderr(&sealed);
        assert!(said.contains("'out/v.gpg' exists and is not a vault"), "{said}");
        assert_eq!(vault.place.read("out/v.gpg"), bytes);
        assert_eq!(vault.names(), ["v.gpg"]);
    }
}

#[test]
fn what_is_no_file_is_not_replaced() {
    let vault = Vault::new();
    let path = vault.place.path("out/v.gpg");
    for make in ["mkdir out/v.gpg", "mkfifo out/v.gpg", "ln -s /dev/null out/v.gpg"] {
        std::fs::remove_file(&path).or_else(|_| std::fs::remove_dir(&path)).expect("removes");
        assert_success(&output(vault.place.command("sh").args(["-c", make])));
        let kind = std::fs::metadata(&path).expect("something").file_type();
        let sealed = vault.seal(&["timeout", "--signal=KILL", "60"]);
        let said = stderr(&sealed);
        assert_eq!(sealed.status.code(), Some(1), "{make}: {said}");
        assert!(said.contains("is not a file"), "{make}: {said}");
        assert_eq!(std::fs::metadata(&path).expect("something").file_type(), kind);
        assert_eq!(vault.names(), ["v.gpg"]);
    }
}

#[test]
fn an_empty_file_and_no_file_become_a_vault() {
    let vault = Vault::new();
    vault.place.write("out/v.gpg", "");
    assert_success(&vault.seal(&[]));
    vault.assert_new();
    std::fs::remove_file(vault.place.path("out/v.gpg")).expect("removes");
    assert_success(&vault.seal(&["sh", "-c", "umask 0; exec \"$@\"", "sh"]));
    vault.assert_new();
    std::fs::remove_dir_all(vault.place.path("out")).expect("removes");
    let sealed = vault.seal(&[]);
    assert_eq!(sealed.status.code(), Some(1));
    let said = stderr(&sealed);
    assert!(said.contains("cannot write 'out/v.gpg': no such file or directory"), "{said}");
}

#[test]
fn a_source_that_fails_replaces_nothing() {
    let vault = Vault::new();
    vault.place.write("plain", "#!/bin/sh\n");
    for (source, expected) in [
        (&["false"][..], "the source 'false' failed: exit status 1"),
        (&["true"], "the source 'true' printed nothing"),
        (&["sh", "-c", "echo A=1; exit 3"], "the source 'sh' failed: exit status 3"),
        (&["sh", "-c", "echo A=1; kill -KILL $$"], "the source 'sh' failed: signal 9"),
        (&["sh", "-c", "echo A=1; kill -TERM $$"], "the source 'sh' failed: signal 15"),
        (&["no-such-command"], "command not found: 'no-such-command'"),
        (&["./plain"], "cannot execute './plain': permission denied"),
        (&["./out"], "cannot execute './out': permission denied"),
        (&["echo", "no assignment"], "line 1 is not an assignment NAME=value"),
        (&["echo", "# nothing but a comment"], "there is not one secret in it"),
        (&["head", "-c", "9000000", "/dev/zero"], "'head' is larger than 8 MiB"),
        (&["printf", "A='1"], "line 1 (A): a quote or a backslash is left open"),
    ] {
        let sealed = output(vault.sealer(&[]).arg("--").args(source));
        let said = stderr(&sealed);
        assert_eq!(sealed.status.code(), Some(1), "{source:?} {said}");
        assert!(said.contains(&format!("breakglass: error: {expected}\n")), "{source:?} {said}");
        assert!(vault.is_old(), "{source:?}");
        assert_eq!(vault.names(), ["v.gpg"]);
    }
    for from in ["no-such-file", "out"] {
        let sealed = output(vault.sealer(&[]).args(["--from", from]));
        assert_eq!(sealed.status.code(), Some(1), "{}", stderr(&sealed));
        assert!(vault.is_old());
    }
    assert_eq!(vault.names(), ["v.gpg"]);
}

#[test]
fn what_would_fail_later_replaces_nothing() {
    let vault = Vault::new();
    vault.place.write("weak", "password\n");
    let long = format!("A={}\n", "x".repeat(131_072));
    for (arguments, document) in [
        (&["--passphrase-file", "weak"][..], "A=1\n"),
        (&["--passphrase-file", "no-such-file"], "A=1\n"),
        (&["--passphrase-file", "passphrase"], "NODE_OPTIONS=1\n"),
        (&["--passphrase-file", "passphrase"], "A-B=1\n"),
        (&["--passphrase-file", "passphrase"], "A=1\nA=2\n"),
        (&["--passphrase-file", "passphrase"], &long),
    ] {
        let mut command = vault.place.breakglass();
        command.args(["seal", "out/v.gpg", "--from", "-"]).args(arguments);
        let sealed = feed(&mut command, document.as_bytes());
        assert_eq!(sealed.status.code(), Some(1), "{arguments:?}");
        assert!(vault.is_old());
        assert_eq!(vault.names(), ["v.gpg"]);
    }
}

/// The calls by which bytes can leave a process, or files change their names.
const WATCHED: &str = "trace=%file,write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg,sendmmsg,\
sendfile,splice,vmsplice,copy_file_range,mmap,fsync,fdatasync,ftruncate,memfd_create";

/// Everything that a command and its children wrote, one line for each call.
fn watch(vault: &Vault, words: &[&str]) -> Vec<String> {
    let mut command = vault.place.command("strace");
    command.args(["-f", "-y", "-s", "1000000", "-o", "trace", "-e", WATCHED]).args(words);
    assert_success(&feed(&mut command, document().as_bytes()));
    let trace = String::from_utf8_lossy(&vault.place.read("trace")).into_owned();
    trace.lines().map(str::to_owned).collect()
}

/// The lines by which plain text, or the passphrase, goes elsewhere than into a pipe.
fn leaks(trace: &[String]) -> Vec<&String> {
    let told = |line: &&String| line.contains(CANARY) || line.contains(PASSPHRASE);
    trace.iter().filter(told).filter(|line| !line.contains("<pipe:[")).collect()
}

#[test]
fn plain_text_never_goes_into_a_file_and_the_order_is_the_safe_one() {
    let vault = Vault::new();
    let control = watch(&vault, &["tee", "leak"]);
    assert!(!leaks(&control).is_empty(), "the watch is blind: {control:?}");
    let seal = [PROGRAM, "seal", "out/v.gpg", "--passphrase-file", "passphrase"];
    for source in [&["--from", "-"][..], &["--", "cat"]] {
        let trace = watch(&vault, &[&seal[..], source].concat());
        vault.assert_new();
        assert_eq!(leaks(&trace), Vec::<&String>::new());
        let shared = |line: &&String| line.contains("MAP_SHARED") && line.contains("PROT_WRITE");
        for line in trace.iter().filter(shared) {
            assert!(line.contains("secretmem"), "a file is mapped: {line}");
        }
        let at = |what: &str, is_it: &dyn Fn(&str) -> bool| {
            trace
                .iter()
                .position(|line| is_it(line))
                .unwrap_or_else(|| panic!("no {what} in {}", trace.join("\n")))
        };
        let folder = "/out>";
        let call = |line: &str, name: &str| line.split(' ').any(|word| word.starts_with(name));
        let write = at("write", &|line| call(line, "write(") && line.contains("/.breakglass-"));
        let sync = at("fsync", &|line| call(line, "fsync(") && line.contains("/.breakglass-"));
        let rename = at("rename", &|line| call(line, "rename") && line.contains("/.breakglass-"));
        let folder = at("fsync", &|line| call(line, "fsync(") && line.contains(folder));
        assert!(write < sync && sync < rename && rename < folder, "{}", trace.join("\n"));
        // Vault and receipt are both written and on the disk before either takes its place.
        let is_late = |line: &String| {
            (call(line, "write(") || call(line, "fsync(")) && line.contains("/.breakglass-")
        };
        let last = trace.iter().rposition(is_late).expect("a write");
        assert!(last < rename, "{}", trace.join("\n"));
        let renames = trace.iter().filter(|line| call(line, "rename"));
        let targets: Vec<bool> = renames.map(|line| line.contains("v.gpg.receipt")).collect();
        assert_eq!(targets, [false, true], "the vault first: {}", trace.join("\n"));
    }
}
