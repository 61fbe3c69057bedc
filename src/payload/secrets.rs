//! Named secrets in one region, each already in the form in which a process gets it.

use crate::error::{PayloadError, Result};
use crate::memory::Region;

/// Secrets by name, in byte order of the names, each stored once as `NAME=value\0`.
///
/// That is the form execve takes, so nothing has to be copied on the way to a child.
pub struct Secrets {
    store: Region,
    entries: Vec<Slot>,
    open: Option<Slot>,
    impossible: Vec<String>,
    skipped: Vec<String>,
}

/// Where a secret stands in the store. Offsets and sizes in bytes.
#[derive(Clone, Copy, Debug)]
struct Slot {
    at: usize,
    name: usize,
    pair: usize,
    line: u32,
}

/// One secret: its name, and the way to its value.
#[derive(Clone, Copy)]
pub struct Secret<'a> {
    pair: &'a [u8],
    name: usize,
}

/// How much to put up with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// For sealing and comparing: anything that a shell would read otherwise is an error.
    Strict,
    /// For the outage: expansion characters are taken literally, CRLF line ends and a byte order
    /// mark are dropped, of equal names the last one counts.
    Lenient,
}

/// The line of what has none.
pub(super) const NO_LINE: u32 = 0;

impl<'a> Secret<'a> {
    /// The name.
    pub fn name(&self) -> &'a str {
        self.pair.get(..self.name).and_then(|name| str::from_utf8(name).ok()).unwrap_or_default()
    }

    /// The secret value.
    pub fn expose(&self) -> &'a [u8] {
        self.pair.get(self.name + 1..self.pair.len().saturating_sub(1)).unwrap_or_default()
    }

    /// `NAME=value\0`, the form an environment holds.
    pub fn expose_pair(&self) -> &'a [u8] {
        self.pair
    }
}

impl Secrets {
    /// No secrets yet, with room for a source of `bytes` bytes: no form of input that is read
    /// here is shorter than what it says, but for one byte at its very end.
    pub(super) fn for_source_of(bytes: usize) -> Result<Secrets> {
        Ok(Secrets {
            store: Region::with_capacity(bytes.saturating_add(2))?,
            entries: Vec::new(),
            open: None,
            impossible: Vec::new(),
            skipped: Vec::new(),
        })
    }

    /// Takes note of a name that cannot stand in an environment. Its value is not kept: every entry
    /// here is a proper `NAME=value\0`.
    pub(super) fn refuse(&mut self, name: &str) {
        self.impossible.push(name.to_owned());
    }

    /// Takes note of a name that was left out as asked.
    pub(super) fn skip(&mut self, name: &str) {
        if !self.skipped.iter().any(|skipped| skipped == name) {
            self.skipped.push(name.to_owned());
        }
    }

    /// Begins a secret; its value follows by [`Secrets::push`], its end by [`Secrets::finish`].
    pub(super) fn begin(&mut self, name: &[u8], line: u32) -> Result<()> {
        self.abandon();
        self.open = Some(Slot { at: self.store.len(), name: name.len(), pair: 0, line });
        self.store.extend(name)?;
        self.store.extend(b"=")
    }

