//! What `scan` found, for a person and for programs: names, forms and places.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::remedy;
use crate::checks::{Report, Verdict};
use crate::error::{Error, FileError, Listed, Quoted, SystemError, Warning, status};
use crate::git::{Layout, ObjectKind, Origin};
use crate::guard::is_env_file;
use crate::scan::{
    Form, Forms, FoundIn, History, Hit, Needles, Searched, Seen, Unsearched, Walked,
};
use crate::terminal::Messages;

/// All that was found, and what could not be looked at.
#[derive(Debug)]
pub(in crate::commands) struct Leaks {
    walked: Walked,
    history: Option<History>,
}

/// One name in one form at one place.
struct Leak<'a> {
    name: &'a str,
    form: Form,
    hit: Hit,
}

/// Lines for one place; what is more is counted.
const LINES: usize = 10;

/// Paths that are listed; more are counted.
const LISTED: usize = 20;

impl Leaks {
    /// What was seen in files and in a git repository. The values are taken out of the paths, for these are
    /// shown.
    pub(in crate::commands) fn new(
        mut walked: Walked,
        mut history: Option<History>,
        needles: &Needles,
    ) -> Leaks {
        let hide = |path: &mut PathBuf| *path = needles.hide(path);
        let objects = history.iter_mut().flat_map(|history| &mut history.searched.found);
        for (place, _) in walked.searched.found.iter_mut().chain(objects) {
            match place {
                FoundIn::File(path) => hide(path),
                FoundIn::Object { origin, .. } => {
                    origin.iter_mut().for_each(|it| hide(&mut it.path))
                }
            }
        }
        walked.unreadable.iter_mut().for_each(|(path, _)| hide(path));
        walked.kernels.iter_mut().for_each(hide);
        walked.repositories.iter_mut().for_each(hide);
        Leaks { walked, history }
    }

    /// The files, and the objects of a repository.
    fn searched(&self) -> impl Iterator<Item = &Searched> {
        std::iter::once(&self.walked.searched).chain(self.history.iter().map(|it| &it.searched))
    }

    fn found(&self) -> impl Iterator<Item = &(FoundIn, Seen)> {
        self.searched().flat_map(|searched| &searched.found)
    }

