//! What PM2 can hand to an app.

use super::command::{Invocation, Role};
use super::config::{Configuration, Mode};
use super::words::{Verb, is_configuration};
use crate::error::{Pm2Error, Result};
use crate::payload::{MAX_PAIR_BYTES, Secrets, is_pm2_setting};
use crate::process::{Base, OwnEnvironment};

/// Whether secrets fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// They do.
    Fits,
    /// They do, but not into an app in cluster mode, and nobody can tell whether this one is.
    NotInCluster,
}

/// What a worker's `pm2_env` holds beside the environment, in bytes: measured 1,046 at a start and up to
/// 1,290 after restarts (7.0.4), with five paths of 20 to 40 bytes. The rest is room for longer ones,
/// for the app's own `env` and arguments, and for the guards and the marker, 300 bytes, twice.
const BESIDE: usize = 8 * 1024;

impl Invocation {
    /// Checks what cannot be seen before the vault is open; `base` lies under the secrets.
    ///
    /// Errors: names that PM2 takes for its own settings, whoever allowed them; keys for pm2.io, which
    /// `pm2-runtime` would print, save and use; more than an app in cluster mode can get.
    pub fn check_secrets(&self, secrets: &Secrets, base: Base) -> Result<Fit> {
        let settings = secrets.names().filter(|name| is_pm2_setting(name));
        let names: Vec<String> = settings.map(str::to_owned).collect();
        if !names.is_empty() {
            return Err(Pm2Error::Settings { names }.into());
        }
        let keys = ["SECRET_KEY", "PUBLIC_KEY"].iter().all(|name| secrets.get(name).is_some());
        if keys && self.kind() == Role::Foreground {
            return Err(Pm2Error::Keys.into());
        }
        match (worker_bytes(secrets, base) > MAX_PAIR_BYTES, self.mode()) {
            (false, _) | (true, Mode::Fork) => Ok(Fit::Fits),
            (true, Mode::Unknown) => Ok(Fit::NotInCluster),
            (true, Mode::Cluster) => Err(Pm2Error::TooLarge.into()),
        }
    }

    /// How the apps are started, as far as the command and its configuration tell.
    fn mode(&self) -> Mode {
        let (words, verb) = (self.words(), self.words().verb());
        // pm2-runtime names its file without a verb.
        let mut targets = words.plain().skip(usize::from(verb != Verb::Other)).peekable();
        let of = |target| match verb {
            _ if is_configuration(target) => Configuration::read(target).mode(),
            Verb::Restart => Mode::Unknown,
            _ => Mode::Fork,
        };
        match verb {
            _ if words.has_instances() => Mode::Cluster,
            Verb::Start | Verb::Other if targets.peek().is_none() => Configuration::read("").mode(),
            Verb::Start | Verb::Restart | Verb::Other => {
                targets.map(of).max().unwrap_or(Mode::Unknown)
            }
            _ => Mode::Fork,
        }
    }
}

/// Bytes of the one string in which a worker gets its environment: as JSON, every variable twice
/// (`JSON.stringify` of an app in lib/God/ClusterMode.js of PM2).
fn worker_bytes(secrets: &Secrets, base: Base) -> usize {
    let own = OwnEnvironment::keep();
    let inherited = base.strings(&own, Some(secrets)).map(|string| json_bytes(string.to_bytes()));
    let secret = secrets.iter().map(|secret| json_bytes(secret.expose_pair()));
    2 * inherited.chain(secret).sum::<usize>() + BESIDE
}

/// `"NAME":"value",` of `NAME=value`, in bytes.
fn json_bytes(pair: &[u8]) -> usize {
    let escaped = pair.iter().map(|byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 8 | 12 => 2,
        0..32 => 6,
        _ => 1,
    });
    escaped.sum::<usize>() + 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_as_json() {
        for (pair, json) in
            [("A=1", r#""A":"1","#), ("A=\n\"", r#""A":"\n\"","#), ("A=\u{1}", r#""A":"\u0001","#)]
        {
            assert_eq!(json_bytes(pair.as_bytes()), json.len(), "{json}");
        }
    }
}
