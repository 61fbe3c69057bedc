//! The arguments, as clap reads them, and what they are resolved to. No input or output here.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand};

use super::source::{SourceArguments, from};
use crate::commands::{Allowances, Doctor, Drill, PassphraseFrom, Run, Seal, Show, Status, Verify};
use crate::error::{Error, Result};
use crate::payload::{Pattern, Selection};
use crate::process::{Argv, Base};
use crate::records;
use crate::terminal::Messages;

/// An encrypted emergency copy of production secrets, and the way to start from it
#[derive(Debug, Parser)]
#[command(
    name = "breakglass",
    version,
    subcommand_required = true,
    disable_help_subcommand = true,
    max_term_width = 80,
    after_help = "Begin with: breakglass drill"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Seal(SealArguments),
    Run(RunArguments),
    Verify(VerifyArguments),
    Show(ShowArguments),
    Drill(DrillArguments),
    Status(StatusArguments),
    Doctor(DoctorArguments),
    #[command(hide = true)]
    Probe,
}

/// Whether `text` is the name of a command.
pub(super) fn is_verb(text: &str) -> bool {
    Arguments::command().find_subcommand(text).is_some()
}

/// Where the passphrase comes from, and how much is said: the same for every command.
#[derive(Args, Debug)]
struct Common {
    /// Read the passphrase from descriptor N, one line
    ///
    /// It is read byte by byte: what follows the line on descriptor 0 is left for the data or the
    /// command. Higher descriptors are not passed on to the command.
    #[arg(long, value_name = "N", conflicts_with = "passphrase_file")]
    passphrase_fd: Option<u32>,

    /// Read the passphrase from the first line of FILE
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,

    /// Leave out notes; warnings and errors stay
    #[arg(short, long)]
    quiet: bool,
}

impl Common {
    fn messages(&self) -> Messages {
        Messages { quiet: self.quiet }
    }

    fn passphrase(&self) -> PassphraseFrom {
        PassphraseFrom { descriptor: self.passphrase_fd, file: self.passphrase_file.clone() }
    }
}

/// Encrypt all secrets of a source into a vault
///
/// The source is a document of NAME=value lines, JSON, or the output of a command, which is
/// started without a shell. The vault is written beside the old one, read back, opened, compared,
/// and only then put in its place.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  breakglass seal prod.env.gpg --from infisical")]
pub(super) struct SealArguments {
    /// The vault to write, NAME.env.gpg
    #[arg(value_name = "VAULT")]
    vault: Option<PathBuf>,

    /// Read infisical, or a FILE; - is standard input
    #[arg(long, value_name = "SOURCE", conflicts_with = "command")]
    from: Option<PathBuf>,

    /// A command that prints the secrets
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,

    /// Write text (ASCII armor), for a note
    #[arg(long)]
    armor: bool,

    /// Make a strong passphrase and show it once
    ///
    /// Seven words, 77 bits. It is shown on the terminal only, never on standard output.
    #[arg(long, conflicts_with_all = ["passphrase_fd", "passphrase_file"])]
    generate_passphrase: bool,

    /// Seal these names although they steer programs
    ///
    /// NODE_OPTIONS and PATH are such names. Those that are allowed are recorded in the vault, so
    /// that nobody has to decide it in an outage.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    allow: Vec<String>,

    /// Leave out names that no shell can hold
    #[arg(long, value_name = "NAMES", value_delimiter = ',', hide_short_help = true)]
    allow_skip: Vec<String>,

    /// Seal these names although a reference in their values is unresolved
    #[arg(long, value_name = "NAMES", value_delimiter = ',', hide_short_help = true)]
    allow_reference: Vec<String>,

    /// Seal although these names are gone since the last receipt
    #[arg(long, value_name = "NAMES", value_delimiter = ',', hide_short_help = true)]
    accept_removed: Vec<String>,

    /// Go on where memory cannot be locked
    #[arg(long, hide_short_help = true)]
    allow_unlocked: bool,

    /// Take a passphrase that is likely to be guessed
    #[arg(long, hide_short_help = true)]
    allow_weak_passphrase: bool,

    #[command(flatten)]
    common: Common,

    #[command(flatten)]
    source: SourceArguments,
}

