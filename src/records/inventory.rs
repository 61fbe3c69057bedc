//! The inventory: what `breakglass.toml` says of each secret, by name. No values.

use std::collections::BTreeMap;

use super::table::Table;
use super::time::parse_duration;
use crate::error::Result;

/// What is known of each secret.
pub type Inventory = BTreeMap<String, Item>;

/// What is known of one secret. All of it may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    /// What it is.
    pub description: Option<String>,
    /// Where it is used, such as `production`; the vault's environment where nothing is said.
    pub environment: Option<String>,
    /// How bad a leak is.
    pub class: Option<Class>,
    /// When it is replaced.
    pub rotation: Option<Rotation>,
    /// What a leak would do.
    pub impact: Option<String>,
    /// Where it is revoked.
    pub revoke: Option<String>,
}

/// How bad a leak is, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// It does harm at once.
    Critical,
    /// Operation suffers.
    High,
    /// Limited.
    Medium,
    /// Hardly any.
    Low,
}

/// When a secret is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// After so many days, 1 to 36,500.
    Every(u16),
    /// Not by a date, nor at an event.
    Never,
    /// At an event, in the words of the file, which begin with `on `.
    On(String),
}

impl Class {
    /// All of them, the worst first.
    const ALL: [Class; 4] = [Class::Critical, Class::High, Class::Medium, Class::Low];

    /// The word for it, the severity of an incident, the time within which a secret is replaced that may have leaked,
    /// and the days after which one is replaced in any case.
    fn rule(self) -> (&'static str, &'static str, &'static str, Option<u16>) {
        match self {
            Class::Critical => ("critical", "SEV-1", "1 hour", Some(180)),
            Class::High => ("high", "SEV-2", "4 hours", Some(90)),
            Class::Medium => ("medium", "SEV-3", "24 hours", None),
            Class::Low => ("low", "SEV-4", "7 days", None),
        }
    }

    /// As it is written.
    pub fn word(self) -> &'static str {
        self.rule().0
    }

    /// How bad an incident is with a secret of this class.
    pub fn severity(self) -> &'static str {
        self.rule().1
    }

    /// Within what time a secret is replaced that may have leaked.
    pub fn response(self) -> &'static str {
        self.rule().2
    }

    /// After how many days a secret is replaced, whatever its own rotation is.
    fn longest(self) -> Option<u16> {
        self.rule().3
    }

    /// The class of a severity, `SEV-1` to `SEV-4` in capitals or not.
    pub fn of_severity(text: &str) -> Option<Class> {
        Class::ALL.into_iter().find(|class| class.severity().eq_ignore_ascii_case(text))
    }

    fn parse(text: &str) -> Option<Class> {
        Class::ALL.into_iter().find(|class| class.word().eq_ignore_ascii_case(text))
    }
}

impl Rotation {
    /// A century: with it, dates stay dates.
    const MAX_DAYS: i64 = 36_500;

    /// Reads `90d` and the like, `never`, or what begins with `on `.
    fn parse(text: &str) -> Option<Rotation> {
        let lower = text.to_ascii_lowercase();
        if lower == "never" {
            return Some(Rotation::Never);
        }
        if lower.strip_prefix("on ").is_some_and(|event| !event.trim().is_empty()) {
            return Some(Rotation::On(text.to_owned()));
        }
        let length = parse_duration(text)?;
        let days = length.as_hours() / 24;
        let whole = length == jiff::SignedDuration::from_hours(days * 24);
        (whole && days <= Rotation::MAX_DAYS)
            .then(|| u16::try_from(days).ok())?
            .map(Rotation::Every)
    }
}

impl Item {
    /// After how many days at the latest it is replaced: by its own rotation, and by what holds for its
    /// class whatever that says.
    pub fn days(&self) -> Option<u16> {
        let own = match self.rotation {
            Some(Rotation::Every(days)) => Some(days),
            _ => None,
        };
        own.into_iter().chain(self.class.and_then(Class::longest)).min()
    }
}

const KEYS: &[&str] = &["description", "environment", "class", "rotation", "impact", "revoke"];
const A_TEXT: &str = "a text in quotes, of one line";
const A_CLASS: &str = "\"critical\", \"high\", \"medium\" or \"low\"";
const A_ROTATION: &str = "days such as \"90d\", \"never\", or an event such as \"on team change\"";

/// What errors call a secret's table. They do not show its name, in whose place a value may stand.
const SHOWN: &str = "[secrets.NAME]";

