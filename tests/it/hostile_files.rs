//! Files made by somebody who wants harm, or by accident: each is refused with the sentence that
//! is true of it, within bounded time and memory, and nothing is started or replaced.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use breakglass::error::misleads;
use sequoia_openpgp::Packet;
use sequoia_openpgp::crypto::{S2K, SessionKey};
use sequoia_openpgp::packet::{SKESK, skesk::SKESK4};
use sequoia_openpgp::serialize::Serialize;
use sequoia_openpgp::serialize::stream::{Encryptor, LiteralWriter, Message};
use sequoia_openpgp::types::{AEADAlgorithm, HashAlgorithm, SymmetricAlgorithm};

use crate::support::{
    PASSPHRASE, Place, assert_success, cheap_vault, feed, output, stderr, stdout,
};

const DOCUMENT: &[u8] = b"# breakglass 1\n# secrets: 1\nA='one'\n";

const CANNOT_OPEN: &str = "cannot open the vault: the passphrase is wrong or the file is damaged";
const NOT_A_VAULT: &str =
    "this is no vault: it is neither an OpenPGP message nor an age file, nor the text of one";
const NOT_ENCRYPTED: &str = "this OpenPGP message is not encrypted, so anybody may have written it";
const TRAILING: &str = "there is further data behind the encrypted message";
const SECOND: &str = "there is a second message behind the first one";
const TOO_MANY_KEYS: &str = "this message has more than 16 encrypted session keys";
const KEY_DERIVATION: &str = "this message's key derivation is unknown or asks for too much memory";
const NEWER: &str =
    "this message uses RFC 9580 encryption, which stock gpg cannot open and vaults do not use";
const TOO_LARGE_INSIDE: &str = "the vault holds more than 4 MiB";

/// No message of the program may tell of a panic, or come from a library.
fn assert_well_said(output: &Output) {
    let text = stderr(output);
    for word in ["panicked", "RUST_BACKTRACE", "internal error", "unwrap", "src/"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    for line in text.lines() {
        assert!(line.starts_with("breakglass: "), "{line}");
    }
}

fn assert_error(output: &Output, status: i32, sentence: &str) {
    assert_well_said(output);
    let text = stderr(output);
    assert_eq!(output.status.code(), Some(status), "{text}");
    let line = text.lines().find(|line| line.starts_with("breakglass: error: "));
    assert_eq!(line, Some(format!("breakglass: error: {sentence}").as_str()), "{text}");
    let hints = text.lines().filter(|line| line.starts_with("breakglass: hint: ")).count();
    assert!(hints <= 1, "{text}");
}

/// `run` must refuse the vault `name`: 125, the sentence, and the command does not run.
fn refuse_run(place: &Place, name: &str, sentence: &str) {
    refuse_run_with(place, name, &[], sentence);
}

fn refuse_run_with(place: &Place, name: &str, options: &[&str], sentence: &str) {
    let refused = output(place.run(name).args(options).args(["--", "touch", "started"]));
    assert_error(&refused, 125, sentence);
    assert_eq!(stdout(&refused), "");
    assert!(!place.path("started").exists(), "the command was started");
}

fn refuse_bytes(bytes: &[u8], sentence: &str) {
    let place = Place::new();
    place.write("v.gpg", bytes);
    refuse_run(&place, "v.gpg", sentence);
}

/// What `printenv NAME` prints when started from the vault.
fn value(place: &Place, vault: &str, options: &[&str], name: &str) -> String {
    let run = output(place.run(vault).args(options).args(["--", "printenv", name]));
    assert_success(&run);
    assert_well_said(&run);
    stdout(&run)
}

/// `seal` must refuse: status 1, the sentence, the old vault byte for byte, no file more.
fn refuse_seal(place: &Place, options: &[&str], source: &[u8], sentence: &str) {
    let old = cheap_vault(DOCUMENT, PASSPHRASE, false);
    place.write("old.env.gpg", &old);
    let before = place.names();
    let refused = feed(
        place
            .breakglass()
            .args(["seal", "old.env.gpg", "--passphrase-file", "passphrase", "--from", "-"])
            .args(options),
        source,
    );
    assert_error(&refused, 1, sentence);
    assert_eq!(stdout(&refused), "");
    assert!(place.read("old.env.gpg") == old, "the old vault was changed");
    assert_eq!(place.names(), before);
}

/// Runs a command under python3, which tells how much memory it took at most, in MB. What this process takes
/// would count for a child that it starts itself.
pub fn with_peak(place: &Place, command: &Command) -> (Output, u64) {
    const SCRIPT: &str = "import resource, subprocess, sys\n\
        code = subprocess.run(sys.argv[1:], close_fds=False).returncode\n\
        open('peak', 'w').write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))\n\
        sys.exit(code)";
    let mut python = place.command("python3");
    python.args(["-c", SCRIPT]).arg(command.get_program()).args(command.get_args());
    let output = output(&mut python);
    let kilobytes: u64 = String::from_utf8(place.read("peak")).unwrap().parse().unwrap();
    (output, kilobytes / 1024)
}

/// Refused with less than 100 MB.
fn refuse_bounded(bytes: &[u8], sentence: &str) {
    let place = Place::new();
    place.write("v.gpg", bytes);
    let (refused, peak) = with_peak(&place, place.run("v.gpg").args(["--", "touch", "started"]));
    assert_error(&refused, 125, sentence);
    assert!(!place.path("started").exists());
    assert!(peak < 100, "{peak} MB");
}

fn cheap() -> S2K {
    S2K::Iterated { hash: HashAlgorithm::SHA256, salt: *b"fakesalt", hash_bytes: 1024 }
}

/// A passphrase packet of version 4; `encrypted` is its encrypted session key.
fn key_packet(cipher: SymmetricAlgorithm, s2k: S2K, encrypted: Option<&[u8]>) -> Vec<u8> {
    let packet = SKESK4::new(cipher, s2k, encrypted.map(|bytes| bytes.to_vec().into())).unwrap();
    let mut bytes = Vec::new();
    Packet::from(SKESK::from(packet)).serialize(&mut bytes).unwrap();
    bytes
}

/// A container whose content is `packets`, not only literal data.
fn container(packets: &[u8], s2k: &S2K) -> Vec<u8> {
    let cipher = SymmetricAlgorithm::AES256;
    let key: SessionKey = s2k.derive_key(&PASSPHRASE.into(), 32).unwrap();
    let mut bytes = Vec::new();
    let message = Message::new(&mut bytes);
    let mut message = Encryptor::with_session_key(message, cipher, key).unwrap().build().unwrap();
    message.write_all(packets).unwrap();
    message.finalize().unwrap();
    bytes
}

/// A packet in the new format with a length of five octets.
fn packet(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[0xC0 | tag, 0xFF][..], &length, body].concat()
}

