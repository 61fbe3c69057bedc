//! A first breakglass.toml, from what is known: for a person to correct.

use std::path::Path;

use super::config::Config;
use super::guesses::guess;
use super::infisical;
use super::inventory::Item;
use crate::error::{Error, Result};
use crate::sources::Settings;

/// What is known before there is a breakglass.toml.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The vault, as it is to be written.
    pub vault: Option<String>,
    /// Where secrets come from, as a vault's header says it.
    pub source: Option<String>,
    /// Where the key of receipts lies, as it is to be written.
    pub receipt_key: Option<String>,
    /// Names of secrets, each once.
    pub names: Vec<String>,
}

impl Draft {
    /// Whether the text names a vault that is still to be sealed, and its source: Infisical.
    pub fn is_to_seal(&self) -> bool {
        self.vault.is_none() && self.infisical().is_some()
    }

    fn infisical(&self) -> Option<Settings> {
        self.source.as_deref().and_then(infisical::of_label)
    }

    /// The text of the file at `path`, which reads back.
    ///
    /// Errors: something in it cannot stand there, such as a vault's path with control characters.
    pub fn to_text(&self, path: &Path) -> Result<String> {
        let infisical = self.infisical();
        let mut text = HEAD.to_owned();
        match (&self.vault, &infisical) {
            (Some(vault), _) => text.push_str(&format!("vault = {}\n", quoted(vault))),
            // It is sealed next.
            (None, Some(table)) => {
                text.push_str(&format!("vault = {}\n", quoted(&usual_name(table))))
            }
            (None, None) => text.push_str("# vault = \"prod.env.gpg\"\n"),
        }
        text.push_str(USUAL);
        if let Some(table) = &infisical {
            text.push_str("\n[infisical]\n");
            text.push_str(&infisical_lines(table));
        }
        if let Some(key) = &self.receipt_key {
            text.push_str(&format!("\n[receipt]\nkey = {}\n", quoted(key)));
        }
        let own = infisical.as_ref().and_then(|table| table.environment.as_deref());
        text.push_str(&self.secrets(own.unwrap_or("production")));
        let config = Config::parse(path, text.as_bytes())?;
        if config.inventory.len() == self.names.len() { Ok(text) } else { Err(Error::Internal) }
    }

    /// The inventory, a line for each name.
    fn secrets(&self, own: &str) -> String {
        if self.names.is_empty() {
            return NO_NAMES.to_owned();
        }
        let mut text = NAMES.to_owned();
        for name in &self.names {
            let guessed = guess(name);
            let mark = if guessed.is_some() { " # a guess" } else { "" };
            text.push_str(&format!(
                "{name} = {{ {} }}{mark}\n",
                keys(&guessed.unwrap_or_default(), own)
            ));
        }
        text
    }
}

const HEAD: &str = "# What breakglass knows of the vault and its secrets: names, places and days, never a value.\n\
    # To be corrected, and committed. docs/CURRENT.md of breakglass explains every key.\n";

const USUAL: &str = "# max_age = \"30d\"\n# drill_interval = \"90d\"\n\
    # start = \"infisical run --env=production -- pm2 start ecosystem.config.js\"\n\
    # copies = [\"/media/stick\"]\n";

const NAMES: &str = "\n# class: critical, high, medium, low. rotation: \"90d\", \"never\", or an event, \"on …\".\n\
    # What is marked as a guess was guessed from the name alone.\n[secrets]\n";

const NO_NAMES: &str = "\n# [secrets]\n\
    # JWT_SECRET = { environment = \"production\", class = \"critical\", rotation = \"180d\" }\n";

/// How a vault of that environment is called: so that it can be typed, and be part of a kit (28 bytes in all).
fn usual_name(table: &Settings) -> String {
    let slug = table.environment.as_deref().unwrap_or_default();
    let is_plain = slug.len() <= 20
        && slug.starts_with(|first: char| first.is_ascii_alphanumeric())
        && slug.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let stem = if is_plain && slug != "production" { slug } else { "prod" };
    format!("{stem}.env.gpg")
}

fn infisical_lines(table: &Settings) -> String {
    let texts = [
        ("host", &table.host),
        ("project", &table.project),
        ("environment", &table.environment),
        ("path", &table.path),
    ];
    let texts = texts.into_iter().filter_map(|(key, text)| Some((key, quoted(text.as_ref()?))));
    let switches = [("recursive", table.recursive), ("imports", table.imports)];
    let switches = switches.into_iter().filter_map(|(key, said)| Some((key, said?.to_string())));
    texts.chain(switches).map(|(key, value)| format!("{key} = {value}\n")).collect()
}

