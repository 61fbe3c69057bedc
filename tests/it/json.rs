//! docs/JSON.md against what `--json` prints: every field stands there with its type, every field there is
//! printed, and no other. A command that takes `--json` and has no section fails, as does one that is not
//! run here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::documented_options::verbs;
use crate::kit_support::Stick;
use crate::machine::Machine;
use crate::support::{PASSPHRASE, Place, cheap_age, output, stdout};

/// A field of a section: its type, and whether it is always there.
#[derive(Debug)]
struct Field {
    types: BTreeSet<String>,
    always: bool,
}

/// What docs/JSON.md says of one command.
#[derive(Debug, Default)]
struct Section {
    fields: BTreeMap<String, Field>,
    layers: BTreeSet<String>,
}

fn documented() -> BTreeMap<String, Section> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/JSON.md");
    let text = std::fs::read_to_string(path).expect("a document");
    let mut sections = BTreeMap::new();
    for part in text.split("\n## `breakglass ").skip(1) {
        let (heading, body) = part.split_once("`\n").expect("a heading");
        let command = heading.strip_suffix(" --json").expect("a command with --json").to_owned();
        let mut section = Section::default();
        for row in body.lines().filter(|line| line.starts_with("| `")) {
            let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
            let name = cells[0].trim_matches('`').to_owned();
            match cells[..] {
                [_, types, there, _] => {
                    let types = types.split(" or ").map(str::to_owned);
                    let types =
                        types.map(|it| it.replace("true", "boolean")).filter(|it| it != "false");
                    let field = Field { types: types.collect(), always: there == "always" };
                    assert!(section.fields.insert(name, field).is_none(), "twice: {row}");
                }
                [_, _] => assert!(section.layers.insert(name), "twice: {row}"),
                _ => panic!("{row}"),
            }
        }
        assert!(!section.fields.is_empty(), "{command}: the table is read");
        sections.insert(command, section);
    }
    sections
}

/// Everything wrong with a value; the fields that were met go into `met`.
fn check(value: &Value, at: &str, section: &Section, met: &mut BTreeSet<String>) -> Vec<String> {
    let mut faults = Vec::new();
    match value {
        Value::Array(items) => {
            for item in items {
                faults.extend(check(item, &format!("{at}[]"), section, met));
            }
        }
        Value::Object(members) => {
            let prefix = if at.is_empty() { String::new() } else { format!("{at}.") };
            for (name, value) in members {
                let path = format!("{prefix}{name}");
                match section.fields.get(&path) {
                    None => faults.push(format!("{path} is not documented")),
                    Some(field) => {
                        let fits = field.types.iter().any(|wanted| is(value, wanted));
                        if !fits {
                            faults.push(format!("{path} is {value}, not {:?}", field.types));
                        }
                    }
                }
                met.insert(path.clone());
                faults.extend(check(value, &path, section, met));
            }
            let siblings = section.fields.iter().filter_map(|(path, field)| {
                let name = path.strip_prefix(&prefix)?;
                (field.always && !name.contains(['.', '['])).then_some(name)
            });
            let lacking = siblings.filter(|name| !members.contains_key(*name));
            faults.extend(lacking.map(|name| format!("{prefix}{name} is not there")));
        }
        _ => {}
    }
    faults
}

fn is(value: &Value, wanted: &str) -> bool {
    let all =
        |holds: fn(&Value) -> bool| value.as_array().is_some_and(|items| items.iter().all(holds));
    match wanted {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "list of strings" => all(Value::is_string),
        "list of objects" => all(Value::is_object),
        "object" => value.is_object(),
        other => panic!("docs/JSON.md: what is {other}?"),
    }
}

/// Every report within, by its layers.
fn reports(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().flat_map(reports).collect(),
        Value::Object(members) if members.contains_key("layers") => vec![value],
        _ => vec![],
    }
}

const INVENTORY: &str = "[secrets]\nAPI_KEY = { class = \"high\", rotation = \"90d\" }\n";

/// A log of rotations, and one of incidents with a line that is none.
fn keep_logs(place: &Place) {
    std::fs::create_dir(place.path("security")).expect("a folder");
    place.write("security/rotation-log.txt", "2026-02-23  API_KEY  Scheduled 90-day rotation\n");
    place.write("security/incident-log.txt", "none of that form\n");
}

