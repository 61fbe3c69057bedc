//! Nothing is left behind: the copies of credentials, secrets and keys in the program's memory are
//! counted at its exit, its environment included, after good answers and bad ones.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use super::faults::Fault;
use super::model::{
    CLIENT_ID, CLIENT_SECRET, Client, ENVIRONMENT, Generation, PROJECT, Secret, Token,
};
use super::routes::Call::{self, Login, Revoke};
use super::server::{Running, Server};
use super::tls::Certificate;
use super::trial::VAULT;
use crate::memory::{bring_program, keys, ordinary};
use crate::support::{PASSPHRASE, Place, assert_success, output};
use crate::tracer::{Canary, Circumstances, Findings, Traced};

/// The second and third as JSON does not write them.
const SECRETS: [(&str, &str); 3] = [
    ("FIRST", "fake-Wm3Hz8Qc1Ty6Lr9Kx4PbD7nS"),
    ("SECOND", "fake-Gv5Nq2Xj7Bd0\\Uw4\"Ma8Ze3Rp"),
    ("THIRD", "fake-Yk1Fs6Ct9Lo3\nHg7Vi2Pn5Jx8"),
];

/// What all values have in common where there are many.
const COMMON: &str = "fake-Rb2Zt7Kd4Ws9Np1Qm6Xf";

/// A token that was there before.
const TOKEN: &str = "fakeGiven.Ug8Ls3Vy6Jb1.Xn4Dc9Te2Ro7";
const HEADER: &str = "fakeHeader.Lq9Bk2Mz5Ws8Yd1Ht4";
const KEY: &str = "9f3c6e1ab7d852044e8fa1c35b72d90617e4c8fb306a9d521cf7480be963a5d2";

/// The credentials.
const IDENTITY: &[(&str, &str)] =
    &[("INFISICAL_CLIENT_ID", CLIENT_ID), ("INFISICAL_CLIENT_SECRET", CLIENT_SECRET)];
const GIVEN: &[(&str, &str)] = &[("INFISICAL_TOKEN", TOKEN)];

/// Where the key of receipts lies.
const IN_A_FILE: &str = "--receipt-key=receipt.key";
const IN_INFISICAL: &str = "--receipt-key=infisical:/receipts";

const SEAL: &[&str] = &["seal", VAULT, "--passphrase-file", "passphrase"];
const VERIFY: &[&str] = &["verify", VAULT, "--passphrase-file", "passphrase"];
const BY_RECEIPT: &[&str] = &["verify", VAULT, "--receipt"];
const COMMANDS: [&[&str]; 3] = [SEAL, VERIFY, BY_RECEIPT];

fn server(generation: Generation) -> Server {
    let server = Server::of(generation).token(TOKEN, Token::Identity);
    let server = server.secret("/receipts", "BREAKGLASS_RECEIPT_KEY", KEY);
    let add = |server: Server, (name, value): &(&str, &str)| server.secret("/", name, value);
    SECRETS.iter().fold(server, add)
}

/// A server and a place in which everybody may work.
struct Case {
    place: Place,
    server: Running,
    credentials: &'static [(&'static str, &'static str)],
    arguments: Vec<String>,
}

impl Case {
    fn new(server: Running) -> Case {
        let place = Place::new();
        bring_program(&place);
        place.write("receipt.key", format!("{KEY}\n"));
        if let Some(authority) = server.authority() {
            place.write("authority.pem", authority);
        }
        let arguments =
            [("host", &*server.host()), ("project", PROJECT), ("environment", ENVIRONMENT)];
        let arguments = arguments.map(|(name, value)| format!("--infisical-{name}={value}")).into();
        Case { place, server, credentials: IDENTITY, arguments }.with(IN_A_FILE)
    }

    fn with(mut self, argument: &str) -> Case {
        self.arguments.push(argument.to_owned());
        self
    }

