//! Bytes as hex digits, and back.

/// The two lower-case digits of a byte.
pub(super) fn digits(byte: u8) -> [u8; 2] {
    [byte >> 4, byte & 15].map(|nibble| match nibble {
        0..=9 => b'0' + nibble,
        _ => b'a' + (nibble - 10),
    })
}

/// Reads hex digits of either case into all of `bytes`. Returns whether there were just as many.
pub(super) fn decode(digits: &[u8], bytes: &mut [u8]) -> bool {
    let value =
        |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    digits.len() == 2 * bytes.len()
        && digits.chunks_exact(2).zip(bytes).all(|(pair, byte)| match pair {
            [high, low] => match (value(*high), value(*low)) {
                (Some(high), Some(low)) => {
                    *byte = high << 4 | low;
                    true
                }
                _ => false,
            },
            _ => false,
        })
}
