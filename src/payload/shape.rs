//! Reading JSON straight into a region: what serde asks of everything that is read so. A shape says
//! only what it takes; everything else is refused.
//!
//! No error here has a text of its own: serde's and serde_json's quote what they stumble over.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A part of a JSON text, and the way to where its values go.
pub trait Shape<'de>: Sized {
    /// What is known of it once it is read.
    type Value;

    /// Takes a text.
    fn text<E: Error>(self, _text: &str) -> Result<Self::Value, E> {
        self.refuse()
    }

    /// Takes an object, by asking `map` for its members.
    fn object<M: MapAccess<'de>>(self, _map: M) -> Result<Self::Value, M::Error> {
        self.refuse()
    }

    /// Takes an array, by asking `elements` for them.
    fn array<S: SeqAccess<'de>>(self, _elements: S) -> Result<Self::Value, S::Error> {
        self.refuse()
    }

    /// What becomes of anything that it does not take.
    fn refuse<E: Error>(self) -> Result<Self::Value, E> {
        Err(E::custom("another shape"))
    }
}

/// Passes over the value of a member that nobody needs.
pub fn pass_over<'de, M: MapAccess<'de>>(map: &mut M) -> Result<(), M::Error> {
    map.next_value::<IgnoredAny>().map(|_| ())
}

/// A shape in the form in which serde takes one.
pub struct Seed<T>(pub T);

impl<'de, T: Shape<'de>> DeserializeSeed<'de> for Seed<T> {
    type Value = T::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Every type that JSON has is named here: serde's default for the missing ones would print the
/// value into its error.
impl<'de, T: Shape<'de>> Visitor<'de> for Seed<T> {
    type Value = T::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("another shape")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T::Value, E> {
        self.0.text(text)
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<T::Value, M::Error> {
        self.0.object(map)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, elements: S) -> Result<T::Value, S::Error> {
        self.0.array(elements)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<T::Value, E> {
        self.0.refuse()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<T::Value, E> {
        self.0.refuse()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<T::Value, E> {
        self.0.refuse()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<T::Value, E> {
        self.0.refuse()
    }

    fn visit_unit<E: Error>(self) -> Result<T::Value, E> {
        self.0.refuse()
    }
}
