//! Receipts: keyed digests of what a vault holds, by which whoever has the key and the live secrets
//! tells whether the vault is current, without passphrase and vault. docs/FORMAT.md has the form.
//!
//! Digests are made on a wiped stack: a hash function keeps the last bytes of a value in its buffer.

mod at_hand;
mod beside;
mod digest;
mod form;
mod key;

use jiff::Timestamp;

use crate::error::{ReceiptError, Result};
use crate::files::MAX_FILE_BYTES;
use crate::memory;
use crate::payload::{Differences, Secrets};

pub use at_hand::KeyAtHand;
pub use beside::{SUFFIX, is_other_source, is_receipt, path_of, read_before, read_beside};
pub use key::{Key, KeyFile, key_from_file};

use digest::{Digest, with_key};

/// What a receipt says of the vault and how it came about. None of it is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptFacts {
    /// The SHA-256 of the vault's binary message: 64 lower-case hex digits.
    pub vault: String,
    /// When it was sealed; written to the second.
    pub sealed: Timestamp,
    /// Where the secrets came from; one line without control characters.
    pub source: String,
    /// Names that were left out; written in order, once each.
    pub skipped: Vec<String>,
}

/// A receipt that has the form of one. Whether it was written with a key, and not changed since,
/// only [`Receipt::is_authentic`] tells.
#[derive(Debug)]
pub struct Receipt {
    text: String,
    /// Where the last line begins.
    body: usize,
    /// What the last line says.
    seal: Digest,
    facts: ReceiptFacts,
    /// The names, in order, and the digest of each.
    entries: Vec<(String, Digest)>,
}

/// Writes the receipt of a vault that holds `secrets`.
///
/// Errors: a control character in a fact; no memory; more than [`MAX_FILE_BYTES`], which takes
/// more than 110,000 names; [`crate::error::Error::Internal`] for facts that no vault has.
pub fn write(key: &Key, facts: &ReceiptFacts, secrets: &Secrets) -> Result<String> {
    let mut text = form::head(facts, secrets.len())?;
    let text = with_key(key, move |keyed| {
        for secret in secrets.iter() {
            form::push_line(&mut text, secret.name(), &keyed.of_secret(secret));
        }
        let seal = keyed.of_text(text.as_bytes());
        form::push_line(&mut text, form::LAST, &seal);
        text
    })?;
    if text.len() > MAX_FILE_BYTES { Err(ReceiptError::TooLarge.into()) } else { Ok(text) }
}

/// A line for each variable as a receipt has one for each secret: its name, a blank, and the keyed digest
/// of name and value in hex.
///
/// Errors: no memory, no thread.
pub fn lines<'a>(
    key: &Key,
    variables: impl Iterator<Item = (&'a str, &'a [u8])> + Send,
) -> Result<String> {
    with_key(key, |keyed| {
        let mut text = String::new();
        for (name, value) in variables {
            form::push_line(&mut text, name, &keyed.of(name, value));
        }
        text
    })
}

