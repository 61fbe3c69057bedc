//! Infisical's answers: no bytes make reading a list panic, hang or grow, and what is read is what a second reader
//! makes of the same bytes: own secrets, then the last import; nothing personal, nothing hidden, no name twice.

#![no_main]

use std::collections::BTreeMap;

use breakglass::error::{Error, InfisicalError};
use breakglass::sources::read_answer;
use breakglass_fuzz::{quiet_panics, require};
use libfuzzer_sys::{Corpus, fuzz_target};
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| -> Corpus {
    quiet_panics();
    if bytes.first() != Some(&b'{') {
        return Corpus::Reject;
    }
    let ours = read_answer(bytes);
    let theirs = serde_json::from_slice::<Value>(bytes).ok();
    match (&ours, theirs.as_ref().and_then(list)) {
        (Ok(text), Some(list)) => {
            let ours: BTreeMap<String, String> =
                serde_json::from_slice(text.expose()).unwrap_or_default();
            let theirs = list.into_iter().map(|(name, found)| (name, found.value)).collect();
            require(ours == theirs, "a second reader reads other secrets");
        }
        // Members of no interest are not looked into, and a Value keeps the last of equal members.
        (Ok(_), None) => require(theirs.is_none(), "read, but not of the form"),
        (Err(Error::Infisical(InfisicalError::Empty)), Some(list)) => {
            require(list.is_empty(), "secrets were overlooked")
        }
        (Err(Error::Infisical(InfisicalError::Hidden { .. })), Some(list)) => {
            require(list.values().any(|it| it.hidden), "hidden, but nothing hides it")
        }
        (Err(Error::Infisical(InfisicalError::Ambiguous { .. })), Some(list)) => {
            require(list.values().any(|it| it.times > 1), "twice, but it is there once")
        }
        (Err(error), _) => require(!error.to_string().is_empty(), "an error without a sentence"),
    }
    Corpus::Keep
});

struct Found {
    value: String,
    hidden: bool,
    /// How often the name stands in the part of the list that counts.
    times: usize,
}

/// By name, where the answer has the form.
fn list(answer: &Value) -> Option<BTreeMap<String, Found>> {
    let own = answer.get("secrets")?.as_array()?;
    let mut all = BTreeMap::new();
    for import in answer.get("imports").map_or(Some(&Vec::new()), Value::as_array)? {
        put(&mut all, import.get("secrets").map_or(Some(&Vec::new()), Value::as_array)?)?;
    }
    put(&mut all, own)?;
    Some(all)
}

/// What comes later counts.
fn put(all: &mut BTreeMap<String, Found>, secrets: &[Value]) -> Option<()> {
    let mut part: BTreeMap<String, Found> = BTreeMap::new();
    for secret in secrets {
        let text = |name: &str| secret.get(name).map_or(Some(""), Value::as_str);
        let name = secret.get("secretKey")?.as_str()?.to_owned();
        let value = secret.get("secretValue")?.as_str()?.to_owned();
        let said = secret.get("secretValueHidden").map_or(Some(false), Value::as_bool)?;
        let hidden = said || value == "<hidden-by-infisical>";
        text("secretPath")?;
        if text("type")? != "personal" {
            let times = part.get(&name).map_or(0, |it| it.times) + 1;
            match part.get_mut(&name) {
                Some(first) => first.times = times,
                None => drop(part.insert(name, Found { value, hidden, times })),
            }
        }
    }
    all.extend(part);
    Some(())
}
