//! What can be wrong with an answer.

use serde_json::json;

use super::http::Answer;

/// A fault in place of an ordinary answer, or in sending it.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Nothing is ever answered.
    Hang,
    /// Half of the lines before the body, and then nothing more.
    HangInHeaders,
    /// Half of the body, and then nothing more.
    HangInBody,
    /// One byte each 100 ms.
    SlowBytes,
    /// The connection is closed before the first byte.
    NoAnswer,
    /// The connection is closed after half of the body.
    HalfBody,
    /// The length says more than is sent.
    LongerLength,
    /// A chunk whose length is no number.
    BrokenChunk,
    /// A line of another protocol.
    NotHttp,
    /// The ordinary answer behind 50 MB of padding, its length told before or not.
    Huge { chunked: bool },
    /// Another answer.
    Instead(Answer),
}

impl Fault {
    /// A page of a reverse proxy.
    pub fn page(status: u16) -> Fault {
        let page = "<!DOCTYPE html><html><body><h1>fake proxy</h1></body></html>";
        Fault::Instead(Answer::text(status, "text/html", page))
    }

    /// A body that says it is JSON.
    pub fn body(status: u16, body: &str) -> Fault {
        Fault::Instead(Answer::text(status, "application/json; charset=utf-8", body))
    }

    /// An error whose message is an array, as for input of a wrong form.
    pub fn array(status: u16) -> Fault {
        let issues = json!([{ "code": "invalid_type", "path": ["fake"], "message": "Required" }]);
        let mut body = json!({ "statusCode": status, "error": "ValidationFailure" });
        body["message"] = issues;
        Fault::Instead(Answer::json(status, &body))
    }

    pub fn redirect(status: u16, location: &str) -> Fault {
        Fault::Instead(Answer::text(status, "text/plain", "").with("location", location))
    }

    /// Too many requests; the next one may come after so many seconds.
    pub fn wait(seconds: u64) -> Fault {
        let message = "Rate limit exceeded. Please try again later";
        let body = json!({ "statusCode": 429, "message": message, "error": "RateLimitExceeded" });
        Fault::Instead(Answer::json(429, &body).with("retry-after", seconds))
    }
}
