//! The commands that remove the last trace of an outage, to be pasted into a shell as they are.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::traces::{Trace, Traces, What};
use crate::error::misleads;
use crate::pm2::{self, Home};

/// One step: what it is for, and the command where there is still something to do.
pub(super) struct Step {
    done: &'static str,
    command: Option<String>,
}

/// All steps, in the order in which they work: the daemon that has the secrets ends before a new one is
/// started.
pub(super) fn steps(
    traces: &Traces,
    files: &[PathBuf],
    start: Option<&str>,
    seal: Option<&Path>,
    sealed: bool,
) -> Vec<Step> {
    let homes: BTreeSet<Option<&Home>> = traces.found.iter().filter_map(daemon_of).collect();
    let pids: BTreeSet<i32> = traces.found.iter().map(|trace| trace.pid).collect();
    let alone = traces.found.iter().filter(|trace| {
        trace.pid != 0 && daemon_of(trace).is_none() && !pids.contains(&trace.parent)
    });
    let mut ends: Vec<String> = homes.into_iter().map(kill_daemon).collect();
    ends.extend(alone.map(|trace| format!("kill {}", trace.pid)));
    let started = !ends.is_empty();
    let mut steps: Vec<Step> = ends.into_iter().map(|command| Step::to_do("", command)).collect();
    if steps.is_empty() {
        steps.push(Step::done("no process has secrets of a vault"));
    }
    steps.push(if files.is_empty() {
        Step::done("no file of PM2 holds secrets of a vault")
    } else {
        let quoted: Vec<String> = files.iter().map(|path| shell_word(path)).collect();
        Step::to_do("", format!("rm -f -- {}", quoted.join(" ")))
    });
    // What was ended has to be started again; what runs already was.
    steps.push(match (started, start) {
        (true, Some(start)) => Step::to_do("", start.replace(misleads, " ")),
        (true, None) => Step::done(
            "not known here: the command that starts the service from the secrets manager",
        ),
        (false, _) => Step::done("what ran on secrets of a vault has ended"),
    });
    let path = seal.map(|path| format!(" {}", shell_word(path))).unwrap_or_default();
    steps.push(if sealed {
        Step::done("no vault was used since the last one was sealed")
    } else {
        Step::to_do("", format!("breakglass seal{path}"))
    });
    steps
}

impl Step {
    fn done(done: &'static str) -> Step {
        Step { done, command: None }
    }

    fn to_do(done: &'static str, command: String) -> Step {
        Step { done, command: Some(command) }
    }

    /// A line of a shell: the command, or a comment.
    pub(super) fn line(&self) -> String {
        match &self.command {
            Some(command) => format!("    {command}\n"),
            None => format!("    # {}\n", self.done),
        }
    }

    pub(super) fn json(&self) -> Value {
        match &self.command {
            Some(command) => json!({"command": command, "done": false}),
            None => json!({"note": self.done, "done": true}),
        }
    }

    pub(super) fn is_to_do(&self) -> bool {
        self.command.is_some()
    }
}

/// The folder of the daemon that has to end, for what ends with one.
fn daemon_of(trace: &Trace) -> Option<Option<&Home>> {
    match &trace.what {
        What::Daemon { home } => Some(home.as_ref()),
        What::App { home: Some(home), .. } => Some(Some(home)),
        What::App { home: None, .. } | What::Other { .. } => None,
    }
}

fn kill_daemon(home: Option<&Home>) -> String {
    let usual = home.is_none() || home == Home::of_environment().as_ref();
    let home =
        home.filter(|_| !usual).map(|home| format!("PM2_HOME={} ", shell_word(home.folder())));
    format!("{}{} kill", home.unwrap_or_default(), program())
}

/// `pm2` where a shell finds it, else where it is installed.
fn program() -> String {
    let path = std::env::var_os("PATH").unwrap_or_default();
    match pm2::installed() {
        Some(installed)
            if std::env::split_paths(&path).all(|folder| installed.parent() != Some(&folder)) =>
        {
            shell_word(&installed)
        }
        _ => "pm2".to_owned(),
    }
}

/// A path as one word of a POSIX shell.
fn shell_word(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+:@%,".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) && !text.starts_with('-') {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_shell() {
        for (path, word) in [
            ("/root/.pm2/dump.pm2", "/root/.pm2/dump.pm2"),
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("-rf", "'-rf'"),
            ("$(x)", "'$(x)'"),
        ] {
            assert_eq!(shell_word(Path::new(path)), word);
        }
    }
}
