//! Days, as the logs have them: dates of UTC.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// The day of a time.
pub fn day(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date()
}

/// Reads `2026-02-23` and nothing else that ISO 8601 knows; only days that there are.
pub fn parse_day(text: &str) -> Option<Date> {
    let form = |(at, byte): (usize, u8)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    let proper = text.len() == 10 && text.bytes().enumerate().all(form);
    proper.then(|| text.parse().ok())?
}

/// Whether a day has not come yet anywhere: in some time zone it is tomorrow already.
pub fn is_to_come(date: Date, today: Date) -> bool {
    date > today.saturating_add(1.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_that_there_are() {
        for good in ["2026-02-23", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"] {
            assert_eq!(parse_day(good).map(|date| date.to_string()).as_deref(), Some(good));
        }
        for bad in [
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-00-01",
            "2026-01-00",
            "2026-04-31",
            "2026-2-3",
            "20260223",
            "2026-02-23T00:00",
            "26-02-23",
            "",
            "2026-02-2３",
            "2026/02/23",
            "-026-02-23",
            "2026-W08-1",
        ] {
            assert_eq!(parse_day(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_day_is_one_of_utc() {
        let of = |text: &str| day(text.parse().expect("a time")).to_string();
        assert_eq!(of("2026-02-28T23:59:59Z"), "2026-02-28");
        assert_eq!(of("2026-03-01T01:00:00+02:00"), "2026-02-28");
        assert_eq!(of("2024-02-29T23:00:00-02:00"), "2024-03-01");
    }

    #[test]
    fn what_is_to_come() {
        let date = |text| parse_day(text).expect("a date");
        let today = date("2024-02-28");
        for (text, expected) in [
            ("2024-02-28", false),
            ("2024-02-29", false),
            ("2024-03-01", true),
            ("9999-12-31", true),
        ] {
            assert_eq!(is_to_come(date(text), today), expected, "{text}");
        }
        assert!(!is_to_come(date("9999-12-31"), date("9999-12-31")));
    }
}
