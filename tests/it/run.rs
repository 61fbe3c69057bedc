//! `run` is transparent: a command that is started through it cannot tell the difference from one
//! that was started directly, but for its environment, descriptors and core limit.
//!
//! Most tests start the same child twice, directly and through `run`, and compare.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{PASSPHRASE, Place, assert_success, feed, output, stderr, stdout};

/// Three secrets, one with an apostrophe and one with a line end.
const DOCUMENT: &str =
    "API_KEY='it'\\''s fake'\nDB_URL='postgres://fake'\nDB_PASSWORD='two\nlines'\n";

fn place() -> Place {
    let place = Place::new();
    place.cheap("v.gpg", DOCUMENT);
    place
}

/// The interpreter itself: `python3` may be a wrapper that adds to the environment.
fn python() -> &'static OsStr {
    static PYTHON: OnceLock<OsString> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let which =
            output(Command::new("python3").args(["-c", "import sys; print(sys.executable)"]));
        assert_success(&which);
        stdout(&which).trim_end().into()
    })
}

/// `breakglass run v.gpg --passphrase-file passphrase --`
fn through_run() -> Vec<OsString> {
    let words = [
        env!("CARGO_BIN_EXE_breakglass"),
        "run",
        "-q",
        "v.gpg",
        "--passphrase-file",
        "passphrase",
        "--",
    ];
    words.into_iter().map(OsString::from).collect()
}

/// What `child` prints when `wrapper` starts it directly, and when it does so through `run`.
fn both(place: &Place, wrapper: &[&OsStr], child: &[&str]) -> (String, String) {
    let start = |between: Vec<OsString>| {
        let words: Vec<OsString> = wrapper
            .iter()
            .map(|word| (*word).to_owned())
            .chain(between)
            .chain(child.iter().map(OsString::from))
            .collect();
        let output = output(place.command(&words[0]).args(&words[1..]));
        assert_success(&output);
        stdout(&output)
    };
    (start(Vec::new()), start(through_run()))
}

/// `bash -c SETUP`, which then becomes what follows.
fn bash(setup: &str) -> Vec<OsString> {
    ["bash", "-c", &format!("{setup}; exec \"$@\""), "bash"].map(OsString::from).to_vec()
}

fn borrowed(words: &[OsString]) -> Vec<&OsStr> {
    words.iter().map(OsString::as_os_str).collect()
}

fn field<'a>(text: &'a str, name: &str) -> &'a str {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).trim()
}

#[test]
fn exit_statuses_are_the_childs() {
    let place = place();
    for status in [0, 1, 42, 125, 126, 127, 255] {
        let run = output(place.run("v.gpg").args(["--", "sh", "-c", &format!("exit {status}")]));
        assert_eq!(run.status.code(), Some(status), "{}", stderr(&run));
        assert_eq!(stdout(&run), "");
        assert_eq!(stderr(&run), "breakglass: 3 secrets, of unknown age\n");
    }
}

#[test]
fn a_death_by_a_signal_is_one_for_the_parent() {
    let place = place();
    for (name, number) in [("TERM", 15), ("KILL", 9), ("SEGV", 11), ("HUP", 1), ("PIPE", 13)] {
        let run = output(place.run("v.gpg").args(["--", "sh", "-c", &format!("kill -{name} $$")]));
        assert_eq!(run.status.signal(), Some(number), "{name}: {}", run.status);
        assert!(!run.status.core_dumped(), "{name}");
    }
}

#[test]
fn signals_to_the_process_number_reach_the_child_which_has_it() {
    const CHILD: &str = "
import os, signal
signal.alarm(120)
for name in ('TERM', 'INT', 'HUP', 'USR1', 'WINCH'):
    signal.signal(getattr(signal, 'SIG' + name), lambda number, _: os.write(1, b'%d\\n' % number))
os.write(1, b'ready %d\\n' % os.getpid())
while True:
    signal.pause()
";
    let place = place();
    let mut command = place.run("v.gpg");
    command
        .arg("--")
        .arg(python())
        .args(["-c", CHILD])
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().expect("starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut line = || lines.next().expect("the child still runs").expect("text");
    assert_eq!(line(), format!("ready {}", child.id()));
    let pid = Pid::from_child(&child);
    for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::USR1, Signal::WINCH] {
        kill_process(pid, signal).expect("sends");
        assert_eq!(line(), signal.as_raw().to_string());
    }
    kill_process(pid, Signal::KILL).expect("sends");
    assert_eq!(child.wait().expect("ends").signal(), Some(9));
}