fn literal(document: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut message = LiteralWriter::new(Message::new(&mut bytes)).build().unwrap();
    message.write_all(document).unwrap();
    message.finalize().unwrap();
    bytes
}

fn vault_of(packets: &[u8]) -> Vec<u8> {
    let key = key_packet(SymmetricAlgorithm::AES256, cheap(), None);
    [key, container(packets, &cheap())].concat()
}

/// `gpg` with the passphrase of the place.
fn gpg(place: &Place, arguments: &[&str]) {
    let mut gpg = place.gpg("passphrase");
    gpg.args(["--s2k-mode", "3", "--s2k-count", "2048"]).args(arguments);
    assert_success(&output(&mut gpg));
}

#[test]
fn the_forge_makes_vaults_that_open() {
    // Else every refusal below could be one of a broken forge.
    let place = Place::new();
    place.write("v.gpg", vault_of(&literal(DOCUMENT)));
    assert_eq!(value(&place, "v.gpg", &[], "A"), "one\n");
}

#[test]
fn a_wrong_passphrase() {
    let place = Place::new();
    place.cheap("v.gpg", DOCUMENT);
    place.write("passphrase", "another passphrase, as strong 17\n");
    refuse_run(&place, "v.gpg", CANNOT_OPEN);
}

#[test]
fn messages_that_are_not_encrypted() {
    let place = Place::new();
    place.write("document", DOCUMENT);
    place.write("literal.gpg", literal(DOCUMENT));
    gpg(&place, &["--store", "--output", "stored.gpg", "document"]);
    gpg(&place, &["--store", "--compress-algo", "none", "--output", "plain.gpg", "document"]);
    gpg(&place, &["--store", "--armor", "--output", "armored.gpg", "document"]);
    for name in ["literal.gpg", "stored.gpg", "plain.gpg", "armored.gpg"] {
        refuse_run(&place, name, NOT_ENCRYPTED);
    }
}

/// Nobody here can check the signature, nor does anything rely on it.
#[test]
fn a_signature_within_the_container_changes_nothing() {
    let place = Place::new();
    place.write("document", DOCUMENT);
    gpg(&place, &["--quick-generate-key", "fake@example.org", "ed25519", "sign", "never"]);
    gpg(&place, &["--sign", "--symmetric", "--output", "v.gpg", "document"]);
    assert_eq!(value(&place, "v.gpg", &[], "A"), "one\n");
}

#[test]
fn messages_for_keys() {
    let place = Place::new();
    place.write("document", DOCUMENT);
    gpg(&place, &["--quick-generate-key", "fake@example.org", "rsa2048", "sign,encr", "never"]);
    gpg(&place, &["--sign", "--output", "signed.gpg", "document"]);
    gpg(
        &place,
        &[
            "--trust-model",
            "always",
            "--recipient",
            "fake@example.org",
            "--encrypt",
            "--output",
            "to-key.gpg",
            "document",
        ],
    );
    refuse_run(&place, "signed.gpg", NOT_ENCRYPTED);
    refuse_run(&place, "to-key.gpg", "this message is encrypted to a key, not with a passphrase");
}

#[test]
fn anything_behind_the_message() {
    let place = Place::new();
    place.write("document", DOCUMENT);
    gpg(&place, &["--symmetric", "--compress-algo", "zip", "--output", "zip.gpg", "document"]);
    let zip = place.read("zip.gpg");
    let cheap = cheap_vault(DOCUMENT, PASSPHRASE, false);
    for vault in [&cheap, &zip] {
        for (behind, sentence) in [
            (&b"\0"[..], TRAILING),
            (b"\n", TRAILING),
            (b"A='injected'\n", TRAILING),
            (b"\xFF\xFF\xFF", TRAILING),
            (&[0xB0; 100], TRAILING),
            (&literal(b"A='two'\n"), SECOND),
            (&cheap_vault(b"A='two'\n", PASSPHRASE, false), SECOND),
            (&zip, SECOND),
        ] {
            place.write("v.gpg", [vault, behind].concat());
            refuse_run(&place, "v.gpg", sentence);
        }
    }
    let armored = cheap_vault(DOCUMENT, PASSPHRASE, true);
    let second = cheap_vault(b"A='two'\n", PASSPHRASE, true);
    place.write("v.gpg", [&armored[..], &second].concat());
    refuse_run(&place, "v.gpg", SECOND);
    place.write("v.gpg", [&armored[..], b"\n\n", &second].concat());
    refuse_run(&place, "v.gpg", SECOND);
}