    /// Of the repositories that were met as files, forgets the one whose history was searched.
    pub(in crate::commands) fn forget_packed(&mut self, layout: Option<&Layout>) {
        let Some(layout) = layout else { return };
        self.walked.repositories.retain(|path| {
            let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.clone());
            path != layout.common && Some(path.as_path()) != layout.common.parent()
        });
    }

    /// Why the answer is not whole.
    fn unknown(&self) -> Vec<String> {
        let unreadable = self.walked.unreadable.iter();
        let mut unknown: Vec<String> =
            unreadable.take(LISTED).map(|(path, trouble)| reason(path, *trouble)).collect();
        if let Some(more @ 1..) = self.walked.unreadable.len().checked_sub(LISTED) {
            unknown.push(format!("{more} more that cannot be read"));
        }
        if let Some(history) = &self.history {
            unknown.extend(history.trouble.iter().map(Error::to_string));
            if history.cut {
                let cut = "a part of the history is not here: the clone is shallow or partial";
                unknown.push(cut.to_owned());
            }
        }
        unknown
    }

    /// Paths of `.env` files in the history in which something was found.
    fn committed(&self) -> Vec<&Path> {
        let paths = self.found().filter_map(|(place, _)| match place {
            FoundIn::Object { origin: Some(origin), .. } => Some(origin.path.as_path()),
            _ => None,
        });
        let mut paths: Vec<&Path> = paths.filter(|path| is_env_file(path)).collect();
        paths.sort();
        paths.dedup();
        paths
    }

    /// Compressed files, in folders and in the history.
    fn compressed(&self) -> u64 {
        self.searched().map(|searched| searched.compressed).sum()
    }

    /// 1 beats 4 beats 3 beats 0.
    pub(in crate::commands) fn status(&self) -> u8 {
        if !self.unknown().is_empty() {
            status::CANNOT_TELL
        } else if self.found().next().is_some() {
            status::FINDING
        } else {
            status::OK
        }
    }

    /// For a list of other things: how much was found, and where to read of it. What [`Leaks::warn`] tells
    /// is something that cannot be told.
    pub(in crate::commands) fn summary(&self, forms: &Forms, report: &mut Report) {
        let places = self.found().count();
        if places > 0 {
            let word = if places == 1 { "place" } else { "places" };
            let detail = format!("values in {places} {word}, which breakglass scan names");
            report.add("values", Verdict::Finding, detail);
        } else {
            report.add("values", Verdict::Ok, "");
        }
        if let Some(first) = self.unknown().first() {
            report.add("values", Verdict::CannotTell, format!("not all could be read: {first}"));
        }
        if !forms.short().is_empty() {
            let names = Listed(forms.short());
            let detail = format!("not looked for, being of fewer than 8 characters: {names}");
            report.add("values", Verdict::CannotTell, detail);
        }
        let packed = self.walked.repositories.first();
        if let Some(path) = packed {
            let detail =
                format!("objects of {} are compressed; scan --git reads them", Quoted(path));
            report.add("values", Verdict::CannotTell, detail);
        }
        if self.compressed() > 0 {
            let files = counted(self.compressed(), "compressed file");
            report.add("values", Verdict::CannotTell, format!("not unpacked: {files}"));
        }
    }

    /// What the answer does not cover.
    pub(in crate::commands) fn warn(&self, forms: &Forms, messages: Messages) {
        if !forms.short().is_empty() {
            messages.warning(&Warning::TooShortToFind { names: forms.short().to_vec() });
        }
        if self.compressed() > 0 {
            messages.warning(&Warning::CompressedFiles { files: self.compressed() });
        }
        for path in self.walked.repositories.iter().take(LISTED) {
            messages.warning(&Warning::PackedObjects { path: path.clone() });
        }
        for path in &self.walked.kernels {
            messages.warning(&Warning::KernelFolder { path: path.clone() });
        }
    }

    /// A line for each name in each form at each place, what could not be read, and the sum of it.
    pub(in crate::commands) fn text(&self, forms: &Forms) -> String {
        let mut text = String::new();
        for (place, seen) in self.found() {
            let leaks = leaks(seen, forms);
            for leak in leaks.iter().take(LINES) {
                let _ =
                    writeln!(text, "{}, {}: {}", leak.name, leak.form.words(), place.at(&leak.hit));
            }
            if let Some(more @ 1..) = leaks.len().checked_sub(LINES) {
                let _ = writeln!(text, "and {more} more: {}", place.words());
            }
        }
        for what in self.unknown() {
            let _ = writeln!(text, "cannot tell: {what}");
        }
        let _ = writeln!(text, "{}", self.sum(forms));
        text.push_str(&remedy::text(&self.committed()));
        text
    }

    fn sum(&self, forms: &Forms) -> String {
        let leaks = self.found().flat_map(|(_, seen)| leaks(seen, forms));
        let names: BTreeSet<&str> = leaks.map(|leak| leak.name).collect();
        let searched = |what: &str, Searched { number, bytes, .. }: &Searched| {
            format!("{} of {}", counted(*number, what), size(*bytes))
        };
        let files = searched("file", &self.walked.searched);
        let objects = self.history.as_ref().map(|it| searched("object", &it.searched));
        let searched = match objects {
            None => files,
            Some(objects) if self.walked.searched.number == 0 => format!("{objects} in git"),
            Some(objects) => format!("{files} and {objects} in git"),
        };
        let count = if names.is_empty() { "none".to_owned() } else { names.len().to_string() };
        format!("{count} of {} values found in {searched}", forms.sought())
    }

    /// `{"findings": [{"name", "form", "path", "offset", "line", "times"}], …}`.
    pub(in crate::commands) fn json(&self, forms: &Forms) -> Value {
        let findings = self.found().flat_map(|(place, seen)| {
            leaks(seen, forms).into_iter().map(|Leak { name, form, hit }| {
                let mut finding = json!({
                    "name": name,
                    "form": form.key(),
                    "offset": hit.offset,
                    "line": hit.line,
                    "times": hit.times,
                });
                if let Some(members) = finding.as_object_mut() {
                    place.describe(members);
                }
                finding
            })
        });
        let unreadable = self.walked.unreadable.iter().map(
            |(path, trouble)| json!({"path": path.to_string_lossy(), "reason": reason(path, *trouble)}),
        );
        let committed: Vec<PathBuf> = self.committed().into_iter().map(Path::to_owned).collect();
        let history = self.history.as_ref().map(|history| {
            let whole = !history.cut && history.trouble.is_none();
            let Searched { number, bytes, .. } = history.searched;
            json!({"objects": number, "bytes": bytes, "whole": whole})
        });
        let paths = |paths: &[PathBuf]| -> Value {
            paths.iter().map(|path| path.to_string_lossy().into_owned()).collect()
        };
        json!({
            "findings": findings.collect::<Value>(),
            "cannot_tell": self.unknown(),
            "unreadable": unreadable.collect::<Value>(),
            "sought": forms.sought(),
            "short": forms.short(),
            "committed_env": paths(&committed),
            "compressed": self.compressed(),
            "packed": paths(&self.walked.repositories),
            "left_out": paths(&self.walked.kernels),
            "files": self.walked.searched.number,
            "bytes": self.walked.searched.bytes,
            "git": history,
        })
    }
}

