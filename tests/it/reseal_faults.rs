//! Whatever fails while a vault is resealed, and whenever it is killed: the vault is the old one, byte
//! for byte, or the new one, whole; success means the new one, with its receipt; no file is left over
//! unless it was killed. Faults come from strace.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::Output;

use breakglass::memory::{Passphrase, Region};
use breakglass::payload::{self, Strictness};
use breakglass::receipt::{self, Receipt, ReceiptFacts};
use breakglass::vault::Vault;

use crate::support::{
    PASSPHRASE, Place, assert_success, cheap_age, cheap_vault, output, stderr, stdout,
};

const OTHER: &str = "velvet tundra 81 ocelot brass 17";
const CANARY: &str = "FAKE-canary-5d1e8c0b7a";
const PROGRAM: &str = env!("CARGO_BIN_EXE_breakglass");

/// A folder `out` with a vault and its receipt, and what they were. It is resealed in its place, or into
/// another file, and then stays what it was in any case.
struct Old {
    place: Place,
    from: &'static str,
    to: &'static str,
    vault: Vec<u8>,
    receipt: Vec<u8>,
    document: Vec<u8>,
}

impl Old {
    fn new() -> Old {
        Old::of("v.gpg", "v.gpg")
    }

    fn of(from: &'static str, to: &'static str) -> Old {
        let place = Place::new();
        std::fs::create_dir(place.path("out")).unwrap();
        place.write("other", format!("{OTHER}\n"));
        place.seal("out/v.gpg", format!("API_KEY='{CANARY}'\n"));
        let vault = place.read("out/v.gpg");
        let mut old = Old { place, from, to, receipt: Vec::new(), document: Vec::new(), vault };
        old.receipt = old.place.read("out/v.gpg.receipt");
        old.document = old.opened("out/v.gpg", PASSPHRASE).unwrap();
        // The same document, cheap to open a hundred times.
        old.vault = if from.ends_with(".age") {
            cheap_age(&old.document, PASSPHRASE, 1)
        } else {
            cheap_vault(&old.document, PASSPHRASE, false)
        };
        old.receipt = old.receipt_of_it();
        old.restore();
        old
    }

    /// The receipt that this vault would have.
    fn receipt_of_it(&self) -> Vec<u8> {
        let key = self.place.path("home/.local/state/breakglass/receipt.key");
        let key = receipt::key_from_file(&key, false).unwrap().key;
        let secrets = payload::read(&self.document, Strictness::Lenient, &[]).unwrap().secrets;
        let before = Receipt::parse(&self.receipt).unwrap();
        let vault = Vault::parse(&self.vault).unwrap().digest();
        let facts = ReceiptFacts { vault, ..before.facts().clone() };
        receipt::write(&key, &facts, &secrets).unwrap().into_bytes()
    }

    fn opened(&self, name: &str, passphrase: &str) -> Option<Vec<u8>> {
        let passphrase = Region::copy_of(passphrase.as_bytes()).and_then(Passphrase::new).unwrap();
        let vault = Vault::parse(&self.place.read(name)).unwrap();
        vault.open(&passphrase, &|_| {}).ok().map(|document| document.expose().to_vec())
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.place.path("out")).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn restore(&self) {
        for name in self.names() {
            std::fs::remove_file(self.place.path("out").join(name)).unwrap();
        }
        self.place.write(&format!("out/{}", self.from), &self.vault);
        self.place.write(&format!("out/{}.receipt", self.from), &self.receipt);
    }

    fn is_in_place(&self) -> bool {
        self.from == self.to
    }

    fn reseal(&self, wrapper: &[&str]) -> Output {
        let (from, to) = (format!("out/{}", self.from), format!("out/{}", self.to));
        let words = [wrapper, &[PROGRAM, "reseal", &from, "-q"]].concat();
        let mut command = self.place.command(words[0]);
        command.args(&words[1..]).args(["--passphrase-file", "passphrase"]);
        if !self.is_in_place() {
            command.args(["--to", &to]);
        }
        output(command.args(["--new-passphrase-file", "other"]))
    }

