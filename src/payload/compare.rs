//! Comparing two sets of secrets without telling a value.

use std::cmp::Ordering;

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
}

/// Compares a vault's secrets with the source's; values in constant time for their length.
pub fn compare(vault: &Secrets, source: &Secrets) -> Differences {
    let mut differences = Differences::default();
    let (mut left, mut right) = (vault.iter().peekable(), source.iter().peekable());
    loop {
        let order = match (left.peek(), right.peek()) {
            (Some(ours), Some(theirs)) => ours.name().cmp(theirs.name()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return differences,
        };
        match order {
            Ordering::Less => {
                differences.removed.extend(left.next().map(|secret| secret.name().to_owned()))
            }
            Ordering::Greater => {
                differences.added.extend(right.next().map(|secret| secret.name().to_owned()))
            }
            Ordering::Equal => {
                if let (Some(ours), Some(theirs)) = (left.next(), right.next())
                    && !memory::equal(ours.expose(), theirs.expose())
                {
                    differences.changed.push(ours.name().to_owned());
                }
            }
        }
    }
}
