//! The log of incidents: `DATE | SEVERITY | SECRET | WHAT HAPPENED | RESOLUTION`, a line each.

use jiff::civil::Date;

use super::day::parse_day;
use super::inventory::Class;
use super::logbook::{LogLine, Logbook};
use super::text::{LogName, LogText};
use crate::error::misleads;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// The line of the log, from 1.
    pub line: usize,
    /// When.
    pub date: Date,
    /// How bad: its severity is that of a class.
    pub severity: Class,
    /// To which secret, in the words of the log.
    pub secret: String,
    /// What.
    pub what: String,
    /// What was done; empty where nothing is said.
    pub resolution: String,
}

/// The log of incidents.
pub type IncidentLog = Logbook<Incident>;

/// What stands for a resolution that is still to come.
const OPEN: &str = "open";

/// A line of the log, with its end.
pub fn incident_line(
    date: Date,
    severity: Class,
    secret: &LogName,
    what: &LogText,
    resolution: Option<&LogText>,
) -> String {
    let resolution = resolution.map_or(OPEN, LogText::as_str);
    let (severity, secret, what) = (severity.severity(), secret.as_str(), what.as_str());
    format!("{date} | {severity} | {secret} | {what} | {resolution}\n")
}

impl LogLine for Incident {
    /// Any blanks, a template's line, no resolution: as people write.
    fn parse(line: usize, text: &str) -> Option<Vec<Incident>> {
        let fields: Vec<&str> = text.split('|').map(str::trim).collect();
        let (date, severity, secret, what, resolution) = match fields[..] {
            [_, template, ..] if template.starts_with("TEMPLATE") => return Some(Vec::new()),
            [date, severity, secret, what] => (date, severity, secret, what, ""),
            [date, severity, secret, what, resolution] => {
                (date, severity, secret, what, resolution)
            }
            _ => return None,
        };
        let proper = |text: &str| !text.is_empty() && !text.chars().any(misleads);
        (proper(secret) && proper(what)).then_some(())?;
        Some(vec![Incident {
            line,
            date: parse_day(date)?,
            severity: Class::of_severity(severity)?,
            secret: secret.to_owned(),
            what: what.to_owned(),
            resolution: resolution.to_owned(),
        }])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_line_of_the_procedure() {
        let date = parse_day("2024-02-29").expect("a date");
        let text = |text| LogText::new(text).expect("a text");
        let name = LogName::new("GEMINI_API_KEY").expect("a name");
        let (what, resolved) = (text("In a screenshot"), text("Rotated; no use seen"));
        let line = |resolution| incident_line(date, Class::High, &name, &what, resolution);
        assert_eq!(
            line(Some(&resolved)),
            "2024-02-29 | SEV-2 | GEMINI_API_KEY | In a screenshot | Rotated; no use seen\n"
        );
        assert_eq!(line(None), "2024-02-29 | SEV-2 | GEMINI_API_KEY | In a screenshot | open\n");
    }

    #[test]
    fn what_people_write() {
        let text = "# security/incident-log.txt (committed to repo)\n\
            # Format: DATE | SEVERITY | SECRET | WHAT HAPPENED | RESOLUTION\n\n\
            2026-02-23 | TEMPLATE \u{2014} replace with real entries\n\
            2026-02-24|sev-1|JWT_SECRET|Pasted into a chat|\r\n\
            2026-02-25 |\tSEV-4 | SENTRY_DSN, and more | In a log\n\
            2026-02-29 | SEV-1 | A | no such day | x\n\
            2026-02-23 | SEV-5 | A | b | c\n\
            2026-02-23 | SEV-1 |  | b | c\n\
            2026-02-23 | SEV-1 | A\n\
            2026-02-23 | SEV-1 | A | b | c | d\n\
            2026-02-23 | SEV-1 | A | \u{1b}[2J | c\n\
            something happened";
        let log = IncidentLog::parse(text.as_bytes());
        let found: Vec<_> = log
            .entries
            .iter()
            .map(|it| (it.line, it.severity, it.secret.as_str(), it.resolution.as_str()))
            .collect();
        assert_eq!(
            found,
            [(5, Class::Critical, "JWT_SECRET", ""), (6, Class::Low, "SENTRY_DSN, and more", ""),]
        );
        assert_eq!(log.unreadable, [7, 8, 9, 10, 11, 12, 13]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            name in "[A-Za-z_][A-Za-z0-9_]{0,40}",
            what in "[ -{}~ä€]{1,60}",
            resolution in "[ -{}~ä€]{1,60}",
        ) {
            let (Ok(what), Ok(resolution)) = (LogText::new(&what), LogText::new(&resolution)) else {
                return Ok(());
            };
            let date = parse_day("2026-02-23").expect("a date");
            let name = LogName::new(&name).expect("a name");
            let line = incident_line(date, Class::Medium, &name, &what, Some(&resolution));
            let log = IncidentLog::parse(line.repeat(2).as_bytes());
            prop_assert_eq!(log.entries.len(), 2);
            for it in log.entries {
                prop_assert_eq!(it.what.as_str(), what.as_str());
                prop_assert_eq!(it.resolution.as_str(), resolution.as_str());
                prop_assert_eq!(it.secret.as_str(), name.as_str());
            }
        }
    }
}
