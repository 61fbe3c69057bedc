//! Reading a list of secrets: `{"secrets":[…],"imports":[{…,"secrets":[…]}]}`, each value from the
//! connection into the region. Members come in any order, unknown ones are passed over.

use std::io::Read;

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess};

use super::gathered::{Gathered, OWN, Rank, SecretEntry};
use crate::payload::{Seed, Shape, pass_over};

/// What newer servers say in place of a value that they do not show.
const HIDDEN: &str = "<hidden-by-infisical>";

/// What belongs to a person and not to the service.
const PERSONAL: &str = "personal";

/// Reads a whole list. Of the error only its kind may be used: its text may hold a value.
pub(super) fn read(body: impl Read, gathered: &mut Gathered) -> serde_json::Result<()> {
    let mut deserializer = serde_json::Deserializer::from_reader(body);
    Seed(ListedFolder { gathered, rank: OWN }).deserialize(&mut deserializer)?;
    deserializer.end()
}

/// Fills what may be said once.
fn once<T, E: Error>(slot: &mut Option<T>, value: T) -> Result<(), E> {
    if slot.replace(value).is_some() { Err(E::custom("twice")) } else { Ok(()) }
}

/// The whole answer, of the rank [`OWN`], or one of the imports in it.
struct ListedFolder<'a> {
    gathered: &'a mut Gathered,
    rank: Rank,
}

impl<'de> Shape<'de> for ListedFolder<'_> {
    type Value = ();

    fn object<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let (mut secrets, mut imports) = (None, None);
        while let Some(member) = map.next_key::<String>()? {
            let (gathered, rank) = (&mut *self.gathered, self.rank);
            match member.as_str() {
                "secrets" => {
                    let list = ListedSecrets { gathered, rank };
                    once(&mut secrets, map.next_value_seed(Seed(list))?)?;
                }
                "imports" if rank == OWN => {
                    once(&mut imports, map.next_value_seed(Seed(Imports(gathered)))?)?;
                }
                _ => pass_over(&mut map)?,
            }
        }
        // An import may be without.
        if secrets.is_none() && self.rank == OWN {
            return Err(M::Error::custom("no list"));
        }
        Ok(())
    }
}

/// The imports, in their order.
struct Imports<'a>(&'a mut Gathered);

impl<'de> Shape<'de> for Imports<'_> {
    type Value = ();

    fn array<S: SeqAccess<'de>>(self, mut list: S) -> Result<(), S::Error> {
        let mut rank = 0;
        while list.next_element_seed(Seed(ListedFolder { gathered: self.0, rank }))?.is_some() {
            rank += 1;
        }
        Ok(())
    }
}

/// Secrets of one rank.
struct ListedSecrets<'a> {
    gathered: &'a mut Gathered,
    rank: Rank,
}

impl<'de> Shape<'de> for ListedSecrets<'_> {
    type Value = ();

    fn array<S: SeqAccess<'de>>(self, mut list: S) -> Result<(), S::Error> {
        let ListedSecrets { gathered, rank } = self;
        while list.next_element_seed(Seed(ListedSecret { gathered, rank }))?.is_some() {}
        Ok(())
    }
}

/// One secret.
struct ListedSecret<'a> {
    gathered: &'a mut Gathered,
    rank: Rank,
}

impl<'de> Shape<'de> for ListedSecret<'_> {
    type Value = ();

    fn object<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let mark = self.gathered.mark();
        let (mut name, mut no_value, mut hidden) = (None, None, None);
        let (mut kind, mut folder) = (None, None);
        while let Some(member) = map.next_key::<String>()? {
            match member.as_str() {
                "secretKey" => once(&mut name, map.next_value()?)?,
                "secretValue" => {
                    let value = ListedValue(&mut *self.gathered);
                    once(&mut no_value, map.next_value_seed(Seed(value))?)?;
                }
                "secretValueHidden" => once(&mut hidden, map.next_value::<bool>()?)?,
                "type" => once(&mut kind, map.next_value::<String>()?)?,
                "secretPath" => once(&mut folder, map.next_value()?)?,
                _ => pass_over(&mut map)?,
            }
        }
        let (Some(name), Some(no_value)) = (name, no_value) else {
            return Err(M::Error::custom("incomplete"));
        };
        if kind.as_deref() == Some(PERSONAL) {
            self.gathered.drop_from(mark);
        } else {
            let hidden = no_value || hidden.unwrap_or_default();
            let entry = SecretEntry { name, folder: folder.unwrap_or_default(), hidden };
            self.gathered.keep(mark, entry, self.rank);
        }
        Ok(())
    }
}

/// One value. What is known of it is whether it only says that it is hidden.
struct ListedValue<'a>(&'a mut Gathered);

impl<'de> Shape<'de> for ListedValue<'_> {
    type Value = bool;

    fn text<E: Error>(self, text: &str) -> Result<bool, E> {
        self.0.push(text.as_bytes()).map_err(|_| E::custom("no memory"))?;
        Ok(text == HIDDEN)
    }
}
