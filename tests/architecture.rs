//! Holds the source to docs/ARCHITECTURE.md: which room may name which, where plaintext is exposed,
//! where unsafe code stands, and how long files and stories may be.
//!
//! It reads the source as text, so a test below also shows that each rule finds its violation.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests fail by panicking"
)]
#![allow(missing_docs, reason = "a test crate has no interface")]

use std::collections::BTreeSet;
use std::path::Path;

/// The rooms, in the order in which data flows: a room names only what stands in an earlier row.
const ROOMS: [&[&str]; 8] = [
    &["memory"],
    &["payload"],
    &["files", "process", "terminal"],
    &["vault", "sources", "receipt", "git"],
    &["records", "pm2", "scan", "kit"],
    &["checks", "guard"],
    &["commands"],
    &["cli"],
];

/// All may name it, it names none.
const ERROR: &str = "error";

/// What a room may not know although the order would let it, or the standard library offers it.
const MAY_NOT_KNOW: &[(&str, &str)] = &[
    ("payload", "std::fs"),
    ("payload", "std::io"),
    ("payload", "std::net"),
    ("payload", "std::process"),
    ("payload", "rustix"),
    ("vault", "std::fs"),
    ("vault", "crate::terminal"),
    ("vault", "crate::files"),
    ("sources", "crate::memory::Passphrase"),
    ("receipt", "sequoia_openpgp"),
    ("cli", "std::fs"),
    ("cli", "std::io"),
    ("cli", "rustix"),
];

/// Crates that only one folder may know.
const KNOWN_ONLY_IN: [(&str, &str); 3] = [
    ("sequoia_openpgp", "src/vault/openpgp/"),
    ("age", "src/vault/age/"),
    ("base64", "src/vault/note.rs"),
];

/// The rooms in which unsafe code is argued for.
const UNSAFE_ROOMS: [&str; 2] = ["memory", "process"];

/// The accessors of plaintext, which make `grep expose` the audit.
const ACCESSORS: [&str; 5] =
    ["expose", "expose_mut", "expose_pair", "expose_secret", "expose_secret_mut"];

/// The files that call them, outside of tests. A new one is a decision: write it here.
const EXPOSING: [&str; 41] = [
    "src/commands/drill/sample.rs",
    "src/commands/init/mod.rs",
    "src/commands/log/mod.rs",
    "src/commands/common/new_passphrase.rs",
    "src/commands/common/opening.rs",
    "src/commands/drill/probe.rs",
    "src/commands/common/replacing.rs",
    "src/commands/common/setup.rs",
    "src/commands/show.rs",
    "src/checks/traces.rs",
    "src/memory/passphrase.rs",
    "src/memory/region.rs",
    "src/payload/compare.rs",
    "src/payload/document.rs",
    "src/payload/limits.rs",
    "src/payload/reference.rs",
    "src/payload/secrets.rs",
    "src/pm2/apps.rs",
    "src/pm2/daemon.rs",
    "src/pm2/limits.rs",
    "src/pm2/values.rs",
    "src/process/environment.rs",
    "src/process/table.rs",
    "src/receipt/digest.rs",
    "src/receipt/key.rs",
    "src/scan/forms.rs",
    "src/sources/infisical/client.rs",
    "src/sources/infisical/credentials.rs",
    "src/sources/infisical/gathered.rs",
    "src/sources/infisical/login.rs",
    "src/sources/infisical/mod.rs",
    "src/sources/mod.rs",
    "src/terminal/passphrase.rs",
    "src/terminal/prompt.rs",
    "src/vault/age/mod.rs",
    "src/vault/age/seal.rs",
    "src/vault/mod.rs",
    "src/vault/openpgp/open.rs",
    "src/vault/openpgp/s2k.rs",
    "src/vault/openpgp/seal.rs",
    "src/vault/strength.rs",
];

/// Macros that print past the terminal room.
const PRINTING: [&str; 5] = ["println", "print", "eprintln", "eprint", "dbg"];

