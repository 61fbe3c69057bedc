//! The arguments, as clap reads them, and what they are resolved to: a file for each command. No input
//! or output here.

mod doctor;
mod drill;
#[cfg(not(all(feature = "prepare", feature = "procedure")))]
mod left_out;
pub(in crate::cli) mod manual;
#[cfg(feature = "prepare")]
mod prepare;
#[cfg(feature = "procedure")]
mod procedure;
mod run;
mod show;
mod source;
mod status;
mod verify;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand};

use self::doctor::DoctorArguments;
use self::drill::DrillArguments;
#[cfg(not(feature = "prepare"))]
use self::left_out::{
    LeftOut as CopyArguments, LeftOut as ResealArguments, LeftOut as SealArguments,
};
#[cfg(not(feature = "procedure"))]
use self::left_out::{
    LeftOut as GuardArguments, LeftOut as InitArguments, LeftOut as LogArguments,
    LeftOut as ScanArguments,
};
use self::manual::{CompletionsArguments, ManArguments};
#[cfg(feature = "prepare")]
use self::prepare::{CopyArguments, ResealArguments, SealArguments};
#[cfg(feature = "procedure")]
use self::procedure::{GuardArguments, InitArguments, LogArguments, ScanArguments};
use self::run::RunArguments;
use self::show::ShowArguments;
use self::status::StatusArguments;
use self::verify::VerifyArguments;
use crate::commands::PassphraseFrom;
use crate::error::Result;
use crate::process::Argv;
use crate::terminal::Messages;

/// An encrypted emergency copy of production secrets, and the way to start from it
///
/// seal makes the copy from a secrets manager, a file or a command; run starts a command with the
/// secrets in its environment, and never writes them to the disk; verify, drill and status tell
/// whether it would work. Stock gpg, or age, opens the copy as well.
#[derive(Debug, Parser)]
#[command(
    name = "breakglass",
    version,
    subcommand_required = true,
    disable_help_subcommand = true,
    max_term_width = 80,
    after_help = "Begin with: breakglass drill"
)]
pub(in crate::cli) struct Arguments {
    #[command(subcommand)]
    pub(in crate::cli) command: Command,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Command {
    Seal(SealArguments),
    Run(RunArguments),
    Verify(VerifyArguments),
    Show(ShowArguments),
    Drill(DrillArguments),
    Reseal(ResealArguments),
    Copy(CopyArguments),
    Status(StatusArguments),
    Scan(ScanArguments),
    Log(LogArguments),
    Init(InitArguments),
    Guard(GuardArguments),
    Doctor(DoctorArguments),
    #[command(hide = true)]
    Man(ManArguments),
    #[command(hide = true)]
    Completions(CompletionsArguments),
    #[command(hide = true)]
    Probe,
}

/// The command that `words` begin with, of one word or two; nothing where there is none.
pub(in crate::cli) fn verbs<'a>(words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let (mut command, mut verbs) = (Arguments::command(), Vec::new());
    for word in words {
        let Some(next) = command.find_subcommand(word).cloned() else { break };
        verbs.push(word);
        command = next;
    }
    verbs
}

/// The definitions without what is hidden, for manuals and completions.
#[cfg(feature = "prepare")]
pub(in crate::cli) fn visible() -> clap::Command {
    let all = Arguments::command();
    let shown = all.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    let shown: Vec<clap::Command> = shown.collect();
    let about = all.get_about().cloned().unwrap_or_default();
    let long_about = all.get_long_about().cloned().unwrap_or_default();
    let after = all.get_after_help().cloned().unwrap_or_default();
    clap::Command::new("breakglass")
        .version(env!("CARGO_PKG_VERSION"))
        .about(about)
        .long_about(long_about)
        .after_help(after)
        .subcommand_required(true)
        .disable_help_subcommand(true)
        .subcommands(shown)
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

/// What stands behind `--`, where anything does.
fn argv(words: Vec<OsString>) -> Result<Option<Argv>> {
    if words.is_empty() { Ok(None) } else { Argv::new(words).map(Some) }
}
