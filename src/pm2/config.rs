//! An ecosystem file, looked at as text: it is a program, and is not run here.

use std::path::Path;

use crate::files;

/// Whether the apps of a configuration share one port in a cluster, as far as its text tells. Of several
/// configurations the greatest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mode {
    /// Each app is a process of its own.
    Fork,
    /// It cannot be told.
    Unknown,
    /// At least one is a worker of the daemon.
    Cluster,
}

/// What PM2 takes where no app, script or file is named.
const USUAL: &[&str] = &["ecosystem.config.js", "ecosystem.config.cjs", "ecosystem.config.mjs"];

/// A configuration's text; none where it cannot be read.
pub(super) struct Configuration(Option<String>);

impl Configuration {
    /// Looks at the file of that name, or at the usual one where it is empty.
    pub(super) fn read(name: &str) -> Configuration {
        let read = |name: &str| files::read_found(Path::new(name), false).ok();
        let found =
            if name.is_empty() { USUAL.iter().find_map(|name| read(name)) } else { read(name) };
        Configuration(found.map(|file| without_comments(&String::from_utf8_lossy(&file.bytes))))
    }

    /// How its apps are started.
    pub(super) fn mode(&self) -> Mode {
        self.0.as_deref().map_or(Mode::Unknown, mode_in)
    }

    /// Whether it sets variables for an app; nothing where it cannot be told.
    pub(super) fn sets_variables(&self) -> Option<bool> {
        let text = self.0.as_deref()?;
        let sets = sets_variables(text);
        (sets || !is_composed(text)).then_some(sets)
    }

    /// Whether it names an app so.
    pub(super) fn names(&self, app: &str) -> bool {
        let text = self.0.as_deref().unwrap_or_default();
        let quoted =
            ['\'', '"', '`'].iter().any(|quote| text.contains(&format!("{quote}{app}{quote}")));
        let plain = |line: &str| {
            let line = line.trim().trim_start_matches("- ");
            line.strip_prefix("name:").is_some_and(|name| name.trim() == app)
        };
        quoted || text.lines().any(plain)
    }
}

/// Without what stands behind `//` or `#` at the beginning of a line or behind a blank.
fn without_comments(text: &str) -> String {
    let code = |line: &str| {
        let marks = ["//", "#"].iter().flat_map(|mark| line.match_indices(mark));
        let begins = |at: &usize| {
            line.get(..*at).is_none_or(|it| it.is_empty() || it.ends_with([' ', '\t']))
        };
        let end = marks.map(|(at, _)| at).filter(begins).min();
        line.get(..end.unwrap_or(line.len())).unwrap_or_default().to_owned()
    };
    text.lines().map(code).collect::<Vec<_>>().join("\n")
}

/// Whether it takes parts of itself from elsewhere.
fn is_composed(text: &str) -> bool {
    text.contains("require(") || text.contains("import ")
}

/// Whether there is a key `env`, or `env_NAME` for `--env NAME`, with something in it.
fn sets_variables(text: &str) -> bool {
    let is_name = |character: char| character.is_alphanumeric() || "_$.".contains(character);
    text.match_indices("env").any(|(at, _)| {
        let (before, after) = text.split_at(at);
        let key = after.split(|it| !is_name(it)).next().unwrap_or_default();
        let value = after.get(key.len()..).unwrap_or_default();
        let value = value.trim_start_matches(['"', '\'']).trim_start();
        let value = value.strip_prefix(':').map(str::trim_start);
        let empty = |value: &str| {
            value.strip_prefix('{').is_some_and(|it| it.trim_start().starts_with('}'))
        };
        !before.ends_with(is_name)
            && (key == "env" || key.starts_with("env_"))
            && value.is_some_and(|value| !empty(value))
    })
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
        (0, 0) if is_composed(text) => Mode::Unknown,
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
    fn comments() {
        let text = "a: 'http://x', // instances: 4\n  # env: {A: 1}\n// b\nc";
        assert_eq!(without_comments(text), "a: 'http://x', \n  \n\nc");
    }

    #[test]
    fn variables() {
        let of = |text: &str| Configuration(Some(text.to_owned())).sets_variables();
        for text in [
            "apps: [{ env: { NODE_ENV: 'production' } }]",
            r#"{"apps": [{"env": {"A": "1"}}]}"#,
            "apps:\n  - script: a.js\n    env:\n      A: 1\n",
            "apps: [{ env_production : { A: 1 } }]",
            "const a = require('a'); apps: [{ env: a }]",
        ] {
            assert_eq!(of(text), Some(true), "{text}");
        }
        for text in [
            "apps: [{ name: 'env', args: process.env.ARGS }]",
            "apps: [{ env: {} }]",
            "apps: [{ env: { } }]",
            "apps: [{ filter_env: ['A'], environment: 'x', my_env: 1 }]",
        ] {
            assert_eq!(of(text), Some(false), "{text}");
        }
        assert_eq!(of("module.exports = require('./apps')"), None);
        assert_eq!(Configuration(None).sets_variables(), None);
    }

    #[test]
    fn names_of_apps() {
        let configuration =
            Configuration(Some("apps: [{ name: 'api', script: './server.js' }]".into()));
        assert!(configuration.names("api"));
        assert!(!configuration.names("server") && !configuration.names("apps"));
        assert!(Configuration(Some("apps:\n  - name: api\n".into())).names("api"));
    }

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
