//! One outage from its beginning to its end, with the stand-in server and a real PM2: what the page
//! docs/OUTAGE.md tells, on a machine of its own.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use super::faults::Fault;
use super::model::{ENVIRONMENT, PROJECT};
use super::routes::Call;
use super::server::{Running, Server};
use super::trial::IDENTITY;
use crate::machine::Machine;
use crate::support::{PASSPHRASE, assert_success, feed, output, stderr, stdout};
use crate::terminal::{Terminal, finish};

const OLD: &str = "fakeKeyBeforeTheOutage";
const ROTATED: &str = "fakeKeyRotatedMeanwhile";

const APP: &str = "
require('http').createServer((request, response) => response.end(process.env.API_KEY))
    .listen(Number(process.env.APP_PORT), '127.0.0.1');
";

/// As in the user's own procedure: without `exec_mode`, `instances` makes it a cluster.
const CLUSTER: &str =
    "module.exports = { apps: [{ name: 'outerfit', script: 'server.js', instances: 1 }] }";

const FORK: &str = "module.exports = { apps: [{ name: 'outerfit', script: 'server.js' }] }";

/// A server of the team's: the program, PM2, the service, and a manager of secrets somewhere else.
struct World {
    machine: Machine,
    pm2_home: tempfile::TempDir,
    infisical: Running,
    port: u16,
}

impl World {
    fn new(ecosystem: &str) -> World {
        let infisical = Server::new().secret("/", "API_KEY", OLD).start();
        let pm2_home = tempfile::Builder::new().prefix("bg").tempdir_in("/tmp").expect("a folder");
        std::fs::write(pm2_home.path().join("touch"), "0").expect("a file");
        let machine = Machine::new();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let place = &machine.place;
        place.write("server.js", APP);
        place.write("ecosystem.config.js", ecosystem);
        // Stands for `infisical run`, which is not at hand: it hands out what the server has.
        place.write("manager", "#!/bin/sh\nexport API_KEY=\"$(cat current)\"\nexec \"$@\"\n");
        place.write("current", OLD);
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(place.path("manager"), executable).expect("chmod");
        place.write(
            "breakglass.toml",
            format!(
                "vault = 'prod.env.gpg'\nmax_age = '30d'\nrequired = ['API_KEY']\n\
                 start = './manager pm2 start ecosystem.config.js'\n\
                 [infisical]\nhost = '{}'\nproject = '{PROJECT}'\nenvironment = '{ENVIRONMENT}'\n",
                infisical.host()
            ),
        );
        World { machine, pm2_home, infisical, port }
    }

    /// A line that the operator types.
    fn line(&self, line: &str) -> Command {
        let program = Path::new(env!("CARGO_BIN_EXE_breakglass")).parent().expect("a folder");
        let pm2 = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pm2/node_modules/.bin");
        assert!(pm2.join("pm2").exists(), "tests/run installs PM2");
        let usual = std::env::var_os("PATH").expect("a path");
        let folders = [program.to_owned(), pm2].into_iter().chain(std::env::split_paths(&usual));
        let mut command = self.machine.shell(line);
        command.env("PATH", std::env::join_paths(folders).expect("a path")).envs(IDENTITY);
        command.env("PM2_HOME", self.pm2_home.path()).env("APP_PORT", self.port.to_string());
        command
    }

    /// Ends with this status; what it says goes through files, which a daemon may keep.
    fn ends(&self, line: &str, status: i32) -> String {
        let output = output(&mut self.line(&format!("{{ {line}; }} > said 2>&1")));
        let said = String::from_utf8_lossy(&self.machine.place.read("said")).into_owned();
        assert_eq!(output.status.code(), Some(status), "{line}: {said}");
        for value in [OLD, ROTATED, PASSPHRASE] {
            assert!(!said.contains(value), "{line} tells a value");
        }
        said
    }

    /// The command with the passphrase typed, as often as it is asked for.
    fn types(&self, line: &str, prompts: &[&str]) {
        let mut terminal = Terminal::new();
        let mut child = terminal.spawn(&mut self.line(line));
        for prompt in prompts {
            terminal.wait_for(prompt);
            terminal.type_text(format!("{PASSPHRASE}\n"));
        }
        let status = finish(&mut child);
        let mut said = String::new();
        child.stderr.take().expect("a pipe").read_to_string(&mut said).expect("text");
        assert!(status.success(), "{line}: {said}");
    }

