//! Finding the forms in bytes: by a rare piece of each first, and then by comparing with the region.
//!
//! A search automaton keeps its patterns on the heap, in a shape of its own. So it gets four bytes of each
//! form, never a whole one; the whole ones stay in the region, where a hit is compared.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use aho_corasick::packed::{self, Searcher};
use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};

use super::forms::Forms;
use crate::error::{Error, MemoryError, Result};
use crate::memory::clear_vector_registers;

/// Bytes of a piece: as many as a packed search looks at before it compares.
const PIECE: usize = 4;

type Piece = [u8; PIECE];

/// The forms, and the way to find them.
pub struct Needles {
    forms: Forms,
    /// For each piece, where it stands in which texts.
    anchors: Vec<Vec<Anchor>>,
    engine: Engine,
}

/// A text in which a piece stands `at` bytes behind the beginning.
#[derive(Clone, Copy)]
struct Anchor {
    text: usize,
    at: usize,
}

/// What finds pieces.
enum Engine {
    /// Packed searches, one after the other; each with the number of its first piece.
    Packed(Vec<(usize, Searcher)>),
    Automaton(AhoCorasick),
}

/// A place at which a form stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Match {
    pub(super) start: usize,
    pub(super) end: usize,
    /// The text's number.
    pub(super) text: usize,
}

impl Needles {
    /// Prepares the search.
    ///
    /// Errors: no memory.
    pub fn new(forms: Forms) -> Result<Needles> {
        let mut found: BTreeMap<Piece, Vec<Anchor>> = BTreeMap::new();
        let mut own: BTreeMap<usize, Vec<Piece>> = BTreeMap::new();
        for text in 0..forms.len() {
            let owner = forms.labels(text).first().map_or(0, |label| label.0);
            let used = own.entry(owner).or_default();
            let bytes = forms.bytes(text);
            let (at, piece) = rarest(bytes, used, |_| true);
            used.push(piece);
            found.entry(piece).or_default().push(Anchor { text, at });
            // A line end may stand in one piece, but not in both.
            if forms.is_base64(text) {
                let (second, piece) = rarest(bytes, used, |it| is_apart(at, it));
                used.push(piece);
                found.entry(piece).or_default().push(Anchor { text, at: second });
            }
        }
        drop(own);
        let (pieces, anchors): (Vec<Piece>, Vec<Vec<Anchor>>) = found.into_iter().unzip();
        let engine = Engine::new(&pieces)?;
        clear_vector_registers();
        Ok(Needles { forms, anchors, engine })
    }

    /// What is looked for.
    pub fn forms(&self) -> &Forms {
        &self.forms
    }

    /// Every place in `bytes` at which a form stands that ends behind `seen`, in order.
    pub(super) fn find(&self, bytes: &[u8], seen: usize) -> Vec<Match> {
        let mut found = Vec::new();
        self.engine.pieces(bytes, |piece, at| {
            let anchors = self.anchors.get(piece).into_iter().flatten();
            found.extend(anchors.filter_map(|anchor| self.whole(bytes, at, *anchor)));
        });
        found.retain(|hit| hit.end > seen);
        found.sort_unstable();
        // A text with two pieces is found by each of them.
        found.dedup();
        found
    }

    /// The path, with `[NAME]` in the place of each value that stands in it: what may be shown.
    pub fn hide(&self, path: &Path) -> PathBuf {
        let bytes = path.as_os_str().as_bytes();
        let mut places = self.find(bytes, 0);
        // Of those that begin at one place the longest comes first; what others cover goes with them.
        places.sort_by_key(|hit| (hit.start, usize::MAX - hit.end));
        let (mut shown, mut until) = (Vec::new(), 0);
        for hit in places {
            if hit.start >= until {
                shown.extend_from_slice(bytes.get(until..hit.start).unwrap_or_default());
                let name = self.forms.labels(hit.text).first().map_or(0, |label| label.0);
                shown.extend(format!("[{}]", self.forms.name(name)).bytes());
            }
            until = until.max(hit.end);
        }
        shown.extend_from_slice(bytes.get(until..).unwrap_or_default());
        PathBuf::from(OsString::from_vec(shown))
    }

    /// The text whose piece stands at `at`, if all of it stands there.
    fn whole(&self, bytes: &[u8], at: usize, anchor: Anchor) -> Option<Match> {
        let text = self.forms.bytes(anchor.text);
        let plain = at.checked_sub(anchor.at).map(|start| (start, start + text.len()));
        let is_there = |(start, end): &(usize, usize)| bytes.get(*start..*end) == Some(text);
        let in_lines = || {
            let found =
                self.forms.is_base64(anchor.text).then(|| in_lines(bytes, text, at, anchor.at));
            found.flatten().filter(|(start, end)| end - start <= self.span())
        };
        let (start, end) = plain.filter(is_there).or_else(in_lines)?;
        Some(Match { start, end, text: anchor.text })
    }

    /// The most bytes that a form takes, line ends in it included.
    pub(super) fn span(&self) -> usize {
        let longest = self.forms.longest();
        longest + longest / 8 + 2
    }
}

