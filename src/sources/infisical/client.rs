//! HTTP with one server: every request within the time limit, no redirect followed, nothing that
//! the server says repeated.

use std::io::{BufReader, ErrorKind, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use ureq::http::header::{AUTHORIZATION, RETRY_AFTER};
use ureq::http::{HeaderMap, HeaderName, HeaderValue, Response};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body, BodyReader, Timeout};

use super::resolver::Once;
use super::settings::Infisical;
use crate::error::{Error, InfisicalError, Result};
use crate::memory::Region;

/// How long connecting may take, TLS included.
const CONNECT: Duration = Duration::from_secs(10);

/// The largest answer that is read: some 30,000 secrets.
const MAX_ANSWER_BYTES: u64 = 32 * 1024 * 1024;

/// The largest refusal that is looked at.
const MAX_REFUSAL_BYTES: u64 = 64 * 1024;

/// How long to wait after a 429 that says no more.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// A connection to the server, to be used on a wiped stack and dropped before that ends.
pub(super) struct Client<'a> {
    agent: Agent,
    infisical: &'a Infisical,
    headers: HeaderMap,
    until: Instant,
}

/// The answer to a request; the body of a success is not yet read.
pub(super) enum Answer {
    Success(BodyStream),
    Refused(ServerRefusal),
}

/// A body that is still on its way.
pub(super) type BodyStream = BufReader<BodyReader<'static>>;

/// What a server says where it refuses. Its text is only compared, never shown.
pub(super) struct ServerRefusal {
    pub(super) status: u16,
    /// Whether it is JSON of the form that Infisical uses.
    pub(super) from_infisical: bool,
    /// Its `error` and `message`; empty where they are no text.
    pub(super) error: String,
    pub(super) message: String,
    /// How long to wait, where it says so.
    wait: Option<Duration>,
}

