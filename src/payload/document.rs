//! Writing the document: what the vault encrypts and what stock gpg prints.

use super::header::Header;
use super::limits::MAX_DOCUMENT_BYTES;
use super::secrets::Secrets;
use crate::error::{PayloadError, Result};
use crate::memory::Region;

/// Writes header and secrets as a document that every POSIX shell reads back exactly:
/// `NAME='value'`, an apostrophe as `'\''`, everything else as it is.
///
/// Errors: a control character in the header, or more than [`MAX_DOCUMENT_BYTES`].
pub fn write(header: &Header, secrets: &Secrets) -> Result<Region> {
    let head = header.to_text(secrets.len())?;
    let body: usize =
        secrets.iter().map(|secret| written_size(secret.expose_pair(), secret.expose())).sum();
    if head.len() + body > MAX_DOCUMENT_BYTES {
        return Err(PayloadError::DocumentTooLarge.into());
    }
    let mut document = Region::with_capacity(head.len() + body)?;
    document.extend(head.as_bytes())?;
    for secret in secrets.iter() {
        document.extend(secret.name().as_bytes())?;
        document.extend(b"='")?;
        for (index, piece) in secret.expose().split(|byte| *byte == b'\'').enumerate() {
            if index > 0 {
                document.extend(br"'\''")?;
            }
            document.extend(piece)?;
        }
        document.extend(b"'\n")?;
    }
    Ok(document)
}

/// Bytes that a secret takes in the document: its pair without the NUL, two quotes, a line end, and
/// three more for each apostrophe.
fn written_size(pair: &[u8], value: &[u8]) -> usize {
    pair.len() + 2 + 3 * value.iter().filter(|byte| **byte == b'\'').count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::payload::{Strictness, read};

    #[test]
    fn a_header_field_cannot_begin_a_line() {
        let reading = read(b"A=1\n", Strictness::Strict, &[]).expect("reads");
        let header = Header { source: Some("file x\nB='2'".to_owned()), ..Header::default() };
        assert!(matches!(
            write(&header, &reading.secrets),
            Err(Error::Payload(PayloadError::HeaderControl))
        ));
    }

    #[test]
    fn writes_the_documented_form() {
        let reading =
            read(b"JWT_SECRET=it\\'s\nA='1\n2'\n", Strictness::Strict, &[]).expect("reads");
        let header = Header {
            sealed: Some("2026-11-23T17:00:00Z".parse().expect("a time")),
            source: Some("standard input".to_owned()),
            allowed: vec!["NODE_OPTIONS".to_owned()],
            skipped: vec![],
        };
        let document = write(&header, &reading.secrets).expect("writes");
        let expected = "# breakglass 1\n# sealed: 2026-11-23T17:00:00Z\n# source: standard input\n# secrets: 2\n\
                        # allowed: NODE_OPTIONS\nA='1\n2'\nJWT_SECRET='it'\\''s'\n";
        assert_eq!(str::from_utf8(document.expose()), Ok(expected));
        let again = read(document.expose(), Strictness::Strict, &[]).expect("reads");
        assert_eq!(again.header, Some(header));
    }
}