#[test]
fn the_shells_own_number_is_the_spawned_one() {
    let place = place();
    let child = place
        .run("v.gpg")
        .args(["--", "sh", "-c", "echo $$"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    let id = child.id();
    assert_eq!(stdout(&child.wait_with_output().expect("ends")), format!("{id}\n"));
}

#[test]
fn standard_input_is_untouched() {
    let place = place();
    let input: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
    let run = feed(place.run("v.gpg").args(["--", "cat"]), &input);
    assert_eq!(run.status.code(), Some(0), "{}", stderr(&run));
    assert!(run.stdout == input, "{} of {} bytes", run.stdout.len(), input.len());
}

#[test]
fn a_passphrase_line_leaves_the_rest_of_a_pipe() {
    let place = place();
    let rest = b"second line\n\xff\x00 no line end";
    let input = [PASSPHRASE.as_bytes(), b"\n", rest].concat();
    let run = feed(
        place.breakglass().args(["run", "v.gpg", "--passphrase-fd", "0", "--", "cat"]),
        &input,
    );
    assert_eq!(run.status.code(), Some(0), "{}", stderr(&run));
    assert_eq!(run.stdout, rest);
}

#[test]
fn a_regular_file_keeps_its_offset() {
    let place = place();
    place.write("input", format!("skipped{PASSPHRASE}\nfor the child"));
    let mut file = File::open(place.path("input")).expect("a file");
    let behind = 8 + PASSPHRASE.len() as u64;
    for (arguments, start) in
        [(["--passphrase-fd", "0"], 7), (["--passphrase-file", "passphrase"], behind)]
    {
        file.seek(SeekFrom::Start(start)).expect("seeks");
        let run = output(
            place
                .breakglass()
                .args(["run", "v.gpg"])
                .args(arguments)
                .args(["--", "dd", "bs=1", "count=3", "status=none"])
                .stdin(file.try_clone().expect("a descriptor")),
        );
        assert_eq!(stdout(&run), "for", "{}", stderr(&run));
        // The offset is shared, so that of a shell's here-document the next command gets the rest.
        assert_eq!(file.stream_position().expect("an offset"), behind + 3);
    }
}

#[test]
fn arguments_arrive_exactly() {
    const CHILD: &str =
        "import sys; sys.stdout.buffer.write(open('/proc/self/cmdline', 'rb').read())";
    let words: Vec<&[u8]> = vec![
        b"",
        b" ",
        b"two words",
        b"it's",
        b"\"double\"",
        b"*",
        b"~",
        b"$HOME",
        b"`id`",
        b"\\",
        b"a\nb\tc",
        b"--",
        b"-q",
        b"--only",
        b"\xff\xfe not UTF-8",
        "Schlüssel".as_bytes(),
        b"",
    ];
    let place = place();
    let mut command = place.run("v.gpg");
    command.arg("--").arg(python()).args(["-c", CHILD]);
    command.args(words.iter().map(|word| OsStr::from_bytes(word)));
    let run = output(&mut command);
    assert_success(&run);
    let arrived: Vec<&[u8]> = run.stdout.split(|byte| *byte == 0).collect();
    // The interpreter, -c and the program come first; a NUL ends the last word.
    assert_eq!(arrived[3..arrived.len() - 1], words);
    assert_eq!(arrived[0], python().as_bytes());
}

/// Prints the numbers of all open descriptors.
const DESCRIPTORS: &str = "
import os
def is_open(number):
    try:
        os.fstat(number)
        return True
    except OSError:
        return False
print([number for number in range(1024) if is_open(number)])
";

#[test]
fn no_descriptor_from_three_on_arrives() {
    let place = place();
    let wrapper = bash("exec 3</dev/null 7<passphrase 50</dev/zero");
    let python = python().to_str().expect("UTF-8");
    let (direct, run) = both(&place, &borrowed(&wrapper), &[python, "-c", DESCRIPTORS]);
    for leaked in ["3", "7", "50"] {
        let numbers: Vec<&str> = direct.trim_matches(['[', ']', '\n']).split(", ").collect();
        assert!(numbers.contains(&leaked), "the caller leaks {leaked}: {direct}");
    }
    assert_eq!(run, "[0, 1, 2]\n");
}

#[test]
fn the_passphrases_descriptor_does_not_arrive() {
    let place = place();
    let program = env!("CARGO_BIN_EXE_breakglass");
    let run = output(
        place
            .command("bash")
            .args(["-c", "exec \"$@\" 3<passphrase", "bash", program])
            .args(["run", "v.gpg", "--passphrase-fd", "3", "--"])
            .arg(python())
            .args(["-c", DESCRIPTORS]),
    );
    assert_eq!(stdout(&run), "[0, 1, 2]\n", "{}", stderr(&run));
}

/// Runs `arguments` with exactly these environment strings, duplicates and oddities included.
fn with_environment(place: &Place, strings: &[&[u8]], arguments: &[&str]) -> Output {
    const EXECVE: &str = "
import ctypes, os, sys
strings = open('environment', 'rb').read().split(b'\\0')[:-1]
words = [os.fsencode(word) for word in sys.argv[1:]]
array = lambda items: (ctypes.c_char_p * (len(items) + 1))(*items, None)
ctypes.CDLL(None).execve(words[0], array(words), array(strings))
sys.exit('execve failed')
";
    let bytes: Vec<u8> = strings.iter().flat_map(|string| [string, &b"\0"[..]].concat()).collect();
    place.write("environment", bytes);
    output(place.command(python()).args(["-c", EXECVE]).args(arguments))
}

fn strings_of(block: &[u8]) -> Vec<&[u8]> {
    block.split(|byte| *byte == 0).filter(|string| !string.is_empty()).collect()
}

/// The last two strings are the markers: the vault's id and a time between the two given.
fn assert_markers(place: &Place, markers: &[&[u8]], before: jiff::Timestamp) {
    let show = output(place.breakglass().args([
        "show",
        "v.gpg",
        "--json",
        "--passphrase-file",
        "passphrase",
    ]));
    let facts: serde_json::Value = serde_json::from_slice(&show.stdout).expect("JSON");
    let id = facts["id"].as_str().expect("an id");
    assert_eq!(markers[0], format!("BREAKGLASS_VAULT={id}").as_bytes());
    let opened = markers[1].strip_prefix(b"BREAKGLASS_OPENED=").expect("the second marker");
    let opened: jiff::Timestamp =
        String::from_utf8_lossy(opened).parse().expect("a time as in RFC 3339");
    assert!(before.as_second() <= opened.as_second() && opened <= jiff::Timestamp::now());
}

#[test]
fn the_environment_is_the_callers_overlaid_by_the_secrets() {
    let place = place();
    let kept: [&[u8]; 6] =
        [b"PATH=/usr/bin:/bin", b"DUP=1", b"DUP=2", b"NOEQUALS", b"NOT_UTF8=\xff\xfe", b"EMPTY="];
    let mut strings: Vec<&[u8]> = kept.to_vec();
    for dropped in [
        &b"API_KEY=stale"[..],
        b"BREAKGLASS_VAULT=older",
        b"BREAKGLASS_OPENED=older",
        b"BREAKGLASS_ANYTHING=1",
        b"API_KEY=stale twice",
        b"DB_URL",
    ] {
        strings.insert(strings.len() - 2, dropped);
    }
    let mut arguments = vec![env!("CARGO_BIN_EXE_breakglass"), "run", "v.gpg"];
    arguments.extend(["--passphrase-file", "passphrase", "--", "cat", "/proc/self/environ"]);
    let before = jiff::Timestamp::now();
    let run = with_environment(&place, &strings, &arguments);
    assert_success(&run);
    let arrived = strings_of(&run.stdout);
    // In the order of their names.
    let secrets: [&[u8]; 3] =
        [b"API_KEY=it's fake", b"DB_PASSWORD=two\nlines", b"DB_URL=postgres://fake"];
    assert_eq!(arrived[..9], [&kept[..], &secrets[..]].concat());
    assert_eq!(arrived.len(), 11, "{arrived:?}");
    assert_markers(&place, &arrived[9..], before);
}

#[test]
fn a_clean_environment_is_the_documented_one() {
    let place = place();
    let kept: [&[u8]; 12] = [
        b"PATH=/usr/bin:/bin",
        b"HOME=/home/fake",
        b"LANG=C",
        b"LC_ALL=C.UTF-8",
        b"LC_TIME=C",
        b"LOGNAME=fake",
        b"PM2_HOME=/home/fake/.pm2",
        b"SHELL=/bin/sh",
        b"TERM=dumb",
        b"TMPDIR=/tmp",
        b"TZ=UTC",
        b"USER=fake",
    ];
    let mut strings: Vec<&[u8]> = kept.to_vec();
    strings.extend([
        &b"OTHER=1"[..],
        b"NODE_OPTIONS=--version",
        b"PATHS=1",
        b"HOMEPAGE=1",
        b"LC=1",
        b"PM2_OTHER=1",
        b"API_KEY=stale",
        b"BREAKGLASS_VAULT=older",
        b"LANGUAGE=de",
        b"NOEQUALS",
    ]);
    let mut arguments = vec![env!("CARGO_BIN_EXE_breakglass"), "run", "v.gpg", "--clean"];
    arguments.extend(["--passphrase-file", "passphrase", "--", "cat", "/proc/self/environ"]);
    let before = jiff::Timestamp::now();
    let run = with_environment(&place, &strings, &arguments);
    assert_success(&run);
    let arrived = strings_of(&run.stdout);
    assert_eq!(arrived[..12], kept);
    assert_eq!(arrived.len(), 12 + 3 + 2, "{arrived:?}");
    assert_markers(&place, &arrived[15..], before);
}

#[test]
fn a_limit_on_file_sizes_does_not_end_it() {
    let place = place();
    let wrapper = bash("ulimit -f 0");
    let (direct, run) = both(&place, &borrowed(&wrapper), &["echo", "started"]);
    assert_eq!((direct.as_str(), run.as_str()), ("started\n", "started\n"));
    // The child is ended by the signal as ever.
    let mut command = place.command("bash");
    command.args(["-c", "ulimit -f 0; exec \"$@\"", "bash"]).args(through_run());
    let run = output(command.args(["sh", "-c", "exec dd if=/dev/zero of=file count=1"]));
    assert_eq!(run.status.signal(), Some(Signal::XFSZ.as_raw()), "{}", stderr(&run));
}

/// What /proc/self/status says of signals and privileges.
const STATUS: &[&str] = &[
    "Umask:",
    "Uid:",
    "Gid:",
    "Groups:",
    "ShdPnd:",
    "SigPnd:",
    "SigBlk:",
    "SigCgt:",
    "CapInh:",
    "CapPrm:",
    "CapEff:",
    "CapBnd:",
    "CapAmb:",
    "NoNewPrivs:",
    "Seccomp:",
    "Threads:",
];

#[test]
fn signals_and_privileges_are_as_the_caller_had_them() {
    let place = place();
    let block = "import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1, signal.SIGTERM])
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])";
    let blocked = [python().to_owned(), "-c".into(), block.into()];
    let bit = |signal: Signal| 1_u64 << (signal.as_raw() - 1);
    for (wrapper, mask, ignored) in [
        (bash(":"), 0, 0),
        (bash("umask 027; trap '' PIPE"), 0, bit(Signal::PIPE)),
        (bash("trap '' HUP INT QUIT TERM USR2"), 0, {
            let signals = [Signal::HUP, Signal::INT, Signal::QUIT, Signal::TERM, Signal::USR2];
            signals.into_iter().map(bit).sum()
        }),
        (bash("trap '' XFSZ"), 0, bit(Signal::XFSZ)),
        (vec!["nohup".into()], 0, bit(Signal::HUP)),
        (blocked.to_vec(), bit(Signal::USR1) + bit(Signal::TERM), bit(Signal::XFSZ)),
    ] {
        let (direct, run) = both(&place, &borrowed(&wrapper), &["cat", "/proc/self/status"]);
        for name in STATUS {
            assert_eq!(field(&direct, name), field(&run, name), "{name} {wrapper:?}");
        }
        // 32 and 33 belong to the C library.
        let own = 3 << 31;
        let of = |text: &str, name| u64::from_str_radix(field(text, name), 16).expect("a number");
        assert_eq!(of(&direct, "SigIgn:") | own, of(&run, "SigIgn:") | own, "{wrapper:?}");
        let number = |name| of(&run, name);
        assert_eq!(number("SigBlk:"), mask, "{wrapper:?}");
        // Whoever started the tests may have more of them ignored.
        assert_eq!(number("SigIgn:") & ignored, ignored, "{wrapper:?}");
        let of_writes = bit(Signal::PIPE) | bit(Signal::XFSZ);
        assert_eq!(number("SigIgn:") & of_writes, ignored & of_writes, "{wrapper:?}");
        assert_eq!((field(&run, "NoNewPrivs:"), field(&run, "Seccomp:")), ("0", "0"));
    }
}

