//! The marker that a command started by `run` carries, and so does whatever it starts.

use crate::payload::VaultId;

/// Where a process got its secrets. Not secret itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// The id of the vault.
    pub vault: VaultId,
    /// When the vault was opened, as it was written there; empty where it is not told.
    pub opened: String,
}

/// Names that only this program sets.
pub(super) const PREFIX: &str = "BREAKGLASS_";

const VAULT: &str = "BREAKGLASS_VAULT";
const OPENED: &str = "BREAKGLASS_OPENED";

/// The longest time that is taken for one, in bytes.
const MAX_TIME: usize = 40;

impl Marker {
    /// One that PM2 reports, if it has the form of one.
    pub fn new(vault: &str, opened: Option<String>) -> Option<Marker> {
        let vault = VaultId::parse(vault.as_bytes())?;
        let opened =
            opened.filter(|time| time.len() <= MAX_TIME && time.bytes().all(|it| is_time(&it)));
        Some(Marker { vault, opened: opened.unwrap_or_default() })
    }

    /// The variables of a new one: names and values.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        vec![(VAULT, self.vault.to_string()), (OPENED, self.opened.clone())]
    }

    /// Finds the first marker in an environment, in its strings or in JSON within one of them, where
    /// PM2 keeps an app's whole environment; or in a file of such JSON.
    pub fn find(bytes: &[u8]) -> Option<Marker> {
        let vault = occurrences(bytes, VAULT).find_map(|value| {
            let (id, rest) = value.split_at_checked(VaultId::DIGITS)?;
            let ends = rest.first().is_none_or(|byte| !byte.is_ascii_alphanumeric());
            VaultId::parse(id).filter(|_| ends)
        })?;
        let opened = occurrences(bytes, OPENED).next().map(|value| {
            let time = value.iter().take(MAX_TIME).take_while(|byte| is_time(byte));
            time.map(|byte| char::from(*byte)).collect()
        });
        Some(Marker { vault, opened: opened.unwrap_or_default() })
    }
}

fn is_time(byte: &u8) -> bool {
    byte.is_ascii_digit() || b"-:.TZ".contains(byte)
}

/// What stands behind each `name=` that begins a string, each `"name":"`, and each `"name": "`.
fn occurrences<'a>(bytes: &'a [u8], name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let at = from + memchr::memmem::find(bytes.get(from..)?, name.as_bytes())?;
            from = at + name.len();
            let before = at.checked_sub(1).and_then(|before| bytes.get(before));
            let after = bytes.get(from..)?;
            let value = match before {
                None | Some(0) => after.strip_prefix(b"="),
                Some(b'"') => {
                    let after = after.strip_prefix(b"\":").unwrap_or_default();
                    after.strip_prefix(b" ").unwrap_or(after).strip_prefix(b"\"")
                }
                Some(_) => None,
            };
            if value.is_some() {
                return value;
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(String, String)> {
        Marker::find(text.as_bytes()).map(|marker| (marker.vault.to_string(), marker.opened))
    }

    #[test]
    fn in_strings_and_in_json() {
        let (id, time) = ("0123456789abcdef", "2026-11-24T03:00:00Z");
        let expected = Some((id.to_owned(), time.to_owned()));
        for text in [
            format!("BREAKGLASS_VAULT={id}\0BREAKGLASS_OPENED={time}\0"),
            format!("A=1\0BREAKGLASS_OPENED={time}\0BREAKGLASS_VAULT={id}"),
            format!("pm2_env={{\"BREAKGLASS_VAULT\":\"{id}\",\"BREAKGLASS_OPENED\":\"{time}\"}}\0"),
            format!("\"BREAKGLASS_VAULT\": \"{id}\",\n\"BREAKGLASS_OPENED\": \"{time}\""),
            format!("X=BREAKGLASS_VAULT={id}\0BREAKGLASS_VAULT={id}\0BREAKGLASS_OPENED={time}\0"),
        ] {
            assert_eq!(found(&text), expected, "{text:?}");
        }
        assert_eq!(
            found(&format!("BREAKGLASS_VAULT={id}\0")),
            Some((id.to_owned(), String::new()))
        );
    }

    #[test]
    fn what_is_none() {
        for text in [
            "",
            "BREAKGLASS_VAULT",
            "BREAKGLASS_VAULT=",
            "BREAKGLASS_VAULT=0123456789abcde\0",
            "BREAKGLASS_VAULT=0123456789abcdef0\0",
            "BREAKGLASS_VAULT=0123456789ABCDEF\0",
            "XBREAKGLASS_VAULT=0123456789abcdef\0",
            "BREAKGLASS_VAULTS=0123456789abcdef\0",
            "\"BREAKGLASS_VAULT\":0123456789abcdef",
        ] {
            assert_eq!(found(text), None, "{text:?}");
        }
    }
}
