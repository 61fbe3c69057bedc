//! Where the settings come from: options, the environment, breakglass.toml, `.infisical.json`, in
//! this order; the first that says something counts.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use ureq::http::Uri;

use super::super::settings::Settings;
use super::credentials::Credentials;
use crate::error::{Error, Escaped, FileError, InfisicalError, Result};
use crate::files;

/// The host of Infisical's own service in the US, which is the default of its command line too.
const DEFAULT_HOST: &str = "https://app.infisical.com";

/// The file that Infisical's command line leaves in a project.
const PROJECT_FILE: &str = ".infisical.json";

/// How long an export may take unless told otherwise.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// What only the command line can say.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// How long the whole export may take.
    pub timeout: Option<Duration>,
    /// Whether plain http to another machine is taken.
    pub danger_http: bool,
}

/// A folder of secrets on a server: all settings known and checked, and credentials at hand.
#[derive(Debug)]
pub struct Infisical {
    pub(super) credentials: Credentials,
    /// `https://host[:port][/path]`, without a slash at the end.
    pub(super) base: String,
    pub(super) project: String,
    pub(super) environment: String,
    pub(super) path: String,
    pub(super) recursive: bool,
    pub(super) imports: bool,
    pub(super) timeout: Duration,
    /// The file that named the host, where one did.
    host_from: Option<PathBuf>,
}

/// One place, and its file where it is one.
type SecretPlace<'a> = (&'a Settings, Option<&'a Path>);

impl Infisical {
    /// Takes the credentials from the environment, and puts together what the options, the
    /// environment, `file` (with its path) and `.infisical.json` say.
    ///
    /// Errors: names what nobody says; a host that is none; plain http to another machine.
    pub fn new(
        options: &Settings,
        file: Option<(&Settings, &Path)>,
        limits: Limits,
    ) -> Result<Infisical> {
        let environment = from_environment();
        let project_file = project_file()?;
        let mut places: Vec<SecretPlace<'_>> = vec![(options, None), (&environment, None)];
        places.extend(file.map(|(settings, path)| (settings, Some(path))));
        places.extend(project_file.as_ref().map(|(settings, path)| (settings, Some(&**path))));
        let (host, host_from) = places
            .iter()
            .find_map(|(settings, path)| Some((settings.host.as_deref()?, *path)))
            .unwrap_or((DEFAULT_HOST, None));
        let base = base(host, limits.danger_http)?;
        let first = |of: fn(&Settings) -> &Option<String>| {
            let said = places.iter().find_map(|(settings, _)| of(settings).clone());
            said.filter(|text| !text.is_empty())
        };
        let flag = |of: fn(&Settings) -> Option<bool>| {
            places.iter().find_map(|(settings, _)| of(settings))
        };
        let project = first(|settings| &settings.project);
        let slug = first(|settings| &settings.environment);
        let (project, environment, credentials) = match (project, slug, Credentials::take()?) {
            (Some(project), Some(slug), Ok(credentials)) => (project, slug, credentials),
            (project, slug, credentials) => {
                let lacks = [
                    project.is_none().then_some(PROJECT_PLACES),
                    slug.is_none().then_some(ENVIRONMENT_PLACES),
                ];
                let credentials = credentials.err().unwrap_or_default();
                let what = lacks.into_iter().flatten().chain(credentials).collect();
                return Err(InfisicalError::MissingSettings { what }.into());
            }
        };
        Ok(Infisical {
            credentials,
            base,
            project,
            environment,
            path: folder(&first(|settings| &settings.path).unwrap_or_default()),
            recursive: flag(|settings| settings.recursive).unwrap_or(false),
            imports: flag(|settings| settings.imports).unwrap_or(true),
            timeout: limits.timeout.unwrap_or(DEFAULT_TIMEOUT),
            host_from: host_from.map(Path::to_owned),
        })
    }

    /// The host, for people.
    pub fn host(&self) -> &str {
        self.base.trim_start_matches("https://")
    }

    /// The file that named the host, where one did. To be told before a credential goes there.
    pub fn host_from(&self) -> Option<&Path> {
        self.host_from.as_deref()
    }

    /// For the vault's header: where the secrets came from, in one line.
    pub fn label(&self) -> String {
        let mut label = format!(
            "infisical {} project={} environment={} path={}",
            Escaped(self.host()),
            Escaped(&self.project),
            Escaped(&self.environment),
            Escaped(&self.path),
        );
        if self.recursive {
            label.push_str(" recursive");
        }
        if !self.imports {
            label.push_str(" without-imports");
        }
        label
    }
}