    /// Adds to the value of the secret begun last.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.store.extend(bytes)
    }

    /// The value of the secret begun last, as far as it has come.
    pub(super) fn so_far(&self) -> &[u8] {
        let start = self.open.map_or(usize::MAX, |entry| entry.at + entry.name + 1);
        self.store.expose().get(start..).unwrap_or_default()
    }

    /// Ends the secret begun last.
    ///
    /// Errors: a NUL byte in it, or bytes that are not UTF-8. Either names the secret and its line.
    pub(super) fn finish(&mut self) -> Result<()> {
        let Some(mut entry) = self.open.take() else { return Ok(()) };
        self.store.extend(b"\0")?;
        entry.pair = self.store.len() - entry.at;
        self.entries.push(entry);
        let secret = self.secret(&entry);
        if secret.expose().contains(&0) {
            return Err(PayloadError::NulInValue {
                line: entry.line,
                name: secret.name().to_owned(),
            }
            .into());
        }
        if str::from_utf8(secret.expose()).is_err() {
            return Err(PayloadError::ValueNotUtf8 {
                line: entry.line,
                name: secret.name().to_owned(),
            }
            .into());
        }
        Ok(())
    }

    /// Wipes a secret that was begun and not ended.
    pub(super) fn abandon(&mut self) {
        if let Some(entry) = self.open.take() {
            self.store.truncate(entry.at);
        }
    }

    /// Brings the secrets into order by name. Of equal names the last one counts, as for a shell, and the
    /// others are wiped.
    ///
    /// Returns the names of those. Errors: strictly, there are some.
    pub(super) fn settle(&mut self, strictness: Strictness) -> Result<Vec<String>> {
        self.abandon();
        let mut entries = std::mem::take(&mut self.entries);
        let name = |entry: &Slot| self.secret(entry).name();
        // Stable: of equal names the later one stays behind the earlier one.
        entries.sort_by(|a, b| name(a).cmp(name(b)));
        let (mut kept, mut superseded) = (Vec::with_capacity(entries.len()), Vec::new());
        for equal in entries.chunk_by(|a, b| name(a) == name(b)) {
            let Some((last, earlier)) = equal.split_last() else { continue };
            if strictness == Strictness::Strict && !earlier.is_empty() {
                return Err(PayloadError::DuplicateName {
                    line: last.line,
                    name: name(last).to_owned(),
                }
                .into());
            }
            kept.push(*last);
            superseded.extend_from_slice(earlier);
        }
        let names = superseded.iter().map(|entry| name(entry).to_owned()).collect();
        superseded.iter().for_each(|entry| self.wipe(entry));
        self.entries = kept;
        Ok(names)
    }

    /// Keeps the secrets whose names `keep` wants, wiping the others.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        let entries = std::mem::take(&mut self.entries);
        for entry in entries {
            if keep(self.secret(&entry).name()) {
                self.entries.push(entry);
            } else {
                self.wipe(&entry);
            }
        }
    }

    fn wipe(&mut self, entry: &Slot) {
        if let Some(bytes) = self.store.expose_mut().get_mut(entry.at..entry.at + entry.pair) {
            zeroize::zeroize_bytes(bytes);
        }
    }

    fn secret(&self, entry: &Slot) -> Secret<'_> {
        let pair = self.store.expose().get(entry.at..entry.at + entry.pair).unwrap_or_default();
        Secret { pair, name: entry.name }
    }

    /// Number of secrets.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The secrets, by name.
    pub fn iter(&self) -> impl Iterator<Item = Secret<'_>> {
        self.entries.iter().map(|entry| self.secret(entry))
    }

    /// The secrets, each behind its name, in order.
    pub fn by_name(&self) -> impl Iterator<Item = (&str, Secret<'_>)> {
        self.iter().map(|secret| (secret.name(), secret))
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|secret| secret.name())
    }

    /// The secret of that name.
    pub fn get(&self, name: &str) -> Option<Secret<'_>> {
        let found =
            self.entries.binary_search_by(|entry| self.secret(entry).name().cmp(name)).ok()?;
        self.entries.get(found).map(|entry| self.secret(entry))
    }

    /// Names that were read and not kept, because no environment can hold them.
    pub fn impossible(&self) -> &[String] {
        &self.impossible
    }

    /// Forgets those of them that `keep` does not want.
    pub fn retain_impossible(&mut self, keep: impl Fn(&str) -> bool) {
        self.impossible.retain(|name| keep(name));
    }

    /// Names that were left out as asked.
    pub fn skipped(&self) -> &[String] {
        &self.skipped
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(..)")
    }
}
