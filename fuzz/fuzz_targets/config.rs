//! breakglass.toml: no bytes make the reader panic, and its errors never show a value.

#![no_main]

use breakglass::records::Config;
use breakglass_fuzz::{quiet_panics, require};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    quiet_panics();
    match Config::parse("breakglass.toml".as_ref(), bytes) {
        Ok(config) => {
            let names = &config.required;
            require(names.iter().all(|name| breakglass::payload::is_identifier(name.as_bytes())), "names");
        }
        Err(error) => {
            let said = format!("{error} {:?}", error.hint());
            require(!said.contains("FAKEVALUE"), "an error shows a value");
            require(!said.contains('\n') && !said.contains('\x1b'), "an error of one line");
        }
    }
});
