//! The commands that remove the last trace of an outage, to be pasted into a shell as they are.

use std::collections::BTreeSet;
use std::path::Path;

use rustix::process::geteuid;
use serde_json::{Value, json};

use crate::checks::traces::{Trace, Traces, What};
use crate::commands::common::shell::shell_word;
use crate::error::{Escaped, misleads};
use crate::pm2::Home;

/// One step: a command, or a sentence where there is none or it is done.
pub(super) enum Step {
    /// Nothing is left to do, and what holds in its place.
    Done(&'static str),
    /// This command is to be run.
    Command(String),
    /// This is to be done, by a command that is not known here, or not to be run by this user.
    ToDo(String),
}

/// All steps, in the order in which they work: the daemon that has the secrets ends before a new one is
/// started. `start` and `seal` are the commands for that, where they are known; `sealed` is whether a vault was
/// sealed since the last use.
pub(super) fn steps(
    traces: &Traces,
    start: Option<&str>,
    seal: Option<String>,
    sealed: bool,
) -> Vec<Step> {
    let daemons: BTreeSet<i32> = traces.found.iter().filter_map(daemon_of).collect();
    let pids: BTreeSet<i32> = traces.found.iter().map(|trace| trace.pid).collect();
    let with_daemon = |trace: &&Trace| daemon_of(trace).is_some();
    let mut steps: Vec<Step> = daemons.iter().map(|pid| end_daemon(*pid, &traces.found)).collect();
    let alone = traces.found.iter().filter(|trace| !with_daemon(trace));
    let first = alone.filter(|trace| !pids.contains(&trace.parent));
    steps.extend(first.map(|trace| Step::Command(format!("kill {}", trace.pid))));
    let ends = !steps.is_empty();
    if !ends {
        steps.push(Step::Done("no process has secrets of a vault"));
    }
    let files: Vec<String> = traces.files_to_remove().map(|path| shell_word(path)).collect();
    steps.push(if files.is_empty() {
        Step::Done("no file of PM2 holds secrets of a vault")
    } else {
        pasted(format!("rm -f -- {}", files.join(" ")))
    });
    // What was ended has to be started again; what runs already was.
    steps.push(match (ends, start) {
        (true, Some(start)) => pasted(start.to_owned()),
        (true, None) => Step::ToDo("start the service from the secrets manager again".to_owned()),
        (false, _) => Step::Done("what ran on secrets of a vault has ended"),
    });
    steps.push(match (sealed, seal) {
        (true, _) => Step::Done("no vault was used since the last one was sealed"),
        (false, Some(seal)) => pasted(seal),
        (false, None) => {
            Step::ToDo("seal again, where the secrets manager can be reached".to_owned())
        }
    });
    steps
}

/// The command that seals: the vault that was named, or the one that breakglass.toml names.
pub(super) fn seal_command(named: Option<&Path>, configured: bool) -> Option<String> {
    match named.filter(|path| path.as_os_str() != "-") {
        Some(path) => Some(format!("breakglass seal {}", shell_word(path))),
        None => configured.then(|| "breakglass seal".to_owned()),
    }
}

impl Step {
    /// A line of a shell: the command, or a comment.
    pub(super) fn line(&self) -> String {
        match self {
            Step::Done(what) => format!("    # done: {what}\n"),
            Step::Command(command) => format!("    {command}\n"),
            Step::ToDo(what) => format!("    # to do: {}\n", Escaped(what)),
        }
    }

    /// `{"done"}` and either `"command"` or `"note"`.
    pub(super) fn json(&self) -> Value {
        match self {
            Step::Done(what) => json!({"note": what, "done": true}),
            Step::Command(command) => json!({"command": command, "done": false}),
            Step::ToDo(what) => json!({"note": what, "done": false}),
        }
    }

    pub(super) fn is_to_do(&self) -> bool {
        !matches!(self, Step::Done(_))
    }
}

/// The number of the daemon that has to end, for what ends with one.
fn daemon_of(trace: &Trace) -> Option<i32> {
    match &trace.what {
        What::Daemon { .. } => Some(trace.pid),
        What::App { daemon, .. } => *daemon,
        What::Other { .. } => None,
    }
}

/// Ends a daemon by PM2, where that reaches it from here. Nobody is to run PM2 in another user's folder: it
/// loads what lies there.
fn end_daemon(pid: i32, found: &[Trace]) -> Step {
    let own = found.iter().find(|trace| trace.pid == pid);
    let home = own.and_then(|trace| match &trace.what {
        What::Daemon { home: Some(home) } => Some((home, trace.uid)),
        _ => None,
    });
    let Some((home, uid)) = home else {
        return Step::ToDo(format!("end PM2's daemon, process {pid}, from where it was started"));
    };
    let usual = Home::of_environment().as_ref() == Some(home);
    let program = if is_on_path("pm2") { "pm2" } else { "npx pm2" };
    let command = if usual {
        format!("{program} kill")
    } else {
        format!("PM2_HOME={} {program} kill", shell_word(home.folder()))
    };
    if uid == geteuid().as_raw() {
        pasted(command)
    } else {
        Step::ToDo(format!("as the user with the number {uid}: {command}"))
    }
}

/// A command to be pasted, unless a terminal would obey something in it.
fn pasted(command: String) -> Step {
    if command.contains(misleads) { Step::ToDo(command) } else { Step::Command(command) }
}

fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .any(|folder| rustix::fs::access(folder.join(program), rustix::fs::Access::EXEC_OK).is_ok())
}
