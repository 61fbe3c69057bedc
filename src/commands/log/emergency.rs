//! What is done about a secret that may have leaked, in its order.

use crate::error::{Escaped, misleads};
use crate::records::{Class, Config, Item};

/// In the place of a name: every secret of the vault, as in a file that was committed.
pub(super) const ALL: &str = "all";

/// In the place of a name: no secret has leaked, as in an outage.
pub(super) const NONE: &str = "none";

/// What to do about `secret`, within what time, and the commands that end it.
pub(super) fn steps(secret: &str, item: Option<&Item>, severity: Class, config: &Config) -> String {
    let manager = if config.infisical.is_some() { "Infisical" } else { "the secrets manager" };
    if secret == NONE {
        let words = "no secret is said to have leaked; when the secrets manager is back:\n";
        return words.to_owned() + &commands(None, config);
    }
    let (what, new, are) = match secret {
        ALL => ("every one of them", "new ones", "are"),
        name => (name, "the new one", "is"),
    };
    let issued = match item.and_then(|item| item.revoke.as_ref().or(item.description.as_ref())) {
        Some(place) => format!("at the source ({})", Escaped(place)),
        None => "at the source, where it was issued".to_owned(),
    };
    let impact = item.and_then(|item| item.impact.as_ref());
    let harm = impact.map_or(String::new(), |impact| format!(" ({})", Escaped(impact)));
    head(secret, item.and_then(|item| item.class), severity)
        + &format!(
            "  1. revoke {what} {issued}: from then on it opens nothing\n\
            \x20 2. create {new} at the source\n\
            \x20 3. set {new} in {manager}, not by a command line, which a shell keeps\n\
            \x20 4. restart the service\n\
            \x20 5. assess the damage{harm}: usage, bills and logs at the source, errors that nobody knows\n\
            \x20 6. write down what came of it, in {}\n\
            when {new} {are} in {manager}:\n",
            log_name(config)
        )
        + &commands((secret != ALL).then_some(secret), config)
}

/// `GEMINI_API_KEY, class high: to be replaced within 4 hours`, and whether the severity is too mild for the class. A
/// worse one may be right.
fn head(secret: &str, class: Option<Class>, severity: Class) -> String {
    let by = class.unwrap_or(severity);
    let (word, usual) = (by.word(), by.severity());
    let known = match class {
        Some(_) => format!("class {word}"),
        None => format!("no class in the inventory, and {usual} goes with {word}"),
    };
    let mut text = format!("{secret}, {known}: to be replaced within {}\n", by.response());
    if severity > by {
        text.push_str(&format!("  for class {word} one would expect {usual}\n"));
    }
    text
}

/// What is typed in the end: the rotation, the restart, the seal.
fn commands(rotated: Option<&str>, config: &Config) -> String {
    let mut text = String::new();
    if let Some(name) = rotated {
        text.push_str(&format!("    breakglass log rotation {name} --reason 'Suspected leak'\n"));
    }
    match config.start.as_deref().filter(|start| !start.chars().any(misleads)) {
        Some(start) => text.push_str(&format!("    {start}\n")),
        None => text.push_str("    # restart the service from the secrets manager\n"),
    }
    let vault = if config.vault.is_some() { "" } else { " VAULT" };
    text + &format!("    breakglass seal{vault}\n")
}

/// The name of the log, without its folders.
fn log_name(config: &Config) -> String {
    let path = config.incident_log();
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Escaped(&name).to_string()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn config() -> Config {
        let text = "vault = 'v.gpg'\nstart = 'pm2 start'\n[infisical]\n\
            [secrets]\nJWT_SECRET = { class = 'critical', description = 'signs sessions' }\n\
            PAY_KEY = { class = 'high', description = 'payments', revoke = 'pay.example, API keys', impact = 'charges' }\n\
            R2_KEY = { class = 'medium' }\n";
        Config::parse(Path::new("/srv/breakglass.toml"), text.as_bytes()).expect("reads")
    }

    fn steps_of(secret: &str, severity: Class) -> String {
        let config = config();
        steps(secret, config.inventory.get(secret), severity, &config)
    }

    #[test]
    fn in_their_order_and_within_their_time() {
        assert_eq!(
            steps_of("JWT_SECRET", Class::Critical),
            "JWT_SECRET, class critical: to be replaced within 1 hour\n\
            \x20 1. revoke JWT_SECRET at the source (signs sessions): from then on it opens nothing\n\
            \x20 2. create the new one at the source\n\
            \x20 3. set the new one in Infisical, not by a command line, which a shell keeps\n\
            \x20 4. restart the service\n\
            \x20 5. assess the damage: usage, bills and logs at the source, errors that nobody knows\n\
            \x20 6. write down what came of it, in incident-log.txt\n\
            when the new one is in Infisical:\n\
            \x20   breakglass log rotation JWT_SECRET --reason 'Suspected leak'\n\
            \x20   pm2 start\n\
            \x20   breakglass seal\n"
        );
    }

    #[test]
    fn where_it_is_revoked_and_what_a_leak_does_are_the_inventorys() {
        let steps = steps_of("PAY_KEY", Class::High);
        for line in [
            "  1. revoke PAY_KEY at the source (pay.example, API keys): from then on it opens nothing\n",
            "  5. assess the damage (charges): usage, bills and logs at the source, errors that nobody knows\n",
        ] {
            assert!(steps.contains(line), "{steps}");
        }
    }

    #[test]
    fn the_time_is_that_of_the_class() {
        let worse = steps_of("R2_KEY", Class::Critical);
        assert!(worse.starts_with(
            "R2_KEY, class medium: to be replaced within 24 hours\n  1. revoke R2_KEY"
        ));
        let medium = steps_of("R2_KEY", Class::Low);
        assert!(medium.starts_with(
            "R2_KEY, class medium: to be replaced within 24 hours\n  \
             for class medium one would expect SEV-3\n"
        ));
        let unknown = steps_of("NEW_KEY", Class::Low);
        assert!(unknown.starts_with(
            "NEW_KEY, no class in the inventory, and SEV-4 goes with low: to be replaced within 7 days\n"
        ));
        let all = steps_of(ALL, Class::Critical);
        assert!(all.contains("1. revoke every one of them at the source"), "{all}");
        assert!(!all.contains("log rotation") && all.ends_with("breakglass seal\n"), "{all}");
    }

    #[test]
    fn an_outage_ends_in_restart_and_seal() {
        let none = steps(NONE, None, Class::High, &Config::default());
        assert_eq!(
            none,
            "no secret is said to have leaked; when the secrets manager is back:\n\
            \x20   # restart the service from the secrets manager\n\
            \x20   breakglass seal VAULT\n"
        );
        assert!(steps_of(NONE, Class::High).ends_with("    pm2 start\n    breakglass seal\n"));
    }
}
