//! What can go wrong with Infisical as a source. What the server says itself is never repeated: it
//! may say anything, even what it was sent.

use std::fmt;

use super::escape::{Escaped, Listed};

/// One cause each. `host` is what the user, or a file, named.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the sentence of each variant is its documentation")]
pub enum Infisical {
    // before anything is sent
    MissingSettings { what: Vec<&'static str> },
    BadHost,
    PlainHttp { host: String },
    BadHeaders,
    BadCredential { name: &'static str },
    // on the way
    Unreachable { host: String },
    NotTrusted { host: String },
    TimedOut { host: String, seconds: u64 },
    CutOff { host: String },
    AnswerTooLarge { host: String },
    Redirected { host: String },
    NotInfisical { host: String, status: u16 },
    // what the server refuses
    LoginRefused,
    LoginUsedUp,
    LoginFromHere,
    LoginForm { status: u16 },
    TokenRefused,
    Forbidden,
    NotFound,
    Refused { status: u16 },
    RateLimited { host: String },
    ServerFailed { host: String, status: u16 },
    // what the list holds
    Empty,
    Hidden { names: Vec<String> },
    Ambiguous { names: Vec<String> },
    NoReceiptKey { path: String },
}

impl fmt::Display for Infisical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Infisical as I;
        match self {
            I::MissingSettings { what } => {
                write!(f, "the Infisical source lacks {}", what.join("; and "))
            }
            I::BadHost => f.write_str("the Infisical host is no address like https://app.infisical.com"),
            I::PlainHttp { host } => write!(f, "plain http to {} would show the credentials to the network", Escaped(host)),
            I::BadHeaders => f.write_str("INFISICAL_CUSTOM_HEADERS is not of the form Name=Value Name2=Value2"),
            I::BadCredential { name } => write!(f, "{name} holds what no credential can, such as a line end"),
            I::Unreachable { host } => write!(f, "cannot connect to {}", Escaped(host)),
            I::NotTrusted { host } => write!(f, "no trusted TLS connection to {}: it shows no certificate that proves it is this host", Escaped(host)),
            I::TimedOut { host, seconds } => write!(f, "{} did not answer in full within {seconds} seconds", Escaped(host)),
            I::CutOff { host } => write!(f, "the connection to {} ended in the middle of an answer", Escaped(host)),
            I::AnswerTooLarge { host } => write!(f, "{} answers with more than 32 MiB", Escaped(host)),
            I::Redirected { host } => write!(f, "{} sends to another address, and no credential follows there", Escaped(host)),
            I::NotInfisical { host, status: 0 } => write!(f, "what answers at {} speaks no HTTP, or not all of it", Escaped(host)),
            I::NotInfisical { host, status } => write!(f, "what answers at {} (status {status}) is not Infisical, or something stands before it", Escaped(host)),
            I::LoginRefused => f.write_str("Infisical refuses the client id or the client secret"),
            I::LoginUsedUp => f.write_str("Infisical refuses the client secret: it is used up, expired or locked"),
            I::LoginFromHere => f.write_str("Infisical lets this machine identity log in from other addresses only"),
            I::LoginForm { status } => write!(f, "Infisical does not understand the login (status {status})"),
            I::TokenRefused => f.write_str("Infisical refuses the access token: it is expired, revoked or not whole"),
            I::Forbidden => f.write_str("Infisical does not let this identity read this project, environment and path"),
            I::NotFound => f.write_str("Infisical knows no such project, environment or path"),
            I::Refused { status } => write!(f, "Infisical refuses the request (status {status})"),
            I::RateLimited { host } => write!(f, "{} wants fewer requests, and a longer wait than the time limit allows", Escaped(host)),
            I::ServerFailed { host, status } => write!(f, "{} itself fails (status {status})", Escaped(host)),
            I::Empty => f.write_str("Infisical's list is empty, as it also is where the environment or path does not exist, or may not be read"),
            I::Hidden { names } => write!(f, "Infisical hides these values from this identity: {}", Listed(names)),
            I::Ambiguous { names } => write!(f, "in more than one folder, and nothing says which counts: {}", Listed(names)),
            I::NoReceiptKey { path } => write!(f, "there is no BREAKGLASS_RECEIPT_KEY of 64 hex digits at {} in Infisical", Escaped(path)),
        }
    }
}

impl Infisical {
    /// The next thing to do.
    pub(super) fn hint(&self) -> &'static str {
        use Infisical as I;
        match self {
            I::MissingSettings { .. } | I::BadHeaders | I::BadCredential { .. } => {
                "docs/CURRENT.md lists every setting and where it can come from"
            }
            I::BadHost => "name it with --infisical-host, as https://HOST",
            I::PlainHttp { .. } => "use https, or insist with --danger-http",
            I::Unreachable { .. } => "curl https://HOST/api/status tells whether it is there",
            I::NotTrusted { .. } => {
                "a certificate authority of your own is named by SSL_CERT_FILE; ca-certificates has the public ones"
            }
            I::TimedOut { .. } | I::RateLimited { .. } => {
                "try again later, or give it longer with --infisical-timeout SECONDS"
            }
            I::CutOff { .. } | I::ServerFailed { .. } => "try again later; nothing was replaced",
            I::AnswerTooLarge { .. } => "choose a folder of it with --infisical-path",
            I::Redirected { .. } => {
                "curl -I https://HOST/api/status shows where; if that is yours, name it with --infisical-host"
            }
            I::NotInfisical { .. } => {
                "curl https://HOST/api/status shows what answers; --infisical-host names another host"
            }
            I::LoginRefused => {
                "check both, and the host: after three failures Infisical locks the identity for five minutes"
            }
            I::LoginUsedUp => "make a new client secret for the identity in Infisical",
            I::LoginFromHere => "add this machine's address to the identity's trusted addresses",
            I::LoginForm { .. } => "check INFISICAL_CLIENT_ID and the host",
            I::TokenRefused => "get a new one, or use a client id and client secret instead",
            I::Forbidden => "give the identity read access to it in Infisical",
            I::NotFound => {
                "compare --infisical-project, --infisical-environment and --infisical-path with Infisical"
            }
            I::Refused { .. } => {
                "compare the project's id and the environment's slug with Infisical"
            }
            I::Empty => {
                "compare the environment's slug, the path and the identity's permissions with Infisical"
            }
            I::Hidden { .. } => "let the identity read values, not only names",
            I::Ambiguous { .. } => "seal one folder with --infisical-path, or rename one of them",
            I::NoReceiptKey { .. } => {
                "openssl rand -hex 32 makes one; store it there, readable for this identity"
            }
        }
    }
}
