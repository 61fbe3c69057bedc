//! The apps that a daemon has, stopped ones too: it tells them only when it is asked, and tells every
//! value with them. They come through a pipe into a region, and only names and markers are read.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::command::installed;
use super::daemon::GUARDS;
use super::home::Home;
use crate::error::{Error, Result};
use crate::process::{Argv, Environment, Marker, Output, spawn};

/// An app as its daemon knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// Its name in PM2.
    pub name: String,
    /// Its process; 0 where it has none.
    pub pid: i32,
    /// `online`, `stopped`, `errored` and the like, in PM2's words.
    pub status: String,
    /// Where its secrets come from, where that is a vault.
    pub marker: Option<Marker>,
}

/// How long a daemon may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest answer that is read, in bytes.
const MAX_BYTES: usize = 32 * 1024 * 1024;

impl Home {
    /// The apps of the daemon that runs here. Not to be called where none runs: PM2 would start one.
    ///
    /// Errors: no PM2 is found to ask with; the daemon does not answer as it should within 5 s.
    pub fn apps(&self) -> Result<Vec<App>> {
        let program = installed().ok_or(Error::Pm2NoDaemon)?;
        let argv = Argv::new(vec![PathBuf::into_os_string(program), "jlist".into()])?;
        let mut additions = GUARDS.map(|(name, value)| (name, value.to_owned())).to_vec();
        additions.push(("PM2_HOME", self.folder().to_string_lossy().into_owned()));
        let environment = Environment::clean(&additions)?;
        let child = spawn(&argv, &environment, Output::QuietPipe)?;
        let printed = child.output_until(Instant::now() + PATIENCE, MAX_BYTES);
        printed.and_then(|region| parse(region.expose())).ok_or(Error::Pm2NoDaemon)
    }
}

#[derive(Deserialize)]
struct Listed {
    name: String,
    pid: Option<i32>,
    pm2_env: Kept,
}

/// What PM2 keeps of an app; its variables stand here and, again, in `env`.
#[derive(Deserialize)]
struct Kept {
    status: Option<String>,
    #[serde(rename = "BREAKGLASS_VAULT")]
    vault: Option<String>,
    #[serde(rename = "BREAKGLASS_OPENED")]
    opened: Option<String>,
}

/// Reads what `pm2 jlist` prints: a line of JSON, perhaps behind others.
fn parse(printed: &[u8]) -> Option<Vec<App>> {
    let line = printed.split(|byte| *byte == b'\n').find(|line| line.starts_with(b"["))?;
    let listed: Vec<Listed> = serde_json::from_slice(line).ok()?;
    let apps = listed.into_iter().map(|Listed { name, pid, pm2_env }| {
        let opened = pm2_env.opened.unwrap_or_default();
        let marker = pm2_env.vault.map(|vault| Marker { vault, opened });
        let status = pm2_env.status.unwrap_or_default();
        App { name, pid: pid.unwrap_or_default(), status, marker }
    });
    Some(apps.collect())
}

/// The name in PM2 of an app with this environment; nothing where it is none.
///
/// One in fork mode has its settings among its variables, one in cluster mode all of them in one.
pub fn app_name(environment: &[u8]) -> Option<String> {
    let strings = || environment.split(|byte| *byte == 0);
    if let Some(worker) = strings().find_map(|string| string.strip_prefix(b"pm2_env=")) {
        #[derive(Deserialize)]
        struct Named {
            name: String,
        }
        return serde_json::from_slice::<Named>(worker).ok().map(|named| named.name);
    }
    let is_app = strings().any(|string| string.starts_with(b"pm_id="));
    let name = strings().find_map(|string| string.strip_prefix(b"name="));
    name.filter(|_| is_app).map(|name| String::from_utf8_lossy(name).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (environment, name) in [
            (&b"A=1\0name=api\0pm_id=0\0"[..], Some("api")),
            (b"pm2_env={\"A\":\"1\",\"name\":\"api\"}\0NODE_APP_INSTANCE=0\0", Some("api")),
            (b"name=api\0", None),
            (b"pm2_env={\0", None),
        ] {
            assert_eq!(app_name(environment).as_deref(), name);
        }
    }

    #[test]
    fn a_list() {
        let printed = br#"
>>>> In-memory PM2 is out-of-date, do:
[{"pid":7,"name":"api","pm2_env":{"A":"fake","env":{"A":"fake"},"BREAKGLASS_VAULT":"0123456789abcdef","BREAKGLASS_OPENED":"2026-11-24T03:00:00Z","status":"online"},"pm_id":0},{"name":"other","pm2_env":{"status":"stopped"}}]
"#;
        let marker =
            Marker { vault: "0123456789abcdef".into(), opened: "2026-11-24T03:00:00Z".into() };
        let api = App { name: "api".into(), pid: 7, status: "online".into(), marker: Some(marker) };
        let other = App { name: "other".into(), pid: 0, status: "stopped".into(), marker: None };
        assert_eq!(parse(printed), Some(vec![api, other]));
        assert_eq!(parse(b"[]\n"), Some(vec![]));
        for broken in ["", "{}", "[{]", "no daemon"] {
            assert_eq!(parse(broken.as_bytes()), None, "{broken}");
        }
    }
}
