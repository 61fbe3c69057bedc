//! No message, no output and no file tells a secret: values, passphrases and mistyped passphrases
//! of recognisable text go wherever a careless program would print them, on every path through
//! every command that ends in an error and on those that do not.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::{
    PASSPHRASE, Place, armored, assert_success, cheap_age, cheap_vault, feed, output, stderr,
};

/// The value of secrets.
const VALUE: &str = "vQ7zK9xW3mN5tR8yB2cF6hJ4";
/// The same as a number, where JSON wants none.
const NUMBER: &str = "48151623421087654";
/// The right passphrase.
const RIGHT: &str = "Hn4-qTz8 Wk2vYx-6Lr3 Pd9m";
/// A wrong one.
const WRONG: &str = "Zc5bGw7-Ns1jUe0-Xa4fMo8q";
/// A weak one.
const WEAK: &str = "Iloveyou1";

/// Whatever stands for 8 bytes of a secret is one.
const WINDOW: usize = 8;

/// Canaries as they are, in hex and in base64 at each of its three alignments.
fn traces() -> Vec<Vec<u8>> {
    let mut traces = Vec::new();
    for canary in [VALUE, NUMBER, RIGHT, WRONG, WEAK] {
        let bytes = canary.as_bytes();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        traces.extend(bytes.windows(WINDOW).map(<[u8]>::to_vec));
        traces.extend(hex.as_bytes().windows(2 * WINDOW).step_by(2).map(<[u8]>::to_vec));
        traces.extend(
            hex.to_uppercase().as_bytes().windows(2 * WINDOW).step_by(2).map(<[u8]>::to_vec),
        );
        for start in 0..3 {
            traces.extend(base64(&bytes[start..]).windows(WINDOW + 4).map(<[u8]>::to_vec));
        }
        // As Rust prints bytes with {:?}.
        let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
        traces.extend(numbers.windows(WINDOW).map(|window| window.join(", ").into_bytes()));
    }
    traces
}

/// Whole groups only: the rest depends on what follows.
fn base64(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let groups = bytes.as_chunks::<3>().0.iter().map(|group| {
        let bits = group.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| DIGITS[bits >> shift & 63])
    });
    groups.flatten().collect()
}

