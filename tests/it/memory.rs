//! Nothing is left behind: the copies of passphrase, session key and secrets in the program's
//! memory are counted at its exec, at its exit, and while it waits for a child.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use sequoia_openpgp::packet::SKESK;
use sequoia_openpgp::parse::{PacketParser, PacketParserResult, Parse};
use sequoia_openpgp::{Packet, crypto::SessionKey};

use crate::support::{PASSPHRASE, Place, assert_success, feed, output};
use crate::tracer::{Canary, Circumstances, Count, Findings, Traced};

pub const SECRETS: [(&str, &str); 3] = [
    ("FIRST", "fake-kq8Zr3Vn7Lw2Xt5Yb9HdQ1mS"),
    ("SECOND", "fake-Pf6Jc4Ru1Gz8Ne3Wa7TkV5xD"),
    ("THIRD", "fake-o'B9yh2Ml6Cq4'Us0Ei8Zv5Rj"),
];

/// A place that an ordinary user can get at, with a source of three canaries.
pub fn place() -> Place {
    let place = Place::new();
    std::fs::set_permissions(place.root(), PermissionsExt::from_mode(0o755)).unwrap();
    bring_program(&place);
    place.write("source.env", source());
    place
}

/// Puts the program where any user may start it. Another process copies it: as long as this one had
/// it open for writing, so would every child that another test starts meanwhile, and it could not be
/// started.
pub fn bring_program(place: &Place) {
    let mut copy = place.command("cp");
    assert_success(&output(copy.arg(env!("CARGO_BIN_EXE_breakglass")).arg("program")));
}

/// A place with a vault in it that an ordinary user may open.
pub fn place_for_anybody(vault: &str) -> Place {
    let place = place();
    place.seal(vault, source());
    open_to_all(&place);
    place
}

pub fn source() -> String {
    SECRETS
        .iter()
        .map(|(name, value)| format!("{name}='{}'\n", value.replace('\'', "'\\''")))
        .collect()
}

/// What anybody may read in it from now on.
pub fn open_to_all(place: &Place) {
    for entry in std::fs::read_dir(place.root()).unwrap().flatten() {
        let mode = if entry.file_name() == "program" { 0o755 } else { 0o644 };
        if entry.file_type().unwrap().is_file() {
            std::fs::set_permissions(entry.path(), PermissionsExt::from_mode(mode)).unwrap();
        }
    }
}

/// The passphrase, the secrets, and the session key of a vault with all its round keys.
pub fn canaries(vault: &[u8]) -> Vec<Canary> {
    let mut canaries = keys(vault);
    canaries.extend(SECRETS.map(|(name, value)| Canary { name, bytes: value.into() }));
    canaries
}

/// The passphrase, and the session key of a vault with all its round keys.
pub fn keys(vault: &[u8]) -> Vec<Canary> {
    let mut canaries = vec![Canary { name: "passphrase", bytes: PASSPHRASE.into() }];
    for (index, key) in round_keys(&session_key(vault)).into_iter().enumerate() {
        let name = [
            "key", "key 1", "key 2", "key 3", "key 4", "key 5", "key 6", "key 7", "key 8", "key 9",
            "key 10", "key 11", "key 12", "key 13", "key 14",
        ][index];
        canaries.push(Canary { name, bytes: key.to_vec() });
    }
    canaries
}

fn session_key(vault: &[u8]) -> SessionKey {
    let mut rest = PacketParser::from_bytes(vault).unwrap();
    while let PacketParserResult::Some(parser) = rest {
        let (packet, after) = parser.next().unwrap();
        if let Packet::SKESK(SKESK::V4(packet)) = packet {
            return packet.decrypt(&PASSPHRASE.into()).unwrap().1;
        }
        rest = after;
    }
    panic!("no passphrase packet");
}

/// The AES-256 key schedule (FIPS 197, 5.2), 15 round keys.
fn round_keys(key: &[u8]) -> Vec<[u8; 16]> {
    assert_eq!(key.len(), 32);
    let mut words: Vec<[u8; 4]> = key.chunks(4).map(|word| word.try_into().unwrap()).collect();
    let mut constant = 1;
    for index in 8..60 {
        let mut word = words[index - 1];
        if index % 8 == 0 {
            word.rotate_left(1);
            word = word.map(substitute);
            word[0] ^= constant;
            constant *= 2;
        } else if index % 8 == 4 {
            word = word.map(substitute);
        }
        let before = words[index - 8];
        words.push(std::array::from_fn(|at| word[at] ^ before[at]));
    }
    words.chunks(4).map(|four| four.concat().try_into().unwrap()).collect()
}

