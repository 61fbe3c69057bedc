//! Holds the tree of dependencies: which ones are direct, under which licences all of them come,
//! that nothing in the opener opens the network, and that all of them are locked registry packages.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests fail by panicking, and start cargo"
)]
#![allow(missing_docs, reason = "a test crate has no interface")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What is compiled into the program by our choice. docs/ARCHITECTURE.md says what each is for.
const DIRECT: [&str; 31] = [
    "age",
    "aho-corasick",
    "base16ct",
    "base64",
    "bip39",
    "clap",
    "clap_complete",
    "clap_mangen",
    "hmac",
    "indicatif",
    "jiff",
    "libc",
    "memchr",
    "memsec",
    "nix",
    "rpassword",
    "rustix",
    "rustls",
    "secrecy",
    "sequoia-openpgp",
    "serde",
    "serde_json",
    "sha1",
    "sha2",
    "tempfile",
    "thiserror",
    "toml",
    "ureq",
    "walkdir",
    "zeroize",
    "zxcvbn",
];

/// What only the tests need.
const FOR_TESTS: [&str; 7] =
    ["age-core", "proc-macro2", "proptest", "rcgen", "rustls", "scrypt", "syn"];

/// Licences that ask for no more than a notice.
const LICENCES: [&str; 14] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    "bzip2-1.0.6",
];

/// Packages under a licence that asks for more, each with the one it may have.
const COPYLEFT: [(&str, &str); 2] =
    [("buffered-reader", "LGPL-2.0-or-later"), ("sequoia-openpgp", "LGPL-2.0-or-later")];

/// Crates that open connections, listen, resolve names or speak TLS. Beginnings of names.
const NETWORK: [&str; 36] = [
    "actix",
    "async-io",
    "async-net",
    "async-std",
    "attohttpc",
    "aws-",
    "axum",
    "c-ares",
    "curl",
    "dns-",
    "h2",
    "h3",
    "hickory",
    "hyper",
    "isahc",
    "mbedtls",
    "minreq",
    "mio",
    "native-tls",
    "net2",
    "openssl",
    "quinn",
    "reqwest",
    "ring",
    "rustls",
    "schannel",
    "security-framework",
    "smol",
    "socket2",
    "ssh2",
    "surf",
    "tiny_http",
    "tokio",
    "trust-dns",
    "tungstenite",
    "ureq",
];

/// One package of the resolved tree.
struct Package {
    name: String,
    version: String,
    licence: String,
    source: Option<String>,
    features: Vec<String>,
}

/// What cargo says of this crate.
struct Tree {
    metadata: Value,
}

impl Tree {
    /// Of the default build.
    fn read() -> Tree {
        Tree::with(&[])
    }

    /// Of the build that only opens.
    fn opener() -> Tree {
        Tree::with(&["--no-default-features"])
    }

