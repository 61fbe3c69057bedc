//! The procedure around the vault: what inventory and logs say is due. Where neither is kept, nothing is said.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::detail::Detail;
use super::report::{Outcomes, Report, Verdict};
use super::subject::{Compared, Question, Subject};
use crate::error::Listed;
use crate::records::{
    self, Due, Entry, Event, IncidentLog, Item, Journal, RotationLog, Schedule, Since, is_to_come,
};

impl Question<'_> {
    fn today(&self) -> Date {
        records::day(self.now)
    }

    /// Adds which secrets are to be replaced, by their class.
    pub(super) fn add_rotations(&self, out: &mut Outcomes<'_>) {
        let none = RotationLog::default();
        let log = match &self.rotations {
            Ok(log) => log.as_ref().unwrap_or(&none),
            Err(error) => return out.cannot_tell(error.clone()),
        };
        if !self.config.inventory.is_empty() {
            let found = records::schedule(&self.config.inventory, log, self.today());
            add_schedule(&found, out);
        }
        let path = self.config.rotation_log();
        if !log.unreadable.is_empty() {
            let (lines, path) = (log.unreadable.clone(), path.clone());
            out.cannot_tell(Detail::MayBeRotation { lines, path });
        }
        let lines = records::lines_to_come(log, self.today());
        if !lines.is_empty() {
            out.cannot_tell(Detail::ToCome { lines, path });
        }
    }

    /// The lines of the log that may be rotations nobody knows of.
    fn doubtful_lines(&self, log: &RotationLog) -> Vec<usize> {
        let mut lines = records::lines_to_come(log, self.today());
        lines.extend(&log.unreadable);
        lines.sort_unstable();
        lines
    }

    /// Checks a subject of the checklist that no subject has: whether both logs can be read.
    pub fn logs(&self, report: &mut Report) {
        let incidents = IncidentLog::read(&self.config.incident_log());
        let unreadable = |log: &Option<IncidentLog>| log.as_ref().map(|it| it.unreadable.clone());
        let of_rotations =
            self.rotations.as_ref().map(|log| log.as_ref().map(|log| log.unreadable.clone()));
        let both = [
            (self.config.rotation_log(), of_rotations),
            (self.config.incident_log(), incidents.as_ref().map(unreadable)),
        ];
        for (path, log) in both {
            let (verdict, detail) = match log {
                Err(error) => (Verdict::Finding, error.to_string()),
                Ok(None) => (Verdict::NotAsked, Detail::NoLog(path).to_string()),
                Ok(Some(lines)) if lines.is_empty() => (Verdict::Ok, String::new()),
                Ok(Some(lines)) => {
                    (Verdict::Finding, Detail::Unreadable { lines, path }.to_string())
                }
            };
            report.add("log", verdict, detail);
        }
    }

    /// Adds the secrets of the inventory of which nobody has said when they are to be replaced.
    pub fn without_a_time(&self, report: &mut Report) {
        let unsaid = |item: &Item| item.class.is_none() && item.rotation.is_none();
        let unsaid = self.config.inventory.iter().filter(|(_, item)| unsaid(item));
        let names: Vec<String> = unsaid.map(|(name, _)| name.clone()).collect();
        if !names.is_empty() {
            report.add("rotations", Verdict::CannotTell, Detail::WithoutTime(names).to_string());
        }
    }

    /// The last use of a vault that no incident was written down for, with its day, where incidents are kept.
    pub fn open_outage<'j>(&self, journal: &'j Journal) -> Option<(&'j Entry, Date)> {
        let log = IncidentLog::read(&self.config.incident_log()).ok()?;
        let kept = log.is_some()
            || !self.config.inventory.is_empty()
            || matches!(self.rotations, Ok(Some(_)));
        let used = journal.of(Event::Use).next_back().filter(|_| kept)?;
        // Where the clock was set back since, no day that has not come is offered.
        let day = records::day(used.time).min(self.today());
        let is_since = |date: Date| date >= day && !is_to_come(date, self.today());
        let log = log.unwrap_or_default();
        let is_written = log.entries.iter().any(|incident| is_since(incident.date));
        (!is_written).then_some((used, day))
    }
}