    /// Every call on files after the loader's: its name, and how many of that name there
    /// were up to it.
    fn calls(&self) -> Vec<(String, usize)> {
        assert_success(&self.reseal(&["strace", "-o", "trace"]));
        self.restore();
        let trace = String::from_utf8_lossy(&self.place.read("trace")).into_owned();
        let mut seen = BTreeMap::new();
        let mut calls = Vec::new();
        let mut begun = false;
        for line in trace.lines() {
            let Some((name, _)) = line.split_once('(') else { continue };
            let count = seen.entry(name).or_insert(0);
            *count += 1;
            begun |= line.contains("PR_SET_DUMPABLE");
            let on_files = [
                "open",
                "read",
                "write",
                "fsync",
                "rename",
                "flock",
                "fstat",
                "unlink",
                "statx",
                "lseek",
                "getdents",
                "fchown",
                "newfstatat",
                "close",
            ];
            if begun && on_files.iter().any(|prefix| name.starts_with(prefix)) {
                calls.push((name.to_owned(), *count));
            }
        }
        for needed in ["flock", "write", "fsync", "rename"] {
            assert!(calls.iter().any(|(name, _)| name.starts_with(needed)), "no {needed}: {trace}");
        }
        calls
    }

    fn reseal_with(&self, (name, number): &(String, usize), fault: &str) -> (Output, String) {
        let inject = format!("inject={name}:{fault}:when={number}");
        let trace = format!("trace={name}");
        let outcome = self.reseal(&["strace", "-o", "trace", "-e", &trace, "-e", &inject]);
        (outcome, inject)
    }

    /// Old or new, whole; returns whether it is new.
    fn assert_sound(&self, outcome: &Output, fault: &str) -> bool {
        let killed = outcome.status.signal() == Some(9);
        let (from, to) = (format!("out/{}", self.from), format!("out/{}", self.to));
        let receipt_of = |path: &str| std::fs::read(self.place.path(&format!("{path}.receipt")));
        let now = std::fs::read(self.place.path(&to)).ok();
        let is_new = now.as_ref().is_some_and(|now| !self.is_in_place() || *now != self.vault);
        if is_new {
            assert_eq!(self.opened(&to, OTHER).as_ref(), Some(&self.document), "{fault}");
            assert_eq!(self.opened(&to, PASSPHRASE), None, "{fault}");
        }
        if !(is_new && self.is_in_place()) {
            assert_eq!(self.place.read(&from), self.vault, "{fault}: the old vault");
            assert_eq!(receipt_of(&from).unwrap_or_default(), self.receipt, "{fault}: its receipt");
        }
        assert!(is_new || !outcome.status.success(), "{fault}: success, and the old vault");
        if is_new {
            let receipt = receipt_of(&to).unwrap_or_default();
            let digest = Vault::parse(&now.unwrap_or_default()).unwrap().digest();
            let text = String::from_utf8_lossy(&receipt);
            let belongs = text.contains(&format!("# vault: sha256 {digest}\n"));
            // Between the two renames one may be killed.
            let said = stderr(outcome).contains("sealed without a receipt");
            assert!(belongs || said || !outcome.status.success(), "{fault}: {text}");
        } else if !self.is_in_place() {
            assert!(receipt_of(&to).is_err(), "{fault}: a receipt before its vault");
        }
        let left: Vec<String> = self
            .names()
            .into_iter()
            .filter(|name| ![self.from, self.to].contains(&name.trim_end_matches(".receipt")))
            .collect();
        assert!(killed || left.is_empty(), "{fault}: {left:?}");
        for name in &left {
            assert!(name.starts_with(".breakglass-") && name.ends_with(".tmp"), "{fault}: {name}");
            let bytes = self.place.read(&format!("out/{name}"));
            assert!(!bytes.windows(8).any(|window| window == &CANARY.as_bytes()[..8]), "{fault}");
        }
        is_new
    }
}

#[test]
fn killed_at_any_call_it_leaves_the_old_vault_or_the_new_one() {
    let old = Old::new();
    killed_at_any_call(&old);
    // What the last one may have left is removed by the next.
    old.restore();
    assert_success(&old.reseal(&[]));
    assert_eq!(old.names(), ["v.gpg", "v.gpg.receipt"]);
}

#[test]
fn killed_at_any_call_on_the_way_to_the_other_format() {
    killed_at_any_call(&Old::of("v.age", "v.gpg"));
    killed_at_any_call(&Old::of("v.gpg", "v.age"));
}

fn killed_at_any_call(old: &Old) {
    let (mut olds, mut news) = (0, 0);
    for call in old.calls() {
        old.restore();
        let (killed, fault) = old.reseal_with(&call, "signal=KILL");
        assert_eq!(killed.status.signal(), Some(9), "{fault}: {}", stderr(&killed));
        if old.assert_sound(&killed, &fault) { news += 1 } else { olds += 1 }
    }
    assert!(olds > 5 && news > 0, "{olds} old, {news} new");
}

#[test]
fn any_failing_call_leaves_the_old_vault_or_the_new_one() {
    any_failing_call(&Old::new(), 3);
}

