//! The arguments that say where secrets come from.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::argv;
use crate::commands::{Setup, SourceChoice};
#[cfg(feature = "infisical")]
use crate::error::CommandError;
use crate::error::Result;
use crate::records::KeyPlace;
#[cfg(feature = "infisical")]
use crate::sources::{Limits, Settings};

/// Where source and receipts are: the same for `seal` and `verify`.
#[derive(Args, Debug)]
pub(super) struct SourceArguments {
    /// Read FILE in place of the nearest breakglass.toml
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    config: Option<PathBuf>,

    /// Where the key of receipts lies: FILE, or infisical:/PATH
    ///
    /// A file of 64 hex digits, made where it is missing; or the secret BREAKGLASS_RECEIPT_KEY at
    /// PATH in Infisical. Unless said, a file in the state folder.
    #[arg(long, value_name = "KEY", hide_short_help = true)]
    receipt_key: Option<OsString>,

    #[cfg(feature = "infisical")]
    #[command(flatten)]
    infisical: InfisicalArguments,
}

impl SourceArguments {
    #[cfg_attr(
        not(feature = "infisical"),
        expect(unused_variables, reason = "only Infisical needs it")
    )]
    pub(super) fn resolve(self, from: SourceChoice, command: &str) -> Result<Setup> {
        let receipt_key = self.receipt_key.map(|text| KeyPlace::parse(&text)).transpose()?;
        #[cfg(feature = "infisical")]
        let (settings, limits) = self.infisical.resolve(command)?;
        Ok(Setup {
            from,
            config: self.config,
            receipt_key,
            #[cfg(feature = "infisical")]
            settings,
            #[cfg(feature = "infisical")]
            limits,
        })
    }
}

/// What there is to say about Infisical.
#[cfg(feature = "infisical")]
#[derive(Args, Debug)]
#[command(next_help_heading = "Infisical")]
struct InfisicalArguments {
    /// The server, app.infisical.com unless said
    #[arg(long, hide_short_help = true, value_name = "URL")]
    infisical_host: Option<String>,

    /// The project's id
    #[arg(long, hide_short_help = true, value_name = "ID")]
    infisical_project: Option<String>,

    /// The environment's slug, such as production
    #[arg(long, hide_short_help = true, value_name = "SLUG")]
    infisical_environment: Option<String>,

    /// The folder, / unless said
    #[arg(long, hide_short_help = true, value_name = "PATH")]
    infisical_path: Option<String>,

    /// Take the folders below it too
    #[arg(long, hide_short_help = true, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true)]
    infisical_recursive: Option<bool>,

    /// Take imported secrets too, as it does unless said
    #[arg(long, hide_short_help = true, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true)]
    infisical_imports: Option<bool>,

    /// How long the whole export may take, 60 unless said
    #[arg(long, hide_short_help = true, value_name = "SECONDS")]
    infisical_timeout: Option<String>,

    /// Send credentials without TLS to another machine
    #[arg(long, hide_short_help = true)]
    danger_http: bool,
}

#[cfg(feature = "infisical")]
impl InfisicalArguments {
    fn resolve(self, command: &str) -> Result<(Settings, Limits)> {
        let timeout = match self.infisical_timeout.map(|text| text.parse::<u64>()) {
            None => None,
            Some(Ok(seconds @ 1..=3600)) => Some(std::time::Duration::from_secs(seconds)),
            Some(_) => {
                return Err(CommandError::usage(
                    "--infisical-timeout takes seconds, 1 to 3600",
                    command,
                ));
            }
        };
        let settings = Settings {
            host: self.infisical_host,
            project: self.infisical_project,
            environment: self.infisical_environment,
            path: self.infisical_path,
            recursive: self.infisical_recursive,
            imports: self.infisical_imports,
        };
        let limits = Limits { timeout, danger_http: self.danger_http };
        Ok((settings, limits))
    }
}

/// The source that `--from` or `--` names, where one does. A file named infisical is `./infisical`.
pub(super) fn from(path: Option<PathBuf>, command: Vec<OsString>) -> Result<SourceChoice> {
    Ok(match path {
        Some(path) if path.as_os_str() == "infisical" => SourceChoice::Infisical,
        Some(path) => SourceChoice::Document(path),
        None => argv(command)?.map_or(SourceChoice::Nothing, SourceChoice::Command),
    })
}
