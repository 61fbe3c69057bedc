//! The prompt on a real pseudo terminal: it asks on the terminal whatever the standard streams are,
//! shows nothing that is typed, and leaves the terminal as it found it on every way out.

#![allow(unsafe_code, reason = "giving a child a controlling terminal has no safe interface")]

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{InputModes, LocalModes, OptionalActions, tcgetattr, tcsetattr};

use crate::support::{PASSPHRASE, Place, assert_success, feed, output, stderr, stdout};
use crate::terminal::{Terminal, finish};

const DOCUMENT: &str = "API_KEY='it'\\''s fake'\nDB_URL='postgres://fake'\n";

const PROMPT: &str = "passphrase for 'v.gpg': ";

fn place() -> Place {
    let place = Place::new();
    place.cheap("v.gpg", DOCUMENT);
    place
}

/// What the child wrote into the pipe.
fn text_of(pipe: Option<impl Read>) -> String {
    let mut text = String::new();
    pipe.expect("a pipe").read_to_string(&mut text).expect("text");
    text
}

fn run(place: &Place) -> Command {
    let mut command = place.breakglass();
    command.args(["run", "v.gpg", "--", "sh", "-c", "printf %s \"$API_KEY\"; cat"]);
    command
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).expect("sends");
}

#[test]
fn it_asks_on_the_terminal_and_shows_nothing_typed() {
    let (place, mut terminal) = (place(), Terminal::new());
    let before = terminal.settings();
    let mut child = terminal.spawn(run(&place).stdin(Stdio::piped()));
    terminal.wait_for(PROMPT);
    assert!(!terminal.echoes());
    terminal.type_text(PASSPHRASE);
    terminal.type_text("\n");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(b" and standard input").expect("writes");
    drop(stdin);
    let status = finish(&mut child);
    assert_eq!(text_of(child.stdout.take()), "it's fake and standard input");
    assert_eq!(text_of(child.stderr.take()), "breakglass: 2 secrets, of unknown age\n");
    assert_eq!(status.code(), Some(0));
    assert_eq!(terminal.settings(), before);
    assert_eq!(terminal.shown(), format!("{PROMPT}\r\n"));
}

#[test]
fn corrections_within_the_line_count() {
    let (place, mut terminal) = (place(), Terminal::new());
    let mut child = terminal.spawn(&mut run(&place));
    terminal.wait_for(PROMPT);
    // Ctrl-U takes the line back, DEL a character.
    terminal.type_text(format!("something else\x15{PASSPHRASE}x\x7f\n"));
    assert_eq!(finish(&mut child).code(), Some(0), "{}", text_of(child.stderr.take()));
}

/// Every line that cannot be a passphrase, or is not the right one: an error, and the terminal as
/// before.
#[test]
fn what_is_typed_wrongly_is_an_error() {
    let place = place();
    let long = format!("{}\n", "x".repeat(2000)).into_bytes();
    let longest = format!("{}\n", "x".repeat(4000)).into_bytes();
    for (typed, expected) in [
        (&b"wrong\n"[..], "cannot open the vault: the passphrase is wrong or the file is damaged"),
        (b"\n", "the passphrase is empty"),
        (b"\xff\xfe\n", "the passphrase that was typed is not UTF-8"),
        (b"correct\xc3 horse\n", "the passphrase that was typed is not UTF-8"),
        (b"tab\there\n", "the passphrase holds a control character"),
        (b"\x1b[A\n", "the passphrase holds a control character"),
        (b"\xc2\x9b\n", "the passphrase holds a control character"),
        // Ctrl-V keeps the terminal from taking Ctrl-C for an interrupt.
        (b"\x16\x03\n", "the passphrase holds a control character"),
        (&long, "the passphrase is longer than 1024 bytes"),
        (&longest, "the passphrase is longer than 1024 bytes"),
    ] {
        let mut terminal = Terminal::new();
        let before = terminal.settings();
        let mut child = terminal.spawn(&mut run(&place));
        terminal.wait_for(PROMPT);
        terminal.type_text(typed);
        let status = finish(&mut child);
        let said = text_of(child.stderr.take());
        assert!(said.contains(&format!("breakglass: error: {expected}\n")), "{typed:?} {said}");
        assert_eq!(status.code(), Some(125), "{typed:?}");
        assert_eq!(terminal.settings(), before, "{typed:?}");
        assert_eq!(terminal.shown(), format!("{PROMPT}\r\n"), "{typed:?}");
    }
}

