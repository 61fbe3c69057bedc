//! Recognising PM2 in a command, in the forms in which people start it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::home::Home;
use super::words::{Verb, Words};
use crate::error::{Error, Pm2, Result};
use crate::process::{Addition, Argv};

/// A command that starts PM2.
#[derive(Clone, Debug)]
pub struct Invocation {
    kind: Kind,
    /// The words that start PM2, without those for it.
    program: Vec<OsString>,
    words: Words,
    /// What starts it where that is no PM2 itself, and could download one.
    downloader: Option<String>,
    /// `PM2_HOME` as `env` sets it.
    home: Option<PathBuf>,
}

/// What becomes of PM2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A client, which asks a daemon to do the work.
    Client,
    /// The daemon itself, in the foreground: `pm2-runtime`, or `--no-daemon`.
    Foreground,
}

/// The names under which PM2 is installed, and what each becomes.
const PROGRAMS: &[(&str, Kind)] =
    &[("pm2", Kind::Client), ("pm2-runtime", Kind::Foreground), ("pm2-docker", Kind::Foreground)];

/// Words of package runners behind which a program's name stands: the runner, its words, and whether
/// it downloads what is not installed.
const RUNNERS: &[(&str, &[&str], bool)] = &[
    ("npx", &[], true),
    ("npm", &["exec"], true),
    ("npm", &["x"], true),
    ("pnpx", &[], true),
    ("pnpm", &["dlx"], true),
    ("pnpm", &["exec"], false),
    ("pnpm", &[], false),
    ("yarn", &["dlx"], true),
    ("yarn", &["exec"], false),
    ("yarn", &["run"], false),
    ("yarn", &[], false),
    ("bunx", &[], true),
    ("bun", &["x"], true),
];

/// Programs that run a script, PM2's own here.
const INTERPRETERS: &[&str] = &["node", "nodejs", "bun"];

impl Invocation {
    /// What `argv` starts, where that is PM2: by name, by path, through node, npx, npm, pnpm, yarn or
    /// bun, behind `env` or `nohup`. A script or a shell that starts PM2 is not seen through.
    pub fn recognise(argv: &Argv) -> Option<Invocation> {
        let words: Vec<&OsStr> = std::iter::once(argv.program()).chain(argv.arguments()).collect();
        let (at, home) = behind_wrappers(&words);
        let rest = words.get(at..)?;
        let program = base(rest.first()?);
        let mut found = if INTERPRETERS.contains(&program.as_str()) && program != "bun" {
            by_interpreter(rest)
        } else {
            direct(rest).or_else(|| by_runner(rest)).or_else(|| by_interpreter(rest))
        }?;
        found.home = home;
        if found.words.is_foreground() {
            found.kind = Kind::Foreground;
        }
        Some(found)
    }

    /// What becomes of it.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What PM2 is asked to do.
    pub(super) fn words(&self) -> &Words {
        &self.words
    }

    /// The folder in which PM2 keeps its state.
    pub fn home(&self) -> Option<Home> {
        self.home.clone().map(Home::at).or_else(Home::of_environment)
    }

    /// Whether it starts or restarts apps, which then have to be looked at: its exit status does not
    /// tell that they live.
    pub fn starts_apps(&self) -> bool {
        self.kind == Kind::Client && matches!(self.words.verb(), Verb::Start | Verb::Restart)
    }

    /// Whether there is a use for a daemon.
    pub fn needs_daemon(&self) -> bool {
        self.kind == Kind::Client && !matches!(self.words.verb(), Verb::Kill | Verb::Nothing)
    }

    /// Refuses what would leak secrets, or would not deliver them, and what would download PM2.
    ///
    /// Errors: [`Pm2`], with the form that works.
    pub fn check(&self) -> Result<()> {
        if let Some(downloader) = &self.downloader
            && installed().is_none()
        {
            return Err(Error::Pm2(Pm2::WouldDownload { runner: downloader.clone() }));
        }
        let running = self.home().filter(|home| home.daemon().is_some());
        self.words.check(running.is_some()).map_err(Error::Pm2)?;
        if self.kind == Kind::Foreground {
            return Ok(());
        }
        running.map_or(Ok(()), |home| self.check_configurations(&home)).map_err(Error::Pm2)
    }

    /// The command that asks the daemon whether it is there, and starts one where none is.
    pub(super) fn ping(&self) -> Result<Argv> {
        let mut words = match &self.downloader {
            Some(_) => vec![installed().ok_or(Error::Internal)?.into_os_string()],
            None => self.program.clone(),
        };
        words.push("ping".into());
        Argv::new(words)
    }

    /// What keeps npx from downloading.
    pub(super) fn additions(&self) -> Option<Addition> {
        self.downloader.as_ref().map(|_| ("npm_config_yes", "false".to_owned()))
    }
}

