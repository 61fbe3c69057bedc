//! What does not belong into git: environment files, and what vaults hold, in plain text. Judged by names, and
//! by content that is looked at piece by piece and never kept, but for what should be encrypted anyway.

use std::fmt;
use std::path::Path;

use super::examples::Example;
use super::plain_documents::Document;
use crate::files::MAX_FILE_BYTES;
use crate::payload::MAX_DOCUMENT_BYTES;
use crate::receipt::Receipt;
use crate::vault;

/// Why a file is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Its name is that of an environment file.
    EnvironmentFile,
    /// It is an example of one, and this line of it may hold a real secret.
    Value {
        /// The line, from 1.
        line: u32,
    },
    /// Its name is that of a vault, and it is not encrypted, or not whole, or there is more in it.
    NotSealed,
    /// Its name is that of a receipt, and it is none.
    NotAReceipt,
    /// Whatever its name is, it is what a vault holds.
    Document,
}

impl Refusal {
    /// A fixed word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Refusal::EnvironmentFile => "environment file",
            Refusal::Value { .. } => "value",
            Refusal::NotSealed => "not sealed",
            Refusal::NotAReceipt => "no receipt",
            Refusal::Document => "plain text",
        }
    }
}

impl Refusal {
    /// What to do about it.
    pub fn next_step(self) -> &'static str {
        match self {
            Refusal::EnvironmentFile => {
                "git rm --cached -- PATH takes it out of git and leaves it on the disk; breakglass init adds what .gitignore lacks"
            }
            Refusal::Value { .. } => {
                "leave its value empty, or put a placeholder there: NAME=<what it is>"
            }
            Refusal::NotSealed => {
                "breakglass seal makes a vault; until then, git rm --cached -- PATH"
            }
            Refusal::NotAReceipt => "breakglass seal writes it anew",
            Refusal::Document => {
                "git rm --cached -- PATH takes it out of git; breakglass seal NAME.env.gpg --from PATH seals it"
            }
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::EnvironmentFile => f.write_str("an environment file, by its name"),
            Refusal::Value { line } => write!(
                f,
                "line {line} may hold a real secret: its name or its form is that of one, and it is no placeholder"
            ),
            Refusal::NotSealed => f.write_str("named as a vault, and not a whole encrypted file"),
            Refusal::NotAReceipt => f.write_str("named as a receipt, and not one"),
            Refusal::Document => f.write_str("what a vault holds, in plain text"),
        }
    }
}

/// What a name says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    Environment,
    Example,
    Sealed,
    Receipt,
    Other,
}

/// What editors and people put behind a name, in lower case.
const COPIES: [&str; 10] =
    ["~", ".bak", ".backup", ".copy", ".old", ".orig", ".save", ".swo", ".swp", ".tmp"];

/// What is behind a sealed file's own name.
const SEALED: [&str; 4] = [".age", ".asc", ".gpg", ".pgp"];

/// What an example is called.
const EXAMPLES: [&str; 4] = ["dist", "example", "sample", "template"];

/// Whether a path's last part is the name of an environment file: neither an example nor a sealed one.
pub fn is_env_file(path: &Path) -> bool {
    judge_name(path) == Named::Environment
}

/// Judges the last part of a path, in any case of letters.
fn judge_name(path: &Path) -> Named {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes().to_ascii_lowercase();
    let mut name = &name[..];
    while let Some(rest) = COPIES.iter().find_map(|end| name.strip_suffix(end.as_bytes())) {
        name = rest;
    }
    let sealed = |name: &[u8]| {
        let rest = SEALED.iter().find_map(|end| name.strip_suffix(end.as_bytes()));
        rest.is_some_and(is_environment)
    };
    let receipt = |name: &[u8]| {
        let rest = name.strip_suffix(b".receipt");
        rest.is_some_and(|rest| sealed(rest) || is_environment(rest))
    };
    match name {
        name if receipt(name) => Named::Receipt,
        name if sealed(name) => Named::Sealed,
        name if is_example(name) => Named::Example,
        name if is_environment(name) => Named::Environment,
        _ => Named::Other,
    }
}

/// `.env`, `.env.production`, `prod.env`; not `.envrc` or `.environment`, which are read by other programs.
fn is_environment(name: &[u8]) -> bool {
    let begins = name.strip_prefix(b".env").is_some_and(|rest| {
        // Another alphabet's letter would make it another word, too.
        rest.first().is_none_or(|next| !next.is_ascii_alphabetic() && next.is_ascii())
    });
    begins || name.ends_with(b".env")
}

