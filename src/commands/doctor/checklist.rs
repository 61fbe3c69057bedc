//! `doctor --checklist`: the list that is gone through every quarter, and before somebody joins.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;

use crate::checks::{self, Contents, Kind, Question, Report, Subject, Verdict, layers};
use crate::commands::common::{opening, usual};
use crate::commands::scan;
use crate::error::{Error, GitError, Listed, Quoted, Result};
use crate::git::Repository;
use crate::guard::hook::{self, HookState};
use crate::guard::{self, ignore};
use crate::memory::Passphrase;
use crate::pm2::Daemon;
use crate::process;
use crate::records::{self, Config};
use crate::scan::{Forms, Needles};
use crate::terminal::{self, Messages};
use crate::vault::Vault;

/// What `doctor --checklist` was asked to do.
#[derive(Debug)]
pub struct Checklist {
    /// The vault whose values are looked for.
    pub vault: Option<PathBuf>,
    /// The file that is read in place of the nearest breakglass.toml.
    pub config: Option<PathBuf>,
    /// Whether the list is JSON.
    pub json: bool,
    /// Where the passphrase comes from.
    pub passphrase: opening::PassphraseFrom,
    /// What is said.
    pub messages: Messages,
}

const SECRETS: &str = "Secrets";
const ROTATION: &str = "Rotation";
const INFRASTRUCTURE: &str = "Infrastructure";

/// Layers that say what a vault is; the others say whether it is current.
const FROM_OUTSIDE: [&str; 2] = ["readable", "strong"];

/// After this time nothing is called current merely because no limit is set.
const QUARTER: SignedDuration = SignedDuration::from_hours(92 * 24);

/// The most names of files that a repository is asked for, in bytes.
const MOST_NAMES: usize = 64 * 1024 * 1024;

impl Checklist {
    /// Looks and prints; returns the exit status.
    pub fn execute(self) -> Result<u8> {
        let early = self.passphrase.early()?;
        let config = Config::find(self.config.as_deref())?.unwrap_or_default();
        // Once: standard input has it only once.
        let named = match &self.vault {
            Some(path) => Some((path.as_path(), opening::read_vault(path, self.messages)?)),
            None => None,
        };
        let needles = match &named {
            Some((path, vault)) => Some(self.needles(path, vault, early)?),
            None => None,
        };
        let mut list = checks::ItemList::default();
        repository(&mut list);
        self.values(needles.as_ref(), &mut list)?;
        self.copy(named, &config, &mut list);
        rotation(&config, &mut list);
        infrastructure(&mut list);
        for own in &config.checklist {
            list.for_person(&own.section, &own.item, own.hint.as_deref().unwrap_or_default());
        }
        if self.json {
            terminal::write_json(&list.json())?;
        } else {
            terminal::write_stdout(list.text().as_bytes())?;
        }
        Ok(list.status())
    }

    /// The values of the vault, in the forms that are looked for.
    fn needles(&self, path: &Path, vault: &Vault, early: Option<Passphrase>) -> Result<Needles> {
        let passphrase = opening::passphrase_for(path, early)?;
        let secrets = opening::open(vault, &passphrase, self.messages)?.secrets;
        Needles::new(Forms::of(&secrets)?)
    }

    /// Whether values of the vault lie where they are found again.
    fn values(&self, needles: Option<&Needles>, list: &mut checks::ItemList) -> Result<()> {
        let repository = usual::repository();
        let histories: Vec<PathBuf> = usual::places();
        for (what, paths, repository) in [
            (
                "no values in the repository and its history",
                repository.clone().into_iter().collect(),
                repository,
            ),
            ("no values in PM2's files and the histories of shells", histories, None),
        ] {
            let mut report = Report::new(String::new());
            match needles {
                None => {
                    let how =
                        "with a vault, breakglass doctor --checklist VAULT looks for its values";
                    report.add("values", Verdict::NotAsked, how);
                }
                Some(_) if paths.is_empty() => {
                    report.add("values", Verdict::NotAsked, "there is nothing of the kind here");
                }
                Some(needles) => {
                    let repository = repository.as_deref().map(Repository::of).transpose()?;
                    let layout = repository.as_ref().map(Repository::layout).transpose()?;
                    let mut found =
                        scan::search(needles, &paths, repository.as_ref(), self.messages)?;
                    found.forget_packed(layout.as_ref());
                    found.summary(needles.forms(), &mut report);
                }
            }
            list.checked(SECRETS, what, &report);
        }
        Ok(())
    }