/// A repository with a value in a file and in its history, and with what `guard` refuses.
fn scanned(add: &mut dyn FnMut(&str, String)) {
    let place = Place::new();
    place.cheap("v.gpg", b"API_KEY='fake-value-to-find'\nSHORT='x'\n");
    std::fs::create_dir(place.path("app")).expect("a folder");
    place.write("app/prod.env", "API_KEY=fake-value-to-find\n");
    place.write("app/.env.example", "API_KEY=k7Vq2mZx9pL4tRw8\n");
    let odd = place
        .path("app")
        .join(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"\xFF.env"));
    std::fs::write(odd, "A=b\n").expect("a file");
    let script = "cd app && git init -q . && git add -A && git -c user.name=Fake -c user.email=fake@example.org commit -qm one && ln -s /nowhere/at/all gone";
    crate::support::assert_success(&output(place.command("sh").args(["-c", script])));
    let words =
        ["scan", "v.gpg", "app", "--git", "app", "--json", "--passphrase-file", "passphrase"];
    add("scan", stdout(&output(place.breakglass().args(words))));
    let locked = crate::memory::place();
    locked.cheap("v.gpg", b"API_KEY='fake-value-to-find'\n");
    crate::memory::open_to_all(&locked);
    locked.write("file", "x");
    let none = std::os::unix::fs::PermissionsExt::from_mode(0o000);
    std::fs::set_permissions(locked.path("file"), none).expect("chmod");
    let words = ["scan", "v.gpg", "file", "--json", "--passphrase-file", "passphrase"];
    add("scan", stdout(&output(crate::scan::as_somebody(&locked).args(words))));
    let guard =
        place.breakglass().args(["guard", ".", "--json"]).current_dir(place.path("app")).output();
    add("guard", stdout(&guard.expect("runs")));
}

