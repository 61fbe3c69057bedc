//! The table `[infisical]` of `breakglass.toml`.

use super::table::Table;
use crate::error::Result;

/// The table `[infisical]`. No text in it is empty or holds control characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InfisicalTable {
    /// The server, beginning with `https://` or `http://`.
    pub host: Option<String>,
    /// The project's id.
    pub project: Option<String>,
    /// The environment's slug.
    pub environment: Option<String>,
    /// The folder, beginning with `/`.
    pub path: Option<String>,
    /// Whether folders within it are taken too.
    pub recursive: Option<bool>,
    /// Whether imported secrets are taken too.
    pub imports: Option<bool>,
}

impl InfisicalTable {
    /// What the header of a vault says of its source: `infisical HOST project=… environment=… path=…`.
    pub(super) fn of_label(label: &str) -> Option<InfisicalTable> {
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
        Some(InfisicalTable { host, project, environment, path, recursive, imports })
    }

    pub(super) const KEYS: &[&str] =
        &["host", "project", "environment", "path", "recursive", "imports"];

    pub(super) fn take(table: &Table<'_>) -> Result<InfisicalTable> {
        let word = |text: &str| (!text.contains(char::is_whitespace)).then(|| text.to_owned());
        let path = |text: &str| text.starts_with('/').then(|| text.to_owned());
        let url = |text: &str| {
            let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
            let strange = |character: char| "@?#".contains(character) || character.is_whitespace();
            (!rest.is_empty() && !rest.contains(strange)).then(|| text.to_owned())
        };
        let address =
            "an address in quotes, such as \"https://eu.infisical.com\", without a user name";
        let folder = "a path in quotes that begins with '/'";
        Ok(InfisicalTable {
            host: table.text("host", "infisical.host", address, url)?,
            project: table.text(
                "project",
                "infisical.project",
                "a project's id in quotes",
                word,
            )?,
            environment: table.text(
                "environment",
                "infisical.environment",
                "an environment's slug in quotes, such as \"production\"",
                word,
            )?,
            path: table.text("path", "infisical.path", folder, path)?,
            recursive: table.switch("recursive", "infisical.recursive")?,
            imports: table.switch("imports", "infisical.imports")?,
        })
    }
}