#[test]
fn limits_niceness_umask_and_folder_are_as_the_caller_had_them() {
    let place = place();
    std::fs::create_dir(place.path("folder")).expect("a folder");
    let wrapper = bash(
        "ulimit -Sc $(ulimit -Hc); ulimit -Sn 300; ulimit -Hn 400; ulimit -Ss 4096; umask 0137; exec nice -n 7 \"$@\"",
    );
    let child = "cat /proc/self/limits; umask; nice; pwd -P; ulimit -c; ulimit -Hc";
    let (direct, run) = both(&place, &borrowed(&wrapper), &["sh", "-c", child]);
    let but_core = |text: &str| -> Vec<String> {
        let lines: Vec<&str> = text.lines().collect();
        let kept = lines[..lines.len() - 2].iter();
        kept.filter(|line| !line.starts_with("Max core")).map(|line| (*line).to_owned()).collect()
    };
    assert_eq!(but_core(&direct), but_core(&run));
    assert_eq!(core_limit(&run), if core_limit(&direct).ends_with(" 0") { "0 0" } else { "1 1" });
}

/// Soft and hard, as `/proc/self/limits` in `text` says it.
fn core_limit(text: &str) -> String {
    field(text, "Max core file size").split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

/// Each limit is one that the machine of the test may refuse: what counts is what the command has
/// without the program in between.
#[test]
fn allow_core_gives_the_callers_core_limit_back() {
    let place = place();
    for limits in [
        "ulimit -Sc 0; ulimit -Hc 10; ulimit -Sc 5",
        "ulimit -c 0",
        "ulimit -Hc unlimited; ulimit -Sc $(ulimit -Hc)",
    ] {
        let started = |between: &[&str]| {
            let mut command = place.command("bash");
            command.args(["-c", &format!("{{ {limits}; }} 2> refused; exec \"$@\""), "bash"]);
            let run = output(command.args(between).args(["cat", "/proc/self/limits"]));
            assert_success(&run);
            core_limit(&stdout(&run))
        };
        let through = started(&[
            env!("CARGO_BIN_EXE_breakglass"),
            "run",
            "v.gpg",
            "--allow-core",
            "--passphrase-file",
            "passphrase",
            "--",
        ]);
        assert_eq!(through, started(&[]), "{limits}");
        assert_ne!(through, "1 1", "{limits}");
    }
}

fn status_of(place: &Place, words: &[&str]) -> (i32, String) {
    let run = output(place.run("v.gpg").arg("--").args(words));
    assert_eq!(stdout(&run), "");
    (run.status.code().expect("an exit status"), stderr(&run))
}

fn with_mode(place: &Place, name: &str, text: &str, mode: u32) {
    let path = place.write(name, text);
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).expect("chmod");
}