/// Ends of paths for which the crate has its own, safer way.
const REPLACED: [&str; 2] = ["process::Command", "io::stdin"];

/// Lines of a file, tests included.
const MAX_FILE_LINES: usize = 500;

/// Lines of a function in commands, from its `fn` to its closing brace.
const MAX_STORY_LINES: usize = 60;

/// A piece of source: an identifier, `::`, or one other character; literals are one `"`.
#[derive(Clone, Debug, PartialEq)]
struct Token {
    text: String,
    line: usize,
}

/// One file of src.
struct Source {
    /// From the root of the repository.
    path: String,
    lines: usize,
    /// Without comments, the text of literals, and the tests at the end.
    tokens: Vec<Token>,
}

impl Source {
    fn new(path: &str, text: &str) -> Source {
        let mut tokens = tokens(text);
        if let Some(at) = tests_at(&tokens) {
            let end = closing(&tokens, at);
            assert_eq!(end, tokens.len() - 1, "{path}: the tests stand at the end");
            tokens.truncate(at);
        }
        Source { path: path.to_owned(), lines: text.lines().count(), tokens }
    }

    /// The room it belongs to; none for the crate's root and the program.
    fn room(&self) -> Option<&str> {
        let (room, _) = self.path.strip_prefix("src/")?.split_once('/')?;
        Some(room)
    }

    /// How many modules deep its module is below the crate's root.
    fn depth(&self) -> usize {
        let below = self.path.strip_prefix("src/").expect("in src").trim_end_matches(".rs");
        below.split('/').filter(|part| !["mod", "lib", "main"].contains(part)).count()
    }

