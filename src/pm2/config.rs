//! An ecosystem file, looked at as text: it is a program, and is not run here.

use std::path::Path;

use crate::files;

/// Whether the apps of a configuration share one port in a cluster, as far as its text tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Each app is a process of its own.
    Fork,
    /// At least one is a worker of the daemon.
    Cluster,
    /// It cannot be told.
    Unknown,
}

/// What PM2 takes where no app, script or file is named.
const USUAL: &[&str] = &["ecosystem.config.js", "ecosystem.config.cjs", "ecosystem.config.mjs"];

/// Looks at the file of that name, or at the usual one where it is empty.
pub(super) fn mode_of(name: &str) -> Mode {
    let read = |name: &str| files::read_found(Path::new(name), false).ok();
    let found = if name.is_empty() { USUAL.iter().find_map(|name| read(name)) } else { read(name) };
    match found {
        Some(file) => mode_in(&String::from_utf8_lossy(&file.bytes)),
        None => Mode::Unknown,
    }
}

/// PM2 takes an app for one of a cluster where `exec_mode` says so, or where `instances` is given and
/// `exec_mode` is not (lib/Common.js of PM2).
fn mode_in(text: &str) -> Mode {
    let modes: Vec<&str> =
        text.match_indices("exec_mode").map(|(at, _)| value_at(text, at)).collect();
    if modes.iter().any(|mode| mode.starts_with("cluster")) {
        return Mode::Cluster;
    }
    let instances = text.matches("instances").count();
    let all_fork = modes.iter().all(|mode| mode.starts_with("fork"));
    match (instances, modes.len()) {
        (1.., 0) => Mode::Cluster,
        (0, 0) if text.contains("require(") || text.contains("import ") => Mode::Unknown,
        (instances, modes) if all_fork && modes >= instances => Mode::Fork,
        _ => Mode::Unknown,
    }
}

/// What is assigned at a key: what stands behind it, without quotes, colon and blanks.
fn value_at(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or_default();
    rest.trim_start_matches("exec_mode").trim_start_matches(['"', '\'', ':', ' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes() {
        for (text, mode) in [
            ("apps: [{ name: 'a', script: 'a.js' }]", Mode::Fork),
            ("apps: [{ name: 'a', instances: 1 }]", Mode::Cluster),
            ("apps: [{ name: 'a', exec_mode: 'cluster' }]", Mode::Cluster),
            (r#"{"apps": [{"exec_mode": "cluster_mode"}]}"#, Mode::Cluster),
            ("apps: [{ instances: 2, exec_mode: 'fork' }]", Mode::Fork),
            (
                "apps: [{ exec_mode: 'fork' }, { instances: 4, exec_mode : \"cluster\" }]",
                Mode::Cluster,
            ),
            ("apps: [{ exec_mode: 'fork', instances: 1 }, { instances: 4 }]", Mode::Unknown),
            ("apps: [{ exec_mode: mode }]", Mode::Unknown),
            ("module.exports = require('./apps')", Mode::Unknown),
            ("apps:\n  - script: a.js\n    instances: 1\n", Mode::Cluster),
        ] {
            assert_eq!(mode_in(text), mode, "{text}");
        }
    }
}
