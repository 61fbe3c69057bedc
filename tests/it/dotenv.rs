//! What sealing accepts, a shell reads the same way: generated lines, read by us and by dash and
//! bash. (zsh is no POSIX shell outside of single quotes: `A==b` is a command's path there. That
//! it reads what we write is shown in roundtrip.rs.) A file that is refused proves nothing, so the share of accepted ones is held too.

use std::cell::Cell;

use breakglass::payload::{Strictness, read};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};

use crate::support::{Place, output, stderr};

/// The names that the lines assign to.
const NAMES: [&str; 3] = ["A", "B_1", "export"];

/// For each of the names its value, where it has one.
type Values = Vec<Option<Vec<u8>>>;

/// Files read by one shell process.
const FILES: usize = 200;

/// Pieces of which the right side of an assignment is made. No piece names a command that exists.
const PIECES: &[&str] = &[
    "'", "'", "\"", "\"", "\\", "\\\n", "\\\\", "''", "\"\"", "'a b'", "\"a b\"", "'\"'", "\"'\"",
    "'\\''", "\\'", "\\\"", "\\$", "\\`", "\"\\$\"", "\"\\`\"", "\"\\a\"", "\"\\\n\"", "'\\\n'",
    "\"\\\\\"", "'$x'", "'`x`'", "$", "`", " ", "\t", " #", "#", "# c", "=", "==", "~", ":~", ":",
    "+~", "!", "!!", "*", "?", "[a]", "{a,b}", "{1..3}", "@(a)", "^", "%", ",", ".", "/", "-", "+",
    ";", "&", "|", "<", ">", "(", ")", "\r", "\r\n", "\n", "\u{B}", "\u{C}", "\u{A0}", "\u{3000}",
    "\u{1}", "\u{7F}", "\u{81}", "ā", "\u{201}", "é", "日本", "🔑", "\u{FEFF}", "a", "b", "x y",
    "0", "\\a", "\\ ", "\\\t", "\\#", "\\~",
];

/// What stands before the value.
const BEGINNINGS: &[&str] = &[
    "A=",
    "A=",
    "A=",
    "B_1=",
    "B_1=",
    "export A=",
    "export\tB_1=",
    "export  A=",
    " A=",
    "\tB_1=",
    "export=",
    "export export=",
    "#A=",
    " # ",
    "",
    "A",
    "A =",
    "export \\\nA=",
    "A\\\n=",
    "export A\nB_1=",
    "1A=",
    "A+=",
    "A[0]=",
    "A-B=",
];

fn line() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        6 => proptest::collection::vec(proptest::sample::select(PIECES), 0..6)
            .prop_map(|pieces| pieces.concat()),
        1 => "[ -~]{0,8}",
        // Whole quoted words, so that more files are accepted than chance would have it.
        3 => ("[a-z~:#=]{0,3}", "'[^'\0]{0,5}'", "[a-z~:#=]{0,3}", "\"[^\"\\\\$`\0]{0,5}\"")
            .prop_map(|(a, b, c, d)| format!("{a}{b}{c}{d}")),
    ];
    let end = prop_oneof![8 => Just("\n"), 1 => Just(" # c\n"), 1 => Just("")];
    (proptest::sample::select(BEGINNINGS), value, end)
        .prop_map(|(beginning, value, end)| format!("{beginning}{value}{end}"))
}

fn file() -> impl Strategy<Value = String> {
    proptest::collection::vec(line(), 1..3).prop_map(|lines| lines.concat())
}

/// What we make of a file: for each name its value, or nothing where it is not assigned. `None`
/// where the file is refused, or assigns to a name that the shells are not asked for.
fn ours(text: &str) -> Option<Values> {
    let reading = read(text.as_bytes(), Strictness::Strict, &[]).ok()?;
    if !reading.secrets.names().all(|name| NAMES.contains(&name)) {
        return None;
    }
    let value = |name: &&str| reading.secrets.get(name).map(|secret| secret.expose().to_vec());
    Some(NAMES.iter().map(value).collect())
}

