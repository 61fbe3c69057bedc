//! Where the secrets come from, and where the key of receipts lies: by the arguments, by
//! breakglass.toml, by custom.

use std::path::{Path, PathBuf};

use crate::checks::Supplies;
use crate::error::{CommandError, Error, FileError, Note, ReceiptError, Result, Warning};
use crate::process::Argv;
use crate::receipt::{self, Key, KeyAtHand};
use crate::records::{self, Config, KeyPlace};
use crate::sources::{Fetched, Source};
#[cfg(feature = "infisical")]
use crate::sources::{Infisical, Limits, Settings};
use crate::terminal::Messages;

/// The source that the arguments name.
#[derive(Debug, Default)]
pub enum SourceChoice {
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

/// What the arguments say.
#[derive(Debug, Default)]
pub struct Setup {
    /// The source.
    pub from: SourceChoice,
    /// The file that is read in place of the nearest breakglass.toml.
    pub config: Option<PathBuf>,
    /// Where the key of receipts lies.
    pub receipt_key: Option<KeyPlace>,
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
        matches!(&self.from, SourceChoice::Document(path) if path.as_os_str() == "-")
    }

    /// Adds what breakglass.toml says.
    ///
    /// Errors: it is broken.
    pub(in crate::commands) fn resolve(self, messages: Messages) -> Result<Plan> {
        let config = Config::find(self.config.as_deref())?.unwrap_or_default();
        Ok(Plan { setup: self, config, offline: false, messages })
    }
}

/// Arguments and breakglass.toml together.
#[derive(Debug)]
pub(in crate::commands) struct Plan {
    setup: Setup,
    config: Config,
    /// Whether breakglass.toml names no source either.
    offline: bool,
    messages: Messages,
}

impl Plan {
    /// The vault that is meant where the arguments name none.
    pub(in crate::commands) fn vault(&self) -> Result<PathBuf> {
        self.config.vault.clone().ok_or(Error::Command(CommandError::NoVault))
    }

    /// All that breakglass.toml says.
    pub(in crate::commands) fn config(&self) -> &Config {
        &self.config
    }

    /// Whether the arguments themselves name a source.
    pub(in crate::commands) fn is_asked_to_compare(&self) -> bool {
        !matches!(self.setup.from, SourceChoice::Nothing)
    }

    /// Names that must be in every vault.
    pub(in crate::commands) fn required(&self) -> &[String] {
        &self.config.required
    }

    /// Leaves the source alone.
    pub(in crate::commands) fn offline(&mut self) {
        self.setup.from = SourceChoice::Nothing;
        self.offline = true;
    }

    /// Fetches the secrets; nothing where no source is named.
    ///
    /// Errors: interrupted. All else is in what is returned.
    pub(in crate::commands) fn secrets(&mut self) -> Result<Option<Result<Fetched>>> {
        self.fetch(None)
    }

    /// Fetches the secrets and the key of receipts, from Infisical in one session.
    ///
    /// Errors: as [`Plan::secrets`].
    pub(in crate::commands) fn secrets_and_key(&mut self) -> Result<Supplies> {
        let place = self.key_place();
        let within = match &place {
            Ok(KeyPlace::Infisical(path)) => Some(path.as_str()),
            _ => None,
        };
        let fetched = self.fetch(within)?;
        let key = match (place, &fetched) {
            (Err(error), _) => Err(error),
            (Ok(KeyPlace::File(path)), _) => self.key_of_file(&path, false),
            (Ok(KeyPlace::Infisical(_)), Some(Ok(Fetched { receipt_key: Some(hex), .. }))) => {
                Key::from_hex(hex.expose())
            }
            (Ok(KeyPlace::Infisical(_)), Some(Err(error))) => Err(error.clone()),
            (Ok(KeyPlace::Infisical(path)), _) => self.key_of_infisical(&path),
        };
        let key = match key {
            Ok(key) => Ok(KeyAtHand::Ready(key)),
            Err(Error::Receipt(ReceiptError::NoKey { path })) => Ok(KeyAtHand::ToMake(path)),
            Err(error) => self.tolerate(error),
        };
        Ok(Supplies { fetched, key })
    }

    /// The key of receipts alone.
    pub(in crate::commands) fn key(&self) -> Result<Key> {
        match self.key_place()? {
            KeyPlace::File(path) => self.key_of_file(&path, false),
            KeyPlace::Infisical(path) => self.key_of_infisical(&path),
        }
    }