#[test]
fn a_note_around_armored_text_changes_nothing() {
    let place = Place::new();
    let armored = cheap_vault(DOCUMENT, PASSPHRASE, true);
    place.write("v.gpg", [b"for the safe:\n\n", &armored[..], b"\nA='injected'\n"].concat());
    assert_eq!(value(&place, "v.gpg", &[], "A"), "one\n");
}

#[test]
fn garbage_within_the_container() {
    for packets in [
        &b""[..],
        b"A='one'\n",
        &[literal(DOCUMENT), literal(b"A='two'\n")].concat(),
        &[literal(DOCUMENT), b"\0".to_vec()].concat(),
        // A digest of its own before the true one, a container within the container.
        &[literal(DOCUMENT), packet(19, &[0x5A; 20])].concat(),
        &container(&literal(DOCUMENT), &cheap()),
        &vault_of(&literal(DOCUMENT)),
        // Stored as it is (0), without and with a document, behind the document.
        &packet(8, b"\0"),
        &[literal(DOCUMENT), packet(8, &[b"\0", &literal(b"A='two'\n")[..]].concat())].concat(),
        &packet(8, b"\x01garbage"),
        &packet(8, b"\x63garbage"),
        &vec![0xB0; 1000],
    ] {
        refuse_bytes(&vault_of(packets), CANNOT_OPEN);
    }
}

/// A compressed packet that holds a literal one of 1 GiB of zeros.
fn zip_bomb(place: &Place) -> Vec<u8> {
    // After a full flush the compressor knows nothing of what was before, so one piece can be
    // repeated.
    const SCRIPT: &str = "import struct, sys, zlib\n\
        size = 1 << 30\n\
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)\n\
        out = packer.compress(b'\\xcb\\xff' + struct.pack('>I', size + 6) + b'b' + bytes(5))\n\
        out += packer.flush(zlib.Z_FULL_FLUSH)\n\
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)\n\
        piece = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)\n\
        sys.stdout.buffer.write(out + piece * 1024 + packer.flush())";
    let python = output(place.command("python3").args(["-c", SCRIPT]));
    assert_success(&python);
    [&[1], &python.stdout[..]].concat()
}

/// The same, made once by python3's bz2: packet header and format octets, then 1 GiB of zeros.
const BZIP2_BOMB: &[u8] = include_bytes!("../vectors/bomb.bz2");

#[test]
fn compression_bombs() {
    for bomb in [zip_bomb(&Place::new()), [&[3], BZIP2_BOMB].concat()] {
        let compressed = packet(8, &bomb);
        refuse_bounded(&vault_of(&compressed), TOO_LARGE_INSIDE);
        // Nobody needs the passphrase for this one.
        refuse_bounded(&compressed, NOT_ENCRYPTED);
        // Behind the message, where it must not be looked into.
        let vault = cheap_vault(DOCUMENT, PASSPHRASE, false);
        refuse_bounded(&[vault, compressed].concat(), SECOND);
    }
}

/// `document` in so many layers of compression, each hardly larger than the one within.
fn layers(count: usize) -> Vec<u8> {
    let mut packets = literal(DOCUMENT);
    for _ in 0..count {
        // Raw deflate (1), and in it one last block (1) that is stored as it is (RFC 1951, 3.2.4).
        let length = u16::try_from(packets.len()).unwrap();
        let block = [length.to_le_bytes(), (!length).to_le_bytes()].concat();
        packets = packet(8, &[&[1, 1], &block[..], &packets].concat());
    }
    vault_of(&packets)
}

#[test]
fn compression_within_compression() {
    let place = Place::new();
    place.write("v.gpg", layers(2));
    assert_eq!(value(&place, "v.gpg", &[], "A"), "one\n");
    refuse_bytes(&layers(40), CANNOT_OPEN);
    refuse_bytes(&layers(1000), CANNOT_OPEN);
}

#[test]
fn a_document_larger_than_4_mib() {
    let document = [b"A='", &vec![b'x'; 4 * 1024 * 1024][..], b"'\n"].concat();
    refuse_bounded(&vault_of(&literal(&document)), TOO_LARGE_INSIDE);
}

#[test]
fn many_slow_key_derivations_end() {
    let slow =
        S2K::Iterated { hash: HashAlgorithm::SHA512, salt: *b"fakesalt", hash_bytes: 65_011_712 };
    // None of them is the key: 33 bytes, as an encrypted AES-256 key has.
    let key = key_packet(SymmetricAlgorithm::AES256, slow, Some(&[7; 33]));
    let tail = container(&literal(DOCUMENT), &cheap());
    refuse_bounded(&[key.repeat(16), tail.clone()].concat(), CANNOT_OPEN);
    refuse_bounded(&[key.repeat(17), tail].concat(), TOO_MANY_KEYS);
}

#[test]
fn the_right_key_may_be_the_sixteenth() {
    let place = Place::new();
    let wrong = key_packet(SymmetricAlgorithm::AES256, cheap(), Some(&[7; 33]));
    let right = key_packet(SymmetricAlgorithm::AES256, cheap(), None);
    let tail = container(&literal(DOCUMENT), &cheap());
    place.write("v.gpg", [wrong.repeat(15), right, tail].concat());
    assert_eq!(value(&place, "v.gpg", &[], "A"), "one\n");
}

