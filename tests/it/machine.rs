//! A machine of one's own, as far as processes go: `status` looks at all of them, and the other tests'
//! must not be among them. When it is dropped, everything that was started on it ends.

use std::io::Read;
use std::process::{Child, Command, Stdio};

use crate::support::Place;

/// A PID namespace with a /proc of its own, and a place on it.
pub struct Machine {
    pub place: Place,
    outside: Child,
    /// The first process within, by its number outside.
    first: u32,
}

impl Machine {
    pub fn new() -> Machine {
        Machine::at(Place::new())
    }

    pub fn at(place: Place) -> Machine {
        let words = alone();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).args(["sh", "-c", "echo; while :; do sleep 1000; done"]);
        let mut outside = command.stdout(Stdio::piped()).spawn().expect("unshare starts");
        outside.stdout.as_mut().expect("a pipe").read_exact(&mut [0]).expect("runs");
        let pid = outside.id();
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        let first = children.expect("children").trim().parse().expect("one child");
        Machine { place, outside, first }
    }

    /// The same command on this machine. Its standard input is empty.
    pub fn on(&self, command: &Command) -> Command {
        let mut within = Command::new("nsenter");
        within.args(["--pid", "--mount", "--target"]).arg(self.first.to_string());
        if !is_root() {
            within.args(["--user", "--preserve-credentials"]);
        }
        let folder = command.get_current_dir().unwrap_or(self.place.root());
        within.arg(format!("--wdns={}", folder.display())).arg("--");
        within.arg(command.get_program()).args(command.get_args());
        within.env_clear().stdin(Stdio::null());
        within.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        within
    }

    pub fn breakglass(&self, arguments: &[&str]) -> Command {
        self.on(self.place.breakglass().args(arguments))
    }

    /// A line that a user types.
    pub fn shell(&self, line: &str) -> Command {
        self.on(self.place.command("sh").args(["-c", line]))
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.outside.kill();
        let _ = self.outside.wait();
    }
}

/// What stands before a command that is to see no process but its own.
pub fn alone() -> Vec<&'static str> {
    let mut words = vec!["unshare", "--pid", "--mount", "--fork", "--mount-proc", "--kill-child"];
    if !is_root() {
        words.extend(["--user", "--map-root-user"]);
    }
    words
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
