//! What the program says that it takes, read from its help, and held against man pages and documents:
//! whatever stands in one stands in all.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::support::{Place, assert_success, output, stderr, stdout};

/// A command, as its help tells.
pub struct Verb {
    /// `["log", "rotation"]`; none for breakglass itself.
    pub words: Vec<String>,
    /// Long names, `--json`.
    pub options: BTreeSet<String>,
}

impl Verb {
    pub fn arguments<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        self.words.iter().map(String::as_str).chain(more.iter().copied()).collect()
    }

    /// `breakglass seal`.
    pub fn name(&self) -> String {
        std::iter::once("breakglass").chain(self.arguments(&[])).collect::<Vec<_>>().join(" ")
    }
}

/// The program's help.
pub fn help(arguments: &[&str]) -> String {
    let place = Place::new();
    // A wide terminal must not make it wider, nor a narrow one be needed to see it.
    let output = output(place.breakglass().args(arguments).env("COLUMNS", "200"));
    assert_success(&output);
    assert_eq!(stderr(&output), "");
    stdout(&output)
}

/// The lines of help that options begin: a little to the right, where sentences do not.
pub fn heads(help: &str) -> impl Iterator<Item = &str> {
    help.lines().filter_map(|line| {
        let head = line.trim_start();
        ((1..=6).contains(&(line.len() - head.len())) && head.starts_with('-')).then_some(head)
    })
}

/// The long names of options, in order.
pub fn options(help: &str) -> Vec<String> {
    let lines = heads(help);
    let names =
        lines.filter_map(|line| line.split([' ', ',', '[']).find(|word| word.starts_with("--")));
    names.map(str::to_owned).collect()
}

/// Commands that no help names, because no person types them in an outage.
pub const HIDDEN: [&str; 2] = ["completions", "man"];

/// breakglass itself and every command that its help names, and theirs.
pub fn verbs() -> Vec<Verb> {
    let verbs = verbs_from(vec![Vec::new()]);
    assert!(verbs.len() > 9, "the help is read");
    verbs
}

/// Those of [`verbs`], and hidden ones.
pub fn all_verbs() -> Vec<Verb> {
    let hidden = verbs_from(HIDDEN.iter().map(|name| vec![(*name).to_owned()]).collect());
    verbs().into_iter().chain(hidden).collect()
}

fn verbs_from(mut open: Vec<Vec<String>>) -> Vec<Verb> {
    let mut verbs: Vec<Verb> = Vec::new();
    while let Some(words) = open.pop() {
        let arguments: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let text = help(&arguments);
        let below = text.split_once("\nCommands:\n").map_or("", |(_, below)| below);
        let lines = below.lines().take_while(|line| !line.is_empty());
        // What a name is said to do stands far to the right of it, or on lines that begin there.
        let names = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
        for name in names.filter(|name| !name.is_empty()) {
            open.push(words.iter().cloned().chain([name.to_owned()]).collect());
        }
        verbs.push(Verb { words, options: options(&text).into_iter().collect() });
    }
    verbs.sort_by(|a, b| a.words.cmp(&b.words));
    verbs
}

/// Options of other programs, which documents and hints name beside ours.
const FOREIGN: &[&str] = &[
    "--add",
    "--decrypt",
    "--force-ocb",
    "--format",
    "--global",
    "--list-packets",
    "--no-symkey-cache",
    "--refetch",
    "--update-env",
    "--web",
];

/// What a text is, for what its options may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Lines of a shell: each word behind `breakglass` is a command; other programs have options of theirs.
    Shell,
    /// A piece of code in a sentence, which may be an option alone.
    Span,
    /// A sentence that the program says.
    Sentence,
}

/// A piece of a document that is meant to be typed, or named as such.
struct Code {
    place: String,
    text: String,
    kind: Kind,
}

fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_dir(root.join("docs")).expect("a folder");
    let mut files: Vec<PathBuf> = docs.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    files.push(root.join("README.md"));
    files.sort();
    files
}

/// All code of a document: lines of blocks, continued ones put together, and spans.
fn code(path: &Path) -> Vec<Code> {
    let text = std::fs::read_to_string(path).expect("a document");
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut found = Vec::new();
    let mut block: Option<&str> = None;
    let mut prose = String::new();
    let mut continued = String::new();
    for (at, line) in text.lines().enumerate() {
        let place = format!("{name}:{}", at + 1);
        if let Some(fence) = line.trim_start().strip_prefix("```") {
            block = if block.is_some() { None } else { Some(fence) };
            continue;
        }
        match block {
            None => {
                prose.push_str(line);
                prose.push(' ');
                // A span may go over lines of one paragraph.
                if line.trim().is_empty() || line.starts_with('|') {
                    spans(&std::mem::take(&mut prose), &place, &mut found);
                }
            }
            Some(language) => {
                continued.push_str(line.trim_end_matches('\\'));
                if !line.ends_with('\\') {
                    let text = std::mem::take(&mut continued);
                    let kind = if language == "sh" { Kind::Shell } else { Kind::Span };
                    found.push(Code { place, text, kind });
                }
            }
        }
    }
    spans(&prose, &name, &mut found);
    found
}

fn spans(paragraph: &str, place: &str, found: &mut Vec<Code>) {
    for (at, text) in paragraph.split('`').enumerate() {
        if at % 2 == 1 {
            found.push(Code { place: place.to_owned(), text: text.to_owned(), kind: Kind::Span });
        }
    }
}