impl Receipt {
    /// What it says of the vault.
    pub fn facts(&self) -> &ReceiptFacts {
        &self.facts
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(name, _)| name.as_str())
    }

    /// Whether it was written with this key and is as it was written; in constant time for its
    /// length. A wrong key and a changed receipt cannot be told apart.
    ///
    /// Errors: no memory, no thread.
    pub fn is_authentic(&self, key: &Key) -> Result<bool> {
        let body = self.text.get(..self.body).unwrap_or_default();
        let seal = with_key(key, |keyed| keyed.of_text(body.as_bytes()))?;
        Ok(memory::equal(&seal, &self.seal))
    }

    /// Compares the names and digests of an authentic receipt with live secrets; digests in
    /// constant time. Added are live and not in the receipt.
    ///
    /// Errors: no memory, no thread.
    pub fn compare(&self, key: &Key, live: &Secrets) -> Result<Differences> {
        let entries = self.entries.iter().map(|(name, digest)| (name.as_str(), digest));
        with_key(key, |keyed| {
            Differences::between(entries, live.by_name(), |digest, secret| {
                memory::equal(*digest, &keyed.of_secret(*secret))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::error::{Error, PayloadError};
    use crate::payload::{Strictness, read};

    /// Computed by Python's `hmac` over the bytes 0 to 31 as key.
    const EXAMPLE: &str = "# breakglass receipt 1
# vault: sha256 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
# sealed: 2026-11-23T17:00:00Z
# source: infisical app.infisical.com project=p environment=production path=/
# secrets: 5
# skipped: A-B,C D
GEMINI_API_KEY 9355e94ffea39d5fa72f3f73246d638573aec6b2cd7920315404f2e4412db0ed
GEMINI_API_KEY2 fff59dee802fcb98a2fcec9f0a77ce8eae5445e9dd89487dbac390ee28c5893d
JWT_SECRET 0b83f49ca6427204063f422d1037837c9f429dbddacf498397b0761031a62a1c
Z 5020d5ed952d1bb252564653251fe7f8c342eac96969228326dc2ee25d509a31
hmac 0cd145abfa6185e0ea14c64d4ac2b44eeee91e4ff06a5f4a924678c164b5d9b1
hmac d6e25fbe1a3e4a04c05f944a7530e070cd691a17d7355720e832405fbce277ed
";

    fn key() -> Key {
        let hex: String = (0..32).map(|byte| format!("{byte:02x}")).collect();
        Key::from_hex(hex.as_bytes()).expect("a key")
    }

    fn facts() -> ReceiptFacts {
        ReceiptFacts {
            vault: "0123456789abcdef".repeat(4),
            sealed: "2026-11-23T17:00:00Z".parse().expect("a time"),
            source: "infisical app.infisical.com project=p environment=production path=/"
                .to_owned(),
            skipped: vec!["A-B".to_owned(), "C D".to_owned()],
        }
    }

    fn secrets(json: &str) -> Secrets {
        read(json.as_bytes(), Strictness::Strict, &[]).expect("JSON").secrets
    }

    fn example_secrets() -> Secrets {
        secrets(
            r#"{"JWT_SECRET": "it's", "GEMINI_API_KEY": "fake-value-1", "hmac": "",
                "GEMINI_API_KEY2": "fake-value-1", "Z": "1\n2\tä\u2028"}"#,
        )
    }

    fn authentic(text: &[u8]) -> bool {
        Receipt::parse(text).is_ok_and(|receipt| receipt.is_authentic(&key()).expect("memory"))
    }

    #[test]
    fn another_program_writes_the_same() {
        let shuffled = ["C D", "A-B", "C D"].map(str::to_owned).to_vec();
        let facts = ReceiptFacts { skipped: shuffled, ..facts() };
        assert_eq!(write(&key(), &facts, &example_secrets()).as_deref(), Ok(EXAMPLE));
    }

    #[test]
    fn reads_what_it_writes() {
        let receipt = Receipt::parse(EXAMPLE.as_bytes()).expect("a receipt");
        assert_eq!(receipt.facts(), &facts());
        let names: Vec<&str> = receipt.names().collect();
        assert_eq!(names, ["GEMINI_API_KEY", "GEMINI_API_KEY2", "JWT_SECRET", "Z", "hmac"]);
        assert!(receipt.is_authentic(&key()).expect("memory"));
        let same = receipt.compare(&key(), &example_secrets()).expect("memory");
        assert!(same.is_empty(), "{same:?}");
        let facts = ReceiptFacts { skipped: vec![], ..facts() };
        let text = write(&key(), &facts, &secrets("{}")).expect("writes");
        let receipt = Receipt::parse(text.as_bytes()).expect("a receipt");
        assert_eq!((receipt.facts(), receipt.names().count()), (&facts, 0));
    }

    #[test]
    fn the_wrong_key() {
        let other = Key::generate().expect("randomness");
        let receipt = Receipt::parse(EXAMPLE.as_bytes()).expect("a receipt");
        assert!(!receipt.is_authentic(&other).expect("memory"));
        let differences = receipt.compare(&other, &example_secrets()).expect("memory");
        assert_eq!(differences.changed.len(), 5, "no digest fits");
    }

    #[test]
    fn equal_values_have_different_digests() {
        let digest = |name: &str| {
            let line = EXAMPLE.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.expect("a line")
        };
        assert_ne!(digest("GEMINI_API_KEY"), digest("GEMINI_API_KEY2"));
        // Moving the border between name and value changes the digest.
        let text = write(&key(), &facts(), &secrets(r#"{"A": "BC", "AB": "C"}"#)).expect("writes");
        let digests: Vec<&str> =
            text.lines().filter_map(|line| Some(line.split_once(' ')?.1)).collect();
        let [.., a, ab, _] = digests[..] else { panic!("{text}") };
        assert_ne!(a, ab);
    }

    #[test]
    fn differences_by_name() {
        let receipt = Receipt::parse(EXAMPLE.as_bytes()).expect("a receipt");
        let live = secrets(
            r#"{"A": "new", "GEMINI_API_KEY": "fake-value-1", "GEMINI_API_KEY2": "fake-value-2",
                "JWT_SECRET": "it's ", "zz": "new", "hmac": ""}"#,
        );
        let differences = receipt.compare(&key(), &live).expect("memory");
        assert_eq!(differences.added, ["A", "zz"]);
        assert_eq!(differences.removed, ["Z"]);
        assert_eq!(differences.changed, ["GEMINI_API_KEY2", "JWT_SECRET"]);
        let gone = receipt.compare(&key(), &secrets("{}")).expect("memory");
        assert_eq!((gone.removed.len(), gone.added.len(), gone.changed.len()), (5, 0, 0));
    }

    #[test]
    fn values_swapped_between_names_are_changes() {
        let text = write(&key(), &facts(), &secrets(r#"{"A": "1", "B": "2"}"#)).expect("writes");
        let receipt = Receipt::parse(text.as_bytes()).expect("a receipt");
        let live = secrets(r#"{"A": "2", "B": "1"}"#);
        assert_eq!(receipt.compare(&key(), &live).expect("memory").changed, ["A", "B"]);
    }

    #[test]
    fn each_flipped_bit_is_found() {
        assert!(authentic(EXAMPLE.as_bytes()));
        for at in 0..EXAMPLE.len() {
            for bit in 0..8 {
                let mut text = EXAMPLE.as_bytes().to_vec();
                text[at] ^= 1 << bit;
                assert!(!authentic(&text), "byte {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn facts_that_cannot_stand_in_it() {
        let none = secrets("{}");
        let refused = |facts: &ReceiptFacts| write(&key(), facts, &none).expect_err("refused");
        let source = "x\nA 00".to_owned();
        assert_eq!(
            refused(&ReceiptFacts { source, ..facts() }),
            Error::Payload(PayloadError::HeaderControl)
        );
        let skipped = vec!["A\u{85}".to_owned()];
        assert_eq!(
            refused(&ReceiptFacts { skipped, ..facts() }),
            Error::Payload(PayloadError::HeaderControl)
        );
        for skipped in ["", "A,B"] {
            let skipped = vec![skipped.to_owned()];
            assert_eq!(refused(&ReceiptFacts { skipped, ..facts() }), Error::Internal);
        }
        for vault in ["", "0123456789abcdef", &"0123456789ABCDEF".repeat(4)] {
            let vault = vault.to_owned();
            assert_eq!(refused(&ReceiptFacts { vault, ..facts() }), Error::Internal);
        }
    }

    /// Where, how many bytes are taken out, and what comes in their place.
    fn mutations() -> impl Strategy<Value = Vec<(prop::sample::Index, usize, Vec<u8>)>> {
        let piece = prop_oneof![
            prop::collection::vec(any::<u8>(), 0..4),
            prop::sample::select(
                &[
                    "\n",
                    "\r\n",
                    " ",
                    "# ",
                    ",",
                    "A",
                    "0",
                    "hmac ",
                    "# skipped: A\n",
                    "\u{2028}",
                    "18446744073709551616"
                ][..]
            )
            .prop_map(|piece| piece.as_bytes().to_vec()),
            (any::<prop::sample::Index>(), 0..200_usize).prop_map(|(at, length)| {
                let at = at.index(EXAMPLE.len());
                EXAMPLE.as_bytes()[at..(at + length).min(EXAMPLE.len())].to_vec()
            }),
        ];
        prop::collection::vec(
            (any::<prop::sample::Index>(), prop_oneof![0..4_usize, 0..2000_usize], piece),
            0..4,
        )
    }

    proptest! {
        #[test]
        fn changed_receipts_are_refused_without_panic(mutations in mutations()) {
            let mut text = EXAMPLE.as_bytes().to_vec();
            for (at, out, piece) in mutations {
                let at = at.index(text.len() + 1);
                let end = (at + out).min(text.len());
                text.splice(at..end, piece);
            }
            if let Ok(receipt) = Receipt::parse(&text) {
                let mut again = form::head(receipt.facts(), receipt.entries.len()).expect("proper");
                for (name, digest) in &receipt.entries {
                    form::push_line(&mut again, name, digest);
                }
                form::push_line(&mut again, form::LAST, &receipt.seal);
                prop_assert_eq!(again.as_bytes(), &text, "a second text for the same receipt");
                let authentic = receipt.is_authentic(&key()).expect("memory");
                prop_assert_eq!(authentic, text == EXAMPLE.as_bytes());
            } else {
                prop_assert_ne!(&text, EXAMPLE.as_bytes());
            }
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Receipt::parse(&bytes).is_err());
        }
    }
}