#[test]
fn files_full_of_key_packets() {
    let tail = container(&literal(DOCUMENT), &cheap());
    let room = 8 * 1024 * 1024 - tail.len() - 100;
    let right = key_packet(SymmetricAlgorithm::AES256, cheap(), None);
    for (one, sentence) in [
        (key_packet(SymmetricAlgorithm::AES256, cheap(), None), TOO_MANY_KEYS),
        // For a public key, version 3, RSA.
        (packet(1, &[&[3][..], &[0; 8], &[1, 0, 1, 1]].concat()), TOO_MANY_KEYS),
        // Versions that no gpg opens, and one that nobody knows.
        (packet(3, &[5, 9, 2, 3, 8]), TOO_MANY_KEYS),
        (packet(3, &[6, 9, 2, 3, 8]), TOO_MANY_KEYS),
        (packet(3, &[99]), TOO_MANY_KEYS),
        (vec![0xC3, 1, 99], TOO_MANY_KEYS),
        // A marker.
        (vec![0xCA, 3, b'P', b'G', b'P'], NOT_A_VAULT),
    ] {
        let flood = one.repeat(room / one.len());
        refuse_bounded(&[&flood[..], &tail].concat(), sentence);
        refuse_bounded(&[&right[..], &flood, &tail].concat(), sentence);
    }
}

#[test]
fn argon2() {
    let place = Place::new();
    let argon2 = |m, t, p| S2K::Argon2 { salt: [7; 16], t, p, m };
    let small = argon2(10, 1, 1);
    let key = key_packet(SymmetricAlgorithm::AES256, small.clone(), None);
    place.write("small.gpg", [key, container(&literal(DOCUMENT), &small)].concat());
    assert_eq!(value(&place, "small.gpg", &[], "A"), "one\n");
    let tail = container(&literal(DOCUMENT), &cheap());
    for s2k in [
        argon2(19, 1, 1),
        argon2(31, 1, 1),
        argon2(255, 1, 1),
        argon2(10, 255, 1),
        argon2(10, 1, 255),
    ] {
        let key = key_packet(SymmetricAlgorithm::AES256, s2k, None);
        refuse_bounded(&[&key[..], &tail].concat(), KEY_DERIVATION);
        // Behind one that would do, too.
        let right = key_packet(SymmetricAlgorithm::AES256, cheap(), None);
        refuse_bounded(&[&right[..], &key, &tail].concat(), KEY_DERIVATION);
    }
    // What Argon2 itself does not accept.
    for s2k in [argon2(10, 0, 1), argon2(10, 1, 0), argon2(0, 1, 1)] {
        let key = key_packet(SymmetricAlgorithm::AES256, s2k, None);
        refuse_bytes(&[&key[..], &tail].concat(), KEY_DERIVATION);
    }
}

#[test]
fn newer_and_other_encryption() {
    let mut newer = Vec::new();
    let message = Encryptor::with_passwords(Message::new(&mut newer), [PASSPHRASE])
        .aead_algo(AEADAlgorithm::OCB)
        .build()
        .unwrap();
    let mut message = LiteralWriter::new(message).build().unwrap();
    message.write_all(DOCUMENT).unwrap();
    message.finalize().unwrap();
    refuse_bytes(&newer, NEWER);
    let key = key_packet(SymmetricAlgorithm::AES256, cheap(), None);
    let no_mdc = [&key[..], &packet(9, &[7; 100])].concat();
    refuse_bytes(
        &no_mdc,
        "this message has no integrity protection (MDC), so anybody may have changed it",
    );
    refuse_bytes(
        &packet(9, &[7; 100]),
        "this message has no integrity protection (MDC), so anybody may have changed it",
    );
    let of_gnupg =
        [&key[..], &packet(20, &[[1, 9, 2, 16].as_slice(), &[7; 100]].concat())].concat();
    refuse_bytes(
        &of_gnupg,
        "this message uses GnuPG's own AEAD packet (gpg --force-ocb), which only GnuPG reads",
    );
}

#[test]
#[allow(deprecated, reason = "weak ciphers are named to see them refused")]
fn ciphers() {
    let tail = container(&literal(DOCUMENT), &cheap());
    for (cipher, name) in [
        (SymmetricAlgorithm::IDEA, "IDEA"),
        (SymmetricAlgorithm::TripleDES, "3DES"),
        (SymmetricAlgorithm::CAST5, "CAST5"),
        (SymmetricAlgorithm::Blowfish, "Blowfish"),
        (SymmetricAlgorithm::Unencrypted, "no cipher at all"),
        (SymmetricAlgorithm::Unknown(200), "an unknown cipher"),
    ] {
        let key = key_packet(cipher, cheap(), None);
        let sentence =
            format!("this message is encrypted with {name}, which is too weak or unknown");
        refuse_bytes(&[&key[..], &tail].concat(), &sentence);
    }
    let place = Place::new();
    place.write("document", DOCUMENT);
    for cipher in
        ["AES", "AES192", "AES256", "CAMELLIA128", "CAMELLIA192", "CAMELLIA256", "TWOFISH"]
    {
        gpg(&place, &["--symmetric", "--cipher-algo", cipher, "--output", "v.gpg", "document"]);
        assert_eq!(value(&place, "v.gpg", &[], "A"), "one\n", "{cipher}");
    }
}

