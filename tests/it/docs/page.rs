//! The blocks of code of a page, with what stands about them in comments that nobody sees.
//!
//! Directly above a block of shell commands there may be, each as an HTML comment of its own:
//!
//! - `not run: REASON`: it is not run here;
//! - `exits with N`, or `exits with N or M` where that is the machine's: its exit status, 0 where
//!   nothing is said;
//! - `before: COMMANDS`: what was done until then, which must end with 0;
//! - `then: COMMANDS`: what is typed behind it in the same shell, and decides on the exit status;
//!
//! and above any other block `file: PATH`: it becomes that file.

use std::path::{Path, PathBuf};

/// What a block of commands may be called by those who want their editor to colour it.
const SHELLS: [&str; 6] = ["sh", "bash", "zsh", "shell", "console", "shell-session"];

/// What is in a block that is none.
const OTHERS: [&str; 6] = ["text", "toml", "yaml", "ini", "json", "rust"];

/// A page in Markdown.
pub struct Page {
    /// From the root of the repository.
    pub name: String,
    pub blocks: Vec<Block>,
}

#[derive(Debug)]
pub struct Block {
    /// Page and line, for messages.
    pub place: String,
    pub kind: Kind,
    pub text: String,
}

#[derive(Debug)]
pub enum Kind {
    Commands(Commands),
    NotRun,
    File(String),
    Other,
}

/// Commands of a shell that are run.
#[derive(Debug)]
pub struct Commands {
    pub before: String,
    pub then: String,
    pub statuses: Vec<i32>,
}

impl Page {
    pub fn read(name: &str) -> Page {
        let text = std::fs::read_to_string(root().join(name)).expect(name);
        Page::parse(name, &text).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Errors: what is wrong with a block, and where.
    pub fn parse(name: &str, text: &str) -> Result<Page, String> {
        let mut blocks = Vec::new();
        let mut marks = Vec::new();
        let mut after_blank = true;
        let mut lines = text.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            let place = format!("{name}:{}", number + 1);
            let (start, indent) = (line.trim_start(), line.len() - line.trim_start().len());
            if let Some(mark) = start.strip_prefix("<!--") {
                let mut mark = mark.to_owned();
                while !mark.contains("-->") {
                    let (_, more) = lines.next().ok_or(format!("{place}: an open comment"))?;
                    mark = format!("{mark}\n{}", more.trim());
                }
                marks.push(mark.trim_end().trim_end_matches("-->").trim().to_owned());
            } else if let Some(language) = start.strip_prefix("```") {
                let mut text = String::new();
                loop {
                    let (_, line) = lines.next().ok_or(format!("{place}: an open block"))?;
                    if line.trim() == "```" {
                        break;
                    }
                    text += line.get(indent..).unwrap_or_default();
                    text.push('\n');
                }
                let kind = Kind::new(language, &std::mem::take(&mut marks))
                    .map_err(|error| format!("{place}: {error}"))?;
                blocks.push(Block { place, kind, text });
            } else if after_blank && indent >= 4 {
                return Err(format!("{place}: code without a fence says not what it is"));
            } else {
                marks.clear();
            }
            after_blank = start.is_empty();
        }
        Ok(Page { name: name.to_owned(), blocks })
    }

    pub fn runs_anything(&self) -> bool {
        self.blocks.iter().any(|block| matches!(block.kind, Kind::Commands(_)))
    }
}

impl Kind {
    fn new(language: &str, marks: &[String]) -> Result<Kind, String> {
        let is_shell = SHELLS.contains(&language);
        if !is_shell && !OTHERS.contains(&language) {
            return Err(format!("{language:?} does not say whether these are commands"));
        }
        let mut commands =
            Commands { before: String::new(), then: String::new(), statuses: vec![0] };
        for mark in marks {
            let (name, rest) = mark.split_once(": ").unwrap_or((mark, ""));
            match (name, is_shell) {
                ("not run", true) if rest.split_whitespace().count() > 2 => {
                    return Ok(Kind::NotRun);
                }
                ("file", false) if !rest.is_empty() => return Ok(Kind::File(rest.to_owned())),
                ("before", true) => commands.before = rest.to_owned(),
                ("then", true) => commands.then = rest.to_owned(),
                (exit, true) if exit.starts_with("exits with ") => {
                    let numbers = exit.trim_start_matches("exits with ").split(" or ");
                    let numbers: Result<_, _> = numbers.map(str::parse).collect();
                    commands.statuses = numbers.map_err(|_| format!("no exit status: {exit}"))?;
                }
                _ => return Err(format!("what is {mark:?}")),
            }
        }
        Ok(if is_shell { Kind::Commands(commands) } else { Kind::Other })
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Every page of the root and of docs, from the root.
pub fn names() -> Vec<String> {
    let mut names = Vec::new();
    for folder in ["", "docs"] {
        for entry in std::fs::read_dir(root().join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "md") {
                let name = path.strip_prefix(root()).expect("within");
                names.push(name.to_str().expect("UTF-8").to_owned());
            }
        }
    }
    names.sort();
    assert!(names.len() > 7, "{names:?}");
    names
}