    /// The emergency copy, as far as can be told without the passphrase.
    fn copy(&self, named: Option<(&Path, Vault)>, config: &Config, list: &mut checks::ItemList) {
        let asked = Question::new(config);
        let usual = || {
            let path = config.vault.as_deref()?;
            Some((path, opening::read_vault(path, self.messages)))
        };
        let (mut there, mut current) = (Report::new(String::new()), Report::new(String::new()));
        match named.map(|(path, vault)| (path, Ok(vault))).or_else(usual) {
            None => there.add("vault", Verdict::CannotTell, "breakglass.toml names no vault"),
            Some((path, vault)) => {
                let mut subject = Subject::new(Kind::Outside, path);
                subject.take_vault(vault);
                subject.contents = subject.readable_receipt().map(Contents::of_receipt);
                (there, current) =
                    layers(&subject, &asked).split(|layer| FROM_OUTSIDE.contains(&layer));
                // What the inventory owes is an item of its own.
                current = current.split(|layer| layer == "rotations").1;
                let sealed = subject.contents.and_then(|contents| contents.sealed);
                let is_old = |sealed| records::age(sealed, asked.now) > QUARTER;
                if config.max_age.is_none() && sealed.is_some_and(is_old) {
                    let how = "that is more than a quarter ago; max_age in breakglass.toml says what is too old";
                    current.add("age", Verdict::CannotTell, how);
                }
            }
        }
        list.checked(SECRETS, "the emergency copy is there, and encrypted", &there);
        list.checked(
            SECRETS,
            "it is current, as far as its receipt, the logs and this machine tell",
            &current,
        );
        let how = "breakglass verify --receipt asks the source";
        list.for_person(SECRETS, "it has the values of the secrets manager", how);
    }
}

/// What keeps plain secrets out of the repository, and whether it did.
fn repository(list: &mut checks::ItemList) {
    for (what, found) in [
        ("no .env file is tracked", tracked()),
        (".gitignore keeps .env files out", ignored()),
        ("the pre-commit hook refuses .env files", hooked()),
    ] {
        let cannot_tell = |error: Error| (Verdict::CannotTell, error.to_string());
        let (verdict, detail) = found.unwrap_or_else(cannot_tell);
        let mut report = Report::new(String::new());
        report.add("repository", verdict, detail);
        list.checked(SECRETS, what, &report);
    }
}

/// Whether `.gitignore` has the lines, and git, by all that it goes by, does as they say.
fn ignored() -> Result<(Verdict, String)> {
    let (path, missing) = ignore::of_here()?;
    if !missing.is_empty() {
        let detail = format!("lines are missing in {}; breakglass init adds them", Quoted(&path));
        return Ok((Verdict::Finding, detail));
    }
    let remedy = "git check-ignore -v tells which";
    Ok(finding(&ignore::let_in()?, |names| format!("other lines let in {names}; {remedy}")))
}

/// Whether git runs a hook that stops the commit; what a person wrote around the guard, nobody but a person reads.
fn hooked() -> Result<(Verdict, String)> {
    let plan = hook::HookPlan::make(Path::new("."))?;
    Ok(match plan.state()? {
        HookState::Ours => (Verdict::Ok, String::new()),
        HookState::Theirs(path) => {
            let detail = format!(
                "{} calls breakglass guard; see that it stops a commit with a .env file",
                Quoted(&path)
            );
            (Verdict::CannotTell, detail)
        }
        HookState::NotRun(path) => {
            let detail =
                format!("{} calls breakglass guard, and git does not run it here", Quoted(&path));
            (Verdict::Finding, detail)
        }
        HookState::Missing => (Verdict::Finding, "breakglass init --hook installs it".to_owned()),
    })
}

/// Whether files of the repository have names of plain environments.
fn tracked() -> Result<(Verdict, String)> {
    let top = Repository::here()?.layout()?.top.ok_or(GitError::NoWorkTree)?;
    let names = Repository::of(&top)?.read(&["ls-files", "-z"], MOST_NAMES)?;
    let paths = names.split(|byte| *byte == 0).map(|name| Path::new(OsStr::from_bytes(name)));
    let banned = paths.filter(|path| guard::is_env_file(path));
    let banned: Vec<String> = banned.map(|path| path.to_string_lossy().into_owned()).collect();
    Ok(finding(&banned, |names| format!("{names}; rotate all that is in them")))
}

/// A finding if there are names.
fn finding(names: &[String], words: impl FnOnce(Listed<'_>) -> String) -> (Verdict, String) {
    match names {
        [] => (Verdict::Ok, String::new()),
        names => (Verdict::Finding, words(Listed(names))),
    }
}

fn rotation(config: &Config, list: &mut checks::ItemList) {
    let asked = Question::new(config);
    let mut report = Report::new(String::new());
    asked.logs(&mut report);
    list.checked(ROTATION, "both logs can be read", &report);
    let mut report = Report::new(String::new());
    if config.inventory.is_empty() {
        let detail = "breakglass.toml has no inventory; breakglass init makes one";
        report.add("rotations", Verdict::NotAsked, detail);
    }
    report.outcomes.extend(layers(&Subject::machine(Kind::Outside), &asked).outcomes);
    asked.without_a_time(&mut report);
    list.checked(ROTATION, "every secret is rotated in time", &report);
}

fn infrastructure(list: &mut checks::ItemList) {
    let mut report = Report::new(String::new());
    match process::processes() {
        Err(error) => report.add("pm2", Verdict::CannotTell, error.to_string()),
        Ok(all) => {
            let daemons: Vec<Daemon> = all.iter().filter_map(Daemon::of).collect();
            if daemons.iter().any(|daemon| daemon.process.uid == 0) {
                report.add("pm2", Verdict::Finding, "a daemon of root's runs");
            } else if daemons.is_empty() {
                report.add("pm2", Verdict::NotAsked, "none runs on this machine");
            } else {
                report.add("pm2", Verdict::Ok, "");
            }
        }
    }
    list.checked(INFRASTRUCTURE, "PM2 does not run as root", &report);
}