#[test]
fn files_that_are_no_vaults() {
    let place = Place::new();
    let too_large = "is larger than 8 MiB";
    place.write("large.gpg", vec![0x8C; 8 * 1024 * 1024 + 1]);
    refuse_run(&place, "large.gpg", &format!("'large.gpg' {too_large}"));
    place.write("full.gpg", vec![b'x'; 8 * 1024 * 1024]);
    refuse_run(&place, "full.gpg", NOT_A_VAULT);
    refuse_run(&place, "/dev/zero", "'/dev/zero' is not a file");
    refuse_run(&place, "home", "'home' is not a file");
    refuse_run(&place, "missing.gpg", "cannot read 'missing.gpg': no such file or directory");
    refuse_run(&place, "passphrase/v", "cannot read 'passphrase/v': not a directory");
    refuse_run(&place, "", "a value is required for '<VAULT>' but none was supplied");
    place.write("empty.gpg", b"");
    refuse_run(&place, "empty.gpg", NOT_A_VAULT);
    for bytes in [
        &b"\0"[..],
        b"\x80",
        b"\xFF",
        b"\x8C",
        b"\xC3\x0D\x04",
        b"hello\n",
        b"-----BEGIN PGP MESSAGE-----",
        b"-----BEGIN PGP MESSAGE-----\n\n-----END PGP MESSAGE-----\n",
        b"-----BEGIN PGP MESSAGE-----\n\nnot base64\n=AAAA\n-----END PGP MESSAGE-----\n",
        b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n-----END PGP PUBLIC KEY BLOCK-----\n",
        DOCUMENT,
    ] {
        place.write("v.gpg", bytes);
        let cut_off = bytes.starts_with(b"-----BEGIN PGP MESSAGE") || bytes.starts_with(b"\xC3");
        let sentence = if cut_off { "the vault is cut off or damaged" } else { NOT_A_VAULT };
        refuse_run(&place, "v.gpg", sentence);
    }
    for age in ["age-encryption.org/v1\n-> scrypt x 18\n", "-----BEGIN AGE ENCRYPTED FILE-----\n"] {
        place.write("v.age", age);
        refuse_run(&place, "v.age", "the vault is cut off or damaged");
    }
}

#[test]
fn endless_input_ends() {
    let place = Place::new();
    let zeros = std::fs::File::open("/dev/zero").unwrap();
    let refused = output(place.run("-").args(["--", "touch", "started"]).stdin(zeros));
    assert_error(&refused, 125, "'-' is larger than 8 MiB");
    let mut seal = place.breakglass();
    seal.args(["seal", "v.env.gpg", "--passphrase-file", "passphrase", "--", "cat", "/dev/zero"]);
    assert_error(&output(&mut seal), 1, "'cat' is larger than 8 MiB");
    let mut show = place.breakglass();
    show.args(["show", "v.env.gpg", "--passphrase-file", "/dev/zero"]);
    assert_error(&output(&mut show), 1, "the passphrase is longer than 1024 bytes");
    assert!(!place.path("started").exists() && !place.path("v.env.gpg").exists());
}

#[test]
fn a_pipe_as_a_vault() {
    let place = Place::new();
    assert_success(&output(place.command("mkfifo").arg("fifo")));
    for (bytes, sentence) in
        [(cheap_vault(DOCUMENT, PASSPHRASE, false), None), (vec![], Some(NOT_A_VAULT))]
    {
        let path = place.path("fifo");
        let writer = std::thread::spawn(move || std::fs::write(path, bytes).unwrap());
        match sentence {
            None => assert_eq!(value(&place, "fifo", &[], "A"), "one\n"),
            Some(sentence) => refuse_run(&place, "fifo", sentence),
        }
        writer.join().unwrap();
    }
}

#[test]
fn a_pipe_as_a_target_does_not_block() {
    let place = Place::new();
    assert_success(&output(place.command("mkfifo").arg("fifo.env.gpg")));
    // SIGTERM is held back while a vault is replaced.
    let mut seal = place.command("timeout");
    seal.args(["-s", "KILL", "20"]).arg(env!("CARGO_BIN_EXE_breakglass"));
    seal.args(["seal", "fifo.env.gpg", "--from", "-", "--passphrase-file", "passphrase"]);
    assert_error(&feed(&mut seal, b"A=1\n"), 1, "'fifo.env.gpg' is not a file");
    assert_eq!(place.names(), ["fifo.env.gpg", "gnupg", "home", "passphrase"]);
}

#[test]
fn an_unreadable_file() {
    let place = Place::new();
    place.cheap("v.gpg", DOCUMENT);
    std::fs::set_permissions(place.path("v.gpg"), std::fs::Permissions::from_mode(0o0)).unwrap();
    // root reads everything, unless the capabilities for that are taken away.
    let mut command = if rustix::process::geteuid().is_root() {
        let mut command = place.command("setpriv");
        command.args(["--bounding-set", "-dac_override,-dac_read_search"]);
        command.args(["--inh-caps", "-dac_override,-dac_read_search"]);
        command.arg(env!("CARGO_BIN_EXE_breakglass"));
        command
    } else {
        place.breakglass()
    };
    command.args(["run", "v.gpg", "--passphrase-file", "passphrase", "--", "touch", "started"]);
    assert_error(&output(&mut command), 125, "cannot read 'v.gpg': permission denied");
    assert!(!place.path("started").exists());
}

#[test]
fn documents_that_run_refuses() {
    let place = Place::new();
    for (document, sentence) in [
        (&b"A='open\n"[..], "line 1 (A): a quote or a backslash is left open"),
        (b"A;b='x'\n", "line 1: what stands before '=' is not a name that a shell accepts"),
        (b"A-B='x'\n", "line 1: what stands before '=' is not a name that a shell accepts"),
        (b"A=1;touch started\n", "line 1 (A): a shell would read more than one plain assignment"),
        (b"A=1 touch started\n", "line 1 (A): a shell would read more than one plain assignment"),
        (b"touch started\n", "line 1 is not an assignment NAME=value"),
        (b"A='\xFF'\n", "line 1: the value of A is not UTF-8"),
        (b"A='\0'\n", "line 1: the value of A holds a NUL byte, which no environment can carry"),
        (b"# breakglass 2\nA='1'\n", "the document was written by a later version of breakglass"),
        (b"# breakglass 10\n", "the document was written by a later version of breakglass"),
        (b"", "there is not one secret in it"),
        (b"# breakglass 1\n# secrets: 0\n", "there is not one secret in it"),
        (b"{}", "there is not one secret in it"),
        (
            b"{\"A\":\"x\\u0000\"}",
            "line 1: the value of A holds a NUL byte, which no environment can carry",
        ),
        (b"{\"A\":1}", "line 1: the JSON value of A is not a string"),
        (b"[", "line 1: the JSON is broken"),
    ] {
        place.cheap("v.gpg", document);
        refuse_run(&place, "v.gpg", sentence);
    }
}