    /// All paths that it names, use trees written out, `super` resolved where it reaches the root.
    fn paths(&self) -> Vec<(String, usize)> {
        let mut paths = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            let begins = is_name(&self.tokens[at].text)
                && self.tokens.get(at + 1).is_some_and(|next| next.text == "::");
            if begins {
                let line = self.tokens[at].line;
                let mut found = Vec::new();
                at = self.tree(at, String::new(), &mut found);
                paths.extend(found.into_iter().map(|path| (self.rooted(&path), line)));
            } else {
                at += 1;
            }
        }
        paths
    }

    /// Reads one path or use tree; returns where it ends.
    fn tree(&self, mut at: usize, mut prefix: String, found: &mut Vec<String>) -> usize {
        let text = |at: usize| self.tokens.get(at).map_or("", |token| token.text.as_str());
        loop {
            match text(at) {
                "{" => {
                    at += 1;
                    while !["}", ""].contains(&text(at)) {
                        at = if text(at) == "," {
                            at + 1
                        } else {
                            self.tree(at, prefix.clone(), found).max(at + 1)
                        };
                    }
                    return at + 1;
                }
                name if is_name(name) || name == "*" => {
                    prefix = if prefix.is_empty() {
                        name.to_owned()
                    } else {
                        format!("{prefix}::{name}")
                    };
                    if text(at + 1) != "::" {
                        found.push(prefix);
                        return at + 1;
                    }
                    at += 2;
                }
                // A turbofish or the like: what stands before it is the path.
                _ => {
                    found.push(prefix);
                    return at;
                }
            }
        }
    }

    fn rooted(&self, path: &str) -> String {
        let mut rest = path;
        let mut ups = 0;
        while let Some(after) = rest.strip_prefix("super::") {
            rest = after;
            ups += 1;
        }
        if ups > 0 && ups >= self.depth() { format!("crate::{rest}") } else { path.to_owned() }
    }

    fn found(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// Splits Rust source. Comments vanish; each literal becomes `"`, each lifetime `'`.
fn tokens(text: &str) -> Vec<Token> {
    let characters: Vec<char> = text.chars().collect();
    let at = |index: usize| characters.get(index).copied().unwrap_or('\0');
    let mut tokens = Vec::new();
    let (mut index, mut line) = (0, 1);
    while index < characters.len() {
        let start = index;
        let mut token = None;
        match (at(index), at(index + 1)) {
            ('/', '/') => index = past(&characters, index, |rest| rest[0] == '\n') - 1,
            ('/', '*') => {
                let mut depth = 0;
                loop {
                    match (at(index), at(index + 1)) {
                        ('/', '*') => (depth, index) = (depth + 1, index + 2),
                        ('*', '/') => (depth, index) = (depth - 1, index + 2),
                        ('\0', _) => panic!("an open comment"),
                        _ => index += 1,
                    }
                    if depth == 0 {
                        break;
                    }
                }
            }
            ('"', _) => {
                token = Some("\"".to_owned());
                index = quoted(&characters, index, '"');
            }
            ('\'', next) if next == '\\' || at(index + 2) == '\'' => {
                token = Some("\"".to_owned());
                index = quoted(&characters, index, '\'');
            }
            (':', ':') => {
                token = Some("::".to_owned());
                index += 2;
            }
            (first, _) if first.is_alphanumeric() || first == '_' => {
                let mut end = index;
                while at(end).is_alphanumeric() || at(end) == '_' {
                    end += 1;
                }
                let word: String = characters[index..end].iter().collect();
                index = end;
                match (word.as_str(), at(end)) {
                    ("r" | "br" | "cr", '"' | '#') => {
                        let hashes = characters[end..].iter().take_while(|c| **c == '#').count();
                        if at(end + hashes) == '"' {
                            let closes = |rest: &[char]| {
                                rest[0] == '"'
                                    && rest[1..].iter().take_while(|c| **c == '#').count() >= hashes
                            };
                            index = past(&characters, end + hashes + 1, closes) + hashes;
                            token = Some("\"".to_owned());
                        } else {
                            token = Some(word);
                        }
                    }
                    // The literal itself follows as a token of its own.
                    ("b" | "c", '"') | ("b", '\'') => {}
                    _ => token = Some(word),
                }
            }
            (other, _) => {
                if !other.is_whitespace() {
                    token = Some(other.to_string());
                }
                index += 1;
            }
        }
        if let Some(text) = token {
            tokens.push(Token { text, line });
        }
        line += characters[start..index].iter().filter(|character| **character == '\n').count();
    }
    tokens
}

/// The index behind the first place from `from` on where `ends` holds.
fn past(characters: &[char], from: usize, ends: impl Fn(&[char]) -> bool) -> usize {
    let length = characters.len();
    (from..length).find(|at| ends(&characters[*at..])).map_or(length + 1, |at| at + 1)
}

/// The index behind a literal with escapes that begins at `from`.
fn quoted(characters: &[char], from: usize, quote: char) -> usize {
    let mut index = from + 1;
    while characters[index] != quote {
        index += if characters[index] == '\\' { 2 } else { 1 };
    }
    index + 1
}

/// Where `#[cfg(test)] mod` stands.
fn tests_at(tokens: &[Token]) -> Option<usize> {
    let wanted = ["#", "[", "cfg", "(", "test", ")", "]", "mod"];
    tokens
        .windows(wanted.len())
        .position(|window| window.iter().zip(wanted).all(|(token, wanted)| token.text == wanted))
}

/// The brace that closes the first one behind `from`.
fn closing(tokens: &[Token], from: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" if depth == 1 => return at,
            "}" => depth -= 1,
            _ => {}
        }
    }
    panic!("an open brace")
}

fn row(room: &str) -> Option<usize> {
    ROOMS.iter().position(|row| row.contains(&room))
}