    /// The vault and the receipt that `verify` needs.
    fn sealed(self) -> Case {
        assert_success(&output(&mut self.command(SEAL)));
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.place.command(self.place.path("program"));
        command.args(arguments).args(["--from", "infisical"]).args(&self.arguments);
        command.envs(self.credentials.iter().copied());
        command.env("INFISICAL_CUSTOM_HEADERS", format!("X-Fake-Access={HEADER}"));
        command.env("SSL_CERT_FILE", self.place.path("authority.pem"));
        command
    }

    /// As another user or with less memory.
    fn traced(&self, arguments: &[&str], circumstances: Circumstances) -> Traced {
        open_to_all(&self.place);
        let said = std::fs::File::create(self.place.path("said")).unwrap();
        let mut command = self.command(arguments);
        command.stdout(said.try_clone().unwrap()).stderr(said);
        Traced::start(&mut command, circumstances)
    }

    /// What is there at the end of a command, and its exit status.
    fn at_exit(&self, arguments: &[&str], circumstances: Circumstances) -> (Findings, Option<i32>) {
        let mut traced = self.traced(arguments, circumstances);
        traced.until(&[libc::SYS_exit_group]);
        let findings = traced.scan(&self.canaries());
        (findings, traced.finish().code())
    }

    /// A command ends with this status, says this among other things, and leaves nothing.
    fn leaves_nothing(&self, arguments: &[&str], (status, sentence): (i32, &str)) {
        let (findings, code) = self.at_exit(arguments, Circumstances::default());
        let said = String::from_utf8(self.place.read("said")).unwrap();
        assert_eq!(code, Some(status), "{arguments:?}: {said}");
        assert!(said.contains(sentence), "{arguments:?}: {said}");
        assert!(findings.is_empty(), "{said}{arguments:?}: {findings:#?}");
    }

    /// All that no copy may be left of, tokens as far as they were given.
    fn canaries(&self) -> Vec<Canary> {
        let key = raw_key();
        // HMAC hashes its key so, FIPS 198-1.
        let padded = |pad: u8| key.iter().map(|byte| byte ^ pad).collect();
        let mut canaries = vec![
            Canary { name: "client id", bytes: CLIENT_ID.into() },
            Canary { name: "client secret", bytes: CLIENT_SECRET.into() },
            Canary { name: "header", bytes: HEADER.into() },
            Canary { name: "receipt key", bytes: key.clone() },
            Canary { name: "inner receipt key", bytes: padded(0x36) },
            Canary { name: "outer receipt key", bytes: padded(0x5c) },
            Canary { name: "common", bytes: COMMON.into() },
        ];
        canaries.extend(SECRETS.map(|(name, value)| Canary { name, bytes: value.into() }));
        let tokens = self.server.tokens().into_iter();
        canaries.extend(tokens.map(|(token, _)| Canary { name: "token", bytes: token.into() }));
        canaries.extend(match std::fs::read(self.place.path(VAULT)) {
            Ok(vault) => keys(&vault),
            Err(_) => vec![Canary { name: "passphrase", bytes: PASSPHRASE.into() }],
        });
        canaries
    }
}

fn raw_key() -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&KEY[2 * at..2 * at + 2], 16).unwrap();
    (0..KEY.len() / 2).map(byte).collect()
}

/// What anybody may read, and write to, from now on.
fn open_to_all(place: &Place) {
    for entry in std::fs::read_dir(place.root()).unwrap().flatten() {
        let open = entry.path().is_dir() || entry.file_name() == "program";
        let mode = if open { 0o777 } else { 0o644 };
        std::fs::set_permissions(entry.path(), PermissionsExt::from_mode(mode)).unwrap();
    }
    std::fs::set_permissions(place.root(), PermissionsExt::from_mode(0o777)).unwrap();
}

/// Every command, with an identity and with a token, with the key in either place.
fn leaves_nothing_after_success(start: impl Fn(Server) -> Running) {
    for generation in [Generation::Old, Generation::New] {
        for key in [IN_A_FILE, IN_INFISICAL] {
            let mut case = Case::new(start(server(generation)));
            *case.arguments.last_mut().unwrap() = key.to_owned();
            for credentials in [IDENTITY, GIVEN] {
                case.credentials = credentials;
                for command in COMMANDS {
                    case.leaves_nothing(command, (0, ""));
                }
            }
            assert!(case.server.issued() == 3, "{:?}", case.server.calls());
        }
    }
}

