//! What a child sees: environments as maps of bytes, read by programs that do not belong to us.

use std::collections::BTreeMap;
use std::process::Output;
use std::sync::OnceLock;

use crate::support::{Place, output, stderr};

/// Names and values, byte for byte.
pub type Variables = BTreeMap<Vec<u8>, Vec<u8>>;

/// The shells in which a decrypted vault must mean the same. `sh` is whatever the system has.
pub const SHELLS: [&str; 4] = ["sh", "dash", "bash", "zsh"];

/// Names that [`Place::command`] or a shell brings along.
const BROUGHT_ALONG: [&str; 9] =
    ["PATH", "HOME", "GNUPGHOME", "LC_ALL", "PWD", "OLDPWD", "SHLVL", "LOGNAME", "_"];

/// What `run` adds beside the secrets.
pub const MARKERS: [&str; 2] = ["BREAKGLASS_OPENED", "BREAKGLASS_VAULT"];

/// A node script that prints its environment as `env -0` does.
pub const NODE: [&str; 3] = [
    "node",
    "-e",
    "process.stdout.write(Object.entries(process.env).map(([k, v]) => k + '=' + v + '\\0').join(''))",
];

/// The same in python, which sees bytes.
pub fn python() -> [String; 3] {
    let script = "import os, sys\n\
                  for k, v in os.environb.items(): sys.stdout.buffer.write(k + b'=' + v + b'\\0')";
    [python_program(), "-c".to_owned(), script.to_owned()]
}

/// The interpreter itself: version managers put a script in its place that needs its user's home.
pub fn python_program() -> String {
    static PROGRAM: OnceLock<String> = OnceLock::new();
    let find = || {
        let found = output(
            std::process::Command::new("python3").args(["-c", "import sys; print(sys.executable)"]),
        );
        assert!(found.status.success(), "python3 does not start: {}", stderr(&found));
        String::from_utf8(found.stdout).expect("a path").trim().to_owned()
    };
    PROGRAM.get_or_init(find).clone()
}

/// Pairs of text as variables.
pub fn variables<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Variables {
    pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
}

/// What a shell exports to its children after reading the file `name` under `set -a`.
pub fn read_by_shell(place: &Place, shell: &str, name: &str) -> Variables {
    let mut command = place.command(shell);
    if shell == "zsh" {
        command.arg("-f");
    }
    let output = output(command.args(["-c", &format!("set -a; . ./{name}; exec env -0")]));
    assert!(output.stderr.is_empty(), "{shell} complains: {}", stderr(&output));
    seen(&output, &[])
}

/// What a child printed of its environment, without what was there anyway.
pub fn seen(output: &Output, besides: &[&str]) -> Variables {
    assert!(output.status.success(), "{}\n{}", output.status, stderr(output));
    let text = output.stdout.strip_suffix(b"\0").unwrap_or(&output.stdout);
    let mut variables = Variables::new();
    for pair in text.split(|byte| *byte == 0) {
        let at = pair.iter().position(|byte| *byte == b'=').expect("a pair");
        let (name, value) = pair.split_at(at);
        assert!(
            variables.insert(name.into(), value[1..].into()).is_none(),
            "{} is there twice",
            String::from_utf8_lossy(name)
        );
    }
    for name in BROUGHT_ALONG {
        variables.remove(name.as_bytes());
    }
    for name in besides {
        assert!(variables.remove(name.as_bytes()).is_some(), "{name} is missing");
    }
    variables
}

/// Fails with the names that differ and the first two values that do.
#[track_caller]
pub fn assert_same(found: &Variables, expected: &Variables, who: &str) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    for name in expected.keys().chain(found.keys()) {
        let (found, expected) = (found.get(name), expected.get(name));
        assert!(
            found == expected,
            "{who} reads {} otherwise: {:?} instead of {:?}",
            text(name),
            found.map(|value| value.escape_ascii().to_string()),
            expected.map(|value| value.escape_ascii().to_string())
        );
    }
}
