//! Recognising PM2 in a command, in the forms in which people start it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::daemon::Daemon;
use super::home::Home;
use super::words::{Verb, Words};
use crate::error::{Error, Pm2Error, Result};
use crate::process::{Addition, Argv};

/// A command that starts PM2.
#[derive(Clone, Debug)]
pub struct Invocation {
    kind: Role,
    /// The words that start PM2, without those for it.
    program: Vec<OsString>,
    words: Words,
    /// What starts it where that is no PM2 itself.
    runner: String,
    downloads: Downloads,
    /// What `env` sets.
    set: Assignments,
}

/// What becomes of PM2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A client, which asks a daemon to do the work.
    Client,
    /// The daemon itself, in the foreground: `pm2-runtime`, or `--no-daemon` where no daemon runs.
    Foreground,
    /// It stands behind words that are not understood.
    Unclear,
}

/// Whether a package runner downloads PM2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Downloads {
    Never,
    /// Where it is not installed beside the project.
    IfMissing,
    Always,
}

/// What `env` sets that matters here.
#[derive(Clone, Debug, Default)]
struct Assignments {
    home: Option<PathBuf>,
    path: bool,
}

/// The names under which PM2 is installed, and what each becomes.
const PROGRAMS: &[(&str, Role)] =
    &[("pm2", Role::Client), ("pm2-runtime", Role::Foreground), ("pm2-docker", Role::Foreground)];

/// Words of package runners behind which a program's name stands.
const RUNNERS: &[(&str, &[&str], Downloads)] = &[
    ("npx", &[], Downloads::IfMissing),
    ("npm", &["exec"], Downloads::IfMissing),
    ("npm", &["x"], Downloads::IfMissing),
    ("bunx", &[], Downloads::IfMissing),
    ("bun", &["x"], Downloads::IfMissing),
    ("pnpx", &[], Downloads::Always),
    ("pnpm", &["dlx"], Downloads::Always),
    ("yarn", &["dlx"], Downloads::Always),
    ("pnpm", &["exec"], Downloads::Never),
    ("pnpm", &[], Downloads::Never),
    ("yarn", &["exec"], Downloads::Never),
    ("yarn", &["run"], Downloads::Never),
    ("yarn", &[], Downloads::Never),
];

/// Options of package runners behind which a package stands, or a command.
const PACKAGE: &[&str] = &["-p", "--package", "-c", "--call", "-w", "--workspace", "--filter"];

/// Programs that run a script, PM2's own here.
const INTERPRETERS: &[&str] = &["node", "nodejs", "bun"];

/// Programs that start another one, whose options are not known here.
#[rustfmt::skip]
const WRAPPERS: &[&str] = &[
    "bun", "bunx", "chrt", "doas", "env", "ionice", "nice", "node", "nodejs", "nohup", "npm", "npx",
    "numactl", "pnpm", "pnpx", "runuser", "setpriv", "setsid", "stdbuf", "strace", "sudo",
    "systemd-run", "taskset", "time", "timeout", "unshare", "yarn",
];

impl Invocation {
    /// What `argv` starts, where that is PM2: by name, by path, through node, npx, npm, pnpm, yarn or
    /// bun, behind `env` or `nohup`. Behind other wrappers it is unclear. A script or a shell that starts PM2 is
    /// not seen through.
    pub fn recognise(argv: &Argv) -> Option<Invocation> {
        let words: Vec<&OsStr> = std::iter::once(argv.program()).chain(argv.arguments()).collect();
        let known = behind_wrappers(&words).and_then(|(at, set)| {
            let rest = words.get(at..)?;
            let found = by_path(rest).or_else(|| by_runner(rest))?;
            Some(Invocation { set, ..found })
        });
        let mut found = known.or_else(|| behind_others(&words))?;
        if found.kind == Role::Client && found.words.is_foreground() && found.running().is_none() {
            found.kind = Role::Foreground;
        }
        Some(found)
    }

    /// What becomes of it.
    pub fn kind(&self) -> Role {
        self.kind
    }

    /// What PM2 is asked to do.
    pub(super) fn words(&self) -> &Words {
        &self.words
    }

    /// The folder in which PM2 keeps its state.
    pub fn home(&self) -> Option<Home> {
        self.set.home.clone().map(Home::at).or_else(Home::of_environment)
    }

    /// The folder, where a daemon runs there.
    fn running(&self) -> Option<Home> {
        self.home().filter(|home| Daemon::in_home(home).is_some())
    }

    /// Whether it starts or restarts apps, which then have to be looked at: its exit status does not
    /// tell that they live.
    pub fn starts_apps(&self) -> bool {
        self.kind != Role::Foreground && matches!(self.words.verb(), Verb::Start | Verb::Restart)
    }

    /// Whether it finds a daemon, or starts one: every client does, even for `--version`.
    pub fn needs_daemon(&self) -> bool {
        self.kind == Role::Client && self.words.verb() != Verb::Kill
    }

    /// Whether it looks for PM2 elsewhere than this process would.
    pub fn sets_path(&self) -> bool {
        self.set.path
    }

