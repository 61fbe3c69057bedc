//! The ways in which a value may be written down, all of them in one region.

use memchr::memmem;

use super::escapes::escapes;
use super::form::Form;
use crate::error::Result;
use crate::memory::{Region, clear_vector_registers};
use crate::payload::Secrets;

/// Values of fewer characters are found by chance.
pub const SHORTEST: usize = 8;

/// A name's place in the list of names, and a form of its value.
pub type Label = (usize, Form);

/// Every different text that is looked for.
pub struct Forms {
    store: Region,
    texts: Vec<FormText>,
    names: Vec<String>,
    short: Vec<String>,
}

/// Where a text stands in the store, in bytes, and whose it is: the same value may have several names.
struct FormText {
    at: usize,
    length: usize,
    labels: Vec<Label>,
}

impl Forms {
    /// All forms of all values of at least [`SHORTEST`] characters.
    pub fn of(secrets: &Secrets) -> Result<Forms> {
        Forms::of_parts(secrets, |value, take| take(value))
    }

    /// All forms of all values and of each of their lines, both also without what
    /// [`without_gaps`] takes out: for a text of single lines into which a person may have put a
    /// part of a value. To be looked for in that text with and without its gaps.
    pub fn of_lines(secrets: &Secrets) -> Result<Forms> {
        Forms::of_parts(secrets, |value, take| {
            // The lines that frame a key are the same for all keys.
            let lines = value.split(|byte| *byte == b'\n');
            let lines = lines.filter(|line| !line.trim_ascii_start().starts_with(b"-----"));
            for part in std::iter::once(value).chain(lines) {
                let mut joined = Region::with_capacity(part.len())?;
                pieces_without_gaps(part).try_for_each(|piece| joined.extend(piece))?;
                take(part)?;
                take(joined.expose())?;
            }
            Ok(())
        })
    }

    /// All forms of the parts of each value that `parts` hands over, of at least [`SHORTEST`]
    /// characters.
    fn of_parts(
        secrets: &Secrets,
        parts: impl Fn(&[u8], &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()>,
    ) -> Result<Forms> {
        let mut forms = Forms {
            store: Region::with_capacity(0)?,
            texts: Vec::new(),
            names: secrets.names().map(str::to_owned).collect(),
            short: Vec::new(),
        };
        for (index, secret) in secrets.iter().enumerate() {
            let first = forms.texts.len();
            parts(secret.expose(), &mut |part| {
                // What writes a file often adds a line end, or takes the last one off.
                let trimmed = Some(part.trim_ascii()).filter(|it| is_long(it)).unwrap_or(part);
                if is_long(trimmed) { forms.add_value(trimmed, index, first) } else { Ok(()) }
            })?;
            if forms.texts.len() == first {
                forms.short.push(secret.name().to_owned());
            }
        }
        forms.unite();
        clear_vector_registers();
        Ok(forms)
    }

    /// The names of the values that stand in `bytes` in any form, in their order. It looks for one
    /// text after the other, which suits a file that is held whole anyway. [`super::Needles`]
    /// looks for all at once, but its automaton is more than the opener is to carry.
    pub fn names_in(&self, bytes: &[u8]) -> Vec<String> {
        let mut found = vec![false; self.names.len()];
        for text in &self.texts {
            if memmem::find(bytes, self.bytes_of(text)).is_some() {
                let names = text.labels.iter().map(|(name, _)| *name);
                names.for_each(|name| found.get_mut(name).into_iter().for_each(|it| *it = true));
            }
        }
        clear_vector_registers();
        let found = self.names.iter().zip(found).filter(|(_, is_found)| *is_found);
        found.map(|(name, _)| name.clone()).collect()
    }

    /// `first` is the number of the first text of that name.
    fn add_value(&mut self, value: &[u8], index: usize, first: usize) -> Result<()> {
        self.add(first, (index, Form::Raw), &|store| store.extend(value))?;
        for alphabet in [STANDARD, URL_SAFE] {
            for before in 0..3 {
                self.add(first, (index, Form::Base64), &|store| {
                    base64_within(value, before, alphabet, store)
                })?;
            }
        }
        for (form, escape) in escapes() {
            self.add(first, (index, form), &|store| {
                escape.pieces(value, |piece| store.extend(piece))
            })?;
        }
        Ok(())
    }

    /// Adds what `write` writes, unless one of this name's texts, from `first` on, is the same already.
    fn add(
        &mut self,
        first: usize,
        label: Label,
        write: &dyn Fn(&mut Region) -> Result<()>,
    ) -> Result<()> {
        let at = self.store.len();
        write(&mut self.store)?;
        let text = FormText { at, length: self.store.len() - at, labels: vec![label] };
        let own = self.texts.get(first..).unwrap_or_default();
        if own.iter().any(|other| self.bytes_of(other) == self.bytes_of(&text)) {
            self.store.truncate(at);
        } else {
            self.texts.push(text);
        }
        Ok(())
    }

    /// Makes one text of equal ones of different values. The sort is stable, so that their labels stay in the
    /// order of the names.
    fn unite(&mut self) {
        let mut texts = std::mem::take(&mut self.texts);
        texts.sort_by(|a, b| self.bytes_of(a).cmp(self.bytes_of(b)));
        texts.dedup_by(|text, kept| {
            let is_same = self.bytes_of(text) == self.bytes_of(kept);
            if is_same {
                kept.labels.append(&mut text.labels);
            }
            is_same
        });
        self.texts = texts;
    }

    fn bytes_of(&self, text: &FormText) -> &[u8] {
        self.store.expose().get(text.at..text.at + text.length).unwrap_or_default()
    }

    /// The text of that number; empty where there is none.
    pub(super) fn bytes(&self, text: usize) -> &[u8] {
        self.texts.get(text).map(|text| self.bytes_of(text)).unwrap_or_default()
    }

    /// Whose text it is, and how it is written, by name and form.
    pub fn labels(&self, text: usize) -> &[Label] {
        self.texts.get(text).map(|text| text.labels.as_slice()).unwrap_or_default()
    }

    /// Whether it is, for any of its names, a part of a text in base64.
    pub(super) fn is_base64(&self, text: usize) -> bool {
        self.labels(text).iter().any(|label| label.1 == Form::Base64)
    }

    /// How many texts there are.
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    /// Bytes of the longest text.
    pub(super) fn longest(&self) -> usize {
        self.texts.iter().map(|text| text.length).max().unwrap_or(0)
    }

    /// The name of that number.
    pub fn name(&self, name: usize) -> &str {
        self.names.get(name).map(String::as_str).unwrap_or_default()
    }

    /// The names whose values are looked for.
    pub fn sought(&self) -> usize {
        self.names.len() - self.short.len()
    }

    /// The names whose values are too short to be looked for.
    pub fn short(&self) -> &[String] {
        &self.short
    }
}

/// A text without the blanks and bars in it: a value that was wrapped, or parted between two fields
/// of a log, is one nevertheless.
pub fn without_gaps(text: &str) -> Vec<u8> {
    pieces_without_gaps(text.as_bytes()).flatten().copied().collect()
}

fn pieces_without_gaps(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| byte.is_ascii_whitespace() || *byte == b'|')
}