#[test]
fn what_cannot_be_started_is_126_or_127() {
    let place = place();
    std::fs::create_dir(place.path("folder")).expect("a folder");
    with_mode(&place, "plain", "#!/bin/sh\n", 0o644);
    with_mode(&place, "orphan", "#!/nonexistent/interpreter\n", 0o755);
    for (word, expected) in [
        ("no-such-command", 127),
        ("./no-such-file", 127),
        ("no-such-folder/file", 127),
        ("plain/file", 127),
        ("./orphan", 127),
        ("./plain", 126),
        ("./folder", 126),
    ] {
        let (status, said) = status_of(&place, &[word]);
        assert_eq!(status, expected, "{word}: {said}");
        assert!(said.contains(&format!("'{word}'")), "{said}");
    }
}

#[test]
fn every_other_failure_is_125() {
    let place = place();
    place.write("wrong", "not the passphrase\n");
    place.write("not-a-vault", "A=1\n");
    for arguments in [
        &["run"][..],
        &["run", "v.gpg"],
        &["run", "v.gpg", "--"],
        &["run", "v.gpg", "--no-such-option", "--", "true"],
        &["run", "v.gpg", "true"],
        &["run", "no-such-vault", "--passphrase-file", "passphrase", "--", "true"],
        &["run", "not-a-vault", "--passphrase-file", "passphrase", "--", "true"],
        &["run", "home", "--passphrase-file", "passphrase", "--", "true"],
        &["run", "v.gpg", "--passphrase-file", "wrong", "--", "true"],
        &["run", "v.gpg", "--passphrase-file", "no-such-file", "--", "true"],
        &["run", "v.gpg", "--passphrase-fd", "0", "--passphrase-file", "x", "--", "true"],
    ] {
        let run = output(place.breakglass().args(arguments));
        assert_eq!(run.status.code(), Some(125), "{arguments:?}: {}", stderr(&run));
        assert_eq!(stdout(&run), "");
        assert!(stderr(&run).starts_with("breakglass: error: "), "{}", stderr(&run));
    }
}