/// Two pieces so far apart that no line end is in both, and so near that in lines of 16 characters and more
/// there is no second one.
fn is_apart(first: usize, second: usize) -> bool {
    (PIECE - 1..=13).contains(&first.abs_diff(second))
}

/// Where a text in base64 begins and ends whose character number `number` stands at `at`: it is often
/// written in lines, so that between two of its characters there may be a line end.
fn in_lines(bytes: &[u8], text: &[u8], at: usize, number: usize) -> Option<(usize, usize)> {
    let (before, behind) = text.split_at_checked(number)?;
    let (mut start, mut rest) = bytes.split_at_checked(at)?;
    for character in before.iter().rev() {
        let line = start.strip_suffix(b"\n");
        let line = line.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        start = line.unwrap_or(start).strip_suffix(&[*character])?;
    }
    for character in behind {
        let line = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n"));
        rest = line.unwrap_or(rest).strip_prefix(&[*character])?;
    }
    Some((start.len(), bytes.len() - rest.len()))
}

/// Pieces in one packed search; so many are all that some processors can.
const GROUPS: [usize; 2] = [64, 32];

/// Beyond so many groups the automaton is faster.
const MOST_GROUPS: usize = 8;

/// Up to so many pieces the automaton is a table, 1 KiB and less for each byte of a piece.
const MOST_IN_TABLE: usize = 4096;

impl Engine {
    fn new(pieces: &[Piece]) -> Result<Engine> {
        for group in GROUPS {
            if let Some(searchers) = packed_groups(pieces, group) {
                return Ok(Engine::Packed(searchers));
            }
        }
        let kind = (pieces.len() <= MOST_IN_TABLE).then_some(AhoCorasickKind::DFA);
        let mut builder = AhoCorasick::builder();
        let built = builder.match_kind(MatchKind::LeftmostFirst).kind(kind).build(pieces);
        built.map(Engine::Automaton).map_err(|_| Error::Memory(MemoryError::OutOfMemory))
    }

    /// Calls `found` for each place at which a piece stands, with the piece's number.
    fn pieces(&self, bytes: &[u8], mut found: impl FnMut(usize, usize)) {
        match self {
            Engine::Packed(groups) => {
                for (first, searcher) in groups {
                    let mut from = 0;
                    while let Some(hit) = searcher.find_in(bytes, (from..bytes.len()).into()) {
                        found(first + hit.pattern().as_usize(), hit.start());
                        from = hit.start() + 1;
                    }
                }
            }
            Engine::Automaton(automaton) => {
                let mut input = Input::new(bytes);
                while let Some(hit) = automaton.find(input.clone()) {
                    found(hit.pattern().as_usize(), hit.start());
                    input.set_start(hit.start() + 1);
                }
            }
        }
    }
}

/// Packed searches for all pieces, `size` in each; none where that is not possible or not worth it.
fn packed_groups(pieces: &[Piece], size: usize) -> Option<Vec<(usize, Searcher)>> {
    if pieces.len() > size * MOST_GROUPS {
        return None;
    }
    let groups = pieces.chunks(size).enumerate();
    groups.map(|(index, group)| Some((index * size, packed::Searcher::new(group)?))).collect()
}

/// The piece of a text that is least often met elsewhere, and where it stands. One that is `used` for
/// another form of the same value is as good as any: what is not escaped is the same in most forms.
fn rarest(text: &[u8], used: &[Piece], fits: impl Fn(usize) -> bool) -> (usize, Piece) {
    let pieces = text.windows(PIECE).map(|piece| piece.try_into().unwrap_or_default());
    let pieces = pieces.enumerate().filter(|(at, _)| fits(*at));
    // Of equal ones the last: keys of one service begin alike.
    let cost = |piece: &Piece| if used.contains(piece) { 0 } else { cost(piece) };
    pieces.min_by_key(|(at, piece)| (cost(piece), usize::MAX - at)).unwrap_or_default()
}

/// How often a piece is met, roughly.
fn cost(piece: &Piece) -> u32 {
    let repeated = piece.windows(2).filter(|pair| pair.first() == pair.last()).count();
    let sum: u32 = piece.iter().map(|byte| of_byte(*byte)).sum();
    sum + 4 * u32::try_from(repeated).unwrap_or(0)
}