/// JSON can say names that would become something else in an environment: `A=B` would set A.
#[test]
fn names_that_no_environment_holds() {
    let place = Place::new();
    for (name, shown) in [
        ("A;b", "A;b"),
        ("PATH=/tmp/evil:", "PATH=/tmp/evil:"),
        ("A=B", "A=B"),
        ("", ""),
        ("=", "="),
        ("A B", "A B"),
        ("A\\nB", "A\\nB"),
        ("A\\u0000B", "A\\u{0}B"),
        ("\\u001b[31mA\\u202e", "\\u{1b}[31mA\\u{202e}"),
        ("Ä", "Ä"),
    ] {
        place.cheap("v.gpg", format!("{{\"{name}\":\"x\",\"GOOD\":\"1\"}}"));
        refuse_run(
            &place,
            "v.gpg",
            &format!("the vault holds names that no environment can hold: {shown}"),
        );
        let drill = output(place.breakglass().args([
            "drill",
            "v.gpg",
            "--passphrase-file",
            "passphrase",
            "--",
            "touch",
            "started",
        ]));
        assert_error(
            &drill,
            1,
            &format!("the vault holds names that no environment can hold: {shown}"),
        );
        assert!(!place.path("started").exists());
        assert_eq!(value(&place, "v.gpg", &["--only", "GOOD"], "GOOD"), "1\n");
    }
}

#[test]
fn headers_of_other_hands() {
    let place = Place::new();
    let odd = "# breakglass 1\n# sealed: yesterday\n# source: \u{1b}[2J\u{202e}\u{7}evil\u{9b}31m\n# allowed: \u{1b}c,,B\n\
        # skipped: \u{202e}x\n# secrets: 7\n#\n# later: \u{1b}[31m\n#no blank\nA='one'\n";
    place.cheap("v.gpg", odd);
    assert_eq!(value(&place, "v.gpg", &[], "A"), "one\n");
    for arguments in [
        &["show", "v.gpg"][..],
        &["show", "v.gpg", "--json"],
        &["verify", "v.gpg", "--offline"],
        &["verify", "v.gpg", "--offline", "--json"],
        &["run", "v.gpg"],
        &["drill", "v.gpg"],
    ] {
        let mut command = place.breakglass();
        command.args(arguments).args(["--passphrase-file", "passphrase"]);
        if arguments[0] == "run" {
            command.args(["--", "true"]);
        }
        let output = output(&mut command);
        assert_clean(&output);
        assert!(
            stderr(&output).contains("warning: the header says 7 secrets, the document holds 1"),
            "{arguments:?}: {}",
            stderr(&output)
        );
    }
}

/// Nothing in an output may steer a terminal.
fn assert_clean(output: &Output) {
    for text in [stdout(output), stderr(output)] {
        assert!(!text.contains('\u{FFFD}'), "{text:?}");
        let found = text.chars().find(|character| misleads(*character) && *character != '\n');
        assert_eq!(found, None, "{text:?}");
    }
    assert_well_said(output);
}

#[test]
fn names_and_paths_that_would_steer_a_terminal() {
    let place = Place::new();
    let evil = "\u{1b}[31mv\u{202e}\u{9b}\r\n\u{7}.gpg";
    place.cheap(
        evil,
        "{\"\u{1b}[2JN\u{202e}\":\"x\",\"\\u001b]0;t\\u0007\":\"y\"}".replace('\u{1b}', "\\u001b"),
    );
    place.write("source.json", "{\"A\":\"1\"}");
    for arguments in [
        vec!["show", evil],
        vec!["show", evil, "--json"],
        vec!["show", evil, evil],
        vec!["verify", evil, "--offline"],
        vec!["verify", evil, "--offline", "--json"],
        vec!["verify", evil, "--from", "source.json"],
        vec!["verify", evil, "--from", "source.json", "--json"],
        vec!["verify", evil, "--from", evil],
        vec!["verify", evil, "--", evil],
        vec!["show", "\u{1b}c\u{2066}missing"],
        vec!["run", evil, "--", "true"],
        vec!["run", evil, "--only", evil, "--", "true"],
        vec!["run", evil, "--only", "*", "--", evil],
        vec!["drill", evil],
        vec!["drill", evil, "--", evil],
        vec!["seal", evil, "--from", evil],
        vec!["seal", evil, "--", evil],
        vec!["seal", evil, "--from", "source.json", "--allow-skip", evil],
        vec!["\u{1b}[31m\u{202e}"],
        vec!["show", "--\u{1b}[31m\u{202e}"],
        vec!["verify", "v", "--max-age", "\u{1b}[31m\u{202e}"],
        vec!["run", "v", "\u{9b}31m\u{202e}"],
    ] {
        let mut command = place.breakglass();
        if arguments.len() > 1 {
            command.args([arguments[0], "--passphrase-file", "passphrase"]).args(&arguments[1..]);
        } else {
            command.args(&arguments);
        }
        let output = output(&mut command);
        assert_clean(&output);
    }
    // Escaped in JSON, a name is still that name.
    let show = output(place.breakglass().args([
        "show",
        evil,
        "--json",
        "--passphrase-file",
        "passphrase",
    ]));
    let facts: serde_json::Value = serde_json::from_str(&stdout(&show)).unwrap();
    assert_eq!(facts["vault"], evil);
    assert_eq!(facts["unusable"][0], "\u{1b}[2JN\u{202e}");
    // Bytes that are not UTF-8.
    let raw = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"v\xFF\x9B31m");
    for verb in ["show", "verify"] {
        let output =
            output(place.breakglass().arg(verb).arg(raw).args(["--passphrase-file", "passphrase"]));
        assert_clean(&output);
        assert!(
            (stderr(&output) + &stdout(&output)).contains("'v\\xff\\x9b31m'"),
            "{}",
            stderr(&output)
        );
    }
}