/// Prints what each command that takes `--json` prints, in as many situations as there are fields.
fn printed() -> BTreeMap<String, Vec<String>> {
    let mut printed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut add = |command: &str, text: String| {
        printed.entry(command.to_owned()).or_default().push(text);
    };
    let place = Place::new();
    let run = |arguments: &[&str]| stdout(&output(place.breakglass().args(arguments)));
    let with = ["--json", "--passphrase-file", "passphrase"];
    place.seal("v.env.gpg", "API_KEY='one'\nOLD='x'\n");
    place.write("source.env", "API_KEY='two'\nNEW='x'\n");
    place.cheap("hand.gpg", r#"{"A B": "x", "C": "y"}"#);
    place.write("not.gpg", "nothing");
    place.write("v.env.age", cheap_age(b"A='1'\n", PASSPHRASE, 1));
    place.write("breakglass.toml", format!("required = [\"MISSING\"]\n{INVENTORY}"));
    keep_logs(&place);
    for arguments in [
        &["verify", "v.env.gpg", "--from", "source.env"][..],
        &["verify", "v.env.gpg", "hand.gpg", "not.gpg", "v.env.age", "--offline"],
        &["show", "v.env.gpg"],
        &["show", "hand.gpg"],
        &["show", "v.env.age"],
    ] {
        add(arguments[0], run(&[arguments, &with].concat()));
    }
    add("verify", run(&["verify", "v.env.gpg", "--receipt", "--from", "source.env", "--json"]));
    add("show", run(&["show", "v.env.gpg", "--json"]));
    add("doctor", run(&["doctor", "--json"]));
    add("doctor", run(&["doctor", "--checklist", "--json"]));
    add("status", run(&["status", "--json"]));
    scanned(&mut add);

    let stick = Stick::with_kit();
    stick.place.write("stick/breakglass-v/photo.jpg", "x");
    add("verify", stdout(&stick.verify(&["stick", "--json"])));
    add("verify", stdout(&stick.verify(&["stick", "--json", "--passphrase-file", "passphrase"])));
    std::fs::create_dir(stick.place.path("stick/breakglass-v.new")).expect("a folder");
    add("verify", stdout(&stick.verify(&["stick", "--json"])));
    stick.place.write("breakglass.toml", "vault = \"v.env.gpg\"\ncopies = [\"gone\"]\n");
    let all = ["--offline", "--json", "--passphrase-file", "passphrase"];
    add("verify", stdout(&stick.verify(&all)));

    let machine = Machine::new();
    let settings = format!("copies = [\"elsewhere\"]\nmax_age = \"30d\"\n{INVENTORY}");
    machine.place.write("breakglass.toml", settings);
    keep_logs(&machine.place);
    machine.place.cheap("v.gpg", "A='fake'\n");
    machine.place.seal("sealed.env.gpg", "A='fake'\n");
    let sealed = ["status", "sealed.env.gpg", "--json", "--passphrase-file", "passphrase"];
    add("status", stdout(&output(&mut machine.breakglass(&sealed))));
    add("status", stdout(&output(&mut machine.breakglass(&["status", "--json"]))));
    let mut sleeping = machine.breakglass(&[
        "run",
        "v.gpg",
        "--passphrase-file",
        "passphrase",
        "--",
        "sleep",
        "1000",
    ]);
    let mut sleeping = sleeping.spawn().expect("starts");
    let start = std::time::Instant::now();
    loop {
        let status = stdout(&output(&mut machine.breakglass(&["status", "--json"])));
        if status.contains("\"sleep\"") {
            add("status", status);
            break;
        }
        assert!(start.elapsed() < crate::terminal::PATIENCE, "{status}");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let _ = sleeping.kill();
    let _ = sleeping.wait();
    printed
}

#[test]
fn what_is_printed_is_what_is_documented() {
    let documented = documented();
    let takes: BTreeSet<String> = verbs()
        .iter()
        .filter(|verb| verb.options.contains("--json"))
        .map(|verb| verb.words.join(" "))
        .collect();
    assert_eq!(documented.keys().cloned().collect::<BTreeSet<_>>(), takes, "the sections");
    let printed = printed();
    assert_eq!(printed.keys().cloned().collect::<BTreeSet<_>>(), takes, "what is run here");
    for (command, texts) in printed {
        let section = &documented[&command];
        let (mut met, mut faults) = (BTreeSet::new(), Vec::new());
        let mut layers = BTreeSet::new();
        for text in texts {
            assert_eq!(text.lines().count(), 1, "{command}: one line: {text}");
            let value: Value = serde_json::from_str(&text)
                .unwrap_or_else(|error| panic!("{command}: {error}: {text}"));
            faults.extend(check(&value, "", section, &mut met));
            for report in reports(&value) {
                for layer in report["layers"].as_array().into_iter().flatten() {
                    layers.insert(layer["layer"].as_str().unwrap_or_default().to_owned());
                    let verdict = layer["verdict"].as_str().unwrap_or_default();
                    let words = ["ok", "finding", "cannot tell", "failed", "not asked"];
                    assert!(words.contains(&verdict), "{command}: {verdict}");
                }
            }
        }
        faults.sort();
        faults.dedup();
        assert!(faults.is_empty(), "{command}:\n{}", faults.join("\n"));
        let never: Vec<&String> = section
            .fields
            .keys()
            .filter(|path| {
                let path = path.as_str();
                !met.contains(path)
            })
            .collect();
        assert!(never.is_empty(), "{command}: documented, and never printed here: {never:?}");
        assert_eq!(layers, section.layers, "{command}: the layers");
    }
}

#[test]
fn every_layer_is_documented() {
    let documented: BTreeSet<String> =
        documented().into_values().flat_map(|section| section.layers).collect();
    let layers: BTreeSet<String> =
        breakglass::checks::LAYERS.iter().map(|layer| layer.name.to_owned()).collect();
    assert_eq!(layers, documented);
}

#[test]
fn the_check_finds_what_it_looks_for() {
    let field = |types: &[&str], always| Field {
        types: types.iter().map(|it| (*it).to_owned()).collect(),
        always,
    };
    let fields = [
        ("[].a", field(&["string", "null"], true)),
        ("[].b", field(&["list of objects"], false)),
        ("[].b[].c", field(&["number"], true)),
    ];
    let fields = fields.into_iter().map(|(name, field)| (name.to_owned(), field)).collect();
    let section = Section { fields, layers: BTreeSet::new() };
    for (text, expected) in [
        (r#"[{"a": "x"}]"#, 0),
        (r#"[{"a": null, "b": [{"c": 1}]}]"#, 0),
        (r#"[{"b": []}]"#, 1),
        (r#"[{"a": 1}]"#, 1),
        (r#"[{"a": "x", "b": [{}]}]"#, 1),
        (r#"[{"a": "x", "d": 1}]"#, 1),
    ] {
        let value = serde_json::from_str(text).expect("JSON");
        let faults = check(&value, "", &section, &mut BTreeSet::new());
        assert_eq!(faults.len(), expected, "{text}: {faults:?}");
    }
}
