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

/// Whether a passphrase has the form of a generated one: that many words of the list or more, each once.
/// zxcvbn agrees with every such one: no word of its own spans a blank, so that it takes thirteen
/// pieces, and its estimate is at least 10000 for each piece but one.
pub(super) fn is_of_generated_form(passphrase: &str) -> bool {
    let mut words: Vec<&str> = passphrase.split(' ').collect();
    let listed = words.iter().all(|word| Language::English.find_word(word).is_some());
    words.sort_unstable();
    words.dedup();
    listed && words.len() >= WORDS && passphrase.split(' ').count() == words.len()
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
            let different: std::collections::BTreeSet<&str> = text.split(' ').collect();
            // One in a hundred holds a word twice, and is left to zxcvbn.
            assert_eq!(is_of_generated_form(&text), different.len() == WORDS, "{text}");
            assert!(seen.insert(text));
        }
    }

    #[test]
    fn seven_words_are_strong_by_the_other_judge_too() {
        let common = "you that this all what know can";
        assert!(is_of_generated_form(common));
        let generated = generate_passphrase().expect("randomness");
        let generated = str::from_utf8(generated.expose()).expect("UTF-8");
        for text in [common, generated] {
            let guesses = zxcvbn::zxcvbn(text, &[]).guesses_log10();
            assert!(guesses >= crate::vault::MIN_GUESSES_LOG10, "{text}: {guesses}");
        }
    }

    #[test]
    fn what_only_resembles_them() {
        for text in [
            "",
            "zoo",
            "zoo zoo zoo zoo zoo zoo zoo",
            "you that this all what know",
            "you that this all what know know",
            "you that this all what know can can",
            "you  that this all what know can",
            "you that this all what know can ",
            "You that this all what know can",
            "you that this all what know cans",
            "you\tthat\tthis\tall\twhat\tknow\tcan",
        ] {
            assert!(!is_of_generated_form(text), "{text:?}");
        }
    }
}
