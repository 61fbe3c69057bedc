//! What PM2 is asked to do, as its own command line reads it (lib/binaries/CLI.js of PM2).

use std::ffi::OsStr;

use crate::error::{Pm2Error, misleads};

/// The words behind `pm2`.
#[derive(Clone, Debug)]
pub(super) struct Words {
    /// As far as `--`, behind which the app's own arguments stand.
    own: Vec<String>,
    /// Whether there are such.
    arguments: bool,
}

/// What PM2 is asked to do, as far as it makes a difference here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    /// Start apps by script or configuration, or start or restart them by name.
    Start,
    /// Restart apps that it has.
    Restart,
    /// Write all environments to the disk.
    Save,
    /// Save and restore all environments.
    Update,
    /// Restore environments from the disk.
    Resurrect,
    /// Restore environments at each start of the system.
    Startup,
    /// Print environments.
    Print,
    /// Connect to pm2.io.
    Connect,
    /// Download a module, which gets the environment.
    Install,
    /// End the daemon.
    Kill,
    /// Something else.
    Other,
    /// Nothing.
    Nothing,
}

/// PM2's own names for them.
const VERBS: &[(&str, Verb)] = &[
    ("start", Verb::Start),
    ("startOrRestart", Verb::Start),
    ("startOrReload", Verb::Start),
    ("startOrGracefulReload", Verb::Start),
    ("restart", Verb::Restart),
    ("reload", Verb::Restart),
    ("gracefulReload", Verb::Restart),
    ("save", Verb::Save),
    ("dump", Verb::Save),
    ("update", Verb::Update),
    ("updatePM2", Verb::Update),
    ("deepUpdate", Verb::Update),
    ("resurrect", Verb::Resurrect),
    ("startup", Verb::Startup),
    ("env", Verb::Print),
    ("jlist", Verb::Print),
    ("prettylist", Verb::Print),
    ("link", Verb::Connect),
    ("plus", Verb::Connect),
    ("register", Verb::Connect),
    ("install", Verb::Install),
    ("module:install", Verb::Install),
    ("module:update", Verb::Install),
    ("kill", Verb::Kill),
];

/// PM2's options that take the next word.
#[rustfmt::skip]
const VALUED: &[&str] = &[
    "--cron", "--cron-restart", "--cwd", "--env", "--error", "--exp-backoff-restart-delay", "--ext",
    "--gid", "--hp", "--ignore-watch", "--instances", "--interpreter", "--interpreter-args",
    "--kill-timeout", "--listen-timeout", "--log-date-format", "--log-type", "--max-memory-restart",
    "--name", "--namespace", "--node-args", "--only", "--output", "--parallel", "--pid",
    "--restart-delay", "--service-name", "--sort", "--stop-exit-codes", "--uid", "--user",
    "--watch-delay", "-c", "-e", "-i", "-k", "-n", "-o", "-p", "-u",
];

/// PM2's options that take the next word unless it begins with a dash.
const PERHAPS_VALUED: &[&str] = &["--filter-env", "--log", "--max-restarts", "--watch", "-l"];

/// Parts of a file's name by which PM2 knows a configuration (lib/Common.js of PM2).
const CONFIGURATIONS: &[&str] =
    &[".json", ".yml", ".yaml", ".config.js", ".config.cjs", ".config.mjs", ".config.ts"];

impl Words {
    /// `words` stand behind `pm2`.
    pub(super) fn new(words: &[&OsStr]) -> Words {
        let own = words.iter().map(|word| word.to_string_lossy().into_owned());
        let own: Vec<String> = own.take_while(|word| word != "--").collect();
        Words { arguments: own.len() < words.len(), own }
    }

    /// Whether PM2 is to stay in the foreground.
    pub(super) fn is_foreground(&self) -> bool {
        self.own.iter().any(|word| word == "--no-daemon")
    }

    /// What it is asked to do.
    pub(super) fn verb(&self) -> Verb {
        let Some(word) = self.plain().next() else { return Verb::Nothing };
        VERBS.iter().find(|(name, _)| *name == word).map_or(Verb::Other, |(_, verb)| *verb)
    }

    /// The apps, files or folders that it is to do it to.
    pub(super) fn targets(&self) -> impl Iterator<Item = &str> {
        self.plain().skip(1)
    }

    /// Whether what PM2 knows is to be shown by HTTP (lib/HttpInterface.js of PM2).
    pub(super) fn serves(&self) -> bool {
        self.own.iter().any(|word| word == "--web" || word.starts_with("--web="))
    }

    /// Whether the number of instances is given, which makes an app one of a cluster.
    pub(super) fn has_instances(&self) -> bool {
        let given = |word: &String| {
            word == "--instances" || word.starts_with("--instances=") || word.starts_with("-i")
        };
        self.own.iter().any(given)
    }

    /// Whether the apps get the environment of this command.
    pub(super) fn updates(&self) -> bool {
        self.own.iter().any(|word| word == "--update-env" || word == "-a")
    }

    /// Whether it writes environments to the disk, or takes them from there.
    pub(super) fn handles_dumps(&self) -> bool {
        matches!(self.verb(), Verb::Save | Verb::Update | Verb::Resurrect | Verb::Startup)
    }

