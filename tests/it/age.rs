//! age vaults: both ways with Debian's age, in every command, and refused where they were changed or
//! were never meant for a passphrase.

use std::process::{Command, Output};

use ::age::{Encryptor, Recipient};
use breakglass::error::{Error, VaultError};
use breakglass::memory::{Passphrase, Region};
use breakglass::vault::{Derivation, Format, Vault, is_sealed};

use crate::support::{
    PASSPHRASE, Place, armored, assert_success, cheap_age, feed, output, stderr, stdout,
};
use crate::terminal::Terminal;

const DOCUMENT: &[u8] = b"# breakglass 1\n# secrets: 2\nA='it'\\''s'\nB='two\nlines'\n";

const CANNOT_OPEN: &str = "cannot open the vault: the passphrase is wrong or the file is damaged";

/// Debian's age, which asks on the terminal and nowhere else; `answers` are typed one after another.
fn stock_age(command: &mut Command, answers: usize) -> Output {
    let mut terminal = Terminal::new();
    let child = terminal.spawn(command);
    for _ in 0..answers {
        terminal.wait_for("assphrase");
        terminal.wait_for(":");
        terminal.type_text(format!("{PASSPHRASE}\n"));
    }
    let output = child.wait_with_output().expect("ends");
    assert_success(&output);
    output
}

fn open(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let passphrase = Passphrase::new(Region::copy_of(PASSPHRASE.as_bytes())?)?;
    let document = Vault::parse(bytes)?.open(&passphrase, &|_| {})?;
    Ok(document.expose().to_vec())
}

fn error_of(bytes: &[u8]) -> Error {
    open(bytes).expect_err("refused")
}

/// `run` refuses it: 125, the sentence, and nothing is started.
fn refuse_to_run(bytes: &[u8], sentence: &str) {
    let place = Place::new();
    place.write("v.age", bytes);
    let run = output(place.run("v.age").args(["--", "touch", "started"]));
    assert_eq!(run.status.code(), Some(125), "{}", stderr(&run));
    let first = stderr(&run).lines().next().map(str::to_owned);
    assert_eq!(first, Some(format!("breakglass: error: {sentence}")));
    assert!(!place.path("started").exists());
}

/// The header's lines and what stands behind them.
fn parts(file: &[u8]) -> (Vec<String>, Vec<u8>) {
    let end = file.windows(5).position(|window| window == b"\n--- ").unwrap() + 5 + 43 + 1;
    let header = String::from_utf8(file[..end].to_vec()).unwrap();
    (header.lines().map(str::to_owned).collect(), file[end..].to_vec())
}

fn joined(lines: &[String], payload: &[u8]) -> Vec<u8> {
    [lines.join("\n").as_bytes(), b"\n", payload].concat()
}

#[test]
fn stock_age_opens_what_is_sealed_here() {
    let place = Place::new();
    for (name, options) in [("v.env.age", &[][..]), ("text.env.age", &["--armor"])] {
        let mut seal = place.breakglass();
        seal.args(["seal", name, "--from", "-", "--passphrase-file", "passphrase"]).args(options);
        assert_success(&feed(&mut seal, b"A='it'\\''s'\nB='two\nlines'\n"));
        let plain = stock_age(place.command("age").args(["--decrypt", name]), 1);
        let text = stdout(&plain);
        assert!(text.starts_with("# breakglass 1\n# sealed: "), "{text}");
        assert!(text.ends_with("\nA='it'\\''s'\nB='two\nlines'\n"), "{text}");
        let vault = Vault::parse(&place.read(name)).unwrap();
        assert_eq!(vault.facts().derivation, Derivation::Scrypt { work_factor: 18 });
        assert_eq!(vault.facts().armored, !options.is_empty());
    }
}

#[test]
fn what_stock_age_sealed_opens_here() {
    let place = Place::new();
    place.write("plain", DOCUMENT);
    for options in [&[][..], &["--armor"]] {
        let mut age = place.command("age");
        age.args(["--encrypt", "--passphrase", "--output", "v.age"]).args(options).arg("plain");
        stock_age(&mut age, 2);
        let run = output(place.run("v.age").args(["-q", "--", "sh", "-c", "printf %s \"$A$B\""]));
        assert_eq!(stdout(&run), "it'stwo\nlines", "{}", stderr(&run));
    }
}

