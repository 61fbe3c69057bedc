//! The text form: writing its lines, and reading them strictly. Each receipt has exactly one text.

use jiff::Timestamp;

use super::digest::Digest;
use super::{Receipt, ReceiptFacts};
use crate::error::{Error, PayloadError, ReceiptError, Result};
use crate::files::MAX_FILE_BYTES;
use crate::payload::{MAX_PAIR_BYTES, is_identifier};

/// The first line, with its line end.
const FIRST_LINE: &str = "# breakglass receipt 1\n";

/// How the first line of any version begins.
const ANY_VERSION: &str = "# breakglass receipt ";

const VAULT: &str = "# vault: sha256 ";
const SEALED: &str = "# sealed: ";
const SOURCE: &str = "# source: ";
const SECRETS: &str = "# secrets: ";
const SKIPPED: &str = "# skipped: ";

/// What stands before the digest in the last line. A secret may have that name: the last line is
/// told by its place.
pub(super) const LAST: &str = "hmac";

/// The lines that come before the names.
///
/// Errors: a control character in a fact, [`Error::Internal`] for what no vault has.
pub(super) fn head(facts: &ReceiptFacts, secrets: usize) -> Result<String> {
    let ReceiptFacts { vault, sealed, source, skipped } = facts;
    if source.chars().chain(skipped.iter().flat_map(|name| name.chars())).any(char::is_control) {
        return Err(PayloadError::HeaderControl.into());
    }
    if digest(vault).is_none() || skipped.iter().any(|name| name.is_empty() || name.contains(',')) {
        return Err(Error::Internal);
    }
    let mut head = format!(
        "{FIRST_LINE}{VAULT}{vault}\n{SEALED}{sealed:.0}\n{SOURCE}{source}\n{SECRETS}{secrets}\n"
    );
    if !skipped.is_empty() {
        let mut skipped = skipped.clone();
        skipped.sort();
        skipped.dedup();
        head.push_str(&format!("{SKIPPED}{}\n", skipped.join(",")));
    }
    Ok(head)
}

/// Adds `word`, a blank, the digest in hex and a line end.
pub(super) fn push_line(text: &mut String, word: &str, digest: &Digest) {
    let digits = base16ct::lower::encode_string(digest);
    text.extend([word, " ", &digits, "\n"]);
}

/// Reads 64 lower-case hex digits.
fn digest(digits: &str) -> Option<Digest> {
    base16ct::lower::decode(digits, &mut Digest::default()).ok()?.try_into().ok()
}

impl Receipt {
    /// Takes the bytes of a receipt, which have exactly the form in which it is written.
    ///
    /// Errors: any other form, by line; more than [`MAX_FILE_BYTES`].
    pub fn parse(bytes: &[u8]) -> Result<Receipt> {
        if bytes.len() > MAX_FILE_BYTES {
            return Err(ReceiptError::TooLarge.into());
        }
        check_beginning(bytes)?;
        if let Some(at) = bytes.windows(2).position(|pair| pair == b"\r\n") {
            return Err(ReceiptError::CarriageReturn { line: line_at(bytes, at) }.into());
        }
        let text = str::from_utf8(bytes)
            .map_err(|error| ReceiptError::Line { line: line_at(bytes, error.valid_up_to()) })?;
        let (body, seal) = split_last(text).ok_or(ReceiptError::End)?;
        let mut lines = Lines { rest: body, line: 0 };
        lines.take();
        let vault = lines.field(VAULT, |text| digest(text).map(|_| text.to_owned()))?;
        let sealed = lines.field(SEALED, time)?;
        let source = lines.field(SOURCE, |text| is_plain(text).then(|| text.to_owned()))?;
        let secrets = lines.field(SECRETS, count)?;
        let skipped =
            if lines.rest.starts_with(SKIPPED) { lines.field(SKIPPED, names)? } else { Vec::new() };
        let entries = entries(&mut lines)?;
        if entries.len() != secrets {
            return Err(ReceiptError::Count.into());
        }
        let facts = ReceiptFacts { vault, sealed, source, skipped };
        Ok(Receipt { text: text.to_owned(), body: body.len(), seal, facts, entries })
    }
}

