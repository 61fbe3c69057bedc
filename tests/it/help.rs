//! What the program says about itself, and how it takes arguments that make no sense.

use crate::support::{Place, assert_success, output, stderr, stdout};

const COMMON: &[&str] = &["--passphrase-fd", "--passphrase-file", "--quiet", "--help"];

/// What `seal` and `verify` say about their source, in their long help alone.
const SOURCE: &[&str] = &[
    "--config",
    "--receipt-key",
    "--infisical-host",
    "--infisical-project",
    "--infisical-environment",
    "--infisical-path",
    "--infisical-recursive",
    "--infisical-imports",
    "--infisical-timeout",
    "--danger-http",
];

/// What else only the long help shows.
const RARE: &[&str] = &[
    "--allow-skip",
    "--allow-reference",
    "--allow-unlocked",
    "--allow-weak-passphrase",
    "--accept-removed",
    "--new-passphrase-fd",
    "--new-passphrase-file",
];

/// Every command with the options of its own.
const COMMANDS: &[(&str, &[&str])] = &[
    (
        "seal",
        &[
            "--from",
            "--armor",
            "--generate-passphrase",
            "--allow",
            "--allow-skip",
            "--allow-unlocked",
            "--allow-weak-passphrase",
            "--allow-reference",
            "--accept-removed",
        ],
    ),
    (
        "run",
        &["--only", "--except", "--clean", "--allow", "--allow-core", "--allow-pm2", "--reason"],
    ),
    ("verify", &["--from", "--receipt", "--offline", "--max-age", "--json"]),
    ("show", &["--armor", "--json", "--allow-file", "--reason"]),
    ("drill", &[]),
    (
        "reseal",
        &[
            "--to",
            "--armor",
            "--binary",
            "--keep-passphrase",
            "--generate-passphrase",
            "--new-passphrase-fd",
            "--new-passphrase-file",
            "--allow-unlocked",
            "--allow-weak-passphrase",
            "--config",
            "--receipt-key",
        ],
    ),
    ("copy", &["--opener", "--without-opener"]),
    ("status", &["--config", "--json"]),
    ("scan", &["--git", "--except", "--json"]),
    ("init", &["--from", "--yes"]),
    ("log", &[]),
    ("log rotation", &["--reason", "--date", "--vault", "--config"]),
    (
        "log incident",
        &["--severity", "--secret", "--what", "--resolution", "--date", "--vault", "--config"],
    ),
    ("doctor", &["--json"]),
];

fn help(arguments: &[&str]) -> String {
    let place = Place::new();
    // A wide terminal must not make it wider, nor a narrow one be needed to see it.
    let output = output(place.breakglass().args(arguments).env("COLUMNS", "200"));
    assert_success(&output);
    assert_eq!(stderr(&output), "");
    stdout(&output)
}

/// The long names of options, each at the beginning of its line, in order.
fn options(help: &str) -> Vec<String> {
    let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let names =
        lines.filter_map(|line| line.split([' ', ',', '[']).find(|word| word.starts_with("--")));
    names.map(str::to_owned).collect()
}

#[test]
fn short_help_fits_a_terminal_and_shows_an_example() {
    for verb in [None].into_iter().chain(COMMANDS.iter().map(|(verb, _)| Some(*verb))) {
        let words = verb.into_iter().flat_map(str::split_whitespace);
        let arguments: Vec<&str> = words.chain(["-h"]).collect();
        let text = help(&arguments);
        assert!(text.lines().count() <= 24, "{verb:?}: {} lines\n{text}", text.lines().count());
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{verb:?}: {line}");
        }
        let (_, example) = text
            .rsplit_once("Example")
            .or_else(|| text.rsplit_once("Begin with"))
            .unwrap_or_else(|| panic!("{verb:?}: no example\n{text}"));
        let command = format!("breakglass {}", verb.unwrap_or("drill"));
        assert!(example.contains(&command), "{verb:?}: {example}");
    }
}

#[test]
fn long_help_explains_every_option() {
    for (verb, own) in COMMANDS {
        // doctor opens nothing and has no notes; log alone does nothing.
        let common = if ["doctor", "log"].contains(verb) { &["--help"] } else { COMMON };
        let help = |flag| help(&verb.split(' ').chain([flag]).collect::<Vec<_>>());
        let source = if ["seal", "verify", "init"].contains(verb) { SOURCE } else { &[] };
        let mut expected: Vec<&str> = own.iter().chain(common).chain(source).copied().collect();
        expected.sort_unstable();
        let mut found = options(&help("--help"));
        found.sort();
        assert_eq!(found, expected, "{verb} --help");
        expected.retain(|option| !SOURCE.contains(option) && !RARE.contains(option));
        let mut found = options(&help("-h"));
        found.sort();
        assert_eq!(found, expected, "{verb} -h");
        let text = help("--help");
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            assert!(line.chars().count() <= 80, "{verb}: {line}");
            if line.trim_start().starts_with('-') {
                let explanation = lines.peek().map_or("", |next| next.trim());
                assert!(
                    explanation.starts_with(char::is_uppercase) && explanation.contains(' '),
                    "{verb}: {line}: {explanation:?}"
                );
            }
        }
    }
}

#[test]
fn top_level_help_lists_the_commands_and_hides_the_probe() {
    for flag in ["-h", "--help"] {
        let text = help(&[flag]);
        for (verb, _) in COMMANDS {
            let is_listed = text.contains(&format!("\n  {verb} "));
            assert_eq!(is_listed, !verb.contains(' '), "{verb}: {text}");
        }
        assert!(!text.contains("probe"), "{text}");
    }
}

#[test]
fn examples_are_commands_that_the_program_takes() {
    let place = Place::new();
    for (verb, _) in COMMANDS {
        let words: Vec<&str> = verb.split(' ').chain(["-h"]).collect();
        let text = help(&words).replace("\\\n", "");
        let examples: Vec<&str> =
            text.lines().filter_map(|line| line.trim().strip_prefix("breakglass ")).collect();
        assert!(!examples.is_empty(), "{verb}");
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
        let known =
            COMMANDS.iter().map(|(verb, _)| *verb).find(|verb| arguments.first() == Some(verb));
        let command = known.map_or("breakglass".to_owned(), |verb| format!("breakglass {verb}"));
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