impl SealArguments {
    pub(super) fn resolve(self) -> Result<Seal> {
        let allowances = Allowances {
            steering: self.allow,
            skip: self.allow_skip,
            reference: self.allow_reference,
            removed: self.accept_removed,
        };
        Ok(Seal {
            vault: self.vault,
            setup: self.source.resolve(from(self.from, self.command)?, "breakglass seal")?,
            armor: self.armor,
            allowances,
            allow_weak: self.allow_weak_passphrase,
            allow_unlocked: self.allow_unlocked,
            generate: self.generate_passphrase,
            passphrase: self.common.passphrase(),
            messages: self.common.messages(),
        })
    }
}

/// Start a command with the secrets in its environment
///
/// breakglass becomes the command: same process number, its exit status and signals, standard
/// input untouched. Nothing is written to the disk. If it cannot be started: 127 not found, 126
/// not executable, 130 Ctrl-C at the prompt, 125 anything else.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  breakglass run prod.env.gpg -- pm2 start ecosystem.config.js")]
pub(super) struct RunArguments {
    /// The vault; - is standard input
    #[arg(value_name = "VAULT")]
    vault: PathBuf,

    /// The command and its arguments
    #[arg(last = true, value_name = "COMMAND", required = true)]
    command: Vec<OsString>,

    /// Pass only these names; * stands for anything
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    only: Vec<String>,

    /// Pass all but these names; * stands for anything
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    except: Vec<String>,

    /// Pass little of the caller's own environment
    ///
    /// Of the caller's: HOME, LANG, LC_*, LOGNAME, PATH, PM2_HOME, SHELL, TERM, TMPDIR, TZ, USER.
    #[arg(long)]
    clean: bool,

    /// Pass these names although they steer programs
    ///
    /// The vault records those that were allowed when it was sealed; this is for all others.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    allow: Vec<String>,

    /// Let it write core files, which hold the secrets
    #[arg(long)]
    allow_core: bool,

    /// Let PM2 do what leaks secrets, or misses them
    ///
    /// pm2 save, restart without --update-env and others are refused otherwise, with the form that
    /// works.
    #[arg(long)]
    allow_pm2: bool,

    /// Why, for this machine's journal
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,

    #[command(flatten)]
    common: Common,
}

impl RunArguments {
    pub(super) fn resolve(self) -> Result<Run> {
        let patterns = |names: Vec<String>| names.into_iter().map(Pattern::new).collect();
        Ok(Run {
            passphrase: self.common.passphrase(),
            messages: self.common.messages(),
            vault: self.vault,
            command: Argv::new(self.command)?,
            selection: Selection { only: patterns(self.only), except: patterns(self.except) },
            allow: self.allow,
            base: if self.clean { Base::Clean } else { Base::Inherit },
            allow_core: self.allow_core,
            allow_pm2: self.allow_pm2,
            reason: self.reason,
        })
    }
}

/// Check that vaults open and hold what the source holds
///
/// Layer by layer: readable, strong, opens, current, age. Exit status: 0 as it should be, 3 a
/// finding such as stale, 4 cannot tell, 1 failed; of several vaults 1 beats 4 beats 3 beats 0.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  breakglass verify prod.env.gpg -- \\\n    infisical export --env=production --format=json"
)]
pub(super) struct VerifyArguments {
    /// The vaults
    #[arg(value_name = "VAULT")]
    vaults: Vec<PathBuf>,

    /// Compare with infisical, or a FILE; - is standard input
    #[arg(long, value_name = "SOURCE", conflicts_with_all = ["command", "offline"])]
    from: Option<PathBuf>,

    /// Compare with what this command prints
    #[arg(last = true, value_name = "COMMAND", conflicts_with = "offline")]
    command: Vec<OsString>,

    /// Check the receipts instead, without passphrase or vault
    ///
    /// The receipt beside the vault, VAULT.receipt, is compared with the source. The key is the one
    /// that it was sealed with.
    #[arg(long, conflicts_with_all = ["offline", "passphrase_fd", "passphrase_file"])]
    receipt: bool,

    /// Compare with no source
    #[arg(long)]
    offline: bool,

    /// Find vaults older than this, like 30d
    #[arg(long, value_name = "AGE")]
    max_age: Option<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    common: Common,

    #[command(flatten)]
    source: SourceArguments,
}