#[test]
fn steering_names_in_a_vault_of_other_hands() {
    let place = Place::new();
    for name in [
        "LD_PRELOAD",
        "NODE_OPTIONS",
        "PATH",
        "BASH_ENV",
        "BREAKGLASS_X",
        "IFS",
        "HOME",
        "PM2_HOME",
        "npm_config_prefix",
    ] {
        let document = format!("GOOD='1'\n{name}='x y'\n");
        place.cheap("v.gpg", &document);
        let sentence = format!(
            "the vault does not allow these names, which steer the programs that get them: {name}"
        );
        refuse_run(&place, "v.gpg", &sentence);
        refuse_run_with(&place, "v.gpg", &["--allow", "OTHER"], &sentence);
        let drill =
            output(place.breakglass().args(["drill", "v.gpg", "--passphrase-file", "passphrase"]));
        assert_error(&drill, 1, &sentence);
        for options in [["--except", name], ["--only", "GOOD"]] {
            assert_eq!(value(&place, "v.gpg", &options, "GOOD"), "1\n");
        }
        // The loader would complain, and PATH would lead nowhere: the whole path of a program
        // that is started without looking at them.
        if !["LD_PRELOAD", "PATH"].contains(&name) {
            assert_eq!(value(&place, "v.gpg", &["--allow", name], name), "x y\n");
            place.cheap(
                "v.gpg",
                format!("# breakglass 1\n# secrets: 2\n# allowed: {name}\n{document}"),
            );
            assert_eq!(value(&place, "v.gpg", &[], name), "x y\n");
        }
    }
}

#[test]
fn steering_names_when_sealing() {
    let place = Place::new();
    let sentence = "these names steer the programs that get them: NODE_OPTIONS, PATH";
    let source = b"A=1\nNODE_OPTIONS=--no-warnings\nPATH=/bin:/usr/bin\n";
    refuse_seal(&place, &[], source, sentence);
    refuse_seal(
        &place,
        &["--allow", "PATH"],
        source,
        "these names steer the programs that get them: NODE_OPTIONS",
    );
    let sealed = feed(
        place.breakglass().args([
            "seal",
            "v.env.gpg",
            "--passphrase-file",
            "passphrase",
            "--from",
            "-",
            "--allow",
            "NODE_OPTIONS,PATH",
        ]),
        source,
    );
    assert_success(&sealed);
    assert!(stderr(&sealed).contains(
        "warning: allowed, and will steer the programs that get them: NODE_OPTIONS, PATH"
    ));
    assert_eq!(value(&place, "v.env.gpg", &[], "NODE_OPTIONS"), "--no-warnings\n");
    assert_eq!(value(&place, "v.env.gpg", &[], "PATH"), "/bin:/usr/bin\n");
}

