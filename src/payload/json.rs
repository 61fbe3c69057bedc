//! Reading JSON: `{"NAME": "value"}` and `[{"key": "NAME", "value": "value"}]`, the form that
//! `infisical export --format=json` prints.
//!
//! serde_json's own messages quote what they stumble over; only its line number is used.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use zeroize::Zeroizing;

use super::names::is_identifier;
use super::secrets::{Duplicates, NO_LINE, Secrets};
use crate::error::{Error, Result};

/// Reads all secrets of a JSON text but those named in `skip`.
///
/// Returns them and the names of which only the last value was kept.
///
/// Errors: not JSON of either form, a value that is no string, a name that occurs twice where that
/// is refused.
pub(super) fn read(
    bytes: &[u8],
    duplicates: Duplicates,
    skip: &[String],
) -> Result<(Secrets, Vec<String>)> {
    let mut secrets = Secrets::for_source_of(bytes.len())?;
    let mut failure = None;
    let mut seen = BTreeSet::new();
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let outcome = Top {
        sink: Sink {
            secrets: &mut secrets,
            skip,
            refuse_again: (duplicates == Duplicates::Refuse).then_some(&mut seen),
            failure: &mut failure,
        },
    }
    .deserialize(&mut deserializer)
    .and_then(|()| deserializer.end());
    if let Err(error) = outcome {
        // Of serde_json's error only the place is used.
        let line = u32::try_from(error.line()).unwrap_or(u32::MAX);
        if let Some(failure) = failure {
            return Err(failure.at_line(line));
        }
        return Err(if error.is_data() {
            Error::JsonShape { line }
        } else {
            Error::JsonSyntax { line }
        });
    }
    let superseded = secrets.settle(duplicates)?;
    Ok((secrets, superseded))
}

/// Where the secrets go, and the first error of ours, which serde has no place for.
struct Sink<'a> {
    secrets: &'a mut Secrets,
    skip: &'a [String],
    /// The names so far, where none may occur again.
    refuse_again: Option<&'a mut BTreeSet<String>>,
    failure: &'a mut Option<Error>,
}

impl Sink<'_> {
    fn put(&mut self, name: &str, value: &str) -> Result<()> {
        if self.skip.iter().any(|skip| skip == name) {
            self.secrets.skip(name);
            return Ok(());
        }
        if !is_identifier(name.as_bytes()) {
            self.secrets.refuse(name);
            return Ok(());
        }
        if let Some(seen) = &mut self.refuse_again
            && !seen.insert(name.to_owned())
        {
            return Err(Error::DuplicateName { line: NO_LINE, name: name.to_owned() });
        }
        // The line is put in where the error comes out.
        self.secrets.begin(name.as_bytes(), NO_LINE)?;
        self.secrets.push(value.as_bytes())?;
        self.secrets.finish()
    }

    /// Keeps an error of ours and gives serde one without text.
    fn fail<E: serde::de::Error>(&mut self, error: Error) -> E {
        self.failure.get_or_insert(error);
        E::custom("refused")
    }
}

/// The whole text.
struct Top<'a> {
    sink: Sink<'a>,
}

impl<'de> DeserializeSeed<'de> for Top<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Top<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("secrets")
    }

    fn visit_map<M: MapAccess<'de>>(mut self, mut map: M) -> std::result::Result<(), M::Error> {
        while let Some(name) = map.next_key::<String>()? {
            let sink = &mut self.sink;
            map.next_value_seed(Value { name: &name, sink })?;
        }
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'de>>(mut self, mut seq: S) -> std::result::Result<(), S::Error> {
        while seq.next_element_seed(Element { sink: &mut self.sink })?.is_some() {}
        Ok(())
    }
}

/// The value behind a known name.
struct Value<'a, 'b> {
    name: &'a str,
    sink: &'a mut Sink<'b>,
}

