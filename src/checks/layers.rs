//! Layers that a vault and a receipt are checked for alike.

use jiff::{SignedDuration, Timestamp};

use super::{Report, Verdict};
use crate::error::Listed;
use crate::payload::Differences;
use crate::records;

/// What was sealed, and how it compares with what the source says now.
pub fn differences(
    differences: Differences,
    label: &str,
    left_out: &[String],
    report: &mut Report,
) {
    let (verdict, detail) = if differences.is_empty() {
        let same = format!("the same names and values as {label}");
        if left_out.is_empty() {
            (Verdict::Ok, same)
        } else {
            (Verdict::Ok, format!("{same}, but for {}, left out when sealed", Listed(left_out)))
        }
    } else {
        let parts: Vec<String> = [
            ("changed", &differences.changed),
            ("added", &differences.added),
            ("removed", &differences.removed),
        ]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(word, names)| format!("{word}: {}", Listed(names)))
        .collect();
        (Verdict::Finding, format!("stale against {label}; {}", parts.join("; ")))
    };
    report.add_differences("current", verdict, detail, differences);
}

/// Whether every name that breakglass.toml asks for is there. No layer where it asks for none.
pub fn required<'a>(
    required: &[String],
    present: impl Iterator<Item = &'a str>,
    report: &mut Report,
) {
    if required.is_empty() {
        return;
    }
    let missing = missing(required, present);
    if missing.is_empty() {
        report.add("required", Verdict::Ok, "every name that breakglass.toml requires is there");
    } else {
        report.add("required", Verdict::Finding, format!("missing: {}", Listed(&missing)));
    }
}

/// The required names that are not there.
pub fn missing<'a>(required: &[String], present: impl Iterator<Item = &'a str>) -> Vec<String> {
    let present: std::collections::BTreeSet<&str> = present.collect();
    required.iter().filter(|name| !present.contains(name.as_str())).cloned().collect()
}

/// Whether it was sealed lately enough.
pub fn age(sealed: Option<Timestamp>, max_age: Option<SignedDuration>, report: &mut Report) {
    let now = records::now();
    let ago = |sealed| records::ago(sealed, now);
    let (verdict, detail) = match (sealed, max_age) {
        (Some(sealed), _) if sealed > now => {
            (Verdict::CannotTell, format!("sealed {}", ago(sealed)))
        }
        (Some(sealed), Some(limit)) if records::age(sealed, now) > limit => {
            (Verdict::Finding, format!("sealed {}, too long ago", ago(sealed)))
        }
        (Some(sealed), Some(_)) => (Verdict::Ok, format!("sealed {}", ago(sealed))),
        (Some(sealed), None) => {
            (Verdict::NotAsked, format!("sealed {}; no --max-age", ago(sealed)))
        }
        (None, Some(_)) => {
            (Verdict::CannotTell, "made by another program, which did not say when".to_owned())
        }
        (None, None) => {
            (Verdict::NotAsked, "made by another program, which did not say when".to_owned())
        }
    };
    report.add("age", verdict, detail);
}