    /// `--locked`: fails where Cargo.lock does not fit Cargo.toml.
    fn with(features: &[&str]) -> Tree {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked", "--manifest-path"])
            .arg(root().join("Cargo.toml"))
            .args(features)
            .output()
            .expect("cargo starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Tree { metadata: serde_json::from_slice(&output.stdout).expect("JSON") }
    }

    /// Every package of every kind, locked for any system.
    fn all(&self) -> Vec<Package> {
        self.packages(|_| true)
    }

    /// What the build compiles, on whatever system: no dependency for tests.
    fn normal(&self) -> Vec<Package> {
        let nodes: BTreeMap<&str, &Value> = array(&self.metadata["resolve"]["nodes"])
            .iter()
            .map(|node| (text(&node["id"]), node))
            .collect();
        let mut open = vec![text(&self.metadata["resolve"]["root"])];
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                for dependency in array(&nodes[id]["deps"]) {
                    let kinds = array(&dependency["dep_kinds"]);
                    if kinds.iter().any(|kind| kind["kind"].as_str() != Some("dev")) {
                        open.push(text(&dependency["pkg"]));
                    }
                }
            }
        }
        self.packages(|id| seen.contains(id))
    }

    fn packages(&self, wanted: impl Fn(&str) -> bool) -> Vec<Package> {
        let features: BTreeMap<&str, Vec<String>> = array(&self.metadata["resolve"]["nodes"])
            .iter()
            .map(|node| {
                let names = array(&node["features"]).iter();
                (text(&node["id"]), names.map(|name| text(name).to_owned()).collect())
            })
            .collect();
        let package = |package: &Value| Package {
            name: text(&package["name"]).to_owned(),
            version: text(&package["version"]).to_owned(),
            licence: package["license"].as_str().unwrap_or("none is named").to_owned(),
            source: package["source"].as_str().map(str::to_owned),
            features: features.get(text(&package["id"])).cloned().unwrap_or_default(),
        };
        let packages = array(&self.metadata["packages"]).iter();
        packages.filter(|it| wanted(text(&it["id"]))).map(package).collect()
    }

    /// Names that Cargo.toml asks for, of one kind.
    fn direct(&self, kind: Option<&str>) -> BTreeSet<String> {
        let own = array(&self.metadata["packages"])
            .iter()
            .find(|package| package["id"] == self.metadata["resolve"]["root"])
            .expect("this crate");
        let dependencies = array(&own["dependencies"]).iter();
        let wanted = dependencies.filter(|dependency| dependency["kind"].as_str() == kind);
        wanted.map(|dependency| text(&dependency["name"]).to_owned()).collect()
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn array(value: &Value) -> &[Value] {
    value.as_array().expect("an array")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

/// Whether an SPDX expression can be met by licences that are accepted. `/` is an old form of OR.
fn satisfied(expression: &str, accepted: &dyn Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = &words[..];
    let met = any_of(&mut rest, accepted);
    assert!(rest.is_empty(), "not an SPDX expression: {expression}");
    met
}

fn any_of(rest: &mut &[&str], accepted: &dyn Fn(&str) -> bool) -> bool {
    let mut met = all_of(rest, accepted);
    while let ["OR", after @ ..] = *rest {
        *rest = after;
        met |= all_of(rest, accepted);
    }
    met
}

fn all_of(rest: &mut &[&str], accepted: &dyn Fn(&str) -> bool) -> bool {
    let mut met = one(rest, accepted);
    while let ["AND", after @ ..] = *rest {
        *rest = after;
        met &= one(rest, accepted);
    }
    met
}

fn one(rest: &mut &[&str], accepted: &dyn Fn(&str) -> bool) -> bool {
    match *rest {
        ["(", after @ ..] => {
            *rest = after;
            let met = any_of(rest, accepted);
            let [")", after @ ..] = *rest else { panic!("an open parenthesis") };
            *rest = after;
            met
        }
        [licence, "WITH", exception, after @ ..] => {
            *rest = after;
            accepted(&format!("{licence} WITH {exception}"))
        }
        [licence, after @ ..] => {
            *rest = after;
            accepted(licence)
        }
        [] => panic!("an expression ends early"),
    }
}

fn opens_network(package: &Package) -> bool {
    let within = |name: &str| {
        package.name.strip_prefix(name).is_some_and(|rest| {
            rest.is_empty() || name.ends_with('-') || rest.starts_with(['-', '_'])
        })
    };
    let by_name = NETWORK.iter().any(|name| within(name));
    // Calls for sockets, which rustix has only on request.
    by_name || (package.name == "rustix" && package.features.iter().any(|it| it == "net"))
}

#[test]
fn direct_dependencies_are_the_listed_ones() {
    let tree = Tree::read();
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(tree.direct(None), set(&DIRECT));
    assert_eq!(tree.direct(Some("dev")), set(&FOR_TESTS));
    assert_eq!(tree.direct(Some("build")), BTreeSet::new());
}

#[test]
fn licences_are_accepted_ones() {
    let packages = Tree::read().normal();
    assert!(packages.len() > 50, "the tree is read");
    for package in &packages {
        let accepted = |licence: &str| {
            LICENCES.contains(&licence) || COPYLEFT.contains(&(package.name.as_str(), licence))
        };
        assert!(
            satisfied(&package.licence, &accepted),
            "{} {}: {}",
            package.name,
            package.version,
            package.licence
        );
    }
}

#[test]
fn nothing_in_the_opener_opens_the_network() {
    let packages = Tree::opener().normal();
    let found: Vec<&str> =
        packages.iter().filter(|it| opens_network(it)).map(|it| it.name.as_str()).collect();
    assert!(found.is_empty(), "{found:?}");
    assert!(Tree::read().normal().iter().any(opens_network), "the default build is another one");
}

/// What only packages are made with.
#[test]
fn the_opener_has_neither_manual_nor_completions() {
    let of_packages = ["clap_complete", "clap_mangen", "roff"];
    let is_one = |package: &Package| of_packages.contains(&package.name.as_str());
    assert!(!Tree::opener().normal().iter().any(is_one));
    assert_eq!(Tree::read().normal().iter().filter(|it| is_one(it)).count(), of_packages.len());
}

#[test]
fn all_packages_are_locked_registry_packages() {
    for package in Tree::read().all() {
        match &package.source {
            Some(source) => assert!(source.starts_with("registry+"), "{}: {source}", package.name),
            None => assert_eq!(package.name, "breakglass", "a package from a folder"),
        }
    }
}

#[test]
fn the_lock_file_is_committed() {
    assert!(root().join("Cargo.lock").is_file(), "Cargo.lock is part of the source");
    // A source archive has the file and no repository to ask.
    if root().join(".git").exists() {
        let git = Command::new("git")
            .args(["-c", "safe.directory=*", "ls-files", "--error-unmatch", "Cargo.lock"])
            .current_dir(root())
            .output()
            .expect("git starts; tests/run installs it");
        assert!(git.status.success(), "{}", String::from_utf8_lossy(&git.stderr));
    }
}

/// The rules, each shown what it must find and what it must not.
#[test]
fn the_rules_find_what_they_look_for() {
    let accepted =
        |licence: &str| ["MIT", "Zlib", "Apache-2.0 WITH LLVM-exception"].contains(&licence);
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0/MIT", true),
        ("GPL-3.0 AND MIT", false),
        ("MIT OR GPL-3.0 AND Zlib", true),
        ("(MIT OR GPL-3.0) AND Zlib", true),
        ("(MIT OR Zlib) AND GPL-3.0", false),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("Apache-2.0", false),
    ] {
        assert_eq!(satisfied(expression, &accepted), expected, "{expression}");
    }
    let package = |name: &str, feature: &str| Package {
        name: name.to_owned(),
        version: String::new(),
        licence: String::new(),
        source: None,
        features: vec![feature.to_owned()],
    };
    for name in ["tokio", "tokio-util", "rustls", "openssl-sys", "aws-lc-rs", "hickory-proto"] {
        assert!(opens_network(&package(name, "")), "{name}");
    }
    for name in ["ringbuffer", "tokiox", "curve25519-dalek"] {
        assert!(!opens_network(&package(name, "")), "{name}");
    }
    assert!(opens_network(&package("rustix", "net")) && !opens_network(&package("rustix", "fs")));
}
