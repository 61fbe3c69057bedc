//! The program in a kit: a static one, for a known processor.
//!
//! ELF: System V ABI, chapters 4 and 5; machine numbers as in linux/elf-em.h.

/// A program that needs nothing of the machine but its kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opener {
    /// The file.
    pub bytes: Vec<u8>,
    /// The processor, as `uname -m` says it.
    pub machine: &'static str,
}

const MACHINES: [(u16, &str); 5] =
    [(3, "i686"), (40, "arm"), (62, "x86_64"), (183, "aarch64"), (243, "riscv64")];

/// The program header that asks for a loader, as every program does that needs libraries.
const INTERPRETER: u64 = 3;

/// What stands in each breakglass: the beginning of an error.
const MARK: &[u8] = b"breakglass: error: ";

impl Opener {
    /// Takes the bytes of a program.
    ///
    /// Errors: why it is none, in fixed words.
    pub fn new(bytes: Vec<u8>) -> Result<Opener, &'static str> {
        let machine = inspect(&bytes)?;
        Ok(Opener { bytes, machine })
    }
}

/// The processor that an opener is for.
pub(super) fn inspect(bytes: &[u8]) -> Result<&'static str, &'static str> {
    let machine = machine_of(bytes)?;
    let ours = memchr::memmem::find(bytes, MARK).is_some();
    if ours { Ok(machine) } else { Err("it is another program") }
}

fn machine_of(bytes: &[u8]) -> Result<&'static str, &'static str> {
    const NONE: &str = "it is not a Linux program";
    if bytes.get(..4) != Some(b"\x7FELF") || bytes.get(5) != Some(&1) {
        return Err(NONE);
    }
    let wide = match bytes.get(4) {
        Some(1) => false,
        Some(2) => true,
        _ => return Err(NONE),
    };
    let kind = number(bytes, 16, 2).ok_or(NONE)?;
    if !matches!(kind, 2 | 3) {
        return Err(NONE);
    }
    let headers = if wide { number(bytes, 32, 8) } else { number(bytes, 28, 4) }.ok_or(NONE)?;
    let (size, count) = if wide { (54, 56) } else { (42, 44) };
    let size = number(bytes, size, 2).ok_or(NONE)?;
    for index in 0..number(bytes, count, 2).ok_or(NONE)? {
        let at = index.checked_mul(size).and_then(|offset| headers.checked_add(offset));
        let at = at.and_then(|at| usize::try_from(at).ok()).ok_or(NONE)?;
        if number(bytes, at, 4).ok_or(NONE)? == INTERPRETER {
            return Err("it needs libraries of the machine (not static)");
        }
    }
    let machine = number(bytes, 18, 2).ok_or(NONE)?;
    let known = MACHINES.iter().find(|(known, _)| u64::from(*known) == machine);
    known.map(|(_, name)| *name).ok_or("it is for a processor that is not known here")
}

/// The little-endian number of so many bytes at a place.
fn number(bytes: &[u8], at: usize, size: usize) -> Option<u64> {
    let field = bytes.get(at..at.checked_add(size)?)?;
    Some(field.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program with one header of that type.
    fn program(machine: u16, header: u32) -> Vec<u8> {
        let mut bytes = vec![0; 64 + 56];
        bytes[..6].copy_from_slice(b"\x7FELF\x02\x01");
        bytes[16] = 3;
        bytes[18..20].copy_from_slice(&machine.to_le_bytes());
        bytes[32] = 64;
        bytes[54] = 56;
        bytes[56] = 1;
        bytes[64..68].copy_from_slice(&header.to_le_bytes());
        bytes.extend(MARK);
        bytes
    }

    fn refused(bytes: Vec<u8>) -> &'static str {
        Opener::new(bytes).expect_err("refused")
    }

    #[test]
    fn static_programs_for_known_processors() {
        assert_eq!(Opener::new(program(62, 1)).expect("one").machine, "x86_64");
        assert_eq!(Opener::new(program(183, 1)).expect("one").machine, "aarch64");
        assert!(refused(program(62, 3)).contains("not static"));
        assert!(refused(program(8, 1)).contains("processor"));
        let mut other = program(62, 1);
        other.truncate(64 + 56);
        assert_eq!(refused(other), "it is another program");
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let whole = program(62, 1);
        for end in 0..64 + 56 {
            assert!(Opener::new(whole[..end].to_vec()).is_err());
        }
        for at in 0..64 + 56 {
            let mut changed = whole.clone();
            changed[at] = 0xFF;
            let _ = Opener::new(changed);
        }
        assert_eq!(
            refused(b"#!/bin/sh\nbreakglass: error: ".to_vec()),
            "it is not a Linux program"
        );
    }
}