#[test]
fn a_script_without_an_interpreter_line_runs_in_sh() {
    let place = place();
    with_mode(&place, "script", "printf '%s|' \"$0\" \"$@\"; printf %s \"$API_KEY\"", 0o755);
    let run = output(place.run("v.gpg").args(["--", "./script", "a b", "", "*"]));
    assert_eq!(stdout(&run), "./script|a b||*|it's fake", "{}", stderr(&run));
}

#[test]
fn the_path_is_searched_as_execvp_does() {
    let place = place();
    for folder in ["first", "second", "third"] {
        std::fs::create_dir(place.path(folder)).expect("a folder");
    }
    with_mode(&place, "first/tool", "#!/bin/sh\necho not executable\n", 0o644);
    std::fs::create_dir(place.path("second/tool")).expect("a folder");
    with_mode(&place, "third/tool", "#!/bin/sh\necho third\n", 0o755);
    with_mode(&place, "tool", "#!/bin/sh\necho here\n", 0o755);
    for (path, expected) in [
        ("first:second:/no-such:passphrase:third", "third\n"),
        (":third", "here\n"),
        ("third:", "third\n"),
        ("first::third", "here\n"),
        ("first:", "here\n"),
        (".:third", "here\n"),
        ("", "here\n"),
    ] {
        let run = output(place.run("v.gpg").env("PATH", path).args(["--", "tool"]));
        assert_eq!(stdout(&run), expected, "PATH={path} {}", stderr(&run));
    }
    let only_denied = output(place.run("v.gpg").env("PATH", "first:second").args(["--", "tool"]));
    assert_eq!(only_denied.status.code(), Some(126));
    let nowhere = output(place.run("v.gpg").env("PATH", "/no-such").args(["--", "tool"]));
    assert_eq!(nowhere.status.code(), Some(127));
    let no_path = output(place.run("v.gpg").env_remove("PATH").args(["--", "cat", "/dev/null"]));
    assert_success(&no_path);
}

