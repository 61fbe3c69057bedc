//! What the program says about itself, and how it takes arguments that make no sense.

use std::collections::BTreeSet;

use crate::documented_options::{heads, help, options, verbs};
use crate::support::{Place, output, stderr, stdout};

#[test]
fn short_help_fits_a_terminal_and_shows_an_example() {
    for verb in verbs() {
        let name = verb.name();
        let text = help(&verb.arguments(&["-h"]));
        assert!(text.lines().count() <= 24, "{name}: {} lines\n{text}", text.lines().count());
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{name}: {line}");
        }
        let (_, example) = text
            .rsplit_once("Example")
            .or_else(|| text.rsplit_once("Begin with"))
            .unwrap_or_else(|| panic!("{name}: no example\n{text}"));
        assert!(example.contains(&name), "{name}: {example}");
    }
}

#[test]
fn long_help_explains_every_option() {
    for verb in verbs() {
        let name = verb.name();
        let short: BTreeSet<String> =
            options(&help(&verb.arguments(&["-h"]))).into_iter().collect();
        assert!(short.is_subset(&verb.options), "{name}: {short:?}");
        let text = help(&verb.arguments(&["--help"]));
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            assert!(line.chars().count() <= 80, "{name}: {line}");
            if heads(line).next().is_some() {
                let explanation = lines.peek().map_or("", |next| next.trim());
                // breakglass itself has two options, explained beside them.
                let beside = line.trim_start().split("  ").nth(1).unwrap_or_default();
                assert!(
                    [explanation, beside].iter().any(|it| it.starts_with(char::is_uppercase)),
                    "{name}: {line}: {explanation:?}"
                );
            }
        }
    }
}

#[test]
fn top_level_help_hides_what_no_person_types() {
    for flag in ["-h", "--help"] {
        let text = help(&[flag]);
        for hidden in ["probe", "man", "completions"] {
            assert!(!text.contains(&format!("\n  {hidden}")), "{text}");
        }
    }
    for hidden in ["man", "completions"] {
        assert!(help(&[hidden, "--help"]).contains("same definitions as this help"));
    }
}

#[test]
fn examples_are_commands_that_the_program_takes() {
    let place = Place::new();
    for verb in verbs() {
        let text = help(&verb.arguments(&["-h"])).replace("\\\n", "");
        let examples: Vec<&str> =
            text.lines().filter_map(|line| line.trim().strip_prefix("breakglass ")).collect();
        assert!(!examples.is_empty() || verb.words.is_empty(), "{}", verb.name());
        for example in examples {
            let words = example.split('|').next().unwrap_or_default().split_whitespace();
            // Neither vault nor source program is there, so each ends before it does anything but parse; drill alone
            // needs none, and is tested elsewhere.
            if example != "drill" {
                let output = output(place.breakglass().args(words).env("PATH", place.path("home")));
                assert!(
                    !stderr(&output).contains("--help"),
                    "{example} is refused: {}",
                    stderr(&output)
                );
            }
        }
    }
}

#[test]
fn version() {
    for flag in ["--version", "-V"] {
        assert_eq!(help(&[flag]), format!("breakglass {}\n", env!("CARGO_PKG_VERSION")));
    }
}

