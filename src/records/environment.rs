//! Whose environment a secret is of: the vault's, or another.

use super::config::Config;

impl Config {
    /// Whether a secret of this environment is one of the vault's: case does not count, nor whether it is
    /// written as Infisical names it or as a slug. What says nothing is the vault's own.
    pub fn is_own(&self, environment: Option<&str>) -> bool {
        let Some(environment) = environment else { return true };
        let own = self.infisical.as_ref().and_then(|table| table.environment.as_deref());
        whole_name(environment) == whole_name(own.unwrap_or(PRODUCTION))
    }

    /// What the inventory places in another environment than the vault's is never required in it.
    pub(super) fn forget_required_elsewhere(&mut self) {
        let required = std::mem::take(&mut self.required);
        let is_own = |name: &String| {
            let item = self.inventory.get(name);
            item.is_none_or(|item| self.is_own(item.environment.as_deref()))
        };
        self.required = required.into_iter().filter(is_own).collect();
    }
}

/// What is sealed where nothing says which environment it is.
const PRODUCTION: &str = "production";

/// The environments that a new project in Infisical has: their slugs, and their names in lower case.
const SLUGS: [(&str, &str); 3] =
    [("dev", "development"), ("staging", "staging"), ("prod", PRODUCTION)];

/// An environment's name in lower case, for its slug too.
fn whole_name(environment: &str) -> String {
    let lower = environment.trim().to_lowercase();
    SLUGS.iter().find(|(slug, _)| *slug == lower).map_or(lower, |(_, name)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn parse(text: &str) -> Config {
        Config::parse(Path::new("/srv/app/breakglass.toml"), text.as_bytes()).expect("reads")
    }

    #[test]
    fn which_environment_is_the_vaults() {
        for (text, own, other) in [
            ("", &["production", "Production", "PROD"][..], &["VPS only", "staging", "dev"][..]),
            ("infisical.environment = 'prod'", &["Production"], &["VPS only", "development"]),
            ("infisical.environment = 'dev'", &["Development", "dev"], &["production"]),
            ("infisical.environment = 'Live'", &["live", "LIVE"], &["production", "prod"]),
        ] {
            let config = parse(text);
            assert!(config.is_own(None), "{text}");
            assert!(own.iter().all(|it| config.is_own(Some(it))), "{text}");
            assert!(!other.iter().any(|it| config.is_own(Some(it))), "{text}");
        }
    }

    #[test]
    fn names_of_another_environment_are_never_required() {
        let text = "required = ['A', 'B', 'C']\n[secrets]\nA = { environment = 'VPS only' }\nB = { environment = 'prod' }\n";
        assert_eq!(parse(text).required, ["B", "C"]);
        let staging = format!("{text}[infisical]\nenvironment = 'staging'\n");
        assert_eq!(parse(&staging).required, ["C"]);
    }
}
