//! The arguments that say where secrets come from.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::args::argv;
use crate::commands::{From, Setup};
#[cfg(feature = "infisical")]
use crate::error::Error;
use crate::error::Result;
#[cfg(feature = "infisical")]
use crate::sources::{Limits, Settings};

/// What there is to say about Infisical: the same for `seal` and `verify`.
#[cfg(feature = "infisical")]
#[derive(Args, Debug)]
#[command(next_help_heading = "Infisical")]
pub(super) struct SourceArguments {
    /// The server, https://app.infisical.com unless said
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
impl SourceArguments {
    pub(super) fn resolve(self, from: From) -> Result<Setup> {
        let timeout = match self.infisical_timeout.map(|text| text.parse::<u64>()) {
            None => None,
            Some(Ok(seconds @ 1..=3600)) => Some(std::time::Duration::from_secs(seconds)),
            Some(_) => {
                return Err(Error::Usage {
                    sentence: "--infisical-timeout takes seconds, 1 to 3600".to_owned(),
                    command: "breakglass seal".to_owned(),
                });
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
        Ok(Setup { from, settings, limits })
    }
}

/// Without Infisical there is nothing to say about it.
#[cfg(not(feature = "infisical"))]
#[derive(Args, Debug)]
pub(super) struct SourceArguments {}

#[cfg(not(feature = "infisical"))]
impl SourceArguments {
    pub(super) fn resolve(self, from: From) -> Result<Setup> {
        Ok(Setup { from })
    }
}

/// The source that `--from` or `--` names, where one does. A file named infisical is `./infisical`.
pub(super) fn from(path: Option<PathBuf>, command: Vec<OsString>) -> Result<From> {
    Ok(match path {
        Some(path) if path.as_os_str() == "infisical" => From::Infisical,
        Some(path) => From::Document(path),
        None => argv(command)?.map_or(From::Nothing, From::Command),
    })
}
