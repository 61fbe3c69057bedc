//! `init`: the first set-up. It shows what it will do, asks, and overwrites nothing.

use std::path::{Path, PathBuf};

use super::common::opening::{self, PassphraseFrom};
use super::common::setup::{Setup, SourceChoice};
use crate::error::{
    Error, Escaped, FileError, Note, Quoted, Result, TerminalError, Warning, status,
};
use crate::files;
use crate::guard::hook::{self, HookPlan};
use crate::guard::ignore;
use crate::memory::{Passphrase, Region};
use crate::payload::{self, Strictness};
use crate::records::{Config, Draft, KeyPlace};
use crate::sources::Fetched;
use crate::terminal::{self, Messages};
use crate::vault::Vault;

/// What `init` was asked to do.
#[derive(Debug)]
pub struct Init {
    /// Where the names of the secrets come from; a file may also be a vault.
    pub setup: Setup,
    /// Whether only the hook is installed.
    pub hook: bool,
    /// Whether it goes on without asking.
    pub yes: bool,
    /// Where the passphrase of a vault comes from.
    pub passphrase: PassphraseFrom,
    /// What is said.
    pub messages: Messages,
}

/// What is said where breakglass.toml names a source, and a vault of it that is still to be sealed.
const SEAL: &str = "breakglass seal --generate-passphrase makes the vault";

/// Something that would be done.
#[derive(Debug)]
enum InitStep {
    /// A file is made where none is.
    Create { path: PathBuf, text: String },
    /// Lines are added to a text, which is made where it is missing.
    Add { path: PathBuf, lines: Vec<&'static str> },
}

impl Init {
    /// Shows, asks, does; returns the exit status: a finding where something is still to be done.
    pub fn execute(mut self) -> Result<u8> {
        if self.hook {
            return self.install_hook();
        }
        let early = self.passphrase.early()?;
        let explicit = self.setup.config.take();
        let target = explicit.clone().unwrap_or_else(|| PathBuf::from("breakglass.toml"));
        let mut shown = String::new();
        let (mut steps, mut is_to_seal) = (Vec::new(), false);
        match existing(&target, explicit.is_some())? {
            Some(path) => {
                shown.push_str(&format!("{} is there, and stays as it is\n", Quoted(&path)));
            }
            None => {
                let draft = self.draft(&target, early)?;
                is_to_seal = draft.is_to_seal();
                steps.push(InitStep::Create { text: draft.to_text(&target)?, path: target });
            }
        }
        steps.extend(ignore_lines()?);
        shown.extend(steps.iter().map(InitStep::words));
        if steps.is_empty() {
            shown.push_str("nothing is to be done\n");
        }
        terminal::write_stdout(shown.as_bytes())?;
        if !steps.is_empty() && !self.is_wanted()? {
            return Ok(status::FINDING);
        }
        steps.into_iter().try_for_each(|step| step.take(self.messages))?;
        if is_to_seal {
            self.messages.note(&Note::NextStep { step: SEAL });
        }
        if HookPlan::make(Path::new(".")).is_ok_and(|plan| !plan.is_there()) {
            self.messages.note(&Note::NextStep { step: hook::OFFER });
        }
        Ok(status::OK)
    }

    /// Shows, asks and installs; what writes hooks itself is left alone, and a person told what to add.
    fn install_hook(&self) -> Result<u8> {
        let plan = HookPlan::make(Path::new("."))?;
        terminal::write_stdout(plan.words().as_bytes())?;
        if plan.is_there() {
            return Ok(if plan.is_run() { status::OK } else { status::FINDING });
        }
        if !hook::finds_program() {
            self.messages.warning(&Warning::NotOnPath);
        }
        if !plan.is_to_do() || !self.is_wanted()? {
            return Ok(status::FINDING);
        }
        if let Some(path) = plan.carry_out()? {
            self.messages.note(&Note::Written { path });
        }
        Ok(status::OK)
    }

