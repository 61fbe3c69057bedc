//! What is due by inventory and log of rotations, on a given day. No clock is read here.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::day::{day, is_to_come};
use super::inventory::{Class, Inventory};
use super::rotations::RotationLog;

/// A secret that has a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Its name.
    pub name: String,
    /// Its class.
    pub class: Option<Class>,
    /// The last day of the time that it has; none where no rotation is on record.
    pub until: Option<Date>,
}

/// Every secret that has a time, and what is to be replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// Those whose time is over, or not known to have begun: the worst class first, those without one last.
    pub overdue: Vec<Due>,
    /// Of the others, the one whose time ends first.
    pub next: Option<Due>,
}

/// Judges every secret of the inventory, whatever its environment.
pub fn schedule(inventory: &Inventory, log: &RotationLog, today: Date) -> Schedule {
    let mut overdue = Vec::new();
    let mut in_time = Vec::new();
    for (name, item) in inventory {
        let Some(days) = item.days() else { continue };
        let until =
            log.last(name, latest(today)).map(|last| last.saturating_add(i64::from(days).days()));
        let due = Due { name: name.clone(), class: item.class, until };
        if until.is_some_and(|until| until >= today) { &mut in_time } else { &mut overdue }
            .push(due);
    }
    overdue.sort_by_key(|due| (due.class.is_none(), due.class));
    Schedule { overdue, next: in_time.into_iter().min_by_key(|due| due.until) }
}

/// Which of some secrets were replaced after a vault was sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Since {
    /// On a later day: the vault has the old value.
    pub later: Vec<String>,
    /// On the same day: nobody can tell.
    pub same_day: Vec<String>,
    /// What cannot be told because the vault does not say when it was sealed, or says what has not come yet.
    pub unknown: Vec<String>,
}

/// Compares the last rotation of each name with the day on which a vault was sealed.
pub fn rotated_since<'a>(
    names: impl Iterator<Item = &'a str>,
    log: &RotationLog,
    sealed: Option<Timestamp>,
    today: Date,
) -> Since {
    let sealed = sealed.map(day).filter(|sealed| !is_to_come(*sealed, today));
    let mut since = Since::default();
    for name in names {
        let Some(last) = log.last(name, latest(today)) else { continue };
        let list = match sealed {
            None => &mut since.unknown,
            Some(sealed) if last > sealed => &mut since.later,
            Some(sealed) if last == sealed => &mut since.same_day,
            Some(_) => continue,
        };
        list.push(name.to_owned());
    }
    since
}

/// Lines of a log with days that have not come yet: they do not count.
pub fn lines_to_come(log: &RotationLog, today: Date) -> Vec<usize> {
    let mut lines: Vec<usize> =
        log.entries.iter().filter(|it| is_to_come(it.date, today)).map(|it| it.line).collect();
    lines.dedup();
    lines
}