    /// Refuses what would leak secrets, or would not deliver them, and what would download PM2.
    ///
    /// Errors: [`Pm2Error`], with the form that works.
    pub fn check(&self) -> Result<()> {
        let missing = match self.downloads {
            Downloads::Never => false,
            Downloads::IfMissing => installed_beside().is_none(),
            Downloads::Always => true,
        };
        if missing {
            return Err(Pm2Error::WouldDownload { runner: self.runner.clone() }.into());
        }
        let running = self.running();
        let apps = running.as_ref().map(Home::running_apps);
        self.words.check(apps.as_deref()).map_err(Error::Pm2)?;
        match running {
            Some(home) if self.kind == Role::Client => {
                self.check_configurations(&home).map_err(Error::Pm2)
            }
            _ => Ok(()),
        }
    }

    /// The command that asks the daemon whether it is there, and starts one where none is.
    pub(super) fn ping(&self) -> Result<Argv> {
        let mut words = match self.downloads {
            Downloads::Never => self.program.clone(),
            _ => vec![installed_beside().ok_or(Error::Internal)?.into_os_string()],
        };
        words.push("ping".into());
        Argv::new(words)
    }

    /// What keeps npx from downloading.
    pub(super) fn additions(&self) -> Option<Addition> {
        (self.downloads != Downloads::Never).then(|| ("npm_config_yes", "false".to_owned()))
    }
}

/// The PM2 that is installed beside the project, in its folder or one above it, where npx looks.
fn installed_beside() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let mut beside = here.ancestors().map(|folder| folder.join("node_modules/.bin/pm2"));
    beside.find(|path| rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok())
}

