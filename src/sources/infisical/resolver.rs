//! Looking up where the server is: once for a session, before anything is sent.
//!
//! ureq's own resolver starts a thread for each request, also where the connection is kept, and
//! panics where none can be had: then the token would stay valid without anybody being told.

use std::collections::BTreeMap;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Mutex, mpsc};

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// The addresses of each `host:port` that was looked up.
#[derive(Debug, Default)]
pub(super) struct Once(Mutex<BTreeMap<String, Vec<SocketAddr>>>);

/// How many addresses ureq tries.
const MOST: usize = 16;

impl Resolver for Once {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let place = place_of(uri).ok_or(Error::HostNotFound)?;
        let mut known = self.0.lock().map_err(|_| Error::HostNotFound)?;
        let found = match known.get(&place) {
            Some(found) => found.clone(),
            None => {
                let found = look_up(place.clone(), &timeout)?;
                known.entry(place).or_insert(found).clone()
            }
        };
        let mut addresses = self.empty();
        for address in config.ip_family().keep_wanted(found.into_iter()).take(MOST) {
            addresses.push(address);
        }
        if addresses.is_empty() { Err(Error::HostNotFound) } else { Ok(addresses) }
    }
}

/// `host:port`.
fn place_of(uri: &Uri) -> Option<String> {
    let authority = uri.authority()?;
    let usual = if uri.scheme_str()? == "https" { 443 } else { 80 };
    Some(format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(usual)))
}

/// The system's answer; a thread waits for it, since it cannot be given up.
fn look_up(place: String, timeout: &NextTimeout) -> Result<Vec<SocketAddr>, Error> {
    if let Ok(address) = place.parse() {
        return Ok(vec![address]);
    }
    let (sender, receiver) = mpsc::sync_channel(1);
    let wait = move || {
        let _ = sender.send(place.to_socket_addrs());
    };
    std::thread::Builder::new().spawn(wait).map_err(Error::Io)?;
    match receiver.recv_timeout(*timeout.after) {
        Ok(found) => Ok(found.map_err(Error::Io)?.collect()),
        Err(_) => Err(Error::Timeout(timeout.reason)),
    }
}