#[test]
fn a_vault_from_standard_input_leaves_the_null_device() {
    let place = place();
    let report = "readlink /proc/self/fd/0; cat; printf %s \"$API_KEY\"";
    let run = feed(place.run("-").args(["--", "sh", "-c", report]), &place.read("v.gpg"));
    assert_eq!(stdout(&run), "/dev/null\nit's fake", "{}", stderr(&run));
    let input = [format!("{PASSPHRASE}\n").as_bytes(), &place.read("v.gpg")].concat();
    let run = feed(
        place.breakglass().args(["run", "-", "--passphrase-fd", "0", "--", "sh", "-c", report]),
        &input,
    );
    assert_eq!(stdout(&run), "/dev/null\nit's fake", "{}", stderr(&run));
}

#[test]
fn only_and_except_choose_what_arrives() {
    let place = place();
    let chosen = |arguments: &[&str]| {
        let report = "for name in API_KEY DB_URL DB_PASSWORD; do
            if eval [ -n \"\\\"\\${$name+x}\\\"\" ]; then echo $name; fi
        done";
        let run = output(place.run("v.gpg").args(arguments).args(["--", "sh", "-c", report]));
        assert_success(&run);
        stdout(&run).replace('\n', " ").trim_end().to_owned()
    };
    for (arguments, expected) in [
        (&[][..], "API_KEY DB_URL DB_PASSWORD"),
        (&["--only", "API_KEY"], "API_KEY"),
        (&["--only", "API_KEY,DB_URL"], "API_KEY DB_URL"),
        (&["--only", "API_KEY", "--only", "DB_URL"], "API_KEY DB_URL"),
        (&["--only", "DB_*"], "DB_URL DB_PASSWORD"),
        (&["--only", "*_*"], "API_KEY DB_URL DB_PASSWORD"),
        (&["--except", "DB_*"], "API_KEY"),
        (&["--except", "*_KEY,*_URL"], "DB_PASSWORD"),
        (&["--only", "DB_*", "--except", "*PASS*"], "DB_URL"),
    ] {
        assert_eq!(chosen(arguments), expected, "{arguments:?}");
    }
    for arguments in [
        &["--only", "NO_SUCH"][..],
        &["--only", "API_KEY,NO_SUCH"],
        &["--except", "NO_*"],
        &["--only", "api_key"],
        &["--only", ""],
        &["--except", "*"],
    ] {
        let run = output(place.run("v.gpg").args(arguments).args(["--", "echo", "started"]));
        assert_eq!(run.status.code(), Some(125), "{arguments:?}");
        assert_eq!(stdout(&run), "");
    }
}

#[test]
fn what_the_caller_had_under_a_name_that_is_left_out_stays() {
    let place = place();
    let run = output(place.run("v.gpg").env("DB_URL", "the caller's").args([
        "--except",
        "DB_URL",
        "--",
        "sh",
        "-c",
        "printf %s \"$DB_URL\"",
    ]));
    assert_eq!(stdout(&run), "the caller's", "{}", stderr(&run));
}

#[test]
fn nothing_is_left_behind_but_the_journal() {
    let place = place();
    let names = || {
        let mut names: Vec<Vec<u8>> = walk(place.root());
        let state = place.path("home/.local").into_os_string().into_vec();
        names.retain(|name| !name.starts_with(&state));
        names.sort();
        names
    };
    let before = names();
    assert_success(&output(place.run("v.gpg").args(["--", "true"])));
    assert_eq!(names(), before);
    let mut state = walk(&place.path("home/.local"));
    state.retain(|name| !Path::new(OsStr::from_bytes(name)).is_dir());
    assert_eq!(
        state,
        [place.path("home/.local/state/breakglass/journal").into_os_string().into_vec()]
    );
}

fn walk(folder: &std::path::Path) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        found.push(entry.path().into_os_string().into_vec());
        if entry.file_type().expect("a type").is_dir() {
            found.extend(walk(&entry.path()));
        }
    }
    found
}

#[test]
fn a_reader_that_goes_away_ends_the_child_as_usual() {
    let place = place();
    let mut command = place.run("v.gpg");
    let mut child = command
        .args(["--", "yes"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    let mut pipe = child.stdout.take().expect("a pipe");
    pipe.read_exact(&mut [0; 10]).expect("reads");
    drop(pipe);
    assert_eq!(child.wait().expect("ends").signal(), Some(13));
}
