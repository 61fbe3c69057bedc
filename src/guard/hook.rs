//! Installing the hook that runs `guard` before each commit, beside whatever is there.

use std::path::{Path, PathBuf};

use super::hook_text::{self, Existing, KEPT, MANAGERS, Manager};
use crate::error::{Escaped, GitError, Quoted, Result};
use crate::files;
use crate::git::{Layout, Repository};
use crate::process::{Argv, Base, Environment, OwnEnvironment, find};

/// What is to be done for a repository.
#[derive(Debug)]
pub enum HookPlan {
    /// Nothing: a hook, or a file of what writes the hooks, calls the guard already.
    IsThere {
        /// The file that calls the guard.
        path: PathBuf,
        /// What git runs; `None` if that is not known to lead to it.
        hook: Option<PathBuf>,
    },
    /// A file is written.
    Write(Write),
    /// Something by hand.
    ByHand {
        /// Why it is not done here.
        why: String,
        /// The file to change.
        path: PathBuf,
        /// The lines to add.
        lines: &'static str,
    },
}

/// A hook that is written.
#[derive(Debug)]
pub struct Write {
    path: PathBuf,
    text: String,
    /// Whether it is run by itself, and not read by husky.
    runs: bool,
    /// What becomes of the file that is there.
    old: Old,
}

/// What there is between a commit and an environment file.
#[derive(Debug)]
pub enum HookState {
    /// Our lines, before all others of a hook that git runs.
    Ours,
    /// What somebody wrote: it calls the guard, from a hook that git runs.
    Theirs(PathBuf),
    /// It calls the guard, from what git does not run.
    NotRun(PathBuf),
    /// Nothing.
    Missing,
}

#[derive(Debug, PartialEq, Eq)]
enum Old {
    None,
    /// Our lines are put into it.
    Extended,
    /// It is kept beside under this name, and run by the new one where it can be run.
    Kept(PathBuf),
}

/// The hook that git runs before a commit; see githooks(5).
const HOOK: &str = "pre-commit";

/// What is said where it is missing.
pub const OFFER: &str = "breakglass init --hook has git look for such files before each commit";

impl HookPlan {
    /// Looks at the repository of a folder.
    ///
    /// Errors: no repository, none with a work tree, or one that git does not trust; a hook cannot be read.
    pub fn make(folder: &Path) -> Result<HookPlan> {
        let layout = Repository::of(folder)?.layout()?;
        let top = layout.top.clone().ok_or(GitError::NoWorkTree)?;
        let run = layout.hooks.join(HOOK);
        let (path, hook) = match huskys(&top, &layout) {
            // Before husky is installed, git runs another one, or none.
            Some(own) => (own, (layout.hooks == top.join(".husky/_")).then_some(run)),
            None => {
                if let Some(manager) = managing(&top, &run) {
                    return Ok(by_manager(manager, &top, run));
                }
                (run.clone(), Some(run))
            }
        };
        match is_within(&path, &[&top, &layout.common]) {
            true => of_script(path, hook),
            false => shared(path, hook),
        }
    }

    /// What stops a commit now.
    ///
    /// Errors: the hook cannot be read.
    pub fn state(self) -> Result<HookState> {
        let is_run = self.is_run();
        let HookPlan::IsThere { path, .. } = self else { return Ok(HookState::Missing) };
        if !is_run {
            return Ok(HookState::NotRun(path));
        }
        let is_ours = hook_text::begins_with_block(&files::read_found(&path, false)?.bytes);
        Ok(if is_ours { HookState::Ours } else { HookState::Theirs(path) })
    }

    /// Whether there is something to do that can be done here.
    pub fn is_to_do(&self) -> bool {
        matches!(self, HookPlan::Write(_))
    }

    /// Whether the guard is called already.
    pub fn is_there(&self) -> bool {
        matches!(self, HookPlan::IsThere { .. })
    }

    /// Whether git comes to what calls the guard already.
    pub fn is_run(&self) -> bool {
        matches!(self, HookPlan::IsThere { hook: Some(hook), .. } if files::may_run(hook))
    }

    /// What it would do, for a person.
    pub fn words(&self) -> String {
        let (head, lines) = match self {
            HookPlan::IsThere { path, .. } => {
                let but = if self.is_run() { "" } else { ", but git does not run it here" };
                return format!("{} calls breakglass guard already{but}\n", Quoted(path));
            }
            HookPlan::ByHand { why, path, lines } => {
                (format!("{why}; add to {} by hand:", Quoted(path)), *lines)
            }
            HookPlan::Write(Write { path, old: Old::Extended, .. }) => {
                (format!("would add to the beginning of {}:", Quoted(path)), hook_text::block())
            }
            HookPlan::Write(Write { path, old: Old::None, text, .. }) => {
                (format!("would write {}:", Quoted(path)), text.as_str())
            }
            HookPlan::Write(Write { path, old: Old::Kept(kept), text, .. }) => (
                format!("would keep {} as {}, and write in its place:", Quoted(path), Quoted(kept)),
                text.as_str(),
            ),
        };
        let lines = lines.lines().map(|line| format!("    {}\n", Escaped(line)));
        std::iter::once(head + "\n").chain(lines).collect()
    }

