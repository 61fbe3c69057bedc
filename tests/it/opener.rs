//! The 3 a.m. test: a root with nothing in it but /dev/null, the kit and a static program to start. No
//! network, no /proc, no HOME, whatever user: one command and the passphrase start it with all values.
//!
//! The real opener is built once, by tests/build-opener, which takes minutes the first time.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::time::Instant;

use crate::kit_support::Stick;
use crate::support::{PASSPHRASE, assert_success, feed, output, stderr, stdout};

/// The opener, built where it is not up to date.
pub fn opener() -> &'static Path {
    static OPENER: OnceLock<PathBuf> = OnceLock::new();
    OPENER.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let built = output(Command::new(root.join("tests/build-opener")).env_remove("RUSTFLAGS"));
        assert_success(&built);
        stdout(&built).trim_end().into()
    })
}

/// Values that a shell, a file or a bad program would spoil.
const DOCUMENT: &str = "A='plain'\nQUOTES='it'\\''s \"q\" \\ $HOME `id`'\nMULTI='1\n2\n\n'\n\
                        EMPTY=''\nUNICODE='ä\u{2028}€'\nBLANKS='  x  '\n";

const VALUES: [(&str, &str); 6] = [
    ("A", "plain"),
    ("BLANKS", "  x  "),
    ("EMPTY", ""),
    ("MULTI", "1\n2\n\n"),
    ("QUOTES", "it's \"q\" \\ $HOME `id`"),
    ("UNICODE", "ä\u{2028}€"),
];

/// A folder that becomes the root: `dev/null`, `kit`, and `child`, which prints its environment.
struct Bare {
    stick: Stick,
}

impl Bare {
    fn new() -> Bare {
        let stick = Stick::new();
        stick.place.seal("v.env.gpg", DOCUMENT);
        std::fs::copy(opener(), stick.place.path("opener")).expect("copies");
        assert_success(&stick.copy_of("v.env.gpg", &[]));
        stick.place.write(
            "child.c",
            "#include <stdio.h>\nextern char **environ;\n\
             int main(void) { for (char **e = environ; *e; e++) printf(\"%s%c\", *e, 0); }\n",
        );
        let bare = Bare { stick };
        for folder in ["root", "root/dev", "root/kit"] {
            std::fs::create_dir(bare.path(folder)).expect("a folder");
            let open = PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(bare.path(folder), open).expect("chmod");
        }
        std::fs::set_permissions(bare.path(""), PermissionsExt::from_mode(0o755)).expect("chmod");
        bare.stick.place.write("root/dev/null", "");
        let mut gcc = bare.stick.place.command("gcc");
        assert_success(&output(gcc.args(["-static", "-O1", "-o", "root/child", "child.c"])));
        bare
    }

    fn path(&self, name: &str) -> PathBuf {
        self.stick.place.path(name)
    }

    /// The kit's opener with these arguments, as this user (root where it is 0), in that root; the kit
    /// is mounted read-only, and the passphrase stands on standard input.
    fn run(&self, user: u32, words: &[&str]) -> Output {
        const SCRIPT: &str = "
set -e
mount --bind /dev/null root/dev/null
mount --bind stick/breakglass-v root/kit
mount -o remount,bind,ro root/kit
user=$1; shift
exec env -i $(command -v chroot) --userspec=\"$user:$user\" root \"$@\"
";
        let mut command = self.stick.place.command("unshare");
        if !rustix::process::geteuid().is_root() {
            command.args(["--user", "--map-root-user"]);
        }
        command.args(["--net", "--mount", "sh", "-c", SCRIPT, "sh"]);
        command.arg(user.to_string()).arg("/kit/breakglass-x86_64-linux").args(words);
        feed(&mut command, format!("{PASSPHRASE}\n").as_bytes())
    }
}

/// `NAME=value` pairs of an environment that is written with NULs between them, without our markers.
pub fn environment(bytes: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let pairs = text.split_terminator('\0').map(|pair| pair.split_once('=').expect("a pair"));
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut pairs: Vec<_> = pairs.filter(|(name, _)| !name.starts_with("BREAKGLASS_")).collect();
    pairs.sort();
    pairs
}