/// `.env.example`, `prod.env.sample`, `example.env`.
fn is_example(name: &[u8]) -> bool {
    let parted = |rest: &[u8]| rest.split_last().map(|(mark, rest)| (*mark, rest.to_vec()));
    let behind = EXAMPLES.iter().filter_map(|word| name.strip_suffix(word.as_bytes()));
    let behind = behind
        .filter_map(parted)
        .any(|(mark, rest)| matches!(mark, b'.' | b'-' | b'_') && is_environment(&rest));
    let before = name.strip_suffix(b".env").is_some_and(|rest| {
        let last = rest.rsplit(|byte| matches!(byte, b'.' | b'-' | b'_')).next();
        EXAMPLES.iter().any(|word| last == Some(word.as_bytes()))
    });
    behind || before
}

/// A file on its way through a judgement.
#[derive(Debug)]
pub struct Look(Looking);

#[derive(Debug)]
enum Looking {
    /// Nothing more is to be seen.
    Done(Option<Refusal>),
    Example(Example),
    /// The bytes so far of what should be a vault or a receipt.
    Whole(Vec<u8>, Named),
    Document(Document),
}

impl Look {
    /// Begins with the name, and the size of the content in bytes. Of a symbolic link only the name
    /// counts, and whether a text that is no path stands in it.
    pub fn new(path: &Path, is_link: bool, size: u64) -> Look {
        let within = |most: usize| u64::try_from(most).is_ok_and(|most| size <= most);
        let done = |refusal| Looking::Done(refusal);
        let document = || {
            if within(MAX_DOCUMENT_BYTES) { Looking::Document(Document::new()) } else { done(None) }
        };
        Look(match judge_name(path) {
            Named::Environment => done(Some(Refusal::EnvironmentFile)),
            _ if is_link => document(),
            Named::Example => Looking::Example(Example::new()),
            Named::Sealed if !within(MAX_FILE_BYTES) => done(Some(Refusal::NotSealed)),
            Named::Receipt if !within(MAX_FILE_BYTES) => done(Some(Refusal::NotAReceipt)),
            named @ (Named::Sealed | Named::Receipt) => Looking::Whole(Vec::new(), named),
            Named::Other => document(),
        })
    }

    /// Whether more of the content could make a difference.
    pub fn wants_more(&self) -> bool {
        match &self.0 {
            Looking::Done(_) => false,
            Looking::Example(example) => example.wants_more(),
            Looking::Whole(bytes, _) => bytes.len() <= MAX_FILE_BYTES,
            Looking::Document(document) => document.wants_more(),
        }
    }

    /// Looks at the next piece of the content.
    pub fn take(&mut self, piece: &[u8]) {
        match &mut self.0 {
            Looking::Done(_) => {}
            Looking::Example(example) => example.take(piece),
            Looking::Whole(bytes, _) => bytes.extend_from_slice(piece),
            Looking::Document(document) => document.take(piece),
        }
    }

