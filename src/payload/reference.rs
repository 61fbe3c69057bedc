//! References between secrets, `${NAME}` and `${environment.folder.NAME}`, which a manager resolves
//! before it hands the values out, or leaves as they are where what they name is missing or empty.

use super::secrets::Secrets;

/// Names of the secrets in whose values a reference stands.
pub fn unresolved(secrets: &Secrets) -> impl Iterator<Item = String> {
    let left = secrets.iter().filter(|secret| holds_reference(secret.expose()));
    left.map(|secret| secret.name().to_owned())
}

/// Whether `${…}` stands in it, with what Infisical takes for a reference: letters, digits, `_`,
/// `-` and `.`.
fn holds_reference(value: &[u8]) -> bool {
    value.windows(2).enumerate().filter(|(_, pair)| *pair == b"${").any(|(at, _)| {
        let within = value.get(at + 2..).unwrap_or_default();
        let length = within.iter().take_while(|byte| is_part(**byte)).count();
        length > 0 && within.get(length) == Some(&b'}')
    })
}

fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        for (value, expected) in [
            ("${KEY}", true),
            ("a${prod.db-1.KEY_2}b", true),
            ("${${KEY}}", true),
            ("$KEY", false),
            ("${}", false),
            ("${KEY", false),
            ("${KEY:-x}", false),
            ("${a b}", false),
            ("$ {KEY}", false),
            ("{KEY}", false),
            ("$", false),
        ] {
            assert_eq!(holds_reference(value.as_bytes()), expected, "{value}");
        }
    }
}
