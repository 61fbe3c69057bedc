//! The table `[infisical]` of `breakglass.toml`.

use super::table::Table;
use crate::error::Result;
use crate::sources::Settings;

/// What the header of a vault says of its source: `infisical HOST project=… environment=… path=…`.
pub(super) fn of_label(label: &str) -> Option<Settings> {
    // What was escaped there cannot be read back.
    let rest = label.strip_prefix("infisical ").filter(|rest| !rest.contains('\\'))?;
    let (host, rest) = rest.split_once(" project=")?;
    let (project, rest) = rest.split_once(" environment=")?;
    let (environment, path) = rest.split_once(" path=")?;
    let (path, imports) = match path.strip_suffix(" without-imports") {
        Some(path) => (path, Some(false)),
        None => (path, None),
    };
    let (path, recursive) = match path.strip_suffix(" recursive") {
        Some(path) => (path, Some(true)),
        None => (path, None),
    };
    let host = match host {
        "app.infisical.com" => None,
        host if host.contains("://") => Some(host.to_owned()),
        host => Some(format!("https://{host}")),
    };
    let some = |text: &str| Some(text.to_owned());
    let (project, environment, path) = (some(project), some(environment), some(path));
    Some(Settings { host, project, environment, path, recursive, imports })
}

/// What it may hold.
pub(super) const KEYS: &[&str] =
    &["host", "project", "environment", "path", "recursive", "imports"];

/// Takes it; no text in it is empty or holds control characters.
///
/// Errors: by line, what cannot be meant.
pub(super) fn take(table: &Table<'_>) -> Result<Settings> {
    let word = |text: &str| (!text.contains(char::is_whitespace)).then(|| text.to_owned());
    let path = |text: &str| text.starts_with('/').then(|| text.to_owned());
    let url = |text: &str| {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
        let strange = |character: char| "@?#".contains(character) || character.is_whitespace();
        (!rest.is_empty() && !rest.contains(strange)).then(|| text.to_owned())
    };
    let address = "an address in quotes, such as \"https://eu.infisical.com\", without a user name";
    let slug = "an environment's slug in quotes, such as \"production\"";
    let folder = "a path in quotes that begins with '/'";
    Ok(Settings {
        host: table.text("infisical.host", address, url)?,
        project: table.text("infisical.project", "a project's id in quotes", word)?,
        environment: table.text("infisical.environment", slug, word)?,
        path: table.text("infisical.path", folder, path)?,
        recursive: table.switch("infisical.recursive")?,
        imports: table.switch("infisical.imports")?,
    })
}
