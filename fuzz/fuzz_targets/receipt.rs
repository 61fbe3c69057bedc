//! Receipts: no bytes make the reader panic, and what it takes is sorted and authentic only with a key.

#![no_main]

use breakglass::receipt::{Key, Receipt};
use breakglass_fuzz::{quiet_panics, require};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    quiet_panics();
    let Ok(receipt) = Receipt::parse(bytes) else { return Corpus::Keep };
    let names: Vec<&str> = receipt.names().collect();
    require(names.is_sorted_by(|a, b| a < b), "names in order, each once");
    let key = Key::from_hex(&[b'7'; 64]).expect("64 digits");
    require(!receipt.is_authentic(&key).expect("memory"), "authentic by chance");
    Corpus::Keep
});
