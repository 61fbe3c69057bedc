//! Holds the source to docs/ARCHITECTURE.md: which room may name which, where plaintext is exposed,
//! where unsafe code stands, how long files and stories may be, and what names mean.
//!
//! `source` reads the source with `syn`, `rules` has the rules; a test below shows each rule its violation.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests fail by panicking"
)]
#![allow(unreachable_pub, missing_docs, reason = "a test crate has no interface")]

#[path = "architecture/rules.rs"]
mod rules;
#[path = "architecture/source.rs"]
mod source;

use std::collections::BTreeSet;

use rules::{
    circles, error_areas, exposes, forbidden_paths, foreign_errors, long_stories, printing,
    types_defined_twice, types_hiding_the_prelude, unsafe_code,
};
use source::{Source, sources};

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
const EXPOSING: [&str; 39] = [
    "src/commands/drill/sample.rs",
    "src/commands/init/mod.rs",
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

/// What the crate has its own, safer way for.
const REPLACED: [&str; 2] = ["std::process::Command", "std::io::stdin"];

/// Lines of a file, tests included.
const MAX_FILE_LINES: usize = 450;

/// Lines of a function in commands, from its `fn` to its closing brace.
const MAX_STORY_LINES: usize = 60;

/// Lines of `src` that are neither blank nor comments nor tests. It only goes down.
const MAX_CODE_LINES: usize = 18_500;

/// All lines of a folder. They only go down.
const MAX_FOLDER_LINES: [(&str, usize); 2] =
    [("src/commands/", 4_500), ("src/commands/common/", 900)];

/// What the standard library has every file know.
const PRELUDE: &str = "AsMut AsRef AsyncFn AsyncFnMut AsyncFnOnce Box Clone Copy Debug Default \
                       DoubleEndedIterator Drop Eq Err ExactSizeIterator Extend Fn FnMut FnOnce \
                       From FromIterator Future Hash Into IntoFuture IntoIterator Iterator None Ok \
                       Option Ord PartialEq PartialOrd Result Send Sized Some String Sync ToOwned \
                       ToString TryFrom TryInto Unpin Vec";

#[track_caller]
fn assert_none(violations: impl IntoIterator<Item = String>) {
    let violations: Vec<String> = violations.into_iter().collect();
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
}

/// What is found is what is listed: nothing more, and nothing that is settled stays in the list.
#[track_caller]
fn assert_listed(found: impl IntoIterator<Item = String>, listed: &[&str]) {
    let found: BTreeSet<String> = found.into_iter().collect();
    let listed: BTreeSet<String> = listed.iter().map(|it| (*it).to_owned()).collect();
    let unlisted: Vec<_> = found.difference(&listed).collect();
    let stale: Vec<_> = listed.difference(&found).collect();
    assert!(unlisted.is_empty() && stale.is_empty(), "not listed {unlisted:#?}, stale {stale:#?}");
}

#[test]
fn rooms_name_only_what_stands_left_of_them() {
    assert_none(sources().iter().flat_map(forbidden_paths));
}

#[test]
fn rooms_name_errors_of_rooms_left_of_them() {
    let areas = error_areas(sources());
    assert!(!areas.is_empty(), "errors are found");
    assert_none(sources().iter().flat_map(|source| foreign_errors(source, &areas)));
}

#[test]
fn files_of_a_room_name_each_other_in_no_circle() {
    assert_none(circles(sources()));
}

#[test]
fn the_architecture_document_has_the_table_of_rooms() {
    let rows = ROOMS.map(|row| match row {
        [room] => (*room).to_owned(),
        rooms => format!("{{ {} }}", rooms.join(", ")),
    });
    let page = include_str!("../docs/ARCHITECTURE.md");
    let fence =
        page.split("```").find(|block| block.starts_with("text\nmemory → ")).expect("a fence");
    let fence: Vec<&str> = fence.split_whitespace().skip(1).collect();
    assert_eq!(fence.join(" "), rows.join(" → "));
    let described = |room: &str| page.contains(&format!("\n| {room} | "));
    assert_none(ROOMS.concat().iter().filter(|room| !described(room)).map(|it| (*it).to_owned()));
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
    let exposing = sources().iter().filter(|source| exposes(source));
    assert_listed(exposing.map(|source| source.path.clone()), &EXPOSING);
}

#[test]
fn a_name_is_one_type() {
    assert_none(types_defined_twice(sources()));
}

#[test]
fn no_type_hides_one_of_the_prelude() {
    assert_none(types_hiding_the_prelude(sources()));
}

#[test]
fn files_and_stories_are_short() {
    let long = sources().iter().filter(|source| source.lines > MAX_FILE_LINES);
    assert_none(long.map(|source| source.path.clone()));
    assert_none(sources().iter().flat_map(long_stories));
}

#[test]
fn the_whole_is_short() {
    let code: usize = sources().iter().map(|source| source.code_lines).sum();
    assert!(code <= MAX_CODE_LINES, "src has {code} lines of code");
    for (folder, most) in MAX_FOLDER_LINES {
        let within = sources().iter().filter(|source| source.path.starts_with(folder));
        let lines: usize = within.map(|source| source.lines).sum();
        assert!(lines <= most, "{folder} has {lines} lines");
    }
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
fn the_rules_of_rooms_find_what_they_look_for() {
    let bad = |path: &str, text: &str| forbidden_paths(&Source::new(path, text)).len();
    // To the right, in the same brace, by use tree, by path, by super, out of `error`.
    assert_eq!(bad("src/memory/a.rs", "use crate::payload::Secrets;"), 1);
    assert_eq!(bad("src/files/a.rs", "use crate::{error::Error, process::{self, exec}};"), 2);
    assert_eq!(bad("src/vault/a.rs", "fn f() { crate::commands::run(); }"), 1);
    assert_eq!(bad("src/vault/a.rs", "fn f(a: Vec<crate::scan::A<u8>>) -> crate::kit::B {}"), 2);
    assert_eq!(bad("src/vault/openpgp/a.rs", "use super::super::super::sources;"), 1);
    assert_eq!(bad("src/vault/mod.rs", "mod a { use super::super::sources; }"), 1);
    assert_eq!(bad("src/error/mod.rs", "use crate::memory::Region;"), 1);
    assert_eq!(bad("src/attic/mod.rs", ""), 1);
    // In what macros and attributes are given.
    for text in [
        "fn f() { format!(\"{}\", crate::cli::a::<u8>(b)); }",
        "fn f() { matches!(a < b, Some(crate::cli::A { .. }) | None); }",
        "fn f() { json!({ \"a\": [crate::cli::b()] }); }",
        "macro_rules! m { ($a:ident) => { use crate::{memory::B, cli::$a}; }; }",
        "#[derive(A)] struct B { #[arg(value_parser = super::super::cli::c)] d: u8 }",
    ] {
        assert_eq!(bad("src/vault/a.rs", text), 1, "{text}");
    }
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
    assert_eq!(bad("src/vault/mod.rs", "mod age; fn f() { age::seal(); }"), 0);
    assert_eq!(bad("src/sources/a.rs", "use crate::memory::{Passphrase, Region};"), 1);
    assert_eq!(bad("src/process/a.rs", "use std::process::{Command, Stdio};"), 1);
    let aliased = "use std::process::{self as p, Stdio}; fn f() { p::Command::new(A); }";
    assert_eq!(bad("src/process/a.rs", aliased), 1);
    assert_eq!(bad("src/terminal/a.rs", "fn f() { std::io::stdin().lock(); }"), 1);
}

#[test]
fn the_rules_of_errors_names_and_circles_find_what_they_look_for() {
    let read = |files: &[(&str, &str)]| -> Vec<Source> {
        files.iter().map(|(path, text)| Source::new(path, text)).collect()
    };
    let areas = error_areas(&read(&[
        ("src/error/mod.rs", "mod kit; pub use kit::KitError; enum Error { Kit(KitError), Cut }"),
        ("src/error/kit.rs", "pub enum KitError { Gone }"),
        ("src/error/escape.rs", "pub struct Quoted;"),
    ]));
    let bad = |path: &str, text: &str| foreign_errors(&Source::new(path, text), &areas).len();
    assert_eq!(bad("src/files/a.rs", "use crate::error::{Error, KitError, Quoted};"), 1);
    assert_eq!(bad("src/scan/a.rs", "use crate::error; fn f() { error::KitError::Gone; }"), 1);
    assert_eq!(bad("src/files/a.rs", "fn f() { matches!(a, crate::error::Error::Kit(_)); }"), 1);
    assert_eq!(bad("src/files/a.rs", "use crate::error::{kit, kit::KitError as K};"), 2);
    assert_eq!(bad("src/files/a.rs", "use crate::error::*;"), 1);
    assert_eq!(bad("src/files/a.rs", "use crate::error::{self, Error}; type A = Error::Cut;"), 0);
    for path in ["src/kit/a.rs", "src/commands/a.rs", "src/error/sentences.rs"] {
        assert_eq!(bad(path, "use crate::error::KitError;"), 0);
    }

    let named = read(&[
        ("src/scan/a.rs", "struct A; enum From {} type Result = u8; fn f() { struct B; }"),
        ("src/error/a.rs", "pub type Result = u8; trait B {} #[cfg(test)] mod tests { struct A; }"),
    ]);
    assert_eq!(types_defined_twice(&named), BTreeSet::from(["B", "Result"].map(str::to_owned)));
    let hiding = BTreeSet::from(["From", "Result"].map(str::to_owned));
    assert_eq!(types_hiding_the_prelude(&named), hiding);

    let circle = |b: &str| {
        let lists = "mod a; mod b; mod c; pub use b::B; fn f() { a::f(); }";
        let (a, c) = ("use super::B; use super::f;", "use crate::scan::a::A;");
        let b = ("src/scan/b.rs", b);
        circles(&read(&[("src/scan/mod.rs", lists), ("src/scan/a.rs", a), b, ("src/scan/c.rs", c)]))
    };
    let all = "src/scan/a.rs ↔ src/scan/b.rs ↔ src/scan/c.rs".to_owned();
    assert_eq!(circle("use super::c::C;"), BTreeSet::from([all]));
    assert_eq!(circle("use super::f;"), BTreeSet::new());
}

#[test]
fn the_rules_of_code_find_what_they_look_for() {
    let cli = |text: &str| Source::new("src/cli/a.rs", text);
    let allowed = "#![expect(unsafe_code, reason = \"\")] fn f() { unsafe {} }";
    assert_eq!(unsafe_code(&cli(allowed)).len(), 2);
    assert_eq!(unsafe_code(&cli("// unsafe\nfn f() { \"unsafe\"; }")).len(), 0);
    assert_eq!(printing(&cli("fn f() { println!(\"\"); vec![dbg!(1)]; }")).len(), 2);
    assert!(exposes(&cli("fn f() { a.expose_pair(); }")));
    assert!(exposes(&cli("fn f() { assert!(vault::expose(a)); }")));
    assert!(!exposes(&cli("fn expose() { exposes(); \"a.expose()\"; }")));
    let story = format!("fn f() {{{}}}\nfn g() {{}}", "\n".repeat(60));
    assert_eq!(long_stories(&Source::new("src/commands/a.rs", &story)).len(), 1);
    let counted = cli("//! A.\n\n/// B.\nfn f() { // C.\n}\n#[cfg(test)]\nmod tests {}\n");
    assert_eq!((counted.lines, counted.code_lines), (7, 2));
}
