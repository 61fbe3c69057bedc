//! Vaults as text: ASCII armor of either format, as notes, mails and clipboards leave it.
//!
//! What is put up with changes no digit of the message: line ends, blanks, wrapping, text around it.
//! Everything else is an error that names its cause. So there is one message that a text can stand for, or
//! none.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use memchr::memmem;

use super::{Format, Unwrapped};
use crate::error::{Error, Result, VaultError};

/// What stands between BEGIN or END and the dashes.
const PGP: &str = "PGP MESSAGE";
const AGE: &str = "AGE ENCRYPTED FILE";

const KINDS: [(Format, &str); 2] = [(Format::OpenPgp, PGP), (Format::Age, AGE)];

/// What a note may make of a hyphen.
const DASHES: [char; 9] = ['-', '‐', '‑', '‒', '–', '—', '―', '−', '\u{AD}'];

/// Characters of a line of age's armor.
const AGE_LINE: usize = 64;

/// Finds the armored vault in a text; nothing where `bytes` are no text or hold none.
///
/// Errors: a second one; dashes, markup or other characters that a note has put in the place of those
/// that were copied; cut off.
pub(super) fn find(bytes: &[u8]) -> Result<Option<Unwrapped>> {
    let Some(text) = text_of(bytes) else { return Ok(None) };
    let (mut begins, mut is_named) = (Vec::new(), false);
    for (format, words) in KINDS {
        for (at, _) in text.match_indices(&format!("BEGIN {words}")) {
            is_named = true;
            let (before, rest) = text.split_at(at);
            // With whatever dashes: of two vaults, the one that a note has left alone may be the older one.
            if before.trim_end().ends_with(DASHES) {
                begins.push((before, rest, format, words));
            }
        }
    }
    let (before, rest, format, words) = match begins[..] {
        [one] => one,
        [] if is_named => return Err(VaultError::NoteDashes.into()),
        [] => return Ok(None),
        _ => return Err(VaultError::SecondMessage.into()),
    };
    let before = before.strip_suffix("-----").ok_or(VaultError::NoteDashes)?;
    let rest = rest.strip_prefix(&format!("BEGIN {words}-----")).ok_or(VaultError::NoteDashes)?;
    let Some((body, after)) = rest.split_once(&line("END", words)) else {
        let changed = rest.contains(&format!("END {words}"));
        return Err(if changed {
            Error::Vault(VaultError::NoteDashes)
        } else {
            Error::Vault(VaultError::Damaged)
        });
    };
    let alone = before.trim().is_empty() && after.trim().is_empty();
    Ok(Some(Unwrapped { format, message: message(body, format)?, armored: true, alone }))
}

/// `-----BEGIN PGP MESSAGE-----` and the like.
fn line(word: &str, words: &str) -> String {
    format!("-----{word} {words}-----")
}

/// The text, where `bytes` are one that may hold armor: line ends as LF, each run of other blanks as one
/// blank, invisible characters left out.
fn text_of(bytes: &[u8]) -> Option<String> {
    let wide = |from: fn([u8; 2]) -> u16| {
        let units = bytes.as_chunks::<2>().0.iter().map(|pair| from(*pair));
        let characters = char::decode_utf16(units);
        characters.map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>()
    };
    let text = match bytes {
        [0xFF, 0xFE, ..] => wide(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => wide(u16::from_be_bytes),
        _ if memmem::find(bytes, b"BEGIN").is_none() => return None,
        _ => match str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            // The first byte of an OpenPGP message is above 127 (RFC 9580, 4.2): that is none of a text.
            Err(_) if bytes.first().is_some_and(|byte| byte & 0x80 != 0) => return None,
            Err(_) => String::from_utf8_lossy(bytes).into_owned(),
        },
    };
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}' => plain.push('\n'),
            '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' => {}
            '\u{2060}'..='\u{2069}' | '\u{FEFF}' => {}
            blank if blank.is_whitespace() => {
                if !plain.ends_with(' ') {
                    plain.push(' ');
                }
            }
            other => plain.push(other),
        }
    }
    Some(plain)
}

/// The message that stands between the two lines of armor.
fn message(body: &str, format: Format) -> Result<Vec<u8>> {
    let fields = format == Format::OpenPgp && body.contains(':');
    let body = digits(body, format);
    if body.is_empty() && fields {
        return Err(VaultError::NoteFields.into());
    }
    check_characters(&body)?;
    let (data, end) = body.split_at(body.find('=').unwrap_or(body.len()));
    // What is missing to a group of four.
    let padding = match data.len() % 4 {
        0 => "",
        2 => "==",
        3 => "=",
        _ => return Err(cause(end)),
    };
    let checksum = end.strip_prefix(padding).ok_or_else(|| cause(end))?;
    let message = STANDARD_NO_PAD.decode(data).map_err(|_| VaultError::Damaged)?;
    match (checksum.strip_prefix('='), format) {
        _ if message.is_empty() => Err(cause(end)),
        (None, _) if checksum.is_empty() => Ok(message),
        (Some(sum), Format::OpenPgp) if sum.len() == 4 && !sum.contains('=') => {
            let sum = STANDARD_NO_PAD.decode(sum).map_err(|_| VaultError::Damaged)?;
            let right = crc24(&message).to_be_bytes();
            if right.ends_with(&sum) { Ok(message) } else { Err(VaultError::Damaged.into()) }
        }
        _ => Err(cause(end)),
    }
}

