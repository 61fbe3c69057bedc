//! Kits as they are found: in a folder that was named, on a stick, as breakglass.toml lists them.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::by_receipt::ByReceipt;
use super::{Report, Verdict};
use crate::error::{Error, Kit, Listed, Quoted, Result};
use crate::files::{self, MAX_FILE_BYTES};
use crate::kit::{self, Checked, Folder, Part};
use crate::receipt::{self, Receipt};
use crate::records;
use crate::vault::Vault;

/// What is to be checked.
#[derive(Debug)]
pub enum Target {
    /// A vault, or what somebody takes for one.
    Vault(PathBuf),
    /// A folder with a kit; whether it is one that a copy has left behind.
    Kit(Folder, bool),
    /// What an interrupted copy has left beside a kit.
    Leftover(PathBuf),
    /// A place that breakglass.toml lists, with nothing there now.
    Away(PathBuf),
    /// A folder in which there is no kit, or that cannot be read.
    Unreadable(PathBuf, Error),
}

/// The most bytes that a kit is read for.
const MOST_BYTES: usize = kit::MAX_OPENER_BYTES + 8 * MAX_FILE_BYTES;

/// What the names of the folders of kits begin with.
const PREFIX: &[u8] = b"breakglass-";

/// What there is at a path: a vault, a kit, or a folder with kits in it.
pub fn targets(path: &Path) -> Vec<Target> {
    if !files::is_folder(path) {
        return vec![Target::Vault(path.into())];
    }
    match in_folder(path) {
        Ok(targets) if !targets.is_empty() => targets,
        Ok(_) => vec![Target::Unreadable(path.into(), Error::Kit(Kit::None { path: path.into() }))],
        Err(error) => vec![Target::Unreadable(path.into(), error)],
    }
}

fn in_folder(path: &Path) -> Result<Vec<Target>> {
    let folder = Folder::open(path)?;
    let own = folder.items_named(&|name| kit::is_kit([name].into_iter()))?;
    if !own.is_empty() {
        return Ok(vec![Target::Kit(folder, false)]);
    }
    let begins = |name: &OsStr| name.as_encoded_bytes().starts_with(PREFIX);
    let items = folder.items_named(&begins)?;
    let names: Vec<OsString> =
        items.into_iter().filter(|it| it.is_folder).map(|it| it.name).collect();
    let mut targets = Vec::new();
    for name in &names {
        let text = name.to_string_lossy();
        let base = [kit::NEW, kit::OLD].iter().find_map(|suffix| text.strip_suffix(suffix));
        match base {
            Some(base) if names.iter().any(|it| it == base) || text.ends_with(kit::NEW) => {
                targets.push(Target::Leftover(path.join(name)));
            }
            left => targets.extend(kit(&folder, name, left.is_some())),
        }
    }
    Ok(targets)
}

/// A folder that bears a kit's name; nothing where it is something else, such as a program's source.
fn kit(around: &Folder, name: &OsStr, is_leftover: bool) -> Option<Target> {
    let found = || -> Result<(Folder, bool)> {
        let folder = around.folder(name)?;
        let names = folder.items()?;
        let may_be = kit::may_be_kit(names.iter().map(|item| item.name.as_os_str()));
        Ok((folder, may_be))
    };
    match found() {
        Ok((_, false)) => None,
        Ok((folder, true)) => Some(Target::Kit(folder, is_leftover)),
        Err(error) => Some(Target::Unreadable(around.path().join(name), error)),
    }
}

/// What there is at a place that breakglass.toml lists.
pub fn listed(path: &Path) -> Vec<Target> {
    if kit::is_away(path) { vec![Target::Away(path.into())] } else { targets(path) }
}

/// Something that is being checked.
#[derive(Debug)]
pub struct Subject {
    /// The vault's file, or the folder of the kit.
    pub path: PathBuf,
    /// What was found so far.
    pub report: Report,
    /// The vault, where there is one to go on with.
    pub vault: Option<Vault>,
    /// Its receipt, where it has one of its own.
    pub receipt: Option<Receipt>,
    /// Whether it is a kit.
    pub is_kit: bool,
    /// Whether it is a kit in which nothing is missing or damaged.
    pub is_whole: bool,
}

impl Subject {
    /// Nothing is known of it yet.
    pub fn new(path: PathBuf, is_kit: bool) -> Subject {
        let report = Report::new(Quoted(&path).to_string());
        Subject { path, report, vault: None, receipt: None, is_kit, is_whole: false }
    }
}

/// The receipt beside a vault, where there is one that can be read.
pub fn receipt_beside(vault: &Path) -> Option<Receipt> {
    receipt::read_beside(vault).ok()
}