/// Each name in each form, in the order of the places; of texts with the same label the first.
fn leaks<'a>(seen: &Seen, forms: &'a Forms) -> Vec<Leak<'a>> {
    let mut hits = seen.hits.clone();
    hits.sort_by_key(|hit| hit.offset);
    let mut leaks: Vec<(usize, Leak<'a>)> = Vec::new();
    for hit in hits {
        for (index, form) in forms.labels(hit.text) {
            let known = leaks.iter_mut().find(|(known, leak)| known == index && leak.form == *form);
            match known {
                Some((_, leak)) => leak.hit.times += hit.times,
                None => leaks.push((*index, Leak { name: forms.name(*index), form: *form, hit })),
            }
        }
    }
    leaks.into_iter().map(|(_, leak)| leak).collect()
}

impl FoundIn {
    fn words(&self) -> String {
        match self {
            FoundIn::File(path) if path.as_os_str() == "-" => "standard input".to_owned(),
            FoundIn::File(path) => Quoted(path).to_string(),
            FoundIn::Object { origin: Some(Origin { commit, path }), .. } => {
                format!("commit {} {}", short(commit), Quoted(path))
            }
            FoundIn::Object { id, kind, origin: None } => match kind {
                ObjectKind::Blob => {
                    format!("blob {} to which no branch, tag or reflog leads", short(id))
                }
                ObjectKind::Commit => format!("commit {} in its message", short(id)),
                ObjectKind::Tag => format!("tag {} in its message", short(id)),
                ObjectKind::Tree => format!("folder {} in a name", short(id)),
            },
        }
    }

    /// `'path', line 3`, and how often else.
    fn at(&self, hit: &Hit) -> String {
        let place = match hit.line {
            Some(line) => format!("line {line}"),
            None => format!("byte {}", hit.offset),
        };
        match hit.times.saturating_sub(1) {
            0 => format!("{}, {place}", self.words()),
            more => format!("{}, {place} and {more} more", self.words()),
        }
    }

    fn describe(&self, members: &mut serde_json::Map<String, Value>) {
        match self {
            FoundIn::File(path) => {
                members.insert("path".to_owned(), json!(path.to_string_lossy()));
            }
            FoundIn::Object { id, kind, origin } => {
                let path = origin.as_ref().map(|origin| origin.path.to_string_lossy());
                let commit = origin.as_ref().map(|origin| &origin.commit);
                members.insert("object".to_owned(), json!(id));
                members.insert("kind".to_owned(), json!(kind.word()));
                members.insert("path".to_owned(), json!(path));
                members.insert("commit".to_owned(), json!(commit));
            }
        }
    }
}

/// An id as git shortens it, with which it can be told again.
fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

fn reason(path: &Path, trouble: Unsearched) -> String {
    let error = match trouble {
        Unsearched::NotAFile => FileError::NotAFile { path: path.into() }.into(),
        Unsearched::Endless => FileError::TooLarge { path: path.into() }.into(),
        Unsearched::System(errno) => SystemError(errno).reading(path),
    };
    error.to_string()
}

fn counted(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Bytes, in a unit that a person reads.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut scaled = bytes as f64 / 1024.0;
    if scaled < 1.0 {
        return counted(bytes, "byte");
    }
    let mut unit = "KiB";
    for larger in UNITS {
        unit = larger;
        if scaled < 1024.0 {
            break;
        }
        scaled /= 1024.0;
    }
    format!("{scaled:.1} {unit}")
}
