//! What has secrets of a vault now: processes that carry the marker, PM2's daemons that were given
//! them, apps that those keep, and files that they wrote.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::detail::Detail;
use super::report::Verdict;
use crate::error::{Escaped, Quoted};
use crate::files;
use crate::payload::VaultId;
use crate::pm2::{self, Daemon, Home};
use crate::process::{self, Marker, Process};
use crate::records::{Entry, Event, Journal};
use crate::scan::Forms;

/// Something that has secrets of a vault.
pub struct Trace {
    /// Its number; 0 where it is an app without a process.
    pub pid: i32,
    /// The number of its parent.
    pub parent: i32,
    /// Whose it is.
    pub uid: u32,
    /// What it is.
    pub what: What,
    /// Where its secrets come from.
    marker: Marker,
}

/// What has them.
pub enum What {
    /// PM2's daemon, and its folder where PM2 reaches it there.
    Daemon {
        /// Its folder.
        home: Option<Home>,
    },
    /// An app of PM2, and the number of its daemon; none for one of pm2-runtime.
    App {
        /// Its name.
        name: String,
        /// The number of its daemon.
        daemon: Option<i32>,
        /// What PM2 says of it; empty if it runs.
        status: String,
    },
    /// Anything else, by the kernel's name of it.
    Other {
        /// Its name.
        name: String,
    },
}

/// All that was found.
#[derive(Default)]
pub struct Traces {
    /// In the order of their numbers, what has no process last.
    pub found: Vec<Trace>,
    /// Files of PM2 that hold, or may hold, environments, and what was found in each.
    pub(super) files: Vec<(PathBuf, Verdict, Detail)>,
    /// What could not be looked at, and why.
    pub(super) unknown: Vec<Detail>,
}

impl Traces {
    /// Looks at all processes that this user may look at, and at every PM2 that is known of; in its files for
    /// the values of a vault in all their forms, where one was opened.
    pub fn look(journal: &Journal, forms: Option<&Forms>) -> Traces {
        let mut traces = Traces::default();
        let all = match process::processes() {
            Ok(all) => all,
            Err(error) => {
                traces.unknown.push(Detail::ProcessesUnknown(error));
                Vec::new()
            }
        };
        let daemons: Vec<(Daemon, bool)> = all
            .iter()
            .filter_map(Daemon::of)
            .map(|daemon| {
                let reached = daemon.is_reached();
                (daemon, reached)
            })
            .collect();
        for process in all.iter().filter(|process| process.pid != own_pid()) {
            traces.add_marked(process, &daemons);
        }
        let known: BTreeSet<i32> = traces.found.iter().map(|trace| trace.pid).collect();
        for (daemon, reached) in &daemons {
            let given = given(daemon, journal);
            traces.add_apps(daemon, given.is_some(), &known);
            traces.add_daemon(daemon, *reached, given);
        }
        traces.found.sort_by_key(|trace| (trace.pid == 0, trace.pid));
        let used = journal.of(Event::Use).filter_map(|entry| entry.pm2_home.clone()).map(Home::at);
        let running = daemons.into_iter().filter_map(|(daemon, _)| daemon.home);
        let homes: BTreeSet<Home> =
            Home::of_environment().into_iter().chain(used).chain(running).collect();
        let kept = homes.iter().flat_map(Home::kept);
        traces.files = kept.map(|path| look_into(path, forms)).collect();
        traces
    }

    fn add_marked(&mut self, process: &Process, daemons: &[(Daemon, bool)]) {
        let Ok(environment) = process.environment() else { return };
        let Some(marker) = Marker::find(environment.expose()) else { return };
        let is_daemon = |pid: i32| daemons.iter().any(|(daemon, _)| daemon.process.pid == pid);
        let what = match pm2::app_name(environment.expose()) {
            // With its marker, as a daemon.
            _ if is_daemon(process.pid) => return,
            Some(name) => {
                let daemon = Some(process.parent).filter(|parent| is_daemon(*parent));
                What::App { name, daemon, status: String::new() }
            }
            None => What::Other { name: process.name.clone() },
        };
        let Process { pid, parent, uid, .. } = *process;
        self.found.push(Trace { pid, parent, uid, what, marker });
    }

    /// A daemon that was started with secrets or given some keeps them, in its memory and for apps that it
    /// has stopped. `given` is the use by which it was; without one, its apps tell.
    fn add_daemon(&mut self, daemon: &Daemon, reached: bool, given: Option<&Entry>) {
        let by_use =
            given.and_then(|entry| Marker::new(entry.vault.as_str(), Some(entry.time.to_string())));
        let Process { pid, parent, uid, .. } = daemon.process;
        let is_its =
            |trace: &&Trace| matches!(trace.what, What::App { daemon: Some(it), .. } if it == pid);
        let by_app = self.found.iter().find(is_its).map(|trace| trace.marker.clone());
        let Some(marker) = daemon.marker.clone().or(by_use).or(by_app) else { return };
        let what = What::Daemon { home: daemon.home.clone().filter(|_| reached) };
        self.found.push(Trace { pid, parent, uid, what, marker });
    }