    /// The judgement, once the content has ended or no more of it is wanted: nothing, one refusal, or one for each
    /// line of an example.
    pub fn end(self) -> Vec<Refusal> {
        let refusal = match self.0 {
            Looking::Example(example) => {
                return example.end().into_iter().map(|line| Refusal::Value { line }).collect();
            }
            Looking::Done(refusal) => refusal,
            Looking::Whole(bytes, Named::Receipt) => {
                Receipt::parse(&bytes).is_err().then_some(Refusal::NotAReceipt)
            }
            Looking::Whole(bytes, _) => (!vault::is_sealed(&bytes)).then_some(Refusal::NotSealed),
            Looking::Document(document) => document.end().then_some(Refusal::Document),
        };
        refusal.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Named {
        judge_name(Path::new(name))
    }

    #[test]
    fn names() {
        for name in [
            ".env",
            "a/b/.env",
            ".ENV",
            ".Env.Local",
            ".env.production",
            ".env.local",
            "prod.env",
            "a b.env",
            "PROD.ENV",
            ".env-prod",
            ".env_prod",
            ".env2",
            ".env ",
            ".env\n",
            ".env~",
            ".env.bak",
            ".env.swp",
            ".prod.env.swp",
            "prod.env~",
            "prod.env.old.bak",
            ".env.vault",
            ".env.example.local",
            "..env",
            ".env.gpg.txt",
            ".env.d.ts",
        ] {
            assert_eq!(named(name), Named::Environment, "{name}");
        }
        for name in [
            ".env.example",
            ".env.sample",
            ".env.template",
            ".env.dist",
            ".env.EXAMPLE",
            ".env.local.example",
            "prod.env.sample",
            "example.env",
            "app.example.env",
            ".env-example",
            ".env.example~",
        ] {
            assert_eq!(named(name), Named::Example, "{name}");
        }
        for name in [
            ".env.gpg",
            "prod.env.gpg",
            "prod.env.asc",
            "prod.env.age",
            ".env.production.gpg",
            "PROD.ENV.GPG",
            "a/.env.age",
            "prod.env.gpg.bak",
            "x.env.pgp",
        ] {
            assert_eq!(named(name), Named::Sealed, "{name}");
        }
        for name in ["prod.env.gpg.receipt", ".env.gpg.receipt", ".env.receipt"] {
            assert_eq!(named(name), Named::Receipt, "{name}");
        }
        for name in [
            "",
            "env",
            "a.txt",
            ".envrc",
            ".environment",
            "environment",
            "src/env.rs",
            "vite-env.d.ts",
            "jest.env.js",
            "key.gpg",
            "notes.age",
            "a.receipt",
            "env.example",
            ".env/activate",
            "backup.tar.gz.age",
            ".envé",
        ] {
            assert_eq!(named(name), Named::Other, "{name}");
        }
    }

    fn judged(name: &str, is_link: bool, content: &[u8]) -> Vec<Refusal> {
        let whole = judged_by(name, is_link, content, content.len().max(1));
        // However the content comes in pieces.
        assert_eq!(whole, judged_by(name, is_link, content, 1), "{name}");
        whole
    }

    fn judged_by(name: &str, is_link: bool, content: &[u8], pieces: usize) -> Vec<Refusal> {
        let mut look = Look::new(Path::new(name), is_link, content.len() as u64);
        for piece in content.chunks(pieces) {
            if !look.wants_more() {
                break;
            }
            look.take(piece);
        }
        look.end()
    }

    #[test]
    fn content_decides_what_a_name_does_not() {
        let document = b"# breakglass 1\n# secrets: 1\nA='fake'\n";
        for name in ["a.txt", "key.gpg", ".envrc", "notes.age", "noext"] {
            assert_eq!(judged(name, false, document), [Refusal::Document], "{name}");
        }
        for name in ["prod.env.gpg", "prod.env.asc", ".env.age"] {
            assert_eq!(judged(name, false, document), [Refusal::NotSealed], "{name}");
            assert_eq!(judged(name, false, b""), [Refusal::NotSealed], "{name}");
        }
        assert_eq!(judged("prod.env.gpg.receipt", false, document), [Refusal::NotAReceipt]);
        assert_eq!(
            judged(".env.example", false, b"A=\nKEY=hunter2\n"),
            [Refusal::Value { line: 2 }]
        );
        assert_eq!(judged(".env.example", false, b"A=\nB=\n"), []);
        assert_eq!(judged(".env", false, b""), [Refusal::EnvironmentFile]);
    }

    #[test]
    fn of_a_link_the_name_counts() {
        assert_eq!(judged(".env", true, b"/run/secrets/env"), [Refusal::EnvironmentFile]);
        for name in ["prod.env.gpg", ".env.example", "current"] {
            assert_eq!(judged(name, true, b"releases/4/.env"), [], "{name}");
        }
        assert_eq!(judged("a", true, b"# breakglass 1\nA='x'\n"), [Refusal::Document]);
    }

    #[test]
    fn what_is_too_large_to_be_what_it_is_called() {
        let large = MAX_FILE_BYTES as u64 + 1;
        let judged = |name| Look::new(Path::new(name), false, large).end();
        assert_eq!(judged("prod.env.gpg"), [Refusal::NotSealed]);
        assert_eq!(judged("prod.env.gpg.receipt"), [Refusal::NotAReceipt]);
        assert_eq!(judged("dump.sql"), []);
        assert_eq!(judged(".env"), [Refusal::EnvironmentFile]);
    }
}
