//! The procedure around the vault: what inventory and logs say is due. Where neither is kept, nothing is said.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Report, Verdict};
use crate::error::{Listed, Quoted, Result};
use crate::payload::Reading;
use crate::receipt::Receipt;
use crate::records::{
    self, Class, Config, Due, Entry, Event, IncidentLog, Inventory, Item, Journal, RotationLog,
    Schedule, Since, is_to_come,
};

/// Inventory and logs as they are now.
pub struct Procedure<'a> {
    config: &'a Config,
    rotations: Result<Option<RotationLog>>,
    now: Timestamp,
}

/// A vault, as far as it is known.
#[derive(Default)]
pub struct Sealed {
    /// The names in it.
    pub names: Vec<String>,
    /// Names that were left out of it on purpose.
    pub skipped: Vec<String>,
    /// When it was sealed.
    pub time: Option<Timestamp>,
    /// Whether its values have just been compared with those of the source.
    pub compared: bool,
}

impl Sealed {
    /// What a vault that was opened says of itself.
    pub fn by_reading(reading: &Reading) -> Sealed {
        let header = reading.header.as_ref();
        Sealed {
            names: reading.secrets.names().map(str::to_owned).collect(),
            skipped: header.map(|header| header.skipped.clone()).unwrap_or_default(),
            time: header.and_then(|header| header.sealed),
            compared: false,
        }
    }

    /// What a receipt says of its vault.
    pub fn by_receipt(receipt: &Receipt) -> Sealed {
        let facts = receipt.facts();
        Sealed {
            names: receipt.names().map(str::to_owned).collect(),
            skipped: facts.skipped.clone(),
            time: Some(facts.sealed),
            compared: false,
        }
    }
}

