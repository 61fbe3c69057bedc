//! `guard` beside real git: what is refused and what passes, by name and by content, as it is staged and as it
//! lies on the disk.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use crate::git::{git, hostile, repository, run};
use crate::support::{
    PASSPHRASE, Place, armored, assert_success, cheap_age, cheap_vault, output, stderr, stdout,
};

const DOCUMENT: &str = "# breakglass 1\n# secrets: 1\nA='fake value'\n";
const RECEIPT: &[u8] = include_bytes!("../../fuzz/seeds/receipt/authentic.txt");

const ENVIRONMENT: &str = "an environment file, by its name";
const PLAIN: &str = "what a vault holds, in plain text";
const UNSEALED: &str = "named as a vault, and not a whole encrypted file";
const NO_RECEIPT: &str = "named as a receipt, and not one";

fn guard(place: &Place, folder: &str, words: &[&str]) -> Output {
    let mut command = place.breakglass();
    command.current_dir(place.path("").join(folder)).arg("guard").args(words);
    output(command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1"))
}

/// What is refused of what is staged in `r`, line by line; nothing else may be said on standard output, and the
/// exit status fits.
#[track_caller]
fn refused(place: &Place, words: &[&str]) -> Vec<String> {
    let output = guard(place, "r", words);
    let text = stdout(&output);
    let expected = if text.is_empty() { 0 } else { 3 };
    assert_eq!(output.status.code(), Some(expected), "{text}{}", stderr(&output));
    let hints = stderr(&output).matches("breakglass: hint: ").count();
    assert_eq!(hints, usize::from(expected == 3), "{}", stderr(&output));
    text.lines().map(str::to_owned).collect()
}

fn line(name: &str, why: &str) -> String {
    format!("'{name}': {why}")
}

fn write(place: &Place, name: impl AsRef<OsStr>, bytes: impl AsRef<[u8]>) {
    let path = place.path("r").join(name.as_ref());
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
    std::fs::write(path, bytes).expect("a file");
}

fn stage(place: &Place) {
    run(place, "r", &["add", "--all"]);
}

#[test]
fn environment_files_by_any_name() {
    let place = repository(&[]);
    for name in
        [".env", "deep/er/.ENV.local", "a b/pro d.env", "it's.env", "say \"so\".env", "-n.env"]
    {
        write(&place, name, "");
    }
    write(&place, "two\nlines.env", "");
    write(&place, OsStr::from_bytes(b"not\xFFutf8.env"), "");
    write(&place, "bell\u{7}\u{202E}.env", "");
    for name in ["src/env.rs", ".envrc", "environment", "deep/.env.d/x", ".env.example", "b"] {
        write(&place, name, "A=\n");
    }
    stage(&place);
    let mut found = refused(&place, &["--staged"]);
    found.sort();
    let mut expected: Vec<String> = [
        ".env",
        "deep/er/.ENV.local",
        "a b/pro d.env",
        "it's.env",
        "say \"so\".env",
        "-n.env",
        "two\\nlines.env",
        "not\\xffutf8.env",
        "bell\\u{7}\\u{202e}.env",
    ]
    .map(|name| line(name, ENVIRONMENT))
    .into();
    expected.sort();
    assert_eq!(found, expected);
    // The same without the option, and from a folder within.
    assert_eq!(refused(&place, &[]).len(), expected.len());
    assert_eq!(stdout(&guard(&place, "r/deep/er", &[])).lines().count(), expected.len());
    // Committed in spite of it, they are no longer staged; a deletion is welcome.
    run(&place, "r", &["commit", "-qm", "all"]);
    assert_eq!(refused(&place, &[]), [""; 0]);
    run(&place, "r", &["rm", "-q", "--", ".env", "two\nlines.env"]);
    assert_eq!(refused(&place, &[]), [""; 0]);
}

#[test]
fn what_is_staged_counts_and_not_what_lies_on_the_disk() {
    let place = repository(&[]);
    write(&place, "notes.txt", DOCUMENT);
    write(&place, ".env.example", "DB_PASSWORD=hunter2\nA=\nAPI_KEY=hunter2\nB=hunter2\n");
    stage(&place);
    write(&place, "notes.txt", "harmless\n");
    write(&place, ".env.example", "A=\n");
    std::fs::remove_file(place.path("r/a")).expect("removes");
    let value = |number| {
        let why =
            "may hold a real secret: its name or its form is that of one, and it is no placeholder";
        line(".env.example", &format!("line {number} {why}"))
    };
    assert_eq!(refused(&place, &[]), [value(1), value(3), line("notes.txt", PLAIN)]);
    run(&place, "r", &["add", "notes.txt", ".env.example"]);
    write(&place, "notes.txt", DOCUMENT);
    write(&place, ".env.example", "DB_PASSWORD=hunter2\n");
    write(&place, ".env", "A=fake\n");
    assert_eq!(refused(&place, &[]), [""; 0]);
    // Only announced: nothing of it is committed.
    run(&place, "r", &["add", "--intent-to-add", ".env"]);
    assert_eq!(refused(&place, &[]), [""; 0]);
}

#[test]
fn renames_copies_modes_kinds_links_and_submodules() {
    let place = repository(&[]);
    let same = "the same text\n".repeat(30);
    write(&place, "settings", &same);
    write(&place, "old.env", DOCUMENT);
    stage(&place);
    run(&place, "r", &["commit", "-qm", "b"]);
    run(&place, "r", &["config", "diff.renames", "copies"]);
    run(&place, "r", &["mv", "settings", ".env"]);
    write(&place, "copy.env", &same);
    run(&place, "r", &["mv", "old.env", "new.txt"]);
    stage(&place);
    let expected =
        [line(".env", ENVIRONMENT), line("copy.env", ENVIRONMENT), line("new.txt", PLAIN)];
    assert_eq!(refused(&place, &[]), expected);
    run(&place, "r", &["commit", "-qm", "c"]);
    // The mode alone; then a link in the file's place; then a link to nowhere.
    let mode = PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(place.path("r/.env"), mode).expect("chmod");
    stage(&place);
    assert_eq!(refused(&place, &[]), [line(".env", ENVIRONMENT)]);
    std::fs::remove_file(place.path("r/.env")).expect("removes");
    std::fs::remove_file(place.path("r/copy.env")).expect("removes");
    symlink("/run/secrets/env", place.path("r/.env")).expect("a link");
    symlink(".env", place.path("r/current")).expect("a link");
    symlink("releases/4/prod.env.gpg", place.path("r/prod.env.gpg")).expect("a link");
    symlink(DOCUMENT, place.path("r/odd")).expect("a link");
    stage(&place);
    assert_eq!(refused(&place, &[]), [line(".env", ENVIRONMENT), line("odd", PLAIN)]);
    run(&place, "r", &["commit", "-qm", "d"]);
    // What a submodule holds is its own repository's matter, whatever it is called.
    run(&place, "", &["clone", "-q", "r", "other"]);
    run(&place, "r", &["submodule", "--quiet", "add", "../other", "sub.env"]);
    assert_eq!(refused(&place, &[]), [""; 0]);
    write(&place, "sub.env/x.env", "");
    assert_eq!(refused(&place, &[]), [""; 0]);
    run(&place, "r/sub.env", &["add", "x.env"]);
    assert_eq!(guard(&place, "r/sub.env", &[]).status.code(), Some(3));
    assert_eq!(guard(&place, "r", &["."]).status.code(), Some(3));
    // A file in whose place one comes, and the reverse.
    std::fs::remove_file(place.path("r/new.txt")).expect("removes");
    run(&place, "", &["clone", "-q", "other", "r/new.txt"]);
    run(&place, "r", &["rm", "-qf", "sub.env"]);
    write(&place, "sub.env", "");
    run(&place, "r", &["add", "new.txt", "sub.env"]);
    assert_eq!(refused(&place, &[]), [line("sub.env", ENVIRONMENT)]);
}

#[test]
fn sealed_vaults_and_receipts_pass_by_their_content() {
    let place = repository(&[]);
    let vault = cheap_vault(DOCUMENT.as_bytes(), PASSPHRASE, false);
    let age = cheap_age(DOCUMENT.as_bytes(), PASSPHRASE, 1);
    write(&place, "prod.env.gpg", &vault);
    write(&place, ".env.gpg", &vault);
    write(&place, ".env.asc", armored(&vault));
    write(&place, "deep/.env.age", &age);
    write(&place, ".env.production.age", armored(&age));
    write(&place, "prod.env.gpg.receipt", RECEIPT);
    write(&place, ".env.gpg.receipt", RECEIPT);
    write(&place, "notes.age", "not an age file, nor a document\n");
    stage(&place);
    assert_eq!(refused(&place, &[]), [""; 0]);
    write(&place, "prod.env.gpg", DOCUMENT);
    write(&place, ".env.gpg", &vault[..vault.len() - 1]);
    write(&place, ".env.asc", format!("{DOCUMENT}{}", armored(&vault)));
    write(&place, "deep/.env.age", "A=fake\n");
    write(&place, ".env.production.age", "");
    write(&place, "prod.env.gpg.receipt", DOCUMENT);
    write(&place, ".env.gpg.receipt", &RECEIPT[..RECEIPT.len() / 2]);
    write(&place, "backup.age", DOCUMENT);
    stage(&place);
    let mut expected = vec![line("backup.age", PLAIN)];
    let sealed = ["prod.env.gpg", ".env.gpg", ".env.asc", "deep/.env.age", ".env.production.age"];
    expected.extend(sealed.map(|name| line(name, UNSEALED)));
    expected
        .extend(["prod.env.gpg.receipt", ".env.gpg.receipt"].map(|name| line(name, NO_RECEIPT)));
    expected.sort();
    let mut found = refused(&place, &[]);
    found.sort();
    assert_eq!(found, expected);
    assert!(!format!("{found:?}").contains("fake"));
}

#[test]
fn a_first_commit_a_sha256_repository_and_large_files() {
    let place = Place::new();
    run(&place, "", &["init", "-q", "--object-format=sha256", "r"]);
    assert_eq!(refused(&place, &[]), [""; 0]);
    // Larger than any vault, and read from its beginning all the same where it may be a document.
    write(&place, "large", vec![b'\n'; 9 * 1024 * 1024]);
    write(&place, "binary", vec![0xA5; 3 * 1024 * 1024]);
    write(&place, "large.env.gpg", vec![0xA5; 9 * 1024 * 1024]);
    write(&place, "notes", format!("{}{DOCUMENT}", "# a comment\n".repeat(200_000)));
    write(&place, ".env", "");
    stage(&place);
    let expected =
        [line(".env", ENVIRONMENT), line("large.env.gpg", UNSEALED), line("notes", PLAIN)];
    assert_eq!(refused(&place, &[]), expected);
    run(&place, "r", &["rm", "-q", "--cached", "--", ".env", "large.env.gpg", "notes"]);
    assert_eq!(refused(&place, &[]), [""; 0]);
}

#[test]
fn nothing_runs_that_a_repository_names() {
    let place = repository(&[]);
    let mark = hostile(&place, "r");
    // git itself would run the filter when it stages.
    std::fs::remove_file(place.path("r/.git/info/attributes")).expect("removes");
    write(&place, ".env", "");
    assert_success(&output(git(&place, "r").args(["-c", "core.fsmonitor=false", "add", ".env"])));
    let _ = std::fs::remove_file(&mark);
    write(&place, ".git/info/attributes", "* diff=evil filter=evil\n");
    write(&place, ".gitattributes", "* diff=evil filter=evil\n");
    assert_eq!(refused(&place, &[]), [line(".env", ENVIRONMENT)]);
    assert_eq!(refused(&place, &["."]), [line(".env", ENVIRONMENT)]);
    assert!(!mark.exists(), "{}", std::fs::read_to_string(&mark).unwrap_or_default());
}

#[test]
fn files_and_folders_on_the_disk() {
    let place = repository(&[]);
    write(&place, ".gitignore", ".env\nnode_modules/\n");
    write(&place, ".env", "ignored\n");
    write(&place, "node_modules/x/.env", "ignored, too\n");
    write(&place, "forced/.env", "ignored, and tracked\n");
    write(&place, "gone/.env", "tracked, and not on the disk\n");
    write(&place, "new.env", "not tracked yet\n");
    write(&place, "notes", DOCUMENT);
    run(&place, "r", &["add", "--force", "forced/.env", "gone/.env"]);
    std::fs::remove_dir_all(place.path("r/gone")).expect("removes");
    let names = ["forced/.env", "gone/.env", "new.env"];
    let mut expected: Vec<String> = names.map(|name| line(name, ENVIRONMENT)).into();
    expected.push(line("notes", PLAIN));
    assert_eq!(refused(&place, &["."]), expected);
    assert_eq!(refused(&place, &["forced", "notes"]), [expected[0].clone(), expected[3].clone()]);
    // Named by itself, a file counts whether it is ignored or not.
    assert_eq!(refused(&place, &[".env"]), [line(".env", ENVIRONMENT)]);
    let clean = guard(&place, "r", &["a"]);
    assert_eq!(clean.status.code(), Some(0));
    assert_eq!(stderr(&clean), "breakglass: nothing is refused (1 files)\n");
    assert_eq!(stderr(&guard(&place, "r", &["-q", "a"])), "");
    // In no repository everything counts, but for what git keeps for itself.
    std::fs::rename(place.path("r/.git"), place.path("r/.not-git")).expect("renames");
    write(&place, "sub/.git/x.env", "");
    let found = refused(&place, &["."]);
    assert!(found.contains(&line("./.env", ENVIRONMENT)), "{found:?}");
    assert!(found.contains(&line("./node_modules/x/.env", ENVIRONMENT)), "{found:?}");
    assert!(!found.iter().any(|it| it.contains("x.env")), "{found:?}");
    let missing = guard(&place, "r", &[".env", "nowhere"]);
    assert_eq!(missing.status.code(), Some(1));
    assert_eq!(stdout(&missing), format!("{}\n", line(".env", ENVIRONMENT)));
    assert_eq!(
        stderr(&missing),
        "breakglass: error: cannot read 'nowhere': no such file or directory\n\
         breakglass: hint: see that it is there, and that this user may read it\n"
    );
}

#[test]
fn pipes_links_and_folders_that_are_links() {
    let place = Place::new();
    std::fs::create_dir(place.path("r")).expect("a folder");
    write(&place, "x/prod.env", "");
    symlink("x", place.path("r/link")).expect("a link");
    assert_success(&output(place.command("mkfifo").arg(place.path("r/pipe.txt"))));
    assert_eq!(refused(&place, &["."]), [line("./x/prod.env", ENVIRONMENT)]);
    assert_eq!(refused(&place, &["link"]), [line("link/prod.env", ENVIRONMENT)]);
    // It is not called clean where it was named.
    let named = guard(&place, "r", &["pipe.txt"]);
    assert_eq!(named.status.code(), Some(1));
    assert!(stderr(&named).contains("error: 'pipe.txt' is not a file\n"), "{}", stderr(&named));
}

/// What cannot be looked at is never called clean.
#[test]
fn a_file_that_the_system_does_not_show_is_an_error() {
    let place = repository(&[]);
    write(&place, "a.txt", "");
    write(&place, "prod.env", "A=fake1234\n");
    let mut stopped = 0;
    for call in ["newfstatat", "statx", "lstat", "readlink", "open", "openat", "fstat", "getcwd"] {
        for when in 1..40 {
            let mut command = place.command("strace");
            command.current_dir(place.path("r")).args(["-qq", "-o", "trace", "-e"]);
            command.args([format!("trace={call}"), "-e".to_owned()]);
            command.arg(format!("inject={call}:error=EACCES:when={when}"));
            let outcome =
                output(command.arg(env!("CARGO_BIN_EXE_breakglass")).args(["guard", "."]));
            let traced = std::fs::read_to_string(place.path("r/trace")).unwrap_or_default();
            if !traced.contains("(INJECTED)") {
                break;
            }
            match outcome.status.code() {
                Some(3) => {
                    let found = stdout(&outcome).contains("prod.env");
                    assert!(found, "{call} {when}: {}", stderr(&outcome));
                }
                // The dynamic loader.
                Some(127) => {}
                status => {
                    stopped += 1;
                    assert_eq!(status, Some(1), "{call} {when}: {}", stderr(&outcome));
                }
            }
        }
    }
    assert!(stopped > 3, "only {stopped} faults were noticed");
}

#[test]
fn json() {
    let place = repository(&[]);
    write(&place, OsStr::from_bytes(b"\xFF.env"), "");
    write(&place, ".env.example", "A=\nB_KEY=hunter2\n");
    stage(&place);
    let output = guard(&place, "r", &["--json"]);
    assert_eq!(output.status.code(), Some(3));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["files"], 2);
    assert_eq!(report["findings"][0]["path"], ".env.example");
    assert_eq!(report["findings"][0]["finding"], "value");
    assert_eq!(report["findings"][0]["line"], 2);
    assert_eq!(report["findings"][1]["finding"], "environment file");
    assert_eq!(report["findings"][1]["path_hex"], "ff2e656e76");
    assert!(!stdout(&output).contains("hunter2"));
    let clean = guard(&place, "r", &["--json", "a"]);
    assert_eq!(clean.status.code(), Some(0));
    let report: Value = serde_json::from_slice(&clean.stdout).expect("JSON");
    assert_eq!(report, json!({"files": 1, "findings": []}));
}