#[test]
fn nothing_is_left_of_what_came_in_the_clear() {
    leaves_nothing_after_success(Server::start);
}

#[test]
fn nothing_is_left_of_what_came_by_tls() {
    leaves_nothing_after_success(|server| server.start_tls(Certificate::Good));
}

#[test]
fn nothing_is_left_under_any_limit() {
    let case = Case::new(server(Generation::New).start_tls(Certificate::Good));
    for circumstances in [
        Circumstances { no_secret_memory: true, ..Circumstances::default() },
        ordinary(8 << 20),
        Circumstances { no_secret_memory: true, ..ordinary(8 << 20) },
        ordinary(64 << 10),
        Circumstances { no_secret_memory: true, ..ordinary(64 << 10) },
        ordinary(0),
    ] {
        let unlocked: &[&str] =
            if circumstances.memlock == Some(0) { &["--allow-unlocked"] } else { &[] };
        for (command, more) in [(SEAL, unlocked), (VERIFY, &[]), (BY_RECEIPT, &[])] {
            let (findings, code) = case.at_exit(&[command, more].concat(), circumstances);
            assert_eq!(code, Some(0), "{command:?}");
            assert!(findings.is_empty(), "{command:?}: {findings:#?}");
        }
    }
}

#[test]
fn nothing_is_left_of_many_secrets() {
    for count in [14, 3000] {
        let add =
            |server: Server, n| server.secret("/", &format!("S{n}"), &format!("{COMMON}-{n}"));
        let server = (0..count).fold(server(Generation::New), add);
        let case = Case::new(server.start_tls(Certificate::Good));
        for command in COMMANDS {
            case.leaves_nothing(command, (0, ""));
        }
    }
}

#[test]
fn nothing_is_left_after_a_fault() {
    let denied = r#"{"statusCode":403,"message":"fake","error":"PermissionDenied"}"#;
    let (cut_off, timed_out) = ("ended in the middle of an answer", "did not answer in full");
    let faults = [
        (Call::LIST, Fault::body(403, denied), "does not let this identity read"),
        (Call::LIST, Fault::page(502), "is not Infisical"),
        (Call::LIST, Fault::HalfBody, cut_off),
        (Call::LIST, Fault::Hang, timed_out),
        (Call::LIST, Fault::HangInBody, timed_out),
        (
            Call::LIST,
            Fault::redirect(307, "https://elsewhere.invalid/"),
            "sends to another address",
        ),
        (&[Login], Fault::body(401, denied), "refuses the client id"),
        (&[Login], Fault::HalfBody, cut_off),
        (&[Login], Fault::HangInBody, timed_out),
    ];
    for (certificate, commands) in [(None, &COMMANDS[..]), (Some(Certificate::Good), &[SEAL])] {
        for (calls, fault, sentence) in &faults {
            let server = server(Generation::New);
            let server = match certificate {
                None => server.start(),
                Some(certificate) => server.start_tls(certificate),
            };
            let case = Case::new(server).sealed().with("--infisical-timeout=1");
            case.server.fail(calls, fault.clone());
            for command in commands {
                let status = if *command == SEAL { 1 } else { 4 };
                case.leaves_nothing(command, (status, sentence));
            }
        }
    }
}

#[test]
fn nothing_is_left_after_a_list_that_is_refused() {
    let plain = || server(Generation::New);
    let rows = [
        (plain().entry(Secret::new("/", "HIDDEN", COMMON).hidden()), "HIDDEN"),
        (plain().secret("/a", "FIRST", COMMON), "FIRST (/ and /a)"),
        (plain().secret("/", "REFERENCE", &format!("{COMMON}${{MISSING}}")), "REFERENCE"),
        (plain().secret("/", "HOLDS_NUL", &format!("{COMMON}\0{COMMON}")), "NUL"),
        (plain().client(Client::UsedUp), "used up"),
        (plain().not_a_member(), "does not let this identity read"),
    ];
    for (server, sentence) in rows {
        let case = Case::new(server.start()).with("--infisical-recursive");
        case.leaves_nothing(SEAL, (1, sentence));
    }
}