/// The signal and Enter come between two looks: echo must be back before the signal ends it.
#[test]
fn a_signal_and_enter_together_leave_echo_on() {
    for signal in [Signal::TERM, Signal::HUP, Signal::TERM] {
        let (place, mut terminal) = (place(), Terminal::new());
        let before = terminal.settings();
        let mut child = terminal.spawn(&mut run(&place));
        terminal.wait_for(PROMPT);
        kill_process(Pid::from_child(&child), signal).expect("sends");
        terminal.type_text("wrong\n");
        finish(&mut child);
        assert_eq!(terminal.settings(), before);
    }
}

#[test]
fn ctrl_d_cancels_with_130() {
    let (place, mut terminal) = (place(), Terminal::new());
    let before = terminal.settings();
    let mut child = terminal.spawn(&mut run(&place));
    terminal.wait_for(PROMPT);
    terminal.type_text("\x04");
    assert_eq!(finish(&mut child).code(), Some(130));
    assert!(text_of(child.stderr.take()).contains("breakglass: error: cancelled at the prompt\n"));
    assert_eq!(terminal.settings(), before);
}

#[test]
fn ctrl_c_cancels_with_130() {
    let place = place();
    for arguments in [
        &["run", "v.gpg", "--", "true"][..],
        &["verify", "v.gpg", "--offline"],
        &["show", "v.gpg"],
        &["seal", "new.gpg", "--from", "-"],
    ] {
        let mut terminal = Terminal::new();
        let before = terminal.settings();
        let mut child = terminal.spawn(place.breakglass().args(arguments).stdin(Stdio::piped()));
        child.stdin.take().expect("a pipe").write_all(b"A=1\n").expect("writes");
        terminal.wait_for("passphrase");
        terminal.wait_for(": ");
        terminal.type_text("half of it\x03");
        let status = finish(&mut child);
        assert_eq!(status.code(), Some(130), "{arguments:?} {status}");
        assert!(
            text_of(child.stderr.take()).contains("breakglass: error: cancelled at the prompt\n")
        );
        assert_eq!(terminal.settings(), before, "{arguments:?}");
        assert_eq!(terminal.unread(), b"");
        assert!(!terminal.shown().contains("half"));
    }
    assert!(!place.path("new.gpg").exists());
}

#[test]
fn other_signals_end_it_with_the_terminal_restored() {
    let place = place();
    for (number, by_key) in [
        (Signal::QUIT, true),
        (Signal::QUIT, false),
        (Signal::TERM, false),
        (Signal::HUP, false),
        (Signal::INT, false),
    ] {
        let mut terminal = Terminal::new();
        let before = terminal.settings();
        let mut child = terminal.spawn(&mut run(&place));
        terminal.wait_for(PROMPT);
        terminal.type_text("half of it");
        if by_key {
            terminal.type_text("\x1c");
        } else {
            signal(&child, number);
        }
        let status = finish(&mut child);
        if number == Signal::INT {
            assert_eq!(status.code(), Some(130));
        } else {
            assert_eq!(status.signal(), Some(number.as_raw()), "{status}");
        }
        assert!(!status.core_dumped());
        assert_eq!(terminal.settings(), before, "{number:?}");
        // What was typed so far must not become the shell's next command line.
        assert_eq!(terminal.unread(), b"", "{number:?}");
        assert!(!terminal.shown().contains("half"), "{number:?}");
    }
}

#[test]
fn a_terminal_that_goes_away_ends_it() {
    let (place, mut terminal) = (place(), Terminal::new());
    let mut child = terminal.spawn(&mut run(&place));
    terminal.wait_for(PROMPT);
    let Terminal { master, slave, .. } = terminal;
    drop((master, slave));
    let status = finish(&mut child);
    assert_eq!(status.signal(), Some(Signal::HUP.as_raw()), "{status}");
}

