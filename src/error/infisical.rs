//! What goes wrong with Infisical as a source. What the server says itself is never repeated: it may say
//! anything, even what it was sent.

use std::path::PathBuf;

use super::escape::{Escaped, Listed, Quoted};

errors! {
    /// Infisical as a source. `host` is what the user, or a file, named.
    pub enum InfisicalError {
        // before anything is sent
        #[error("the Infisical source lacks {}", what.join("; and "))]
        #[hint("docs/CURRENT.md lists every setting and where it can come from")]
        MissingSettings { what: Vec<&'static str> },

        #[error("{} is not the JSON that Infisical's command line writes", Quoted(path))]
        #[hint("mend it, or set everything with options")]
        ProjectFile { path: PathBuf },

        #[error("the Infisical host is no address like https://app.infisical.com")]
        #[hint("name it with --infisical-host, as https://HOST")]
        BadHost,

        #[error("plain http to {} would show the credentials to the network", Escaped(host))]
        #[hint("use https, or insist with --danger-http")]
        PlainHttp { host: String },

        #[error("INFISICAL_CUSTOM_HEADERS is not of the form Name=Value Name2=Value2")]
        #[hint("docs/CURRENT.md lists every setting and where it can come from")]
        BadHeaders,

        #[error("{name} holds what no credential can, such as a line end")]
        #[hint("docs/CURRENT.md lists every setting and where it can come from")]
        BadCredential { name: &'static str },

        // on the way
        #[error("cannot connect to {}", Escaped(host))]
        #[hint("curl https://HOST/api/status tells whether it is there")]
        Unreachable { host: String },

        #[error("no trusted TLS connection to {}: it shows no certificate that proves it is this host", Escaped(host))]
        #[hint("a certificate authority of your own is named by SSL_CERT_FILE; ca-certificates has the public ones")]
        NotTrusted { host: String },

        #[error("{} did not answer in full within {seconds} seconds", Escaped(host))]
        #[hint("try again later, or give it longer with --infisical-timeout SECONDS")]
        TimedOut { host: String, seconds: u64 },

        #[error("the connection to {} ended in the middle of an answer", Escaped(host))]
        #[hint("try again later; nothing was replaced")]
        CutOff { host: String },

        #[error("{} answers with more than 32 MiB", Escaped(host))]
        #[hint("choose a folder of it with --infisical-path")]
        AnswerTooLarge { host: String },

        #[error("{} sends to another address, and no credential follows there", Escaped(host))]
        #[hint("curl -I https://HOST/api/status shows where; if that is yours, name it with --infisical-host")]
        Redirected { host: String },

        #[error("what answers at {} speaks no HTTP, or not all of it", Escaped(host))]
        #[hint("curl https://HOST/api/status shows what answers; --infisical-host names another host")]
        NotHttp { host: String },

        #[error("what answers at {} (status {status}) is not Infisical, or something stands before it", Escaped(host))]
        #[hint("curl https://HOST/api/status shows what answers; --infisical-host names another host")]
        NotInfisical { host: String, status: u16 },

        // what the server refuses
        #[error("Infisical refuses the client id or the client secret")]
        #[hint("check both, and the host: after three failures Infisical locks the identity for five minutes")]
        LoginRefused,

        #[error("Infisical refuses the client secret: it is used up, expired or locked")]
        #[hint("make a new client secret for the identity in Infisical")]
        LoginUsedUp,

        #[error("Infisical lets this machine identity log in from other addresses only")]
        #[hint("add this machine's address to the identity's trusted addresses")]
        LoginFromHere,

        #[error("Infisical does not understand the login (status {status})")]
        #[hint("check INFISICAL_CLIENT_ID and the host")]
        LoginForm { status: u16 },

        #[error("Infisical refuses the access token: it is expired, revoked or not whole")]
        #[hint("get a new one, or use a client id and client secret instead")]
        TokenRefused,

        #[error("Infisical does not let this identity read this project, environment and path")]
        #[hint("give the identity read access to it in Infisical")]
        Forbidden,

        #[error("Infisical knows no such project, environment or path")]
        #[hint("compare --infisical-project, --infisical-environment and --infisical-path with Infisical")]
        NotFound,

        #[error("Infisical refuses the request (status {status})")]
        #[hint("compare the project's id and the environment's slug with Infisical")]
        Refused { status: u16 },

        #[error("{} wants fewer requests, and a longer wait than the time limit allows", Escaped(host))]
        #[hint("try again later, or give it longer with --infisical-timeout SECONDS")]
        RateLimited { host: String },

        #[error("{} itself fails (status {status})", Escaped(host))]
        #[hint("try again later; nothing was replaced")]
        ServerFailed { host: String, status: u16 },

        // what the list holds
        #[error("Infisical's list is empty, as it also is where the environment or path does not exist, or may not be read")]
        #[hint("compare the environment's slug, the path and the identity's permissions with Infisical")]
        Empty,

        #[error("Infisical hides these values from this identity: {}", Listed(names))]
        #[hint("let the identity read values, not only names")]
        Hidden { names: Vec<String> },

        #[error("in more than one folder, and nothing says which counts: {}", Listed(names))]
        #[hint("seal one folder with --infisical-path, or rename one of them")]
        Ambiguous { names: Vec<String> },

        #[error("there is no BREAKGLASS_RECEIPT_KEY of 64 hex digits at {} in Infisical", Escaped(path))]
        #[hint("openssl rand -hex 32 makes one; store it there, readable for this identity")]
        NoReceiptKey { path: String },
    }
}
