//! Searching what comes piece by piece: one buffer, and what spans two fillings of it is found too.

use super::search::Needles;

/// What a source has next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filling {
    /// So many bytes were written to the space.
    Bytes(usize),
    /// So many zeros, which no form holds, are left out.
    Hole(u64),
    /// Nothing more.
    End,
}

/// What bytes come from.
pub(super) trait Feed {
    /// Why they cannot be read, or not all of them.
    type Error;

    /// Fills a part of `space`, which is not empty.
    fn next(&mut self, space: &mut [u8]) -> Result<Filling, Self::Error>;
}

/// Who is told how the work goes, and asked whether it is to go on.
pub trait Watch: Sync {
    /// Whether to stop.
    fn is_over(&self) -> bool;

    /// So many more bytes were searched.
    fn advance(&self, bytes: u64);
}

/// Where one text was found in one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The text's number.
    pub text: usize,
    /// The first place, in bytes from the beginning.
    pub offset: u64,
    /// Its line, from 1, where that is known: near the beginning of a text.
    pub line: Option<u64>,
    /// How often it stands there.
    pub times: u64,
}

/// What was seen of one source.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// One hit for each text.
    pub hits: Vec<Hit>,
    /// Bytes, without holes.
    pub bytes: u64,
    /// Whether it begins as compressed data does.
    pub compressed: bool,
}

/// Bytes that are read at once, but for a form that is longer: a part of a processor's cache.
const BUFFER: usize = 128 * 1024;

/// A searcher with a buffer of its own. What the buffer holds is what lies on the disk anyway; it is
/// wiped when it is dropped.
pub(super) struct Stream<'a> {
    needles: &'a Needles,
    buffer: Vec<u8>,
    /// Bytes that are kept for what begins in one filling and ends in the next.
    overlap: usize,
}

impl<'a> Stream<'a> {
    /// A searcher.
    pub(super) fn new(needles: &'a Needles) -> Stream<'a> {
        let overlap = needles.span().saturating_sub(1);
        Stream { needles, buffer: vec![0; BUFFER.max(2 * overlap)], overlap }
    }

    /// Searches all of `source`, of which the first byte is the one at `base`. What begins at `limit` or
    /// behind it does not count.
    ///
    /// Errors: those of the source.
    pub(super) fn search<S: Feed>(
        &mut self,
        source: &mut S,
        base: u64,
        limit: u64,
    ) -> Result<Seen, S::Error> {
        let mut seen = Seen::default();
        // Where the buffer's first byte stands, how many it holds, and how many of them were searched.
        let (mut at, mut held, mut searched) = (base, 0, 0);
        loop {
            let space = self.buffer.get_mut(held..).unwrap_or_default();
            let piece = if space.is_empty() { Filling::Bytes(0) } else { source.next(space)? };
            if let Filling::Bytes(count @ 1..) = piece {
                held = (held + count).min(self.buffer.len());
                seen.bytes += count as u64;
                continue;
            }
            if held > searched {
                self.look(at, held, searched, limit, &mut seen);
            }
            match piece {
                Filling::Bytes(_) => {
                    let rest = held.saturating_sub(self.overlap);
                    self.buffer.copy_within(rest..held, 0);
                    at += rest as u64;
                    (held, searched) = (held - rest, held - rest);
                }
                Filling::Hole(zeros) => {
                    at = at.saturating_add(held as u64).saturating_add(zeros);
                    (held, searched) = (0, 0);
                }
                Filling::End => return Ok(seen),
            }
        }
    }

    fn look(&self, at: u64, held: usize, searched: usize, limit: u64, seen: &mut Seen) {
        let bytes = self.buffer.get(..held).unwrap_or_default();
        if at == 0 && searched == 0 {
            seen.compressed = COMPRESSED.iter().any(|magic| bytes.starts_with(magic));
        }
        for hit in self.needles.find(bytes, searched) {
            let offset = at + hit.start as u64;
            if offset >= limit {
                break;
            }
            match seen.hits.iter_mut().find(|known| known.text == hit.text) {
                Some(known) => known.times += 1,
                None => {
                    let before = bytes.get(..hit.start).filter(|_| at == 0);
                    let line = before.and_then(line_behind);
                    seen.hits.push(Hit { text: hit.text, offset, line, times: 1 });
                }
            }
        }
    }
}

/// The line that follows a text; none where it is no text.
fn line_behind(before: &[u8]) -> Option<u64> {
    if memchr::memchr(0, before).is_some() {
        return None;
    }
    Some(1 + memchr::memchr_iter(b'\n', before).count() as u64)
}

impl Seen {
    /// Takes in what was seen of another part of the same source.
    pub(super) fn merge(&mut self, other: Seen) {
        self.bytes += other.bytes;
        self.compressed |= other.compressed;
        for hit in other.hits {
            match self.hits.iter_mut().find(|known| known.text == hit.text) {
                Some(known) => {
                    known.times += hit.times;
                    if hit.offset < known.offset {
                        (known.offset, known.line) = (hit.offset, hit.line);
                    }
                }
                None => self.hits.push(hit),
            }
        }
    }
}

/// The first bytes of gzip, bzip2, xz, Zstandard, LZ4 and zip files.
const COMPRESSED: [&[u8]; 6] = [
    b"\x1f\x8b\x08",
    b"BZh",
    b"\xfd7zXZ\0",
    b"\x28\xb5\x2f\xfd",
    b"\x04\x22\x4d\x18",
    b"PK\x03\x04",
];

#[cfg(test)]
mod tests {
    use super::super::forms::Forms;
    use super::*;
    use crate::payload::{Strictness, read};