/// Reads `[secrets]` of the whole file.
pub(super) fn take(top: &Table<'_>) -> Result<Inventory> {
    let mut inventory = Inventory::new();
    for (name, table) in top.named_tables("secrets", SHOWN, KEYS)? {
        let whole = |text: &str| Some(text.to_owned());
        let item = Item {
            description: table.text("description", A_TEXT, whole)?,
            environment: table.text("environment", A_TEXT, whole)?,
            class: table.text("class", A_CLASS, Class::parse)?,
            rotation: table.text("rotation", A_ROTATION, Rotation::parse)?,
            impact: table.text("impact", A_TEXT, whole)?,
            revoke: table.text("revoke", A_TEXT, whole)?,
        };
        inventory.insert(name.to_owned(), item);
    }
    Ok(inventory)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::config::Config;
    use super::*;

    fn parse(text: &str) -> Result<Inventory> {
        Ok(Config::parse(Path::new("x"), text.as_bytes())?.inventory)
    }

    #[test]
    fn tables_in_every_spelling() {
        let item = Item { class: Some(Class::Low), ..Item::default() };
        let expected: Inventory = [("A_KEY".to_owned(), item)].into();
        for text in [
            "[secrets.A_KEY]\nclass = 'low'",
            "[secrets]\nA_KEY = { class = \"Low\" }",
            "[secrets]\nA_KEY.class = 'LOW'",
            "secrets.A_KEY.class = 'low'",
        ] {
            assert_eq!(parse(text).as_ref(), Ok(&expected), "{text}");
        }
        let empty = parse("[secrets.A]\n[secrets.B]").expect("reads");
        assert_eq!(empty.into_values().collect::<Vec<_>>(), [Item::default(), Item::default()]);
        assert_eq!(parse("[secrets]"), Ok(Inventory::new()));
    }

    #[test]
    fn rotations() {
        for (text, expected) in [
            ("90d", Some(Rotation::Every(90))),
            ("2w", Some(Rotation::Every(14))),
            ("48h", Some(Rotation::Every(2))),
            ("36500d", Some(Rotation::Every(36_500))),
            ("Never", Some(Rotation::Never)),
            ("on team change", Some(Rotation::On("on team change".to_owned()))),
            ("On rotation", Some(Rotation::On("On rotation".to_owned()))),
            ("on ", None),
            ("once", None),
            ("12h", None),
            ("25h", None),
            ("0d", None),
            ("90", None),
            ("36501d", None),
            ("-90d", None),
            ("90 days", Some(Rotation::Every(90))),
        ] {
            assert_eq!(Rotation::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn severities_and_classes() {
        for class in Class::ALL {
            assert_eq!(Class::of_severity(class.severity()), Some(class));
        }
        assert_eq!(Class::of_severity("Sev-3"), Some(Class::Medium));
        for text in ["", "SEV-0", "SEV-5", "SEV1", "1", "SEV-1 "] {
            assert_eq!(Class::of_severity(text), None, "{text}");
        }
    }

    #[test]
    fn the_shorter_time_counts() {
        let days = |class, rotation: &str| {
            Item { class, rotation: Rotation::parse(rotation), ..Item::default() }.days()
        };
        assert_eq!(days(Some(Class::Critical), "on team change"), Some(180));
        assert_eq!(days(Some(Class::Critical), "365d"), Some(180));
        assert_eq!(days(Some(Class::Critical), "90d"), Some(90));
        assert_eq!(days(Some(Class::High), "never"), Some(90));
        assert_eq!(days(Some(Class::High), ""), Some(90));
        assert_eq!(days(Some(Class::Medium), "180d"), Some(180));
        assert_eq!(days(Some(Class::Low), "never"), None);
        assert_eq!(days(None, "on rotation"), None);
    }

    #[test]
    fn what_is_refused_shows_no_value() {
        for (text, place, sentence) in [
            (
                "[secrets]\nA = 'hunter2'",
                "line 2, column 5",
                "[secrets.NAME] must be a table, such as { class = \"high\", rotation = \"90d\" }, and never the value",
            ),
            (
                "[secrets]\n'hunter-2' = {}",
                "line 2, column 1",
                "[secrets.NAME] must be under the name of a secret",
            ),
            (
                "[secrets.A]\nclass = 'hunter2'",
                "line 2, column 9",
                "class must be \"critical\", \"high\", \"medium\" or \"low\"",
            ),
            (
                "[secrets.A]\nrotation = '90'",
                "line 2, column 12",
                "rotation must be days such as \"90d\", \"never\", or an event such as \"on team change\"",
            ),
            (
                "[secrets.A]\nimpact = \"a\\nb\"",
                "line 2, column 10",
                "impact must be a text in quotes, of one line",
            ),
            (
                "[secrets.A]\nhunter2 = 'x'",
                "line 2, column 1",
                "unknown key; [secrets.NAME] takes description, environment, class, rotation, impact, revoke",
            ),
            (
                "[secrets.A]\ntoken = 'x'",
                "line 2, column 1",
                "a key (token) that may hold a credential has no place here",
            ),
        ] {
            let error = parse(text).expect_err(text);
            assert_eq!(error.to_string(), format!("'x', {place}: {sentence}"), "{text}");
        }
    }
}