impl VerifyArguments {
    pub(super) fn resolve(self) -> Result<Verify> {
        let max_age = match &self.max_age {
            None => None,
            Some(text) => Some(records::parse_duration(text).ok_or_else(|| Error::Usage {
                sentence: "--max-age takes a length of time such as 30d, 2w or 12h".to_owned(),
                command: "breakglass verify".to_owned(),
            })?),
        };
        let setup = self.source.resolve(from(self.from, self.command)?, "breakglass verify")?;
        let from_stdin = self.vaults.iter().filter(|vault| vault.as_os_str() == "-").count();
        if from_stdin + usize::from(setup.is_stdin()) > 1 {
            return Err(Error::Usage {
                sentence: "standard input can be read only once".to_owned(),
                command: "breakglass verify".to_owned(),
            });
        }
        Ok(Verify {
            setup,
            passphrase: self.common.passphrase(),
            messages: self.common.messages(),
            vaults: self.vaults,
            receipt: self.receipt,
            offline: self.offline,
            max_age,
            json: self.json,
        })
    }
}

/// Show facts and names of a vault, or the value of one name
///
/// Facts need no passphrase: press Enter where it is asked for. A value goes to the terminal or,
/// byte for byte, into a pipe.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  breakglass show prod.env.gpg\n  breakglass show prod.env.gpg JWT_SECRET | wc -c"
)]
pub(super) struct ShowArguments {
    /// The vault; - is standard input
    #[arg(value_name = "VAULT")]
    vault: PathBuf,

    /// The secret whose value is wanted
    #[arg(value_name = "NAME", conflicts_with_all = ["armor", "json"])]
    name: Option<String>,

    /// Print the vault itself as text, still encrypted
    ///
    /// ASCII armor, which a note or a mail can carry.
    #[arg(long, conflicts_with = "json")]
    armor: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,

    /// Let the value be written into a regular file
    #[arg(long, requires = "name")]
    allow_file: bool,

    /// Why the value is wanted, for this machine's journal
    #[arg(long, value_name = "TEXT", requires = "name")]
    reason: Option<String>,

    #[command(flatten)]
    common: Common,
}

impl ShowArguments {
    pub(super) fn resolve(self) -> Result<Show> {
        Ok(Show {
            passphrase: self.common.passphrase(),
            messages: self.common.messages(),
            vault: self.vault,
            name: self.name,
            armor: self.armor,
            json: self.json,
            allow_file: self.allow_file,
            reason: self.reason,
        })
    }
}

/// Rehearse the outage, on a built-in sample or with a vault
///
/// Without VAULT the whole story runs on a sample: sealing, opening, starting a process, refusing a
/// changed file. With VAULT that one is opened and COMMAND started from it, or a probe that checks
/// that every name and value arrived; the rehearsal is recorded on this machine.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  breakglass drill\n  breakglass drill prod.env.gpg -- node check-config.js"
)]
pub(super) struct DrillArguments {
    /// The vault
    #[arg(value_name = "VAULT")]
    vault: Option<PathBuf>,

    /// The command to start with the secrets
    #[arg(last = true, value_name = "COMMAND", requires = "vault")]
    command: Vec<OsString>,

    #[command(flatten)]
    common: Common,
}

impl DrillArguments {
    pub(super) fn resolve(self) -> Result<Drill> {
        Ok(Drill {
            passphrase: self.common.passphrase(),
            messages: self.common.messages(),
            vault: self.vault,
            command: argv(self.command)?,
        })
    }
}

/// Tell what runs on emergency secrets now, and what is due
///
/// Processes that have secrets of a vault, PM2's daemons and apps among them; files of PM2 that hold
/// some; vaults that were used and not sealed again; rehearsals; and the commands to stand down with.
/// With VAULT, PM2's files are searched for its values. Exit status: 0 nothing to do, 3 something is.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  breakglass status")]
pub(super) struct StatusArguments {
    /// The vault whose values are looked for; - is standard input
    #[arg(value_name = "VAULT")]
    vault: Option<PathBuf>,

    /// Read FILE in place of the nearest breakglass.toml
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    config: Option<PathBuf>,

    /// Print JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    common: Common,
}

impl StatusArguments {
    pub(super) fn resolve(self) -> Result<Status> {
        Ok(Status {
            passphrase: self.common.passphrase(),
            messages: self.common.messages(),
            vault: self.vault,
            config: self.config,
            json: self.json,
        })
    }
}

/// Look at what this machine does for secrets in memory
///
/// Memory that can be locked and hidden, swap, core files, tracing, root. Exit status 3 where
/// something should be better.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  breakglass doctor")]
pub(super) struct DoctorArguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl DoctorArguments {
    pub(super) fn resolve(self) -> Doctor {
        Doctor { json: self.json }
    }
}

/// What stands behind `--`, where anything does.
pub(super) fn argv(words: Vec<OsString>) -> Result<Option<Argv>> {
    if words.is_empty() { Ok(None) } else { Argv::new(words).map(Some) }
}