    /// What the service has, as soon as it answers with this.
    fn answers(&self, value: &str) {
        let begun = Instant::now();
        let mut last = String::new();
        while begun.elapsed() < Duration::from_secs(60) {
            last = self.asked().unwrap_or_default();
            if last.ends_with(value) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the service answers {last:?}");
    }

    fn asked(&self) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// What `status` says is to be done.
    fn to_do(&self) -> Vec<String> {
        let said = self.ends("breakglass status", 3);
        let (_, block) =
            said.split_once("to stand down, when the secrets manager is back:\n").expect(&said);
        let lines = block.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        lines.map(str::to_owned).collect()
    }
}

const TYPED: &[&str] = &["prod.env.gpg': "];
const CHOSEN: &[&str] = &["new passphrase: ", "the same again: "];
const FROM_FILE: &str = "--passphrase-file passphrase";

#[test]
fn an_outage_from_its_beginning_to_its_end() {
    tell(World::new(CLUSTER));
}

#[test]
fn the_same_outage_in_fork_mode() {
    tell(World::new(FORK));
}

fn tell(world: World) {
    // In daylight.
    world.types("breakglass seal", CHOSEN);
    world.types("breakglass drill prod.env.gpg", TYPED);
    world.ends("breakglass verify --receipt", 0);
    world.ends("breakglass status", 0);
    world.ends("./manager pm2 start ecosystem.config.js", 0);
    world.answers(OLD);
    world.ends("breakglass status", 0);
    // The manager goes, and the machine is started anew.
    world.infisical.fail(Call::ALL, Fault::NoAnswer);
    world.ends("pm2 kill", 0);
    world.ends("breakglass verify --receipt", 4);
    world.types(
        "breakglass run prod.env.gpg --reason outage -- pm2 start ecosystem.config.js > out",
        TYPED,
    );
    world.answers(OLD);
    let found = world.ends("breakglass status", 3);
    assert!(found.contains("PM2's daemon of"), "{found}");
    assert!(found.contains("the app 'outerfit' of PM2, process"), "{found}");
    // A key is replaced at its source meanwhile, and put into the vault by hand.
    let rotated = feed(
        world.line(&format!("breakglass seal prod.env.gpg --from - {FROM_FILE}")).env("A", "1"),
        format!("API_KEY='{ROTATED}'\n").as_bytes(),
    );
    assert_success(&rotated);
    let kept = world
        .ends(&format!("breakglass run prod.env.gpg {FROM_FILE} -- pm2 restart outerfit"), 125);
    assert!(kept.contains("pm2 restart outerfit --update-env delivers it"), "{kept}");
    world.answers(OLD);
    world.ends(
        &format!("breakglass run prod.env.gpg {FROM_FILE} -- pm2 restart outerfit --update-env"),
        0,
    );
    world.answers(ROTATED);
    // A stopped app has no process, and is found all the same.
    world.ends("pm2 stop outerfit", 0);
    let found = world.ends("breakglass status", 3);
    assert!(found.contains("the app 'outerfit' of PM2, stopped"), "{found}");
    // Without a journal, its apps tell of the daemon.
    let found = world.ends("XDG_STATE_HOME=/nonexistent breakglass status", 3);
    assert!(found.contains("\n    pm2 kill\n"), "{found}");
    // The manager comes back, with the new key.
    world.infisical.mend();
    world.infisical.change(|model| model.rewrite("/", "API_KEY", ROTATED));
    world.machine.place.write("current", ROTATED);
    let stale = world.ends("breakglass verify --receipt", 3);
    assert!(stale.contains("by 'pm2'; seal again"), "{stale}");
    stand_down(&world);
}

/// The commands that are printed, one after the other, as they are.
fn stand_down(world: &World) {
    let to_do = world.to_do();
    assert_eq!(to_do, ["pm2 kill", "./manager pm2 start ecosystem.config.js", "breakglass seal"]);
    let (seal, others) = to_do.split_last().expect("commands");
    for command in others {
        world.ends(command, 0);
    }
    world.answers(ROTATED);
    assert_eq!(world.to_do(), [seal.as_str()], "the rest is done");
    let used = world.ends("breakglass verify --receipt", 3);
    assert!(used.contains("; seal again"), "{used}");
    // Seconds are all that times are kept in.
    std::thread::sleep(Duration::from_millis(1100));
    world.types(seal, CHOSEN);
    world.ends("breakglass status", 0);
    world.ends("breakglass verify --receipt", 0);
    world.types("breakglass verify", TYPED);
    world.answers(ROTATED);
}

/// What a scan of everything that PM2 and the home hold finds.
#[test]
fn nothing_of_an_outage_is_on_the_disk() {
    let world = World::new(CLUSTER);
    world.types("breakglass seal", CHOSEN);
    world.types("breakglass run prod.env.gpg -- pm2 start ecosystem.config.js > out", TYPED);
    world.answers(OLD);
    let grep = |folder: &Path| -> Output {
        output(world.machine.place.command("grep").args(["-ral", OLD]).arg(folder))
    };
    for folder in [world.pm2_home.path(), &world.machine.place.path("home")] {
        let found = grep(folder);
        assert_eq!(found.status.code(), Some(1), "{}{}", stdout(&found), stderr(&found));
    }
    world.ends("kill -TERM $(cat $PM2_HOME/pm2.pid); while kill -0 $(cat $PM2_HOME/pm2.pid); do sleep 0.1; done", 0);
    assert_eq!(grep(world.pm2_home.path()).status.code(), Some(1));
    // What a user's own `pm2 save` writes is found, and goes by the command that is printed.
    world.ends(
        &format!("breakglass run prod.env.gpg {FROM_FILE} -- pm2 start ecosystem.config.js"),
        0,
    );
    world.ends("pm2 save", 0);
    assert_eq!(grep(world.pm2_home.path()).status.code(), Some(0));
    let found = world.ends("breakglass status", 3);
    assert!(found.contains("dump.pm2' holds secrets of the vault"), "{found}");
    let to_do = world.to_do();
    let remove = to_do.iter().find(|command| command.starts_with("rm -f")).expect("to remove");
    world.ends(remove, 0);
    assert_eq!(grep(world.pm2_home.path()).status.code(), Some(1));
}