/// What a shell makes of files 0, 1, … in turn: as [`ours`]. The shell prints with its own printf,
/// so that all files take one process.
fn theirs(place: &Place, shell: &str, files: usize) -> Result<Vec<Values>, String> {
    let mut script = "i=0; while [ $i -lt $1 ]; do unset A B_1 export; . ./$i.env; ".to_owned();
    for name in NAMES {
        script += &format!("printf '%s\\0' \"${{{name}+=}}${{{name}-}}\"; ");
    }
    script += "i=$((i + 1)); done";
    let output = output(place.command(shell).args(["-c", &script, shell, &files.to_string()]));
    let mut answers = output.stdout.split(|byte| *byte == 0);
    let mut read = Vec::new();
    for _ in 0..files {
        let answer: Vec<_> = answers.by_ref().take(NAMES.len()).collect();
        if answer.len() < NAMES.len() {
            break;
        }
        read.push(answer.iter().map(|text| text.strip_prefix(b"=").map(<[u8]>::to_vec)).collect());
    }
    if output.status.success() && output.stderr.is_empty() && read.len() == files {
        Ok(read)
    } else {
        Err(format!("{} after {} files: {}", output.status, read.len(), stderr(&output)))
    }
}

/// Asserts that the shells read these files as we do.
fn assert_shells_agree(place: &Place, files: &[&str]) -> Result<(), TestCaseError> {
    for (number, text) in files.iter().enumerate() {
        place.write(&format!("{number}.env"), text);
    }
    for shell in ["dash", "bash"] {
        let read = match theirs(place, shell, files.len()) {
            Ok(read) => read,
            Err(error) => return Err(TestCaseError::fail(format!("{shell}: {error}\n{files:?}"))),
        };
        for (text, read) in files.iter().zip(read) {
            let ours = ours(text).expect("accepted before");
            prop_assert!(read == ours, "{shell} reads {text:?} as {read:?}, we as {ours:?}");
        }
    }
    Ok(())
}

/// A place in which a file name fits what an unquoted pattern could become.
fn place() -> Place {
    let place = Place::new();
    for name in ["A=a", "A=b", "a", "b", "x"] {
        place.write(name, "");
    }
    place
}

#[test]
fn shells_read_what_sealing_accepts() {
    let place = place();
    let (accepted, all) = (Cell::new(0), Cell::new(0));
    let config = Config {
        // A file is cheap: twenty-five times 200 are nothing, and CI takes more.
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(25),
        failure_persistence: None,
        ..Config::default()
    };
    let files = proptest::collection::vec(file(), FILES);
    let outcome = TestRunner::new(config).run(&files, |files| {
        let files: Vec<&str> =
            files.iter().map(String::as_str).filter(|text| ours(text).is_some()).collect();
        accepted.set(accepted.get() + files.len());
        all.set(all.get() + FILES);
        assert_shells_agree(&place, &files)
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(reason, _)) => panic!("{reason}"),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
    assert!(accepted.get() * 8 > all.get(), "{} of {} accepted", accepted.get(), all.get());
}

/// Lines that once were, or easily are, read otherwise.
#[test]
fn shells_read_these_lines_alike_where_they_are_accepted() {
    let lines = [
        "A=a'b'\"c\"\\d\n",
        "A=\n",
        "A=''\n",
        "A= # c\n",
        "A=a#b\n",
        "A='a'#b\n",
        "A=\"a\\\nb\"\n",
        "A='a\\\nb'\n",
        "A=a\\\nb\n",
        "A=\\\n~\n",
        "A=:\\\n~\n",
        "A=:''~\n",
        "A=''~\n",
        "A=a~\n",
        "A=a=~\n",
        "export A=a=~/x\n",
        "export A={a,b}\n",
        "A={a,b}\n",
        "export A=*\n",
        "A=*\n",
        "export A=a\\ b\n",
        "export A='a b'\n",
        "A=\"\\a\\\"\\\\\\$\\`\"\n",
        "A='\r\n'\n",
        "A=a\rb\n",
        "A=\u{A0}b\n",
        "A=ā\u{201}\n",
        "A=\"ā\u{201}\"\n",
        "A='ā\u{201}'\n",
        "A=\\ā\n",
        "export=1\n",
        "export export=1\n",
        "A=1",
        "A='1'",
        "A=\\\n",
        "A=a \\\n# c\n",
        "A=a\\\n#c\n",
        " \t A=a\n",
        "#\\\nA=1\n",
        "# '\nA=1\n",
        "A=[a]\n",
        "A=!!\n",
        "A=\"!!\"\n",
        "A=a:b\n",
        "A=%\n",
        "A=-n\n",
        "A=\\\\n\n",
        "\\\nA=1\n",
        "A=^a\n",
        "A==b\n",
        "A=@(a)\n",
    ];
    let place = place();
    let accepted: Vec<&str> = lines.into_iter().filter(|text| ours(text).is_some()).collect();
    assert!(accepted.len() > 35, "{accepted:?}");
    // One by one, so that a failure names its line.
    let failures: Vec<String> = accepted
        .iter()
        .filter_map(|text| assert_shells_agree(&place, &[text]).err())
        .map(|error| error.to_string())
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