impl Value<'_, '_> {
    fn not_a_string<E: serde::de::Error>(self) -> std::result::Result<(), E> {
        Err(self.sink.fail(Error::JsonNotString { line: NO_LINE, name: self.name.to_owned() }))
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Every type that JSON has is named here: serde's default for the missing ones would print the
/// value into its error.
impl<'de> Visitor<'de> for Value<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> std::result::Result<(), E> {
        self.sink.put(self.name, value).map_err(|error| self.sink.fail(error))
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> std::result::Result<(), E> {
        self.not_a_string()
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> std::result::Result<(), E> {
        self.not_a_string()
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> std::result::Result<(), E> {
        self.not_a_string()
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> std::result::Result<(), E> {
        self.not_a_string()
    }

    fn visit_unit<E: serde::de::Error>(self) -> std::result::Result<(), E> {
        self.not_a_string()
    }

    fn visit_seq<S: SeqAccess<'de>>(self, _: S) -> std::result::Result<(), S::Error> {
        self.not_a_string()
    }

    fn visit_map<M: MapAccess<'de>>(self, _: M) -> std::result::Result<(), M::Error> {
        self.not_a_string()
    }
}

/// One `{"key": …, "value": …}`; other members are passed over.
struct Element<'a, 'b> {
    sink: &'a mut Sink<'b>,
}

impl<'de> DeserializeSeed<'de> for Element<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Element<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with key and value")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> std::result::Result<(), M::Error> {
        let mut name: Option<String> = None;
        // Filled only where the value stands before its name, which no exporter is known to do.
        let mut early: Option<Zeroizing<String>> = None;
        let mut done = false;
        while let Some(member) = map.next_key::<String>()? {
            match member.as_str() {
                "key" if name.is_none() => name = Some(map.next_value()?),
                "value" if !done && early.is_none() => match &name {
                    Some(name) => {
                        map.next_value_seed(Value { name, sink: &mut *self.sink })?;
                        done = true;
                    }
                    None => early = Some(Zeroizing::new(map.next_value()?)),
                },
                "key" | "value" => return Err(M::Error::custom("twice")),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        match (name, early) {
            (Some(name), Some(value)) => {
                self.sink.put(&name, &value).map_err(|error| self.sink.fail(error))
            }
            (Some(_), None) if done => Ok(()),
            _ => Err(M::Error::custom("incomplete")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Result<Vec<Vec<u8>>> {
        Ok(read(text.as_bytes(), Duplicates::Refuse, &[])?
            .0
            .iter()
            .map(|secret| secret.expose_pair().to_vec())
            .collect())
    }

    #[test]
    fn both_forms() {
        let expected = vec![b"A=1\0".to_vec(), "B=ä\n\"\u{1F600}\0".as_bytes().to_vec()];
        for text in [
            r#"{"B":"\u00e4\n\"\ud83d\ude00","A":"1"}"#,
            r#" [{"key":"A","value":"1","type":"shared","tags":[1,{}]},{"value":"ä\n\"😀","key":"B"}]"#,
        ] {
            assert_eq!(pairs(text).expect("reads"), expected, "{text}");
        }
        assert!(pairs("{}").expect("reads").is_empty());
    }

    #[test]
    fn errors_name_the_place_and_no_value() {
        for (text, expected) in [
            ("{\"A\":\"x\",\n\"A\":\"y\"}", "DuplicateName { line: 2"),
            (r#"[{"key":"A","value":"x"},{"key":"A","value":"y"}]"#, "DuplicateName"),
            (r#"{"A":4711}"#, "JsonNotString"),
            (r#"{"A":-4711}"#, "JsonNotString"),
            (r#"{"A":47.11}"#, "JsonNotString"),
            (r#"{"A":null}"#, "JsonNotString"),
            (r#"{"A":true}"#, "JsonNotString"),
            (r#"{"A":["4711"]}"#, "JsonNotString"),
            (r#"[{"key":"A","value":{"x":"4711"}}]"#, "JsonNotString"),
            (r#"{"A":"4711\u0000"}"#, "NulInValue"),
            ("{\"A\":\"4711\",\n\"B\"}", "JsonSyntax { line: 2 }"),
            (r#"{"A":"4711"} x"#, "JsonSyntax"),
            (r#"["4711"]"#, "JsonShape"),
            (r#"[{"key":"4711"}]"#, "JsonShape"),
            (r#"[{"key":"A","value":"4711","value":"x"}]"#, "JsonShape"),
            (r#"{"A":"\ud800"}"#, "JsonSyntax"),
        ] {
            let error = pairs(text).expect_err(text);
            assert!(format!("{error:?}").starts_with(expected), "{text}: {error:?}");
            assert!(!format!("{error} {error:?}").contains("4711"), "{text}: {error:?}");
        }
    }

    #[test]
    fn names_that_only_json_can_hold() {
        let text = br#"{"A;b":"1","A=B":"2","C":"3","":"4","D\u0000":"5"}"#;
        let (secrets, _) = read(text, Duplicates::Refuse, &["C".to_owned()]).expect("reads");
        assert_eq!(secrets.impossible(), ["A;b", "A=B", "", "D\0"]);
        assert_eq!(secrets.skipped(), ["C"]);
        assert!(secrets.is_empty());
    }

    #[test]
    fn of_equal_names_the_last_one_counts_in_an_outage() {
        let (secrets, superseded) =
            read(br#"{"A":"1","A":"2"}"#, Duplicates::KeepLast, &[]).expect("reads");
        assert_eq!(superseded, ["A"]);
        assert_eq!(secrets.get("A").map(|secret| secret.expose()), Some(&b"2"[..]));
    }
}