    /// Apps of a daemon that have no process that is `known`.
    fn add_apps(&mut self, daemon: &Daemon, given: bool, known: &BTreeSet<i32>) {
        let Process { pid: number, uid, .. } = daemon.process;
        match daemon.apps() {
            Ok(apps) => {
                let without =
                    apps.into_iter().filter(|app| app.pid == 0 || !known.contains(&app.pid));
                self.found.extend(without.filter_map(|app| {
                    let (daemon, status) = (Some(number), app.status);
                    let what = What::App { name: app.name, daemon, status };
                    Some(Trace { pid: 0, parent: number, uid, what, marker: app.marker? })
                }));
            }
            // Where it is known to have some, it makes no difference which.
            Err(_) if given || daemon.marker.is_some() => {}
            Err(error) => self.unknown.push(Detail::AppsUnknown { pid: number, error }),
        }
    }

    /// Files of PM2 that hold secrets of a vault.
    pub fn files_to_remove(&self) -> impl Iterator<Item = &PathBuf> {
        let found = self.files.iter().filter(|(_, verdict, _)| *verdict == Verdict::Finding);
        found.map(|(path, ..)| path)
    }

    /// For programs: a list of what has secrets.
    pub fn json(&self) -> Value {
        self.found.iter().map(Trace::json).collect()
    }
}

/// The last use by which a daemon was given secrets, where there was one.
fn given<'a>(daemon: &Daemon, journal: &'a Journal) -> Option<&'a Entry> {
    let boot = process::boot_id().unwrap_or_default();
    let this = (daemon.process.pid, daemon.process.ticks, boot);
    journal.of(Event::Use).rev().find(|entry| entry.pm2_daemon.as_ref() == Some(&this))
}

fn look_into(path: PathBuf, forms: Option<&Forms>) -> (PathBuf, Verdict, Detail) {
    let bytes = match files::read_found_plaintext(&path) {
        Ok(bytes) => bytes,
        Err(error) => {
            return (path.clone(), Verdict::CannotTell, Detail::FileUnknown { path, error });
        }
    };
    let names = forms.map(|forms| forms.names_in(bytes.expose()));
    let of = path.clone();
    let (verdict, detail) = match (Marker::find(bytes.expose()), names) {
        (_, Some(names)) if !names.is_empty() => {
            (Verdict::Finding, Detail::FileHoldsValues { path, names })
        }
        (Some(Marker { vault, .. }), _) => {
            (Verdict::Finding, Detail::FileHoldsSecrets { path, vault })
        }
        (None, Some(_)) => (Verdict::Ok, Detail::FileHoldsNone(path)),
        (None, None) => (Verdict::NotAsked, Detail::FileHoldsEnvironments(path)),
    };
    (of, verdict, detail)
}

impl Trace {
    pub(super) fn detail(&self) -> Detail {
        let Marker { vault, opened } = self.marker.clone();
        let who = match (&self.what, self.pid) {
            (What::Daemon { home: Some(home) }, pid) => {
                format!("PM2's daemon of {}, process {pid}", Quoted(home.folder()))
            }
            (What::Daemon { home: None }, pid) => {
                format!("a daemon of PM2 that pm2 does not reach from here, process {pid}")
            }
            (What::App { name, status, .. }, 0) => {
                format!("the app {} of PM2, {}", Quoted(name.as_ref()), Escaped(status))
            }
            (What::App { name, .. }, pid) => {
                format!("the app {} of PM2, process {pid}", Quoted(name.as_ref()))
            }
            (What::Other { name }, pid) => format!("{}, process {pid}", Quoted(name.as_ref())),
        };
        Detail::Running { who, vault, opened }
    }

    fn json(&self) -> Value {
        let (what, name, home) = match &self.what {
            What::Daemon { home } => ("pm2 daemon", None, home.as_ref()),
            What::App { name, .. } => ("pm2 app", Some(name), None),
            What::Other { name } => ("process", Some(name), None),
        };
        json!({
            "what": what,
            "name": name,
            "pid": (self.pid != 0).then_some(self.pid),
            "uid": self.uid,
            "pm2_home": home.map(|home| home.folder().to_string_lossy()),
            "vault": self.marker.vault.as_str(),
            "opened": self.marker.opened,
        })
    }
}

/// Ids of the vaults whose secrets running processes have, as far as this user may see.
pub(super) fn running() -> Vec<VaultId> {
    let others = process::processes().unwrap_or_default().into_iter();
    let others = others.filter(|process| process.pid != own_pid());
    others.filter_map(|process| Some(process.marker().ok()??.vault)).collect()
}

/// This process, which may have been started by a command that carries a marker.
pub fn own_pid() -> i32 {
    i32::try_from(std::process::id()).unwrap_or_default()
}