/// What does not stop the work, and what stops it before a list.
#[test]
fn nothing_is_left_in_rarer_cases() {
    let case = Case::new(server(Generation::New).start()).sealed();
    case.server.fail(&[Revoke], Fault::NoAnswer);
    for command in COMMANDS {
        case.leaves_nothing(command, (0, "could not be revoked"));
    }
    case.server.change(|model| model.rewrite("/", "FIRST", COMMON));
    for command in [VERIFY, BY_RECEIPT] {
        case.leaves_nothing(command, (3, "FIRST"));
    }
    case.place.write("receipt.key", format!("{}\n", "0".repeat(64)));
    case.leaves_nothing(BY_RECEIPT, (4, "another key"));
    let case = Case::new(server(Generation::New).start_tls(Certificate::OtherName));
    case.leaves_nothing(SEAL, (1, "no trusted TLS connection"));
    let mut case = Case::new(server(Generation::New).start());
    case.arguments.retain(|argument| !argument.contains("project"));
    case.leaves_nothing(SEAL, (1, "project"));
}

/// The kernel puts the environment on the stack of the program: that is where credentials are at
/// its start, so that their being gone at its end says something.
#[test]
fn credentials_are_in_the_environment_at_first_only() {
    let both = [IDENTITY, GIVEN].concat();
    let case = Case::new(server(Generation::New).start());
    let mut command = case.command(SEAL);
    command.envs(both).stdout(Stdio::null()).stderr(Stdio::null());
    let mut traced = Traced::start(&mut command, Circumstances::default());
    let whole = |findings: &Findings, name| {
        findings.get(&(name, "[stack]".to_owned())).map_or(0, |count| count.whole)
    };
    let first = traced.scan(&case.canaries());
    for name in ["client id", "client secret", "token", "header"] {
        assert_eq!(whole(&first, name), 1, "{name}: {first:#?}");
    }
    traced.until(&[libc::SYS_exit_group]);
    let last = traced.scan(&case.canaries());
    assert!(last.is_empty(), "{last:#?}");
    assert!(traced.finish().success());
}

/// The scanner sees what is there: a shell that asks the server keeps copies of everything.
#[test]
fn a_leaky_program_is_found_out() {
    let case = Case::new(server(Generation::New).start()).sealed();
    let script = r#"
        passphrase=$(<passphrase) key=$(<receipt.key)
        ask() {
            exec 3<>"/dev/tcp/127.0.0.1/$PORT"
            printf '%s\r\n' "$@" >&3
            cat <&3
        }
        list=$(ask "GET /api/v4/secrets?$QUERY HTTP/1.1" 'Connection: close' \
            "Authorization: Bearer $INFISICAL_TOKEN" '')
        case $list in *FIRST*) ;; *) exit 7 ;; esac
        exit 0
    "#;
    let mut command = case.place.command("bash");
    command.args(["-c", script]).envs([IDENTITY, GIVEN].concat());
    command.env("INFISICAL_CUSTOM_HEADERS", format!("X-Fake-Access={HEADER}"));
    command.env("PORT", case.server.address().port().to_string());
    let query = format!("projectId={PROJECT}&environment={ENVIRONMENT}&viewSecretValue=true");
    let mut traced =
        Traced::start(command.env("QUERY", query + "&secretPath=/"), Circumstances::default());
    traced.until(&[libc::SYS_exit_group]);
    let findings = traced.scan(&case.canaries());
    assert_eq!(traced.finish().code(), Some(0));
    let found = |name| {
        let of_it = findings.iter().filter(|((canary, _), _)| *canary == name);
        of_it
            .map(|(_, count)| (count.whole, count.parts))
            .fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1))
    };
    for name in ["client id", "client secret", "token", "header", "FIRST", "passphrase"] {
        assert!(found(name).0 > 0, "{name}: {findings:#?}");
    }
    // In hex, which counts as parts.
    assert!(found("receipt key").1 > 0, "{findings:#?}");
}