impl<'a> Procedure<'a> {
    /// Reads the log of rotations.
    pub fn read(config: &'a Config, now: Timestamp) -> Procedure<'a> {
        Procedure { config, rotations: RotationLog::read(&config.rotation_log()), now }
    }

    fn today(&self) -> Date {
        records::day(self.now)
    }

    /// Which secrets are to be replaced, by their class.
    pub fn rotations(&self, report: &mut Report) {
        let path = self.config.rotation_log();
        let none = RotationLog::default();
        let log = match &self.rotations {
            Ok(log) => log.as_ref().unwrap_or(&none),
            Err(error) => {
                return report.add("rotations", Verdict::CannotTell, error.to_string());
            }
        };
        if !self.config.inventory.is_empty() {
            let found = records::schedule(&self.config.inventory, log, self.today());
            let (verdict, detail) = schedule(&found);
            report.add("rotations", verdict, detail);
        }
        if let Some(detail) = lines("cannot be read and may be a rotation", &log.unreadable, &path)
        {
            report.add("rotations", Verdict::CannotTell, detail);
        }
        if let Some(detail) = self.to_come(log) {
            report.add("rotations", Verdict::CannotTell, detail);
        }
    }

    /// Which lines of the log are not believed.
    fn to_come(&self, log: &RotationLog) -> Option<String> {
        let numbers = records::lines_to_come(log, self.today());
        let words = "lies in the future, as this machine's clock has it, and does not count";
        lines(words, &numbers, &self.config.rotation_log())
    }

    /// Which lines of the log may be rotations that nobody knows of.
    fn doubt(&self, log: &RotationLog) -> Option<String> {
        let mut numbers = records::lines_to_come(log, self.today());
        numbers.extend(&log.unreadable);
        numbers.sort_unstable();
        let words = "may be a rotation since it was sealed; compare with the source";
        lines(words, &numbers, &self.config.rotation_log())
    }

    /// Whether the secrets of a class are replaced within the time that all of the class have, whatever
    /// their own is.
    pub fn of_class(&self, class: Class, report: &mut Report) {
        let items = self.config.inventory.iter().filter(|(_, item)| item.class == Some(class));
        let rule = Item { class: Some(class), ..Item::default() };
        let items: Inventory = items.map(|(name, _)| (name.clone(), rule.clone())).collect();
        let none = RotationLog::default();
        let log = match &self.rotations {
            Err(error) => return report.add("class", Verdict::CannotTell, error.to_string()),
            Ok(log) => log.as_ref().unwrap_or(&none),
        };
        if items.is_empty() {
            return report.add("class", Verdict::NotAsked, "the inventory has none of this class");
        }
        let (verdict, detail) = schedule(&records::schedule(&items, log, self.today()));
        report.add("class", verdict, detail);
        if let Some(detail) = self.to_come(log) {
            report.add("class", Verdict::CannotTell, detail);
        }
    }

    /// Adds the secrets of the inventory of which nobody has said when they are to be replaced.
    pub fn without_a_time(&self, report: &mut Report) {
        let unsaid = |item: &Item| item.class.is_none() && item.rotation.is_none();
        let unsaid = self.config.inventory.iter().filter(|(_, item)| unsaid(item));
        let names: Vec<String> = unsaid.map(|(name, _)| name.clone()).collect();
        if !names.is_empty() {
            let detail =
                format!("the inventory has neither class nor rotation of {}", Listed(&names));
            report.add("rotations", Verdict::CannotTell, detail);
        }
    }

    /// Whether both logs can be read.
    pub fn logs(&self, report: &mut Report) {
        let incidents = IncidentLog::read(&self.config.incident_log());
        let both = [
            (
                self.config.rotation_log(),
                self.rotations.as_ref().map(|log| log.as_ref().map(|log| log.unreadable.clone())),
            ),
            (
                self.config.incident_log(),
                incidents.as_ref().map(|log| log.as_ref().map(|log| log.unreadable.clone())),
            ),
        ];
        for (path, log) in both {
            let (verdict, detail) = match log {
                Err(error) => (Verdict::Finding, error.to_string()),
                Ok(None) => (Verdict::NotAsked, format!("there is no {} yet", Quoted(&path))),
                Ok(Some(unreadable)) => match lines("cannot be read", &unreadable, &path) {
                    Some(detail) => (Verdict::Finding, detail),
                    None => (Verdict::Ok, String::new()),
                },
            };
            report.add("log", verdict, detail);
        }
    }

    /// Which secrets of a vault were replaced since it was sealed, and whether inventory and vault have the
    /// same names.
    pub fn vault(&self, sealed: &Sealed, report: &mut Report) {
        match &self.rotations {
            Ok(Some(log)) => {
                let names = sealed.names.iter().map(String::as_str);
                let since = records::rotated_since(names, log, sealed.time, self.today());
                let doubt = if sealed.compared { None } else { self.doubt(log) };
                rotated(&since, sealed.compared, doubt, report);
            }
            Err(error) if !sealed.compared => {
                report.add("rotated", Verdict::CannotTell, error.to_string());
            }
            Ok(None) | Err(_) => {}
        }
        if !self.config.inventory.is_empty() {
            self.inventory(sealed, report);
        }
    }

    fn inventory(&self, sealed: &Sealed, report: &mut Report) {
        let known = &self.config.inventory;
        let is_unknown = |name: &&String| !known.contains_key(*name);
        let unknown: Vec<String> = sealed.names.iter().filter(is_unknown).cloned().collect();
        let names: BTreeSet<&String> = sealed.names.iter().chain(&sealed.skipped).collect();
        let is_there = |name: &String| names.contains(name);
        let missing: Vec<String> = (known.iter())
            .filter(|(name, item)| {
                self.config.is_own(item.environment.as_deref()) && !is_there(name)
            })
            .map(|(name, _)| name.clone())
            .collect();
        let lists = [("not in the inventory", unknown), ("not in the vault", missing)];
        let lists = lists.iter().filter(|(_, names)| !names.is_empty());
        let parts: Vec<String> =
            lists.map(|(word, names)| format!("{word}: {}", Listed(names))).collect();
        if parts.is_empty() {
            report.add("inventory", Verdict::Ok, "it has the names of the vault, and no others");
        } else {
            report.add("inventory", Verdict::Finding, parts.join("; "));
        }
    }

    /// The command that writes down the last use of a vault as an incident, unless something was written
    /// down since. Adds a layer where that cannot be told.
    pub fn outage(&self, journal: &Journal, report: &mut Report) -> Option<String> {
        let path = self.config.incident_log();
        let log = match IncidentLog::read(&path) {
            Ok(log) => log,
            Err(error) => {
                report.add("incidents", Verdict::CannotTell, error.to_string());
                return None;
            }
        };
        let kept = log.is_some()
            || !self.config.inventory.is_empty()
            || matches!(self.rotations, Ok(Some(_)));
        let log = log.unwrap_or_default();
        if let Some(detail) = lines("cannot be read and may be an incident", &log.unreadable, &path)
        {
            report.add("incidents", Verdict::CannotTell, detail);
        }
        let used = journal.of(Event::Use).next_back().filter(|_| kept)?;
        // Where the clock was set back since, no day that has not come is offered.
        let day = records::day(used.time).min(self.today());
        let is_since = |date: Date| date >= day && !is_to_come(date, self.today());
        let is_written = log.entries.iter().any(|incident| is_since(incident.date));
        (!is_written).then(|| incident(used, day))
    }
}

/// To be pasted into a shell as it is: nothing in it comes from outside.
fn incident(used: &Entry, day: Date) -> String {
    let time = used.time;
    format!(
        "breakglass log incident --severity SEV-2 --secret none --date {day} --what 'The secrets manager was out, and the vault was used at {time:.0}'"
    )
}

/// What the schedule says, in words.
fn schedule(found: &Schedule) -> (Verdict, String) {
    if found.overdue.is_empty() {
        let detail = match &found.next {
            Some(Due { name, until: Some(until), .. }) => {
                format!("all in time; the next is {name}, until {until}")
            }
            _ => "no secret in the inventory has a time".to_owned(),
        };
        return (Verdict::Ok, detail);
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
    (Verdict::Finding, format!("overdue: {}", classes.join("; ")))
}

/// Whether a vault is stale by the log.
fn rotated(since: &Since, compared: bool, doubt: Option<String>, report: &mut Report) {
    let Since { later, same_day, unknown } = since;
    let all: Vec<String> = [later, same_day, unknown].into_iter().flatten().cloned().collect();
    if all.is_empty() && doubt.is_none() {
        return report.add("rotated", Verdict::Ok, "none since it was sealed, by the log");
    }
    if compared {
        let detail =
            format!("the source was compared, so the log does not matter for {}", Listed(&all));
        return report.add("rotated", Verdict::Ok, detail);
    }
    if !later.is_empty() {
        let detail = format!("since it was sealed: {}; seal again", Listed(later));
        report.add("rotated", Verdict::Finding, detail);
    }
    if !same_day.is_empty() {
        let names = Listed(same_day);
        let detail = format!("on the day on which it was sealed: {names}; compare with the source");
        report.add("rotated", Verdict::CannotTell, detail);
    }
    if !unknown.is_empty() {
        let names = Listed(unknown);
        let detail = format!("nobody knows whether before or after it was sealed: {names}");
        report.add("rotated", Verdict::CannotTell, detail);
    }
    if let Some(detail) = doubt {
        report.add("rotated", Verdict::CannotTell, detail);
    }
}

/// `line 3, 5 of 'log' …`, where there are any.
fn lines(words: &str, lines: &[usize], path: &Path) -> Option<String> {
    let numbers: Vec<String> = lines.iter().map(usize::to_string).collect();
    let word = if lines.len() == 1 { "line" } else { "each of the lines" };
    let path = Quoted(path);
    (!lines.is_empty()).then(|| format!("{word} {} of {path} {words}", Listed(&numbers)))
}
