//! age, and text that holds a vault: no bytes make parsing or opening panic, hang or grow, and what opens is
//! the document that was sealed. All seeds hold seeds/document/sealed.txt under one passphrase.

#![no_main]

use std::sync::OnceLock;

use breakglass::memory::{Passphrase, Region};
use breakglass::vault::{Derivation, Vault, is_within_text, is_sealed};
use breakglass_fuzz::{quiet_panics, require};
use libfuzzer_sys::{Corpus, fuzz_target};

const DOCUMENT: &[u8] = include_bytes!("../seeds/document/sealed.txt");

const PASSPHRASE: &[u8] = b"correct horse battery staple 42";

/// The largest work factor that is opened: 64 KiB.
const AFFORDABLE: u8 = 6;

fuzz_target!(|bytes: &[u8]| -> Corpus {
    quiet_panics();
    let vault = match Vault::parse(bytes) {
        Ok(vault) => vault,
        Err(error) => {
            let _ = error.to_string();
            require(!is_within_text(bytes), "a vault within text that is none");
            return Corpus::Keep;
        }
    };
    require(is_sealed(bytes) != is_within_text(bytes), "neither alone nor within text");
    require(vault.facts().armored || is_sealed(bytes), "a binary vault within text");
    let Ok(armor) = vault.to_armor() else {
        require(false, "a vault has no text form");
        return Corpus::Reject;
    };
    let Ok(copy) = Vault::parse(&armor) else {
        require(false, "the text form cannot be read");
        return Corpus::Reject;
    };
    require(vault.digest() == copy.digest(), "the text form is of another message");
    require(is_sealed(&armor), "the text form holds something else");
    if let Derivation::Scrypt { work_factor: ..=AFFORDABLE } = vault.facts().derivation
        && let Ok(document) = vault.open(passphrase(), &|_| {})
    {
        require(document.expose() == DOCUMENT, "something that was not sealed opens");
    }
    Corpus::Keep
});

fn passphrase() -> &'static Passphrase {
    static PASSPHRASE_REGION: OnceLock<Passphrase> = OnceLock::new();
    PASSPHRASE_REGION.get_or_init(|| {
        let made = Region::copy_of(PASSPHRASE).and_then(Passphrase::new);
        made.unwrap_or_else(|_| std::process::abort())
    })
}
