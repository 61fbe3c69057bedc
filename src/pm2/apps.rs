//! The apps that a daemon has, stopped ones too: it tells them only when it is asked, and tells every
//! value with them. What it says goes into a region, and only names and markers are read.
//!
//! It is asked over its own socket and not by `pm2 jlist`, which would start a daemon where none answers,
//! with whatever modules lie in its folder: `status` looks into folders of others, and runs nothing.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::io::retry_on_intr;
use serde::Deserialize;

use super::daemon::Daemon;
use crate::error::{Error, Pm2Error, Result};
use crate::memory::Region;
use crate::process::{Marker, peer_of};

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

/// The call, as PM2's client writes it (modules/pm2-axon-rpc and amp of PM2): two fields, each behind
/// its length in four bytes, the first JSON and the second the call's name of itself.
const CALL: &[u8] = br#"j:{"type":"call","method":"getMonitorData","args":[{}]}"#;
const ID: &[u8] = b"s:breakglass:0";

impl Daemon {
    /// A connection to the daemon, where it is the one that listens in its folder as seen from here, and
    /// not in another container's.
    pub(super) fn connect(&self) -> Option<UnixStream> {
        let stream = UnixStream::connect(self.home.as_ref()?.folder().join("rpc.sock")).ok()?;
        (peer_of(&stream) == Some(self.process.pid)).then_some(stream)
    }

    /// Whether `pm2` with its folder reaches it.
    pub fn is_reached(&self) -> bool {
        self.connect().is_some()
    }

    /// Its apps.
    ///
    /// Errors: it is not reached, or does not answer as it should within 5 s.
    pub fn apps(&self) -> Result<Vec<App>> {
        let stream = self.connect().ok_or(Pm2Error::NoDaemon)?;
        let answer = ask(stream).ok_or(Pm2Error::NoDaemon)?;
        parse(answer.expose()).ok_or(Error::Pm2(Pm2Error::NoDaemon))
    }
}

/// The first field of the answer.
fn ask(mut stream: UnixStream) -> Option<Region> {
    let until = Instant::now() + PATIENCE;
    stream.set_write_timeout(Some(PATIENCE)).ok()?;
    let mut call = vec![1 << 4 | 2];
    for field in [CALL, ID] {
        call.extend(u32::try_from(field.len()).ok()?.to_be_bytes());
        call.extend(field);
    }
    stream.write_all(&call).ok()?;
    let mut head = [0; 5];
    read_until(&mut stream, &mut head, until)?;
    let [kind, length @ ..] = head;
    let length = usize::try_from(u32::from_be_bytes(length)).ok()?;
    if kind >> 4 != 1 || length > MAX_BYTES {
        return None;
    }
    let mut answer = Region::with_capacity(length).ok()?;
    let space = answer.spare_mut().get_mut(..length)?;
    read_until(&mut stream, space, until)?;
    answer.advance(length);
    Some(answer)
}

/// Fills all of `space`, and not longer than until then.
fn read_until(stream: &mut UnixStream, mut space: &mut [u8], until: Instant) -> Option<()> {
    while !space.is_empty() {
        let left = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?;
        stream.set_read_timeout(Some(left)).ok()?;
        match retry_on_intr(|| rustix::io::read(&*stream, &mut *space)).ok()? {
            0 => return None,
            count => space = space.get_mut(count..)?,
        }
    }
    Some(())
}

/// `{"args":[[…]]}`, the answer to a call.
#[derive(Deserialize)]
struct AppList {
    args: (Vec<ListedApp>,),
}

#[derive(Deserialize)]
struct ListedApp {
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

/// Reads the answer's first field, `j:` and JSON.
fn parse(field: &[u8]) -> Option<Vec<App>> {
    let answer: AppList = serde_json::from_slice(field.strip_prefix(b"j:")?).ok()?;
    let apps = answer.args.0.into_iter().map(|ListedApp { name, pid, pm2_env }| {
        let marker = pm2_env.vault.and_then(|vault| Marker::new(&vault, pm2_env.opened));
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
        struct NamedApp {
            name: String,
        }
        return serde_json::from_slice::<NamedApp>(worker).ok().map(|named| named.name);
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
        let said = br#"j:{"args":[[{"pid":7,"name":"api","pm2_env":{"A":"fake","env":{"A":"fake"},"BREAKGLASS_VAULT":"0123456789abcdef","BREAKGLASS_OPENED":"2026-11-24T03:00:00Z","status":"online"},"pm_id":0},{"name":"other","pm2_env":{"status":"stopped","BREAKGLASS_VAULT":"\u001b[2J"}}]]}"#;
        let opened = Some("2026-11-24T03:00:00Z".to_owned());
        let marker = Marker::new("0123456789abcdef", opened);
        let api = App { name: "api".into(), pid: 7, status: "online".into(), marker };
        let other = App { name: "other".into(), pid: 0, status: "stopped".into(), marker: None };
        assert_eq!(parse(said), Some(vec![api, other]));
        assert_eq!(parse(br#"j:{"args":[[]]}"#), Some(vec![]));
        for broken in ["", "j:", "j:{}", r#"j:{"error":"x"}"#, r#"j:{"args":[[{]]}"#, "s:x"] {
            assert_eq!(parse(broken.as_bytes()), None, "{broken}");
        }
    }
}
