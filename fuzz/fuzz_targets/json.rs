//! JSON: what document.rs requires, and agreement with `serde_json::Value` on both accepted forms.

#![no_main]

use breakglass::error::{Error, PayloadError};
use breakglass::payload::is_identifier;
use breakglass_fuzz::{quiet_panics, read_both_ways, require};
use libfuzzer_sys::{Corpus, fuzz_target};
use serde_json::Value;

type Pairs = Vec<(String, String)>;

fuzz_target!(|bytes: &[u8]| -> Corpus {
    quiet_panics();
    let Some(first @ (b'{' | b'[')) = bytes.first() else { return Corpus::Reject };
    let ours = read_both_ways(bytes);
    let value = serde_json::from_slice::<Value>(bytes);
    let theirs = value.as_ref().ok().and_then(pairs);
    match (ours, theirs) {
        (Ok(reading), Some(mut theirs)) => {
            // The others are kept apart, without their values.
            theirs.retain(|(name, _)| is_identifier(name.as_bytes()));
            theirs.sort();
            let ours: Pairs = reading
                .secrets
                .iter()
                .map(|it| (it.name().to_owned(), String::from_utf8_lossy(it.expose()).into_owned()))
                .collect();
            require(reading.header.is_none(), "JSON has no header");
            require(ours == theirs, "serde_json reads other secrets");
        }
        // Members of no interest are not looked into: numbers out of range, lone surrogates and
        // any depth pass there, but in a Value they do not.
        (Ok(_), None) => {
            require(*first == b'[' && value.is_err(), "accepted, but neither of the two forms")
        }
        // A Value keeps the last of equal members and does not mind NUL.
        (Err(Error::Payload(PayloadError::DuplicateName { .. })), Some(_)) => {}
        (Err(Error::Payload(PayloadError::JsonShape { .. })), Some(_)) => {
            require(*first == b'[', "an object of strings is refused")
        }
        (Err(Error::Payload(PayloadError::JsonNotString { .. })), Some(_)) => {
            // Of equal members, an earlier one may be no string.
        }
        (Err(Error::Payload(PayloadError::NulInValue { .. })), Some(theirs)) => {
            let nul = theirs.iter().any(|(_, value)| value.contains('\0'));
            require(nul || repeats(bytes), "a NUL that is not there")
        }
        (Err(_), Some(_)) => require(false, "an accepted form is refused"),
        (Err(_), None) => {}
    }
    Corpus::Keep
});

/// Names and values where `value` has one of the two forms.
fn pairs(value: &Value) -> Option<Pairs> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| Some((name.clone(), text(value)?))).collect()
        }
        Value::Array(elements) => elements
            .iter()
            .map(|it| Some((text(it.get("key")?)?, text(it.get("value")?)?)))
            .collect(),
        _ => None,
    }
}

/// Whether a NUL is written down at all: a Value may have dropped the member that held it.
fn repeats(bytes: &[u8]) -> bool {
    bytes.windows(6).any(|window| window == b"\\u0000")
}
