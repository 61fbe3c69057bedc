//! Where secrets come from when a vault is sealed or compared.

mod command;
#[cfg(feature = "infisical")]
mod infisical;
mod settings;

use std::path::PathBuf;

#[cfg(all(feature = "infisical", fuzzing))]
pub use self::infisical::read_answer;
#[cfg(feature = "infisical")]
pub use self::infisical::{Infisical, Limits};
pub use self::settings::Settings;

use crate::error::{Escaped, PayloadError, Result, Warning};
use crate::files::{self, Read};
use crate::memory::Region;
use crate::payload::{self, Secrets, Strictness};
use crate::process::Argv;

/// A place to read all secrets from.
#[derive(Debug)]
pub enum Source {
    /// A document or JSON in a file; `-` is standard input.
    Document(PathBuf),
    /// What a command prints.
    Command(Argv),
    /// A folder on an Infisical server.
    #[cfg(feature = "infisical")]
    Infisical(Box<Infisical>),
}

/// What a source gave.
#[derive(Debug)]
pub struct Fetched {
    /// A document or JSON, as it came.
    pub text: Region,
    /// Where it came from, for the vault's header: one line, no arguments, no folders.
    pub label: String,
    /// The file, where it lies on a disk.
    pub on_disk: Option<PathBuf>,
    /// The key of receipts, where it was asked for and the source is Infisical. Not yet looked at.
    pub receipt_key: Option<Region>,
}

/// Told of what does not stop the work.
pub type Warn<'a> = &'a dyn Fn(&Warning);

/// The secrets in what a source gave, strictly read, but for those named in `skip`.
///
/// Errors: anything that strict reading refuses, names that no environment can hold, or not one
/// secret.
pub fn secrets_in(text: &Region, skip: &[String]) -> Result<Secrets> {
    let secrets = payload::read(text.expose(), Strictness::Strict, skip)?.secrets;
    if !secrets.impossible().is_empty() {
        return Err(PayloadError::ImpossibleNames { names: secrets.impossible().to_vec() }.into());
    }
    if secrets.is_empty() { Err(PayloadError::NoSecrets.into()) } else { Ok(secrets) }
}

impl Source {
    /// Reads all of it, and from Infisical also the key of receipts at the path `receipt_key`.
    ///
    /// Errors: unreadable, too large, or a command that failed or printed nothing; of Infisical, see
    /// [`crate::error::InfisicalError`].
    #[cfg_attr(
        not(feature = "infisical"),
        expect(unused_variables, reason = "only Infisical needs it")
    )]
    pub fn fetch(&self, receipt_key: Option<&str>, warn: Warn<'_>) -> Result<Fetched> {
        let label = self.label();
        let fetched = |text| Fetched { text, label, on_disk: None, receipt_key: None };
        match self {
            Source::Document(path) => {
                let Read { bytes, is_file, .. } = files::read_plaintext(path)?;
                let on_disk = is_file.then(|| path.clone());
                Ok(Fetched { on_disk, ..fetched(bytes) })
            }
            Source::Command(argv) => command::output(argv).map(fetched),
            #[cfg(feature = "infisical")]
            Source::Infisical(infisical) => {
                let (text, receipt_key) = infisical.secrets(receipt_key, warn)?;
                Ok(Fetched { receipt_key, ..fetched(text) })
            }
        }
    }

    /// Whether it is standard input.
    pub fn is_stdin(&self) -> bool {
        matches!(self, Source::Document(path) if path.as_os_str() == "-")
    }

    /// Whether it is Infisical, which can hold the key of receipts too.
    pub fn is_infisical(&self) -> bool {
        #[cfg(feature = "infisical")]
        return matches!(self, Source::Infisical(_));
        #[cfg(not(feature = "infisical"))]
        false
    }

    fn label(&self) -> String {
        match self {
            _ if self.is_stdin() => "standard input".to_owned(),
            Source::Document(path) => format!("file {}", Escaped(&last_part(path))),
            Source::Command(argv) => {
                format!("command {}", Escaped(&last_part(argv.program().as_ref())))
            }
            #[cfg(feature = "infisical")]
            Source::Infisical(infisical) => infisical.label(),
        }
    }
}

fn last_part(path: &std::path::Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
