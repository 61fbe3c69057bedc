//! From the arguments to one checked command, and from its outcome to an exit status.

mod args;
#[cfg(feature = "prepare")]
mod completions;
#[cfg(feature = "prepare")]
mod manual;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};

use clap::Parser;
use clap::error::ErrorKind;

use self::args::{Arguments, Command};
use crate::commands;
#[cfg(feature = "prepare")]
use crate::error::Quoted;
use crate::error::{CommandError, Error, Result, status};
use crate::terminal::{self, Messages};

/// Runs the command that the arguments ask for; returns the exit status.
pub fn run(arguments: impl Iterator<Item = OsString>) -> u8 {
    let arguments: Vec<OsString> = arguments.collect();
    let becomes_command = arguments.get(1).is_some_and(|verb| verb == "run");
    let outcome = catch_unwind(AssertUnwindSafe(|| match parse(&arguments) {
        Ok(Some(command)) => execute(command),
        Ok(None) => Ok(status::OK),
        Err(error) => Err(error),
    }));
    match outcome.unwrap_or(Err(Error::Internal)) {
        Ok(status) => status,
        Err(error) => {
            Messages::default().error(&error);
            if becomes_command { error.run_status() } else { error.status() }
        }
    }
}

/// The command, or nothing where help or version was asked for and has been printed.
fn parse(arguments: &[OsString]) -> Result<Option<Command>> {
    match Arguments::try_parse_from(arguments) {
        Ok(Arguments { command }) => Ok(Some(command)),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                terminal::write_stdout(error.to_string().as_bytes()).map(|()| None)
            }
            _ => Err(usage(&error, arguments)),
        },
    }
}

/// clap's first line in our form; it holds arguments, never a secret.
fn usage(error: &clap::Error, arguments: &[OsString]) -> Error {
    let text = error.to_string();
    let first: Vec<&str> =
        text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    let sentence = match error.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "no command is given".to_owned(),
        // The values that are looked at so early; who takes one for the passphrase itself must not
        // find that in a log.
        ErrorKind::ValueValidation => {
            let is_new = first.join(" ").contains("--new-passphrase-fd");
            let option = if is_new { "--new-passphrase-fd" } else { "--passphrase-fd" };
            format!("{option} takes the number of a descriptor")
        }
        // A word that stands where none belongs may be a secret: it is not repeated.
        ErrorKind::UnknownArgument if !first.join(" ").contains("'-") => {
            "there is a word too many; a command stands behind --".to_owned()
        }
        _ => first.join(" ").trim_start_matches("error: ").trim_end_matches('.').to_owned(),
    };
    let words = arguments.iter().skip(1).map_while(|word| word.to_str());
    let command = [&["breakglass"], &args::verbs(words)[..]].concat().join(" ");
    CommandError::usage(sentence, command)
}

fn execute(command: Command) -> Result<u8> {
    match command {
        Command::Seal(arguments) => arguments.resolve()?.execute(),
        Command::Run(arguments) => match arguments.resolve()?.execute()? {},
        Command::Verify(arguments) => arguments.resolve()?.execute(),
        Command::Show(arguments) => arguments.resolve()?.execute(),
        Command::Drill(arguments) => arguments.resolve()?.execute(),
        Command::Reseal(arguments) => arguments.resolve()?.execute(),
        Command::Copy(arguments) => arguments.resolve()?.execute(),
        Command::Status(arguments) => arguments.resolve()?.execute(),
        Command::Scan(arguments) => arguments.resolve()?.execute(),
        Command::Log(arguments) => arguments.resolve()?.execute(),
        Command::Init(arguments) => arguments.resolve()?.execute(),
        Command::Guard(arguments) => arguments.resolve()?.execute(),
        Command::Doctor(arguments) => match arguments.resolve() {
            (doctor, None) => doctor.execute(),
            (_, Some(_)) if !cfg!(feature = "procedure") => Err(CommandError::OnlyOpens.into()),
            (_, Some(checklist)) => checklist.execute(),
        },
        #[cfg(feature = "prepare")]
        Command::Man(arguments) => print_page(&arguments).map(|()| status::OK),
        #[cfg(feature = "prepare")]
        Command::Completions(arguments) => {
            let script = completions::completions(arguments.shell);
            terminal::write_stdout(&script).map(|()| status::OK)
        }
        #[cfg(not(feature = "prepare"))]
        Command::Man(_) | Command::Completions(_) => Err(CommandError::OnlyOpens.into()),
        Command::Probe => commands::probe().map(|()| status::OK),
    }
}

#[cfg(feature = "prepare")]
fn print_page(arguments: &args::manual::ManArguments) -> Result<()> {
    if arguments.list {
        return terminal::write_stdout(&manual::list());
    }
    let wanted = arguments.page.as_deref().unwrap_or("breakglass");
    let page = manual::page(wanted).ok_or_else(|| {
        CommandError::usage(
            format!("there is no page {}", Quoted(wanted.as_ref())),
            "breakglass man",
        )
    })?;
    terminal::write_stdout(&page)
}