pub(super) fn check_rotations(_: &Subject, asked: &Question<'_>, out: &mut Outcomes<'_>) {
    asked.add_rotations(out);
}

/// Which secrets of a vault were replaced since it was sealed, by the log. Where the source was compared, the
/// log does not matter.
pub(super) fn check_rotated(subject: &Subject, asked: &Question<'_>, out: &mut Outcomes<'_>) {
    let Some(contents) = &subject.contents else { return };
    let compared = matches!(subject.compared, Some(Compared::With(..)));
    let log = match &asked.rotations {
        Ok(Some(log)) => log,
        Err(error) if !compared => return out.cannot_tell(error.clone()),
        Ok(None) | Err(_) => return,
    };
    let names = contents.names.iter().map(String::as_str);
    let Since { later, same_day, unknown } =
        records::rotated_since(names, log, contents.sealed, asked.today());
    let doubt = if compared { Vec::new() } else { asked.doubtful_lines(log) };
    let all = [&later[..], &same_day, &unknown].concat();
    if all.is_empty() && doubt.is_empty() {
        return out.ok(Detail::NoneRotated);
    }
    if compared {
        return out.ok(Detail::ComparedAnyway(all));
    }
    if !later.is_empty() {
        out.finding(Detail::RotatedLater(later));
    }
    if !same_day.is_empty() {
        out.cannot_tell(Detail::RotatedThatDay(same_day));
    }
    if !unknown.is_empty() {
        out.cannot_tell(Detail::RotatedUnknown(unknown));
    }
    if !doubt.is_empty() {
        let path = asked.config.rotation_log();
        out.cannot_tell(Detail::MayBeSince { lines: doubt, path });
    }
}

/// Whether inventory and vault have the same names.
pub(super) fn check_inventory(subject: &Subject, asked: &Question<'_>, out: &mut Outcomes<'_>) {
    let config = asked.config;
    let known = &config.inventory;
    let Some(sealed) = subject.contents.as_ref().filter(|_| !known.is_empty()) else { return };
    let is_unknown = |name: &&String| !known.contains_key(*name);
    let unknown: Vec<String> = sealed.names.iter().filter(is_unknown).cloned().collect();
    let names: BTreeSet<&String> = sealed.names.iter().chain(&sealed.skipped).collect();
    let is_own = |item: &Item| config.is_own(item.environment.as_deref());
    let missing = known.iter().filter(|(name, item)| is_own(item) && !names.contains(name));
    let missing: Vec<String> = missing.map(|(name, _)| name.clone()).collect();
    if unknown.is_empty() && missing.is_empty() {
        out.ok(Detail::SameInventory);
    } else {
        out.finding(Detail::InventoryDiffers { unknown, missing });
    }
}

/// Whether the log of incidents can be read.
pub(super) fn check_incidents(_: &Subject, asked: &Question<'_>, out: &mut Outcomes<'_>) {
    let path = asked.config.incident_log();
    match IncidentLog::read(&path) {
        Err(error) => out.cannot_tell(error),
        Ok(Some(log)) if !log.unreadable.is_empty() => {
            out.cannot_tell(Detail::MayBeIncident { lines: log.unreadable, path });
        }
        Ok(_) => {}
    }
}

/// What the schedule says.
fn add_schedule(found: &Schedule, out: &mut Outcomes<'_>) {
    if found.overdue.is_empty() {
        return match &found.next {
            Some(Due { name, until: Some(until), .. }) => {
                out.ok(Detail::NextRotation { name: name.clone(), until: until.to_string() });
            }
            _ => out.ok(Detail::NoTimes),
        };
    }
    let words = |due: &Due| match due.until {
        Some(until) => format!("{} (until {until})", due.name),
        None => format!("{} (no rotation on record)", due.name),
    };
    let of_class = |group: &[Due]| {
        let names: Vec<String> = group.iter().map(words).collect();
        let class = group.first().and_then(|due| due.class);
        format!("{}: {}", class.map_or("without a class", |class| class.word()), Listed(&names))
    };
    let classes: Vec<String> =
        found.overdue.chunk_by(|one, other| one.class == other.class).map(of_class).collect();
    out.finding(Detail::Overdue(classes.join("; ")));
}