#[test]
fn arguments_that_make_no_sense() {
    let place = Place::new();
    let verbs = verbs();
    for (arguments, sentence) in [
        (&[][..], "no command is given"),
        (&["foo"], "unrecognized subcommand 'foo'"),
        (&["help"], "unrecognized subcommand 'help'"),
        (&["--foo"], "unexpected argument '--foo' found"),
        (&["-x"], "unexpected argument '-x' found"),
        (&["--quiet", "run", "v", "--", "true"], "unexpected argument '--quiet' found"),
        (
            &["seal", "v", "--from"],
            "a value is required for '--from <SOURCE>' but none was supplied",
        ),
        (
            &["seal", "v", "--from", "a", "--from", "b"],
            "the argument '--from <SOURCE>' cannot be used multiple times",
        ),
        (
            &["seal", "v", "--from", "a", "--", "b"],
            "the argument '--from <SOURCE>' cannot be used with '[COMMAND]...'",
        ),
        (&["seal", "-", "--from", "a"], "a vault is sealed into a file, not into standard output"),
        (
            &["seal", "v", "--from", "a", "--generate-passphrase", "--passphrase-fd", "3"],
            "the argument '--generate-passphrase' cannot be used with '--passphrase-fd <N>'",
        ),
        (&["run"], "the following required arguments were not provided: <VAULT> <COMMAND>"),
        (&["run", "v"], "the following required arguments were not provided: <COMMAND>"),
        (&["run", "v", "--"], "the following required arguments were not provided: <COMMAND>"),
        (&["run", "v", "true"], "there is a word too many; a command stands behind --"),
        (&["run", "v", "--foo", "--", "true"], "unexpected argument '--foo' found"),
        (&["run", "v", "--only"], "a value is required for '--only <NAMES>' but none was supplied"),
        (
            &["run", "v", "--passphrase-fd", "x", "--", "true"],
            "--passphrase-fd takes the number of a descriptor",
        ),
        (&["run", "v", "--passphrase-fd", "-1", "--", "true"], "unexpected argument '-1' found"),
        (
            &["run", "v", "--passphrase-fd", "3", "--passphrase-file", "f", "--", "true"],
            "the argument '--passphrase-fd <N>' cannot be used with '--passphrase-file <FILE>'",
        ),
        (
            &["verify", "v", "--receipt", "--offline"],
            "the argument '--receipt' cannot be used with '--offline'",
        ),
        (
            &["seal", "v", "--infisical-timeout", "0"],
            "--infisical-timeout takes seconds, 1 to 3600",
        ),
        (
            &["verify", "v", "--infisical-recursive=maybe"],
            "invalid value 'maybe' for '--infisical-recursive[=<true|false>]' [possible values: true, false]",
        ),
        (
            &["verify", "v", "--max-age", "soon"],
            "--max-age takes a length of time such as 30d, 2w or 12h",
        ),
        (
            &["verify", "v", "--offline", "--from", "f"],
            "the argument '--offline' cannot be used with '--from <SOURCE>'",
        ),
        (&["show"], "the following required arguments were not provided: <VAULT>"),
        (&["show", "v", "A", "--armor"], "the argument '[NAME]' cannot be used with '--armor'"),
        (&["show", "v", "A", "B"], "there is a word too many; a command stands behind --"),
        (
            &["show", "v", "--allow-file"],
            "the following required arguments were not provided: <NAME>",
        ),
        (
            &["reseal", "-"],
            "what comes from standard input is sealed into a file, which --to names",
        ),
        (
            &["reseal", "v", "--new-passphrase-fd", "x"],
            "--new-passphrase-fd takes the number of a descriptor",
        ),
        (
            &["reseal", "v", "--armor", "--binary"],
            "the argument '--armor' cannot be used with '--binary'",
        ),
        (
            &["reseal", "v", "--keep-passphrase", "--generate-passphrase"],
            "the argument '--keep-passphrase' cannot be used with '--generate-passphrase'",
        ),
        (&["drill", "--", "true"], "the following required arguments were not provided: <VAULT>"),
        (&["drill", "--foo"], "unexpected argument '--foo' found"),
    ] {
        let output = output(place.breakglass().args(arguments));
        let status = if arguments.first() == Some(&"run") { 125 } else { 2 };
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {}", stderr(&output));
        assert_eq!(stdout(&output), "", "{arguments:?}");
        let known = verbs.iter().find(|verb| {
            verb.words.len() == 1 && arguments.first() == Some(&verb.words[0].as_str())
        });
        let command = known.map_or("breakglass".to_owned(), |verb| verb.name());
        assert_eq!(
            stderr(&output),
            format!("breakglass: error: {sentence}\nbreakglass: hint: {command} --help\n"),
            "{arguments:?}"
        );
        assert!(
            !sentence.ends_with('.') && !sentence.starts_with(char::is_uppercase),
            "{sentence}"
        );
    }
}

#[test]
fn no_vault_and_no_source() {
    let place = Place::new();
    for (arguments, sentence, hint) in [
        (&["seal"][..], "no vault is named", "name one, or set vault in breakglass.toml"),
        (&["verify"], "no vault is named", "name one, or set vault in breakglass.toml"),
        (
            &["seal", "v"],
            "no source is named",
            "name one: --from infisical, --from FILE, or a command behind --",
        ),
    ] {
        let output = output(place.breakglass().args(arguments));
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_eq!(
            stderr(&output),
            format!("breakglass: error: {sentence}\nbreakglass: hint: {hint}\n"),
            "{arguments:?}"
        );
    }
}

#[test]
fn arguments_that_are_not_utf8() {
    let raw = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"\xFF");
    let output = output(Place::new().breakglass().args(["run", "v", "--only"]).arg(raw));
    assert_eq!(output.status.code(), Some(125));
    assert_eq!(
        stderr(&output),
        "breakglass: error: invalid UTF-8 was detected in one or more arguments\n\
         breakglass: hint: breakglass run --help\n"
    );
}