#[test]
fn every_command_takes_one() {
    let place = Place::new();
    place.write("source.env", "A='one'\nB='two'\n");
    place.seal("v.env.age", "A='zero'\n");
    place.seal("v.env.age", place.read("source.env"));
    let with = |arguments: &[&str]| {
        let mut command = place.breakglass();
        command.args(arguments).args(["--passphrase-file", "passphrase"]);
        command
    };
    let verify = output(&mut with(&["verify", "v.env.age", "--from", "source.env"]));
    let text = stdout(&verify);
    assert_eq!(verify.status.code(), Some(0), "{text}");
    assert!(text.contains("an age vault, id "), "{text}");
    assert!(text.contains("ChaCha20-Poly1305, scrypt with 262144 KiB"), "{text}");
    let show = stdout(&output(&mut with(&["show", "v.env.age"])));
    assert!(show.contains("format    age, binary\n") && show.contains("\n  B\n"), "{show}");
    let json = output(&mut with(&["show", "v.env.age", "--json"]));
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&json["format"], &json["strong"]), (&"age".into(), &true.into()));
    let drill = output(&mut with(&["drill", "v.env.age"]));
    assert_success(&drill);
    // Not compared with PM2's files: it is the opening that counts here.
    let status = output(&mut with(&["status", "v.env.age"]));
    assert!(stdout(&status).contains("this machine"), "{}", stderr(&status));
    let sums = output(place.command("sha256sum").arg("v.env.age"));
    let digest = stdout(&sums)[..64].to_owned();
    let receipt = String::from_utf8(place.read("v.env.age.receipt")).unwrap();
    assert!(receipt.contains(&format!("# vault: sha256 {digest}\n")), "{receipt}");
    let arguments = ["verify", "v.env.age", "--receipt", "--from", "source.env"];
    let by_receipt = output(place.breakglass().args(arguments));
    assert_eq!(by_receipt.status.code(), Some(0), "{}", stdout(&by_receipt));
    // From standard input, as text that has the same id.
    let text = armored(&place.read("v.env.age"));
    assert_eq!(Vault::parse(text.as_bytes()).unwrap().id().as_str(), &digest[..16]);
    let mut run = place.run("-");
    let run = feed(run.args(["-q", "--", "printenv", "A"]), text.as_bytes());
    assert_eq!(stdout(&run), "one\n", "{}", stderr(&run));
}

#[test]
fn each_truncation_and_each_flipped_bit_is_refused() {
    let vault = cheap_age(DOCUMENT, PASSPHRASE, 1);
    assert_eq!(open(&vault).as_deref(), Ok(DOCUMENT));
    for length in 0..vault.len() {
        let error = error_of(&vault[..length]);
        let expected = matches!(
            error,
            Error::Vault(VaultError::Damaged | VaultError::NotAVault | VaultError::CannotOpen)
        );
        assert!(expected, "cut to {length}: {error:?}");
    }
    for bit in 0..vault.len() * 8 {
        let mut changed = vault.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let error = error_of(&changed);
        let expected = matches!(
            error,
            Error::Vault(
                VaultError::Damaged
                    | VaultError::NotAVault
                    | VaultError::CannotOpen
                    | VaultError::AgeForKeys
                    | VaultError::AgeMixed
                    | VaultError::AgeWork
            )
        );
        assert!(expected, "bit {bit}: {error:?}");
    }
    // A changed line end leaves a text what it was; everything else does not.
    let text = armored(&vault).into_bytes();
    for bit in 0..text.len() * 8 {
        let mut changed = text.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        if let Ok(document) = open(&changed) {
            assert_eq!(document, DOCUMENT, "bit {bit}");
        }
    }
}