    /// Refuses what leaks secrets, or does not deliver them. `running` are the names of the apps of a daemon that
    /// runs, where one does.
    pub(super) fn check(&self, running: Option<&[String]>) -> Result<(), Pm2Error> {
        let command = self.shown();
        let is_app = |target: &str| {
            let any = target == "all" || target.parse::<f64>().is_ok();
            running.is_some_and(|apps| any || apps.iter().any(|app| app == target))
        };
        let keeps_old = match self.verb() {
            _ if self.serves() => return Err(Pm2Error::Serves),
            Verb::Save => return Err(Pm2Error::Saves { command }),
            Verb::Update => return Err(Pm2Error::Updates { command }),
            Verb::Resurrect => return Err(Pm2Error::Restores { command }),
            Verb::Startup => return Err(Pm2Error::Startup { command }),
            Verb::Print => return Err(Pm2Error::Prints { command }),
            Verb::Connect => return Err(Pm2Error::Connects { command }),
            Verb::Install => return Err(Pm2Error::Installs { command }),
            Verb::Restart => !self.targets().all(is_configuration),
            Verb::Start => self.targets().any(is_app),
            Verb::Kill | Verb::Other | Verb::Nothing => false,
        };
        if keeps_old && !self.updates() {
            let rest = if self.arguments { " -- …" } else { "" };
            let works = format!("pm2 {} --update-env{rest}", self.own.join(" "));
            return Err(Pm2Error::KeepsOld { command, works: works.replace(misleads, "?") });
        }
        Ok(())
    }

    /// Whether it is meant for apps that the daemon has already, if it has them.
    pub(super) fn restarts(&self) -> bool {
        self.verb() == Verb::Restart
            || self.plain().next().is_some_and(|it| it.starts_with("startOr"))
    }

    /// Whether it names a script that a daemon may have as an app already, which would then be started
    /// with the environment that it had.
    pub(super) fn may_restart(&self) -> bool {
        let mut targets = self.targets();
        self.verb() == Verb::Start && !self.updates() && targets.any(|it| !is_configuration(it))
    }

    /// `pm2 restart NAME`, for messages: no options, and nothing of the app's own arguments.
    pub(super) fn shown(&self) -> String {
        let words = std::iter::once("pm2").chain(self.plain());
        words.collect::<Vec<_>>().join(" ").replace(misleads, "?")
    }

    /// The words that are no options, nor values of options.
    pub(super) fn plain(&self) -> impl Iterator<Item = &str> {
        let (mut is_value, mut may_be_value) = (false, false);
        self.own.iter().map(String::as_str).filter(move |word| {
            let dashed = word.starts_with('-') && *word != "-";
            let skipped = is_value || dashed || may_be_value;
            may_be_value = !is_value && PERHAPS_VALUED.contains(word);
            is_value = !is_value && VALUED.contains(word);
            !skipped
        })
    }
}

/// Whether PM2 takes a word for a configuration.
pub(super) fn is_configuration(word: &str) -> bool {
    // What stands on standard input is one.
    word == "-" || CONFIGURATIONS.iter().any(|part| word.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Words {
        Words::new(&text.split(' ').map(OsStr::new).collect::<Vec<_>>())
    }

    #[test]
    fn verbs_behind_options() {
        for (text, verb) in [
            ("start app.js", Verb::Start),
            ("-s restart app", Verb::Restart),
            ("--name restart start app.js", Verb::Start),
            ("start --name save app.js", Verb::Start),
            ("--cwd /srv dump", Verb::Save),
            ("--env=production reload app", Verb::Restart),
            ("ls", Verb::Other),
            ("kill", Verb::Kill),
            ("--version", Verb::Nothing),
            ("start app.js -- save", Verb::Start),
        ] {
            assert_eq!(words(text).verb(), verb, "{text}");
        }
    }

    #[test]
    fn what_delivers_and_what_does_not() {
        let apps = ["api".to_owned(), "b".to_owned()];
        for text in [
            "start ecosystem.config.js",
            "restart ecosystem.config.js",
            "reload apps.json --only api",
            "restart api --update-env",
            "restart api -a",
            "restart all --update-env",
            "start server/index.js --name api",
            "start index.js -i 2",
            "start npm --name web -- start",
            "start server.js --watch api",
            "start",
            "stop api",
            "delete api",
            "describe api",
            "logs",
            "kill",
        ] {
            assert_eq!(words(text).check(Some(&apps)), Ok(()), "{text}");
        }
        for text in
            ["restart api", "reload api --name x", "restart 0", "restart all", "reload a b.json"]
        {
            for running in [None, Some(&apps[..])] {
                let kept = words(text).check(running);
                assert!(matches!(kept, Err(Pm2Error::KeepsOld { .. })), "{text}");
            }
        }
        for text in ["start api", "start 0", "start all", "start --watch src api"] {
            let kept = words(text).check(Some(&apps));
            assert!(matches!(kept, Err(Pm2Error::KeepsOld { .. })), "{text}");
            // A daemon that was started just now has no apps.
            assert_eq!(words(text).check(None), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_leaks_whatever_stands_beside_it() {
        for text in ["save", "-s save", "save --no-daemon", "start x.js --web", "x.js --web=80"] {
            assert!(words(text).check(None).is_err(), "{text}");
        }
        assert_eq!(words("start x.js -- --web").check(None), Ok(()));
    }

    #[test]
    fn what_is_shown_of_it() {
        let kept = words("-s restart api --node-args x -- y").check(None);
        let works = "pm2 -s restart api --node-args x --update-env -- …".to_owned();
        assert_eq!(kept, Err(Pm2Error::KeepsOld { command: "pm2 restart api".to_owned(), works }));
    }

    #[test]
    fn scripts_that_may_be_apps_already() {
        for (text, may) in [
            ("start server/index.js", true),
            ("start index.js", true),
            ("start npm -- start", true),
            ("start index.js --update-env", false),
            ("start ecosystem.config.js", false),
            ("restart index.js", false),
        ] {
            assert_eq!(words(text).may_restart(), may, "{text}");
        }
    }
}