/// One error for each call where scrypt takes its time.
#[test]
fn any_failing_call_on_the_way_to_the_other_format() {
    any_failing_call(&Old::of("v.age", "v.gpg"), 3);
    any_failing_call(&Old::of("v.gpg", "v.age"), 1);
}

fn any_failing_call(old: &Old, most: usize) {
    let mut failed = 0;
    for call in old.calls() {
        let errors: &[&str] = match call.0.as_str() {
            "write" => &["EIO", "ENOSPC", "EINTR"],
            "fsync" => &["EIO"],
            "open" | "openat" => &["EACCES", "EMFILE", "EROFS"],
            "flock" => &["EINTR", "ENOLCK"],
            name if name.starts_with("rename") => &["EIO", "ENOSPC"],
            _ => &["EIO"],
        };
        for error in errors.iter().take(most) {
            old.restore();
            let (outcome, fault) = old.reseal_with(&call, &format!("error={error}"));
            let said = stderr(&outcome);
            assert!(matches!(outcome.status.code(), Some(0 | 1)), "{fault}: {said}");
            old.assert_sound(&outcome, &fault);
            if !outcome.status.success() {
                failed += 1;
                assert!(said.contains("breakglass: error: "), "{fault}: {said}");
                assert!(!said.contains(CANARY) && !said.contains(PASSPHRASE), "{fault}: {said}");
            }
        }
    }
    assert!(failed > 5, "only {failed} faults were noticed");
}

/// The folder is forced to the disk after the rename: the new vault is there, and on record.
#[test]
fn what_the_disk_does_not_confirm_is_in_place_and_on_record() {
    let old = Old::new();
    let syncs: Vec<_> = old.calls().into_iter().filter(|(name, _)| name == "fsync").collect();
    let mut unconfirmed = 0;
    for call in syncs {
        old.restore();
        let entries = || {
            let journal = std::fs::read(old.place.path("home/.local/state/breakglass/journal"));
            let journal = String::from_utf8(journal.unwrap_or_default()).unwrap();
            journal.lines().filter(|line| line.contains("\"event\":\"reseal\"")).count()
        };
        let before = entries();
        let (outcome, fault) = old.reseal_with(&call, "error=EIO");
        if stderr(&outcome).contains("the disk did not confirm it: input/output error") {
            unconfirmed += 1;
            assert_eq!(outcome.status.code(), Some(1), "{fault}");
            assert!(old.assert_sound(&outcome, &fault), "{fault}");
            assert_eq!(entries(), before + 1, "{fault}");
        }
    }
    assert_eq!(unconfirmed, 2, "after the vault's rename, and after the receipt's");
}

#[test]
fn ended_at_any_write_it_cleans_up() {
    let old = Old::new();
    let (mut olds, mut news) = (0, 0);
    let writing =
        |name: &str| ["write", "fsync", "rename", "flock"].iter().any(|it| name.starts_with(it));
    for call in old.calls().into_iter().filter(|(name, _)| writing(name)) {
        old.restore();
        let (outcome, fault) = old.reseal_with(&call, "signal=TERM");
        let is_new = old.assert_sound(&outcome, &fault);
        let by_signal = outcome.status.signal() == Some(15) || outcome.status.code() == Some(143);
        assert!(is_new || by_signal, "{fault}: {}", stderr(&outcome));
        if is_new { news += 1 } else { olds += 1 }
    }
    assert!(olds > 1 && news > 0, "{olds} old, {news} new");
}

#[test]
fn a_full_disk_leaves_the_old_vault() {
    let old = Old::new();
    let outcome = old.reseal(&["bash", "-c", "ulimit -f 0; exec \"$@\"", "bash"]);
    assert_eq!(outcome.status.code(), Some(1), "{}", stderr(&outcome));
    assert!(stderr(&outcome).contains("cannot write 'out/v.gpg': file too large"));
    assert!(!old.assert_sound(&outcome, "no room"));
    // Two at once: one after the other, or the second finds that it has been replaced.
    old.restore();
    let both = "\"$@\" & \"$@\"; first=$?; wait $!; echo $first $?";
    let outcome = old.reseal(&["sh", "-c", both, "sh"]);
    let statuses = stdout(&outcome);
    assert!(["0 1\n", "1 0\n"].contains(&statuses.as_str()), "{statuses} {}", stderr(&outcome));
    assert_eq!(old.opened("out/v.gpg", OTHER).as_ref(), Some(&old.document));
    let mode = std::fs::metadata(old.place.path("out/v.gpg")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
}