    /// The key to write a receipt with; makes it where its file is missing, and warns where there is none.
    ///
    /// Errors: the key cannot be made at the place that was named.
    pub(in crate::commands) fn made(&self, key: KeyAtHand) -> Result<Option<Key>> {
        let key = match key {
            KeyAtHand::ToMake(path) => match self.key_of_file(&path, true) {
                Ok(key) => KeyAtHand::Ready(key),
                Err(error) => self.tolerate(error)?,
            },
            other => other,
        };
        if let KeyAtHand::Ready(key) = key {
            return Ok(Some(key));
        }
        let reason = key.ready().err().unwrap_or(Error::Internal).to_string();
        self.messages.warning(&Warning::NoReceipt { reason });
        Ok(None)
    }

    /// Without a key at the usual place, a vault is sealed all the same; one that was placed must be there.
    fn tolerate(&self, error: Error) -> Result<KeyAtHand> {
        let is_placed = self.setup.receipt_key.is_some() || self.config.receipt_key.is_some();
        if is_placed { Err(error) } else { Ok(KeyAtHand::Missing(error)) }
    }

    fn fetch(&mut self, receipt_key: Option<&str>) -> Result<Option<Result<Fetched>>> {
        let messages = self.messages;
        let fetched = self.source().transpose().map(|source| {
            let source = source?;
            let within = receipt_key.filter(|_| source.is_infisical());
            source.fetch(within, &|warning| messages.warning(warning))
        });
        match fetched {
            Some(Err(error @ Error::File(FileError::Interrupted { .. }))) => Err(error),
            other => Ok(other),
        }
    }

    fn key_place(&self) -> Result<KeyPlace> {
        match self.setup.receipt_key.clone().or_else(|| self.config.receipt_key.clone()) {
            Some(place) => Ok(place),
            None => Ok(KeyPlace::File(records::state_folder()?.join("receipt.key"))),
        }
    }

    fn key_of_file(&self, path: &Path, make: bool) -> Result<Key> {
        let file = receipt::key_from_file(path, make)?;
        if file.loose {
            self.messages.warning(&Warning::LoosePermissions { path: path.into() });
        }
        if file.created {
            self.messages.note(&Note::KeyMade { path: path.into() });
        }
        Ok(file.key)
    }

    fn source(&mut self) -> Result<Option<Source>> {
        match std::mem::take(&mut self.setup.from) {
            SourceChoice::Nothing if self.offline || self.config.infisical.is_none() => Ok(None),
            SourceChoice::Document(path) => Ok(Some(Source::Document(path))),
            SourceChoice::Command(argv) => Ok(Some(Source::Command(argv))),
            #[cfg(feature = "infisical")]
            SourceChoice::Nothing | SourceChoice::Infisical => {
                Ok(Some(Source::Infisical(Box::new(self.infisical()?))))
            }
            #[cfg(not(feature = "infisical"))]
            SourceChoice::Nothing | SourceChoice::Infisical => {
                Err(CommandError::WithoutInfisical.into())
            }
        }
    }

    /// The key alone, where the secrets come from somewhere else.
    #[cfg(feature = "infisical")]
    fn key_of_infisical(&self, path: &str) -> Result<Key> {
        let messages = self.messages;
        let hex = self.infisical()?.receipt_key(path, &|warning| messages.warning(warning))?;
        Key::from_hex(hex.expose())
    }

    #[cfg(not(feature = "infisical"))]
    fn key_of_infisical(&self, _path: &str) -> Result<Key> {
        Err(CommandError::WithoutInfisical.into())
    }

    /// Infisical, with the credentials out of the environment. A host that a file named is told
    /// before anything goes there.
    #[cfg(feature = "infisical")]
    fn infisical(&self) -> Result<Infisical> {
        let table = self.config.infisical.as_ref();
        let file = table.map(|settings| (settings, self.config.path.as_path()));
        let infisical = Infisical::new(&self.setup.settings, file, self.setup.limits)?;
        if let Some(path) = infisical.host_from() {
            let (host, path) = (infisical.host().to_owned(), path.to_owned());
            self.messages.warning(&Warning::HostFromFile { host, path });
        }
        Ok(infisical)
    }
}
