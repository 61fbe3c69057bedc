//! Text from outside never reaches a terminal as anything but text, and nothing is drawn or coloured
//! where nobody is looking.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Output};

use breakglass::error::misleads;
use rustix::termios::{Winsize, tcsetwinsize};
use sequoia_openpgp::Packet;
use sequoia_openpgp::crypto::{S2K, SessionKey};
use sequoia_openpgp::packet::{SKESK, skesk::SKESK4};
use sequoia_openpgp::serialize::Serialize;
use sequoia_openpgp::serialize::stream::{Encryptor, LiteralWriter, Message};
use sequoia_openpgp::types::{HashAlgorithm, SymmetricAlgorithm};

use crate::documented_options::{Verb, heads, help, verbs};
use crate::kit_support::Stick;
use crate::support::{PASSPHRASE, Place, assert_success, cheap_vault, output, stderr, stdout};
use crate::terminal::{Terminal, finish};

/// Clears a screen, colours, sets a title, turns text round, hides it, ends a line, and is not UTF-8.
const HOSTILE: &[u8] =
    b"v\x1b[2J\x1b[31m\x1b]0;x\x07\r\n\x08\t\xE2\x80\xAE\xE2\x81\xA6\xE2\x80\x8B\xEF\xBB\xBF\xC2\x9B1m\xFFe.gpg";

/// The same without the byte that is not UTF-8, for where only text can stand.
const HOSTILE_TEXT: &str =
    "N\x1b[2J\x1b[31m\x1b]0;x\x07\r\n\x08\t\u{202E}\u{2066}\u{200B}\u{FEFF}\u{9B}1m";

/// What was printed must be lines that a terminal shows as they are.
#[track_caller]
fn assert_harmless(output: &Output, what: &str) {
    for (stream, bytes) in [("standard output", &output.stdout), ("standard error", &output.stderr)]
    {
        let text = str::from_utf8(bytes).unwrap_or_else(|_| panic!("{what}: {stream}: {bytes:?}"));
        let bad = text.chars().find(|letter| misleads(*letter) && *letter != '\n');
        assert_eq!(bad, None, "{what}: {stream}: {text:?}");
    }
    let said = stderr(output);
    for line in said.lines() {
        assert!(line.starts_with("breakglass: "), "{what}: {line:?}");
    }
    assert!(!said.contains("internal error"), "{what}: {said}");
    assert_ne!(output.status.code(), None, "{what}");
}

/// What lies at the hostile path.
#[derive(Clone, Copy, Debug)]
enum There {
    Nothing,
    Vault,
    Garbage,
    Folder,
}

impl There {
    const ALL: [There; 4] = [There::Nothing, There::Vault, There::Garbage, There::Folder];

    fn put(self, place: &Place, name: &OsStr) {
        let path = place.root().join(name);
        let done = match self {
            There::Nothing => Ok(()),
            There::Vault => std::fs::write(&path, cheap_vault(b"A='1'\n", PASSPHRASE, false)),
            There::Garbage => std::fs::write(&path, HOSTILE),
            There::Folder => std::fs::create_dir(&path),
        };
        done.expect("a file");
    }
}

/// What a command can be given: nothing more, or one option with a hostile value.
fn variations(verb: &Verb) -> Vec<Vec<OsString>> {
    let text = help(&verb.arguments(&["--help"]));
    let mut all = vec![vec![]];
    for head in heads(&text) {
        let Some(option) = head.split([' ', ',', '[']).find(|word| word.starts_with("--")) else {
            continue;
        };
        if ["--help", "--version"].contains(&option) {
            continue;
        }
        let mut words = vec![OsString::from(option)];
        if head.contains("[=<") {
            words[0].push("=");
            words[0].push(OsStr::from_bytes(HOSTILE));
        } else if head.contains('<') {
            words.push(OsStr::from_bytes(HOSTILE).to_owned());
        }
        all.push(words);
    }
    all
}

/// The positional arguments of its usage, each hostile.
fn positionals(verb: &Verb) -> (Vec<OsString>, bool) {
    let text = help(&verb.arguments(&["--help"]));
    let usage = text.lines().find(|line| line.starts_with("Usage: ")).expect("a usage");
    let (before, behind) = usage.split_once("--").map_or((usage, false), |(it, _)| (it, true));
    let words = before.split_whitespace().skip(2 + verb.words.len());
    let words = words.filter(|word| word.starts_with(['<', '[']) && !word.contains("OPTIONS"));
    (words.map(|_| OsStr::from_bytes(HOSTILE).to_owned()).collect(), behind)
}