/// A program's name: the last part of its path.
fn base(word: &OsStr) -> String {
    Path::new(word).file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Where the words behind `env` and `nohup` begin, and what `env` sets; nothing where one of its options is
/// not understood.
fn behind_wrappers(words: &[&OsStr]) -> Option<(usize, Assignments)> {
    let (mut at, mut set) = (0, Assignments::default());
    loop {
        match words.get(at).map(|word| base(word)).as_deref() {
            Some("nohup") => at += 1,
            Some("env") => at = behind_env(words, at + 1, &mut set)?,
            _ => return Some((at, set)),
        }
    }
}

/// Where the words behind those for `env` begin.
fn behind_env(words: &[&OsStr], mut at: usize, set: &mut Assignments) -> Option<usize> {
    while let Some(word) = words.get(at).map(|word| word.to_string_lossy()) {
        match word.as_ref() {
            "-" | "-i" | "--ignore-environment" | "--" => {}
            "-u" | "--unset" => at += 1,
            option if option.starts_with("--unset=") => {}
            option if option.starts_with('-') => return None,
            word => match word.split_once('=') {
                None => break,
                Some(("PM2_HOME", home)) => set.home = Some(PathBuf::from(home)),
                Some((name, _)) => set.path |= name == "PATH",
            },
        }
        at += 1;
    }
    Some(at)
}

/// What a program becomes, if it is PM2's.
fn kind_of(program: &str) -> Option<Role> {
    PROGRAMS.iter().find(|(name, _)| *name == program).map(|(_, kind)| *kind)
}

/// PM2 behind a wrapper that is not understood, or behind options of one.
fn behind_others(words: &[&OsStr]) -> Option<Invocation> {
    let wrapper = base(words.first()?);
    let at = words.iter().rposition(|word| kind_of(&base(word)).is_some())?;
    let found = invocation(Role::Unclear, words, at + 1, wrapper, Downloads::Never);
    WRAPPERS.contains(&found.runner.as_str()).then_some(found)
}

/// PM2 by its name or path, or its script run by node.
fn by_path(words: &[&OsStr]) -> Option<Invocation> {
    let first = base(words.first()?);
    let runs_scripts = INTERPRETERS.contains(&first.as_str());
    let at = if runs_scripts { skip_options(words, 1) } else { 0 };
    let kind = kind_of(&base(words.get(at)?))?;
    Some(invocation(kind, words, at + 1, first, Downloads::Never))
}

/// PM2 by a package runner. With a version, or where a package is named apart, that is another one than is
/// installed, perhaps.
fn by_runner(words: &[&OsStr]) -> Option<Invocation> {
    let runner = base(words.first()?);
    RUNNERS.iter().filter(|(name, ..)| *name == runner).find_map(|(_, verbs, downloads)| {
        let mut at = skip_options(words, 1);
        for verb in *verbs {
            if words.get(at)? != verb {
                return None;
            }
            at = skip_options(words, at + 1);
        }
        let names_package = |word: &&OsStr| PACKAGE.iter().any(|option| *word == *option);
        if words.iter().take(at).any(names_package) {
            return None;
        }
        let word = words.get(at)?.to_string_lossy();
        let (name, version) = word.split_once('@').unwrap_or((&word, ""));
        let kind = kind_of(name)?;
        let downloads = if version.is_empty() { *downloads } else { Downloads::Always };
        let shown = [&[runner.as_str()], *verbs].concat().join(" ");
        // npm takes a -- for itself.
        let behind = at + 1 + usize::from(words.get(at + 1).is_some_and(|word| *word == "--"));
        Some(invocation(kind, words, behind, shown, downloads))
    })
}

/// Where the first word from `at` on stands that is no option; `--` counts as one.
fn skip_options(words: &[&OsStr], at: usize) -> usize {
    let options = words.iter().skip(at);
    at + options.take_while(|word| word.as_encoded_bytes().starts_with(b"-")).count()
}

fn invocation(
    kind: Role,
    words: &[&OsStr],
    own: usize,
    runner: String,
    downloads: Downloads,
) -> Invocation {
    let (program, rest) = words.split_at_checked(own).unwrap_or((words, &[]));
    Invocation {
        kind,
        program: program.iter().map(|word| (*word).to_owned()).collect(),
        words: Words::new(rest),
        runner,
        downloads,
        set: Assignments::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recognise(text: &str) -> Option<Invocation> {
        let words = text.split(' ').map(OsString::from).collect();
        Invocation::recognise(&Argv::new(words).expect("words"))
    }

    #[test]
    fn forms_of_pm2() {
        use Downloads::{Always, IfMissing, Never};
        for (text, kind, downloads) in [
            ("pm2 start x.js", Role::Client, Never),
            ("/usr/local/bin/pm2 start x.js", Role::Client, Never),
            ("./node_modules/.bin/pm2 start x.js", Role::Client, Never),
            ("node /opt/pm2/bin/pm2 start x.js", Role::Client, Never),
            ("node --no-warnings ./pm2 start x.js", Role::Client, Never),
            ("nohup pm2 start x.js", Role::Client, Never),
            ("env A=1 B=2 nohup pm2 start x.js", Role::Client, Never),
            ("env -u A -i B=2 pm2 start x.js", Role::Client, Never),
            ("npx pm2 start x.js", Role::Client, IfMissing),
            ("npx --yes pm2@6 start x.js", Role::Client, Always),
            ("npm exec -- pm2 start x.js", Role::Client, IfMissing),
            ("npm x pm2 -- start x.js", Role::Client, IfMissing),
            ("pnpm exec pm2 start x.js", Role::Client, Never),
            ("pnpm pm2 start x.js", Role::Client, Never),
            ("pnpm dlx pm2 start x.js", Role::Client, Always),
            ("pnpx pm2 start x.js", Role::Client, Always),
            ("yarn pm2 start x.js", Role::Client, Never),
            ("yarn run pm2 start x.js", Role::Client, Never),
            ("yarn dlx pm2 start x.js", Role::Client, Always),
            ("bunx pm2 start x.js", Role::Client, IfMissing),
            ("pm2-runtime x.js", Role::Foreground, Never),
            ("npx pm2-runtime x.js", Role::Foreground, IfMissing),
            ("env PM2_HOME=/nonexistent pm2 start x.js --no-daemon", Role::Foreground, Never),
            ("sudo -E pm2 start x.js", Role::Unclear, Never),
            ("env -S pm2 start x.js", Role::Unclear, Never),
            ("node -r hook pm2 start x.js", Role::Unclear, Never),
            ("npx -p pm2 pm2 start x.js", Role::Unclear, Never),
            ("npm run pm2", Role::Unclear, Never),
        ] {
            let found = recognise(text).expect(text);
            assert_eq!((found.kind, found.downloads), (kind, downloads), "{text}");
            let starts = kind != Role::Foreground && text.contains("start");
            assert_eq!(found.starts_apps(), starts, "{text}");
        }
    }

    #[test]
    fn what_is_not_pm2() {
        for text in [
            "node server.js",
            "npm start",
            "pm2x start",
            "echo pm2",
            "env A=1",
            "env",
            "yarn start",
        ] {
            assert!(recognise(text).is_none(), "{text}");
        }
    }

    #[test]
    fn every_client_meets_a_daemon_but_the_one_that_ends_it() {
        for (text, needs) in [
            ("pm2 --version", true),
            ("pm2", true),
            ("pm2 ls", true),
            ("pm2 kill", false),
            ("pm2-runtime x.js", false),
            ("sudo pm2 ls", false),
        ] {
            assert_eq!(recognise(text).expect(text).needs_daemon(), needs, "{text}");
        }
    }

    #[test]
    fn the_home_that_env_sets() {
        let found = recognise("env PM2_HOME=/srv/pm2 pm2 ls").expect("PM2");
        assert_eq!(found.home(), Some(Home::at("/srv/pm2".into())));
    }

    #[test]
    fn asking_the_same_pm2() {
        for (text, program, ping) in [
            ("/opt/pm2 -s start x", "/opt/pm2", vec!["ping"]),
            ("node --no-warnings /opt/pm2 ls", "node", vec!["--no-warnings", "/opt/pm2", "ping"]),
            ("yarn run pm2 ls", "yarn", vec!["run", "pm2", "ping"]),
        ] {
            let argv = recognise(text).expect(text).ping().expect(text);
            assert_eq!(
                (argv.program(), argv.arguments().collect::<Vec<_>>()),
                (program.as_ref(), ping.iter().map(OsStr::new).collect())
            );
        }
    }
}
