//! Tables of a TOML file, read by keys that are known beforehand. Each error has a place.
//!
//! No error shows a value, nor a key that may be one.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Error, Place, RecordsError, Result, misleads};
use crate::payload::is_identifier;

/// Parts of keys under which somebody would write a credential.
const CREDENTIALS: [&str; 10] = [
    "secret", "token", "pass", "creden", "client", "apikey", "api_key", "api-key", "auth",
    "private",
];

/// The longest unknown key that is shown, in bytes.
const MAX_SHOWN_KEY: usize = 24;

const A_SECRET: &str =
    "a table, such as { class = \"high\", rotation = \"90d\" }, and never the value";

/// The file, to tell where in it something stands.
pub(super) struct TomlText<'a> {
    pub(super) path: &'a Path,
    pub(super) bytes: &'a [u8],
}

impl TomlText<'_> {
    /// The place of the byte at `at`.
    pub(super) fn place(&self, at: usize) -> Place {
        let before = self.bytes.get(..at).unwrap_or(self.bytes);
        let line = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let lines = before.iter().filter(|byte| **byte == b'\n').count();
        let characters =
            String::from_utf8_lossy(line).trim_start_matches('\u{FEFF}').chars().count();
        let from_one = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
        Place { path: self.path.into(), line: from_one(lines), column: from_one(characters) }
    }
}

/// A table in which all keys are known.
pub(super) struct Table<'a> {
    text: &'a TomlText<'a>,
    entries: &'a DeTable<'a>,
}

impl<'a> Table<'a> {
    /// Errors: the first unknown key.
    pub(super) fn new(
        text: &'a TomlText<'a>,
        table: &'static str,
        known: &'static [&'static str],
        entries: &'a DeTable<'a>,
    ) -> Result<Table<'a>> {
        let unknown = entries.keys().filter(|key| !known.contains(&key.get_ref().as_ref()));
        let Some(key) = unknown.min_by_key(|key| key.span().start) else {
            return Ok(Table { text, entries });
        };
        let place = text.place(key.span().start);
        let key: &str = key.get_ref();
        let lower = key.to_ascii_lowercase();
        let shown = if is_shown(key) { key.to_owned() } else { String::new() };
        if CREDENTIALS.iter().any(|part| lower.contains(part)) {
            Err(RecordsError::Credential { place, key: shown }.into())
        } else {
            Err(RecordsError::UnknownKey { place, key: shown, table, known }.into())
        }
    }

    /// The value of a key, which is the last part of what errors call it: `host` of `infisical.host`.
    fn get(&self, shown: &str) -> Option<(&'a DeValue<'a>, Range<usize>)> {
        let key = shown.rsplit('.').next()?;
        self.entries.get(key).map(|value| (value.get_ref(), value.span()))
    }

    fn wrong(&self, at: Range<usize>, key: &'static str, expected: &'static str) -> Error {
        Error::Records(RecordsError::WrongValue { place: self.text.place(at.start), key, expected })
    }

    fn entries(&self, key: &'static str) -> Result<Option<&'a DeTable<'a>>> {
        match self.get(key) {
            None => Ok(None),
            Some((DeValue::Table(entries), _)) => Ok(Some(entries)),
            Some((_, at)) => Err(self.wrong(at, key, "a table")),
        }
    }

    /// The table of that name.
    pub(super) fn table(
        &self,
        key: &'static str,
        shown: &'static str,
        known: &'static [&'static str],
    ) -> Result<Option<Table<'a>>> {
        let entries = self.entries(key)?;
        entries.map(|entries| Table::new(self.text, shown, known, entries)).transpose()
    }

    /// The tables in the table of that name, by their keys, which are names of secrets. `shown` stands for
    /// each of them in errors.
    pub(super) fn named_tables(
        &self,
        key: &'static str,
        shown: &'static str,
        known: &'static [&'static str],
    ) -> Result<Vec<(&'a str, Table<'a>)>> {
        let mut tables = Vec::new();
        for (name, value) in self.entries(key)?.into_iter().flatten() {
            if !is_identifier(name.get_ref().as_bytes()) {
                return Err(self.wrong(name.span(), shown, "under the name of a secret"));
            }
            let DeValue::Table(table) = value.get_ref() else {
                return Err(self.wrong(value.span(), shown, A_SECRET));
            };
            tables.push((name.get_ref().as_ref(), Table::new(self.text, shown, known, table)?));
        }
        Ok(tables)
    }

    /// The tables in the list of that name, each of which has all of the `needed` keys.
    pub(super) fn tables(
        &self,
        key: &'static str,
        shown: &'static str,
        known: &'static [&'static str],
        needed: &[&'static str],
        expected: &'static str,
    ) -> Result<Vec<Table<'a>>> {
        let Some((value, at)) = self.get(key) else { return Ok(Vec::new()) };
        let list = value.as_array().ok_or_else(|| self.wrong(at, key, expected))?;
        let read = |value: &'a Spanned<DeValue<'a>>| -> Result<Option<Table<'a>>> {
            let DeValue::Table(entries) = value.get_ref() else { return Ok(None) };
            let table = Table::new(self.text, shown, known, entries)?;
            Ok(needed.iter().all(|key| table.get(key).is_some()).then_some(table))
        };
        let table = |value: &'a Spanned<DeValue<'a>>| {
            read(value)?.ok_or_else(|| self.wrong(value.span(), key, expected))
        };
        list.iter().map(table).collect()
    }

    /// What `read` makes of a text that is not empty and misleads nobody.
    pub(super) fn text<T>(
        &self,
        shown: &'static str,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>> {
        let Some((value, at)) = self.get(shown) else { return Ok(None) };
        let value = proper_text(value).and_then(read);
        value.map(Some).ok_or_else(|| self.wrong(at, shown, expected))
    }

    pub(super) fn switch(&self, shown: &'static str) -> Result<Option<bool>> {
        let Some((value, at)) = self.get(shown) else { return Ok(None) };
        let expected = "true or false, without quotes";
        value.as_bool().map(Some).ok_or_else(|| self.wrong(at, shown, expected))
    }

    /// A list of what `read` makes of texts that are not empty and mislead nobody, each once.
    pub(super) fn texts<T>(
        &self,
        key: &'static str,
        expected: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>> {
        let Some((value, at)) = self.get(key) else { return Ok(Vec::new()) };
        let list = value.as_array().ok_or_else(|| self.wrong(at, key, expected))?;
        let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
        for value in list.iter() {
            let one =
                proper_text(value.get_ref()).filter(|text| seen.insert(*text)).and_then(&read);
            found.push(one.ok_or_else(|| self.wrong(value.span(), key, expected))?);
        }
        Ok(found)
    }
}

fn proper_text<'a>(value: &'a DeValue<'_>) -> Option<&'a str> {
    value.as_str().filter(|text| !text.is_empty() && !text.chars().any(misleads))
}

/// Whether an unknown key looks like a setting's name, and not like a secret that somebody wrote where
/// a key belongs.
fn is_shown(key: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_' || byte == b'-';
    !key.is_empty() && key.len() <= MAX_SHOWN_KEY && key.bytes().all(plain)
}
