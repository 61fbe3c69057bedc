//! `[[checklist]]` of `breakglass.toml`: what a person has to check, because no program can.

use super::table::Table;
use crate::error::Result;

/// One thing to check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// The part of the list that it belongs to.
    pub section: String,
    /// What should be so.
    pub item: String,
    /// How to see it.
    pub hint: Option<String>,
}

const KEYS: &[&str] = &["section", "item", "hint"];
const A_TEXT: &str = "a text in quotes, of one line";
const TABLES: &str = "a list of tables, [[checklist]], each with section and item";

/// Reads all of them.
pub(super) fn take(top: &Table<'_>) -> Result<Vec<Reminder>> {
    let needed = ["section", "item"];
    let tables = top.tables("checklist", "[[checklist]]", KEYS, &needed, TABLES)?;
    let reminder = |table: Table<'_>| {
        let text = |key| table.text(key, A_TEXT, |text| Some(text.to_owned()));
        let (section, item) = (text("section")?, text("item")?);
        let (section, item) = (section.unwrap_or_default(), item.unwrap_or_default());
        Ok(Reminder { section, item, hint: text("hint")? })
    };
    tables.into_iter().map(reminder).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::config::Config;
    use super::*;

    fn parse(text: &str) -> Result<Vec<Reminder>> {
        Ok(Config::parse(Path::new("x"), text.as_bytes())?.checklist)
    }

    #[test]
    fn tables_in_every_spelling() {
        let reminder = |item: &str, hint: Option<&str>| Reminder {
            section: "Access".to_owned(),
            item: item.to_owned(),
            hint: hint.map(str::to_owned),
        };
        let expected = vec![reminder("two factors", None), reminder("SSH by keys", Some("sshd"))];
        for text in [
            "[[checklist]]\nsection = 'Access'\nitem = 'two factors'\n[[checklist]]\nsection = 'Access'\nitem = 'SSH by keys'\nhint = 'sshd'",
            "checklist = [{ section = 'Access', item = 'two factors' }, { section = 'Access', item = 'SSH by keys', hint = 'sshd' }]",
        ] {
            assert_eq!(parse(text).as_ref(), Ok(&expected), "{text}");
        }
        assert_eq!(parse("checklist = []"), Ok(Vec::new()));
    }

    #[test]
    fn what_is_refused_shows_no_value() {
        let tables =
            "checklist must be a list of tables, [[checklist]], each with section and item";
        for (toml, place, sentence) in [
            ("checklist = 'hunter2'", "1, column 13", tables),
            ("checklist = ['hunter2']", "1, column 14", tables),
            ("[checklist]\nitem = 'x'", "1, column 1", tables),
            ("\n[[checklist]]\nitem = 'x'", "2, column 1", tables),
            ("[[checklist]]\nsection = 'x'", "1, column 1", tables),
            (
                "[[checklist]]\nsection = ''\nitem = 'x'",
                "2, column 11",
                "section must be a text in quotes, of one line",
            ),
            (
                "[[checklist]]\nitem = 'x'\nsection = 'y'\nhint = \"a\\nb\"",
                "4, column 8",
                "hint must be a text in quotes, of one line",
            ),
            (
                "[[checklist]]\nhow = 'x'",
                "2, column 1",
                "unknown key (how); [[checklist]] takes section, item, hint",
            ),
        ] {
            let error = parse(toml).expect_err(toml);
            assert_eq!(error.to_string(), format!("'x', line {place}: {sentence}"), "{toml}");
        }
    }
}
