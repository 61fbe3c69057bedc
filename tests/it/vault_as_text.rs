//! A vault as text, after what notes, mails and clipboards do to one: it is the same vault, byte for
//! byte, or an error that names the cause; never another.

use breakglass::error::{Error, VaultError};
use breakglass::memory::{Passphrase, Region};
use breakglass::vault::{Vault, is_sealed};

use crate::support::{
    PASSPHRASE, Place, armored, assert_success, cheap_age, cheap_vault, feed, output, stderr,
    stdout,
};
use crate::terminal::Terminal;

const DOCUMENT: &[u8] = b"# breakglass 1\n# secrets: 2\nA='it'\\''s'\nB='two\nlines'\n";

/// One vault in both formats.
fn vaults() -> [Vec<u8>; 2] {
    [cheap_vault(DOCUMENT, PASSPHRASE, false), cheap_age(DOCUMENT, PASSPHRASE, 1)]
}

fn open(bytes: &[u8]) -> Result<(String, Vec<u8>), Error> {
    let passphrase = Passphrase::new(Region::copy_of(PASSPHRASE.as_bytes())?)?;
    let vault = Vault::parse(bytes)?;
    let document = vault.open(&passphrase, &|_| {})?;
    Ok((vault.digest(), document.expose().to_vec()))
}

/// `-----BEGIN PGP MESSAGE-----` and the like, the lines between, the last line.
fn pieces(text: &str) -> (&str, Vec<&str>, &str) {
    let lines: Vec<&str> = text.lines().collect();
    let body = lines[1..lines.len() - 1].iter().copied().filter(|line| !line.is_empty());
    (lines[0], body.collect(), lines[lines.len() - 1])
}

fn assembled(text: &str, join: impl Fn(&[&str]) -> String) -> String {
    let (begin, body, end) = pieces(text);
    format!("{begin}\n{}\n{end}\n", join(&body))
}

fn rewrapped(text: &str, width: usize) -> String {
    assembled(text, |body| {
        let digits = body.concat();
        let rows: Vec<&str> =
            digits.as_bytes().chunks(width).map(|row| str::from_utf8(row).unwrap()).collect();
        rows.join("\n")
    })
}

type Change = fn(&str) -> String;