#[track_caller]
fn fails(place: &Place, folder: &str, path: Option<&Path>, sentence: &str) {
    let mut command = place.breakglass();
    command.current_dir(place.path(folder)).args(["guard", "--staged"]);
    if let Some(path) = path {
        command.env("PATH", path);
    }
    let output = output(command.env("GIT_CONFIG_GLOBAL", "/dev/null"));
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let first = stderr(&output).lines().next().map(str::to_owned);
    assert_eq!(first, Some(format!("breakglass: error: {sentence}")));
    assert_eq!(stdout(&output), "");
}

#[test]
fn where_git_cannot_tell() {
    let place = repository(&[]);
    fails(&place, "home", None, "'.' is in no git repository");
    run(&place, "", &["clone", "-q", "--bare", "r", "bare"]);
    fails(&place, "bare", None, "this repository has no work tree, so nothing is committed in it");
    fails(&place, "r", Some(&place.path("home")), "the program git is not there");
    // git's own test of repositories of other users.
    let wrapper =
        "#!/bin/sh\nPATH=$HOME/../real GIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec git \"$@\"\n";
    for folder in ["wrapped", "real"] {
        std::fs::create_dir(place.path(folder)).expect("a folder");
    }
    let real = stdout(&output(place.command("sh").args(["-c", "command -v git"])));
    symlink(real.trim_end(), place.path("real/git")).expect("a link");
    let path = place.write("wrapped/git", wrapper);
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("chmod");
    let sentence = "git does not trust the repository of '.', because it belongs to another user";
    fails(&place, "r", Some(&place.path("wrapped")), sentence);
    place.write("r/.git/index", "damaged");
    fails(&place, "r", None, "git diff failed: exit status 128");
}
