//! Secrets on their way from a list to one text: which of several with the same name counts.

use std::collections::BTreeMap;

use super::json::object;
use crate::error::{Error, InfisicalError, Result};
use crate::memory::Region;

/// Which of two equal names counts: the higher rank. A folder's own secrets stand above all that it
/// imports, and of those the last import counts, as for Infisical's own command line.
pub(super) type Rank = usize;

/// The rank of a folder's own secrets.
pub(super) const OWN: Rank = Rank::MAX;

/// What one entry of a list says, but for its value.
#[derive(Debug)]
pub(super) struct SecretEntry {
    pub(super) name: String,
    /// The folder that it stands in.
    pub(super) folder: String,
    /// Whether the server does not show its value.
    pub(super) hidden: bool,
}

/// All secrets of a list, each value once, in one region.
#[derive(Debug)]
pub(super) struct Gathered {
    values: Region,
    /// Whether folders are listed that have imports of their own each: nothing says then which of
    /// several equal names counts.
    several_folders: bool,
    held: BTreeMap<String, Chosen>,
}

/// The secret that counts so far among those of its name. Offsets in bytes.
#[derive(Debug)]
struct Chosen {
    from: usize,
    to: usize,
    rank: Rank,
    /// Where it stands: more than one is one too many.
    folders: Vec<String>,
    hidden: bool,
}

impl Gathered {
    pub(super) fn new(several_folders: bool) -> Result<Gathered> {
        let values = Region::with_capacity(4096)?;
        Ok(Gathered { values, several_folders, held: BTreeMap::new() })
    }

    /// The place where the next value will begin.
    pub(super) fn mark(&self) -> usize {
        self.values.len()
    }

    /// Takes a value in; what it belongs to is told by [`Gathered::keep`].
    pub(super) fn push(&mut self, value: &[u8]) -> Result<()> {
        self.values.extend(value)
    }

    /// Forgets the value that began at `mark`.
    pub(super) fn drop_from(&mut self, mark: usize) {
        self.values.truncate(mark);
    }

    /// Keeps the value that began at `mark`, or forgets it where another of its name counts.
    pub(super) fn keep(&mut self, mark: usize, entry: SecretEntry, rank: Rank) {
        let SecretEntry { name, folder, hidden } = entry;
        let rank = if self.several_folders { OWN } else { rank };
        let new = Chosen { from: mark, to: self.values.len(), rank, folders: vec![folder], hidden };
        match self.held.get_mut(&name) {
            Some(held) if held.rank > rank => self.values.truncate(mark),
            Some(held) if held.rank == rank => {
                held.folders.extend(new.folders);
                self.values.truncate(mark);
            }
            Some(held) => *held = new,
            None => {
                self.held.insert(name, new);
            }
        }
    }

    /// The value of one name, where it is there and not hidden.
    pub(super) fn take(&mut self, name: &str) -> Result<Option<Region>> {
        let Some(held) = self.held.remove(name).filter(|held| !held.hidden) else {
            return Ok(None);
        };
        let value = self.values.expose().get(held.from..held.to).unwrap_or_default();
        Region::copy_of(value).map(Some)
    }

    /// All of them as JSON, `{"NAME":"value"}`.
    ///
    /// Errors: none at all; names in several folders; values that the server hides.
    pub(super) fn to_json(&self) -> Result<Region> {
        let refused = |trouble| Err(Error::Infisical(trouble));
        if self.held.is_empty() {
            return refused(InfisicalError::Empty);
        }
        let several = self.held.iter().filter(|(_, held)| held.folders.len() > 1);
        let names: Vec<String> = several
            .map(|(name, held)| {
                let mut folders = held.folders.clone();
                folders.sort();
                format!("{name} ({})", folders.join(" and "))
            })
            .collect();
        if !names.is_empty() {
            return refused(InfisicalError::Ambiguous { names });
        }
        let hidden = self.held.iter().filter(|(_, held)| held.hidden);
        let names: Vec<String> = hidden.map(|(name, _)| name.clone()).collect();
        if !names.is_empty() {
            return refused(InfisicalError::Hidden { names });
        }
        object(self.held.iter().map(|(name, held)| {
            (name.as_str(), self.values.expose().get(held.from..held.to).unwrap_or_default())
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathered(entries: &[(&str, &str, &str, Rank)]) -> Gathered {
        let mut gathered = Gathered::new(false).expect("memory");
        for (name, value, folder, rank) in entries {
            let mark = gathered.mark();
            gathered.push(value.as_bytes()).expect("memory");
            let entry = SecretEntry {
                name: (*name).to_owned(),
                folder: (*folder).to_owned(),
                hidden: false,
            };
            gathered.keep(mark, entry, *rank);
        }
        gathered
    }

    fn json(entries: &[(&str, &str, &str, Rank)]) -> Result<String> {
        let text = gathered(entries).to_json()?;
        Ok(String::from_utf8(text.expose().to_vec()).expect("UTF-8"))
    }

    #[test]
    fn own_wins_then_the_last_import_in_any_order() {
        let entries = [
            ("A", "own", "/", OWN),
            ("A", "first", "/x", 0),
            ("A", "last", "/y", 1),
            ("B", "first", "/x", 0),
            ("B", "last", "/y", 1),
        ];
        let expected = r#"{"A":"own","B":"last"}"#;
        assert_eq!(json(&entries).expect("text"), expected);
        let mut backwards = entries;
        backwards.reverse();
        assert_eq!(json(&backwards).expect("text"), expected);
    }

    #[test]
    fn equal_names_in_two_folders_are_refused() {
        let error = json(&[("A", "1", "/y", OWN), ("A", "1", "/x", OWN)]).expect_err("refused");
        let names = vec!["A (/x and /y)".to_owned()];
        assert_eq!(error, Error::Infisical(InfisicalError::Ambiguous { names }));
        assert_eq!(json(&[]), Err(Error::Infisical(InfisicalError::Empty)));
    }

    #[test]
    fn what_does_not_count_is_wiped() {
        let mut gathered = gathered(&[("A", "own", "/", OWN), ("A", "imported", "/x", 0)]);
        assert!(!gathered.values.expose().windows(8).any(|window| window == b"imported"));
        let key = gathered.take("A").expect("memory").expect("there");
        assert_eq!(key.expose(), b"own");
        assert!(gathered.take("A").expect("memory").is_none());
    }
}