type Mangling = (&'static str, Change);

/// What leaves a vault what it is.
const HARMLESS: &[Mangling] = &[
    ("nothing", str::to_owned),
    ("CR LF", |text| text.replace('\n', "\r\n")),
    ("CR alone", |text| text.replace('\n', "\r")),
    ("no final line end", |text| text.trim_end().to_owned()),
    ("leading blanks", |text| text.replace('\n', "\n    ")),
    ("leading tabs", |text| text.replace('\n', "\n\t")),
    ("trailing blanks", |text| text.replace('\n', " \t \n")),
    ("indented as a whole", |text| format!("    {}", text.replace('\n', "\n    "))),
    ("blank lines between", |text| text.replace('\n', "\n\n")),
    ("no blank line", |text| assembled(text, |body| body.join("\n"))),
    ("no-break spaces", |text| text.replace(' ', "\u{A0}").replace('\n', "\u{A0}\n\u{A0}")),
    ("other blanks", |text| text.replace('\n', "\u{2003}\n\u{3000}\u{202F}")),
    ("two blanks in its first line", |text| text.replacen(' ', "  ", 1)),
    ("byte order mark", |text| format!("\u{FEFF}{text}")),
    ("zero-width spaces", |text| format!("\u{200B}{}\u{200B}", text.replace('\n', "\u{200B}\n"))),
    ("soft hyphens", |text| text.replace('\n', "\n\u{AD}")),
    ("direction marks", |text| format!("\u{202A}{text}\u{202C}\u{200E}")),
    ("line separators", |text| text.replace('\n', "\u{2028}")),
    ("next-line characters", |text| text.replace('\n', "\u{85}")),
    ("text before and after", |text| {
        format!("Production vault\n\n{text}\n-- \nsent from my phone\n")
    }),
    ("text on the same lines", |text| format!("the vault: {} (end)", text.trim_end())),
    ("a title with accents", |text| format!("Écran de secours — été\n{text}")),
    ("words of armor before it", |text| format!("copy from BEGIN PGP MESSAGE on\n{text}")),
    ("a fence", |text| format!("```\n{text}```\n")),
    ("quoted", |text| format!("> {}", text.replace('\n', "\n> "))),
    ("quoted twice", |text| format!(">> {}", text.replace('\n', "\n>> "))),
    ("wrapped at 40", |text| rewrapped(text, 40)),
    ("wrapped at 76", |text| rewrapped(text, 76)),
    ("wrapped at 1", |text| rewrapped(text, 1)),
    ("one line within", |text| rewrapped(text, usize::MAX)),
    ("joined by blanks", |text| text.trim_end().replace('\n', " ")),
    ("joined by nothing", |text| text.replace('\n', "")),
];

/// What is refused, and why.
const HARMFUL: &[(&str, Change, Error)] = &[
    ("em dashes", |text| text.replace("-----", "—"), Error::Vault(VaultError::NoteDashes)),
    (
        "em dash and hyphen",
        |text| text.replace("-----", "——-"),
        Error::Vault(VaultError::NoteDashes),
    ),
    ("en dashes", |text| text.replace("--", "–"), Error::Vault(VaultError::NoteDashes)),
    ("minus signs", |text| text.replace('-', "−"), Error::Vault(VaultError::NoteDashes)),
    ("a dash too few", |text| text.replace("-----", "----"), Error::Vault(VaultError::NoteDashes)),
    (
        "dashes of the first line",
        |text| text.replacen("-----", "—", 1),
        Error::Vault(VaultError::NoteDashes),
    ),
    (
        "dashes of the last line",
        |text| text.replace("-----END", "—END"),
        Error::Vault(VaultError::NoteDashes),
    ),
    (
        "HTML line ends",
        |text| assembled(text, |body| body.join("<br>\n")),
        Error::Vault(VaultError::NoteMarkup),
    ),
    (
        "HTML blanks",
        |text| assembled(text, |body| body.join("&nbsp;\n")),
        Error::Vault(VaultError::NoteMarkup),
    ),
    (
        "HTML plus",
        |text| assembled(text, |body| format!("&#43;{}", body.join("\n"))),
        Error::Vault(VaultError::NoteMarkup),
    ),
    (
        "URL plus",
        |text| assembled(text, |body| format!("%2B{}", body.join("\n"))),
        Error::Vault(VaultError::NoteMarkup),
    ),
    (
        "soft line ends of mail",
        |text| rewrapped(text, 40).replace('\n', "=\n"),
        Error::Vault(VaultError::NoteMarkup),
    ),
    (
        "an ellipsis",
        |text| assembled(text, |body| body.join("…")),
        Error::Vault(VaultError::NoteCharacters),
    ),
    (
        "a line within",
        |text| assembled(text, |body| body.join("\n-- sent from my phone\n")),
        Error::Vault(VaultError::NoteCharacters),
    ),
    ("cut off", |text| text[..text.len() / 2].to_owned(), Error::Vault(VaultError::Damaged)),
    (
        "without its last line",
        |text| text[..text.find("-----END").unwrap()].to_owned(),
        Error::Vault(VaultError::Damaged),
    ),
    ("twice", |text| text.repeat(2), Error::Vault(VaultError::SecondMessage)),
    (
        "twice, with text between",
        |text| format!("{text}\nand\n{text}"),
        Error::Vault(VaultError::SecondMessage),
    ),
];

#[test]
fn the_same_vault_or_an_error_that_names_the_cause() {
    for vault in vaults() {
        let (text, expected) = (armored(&vault), open(&vault));
        assert_eq!(expected.as_ref().map(|(_, document)| &document[..]), Ok(DOCUMENT));
        for (how, mangle) in HARMLESS {
            assert_eq!(open(mangle(&text).as_bytes()), expected, "{how}");
        }
        for (how, mangle, error) in HARMFUL {
            assert_eq!(
                open(mangle(&text).as_bytes()).as_ref(),
                Err(error),
                "{how}: {}",
                mangle(&text)
            );
        }
        // All of the harmless ones together that do not exclude each other.
        let all = [
            "wrapped at 40",
            "leading tabs",
            "no-break spaces",
            "CR LF",
            "quoted",
            "text before and after",
            "byte order mark",
        ];
        let mangled = all
            .iter()
            .fold(text, |text, name| HARMLESS.iter().find(|(it, _)| it == name).unwrap().1(&text));
        assert_eq!(open(mangled.as_bytes()), expected);
    }
}

#[test]
fn other_encodings() {
    for vault in vaults() {
        let (text, expected) = (armored(&vault), open(&vault));
        let units = || std::iter::once(0xFEFF).chain(text.encode_utf16());
        let little: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
        assert_eq!(open(&little), expected);
        assert_eq!(open(&big), expected);
        // Latin-1 around it, as long as it cannot be the beginning of a binary vault.
        assert_eq!(open(&[b"the caf\xE9\n", text.as_bytes()].concat()), expected);
        // A binary vault stays one, whatever stands behind it.
        let both = [&vaults()[0][..], text.as_bytes()].concat();
        assert!(matches!(
            open(&both),
            Err(Error::Vault(VaultError::TrailingData | VaultError::SecondMessage))
        ));
    }
}

/// Every character of a text, left out, doubled and replaced: the same message, or an error.
#[test]
fn each_changed_character_is_harmless_or_refused() {
    for vault in vaults() {
        let (text, expected) = (armored(&vault), open(&vault).unwrap());
        for at in 0..text.len() {
            let (before, rest) = text.split_at(at);
            let (this, after) = rest.split_at(1);
            for now in ["", &this.repeat(2), "x", "=", " ", "\n", "-", "—", "\u{FFFD}"] {
                if let Ok(opened) = open(format!("{before}{now}{after}").as_bytes()) {
                    assert_eq!(opened, expected, "{this:?} at {at} became {now:?}");
                }
            }
        }
    }
}

/// What gpg writes has fields and a checksum.
#[test]
fn texts_of_gpg() {
    let place = Place::new();
    place.write("plain", DOCUMENT);
    let gpg = "--batch --pinentry-mode loopback --passphrase-file passphrase --s2k-mode 3 --s2k-count 2048 \
               --armor --emit-version --comment fake:comment --output v.asc --symmetric plain";
    assert_success(&output(place.command("gpg").args(gpg.split_ascii_whitespace())));
    let text = String::from_utf8(place.read("v.asc")).unwrap();
    assert!(text.contains("\nVersion: ") && text.contains("\nComment: "), "{text}");
    let expected = open(text.as_bytes());
    assert_eq!(expected.as_ref().map(|(_, document)| &document[..]), Ok(DOCUMENT));
    for (how, mangled) in [
        ("CR LF", text.replace('\n', "\r\n")),
        ("no blank line", text.replace("\n\n", "\n")),
        ("blank lines between", text.replace('\n', "\n\n")),
        ("no checksum", {
            let sum = text.lines().find(|line| line.starts_with('=')).unwrap();
            text.replace(&format!("{sum}\n"), "")
        }),
    ] {
        assert_eq!(open(mangled.as_bytes()), expected, "{how}");
    }
    let sum = text.lines().find(|line| line.starts_with('=')).unwrap();
    let mail = text.replace(sum, &sum.replace('=', "=3D"));
    assert_eq!(open(mail.as_bytes()), Err(Error::Vault(VaultError::NoteMarkup)));
    assert_eq!(open(text.replace(sum, "=AAAA").as_bytes()), Err(Error::Vault(VaultError::Damaged)));
}

#[test]
fn what_lies_within_text_is_not_replaced() {
    let place = Place::new();
    for vault in vaults() {
        let text = armored(&vault);
        for (how, mangled, replaced) in [
            ("as it is", text.clone(), true),
            ("blanks around it", format!("\u{FEFF}\n \u{A0}{text}\n\n"), true),
            ("a title", format!("Production vault\n{text}"), false),
            ("a signature", format!("{text}-- \nme\n"), false),
            ("dashes", text.replace("-----", "—"), false),
        ] {
            assert_eq!(is_sealed(mangled.as_bytes()), replaced, "{how}");
            place.write("note.gpg", &mangled);
            let mut seal = place.breakglass();
            seal.args(["seal", "note.gpg", "--from", "-", "--passphrase-file", "passphrase"]);
            let seal = feed(&mut seal, b"A=1\n");
            assert_eq!(seal.status.success(), replaced, "{how}: {}", stderr(&seal));
            assert_eq!(place.read("note.gpg") != mangled.as_bytes(), replaced, "{how}");
            if ["a title", "a signature"].contains(&how) {
                let sentence = "'note.gpg' holds a vault and other text, which would be lost";
                assert!(stderr(&seal).contains(sentence), "{how}: {}", stderr(&seal));
            }
        }
    }
}

#[test]
fn a_text_too_long_for_a_note_is_said() {
    let place = Place::new();
    let (warning, note) = ("and a note in Bitwarden holds 10,000", "about 7,400 of these");
    for (length, expected) in [(100, None), (6_000, Some(note)), (8_000, Some(warning))] {
        let document = format!("A='{}'\n", "x".repeat(length));
        place.write("source.env", &document);
        let mut seal = place.breakglass();
        seal.args(["seal", "v.gpg", "--armor", "--from", "source.env"]);
        let seal = output(seal.args(["--passphrase-file", "passphrase"]));
        assert_success(&seal);
        place.write("v.age", cheap_age(document.as_bytes(), PASSPHRASE, 1));
        let show = |name| output(place.breakglass().args(["show", name, "--armor"]));
        for outcome in [seal, show("v.gpg"), show("v.age")] {
            for sentence in [warning, note] {
                let said = stderr(&outcome).contains(sentence);
                assert_eq!(said, expected == Some(sentence), "{length}: {}", stderr(&outcome));
            }
        }
        let text = stdout(&show("v.age"));
        assert!(text.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n"), "{text}");
        assert_eq!(open(text.as_bytes()).unwrap().1, document.as_bytes());
    }
}

/// `run -` of a pasted note: the passphrase comes from the terminal.
#[test]
fn a_pasted_note_is_run() {
    let place = Place::new();
    for vault in vaults() {
        let note = format!("Production\r\n\r\n{}\r\n", armored(&vault).replace('\n', "\r\n"));
        place.write("note.txt", note);
        let mut terminal = Terminal::new();
        let mut run = place.breakglass();
        run.args(["run", "-", "--", "sh", "-c", "printf %s \"$A\"; cat"]);
        let child = terminal.spawn(run.stdin(std::fs::File::open(place.path("note.txt")).unwrap()));
        terminal.wait_for("passphrase for '-': ");
        terminal.type_text(format!("{PASSPHRASE}\n"));
        let run = child.wait_with_output().unwrap();
        assert_eq!(stdout(&run), "it's", "{}", stderr(&run));
        assert!(!terminal.shown().contains(PASSPHRASE));
    }
}