const PROJECT_PLACES: &str = "the project's id (--infisical-project, INFISICAL_PROJECT_ID, \
                              breakglass.toml, workspaceId in .infisical.json)";
const ENVIRONMENT_PLACES: &str = "the environment's slug (--infisical-environment, \
                                  breakglass.toml, defaultEnvironment in .infisical.json)";

/// The names that Infisical's command line knows. None of them is secret.
fn from_environment() -> Settings {
    let variable = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
    Settings {
        host: variable("INFISICAL_DOMAIN").or_else(|| variable("INFISICAL_API_URL")),
        project: variable("INFISICAL_PROJECT_ID"),
        ..Settings::default()
    }
}

/// What `.infisical.json` in this folder, or in the nearest above it, says. Its mapping of git
/// branches to environments is left alone: production does not depend on what is checked out.
fn project_file() -> Result<Option<(Settings, PathBuf)>> {
    let folder = std::env::current_dir().unwrap_or_default();
    for folder in folder.ancestors() {
        let path = folder.join(PROJECT_FILE);
        let bytes = match files::read_found(&path, true) {
            Ok(read) => read.bytes,
            Err(Error::File(FileError::Read { errno: libc::ENOENT | libc::EACCES, .. })) => {
                continue;
            }
            Err(error) => return Err(error),
        };
        let Ok(Value::Object(members)) = serde_json::from_slice(&bytes) else {
            return Err(InfisicalError::ProjectFile { path }.into());
        };
        let text = |name: &str| {
            let said = members.get(name).and_then(Value::as_str);
            said.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let settings = Settings {
            host: text("domain"),
            project: text("workspaceId").or_else(|| text("projectId")),
            environment: text("defaultEnvironment"),
            path: text("defaultSecretPath"),
            ..Settings::default()
        };
        return Ok(Some((settings, path)));
    }
    Ok(None)
}

/// The address that requests begin with. `/api` at its end, which some settings have, goes.
fn base(host: &str, danger_http: bool) -> Result<String> {
    let bad = || Error::Infisical(InfisicalError::BadHost);
    let address = if host.contains("://") { host.to_owned() } else { format!("https://{host}") };
    let address = address.trim_end_matches('/').trim_end_matches("/api").trim_end_matches('/');
    let uri: Uri = address.parse().map_err(|_| bad())?;
    let authority = uri.authority().ok_or_else(bad)?;
    if authority.as_str().contains('@')
        || uri.query().is_some()
        || address.contains('#')
        || uri.host().is_none_or(str::is_empty)
    {
        return Err(bad());
    }
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if danger_http || is_loopback(authority.host()) => {}
        Some("http") => {
            let host = authority.to_string();
            return Err(InfisicalError::PlainHttp { host }.into());
        }
        _ => return Err(bad()),
    }
    // Rebuilt, so that the scheme is in lower case wherever it is looked at.
    let scheme = uri.scheme_str().unwrap_or("https");
    Ok(format!("{scheme}://{authority}{}", uri.path().trim_end_matches('/')))
}

/// Whether a host is this machine itself.
fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A folder's path in the form that the server has it: `/`, `/a/b`.
fn folder(path: &str) -> String {
    format!("/{}", path.trim_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (host, expected) in [
            ("eu.infisical.com", Some("https://eu.infisical.com")),
            ("https://eu.infisical.com/", Some("https://eu.infisical.com")),
            ("https://eu.infisical.com/api", Some("https://eu.infisical.com")),
            ("https://x.test:8443/secrets/api/", Some("https://x.test:8443/secrets")),
            ("http://127.0.0.1:80", Some("http://127.0.0.1:80")),
            ("http://[::1]:80", Some("http://[::1]:80")),
            ("http://localhost", Some("http://localhost")),
            ("HTTP://LOCALHOST:80", None),
            ("HTTPS://x.test", Some("https://x.test")),
            ("https://evil.test#.x.test", None),
            ("http://x.test", None),
            ("http://127.0.0.1.x.test", None),
            ("http://localhost.x.test", None),
            ("https://user:word@x.test", None),
            ("https://x.test/?a=b", None),
            ("ftp://x.test", None),
            ("https://", None),
            ("", None),
            ("a b", None),
            ("https://x.test\r\nA: b", None),
        ] {
            assert_eq!(base(host, false).ok().as_deref(), expected, "{host}");
        }
        assert_eq!(base("http://x.test", true).ok().as_deref(), Some("http://x.test"));
    }

    #[test]
    fn folders() {
        for (path, expected) in [("", "/"), ("/", "/"), ("a", "/a"), ("/a/b/", "/a/b")] {
            assert_eq!(folder(path), expected);
        }
    }
}
