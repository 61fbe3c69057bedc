//! Times and ages.

use jiff::{SignedDuration, SpanRelativeTo, Timestamp};

/// Now, to the second.
pub fn now() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// How old something is; negative where it lies in the future.
pub fn age(of: Timestamp, now: Timestamp) -> SignedDuration {
    now.duration_since(of)
}

/// An age in words: `3 days ago (2026-11-20T17:00:00Z)`.
pub fn ago(of: Timestamp, now: Timestamp) -> String {
    let age = age(of, now);
    let (count, unit) = match (age.as_hours() / 24, age.as_hours(), age.as_mins()) {
        _ if age.is_negative() => return format!("at {of}, which is in the future"),
        (days @ 2.., _, _) => (days, "days"),
        (_, hours @ 2.., _) => (hours, "hours"),
        (_, _, minutes @ 2..) => (minutes, "minutes"),
        _ => return format!("just now ({of})"),
    };
    format!("{count} {unit} ago ({of})")
}

/// A length of time in words: `90 days`.
pub fn length(of: SignedDuration) -> String {
    let hours = of.as_hours();
    match (hours / 24, hours % 24) {
        (1, 0) => "1 day".to_owned(),
        (days @ 2.., 0) => format!("{days} days"),
        _ if hours == 1 => "1 hour".to_owned(),
        _ if hours > 1 => format!("{hours} hours"),
        _ => format!("{} minutes", of.as_mins()),
    }
}

/// Reads `30d`, `2w`, `12h` and the like: a length of time above zero, in units up to weeks.
pub fn parse_duration(text: &str) -> Option<SignedDuration> {
    let span: jiff::Span = text.parse().ok()?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    duration.is_positive().then_some(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, hours) in [("30d", 720), ("2w", 336), ("12h", 12), ("1d12h", 36)] {
            assert_eq!(
                parse_duration(text).map(|duration| duration.as_hours()),
                Some(hours),
                "{text}"
            );
        }
        for text in ["", "30", "-3d", "0d", "1mo", "d", "soon"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn lengths_in_words() {
        for (text, words) in [
            ("90d", "90 days"),
            ("1d", "1 day"),
            ("36h", "36 hours"),
            ("1h", "1 hour"),
            ("90m", "1 hour"),
            ("10m", "10 minutes"),
        ] {
            assert_eq!(parse_duration(text).map(length).as_deref(), Some(words), "{text}");
        }
    }

    #[test]
    fn ages_in_words() {
        let time = |text: &str| text.parse::<Timestamp>().expect("a time");
        let now = time("2026-11-23T17:00:00Z");
        for (of, expected) in [
            ("2026-11-20T16:00:00Z", "3 days ago (2026-11-20T16:00:00Z)"),
            ("2026-11-22T16:00:00Z", "25 hours ago (2026-11-22T16:00:00Z)"),
            ("2026-11-23T16:57:00Z", "3 minutes ago (2026-11-23T16:57:00Z)"),
            ("2026-11-23T17:00:00Z", "just now (2026-11-23T17:00:00Z)"),
            ("2026-11-23T17:00:01Z", "at 2026-11-23T17:00:01Z, which is in the future"),
        ] {
            assert_eq!(ago(time(of), now), expected);
        }
    }
}