#[test]
fn signals_that_the_caller_ignores_are_ignored() {
    let (place, mut terminal) = (place(), Terminal::new());
    let mut command = place.command("sh");
    command.args(["-c", "trap '' HUP TERM INT QUIT TSTP; exec \"$@\"", "sh"]);
    command.args([env!("CARGO_BIN_EXE_breakglass"), "run", "v.gpg", "--", "echo", "started"]);
    let mut child = terminal.spawn(&mut command);
    terminal.wait_for(PROMPT);
    for number in [Signal::HUP, Signal::TERM, Signal::INT, Signal::QUIT, Signal::TSTP] {
        signal(&child, number);
    }
    std::thread::sleep(Duration::from_millis(200));
    terminal.type_text(format!("{PASSPHRASE}\n"));
    let status = finish(&mut child);
    assert_eq!((status.code(), text_of(child.stdout.take()).as_str()), (Some(0), "started\n"));
}

/// A shell with job control on the terminal. dash, because it leaves the settings alone.
fn shell(place: &Place, terminal: &Terminal) -> Child {
    let mut command = place.command("dash");
    command.arg("-i").env("PS1", "READY> ").env("BIN", env!("CARGO_BIN_EXE_breakglass"));
    terminal.spawn_on(&mut command)
}

#[test]
fn ctrl_z_stops_it_with_echo_and_fg_asks_again() {
    let (place, mut terminal) = (place(), Terminal::new());
    let mut child = shell(&place, &terminal);
    terminal.wait_for("READY> ");
    let before = terminal.settings();
    terminal.type_text("$BIN run v.gpg -- sh -c 'echo started:$API_KEY'\n");
    terminal.wait_for(PROMPT);
    for _ in 0..2 {
        assert!(!terminal.echoes());
        terminal.type_text("half\x1a");
        terminal.wait_for("READY> ");
        assert_eq!(terminal.settings(), before);
        terminal.type_text("jobs\n");
        terminal.wait_for("Stopped");
        terminal.wait_for("READY> ");
        terminal.type_text("fg\n");
        terminal.wait_for(PROMPT);
    }
    terminal.type_text(format!("{PASSPHRASE}\n"));
    terminal.wait_for("started:it's fake");
    terminal.wait_for("READY> ");
    assert_eq!(terminal.settings(), before);
    terminal.type_text("exit 7\n");
    assert_eq!(finish(&mut child).code(), Some(7));
    assert!(!terminal.shown().contains("half"));
    assert!(!terminal.shown().contains(PASSPHRASE));
}