/// The base64 digits of a body in one piece, `=` among them, without the marks of a quotation and without
/// OpenPGP's header fields. No digit is a colon.
fn digits(body: &str, format: Format) -> String {
    let mut digits = String::with_capacity(body.len());
    for line in body.split('\n') {
        let line = line.trim_start_matches(['>', ' ']);
        let is_field = format == Format::OpenPgp && digits.is_empty() && line.contains(':');
        if !is_field {
            digits.extend(line.chars().filter(|character| *character != ' '));
        }
    }
    digits
}

/// Refuses what is no digit.
fn check_characters(body: &str) -> Result<()> {
    let is_digit = |it: char| it.is_ascii_alphanumeric() || matches!(it, '+' | '/' | '=');
    match body.chars().find(|character| !is_digit(*character)) {
        None => Ok(()),
        Some('&' | ';' | '<' | '>' | '%') => Err(VaultError::NoteMarkup.into()),
        Some(_) => Err(VaultError::NoteCharacters.into()),
    }
}

/// Why something else than padding and checksum follows the first `=`: mail writes `=3D` for it, and
/// ends lines in one.
fn cause(end: &str) -> Error {
    if end.contains("=3D") || end.trim_matches('=').contains('=') {
        Error::Vault(VaultError::NoteMarkup)
    } else {
        Error::Vault(VaultError::Damaged)
    }
}

/// OpenPGP's checksum (RFC 9580, 6.1.1).
fn crc24(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| {
        let doubled = sum << 1;
        if doubled & 0x0100_0000 == 0 { doubled } else { doubled ^ 0x0186_4CFB }
    };
    bytes.iter().fold(0x00B7_04CE, |sum, byte| (0..8).fold(sum ^ u32::from(*byte) << 16, step))
}

/// An age file as armored text: strict PEM, lines of 64 characters.
pub(super) fn age_armor(file: &[u8]) -> Vec<u8> {
    let mut text = line("BEGIN", AGE).into_bytes();
    let digits = STANDARD.encode(file);
    for row in digits.as_bytes().chunks(AGE_LINE) {
        text.push(b'\n');
        text.extend(row);
    }
    text.push(b'\n');
    text.extend(line("END", AGE).as_bytes());
    text.push(b'\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn armor(body: &str) -> String {
        format!("-----BEGIN PGP MESSAGE-----\n\n{body}\n-----END PGP MESSAGE-----\n")
    }

    fn found(text: &str) -> Result<Vec<u8>> {
        find(text.as_bytes()).map(|note| note.expect("armor").message)
    }

    #[test]
    fn the_checksum_is_the_standards() {
        // Of no bytes it is the initial value; of "123456789" the catalogue's CRC-24/OPENPGP.
        assert_eq!(crc24(b""), 0x00B7_04CE);
        assert_eq!(crc24(b"123456789"), 0x0021_CF02);
    }

    #[test]
    fn padding_and_checksum() {
        let message = b"some bytes";
        let good = "c29tZSBieXRlcw==";
        for body in [good, "c29tZSBieXRl\ncw==", "> c29tZSBieXRl\n>cw==\n> ", "c29t ZSBieXRlcw= ="]
        {
            assert_eq!(found(&armor(body)).as_deref(), Ok(&message[..]), "{body}");
        }
        let sum = STANDARD.encode(crc24(message).to_be_bytes().get(1..).expect("three bytes"));
        for body in
            [format!("{good}\n={sum}"), format!("{good}={sum}"), format!("A: b\n{good}\n={sum}")]
        {
            assert_eq!(found(&armor(&body)).as_deref(), Ok(&message[..]), "{body}");
        }
        for body in ["c29tZSBieXRlcw=", "c29tZSBieXRlcw", "c29tZSBieXRlcx==", "", "=AAAA", "c29tZ"]
        {
            assert_eq!(found(&armor(body)), Err(Error::Vault(VaultError::Damaged)), "{body}");
        }
        assert_eq!(
            found(&armor(&format!("{good}\n=AAAA"))),
            Err(Error::Vault(VaultError::Damaged))
        );
        let one_line =
            format!("-----BEGIN PGP MESSAGE----- A: b  {good} -----END PGP MESSAGE-----");
        for fields in [one_line, armor(&format!("A: b\nC: d {good}"))] {
            assert_eq!(found(&fields), Err(Error::Vault(VaultError::NoteFields)), "{fields}");
        }
        assert_eq!(
            found(&armor("c29tZSBieXRlcw=3D=3D")),
            Err(Error::Vault(VaultError::NoteMarkup))
        );
        assert_eq!(
            found(&armor("c29tZS=\nBieXRl=\ncw==")),
            Err(Error::Vault(VaultError::NoteMarkup))
        );
        assert_eq!(
            found(&armor("c29tZSBieXRl&nbsp;cw==")),
            Err(Error::Vault(VaultError::NoteMarkup))
        );
        assert_eq!(found(&armor("c29tZSBie…RlcwE")), Err(Error::Vault(VaultError::NoteCharacters)));
    }

    #[test]
    fn no_text() {
        assert!(find(b"\x8C\x0D-----BEGIN PGP MESSAGE-----").expect("no error").is_none());
        assert!(find(b"BEGIN").expect("no error").is_none());
        assert!(find(b"").expect("no error").is_none());
        assert_eq!(
            find("—BEGIN PGP MESSAGE—".as_bytes()).err(),
            Some(Error::Vault(VaultError::NoteDashes))
        );
    }
}