#[test]
fn names_that_seal_refuses() {
    let place = Place::new();
    let json = br#"{"A;b":"1","C-D":"2","GOOD":"3"}"#;
    refuse_seal(&place, &[], json, "a shell cannot hold these names: A;b, C-D");
    refuse_seal(&place, &["--allow-skip", "C-D"], json, "a shell cannot hold these names: A;b");
    refuse_seal(
        &place,
        &[],
        b"A;b=1\n",
        "line 1: what stands before '=' is not a name that a shell accepts",
    );
    refuse_seal(
        &place,
        &[],
        b"UID=1\nPPID=2\n",
        "a shell, or breakglass, sets these names itself: PPID, UID",
    );
    refuse_seal(
        &place,
        &["--allow-skip", "A\nB='evil'"],
        br#"{"A\nB='evil'":"1","GOOD":"3"}"#,
        "a control character cannot stand in the document's header",
    );
    let sealed = feed(
        place.breakglass().args([
            "seal",
            "v.env.gpg",
            "--passphrase-file",
            "passphrase",
            "--from",
            "-",
            "--allow-skip",
            "A;b,C-D",
        ]),
        json,
    );
    assert_success(&sealed);
    assert!(
        stderr(&sealed).contains("warning: left out, as asked: A;b, C-D"),
        "{}",
        stderr(&sealed)
    );
    let show = output(place.breakglass().args([
        "show",
        "v.env.gpg",
        "--json",
        "--passphrase-file",
        "passphrase",
    ]));
    assert!(stdout(&show).contains(r#""skipped":["A;b","C-D"]"#), "{}", stdout(&show));
    assert!(stdout(&show).contains(r#""names":["GOOD"]"#), "{}", stdout(&show));
}

#[test]
fn sources_that_seal_refuses() {
    let place = Place::new();
    let long = format!("A='{}'\n", "x".repeat(131_072 - 3 + 1));
    let many: String = (0..20).map(|n| format!("N{n}='{}'\n", "x".repeat(100_000))).collect();
    let document = format!("A='{}'\n", "x".repeat(4 * 1024 * 1024));
    for (source, sentence) in [
        (&b"A=1\nB=2\nA=3\n"[..], "line 3: A occurs a second time"),
        (b"{\"A\":\"1\",\"A\":\"1\"}", "line 1: A occurs a second time"),
        (
            b"[{\"key\":\"A\",\"value\":\"1\"},{\"key\":\"A\",\"value\":\"2\"}]",
            "line 1: A occurs a second time",
        ),
        (b"A='\xFF'\n", "line 1: the value of A is not UTF-8"),
        (b"{\"A\":\"\xFF\"}", "line 1: the JSON is broken"),
        (
            b"{\"A\":\"x\\u0000\"}",
            "line 1: the value of A holds a NUL byte, which no environment can carry",
        ),
        (b"A='x\0'\n", "line 1: the value of A holds a NUL byte, which no environment can carry"),
        (long.as_bytes(), "too long for an environment, NAME=value may take 131,071 bytes: A"),
        (
            many.as_bytes(),
            "secrets, environment and arguments together are too large for a new process",
        ),
        (document.as_bytes(), "too long for an environment, NAME=value may take 131,071 bytes: A"),
        (b"# breakglass 2\nA='1'\n", "the document was written by a later version of breakglass"),
        (
            b"# breakglass 1\n# secrets: 2\nA='1'\n",
            "the document holds another number of secrets than its header says",
        ),
        (b"", "there is not one secret in it"),
        (b"\n# nothing\n", "there is not one secret in it"),
        (b"A='1\n", "line 1 (A): a quote or a backslash is left open"),
        (b"A=$HOME\n", "line 1 (A): a shell would expand '$', '`', '~' or '{' here"),
        (b"A=`id`\n", "line 1 (A): a shell would expand '$', '`', '~' or '{' here"),
        (b"A=1\r\n", "line 1 ends in CR LF, and a shell would keep the CR in the value"),
        (
            b"\xEF\xBB\xBFA=1\n",
            "line 1 begins with a byte order mark, which a shell would take for part of a command",
        ),
        (b"\x8C\x0D\x04\x09\x03", "line 1 is not an assignment NAME=value"),
    ] {
        refuse_seal(&place, &[], source, sentence);
    }
    refuse_seal(&place, &[], &vec![b'#'; 8 * 1024 * 1024 + 1], "'-' is larger than 8 MiB");
    let longest = format!("A='{}'\n", "x".repeat(131_072 - 3));
    place.seal("v.env.gpg", &longest);
    assert_eq!(value(&place, "v.env.gpg", &[], "A").len(), 131_072 - 3 + 1);
}

#[test]
fn values_that_do_not_fit_into_an_environment() {
    let place = Place::new();
    place.cheap("v.gpg", format!("A='{}'\nB='1'\n", "x".repeat(131_072 - 2)));
    refuse_run(
        &place,
        "v.gpg",
        "too long for an environment, NAME=value may take 131,071 bytes: A",
    );
    assert_eq!(value(&place, "v.gpg", &["--except", "A"], "B"), "1\n");
    let total = "secrets, environment and arguments together are too large for a new process";
    let many: String = (0..30).map(|n| format!("N{n}='{}'\n", "x".repeat(100_000))).collect();
    place.cheap("v.gpg", &many);
    refuse_run(&place, "v.gpg", total);
    assert_eq!(value(&place, "v.gpg", &["--only", "N1"], "N1").len(), 100_001);
    // A small stack leaves a quarter of it, but always 128 KiB.
    let few: String = (0..4).map(|n| format!("N{n}='{}'\n", "x".repeat(50_000))).collect();
    place.cheap("v.gpg", &few);
    assert_eq!(value(&place, "v.gpg", &[], "N1").len(), 50_001);
    let mut small = place.command("prlimit");
    small.args(["--stack=524288", env!("CARGO_BIN_EXE_breakglass"), "run", "v.gpg"]);
    small.args(["--passphrase-file", "passphrase", "--", "touch", "started"]);
    assert_error(&output(&mut small), 125, total);
    assert!(!place.path("started").exists());
}

#[test]
fn sources_that_fail() {
    let place = Place::new();
    let old = cheap_vault(DOCUMENT, PASSPHRASE, false);
    place.write("v.env.gpg", &old);
    for (command, sentence) in [
        (&["sh", "-c", "echo A=1; exit 3"][..], "the source 'sh' failed: exit status 3"),
        (&["sh", "-c", "echo A=1; kill -9 $$"], "the source 'sh' failed: signal 9"),
        (&["true"], "the source 'true' printed nothing"),
        (&["echo"], "there is not one secret in it"),
        (&["no-such-program"], "command not found: 'no-such-program'"),
        (&["./passphrase"], "cannot execute './passphrase': permission denied"),
        (&[""], "command not found: ''"),
    ] {
        let mut seal = place.breakglass();
        seal.args(["seal", "v.env.gpg", "--passphrase-file", "passphrase", "--"]).args(command);
        assert_error(&output(&mut seal), 1, sentence);
        assert!(place.read("v.env.gpg") == old, "the old vault was changed");
        assert_eq!(place.names(), ["gnupg", "home", "passphrase", "v.env.gpg"]);
    }
}

#[test]
fn targets_that_are_not_replaced() {
    let place = Place::new();
    place.write("notes", "not a vault");
    let refused = |name: &str, sentence: &str| {
        let mut seal = place.breakglass();
        seal.args(["seal", name, "--passphrase-file", "passphrase", "--from", "-"]);
        assert_error(&feed(&mut seal, b"A=1\n"), 1, sentence);
    };
    refused("notes", "'notes' exists and is not a vault, so it is not replaced");
    assert_eq!(place.read("notes"), b"not a vault");
    refused("home", "'home' is not a file");
    refused("missing/v.env.gpg", "cannot write 'missing/v.env.gpg': no such file or directory");
    assert_eq!(place.names(), ["gnupg", "home", "notes", "passphrase"]);
}
