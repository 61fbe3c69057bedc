//! Making a passphrase.

use bip39::Language;

use crate::error::{Error, Result};
use crate::memory::{self, Passphrase, Region};

/// Words in a generated passphrase. Each is one of 2048, so 11 bits: 77 bits in all.
const WORDS: usize = 7;

/// Makes a passphrase of seven words of the BIP-39 English list with blanks between them: at least
/// 77 bits, no two words of the list begin with the same four letters, none is easily misheard.
///
/// Errors: the system's random number generator does not answer.
pub fn generate_passphrase() -> Result<Passphrase> {
    let list = Language::English.word_list();
    let mut numbers = zeroize::Zeroizing::new([0_u8; 2 * WORDS]);
    memory::fill_random(numbers.as_mut_slice())?;
    let mut passphrase = Region::with_capacity(Passphrase::MAX_BYTES)?;
    for (index, pair) in numbers.as_chunks::<2>().0.iter().enumerate() {
        // 2048 divides 65536: every word is equally likely.
        let word =
            list.get(usize::from(u16::from_le_bytes(*pair)) % list.len()).ok_or(Error::Internal)?;
        if index > 0 {
            passphrase.extend(b" ")?;
        }
        passphrase.extend(word.as_bytes())?;
    }
    Passphrase::new(passphrase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::check_strength;

    #[test]
    fn seven_words_that_are_strong() {
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let passphrase = generate_passphrase().expect("randomness");
            let text = str::from_utf8(passphrase.expose()).expect("UTF-8").to_owned();
            assert_eq!(text.split(' ').count(), WORDS);
            assert!(
                text.split(' ').all(|word| Language::English.find_word(word).is_some()),
                "{text}"
            );
            check_strength(&passphrase).expect(&text);
            assert!(seen.insert(text));
        }
    }
}
