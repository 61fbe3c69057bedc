//! How programs write a text where some of its characters would mean something else.

use super::form::Form;
use crate::error::Result;

/// Characters, and what is written in their place.
type Pairs = &'static [(char, &'static str)];

/// One way of escaping: what is in `pairs` first, then what gets a backslash, then the rest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Escape {
    pairs: Pairs,
    /// What gets a backslash before it.
    backslash: &'static str,
    rest: Rest,
}

/// What becomes of all other characters.
#[derive(Clone, Copy, Debug)]
enum Rest {
    /// They stay as they are.
    Plain,
    /// Percent signs, but for letters, digits and these.
    Percent { keeps: &'static str, upper: bool },
    /// `\u` for control characters and these, and, where `ascii` says so, for all that is not ASCII.
    Unicode { marks: &'static str, ascii: bool, upper: bool },
}

const NONE: Pairs = &[];
const PLUS: Pairs = &[(' ', "+")];

/// What stays as it is, and what becomes of a blank.
const PERCENT: [(&str, Pairs); 10] = [
    // `encodeURIComponent`; RFC 3986; `encodeURI`.
    ("-_.!~*'()", NONE),
    ("-_.~", NONE),
    ("-_.!~*'();,/?:@&=+$#", NONE),
    // Python's `quote`.
    ("-_.~/", NONE),
    // Forms: URLSearchParams and Java; Python and Go; PHP.
    ("-_.*", PLUS),
    ("-_.~", PLUS),
    ("-_.", PLUS),
    // Users and passphrases in addresses: the URL standard of browsers and Node; Go.
    ("-_.!~*'()$&+,%", NONE),
    ("-_.~$&+,;=", NONE),
    // Go's `PathEscape`.
    ("-_.~$&+:=@", NONE),
];

const JSON: Pairs =
    &[('\n', "\\n"), ('\r', "\\r"), ('\t', "\\t"), ('\u{8}', "\\b"), ('\u{c}', "\\f")];

/// Within `$'…'`, as bash writes it.
const DOLLAR: Pairs = &[
    ('\n', "\\n"),
    ('\t', "\\t"),
    ('\r', "\\r"),
    ('\u{7}', "\\a"),
    ('\u{8}', "\\b"),
    ('\u{b}', "\\v"),
    ('\u{c}', "\\f"),
    ('\u{1b}', "\\E"),
];

/// What bash's `printf %q` and zsh's `${(q)…}` put a backslash before; the letters' order means nothing.
const OF_BASH: &str = " \t\"$&'()*;<>?[\\]^`{|}!,";
const OF_ZSH: &str = " \t\"$&'()*;<>?[\\]^`{|}#";

/// All ways, each with the form that it is told as.
pub(super) fn escapes() -> impl Iterator<Item = (Form, Escape)> {
    let percent = PERCENT.into_iter().flat_map(|(keeps, pairs)| {
        [true, false].map(|upper| {
            (Form::Url, Escape { pairs, backslash: "", rest: Rest::Percent { keeps, upper } })
        })
    });
    let json = |ascii, backslash, marks, upper| {
        (Form::Json, Escape { pairs: JSON, backslash, rest: Rest::Unicode { marks, ascii, upper } })
    };
    let plain = |form, pairs, backslash| (form, Escape { pairs, backslash, rest: Rest::Plain });
    percent.chain([
        // JSON.stringify; Python; PHP with and without JSON_UNESCAPED_UNICODE.
        json(false, "\"\\", "", false),
        json(true, "\"\\", "", false),
        json(false, "\"\\/", "", false),
        json(true, "\"\\/", "", false),
        // Go; Rails and others; .NET.
        json(false, "\"\\", "<>&", false),
        json(true, "\"\\", "<>&", false),
        json(true, "\\", "<>&'\"+`", true),
        // Within single quotes; within double quotes; bare words of bash and zsh.
        plain(Form::Shell, &[('\'', "'\\''")], ""),
        plain(Form::Shell, &[('\'', "'\"'\"'")], ""),
        plain(Form::Shell, NONE, "\"$`\\"),
        plain(Form::Shell, NONE, OF_BASH),
        plain(Form::Shell, &[('\n', "$'\\n'")], OF_ZSH),
        plain(Form::Shell, DOLLAR, "'\\"),
        // With the line ends of Windows.
        plain(Form::Raw, &[('\n', "\r\n")], ""),
    ])
}

impl Escape {
    /// Hands the escaped value to `push`, piece by piece.
    pub(super) fn pieces(
        self,
        value: &[u8],
        mut push: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        for character in value.utf8_chunks().flat_map(|chunk| chunk.valid().chars()) {
            let mut raw = [0; 4];
            let raw = character.encode_utf8(&mut raw).as_bytes();
            if let Some((_, text)) = self.pairs.iter().find(|(it, _)| *it == character) {
                push(text.as_bytes())?;
                continue;
            }
            if self.backslash.contains(character) {
                push(b"\\")?;
            }
            match self.rest {
                Rest::Percent { keeps, upper }
                    if !character.is_ascii_alphanumeric() && !keeps.contains(character) =>
                {
                    for byte in raw {
                        push(b"%")?;
                        push(&digits(*byte, upper))?;
                    }
                }
                Rest::Unicode { marks, ascii, upper }
                    if character < ' '
                        || marks.contains(character)
                        || ascii && !character.is_ascii() =>
                {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        push(b"\\u")?;
                        unit.to_be_bytes().iter().try_for_each(|it| push(&digits(*it, upper)))?;
                    }
                }
                _ => push(raw)?,
            }
        }
        Ok(())
    }
}

/// The two hex digits of a byte.
fn digits(byte: u8, upper: bool) -> [u8; 2] {
    [byte >> 4, byte & 15].map(|value| match value {
        0..10 => b'0' + value,
        _ if upper => b'A' + (value - 10),
        _ => b'a' + (value - 10),
    })
}
