//! What of a list becomes part of the vault, and what is refused.

use std::collections::BTreeMap;

use serde_json::json;

use super::faults::Fault;
use super::model::{Generation, Secret, Token};
use super::routes::Call::{self, Login, Revoke, V3, V4};
use super::server::{Running, Server};
use super::tls::Certificate;
use super::trial::{Row, Trial, check};
use crate::support::{output, stderr, stdout};

const GENERATIONS: [Generation; 3] = [Generation::Old, Generation::FirstV4, Generation::New];

/// What one run asks for.
fn calls(generation: Generation) -> &'static [Call] {
    match generation {
        Generation::Old => &[Login, V4, V3, Revoke],
        Generation::FirstV4 | Generation::New => &[Login, V4, Revoke],
    }
}

/// What a vault holds that is sealed from this server, with these further arguments.
fn sealed(server: &Running, arguments: &[&str]) -> BTreeMap<String, String> {
    let trial = Trial::new();
    trial.seals(server, trial.whole("seal", server).args(arguments));
    trial.values()
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// Text that a careless program would change on its way.
fn odd_values() -> BTreeMap<String, String> {
    let mut values = pairs([
        ("EMPTY", ""),
        ("BLANK", " "),
        ("NEWLINE", "\n"),
        ("ENDS_IN_NEWLINE", "fakeLine\n"),
        ("PEM", "-----BEGIN FAKE KEY-----\nZmFrZQ==\n-----END FAKE KEY-----\n"),
        ("CARRIAGE", "fakeLine one\r\nfakeLine two\r"),
        ("TAB", "\tfakeTab\t"),
        ("QUOTES", "it's \"fake\" and `fake`"),
        ("BACKSLASH", "C:\\new\\table \\\\ \\u0041 \\"),
        ("EXPANSIONS", "$HOME $(id) ${ %PATH% !! ; rm -rf fake"),
        ("JSON", "{\"a\": [1, {\"b\": \"c\\\"d\"}]}"),
        ("UNICODE", "Grüße, 世界 🔑 \u{2028}\u{feff}e\u{301}"),
        ("CONTROL", "fake\u{1}\u{7}\u{1b}[31m\u{7f}"),
        ("HASH", "# fake comment"),
        ("EQUALS", "=fake=value="),
    ]);
    values.insert("LONG".to_owned(), "fakeLong".repeat(100 * 1024 / 8));
    values
}

#[test]
fn values_arrive_as_they_are() {
    for generation in GENERATIONS {
        let add =
            |server: Server, (name, value): (&String, &String)| server.secret("/", name, value);
        let values = odd_values();
        let server = values.iter().fold(Server::of(generation), add).start();
        assert_eq!(sealed(&server, &[]), values, "{generation:?}");
        assert_eq!(server.calls(), calls(generation));
    }
}

/// The characters that JSON can write in two ways.
#[test]
fn escapes_of_json_are_undone() {
    let server = Server::new().start();
    let list = r#"{"secrets":[{"type":"shared","secretKey":"\u0041","secretValue":"\u0066ake\u00e9\ud83d\udd11\/\b\f","secretPath":"\/"}]}"#;
    server.fail(Call::LIST, Fault::body(200, list));
    assert_eq!(sealed(&server, &[]), pairs([("A", "fakeé🔑/\u{8}\u{c}")]));
}

#[test]
fn through_tls() {
    for generation in [Generation::Old, Generation::New] {
        let server = Server::of(generation).secret("/", "A", "fakeValueOfA");
        let server = server.start_tls(Certificate::Good);
        assert_eq!(sealed(&server, &[]), pairs([("A", "fakeValueOfA")]));
        assert_eq!(server.calls(), calls(generation));
    }
}

/// Own ones, then the last import, as Infisical's command line does.
#[test]
fn imports() {
    for generation in GENERATIONS {
        let server = || {
            Server::of(generation)
                .secret("/app", "OWN", "fakeOwnValue")
                .secret("staging:/first", "OWN", "fakeLoserOne")
                .secret("staging:/first", "BOTH", "fakeLoserTwo")
                .secret("staging:/first", "FIRST", "fakeFirstValue")
                .secret("/last", "OWN", "fakeLoserThree")
                .secret("/last", "BOTH", "fakeLastValue")
                .secret("/deep", "BOTH", "fakeLoserFour")
                .secret("/deep", "DEEP", "fakeDeepValue")
                .import("/app", "staging:/first")
                .import("/app", "/last")
                .import("/last", "/deep")
                .start()
        };
        let with = pairs([
            ("OWN", "fakeOwnValue"),
            ("FIRST", "fakeFirstValue"),
            ("BOTH", "fakeLastValue"),
            ("DEEP", "fakeDeepValue"),
        ]);
        assert_eq!(sealed(&server(), &["--infisical-path=/app"]), with, "{generation:?}");
        let without = sealed(&server(), &["--infisical-path=app/", "--infisical-imports=false"]);
        assert_eq!(without, pairs([("OWN", "fakeOwnValue")]), "{generation:?}");
    }
}

#[test]
fn folders_below() {
    for generation in GENERATIONS {
        let server = || {
            Server::of(generation)
                .secret("/", "TOP", "fakeTopValue")
                .secret("/a", "MIDDLE", "fakeMiddleValue")
                .secret("/a/b", "LOW", "fakeLowValue")
                .secret("/ab", "BESIDE", "fakeBesideValue")
                .start()
        };
        let below = sealed(&server(), &["--infisical-path=/a", "--infisical-recursive"]);
        assert_eq!(below, pairs([("MIDDLE", "fakeMiddleValue"), ("LOW", "fakeLowValue")]));
        let alone = sealed(&server(), &["--infisical-path=/a", "--infisical-recursive=false"]);
        assert_eq!(alone, pairs([("MIDDLE", "fakeMiddleValue")]));
    }
}

/// Whichever of them comes first.
#[test]
fn equal_names_in_several_folders() {
    let mut rows = Vec::new();
    for generation in GENERATIONS {
        let server = Server::of(generation)
            .secret("/b", "TWICE", "fakeValueInB")
            .secret("/a", "TWICE", "fakeValueInA")
            .secret("/", "ONCE", "fakeValueOfOnce")
            .secret("/a/c", "SAME", "fakeValueOfSame")
            .secret("/b", "SAME", "fakeValueOfSame")
            .start();
        let sentence = "in more than one folder, and nothing says which counts: \
                        SAME (/a/c and /b), TWICE (/a and /b)";
        let row = Row::new(format!("{generation:?}"), server, calls(generation), sentence);
        rows.push(row.with("recursive", true));
    }
    check(rows);
}

#[test]
fn personal_entries_stay_with_the_person() {
    let server = Server::old()
        .secret("/", "A", "fakeSharedValue")
        .entry(Secret::new("/", "A", "fakePersonalValue").personal())
        .entry(Secret::new("/", "MINE", "fakePersonalToo").personal())
        .token("fake.user.token", Token::User)
        .start();
    let trial = Trial::new();
    let mut seal = trial.set("seal", &server);
    trial.seals(&server, seal.env("INFISICAL_TOKEN", "fake.user.token"));
    assert_eq!(trial.values(), pairs([("A", "fakeSharedValue")]));
    let nothing_shared = Server::old()
        .entry(Secret::new("/", "MINE", "fakePersonalToo").personal())
        .token("fake.user.token", Token::User)
        .start();
    let empty = "Infisical's list is empty";
    let row = Row::new("nothing shared", nothing_shared, &[V4, V3], empty);
    check(vec![row.token("fake.user.token")]);
}

#[test]
fn hidden_values() {
    let build = || Server::new().secret("/", "SHOWN", "fakeShownValue");
    let hidden = |place, name| Secret::new(place, name, "fakeConcealed").hidden();
    let own = build().entry(hidden("/", "H2")).entry(hidden("/", "H1")).start();
    let imported = build().entry(hidden("/x", "H3")).import("/", "/x").start();
    let row = |what, running, sentence| Row::new(what, running, calls(Generation::New), sentence);
    check(vec![
        row("own", own, "hides these values from this identity: H1, H2"),
        row("imported", imported, "hides these values from this identity: H3"),
    ]);
    // Where another one counts, nothing is missing.
    let covered = build().secret("/", "H3", "fakeOwnValue").entry(hidden("/x", "H3"));
    let covered = covered.import("/", "/x").start();
    let both = pairs([("SHOWN", "fakeShownValue"), ("H3", "fakeOwnValue")]);
    assert_eq!(sealed(&covered, &[]), both);
}

#[test]
fn references() {
    let server = || {
        Server::new()
            .secret("/", "TARGET", "fakeTarget")
            .secret("/", "RESOLVED", "a-${TARGET}-b")
            .secret("/", "NOTHING", "")
            .secret("/", "MISSING", "fakePrefix ${nope.folder.KEY}")
            .secret("/", "TO_EMPTY", "fakePrefix ${NOTHING}")
            .secret("/", "NO_REFERENCE", "fakePrefix $TARGET ${TARGET")
            .start()
    };
    let sentence = "unresolved references ${…} stand in the values of MISSING, TO_EMPTY";
    let trial = Trial::new();
    let running = server();
    let said = trial.refuses(&running, &mut trial.whole("seal", &running), 1);
    assert!(said.contains(sentence) && said.contains("hint: "), "{said}");
    assert_eq!(running.calls(), calls(Generation::New));
    let running = server();
    let mut one = trial.whole("seal", &running);
    let said = trial.refuses(&running, one.arg("--allow-reference=MISSING"), 1);
    assert!(said.contains("stand in the values of TO_EMPTY\n"), "{said}");
    let values = sealed(&server(), &["--allow-reference", "MISSING,TO_EMPTY"]);
    let expected = pairs([
        ("TARGET", "fakeTarget"),
        ("RESOLVED", "a-fakeTarget-b"),
        ("NOTHING", ""),
        ("MISSING", "fakePrefix ${nope.folder.KEY}"),
        ("TO_EMPTY", "fakePrefix ${NOTHING}"),
        ("NO_REFERENCE", "fakePrefix $TARGET ${TARGET"),
    ]);
    assert_eq!(values, expected);
}

/// The form that the server gives them counts: what the service gets today, it gets in the outage.
#[test]
fn values_encoded_in_one_line_stay_so() {
    let server = Server::old()
        .secret("/", "TWO_LINES", "fakeLine1\nfakeLine2\n")
        .entry(Secret::new("/", "ENCODED", "${TWO_LINES}").multiline())
        .start();
    let expected = pairs([
        ("TWO_LINES", "fakeLine1\nfakeLine2\n"),
        ("ENCODED", "\"fakeLine1\\nfakeLine2\\n\""),
    ]);
    assert_eq!(sealed(&server, &[]), expected);
}

#[test]
fn names_that_no_environment_or_shell_can_hold() {
    let trial = Trial::new();
    for (name, sentence) in [
        ("WEIRD NAME=;$", "a shell cannot hold these names: WEIRD NAME=;$\n"),
        ("A-B", "a shell cannot hold these names: A-B\n"),
        ("1ST", "a shell cannot hold these names: 1ST\n"),
        ("É", "a shell cannot hold these names: É\n"),
        ("", "a shell cannot hold these names: \n"),
        ("UID", "sets these names itself: UID\n"),
        ("LD_PRELOAD", "these names steer the programs that get them: LD_PRELOAD"),
        ("PATH", "these names steer the programs that get them: PATH"),
    ] {
        let server = Server::new().secret("/", "A", "fakeValueOfA");
        let server = server.secret("/", name, "fakeOddValue").start();
        let said = trial.refuses(&server, &mut trial.whole("seal", &server), 1);
        assert!(said.contains(sentence) && said.contains("hint: "), "{name}: {said}");
        assert_eq!(server.calls(), calls(Generation::New), "{name}");
    }
    let server = Server::new().secret("/", "A", "fakeValueOfA").secret("/", "A-B", "fakeOddValue");
    let values = sealed(&server.start(), &["--allow-skip", "A-B"]);
    assert_eq!(values, pairs([("A", "fakeValueOfA")]));
}

#[test]
fn a_value_that_no_environment_can_hold() {
    let trial = Trial::new();
    let long = "fakeLong".repeat(20_000);
    for value in ["fake\0value", &long] {
        let server = Server::new().secret("/", "A", value).start();
        let said = trial.refuses(&server, &mut trial.whole("seal", &server), 1);
        assert!(said.contains(" A"), "{said}");
        assert_eq!(server.calls(), calls(Generation::New));
    }
}

#[test]
fn the_key_of_receipts_is_no_secret_of_the_service() {
    let key = "0fa4e".repeat(13)[..64].to_owned();
    let server = Server::new()
        .secret("/", "A", "fakeValueOfA")
        .secret("/", "BREAKGLASS_RECEIPT_KEY", &key)
        .secret("/x", "BREAKGLASS_RECEIPT_KEY", "fakeImportedKey")
        .import("/", "/x")
        .start();
    assert_eq!(sealed(&server, &[]), pairs([("A", "fakeValueOfA")]));
    let server = Server::new().secret("/", "BREAKGLASS_RECEIPT_KEY", &key).start();
    let sentence = "Infisical's list is empty";
    check(vec![Row::new("alone", server, calls(Generation::New), sentence)]);
}

/// Seals, then compares in the ways in which a service's secrets change.
#[test]
fn verify_tells_what_differs() {
    let trial = Trial::new();
    let server = Server::new()
        .secret("/", "A", "fakeValueOfA")
        .secret("/", "TARGET", "fakeTarget")
        .secret("/", "POINTS", "${TARGET}")
        .secret("/x", "B", "fakeValueInX")
        .secret("/y", "B", "fakeValueInY")
        .import("/", "/x")
        .import("/", "/y")
        .start();
    trial.seals(&server, &mut trial.whole("seal", &server));
    let verify = |status: i32, said: &str| {
        let verify = output(&mut trial.whole("verify", &server));
        let text = stdout(&verify);
        assert_eq!(verify.status.code(), Some(status), "{text}{}", stderr(&verify));
        assert!(text.contains(said), "{text}");
        trial.assert_nothing_told(&server, &verify);
    };
    verify(0, "ok          current");
    server.change(|model| model.rewrite("/", "A", "fakeValueOfA"));
    verify(0, "ok          current");
    server.change(|model| {
        model.remove("/", "A");
        model.add(Secret::new("/", "A", "fakeValueOfA"));
    });
    verify(0, "ok          current");
    server.change(|model| model.rewrite("/", "TARGET", "fakeOtherTarget"));
    verify(3, "changed: POINTS, TARGET");
    server.change(|model| model.rewrite("/", "TARGET", "fakeTarget"));
    server.change(|model| model.imports.reverse());
    verify(3, "changed: B");
    server.change(|model| model.imports.reverse());
    server.change(|model| model.add(Secret::new("/", "NEW", "fakeNewValue")));
    verify(3, "added: NEW");
    server.change(|model| model.remove("/", "NEW"));
    server.change(|model| model.hide("/y"));
    server.change(|model| model.hide("/x"));
    verify(3, "removed: B");
    server.fail(Call::LIST, Fault::Instead(super::http::Answer::json(502, &json!({}))));
    verify(4, "is not Infisical");
}
