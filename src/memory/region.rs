//! A buffer for secret bytes.

use std::fmt;

use super::mapping::{Mapping, Protection, Purpose};
use crate::error::Result;

/// Secret bytes in a guarded mapping, locked where the system allows it, wiped when dropped.
///
/// A region grows only where its owner says so ([`Region::reserve`]), by a new mapping; the old
/// one is wiped. There is no `Deref`, `Clone` or `Display`: `expose` is the one way to the bytes.
pub struct Region {
    mapping: Mapping,
    length: usize,
}

impl Region {
    /// An empty region with room for at least `bytes` bytes.
    pub fn with_capacity(bytes: usize) -> Result<Region> {
        Ok(Region { mapping: Mapping::new(bytes, Purpose::Secrets)?, length: 0 })
    }

    /// A region holding a copy of `bytes`.
    pub fn copy_of(bytes: &[u8]) -> Result<Region> {
        let mut region = Region::with_capacity(bytes.len())?;
        region.extend(bytes)?;
        Ok(region)
    }

    /// Number of bytes held.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// How many bytes fit before the region must move.
    pub fn capacity(&self) -> usize {
        self.mapping.length()
    }

    /// How well these pages are kept.
    pub fn protection(&self) -> Protection {
        self.mapping.protection()
    }

    /// The secret bytes.
    pub fn expose(&self) -> &[u8] {
        self.mapping.bytes().get(..self.length).unwrap_or_default()
    }

    /// The secret bytes, writable.
    pub fn expose_mut(&mut self) -> &mut [u8] {
        let length = self.length;
        self.mapping.bytes_mut().get_mut(..length).unwrap_or_default()
    }

    /// Makes room for `more` further bytes, moving and wiping the old mapping where it is too small.
    pub fn reserve(&mut self, more: usize) -> Result<()> {
        let wanted = self.length.saturating_add(more);
        if wanted > self.capacity() {
            let mut larger = Region::with_capacity(wanted.max(self.capacity().saturating_mul(2)))?;
            larger.extend(self.expose())?;
            *self = larger;
        }
        Ok(())
    }

    /// Appends `bytes`, growing where needed.
    pub fn extend(&mut self, bytes: &[u8]) -> Result<()> {
        self.reserve(bytes.len())?;
        if let Some(space) = self.spare_mut().get_mut(..bytes.len()) {
            space.copy_from_slice(bytes);
            self.advance(bytes.len());
        }
        // Copying goes through them, 16 bytes and more at a time.
        super::registers::clear_vector_registers();
        Ok(())
    }

    /// The room behind the bytes held, for a reader to fill. [`Region::advance`] must then take in all
    /// that was written: the rest is not wiped.
    pub fn spare_mut(&mut self) -> &mut [u8] {
        let length = self.length;
        self.mapping.bytes_mut().get_mut(length..).unwrap_or_default()
    }

    /// Takes in `count` bytes that were written to [`Region::spare_mut`].
    pub fn advance(&mut self, count: usize) {
        self.length = self.length.saturating_add(count).min(self.capacity());
        self.mapping.use_up_to(self.length);
    }

    /// Drops and wipes everything from `length` on.
    pub fn truncate(&mut self, length: usize) {
        if let Some(rest) = self.expose_mut().get_mut(length..) {
            zeroize::zeroize_bytes(rest);
            self.length = self.length.min(length);
        }
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Region(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_grows_and_truncates() {
        let mut region = Region::copy_of(b"first").expect("memory");
        let before = region.capacity();
        region.extend(&vec![7; before]).expect("memory");
        assert!(region.capacity() > before);
        assert_eq!(region.expose().get(..5), Some(&b"first"[..]));
        assert_eq!(region.len(), before + 5);
        region.truncate(5);
        assert_eq!(region.expose(), b"first");
        assert!(region.spare_mut().iter().all(|byte| *byte == 0));
        assert_eq!(format!("{region:?}"), "Region(..)");
    }

    #[test]
    fn is_at_least_locked_where_the_limit_allows() {
        let region = Region::copy_of(b"x").expect("memory");
        assert!(region.protection() < Protection::Unlocked);
    }
}