    /// Bytes in pieces of at most `step`; a zero stands for a hole of 1,000.
    struct Steps<'a> {
        rest: &'a [u8],
        step: usize,
    }

    impl Feed for Steps<'_> {
        type Error = ();

        fn next(&mut self, space: &mut [u8]) -> Result<Filling, ()> {
            match self.rest {
                [] => Ok(Filling::End),
                [0, rest @ ..] => {
                    self.rest = rest;
                    Ok(Filling::Hole(1000))
                }
                all => {
                    let until = all.iter().position(|byte| *byte == 0).unwrap_or(all.len());
                    let count = until.min(self.step).min(space.len());
                    space[..count].copy_from_slice(&all[..count]);
                    self.rest = &all[count..];
                    Ok(Filling::Bytes(count))
                }
            }
        }
    }

    fn needles() -> Needles {
        let secrets =
            read(b"A='fake-value-one'\n", Strictness::Strict, &[]).expect("reads").secrets;
        Needles::new(Forms::of(&secrets).expect("memory")).expect("memory")
    }

    fn search(bytes: &[u8], step: usize, limit: u64) -> Seen {
        let needles = needles();
        let mut stream = Stream::new(&needles);
        stream.search(&mut Steps { rest: bytes, step }, 0, limit).expect("no errors")
    }

    #[test]
    fn across_every_border_of_the_buffer_and_once() {
        let value = b"fake-value-one";
        for at in (BUFFER - 20..BUFFER + 3).chain([0, 5, 2 * BUFFER - 20, 2 * BUFFER - 10]) {
            let mut text = vec![b'x'; at];
            text.extend(value);
            text.extend(vec![b'y'; BUFFER]);
            for step in [BUFFER, 1000] {
                let seen = search(&text, step, u64::MAX);
                assert_eq!(seen.bytes, text.len() as u64);
                let expected = (at as u64, 1, (at + value.len() <= BUFFER).then_some(1));
                let found: Vec<_> =
                    seen.hits.iter().map(|hit| (hit.offset, hit.times, hit.line)).collect();
                assert_eq!(found, [expected], "{at} {step}");
            }
        }
    }

    #[test]
    fn holes_are_counted_and_join_nothing() {
        let seen = search(b"fake-\0value-one \0\0 fake-value-one", 7, u64::MAX);
        assert_eq!(seen.hits.len(), 1);
        assert_eq!((seen.hits[0].offset, seen.hits[0].line), (5 + 1000 + 10 + 2000 + 1, None));
    }

    #[test]
    fn lines_limits_and_repetitions() {
        let text = b"one\ntwo fake-value-one\nfake-value-one";
        let hit = search(text, 9, u64::MAX).hits[0];
        assert_eq!((hit.offset, hit.line, hit.times), (8, Some(2), 2));
        assert_eq!(search(text, 9, 9).hits[0].times, 1);
        assert_eq!(search(text, 9, 8).hits, []);
        assert_eq!(search(b"a\0b\nfake-value-one", 99, u64::MAX).hits[0].line, None);
        assert!(search(b"PK\x03\x04 and so on", 99, u64::MAX).compressed);
    }

    #[test]
    fn parts_are_put_together() {
        let hit = |text, offset| Hit { text, offset, line: None, times: 1 };
        let part = |hits: &[Hit]| Seen { hits: hits.to_vec(), bytes: 10, compressed: false };
        let mut whole = part(&[hit(0, 50)]);
        whole.merge(part(&[hit(1, 7), hit(0, 20)]));
        assert_eq!(whole.hits, [Hit { times: 2, ..hit(0, 20) }, hit(1, 7)]);
        assert_eq!(whole.bytes, 20);
    }
}
