//! Reading JSON: `{"NAME": "value"}` and `[{"key": "NAME", "value": "value"}]`, the form that
//! `infisical export --format=json` prints.
//!
//! serde_json's own messages quote what they stumble over; only its line number is used.

use std::collections::BTreeSet;

use serde::de::{DeserializeSeed, Error as Refusal, MapAccess, SeqAccess};
use zeroize::Zeroizing;

use super::names::is_identifier;
use super::secrets::{NO_LINE, Secrets, Strictness};
use super::shape::{Seed, Shape, pass_over};
use crate::error::{Error, PayloadError};

/// Reads all secrets of a JSON text into `secrets`, but those named in `skip`.
///
/// Errors: not JSON of either form, a value that is no string; when sealing, a name that occurs twice.
pub(super) fn read(
    bytes: &[u8],
    strictness: Strictness,
    skip: &[String],
    secrets: &mut Secrets,
) -> Result<(), Error> {
    let refuse_again = (strictness == Strictness::Strict).then(BTreeSet::new);
    let mut sink = Sink { secrets, skip, refuse_again, failure: None };
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let outcome = Seed(&mut sink).deserialize(&mut deserializer);
    if let Err(error) = outcome.and_then(|()| deserializer.end()) {
        // Of serde_json's error only the place is used.
        let line = u32::try_from(error.line()).unwrap_or(u32::MAX);
        return Err(match sink.failure {
            Some(failure) => failure.at_line(line),
            None if error.is_data() => PayloadError::JsonShape { line }.into(),
            None => PayloadError::JsonSyntax { line }.into(),
        });
    }
    Ok(())
}

/// Where the secrets go, and the first error of ours, which serde has no place for.
struct Sink<'a> {
    secrets: &'a mut Secrets,
    skip: &'a [String],
    /// The names so far, where none may occur again.
    refuse_again: Option<BTreeSet<String>>,
    failure: Option<Error>,
}

impl Sink<'_> {
    fn put(&mut self, name: &str, value: &str) -> Result<(), Error> {
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
            return Err(PayloadError::DuplicateName { line: NO_LINE, name: name.to_owned() }.into());
        }
        // The line is put in where the error comes out.
        self.secrets.begin(name.as_bytes(), NO_LINE)?;
        self.secrets.push(value.as_bytes())?;
        self.secrets.finish()
    }

    /// Keeps an error of ours and gives serde one without text.
    fn fail<E: Refusal>(&mut self, error: Error) -> E {
        self.failure.get_or_insert(error);
        E::custom("refused")
    }
}

/// The whole text.
impl<'de> Shape<'de> for &mut Sink<'_> {
    type Value = ();

    fn object<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(name) = map.next_key::<String>()? {
            map.next_value_seed(Seed(NamedText { name: &name, sink: &mut *self }))?;
        }
        Ok(())
    }

    fn array<S: SeqAccess<'de>>(self, mut elements: S) -> Result<(), S::Error> {
        while elements.next_element_seed(Seed(NameAndText(&mut *self)))?.is_some() {}
        Ok(())
    }
}

/// The value behind a known name.
struct NamedText<'a, 'b> {
    name: &'a str,
    sink: &'a mut Sink<'b>,
}

impl<'de> Shape<'de> for NamedText<'_, '_> {
    type Value = ();

    fn text<E: Refusal>(self, text: &str) -> Result<(), E> {
        self.sink.put(self.name, text).map_err(|error| self.sink.fail(error))
    }

    fn refuse<E: Refusal>(self) -> Result<(), E> {
        Err(self.sink.fail(Error::Payload(PayloadError::JsonNotString {
            line: NO_LINE,
            name: self.name.to_owned(),
        })))
    }
}

/// One `{"key": …, "value": …}`; other members are passed over.
struct NameAndText<'a, 'b>(&'a mut Sink<'b>);

impl<'de> Shape<'de> for NameAndText<'_, '_> {
    type Value = ();

    fn object<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let mut name: Option<String> = None;
        // Filled only where the value stands before its name, which no exporter is known to do.
        let mut early: Option<Zeroizing<String>> = None;
        let mut done = false;
        while let Some(member) = map.next_key::<String>()? {
            match (member.as_str(), &name) {
                ("key", None) => name = Some(map.next_value()?),
                ("value", Some(name)) if !done && early.is_none() => {
                    map.next_value_seed(Seed(NamedText { name, sink: &mut *self.0 }))?;
                    done = true;
                }
                ("value", None) if early.is_none() => {
                    early = Some(Zeroizing::new(map.next_value()?))
                }
                ("key" | "value", _) => return Err(M::Error::custom("twice")),
                _ => pass_over(&mut map)?,
            }
        }
        match (name, early) {
            (Some(name), Some(value)) => NamedText { name: &name, sink: self.0 }.text(&value),
            (Some(_), None) if done => Ok(()),
            _ => Err(M::Error::custom("incomplete")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Result;

    fn secrets(text: &str, strictness: Strictness, skip: &[String]) -> Result<Secrets> {
        let mut secrets = Secrets::for_source_of(text.len())?;
        read(text.as_bytes(), strictness, skip, &mut secrets)?;
        secrets.settle(strictness).map(|_| secrets)
    }

    fn pairs(text: &str) -> Result<Vec<Vec<u8>>> {
        let secrets = secrets(text, Strictness::Strict, &[])?;
        Ok(secrets.iter().map(|secret| secret.expose_pair().to_vec()).collect())
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
            let begins = format!("Payload({expected}");
            assert!(format!("{error:?}").starts_with(&begins), "{text}: {error:?}");
            assert!(!format!("{error} {error:?}").contains("4711"), "{text}: {error:?}");
        }
    }

    #[test]
    fn names_that_only_json_can_hold() {
        let text = r#"{"A;b":"1","A=B":"2","C":"3","":"4","D\u0000":"5"}"#;
        let secrets = secrets(text, Strictness::Strict, &["C".to_owned()]).expect("reads");
        assert_eq!(secrets.impossible(), ["A;b", "A=B", "", "D\0"]);
        assert_eq!(secrets.skipped(), ["C"]);
        assert!(secrets.is_empty());
    }

    #[test]
    fn of_equal_names_the_last_one_counts_in_an_outage() {
        let secrets = secrets(r#"{"A":"1","A":"2"}"#, Strictness::Lenient, &[]).expect("reads");
        assert_eq!(secrets.get("A").map(|secret| secret.expose()), Some(&b"2"[..]));
    }
}
