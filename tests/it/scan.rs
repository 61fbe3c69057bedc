//! `scan`: every form in every kind of place, what is left out is said, and nothing is found where
//! nothing is.

use std::ffi::OsStr;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::{Place, assert_success, feed, output, stderr, stdout};

/// One for programs, one for people, one that is too short, and one that nobody minds.
const DOCUMENT: &str = "STRIPE_SECRET_KEY='sk_live_fake9QzXyPl4nT3dWv'\n\
     DATABASE_URL='postgres://fake:it'\\''s \"a\" $tr\\nge é@db/x?y=<z>&w'\n\
     KEY_FILE='-----BEGIN FAKE'\\''S KEY-----\nMIIfakeQz8\n-----END FAKE KEY-----'\n\
     SHORT='fake'\n\
     NODE_ENV='production'\n";
const KEY: &str = "sk_live_fake9QzXyPl4nT3dWv";
const FILE: &str = "-----BEGIN FAKE'S KEY-----\nMIIfakeQz8\n-----END FAKE KEY-----";
const URL: &str = "postgres://fake:it's \"a\" $tr\\nge é@db/x?y=<z>&w";

fn place() -> Place {
    let place = Place::new();
    place.cheap("v.env.gpg", DOCUMENT);
    std::fs::create_dir(place.path("tree")).unwrap();
    place
}

fn scan(place: &Place, arguments: &[&str]) -> Command {
    let mut command = place.breakglass();
    command.args(["scan", "v.env.gpg", "--passphrase-file", "passphrase"]).args(arguments);
    command
}

/// Name, form and path of everything that was found, in order.
fn found(place: &Place, arguments: &[&str]) -> Vec<(String, String, String)> {
    let output = output(scan(place, arguments).args(["--json", "--except", "NODE_ENV"]));
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)));
    let findings = report["findings"].as_array().expect("a list");
    assert_eq!(output.status.code(), Some(if findings.is_empty() { 0 } else { 3 }));
    assert_silent(&output);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut found: Vec<_> = findings
        .iter()
        .map(|it| (text(&it["name"]), text(&it["form"]), text(&it["path"])))
        .collect();
    found.sort();
    found
}

fn assert_silent(output: &std::process::Output) {
    for text in [stdout(output), stderr(output)] {
        for part in ["QzXyPl", "4nT3dWv", "postgres", "fake", "it's", "@db"] {
            assert!(!text.contains(part), "{text}");
        }
    }
}

/// What a program makes of text on its standard input.
fn made_by(place: &Place, program: &str, arguments: &[&str], input: &str) -> Vec<u8> {
    let output = feed(place.command(program).args(arguments), input.as_bytes());
    assert_success(&output);
    output.stdout
}

/// Has `program` write each value, and expects it to be found in that form.
#[track_caller]
fn assert_form(place: &Place, form: &str, program: &str, arguments: &[&str]) {
    for (name, value) in [("STRIPE_SECRET_KEY", KEY), ("DATABASE_URL", URL), ("KEY_FILE", FILE)] {
        let made = made_by(place, program, arguments, value);
        place.write("tree/x", [b"some text\nbefore ", &made[..], b" and behind"].concat());
        // What holds nothing to be escaped stays as it is.
        let plain = String::from_utf8_lossy(&made).contains(value);
        let form = if plain && form != "raw" && name != "DATABASE_URL" { "raw" } else { form };
        let expected = (name.to_owned(), form.to_owned(), "tree/x".to_owned());
        let made = String::from_utf8_lossy(&made);
        assert_eq!(found(place, &["tree"]), [expected], "{program} {arguments:?}: {made}");
    }
}