#[test]
fn larger_documents_are_refused_at_each_border_of_chunks() {
    let chunk = 64 * 1024;
    for size in [chunk - 1, chunk, chunk + 1, 2 * chunk, 3 * chunk + 17] {
        let document = [b"A='", &vec![b'x'; size - 5][..], b"'\n"].concat();
        let vault = cheap_age(&document, PASSPHRASE, 1);
        assert_eq!(open(&vault).as_deref(), Ok(&document[..]));
        let payload = parts(&vault).1.len() - 16;
        let start = vault.len() - payload;
        for border in (0..=payload / (chunk + 16)).map(|index| start + index * (chunk + 16)) {
            for length in [border.saturating_sub(1), border, border + 1, border + 16, border + 17] {
                if length < vault.len() {
                    let error = error_of(&vault[..length]);
                    assert!(
                        matches!(error, Error::Vault(VaultError::Damaged | VaultError::CannotOpen)),
                        "{size} cut to {length}: {error:?}"
                    );
                }
            }
        }
        for behind in [&b"\0"[..], b"\n", b"A='two'\n", &[0; 16], &[7; 17]] {
            let error = error_of(&[&vault[..], behind].concat());
            assert!(
                matches!(error, Error::Vault(VaultError::Damaged | VaultError::CannotOpen)),
                "{size}: {error:?}"
            );
        }
    }
    let large = cheap_age(&vec![b'#'; 4 * 1024 * 1024 + 1], PASSPHRASE, 1);
    assert_eq!(error_of(&large), Error::Vault(VaultError::PlaintextTooLarge));
}

#[test]
fn two_files_and_other_things_behind_one() {
    let vault = cheap_age(DOCUMENT, PASSPHRASE, 1);
    let second = "there is a second message behind the first one";
    refuse_to_run(&[&vault[..], &vault].concat(), second);
    let text = armored(&vault);
    refuse_to_run(format!("{text}\n{text}").as_bytes(), second);
    refuse_to_run(&[&vault[..], b"A='injected'\n"].concat(), CANNOT_OPEN);
    refuse_to_run(b"age-encryption.org/v1\n", "the vault is cut off or damaged");
    let sentence =
        "this is no vault: it is neither an OpenPGP message nor an age file, nor the text of one";
    refuse_to_run(b"age-encryption.org/v2\n-> scrypt x 18\n", sentence);
}

#[test]
fn a_work_factor_above_the_cap() {
    let (mut lines, payload) = parts(&cheap_age(DOCUMENT, PASSPHRASE, 1));
    assert!(lines[1].starts_with("-> scrypt ") && lines[1].ends_with(" 1"), "{lines:?}");
    let stanza = lines[1].trim_end_matches('1').to_owned();
    for (factor, expected) in [
        ("20", None),
        ("21", Some(Error::Vault(VaultError::AgeWork))),
        ("63", Some(Error::Vault(VaultError::AgeWork))),
        ("64", Some(Error::Vault(VaultError::AgeWork))),
        ("99999999999999999999", Some(Error::Vault(VaultError::AgeWork))),
        ("0", Some(Error::Vault(VaultError::Damaged))),
        ("01", Some(Error::Vault(VaultError::Damaged))),
        ("", Some(Error::Vault(VaultError::Damaged))),
        ("+1", Some(Error::Vault(VaultError::Damaged))),
        ("1 1", Some(Error::Vault(VaultError::Damaged))),
    ] {
        lines[1] = format!("{stanza}{factor}");
        let file = joined(&lines, &payload);
        assert_eq!(Vault::parse(&file).err(), expected, "{factor}");
        assert_eq!(
            is_sealed(&file),
            !matches!(expected, Some(Error::Vault(VaultError::Damaged))),
            "{factor}"
        );
    }
    lines[1] = format!("{stanza}22");
    let sentence = "this age file asks for more than 1 GiB of memory (a work factor above 20)";
    refuse_to_run(&joined(&lines, &payload), sentence);
}

