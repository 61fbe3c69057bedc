//! Recognising what a vault holds in a file of any name: our header, or nothing but `NAME='value'` lines,
//! as secrets managers export them. Only the state of the reading is kept, no byte of a value.

/// How the first line of a document of ours begins; a number follows.
const HEADER: &[u8] = b"# breakglass ";

/// A value of fewer bytes is not taken for a secret; `scan` leaves those out, too.
const LEAST_VALUE: usize = 8;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A text on its way through the reading.
#[derive(Debug)]
pub(super) struct Document {
    state: State,
    /// The header's letters that have come so far, while all of them fit; a number then ends it.
    header: Option<usize>,
    /// The mark's bytes that have come so far, while nothing else has.
    mark: Option<usize>,
    exported: bool,
    name: Name,
    value: usize,
    found: bool,
}

/// What is known of a name: its length, and whether it is a constant's, without small letters.
#[derive(Clone, Copy, Debug, Default)]
struct Name {
    length: usize,
    small: bool,
    /// How much of `export` it is so far, where it is nothing else.
    export: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    LineStart,
    Comment,
    Name,
    Equals,
    Quoted,
    BehindQuote,
    Backslash,
    Blank,
    /// It has our header.
    Ours,
    /// It is something else.
    Other,
}

const EXPORT: &[u8] = b"export";

impl Document {
    pub(super) fn new() -> Document {
        Document {
            state: State::LineStart,
            header: Some(0),
            mark: Some(0),
            exported: false,
            name: Name::default(),
            value: 0,
            found: false,
        }
    }

    pub(super) fn wants_more(&self) -> bool {
        !matches!(self.state, State::Ours | State::Other)
    }

    pub(super) fn take(&mut self, piece: &[u8]) {
        for byte in piece {
            if !self.wants_more() {
                return;
            }
            self.step(*byte);
        }
    }

    /// Whether it was one.
    pub(super) fn end(mut self) -> bool {
        // A last line without a line end is one, too.
        if self.wants_more() {
            self.step(b'\n');
        }
        match self.state {
            State::Ours => true,
            State::LineStart => self.found,
            _ => false,
        }
    }

    fn step(&mut self, byte: u8) {
        if let Some(count) = self.mark {
            self.mark = (BYTE_ORDER_MARK.get(count) == Some(&byte)).then_some(count + 1);
            if self.mark.is_some() {
                return;
            }
        }
        self.follow_header(byte);
        if self.state == State::Ours {
            return;
        }
        self.state = match (self.state, byte) {
            (State::LineStart, b' ' | b'\t' | b'\r' | b'\n') => State::LineStart,
            (State::LineStart, b'#') if !self.exported => State::Comment,
            (State::LineStart, _) => self.begin_name(byte),
            (State::Comment, b'\n') => State::LineStart,
            (State::Comment, 0) => State::Other,
            (State::Comment, _) => State::Comment,
            (State::Name, b'=') => State::Equals,
            (State::Name, b' ' | b'\t') if self.is_export() => {
                self.exported = true;
                State::LineStart
            }
            (State::Name, _) => self.go_on_with_name(byte),
            (State::Equals | State::BehindQuote, b'\'') => State::Quoted,
            (State::Equals, b'\r') => State::Equals,
            (State::Equals | State::BehindQuote | State::Blank, b'\n') => self.end_assignment(),
            (State::Quoted, b'\'') => State::BehindQuote,
            (State::Quoted, 0) => State::Other,
            (State::Quoted, _) => {
                self.value += 1;
                State::Quoted
            }
            (State::BehindQuote, b'\\') => State::Backslash,
            (State::Backslash, b'\'') => {
                self.value += 1;
                State::BehindQuote
            }
            (State::BehindQuote | State::Blank, b' ' | b'\t' | b'\r') => State::Blank,
            (State::Blank, b'#') => {
                self.end_assignment();
                State::Comment
            }
            _ => State::Other,
        };
    }

    /// `# breakglass 1` and a line end, at the very beginning.
    fn follow_header(&mut self, byte: u8) {
        let Some(count) = self.header else { return };
        self.header = match HEADER.get(count) {
            Some(letter) => (*letter == byte).then_some(count + 1),
            None if byte.is_ascii_digit() => Some(count + 1),
            None if matches!(byte, b'\r' | b'\n') && count > HEADER.len() => {
                self.state = State::Ours;
                None
            }
            None => None,
        };
    }

    fn begin_name(&mut self, byte: u8) -> State {
        if byte.is_ascii_digit() {
            return State::Other;
        }
        (self.name, self.value) = (Name { export: Some(0), ..Name::default() }, 0);
        self.go_on_with_name(byte)
    }

    fn go_on_with_name(&mut self, byte: u8) -> State {
        let name = &mut self.name;
        name.length += 1;
        name.small |= byte.is_ascii_lowercase();
        name.export =
            name.export.filter(|count| EXPORT.get(*count) == Some(&byte)).map(|count| count + 1);
        if byte.is_ascii_alphanumeric() || byte == b'_' { State::Name } else { State::Other }
    }

    fn is_export(&self) -> bool {
        !self.exported && self.name.export == Some(EXPORT.len())
    }

    fn end_assignment(&mut self) -> State {
        self.found |= !self.name.small && self.value >= LEAST_VALUE;
        self.exported = false;
        State::LineStart
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_document(text: &[u8]) -> bool {
        let mut document = Document::new();
        document.take(text);
        document.end()
    }

    #[test]
    fn documents() {
        for text in [
            "# breakglass 1\n",
            "# breakglass 1\r\nA='x'\r\n",
            "\u{FEFF}# breakglass 12\nanything",
            "# breakglass 1",
            "A='fakefake'\n",
            "A='fakefake'",
            "\u{FEFF}A='fakefake'\r\nB=''\r\n",
            "# exported\n\nexport A='fake\nfake'  # why\nB=\n\texport\tC='it'\\''s'\n",
            "A='fa''ke'\\''fake'\n",
            "small='x'\nLARGE_1='fakefake'\n",
        ] {
            assert!(is_document(text.as_bytes()), "{text:?}");
        }
    }

    #[test]
    fn other_texts() {
        for text in [
            "",
            "\n",
            "# breakglass is a program\n",
            "# breakglass \n",
            " # breakglass 1\n",
            "\n# breakglass 1\n",
            "# a comment only\n",
            "A='short'\n",
            "small='fakefake'\n",
            "A=fakefake\n",
            "A=\"fakefake\"\n",
            "A='fakefake\n",
            "A='fakefake' B='fakefake'\n",
            "A='fakefake'; echo\n",
            "A='fakefake'\necho done\n",
            "export\nA='fakefake'\n",
            "export export A='fakefake'\n",
            "export # A='fakefake'\n",
            "1A='fakefake'\n",
            "A-B='fakefake'\n",
            "A ='fakefake'\n",
            "A= 'fakefake'\n",
            "='fakefake'\n",
            "A='fake\0fake'\n",
            "A='fakefake'\\x\n",
            "#!/bin/sh\nA='fakefake'\nrun\n",
            "{\"A\": \"fakefake\"}\n",
            "let a = 'fakefake';\n",
        ] {
            assert!(!is_document(text.as_bytes()), "{text:?}");
        }
    }

    #[test]
    fn it_stops_reading_where_it_is_sure() {
        for text in ["\x7fELF", "import x", "# breakglass 1\n"] {
            let mut document = Document::new();
            document.take(text.as_bytes());
            assert!(!document.wants_more(), "{text:?}");
        }
    }
}