/// The AES S-box: the inverse in GF(2^8), then an affine map (FIPS 197, 5.1.1).
fn substitute(byte: u8) -> u8 {
    let multiply = |mut a: u8, mut b: u8| {
        let mut product = 0;
        while b > 0 {
            if b & 1 == 1 {
                product ^= a;
            }
            a = a << 1 ^ if a & 0x80 == 0 { 0 } else { 0x1b };
            b >>= 1;
        }
        product
    };
    let inverse = (1..=255).find(|other| multiply(byte, *other) == 1).unwrap_or(0);
    (0..5).fold(0x63, |sum, turn| sum ^ inverse.rotate_left(turn))
}

#[test]
fn the_key_schedule_is_the_standards() {
    // FIPS 197, appendix A.3.
    let key = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";
    let key: Vec<u8> =
        (0..32).map(|at| u8::from_str_radix(&key[2 * at..2 * at + 2], 16).unwrap()).collect();
    let last = round_keys(&key)[14];
    assert_eq!(last[..4], [0xfe, 0x48, 0x90, 0xd1]);
    assert_eq!(last[12..], [0x70, 0x6c, 0x63, 0x1e]);
}

/// Exactly one whole copy of each secret, all in one mapping, and nothing of anything else.
pub fn assert_one_copy_each(findings: &Findings) {
    for (name, _) in SECRETS {
        let found: Vec<_> = findings.iter().filter(|((canary, _), _)| *canary == name).collect();
        assert_eq!(found.len(), 1, "{name}: {findings:#?}");
        assert_eq!(*found[0].1, Count { whole: 1, parts: 0 }, "{name}: {findings:#?}");
    }
    let places: std::collections::BTreeSet<&String> =
        findings.keys().map(|(_, place)| place).collect();
    assert_eq!(places.len(), 1, "{findings:#?}");
    assert_eq!(findings.len(), SECRETS.len(), "{findings:#?}");
}

pub fn assert_nothing(findings: &Findings) {
    assert!(findings.is_empty(), "{findings:#?}");
}