impl<'a> Client<'a> {
    /// Nothing is sent yet.
    ///
    /// Errors: further headers that are none.
    pub(super) fn new(infisical: &'a Infisical) -> Result<Client<'a>> {
        let ring = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(ring)
            .build();
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT))
            .user_agent(concat!("breakglass/", env!("CARGO_PKG_VERSION")))
            .accept("application/json")
            .tls_config(tls);
        if infisical.base.starts_with("http:") {
            // What goes to this machine itself in the clear goes through no other one.
            config = config.proxy(None);
        }
        let headers = match &infisical.credentials.headers {
            Some(headers) => further_headers(headers)?,
            None => HeaderMap::new(),
        };
        let until = Instant::now() + infisical.timeout;
        let (connector, resolver) = (DefaultConnector::default(), Once::default());
        let agent = Agent::with_parts(config.build(), connector, resolver);
        Ok(Client { agent, infisical, headers, until })
    }

    /// GET with an access token.
    pub(super) fn get(&self, path: &str, query: &[(&str, &str)], token: &Region) -> Result<Answer> {
        self.patiently(|time| {
            let mut request = self.agent.get(self.address(path));
            for (name, value) in query {
                request = request.query(name, value);
            }
            if let Some(headers) = request.headers_mut() {
                headers.extend(self.headers.clone());
                headers.insert(AUTHORIZATION, bearer(token)?);
            }
            self.answer(request.config().timeout_global(Some(time)).build().call())
        })
    }

    /// POST of a JSON body.
    pub(super) fn post(&self, path: &str, body: &Region) -> Result<Answer> {
        self.patiently(|time| self.post_once(path, body, time))
    }

    /// POST that may take `time`, whatever is left of the time limit, and is not tried again.
    pub(super) fn post_once(&self, path: &str, body: &Region, time: Duration) -> Result<Answer> {
        let mut request = self.agent.post(self.address(path)).content_type("application/json");
        if let Some(headers) = request.headers_mut() {
            headers.extend(self.headers.clone());
        }
        self.answer(request.config().timeout_global(Some(time)).build().send(body.expose()))
    }

    /// What an error while reading an answer means.
    pub(super) fn while_reading(&self, error: serde_json::Error) -> Error {
        if error.is_io() {
            // The conversion gives back the error that the reader gave; `source` gives its source.
            return self.by_io(&error.into());
        }
        // A body that ends too early, and one that never was JSON.
        self.trouble(|host| InfisicalError::NotInfisical { host, status: 200 })
    }

    pub(super) fn trouble(&self, of: impl FnOnce(String) -> InfisicalError) -> Error {
        Error::Infisical(of(self.infisical.host().to_owned()))
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.infisical.base)
    }

    /// Makes a request again that was refused with 429, after the wait that the server asks for, as
    /// long as the time limit allows.
    fn patiently(&self, request: impl Fn(Duration) -> Result<Answer>) -> Result<Answer> {
        loop {
            let left = self.until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(self.timed_out());
            }
            let wait = match request(left)? {
                Answer::Refused(ServerRefusal { status: 429, wait, .. }) => {
                    wait.unwrap_or_default().max(SHORTEST_WAIT)
                }
                other => return Ok(other),
            };
            if wait >= self.until.saturating_duration_since(Instant::now()) {
                return Err(self.trouble(|host| InfisicalError::RateLimited { host }));
            }
            std::thread::sleep(wait);
        }
    }

    fn answer(&self, outcome: std::result::Result<Response<Body>, ureq::Error>) -> Result<Answer> {
        let response = outcome.map_err(|error| self.by_ureq(&error))?;
        let status = response.status().as_u16();
        if response.status().is_redirection() {
            return Err(self.trouble(|host| InfisicalError::Redirected { host }));
        }
        let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let wait = wait.and_then(|seconds| seconds.trim().parse().ok()).map(Duration::from_secs);
        if response.status().is_success() {
            let body = response.into_body().into_with_config().limit(MAX_ANSWER_BYTES);
            return Ok(Answer::Success(BufReader::new(body.reader())));
        }
        let mut bytes = Vec::new();
        let mut body = response.into_body().into_reader().take(MAX_REFUSAL_BYTES);
        body.read_to_end(&mut bytes).map_err(|error| self.by_io(&error))?;
        let said = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let text = |name| said.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let from_infisical = said.get("message").is_some();
        let (error, message) = (text("error"), text("message"));
        Ok(Answer::Refused(ServerRefusal { status, from_infisical, error, message, wait }))
    }

    fn timed_out(&self) -> Error {
        let seconds = self.infisical.timeout.as_secs();
        self.trouble(|host| InfisicalError::TimedOut { host, seconds })
    }

    fn by_ureq(&self, error: &ureq::Error) -> Error {
        match error {
            ureq::Error::Io(error) => self.by_io(error),
            ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect)
            | ureq::Error::HostNotFound
            | ureq::Error::ConnectionFailed
            | ureq::Error::ConnectProxyFailed(_)
            | ureq::Error::InvalidProxyUrl => {
                self.trouble(|host| InfisicalError::Unreachable { host })
            }
            ureq::Error::Timeout(_) => self.timed_out(),
            ureq::Error::Tls(_) | ureq::Error::Rustls(_) => {
                self.trouble(|host| InfisicalError::NotTrusted { host })
            }
            ureq::Error::BodyExceedsLimit(_) => {
                self.trouble(|host| InfisicalError::AnswerTooLarge { host })
            }
            ureq::Error::BodyStalled => self.trouble(|host| InfisicalError::CutOff { host }),
            _ => self.trouble(|host| InfisicalError::NotHttp { host }),
        }
    }

    fn by_io(&self, error: &std::io::Error) -> Error {
        let within = error.get_ref();
        if let Some(error) = within.and_then(|it| it.downcast_ref::<ureq::Error>()) {
            return self.by_ureq(error);
        }
        if within.is_some_and(|it| it.is::<rustls::Error>()) {
            return self.trouble(|host| InfisicalError::NotTrusted { host });
        }
        match error.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock => self.timed_out(),
            ErrorKind::UnexpectedEof
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe => self.trouble(|host| InfisicalError::CutOff { host }),
            _ => self.trouble(|host| InfisicalError::Unreachable { host }),
        }
    }
}

/// `Authorization: Bearer …`, marked as what no log may hold.
fn bearer(token: &Region) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_bytes(&[b"Bearer ", token.expose()].concat())
        .map_err(|_| Error::Internal)?;
    value.set_sensitive(true);
    Ok(value)
}

/// `Name=Value Name2=Value2`, as Infisical's command line reads it.
fn further_headers(text: &Region) -> Result<HeaderMap> {
    let bad = || Error::Infisical(InfisicalError::BadHeaders);
    let mut headers = HeaderMap::new();
    let words = text.expose().split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    for word in words {
        let at = word.iter().position(|byte| *byte == b'=').ok_or_else(bad)?;
        let (name, value) = word.split_at(at);
        let name = HeaderName::from_bytes(name).map_err(|_| bad())?;
        let mut value =
            HeaderValue::from_bytes(value.get(1..).unwrap_or_default()).map_err(|_| bad())?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}
