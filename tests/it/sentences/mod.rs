//! Every sentence that the program may say, in one list, with its hint. A variant that is added has to be
//! added here, with an example of each; so somebody reads it beside the others.
//!
//! `cargo test --test it sentences -- --nocapture` prints the list.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Debug, Display};

use breakglass::error::Error;

mod examples;

use crate::documented_options::{Kind, all_verbs, faults};

/// Errors that no hint follows, and why.
const WITHOUT_HINT: &[(&str, &str)] = &[
    ("Cancelled", "who pressed Ctrl-C knows"),
    ("Interrupted", "who sent the signal knows"),
    ("SearchInterrupted", "who sent the signal knows"),
];

/// A sentence, what it is of, and its hint.
struct Said {
    variant: String,
    sentence: String,
    hint: Option<String>,
}

fn said<T: Debug + Display>(values: &[T], hint: impl Fn(&T) -> Option<String>) -> Vec<Said> {
    let said = |value: &T| Said {
        variant: variant(value),
        sentence: value.to_string(),
        hint: hint(value),
    };
    values.iter().map(said).collect()
}

fn variant(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    text.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

/// The examples of one enum, whose name is the last part of its type's.
struct Examples {
    name: &'static str,
    said: Vec<Said>,
}

fn examples_of<T: Debug + Display>(values: &[T], hint: impl Fn(&T) -> Option<String>) -> Examples {
    let name = std::any::type_name::<T>().rsplit("::").next().unwrap_or_default();
    Examples { name, said: said(values, hint) }
}

/// The errors of all areas.
fn areas() -> Vec<Examples> {
    fn area<T: Clone + Debug + Display + Into<Error>>(values: Vec<T>) -> Examples {
        examples_of(&values, |error| error.clone().into().hint())
    }
    vec![
        area(examples::memory()),
        area(examples::passphrase()),
        area(examples::payload()),
        area(examples::files()),
        area(examples::process()),
        area(examples::terminal()),
        area(examples::vault()),
        area(examples::sources()),
        #[cfg(feature = "infisical")]
        area(examples::infisical()),
        area(examples::receipt()),
        area(examples::git()),
        area(examples::records()),
        area(examples::pm2()),
        area(examples::kit()),
        area(examples::commands()),
    ]
}

/// Warnings and notes.
fn notices() -> Vec<Examples> {
    vec![examples_of(&examples::warnings(), |_| None), examples_of(&examples::notes(), |_| None)]
}

fn all_errors() -> Vec<Said> {
    let mut all = said(&[Error::Internal], Error::hint);
    all.extend(areas().into_iter().flat_map(|area| area.said));
    all
}

fn all_notices() -> Vec<Said> {
    notices().into_iter().flat_map(|of| of.said).collect()
}

/// What the program tells to do.
pub fn hints() -> Vec<String> {
    all_errors().into_iter().filter_map(|said| said.hint).collect()
}

/// The enums of `src/error` with the names of their variants, from its source.
fn variants() -> BTreeMap<String, BTreeSet<String>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/error");
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let text = std::fs::read_to_string(entry.expect("an entry").path()).expect("a file");
        for (before, body) in text.match_indices("pub enum ").map(|(at, _)| text.split_at(at)) {
            let indent = " ".repeat(before.len() - before.trim_end_matches(' ').len());
            let (head, body) = body.split_once("{\n").expect("an enum");
            let end = format!("{indent}}}");
            let lines = body.lines().take_while(|line| *line != end);
            let lines = lines.filter_map(|line| line.strip_prefix(&format!("{indent}    ")));
            let is_variant = |line: &&str| line.starts_with(|it: char| it.is_ascii_uppercase());
            let name =
                |line: &str| line.split([' ', ',', '(']).next().unwrap_or_default().to_owned();
            let name_of_enum = head.trim_start_matches("pub enum ").trim().to_owned();
            found.insert(name_of_enum, lines.filter(is_variant).map(name).collect());
        }
    }
    found
}

