//! What is on record: what `breakglass.toml` says of vault and source, and what this machine remembers:
//! when a vault was rehearsed. No values, only places, times and ids.

mod config;
mod find;
mod folder;
mod infisical;
mod inventory;
mod journal;
mod place;
mod table;
mod time;

pub use config::{Config, Logs};
pub use folder::state_folder;
pub use infisical::InfisicalTable;
pub use inventory::{Class, Inventory, Item, Rotation};
pub use journal::{Entry, Event, Journal, journal, record};
pub use place::KeyPlace;
pub use time::{age, ago, now, parse_duration};
