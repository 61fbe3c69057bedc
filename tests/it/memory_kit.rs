//! The same bar for kits, and for a vault that comes on standard input: what is left of the passphrase,
//! the secrets and the keys, in both formats.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use crate::kit_support::fake_opener;
use crate::memory::{
    SECRETS, assert_nothing, assert_one_copy_each, canaries, open_to_all, ordinary, place, program,
    source,
};
use crate::memory_age::canaries as canaries_of_age;
use crate::support::{PASSPHRASE, Place, armored, cheap_age};
use crate::terminal::Terminal;
use crate::tracer::{Canary, Circumstances, Count, Findings, Traced};

/// A vault of each format, an opener, and a stick on which anybody may write.
fn with_vaults() -> (Place, [(&'static str, Vec<Canary>); 2]) {
    let place = place();
    place.cheap("v.gpg", source());
    place.write("w.age", cheap_age(source().as_bytes(), PASSPHRASE, 10));
    place.write("wrong", "fake wrong passphrase of somebody\n");
    place.write("opener", fake_opener());
    std::fs::create_dir(place.path("stick")).expect("a folder");
    for folder in ["stick", "home"] {
        std::fs::set_permissions(place.path(folder), Permissions::from_mode(0o777)).expect("chmod");
    }
    open_to_all(&place);
    let of_gpg = canaries(&place.read("v.gpg"));
    let of_age = canaries_of_age(&place.read("w.age"));
    (place, [("v.gpg", of_gpg), ("w.age", of_age)])
}

fn copy(vault: &str) -> Vec<&str> {
    vec!["copy", vault, "stick", "--passphrase-file", "passphrase", "--opener", "opener"]
}

/// A command stopped at the entry of a call: the first of it where `number` is 1.
fn at(
    place: &Place,
    arguments: &[&str],
    canaries: &[Canary],
    circumstances: Circumstances,
    (call, number): (i64, usize),
) -> Findings {
    let mut traced = Traced::start(&mut program(place, arguments), circumstances);
    for _ in 0..number {
        traced.until(&[call]);
    }
    let findings = traced.scan(canaries);
    traced.finish();
    findings
}

const AT_EXIT: (i64, usize) = (libc::SYS_exit_group, 1);

#[test]
fn nothing_is_left_of_copying() {
    let (place, vaults) = with_vaults();
    for (vault, canaries) in &vaults {
        for circumstances in [
            Circumstances::default(),
            Circumstances { no_secret_memory: true, ..Circumstances::default() },
            ordinary(8 << 20),
            ordinary(64 << 10),
        ] {
            // As the first one there, and in the place of an earlier one.
            let kit = place.path(&format!("stick/breakglass-{}", &vault[..1]));
            let _ = std::fs::remove_dir_all(&kit);
            for _ in 0..2 {
                assert_nothing(&at(&place, &copy(vault), canaries, circumstances, AT_EXIT));
                assert!(kit.join(vault).exists());
            }
        }
        // Where it ends in an error: before it is opened, after that, and while it is written.
        let mut wrong = copy(vault);
        wrong[4] = "wrong";
        assert_nothing(&at(&place, &wrong, canaries, Circumstances::default(), AT_EXIT));
        let lost = place.path(&format!("stick/breakglass-{}.new", &vault[..1]));
        std::fs::write(&lost, "not a folder").expect("writes");
        assert_nothing(&at(&place, &copy(vault), canaries, Circumstances::default(), AT_EXIT));
        std::fs::remove_file(&lost).expect("removes");
    }
}

/// It has opened the vault when it begins to write, and opens it once more, from the stick, before the
/// kit gets its name: passphrase and secrets lie once in the place made for them, and no key is left.
#[test]
fn while_it_writes_each_secret_lies_in_one_place() {
    let (place, vaults) = with_vaults();
    for (vault, canaries) in &vaults {
        // An earlier one, so that it ends in an exchange of names.
        at(&place, &copy(vault), canaries, Circumstances::default(), AT_EXIT);
        for call in [(libc::SYS_fchmod, 3), (libc::SYS_renameat2, 1)] {
            let found = at(&place, &copy(vault), canaries, Circumstances::default(), call);
            let expected: Findings = SECRETS
                .iter()
                .map(|(name, _)| *name)
                .chain(["passphrase"])
                .map(|name| ((name, "/secretmem".to_owned()), Count { whole: 1, parts: 0 }))
                .collect();
            assert_eq!(found, expected, "{vault} {call:?}");
        }
    }
}

/// The vault on standard input, as a pipe gives it.
fn on_standard_input(command: &mut std::process::Command, vault: &[u8]) {
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    writer.write_all(vault).expect("fits a pipe");
    command.stdin(Stdio::from(reader));
}

/// What may come on standard input: both formats, as they are and as text within a note.
fn inputs() -> Vec<(Vec<u8>, Vec<Canary>)> {
    let (place, vaults) = with_vaults();
    let both = vaults.into_iter().flat_map(|(name, _)| {
        let vault = place.read(name);
        let note = format!("Production\r\n\r\n{}\r\n", armored(&vault).replace('\n', "\r\n"));
        let canaries = || if name == "v.gpg" { canaries(&vault) } else { canaries_of_age(&vault) };
        [(note.into_bytes(), canaries()), (vault.clone(), canaries())]
    });
    both.collect()
}

#[test]
fn a_vault_from_standard_input_leaves_one_copy_of_each_secret_at_the_exec() {
    let place = place();
    open_to_all(&place);
    let run = ["run", "-", "--passphrase-file", "passphrase", "--", "/bin/true"];
    for (vault, canaries) in inputs() {
        for circumstances in [
            Circumstances::default(),
            Circumstances { no_secret_memory: true, ..Circumstances::default() },
            ordinary(8 << 20),
            ordinary(0),
        ] {
            let mut command = program(&place, &run);
            on_standard_input(&mut command, &vault);
            let mut traced = Traced::start(&mut command, circumstances);
            traced.until(&[libc::SYS_execve]);
            assert_one_copy_each(&traced.scan(&canaries));
            assert!(traced.finish().success());
        }
    }
}

/// As somebody does who pastes a note: the passphrase is typed.
#[test]
fn a_vault_from_standard_input_and_a_typed_passphrase() {
    let place = place();
    for (vault, canaries) in inputs() {
        let mut terminal = Terminal::new();
        let mut command = program(&place, &["run", "-", "--", "/bin/true"]);
        on_standard_input(&mut command, &vault);
        crate::tracer::on_terminal(&mut command, terminal.slave.try_clone().expect("one").into());
        let keyboard = terminal.master.try_clone().expect("a descriptor");
        // It stands still at each call, so that somebody else must type.
        let typist = std::thread::spawn(move || {
            terminal.wait_for("passphrase for '-': ");
            (&keyboard).write_all(format!("{PASSPHRASE}\n").as_bytes()).expect("types");
            terminal
        });
        let mut traced = Traced::start(&mut command, Circumstances::default());
        traced.until(&[libc::SYS_execve]);
        assert_one_copy_each(&traced.scan(&canaries));
        assert!(traced.finish().success());
        drop(typist.join().expect("typed"));
    }
}

/// What the other commands leave of a vault from standard input, and of one that does not open.
#[test]
fn nothing_is_left_of_a_vault_from_standard_input() {
    let (place, _) = with_vaults();
    for (vault, canaries) in inputs() {
        for (passphrase, words) in [
            ("passphrase", &["verify", "-", "--offline"][..]),
            ("passphrase", &["show", "-", "THIRD"]),
            ("passphrase", &["reseal", "-", "--keep-passphrase", "--to", "stick/new.gpg"]),
            ("wrong", &["run", "-", "--only", "FIRST"]),
        ] {
            let mut words = [words, &["--passphrase-file", passphrase]].concat();
            if words[0] == "run" {
                words.extend(["--", "true"]);
            }
            let mut command = program(&place, &words);
            on_standard_input(&mut command, &vault);
            let mut traced = Traced::start(&mut command, Circumstances::default());
            traced.until(&[libc::SYS_exit_group]);
            assert_nothing(&traced.scan(&canaries));
            traced.finish();
            let _ = std::fs::remove_file(place.path("stick/new.gpg"));
        }
    }
}

/// The scanner sees what is there: a shell that makes a kit and looks into the vault before it does keeps
/// secrets, passphrase and keys.
#[test]
fn a_leaky_maker_of_kits_is_found_out() {
    let (place, vaults) = with_vaults();
    for (vault, canaries) in &vaults {
        for canary in canaries {
            place.write(&format!("{}.canary", canary.name.replace(' ', "-")), &canary.bytes);
        }
        let script = format!(
            "passphrase=$(cat passphrase); document=$(cat source.env)\n\
             for file in *.canary; do keys=\"$keys $(od -An -v -tx1 \"$file\" | tr -d ' \\n')\"; done\n\
             mkdir -p stick/leaky; cp {vault} stick/leaky/\nexec /bin/true\n"
        );
        place.write("leaky", script);
        let mut command = place.command("bash");
        let mut traced = Traced::start(command.arg("leaky"), Circumstances::default());
        traced.until(&[libc::SYS_execve]);
        let findings = traced.scan(canaries);
        traced.finish();
        for canary in canaries {
            let found = findings.keys().any(|(name, _)| *name == canary.name);
            assert!(found, "{vault} {}: {findings:#?}", canary.name);
        }
        assert!(place.path("stick/leaky").join(vault).exists());
    }
}
