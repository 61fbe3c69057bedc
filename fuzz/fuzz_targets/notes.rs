//! Notes: whatever a note, a mail or a hand does to the text of a vault, it opens with what was sealed, or does not
//! open. The first byte chooses the text, each three after it something that is done to it.

#![no_main]

use breakglass::vault::Vault;
use breakglass_fuzz::{DOCUMENT, passphrase, quiet_panics, require};
use libfuzzer_sys::fuzz_target;

const TEXTS: [&str; 3] = [
    include_str!("../seeds/age/one.asc"),
    include_str!("../seeds/openpgp/armored.asc"),
    include_str!("../seeds/openpgp/zip-armored.asc"),
];

/// What is put at a place, beside single bytes.
const PIECES: [&str; 16] = [
    "\r",
    "\n",
    "\r\n",
    " ",
    "\t",
    "\u{a0}",
    "\u{feff}",
    "\u{200b}",
    "> ",
    "=",
    "=\n",
    "&nbsp;",
    "—",
    "Comment: a note\n",
    "-----BEGIN PGP MESSAGE-----\n",
    "-----END PGP MESSAGE-----\n",
];

fuzz_target!(|bytes: &[u8]| {
    quiet_panics();
    let Some((choice, steps)) = bytes.split_first() else { return };
    let Some(text) = TEXTS.get(usize::from(*choice)) else { return };
    let mut text = (*text).to_owned().into_bytes();
    for step in steps.chunks_exact(3).take(32) {
        let [what, high, low] = *step else { return };
        mangle(&mut text, what, usize::from(u16::from_be_bytes([high, low])));
    }
    match Vault::parse(&text) {
        Err(error) => require(!error.to_string().is_empty(), "an error without a sentence"),
        Ok(vault) => {
            let Ok(document) = vault.open(passphrase(), &|_| {}) else { return };
            require(document.expose() == DOCUMENT, "something that was not sealed opens");
        }
    }
});

/// Does one thing at one place.
fn mangle(text: &mut Vec<u8>, what: u8, at: usize) {
    let at = at % (text.len() + 1);
    let end = text.len().min(at + 1 + usize::from(what % 64));
    let line = |text: &[u8]| {
        let from = text[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |it| it + 1);
        let to =
            text[at..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |it| at + it + 1);
        from..to
    };
    match what {
        0..=15 => drop(text.splice(at..at, PIECES[usize::from(what)].bytes())),
        16 => everywhere(text, "\n", "\r\n"),
        17 => everywhere(text, "\n", "\n> "),
        18 => everywhere(text, "\n", " "),
        19 => everywhere(text, "\n", "\n\n"),
        20 => everywhere(text, "\n", "<br>\n"),
        21 => everywhere(text, "-----", "—"),
        22 => everywhere(text, "=", "=3D"),
        23 => everywhere(text, "+", " "),
        24 => text.truncate(at),
        25 => drop(text.drain(..at)),
        26 => drop(text.drain(line(text))),
        27 => {
            let twice = text[line(text)].to_vec();
            drop(text.splice(at..at, twice));
        }
        28 => {
            let twice = text.clone();
            text.extend(twice);
        }
        29 => text.make_ascii_lowercase(),
        30..=93 => drop(text.drain(at..end)),
        94..=157 => text[at..end].reverse(),
        _ => drop(text.splice(at..end.min(at + 1), [what ^ 0xC0])),
    }
    text.truncate(8192);
}

fn everywhere(text: &mut Vec<u8>, from: &str, to: &str) {
    *text = String::from_utf8_lossy(text).replace(from, to).into_bytes();
}