    /// Does what can be done; returns the file that was written.
    ///
    /// Errors: it cannot be written; another writer keeps the folder.
    pub fn carry_out(self) -> Result<Option<PathBuf>> {
        let HookPlan::Write(Write { path, text, runs, old }) = self else { return Ok(None) };
        if let Old::Kept(kept) = &old {
            files::keep_as(&path, kept)?;
        }
        files::replace_public(&path, text.as_bytes(), runs)?;
        Ok(Some(path))
    }
}

/// Whether the hook would find the program.
pub fn finds_program() -> bool {
    let own = OwnEnvironment::keep();
    let environment = Environment::new(&own, Base::Inherit, None, &[]);
    let argv = Argv::new(vec!["breakglass".into()]);
    environment.and_then(|environment| find(&argv?, &environment)).is_ok()
}

/// husky's file for this hook, where the repository has husky: from version 9 on, it has git run its own hooks
/// in `.husky/_`, which read the files beside that folder; it does so once it is installed.
fn huskys(top: &Path, layout: &Layout) -> Option<PathBuf> {
    let folder = top.join(".husky");
    let usual = layout.hooks == layout.common.join("hooks");
    let husky = layout.hooks == folder.join("_") || usual && files::is_folder(&folder);
    husky.then(|| folder.join(HOOK))
}

/// What writes the hook: by what is in it, or, where there is none, by its own file.
fn managing(top: &Path, hook: &Path) -> Option<Manager> {
    match files::read_found(hook, false) {
        Ok(found) => match Existing::of(&found.bytes) {
            Existing::Managed(manager) => Some(manager),
            _ => None,
        },
        Err(_) => MANAGERS.into_iter().find(|manager| {
            let own = manager.files.iter().filter(|name| **name != "package.json");
            own.map(|name| top.join(name)).any(|path| path.exists())
        }),
    }
}

fn by_manager(manager: Manager, top: &Path, hook: PathBuf) -> HookPlan {
    let paths: Vec<PathBuf> = manager.files.iter().map(|name| top.join(name)).collect();
    let path =
        paths.iter().find(|path| path.exists()).or(paths.first()).cloned().unwrap_or_default();
    if files::read_found(&path, false).is_ok_and(|it| hook_text::calls_guard(&it.bytes)) {
        return HookPlan::IsThere { path, hook: Some(hook) };
    }
    let why = format!("{} writes the hooks here", manager.name);
    HookPlan::ByHand { why, path, lines: manager.lines }
}

/// A hook that other repositories have, too, or a file that is none: a link may lead anywhere.
fn shared(path: PathBuf, hook: Option<PathBuf>) -> Result<HookPlan> {
    if files::read_found(&path, false).is_ok_and(|it| hook_text::calls_guard(&it.bytes)) {
        return Ok(HookPlan::IsThere { path, hook });
    }
    let why = "the hook lies outside of this repository, by core.hooksPath or a link".to_owned();
    Ok(HookPlan::ByHand { why, path, lines: hook_text::LINE })
}

/// A file that may be written; `hook` is what git runs, itself or another that reads it.
fn of_script(path: PathBuf, hook: Option<PathBuf>) -> Result<HookPlan> {
    let runs = hook.as_ref() == Some(&path);
    let found = match files::read_found(&path, false) {
        Err(error) if error.is_missing() => {
            let text = if runs { hook_text::alone() } else { hook_text::block().to_owned() };
            return Ok(HookPlan::Write(Write { path, text, runs, old: Old::None }));
        }
        found => found?,
    };
    // git passes over one that cannot be run; what is in it must not begin to run because of us.
    let counts = !runs || files::may_run(&path);
    match Existing::of(&found.bytes) {
        Existing::HasOurs if counts => Ok(HookPlan::IsThere { path, hook }),
        Existing::HasOurs | Existing::Shell if counts => {
            let text = hook_text::with_block(&String::from_utf8_lossy(&found.bytes));
            Ok(HookPlan::Write(Write { path, text, runs, old: Old::Extended }))
        }
        _ if path.is_symlink() || !runs => {
            let why = format!("{} is no shell script of its own", Quoted(&path));
            Ok(HookPlan::ByHand { why, path, lines: hook_text::LINE })
        }
        _ => {
            let mut kept = path.clone().into_os_string();
            kept.push(KEPT);
            let (text, kept) = (hook_text::before_another(), PathBuf::from(kept));
            Ok(HookPlan::Write(Write { path, text, runs, old: Old::Kept(kept) }))
        }
    }
}

/// Whether a file, links followed as far as it exists, lies in one of these folders.
fn is_within(path: &Path, folders: &[&Path]) -> bool {
    let real = |path: &Path| {
        // A link to nowhere is there, and what is written to it is made elsewhere.
        let part = path.ancestors().find(|part| part.symlink_metadata().is_ok())?;
        Some(part.canonicalize().ok()?.join(path.strip_prefix(part).ok()?))
    };
    let own = real(path);
    folders
        .iter()
        .filter_map(|folder| real(folder))
        .any(|folder| own.as_ref().is_some_and(|own| own.starts_with(folder)))
}
