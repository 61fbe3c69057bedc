//! breakglass.toml: no bytes make reading panic, what is read is proper, and no error shows a value.
//! The values in the seeds that nobody may see hold `hunter2` or `FAKEVALUE`.

#![no_main]

use std::collections::BTreeSet;
use std::path::Path;

use breakglass::error::misleads;
use breakglass::payload::is_identifier;
use breakglass::records::{Config, KeyPlace};
use breakglass_fuzz::{quiet_panics, require};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    quiet_panics();
    let config = match Config::parse(Path::new("breakglass.toml"), bytes) {
        Ok(config) => config,
        Err(error) => {
            let said = format!("{error} {error:?} {:?}", error.hint());
            require(said.starts_with("'breakglass.toml', line "), "no place is said");
            let value = ["hunter2", "FAKEVALUE"].iter().any(|value| said.contains(value));
            require(!value, "an error shows a value");
            return require(!error.to_string().contains(misleads), "a misleading sentence");
        }
    };
    let names: BTreeSet<&String> = config.required.iter().collect();
    require(names.len() == config.required.len(), "a name is required twice");
    require(names.iter().all(|name| is_identifier(name.as_bytes())), "no proper name");
    require(config.max_age.is_none_or(|age| age.is_positive()), "an age that is none");
    for (name, item) in &config.inventory {
        require(is_identifier(name.as_bytes()), "no proper name in the inventory");
        require(item.days().is_none_or(|days| (1..=36_500).contains(&days)), "days that are none");
        let texts = [&item.description, &item.environment, &item.impact, &item.revoke];
        let proper = |text: &&String| !text.is_empty() && !text.chars().any(misleads);
        require(texts.into_iter().flatten().all(|text| proper(&text)), "a misleading text");
    }
    let table = config.infisical.unwrap_or_default();
    let path = match config.receipt_key {
        Some(KeyPlace::Infisical(path)) => Some(path),
        _ => None,
    };
    require(path.iter().chain(&table.path).all(|it| it.starts_with('/')), "a relative path");
    let texts = [table.host, table.project, table.environment, table.path, path];
    let proper = |text: &String| !text.is_empty() && !text.chars().any(misleads);
    require(texts.iter().flatten().all(proper), "an empty or misleading text");
});
