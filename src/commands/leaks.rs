//! What `scan` found, for a person and for programs: names, forms and places.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::error::{Error, Quoted, SystemError, Warning, status};
use crate::scan::{Form, Forms, Hit, Seen, Walked};
use crate::terminal::Messages;

/// Where something was found.
#[derive(Debug)]
pub(super) enum Place {
    /// In a file.
    File(PathBuf),
}

/// All that was found, and what could not be looked at.
#[derive(Debug, Default)]
pub(super) struct Leaks {
    found: Vec<(Place, Seen)>,
    walked: Walked,
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
    pub(super) fn take(&mut self, mut walked: Walked) {
        let found = std::mem::take(&mut walked.found).into_iter();
        self.found.extend(found.map(|found| (Place::File(found.path), found.seen)));
        self.walked = walked;
    }

    /// 1 beats 4 beats 3 beats 0.
    pub(super) fn status(&self) -> u8 {
        if !self.walked.unreadable.is_empty() {
            status::CANNOT_TELL
        } else if !self.found.is_empty() {
            status::FINDING
        } else {
            status::OK
        }
    }

    /// What the answer does not cover.
    pub(super) fn warn(&self, forms: &Forms, messages: Messages) {
        if !forms.short().is_empty() {
            messages.warning(&Warning::ShortValues { names: forms.short().to_vec() });
        }
        if self.walked.compressed > 0 {
            messages.warning(&Warning::CompressedFiles { files: self.walked.compressed });
        }
        for path in self.walked.repositories.iter().take(LISTED) {
            messages.warning(&Warning::PackedObjects { path: path.clone() });
        }
        for path in &self.walked.kernels {
            messages.warning(&Warning::KernelFolder { path: path.clone() });
        }
    }

    /// A line for each name in each form at each place, what could not be read, and the sum of it.
    pub(super) fn text(&self, forms: &Forms) -> String {
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
        for (path, errno) in self.walked.unreadable.iter().take(LISTED) {
            let _ = writeln!(text, "cannot tell: {}", unreadable(path, *errno));
        }
        if let Some(more @ 1..) = self.walked.unreadable.len().checked_sub(LISTED) {
            let _ = writeln!(text, "cannot tell: and {more} more that cannot be read");
        }
        let _ = writeln!(text, "{}", self.sum(forms));
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
        let searched =
            format!("{} of {}", counted(self.walked.files, "file"), size(self.walked.bytes));
        match (names.len(), forms.sought()) {
            (0, sought) => format!("none of {sought} values found in {searched}"),
            (count, sought) => format!("{count} of {sought} values found in {searched}"),
        }
    }

    /// `{"findings": [{"name", "form", "path", "offset", "line", "times"}], …}`.
    pub(super) fn json(&self, forms: &Forms) -> Value {
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
        let unreadable = self.walked.unreadable.iter().map(|(path, errno)| {
            json!({"path": path.to_string_lossy(), "reason": unreadable(path, *errno)})
        });
        let paths = |paths: &[PathBuf]| -> Value {
            paths.iter().map(|path| path.to_string_lossy().into_owned()).collect()
        };
        json!({
            "findings": findings.collect::<Value>(),
            "unreadable": unreadable.collect::<Value>(),
            "sought": forms.sought(),
            "short": forms.short(),
            "compressed": self.walked.compressed,
            "packed": paths(&self.walked.repositories),
            "left_out": paths(&self.walked.kernels),
            "files": self.walked.files,
            "bytes": self.walked.bytes,
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
            Place::File(path) => members.insert("path".to_owned(), json!(path.to_string_lossy())),
        };
    }
}

fn unreadable(path: &Path, errno: i32) -> String {
    let error = match errno {
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