#[test]
fn files_for_keys_and_mixed_ones() {
    let place = Place::new();
    let for_keys = "this age file is encrypted to a key, not with a passphrase";
    assert_success(&output(place.command("age-keygen").args(["-o", "key"])));
    let key = String::from_utf8(place.read("key")).unwrap();
    let public = key.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();
    place.write("plain", DOCUMENT);
    for options in [&["-o", "to-key.age"][..], &["-a", "-o", "to-key.age"]] {
        let mut age = place.command("age");
        assert_success(&output(age.args(["-r", public]).args(options).arg("plain")));
        refuse_to_run(&place.read("to-key.age"), for_keys);
        assert!(is_sealed(&place.read("to-key.age")));
    }
    let recipient: ::age::x25519::Recipient = public.parse().unwrap();
    let recipient: &dyn Recipient = &recipient;
    let mut sealed = Vec::new();
    let encryptor = Encryptor::with_recipients(std::iter::once(recipient)).unwrap();
    encryptor.wrap_output(&mut sealed).unwrap().finish().unwrap();
    assert_eq!(error_of(&sealed), Error::Vault(VaultError::AgeForKeys));
    // Only who knows the passphrase can prove who sealed a file, so it must be alone.
    let (scrypt, payload) = parts(&cheap_age(DOCUMENT, PASSPHRASE, 1));
    let (keys, _) = parts(&sealed);
    let mut mixed = scrypt.clone();
    mixed.splice(1..1, keys[1..3].iter().cloned());
    assert_eq!(error_of(&joined(&mixed, &payload)), Error::Vault(VaultError::AgeMixed));
    let mut twice = scrypt.clone();
    twice.splice(1..1, scrypt[1..3].iter().cloned());
    assert_eq!(error_of(&joined(&twice, &payload)), Error::Vault(VaultError::AgeMixed));
    let many: Vec<String> = std::iter::once(scrypt[0].clone())
        .chain((0..9999).flat_map(|_| scrypt[1..3].iter().cloned()))
        .collect();
    assert_eq!(error_of(&joined(&many, b"")), Error::Vault(VaultError::Damaged));
}

#[test]
fn passphrases() {
    let place = Place::new();
    place.write("v.age", cheap_age(DOCUMENT, PASSPHRASE, 1));
    for wrong in [&b"another one, as strong 17\n"[..], b"not UTF-8 \xFF\n"] {
        place.write("passphrase", wrong);
        let run = output(place.run("v.age").args(["--", "touch", "started"]));
        assert_eq!(run.status.code(), Some(125));
        assert!(stderr(&run).contains(CANNOT_OPEN), "{}", stderr(&run));
    }
    assert!(!place.path("started").exists());
}

#[test]
fn a_cheap_work_factor_is_a_finding() {
    let place = Place::new();
    for (factor, status) in [(14, 3), (15, 0)] {
        place.write("v.age", cheap_age(DOCUMENT, PASSPHRASE, factor));
        let arguments = ["verify", "v.age", "--offline", "--passphrase-file", "passphrase"];
        let verify = output(place.breakglass().args(arguments));
        assert_eq!(verify.status.code(), Some(status), "{}", stdout(&verify));
    }
}

/// Where the system does not give the memory, there is a sentence, and not an abort.
#[test]
fn too_little_memory_is_said() {
    let place = Place::new();
    place.write("v.age", cheap_age(DOCUMENT, PASSPHRASE, 18));
    place.write("source.env", "A=1\n");
    let sentence = "age's key derivation takes 256 MiB of memory, which this system does not give";
    let run = ["run", "v.age", "--passphrase-file", "passphrase", "--", "true"];
    let seal = ["seal", "new.age", "--passphrase-file", "passphrase", "--from", "source.env"];
    for (arguments, status) in [(run, 125), (seal, 1)] {
        let mut command = place.command("prlimit");
        command.args(["--as=200000000", env!("CARGO_BIN_EXE_breakglass")]).args(arguments);
        let refused = output(&mut command);
        assert_eq!(refused.status.code(), Some(status), "{}", stderr(&refused));
        assert!(stderr(&refused).contains(sentence), "{}", stderr(&refused));
    }
    assert!(!place.path("new.age").exists());
}

#[test]
fn the_format_is_by_name() {
    for (name, format) in [
        ("v.age", Format::Age),
        (".age", Format::OpenPgp),
        ("age", Format::OpenPgp),
        ("v.env.gpg", Format::OpenPgp),
        ("v.age.gpg", Format::OpenPgp),
        ("folder.age/v", Format::OpenPgp),
    ] {
        assert_eq!(Format::of_name(name.as_ref()), format, "{name}");
    }
}
