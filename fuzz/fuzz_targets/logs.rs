//! The two logs: no bytes make reading panic, every line is an entry or named as none, and what is read can be
//! written and read again.

#![no_main]

use breakglass::records::{
    IncidentLog, LogName, LogText, RotationLog, incident_line, rotation_line,
};
use breakglass_fuzz::{quiet_panics, require};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    quiet_panics();
    rotations(bytes);
    incidents(bytes);
});

/// Comments and blank lines are no lines; a rotation's line may have several names.
fn lines(bytes: &[u8]) -> usize {
    bytes.split(|byte| *byte == b'\n').count()
}

fn rotations(bytes: &[u8]) {
    let log = RotationLog::parse(bytes);
    let mut numbers: Vec<usize> = log.entries.iter().map(|entry| entry.line).collect();
    require(numbers.is_sorted() && log.unreadable.is_sorted(), "lines are out of order");
    numbers.dedup();
    require(numbers.iter().all(|line| !log.unreadable.contains(line)), "a line is both");
    require(numbers.len() + log.unreadable.len() <= lines(bytes), "more lines than there are");
    for entry in &log.entries {
        let (Some(name), Ok(reason)) = (LogName::new(&entry.name), LogText::new(&entry.reason))
        else {
            continue;
        };
        let written = rotation_line(entry.date, &name, &reason);
        let again = RotationLog::parse(written.as_bytes());
        let same = again.entries.first().is_some_and(|it| {
            (it.date, &it.name, it.reason.as_str()) == (entry.date, &entry.name, reason.as_str())
        });
        require(same && again.entries.len() == 1, "a rotation reads back otherwise");
    }
}

fn incidents(bytes: &[u8]) {
    let log = IncidentLog::parse(bytes);
    require(log.entries.len() + log.unreadable.len() <= lines(bytes), "more lines than there are");
    for entry in &log.entries {
        let (Some(name), Ok(what)) = (LogName::new(&entry.secret), LogText::new(&entry.what))
        else {
            continue;
        };
        let resolution = LogText::new(&entry.resolution).ok();
        let written = incident_line(entry.date, entry.severity, &name, &what, resolution.as_ref());
        let again = IncidentLog::parse(written.as_bytes());
        let same = again.entries.first().is_some_and(|it| {
            (it.date, it.severity, &it.secret, it.what.as_str())
                == (entry.date, entry.severity, &entry.secret, what.as_str())
        });
        require(same && again.entries.len() == 1, "an incident reads back otherwise");
    }
}