pub fn program(place: &Place, arguments: &[&str]) -> Command {
    let mut command = place.command(place.path("program"));
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// `run` stopped at the exec of the command.
fn at_exec(place: &Place, vault: &str, circumstances: Circumstances) -> Findings {
    at_exec_of(place, vault, &canaries(&place.read(vault)), circumstances)
}

pub fn at_exec_of(
    place: &Place,
    vault: &str,
    canaries: &[Canary],
    circumstances: Circumstances,
) -> Findings {
    open_to_all(place);
    let mut command =
        program(place, &["run", vault, "--passphrase-file", "passphrase", "--", "/bin/true"]);
    let mut traced = Traced::start(&mut command, circumstances);
    traced.until(&[libc::SYS_execve]);
    let findings = traced.scan(canaries);
    assert!(traced.finish().success());
    findings
}

/// A command stopped at its own end.
fn at_exit(place: &Place, vault: &str, arguments: &[&str]) -> Findings {
    at_exit_of(place, &canaries(&place.read(vault)), arguments)
}

pub fn at_exit_of(place: &Place, canaries: &[Canary], arguments: &[&str]) -> Findings {
    let mut traced = Traced::start(&mut program(place, arguments), Circumstances::default());
    traced.until(&[libc::SYS_exit_group]);
    let findings = traced.scan(canaries);
    traced.finish();
    findings
}

/// root without the right to lock as much as it likes, as any user is; another user where there is
/// root to become one.
pub fn ordinary(memlock: u64) -> Circumstances {
    // SAFETY: a plain call.
    let root = unsafe { libc::geteuid() } == 0;
    Circumstances { uid: root.then_some(65_534), memlock: Some(memlock), no_secret_memory: false }
}

#[test]
fn run_has_one_copy_of_each_secret_when_it_becomes_the_command() {
    let place = place();
    place.seal("v.env.gpg", source());
    for circumstances in [
        Circumstances::default(),
        Circumstances { no_secret_memory: true, ..Circumstances::default() },
        ordinary(8 << 20),
        Circumstances { no_secret_memory: true, ..ordinary(8 << 20) },
        ordinary(64 << 10),
        Circumstances { no_secret_memory: true, ..ordinary(64 << 10) },
        ordinary(0),
    ] {
        assert_one_copy_each(&at_exec(&place, "v.env.gpg", circumstances));
    }
}

#[test]
fn the_same_with_an_armored_vault_and_a_large_one() {
    let place = place();
    let filler: String =
        (0..12).map(|n| format!("FILLER_{n}='{}'\n", "x".repeat(90_000))).collect();
    place.seal("large.env.gpg", source() + &filler);
    assert_one_copy_each(&at_exec(&place, "large.env.gpg", Circumstances::default()));
    place.write(
        "armored.env.gpg",
        crate::support::cheap_vault(source().as_bytes(), PASSPHRASE, true),
    );
    assert_one_copy_each(&at_exec(&place, "armored.env.gpg", ordinary(8 << 20)));
}

#[test]
fn the_same_with_what_stock_gpg_makes() {
    let place = place();
    let gpg = "--batch --pinentry-mode loopback --passphrase-file passphrase --s2k-digest-algo SHA1 \
               --cipher-algo AES256 --compress-algo zip --symmetric --output gpg.env.gpg";
    assert_success(&feed(
        place.command("gpg").args(gpg.split_ascii_whitespace()),
        source().as_bytes(),
    ));
    assert_one_copy_each(&at_exec(&place, "gpg.env.gpg", ordinary(8 << 20)));
}

#[test]
fn nothing_is_left_at_the_end_of_any_command() {
    let place = place();
    place.seal("v.env.gpg", source());
    place.write("wrong", "fake wrong passphrase of somebody\n");
    let with = ["--passphrase-file", "passphrase"];
    for arguments in [
        &["seal", "v.env.gpg", "--from", "source.env"][..],
        &["verify", "v.env.gpg", "--from", "source.env"],
        &["verify", "v.env.gpg", "--offline"],
        &["show", "v.env.gpg"],
        &["show", "v.env.gpg", "THIRD"],
        &["drill", "v.env.gpg"],
        &["status", "v.env.gpg"],
    ] {
        assert_nothing(&at_exit(&place, "v.env.gpg", &[arguments, &with].concat()));
    }
    for arguments in [
        &["seal", "v.env.gpg", "--passphrase-file", "passphrase", "--", "cat", "source.env"][..],
        &["verify", "v.env.gpg", "--passphrase-file", "passphrase", "--", "cat", "source.env"],
        &["run", "v.env.gpg", "--passphrase-file", "passphrase", "--", "./not-there"],
        &["run", "v.env.gpg", "--passphrase-file", "passphrase", "--only", "NONE", "--", "true"],
        &["run", "v.env.gpg", "--passphrase-file", "wrong", "--", "true"],
        &["seal", "missing/v.env.gpg", "--passphrase-file", "passphrase", "--from", "source.env"],
    ] {
        assert_nothing(&at_exit(&place, "v.env.gpg", arguments));
    }
}

/// Environments of processes, and files of PM2, in which the values stand raw and as JSON.
#[test]
fn nothing_is_left_of_what_status_looks_at() {
    let place = place();
    place.seal("v.env.gpg", source());
    std::fs::create_dir(place.path("home/.pm2")).expect("a folder");
    let environment: std::collections::BTreeMap<_, _> = SECRETS.iter().copied().collect();
    let dump = serde_json::json!([{ "env": environment, "BREAKGLASS_VAULT": "00000000deadbeef" }]);
    place.write("home/.pm2/dump.pm2", dump.to_string());
    let arguments = ["run", "v.env.gpg", "--passphrase-file", "passphrase", "--", "sleep", "600"];
    let mut running = program(&place, &arguments).spawn().expect("starts");
    let name = format!("/proc/{}/comm", running.id());
    while std::fs::read_to_string(&name).is_ok_and(|name| name != "sleep\n") {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    for arguments in [&["status"][..], &["status", "v.env.gpg", "--passphrase-file", "passphrase"]]
    {
        assert_nothing(&at_exit(&place, "v.env.gpg", arguments));
    }
    running.kill().and_then(|()| running.wait()).expect("ends");
}

#[test]
fn json_leaves_nothing_either() {
    let place = place();
    place.seal("v.env.gpg", source());
    let object: String =
        SECRETS.iter().map(|(name, value)| format!("\"{name}\":\"{value}\",")).collect();
    let array: String = SECRETS
        .iter()
        .map(|(name, value)| format!("{{\"key\":\"{name}\",\"value\":\"{value}\"}},"))
        .collect();
    place.write("object.json", format!("{{{}}}", object.trim_end_matches(',')));
    place.write("array.json", format!("[{}]", array.trim_end_matches(',')));
    for source in ["object.json", "array.json"] {
        let arguments =
            ["seal", "json.env.gpg", "--passphrase-file", "passphrase", "--from", source];
        assert_nothing(&at_exit(&place, "v.env.gpg", &arguments));
    }
}

#[test]
fn a_parent_that_waits_holds_nothing() {
    let place = place();
    place.seal("v.env.gpg", source());
    let canaries = canaries(&place.read("v.env.gpg"));
    for command in [&["--", "sleep", "0.1"][..], &[]] {
        let arguments =
            [&["drill", "v.env.gpg", "--passphrase-file", "passphrase"], command].concat();
        let mut traced = Traced::start(&mut program(&place, &arguments), Circumstances::default());
        traced.until(&[libc::SYS_wait4]);
        assert_nothing(&traced.scan(&canaries));
        traced.finish();
    }
}

/// A typed passphrase takes another way than one from a file.
#[test]
fn a_typed_passphrase_leaves_nothing() {
    let place = place();
    place.seal("v.env.gpg", source());
    let canaries = canaries(&place.read("v.env.gpg"));
    let (terminal, mut keyboard) = crate::tracer::terminal();
    let mut command = program(&place, &["run", "v.env.gpg", "--", "/bin/true"]);
    crate::tracer::on_terminal(&mut command, terminal);
    let typist = std::thread::spawn(move || {
        crate::tracer::wait_for(&mut keyboard, "passphrase for");
        std::io::Write::write_all(&mut keyboard, format!("{PASSPHRASE}\n").as_bytes()).unwrap();
        keyboard
    });
    let mut traced = Traced::start(&mut command, Circumstances::default());
    traced.until(&[libc::SYS_execve]);
    assert_one_copy_each(&traced.scan(&canaries));
    assert!(traced.finish().success());
    drop(typist.join().unwrap());
}

/// As an ordinary user under a limit of locked memory, in KiB.
fn limited(place: &Place, kib: u32, arguments: &[&str]) -> (Option<i32>, String) {
    let limit = format!("--memlock={0}:{0}", u64::from(kib) << 10);
    let mut command = place.command("prlimit");
    command.arg(limit);
    if let Some(uid) = ordinary(0).uid {
        let (user, group) = (format!("--reuid={uid}"), format!("--regid={uid}"));
        command.args(["setpriv", &user, &group, "--clear-groups"]);
    }
    let outcome = output(command.arg(place.path("program")).args(arguments));
    (outcome.status.code(), crate::support::stderr(&outcome))
}

#[test]
fn what_cannot_be_locked_is_said_and_stops_no_outage() {
    let place = place();
    std::fs::set_permissions(place.root(), PermissionsExt::from_mode(0o777)).unwrap();
    let document: String = (0..15).map(|n| format!("S{n}='{}'\n", "x".repeat(1000))).collect();
    place.write("large.env", &document);
    place.seal("v.env.gpg", &document);
    open_to_all(&place);
    let run = ["run", "v.env.gpg", "--passphrase-file", "passphrase", "--", "/bin/true"];
    let seal = ["seal", "new.env.gpg", "--from", "large.env", "--passphrase-file", "passphrase"];
    let (partly, nothing) = ("but not the working memory", "secrets may reach the swap");
    for (kib, status, said) in [(8192, 0, None), (64, 0, Some(partly)), (0, 0, Some(nothing))] {
        let (code, text) = limited(&place, kib, &run);
        assert_eq!(code, Some(status), "{kib}: {text}");
        for sentence in [partly, nothing] {
            let expected = usize::from(said == Some(sentence));
            assert_eq!(text.matches(sentence).count(), expected, "{kib}: {text}");
        }
    }
    assert_eq!(limited(&place, 64, &seal).0, Some(0));
    std::fs::remove_file(place.path("new.env.gpg")).unwrap();
    let (code, text) = limited(&place, 0, &seal);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("does not let the program lock memory"), "{text}");
    assert!(!place.path("new.env.gpg").exists());
    let (code, text) = limited(&place, 0, &[&seal[..], &["--allow-unlocked"]].concat());
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains(nothing), "{text}");
}

/// The scanner sees what is there: a shell that evaluates the document keeps several copies.
#[test]
fn a_leaky_program_is_found_out() {
    let place = place();
    place.seal("v.env.gpg", source());
    place.write(
        "leaky",
        "passphrase=$(cat passphrase); set -a; eval \"$(cat source.env)\"; exec /bin/true\n",
    );
    let mut command = place.command("bash");
    let mut traced = Traced::start(command.arg("leaky"), Circumstances::default());
    traced.until(&[libc::SYS_execve]);
    let findings = traced.scan(&canaries(&place.read("v.env.gpg")));
    traced.finish();
    let whole = |name| {
        findings
            .iter()
            .filter(|((canary, _), _)| *canary == name)
            .map(|(_, count)| count.whole)
            .sum::<usize>()
    };
    assert!(whole("FIRST") > 1, "{findings:#?}");
    assert!(whole("passphrase") > 0, "{findings:#?}");
}
