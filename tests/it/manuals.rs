//! Man pages and completions, as the programs that read them do.

use std::collections::BTreeSet;
use std::process::Command;

use crate::documented_options::{Verb, verbs};
use crate::support::{Place, assert_success, feed, output, stderr, stdout};
use crate::terminal::{Terminal, finish};

fn page(name: &str) -> String {
    let place = Place::new();
    let page = output(place.breakglass().args(["man", name]));
    assert_success(&page);
    assert_eq!(stderr(&page), "");
    stdout(&page)
}

fn pages() -> Vec<String> {
    let list = output(Place::new().breakglass().args(["man", "--list"]));
    assert_success(&list);
    stdout(&list).lines().map(str::to_owned).collect()
}

/// As man shows it, 80 columns wide, without overprinting.
fn shown(page: &str) -> String {
    let place = Place::new();
    let mut mandoc = place.command("mandoc");
    let shown = feed(mandoc.args(["-T", "ascii", "-O", "width=80"]), page.as_bytes());
    assert_success(&shown);
    let mut plain = String::new();
    for character in stdout(&shown).chars() {
        if character == '\u{8}' {
            plain.pop();
        } else {
            plain.push(character);
        }
    }
    plain
}

/// The options that a page explains.
fn explained(page: &str) -> BTreeSet<String> {
    let heads = page.lines().filter(|line| line.starts_with(r"\fB\-"));
    let words = heads.flat_map(|line| line.split(r"\fB").map(|part| part.replace(r"\-", "-")));
    words
        .filter(|word| word.starts_with("--"))
        .map(|word| word.split(r"\fR").next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn there_is_a_page_for_every_command_and_it_has_every_option() {
    let verbs = verbs();
    let names: Vec<String> = verbs.iter().map(|verb| verb.name().replace(' ', "-")).collect();
    let mut listed = pages();
    assert_eq!(listed[0], "breakglass");
    listed.sort();
    assert_eq!(listed, names);
    for (verb, name) in verbs.iter().zip(&names) {
        let text = page(name);
        assert_eq!(explained(&text), verb.options, "{name}");
        assert_eq!(text, page(name.trim_start_matches("breakglass-")), "the short name");
    }
}

#[test]
fn a_page_that_is_none() {
    for name in ["probe", "man", "seal-", "", "\u{1b}[2J"] {
        let none = output(Place::new().breakglass().args(["man", name]));
        assert_eq!(none.status.code(), Some(2), "{name:?}");
        assert_eq!(stdout(&none), "");
        assert!(stderr(&none).starts_with("breakglass: error: there is no page '"), "{name:?}");
        assert!(!stderr(&none).contains('\u{1b}'), "{name:?}");
    }
}

#[test]
fn pages_have_the_usual_sections_in_the_usual_order() {
    for name in pages() {
        let text = page(&name);
        let headings: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix(".SH ")).collect();
        let mut usual = vec![
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "OPTIONS",
            "ARGUMENTS",
            "INFISICAL",
            "COMMANDS",
        ];
        usual.extend(["\"EXIT STATUS\"", "FILES", "ENVIRONMENT", "EXAMPLES", "\"SEE ALSO\""]);
        let may_lack = ["ARGUMENTS", "INFISICAL", "COMMANDS"];
        usual.retain(|heading| headings.contains(heading) || !may_lack.contains(heading));
        assert_eq!(headings, usual, "{name}");
        let shown = shown(&text);
        let mut lines = shown.lines().skip_while(|line| *line != "EXAMPLES").skip(1);
        let example = lines.find(|line| !line.trim().is_empty()).unwrap_or_default();
        assert!(example.trim_start().starts_with("breakglass "), "{name}: {example}");
        let words = name.replace('-', " ");
        assert!(
            shown.contains(&format!("SYNOPSIS\n     {words}"))
                || shown.contains(&format!("SYNOPSIS\n       {words}")),
            "{name}\n{shown}"
        );
    }
}

/// Two formatters, with every warning that they have.
#[test]
fn pages_are_well_formed() {
    let place = Place::new();
    for name in pages() {
        let text = page(&name);
        let lint =
            feed(place.command("mandoc").args(["-T", "lint", "-W", "warning"]), text.as_bytes());
        // A page is of a version, not of a day.
        let said = format!("{}{}", stdout(&lint), stderr(&lint));
        let faults: Vec<&str> =
            said.lines().filter(|line| !line.contains("missing date, using")).collect();
        assert!(faults.is_empty(), "{name}: {faults:?}");
        place.write("page.1", &text);
        let mut man = place.command("man");
        man.args(["--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", "page.1"]);
        let man = output(man.env("MANROFFSEQ", "").env("MANWIDTH", "80"));
        assert_success(&man);
        assert_eq!(stderr(&man), "", "{name}");
        for line in shown(&text).lines() {
            // Examples are not filled; they fit a terminal in the help.
            let most = if line.trim_start().starts_with("breakglass ") { 87 } else { 80 };
            assert!(line.chars().count() <= most, "{name}: {line}");
        }
    }
}

/// What pages say besides stands in the documents too.
#[test]
fn statuses_and_variables_are_those_of_the_documents() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| std::fs::read_to_string(root.join(name)).expect("a document");
    let plain = |text: &str| {
        text.replace('`', "")
            .replace(r"\fB", "")
            .replace(r"\fR", "")
            .replace(r"\-", "-")
            .replace(r"\*(Aq", "'")
    };
    let (main, run) = (plain(&page("breakglass")), plain(&page("run")));
    let readme = plain(&read("README.md"));
    let (_, table) = readme.split_once("## Exit status").expect("the table");
    let rows = table.lines().skip_while(|line| !line.starts_with("|--")).skip(1);
    let rows: Vec<&str> = rows.take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() > 5);
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [status, meaning] = cells[..] else { panic!("{row}") };
        if status.contains("125") {
            for status in status.split(", ") {
                assert!(run.contains(&format!("\n{status}\n")), "{status}");
            }
        } else {
            assert!(main.contains(&format!("\n{status}\n{meaning}\n")), "{row}\n{main}");
        }
    }
    let words = |text: &str| -> BTreeSet<String> {
        let words =
            text.split(|it: char| !it.is_ascii_uppercase() && it != '_' && !it.is_ascii_digit());
        words.filter(|word| word.starts_with("INFISICAL_")).map(str::to_owned).collect()
    };
    assert_eq!(words(&main), words(&read("docs/CURRENT.md")));
}

