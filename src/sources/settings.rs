//! Which folder of Infisical is meant.

/// What one place says of it: the options, the environment, or a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The server's address, with or without `https://`.
    pub host: Option<String>,
    /// The project's id.
    pub project: Option<String>,
    /// The environment's slug.
    pub environment: Option<String>,
    /// The folder, beginning with `/`.
    pub path: Option<String>,
    /// Whether the folders below are meant too.
    pub recursive: Option<bool>,
    /// Whether imported secrets are meant too.
    pub imports: Option<bool>,
}