#[test]
fn in_the_background_it_waits_for_the_foreground() {
    let (place, mut terminal) = (place(), Terminal::new());
    let mut child = shell(&place, &terminal);
    terminal.wait_for("READY> ");
    let before = terminal.settings();
    terminal.type_text("$BIN run v.gpg -- sh -c 'echo started:$API_KEY' &\n");
    terminal.wait_for("READY> ");
    while !terminal.shown().contains("Stopped") {
        terminal.type_text("jobs\n");
        terminal.wait_for("READY> ");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(terminal.settings(), before);
    terminal.type_text("fg\n");
    terminal.wait_for(PROMPT);
    terminal.type_text(format!("{PASSPHRASE}\n"));
    terminal.wait_for("started:it's fake");
    terminal.type_text("exit\n");
    assert_eq!(finish(&mut child).code(), Some(0));
}

/// Nobody could continue it: a stop as by SIGSTOP would be for good.
#[test]
fn ctrl_z_without_a_shell_asks_again() {
    let (place, mut terminal) = (place(), Terminal::new());
    let mut child = terminal.spawn(run(&place).args(["sh"]));
    terminal.wait_for(PROMPT);
    terminal.type_text("half\x1a");
    terminal.wait_for(PROMPT);
    terminal.type_text(format!("{PASSPHRASE}\n"));
    assert_eq!(finish(&mut child).code(), Some(0));
    assert_eq!(text_of(child.stdout.take()), "it's fake");
}

#[test]
fn a_command_started_after_the_prompt_has_the_terminal_as_it_was() {
    let (place, mut terminal) = (place(), Terminal::new());
    let mut settings = tcgetattr(&terminal.slave).expect("settings");
    settings.input_modes.toggle(InputModes::IXANY | InputModes::IMAXBEL);
    settings.local_modes.toggle(LocalModes::ECHOE | LocalModes::ECHONL);
    tcsetattr(&terminal.slave, OptionalActions::Now, &settings).expect("settings");
    let before = terminal.settings();
    let mut command = place.breakglass();
    command.args(["run", "v.gpg", "--", "sh", "-c"]);
    command
        .arg("tty; stty -g; read line; echo \"read:$line\"; test -t 0 && test -t 1 && test -t 2");
    let mut child = terminal.spawn_on(&mut command);
    terminal.wait_for(PROMPT);
    terminal.type_text(format!("{PASSPHRASE}\n"));
    let path = terminal.path.to_str().expect("UTF-8").to_owned();
    terminal.wait_for(&format!("{path}\r\n"));
    terminal.wait_for(&format!("{}\r\n", before.trim_end()));
    terminal.type_text("for the child\n");
    terminal.wait_for("read:for the child");
    assert_eq!(finish(&mut child).code(), Some(0));
    assert_eq!(terminal.settings(), before);
}

#[test]
fn a_terminal_that_was_raw_or_silent_is_so_again() {
    let place = place();
    for without in [LocalModes::ECHO, LocalModes::ICANON, LocalModes::ECHO | LocalModes::ISIG] {
        let mut terminal = Terminal::new();
        let mut settings = tcgetattr(&terminal.slave).expect("settings");
        settings.local_modes.remove(without);
        tcsetattr(&terminal.slave, OptionalActions::Now, &settings).expect("settings");
        let before = terminal.settings();
        let mut child = terminal.spawn(&mut run(&place));
        terminal.wait_for(PROMPT);
        terminal.type_text(format!("{PASSPHRASE}\n"));
        assert_eq!(finish(&mut child).code(), Some(0));
        assert_eq!(terminal.settings(), before);
        assert!(!terminal.shown().contains(PASSPHRASE));
    }
}

#[test]
fn without_a_terminal_there_is_an_error() {
    let place = place();
    for (arguments, status) in [
        (&["run", "v.gpg", "--", "true"][..], 125),
        (&["show", "v.gpg", "API_KEY"], 1),
        (&["seal", "new.gpg", "--from", "-"], 1),
        (&["seal", "new.gpg", "--from", "-", "--generate-passphrase"], 1),
    ] {
        let mut command = place.command("setsid");
        command.arg("--wait").arg(env!("CARGO_BIN_EXE_breakglass")).args(arguments);
        let run = feed(&mut command, b"A=1\n");
        let said = stderr(&run);
        assert_eq!(run.status.code(), Some(status), "{said}");
        assert!(said.contains("breakglass: error: there is no terminal"), "{said}");
        assert_eq!(stdout(&run), "");
    }
    assert!(!place.path("new.gpg").exists());
    // What can be told without the passphrase is told; the rest cannot.
    let mut command = place.command("setsid");
    command.arg("--wait").arg(env!("CARGO_BIN_EXE_breakglass")).args([
        "verify",
        "v.gpg",
        "--offline",
    ]);
    let verify = feed(&mut command, b"");
    assert_eq!(verify.status.code(), Some(4));
    assert!(stdout(&verify).contains("cannot tell opens"), "{}", stdout(&verify));
    // Facts need no passphrase.
    let mut command = place.command("setsid");
    command.arg("--wait").arg(env!("CARGO_BIN_EXE_breakglass")).args(["show", "v.gpg"]);
    let show = output(&mut command);
    assert_success(&show);
    assert!(stdout(&show).contains("\ncipher    AES-256\n"), "{}", stdout(&show));
}

/// Seals with what is typed at each prompt in turn.
fn seal(
    place: &Place,
    arguments: &[&str],
    typed: &[(&str, &str)],
) -> (Terminal, ExitStatus, String) {
    let mut terminal = Terminal::new();
    let before = terminal.settings();
    let mut command = place.breakglass();
    command.args(["seal", "new.gpg", "--from", "-"]).args(arguments).stdin(Stdio::piped());
    let mut child = terminal.spawn(&mut command);
    child.stdin.take().expect("a pipe").write_all(DOCUMENT.as_bytes()).expect("writes");
    for (prompt, line) in typed {
        terminal.wait_for(prompt);
        terminal.type_text(format!("{line}\n"));
    }
    let status = finish(&mut child);
    assert_eq!(terminal.settings(), before);
    assert_eq!(text_of(child.stdout.take()), "");
    (terminal, status, text_of(child.stderr.take()))
}

fn opens_with(place: &Place, passphrase: &str) -> bool {
    let mut command = place.breakglass();
    command.args(["run", "new.gpg", "--passphrase-fd", "0", "--", "printenv", "DB_URL"]);
    let run = feed(&mut command, passphrase.as_bytes());
    run.status.success() && stdout(&run) == "postgres://fake\n"
}

#[test]
fn seal_asks_twice() {
    let place = place();
    let both = [("new passphrase: ", PASSPHRASE), ("the same again: ", PASSPHRASE)];
    let (mut terminal, status, said) = seal(&place, &[], &both);
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(opens_with(&place, PASSPHRASE));
    assert_eq!(terminal.shown(), "new passphrase: \r\nthe same again: \r\n");
    assert!(!said.contains(PASSPHRASE));
}

#[test]
fn seal_refuses_two_different_entries() {
    let place = place();
    let other = format!("{PASSPHRASE}x");
    let both = [("new passphrase: ", PASSPHRASE), ("the same again: ", other.as_str())];
    let (_, status, said) = seal(&place, &[], &both);
    assert_eq!(status.code(), Some(1));
    assert!(said.contains("breakglass: error: the two passphrases differ\n"), "{said}");
    assert!(!place.path("new.gpg").exists());
}

#[test]
fn seal_refuses_a_weak_passphrase_at_once() {
    let place = place();
    let (mut terminal, status, said) = seal(&place, &[], &[("new passphrase: ", "Tr0ub4dour&3")]);
    assert_eq!(status.code(), Some(1));
    assert!(said.contains("breakglass: error: the passphrase is too weak: "), "{said}");
    assert!(!said.contains("Tr0ub4dour"));
    assert_eq!(terminal.shown(), "new passphrase: \r\n");
    assert!(!place.path("new.gpg").exists());
}

#[test]
fn seal_takes_a_weak_passphrase_only_when_told() {
    let place = place();
    let both = [("new passphrase: ", "password"), ("the same again: ", "password")];
    let (_, status, said) = seal(&place, &["--allow-weak-passphrase"], &both);
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(said.contains("breakglass: warning: the passphrase is weak"), "{said}");
    assert!(opens_with(&place, "password"));
}

#[test]
fn a_generated_passphrase_is_shown_on_the_terminal_only() {
    let place = place();
    let (mut terminal, status, said) = seal(&place, &["--generate-passphrase"], &[]);
    assert_eq!(status.code(), Some(0), "{said}");
    let shown = terminal.shown();
    let passphrase = shown.trim();
    assert_eq!(passphrase.split(' ').count(), 7, "{shown:?}");
    assert!(passphrase.split(' ').all(|word| word.len() >= 3), "{shown:?}");
    let words: Vec<&str> = said.split(|character: char| !character.is_alphabetic()).collect();
    let told = passphrase.split(' ').filter(|word| words.contains(word)).count();
    assert!(told < 3, "{said}");
    assert!(opens_with(&place, passphrase));
    assert!(!opens_with(&place, &passphrase.to_uppercase()));
}

#[test]
fn show_with_enter_alone_shows_the_facts() {
    {
        let (place, mut terminal) = (place(), Terminal::new());
        let mut child = terminal.spawn(place.breakglass().args(["show", "v.gpg"]));
        terminal.wait_for("passphrase for the names in 'v.gpg' (Enter for none): ");
        terminal.type_text("\n");
        assert_eq!(finish(&mut child).code(), Some(0));
        let text = text_of(child.stdout.take());
        assert!(text.contains("\ncipher    AES-256\n") && text.contains("\nid        "), "{text}");
        assert!(!text.contains("API_KEY") && !text.contains("secrets"), "{text}");
        let said = text_of(child.stderr.take());
        assert_eq!(said, "breakglass: without the passphrase there is no more to see\n");
    }
    let (place, mut terminal) = (place(), Terminal::new());
    let mut child = terminal.spawn(place.breakglass().args(["show", "v.gpg"]));
    terminal.wait_for("(Enter for none): ");
    terminal.type_text(format!("{PASSPHRASE}\n"));
    assert_eq!(finish(&mut child).code(), Some(0));
    assert!(text_of(child.stdout.take()).ends_with("secrets   2\n  API_KEY\n  DB_URL\n"));
}

#[test]
fn a_value_on_the_terminal_cannot_steer_it() {
    let (place, mut terminal) = (place(), Terminal::new());
    place.cheap("v.gpg", "TITLE='\x1b]0;fake\x07x'\n");
    let mut command = place.breakglass();
    command.args(["show", "v.gpg", "TITLE"]);
    let mut child = terminal.spawn_on(&mut command);
    terminal.wait_for(PROMPT);
    terminal.type_text(format!("{PASSPHRASE}\n"));
    terminal.wait_for("\\u{1b}]0;fake\\u{7}x\r\n");
    terminal.wait_for("control characters in the value are shown as escapes");
    assert_eq!(finish(&mut child).code(), Some(0));
    assert!(!terminal.shown().contains('\x1b'));
}

/// `run` with the passphrase from `descriptor`, which `redirection` sets up.
fn by_descriptor(place: &Place, redirection: &str, descriptor: &str) -> std::process::Output {
    let mut command = place.command("bash");
    command.args(["-c", &format!("exec \"$@\" {redirection}"), "bash"]);
    command.args([env!("CARGO_BIN_EXE_breakglass"), "run", "v.gpg", "--passphrase-fd", descriptor]);
    output(command.args(["--", "sh", "-c", "echo started; cat"]))
}

#[test]
fn a_descriptor_that_gives_no_passphrase_is_an_error() {
    let place = place();
    place.write("empty", "");
    place.write("blank", "\nsecond line\n");
    place.write("crlf", format!("{PASSPHRASE}\r\n"));
    place.write("long", "x".repeat(2000));
    for (redirection, descriptor, expected) in [
        ("9<&-", "9", "cannot read the passphrase from descriptor 9: bad file descriptor"),
        ("9>written", "9", "cannot read the passphrase from descriptor 9: bad file descriptor"),
        ("9<home", "9", "cannot read the passphrase from descriptor 9: is a directory"),
        (
            "",
            "4294967295",
            "cannot read the passphrase from descriptor 4294967295: bad file descriptor",
        ),
        ("9</dev/null", "9", "descriptor 9 holds no passphrase"),
        ("9<empty", "9", "descriptor 9 holds no passphrase"),
        ("9<blank", "9", "descriptor 9 holds no passphrase"),
        ("9<crlf", "9", "the passphrase holds a control character"),
        ("9<long", "9", "the passphrase is longer than 1024 bytes"),
        ("", "", "--passphrase-fd takes the number of a descriptor"),
        ("", "x", "--passphrase-fd takes the number of a descriptor"),
        ("", "-1", "unexpected argument '-1' found"),
    ] {
        let run = by_descriptor(&place, redirection, descriptor);
        let said = stderr(&run);
        assert_eq!(run.status.code(), Some(125), "{redirection} {said}");
        assert!(said.contains(&format!("breakglass: error: {expected}\n")), "{redirection} {said}");
        assert_eq!(stdout(&run), "");
    }
}

#[test]
fn a_descriptor_gives_its_first_line_with_or_without_an_end() {
    let place = place();
    place.write("bare", PASSPHRASE);
    place.write("two", format!("{PASSPHRASE}\nsecond line\n"));
    for (redirection, descriptor, expected) in [
        ("9<bare", "9", "started\n"),
        ("9<two", "9", "started\n"),
        ("<bare", "0", "started\n"),
        ("<two", "0", "started\nsecond line\n"),
    ] {
        let run = by_descriptor(&place, redirection, descriptor);
        assert_eq!(stdout(&run), expected, "{redirection} {}", stderr(&run));
    }
}

#[test]
fn a_passphrase_that_is_given_needs_no_terminal() {
    let place = place();
    let mut command = place.command("setsid");
    command.arg("--wait").arg(env!("CARGO_BIN_EXE_breakglass"));
    command.args(["run", "v.gpg", "--passphrase-file", "passphrase", "--", "echo", "started"]);
    assert_eq!(stdout(&output(&mut command)), "started\n");
}