#[test]
fn no_name_of_a_file_or_value_of_an_option_reaches_the_terminal_as_it_is() {
    let mut runs = 0;
    for verb in verbs().iter().filter(|verb| !verb.words.is_empty()) {
        let (positionals, behind) = positionals(verb);
        for there in There::ALL {
            for words in variations(verb) {
                let place = Place::new();
                there.put(&place, OsStr::from_bytes(HOSTILE));
                let mut command = place.breakglass();
                command.args(&verb.words).args(&positionals).args(&words);
                let has_passphrase = words
                    .iter()
                    .any(|word| word.as_bytes().windows(11).any(|part| part == b"-passphrase"));
                if verb.options.contains("--passphrase-file") && !has_passphrase {
                    command.args(["--passphrase-file", "passphrase"]);
                }
                if behind
                    && words.first().is_none_or(|word| word != "--from" && word != "--offline")
                {
                    command.arg("--").arg(OsStr::from_bytes(HOSTILE));
                }
                assert_harmless(&output(&mut command), &format!("{there:?} {command:?}"));
                runs += 1;
            }
        }
    }
    assert!(runs > 200, "{runs}");
}

#[test]
fn no_name_in_a_document_reaches_the_terminal_as_it_is() {
    let place = Place::new();
    let json = serde_json::json!({HOSTILE_TEXT: "x", "B": "${OTHER}"}).to_string();
    place.write("source.json", &json);
    place.cheap("v.gpg", &json);
    let header = format!(
        "# breakglass 1\n# source: {}\n# secrets: 1\n# allowed: {}\nA='1'\n",
        "\x1b[2J\u{202E}", "\x1b[31mPATH"
    );
    place.cheap("header.gpg", header);
    place.write("line.env", format!("{}\n", HOSTILE_TEXT.replace('\n', "")));
    let with = ["--passphrase-file", "passphrase"];
    for vault in ["v.gpg", "header.gpg"] {
        for arguments in [
            &["show", vault][..],
            &["show", vault, "--json"],
            &["show", vault, HOSTILE_TEXT],
            &["verify", vault, "--from", "source.json"],
            &["verify", vault, "--from", "line.env"],
            &["verify", vault, "--from", "source.json", "--json"],
            &["drill", vault],
            &["status", vault],
            &["status", vault, "--json"],
            &["seal", "n.env.gpg", "--from", "source.json"],
            &["seal", "n.env.gpg", "--from", "source.json", "--allow-skip", HOSTILE_TEXT],
            &["seal", "n.env.gpg", "--from", "line.env"],
            &["reseal", vault, "--to", "n.gpg", "--keep-passphrase"],
        ] {
            let mut command = place.breakglass();
            command.args(arguments).args(with);
            assert_harmless(&output(&mut command), &format!("{command:?}"));
        }
        let run = output(place.run(vault).args(["--only", HOSTILE_TEXT, "--", "true"]));
        assert_harmless(&run, "run --only");
        let run = output(place.run(vault).args(["--", "true"]));
        assert_harmless(&run, "run");
    }
}

#[test]
fn no_key_of_a_file_reaches_the_terminal_as_it_is() {
    let place = Place::new();
    let key = serde_json::json!(HOSTILE_TEXT).to_string().replace("\\b", "\\u0008");
    place.cheap("v.gpg", "A='1'\n");
    for toml in [
        format!("{key} = 1\n"),
        format!("copies = [{key}]\nvault = {key}\nstart = {key}\nrequired = [\"A\"]\n"),
        format!("[infisical]\nhost = {key}\n"),
        format!("[receipt]\nkey = {key}\n"),
        format!("max_age = {key}\n"),
        HOSTILE_TEXT.to_owned(),
    ] {
        place.write("breakglass.toml", &toml);
        place.write(".infisical.json", &toml);
        for arguments in [&["status"][..], &["status", "--json"], &["verify"], &["seal"]] {
            let run = output(place.breakglass().args(arguments));
            assert_harmless(&run, &format!("{arguments:?} {toml}"));
        }
    }
}

#[test]
fn no_file_of_a_kit_reaches_the_terminal_as_it_is() {
    let stick = Stick::with_kit();
    let mut name = HOSTILE.to_vec();
    name.push(b'x');
    std::fs::write(stick.kit().join(OsStr::from_bytes(&name)), "x").expect("a file");
    for arguments in [&["stick"][..], &["stick", "--json"]] {
        let verify = stick.verify(arguments);
        assert_harmless(&verify, &format!("{arguments:?}"));
        assert!(stdout(&verify).contains("no part of the kit"), "{}", stdout(&verify));
    }
    let copy = stick.copy(&[]);
    assert_harmless(&copy, "copy");
    assert_eq!(copy.status.code(), Some(1), "{}", stderr(&copy));
}

