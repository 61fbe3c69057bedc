//! Comparing two sets of secrets without telling a value.

use super::secrets::Secrets;
use crate::memory;

/// How a vault's secrets differ from the source's. Names only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// In the source, not in the vault.
    pub added: Vec<String>,
    /// In the vault, no longer in the source.
    pub removed: Vec<String>,
    /// In both, with another value.
    pub changed: Vec<String>,
}

impl Differences {
    /// Whether the two hold the same names and values.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }

    /// Compares what a vault holds with what a source holds, both by name and in the order of the
    /// names. `is_same` decides whether the two of one name have the same value.
    pub fn between<'a, V, S>(
        vault: impl Iterator<Item = (&'a str, V)>,
        source: impl Iterator<Item = (&'a str, S)>,
        is_same: impl Fn(&V, &S) -> bool,
    ) -> Differences {
        let mut differences = Differences::default();
        let mut source = source.peekable();
        for (name, ours) in vault {
            while let Some((added, _)) = source.next_if(|(other, _)| *other < name) {
                differences.added.push(added.to_owned());
            }
            match source.next_if(|(other, _)| *other == name) {
                None => differences.removed.push(name.to_owned()),
                Some((_, theirs)) if is_same(&ours, &theirs) => {}
                Some(_) => differences.changed.push(name.to_owned()),
            }
        }
        differences.added.extend(source.map(|(name, _)| name.to_owned()));
        differences
    }
}

/// Compares a vault's secrets with the source's; values in constant time for their length.
pub fn compare(vault: &Secrets, source: &Secrets) -> Differences {
    Differences::between(vault.by_name(), source.by_name(), |ours, theirs| {
        memory::equal(ours.expose(), theirs.expose())
    })
}