fn find(text: &[u8], traces: &[Vec<u8>]) -> Option<String> {
    let found = traces.iter().find(|trace| text.windows(trace.len()).any(|it| it == &trace[..]));
    found.map(|trace| String::from_utf8_lossy(trace).into_owned())
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// One call of the program in a place that holds the fixtures.
struct Case {
    arguments: Vec<String>,
    input: Vec<u8>,
    status: i32,
}

fn case(status: i32, arguments: &str) -> Case {
    // Blanks within a word are written as a plus sign.
    let words = arguments.split(' ').filter(|word| !word.is_empty());
    let arguments = words.map(|word| word.replace('+', " ")).collect();
    Case { arguments, input: Vec::new(), status }
}

impl Case {
    fn with(mut self, input: impl AsRef<[u8]>) -> Case {
        self.input = input.as_ref().to_vec();
        self
    }
}

/// What every place holds. The names of these files are all that may hold canaries afterwards.
fn fixtures() -> Vec<(&'static str, Vec<u8>)> {
    let document = format!("# breakglass 1\n# secrets: 2\nA='{VALUE}'\nB='two'\n");
    let sealed = |document: &str| cheap_vault(document.as_bytes(), RIGHT, false);
    let long = VALUE.repeat(6000);
    let mut cut = sealed(&document);
    cut.truncate(cut.len() - 5);
    vec![
        ("right", format!("{RIGHT}\n").into_bytes()),
        ("wrong", format!("{WRONG}\n").into_bytes()),
        ("weak", format!("{WEAK}\n").into_bytes()),
        ("no-line-end", RIGHT.into()),
        ("blank-first", format!("\n{WRONG}\n").into_bytes()),
        ("control", format!("{WRONG}\0{WRONG}\n").into_bytes()),
        ("carriage-return", format!("{WRONG}\r\n").into_bytes()),
        ("not-utf8", [WRONG.as_bytes(), b"\xFF\n"].concat()),
        ("long", [WRONG.repeat(50).as_bytes(), b"\n"].concat()),
        ("plain.env", document.clone().into_bytes()),
        ("other.env", format!("A='{VALUE}x'\nC='{VALUE}'\n").into_bytes()),
        ("broken.env", format!("A='{VALUE}\n").into_bytes()),
        ("v.gpg", sealed(&document)),
        ("armored.gpg", cheap_vault(document.as_bytes(), RIGHT, true)),
        ("cut.gpg", cut),
        ("of-wrong.gpg", cheap_vault(document.as_bytes(), WRONG, false)),
        ("v.age", cheap_age(document.as_bytes(), RIGHT, 1)),
        ("of-wrong.age", cheap_age(document.as_bytes(), WRONG, 1)),
        ("in-broken.age", cheap_age(format!("A='{VALUE}\n").as_bytes(), RIGHT, 1)),
        ("note.gpg", format!("title\n{}", armored(&sealed(&document))).into_bytes()),
        ("dashes.gpg", armored(&sealed(&document)).replace("-----", "—").into_bytes()),
        ("in-broken.gpg", sealed(&format!("A='{VALUE}\n"))),
        ("in-line.gpg", sealed(&format!("{VALUE}\n"))),
        ("in-url.gpg", sealed(&format!("postgres://{VALUE}@db?x={VALUE}\n"))),
        ("in-more.gpg", sealed(&format!("A=x {VALUE}\n"))),
        ("in-json.gpg", sealed(&format!("{{\"A\":{NUMBER},\"B\":\"{VALUE}\"}}"))),
        ("in-json-broken.gpg", sealed(&format!("{{\"A\":\"{VALUE}\n"))),
        ("in-names.gpg", sealed(&format!("{{\"A;b\":\"{VALUE}\"}}"))),
        ("in-steering.gpg", sealed(&format!("LD_PRELOAD='{VALUE}'\nNODE_OPTIONS='{VALUE}'\n"))),
        ("in-twice.gpg", sealed(&format!("A='{VALUE}'\nA='{VALUE}'\nB=${VALUE}\n"))),
        ("in-nul.gpg", sealed(&format!("A='{VALUE}\0'\n"))),
        ("in-long.gpg", sealed(&format!("A='{long}'\n"))),
        ("in-newer.gpg", sealed(&format!("# breakglass 2\nA='{VALUE}'\n"))),
        ("in-count.gpg", sealed(&format!("# breakglass 1\n# secrets: 9\nA='{VALUE}'\n"))),
        (
            "in-not-utf8.gpg",
            cheap_vault(&[b"A='", VALUE.as_bytes(), b"\xFF'\n"].concat(), RIGHT, false),
        ),
        ("opener", crate::kit_support::fake_opener()),
        // A source that is a program.
        ("source", format!("#!/bin/sh\necho \"A='{VALUE}'\"\n").into_bytes()),
        ("failing", format!("#!/bin/sh\necho \"A='{VALUE}'\"\nexit 7\n").into_bytes()),
        ("killed", format!("#!/bin/sh\necho \"A='{VALUE}'\"\nkill -9 $$\n").into_bytes()),
        ("jumbled", format!("#!/bin/sh\necho '{VALUE} = {VALUE}'\n").into_bytes()),
    ]
}

fn fixture(name: &str) -> Vec<u8> {
    fixtures().into_iter().find(|(it, _)| *it == name).expect(name).1
}

/// Runs every case in a place of its own and looks at all that it left.
fn nothing_is_told(cases: Vec<Case>) {
    nothing_is_told_after("", cases);
}

/// The same in places in which a shell has done something before; `$0` is the program.
fn nothing_is_told_after(preparation: &str, cases: Vec<Case>) {
    let traces = traces();
    for Case { arguments, input, status } in cases {
        let place = Place::new();
        // The harness' own passphrase is not wanted here.
        std::fs::remove_file(place.path("passphrase")).unwrap();
        let fixtures = fixtures();
        for (name, bytes) in &fixtures {
            let path = place.write(name, bytes);
            if bytes.starts_with(b"#!") {
                let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
                std::fs::set_permissions(path, mode).unwrap();
            }
        }
        let mut prepare = place.command("sh");
        prepare.args(["-ec", preparation, env!("CARGO_BIN_EXE_breakglass")]);
        assert_success(&output(&mut prepare));
        let before: BTreeMap<_, _> = files(place.root())
            .into_iter()
            .map(|path| (path.clone(), std::fs::read(path).unwrap()))
            .collect();
        // Without a terminal, so that nobody is asked where no passphrase is given.
        let mut command = place.command("setsid");
        command.args(["--wait", env!("CARGO_BIN_EXE_breakglass")]).args(&arguments);
        let outcome = feed(command.env("TMPDIR", place.path("home")), &input);
        let input = String::from_utf8_lossy(&input);
        let input = input.get(..80).unwrap_or(&input);
        let what = format!("{arguments:?} with {input:?}");
        assert_eq!(outcome.status.code(), Some(status), "{what}: {}", stderr(&outcome));
        assert_eq!(find(&outcome.stdout, &traces), None, "{what}: standard output");
        assert_eq!(find(&outcome.stderr, &traces), None, "{what}: {}", stderr(&outcome));
        for path in files(place.root()) {
            let bytes = std::fs::read(&path).unwrap();
            if before.get(&path) == Some(&bytes) {
                continue;
            }
            let fixture = fixtures.iter().find(|(name, _)| place.path(name) == path);
            if let Some((name, _)) = fixture {
                assert!(status == 0 && *name == "v.gpg", "{what}: {name} was changed");
            }
            assert_eq!(find(&bytes, &traces), None, "{what}: {}", path.display());
            let name = path.strip_prefix(place.root()).unwrap().to_string_lossy().into_owned();
            assert_eq!(find(name.as_bytes(), &traces), None, "{what}: {name}");
        }
    }
}

/// `seal v.gpg --from - --passphrase-file right` of a source that is refused.
fn refused(source: impl AsRef<[u8]>) -> Case {
    case(1, "seal v.gpg --from - --passphrase-file right").with(source)
}

#[test]
fn a_trace_would_be_found() {
    let traces = traces();
    for text in [
        format!("x{VALUE}x"),
        format!("cannot read '{}'", &VALUE[3..13]),
        String::from_utf8(base64(format!("x{RIGHT}").as_bytes())).unwrap(),
        String::from_utf8(base64(format!("xx{WRONG}").as_bytes())).unwrap(),
        String::from_utf8(base64(VALUE.as_bytes())).unwrap(),
        VALUE.bytes().map(|byte| format!("{byte:02x}")).collect(),
        format!("{:?}", NUMBER.as_bytes()),
    ] {
        assert!(find(text.as_bytes(), &traces).is_some(), "{text}");
    }
    assert_eq!(find(b"breakglass: error: the passphrase is too weak", &traces), None);
    assert_eq!(find(PASSPHRASE.as_bytes(), &traces), None);
}

#[test]
fn sources_that_are_refused() {
    let long = VALUE.repeat(6000);
    let many: String = (0..25).map(|n| format!("N{n}='{}'\n", VALUE.repeat(4000))).collect();
    nothing_is_told(
        [
            format!("A='{VALUE}\n"),
            format!("A=\"{VALUE}\n"),
            format!("A={VALUE}\\"),
            format!("A='{VALUE}'{VALUE}'\n"),
            format!("{VALUE}\n"),
            format!("export {VALUE}\n"),
            format!("A=1\nA='x\n{VALUE}\n"),
            format!("postgres://{VALUE}@db?x={VALUE}\n"),
            format!("-----BEGIN {VALUE}-----={VALUE}\n"),
            format!("A-{VALUE}='{VALUE}'\n"),
            format!("A ={VALUE}\n"),
            format!("A= {VALUE}\n"),
            format!("A=x {VALUE}\n"),
            format!("A=x;{VALUE}\n"),
            format!("A=({VALUE})\n"),
            format!("A=${VALUE}\n"),
            format!("A=\"`{VALUE}`\"\n"),
            format!("A=~{VALUE}\n"),
            format!("A={VALUE}\nA={VALUE}\n"),
            format!("A={VALUE}\r\n"),
            format!("\u{FEFF}A={VALUE}\n"),
            format!("A='{VALUE}\0'\n"),
            format!("A='{long}'\n"),
            many,
            format!("# breakglass 1\n# secrets: 3\nA='{VALUE}'\n"),
            format!("# breakglass 2\nA='{VALUE}'\n"),
            format!("# {VALUE}\n"),
            format!("UID='{VALUE}'\n"),
            format!("PATH='{VALUE}'\n"),
            format!("BREAKGLASS_X='{VALUE}'\n"),
            format!("{{\"A\":{NUMBER}}}"),
            format!("{{\"A\":-{NUMBER}}}"),
            format!("{{\"A\":{NUMBER}.5}}"),
            format!("{{\"A\":[\"{VALUE}\"]}}"),
            format!("{{\"A\":{{\"B\":\"{VALUE}\"}}}}"),
            format!("{{\"A\":\"{VALUE}\","),
            format!("{{\"A\":\"{VALUE}"),
            format!("{{\"A\":\"{VALUE}\"}} {VALUE}"),
            format!("{{\"A\":{VALUE}}}"),
            format!("{{\"A\":\"\\q{VALUE}\"}}"),
            format!("{{\"A\":\"{VALUE}\\u0000\"}}"),
            format!("{{\"A\":\"{VALUE}\\ud800\"}}"),
            format!("{{\"A\":\"{VALUE}\n\"}}"),
            format!("{{\"A\":\"{VALUE}\",\"A\":\"{VALUE}\"}}"),
            format!("{{\"A-B\":\"{VALUE}\"}}"),
            format!("{{\"LD_PRELOAD\":\"{VALUE}\"}}"),
            format!("{{{VALUE}:1}}"),
            format!("[\"{VALUE}\"]"),
            format!("[{NUMBER}]"),
            format!("[{VALUE}]"),
            format!("[{{\"key\":\"A\",\"value\":\"{VALUE}\",\"value\":\"{VALUE}\"}}]"),
            format!("[{{\"key\":\"A\",\"value\":{NUMBER}}}]"),
            format!("[{{\"value\":{NUMBER},\"key\":\"A\"}}]"),
            format!("[{{\"value\":[\"{VALUE}\"],\"key\":\"A\"}}]"),
            format!("[{{\"value\":\"{VALUE}\"}}]"),
            format!("[{{\"key\":{NUMBER},\"value\":\"{VALUE}\"}}]"),
            format!("[{{\"key\":[\"{VALUE}\"],\"value\":\"{VALUE}\"}}]"),
            format!("[{{\"key\":\"A\",\"value\":\"x\",\"comment\":{VALUE}}}]"),
            format!("[{{\"key\":\"A\",\"value\":\"{VALUE}\"}},\"{VALUE}\"]"),
            format!(
                "[{{\"key\":\"A\",\"value\":\"{VALUE}\"}},{{\"key\":\"A\",\"value\":\"{VALUE}\"}}]"
            ),
        ]
        .into_iter()
        .map(refused)
        .chain([
            refused([b"A='", VALUE.as_bytes(), b"\xFF'\n"].concat()),
            refused([b"{\"A\":\"", VALUE.as_bytes(), b"\xFF\"}"].concat()),
            refused([b"{\"", VALUE.as_bytes(), b"\xFF\":1}"].concat()),
            refused([VALUE.as_bytes(), b"\xFF=1\n"].concat()),
            refused(cheap_vault(VALUE.as_bytes(), RIGHT, true)),
        ])
        .collect(),
    );
}

#[test]
fn seal() {
    nothing_is_told(vec![
        case(0, "seal new.gpg --from plain.env --passphrase-file right"),
        case(0, "seal v.gpg --from plain.env --passphrase-file right"),
        case(0, "seal new.gpg --armor --from plain.env --passphrase-file no-line-end"),
        case(0, "seal new.gpg --from plain.env --passphrase-file weak --allow-weak-passphrase"),
        case(0, "seal new.gpg --passphrase-file right -- ./source"),
        case(0, "seal new.gpg --passphrase-fd 0 --from -").with(format!("{RIGHT}\nA='{VALUE}'\n")),
        case(0, "seal new.gpg --from - --passphrase-file right --allow PATH")
            .with(format!("PATH='{VALUE}'\n")),
        case(0, "seal new.gpg --from - --passphrase-file right --allow-skip A-B")
            .with(format!("A-B='{VALUE}'\nC=1\n")),
        case(1, "seal new.gpg --from plain.env --passphrase-file weak"),
        case(1, "seal new.gpg --from plain.env --passphrase-file blank-first"),
        case(1, "seal new.gpg --from plain.env --passphrase-file control"),
        case(1, "seal new.gpg --from plain.env --passphrase-file carriage-return"),
        case(1, "seal new.gpg --from plain.env --passphrase-file not-utf8"),
        case(1, "seal new.gpg --from plain.env --passphrase-file long"),
        case(1, "seal new.gpg --from plain.env --passphrase-file missing"),
        case(1, "seal new.gpg --from plain.env --passphrase-file home"),
        case(1, "seal new.gpg --from plain.env --passphrase-fd 0"),
        case(1, "seal new.gpg --from plain.env --passphrase-fd 77"),
        case(1, "seal new.gpg --passphrase-fd 0 --from -").with(format!("A='{VALUE}'\n")),
        case(1, "seal plain.env --from plain.env --passphrase-file right"),
        case(1, "seal right --from plain.env --passphrase-file right"),
        case(1, "seal home --from plain.env --passphrase-file right"),
        case(1, "seal missing/v.gpg --from plain.env --passphrase-file right"),
        case(1, "seal new.gpg --from missing --passphrase-file right"),
        case(1, "seal new.gpg --from v.gpg --passphrase-file right"),
        case(1, "seal new.gpg --from right --passphrase-file right"),
        case(1, "seal v.gpg --passphrase-file right -- ./failing"),
        case(1, "seal v.gpg --passphrase-file right -- ./killed"),
        case(1, "seal v.gpg --passphrase-file right -- ./jumbled"),
        case(1, "seal v.gpg --passphrase-file right -- ./missing"),
        case(1, "seal v.gpg --passphrase-file right -- ./plain.env"),
        case(1, "seal v.gpg --passphrase-file right -- cat v.gpg"),
        case(0, "seal new.age --passphrase-file right --from plain.env"),
        case(1, "seal new.age --passphrase-file not-utf8 --from plain.env"),
        case(1, "seal v.age --passphrase-file weak --from plain.env"),
    ]);
}

#[test]
fn run() {
    let mut cases = vec![
        case(0, "run v.gpg --passphrase-file right -- true"),
        case(0, "run armored.gpg --passphrase-file right -- true"),
        case(0, "run in-twice.gpg --passphrase-file right -- true"),
        case(0, "run in-count.gpg --passphrase-file right -- true"),
        case(7, "run v.gpg --passphrase-file right -- sh -c exit+7"),
        case(0, "run v.gpg --passphrase-fd 0 -- true").with(format!("{RIGHT}\n{WRONG}\n")),
        case(0, "run - --passphrase-file right -- true").with(fixture("v.gpg")),
        case(0, "run v.age --passphrase-file right -- true"),
        case(0, "run note.gpg --passphrase-file right -- true"),
        case(125, "run dashes.gpg --passphrase-file right -- true"),
        case(127, "run v.gpg --passphrase-file right -- ./missing"),
        case(126, "run v.gpg --passphrase-file right -- ./plain.env"),
        case(126, "run v.gpg --passphrase-file right -- ./home"),
        case(125, "run v.gpg --passphrase-file right --only NOPE -- true"),
        case(125, "run v.gpg --passphrase-file right --except * -- true"),
        case(125, "run v.gpg --passphrase-fd 77 -- true"),
        case(125, "run v.gpg -- true"),
        case(125, "run plain.env --passphrase-file right -- true"),
        case(125, "run right --passphrase-file right -- true"),
        case(125, "run - --passphrase-fd 0 -- true").with(format!("{WRONG}\n{VALUE}\n")),
        case(125, &format!("run v.gpg --passphrase-fd {NUMBER} -- true")),
        case(125, &format!("run v.gpg --passphrase-fd {WRONG} -- true")),
        case(125, &format!("run v.gpg --passphrase {WRONG} -- true")),
        case(125, &format!("run v.gpg --passphrase={WRONG} -- true")),
    ];
    for passphrase in [
        "wrong",
        "weak",
        "blank-first",
        "control",
        "carriage-return",
        "not-utf8",
        "long",
        "missing",
        "home",
    ] {
        cases.push(case(125, &format!("run v.gpg --passphrase-file {passphrase} -- true")));
    }
    for vault in [
        "cut.gpg",
        "of-wrong.gpg",
        "of-wrong.age",
        "in-broken.age",
        "in-broken.gpg",
        "in-line.gpg",
        "in-url.gpg",
        "in-more.gpg",
        "in-json.gpg",
        "in-json-broken.gpg",
        "in-names.gpg",
        "in-steering.gpg",
        "in-nul.gpg",
        "in-long.gpg",
        "in-newer.gpg",
        "in-not-utf8.gpg",
        "missing",
        "home",
    ] {
        cases.push(case(125, &format!("run {vault} --passphrase-file right -- true")));
    }
    nothing_is_told(cases);
}

#[test]
fn scan() {
    nothing_is_told(vec![
        case(3, "scan v.gpg plain.env --passphrase-file right"),
        case(3, "scan v.gpg . --passphrase-file right --json"),
        case(3, "scan v.gpg - --passphrase-file right").with(format!("x {VALUE}")),
        case(0, "scan v.gpg right --passphrase-file right"),
        case(0, "scan v.gpg --passphrase-file right"),
        case(1, "scan v.gpg . --passphrase-file right --except NOPE"),
        case(1, "scan v.gpg . --passphrase-file wrong"),
        case(1, "scan v.gpg missing --passphrase-file right"),
        case(1, "scan v.gpg --git home --passphrase-file right"),
    ]);
}

#[test]
fn verify() {
    nothing_is_told(vec![
        case(3, "verify v.gpg --passphrase-file right --from plain.env"),
        case(3, "verify v.gpg --passphrase-file right --from other.env"),
        case(3, "verify v.gpg --passphrase-file right --from other.env --json"),
        case(3, "verify v.gpg --passphrase-file right --offline"),
        case(4, "verify v.gpg --passphrase-file right --from broken.env"),
        case(4, "verify v.gpg --passphrase-file right --from broken.env --json"),
        case(4, "verify v.gpg --passphrase-file right --from right"),
        case(4, "verify v.gpg --passphrase-file right --from missing"),
        case(4, "verify v.gpg --passphrase-file right -- ./failing"),
        case(4, "verify v.gpg --passphrase-file right -- ./jumbled"),
        case(3, "verify v.gpg --passphrase-file right -- ./source"),
        case(4, "verify v.gpg --passphrase-file right -- ./missing"),
        case(4, "verify v.gpg --passphrase-file right"),
        case(1, "verify v.gpg --passphrase-file wrong --from plain.env"),
        case(1, "verify v.gpg --passphrase-file wrong --from plain.env --json"),
        case(1, "verify v.gpg --passphrase-file not-utf8 --offline"),
        case(
            1,
            "verify v.gpg of-wrong.gpg in-broken.gpg in-url.gpg in-json.gpg in-nul.gpg in-not-utf8.gpg plain.env --passphrase-file right --offline",
        ),
        case(
            1,
            "verify v.gpg of-wrong.gpg in-broken.gpg in-url.gpg in-json.gpg in-nul.gpg in-not-utf8.gpg plain.env --passphrase-file right --offline --json",
        ),
        case(
            3,
            "verify in-names.gpg in-steering.gpg in-long.gpg in-twice.gpg in-count.gpg --passphrase-file right --offline",
        ),
        case(
            3,
            "verify in-names.gpg in-steering.gpg in-long.gpg in-twice.gpg in-count.gpg --passphrase-file right --from plain.env",
        ),
        case(3, "verify - --passphrase-file right --from plain.env").with(fixture("v.gpg")),
        case(3, "verify v.gpg --passphrase-fd 0 --from -").with(format!("{RIGHT}\nA='{VALUE}'\n")),
        case(2, "verify v.gpg --passphrase-file right --max-age soon"),
    ]);
}

#[test]
fn show() {
    nothing_is_told(vec![
        case(0, "show v.gpg --passphrase-file right"),
        case(0, "show v.gpg --passphrase-file right --json"),
        case(0, "show v.gpg --armor"),
        case(0, "show v.age --armor"),
        case(0, "show v.age --passphrase-file right --json"),
        case(0, "show v.gpg"),
        case(0, "show v.gpg B --passphrase-file right"),
        case(0, "show in-names.gpg --passphrase-file right"),
        case(0, "show in-twice.gpg --passphrase-file right"),
        case(0, "show in-steering.gpg --passphrase-file right --json"),
        case(1, "show v.gpg NOPE --passphrase-file right"),
        case(1, "show v.gpg A"),
        case(1, "show v.gpg A --passphrase-file wrong"),
        case(1, "show v.gpg --passphrase-file wrong"),
        case(1, "show v.gpg --passphrase-file not-utf8 --json"),
        case(1, "show in-broken.gpg A --passphrase-file right"),
        case(1, "show in-url.gpg --passphrase-file right"),
        case(1, "show in-json.gpg A --passphrase-file right"),
        case(1, "show in-not-utf8.gpg A --passphrase-file right"),
        case(1, "show cut.gpg A --passphrase-file right"),
        case(1, "show plain.env A --passphrase-file right"),
        case(1, "show plain.env --armor"),
    ]);
}

#[test]
fn drill() {
    nothing_is_told(vec![
        case(0, "drill"),
        case(0, "drill v.gpg --passphrase-file right"),
        case(0, "drill v.gpg --passphrase-file right -- true"),
        case(0, "drill in-twice.gpg --passphrase-file right"),
        case(3, "drill v.gpg --passphrase-file right -- false"),
        case(1, "drill v.gpg --passphrase-file right -- ./missing"),
        case(1, "drill v.gpg --passphrase-file wrong"),
        case(1, "drill v.gpg"),
        case(1, "drill cut.gpg --passphrase-file right"),
        case(1, "drill in-broken.gpg --passphrase-file right"),
        case(1, "drill in-url.gpg --passphrase-file right"),
        case(1, "drill in-steering.gpg --passphrase-file right"),
        case(1, "drill in-names.gpg --passphrase-file right"),
        case(1, "drill in-long.gpg --passphrase-file right"),
        case(1, "drill plain.env --passphrase-file right"),
    ]);
}

#[test]
fn reseal() {
    let new = "--new-passphrase-file";
    let mut cases = vec![
        case(0, &format!("reseal v.gpg --passphrase-file right {new} wrong")),
        case(0, &format!("reseal v.gpg --passphrase-file right {new} wrong --armor")),
        case(0, "reseal v.gpg --passphrase-file right --keep-passphrase --to new.gpg"),
        case(0, "reseal v.age --passphrase-file right --keep-passphrase --to new.gpg --armor"),
        case(0, "reseal v.gpg --passphrase-file right --keep-passphrase --to new.age"),
        case(0, "reseal - --passphrase-file right --keep-passphrase --to new.gpg")
            .with(fixture("note.gpg")),
        case(0, "reseal in-twice.gpg --passphrase-file right --keep-passphrase --to new.gpg"),
        case(0, "reseal v.gpg --passphrase-fd 0 --new-passphrase-fd 0")
            .with(format!("{RIGHT}\n{WRONG}\n")),
        case(
            0,
            &format!("reseal v.gpg --passphrase-file right {new} weak --allow-weak-passphrase"),
        ),
        case(1, &format!("reseal v.gpg --passphrase-file right {new} weak")),
        case(1, "reseal v.gpg --passphrase-fd 0 --new-passphrase-fd 0").with(format!("{RIGHT}\n")),
        case(1, "reseal v.gpg --passphrase-file right --generate-passphrase"),
        case(1, "reseal v.gpg --passphrase-file right"),
        case(1, "reseal v.gpg"),
        case(1, "reseal v.gpg --passphrase-file right --keep-passphrase --to plain.env"),
        case(1, "reseal v.gpg --passphrase-file right --keep-passphrase --to armored.gpg"),
        case(1, "reseal v.gpg --passphrase-file right --keep-passphrase --to missing/v.gpg"),
        case(1, "reseal note.gpg --passphrase-file right --keep-passphrase"),
        case(1, "reseal plain.env --passphrase-file right --keep-passphrase"),
        case(1, "reseal missing --passphrase-file right --keep-passphrase"),
        case(2, "reseal - --passphrase-file right"),
        case(2, &format!("reseal v.gpg --passphrase-file right --new-passphrase-fd {WRONG}")),
        case(2, &format!("reseal v.gpg --new-passphrase {WRONG}")),
    ];
    for vault in [
        "cut.gpg",
        "of-wrong.gpg",
        "of-wrong.age",
        "in-broken.gpg",
        "in-line.gpg",
        "in-url.gpg",
        "in-json.gpg",
        "in-nul.gpg",
        "in-not-utf8.gpg",
        "dashes.gpg",
    ] {
        cases.push(case(1, &format!("reseal {vault} --passphrase-file right {new} wrong")));
    }
    for passphrase in ["blank-first", "control", "carriage-return", "not-utf8", "long", "missing"] {
        let arguments = format!("reseal v.gpg --passphrase-file right {new} {passphrase}");
        cases.push(case(1, &arguments));
    }
    nothing_is_told(cases);
}

#[test]
fn copy() {
    let copied = |vault: &str| {
        case(0, &format!("copy {vault} home --passphrase-file right --opener opener"))
    };
    let mut cases = vec![
        case(0, "copy v.gpg home --passphrase-file right --without-opener"),
        case(0, "copy v.gpg home --passphrase-file no-line-end --opener opener -q"),
        case(0, "copy v.gpg home --passphrase-fd 0 --opener opener").with(format!("{RIGHT}\n")),
        case(1, "copy v.gpg home --opener opener"),
        case(1, "copy v.gpg home --passphrase-fd 0 --opener opener").with(format!("{WRONG}\n")),
        case(1, "copy v.gpg home --passphrase-file right --opener right"),
        case(1, "copy v.gpg home --passphrase-file right --opener plain.env"),
        case(1, "copy v.gpg home --passphrase-file right --opener missing"),
        case(1, "copy v.gpg missing --passphrase-file right --opener opener"),
        case(1, "copy v.gpg plain.env --passphrase-file right --opener opener"),
        case(1, "copy v.gpg right --passphrase-file right --opener opener"),
        case(2, "copy v.gpg home --passphrase-file right"),
        case(2, &format!("copy v.gpg home --passphrase {WRONG} --opener opener")),
        case(2, &format!("copy v.gpg home --passphrase={WRONG} --opener opener")),
        case(2, &format!("copy v.gpg home --passphrase-fd {WRONG} --opener opener")),
    ];
    cases.extend(
        ["v.gpg", "v.age", "armored.gpg", "note.gpg", "in-twice.gpg", "in-count.gpg"].map(copied),
    );
    for passphrase in [
        "wrong",
        "weak",
        "blank-first",
        "control",
        "carriage-return",
        "not-utf8",
        "long",
        "missing",
        "home",
    ] {
        let words = format!("copy v.gpg home --passphrase-file {passphrase} --opener opener");
        cases.push(case(1, &words));
    }
    for vault in [
        "cut.gpg",
        "of-wrong.gpg",
        "of-wrong.age",
        "in-broken.age",
        "in-broken.gpg",
        "in-line.gpg",
        "in-url.gpg",
        "in-more.gpg",
        "in-json-broken.gpg",
        "in-nul.gpg",
        "in-newer.gpg",
        "in-not-utf8.gpg",
        "dashes.gpg",
        "plain.env",
        "right",
        "missing",
        "home",
    ] {
        cases.push(Case { status: 1, ..copied(vault) });
    }
    nothing_is_told(cases);
    // With a receipt, over an earlier kit, and where it cannot be.
    nothing_is_told_after(
        "\"$0\" seal new.gpg -q --from plain.env --passphrase-file right
         \"$0\" copy new.gpg home -q --passphrase-file right --without-opener",
        vec![
            copied("new.gpg"),
            case(1, "copy new.gpg home --passphrase-file wrong --opener opener"),
        ],
    );
    nothing_is_told_after(
        "mkdir home/breakglass-v; cp plain.env home/breakglass-v/",
        vec![Case { status: 1, ..copied("v.gpg") }],
    );
}

#[test]
fn verify_of_kits() {
    let cases = |status: i32| {
        vec![
            case(status, "verify home --offline"),
            case(status, "verify home --offline --json"),
            case(status, "verify home --offline --passphrase-file right"),
            case(1, "verify home --offline --passphrase-file wrong"),
            case(1, "verify home --offline --passphrase-file not-utf8"),
            case(status, "verify home --from other.env --passphrase-file right"),
            case(status, "verify home --from other.env --passphrase-file right --json"),
            case(status, "verify home v.gpg --from other.env --passphrase-file right"),
        ]
    };
    let kit =
        "\"$0\" copy v.gpg home -q --passphrase-file right --opener opener >list; cd home/*; ";
    // Its key derivation is a finding.
    nothing_is_told_after(kit, cases(3));
    // Whatever of it is damaged, or somebody put into it.
    for spoiled in [
        "printf x >>v.gpg",
        "cp ../../plain.env v.gpg",
        "cp ../../plain.env v.gpg.asc",
        "cp ../../in-broken.gpg v.gpg; sha256sum [Ovb]* >SHA256SUMS",
        "cp ../../plain.env SHA256SUMS",
        "cp ../../plain.env OPEN-ME.txt",
        "cp ../../plain.env v.gpg.receipt",
        "cp ../../plain.env breakglass-x86_64-linux",
        "rm SHA256SUMS",
        "rm v.gpg",
    ] {
        nothing_is_told_after(&format!("{kit}{spoiled}"), cases(1));
    }
    nothing_is_told_after(&format!("{kit}cp ../../plain.env ."), cases(3));
}