/// A vault that takes several key derivations to open, the last of them with the right passphrase; of a hash
/// that few processors have instructions for.
fn slow_vault() -> Vec<u8> {
    let s2k =
        S2K::Iterated { hash: HashAlgorithm::SHA384, salt: *b"fakesalt", hash_bytes: 65_011_712 };
    let cipher = SymmetricAlgorithm::AES256;
    let key = SessionKey::new(32).expect("a key");
    let mut sealed = Vec::new();
    let mut message = Message::new(&mut sealed);
    for at in 0..16 {
        let passphrase = if at == 15 { PASSPHRASE } else { "fake and wrong" };
        let skesk = SKESK4::with_password(cipher, cipher, s2k.clone(), &key, &passphrase.into())
            .expect("a packet");
        Packet::from(SKESK::from(skesk)).serialize(&mut message).expect("serialises");
    }
    let message =
        Encryptor::with_session_key(message, cipher, key).and_then(|it| it.build()).expect("built");
    let mut literal = LiteralWriter::new(message).build().expect("literal data");
    std::io::Write::write_all(&mut literal, b"A='1'\n").expect("writes");
    literal.finalize().expect("ends");
    sealed
}

/// What a person sees on a terminal of so many columns while a key is derived.
fn seen(place: &Place, columns: u16, set: impl FnOnce(&mut Command)) -> String {
    let mut terminal = Terminal::new();
    let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&terminal.slave, size).expect("a size");
    let mut command = place.breakglass();
    command.args(["show", "slow.gpg", "--passphrase-file", "passphrase"]);
    set(&mut command);
    let mut child = terminal.spawn_on(&mut command);
    while child.try_wait().expect("waits").is_none() {
        terminal.look(50);
    }
    assert!(finish(&mut child).success(), "{}", terminal.shown());
    terminal.shown()
}

#[test]
fn progress_is_drawn_for_who_is_looking_and_nothing_is_coloured() {
    let place = Place::new();
    place.write("slow.gpg", slow_vault());
    for columns in [80, 20] {
        let shown = seen(&place, columns, |command| {
            command.env("TERM", "xterm");
        });
        assert!(shown.contains("deriving the"), "{columns}: {shown:?}");
        assert!(shown.is_ascii(), "{columns}: {shown:?}");
        // Each drawing fits its line: on a line that wraps, the next one would not replace it.
        let drawn = shown.split(['\r', '\n']).filter(|part| part.contains("deriving the"));
        for line in drawn {
            let visible = without_escapes(line);
            assert!(visible.chars().count() <= usize::from(columns), "{columns}: {visible:?}");
        }
        assert!(!coloured(&shown), "{shown:?}");
    }
    for (name, value) in [("TERM", "dumb"), ("TERM", "")] {
        let shown = seen(&place, 80, |command| {
            command.env(name, value);
        });
        assert!(!shown.contains("deriving"), "{name}={value}: {shown:?}");
        assert!(!shown.contains('\u{1b}'), "{name}={value}: {shown:?}");
    }
    let shown = seen(&place, 80, |command| {
        command.arg("-q").env("TERM", "xterm");
    });
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
    // Into a pipe, whatever the variables say.
    for variables in [
        &[("TERM", "xterm")][..],
        &[("TERM", "xterm"), ("CLICOLOR_FORCE", "1"), ("FORCE_COLOR", "1")],
    ] {
        let mut command = place.breakglass();
        command.args(["show", "slow.gpg", "--passphrase-file", "passphrase"]);
        let piped = output(command.envs(variables.iter().copied()));
        assert_success(&piped);
        assert_harmless(&piped, "a pipe");
        assert!(!stderr(&piped).contains("deriving"), "{}", stderr(&piped));
    }
}

/// Whether the text sets a colour or another style: `ESC [ … m`.
fn coloured(text: &str) -> bool {
    text.split("\u{1b}[").skip(1).any(|rest| {
        rest.trim_start_matches(|it: char| it.is_ascii_digit() || it == ';').starts_with('m')
    })
}

fn without_escapes(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|it: char| it.is_ascii_digit() || ";?".contains(it));
        plain.extend(rest.chars().skip(1));
    }
    plain
}

/// Help on a terminal of 20 columns, and on one that does not say how wide it is, is all there and plain.
#[test]
fn help_and_errors_on_a_narrow_terminal() {
    for verb in verbs() {
        for columns in [20, 0] {
            let place = Place::new();
            let mut terminal = Terminal::new();
            let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
            tcsetwinsize(&terminal.slave, size).expect("a size");
            let mut command = place.breakglass();
            command.args(verb.arguments(&["--help"])).env("TERM", "xterm-256color");
            let mut child = terminal.spawn_on(command.env("CLICOLOR_FORCE", "1"));
            while child.try_wait().expect("waits").is_none() {
                terminal.look(50);
            }
            assert!(finish(&mut child).success());
            let shown = terminal.shown();
            assert!(!shown.contains('\u{1b}'), "{shown:?}");
            for option in &verb.options {
                assert!(shown.contains(option.as_str()), "{columns}: {option}: {shown}");
            }
        }
    }
}
