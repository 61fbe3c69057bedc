//! The commands that remove the last trace of an outage, to be pasted into a shell as they are.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::traces::{Trace, Traces, What};
use crate::error::misleads;
use crate::pm2::{self, Home};

/// One step: a command, or a sentence where there is none or it is done.
pub(super) enum Step {
    /// Nothing is left to do, and what holds in its place.
    Done(&'static str),
    /// This command is to be run.
    Command(String),
    /// This is to be done, by a command that is not known here.
    ToDo(&'static str),
}

/// All steps, in the order in which they work: the daemon that has the secrets ends before a new one is
/// started. `start` and `seal` are the commands for that, where they are known; `sealed` is whether a vault was
/// sealed since the last use.
pub(super) fn steps(
    traces: &Traces,
    files: &[PathBuf],
    start: Option<&str>,
    seal: Option<String>,
    sealed: bool,
) -> Vec<Step> {
    let homes: BTreeSet<Option<&Home>> = traces.found.iter().filter_map(daemon_of).collect();
    let pids: BTreeSet<i32> = traces.found.iter().map(|trace| trace.pid).collect();
    let alone = traces.found.iter().filter(|trace| {
        trace.pid != 0 && daemon_of(trace).is_none() && !pids.contains(&trace.parent)
    });
    let mut steps: Vec<Step> = homes.into_iter().map(kill_daemon).map(Step::Command).collect();
    steps.extend(alone.map(|trace| Step::Command(format!("kill {}", trace.pid))));
    let ends = !steps.is_empty();
    if !ends {
        steps.push(Step::Done("no process has secrets of a vault"));
    }
    steps.push(if files.is_empty() {
        Step::Done("no file of PM2 holds secrets of a vault")
    } else {
        let quoted: Vec<String> = files.iter().map(|path| shell_word(path)).collect();
        Step::Command(format!("rm -f -- {}", quoted.join(" ")))
    });
    // What was ended has to be started again; what runs already was.
    steps.push(match (ends, start) {
        (true, Some(start)) => Step::Command(start.replace(misleads, " ")),
        (true, None) => Step::ToDo("start the service from the secrets manager again"),
        (false, _) => Step::Done("what ran on secrets of a vault has ended"),
    });
    steps.push(match (sealed, seal) {
        (true, _) => Step::Done("no vault was used since the last one was sealed"),
        (false, Some(seal)) => Step::Command(seal),
        (false, None) => Step::ToDo("seal again, where the secrets manager can be reached"),
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
            Step::ToDo(what) => format!("    # to do: {what}\n"),
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
