//! What is on record: what `breakglass.toml` says of vault, source and each secret; the logs of rotations and
//! incidents; and what this machine remembers. No values, only names, places, times and ids.

mod config;
mod day;
mod draft;
mod environment;
mod find;
mod folder;
mod incidents;
mod infisical;
mod inventory;
mod journal;
mod logbook;
mod place;
mod reminders;
mod rotations;
mod schedule;
mod table;
mod text;
mod time;

pub use config::Config;
pub use day::{day, is_to_come, parse_day};
pub use draft::Draft;
pub use folder::state_folder;
pub use incidents::{Incident, IncidentLog, incident_line};
pub use inventory::{Class, Inventory, Item, Rotation};
pub use journal::{Entry, Event, Journal, journal, record};
pub use logbook::{LogLine, Logbook};
pub use place::KeyPlace;
pub use reminders::Reminder;
pub use rotations::{Rotated, RotationLog, rotation_line};
pub use schedule::{Due, Schedule, Since, lines_to_come, rotated_since, schedule};
pub use text::{LogName, LogText};
pub use time::{age, ago, length, now, parse_duration};
