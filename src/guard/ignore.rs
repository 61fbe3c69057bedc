//! The lines of a `.gitignore` that keep plain secrets out of a repository, and let sealed ones in.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::error::{FileError, GitError, Result, SystemError};
use crate::files;
use crate::git::Repository;

/// No file of these names belongs into a repository.
const BANNED: [&str; 6] =
    [".env", ".env.local", ".env.development", ".env.production", ".env.*", "*.env"];

/// Names of files that fit them.
const SAMPLES: [&str; 6] =
    [".env", ".env.local", ".env.development", ".env.production", ".env.staging", "prod.env"];

/// What those would keep out too: an example without values, sealed vaults, receipts.
const FREE: [&str; 5] =
    ["!.env.example", "!.env*.gpg", "!.env*.asc", "!.env*.age", "!.env*.receipt"];

const COMMENT: &str = "# Plain secrets stay out; an example and sealed vaults may come in.";

/// The `.gitignore` of the repository that the current folder is in, or of this folder where it is in none,
/// and the lines that it lacks.
///
/// Errors: it is there and cannot be read, or is a link.
pub fn of_here() -> Result<(PathBuf, Vec<&'static str>)> {
    let here = std::env::current_dir().map_err(|error| SystemError::from(error).reading("."))?;
    let root = here.ancestors().find(|folder| folder.join(".git").symlink_metadata().is_ok());
    let path = root.unwrap_or(&here).join(".gitignore");
    // git reads none that is a link (gitignore(5)), and what it leads to may be anything.
    if path.is_symlink() {
        return Err(FileError::NotAFile { path }.into());
    }
    let text = match files::read_found(&path, false) {
        Ok(read) => String::from_utf8_lossy(&read.bytes).into_owned(),
        Err(error) if error.is_missing() => String::new(),
        Err(error) => return Err(error),
    };
    let lines = missing(&text);
    Ok((path, lines))
}

/// Names of plain environments that git would let in, in any folder of the repository with something in it.
///
/// Errors: no repository; git fails, or answers otherwise than it is known to.
pub fn let_in() -> Result<Vec<String>> {
    let top = Repository::here()?.layout()?.top.ok_or(GitError::NoWorkTree)?;
    let repository = Repository::of(&top)?;
    let files = repository.files()?;
    let folders: BTreeSet<&Path> =
        files.iter().filter_map(|path| path.parent()).chain([Path::new("")]).collect();
    let samples = folders.iter().flat_map(|folder| SAMPLES.map(|name| folder.join(name)));
    let let_in = repository.not_ignored(&samples.collect::<Vec<PathBuf>>())?;
    Ok(let_in.iter().map(|path| path.to_string_lossy().into_owned()).collect())
}

/// The lines that `text` lacks, in their order. Of lines that fit a file the last one counts (gitignore(5)), so
/// one that lets something in has to stand behind all that keep it out.
fn missing(text: &str) -> Vec<&'static str> {
    // As git does: a blank at the end does not count, a tab does.
    let lines: Vec<&str> = text.lines().map(|line| line.trim_end_matches(' ')).collect();
    let banned: Vec<&str> = BANNED.into_iter().filter(|line| !lines.contains(line)).collect();
    let last = lines.iter().rposition(|line| BANNED.contains(line)).filter(|_| banned.is_empty());
    let behind = |line: &&str| {
        let at = lines.iter().rposition(|it| it == line);
        matches!((at, last), (Some(at), Some(last)) if at > last)
    };
    let free = FREE.into_iter().filter(|line| !behind(line) && !is_kept_out(line, &lines));
    let missing: Vec<&str> = banned.iter().copied().chain(free).collect();
    let comment = (!missing.is_empty() && !lines.contains(&COMMENT)).then_some(COMMENT);
    comment.into_iter().chain(missing).collect()
}

/// Whether somebody keeps sealed vaults, or the example, out on purpose: that stays.
fn is_kept_out(free: &str, lines: &[&str]) -> bool {
    let end = free.rsplit('.').next().unwrap_or_default();
    let said = |line: &&&str| !line.starts_with(['!', '#']) && line.ends_with(&format!(".{end}"));
    lines.iter().any(|line| said(&line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<&'static str> {
        std::iter::once(COMMENT).chain(BANNED).chain(FREE).collect()
    }

    #[test]
    fn what_is_missing_is_added_once() {
        assert_eq!(missing(""), all());
        assert_eq!(missing("node_modules/\n"), all());
        assert!(missing(&all().join("\n")).is_empty());
        assert!(missing(&format!("{}\r\n", all().join("  \r\n"))).is_empty());
        let some = ".env\n.env.local\n";
        let added = missing(some);
        assert!(!added.contains(&".env") && added.contains(&".env.*"));
        assert!(missing(&format!("{some}{}\n", added.join("\n"))).is_empty());
    }

    #[test]
    fn what_lets_in_stands_behind_what_keeps_out() {
        let early = format!("!.env.example\n{}\n", BANNED.join("\n"));
        assert!(missing(&early).contains(&"!.env.example"), "{early}");
        let late = format!("{}\n!.env.example\n", BANNED.join("\n"));
        assert!(!missing(&late).contains(&"!.env.example"), "{late}");
    }

    #[test]
    fn what_somebody_keeps_out_on_purpose_stays_out() {
        let added = missing("*.gpg\n# *.age\n");
        assert!(!added.contains(&"!.env*.gpg"));
        assert!(added.contains(&"!.env*.age") && added.contains(&"!.env*.asc"));
    }
}
