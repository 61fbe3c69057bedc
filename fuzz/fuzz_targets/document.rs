//! Documents: no input makes reading panic, strict and lenient agree, writing and reading too, and
//! no error holds anything but a proper name.

#![no_main]

use breakglass::error::{Error, PayloadError};
use breakglass::payload::{self, Strictness};
use breakglass_fuzz::{quiet_panics, read_both_ways, require};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    quiet_panics();
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Some(b'{' | b'[') = text.iter().find(|byte| !byte.is_ascii_whitespace()) {
        return Corpus::Reject;
    }
    let strict = read_both_ways(bytes);
    for outcome in [strict, payload::read(bytes, Strictness::Lenient, &[])] {
        match outcome {
            Ok(reading) => skipping_one(bytes, &reading.secrets),
            Err(error) => named_properly(&error),
        }
    }
    Corpus::Keep
});

/// Leaving one name out leaves the others as they are.
fn skipping_one(bytes: &[u8], secrets: &payload::Secrets) {
    let Some(first) = secrets.names().next() else { return };
    let skip = [first.to_owned()];
    let Ok(rest) = payload::read(bytes, Strictness::Lenient, &skip) else {
        return require(false, "leaving a name out makes it unreadable");
    };
    require(rest.secrets.get(first).is_none(), "a name was not left out");
    let same = secrets.iter().skip(1).zip(rest.secrets.iter());
    require(rest.secrets.len() + 1 == secrets.len(), "leaving a name out changes the number");
    for (whole, part) in same {
        require(whole.expose_pair() == part.expose_pair(), "leaving a name out changes another");
    }
}

/// What stands where a name is expected may be a value: an error shows identifiers only.
fn named_properly(error: &Error) {
    let Error::Payload(
        PayloadError::NulInValue { name, .. }
        | PayloadError::ValueNotUtf8 { name, .. }
        | PayloadError::DuplicateName { name, .. }
        | PayloadError::MoreThanAssignment { name, .. }
        | PayloadError::BrokenQuotes { name, .. }
        | PayloadError::Expansion { name, .. },
    ) = error
    else {
        return;
    };
    require(
        name.is_empty() || payload::is_identifier(name.as_bytes()),
        "an error shows what is no name",
    );
}
