//! How programs write a text where some of its characters would mean something else.

use super::form::Form;
use crate::error::Result;

/// One way of escaping.
#[derive(Clone, Copy, Debug)]
pub(super) enum Escape {
    /// Percent signs, but for letters, digits and these.
    Percent { keeps: &'static [u8], plus: bool, upper: bool },
    /// Within quotes of JSON. What `ascii` is on for is written with `\u`, as are all characters of `marks`.
    Json { ascii: bool, slash: bool, marks: &'static [u8], upper: bool },
    /// Each `'` by this, within single quotes.
    Apostrophe(&'static [u8]),
    /// A backslash before each of these; a line end by that.
    Backslash { before: &'static [u8], line_end: &'static [u8] },
    /// Within `$'…'`, as bash writes it.
    Dollar,
    /// With the line ends of Windows.
    CarriageReturn,
}

/// What stays as it is, and whether a blank becomes a plus sign.
const PERCENT: [(&[u8], bool); 10] = [
    // `encodeURIComponent`; RFC 3986; `encodeURI`.
    (b"-_.!~*'()", false),
    (b"-_.~", false),
    (b"-_.!~*'();,/?:@&=+$#", false),
    // Python's `quote`.
    (b"-_.~/", false),
    // Forms: URLSearchParams and Java; Python and Go; PHP.
    (b"-_.*", true),
    (b"-_.~", true),
    (b"-_.", true),
    // Users and passphrases in addresses: the URL standard of browsers and Node; Go.
    (b"-_.!~*'()$&+,%", false),
    (b"-_.~$&+,;=", false),
    // Go's `PathEscape`.
    (b"-_.~$&+:=@", false),
];

/// What bash's `printf %q` and zsh's `${(q)…}` put a backslash before; the letters' order means nothing.
const OF_BASH: &[u8] = b" \t\"$&'()*;<>?[\\]^`{|}!,";
const OF_ZSH: &[u8] = b" \t\"$&'()*;<>?[\\]^`{|}#";

/// All ways, each with the form that it is told as.
pub(super) fn escapes() -> impl Iterator<Item = (Form, Escape)> {
    let percent = PERCENT.into_iter().flat_map(|(keeps, plus)| {
        [true, false].map(|upper| (Form::Url, Escape::Percent { keeps, plus, upper }))
    });
    let json =
        |ascii, slash, marks, upper| (Form::Json, Escape::Json { ascii, slash, marks, upper });
    percent
        .chain([
            // JSON.stringify; Python; PHP with and without JSON_UNESCAPED_UNICODE.
            json(false, false, b"", false),
            json(true, false, b"", false),
            json(false, true, b"", false),
            json(true, true, b"", false),
            // Go; Rails and others; .NET.
            json(false, false, b"<>&", false),
            json(true, false, b"<>&", false),
            json(true, false, b"<>&'\"+`", true),
        ])
        .chain(
            [
                Escape::Apostrophe(b"'\\''"),
                Escape::Apostrophe(b"'\"'\"'"),
                Escape::Backslash { before: b"\"$`\\", line_end: b"\n" },
                Escape::Backslash { before: OF_BASH, line_end: b"\n" },
                Escape::Backslash { before: OF_ZSH, line_end: b"$'\\n'" },
                Escape::Dollar,
            ]
            .map(|escape| (Form::Shell, escape)),
        )
        .chain([(Form::Raw, Escape::CarriageReturn)])
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
            match self {
                Escape::Percent { keeps, plus, upper } => match character {
                    ' ' if plus => push(b"+")?,
                    _ if character.is_ascii_alphanumeric() || is_one_of(character, keeps) => {
                        push(raw)?;
                    }
                    _ => raw.iter().try_for_each(|byte| push(&percent(*byte, upper)))?,
                },
                Escape::Json { ascii, slash, marks, upper } => match character {
                    _ if is_one_of(character, marks) => units(character, upper, &mut push)?,
                    '"' => push(b"\\\"")?,
                    '\\' => push(b"\\\\")?,
                    '\n' => push(b"\\n")?,
                    '\r' => push(b"\\r")?,
                    '\t' => push(b"\\t")?,
                    '\u{8}' => push(b"\\b")?,
                    '\u{c}' => push(b"\\f")?,
                    '/' if slash => push(b"\\/")?,
                    '\0'..' ' => units(character, upper, &mut push)?,
                    _ if ascii && !character.is_ascii() => units(character, upper, &mut push)?,
                    _ => push(raw)?,
                },
                Escape::Apostrophe(replacement) => {
                    push(if character == '\'' { replacement } else { raw })?;
                }
                Escape::Backslash { before, line_end } => match character {
                    '\n' => push(line_end)?,
                    _ if is_one_of(character, before) => {
                        push(b"\\")?;
                        push(raw)?;
                    }
                    _ => push(raw)?,
                },
                Escape::Dollar => match character {
                    '\n' => push(b"\\n")?,
                    '\t' => push(b"\\t")?,
                    '\r' => push(b"\\r")?,
                    '\u{7}' => push(b"\\a")?,
                    '\u{8}' => push(b"\\b")?,
                    '\u{b}' => push(b"\\v")?,
                    '\u{c}' => push(b"\\f")?,
                    '\u{1b}' => push(b"\\E")?,
                    '\'' => push(b"\\'")?,
                    '\\' => push(b"\\\\")?,
                    _ => push(raw)?,
                },
                Escape::CarriageReturn => {
                    push(if character == '\n' { b"\r\n" } else { raw })?;
                }
            }
        }
        Ok(())
    }
}

fn is_one_of(character: char, bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| char::from(*byte) == character)
}

fn percent(byte: u8, upper: bool) -> [u8; 3] {
    [b'%', digit(byte >> 4, upper), digit(byte & 15, upper)]
}

fn digit(value: u8, upper: bool) -> u8 {
    match value {
        0..10 => b'0' + value,
        _ if upper => b'A' + (value - 10),
        _ => b'a' + (value - 10),
    }
}

/// `\u` and four digits for each unit of UTF-16.
fn units(character: char, upper: bool, push: &mut impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let mut units = [0; 2];
    for unit in character.encode_utf16(&mut units) {
        let [high, low] = unit.to_be_bytes();
        let digits = [high >> 4, high & 15, low >> 4, low & 15].map(|it| digit(it, upper));
        push(b"\\u")?;
        push(&digits)?;
    }
    Ok(())
}