/// UTF-8, of which each character has one byte that continues none.
fn is_long(value: &[u8]) -> bool {
    value.iter().filter(|byte| **byte & 0xC0 != 0x80).count() >= SHORTEST
}

/// The standard alphabet, RFC 4648, section 4.
const STANDARD: [u8; 2] = *b"+/";

/// The alphabet for URLs and file names, section 5 there.
const URL_SAFE: [u8; 2] = *b"-_";

/// What base64 makes of `value` where `before` bytes of its first group of three belong to something else:
/// those characters whose six bits all come from the value.
fn base64_within(value: &[u8], before: usize, last: [u8; 2], store: &mut Region) -> Result<()> {
    let (first_bit, end_bit) = (8 * before, 8 * (before + value.len()));
    for character in first_bit.div_ceil(6)..end_bit / 6 {
        let bit = 6 * character - first_bit;
        let byte = |at: usize| value.get(at).copied().map_or(0, u16::from);
        let pair = byte(bit / 8) << 8 | byte(bit / 8 + 1);
        let digit = (pair >> (10 - bit % 8) & 63) as u8;
        store.extend(&[match digit {
            0..26 => b'A' + digit,
            26..52 => b'a' + (digit - 26),
            52..62 => b'0' + (digit - 52),
            62 => last[0],
            _ => last[1],
        }])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    use super::*;
    use crate::payload::{Strictness, read};

    fn forms(document: &str) -> Forms {
        let secrets = read(document.as_bytes(), Strictness::Strict, &[]).expect("reads").secrets;
        Forms::of(&secrets).expect("memory")
    }

    fn texts(forms: &Forms, form: Form) -> Vec<String> {
        (0..forms.len())
            .filter(|text| forms.labels(*text).iter().any(|label| label.1 == form))
            .map(|text| String::from_utf8(forms.bytes(text).to_vec()).expect("text"))
            .collect()
    }

    #[test]
    fn a_plain_value_has_one_text_and_three_in_base64() {
        let forms = forms("A='fake-plain-0123'\nB='short'\nC='seven77'\nD='fake8888'\n");
        assert_eq!(texts(&forms, Form::Raw), ["fake-plain-0123", "fake8888"]);
        assert_eq!(texts(&forms, Form::Base64).len(), 6);
        assert_eq!(forms.len(), 8);
        assert_eq!((forms.short(), forms.sought()), (&["B".to_owned(), "C".to_owned()][..], 2));
    }

    #[test]
    fn blanks_around_a_value_are_left_out_and_windows_line_ends_are_a_form() {
        let forms = forms("A='\n fake-one\nfake-two\n\n'\nB='fakefak\n'\n");
        let expected = ["fake-one\nfake-two", "fake-one\r\nfake-two", "fakefak\n", "fakefak\r\n"];
        assert_eq!(texts(&forms, Form::Raw), expected);
        assert!(forms.short().is_empty());
    }

    #[test]
    fn characters_count_and_not_bytes() {
        assert_eq!(forms("A='äöüäöü'\nB='äöüäöüäö'\n").short(), ["A"]);
    }

    #[test]
    fn equal_values_are_one_text_with_two_names() {
        let forms = forms("A='fake-same-value'\nB='fake-same-value'\n");
        assert_eq!(forms.len(), 4);
        assert!((0..4).all(|text| forms.labels(text).len() == 2));
        assert_eq!((forms.name(0), forms.name(1)), ("A", "B"));
    }

    #[test]
    fn names_of_what_stands_in_a_text() {
        let forms = forms("A='fake \"one\"\ntwo'\nB='fake-plain-value'\nC='fake'\n");
        let json = serde_json::json!({"A": "fake \"one\"\ntwo", "C": "fake"}).to_string();
        assert_eq!(forms.names_in(json.as_bytes()), ["A"]);
        let base64 = BASE64_STANDARD.encode("B=fake-plain-value");
        assert_eq!(forms.names_in(format!("x {base64} {json}").as_bytes()), ["A", "B"]);
        assert_eq!(forms.names_in(b"fake fake-plain"), [""; 0]);
    }

    #[test]
    fn every_way_of_escaping() {
        let forms = forms("A='fake \"x\"\n'\\''$y/?é'\n");
        assert_eq!(
            texts(&forms, Form::Url),
            [
                "fake%20%22x%22%0A%27$y%2F%3F%C3%A9",
                "fake%20%22x%22%0A%27%24y%2F%3F%C3%A9",
                "fake%20%22x%22%0A%27%24y/%3F%C3%A9",
                "fake%20%22x%22%0A'$y%2F%3F%C3%A9",
                "fake%20%22x%22%0A'$y/?%C3%A9",
                "fake%20%22x%22%0A'%24y%2F%3F%C3%A9",
                "fake%20%22x%22%0a%27$y%2f%3f%c3%a9",
                "fake%20%22x%22%0a%27%24y%2f%3f%c3%a9",
                "fake%20%22x%22%0a%27%24y/%3f%c3%a9",
                "fake%20%22x%22%0a'$y%2f%3f%c3%a9",
                "fake%20%22x%22%0a'$y/?%c3%a9",
                "fake%20%22x%22%0a'%24y%2f%3f%c3%a9",
                "fake+%22x%22%0A%27%24y%2F%3F%C3%A9",
                "fake+%22x%22%0a%27%24y%2f%3f%c3%a9",
            ]
        );
        assert_eq!(
            texts(&forms, Form::Json),
            [
                r#"fake \"x\"\n'$y/?\u00e9"#,
                r#"fake \"x\"\n'$y/?é"#,
                r#"fake \"x\"\n'$y\/?\u00e9"#,
                r#"fake \"x\"\n'$y\/?é"#,
                r#"fake \u0022x\u0022\n\u0027$y/?\u00E9"#,
            ]
        );
        assert_eq!(
            texts(&forms, Form::Shell),
            [
                "fake \"x\"\n'\"'\"'$y/?é",
                "fake \"x\"\n'\\''$y/?é",
                "fake \"x\"\\n\\'$y/?é",
                "fake \\\"x\\\"\n'\\$y/?é",
                "fake\\ \\\"x\\\"\n\\'\\$y/\\?é",
                "fake\\ \\\"x\\\"$'\\n'\\'\\$y/\\?é",
            ]
        );
    }

    proptest! {
        /// What serde_json writes of any text, as `JSON.stringify` does, holds a form of it.
        #[test]
        fn json_of_any_text(value in "[\\x01-\\x7f]{8,40}|\\PC{8,20}") {
            let document = serde_json::json!({ "A": value }).to_string();
            prop_assert_eq!(forms(&document).names_in(document.as_bytes()), ["A"]);
        }

        /// Whatever stands before and behind the value, what base64 makes of all of it holds a form of it.
        #[test]
        fn base64_at_every_place(
            value in "[ -~]{8,40}",
            before in prop::collection::vec(any::<u8>(), 0..7),
            behind in prop::collection::vec(any::<u8>(), 0..7),
        ) {
            let forms = forms(&format!("A='{}'\n", value.replace('\'', "'\\''")));
            let whole = [&before, value.as_bytes(), &behind].concat();
            for text in [BASE64_STANDARD.encode(&whole), BASE64_URL_SAFE_NO_PAD.encode(&whole)] {
                let found = texts(&forms, Form::Base64).iter().any(|form| text.contains(form));
                prop_assert!(found, "{text}");
            }
        }
    }
}