/// The same for a byte, from text, source, markup and programs.
fn of_byte(byte: u8) -> u32 {
    match byte {
        b'J' | b'K' | b'Q' | b'X' | b'Y' | b'Z' | b'V' | b'W' | b'j' | b'q' | b'^' | b'~' => 1,
        b'A'..=b'Z' | b'2'..=b'9' | b'k' | b'v' | b'w' | b'x' | b'z' | 0x80.. => 2,
        b'0' | b'1' | b'b'..=b'd' | b'f'..=b'h' | b'm' | b'p' | b'u' | b'y' => 3,
        b' ' | b'e' | b't' | b'\n' => 6,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    use proptest::prelude::*;

    use super::*;
    use crate::payload::{Strictness, read};

    pub(in crate::scan) fn needles(document: &str) -> Needles {
        let secrets = read(document.as_bytes(), Strictness::Strict, &[]).expect("reads").secrets;
        Needles::new(Forms::of(&secrets).expect("memory")).expect("memory")
    }

    fn found(needles: &Needles, bytes: &[u8], seen: usize) -> Vec<(String, usize)> {
        let mut found = Vec::new();
        for hit in needles.find(bytes, seen) {
            for (name, _) in needles.forms().labels(hit.text) {
                found.push((needles.forms().name(*name).to_owned(), hit.start));
            }
        }
        found.sort();
        found
    }

    #[test]
    fn what_overlaps_is_found_too() {
        let needles = needles("A='aaaaaaaa'\nB='aaaaaaaab'\nC='fake-one-two'\nD='one-two-six'\n");
        let names = |bytes: &[u8], seen| {
            let found = found(&needles, bytes, seen).into_iter();
            found.map(|(name, at)| format!("{name}{at}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(b"aaaaaaaaab", 0), "A0 A1 B1");
        assert_eq!(names(b"aaaaaaaaab", 9), "B1");
        assert_eq!(names(b"fake-one-two-six", 0), "C0 D5");
        assert_eq!(names(b"fake-one-tw one-two-si", 0), "");
    }

    #[test]
    fn no_value_in_a_path_is_shown() {
        let needles = needles("A='fake-one-two'\nB='one-two-six'\nC='fake one'\n");
        for (path, shown) in [
            ("/srv/fake-one-tw/x", "/srv/fake-one-tw/x"),
            ("/srv/fake-one-two/x", "/srv/[A]/x"),
            ("fake-one-two", "[A]"),
            ("a/fake-one-two-six.fake%20one", "a/[A].[C]"),
            ("ZmFrZS1vbmUtdHdv/ZmFrZS1vbmUtdHdv", "[A]/[A]"),
        ] {
            assert_eq!(needles.hide(Path::new(path)), Path::new(shown), "{path}");
        }
    }

    #[test]
    fn a_piece_is_never_more_than_four_bytes_and_a_rare_one() {
        assert_eq!(rarest(b"postgres://fake-QzX7@host", &[], |_| true).1, *b"QzX7");
        assert_eq!(rarest(b"postgres://fake-QzX7@host", &[*b"host"], |_| true), (21, *b"host"));
        assert_eq!(rarest(b"sk_live_aaaaaaaaaaaaaaaab", &[], |_| true).1.len(), PIECE);
    }

    #[test]
    fn few_and_many_values() {
        for (count, packed) in [(1, true), (16, true), (70, true), (300, false), (3000, false)] {
            let document: String =
                (0..count).map(|n| format!("N{n}='fake{:x}'\n", n * 2_654_435_761_u64)).collect();
            let needles = needles(&document);
            // Everywhere but on other processors than these, where there may be no packed search.
            if cfg!(target_arch = "x86_64") {
                assert_eq!(matches!(needles.engine, Engine::Packed(_)), packed, "{count}");
            }
            let text = document.repeat(2);
            let expected: u64 = 2 * (0..count).filter(|n| n * 2_654_435_761 > 0xFFF).count() as u64;
            let all = found(&needles, text.as_bytes(), 0);
            let last = format!("N{}", count - 1);
            assert!(all.len() as u64 >= expected, "{count}");
            assert_eq!(
                all.iter().filter(|(name, _)| *name == last).count(),
                if count > 1 { 2 } else { 0 }
            );
        }
    }

    proptest! {
        /// In lines of any length, whatever stands before, each once.
        #[test]
        fn base64_in_lines(
            value in "[ -~]{8,60}",
            before in "[a-z]{0,80}",
            width in 16..80_usize,
            crlf in any::<bool>(),
        ) {
            let needles = needles(&format!("A='{}'\n", value.replace('\'', "'\\''")));
            let text = BASE64_STANDARD.encode(format!("{before}{value} and behind"));
            let lines: Vec<&[u8]> = text.as_bytes().chunks(width).collect();
            let text = lines.join(if crlf { &b"\r\n"[..] } else { b"\n" });
            prop_assert_eq!(found(&needles, &text, 0).len(), 1, "{}", String::from_utf8_lossy(&text));
        }

        #[test]
        fn finds_what_a_plain_search_finds(
            values in prop::collection::vec("[ab]{8,10}", 1..6),
            text in "[ab]{0,60}",
        ) {
            let document: String =
                values.iter().enumerate().map(|(n, value)| format!("N{n}='{value}'\n")).collect();
            let mut expected = Vec::new();
            for (n, value) in values.iter().enumerate() {
                for at in 0..text.len() {
                    if text.get(at..).is_some_and(|rest| rest.starts_with(value.as_str())) {
                        expected.push((format!("N{n}"), at));
                    }
                }
            }
            expected.sort();
            prop_assert_eq!(found(&needles(&document), text.as_bytes(), 0), expected);
        }
    }
}