fn keys(item: &Item, own: &str) -> String {
    let mut keys =
        vec![format!("environment = {}", quoted(item.environment.as_deref().unwrap_or(own)))];
    keys.extend(item.class.map(|class| format!("class = {}", quoted(class.word()))));
    let rotation = item.rotation.as_ref();
    keys.extend(rotation.map(|rotation| format!("rotation = {}", quoted(&rotation.to_string()))));
    keys.join(", ")
}

/// A TOML basic string. Characters that mislead stay, and are refused when it is read back.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &str) -> Vec<String> {
        list.split(' ').map(str::to_owned).collect()
    }

    fn read(draft: &Draft) -> (String, Config) {
        let path = Path::new("/srv/breakglass.toml");
        let text = draft.to_text(path).expect("writes");
        let config = Config::parse(path, text.as_bytes()).expect("reads");
        (text, config)
    }

    #[test]
    fn all_that_is_known_reads_back() {
        let draft = Draft {
            vault: Some("a \"b\"\\c/prod.env.gpg".to_owned()),
            source: Some(
                "infisical eu.infisical.com project=0-1 environment=prod path=/a b recursive"
                    .to_owned(),
            ),
            receipt_key: Some("infisical:/breakglass".to_owned()),
            names: names("FEATURE_X JWT_SECRET INFISICAL_CLIENT_ID"),
        };
        let (text, config) = read(&draft);
        assert_eq!(config.vault.as_deref(), Some(Path::new("/srv/a \"b\"\\c/prod.env.gpg")));
        let table = config.infisical.clone().expect("a table");
        assert_eq!(table.host.as_deref(), Some("https://eu.infisical.com"));
        assert_eq!((table.path.as_deref(), table.recursive), (Some("/a b"), Some(true)));
        for line in [
            "FEATURE_X = { environment = \"prod\" }\n",
            "JWT_SECRET = { environment = \"prod\", class = \"critical\", rotation = \"180d\" } # a guess\n",
            "INFISICAL_CLIENT_ID = { environment = \"VPS only\", class = \"high\", rotation = \"on team change\" } # a guess\n",
        ] {
            assert!(text.contains(line), "{text}");
        }
        let own = |name: &str| {
            let item = config.inventory.get(name).expect("is there");
            config.is_own(item.environment.as_deref())
        };
        assert!(own("FEATURE_X") && own("JWT_SECRET") && !own("INFISICAL_CLIENT_ID"));
    }

    #[test]
    fn a_vault_that_is_sealed_next() {
        for (environment, vault) in [
            ("production", "prod.env.gpg"),
            ("prod", "prod.env.gpg"),
            ("staging-2", "staging-2.env.gpg"),
            ("../x", "prod.env.gpg"),
            ("-rf", "prod.env.gpg"),
            ("preview-of-the-team-a", "prod.env.gpg"),
        ] {
            let source = format!("infisical x project=1 environment={environment} path=/");
            let draft = Draft { source: Some(source), ..Draft::default() };
            assert!(draft.is_to_seal());
            assert_eq!(read(&draft).1.vault, Some(Path::new("/srv").join(vault)), "{environment}");
        }
        // Without a name in the file, `seal` would ask for one.
        let source = Some("command printf".to_owned());
        assert!(!Draft { source, ..Draft::default() }.is_to_seal());
    }

    #[test]
    fn little_is_known() {
        let (_, config) = read(&Draft::default());
        assert_eq!(config, Config { path: config.path.clone(), ..Config::default() });
        let (_, config) = read(&Draft { names: names("A"), ..Draft::default() });
        assert_eq!(config.inventory.len(), 1);
        // Sources that say nothing of Infisical, or what cannot be read back.
        for source in
            ["command 'infisical'", "infisical", "infisical x project=\\n environment=a path=/"]
        {
            let (_, config) = read(&Draft { source: Some(source.to_owned()), ..Draft::default() });
            assert_eq!(config.infisical, None, "{source}");
        }
    }

    #[test]
    fn what_cannot_stand_there_is_refused() {
        for vault in ["a\nb", "a\u{202e}b", "a\u{1b}b"] {
            let draft = Draft { vault: Some(vault.to_owned()), ..Draft::default() };
            assert!(draft.to_text(Path::new("x")).is_err(), "{vault:?}");
        }
        let draft = Draft { names: names("A-B"), ..Draft::default() };
        assert!(draft.to_text(Path::new("x")).is_err());
    }
}
