//! Reading a document: ours, a hand-made `.env` file, or JSON.
//!
//! A line means what a POSIX shell makes of it (XCU 2.2, quoting). What a shell would not take as
//! one plain assignment is an error when sealing; `run` takes literally what a shell would have
//! expanded, because in an outage that is the likeliest meaning. No error holds text of a line.

use super::header::{Header, Line};
use super::json;
use super::names;
use super::secrets::{Secrets, Strictness};
use crate::error::{PayloadError, Result};

/// What was read.
#[derive(Debug)]
pub struct Reading {
    /// The header, where it is a document of ours.
    pub header: Option<Header>,
    /// The secrets, by name.
    pub secrets: Secrets,
    /// Lenient only: names whose text a shell would have expanded.
    pub unexpanded: Vec<String>,
    /// Lenient only: names of which an earlier value was dropped.
    pub superseded: Vec<String>,
    /// Lenient only: the number of secrets that the header says, where it is another one.
    pub expected: Option<usize>,
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Reads a whole source or an opened vault. `skip` are names that are left out even though no
/// shell can hold them.
///
/// Errors: the first line that cannot be read, by number and, where it has a proper one, name.
pub fn read(bytes: &[u8], strictness: Strictness, skip: &[String]) -> Result<Reading> {
    let strict = strictness == Strictness::Strict;
    let unmarked = bytes.strip_prefix(BYTE_ORDER_MARK);
    if strict && unmarked.is_some() {
        return Err(PayloadError::ByteOrderMark.into());
    }
    let bytes = unmarked.unwrap_or(bytes);
    let mut reader = Reader {
        rest: bytes,
        line: 1,
        strict,
        skip,
        secrets: Secrets::for_source_of(bytes.len())?,
        name: String::new(),
        begun: 1,
        skipping: false,
        exported: false,
        expands: false,
        unexpanded: Vec::new(),
    };
    let (header, count) = match bytes.trim_ascii_start().first() {
        Some(b'{' | b'[') => {
            json::read(bytes, strictness, skip, &mut reader.secrets)?;
            (None, None)
        }
        _ => reader.document()?,
    };
    let Reader { mut secrets, mut unexpanded, .. } = reader;
    let superseded = secrets.settle(strictness)?;
    let expected = count.filter(|count| *count != secrets.len() + secrets.skipped().len());
    if strict && expected.is_some() {
        return Err(PayloadError::CountMismatch.into());
    }
    unexpanded.sort();
    unexpanded.dedup();
    Ok(Reading { header, secrets, unexpanded, superseded, expected })
}

/// The text still to be read, and where it stands.
pub(super) struct Reader<'a> {
    pub(super) rest: &'a [u8],
    pub(super) line: u32,
    pub(super) strict: bool,
    pub(super) skip: &'a [String],
    pub(super) secrets: Secrets,
    /// The name that is being assigned to, and the line in which it stands.
    pub(super) name: String,
    pub(super) begun: u32,
    /// Whether it is left out, stands behind `export`, and has text that a shell would expand.
    pub(super) skipping: bool,
    pub(super) exported: bool,
    pub(super) expands: bool,
    pub(super) unexpanded: Vec<String>,
}

impl<'a> Reader<'a> {
    /// Reads all of it. Returns the header, and the number of secrets that it says.
    fn document(&mut self) -> Result<(Option<Header>, Option<usize>)> {
        let head = self.header()?;
        while !self.rest.is_empty() {
            self.statement()?;
        }
        Ok(head)
    }

    /// Reads the header of a document of ours; nothing is taken where there is none.
    fn header(&mut self) -> Result<(Option<Header>, Option<usize>)> {
        if !Header::begins(self.this_line())? {
            return Ok((None, None));
        }
        let mut header = Header::default();
        let mut count = None;
        while self.rest.first() == Some(&b'#') {
            if let Line::Count(secrets) = header.take(self.this_line()) {
                count = Some(secrets);
            }
            self.skip_line();
        }
        Ok((Some(header), count))
    }

    /// Reads one statement: an empty line, a comment, or an assignment to the end of its line.
    fn statement(&mut self) -> Result<()> {
        self.blanks();
        if self.at_end()? {
            self.skip_line();
            return Ok(());
        }
        self.begin()?;
        self.word()?;
        self.blanks();
        if !self.at_end()? {
            return Err(PayloadError::MoreThanAssignment {
                line: self.begun,
                name: self.name.clone(),
            }
            .into());
        }
        self.skip_line();
        if self.expands {
            self.unexpanded.push(self.name.clone());
        }
        if self.skipping {
            self.secrets.abandon();
            self.secrets.skip(&self.name);
            return Ok(());
        }
        self.secrets.finish()
    }

