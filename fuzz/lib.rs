//! What the fuzz targets share: judging outcomes, and ending the process where one is wrong.
//!
//! The panic hook that the fuzzer installs aborts on every panic, also on those inside sequoia that
//! the product catches. So it is replaced by one that says nothing; a panic that leaves the product
//! still reaches the fuzzer's own `catch_unwind`, which aborts.

use std::sync::{Once, OnceLock};

use breakglass::error::{Error, MemoryError, PayloadError};
use breakglass::memory::{Passphrase, Region};
use breakglass::payload::{self, Header, Reading, Secrets, Strictness};

/// What all seeds that open hold, so that anything else that opens would be unauthenticated plaintext.
pub const DOCUMENT: &[u8] = include_bytes!("seeds/document/sealed.txt");

/// As in seeds/make.
const PASSPHRASE: &[u8] = b"correct horse battery staple 42";

/// The passphrase of all seeds that open.
pub fn passphrase() -> &'static Passphrase {
    static MADE: OnceLock<Passphrase> = OnceLock::new();
    MADE.get_or_init(|| {
        let made = Region::copy_of(PASSPHRASE).and_then(Passphrase::new);
        made.unwrap_or_else(|_| std::process::abort())
    })
}

/// To be called first in every target.
pub fn quiet_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(|_| {})));
}

/// Ends the process, which the fuzzer reports as a crash, unless `holds`.
pub fn require(holds: bool, what: &str) {
    if !holds {
        eprintln!("broken: {what}");
        std::process::abort();
    }
}

/// Whether two sets hold the same names and values, in the same order.
pub fn same(left: &Secrets, right: &Secrets) -> bool {
    let pairs = |secrets: &Secrets| -> Vec<(String, Vec<u8>)> {
        secrets.iter().map(|it| (it.name().to_owned(), it.expose().to_vec())).collect()
    };
    pairs(left) == pairs(right)
}

/// Reads `bytes` both ways and requires what must hold for every text. Returns what the strict
/// reading says.
pub fn read_both_ways(bytes: &[u8]) -> Result<Reading, Error> {
    let strict = payload::read(bytes, Strictness::Strict, &[]);
    let lenient = payload::read(bytes, Strictness::Lenient, &[]);
    if let Ok(strict) = &strict {
        require(strict.unexpanded.is_empty(), "strict reading puts up with an expansion");
        require(strict.superseded.is_empty(), "strict reading drops a value");
        require(strict.expected.is_none(), "strict reading puts up with a wrong count");
        match &lenient {
            Ok(lenient) => {
                require(same(&strict.secrets, &lenient.secrets), "strict and lenient differ");
                require(strict.header == lenient.header, "strict and lenient headers differ");
                require(lenient.unexpanded.is_empty(), "strict overlooked an expansion");
                require(lenient.superseded.is_empty(), "strict overlooked equal names");
                require(lenient.expected.is_none(), "strict overlooked a wrong count");
            }
            Err(_) => require(false, "lenient refuses what strict accepts"),
        }
    }
    for reading in [&strict, &lenient] {
        match reading {
            Ok(reading) => {
                well_formed(&reading.secrets);
                survives_writing(reading);
            }
            Err(error) => {
                let _ = error.to_string();
            }
        }
    }
    strict
}

/// Names in ascending order and once each, values that an environment can hold, pairs that are
/// name, `=`, value and NUL.
fn well_formed(secrets: &Secrets) {
    let names: Vec<&str> = secrets.names().collect();
    require(names.windows(2).all(|pair| pair[0] < pair[1]), "names are not in order, or twice");
    require(names.len() == secrets.len(), "the number of names is not the number of secrets");
    for secret in secrets.iter() {
        let pair = [secret.name().as_bytes(), b"=", secret.expose(), b"\0"].concat();
        require(payload::is_identifier(secret.name().as_bytes()), "no proper name");
        require(pair == secret.expose_pair(), "a pair is not name, value and NUL");
        require(!secret.expose().contains(&0), "a NUL in a value");
        require(std::str::from_utf8(secret.expose()).is_ok(), "a value that is not UTF-8");
        let found = secrets.get(secret.name()).map(|it| it.expose());
        require(found == Some(secret.expose()), "a secret is not found by its name");
    }
}

/// What can be written reads back strictly, with the same secrets and the same header.
fn survives_writing(reading: &Reading) {
    let header = reading.header.clone().unwrap_or_default();
    let document = match payload::write(&header, &reading.secrets) {
        Ok(document) => document,
        Err(Error::Payload(PayloadError::HeaderControl)) => {
            return require(has_control(&header), "a header is refused");
        }
        Err(
            Error::Payload(PayloadError::DocumentTooLarge)
            | Error::Memory(MemoryError::OutOfMemory),
        ) => return,
        Err(_) => return require(false, "writing fails"),
    };
    require(!has_control(&header), "a control character in a written header");
    let Ok(again) = payload::read(document.expose(), Strictness::Strict, &[]) else {
        return require(false, "a written document cannot be read");
    };
    require(same(&reading.secrets, &again.secrets), "a written document has other secrets");
    let Some(read) = again.header else {
        return require(false, "a written document has no header");
    };
    // Written to the second, the one that has begun; `as_second` counts towards 1970.
    let seconds =
        |header: &Header| header.sealed.map(|time| time.as_nanosecond().div_euclid(1_000_000_000));
    require(seconds(&header) == seconds(&read), "a written document has another time");
    require(
        Header { sealed: None, ..header } == Header { sealed: None, ..read },
        "a written document has another header",
    );
}

fn has_control(header: &Header) -> bool {
    let lists = header.allowed.iter().chain(&header.skipped);
    header.source.iter().chain(lists).any(|text| text.contains(char::is_control))
}
