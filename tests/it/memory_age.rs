//! The same bar for age and for resealing: what is left of passphrases, secrets and age's three keys.
//! scrypt's table aside, which is freed and wiped long before.

use ::age::Identity;
use age_core::format::{FileKey, Stanza};
use age_core::primitives::{aead_decrypt, hkdf};
use age_core::secrecy::ExposeSecret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use std::sync::Mutex;

use crate::memory::{
    SECRETS, assert_nothing, assert_one_copy_each, at_exec_of, at_exit_of, keys, ordinary, place,
    source,
};
use crate::support::{PASSPHRASE, Place, armored, cheap_age, feed};
use crate::tracer::{Canary, Circumstances};

const OTHER: &str = "velvet tundra 81 ocelot brass 17";

/// Opens with the passphrase, step by step, and keeps each key.
struct Spy(Mutex<Vec<Vec<u8>>>);

impl Identity for Spy {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, ::age::DecryptError>> {
        let salt = STANDARD_NO_PAD.decode(&stanza.args[0]).unwrap();
        let salt = [&b"age-encryption.org/v1/scrypt"[..], &salt].concat();
        let params = scrypt::Params::new(stanza.args[1].parse().unwrap(), 8, 1, 32).unwrap();
        let mut wrapping = [0; 32];
        scrypt::scrypt(PASSPHRASE.as_bytes(), &salt, &params, &mut wrapping).unwrap();
        let key = aead_decrypt(&wrapping, 16, &stanza.body).unwrap();
        self.0.lock().unwrap().extend([wrapping.to_vec(), key.clone()]);
        Some(Ok(FileKey::init_with_mut(|it| it.copy_from_slice(&key))))
    }
}

/// Passphrase, secrets, and the keys of an age vault: the one of the passphrase, the file's, the payload's.
pub fn canaries(vault: &[u8]) -> Vec<Canary> {
    let spy = Spy(Mutex::default());
    let decryptor = ::age::Decryptor::new_buffered(vault).unwrap();
    assert!(decryptor.decrypt(std::iter::once(&spy as &dyn Identity)).is_ok());
    let keys = spy.0.into_inner().unwrap();
    let header = vault.windows(5).position(|window| window == b"\n--- ").unwrap() + 5 + 43 + 1;
    let payload = hkdf(&vault[header..header + 16], b"payload", &keys[1]);
    let mut canaries = vec![
        Canary { name: "passphrase", bytes: PASSPHRASE.into() },
        Canary { name: "other", bytes: OTHER.into() },
        Canary { name: "wrapping key", bytes: keys[0].clone() },
        Canary { name: "file key", bytes: keys[1].clone() },
        Canary { name: "payload key", bytes: payload.to_vec() },
    ];
    assert_eq!(FileKey::init_with_mut(|it| it.copy_from_slice(&keys[1])).expose_secret().len(), 16);
    canaries.extend(SECRETS.map(|(name, value)| Canary { name, bytes: value.into() }));
    canaries
}

/// A place with an age vault of this work factor.
fn with_age(work_factor: u8) -> (Place, Vec<Canary>) {
    let place = place();
    let vault = cheap_age(source().as_bytes(), PASSPHRASE, work_factor);
    place.write("v.age", &vault);
    place.write("other", format!("{OTHER}\n"));
    (place, canaries(&vault))
}

#[test]
fn run_has_one_copy_of_each_secret_when_it_becomes_the_command() {
    let (place, canaries) = with_age(10);
    for circumstances in [
        Circumstances::default(),
        Circumstances { no_secret_memory: true, ..Circumstances::default() },
        ordinary(8 << 20),
        ordinary(64 << 10),
        ordinary(0),
    ] {
        assert_one_copy_each(&at_exec_of(&place, "v.age", &canaries, circumstances));
    }
    // As text, with more than one chunk, and with the program's own work factor.
    place.write("text.age", armored(&place.read("v.age")));
    assert_one_copy_each(&at_exec_of(&place, "text.age", &canaries, ordinary(8 << 20)));
    let filler: String =
        (0..12).map(|n| format!("FILLER_{n}='{}'\n", "x".repeat(90_000))).collect();
    let large = cheap_age((source() + &filler).as_bytes(), PASSPHRASE, 1);
    place.write("large.age", &large);
    let of_large = self::canaries(&large);
    assert_one_copy_each(&at_exec_of(&place, "large.age", &of_large, Circumstances::default()));
    let (place, canaries) = with_age(18);
    assert_one_copy_each(&at_exec_of(&place, "v.age", &canaries, Circumstances::default()));
}

#[test]
fn nothing_is_left_at_the_end_of_any_command() {
    let (place, canaries) = with_age(10);
    place.write("wrong", "fake wrong passphrase of somebody\n");
    let with = ["--passphrase-file", "passphrase"];
    for arguments in [
        &["seal", "new.age", "--from", "source.env"][..],
        &["verify", "v.age", "--from", "source.env"],
        &["show", "v.age"],
        &["show", "v.age", "THIRD"],
        &["drill", "v.age"],
        &["run", "v.age", "--", "./not-there"],
    ] {
        let mut arguments = arguments.to_vec();
        arguments.splice(2..2, with);
        assert_nothing(&at_exit_of(&place, &canaries, &arguments));
    }
    let wrong = ["run", "v.age", "--passphrase-file", "wrong", "--", "true"];
    assert_nothing(&at_exit_of(&place, &canaries, &wrong));
}

#[test]
fn nothing_is_left_of_resealing() {
    let (place, mut canaries) = with_age(10);
    place.cheap("v.gpg", source());
    canaries.extend(keys(&place.read("v.gpg")).into_iter().skip(1));
    for arguments in [
        &["reseal", "v.gpg", "--keep-passphrase", "--to", "one.gpg"][..],
        &["reseal", "v.gpg", "--new-passphrase-file", "other", "--to", "two.gpg", "--armor"],
        &["reseal", "v.gpg", "--new-passphrase-file", "other", "--to", "three.age"],
        &["reseal", "v.age", "--new-passphrase-file", "other", "--to", "four.gpg"],
        &["reseal", "v.age", "--new-passphrase-file", "other", "--to", "v.gpg"],
        &["reseal", "v.gpg", "--new-passphrase-file", "other"],
    ] {
        let arguments = [arguments, &["--passphrase-file", "passphrase"]].concat();
        assert_nothing(&at_exit_of(&place, &canaries, &arguments));
    }
    // It did what it was asked for.
    let mut run = place.breakglass();
    run.args(["run", "three.age", "--passphrase-file", "other", "--", "printenv", "FIRST"]);
    assert_eq!(feed(&mut run, b"").stdout, format!("{}\n", SECRETS[0].1).as_bytes());
}