/// What is found at a target that is no vault's file.
pub fn subject(target: Target) -> Subject {
    let (path, kit, report) = match target {
        Target::Kit(folder, is_leftover) => (
            folder.path().to_owned(),
            Some(read(&folder)),
            is_leftover.then_some((
                "name",
                Verdict::Finding,
                "an interrupted copy has left it under this name; the next copy puts that right"
                    .to_owned(),
            )),
        ),
        Target::Leftover(path) => (
            path,
            None,
            Some((
                "name",
                Verdict::Finding,
                "an interrupted copy has left it; the next copy removes it".to_owned(),
            )),
        ),
        Target::Away(path) => (
            path,
            None,
            Some((
                "here",
                Verdict::NotAsked,
                "nothing is there now; breakglass status tells when it was seen last".to_owned(),
            )),
        ),
        Target::Unreadable(path, error) => {
            (path, None, Some(("readable", Verdict::Failed, error.to_string())))
        }
        Target::Vault(path) => (path, None, None),
    };
    let mut subject = Subject::new(path, kit.is_some());
    if let Some((name, verdict, detail)) = report {
        subject.report.add(name, verdict, detail);
    }
    match kit {
        None => {}
        Some(Err(error)) => subject.report.add("files", Verdict::Failed, error.to_string()),
        Some(Ok(kit)) => {
            layers(&kit, &mut subject.report);
            subject.is_whole = kit.is_whole();
            match kit.vault {
                Ok(vault) => subject.vault = Some(vault),
                Err(error) => subject.report.add("readable", Verdict::Failed, error.to_string()),
            }
            subject.receipt = kit.receipt.and_then(Result::ok);
        }
    }
    subject
}

/// Checks the receipt of a target, where it has one to have.
pub fn by_receipt(check: &ByReceipt<'_>, target: &Target) -> Option<Report> {
    match target {
        Target::Vault(path) => Some(check.report(path)),
        Target::Kit(folder, _) => {
            let name = read(folder).map_or_else(|_| String::new(), |kit| kit.name);
            Some(check.report(&folder.path().join(name)))
        }
        Target::Unreadable(path, error) => {
            let mut report = Report::new(Quoted(path).to_string());
            report.add("receipt", Verdict::CannotTell, error.to_string());
            Some(report)
        }
        Target::Leftover(_) | Target::Away(_) => None,
    }
}

/// Reads a kit, bounded, and checks it.
///
/// Errors: unreadable; more than a kit has; no vault in it.
pub fn read(folder: &Folder) -> Result<Checked> {
    let (mut parts, mut foreign, mut large) = (Vec::new(), Vec::new(), Vec::new());
    let mut rest = MOST_BYTES;
    for item in folder.items()? {
        let name = item.name.to_string_lossy().into_owned();
        if !item.is_file || !kit::is_part(&item.name) {
            foreign.push(name);
            continue;
        }
        let most = kit::most_bytes(&item.name).min(rest);
        let bytes = match folder.read(&item.name, most, &|_| Ok(())) {
            // No part of a kit is so large.
            Err(Error::Kit(Kit::TooMuch { .. })) => {
                rest = rest.saturating_sub(most);
                large.push(name);
                continue;
            }
            other => other?,
        };
        rest = rest.saturating_sub(bytes.len());
        parts.push(Part { name, bytes, program: false });
    }
    foreign.extend(large.iter().cloned());
    let kit = kit::check(parts, foreign)?;
    match large.iter().find(|name| kit.missing.contains(name)) {
        Some(name) => Err(Error::Kit(Kit::TooMuch { path: folder.path().join(name) })),
        None => Ok(kit),
    }
}

/// Adds what was found out without the passphrase, but for the vault itself.
pub fn layers(kit: &Checked, report: &mut Report) {
    files_layer(kit, report);
    if !kit.foreign.is_empty() {
        let detail = format!("no part of the kit: {}", Listed(&kit.foreign));
        report.add("other", Verdict::Finding, detail);
    }
    match &kit.armored {
        Ok(()) => report.add("armor", Verdict::Ok, "the same vault as text"),
        Err(error) => report.add("armor", Verdict::Failed, error.to_string()),
    }
    match &kit.receipt {
        None => report.add("receipt", Verdict::NotAsked, "there is none in it"),
        Some(Ok(receipt)) if kit.belongs(receipt) => {
            let sealed = records::ago(receipt.facts().sealed, records::now());
            report.add("receipt", Verdict::Ok, format!("that of this vault, sealed {sealed}"));
        }
        Some(Ok(_)) => report.add("receipt", Verdict::Failed, "that of another vault"),
        Some(Err(error)) => report.add("receipt", Verdict::Failed, error.to_string()),
    }
    match &kit.opener {
        None => report.add("opener", Verdict::NotAsked, "there is none in it; gpg or age opens it"),
        Some(Ok((machine, sum))) => {
            let detail =
                format!("a static program for {machine}; compare its sum with paper: {sum}");
            report.add("opener", Verdict::Ok, detail);
        }
        Some(Err(why)) => report.add("opener", Verdict::Failed, format!("no opener: {why}")),
    }
}

fn files_layer(kit: &Checked, report: &mut Report) {
    let lists = [("missing", &kit.missing), ("not as in SHA256SUMS", &kit.damaged)];
    let lists = lists.into_iter().filter(|(_, names)| !names.is_empty());
    let parts: Vec<String> =
        lists.map(|(word, names)| format!("{word}: {}", Listed(names))).collect();
    let (verdict, detail) = if !parts.is_empty() {
        (Verdict::Failed, parts.join("; "))
    } else if !kit.sums_exact {
        (Verdict::Failed, "SHA256SUMS is not as it was written".to_owned())
    } else if !kit.text_exact && kit.is_whole() {
        let words = "OPEN-ME.txt is not what this version of breakglass writes; copy again";
        (Verdict::Finding, words.to_owned())
    } else {
        (Verdict::Ok, "all as in SHA256SUMS".to_owned())
    };
    report.add("files", verdict, detail);
}