/// A folder in which a shell completes, with the script of that shell.
fn shell_place(shell: &str) -> Place {
    let place = Place::new();
    let script = output(place.breakglass().args(["completions", shell]));
    assert_success(&script);
    assert_eq!(stderr(&script), "");
    place.write("script", &script.stdout);
    for name in ["prod.env.gpg", "two words.env.gpg"] {
        place.cheap(name, "A='1'\n");
    }
    place
}

/// What bash offers for a line, as readline asks its functions.
fn bash(place: &Place, words: &[&str]) -> Vec<String> {
    const SCRIPT: &str = r#"
source ./script
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
COMP_LINE=$* COMP_POINT=${#COMP_LINE}
spec=$(complete -p breakglass)
[[ $spec == *"-o default"* ]] || exit 3
function=${spec#*-F }
"${function%% *}" breakglass "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
# Where a function offers nothing, -o default offers files.
if ((${#COMPREPLY[@]} == 0)); then
    mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
fi
printf '%s\n' "${COMPREPLY[@]}"
"#;
    let offered = output(
        place.command("bash").args(["--norc", "-c", SCRIPT, "bash", "breakglass"]).args(words),
    );
    assert_success(&offered);
    // compopt complains that readline is not there.
    stdout(&offered).lines().map(str::to_owned).collect()
}

fn fish(place: &Place, words: &[&str]) -> Vec<String> {
    let line = format!("breakglass {}", words.join(" "));
    let script = format!("source ./script; complete --do-complete '{line}'");
    let offered = output(place.command("fish").args(["--no-config", "-c", &script]));
    assert_success(&offered);
    assert_eq!(stderr(&offered), "", "{line}");
    let words = stdout(&offered);
    words.lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect()
}

/// zsh completes only on a terminal. What it is offered is printed there, between two marks.
fn zsh(place: &Place, words: &[&str]) -> Vec<String> {
    const SETUP: &str = r#"
stty columns 1000
fpath=($PWD/functions $fpath)
autoload -Uz compinit
compinit -u -D
offer() { local -a found; builtin compadd -A found "$@" 2>/dev/null; print -rl -- "<offer>"${^found}"</offer>" }
compadd() { [[ $* == *-[OAD]\ * ]] || offer "$@"; builtin compadd "$@" }
finish() { print -r -- "<end>"; exit }
zle -N finish
bindkey "^Xf" finish
zle-line-init() { print -r -- "<ready>" }
zle -N zle-line-init
"#;
    std::fs::create_dir_all(place.path("functions")).expect("a folder");
    place.write("functions/_breakglass", place.read("script"));
    place.write("home/.zshrc", SETUP);
    let mut terminal = Terminal::new();
    let mut shell = place.command("zsh");
    shell.args(["-d", "-i"]).env("TERM", "xterm");
    let mut shell = terminal.spawn_on(&mut shell);
    terminal.wait_for("<ready>");
    terminal.type_text(format!("breakglass {}\t\x18f", words.join(" ")));
    terminal.wait_for("<end>");
    finish(&mut shell);
    let shown = terminal.shown();
    let parts = shown.split("<offer>").skip(1);
    parts.map(|part| part.split("</offer>").next().unwrap_or_default().to_owned()).collect()
}

type Offers = fn(&Place, &[&str]) -> Vec<String>;

const SHELLS: [(&str, Offers); 3] = [("bash", bash), ("zsh", zsh), ("fish", fish)];

#[track_caller]
fn assert_offers(shell: &str, offers: Offers, place: &Place, words: &[&str], expected: &[&str]) {
    let offered = offers(place, words);
    for word in expected {
        // zsh describes a word behind a colon, and quotes or not.
        let found = offered.iter().any(|it| {
            let it = it.replace('\\', "");
            it == *word || it.strip_prefix(word).is_some_and(|rest| rest.starts_with(':'))
        });
        assert!(found, "{shell} {words:?}: {word} is not among {offered:?}");
    }
}

#[test]
fn shells_complete_commands_options_and_vaults() {
    let verbs = verbs();
    let top: Vec<&str> = verbs
        .iter()
        .filter(|verb| verb.words.len() == 1)
        .map(|verb| verb.words[0].as_str())
        .collect();
    for (shell, offers) in SHELLS {
        let place = shell_place(shell);
        assert_offers(shell, offers, &place, &[""], &top);
        let hidden = offers(&place, &[""]);
        for word in ["probe", "man", "completions"] {
            assert!(!hidden.iter().any(|it| it.starts_with(word)), "{shell}: {hidden:?}");
        }
        let seal: Vec<&str> = options_of(&verbs, "seal");
        assert_offers(shell, offers, &place, &["seal", "--"], &seal);
        let files = ["prod.env.gpg", "two words.env.gpg"];
        assert_offers(shell, offers, &place, &["run", ""], &files);
        assert_offers(shell, offers, &place, &["seal", "pr"], &files[..1]);
        assert_offers(shell, offers, &place, &["seal", "x", "--from", "pr"], &files[..1]);
        assert_offers(shell, offers, &place, &["verify", "prod.env.gpg", "pr"], &files[..1]);
    }
}

fn options_of<'a>(verbs: &'a [Verb], name: &str) -> Vec<&'a str> {
    let verb = verbs.iter().find(|verb| verb.words == [name]).expect("a command");
    verb.options.iter().map(String::as_str).collect()
}

#[test]
fn behind_two_dashes_stands_a_command() {
    let place = shell_place("bash");
    assert_offers("bash", bash, &place, &["run", "prod.env.gpg", "--", "printen"], &["printenv"]);
    assert_offers(
        "bash",
        bash,
        &place,
        &["run", "prod.env.gpg", "--", "cat", "pr"],
        &["prod.env.gpg"],
    );
    let offered = bash(&place, &["run", "prod.env.gpg", "--", "cat", "--"]);
    assert!(!offered.iter().any(|word| word == "--only"), "{offered:?}");
}

#[test]
fn scripts_are_well_formed() {
    for shell in ["bash", "zsh", "fish"] {
        let place = shell_place(shell);
        let check = output(Command::new(shell).current_dir(place.root()).args(["-n", "script"]));
        assert_success(&check);
        assert_eq!(stderr(&check), "", "{shell}");
    }
}
