//! Every value arrives byte for byte: through gpg into four shells, through `run` into node and
//! python, whatever form the source had; and other OpenPGP programs read the vault too.

use breakglass::payload::{is_identifier, is_taken, steers_programs};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::environment::{
    MARKERS, NODE, SHELLS, Variables, assert_same, python, python_program, read_by_shell, seen,
    variables,
};
use crate::support::{PASSPHRASE, Place, assert_success, feed, output, stderr, stdout};

/// The forms in which secrets come from a source.
#[derive(Clone, Copy, Debug)]
enum Form {
    Document,
    Object,
    List,
}

const FORMS: [Form; 3] = [Form::Document, Form::Object, Form::List];

/// Values in one generated vault.
const VALUES: usize = 200;

const PEM: &str = "-----BEGIN PRIVATE KEY-----\n\
    bm90IGEga2V5LCBidXQgYXMgbG9uZyBhcyBvbmUgYW5kIHdpdGggdGhlIHNhbWUg\n\
    Y2hhcmFjdGVycysvIGluIGl0ICAgICAgICAgICAgICAgICAgICAgICAgICAgIA==\n\
    -----END PRIVATE KEY-----\n";

/// The values that broke other tools, each alone, and all together.
fn hard_values() -> Variables {
    let long = "it's \"$long\" `x` \\ # é\r\n\t".repeat(4000);
    let end = (0..=100_000).rfind(|at| long.is_char_boundary(*at)).expect("a boundary");
    let long = format!("{}{}", &long[..end], "x".repeat(100_000 - end));
    assert_eq!(long.len(), 100_000);
    let mut all = variables([
        ("PEM", PEM),
        ("APOSTROPHE", "it's"),
        ("APOSTROPHES", "'''"),
        ("ESCAPED_APOSTROPHE", "'\\''"),
        ("DOUBLE_QUOTES", "\"quoted\""),
        ("DOLLAR", "$HOME ${HOME} $(id) $$ $"),
        ("BACKTICK", "`id`"),
        ("HASH", "#not a comment"),
        ("HASH_WITHIN", "a #b"),
        ("BACKSLASH", "\\"),
        ("BACKSLASHES", "a\\nb\\\\c\\"),
        ("TAB", "\ta\tb\t"),
        ("CRLF", "a\r\nb\r\n"),
        ("CR", "\r"),
        ("NEWLINE", "a\n"),
        ("NEWLINES", "\n\na\n\n\n"),
        ("ASSIGNMENT", "a\nB='c'\nexport D=e"),
        ("EMPTY", ""),
        ("BLANKS", "  a  "),
        ("EQUALS", "=a=b=="),
        ("GLOB", "* ? [a-z] {a,b}"),
        ("TILDE", "~/x:~root"),
        ("BANG", "!! !$"),
        ("OPERATORS", "a; b & c | d > e < f (g)"),
        ("UNICODE", "Grüße, Łódź ā \u{201} 日本語 🔑 e\u{301} \u{202E} \u{FEFF}"),
        ("CONTROLS", "\u{1}\u{7}\u{8}\u{B}\u{C}\u{1B}[31m\u{7F}\u{80}\u{85}"),
        ("JSON", r#"{"a": ["b", "c\n", 1e9]}"#),
        ("URL", "postgres://user:hunter2%40@db.example.invalid:5432/x?y=1&z=2#w"),
        ("lower_case_1", "lower"),
    ]);
    all.insert(b"LONG".to_vec(), long.into_bytes());
    all
}

/// A source that holds these values.
fn source(form: Form, values: &Variables) -> Vec<u8> {
    let text = |bytes: &Vec<u8>| String::from_utf8(bytes.clone()).expect("UTF-8");
    let pairs = values.iter().map(|(name, value)| (text(name), text(value)));
    match form {
        // Not as the program writes it, but as a hand would: half of it in double quotes.
        Form::Document => pairs
            .map(|(name, value)| match value.len() % 2 {
                0 => format!("export {name}='{}'\n", value.replace('\'', "'\"'\"'")),
                _ => format!("{name}=\"{}\" # double\n", in_double_quotes(&value)),
            })
            .collect::<String>()
            .into_bytes(),
        Form::Object => {
            let object: serde_json::Map<_, _> =
                pairs.map(|(name, value)| (name, value.into())).collect();
            serde_json::to_vec_pretty(&object).expect("JSON")
        }
        Form::List => {
            let list: Vec<_> = pairs
                .map(|(name, value)| serde_json::json!({"key": name, "value": value, "version": 1}))
                .collect();
            serde_json::to_vec(&list).expect("JSON")
        }
    }
}

fn in_double_quotes(value: &str) -> String {
    let mut quoted = String::new();
    for character in value.chars() {
        if ['$', '`', '"', '\\'].contains(&character) {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted
}

/// Seals the values with the program itself.
fn seal(place: &Place, form: Form, armor: bool, values: &Variables) {
    let mut command = place.breakglass();
    command.args(["seal", "v.env.gpg", "--from", "-", "--passphrase-file", "passphrase"]);
    if armor {
        command.arg("--armor");
    }
    let references: Vec<&str> = values
        .iter()
        .filter(|(_, value)| value.windows(2).any(|pair| pair == b"${"))
        .filter_map(|(name, _)| std::str::from_utf8(name).ok())
        .collect();
    if !references.is_empty() {
        command.args(["--allow-reference", &references.join(",")]);
    }
    assert_success(&feed(&mut command, &source(form, values)));
    let begins = place.read("v.env.gpg").starts_with(b"-----BEGIN PGP MESSAGE-----");
    assert_eq!(begins, armor, "--armor decides whether it is text");
}

/// Stock gpg prints the vault into the file `plain.env`.
fn decrypt_with_gpg(place: &Place) {
    let gpg = output(place.gpg("passphrase").args(["--decrypt", "v.env.gpg"]));
    assert_success(&gpg);
    place.write("plain.env", gpg.stdout);
}

/// The whole way, out by gpg and a shell as well as by `run`, for every reader.
fn assert_arrives(form: Form, armor: bool, values: &Variables) {
    let place = Place::new();
    seal(&place, form, armor, values);
    decrypt_with_gpg(&place);
    for shell in SHELLS {
        assert_same(&read_by_shell(&place, shell, "plain.env"), values, shell);
    }
    let node = output(place.run("v.env.gpg").arg("--").args(NODE));
    assert_same(&seen(&node, &MARKERS), values, "node");
    let python = output(place.run("v.env.gpg").arg("--").args(python()));
    assert_same(&seen(&python, &MARKERS), values, "python3");
}

#[test]
fn hard_values_arrive_from_every_form() {
    let values = hard_values();
    for form in FORMS {
        for armor in [false, true] {
            assert_arrives(form, armor, &values);
        }
    }
}

/// Pieces that mean something to one of the readers on the way.
const PIECES: &[&str] = &[
    "'",
    "''",
    "'\\''",
    "\"",
    "\\",
    "\\\\",
    "\\n",
    "$",
    "$$",
    "$HOME",
    "${x}",
    "$(id)",
    "`",
    "`id`",
    "#",
    " #",
    " ",
    "\t",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "=",
    "~",
    "~/",
    ":~",
    "!",
    "!!",
    ";",
    "&",
    "|",
    "<",
    ">",
    "(",
    ")",
    "*",
    "?",
    "[",
    "]",
    "{",
    "}",
    "{a,b}",
    ",",
    "%s",
    "%00",
    "\u{1}",
    "\u{7F}",
    "\u{80}",
    "ā",
    "é",
    "日本",
    "🔑",
    "\u{202E}",
    "\u{FEFF}",
    "\nB='c'\n",
    "EOF",
    "\nexport A=1",
    "a",
    "0",
    "-",
    "--",
    "null",
    "\"}",
    "\\u0000",
];

/// Text as a secret may hold it: any, pieces that are hard to quote, or a mixture.
fn value() -> impl Strategy<Value = String> {
    let any = proptest::char::any().prop_filter("an environment has no NUL", |c| *c != '\0');
    let piece = prop_oneof![
        4 => proptest::sample::select(PIECES).prop_map(str::to_owned),
        1 => "[ -~]{0,12}",
        1 => proptest::collection::vec(any, 0..6).prop_map(String::from_iter),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// A number behind each name keeps it from being another's, or a shell's own.
fn values() -> impl Strategy<Value = Variables> {
    let named = ("[A-Za-z_][A-Za-z0-9_]{0,8}", value());
    proptest::collection::vec(named, VALUES).prop_map(|pairs| {
        let number = |(index, (name, value)): (usize, (String, String))| {
            let name = format!("{name}_{index}");
            // What would steer a program, like LD_1, becomes harmless.
            let name = if steers_programs(&name) { format!("X{name}") } else { name };
            (name.into_bytes(), value.into_bytes())
        };
        pairs.into_iter().enumerate().map(number).collect()
    })
}

/// A quarter of proptest's own number, for each case is ten processes; few where none is set.
fn config() -> Config {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let cases = cases.map_or(4, |cases: u32| cases.div_ceil(4));
    Config { cases, max_shrink_iters: 100, failure_persistence: None, ..Config::default() }
}

#[test]
fn generated_values_arrive() {
    let form = proptest::sample::select(&FORMS[..]);
    let mut runner = TestRunner::new(config());
    let outcome = runner.run(&(form, any::<bool>(), values()), |(form, armor, values)| {
        let arrives = std::panic::catch_unwind(|| assert_arrives(form, armor, &values));
        prop_assert!(arrives.is_ok(), "see above");
        assert_eq!(values.len(), VALUES);
        Ok(())
    });
    // Printing the case would bury what the panic above said.
    assert!(outcome.is_ok(), "generated values did not arrive, see above");
}

/// Sealed by us, opened by two programs that share no code with gpg.
#[test]
fn rnp_and_sq_open_our_vaults() {
    let values = hard_values();
    for armor in [false, true] {
        let place = Place::new();
        seal(&place, Form::Document, armor, &values);
        decrypt_with_gpg(&place);
        let by_gpg = place.read("plain.env");

        std::fs::create_dir(place.path("rnp")).expect("a folder");
        let rnp = output(place.command("rnp").args([
            "--homedir",
            "rnp",
            "--password",
            PASSPHRASE,
            "--decrypt",
            "--output",
            "-",
            "v.env.gpg",
        ]));
        assert_success(&rnp);
        assert!(rnp.stdout == by_gpg, "rnp reads another text (armor: {armor})");

        let sq = output(place.command(python_program()).args([
            "-c",
            TYPE_PASSPHRASE,
            PASSPHRASE,
            "sq",
            "decrypt",
            "--output",
            "by-sq.env",
            "v.env.gpg",
        ]));
        assert!(sq.status.success(), "sq: {}", stderr(&sq));
        assert!(place.read("by-sq.env") == by_gpg, "sq reads another text (armor: {armor})");
    }
}

/// sq asks on a terminal only: this is one that answers. It ends as the command does.
const TYPE_PASSPHRASE: &str = r"
import os, pty, sys
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
said, answered = b'', False
while True:
    try:
        piece = os.read(terminal, 4096)
    except OSError:
        break
    if not piece:
        break
    said += piece
    if not answered and b'assword' in said and b': ' in said:
        os.write(terminal, sys.argv[1].encode() + b'\n')
        answered = True
sys.stderr.write(said.decode(errors='replace'))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 255)
";

/// Names of variables that shells give a meaning of their own. Those of this machine's shells come
/// to them; these do not show up before they are used, or in other versions.
const KNOWN_TO_SHELLS: &str = "BASHPID BASH_ARGC BASH_ARGV BASH_ARGV0 BASH_COMMAND BASH_COMPAT \
    BASH_LINENO BASH_REMATCH BASH_SOURCE BASH_SUBSHELL BAUD COLUMNS COPROC DIRSTACK EGID EPOCHREALTIME \
    EPOCHSECONDS ERRNO EUID FCEDIT FIGNORE FUNCNAME FUNCNEST GID GROUPS HISTCMD HISTFILE HISTSIZE \
    IGNOREEOF INPUTRC LANG LC_ALL LC_CTYPE LINENO LINES MAIL MAILCHECK MAILPATH MAPFILE NULLCMD OPTARG \
    OPTERR OPTIND PIPESTATUS POSIXLY_CORRECT PPID PROMPT PS1 PS2 PS3 RANDOM READNULLCMD REPLY SAVEHIST \
    SECONDS SHLVL SRANDOM STTY TERM TIMEFMT TIMEFORMAT TMOUT TTY TTYIDLE UID USERNAME WORDCHARS \
    ZSH_SUBSHELL _ argv commands functions histchars ignoreeof options path pipestatus prompt psvar \
    reply signals status";

/// Every name that can be sealed arrives too, even one that a shell knows; so the names that some
/// shell sets, types or holds read-only are all refused.
#[test]
fn names_that_shells_know_arrive_or_are_refused() {
    let place = Place::new();
    let mut names: Vec<String> = KNOWN_TO_SHELLS.split_whitespace().map(str::to_owned).collect();
    for (shell, script) in [
        ("dash", "set | sed -n 's/=.*//p'"),
        ("bash", "compgen -v"),
        ("zsh", "zmodload zsh/parameter && print -l ${(k)parameters}"),
    ] {
        let listed = output(place.command(shell).args(["-c", script]));
        assert_success(&listed);
        let before = names.len();
        names.extend(stdout(&listed).lines().map(str::to_owned));
        assert!(names.len() > before + 5, "{shell} lists its variables");
    }
    names
        .retain(|name| is_identifier(name.as_bytes()) && !is_taken(name) && !steers_programs(name));
    let value = |name: &str| {
        // A locale that is not there is worth a line of the shell's.
        let value = if name.starts_with("LC_") || name == "LANG" { "C" } else { "it's 1" };
        (name.into(), value.into())
    };
    let mut values: Variables = names.iter().map(|name| value(name)).collect();
    // What the tests themselves set; and WATCH makes zsh add a LOGCHECK of its own.
    let left_out = ["GNUPGHOME", "LC_ALL", "WATCH"].map(str::as_bytes);
    values.retain(|name, _| !left_out.contains(&&name[..]));
    assert!(values.len() > 20, "{names:?}");
    assert_arrives(Form::Object, false, &values);
}