fn check_beginning(bytes: &[u8]) -> Result<()> {
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    match first.strip_prefix(ANY_VERSION.as_bytes()) {
        _ if bytes.starts_with(FIRST_LINE.as_bytes()) => Ok(()),
        Some(b"1\r") => Err(ReceiptError::CarriageReturn { line: 1 }.into()),
        Some(b"" | b"1") => Err(ReceiptError::NotAReceipt.into()),
        Some(version) if version.iter().all(u8::is_ascii_digit) => Err(ReceiptError::Newer.into()),
        _ => Err(ReceiptError::NotAReceipt.into()),
    }
}

/// The number of the line in which the byte at `at` stands.
fn line_at(bytes: &[u8], at: usize) -> u32 {
    let before = bytes.get(..at).unwrap_or(bytes).iter().filter(|byte| **byte == b'\n').count();
    u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1)
}

/// All before the last line, and the digest in it.
fn split_last(text: &str) -> Option<(&str, Digest)> {
    let at = text.strip_suffix('\n')?.rfind('\n')? + 1;
    let (body, last) = text.split_at_checked(at)?;
    let digits = last.strip_suffix('\n')?.strip_prefix(LAST)?.strip_prefix(' ')?;
    Some((body, digest(digits)?))
}

/// The lines of the body, which ends in a line end.
struct Lines<'a> {
    rest: &'a str,
    /// The number of the line taken last.
    line: u32,
}

impl<'a> Lines<'a> {
    /// The next line, without its end.
    fn take(&mut self) -> Option<&'a str> {
        let (line, rest) = self.rest.split_once('\n')?;
        self.line = self.line.saturating_add(1);
        self.rest = rest;
        Some(line)
    }

    /// Reads what stands behind `key` in the next line.
    fn field<T>(&mut self, key: &str, read: impl FnOnce(&'a str) -> Option<T>) -> Result<T> {
        let text = self.take().and_then(|line| line.strip_prefix(key));
        text.and_then(read).ok_or(Error::Receipt(ReceiptError::Line { line: self.line }))
    }
}

fn time(text: &str) -> Option<Timestamp> {
    let time: Timestamp = text.parse().ok()?;
    (format!("{time:.0}") == text).then_some(time)
}

fn count(text: &str) -> Option<usize> {
    let count: usize = text.parse().ok()?;
    (count.to_string() == text).then_some(count)
}

fn names(text: &str) -> Option<Vec<String>> {
    let names: Vec<String> = text.split(',').map(str::to_owned).collect();
    let proper = names.iter().all(|name| !name.is_empty() && is_plain(name));
    (proper && names.is_sorted_by(|left, right| left < right)).then_some(names)
}

fn is_plain(text: &str) -> bool {
    !text.contains(char::is_control)
}

/// Reads the rest: a name and a digest each, in ascending order of the names.
fn entries(lines: &mut Lines<'_>) -> Result<Vec<(String, Digest)>> {
    let mut entries: Vec<(String, Digest)> = Vec::new();
    while !lines.rest.is_empty() {
        let (name, digest) = lines.field("", entry)?;
        if entries.last().is_some_and(|(last, _)| *last >= name) {
            return Err(ReceiptError::Order { line: lines.line }.into());
        }
        entries.push((name, digest));
    }
    Ok(entries)
}

