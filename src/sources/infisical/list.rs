//! Reading a list of secrets: `{"secrets":[…],"imports":[{…,"secrets":[…]}]}`, each value from the
//! connection into the region. Members come in any order, unknown ones are passed over.

use std::fmt;
use std::io::Read;

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::gathered::{Entry, Gathered, OWN, Rank};

/// What newer servers say in place of a value that they do not show.
const HIDDEN: &str = "<hidden-by-infisical>";

/// What belongs to a person and not to the service.
const PERSONAL: &str = "personal";

/// Reads a whole list. Of the error only its kind may be used: its text may hold a value.
pub(super) fn read(body: impl Read, gathered: &mut Gathered) -> serde_json::Result<()> {
    let mut deserializer = serde_json::Deserializer::from_reader(body);
    List { gathered }.deserialize(&mut deserializer)?;
    deserializer.end()
}

/// Fills what may be said once.
fn once<T, E: serde::de::Error>(slot: &mut Option<T>, value: T) -> Result<(), E> {
    if slot.replace(value).is_some() { Err(E::custom("twice")) } else { Ok(()) }
}

/// Has each seed read a map, which is all that a list is made of.
macro_rules! reads_a_map {
    ($seed:ident) => {
        impl<'de> DeserializeSeed<'de> for $seed<'_> {
            type Value = ();

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
                deserializer.deserialize_map(self)
            }
        }
    };
}

/// The answer.
struct List<'a> {
    gathered: &'a mut Gathered,
}

reads_a_map!(List);

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let (mut own, mut imports) = (None, None);
        while let Some(member) = map.next_key::<String>()? {
            let gathered = &mut *self.gathered;
            match member.as_str() {
                "secrets" => {
                    once(&mut own, map.next_value_seed(Secrets { gathered, rank: OWN })?)?;
                }
                "imports" => once(&mut imports, map.next_value_seed(Imports { gathered })?)?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        own.ok_or_else(|| M::Error::custom("no list"))
    }
}

/// The imports, in their order.
struct Imports<'a> {
    gathered: &'a mut Gathered,
}

impl<'de> DeserializeSeed<'de> for Imports<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Imports<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("imports")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<(), S::Error> {
        let mut rank = 0;
        while seq.next_element_seed(Import { gathered: &mut *self.gathered, rank })?.is_some() {
            rank += 1;
        }
        Ok(())
    }
}

/// One import.
struct Import<'a> {
    gathered: &'a mut Gathered,
    rank: Rank,
}

reads_a_map!(Import);

impl<'de> Visitor<'de> for Import<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an import")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let mut secrets = None;
        while let Some(member) = map.next_key::<String>()? {
            if member == "secrets" {
                let (gathered, rank) = (&mut *self.gathered, self.rank);
                once(&mut secrets, map.next_value_seed(Secrets { gathered, rank })?)?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Secrets of one rank.
struct Secrets<'a> {
    gathered: &'a mut Gathered,
    rank: Rank,
}

impl<'de> DeserializeSeed<'de> for Secrets<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Secrets<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("secrets")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<(), S::Error> {
        let rank = self.rank;
        while seq.next_element_seed(Secret { gathered: &mut *self.gathered, rank })?.is_some() {}
        Ok(())
    }
}

/// One secret.
struct Secret<'a> {
    gathered: &'a mut Gathered,
    rank: Rank,
}

reads_a_map!(Secret);

impl<'de> Visitor<'de> for Secret<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let mark = self.gathered.mark();
        let (mut name, mut no_value, mut hidden) = (None, None, None);
        let (mut kind, mut folder) = (None, None);
        while let Some(member) = map.next_key::<String>()? {
            match member.as_str() {
                "secretKey" => once(&mut name, map.next_value()?)?,
                "secretValue" => {
                    let gathered = &mut *self.gathered;
                    once(&mut no_value, map.next_value_seed(Value { gathered })?)?;
                }
                "secretValueHidden" => once(&mut hidden, map.next_value::<bool>()?)?,
                "type" => once(&mut kind, map.next_value::<String>()?)?,
                "secretPath" => once(&mut folder, map.next_value()?)?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let (Some(name), Some(no_value)) = (name, no_value) else {
            return Err(M::Error::custom("incomplete"));
        };
        if kind.as_deref() == Some(PERSONAL) {
            self.gathered.drop_from(mark);
        } else {
            let hidden = no_value || hidden.unwrap_or_default();
            let entry = Entry { name, folder: folder.unwrap_or_default(), hidden };
            self.gathered.keep(mark, entry, self.rank);
        }
        Ok(())
    }
}

/// One value; returns whether it only says that it is hidden.
struct Value<'a> {
    gathered: &'a mut Gathered,
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<bool, E> {
        self.gathered.push(value.as_bytes()).map_err(|_| E::custom("no memory"))?;
        Ok(value == HIDDEN)
    }
}
