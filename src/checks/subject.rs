//! What is checked, and what is asked of all of it. Evidence is gathered first and judged later.

use std::cell::LazyCell;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use super::detail::Detail;
use super::traces::{self, Traces};
use crate::error::{Error, Quoted, Result};
use crate::kit::Checked;
use crate::payload::{Differences, Reading, VaultId};
use crate::receipt::{self, Receipt, ReceiptFacts};
use crate::records::{self, Config, Entry, Journal, RotationLog};
use crate::vault::Vault;

/// What a subject is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A vault's file, which is opened.
    Vault,
    /// A kit on a stick, or what is in its place.
    Kit,
    /// A receipt, in the place of its vault.
    Receipt,
    /// A vault's file, looked at from outside.
    Outside,
    /// What this machine runs, keeps and owes.
    Service,
    /// What this machine does for secrets in memory.
    Memory,
}

/// Whether a vault was opened.
#[derive(Debug, Default)]
pub enum Opened {
    /// Nobody asked for it.
    #[default]
    No,
    /// It does not open, or there is no passphrase.
    Failed(Error),
    /// Its document.
    Yes(Box<Reading>),
}

/// What a vault holds, by itself or by its receipt.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// The names in it.
    pub names: Vec<String>,
    /// Names that were left out of it on purpose.
    pub skipped: Vec<String>,
    /// When it was sealed.
    pub sealed: Option<Timestamp>,
}

/// How a copy compares with its source.
#[derive(Debug)]
pub enum Compared {
    /// With the source of that label; these names were left out when it was sealed.
    With(String, Differences, Vec<String>),
    /// It could not be compared.
    Unknown(Error),
}

/// A receipt at hand, and what it says of its vault.
#[derive(Clone, Debug)]
pub struct Known {
    pub(super) path: PathBuf,
    pub(super) facts: ReceiptFacts,
}

impl Known {
    /// The receipt of a subject, where it has one.
    pub fn of(subject: &Subject) -> Option<Known> {
        let facts = subject.readable_receipt()?.facts().clone();
        Some(Known { path: subject.path.clone(), facts })
    }

    /// The receipt beside a vault, where there is one.
    pub fn beside(vault: &Path) -> Option<Known> {
        let facts = receipt::read_beside(vault).ok()?.facts().clone();
        Some(Known { path: vault.to_owned(), facts })
    }
}

/// What is asked of every subject.
pub struct Question<'a> {
    /// breakglass.toml.
    pub config: &'a Config,
    /// How old a vault may be.
    pub max_age: Option<SignedDuration>,
    /// Why comparing with a source is not asked for, where it is not.
    pub narrowed: Option<Detail>,
    /// The log of rotations.
    pub rotations: Result<Option<RotationLog>>,
    /// What this machine remembers.
    pub journal: Result<Option<Journal>>,
    /// Ids of the vaults whose secrets running processes have; looked up when a layer asks.
    pub running: LazyCell<Vec<VaultId>>,
    /// Every receipt at hand.
    pub known: Vec<Known>,
    /// Whether there is more than one copy.
    pub several: bool,
    /// Now.
    pub now: Timestamp,
}

/// What `status` asks about: all that this machine has of secrets, whatever vault they are of.
pub struct Service {
    /// What has secrets now.
    pub traces: Traces,
    /// The vault that was named, or the configured one, as far as it is known.
    pub copy: Option<Entry>,
}

/// One thing that is checked, with the evidence at hand.
pub struct Subject {
    /// What it is.
    pub kind: Kind,
    /// What it is called in its report.
    pub title: String,
    /// Where it is.
    pub path: PathBuf,
    /// What was found in its place.
    pub in_its_place: Option<Detail>,
    /// The kit.
    pub kit: Option<Result<Checked>>,
    /// The vault.
    pub vault: Option<Result<Vault>>,
    /// Its receipt.
    pub receipt: Option<Result<Receipt>>,
    /// Its document.
    pub opened: Opened,
    /// What is in it.
    pub contents: Option<Contents>,
    /// How it compares with its source.
    pub compared: Option<Compared>,
    /// What runs, for [`Kind::Service`].
    pub service: Option<Service>,
}

impl Contents {
    /// What an opened vault says of itself.
    pub fn of_reading(reading: &Reading) -> Contents {
        let header = reading.header.as_ref();
        Contents {
            names: reading.secrets.names().map(str::to_owned).collect(),
            skipped: header.map(|header| header.skipped.clone()).unwrap_or_default(),
            sealed: header.and_then(|header| header.sealed),
        }
    }

    /// What a receipt says of its vault.
    pub fn of_receipt(receipt: &Receipt) -> Contents {
        let facts = receipt.facts();
        Contents {
            names: receipt.names().map(str::to_owned).collect(),
            skipped: facts.skipped.clone(),
            sealed: Some(facts.sealed),
        }
    }
}

impl<'a> Question<'a> {
    /// What breakglass.toml, the logs and this machine say.
    pub fn new(config: &'a Config) -> Question<'a> {
        Question {
            journal: records::journal(),
            running: LazyCell::new(traces::running),
            rotations: RotationLog::read(&config.rotation_log()),
            now: records::now(),
            config,
            max_age: config.max_age,
            narrowed: None,
            known: Vec::new(),
            several: false,
        }
    }
}

impl Subject {
    /// Nothing is known of it yet.
    pub fn new(kind: Kind, path: &Path) -> Subject {
        Subject {
            kind,
            title: Quoted(path).to_string(),
            path: path.to_owned(),
            in_its_place: None,
            kit: None,
            vault: None,
            receipt: None,
            opened: Opened::No,
            contents: None,
            compared: None,
            service: None,
        }
    }

    /// This machine.
    pub fn machine(kind: Kind) -> Subject {
        Subject { title: "this machine".to_owned(), ..Subject::new(kind, Path::new("")) }
    }

    /// The kit, if it can be read.
    pub fn readable_kit(&self) -> Option<&Checked> {
        self.kit.as_ref()?.as_ref().ok()
    }

    /// The vault, also that of a kit, or why it cannot be read.
    pub fn found_vault(&self) -> Option<&Result<Vault>> {
        self.vault.as_ref().or_else(|| Some(&self.readable_kit()?.vault))
    }

    /// The vault, if it can be read.
    pub fn readable_vault(&self) -> Option<&Vault> {
        self.found_vault()?.as_ref().ok()
    }

    /// The receipt, also that of a kit, if it can be read.
    pub fn readable_receipt(&self) -> Option<&Receipt> {
        let of_kit = || self.readable_kit()?.receipt.as_ref();
        self.receipt.as_ref().or_else(of_kit)?.as_ref().ok()
    }

    /// The document, if the vault was opened.
    pub fn reading(&self) -> Option<&Reading> {
        if let Opened::Yes(reading) = &self.opened { Some(reading) } else { None }
    }
}