#[test]
fn as_real_programs_write_it() {
    let place = place();
    for before in ["", "x", "xy"] {
        for lines in ["", " -w0", " -w64", " -w17"] {
            let script =
                format!("{{ printf %s '{before}'; cat; printf ' and behind'; }} | base64{lines}");
            assert_form(&place, "base64", "sh", &["-c", &script]);
        }
    }
    let python = |expression: &str| {
        format!(
            "import sys,re,json,base64,shlex,urllib.parse as u;v=sys.stdin.read();print({expression},end='')"
        )
    };
    assert_form(
        &place,
        "base64",
        "python3",
        &["-c", &python("base64.urlsafe_b64encode(b'a?'+v.encode()+b'~').decode()")],
    );
    for (form, expression) in [
        ("raw", "v"),
        ("url", "u.quote(v, safe='')"),
        ("url", "re.sub('%..', lambda it: it[0].lower(), u.quote(v, safe=''))"),
        ("url", "u.quote_plus(v)"),
        ("url", "u.quote(v)"),
        ("raw", "v.replace('\\n', '\\r\\n')"),
        ("json", "json.dumps(v)"),
        ("json", "json.dumps({'a': [v]}, ensure_ascii=False)"),
        ("shell", "shlex.quote(v)"),
    ] {
        assert_form(&place, form, "python3", &["-c", &python(expression)]);
    }
    let node = |expression: &str| {
        format!("const v=require('fs').readFileSync(0,'utf8');process.stdout.write({expression})")
    };
    for (form, expression) in [
        ("url", "encodeURIComponent(v)"),
        ("url", "encodeURI(v)"),
        ("url", "new URLSearchParams({v}).toString()"),
        ("url", "Object.assign(new URL('postgres://u@h/'), {password: v}).href"),
        ("json", "JSON.stringify({v})"),
    ] {
        assert_form(&place, form, "node", &["-e", &node(expression)]);
    }
    for script in [
        "printf %q \"$(cat)\"",
        "v=$(cat); declare -p v",
        "export v=\"$(cat)\"; export -p",
        "v=$(cat); set",
        "v=$(cat); alias v=\"$v\"; alias -p",
    ] {
        assert_form(&place, "shell", "bash", &["-c", script]);
    }
    for script in ["v=$(cat); print -rn -- ${(q)v}", "v=$(cat); print -rn -- ${(qq)v}"] {
        assert_form(&place, "shell", "zsh", &["-c", script]);
    }
    assert_form(&place, "shell", "dash", &["-c", "v=$(cat); set"]);
}

