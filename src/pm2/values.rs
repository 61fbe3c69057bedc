//! Values of a vault in what PM2 wrote.

use crate::memory::{Region, clear_vector_registers};
use crate::payload::Secrets;

/// Shorter values are found by chance.
const SHORTEST: usize = 8;

/// The names of secrets whose values stand in `bytes`, as they are or as JSON has them. Values of less
/// than 8 bytes are not looked for.
pub fn values_in(bytes: &[u8], secrets: &Secrets) -> Vec<String> {
    let finds = |needle: &[u8]| memchr::memmem::find(bytes, needle).is_some();
    let long = secrets.iter().filter(|secret| secret.expose().len() >= SHORTEST);
    let found = long.filter(|secret| {
        finds(secret.expose()) || as_json(secret.expose()).is_some_and(|json| finds(json.expose()))
    });
    let names = found.map(|secret| secret.name().to_owned()).collect();
    clear_vector_registers();
    names
}

/// A value within quotes of JSON, as `JSON.stringify` writes it (ECMA-262, QuoteJSONString).
fn as_json(value: &[u8]) -> Option<Region> {
    let mut json = Region::with_capacity(value.len() * 6).ok()?;
    for byte in value {
        match byte {
            b'"' => json.extend(b"\\\""),
            b'\\' => json.extend(b"\\\\"),
            b'\n' => json.extend(b"\\n"),
            b'\r' => json.extend(b"\\r"),
            b'\t' => json.extend(b"\\t"),
            8 => json.extend(b"\\b"),
            12 => json.extend(b"\\f"),
            0..32 => json.extend(format!("\\u{byte:04x}").as_bytes()),
            other => json.extend(&[*other]),
        }
        .ok()?;
    }
    Some(json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::{Strictness, read};

    #[test]
    fn raw_and_as_json() {
        let document =
            b"LONG='fake \"value\"\n\twith \\ all'\nPLAIN='fake-plain-value'\nSHORT='fake'\n";
        let secrets = read(document, Strictness::Strict, &[]).expect("reads").secrets;
        let json =
            serde_json::json!({"A": "fake \"value\"\n\twith \\ all", "B": "fake"}).to_string();
        assert_eq!(values_in(json.as_bytes(), &secrets), ["LONG"]);
        assert_eq!(values_in(b"x fake-plain-value x", &secrets), ["PLAIN"]);
        assert_eq!(values_in(b"fake fake-plain", &secrets), [""; 0]);
    }
}
