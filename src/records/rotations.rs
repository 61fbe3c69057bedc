//! The log of rotations: a line for each secret that was replaced.
//!
//! `2026-02-23  RESEND_API_KEY          Scheduled 90-day rotation`: the date, two blanks, the name in 24 columns, why.

use jiff::civil::Date;

use super::day::parse_day;
use super::logbook::{LogLine, Logbook};
use super::text::{LogName, LogText};
use crate::payload::is_identifier;

/// A secret that was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The line of the log, from 1.
    pub line: usize,
    /// When.
    pub date: Date,
    /// Which.
    pub name: String,
    /// Why; empty where nothing is said.
    pub reason: String,
}

/// The log of rotations.
pub type RotationLog = Logbook<Rotated>;

/// A line of the log, with its end.
pub fn rotation_line(date: Date, name: &LogName, reason: &LogText) -> String {
    format!("{date}  {:<23} {}\n", name.as_str(), reason.as_str())
}

impl RotationLog {
    /// When a secret was replaced last, as far as the log can be believed: not later than `latest`.
    pub fn last(&self, name: &str, latest: Date) -> Option<Date> {
        let of_name = self.entries.iter().filter(|entry| entry.name == name);
        of_name.map(|entry| entry.date).filter(|date| *date <= latest).max()
    }
}

impl LogLine for Rotated {
    /// Any blanks, several names with commas between them, no reason: as people write.
    fn parse(line: usize, text: &str) -> Option<Vec<Rotated>> {
        let (date, mut rest) = text.split_once(char::is_whitespace)?;
        let date = parse_day(date)?;
        let mut names = Vec::new();
        let mut more = true;
        while more {
            let word = rest.trim_start();
            let (word, after) = word.split_once(char::is_whitespace).unwrap_or((word, ""));
            more = word.ends_with(',');
            names.extend(word.trim_end_matches(',').split(','));
            rest = after;
        }
        let reason = rest.trim();
        // `A , B` might be two names: if that is not certain, the first alone was not rotated either.
        let sure = !reason.starts_with(',') && names.iter().all(|it| is_identifier(it.as_bytes()));
        let (name, reason) = (str::to_owned, reason.to_owned());
        let rotated = |it| Rotated { line, date, name: name(it), reason: reason.clone() };
        sure.then(|| names.into_iter().map(rotated).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> Date {
        parse_day(text).expect("a date")
    }

    fn line(name: &str, reason: &str) -> String {
        let (name, reason) = (LogName::new(name), LogText::new(reason));
        rotation_line(date("2026-02-23"), &name.expect("a name"), &reason.expect("a text"))
    }

    #[test]
    fn the_lines_of_the_procedure() {
        let scheduled = "Scheduled 90-day rotation";
        for (name, expected) in [
            ("RESEND_API_KEY", "2026-02-23  RESEND_API_KEY          Scheduled 90-day rotation\n"),
            ("LAGO_API_KEY", "2026-02-23  LAGO_API_KEY            Scheduled 90-day rotation\n"),
            (
                "INFISICAL_CLIENT_SECRET",
                "2026-02-23  INFISICAL_CLIENT_SECRET Scheduled 90-day rotation\n",
            ),
            (
                "A_NAME_OF_MORE_THAN_23_LETTERS",
                "2026-02-23  A_NAME_OF_MORE_THAN_23_LETTERS Scheduled 90-day rotation\n",
            ),
        ] {
            assert_eq!(line(name, scheduled), expected);
            let read = RotationLog::parse(expected.as_bytes());
            let (date, name) = (date("2026-02-23"), name.to_owned());
            let reason = scheduled.to_owned();
            assert_eq!(read.entries, [Rotated { line: 1, date, name, reason }]);
            assert!(read.unreadable.is_empty());
        }
    }

    #[test]
    fn what_people_write() {
        let text = "# security/rotation-log.txt (dates and names only)\r\n\r\n\
            2026-02-23\tRESEND_API_KEY\tScheduled  rotation\r\n\
            2026-02-24 LAGO_API_KEY\n\
            \t2024-02-29  R2_ACCESS_KEY_ID, R2_SECRET_ACCESS_KEY  both, again\n\
            2026-02-25 A,B x\n\
            2023-02-29  A  no such day\n\
            yesterday A\n\
            2026-02-23\n\
            2026-02-23  A-B  x\n\
            2026-02-23  A,  \n\
            2026-02-23  A , B  both\n\
            2026-02-23: A x\n\
            2026-02-26  LAST_ONE  without an end";
        let log = RotationLog::parse(text.as_bytes());
        let found: Vec<_> = log
            .entries
            .iter()
            .map(|it| (it.line, it.date.to_string(), it.name.as_str(), it.reason.as_str()))
            .collect();
        let entry = |line: usize, date: &str, name, reason| (line, date.to_owned(), name, reason);
        assert_eq!(
            found,
            [
                entry(3, "2026-02-23", "RESEND_API_KEY", "Scheduled  rotation"),
                entry(4, "2026-02-24", "LAGO_API_KEY", ""),
                entry(5, "2024-02-29", "R2_ACCESS_KEY_ID", "both, again"),
                entry(5, "2024-02-29", "R2_SECRET_ACCESS_KEY", "both, again"),
                entry(6, "2026-02-25", "A", "x"),
                entry(6, "2026-02-25", "B", "x"),
                entry(14, "2026-02-26", "LAST_ONE", "without an end"),
            ]
        );
        assert_eq!(log.unreadable, [7, 8, 9, 10, 11, 12, 13]);
    }

    #[test]
    fn the_last_one_that_can_be_believed_counts() {
        let log = RotationLog::parse(b"2026-05-01 A\n2026-02-01 A\n2030-01-01 A\n2026-03-01 B\n");
        assert_eq!(log.last("A", date("2026-06-01")), Some(date("2026-05-01")));
        assert_eq!(log.last("A", date("2026-05-01")), Some(date("2026-05-01")));
        assert_eq!(log.last("A", date("2026-04-30")), Some(date("2026-02-01")));
        assert_eq!(log.last("A", date("2026-01-31")), None);
        assert_eq!(log.last("C", date("2026-06-01")), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            name in "[A-Za-z_][A-Za-z0-9_]{0,40}",
            reason in "[ -{}~ä€][ -{}~ä€,#]{0,60}",
        ) {
            let Ok(text) = LogText::new(&reason) else { return Ok(()) };
            let written = line(&name, &reason).repeat(2);
            let log = RotationLog::parse(written.as_bytes());
            prop_assert_eq!(&log.unreadable, &Vec::<usize>::new());
            prop_assert_eq!(log.entries.len(), 2);
            prop_assert!(log.entries.iter().all(|it| it.name == name && it.reason == text.as_str()));
        }
    }
}