    /// Reads `NAME=` and begins that secret. Before an unexpected `=` may stand anything, a value too: no
    /// error shows it.
    fn begin(&mut self) -> Result<()> {
        let line = self.line;
        let after = self.rest.strip_prefix(b"export");
        let after = after.filter(|after| matches!(after.first(), Some(b' ' | b'\t')));
        self.exported = after.is_some();
        self.rest = after.unwrap_or(self.rest);
        self.blanks();
        let text = self.this_line();
        let end = text
            .iter()
            .position(|byte| *byte == b'=')
            .ok_or(PayloadError::NotAssignment { line })?;
        let (name, _) = text.split_at(end);
        self.rest = self.rest.get(end + 1..).unwrap_or_default();
        self.skipping = self.skip.iter().any(|skip| skip.as_bytes() == name);
        if !self.skipping && !names::is_identifier(name) {
            return Err(PayloadError::NotIdentifier { line }.into());
        }
        self.expands = false;
        self.begun = line;
        self.name = String::from_utf8_lossy(name).into_owned();
        self.secrets.begin(name, line)
    }

    /// Moves `count` bytes of the text into the value.
    pub(super) fn take(&mut self, count: usize) -> Result<()> {
        self.secrets.push(self.rest.get(..count).unwrap_or(self.rest))?;
        self.advance(count);
        Ok(())
    }

    pub(super) fn advance(&mut self, count: usize) {
        let (passed, rest) = self.rest.split_at_checked(count).unwrap_or((self.rest, &[]));
        let lines = passed.iter().filter(|byte| **byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.rest = rest;
    }

    fn blanks(&mut self) {
        let blanks = self.rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        self.advance(blanks);
    }

    /// Whether nothing but a comment stands in the rest of the line.
    fn at_end(&self) -> Result<bool> {
        Ok(self.rest.first() == Some(&b'#') || self.at_line_end()?)
    }

    /// Whether the line ends here, by LF, by CRLF where that is put up with, or with the text.
    pub(super) fn at_line_end(&self) -> Result<bool> {
        match self.rest {
            [] | [b'\n', ..] => Ok(true),
            [b'\r'] | [b'\r', b'\n', ..] if self.strict => {
                Err(PayloadError::CarriageReturn { line: self.line }.into())
            }
            [b'\r'] | [b'\r', b'\n', ..] => Ok(true),
            _ => Ok(false),
        }
    }

    /// The text up to the end of this line, without it.
    fn this_line(&self) -> &'a [u8] {
        self.rest.split(|byte| *byte == b'\n').next().unwrap_or_default()
    }