    /// Whether somebody says so. Where nobody can, it has been shown.
    fn is_wanted(&self) -> Result<bool> {
        if self.yes {
            return Ok(true);
        }
        match terminal::confirm("do this? [y/N] ") {
            Ok(true) => Ok(true),
            Ok(false) => {
                self.messages.note(&Note::NothingDone);
                Ok(false)
            }
            Err(Error::Terminal(TerminalError::NoTerminal { .. })) => {
                self.messages.note(&Note::OnlyShown);
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// What the vault or the source tells: names, never values.
    fn draft(&mut self, target: &Path, early: Option<Passphrase>) -> Result<Draft> {
        let setup = std::mem::take(&mut self.setup);
        let receipt_key = setup.receipt_key.as_ref().map(written);
        if let SourceChoice::Document(path) = &setup.from {
            // Once: a pipe has it only once.
            let document = files::read_plaintext(path)?;
            let Ok(vault) = Vault::parse(document.bytes.expose()) else {
                let names = names_in(&document.bytes)?;
                return Ok(Draft { receipt_key, names, ..Draft::default() });
            };
            let passphrase = opening::passphrase_for(path, early)?;
            let reading = opening::open(&vault, &passphrase, self.messages)?;
            let names = reading.secrets.names().map(str::to_owned).collect();
            let source = reading.header.and_then(|header| header.source);
            let vault = if document.is_file { named(path, target) } else { None };
            return Ok(Draft { vault, source, receipt_key, names });
        }
        let mut plan = setup.resolve(self.messages)?;
        let Some(fetched) = plan.secrets()? else {
            return Ok(Draft { receipt_key, ..Draft::default() });
        };
        let Fetched { text, label, .. } = fetched?;
        let names = names_in(&text)?;
        Ok(Draft { vault: None, source: Some(label), receipt_key, names })
    }
}

/// The names of the secrets in a document.
fn names_in(document: &Region) -> Result<Vec<String>> {
    let reading = payload::read(document.expose(), Strictness::Lenient, &[])?;
    Ok(reading.secrets.names().map(str::to_owned).collect())
}

/// The breakglass.toml that is there: the one that is meant, or one that counts here from a folder above.
fn existing(target: &Path, is_explicit: bool) -> Result<Option<PathBuf>> {
    if target.symlink_metadata().is_ok() {
        return Ok(Some(target.to_owned()));
    }
    if is_explicit {
        return Ok(None);
    }
    Ok(Config::find(None)?.map(|config| config.path))
}

/// The vault as breakglass.toml names it, where it lies in the same folder or a path from the root names it.
fn named(vault: &Path, target: &Path) -> Option<String> {
    let here = target.parent().is_none_or(|folder| folder == Path::new(""));
    (here || vault.is_absolute()).then(|| vault.to_str().map(str::to_owned))?
}

fn written(place: &KeyPlace) -> String {
    match place {
        KeyPlace::File(path) => path.to_string_lossy().into_owned(),
        KeyPlace::Infisical(path) => format!("infisical:{path}"),
    }
}

/// The lines that the repository's `.gitignore` lacks.
fn ignore_lines() -> Result<Option<InitStep>> {
    let (path, lines) = ignore::of_here()?;
    Ok((!lines.is_empty()).then_some(InitStep::Add { path, lines }))
}

impl InitStep {
    /// What it would do, for a person.
    fn words(&self) -> String {
        let (head, lines): (String, Vec<&str>) = match self {
            InitStep::Create { path, text } => {
                (format!("would write {}:", Quoted(path)), text.lines().collect())
            }
            InitStep::Add { path, lines } => {
                (format!("would add to {}:", Quoted(path)), lines.clone())
            }
        };
        let lines = lines.iter().map(|line| format!("    {}\n", Escaped(line)));
        std::iter::once(head + "\n").chain(lines).collect()
    }

    fn take(self, messages: Messages) -> Result<()> {
        let path = match self {
            InitStep::Create { path, text } => {
                if !files::create_public(&path, text.as_bytes())? {
                    return Err(FileError::TargetExists { path }.into());
                }
                path
            }
            InitStep::Add { path, lines } => {
                files::add_lines(&path, &(lines.join("\n") + "\n"))?;
                path
            }
        };
        messages.note(&Note::Written { path });
        Ok(())
    }
}
