//! The arguments of `log`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::super::Common;
use crate::commands::{LogIncident, LogInto, LogRotation};
use crate::error::{CommandError, Error, Result};
use crate::records::{Class, LogName, LogText, parse_day};

/// Write down a rotation or an incident
///
/// A line in security/rotation-log.txt or security/incident-log.txt beside breakglass.toml, which may
/// name others. Both hold names, dates and words, are meant to be committed, and never hold a value.
#[derive(Args, Debug)]
#[command(
    disable_help_subcommand = true,
    after_help = "Example:\n  breakglass log rotation RESEND_API_KEY"
)]
pub(in crate::cli) struct LogArguments {
    #[command(subcommand)]
    record: Record,
}

#[derive(Debug, Subcommand)]
enum Record {
    Rotation(RotationArguments),
    Incident(IncidentArguments),
}

/// Write down that secrets were replaced
///
/// One line for each name: date, name, reason. The date is one of UTC.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  breakglass log rotation R2_ACCESS_KEY_ID R2_SECRET_ACCESS_KEY")]
struct RotationArguments {
    /// The secrets that were replaced
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,

    /// Why, if not on schedule
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,

    #[command(flatten)]
    log: IntoArguments,

    #[command(flatten)]
    common: Common,
}

/// Write down what happened to a secret, and print what to do
///
/// One line: date, severity, secret, what happened, resolution. Then the steps for that secret are
/// printed in their order, and within what time they have to be done. The severity goes with the class
/// of the secret: SEV-1 with critical, SEV-2 with high, SEV-3 with medium, SEV-4 with low.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  breakglass log incident --severity SEV-2 --secret ADMIN_API_KEY --what Leaked"
)]
struct IncidentArguments {
    /// How bad: SEV-1, the worst, to SEV-4
    #[arg(long, value_name = "SEV")]
    severity: Option<String>,

    /// The secret; all, or none, as for an outage
    #[arg(long, value_name = "NAME")]
    secret: String,

    /// What happened
    #[arg(long, value_name = "TEXT")]
    what: String,

    /// What was done; open unless said
    #[arg(long, value_name = "TEXT")]
    resolution: Option<String>,

    #[command(flatten)]
    log: IntoArguments,

    #[command(flatten)]
    common: Common,
}

/// What both take.
#[derive(Args, Debug)]
struct IntoArguments {
    /// The day, like 2026-02-23; today unless said
    #[arg(long, value_name = "DATE")]
    date: Option<String>,

    /// Refuse text that holds a value of this vault
    ///
    /// It is opened with its passphrase. Values of fewer than 8 characters are not looked for.
    #[arg(long, value_name = "VAULT")]
    vault: Option<PathBuf>,

    /// Read FILE in place of the nearest breakglass.toml
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    config: Option<PathBuf>,
}

/// What `log` was asked to do.
pub(in crate::cli) enum Log {
    Rotation(LogRotation),
    Incident(LogIncident),
}

impl LogArguments {
    pub(in crate::cli) fn resolve(self) -> Result<Log> {
        match self.record {
            Record::Rotation(arguments) => arguments.resolve().map(Log::Rotation),
            Record::Incident(arguments) => arguments.resolve().map(Log::Incident),
        }
    }
}

impl Log {
    pub(in crate::cli) fn execute(self) -> Result<u8> {
        match self {
            Log::Rotation(log) => log.execute(),
            Log::Incident(log) => log.execute(),
        }
    }
}

const ROTATION: &str = "breakglass log rotation";
const INCIDENT: &str = "breakglass log incident";

impl RotationArguments {
    fn resolve(self) -> Result<LogRotation> {
        let names: Result<Vec<LogName>> =
            self.names.iter().map(|name| read_name(name, "NAME", ROTATION)).collect();
        let mut seen = BTreeSet::new();
        let names = names?.into_iter().filter(|name| seen.insert(name.clone())).collect();
        let reason = self.reason.map(|text| read_text(&text, "--reason", ROTATION)).transpose()?;
        Ok(LogRotation { names, reason, into: self.log.resolve(&self.common, ROTATION)? })
    }
}

impl IncidentArguments {
    fn resolve(self) -> Result<LogIncident> {
        let severity = match self.severity.as_deref().map(Class::of_severity) {
            Some(None) => {
                return Err(wrong("--severity", "takes SEV-1, SEV-2, SEV-3 or SEV-4", INCIDENT));
            }
            said => said.flatten(),
        };
        let read = |text: &str, option| read_text(text, option, INCIDENT);
        Ok(LogIncident {
            severity,
            secret: read_name(&self.secret, "--secret", INCIDENT)?,
            what: read(&self.what, "--what")?,
            resolution: self.resolution.map(|text| read(&text, "--resolution")).transpose()?,
            into: self.log.resolve(&self.common, INCIDENT)?,
        })
    }
}

impl IntoArguments {
    fn resolve(self, common: &Common, command: &str) -> Result<LogInto> {
        let date = match self.date.as_deref().map(parse_day) {
            Some(None) => {
                let why = "takes a day that there is, such as 2026-02-23";
                return Err(wrong("--date", why, command));
            }
            said => said.flatten(),
        };
        Ok(LogInto {
            date,
            vault: self.vault,
            config: self.config,
            passphrase: common.passphrase(),
            messages: common.messages(),
        })
    }
}

/// What is no name may be a value: it is not repeated.
fn read_name(name: &str, option: &str, command: &str) -> Result<LogName> {
    let why = "takes the name of a secret, never its value: letters, digits and '_'";
    LogName::new(name).ok_or_else(|| wrong(option, why, command))
}

fn read_text(text: &str, option: &str, command: &str) -> Result<LogText> {
    LogText::new(text).map_err(|why| wrong(option, why, command))
}

fn wrong(option: &str, why: &str, command: &str) -> Error {
    CommandError::usage(format!("{option} {why}"), command)
}
