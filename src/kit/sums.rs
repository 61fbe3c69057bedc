//! SHA256SUMS, as `sha256sum --check` reads it.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Part, sha256};

/// A line for each part, by name.
pub(super) fn write<'a>(parts: impl IntoIterator<Item = &'a Part>) -> String {
    let sum = |part: &'a Part| (part.name.as_str(), sha256(&part.bytes));
    let mut sums: Vec<(&str, String)> = parts.into_iter().map(sum).collect();
    sums.sort();
    let mut text = String::new();
    for (name, sum) in sums {
        let _ = writeln!(text, "{sum}  {name}");
    }
    text
}

/// Sums by name, of the lines that are of its form. No name is ever used as a path.
pub(super) fn read(text: &[u8]) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(text);
    let line = |line: &str| {
        let (sum, name) = line.split_once("  ")?;
        Some((name.to_owned(), sum.to_owned()))
    };
    text.lines().filter_map(line).collect()
}