/// The PM2 that is installed: beside the project, in its folder or one above it, or on the path.
pub fn installed() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let beside = here.ancestors().map(|folder| folder.join("node_modules/.bin/pm2"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<PathBuf> =
        std::env::split_paths(&path).map(|folder| folder.join("pm2")).collect();
    let can_run = |path: &PathBuf| rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok();
    beside.chain(on_path).find(can_run)
}

/// A program's name: the last part of its path.
fn base(word: &OsStr) -> String {
    Path::new(word).file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Where the words behind `env` and `nohup` begin, and the `PM2_HOME` that `env` sets.
fn behind_wrappers(words: &[&OsStr]) -> (usize, Option<PathBuf>) {
    let (mut at, mut home) = (0, None);
    loop {
        match words.get(at).map(|word| base(word)).as_deref() {
            Some("nohup") => at += 1,
            Some("env") => {
                at += 1;
                while let Some(word) = words.get(at).map(|word| word.to_string_lossy())
                    && (word.contains('=') || word == "-")
                {
                    if let Some(path) = word.strip_prefix("PM2_HOME=") {
                        home = Some(PathBuf::from(path));
                    }
                    at += 1;
                }
            }
            _ => return (at, home),
        }
    }
}

/// PM2 by its name or path.
fn direct(words: &[&OsStr]) -> Option<Invocation> {
    let name = base(words.first()?);
    let (_, kind) = PROGRAMS.iter().find(|(program, _)| *program == name)?;
    Some(invocation(*kind, words, 1, None))
}

/// PM2's script run by node.
fn by_interpreter(words: &[&OsStr]) -> Option<Invocation> {
    INTERPRETERS.iter().find(|name| **name == base(words.first().copied().unwrap_or_default()))?;
    let script = skip_options(words, 1);
    let name = base(words.get(script)?);
    let (_, kind) = PROGRAMS.iter().find(|(program, _)| *program == name)?;
    Some(invocation(*kind, words, script + 1, None))
}

/// PM2 by a package runner.
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
        let word = words.get(at)?.to_string_lossy();
        // With a version it is another package than the one that is installed, perhaps.
        let name = word.split('@').next().unwrap_or_default();
        let (_, kind) = PROGRAMS.iter().find(|(program, _)| *program == name)?;
        let shown = [&[runner.as_str()], *verbs].concat().join(" ");
        // npm takes a -- for itself.
        let behind = at + 1 + usize::from(words.get(at + 1).is_some_and(|word| *word == "--"));
        Some(invocation(*kind, words, behind, downloads.then_some(shown)))
    })
}

/// Where the first word from `at` on stands that is no option; `--` counts as one.
fn skip_options(words: &[&OsStr], at: usize) -> usize {
    let options = words.iter().skip(at);
    at + options.take_while(|word| word.as_encoded_bytes().starts_with(b"-")).count()
}

fn invocation(kind: Kind, words: &[&OsStr], own: usize, downloader: Option<String>) -> Invocation {
    let (program, rest) = words.split_at_checked(own).unwrap_or((words, &[]));
    Invocation {
        kind,
        program: program.iter().map(|word| (*word).to_owned()).collect(),
        words: Words::new(rest),
        downloader,
        home: None,
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
        for (text, kind, downloads) in [
            ("pm2 start x.js", Kind::Client, false),
            ("/usr/local/bin/pm2 start x.js", Kind::Client, false),
            ("./node_modules/.bin/pm2 start x.js", Kind::Client, false),
            ("node /opt/pm2/bin/pm2 start x.js", Kind::Client, false),
            ("node --no-warnings ./pm2 start x.js", Kind::Client, false),
            ("nohup pm2 start x.js", Kind::Client, false),
            ("env A=1 B=2 nohup pm2 start x.js", Kind::Client, false),
            ("npx pm2 start x.js", Kind::Client, true),
            ("npx --yes pm2@6 start x.js", Kind::Client, true),
            ("npm exec -- pm2 start x.js", Kind::Client, true),
            ("npm x pm2 -- start x.js", Kind::Client, true),
            ("pnpm exec pm2 start x.js", Kind::Client, false),
            ("pnpm pm2 start x.js", Kind::Client, false),
            ("pnpm dlx pm2 start x.js", Kind::Client, true),
            ("yarn pm2 start x.js", Kind::Client, false),
            ("yarn run pm2 start x.js", Kind::Client, false),
            ("bunx pm2 start x.js", Kind::Client, true),
            ("pm2-runtime x.js", Kind::Foreground, false),
            ("npx pm2-runtime x.js", Kind::Foreground, true),
            ("pm2 start x.js --no-daemon", Kind::Foreground, false),
        ] {
            let found = recognise(text).expect(text);
            assert_eq!((found.kind, found.downloader.is_some()), (kind, downloads), "{text}");
            let starts = kind == Kind::Client;
            assert_eq!(found.starts_apps(), starts, "{text}");
        }
    }

    #[test]
    fn what_is_not_pm2() {
        for text in [
            "node server.js",
            "node server.js pm2",
            "npm start",
            "npm run pm2",
            "npx serve pm2",
            "pm2x start",
            "echo pm2",
            "env A=1",
            "env",
            "sh -c pm2",
            "yarn start",
        ] {
            assert!(recognise(text).is_none(), "{text}");
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
