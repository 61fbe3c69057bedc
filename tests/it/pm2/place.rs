//! A private place with a PM2 of its own, whose daemon and apps end with it.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::Place;

/// How long anything may take on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(90);

/// A private home, and a `PM2_HOME` with a short path, since it holds sockets.
pub struct Pm2Place {
    pub place: Place,
    home: tempfile::TempDir,
}

/// What a command left.
#[derive(Debug)]
pub struct Ran {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// The same, if it ended with 0.
    pub fn success(self) -> Ran {
        assert_eq!(self.status, Some(0), "{}{}", self.stdout, self.stderr);
        self
    }

    /// The same, if it is a refusal of `run` with a hint.
    pub fn refused(self) -> Ran {
        assert_eq!((self.status, self.stdout.as_str()), (Some(125), ""), "{}", self.stderr);
        let mut lines = self.stderr.lines();
        assert!(lines.next().is_some_and(|it| it.starts_with("breakglass: error: ")), "{self:?}");
        assert!(lines.next().is_some_and(|it| it.starts_with("breakglass: hint: ")), "{self:?}");
        assert_eq!(lines.next(), None);
        self
    }

    /// That it is refused because a cluster would not get it.
    pub fn refused_for_size(self) {
        assert_eq!(self.status, Some(125), "{self:?}");
        assert!(self.stderr.contains("about 60 KiB"), "{self:?}");
    }

    /// Its warnings.
    pub fn warnings(&self) -> Vec<&str> {
        let lines = self.stderr.lines();
        lines.filter_map(|line| line.strip_prefix("breakglass: warning: ")).collect()
    }
}

/// The folder with the installed programs.
pub fn installed() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pm2/node_modules/.bin");
    assert!(folder.join("pm2").exists(), "{} lacks pm2; tests/run installs it", folder.display());
    folder
}

impl Pm2Place {
    pub fn new() -> Pm2Place {
        let home = tempfile::Builder::new().prefix("bg").tempdir_in("/tmp").expect("a folder");
        // Where this is missing, the first start asks a server whether it is the newest.
        std::fs::write(home.path().join("touch"), "0").expect("a file");
        let place = Place::new();
        std::fs::create_dir(place.path("tmp")).expect("a folder");
        Pm2Place { place, home }
    }

    /// The `PM2_HOME`.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Any program, with PM2 on its path.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        self.with_path(program, &[&installed()])
    }

    /// Any program, with these folders before the usual ones on its path.
    pub fn with_path(&self, program: impl AsRef<OsStr>, folders: &[&Path]) -> Command {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let own = folders.iter().map(|folder| folder.to_path_buf());
        let path = std::env::join_paths(own.chain(std::env::split_paths(&path))).expect("a path");
        let mut command = self.place.command(program);
        command.env("PATH", path).env("PM2_HOME", self.home());
        command.env("TMPDIR", self.place.path("tmp"));
        command
    }

    /// `pm2 WORDS`, by a user without breakglass.
    pub fn pm2(&self, words: &str) -> Ran {
        ended(self.command("pm2").args(words.split(' ')))
    }

    /// `breakglass run WORDS` with `v.gpg`; `--` stands in the words.
    pub fn run(&self, words: &str) -> Ran {
        ended(&mut self.run_command(words))
    }

    /// The same, to be changed.
    pub fn run_command(&self, words: &str) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_breakglass"));
        command.args(["run", "v.gpg", "--passphrase-file", "passphrase"]);
        command.args(words.split(' '));
        command
    }

    /// Makes the vault `v.gpg`.
    pub fn vault(&self, secrets: &[(&str, &str)]) {
        let line =
            |(name, value): &(&str, &str)| format!("{name}='{}'\n", value.replace('\'', "'\\''"));
        self.place.cheap("v.gpg", secrets.iter().map(line).collect::<String>());
    }

    /// The number of the daemon, if it runs.
    pub fn daemon(&self) -> Option<i32> {
        let pid = std::fs::read_to_string(self.home().join("pm2.pid")).ok()?.trim().parse().ok()?;
        is_running(pid).then_some(pid)
    }

    /// Ends the daemon and its apps, and waits until they have.
    pub fn kill(&self) {
        self.pm2("kill").success();
        until("the daemon to end", || self.daemon().is_none().then_some(()));
    }

    /// The numbers of all processes that live from this place.
    pub fn processes(&self) -> Vec<i32> {
        let home = self.home().to_str().expect("UTF-8");
        let all = std::fs::read_dir("/proc").expect("/proc").flatten();
        let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        pids.filter(|pid| is_running(*pid) && contains(&environ(*pid), home.as_bytes())).collect()
    }
}

impl Drop for Pm2Place {
    /// Not by `pm2 kill`, for which a daemon that is stopped would never answer. The daemon goes first,
    /// since it starts apps again.
    fn drop(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let pids: Vec<i32> = self.daemon().into_iter().chain(self.processes()).collect();
            if pids.is_empty() {
                return;
            }
            pids.into_iter().for_each(|pid| send(pid, Signal::KILL));
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Waits for a command's end. What it says goes into files: a daemon would keep a pipe.
pub fn ended(command: &mut Command) -> Ran {
    let (mut stdout, mut stderr) = (file(), file());
    let mut child = started(command, &stdout, &stderr);
    let status = until("the command to end", || child.try_wait().expect("waits"));
    let read = |file: &mut File| {
        let mut bytes = Vec::new();
        file.rewind().and_then(|()| file.read_to_end(&mut bytes)).expect("reads");
        String::from_utf8_lossy(&bytes).into_owned()
    };
    Ran { status: status.code(), stdout: read(&mut stdout), stderr: read(&mut stderr) }
}

/// Starts a command that writes into these files.
pub fn started(command: &mut Command, stdout: &File, stderr: &File) -> Child {
    let copy = |file: &File| Stdio::from(file.try_clone().expect("a descriptor"));
    command.stdout(copy(stdout)).stderr(copy(stderr));
    command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// A file without a name.
pub fn file() -> File {
    tempfile::tempfile().expect("a file")
}

/// Looks until there is something to be seen.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(30));
    }
}

/// Sends a signal to a process, if it still runs.
pub fn send(pid: i32, signal: Signal) {
    let _ = kill_process(Pid::from_raw(pid).expect("a number"), signal);
}

/// Whether a process runs, and is not only not yet reaped.
pub fn is_running(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with(['Z', 'X']))
}

/// The environment that a process was started with, as /proc shows it.
pub fn environ(pid: i32) -> Vec<u8> {
    std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default()
}

pub fn contains(bytes: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(bytes, part).is_some()
}