    fn skip_line(&mut self) {
        self.advance(self.this_line().len() + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn value(text: &str, strictness: Strictness) -> Result<Vec<u8>> {
        let reading = read(text.as_bytes(), strictness, &[])?;
        Ok(reading.secrets.get("A").map(|secret| secret.expose().to_vec()).unwrap_or_default())
    }

    #[test]
    fn reads_what_a_shell_reads() {
        for (text, expected) in [
            ("A=", ""),
            ("A=b", "b"),
            ("  export\tA=b  # comment\n", "b"),
            ("A=b#c\n", "b#c"),
            ("A='it'\\''s'\n", "it's"),
            ("A='x\ny'\n", "x\ny"),
            ("A='x\r\ny'\n", "x\r\ny"),
            ("A=\"a\\\"b\\$c\\d\\`\\\\\"\n", "a\"b$c\\d`\\"),
            ("A=\"a\\\nb\"\n", "ab"),
            ("A=a\\ b\\\nc\n", "a bc"),
            ("A=a'b'\"c\"d\n", "abcd"),
            ("A=x=y==\n", "x=y=="),
            ("A=a:b\n", "a:b"),
            ("# c\n\n A=1\n", "1"),
            ("A=b\rc\n", "b\rc"),
            ("A=a~b*?[x]{1,2}!\n", "a~b*?[x]{1,2}!"),
            ("A=cost$\n", "cost$"),
            ("A=\"100% $\"\n", "100% $"),
            ("A='~'/x\n", "~/x"),
            ("export A='{1,2}'\n", "{1,2}"),
        ] {
            for strictness in [Strictness::Strict, Strictness::Lenient] {
                assert_eq!(
                    value(text, strictness).ok().as_deref(),
                    Some(expected.as_bytes()),
                    "{text:?}"
                );
            }
        }
    }

    #[test]
    fn takes_expansions_literally_only_in_an_outage() {
        for (text, expected) in [
            ("A=$HOME\n", "$HOME"),
            ("A=\"`x` $y\"\n", "`x` $y"),
            ("A=~/x\n", "~/x"),
            ("A=a:~b\n", "a:~b"),
            ("A=\\\n~/x\n", "~/x"),
            ("A=a:\\\n~/x\n", "a:~/x"),
            ("A=\\:~/x\n", ":~/x"),
            ("A=''~/x\n", "~/x"),
            ("A==ls\n", "=ls"),
            ("export A=x{1,2}\n", "x{1,2}"),
            ("A=$'x'\n", "$x"),
        ] {
            assert!(
                matches!(
                    value(text, Strictness::Strict),
                    Err(Error::Payload(PayloadError::Expansion { .. }))
                ),
                "{text:?}"
            );
            let reading = read(text.as_bytes(), Strictness::Lenient, &[]).expect("lenient");
            assert_eq!(reading.unexpanded, ["A"]);
            assert_eq!(
                value(text, Strictness::Lenient).ok().as_deref(),
                Some(expected.as_bytes()),
                "{text:?}"
            );
        }
    }

    #[test]
    fn refuses_in_any_case() {
        for text in [
            "A='x\n",
            "A=\"x\n",
            "A=x\\",
            "A=b c\n",
            "A=b;c\n",
            "A=b&c\n",
            "A=(b)\n",
            "A= b\n",
            "A=1 B=2\n",
            "no assignment\n",
            "A =b\n",
            "A-B=c\n",
            "A;b='x'\n",
            "export A\n",
            "A+=b\n",
            "=x\n",
            "A='a\0b'\n",
        ] {
            for strictness in [Strictness::Strict, Strictness::Lenient] {
                assert!(value(text, strictness).is_err(), "{text:?} {strictness:?}");
            }
        }
        assert!(read(b"A='\xFF'\n", Strictness::Lenient, &[]).is_err());
    }

    #[test]
    fn line_ends_and_marks_of_other_systems() {
        let text = "\u{FEFF}A=b\r\n\r\n# c\r\nB='c'\r\n";
        assert!(matches!(
            read(text.as_bytes(), Strictness::Strict, &[]),
            Err(Error::Payload(PayloadError::ByteOrderMark))
        ));
        assert!(matches!(
            read(b"\nA=b\r\n", Strictness::Strict, &[]),
            Err(Error::Payload(PayloadError::CarriageReturn { line: 2 }))
        ));
        let reading = read(text.as_bytes(), Strictness::Lenient, &[]).expect("lenient");
        let pairs: Vec<_> =
            reading.secrets.iter().map(|secret| secret.expose_pair().to_vec()).collect();
        assert_eq!(pairs, [b"A=b\0".to_vec(), b"B=c\0".to_vec()]);
    }

    #[test]
    fn equal_names() {
        let text = b"A=1\nB=2\nA=3\n";
        let error = read(text, Strictness::Strict, &[]).expect_err("strict");
        assert!(
            matches!(error, Error::Payload(PayloadError::DuplicateName { line: 3, ref name }) if name == "A"),
            "{error:?}"
        );
        let reading = read(text, Strictness::Lenient, &[]).expect("lenient");
        assert_eq!(reading.superseded, ["A"]);
        assert_eq!(reading.secrets.get("A").map(|secret| secret.expose()), Some(&b"3"[..]));
        assert_eq!(reading.secrets.len(), 2);
    }

    #[test]
    fn lines_are_counted_through_quotes() {
        let error = read(b"A='1\n2\n3'\nB=$x\n", Strictness::Strict, &[]).expect_err("strict");
        assert!(
            matches!(error, Error::Payload(PayloadError::Expansion { line: 4, ref name }) if name == "B"),
            "{error:?}"
        );
    }

    #[test]
    fn a_name_that_may_be_a_value_is_not_shown() {
        let error =
            read(b"postgres://user:hunter2@db?x=1\n", Strictness::Strict, &[]).expect_err("strict");
        assert!(!format!("{error:?} {error}").contains("hunter2"));
    }

    #[test]
    fn skips_names_on_request() {
        let reading =
            read(b"A-B='x'\nC=1\n", Strictness::Strict, &["A-B".to_owned()]).expect("skips");
        assert_eq!(reading.secrets.names().collect::<Vec<_>>(), ["C"]);
    }

    #[test]
    fn documents_of_ours() {
        let text =
            b"# breakglass 1\n# sealed: 2026-11-23T17:00:00Z\n# later: x\n# secrets: 2\nA='1'\n";
        assert!(matches!(
            read(text, Strictness::Strict, &[]),
            Err(Error::Payload(PayloadError::CountMismatch))
        ));
        assert_eq!(read(text, Strictness::Lenient, &[]).expect("lenient").expected, Some(2));
        assert!(matches!(
            read(b"# breakglass 2\n", Strictness::Lenient, &[]),
            Err(Error::Payload(PayloadError::NewerDocument))
        ));
        assert!(
            read(b"# breakglass is fun\nA=1\n", Strictness::Strict, &[])
                .expect("a comment")
                .header
                .is_none()
        );
    }
}
