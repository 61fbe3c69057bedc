//! What the arguments, and breakglass.toml, say about the source.

use std::path::PathBuf;

#[cfg(not(feature = "infisical"))]
use crate::error::Error;
use crate::error::Result;
#[cfg(feature = "infisical")]
use crate::error::Warning;
use crate::process::Argv;
use crate::sources::Source;
#[cfg(feature = "infisical")]
use crate::sources::{Infisical, Limits, Settings};
use crate::terminal::Messages;

/// The source that the arguments name.
#[derive(Debug, Default)]
pub enum From {
    /// None; breakglass.toml may name one.
    #[default]
    Nothing,
    /// A file; `-` is standard input.
    Document(PathBuf),
    /// A command behind `--`.
    Command(Argv),
    /// Infisical.
    Infisical,
}

/// Where secrets come from, as far as the arguments say.
#[derive(Debug, Default)]
pub struct Setup {
    /// The source.
    pub from: From,
    /// What the options say about Infisical.
    #[cfg(feature = "infisical")]
    pub settings: Settings,
    /// What only options say about it.
    #[cfg(feature = "infisical")]
    pub limits: Limits,
}

impl Setup {
    /// Whether standard input is the source.
    pub fn is_stdin(&self) -> bool {
        matches!(&self.from, From::Document(path) if path.as_os_str() == "-")
    }

    /// The source, where there is one. A host that a file named is told before anything goes there.
    ///
    /// Errors: settings or credentials of Infisical are missing; this build has no Infisical.
    pub(super) fn source(self, messages: Messages) -> Result<Option<Source>> {
        match self.from {
            From::Nothing => Ok(None),
            From::Document(path) => Ok(Some(Source::Document(path))),
            From::Command(argv) => Ok(Some(Source::Command(argv))),
            #[cfg(feature = "infisical")]
            From::Infisical => {
                let infisical = Infisical::new(&self.settings, None, self.limits)?;
                if let Some(path) = infisical.host_from() {
                    let (host, path) = (infisical.host().to_owned(), path.to_owned());
                    messages.warning(&Warning::HostFromFile { host, path });
                }
                Ok(Some(Source::Infisical(Box::new(infisical))))
            }
            #[cfg(not(feature = "infisical"))]
            From::Infisical => Err(Error::WithoutInfisical),
        }
    }
}
