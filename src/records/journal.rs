//! The journal: one JSON object a line in `journal` in the state folder. It knows this machine only.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::folder::state_folder;
use super::logbook::{LogLine, Logbook};
use super::time::now;
use crate::error::{Error, Result, SystemError};
use crate::files;
use crate::payload::VaultId;

/// How long another writer is waited for: bookkeeping never holds up an outage.
const PATIENCE: Duration = Duration::from_secs(1);

/// What happened.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    /// A vault was sealed.
    Seal,
    /// The document of a vault was sealed anew, as it was: `sealed` is of the document.
    Reseal,
    /// A command got the secrets of a vault, or a person one of them.
    Use,
    /// A vault was opened and a command started from it, as a rehearsal.
    Drill,
    /// A copy was seen that was as it was written.
    Seen,
    /// Something that a later version writes.
    #[default]
    #[serde(other)]
    Other,
}

/// Something worth remembering. Nothing in it is secret.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(default)]
pub struct Entry {
    /// When.
    pub time: Timestamp,
    /// What.
    pub event: Event,
    /// The vault's id.
    pub vault: VaultId,
    /// When the vault was sealed, as far as it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Timestamp>,
    /// Where the vault's secrets came from, as far as it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// A seal: the id of the vault that was replaced. A reseal: of the vault whose document it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<VaultId>,
    /// A use: the program that got the secrets, without its arguments; `show` for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// A use: why, in the user's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who, as the environment says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// A use by PM2: its folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pm2_home: Option<PathBuf>,
    /// A use by PM2: the daemon that has the secrets since, by its number, its start in clock ticks, and the
    /// system's start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pm2_daemon: Option<(i32, i64, String)>,
    /// A copy: where it was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// A drill: how long opening and starting took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<u64>,
    /// A drill: whether everything went as it should.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed: Option<bool>,
}

/// All that this machine remembers. A crash may have cut a line off.
pub type Journal = Logbook<Entry>;

impl Entry {
    /// One of now, by this user.
    pub fn new(event: Event, vault: VaultId) -> Entry {
        let named = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let user = named("SUDO_USER").or_else(|| named("LOGNAME")).or_else(|| named("USER"));
        Entry { time: now(), event, vault, user, ..Entry::default() }
    }

    /// Whether both are of vaults with secrets from the same place in Infisical. Other sources, such as a
    /// file's name or standard input, do not tell.
    pub fn is_of_same_source(&self, other: &Entry) -> bool {
        let place = self.source.as_ref().filter(|source| source.starts_with("infisical "));
        place.is_some() && place == other.source.as_ref()
    }
}

/// Appends an entry to the journal and forces it to the disk.
///
/// Errors: no state folder is known, or it cannot be written.
pub fn record(entry: &Entry) -> Result<()> {
    let line = serde_json::to_string(entry).map_err(|_| Error::Internal)?;
    files::append_line(&state_folder()?.join(NAME), &line, PATIENCE)
}

const NAME: &str = "journal";

/// Reads the journal; nothing where there is none, or where the state folder is another user's, who keeps
/// another journal.
///
/// Errors: it is there and cannot be read.
pub fn journal() -> Result<Option<Journal>> {
    let Ok(folder) = state_folder() else { return Ok(None) };
    let user = rustix::process::geteuid().as_raw();
    match rustix::fs::stat(&folder) {
        Ok(stat) if stat.st_uid == user => {}
        Ok(_) | Err(rustix::io::Errno::NOENT | rustix::io::Errno::ACCESS) => return Ok(None),
        Err(error) => return Err(SystemError::from(error).reading(folder)),
    }
    Journal::read(&folder.join(NAME))
}

impl LogLine for Entry {
    fn parse(_: usize, text: &str) -> Option<Vec<Entry>> {
        let entry = serde_json::from_str::<Entry>(text).ok()?;
        (!entry.vault.as_str().is_empty()).then(|| vec![entry])
    }
}

impl Journal {
    /// Entries of that kind.
    pub fn of(&self, event: Event) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.event == event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let time = "2026-11-24T03:00:00Z".parse().expect("a time");
        let entry = Entry {
            time,
            event: Event::Use,
            vault: VaultId::parse(b"0123456789abcdef").expect("an id"),
            sealed: Some(time),
            source: Some("infisical app.infisical.com".to_owned()),
            program: Some("pm2".to_owned()),
            reason: Some("a \"reason\"\nwith ends".to_owned()),
            pm2_home: Some("/srv/.pm2".into()),
            pm2_daemon: Some((7, 1_790, "00000000-fake".to_owned())),
            ..Entry::default()
        };
        let line = serde_json::to_string(&entry).expect("writes");
        assert!(line.contains(r#""event":"use""#) && !line.contains('\n'), "{line}");
        assert_eq!(Journal::parse(line.as_bytes()).entries, [entry]);
    }

    #[test]
    fn other_lines() {
        // The first version of the journal wrote drills like this.
        let old = r#"{"event":"drill","milliseconds":97,"passed":true,"time":"2026-11-23T17:00:00Z","vault":"0123456789abcdef"}"#;
        let later = r#"{"event":"burial","time":"2027-01-01T00:00:00Z","vault":"0123456789abcdef","depth":6}"#;
        let text = format!("{old}\n{{\"event\":\"use\",\"ti\n\n{later}\n[]\n");
        let journal = Journal::parse(text.as_bytes());
        assert_eq!(journal.unreadable, [2, 5]);
        assert_eq!(journal.of(Event::Drill).count(), 1);
        assert_eq!(journal.of(Event::Other).count(), 1);
        assert_eq!(journal.of(Event::Drill).next().and_then(|drill| drill.passed), Some(true));
    }
}
