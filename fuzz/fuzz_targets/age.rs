//! age, and text that holds a vault: no bytes make parsing or opening panic, hang or grow, and what opens is
//! the document that was sealed.

#![no_main]

use breakglass::vault::{Derivation, Vault, is_sealed, is_within_text};
use breakglass_fuzz::{DOCUMENT, passphrase, quiet_panics, require};
use libfuzzer_sys::{Corpus, fuzz_target};

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
