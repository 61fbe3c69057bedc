//! Judging a passphrase, which carries all of a vault's strength.

use zxcvbn::feedback::Warning;

use super::generate::is_of_generated_form;
use crate::error::{Error, PassphraseError, Result};
use crate::memory::{DEEP_STACK, Passphrase, on_wiped_stack};

/// The least number of guesses, as a power of ten, by zxcvbn's estimate. The slowest key derivation
/// that gpg opens takes a processor core 0.12 s, so that 10^16 guesses are 38 million core-years.
pub const MIN_GUESSES_LOG10: f64 = 16.0;

/// zxcvbn's work grows with the square of the length; what follows only adds strength.
const JUDGED_CHARACTERS: usize = 100;

/// The longest passphrase that is sealed with, in bytes: gpg's own prompt takes no longer one.
const MAX_TYPED_BYTES: usize = 255;

/// Refuses a passphrase that could not be typed in an outage, here or at gpg's prompt.
///
/// Errors: control characters, other bytes than UTF-8, or too long.
pub fn check_typable(passphrase: &Passphrase) -> Result<()> {
    let bytes = passphrase.expose();
    let typable = str::from_utf8(bytes).is_ok_and(|text| !text.chars().any(char::is_control));
    if typable && bytes.len() <= MAX_TYPED_BYTES {
        Ok(())
    } else {
        Err(PassphraseError::Untypable.into())
    }
}

/// Refuses a passphrase that is likely to be guessed. One of the form that is made here needs no
/// other judge: zxcvbn, which runs on a wiped stack, takes 8 to 16 ms to build its dictionaries.
///
/// Errors: too weak, with advice; not UTF-8.
pub fn check_strength(passphrase: &Passphrase) -> Result<()> {
    on_wiped_stack(DEEP_STACK, || judge(passphrase))?.unwrap_or(Err(Error::Internal))
}

fn judge(passphrase: &Passphrase) -> Result<()> {
    let text = str::from_utf8(passphrase.expose()).map_err(|_| PassphraseError::Untypable)?;
    if is_of_generated_form(text) {
        return Ok(());
    }
    let end = text.char_indices().nth(JUDGED_CHARACTERS).map_or(text.len(), |(at, _)| at);
    let judged = zxcvbn::zxcvbn(text.get(..end).unwrap_or_default(), &[]);
    if judged.guesses_log10() >= MIN_GUESSES_LOG10 {
        return Ok(());
    }
    Err(Error::Passphrase(PassphraseError::Weak {
        advice: advice(judged.feedback().and_then(|feedback| feedback.warning())),
    }))
}

/// zxcvbn's finding in words of ours: fixed, so that none can hold a part of the passphrase.
fn advice(warning: Option<Warning>) -> &'static str {
    match warning {
        Some(
            Warning::StraightRowsOfKeysAreEasyToGuess
            | Warning::ShortKeyboardPatternsAreEasyToGuess,
        ) => "keyboard patterns are easy to guess",
        Some(
            Warning::RepeatsLikeAaaAreEasyToGuess
            | Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess,
        ) => "repeats are easy to guess",
        Some(Warning::SequencesLikeAbcAreEasyToGuess) => "sequences are easy to guess",
        Some(Warning::RecentYearsAreEasyToGuess | Warning::DatesAreOftenEasyToGuess) => {
            "dates are easy to guess"
        }
        Some(
            Warning::ThisIsATop10Password
            | Warning::ThisIsATop100Password
            | Warning::ThisIsACommonPassword
            | Warning::ThisIsSimilarToACommonlyUsedPassword,
        ) => "it is, or resembles, one that many people use",
        Some(Warning::AWordByItselfIsEasyToGuess) => "one word is easy to guess",
        Some(
            Warning::NamesAndSurnamesByThemselvesAreEasyToGuess
            | Warning::CommonNamesAndSurnamesAreEasyToGuess,
        ) => "names are easy to guess",
        None => "fewer than 10^16 guesses would find it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Region;

    fn judged(text: &str) -> Result<()> {
        check_strength(
            &Passphrase::new(Region::copy_of(text.as_bytes()).expect("memory")).expect("valid"),
        )
    }

    #[test]
    fn weak_and_strong() {
        for weak in [
            "password",
            "Tr0ub4dour&3",
            "correct horse",
            "qwertyuiop",
            "aaaaaaaaaaaaaaaa",
            "2026-11-23",
        ] {
            assert!(
                matches!(judged(weak), Err(Error::Passphrase(PassphraseError::Weak { .. }))),
                "{weak}"
            );
        }
        for strong in [
            "correct horse battery staple 42",
            "k7#Vq!m2Zx9@pL4t%Rw",
            &"velvet tundra 81 ocelot brass ".repeat(5),
        ] {
            judged(strong).expect(strong);
        }
    }
}