fn expected() -> Vec<(String, String)> {
    VALUES.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

#[cfg(target_arch = "x86_64")]
#[test]
fn at_3_am_a_bare_machine_starts_the_service_from_the_kit() {
    let bare = Bare::new();
    let users: &[u32] = if rustix::process::geteuid().is_root() { &[0, 65_534] } else { &[0] };
    for user in users {
        let start = Instant::now();
        let run =
            bare.run(*user, &["run", "/kit/v.env.gpg", "--passphrase-fd", "0", "--", "/child"]);
        assert_success(&run);
        assert_eq!(environment(&run.stdout), expected(), "{}", stderr(&run));
        // No journal, for there is no home: one warning, and no other but for memory.
        let said = stderr(&run);
        assert!(said.contains("warning: not recorded: there is no folder for records"), "{said}");
        let warnings = said.lines().filter(|line| line.contains("warning"));
        let about = |line: &&str| {
            !line.contains("not recorded")
                && !line.contains("other users can read")
                && !line.contains("locked")
                && !line.contains("swap")
        };
        assert_eq!(warnings.filter(about).count(), 0, "{said}");
        eprintln!("user {user}: {:?}", start.elapsed());
        for (words, status) in [
            (&["verify", "/kit", "--offline"][..], 0),
            (&["verify", "/kit", "--offline", "--passphrase-fd", "0"], 0),
            (&["show", "/kit/v.env.gpg", "--passphrase-fd", "0"], 0),
            (&["drill", "/kit/v.env.gpg", "--passphrase-fd", "0"], 0),
            (&["drill", "/kit/v.env.gpg.asc", "--passphrase-fd", "0", "--", "/child"], 0),
            (&["--version"], 0),
        ] {
            let run = bare.run(*user, words);
            assert_eq!(
                run.status.code(),
                Some(status),
                "{words:?} {}{}",
                stdout(&run),
                stderr(&run)
            );
        }
    }
    let wrong = bare.run(0, &["run", "/kit/OPEN-ME.txt", "--passphrase-fd", "0", "--", "/child"]);
    assert_eq!(wrong.status.code(), Some(125), "{}", stderr(&wrong));
}

#[test]
fn the_opener_is_static_and_small() {
    let bytes = std::fs::read(opener()).expect("a file");
    let machine = breakglass::kit::Opener::new(bytes.clone()).expect("an opener").machine;
    assert!(opener().ends_with(format!("breakglass-{machine}-linux")));
    assert!(bytes.len() <= MOST_BYTES, "{} bytes", bytes.len());
    for told in [env!("CARGO_MANIFEST_DIR"), ".cargo/registry", "/home/", "/root/"] {
        assert!(memchr::memmem::find(&bytes, told.as_bytes()).is_none(), "{told}");
    }
}

/// What it may take, in bytes.
const MOST_BYTES: usize = 4_000_000;

#[test]
fn the_opener_only_opens() {
    let stick = Stick::new();
    let opener = |arguments: &[&str]| output(stick.place.command(opener()).args(arguments));
    for arguments in [
        &["seal", "n.env.gpg", "--from", "passphrase", "--passphrase-file", "passphrase"][..],
        &["copy", "v.gpg", "stick", "--opener", "opener", "--passphrase-file", "passphrase"],
        &["drill"],
        &["log", "rotation", "API_KEY"],
        &["init", "--yes"],
        &["man"],
        &["completions", "bash"],
        &["guard", "."],
    ] {
        let refused = opener(arguments);
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
        let said = "breakglass: error: this build is the opener, which leaves this command out";
        assert!(stderr(&refused).starts_with(said), "{arguments:?} {}", stderr(&refused));
    }
    assert!(!stick.place.path("n.env.gpg").exists() && stick.names("stick").is_empty());
    let run =
        ["run", "v.gpg", "-q", "--passphrase-file", "passphrase", "--", "printenv", "API_KEY"];
    assert_eq!(stdout(&opener(&run)), "new\n");
    // It has no network code, and says so.
    let verify = ["verify", "v.gpg", "--from", "infisical", "--passphrase-file", "passphrase"];
    let cannot = opener(&verify);
    assert_eq!(cannot.status.code(), Some(4), "{}", stderr(&cannot));
    assert!(stdout(&cannot).contains("this build has no network code"), "{}", stdout(&cannot));
}