/// The last day that a log is believed: in some time zone it is tomorrow already.
fn latest(today: Date) -> Date {
    today.saturating_add(1.day())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::config::Config;
    use super::super::day::parse_day;
    use super::*;

    /// The inventory of the procedure that this is made for.
    const TABLE: &str = include_str!("../../tests/procedure/breakglass.toml");

    /// A log of it: everything was replaced within the first days of 2026.
    const LOG: &str = include_str!("../../tests/procedure/rotation-log.txt");

    fn date(text: &str) -> Date {
        parse_day(text).expect("a date")
    }

    fn inventory() -> Inventory {
        Config::parse(Path::new("breakglass.toml"), TABLE.as_bytes()).expect("reads").inventory
    }

    fn overdue(log: &str, today: &str) -> String {
        let found = schedule(&inventory(), &RotationLog::parse(log.as_bytes()), date(today));
        let words = |due: &Due| {
            let until = due.until.map_or("never".to_owned(), |until| until.to_string());
            format!("{} {} {until}", due.class.map_or("none", Class::word), due.name)
        };
        found.overdue.iter().map(words).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_table_at_given_dates() {
        // Nothing before 90 days are over, on whose last day it is still in time.
        assert_eq!(overdue(LOG, "2026-01-05"), "");
        assert_eq!(overdue(LOG, "2026-04-05"), "");
        assert_eq!(
            overdue(LOG, "2026-04-06"),
            "high ADMIN_API_KEY 2026-04-05\n\
             high GEMINI_API_KEY 2026-04-05\n\
             high INFISICAL_CLIENT_ID 2026-04-05\n\
             high INFISICAL_CLIENT_SECRET 2026-04-05\n\
             high LAGO_API_KEY 2026-04-05\n\
             high STRIPE_WEBHOOK_SECRET 2026-04-05\n\
             medium RESEND_API_KEY 2026-04-05\n\
             medium WEBHOOK_LAGO_SECRET 2026-04-05"
        );
        // The critical ones first, whatever STRIPE_SECRET_KEY says of a team; SENTRY_DSN never.
        let late = overdue(LOG, "2026-07-05");
        assert!(late.starts_with(
            "critical JWT_SECRET 2026-07-04\ncritical STRIPE_SECRET_KEY 2026-07-04\nhigh ADMIN"
        ));
        assert!(late.ends_with("low TURNSTILE_SECRET_KEY 2026-07-04"), "{late}");
        assert_eq!(late.lines().count(), 13);
        assert!(!late.contains("SENTRY_DSN"));
        // Before anything is on record.
        let first = overdue("", "2026-01-05");
        assert_eq!(first.lines().count(), 13, "{first}");
        assert!(first.lines().all(|line| line.ends_with(" never")), "{first}");
    }

    #[test]
    fn leap_days_count() {
        let log = "2024-02-29 RESEND_API_KEY";
        let until = |today: &str| {
            let found = overdue(log, today);
            found.lines().find(|line| line.contains("RESEND")).map(str::to_owned)
        };
        assert_eq!(until("2024-05-29"), None);
        assert_eq!(until("2024-05-30").as_deref(), Some("medium RESEND_API_KEY 2024-05-29"));
        let log = RotationLog::parse(b"2023-12-01 RESEND_API_KEY");
        let inventory = inventory();
        let only = |name: &str| {
            let item = inventory.get(name).expect("is there").clone();
            Inventory::from([(name.to_owned(), item)])
        };
        let one = only("RESEND_API_KEY");
        // With the leap day, 90 days end on 29 February.
        let next = schedule(&one, &log, date("2024-02-29")).next;
        assert_eq!(next.and_then(|due| due.until), Some(date("2024-02-29")));
        assert_eq!(schedule(&one, &log, date("2024-03-01")).overdue.len(), 1);
    }

    #[test]
    fn what_has_not_come_yet_does_not_count() {
        let log = RotationLog::parse(b"2026-01-01 A\n2026-03-01 A\n2026-01-03 B\n2099-01-01 A,B\n");
        let today = date("2026-01-02");
        assert_eq!(lines_to_come(&log, today), [2, 4]);
        let sealed = Some("2026-01-01T12:00:00Z".parse().expect("a time"));
        let since = rotated_since(["A", "B", "C"].into_iter(), &log, sealed, today);
        assert_eq!(since.same_day, ["A"]);
        // Tomorrow's is believed.
        assert_eq!((since.later, since.unknown), (vec!["B".to_owned()], vec![]));
    }

    #[test]
    fn days_of_sealing() {
        let log = RotationLog::parse(b"2024-02-29 A\n");
        let since = |sealed: Option<&str>, today: &str| {
            let sealed = sealed.map(|sealed| sealed.parse().expect("a time"));
            let Since { later, same_day, unknown } =
                rotated_since(["A", "B"].into_iter(), &log, sealed, date(today));
            (later.len(), same_day.len(), unknown.len())
        };
        assert_eq!(since(Some("2024-02-28T23:59:59Z"), "2024-06-01"), (1, 0, 0));
        assert_eq!(since(Some("2024-02-29T00:00:00Z"), "2024-06-01"), (0, 1, 0));
        assert_eq!(since(Some("2024-03-01T01:00:00+02:00"), "2024-06-01"), (0, 1, 0));
        assert_eq!(since(Some("2024-03-01T00:00:00Z"), "2024-06-01"), (0, 0, 0));
        assert_eq!(since(None, "2024-06-01"), (0, 0, 1));
        // The clock was set back: the vault says a day that has not come yet.
        assert_eq!(since(Some("2024-06-01T00:00:00Z"), "2024-03-05"), (0, 0, 1));
        assert_eq!(since(Some("2024-03-06T00:00:00Z"), "2024-03-05"), (0, 0, 0));
    }
}