/// What is wrong with the options in a text: those behind `breakglass VERB` must be that command's, others
/// some command's, or foreign. In a document, whose commands of other programs have options of theirs, these
/// others are only options that stand alone.
pub fn faults(text: &str, kind: Kind, verbs: &[Verb]) -> Vec<String> {
    let mut faults = Vec::new();
    for part in text.split(['|', ';', '&', '(', ')', '#']) {
        let words: Vec<&str> = part.split_whitespace().map(bare).collect();
        let is_program = |word: &str| word == "breakglass" || word.ends_with("/breakglass");
        let called = words.iter().position(|word| is_program(word));
        let own = called.and_then(|at| {
            let fits = |verb: &&Verb| words[at + 1..].starts_with(&verb.arguments(&[]));
            verbs.iter().filter(fits).max_by_key(|verb| verb.words.len())
        });
        if let (Kind::Shell, Some(verb), Some(at)) = (kind, own, called) {
            let word = words.get(at + 1).copied().unwrap_or_default();
            let is_word =
                !word.is_empty() && word.bytes().all(|letter| letter.is_ascii_lowercase());
            if verb.words.is_empty() && is_word {
                faults.push(format!("there is no command {word}"));
            }
        }
        let alone = words.first().is_some_and(|word| option(word).is_some());
        for (at, option) in words.iter().enumerate().filter_map(|(at, it)| Some((at, option(it)?)))
        {
            let ours = called.is_some_and(|start| at > start && !words[start..at].contains(&"--"));
            let takes = match own {
                Some(verb) if ours => verb.options.contains(option),
                _ if kind != Kind::Sentence && !alone => true,
                _ => {
                    FOREIGN.contains(&option)
                        || verbs.iter().any(|verb| verb.options.contains(option))
                }
            };
            if !takes {
                let whose = own.filter(|_| ours).map_or("nobody".into(), Verb::name);
                faults.push(format!("{option}: {whose} has no such option"));
            }
        }
    }
    faults
}

/// The long option that a word is, without its value.
fn option(word: &str) -> Option<&str> {
    let option = word.split(['=', '/']).next()?;
    let name = option.strip_prefix("--")?;
    name.starts_with(|first: char| first.is_ascii_alphabetic()).then_some(option)
}

/// A word without what encloses it or ends a clause.
fn bare(word: &str) -> &str {
    word.trim_matches(['[', ']', '"', '\'', ',', '.', ':', '`', '…'])
}

#[test]
fn what_documents_name_exists() {
    let verbs = all_verbs();
    let mut found = Vec::new();
    for path in documents() {
        for code in code(&path) {
            let faults = faults(&code.text, code.kind, &verbs);
            found.extend(faults.into_iter().map(|fault| format!("{}: {fault}", code.place)));
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn foreign_options_are_named_somewhere() {
    let mut texts: Vec<String> =
        documents().iter().flat_map(|path| code(path)).map(|code| code.text).collect();
    texts.extend(crate::sentences::hints());
    for option in FOREIGN {
        assert!(texts.iter().any(|text| text.contains(option)), "{option}");
    }
}

#[test]
fn every_command_and_option_stands_in_documents() {
    let all: Vec<Code> = documents().iter().flat_map(|path| code(path)).collect();
    let named: BTreeSet<&str> = all
        .iter()
        .flat_map(|code| code.text.split_whitespace())
        .map(|word| bare(word).split(['=', '[']).next().unwrap_or_default())
        .collect();
    let mut missing = Vec::new();
    for verb in verbs() {
        let name = verb.name();
        if !all.iter().any(|code| code.text.contains(&name)) {
            missing.push(name.clone());
        }
        let unnamed = verb.options.iter().filter(|option| !named.contains(option.as_str()));
        missing.extend(unnamed.map(|option| format!("{name} {option}")));
    }
    assert!(missing.is_empty(), "in no document:\n{}", missing.join("\n"));
}

#[test]
fn the_rules_find_what_they_look_for() {
    let verb = |words: &[&str], options: &[&str]| Verb {
        words: words.iter().map(|word| (*word).to_owned()).collect(),
        options: options.iter().map(|option| (*option).to_owned()).collect(),
    };
    let verbs = [
        verb(&[], &["--version"]),
        verb(&["seal"], &["--from"]),
        verb(&["log"], &["--help"]),
        verb(&["log", "rotation"], &["--date"]),
    ];
    for (text, expected) in [
        ("breakglass seal v --from x", 0),
        ("breakglass seal v --form x", 1),
        ("~/breakglass seal v --date x", 1),
        ("breakglass seal v --from=x | gpg --decrypt", 0),
        ("gpg --decrypt x | breakglass seal v --decrypt", 1),
        ("breakglass seal v -- infisical export --env=production", 0),
        ("breakglass log rotation --date 1", 0),
        ("breakglass log --date 1", 1),
        ("breakglass sael v", 1),
        ("breakglass --version", 0),
        ("`--from`, --date and --nothing", 1),
    ] {
        assert_eq!(faults(text, Kind::Shell, &verbs).len(), expected, "{text}");
    }
    for (text, in_span, in_sentence) in [
        ("gpg --nothing x", 0, 1),
        ("insist with --date", 0, 0),
        ("--nothing", 1, 1),
        ("breakglass seal --nothing", 1, 1),
        ("breakglass 1", 0, 0),
    ] {
        assert_eq!(faults(text, Kind::Span, &verbs).len(), in_span, "{text}");
        assert_eq!(faults(text, Kind::Sentence, &verbs).len(), in_sentence, "{text}");
    }
}
