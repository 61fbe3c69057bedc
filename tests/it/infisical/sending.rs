//! Sending an answer with a fault.

use std::io::{self, Read, Write};
use std::time::Duration;

use super::faults::Fault;
use super::http::Answer;

/// Bytes of padding in a huge answer.
pub const HUGE: usize = 50 * 1000 * 1000;

/// Between slow bytes.
const SLOW: Duration = Duration::from_millis(100);

/// Sends `answer` in the way of `fault`; returns whether the connection can go on.
pub fn send(
    stream: &mut (impl Read + Write),
    answer: &Answer,
    fault: Option<&Fault>,
) -> io::Result<bool> {
    let body = &answer.body;
    let half = &body[..body.len() / 2];
    let head = answer.head(&format!("content-length: {}", body.len()));
    let head = head.as_bytes();
    match fault {
        None | Some(Fault::Instead(_)) => {
            write(stream, &[head, body].concat())?;
            return Ok(true);
        }
        Some(Fault::Hang) => hang(stream)?,
        Some(Fault::HangInHeaders) => {
            write(stream, &head[..head.len() / 2])?;
            hang(stream)?;
        }
        Some(Fault::HangInBody) => {
            write(stream, &[head, half].concat())?;
            hang(stream)?;
        }
        Some(Fault::SlowBytes) => {
            for byte in [head, body].concat() {
                write(stream, &[byte])?;
                std::thread::sleep(SLOW);
            }
        }
        Some(Fault::NoAnswer) => {}
        Some(Fault::HalfBody) => write(stream, &[head, half].concat())?,
        Some(Fault::LongerLength) => {
            let head = answer.head(&format!("content-length: {}", body.len() + 10));
            write(stream, &[head.as_bytes(), body].concat())?;
        }
        Some(Fault::BrokenChunk) => {
            write(stream, answer.head("transfer-encoding: chunked").as_bytes())?;
            chunk(stream, half)?;
            write(stream, b"fake\r\n")?;
        }
        Some(Fault::NotHttp) => write(stream, b"SSH-2.0-fake\r\n")?,
        Some(Fault::Huge { chunked }) => huge(stream, answer, *chunked)?,
    }
    Ok(false)
}

/// The members of the ordinary answer come behind one member more.
fn huge(stream: &mut impl Write, answer: &Answer, chunked: bool) -> io::Result<()> {
    let begin = b"{\"padding\":\"".as_slice();
    let end = [b"\",", &answer.body[1..]].concat();
    let filler = vec![b'x'; HUGE / 100];
    let pieces = std::iter::once(begin).chain((0..100).map(|_| &filler[..])).chain([&end[..]]);
    if chunked {
        write(stream, answer.head("transfer-encoding: chunked").as_bytes())?;
        for piece in pieces {
            chunk(stream, piece)?;
        }
        return chunk(stream, b"");
    }
    let length = begin.len() + HUGE + end.len();
    write(stream, answer.head(&format!("content-length: {length}")).as_bytes())?;
    for piece in pieces {
        write(stream, piece)?;
    }
    Ok(())
}

fn chunk(stream: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let head = format!("{:x}\r\n", bytes.len());
    write(stream, &[head.as_bytes(), bytes, b"\r\n"].concat())
}

fn write(stream: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes)?;
    stream.flush()
}

/// Until the other side has had enough.
fn hang(stream: &mut impl Read) -> io::Result<()> {
    io::copy(stream, &mut io::sink()).map(|_| ())
}