#[test]
fn every_variant_is_listed() {
    let mut source = variants();
    // The macros that write the enums of errors, and what holds them all.
    source.retain(|name, _| !name.starts_with('$') && name != "Error");
    if !cfg!(feature = "infisical") {
        source.remove("InfisicalError");
    }
    let examples: Vec<Examples> = areas().into_iter().chain(notices()).collect();
    assert_eq!(source.len(), examples.len(), "{:?}", source.keys());
    for Examples { name, said } in examples {
        let listed: BTreeSet<String> = said.iter().map(|it| it.variant.clone()).collect();
        assert_eq!(listed, source[name], "{name}");
        assert_eq!(listed.len(), said.len(), "{name}: one example each");
    }
    assert!(source.values().map(BTreeSet::len).sum::<usize>() > 200);
}

#[test]
fn the_list() {
    for Said { variant, sentence, hint } in all_errors() {
        println!("{variant}\n    error: {sentence}");
        if let Some(hint) = hint {
            println!("    hint: {hint}");
        }
    }
    for Said { variant, sentence, .. } in all_notices() {
        println!("{variant}\n    {sentence}");
    }
}

#[test]
fn sentences_are_of_one_form() {
    let mut all: Vec<(String, String)> = Vec::new();
    for Said { variant, sentence, hint } in all_errors() {
        all.push((format!("{variant} hint"), hint.unwrap_or_else(|| "none".to_owned())));
        all.push((variant, sentence));
    }
    all.extend(all_notices().into_iter().map(|it| (it.variant, it.sentence)));
    for (variant, sentence) in all {
        let first = sentence.chars().next().expect("a letter");
        // A name keeps its capitals, and an option its dashes.
        let word = sentence.split([' ', '\'']).next().unwrap_or_default();
        let is_name = word.chars().filter(|letter| letter.is_uppercase()).count() > 1
            || ["Infisical", "PM2"].iter().any(|name| word.starts_with(name));
        assert!(!first.is_uppercase() || is_name, "{variant}: {sentence}");
        assert!(!sentence.ends_with(['.', '!', '?', ' ', ',', ';', ':']), "{variant}: {sentence}");
        assert!(!sentence.contains("  ") && !sentence.contains('\n'), "{variant}: {sentence}");
        for word in ["password", "please", "Please", "sorry", "invalid", "illegal"] {
            assert!(!sentence.contains(word), "{variant}: {word}: {sentence}");
        }
    }
}

#[test]
fn one_sentence_is_of_one_cause() {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for Said { variant, sentence, .. } in all_errors() {
        if let Some(other) = seen.insert(sentence.clone(), variant.clone()) {
            panic!("{other} and {variant} both say: {sentence}");
        }
    }
}

#[test]
fn every_error_has_a_next_step() {
    let without: BTreeMap<&str, &str> = WITHOUT_HINT.iter().copied().collect();
    for Said { variant, hint, .. } in all_errors() {
        match (hint, without.get(variant.as_str())) {
            (None, None) => panic!("{variant}: no hint, and no reason for that"),
            (Some(_), Some(_)) => panic!("{variant}: has a hint, and is listed without one"),
            _ => {}
        }
    }
}

/// A hint that is typed as it stands must be taken: commands and options that it names exist.
#[test]
fn hints_name_what_exists() {
    let verbs = all_verbs();
    let mut all: Vec<(String, String)> = Vec::new();
    for Said { variant, sentence, hint } in all_errors() {
        all.extend(hint.map(|hint| (variant.clone(), hint)));
        all.push((variant, sentence));
    }
    all.extend(all_notices().into_iter().map(|it| (it.variant, it.sentence)));
    let mut found = Vec::new();
    for (variant, text) in &all {
        let faults = faults(text, Kind::Sentence, &verbs);
        found.extend(faults.into_iter().map(|fault| format!("{variant}: {fault}: {text}")));
        for word in text.split_whitespace().filter(|word| word.starts_with("docs/")) {
            let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(word);
            assert!(file.is_file(), "{variant}: {word}");
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}
