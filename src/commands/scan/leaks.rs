//! What `scan` found, for a person and for programs: names, forms and places.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::remedy;
use crate::checks::{Report, Verdict};
use crate::error::{Error, Listed, Quoted, SystemError, Warning, status};
use crate::git::{Kind, Layout, Origin};
use crate::guard::is_env_file;
use crate::scan::{Form, Forms, History, Hit, NO_FILE, Needles, Seen, Walked};
use crate::terminal::Messages;

/// Where something was found.
#[derive(Debug)]
pub(in crate::commands) enum Place {
    /// In a file.
    File(PathBuf),
    /// An object of a git repository; of a blob, where it came into the history.
    Object { id: String, kind: Kind, origin: Option<Origin> },
}

/// All that was found, and what could not be looked at.
#[derive(Debug, Default)]
pub(in crate::commands) struct Leaks {
    found: Vec<(Place, Seen)>,
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
    /// Takes in what was seen in files.
    pub(in crate::commands) fn take(&mut self, mut walked: Walked) {
        let found = std::mem::take(&mut walked.found).into_iter();
        self.found.extend(found.map(|found| (Place::File(found.path), found.seen)));
        self.walked = walked;
    }

    /// Takes in what was seen in a git repository: a place for each path that a blob has had.
    pub(in crate::commands) fn take_history(&mut self, history: Option<History>) {
        let Some(mut history) = history else { return };
        for found in std::mem::take(&mut history.found) {
            let mut origins: Vec<Option<Origin>> = found.origins.into_iter().map(Some).collect();
            if origins.is_empty() {
                origins.push(None);
            }
            for origin in origins {
                let place = Place::Object { id: found.id.clone(), kind: found.kind, origin };
                self.found.push((place, found.seen.clone()));
            }
        }
        self.history = Some(history);
    }

    /// Takes the values out of the paths, for these are shown.
    pub(in crate::commands) fn hide(&mut self, needles: &Needles) {
        let hide = |path: &mut PathBuf| *path = needles.hide(path);
        for (place, _) in &mut self.found {
            match place {
                Place::File(path) => hide(path),
                Place::Object { origin, .. } => origin.iter_mut().for_each(|it| hide(&mut it.path)),
            }
        }
        self.walked.unreadable.iter_mut().for_each(|(path, _)| hide(path));
        self.walked.kernels.iter_mut().for_each(hide);
        self.walked.repositories.iter_mut().for_each(hide);
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
            unreadable.take(LISTED).map(|(path, errno)| reason(path, *errno)).collect();
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
        let paths = self.found.iter().filter_map(|(place, _)| match place {
            Place::Object { origin: Some(origin), .. } => Some(origin.path.as_path()),
            _ => None,
        });
        let mut paths: Vec<&Path> = paths.filter(|path| is_env_file(path)).collect();
        paths.sort();
        paths.dedup();
        paths
    }

    /// Compressed files, in folders and in the history.
    fn compressed(&self) -> u64 {
        self.walked.compressed + self.history.as_ref().map_or(0, |history| history.compressed)
    }

    /// 1 beats 4 beats 3 beats 0.
    pub(in crate::commands) fn status(&self) -> u8 {
        if !self.unknown().is_empty() {
            status::CANNOT_TELL
        } else if !self.found.is_empty() {
            status::FINDING
        } else {
            status::OK
        }
    }

    /// For a list of other things: how much was found, and where to read of it. What [`Leaks::warn`] tells
    /// is something that cannot be told.
    pub(in crate::commands) fn summary(&self, forms: &Forms, report: &mut Report) {
        let places = self.found.len();
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
        for (place, seen) in &self.found {
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
        let mut names: Vec<&str> = self
            .found
            .iter()
            .flat_map(|(_, seen)| leaks(seen, forms))
            .map(|leak| leak.name)
            .collect();
        names.sort_unstable();
        names.dedup();
        let Walked { files, bytes, .. } = &self.walked;
        let mut searched = format!("{} of {}", counted(*files, "file"), size(*bytes));
        if let Some(History { objects, bytes, .. }) = &self.history {
            let objects = format!("{} of {} in git", counted(*objects, "object"), size(*bytes));
            searched = if *files == 0 { objects } else { format!("{searched} and {objects}") };
        }
        match (names.len(), forms.sought()) {
            (0, sought) => format!("none of {sought} values found in {searched}"),
            (count, sought) => format!("{count} of {sought} values found in {searched}"),
        }
    }

    /// `{"findings": [{"name", "form", "path", "offset", "line", "times"}], …}`.
    pub(in crate::commands) fn json(&self, forms: &Forms) -> Value {
        let findings = self.found.iter().flat_map(|(place, seen)| {
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
            |(path, errno)| json!({"path": path.to_string_lossy(), "reason": reason(path, *errno)}),
        );
        let committed: Vec<PathBuf> = self.committed().into_iter().map(Path::to_owned).collect();
        let history = self.history.as_ref().map(|history| {
            let whole = !history.cut && history.trouble.is_none();
            json!({"objects": history.objects, "bytes": history.bytes, "whole": whole})
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
            "files": self.walked.files,
            "bytes": self.walked.bytes,
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

impl Place {
    fn words(&self) -> String {
        match self {
            Place::File(path) if path.as_os_str() == "-" => "standard input".to_owned(),
            Place::File(path) => Quoted(path).to_string(),
            Place::Object { origin: Some(Origin { commit, path }), .. } => {
                format!("commit {} {}", short(commit), Quoted(path))
            }
            Place::Object { id, kind, origin: None } => match kind {
                Kind::Blob => format!("blob {} to which no branch, tag or reflog leads", short(id)),
                Kind::Commit => format!("commit {} in its message", short(id)),
                Kind::Tag => format!("tag {} in its message", short(id)),
                Kind::Tree => format!("folder {} in a name", short(id)),
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
            Place::File(path) => {
                members.insert("path".to_owned(), json!(path.to_string_lossy()));
            }
            Place::Object { id, kind, origin } => {
                let kind = match kind {
                    Kind::Blob => "blob",
                    Kind::Commit => "commit",
                    Kind::Tag => "tag",
                    Kind::Tree => "tree",
                };
                let path = origin.as_ref().map(|origin| origin.path.to_string_lossy());
                let commit = origin.as_ref().map(|origin| &origin.commit);
                members.insert("object".to_owned(), json!(id));
                members.insert("kind".to_owned(), json!(kind));
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

fn reason(path: &Path, errno: i32) -> String {
    let error = match errno {
        NO_FILE => Error::NotAFile { path: path.into() },
        libc::EFBIG => Error::TooLarge { path: path.into() },
        errno => SystemError(errno).reading(path),
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