/// Whether `path` is `prefix` or something in it.
fn within(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Rooms that name what does not stand left of them, or what they may not know.
fn forbidden_paths(source: &Source) -> Vec<String> {
    let Some(room) = source.room() else { return vec![] };
    let mut violations = Vec::new();
    let mut report = |line, path: &str| {
        violations.push(source.found(line, &format!("{room} may not know {path}")));
    };
    if room != ERROR && row(room).is_none() {
        report(1, "where it stands: the table has no such room");
        return violations;
    }
    for (path, line) in source.paths() {
        if let Some(named) = path.strip_prefix("crate::") {
            let named = named.split("::").next().unwrap_or_default();
            let allowed = named == room
                || (named == ERROR)
                || matches!((row(named), row(room)), (Some(left), Some(own)) if left < own);
            if !allowed {
                report(line, &path);
            }
        }
        for (who, what) in MAY_NOT_KNOW {
            if *who == room && within(&path, what) {
                report(line, &path);
            }
        }
        for (what, place) in KNOWN_ONLY_IN {
            // The vault has a module of the crate's name, which it names by itself.
            let is_module = room == "vault" && source.path == "src/vault/mod.rs" && what == "age";
            if within(&path, what) && !source.path.starts_with(place) && !is_module {
                report(line, &path);
            }
        }
        for what in REPLACED {
            if within(&path, what) || path.ends_with(&format!("::{what}")) {
                report(line, &path);
            }
        }
    }
    violations
}

fn unsafe_code(source: &Source) -> Vec<String> {
    if source.room().is_some_and(|room| UNSAFE_ROOMS.contains(&room)) {
        return vec![];
    }
    let marks = ["unsafe", "unsafe_code"];
    let found = source.tokens.iter().filter(|token| marks.contains(&token.text.as_str()));
    found.map(|token| source.found(token.line, &token.text)).collect()
}

fn printing(source: &Source) -> Vec<String> {
    let found = source
        .tokens
        .windows(2)
        .filter(|pair| PRINTING.contains(&pair[0].text.as_str()) && pair[1].text == "!");
    found.map(|pair| source.found(pair[0].line, &format!("{}!", pair[0].text))).collect()
}

fn exposes(source: &Source) -> bool {
    source.tokens.windows(3).any(|call| {
        call[0].text != "fn" && ACCESSORS.contains(&call[1].text.as_str()) && call[2].text == "("
    })
}

fn long_stories(source: &Source) -> Vec<String> {
    if source.room() != Some("commands") {
        return vec![];
    }
    let mut long = Vec::new();
    for (at, pair) in source.tokens.windows(2).enumerate() {
        if pair[0].text == "fn" && is_name(&pair[1].text) {
            let lines = source.tokens[closing(&source.tokens, at)].line - pair[0].line + 1;
            if lines > MAX_STORY_LINES {
                let what = format!("{} takes {lines} lines", pair[1].text);
                long.push(source.found(pair[0].line, &what));
            }
        }
    }
    long
}

/// Every file of src.
fn sources() -> Vec<Source> {
    fn walk(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    walk(&root.join("src"), &mut found);
    assert!(found.len() > 40, "the walk finds the source");
    let source = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a file");
        let name = path.strip_prefix(root).expect("within").to_str().expect("a name").to_owned();
        Source::new(&name, &text)
    };
    found.into_iter().map(source).collect()
}

#[track_caller]
fn assert_none(violations: impl Iterator<Item = String>) {
    let violations: Vec<String> = violations.collect();
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
}

#[test]
fn rooms_name_only_what_stands_left_of_them() {
    assert_none(sources().iter().flat_map(forbidden_paths));
}

#[test]
fn unsafe_code_stands_in_two_rooms() {
    assert_none(sources().iter().flat_map(unsafe_code));
}

#[test]
fn nothing_prints_past_the_terminal() {
    assert_none(sources().iter().flat_map(printing));
}

#[test]
fn plaintext_is_exposed_where_the_list_says() {
    let found: BTreeSet<String> =
        sources().into_iter().filter(exposes).map(|source| source.path).collect();
    let listed: BTreeSet<String> = EXPOSING.iter().map(|path| (*path).to_owned()).collect();
    let unlisted: Vec<_> = found.difference(&listed).collect();
    let stale: Vec<_> = listed.difference(&found).collect();
    assert!(unlisted.is_empty() && stale.is_empty(), "not listed {unlisted:?}, stale {stale:?}");
}

#[test]
fn files_and_stories_are_short() {
    let sources = sources();
    let long = sources.iter().filter(|source| source.lines > MAX_FILE_LINES);
    let long = long.map(|source| source.found(source.lines, "the file is too long"));
    assert_none(long.chain(sources.iter().flat_map(long_stories)));
}

#[test]
fn the_root_only_lists_the_rooms() {
    let text = include_str!("../src/lib.rs");
    let listed: BTreeSet<&str> = text.lines().filter(|line| line.starts_with("pub mod ")).collect();
    let code: BTreeSet<&str> =
        text.lines().filter(|line| !line.is_empty() && !line.starts_with("//!")).collect();
    assert_eq!(listed, code);
}

/// The rules, each shown its violation.
#[test]
fn the_rules_find_what_they_look_for() {
    let bad = |path: &str, text: &str| forbidden_paths(&Source::new(path, text)).len();
    // To the right, in the same brace, by use tree, by path, by super, out of `error`.
    assert_eq!(bad("src/memory/a.rs", "use crate::payload::Secrets;"), 1);
    assert_eq!(bad("src/files/a.rs", "use crate::{error::Error, process::{self, exec}};"), 2);
    assert_eq!(bad("src/vault/a.rs", "fn f() { crate::commands::run(); }"), 1);
    assert_eq!(bad("src/vault/openpgp/a.rs", "use super::super::super::sources;"), 1);
    assert_eq!(bad("src/error/mod.rs", "use crate::memory::Region;"), 1);
    assert_eq!(bad("src/attic/mod.rs", ""), 1);
    // To the left, itself, errors, comments, literals, tests.
    assert_eq!(bad("src/vault/a.rs", "use crate::{payload::{a, b}, vault, error::*};"), 0);
    assert_eq!(bad("src/vault/openpgp/a.rs", "use super::super::Derivation; use super::x;"), 0);
    let quiet = "// crate::cli\n/* crate::cli /* */ */ const A: &str = \"crate::cli \\\" \";\n\
                 const B: &str = r#\"\" crate::cli\"#; const C: char = '\"'; fn d<'a>() {}\n\
                 #[cfg(test)]\nmod tests { use crate::cli; }";
    assert_eq!(bad("src/memory/a.rs", quiet), 0);
    // What a room may not know.
    assert_eq!(bad("src/payload/a.rs", "use std::{fmt, fs::File, io};"), 2);
    assert_eq!(bad("src/vault/mod.rs", "use sequoia_openpgp::Packet;"), 1);
    assert_eq!(bad("src/vault/openpgp/a.rs", "use age::Decryptor;"), 1);
    assert_eq!(bad("src/commands/a.rs", "fn f() { age::scrypt::Recipient::new(a); }"), 1);
    assert_eq!(bad("src/vault/age/a.rs", "use age::{Decryptor, scrypt};"), 0);
    assert_eq!(bad("src/sources/a.rs", "use crate::memory::{Passphrase, Region};"), 1);
    assert_eq!(bad("src/process/a.rs", "use std::process::{Command, Stdio};"), 1);
    assert_eq!(
        bad("src/process/a.rs", "use std::process; fn f() { process::Command::new(A); }"),
        1
    );
    assert_eq!(bad("src/terminal/a.rs", "fn f() { std::io::stdin().lock(); }"), 1);

    let cli = |text: &str| Source::new("src/cli/a.rs", text);
    assert_eq!(
        unsafe_code(&cli("#![expect(unsafe_code, reason = \"\")] fn f() { unsafe {} }")).len(),
        2
    );
    assert_eq!(unsafe_code(&cli("// unsafe\nfn f() { \"unsafe\"; }")).len(), 0);
    assert_eq!(printing(&cli("fn f() { println!(\"\"); dbg!(1); }")).len(), 2);
    assert!(exposes(&cli("fn f() { a.expose_pair(); }")));
    assert!(exposes(&cli("fn f() { vault::expose(a); }")));
    assert!(!exposes(&cli("fn expose() { exposes(); \"a.expose()\"; }")));
    let story = format!("fn f() {{{}}}\nfn g() {{}}", "\n".repeat(60));
    assert_eq!(long_stories(&Source::new("src/commands/a.rs", &story)).len(), 1);
}
