//! A first breakglass.toml, from what is known: for a person to correct.

use std::path::Path;

use super::config::Config;
use super::infisical;
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
        // Where the vault is not known and Infisical is, it is sealed next.
        let vault = self.vault.clone().or_else(|| infisical.as_ref().map(usual_name));
        let mut text = HEAD.to_owned();
        text.push_str(&vault.map_or(NO_VAULT.to_owned(), |vault| line("vault", &vault)));
        text.push_str(USUAL);
        if let Some(table) = &infisical {
            text.push_str("\n[infisical]\n");
            text.push_str(&infisical_lines(table));
        }
        if let Some(key) = &self.receipt_key {
            text.push_str("\n[receipt]\n");
            text.push_str(&line("key", key));
        }
        text.push_str(STARTER);
        text.extend(self.names.iter().map(|name| format!("{name} = {{}}\n")));
        let config = Config::parse(path, text.as_bytes())?;
        if config.inventory.len() == self.names.len() { Ok(text) } else { Err(Error::Internal) }
    }
}

const HEAD: &str = "# What breakglass knows of the vault and its secrets: names, places and days, never a value.\n\
    # Correct it, and commit it. docs/CURRENT.md of breakglass explains every key.\n";

const NO_VAULT: &str = "# vault = \"prod.env.gpg\"\n";

const USUAL: &str = "# max_age = \"30d\"\n# drill_interval = \"90d\"\n\
    # start = \"infisical run --env=production -- pm2 start ecosystem.config.js\"\n\
    # copies = [\"/media/stick\"]\n";

/// Examples of what a person adds, commented out; the table of the secrets comes last.
const STARTER: &str = include_str!("starter.toml");

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
    let texts = texts.into_iter().filter_map(|(key, text)| Some(line(key, text.as_ref()?)));
    let switches = [("recursive", table.recursive), ("imports", table.imports)];
    let switches = switches.into_iter().filter_map(|(key, it)| Some(format!("{key} = {}\n", it?)));
    texts.chain(switches).collect()
}

/// A key with a TOML basic string. Characters that mislead stay, and are refused when it is read back.
fn line(key: &str, text: &str) -> String {
    format!("{key} = \"{}\"\n", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::super::inventory::Item;
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
            names: names("FEATURE_X JWT_SECRET"),
        };
        let (text, config) = read(&draft);
        assert_eq!(config.vault.as_deref(), Some(Path::new("/srv/a \"b\"\\c/prod.env.gpg")));
        let table = config.infisical.clone().expect("a table");
        assert_eq!(table.host.as_deref(), Some("https://eu.infisical.com"));
        assert_eq!((table.path.as_deref(), table.recursive), (Some("/a b"), Some(true)));
        assert!(text.ends_with("\nFEATURE_X = {}\nJWT_SECRET = {}\n"), "{text}");
        assert!(config.inventory.values().all(|item| *item == Item::default()), "{text}");
    }

    #[test]
    fn the_starter_reads_back_without_its_marks() {
        let (text, _) = read(&Draft { names: names("A"), ..Draft::default() });
        let (_, starter) = text.split_once("For example:\n").expect("a starter");
        let is_toml = |line: &str| {
            ["[", "section = ", "item = ", "hint = ", "JWT_SECRET = ", "A = "]
                .iter()
                .any(|it| line.starts_with(it))
        };
        let lines =
            starter.lines().map(|line| line.trim_start_matches("# ")).filter(|it| is_toml(it));
        let lines: Vec<&str> = lines.collect();
        let config = Config::parse(Path::new("x"), lines.join("\n").as_bytes()).expect("reads");
        assert_eq!((config.inventory.len(), config.checklist.len()), (2, 3), "{lines:?}");
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