/// A folder with the value in every kind of file that `scan` is to look into.
#[test]
fn every_kind_of_file() {
    let place = place();
    let node = OsStr::from_bytes(b"tree/line\nend\x1b[31m \xff");
    for folder in ["tree/.hidden", "tree/node_modules", "tree/.git", "home/.pm2", "home/.pm2/logs"]
    {
        std::fs::create_dir(place.path(folder)).unwrap();
    }
    place.write("tree/.gitignore", "*.log\nnode_modules\n");
    place.write("tree/.ignore", "*\n");
    std::fs::write(place.root().join(node), KEY).unwrap();
    for name in ["tree/.hidden/.x", "tree/node_modules/a", "tree/.git/config", "tree/a.log"] {
        place.write(name, format!("some text {KEY}"));
    }
    place.write("tree/binary", [&[0, 255, 7][..], KEY.as_bytes(), &[0; 9]].concat());
    let insert = "import sqlite3,sys;c=sqlite3.connect('tree/db.sqlite');c.execute('create table t(a,b)');\
                  c.executemany('insert into t values(?,?)',[(n,'x'*n) for n in range(500)]);\
                  c.execute('insert into t values(?,?)',(1,sys.stdin.read()));c.commit()";
    made_by(&place, "python3", &["-c", insert], KEY);
    let dump = json!([{ "name": "app", "env": { "A": URL, "B": KEY } }]);
    place.write("home/.pm2/dump.pm2", dump.to_string());
    place.write("home/.pm2/logs/app-out.log", format!("{}\n{KEY}\n", "line\n".repeat(9000)));
    place.write(
        "home/.bash_history",
        format!("ls\nexport DATABASE_URL='{}'\n", URL.replace('\'', "'\\''")),
    );
    let paths = |found: Vec<(String, String, String)>| {
        let mut paths: Vec<String> = found.into_iter().map(|(_, _, path)| path).collect();
        paths.dedup();
        paths
    };
    let mut all = paths(found(&place, &["tree"]));
    all.sort();
    let expected = [
        "tree/.git/config",
        "tree/.hidden/.x",
        "tree/a.log",
        "tree/binary",
        "tree/db.sqlite",
        "tree/line\nend\u{1b}[31m \u{fffd}",
        "tree/node_modules/a",
    ];
    assert_eq!(all, expected);
    let text = stdout(&output(&mut scan(&place, &["tree"])));
    assert!(text.contains("'tree/line\\nend\\u{1b}[31m \\xff'"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
    // Without a path: what this user's shells and PM2 remember.
    let usual = found(&place, &[]);
    let ends: Vec<(&str, &str)> = usual
        .iter()
        .map(|(name, form, path)| (name.as_str(), &path[path.rfind("home/").unwrap()..], form))
        .map(|(name, path, form)| if form == "raw" { (name, path) } else { (form.as_str(), path) })
        .collect();
    let expected = [
        ("json", "home/.pm2/dump.pm2"),
        ("shell", "home/.bash_history"),
        ("STRIPE_SECRET_KEY", "home/.pm2/dump.pm2"),
        ("STRIPE_SECRET_KEY", "home/.pm2/logs/app-out.log"),
    ];
    assert_eq!(ends, expected);
}

#[test]
fn text_for_a_person() {
    let place = place();
    place.write("tree/a", format!("one\ntwo {KEY}\n{KEY} {KEY}\n"));
    place.write("tree/b", [&[0][..], KEY.as_bytes()].concat());
    let outcome = output(&mut scan(&place, &["tree"]));
    assert_eq!(outcome.status.code(), Some(3));
    assert_eq!(
        stdout(&outcome),
        "STRIPE_SECRET_KEY, as it is: 'tree/a', line 2 and 2 more\n\
         STRIPE_SECRET_KEY, as it is: 'tree/b', byte 1\n\
         1 of 4 values found in 2 files of 116 bytes\n"
    );
    let warning =
        "breakglass: warning: values of fewer than 8 characters were not looked for: SHORT\n";
    assert_eq!(stderr(&outcome), warning);
    place.write("tree/a", "nothing");
    std::fs::remove_file(place.path("tree/b")).unwrap();
    let outcome = output(scan(&place, &["tree", "--quiet"]).args(["--except", "NODE_*,SHORT"]));
    assert_eq!(outcome.status.code(), Some(0));
    assert_eq!(
        (stdout(&outcome).as_str(), stderr(&outcome).as_str()),
        ("none of 3 values found in 1 file of 7 bytes\n", "")
    );
}

#[test]
fn two_names_of_one_value_and_many_lines() {
    let place = place();
    let document: String = (0..15).map(|n| format!("NAME_{n:02}='fake-value-of-all'\n")).collect();
    place.cheap("v.env.gpg", document);
    place.write("tree/a", "fake-value-of-all");
    let text = stdout(&output(&mut scan(&place, &["tree"])));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 12, "{text}");
    assert_eq!(lines[9], "NAME_09, as it is: 'tree/a', line 1");
    assert_eq!(lines[10], "and 5 more: 'tree/a'");
    assert_eq!(lines[11], "15 of 15 values found in 1 file of 17 bytes");
}

#[test]
fn standard_input() {
    let place = place();
    let outcome = feed(&mut scan(&place, &["-"]), format!("x\n{KEY}").as_bytes());
    assert_eq!(outcome.status.code(), Some(3));
    assert!(stdout(&outcome).starts_with("STRIPE_SECRET_KEY, as it is: standard input, line 2\n"));
    let mut twice = place.breakglass();
    let outcome = output(twice.args(["scan", "-", "-", "--passphrase-file", "passphrase"]));
    assert_eq!(outcome.status.code(), Some(2), "{}", stderr(&outcome));
    let vault = place.read("v.env.gpg");
    place.write("tree/a", KEY);
    let mut command = place.breakglass();
    let outcome =
        feed(command.args(["scan", "-", "tree", "--passphrase-file", "passphrase"]), &vault);
    assert_eq!(outcome.status.code(), Some(3), "{}", stderr(&outcome));
}

/// What is no file of bytes is passed by without waiting, and what cannot be read is named.
#[test]
fn what_is_no_file_and_what_cannot_be_read() {
    let place = place();
    place.write("elsewhere", KEY);
    std::os::unix::fs::symlink("../elsewhere", place.path("tree/link")).unwrap();
    std::os::unix::fs::symlink(".", place.path("tree/loop")).unwrap();
    std::os::unix::fs::symlink("nowhere", place.path("tree/dangling")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(place.path("tree/socket")).unwrap();
    assert_success(&output(place.command("mkfifo").arg("tree/fifo")));
    let outcome = output(&mut scan(&place, &["tree"]));
    assert_eq!(outcome.status.code(), Some(0), "{}", stdout(&outcome));
    assert!(stdout(&outcome).contains(" in 0 files of 0 bytes"), "{}", stdout(&outcome));
    // Nor is it called clean where it was named.
    for name in ["tree/fifo", "/dev/zero"] {
        let outcome = output(&mut scan(&place, &["tree", name]));
        assert_eq!(outcome.status.code(), Some(4), "{}", stdout(&outcome));
        let expected = format!("cannot tell: '{name}' is not a file\n");
        assert!(stdout(&outcome).contains(&expected), "{}", stdout(&outcome));
    }
    // A link that is named is followed.
    assert_eq!(found(&place, &["tree/link"]).len(), 1);
    std::fs::rename(place.path("elsewhere"), place.path("tree/file")).unwrap();
    std::os::unix::fs::symlink("tree", place.path("to-tree")).unwrap();
    assert_eq!(found(&place, &["to-tree"]).len(), 1);
    // The kernel's view of itself is left out, and said.
    let outcome = output(&mut scan(&place, &["/proc"]));
    assert_eq!(outcome.status.code(), Some(0), "{}", stdout(&outcome));
    assert!(stderr(&outcome).contains("left out, because the kernel shows itself there: '/proc'"));
    // A file of it that is named is searched.
    let mut leaky = place.command("sleep").arg("600").env("LEAKED", KEY).spawn().unwrap();
    let outcome = output(&mut scan(&place, &[&format!("/proc/{}/environ", leaky.id()), "/proc"]));
    leaky.kill().unwrap();
    leaky.wait().unwrap();
    assert_eq!(outcome.status.code(), Some(3), "{}", stdout(&outcome));
    let outcome = output(&mut scan(&place, &["tree/missing"]));
    assert_eq!(outcome.status.code(), Some(1));
    assert!(
        stderr(&outcome).contains("cannot read 'tree/missing': no such file"),
        "{}",
        stderr(&outcome)
    );
}

/// The program as another user than root, where the tests run as root: nothing is unreadable to that one.
pub fn as_somebody(place: &Place) -> std::process::Command {
    let program = place.path("program");
    let Some(uid) = crate::memory::ordinary(0).uid else { return place.command(&program) };
    let mut command = place.command("setpriv");
    command.args([format!("--reuid={uid}"), format!("--regid={uid}"), "--clear-groups".to_owned()]);
    command.arg(&program);
    command
}

#[test]
fn a_file_that_may_not_be_read() {
    let place = crate::memory::place();
    place.cheap("v.env.gpg", DOCUMENT);
    crate::memory::open_to_all(&place);
    std::fs::create_dir(place.path("tree")).unwrap();
    std::fs::create_dir(place.path("tree/closed")).unwrap();
    place.write("tree/closed/in", KEY);
    place.write("tree/secret", KEY);
    let none = PermissionsExt::from_mode(0o000);
    std::fs::set_permissions(place.path("tree/closed"), none).unwrap();
    std::fs::set_permissions(place.path("tree/secret"), PermissionsExt::from_mode(0o000)).unwrap();
    let as_somebody = |arguments: &[&str]| {
        output(
            as_somebody(&place)
                .args(["scan", "v.env.gpg", "--passphrase-file", "passphrase", "tree"])
                .args(arguments),
        )
    };
    let outcome = as_somebody(&[]);
    assert_eq!(outcome.status.code(), Some(4), "{}", stderr(&outcome));
    let text = stdout(&outcome);
    assert!(text.contains("cannot tell: cannot read 'tree/closed': permission denied\n"), "{text}");
    assert!(text.contains("cannot tell: cannot read 'tree/secret': permission denied\n"), "{text}");
    let report: Value = serde_json::from_slice(&as_somebody(&["--json"]).stdout).unwrap();
    assert_eq!(report["unreadable"].as_array().map(Vec::len), Some(2));
    // Cannot tell stands above a finding, and the finding is told all the same.
    place.write("tree/open", KEY);
    crate::memory::open_to_all(&place);
    std::fs::set_permissions(place.path("tree/open"), PermissionsExt::from_mode(0o644)).unwrap();
    let outcome = as_somebody(&[]);
    assert_eq!(outcome.status.code(), Some(4));
    assert!(stdout(&outcome).contains("STRIPE_SECRET_KEY, as it is: 'tree/open', line 1\n"));
    std::fs::set_permissions(place.path("tree/closed"), PermissionsExt::from_mode(0o755)).unwrap();
}

/// Files that are searched in parts: values on the borders of parts and buffers, holes, and a bound for memory that
/// is far below the file's size.
#[test]
fn a_huge_file_in_bounded_memory() {
    let place = place();
    let path = place.path("tree/huge");
    let mut file = std::fs::File::create(&path).unwrap();
    const PART: u64 = 16 << 20;
    let planted = [3, PART - 9, 2 * PART, 3 * PART - 1, (1 << 30) + 4091, (2 << 30) - 7];
    for at in planted {
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(KEY.as_bytes()).unwrap();
    }
    // Data that is really there, more than the program may take.
    file.seek(SeekFrom::Start(1 << 29)).unwrap();
    for _ in 0..200 {
        file.write_all(&[b'x'; 1 << 20]).unwrap();
    }
    drop(file);
    let (peak, text) = peak_memory(&place, &["tree", "--json"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    let finding = &report["findings"][0];
    assert_eq!((&finding["offset"], &finding["times"]), (&json!(3), &json!(planted.len())));
    let bytes = report["bytes"].as_u64().unwrap();
    assert!((200 << 20..300 << 20).contains(&bytes), "{bytes} bytes were read");
    assert!(peak < 48, "{peak} MB");
}

/// The most memory that the program had resident, in MB, and what it printed.
pub fn peak_memory(place: &Place, arguments: &[&str]) -> (u64, String) {
    let (output, peak) = crate::hostile_files::with_peak(place, &scan(place, arguments));
    (peak, stdout(&output))
}

/// What is written at the end of a file meanwhile does not keep it from coming to an end.
#[test]
fn a_file_that_grows() {
    let place = place();
    place.write("tree/log", "");
    let mut writer = place
        .command("sh")
        .args(["-c", "exec yes 'a line of a log that grows' >> tree/log"])
        .spawn()
        .unwrap();
    while std::fs::metadata(place.path("tree/log")).unwrap().len() < 1 << 20 {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let outcome = output(&mut scan(&place, &["tree"]));
    writer.kill().and_then(|()| writer.wait()).unwrap();
    assert_eq!(outcome.status.code(), Some(0), "{}", stderr(&outcome));
}

/// None of them is kept open until its turn comes.
#[test]
fn more_large_files_than_may_be_open() {
    let place = place();
    for n in 0..50 {
        let file = std::fs::File::create(place.path(&format!("tree/{n}"))).unwrap();
        file.set_len(64 << 20).unwrap();
    }
    place.write("tree/behind", KEY);
    let program = scan(&place, &["tree"]);
    let mut command = place.command("sh");
    command.args(["-c", "ulimit -n 40; exec \"$0\" \"$@\""]).arg(program.get_program());
    let outcome = output(command.args(program.get_args()));
    assert_eq!(outcome.status.code(), Some(3), "{}", stdout(&outcome));
    assert!(stdout(&outcome).contains(" in 51 files "), "{}", stdout(&outcome));
}

/// Where the system grants no other thread, the one that is there does the work of all.
#[test]
fn where_no_thread_can_be_had() {
    let place = place();
    for n in 0..20 {
        place.write(&format!("tree/{n}"), KEY);
    }
    std::fs::File::create(place.path("tree/large")).unwrap().set_len(65 << 20).unwrap();
    // The first threads are not the search's.
    for when in 1..=4 {
        let program = scan(&place, &["tree"]);
        let mut command = place.command("timeout");
        command.args(["60", "strace", "-qq", "-o", "/dev/null", "-e", "trace=clone3,clone", "-e"]);
        command.arg(format!("inject=clone3,clone:error=EAGAIN:when={when}+"));
        let outcome = output(command.arg(program.get_program()).args(program.get_args()));
        match outcome.status.code() {
            Some(3) => assert!(stdout(&outcome).contains(" in 21 files "), "{}", stdout(&outcome)),
            status => {
                assert_eq!(status, Some(1), "{when}: {}", stderr(&outcome));
                assert!(stderr(&outcome).contains("error: "), "{}", stderr(&outcome));
                assert_eq!(when, 1, "{}", stderr(&outcome));
            }
        }
    }
}

/// A mirror of a web site, or a backup, is named after what is secret in an address.
#[test]
fn a_value_in_a_path_is_not_shown() {
    let place = place();
    let folder = format!("tree/hooks-{KEY}");
    std::fs::create_dir(place.path(&folder)).unwrap();
    place.write(&format!("{folder}/log"), KEY);
    std::os::unix::fs::symlink("nowhere", place.path(&format!("{folder}/{KEY}"))).unwrap();
    let name = "STRIPE_SECRET_KEY".to_owned();
    let expected = (name, "raw".to_owned(), "tree/hooks-[STRIPE_SECRET_KEY]/log".to_owned());
    assert_eq!(found(&place, &["tree"]), [expected]);
    let outcome = output(&mut scan(&place, &["tree"]));
    assert_silent(&outcome);
    assert!(stdout(&outcome).contains("'tree/hooks-[STRIPE_SECRET_KEY]/log', line 1\n"));
}

/// What a person pastes, and what an editor saves, ends in a line end or in none.
#[test]
fn blanks_around_a_value_do_not_hide_it() {
    let place = Place::new();
    place.cheap(
        "v.env.gpg",
        "FILE=' -----BEGIN FAKE KEY-----\nMIIfakeQz8\n-----END FAKE KEY-----\n\n'\n",
    );
    std::fs::create_dir(place.path("tree")).unwrap();
    place.write("tree/a", "-----BEGIN FAKE KEY-----\nMIIfakeQz8\n-----END FAKE KEY-----");
    let outcome = output(&mut scan(&place, &["tree"]));
    assert!(stdout(&outcome).starts_with("FILE, as it is: 'tree/a', line 1\n"));
}

#[test]
fn what_is_compressed_is_said() {
    let place = place();
    place.write("tree/app.log", KEY);
    assert_success(&output(place.command("gzip").arg("tree/app.log")));
    let outcome = output(&mut scan(&place, &["tree"]));
    assert_eq!(outcome.status.code(), Some(0));
    assert!(stderr(&outcome).contains("one file is compressed"), "{}", stderr(&outcome));
}

/// The toolchain's own programs, libraries, documentation and, where it is installed, source.
#[test]
fn no_false_finding_in_a_large_tree() {
    let place = place();
    let keys: String = (0..40)
        .map(|n: u64| {
            let tail = n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            format!(
                "KEY_{n}='{}{tail:016x}{:x}'\n",
                ["sk_live_", "re_", "", "AIza"][n as usize % 4],
                tail >> 7
            )
        })
        .collect();
    place.cheap(
        "v.env.gpg",
        keys + "DATABASE_URL='postgres://app:fake@localhost:5432/production'\n",
    );
    let root = stdout(&output(Command::new("rustc").args(["--print", "sysroot"])));
    let root = PathBuf::from(root.trim());
    let outcome = output(
        place
            .breakglass()
            .args(["scan", "v.env.gpg", "--passphrase-file", "passphrase", "--json"])
            .arg(&root),
    );
    let report: Value = serde_json::from_slice(&outcome.stdout).unwrap();
    assert_eq!((&report["findings"], &report["unreadable"]), (&json!([]), &json!([])));
    assert_eq!(outcome.status.code(), Some(0));
    assert!(report["bytes"].as_u64().unwrap() > 100 << 20, "{report}");
}

#[test]
fn ctrl_c_ends_it() {
    let place = place();
    let file = std::fs::File::create(place.path("tree/huge")).unwrap();
    file.set_len(1 << 20).unwrap();
    for n in 0..200 {
        std::fs::hard_link(place.path("tree/huge"), place.path(&format!("tree/{n}"))).unwrap();
    }
    // It waits for standard input, which never ends, when the signal comes.
    let mut child = scan(&place, &["-", "tree"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(&[b'x'; 1 << 20]).unwrap();
    // SAFETY: a signal to our own child.
    assert_eq!(unsafe { libc::kill(i32::try_from(child.id()).unwrap(), libc::SIGINT) }, 0);
    drop(input);
    let outcome = child.wait_with_output().unwrap();
    assert_eq!(outcome.status.code(), Some(130), "{}", stderr(&outcome));
    assert!(stdout(&outcome).is_empty());
    assert!(stderr(&outcome).contains("interrupted"), "{}", stderr(&outcome));
}