fn entry(line: &str) -> Option<(String, Digest)> {
    let (name, digits) = line.split_once(' ')?;
    let proper = is_identifier(name.as_bytes()) && name.len() <= MAX_PAIR_BYTES;
    proper.then_some((name.to_owned(), digest(digits)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "# breakglass receipt 1\n\
        # vault: sha256 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n\
        # sealed: 2026-11-23T17:00:00Z\n# source: standard input\n";
    const DIGEST: &str = "9355e94ffea39d5fa72f3f73246d638573aec6b2cd7920315404f2e4412db0ed";

    /// A receipt of these names, with lines for them as they come.
    fn text(names: &[&str]) -> String {
        let lines: String = names.iter().map(|name| format!("{name} {DIGEST}\n")).collect();
        format!("{HEAD}# secrets: {}\n{lines}hmac {DIGEST}\n", names.len())
    }

    fn refused(text: &str) -> Error {
        Receipt::parse(text.as_bytes()).expect_err(text)
    }

    #[test]
    fn names_in_order_once_each() {
        assert!(Receipt::parse(text(&["A", "A1", "A_", "B", "_", "a", "hmac"]).as_bytes()).is_ok());
        for names in [["A", "A"], ["B", "A"], ["a", "A"]] {
            assert_eq!(refused(&text(&names)), Error::Receipt(ReceiptError::Order { line: 7 }));
        }
        for name in ["A-B", "1", "", "Ä", "A\t", "#"] {
            assert_eq!(
                refused(&text(&["A", name])),
                Error::Receipt(ReceiptError::Line { line: 7 }),
                "{name:?}"
            );
        }
        let long = "A".repeat(MAX_PAIR_BYTES + 1);
        assert_eq!(refused(&text(&[&long])), Error::Receipt(ReceiptError::Line { line: 6 }));
    }

    #[test]
    fn line_ends_of_other_systems() {
        let whole = text(&["A", "B"]);
        let converted = whole.replace('\n', "\r\n");
        assert_eq!(refused(&converted), Error::Receipt(ReceiptError::CarriageReturn { line: 1 }));
        let at = |line: &str| whole.replacen(line, &line.replace('\n', "\r\n"), 1);
        let last = format!("hmac {DIGEST}\n");
        for (line, text) in [(3, at("00Z\n")), (6, at("0ed\n")), (8, at(&last))] {
            assert_eq!(refused(&text), Error::Receipt(ReceiptError::CarriageReturn { line }));
        }
        assert_eq!(
            refused(&whole.replace("input", "in\rput")),
            Error::Receipt(ReceiptError::Line { line: 4 })
        );
        assert_eq!(refused(whole.trim_end()), Error::Receipt(ReceiptError::End));
        assert_eq!(refused(&format!("\u{FEFF}{whole}")), Error::Receipt(ReceiptError::NotAReceipt));
    }

    #[test]
    fn each_line_that_is_missing() {
        let mut whole = text(&["A", "B"]);
        whole = whole.replace("# secrets: 2\n", "# secrets: 2\n# skipped: C-D\n");
        assert!(Receipt::parse(whole.as_bytes()).is_ok());
        let lines: Vec<&str> = whole.split_inclusive('\n').collect();
        let without = |missing: usize| -> Error {
            let kept = lines.iter().enumerate().filter(|(line, _)| line + 1 != missing);
            refused(&kept.map(|(_, line)| *line).collect::<String>())
        };
        assert_eq!(without(1), Error::Receipt(ReceiptError::NotAReceipt));
        for line in 2..=5 {
            assert_eq!(without(line), Error::Receipt(ReceiptError::Line { line: line as u32 }));
        }
        // Line 6 is there only where names were left out.
        assert_eq!(without(7), Error::Receipt(ReceiptError::Count));
        assert_eq!(without(8), Error::Receipt(ReceiptError::Count));
        assert_eq!(without(9), Error::Receipt(ReceiptError::End));
        for end in 0..whole.len() {
            assert!(Receipt::parse(&whole.as_bytes()[..end]).is_err(), "cut off at {end}");
        }
    }

    #[test]
    fn lines_of_another_form() {
        for (line, wrong) in [
            (2, "# vault: sha256 0123"),
            (2, "# vault: sha512 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
            (2, "# vault: sha256 0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef"),
            (2, ""),
            (3, "# sealed: 2026-11-23T17:00:00.5Z"),
            (3, "# sealed: 2026-11-23T17:00:00+00:00"),
            (3, "# sealed: 2026-11-23t17:00:00z"),
            (3, "# sealed: yesterday"),
            (4, "# source:"),
            (4, "#  source: x"),
            (4, "# source: \u{7}"),
            (4, "# source: \u{85}"),
            (5, "# secrets: 02"),
            (5, "# secrets: +2"),
            (5, "# secrets: 18446744073709551616"),
            (5, "# secrets: "),
            (6, "# skipped: "),
            (6, "# skipped: B,A"),
            (6, "# skipped: A,A"),
            (6, "# skipped: A,,B"),
            (6, "# skipped: \u{1b}"),
            (6, "# later: x"),
            (7, "A"),
            (7, "A "),
            (7, "A  9355e94ffea39d5fa72f3f73246d638573aec6b2cd7920315404f2e4412db0ed"),
            (7, "A 9355e94ffea39d5fa72f3f73246d638573aec6b2cd7920315404f2e4412db0ed "),
            (7, "A 9355e94ffea39d5fa72f3f73246d638573aec6b2cd7920315404f2e4412db0eD"),
            (7, "A 9355e94ffea39d5fa72f3f73246d638573aec6b2cd7920315404f2e4412db0eg"),
            (7, "A 9355e94ffea39d5fa72f3f73246d638573aec6b2cd7920315404f2e4412db0é"),
            (7, "A 9355e94ffea39d5fa72f3f73246d638573aec6b2cd7920315404f2e4412db0e"),
            (8, "# comment"),
            (8, ""),
        ] {
            let whole =
                text(&["A", "B"]).replace("# secrets: 2\n", "# secrets: 2\n# skipped: C-D\n");
            let mut lines: Vec<&str> = whole.lines().collect();
            lines[line - 1] = wrong;
            let text = lines.join("\n") + "\n";
            assert_eq!(
                refused(&text),
                Error::Receipt(ReceiptError::Line { line: line as u32 }),
                "{wrong:?}"
            );
        }
        let not_utf8 = text(&["A"]).replace("input", "in\u{1}put").into_bytes();
        let not_utf8: Vec<u8> =
            not_utf8.into_iter().map(|byte| if byte == 1 { 0xFF } else { byte }).collect();
        assert_eq!(
            Receipt::parse(&not_utf8).err(),
            Some(Error::Receipt(ReceiptError::Line { line: 4 }))
        );
    }

    #[test]
    fn beginnings_ends_and_numbers() {
        for other in [
            "",
            "\n",
            "JWT_SECRET='x'\n",
            "# breakglass 1\n",
            "# breakglass receipt 1",
            "# breakglass receipt \n",
            "# breakglass receipt 1 \n",
        ] {
            assert_eq!(refused(other), Error::Receipt(ReceiptError::NotAReceipt), "{other:?}");
        }
        assert_eq!(
            refused("# breakglass receipt 2\nanything"),
            Error::Receipt(ReceiptError::Newer)
        );
        assert_eq!(refused(FIRST_LINE), Error::Receipt(ReceiptError::End));
        let whole = text(&["A", "B"]);
        for (more, expected) in [
            ("\n", Error::Receipt(ReceiptError::End)),
            ("C x\n", Error::Receipt(ReceiptError::End)),
            (&format!("C {DIGEST}\n"), Error::Receipt(ReceiptError::End)),
            // The last line is told by its place; what then stands above it is a name too many.
            (&format!("hmac {DIGEST}\n"), Error::Receipt(ReceiptError::Count)),
        ] {
            assert_eq!(refused(&format!("{whole}{more}")), expected, "{more:?}");
        }
        assert_eq!(refused(&whole.replace(": 2", ": 3")), Error::Receipt(ReceiptError::Count));
        let huge = whole + &" ".repeat(MAX_FILE_BYTES);
        assert_eq!(refused(&huge), Error::Receipt(ReceiptError::TooLarge));
    }
}
