//! Receipts: no bytes make reading panic, what is read has proper names in order, and nothing is
//! authentic but the one that was written. Most seeds are made from it.

#![no_main]

use std::sync::OnceLock;

use breakglass::payload::{self, Secrets, Strictness, is_identifier};
use breakglass::receipt::{Key, Receipt};
use breakglass_fuzz::{quiet_panics, require};
use libfuzzer_sys::fuzz_target;

const AUTHENTIC: &[u8] = include_bytes!("../seeds/receipt/authentic.txt");

fuzz_target!(|bytes: &[u8]| {
    quiet_panics();
    let receipt = match Receipt::parse(bytes) {
        Ok(receipt) => receipt,
        Err(error) => {
            require(error.hint().is_some(), "nothing is said on what to do");
            return require(bytes != AUTHENTIC, "a receipt is refused");
        }
    };
    let names: Vec<&str> = receipt.names().collect();
    require(names.windows(2).all(|pair| pair[0] < pair[1]), "names are not in order, or twice");
    require(names.iter().all(|name| is_identifier(name.as_bytes())), "no proper name");
    let facts = receipt.facts();
    let text = [&facts.source].into_iter().chain(&facts.skipped);
    require(!text.into_iter().any(|it| it.contains(char::is_control)), "a control character");
    let (key, live) = known();
    let Ok(authentic) = receipt.is_authentic(key) else { return };
    require(authentic == (bytes == AUTHENTIC), "another receipt is authentic");
    let Ok(differences) = receipt.compare(key, live) else { return };
    let kept = names.len() - differences.removed.len();
    require(kept + differences.added.len() == live.len(), "names get lost in comparing");
    require(differences.changed.len() <= kept, "more changed than there are");
});

/// The key and the secrets of the receipt that was written.
fn known() -> &'static (Key, Secrets) {
    static KNOWN: OnceLock<(Key, Secrets)> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
        let live = b"A=fake-value-1\nB=fake-value-2\nhmac=fake-value-3\n";
        let key = Key::from_hex(key.as_bytes()).expect("a key");
        (key, payload::read(live, Strictness::Strict, &[]).expect("a document").secrets)
    })
}
