//! A pseudo terminal with a program on it.

#![allow(unsafe_code, reason = "giving a child a controlling terminal has no safe interface")]

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use crate::support::{assert_success, output, stdout};

/// A guard against hanging, not a measurement.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A terminal with a person before it.
pub struct Terminal {
    /// The person's side.
    pub master: File,
    /// The programs' side, open here too so that the state outlives them.
    pub slave: File,
    pub path: OsString,
    /// What was shown since it was last looked at.
    pub screen: Vec<u8>,
    /// All that was ever shown.
    pub history: Vec<u8>,
}

impl Terminal {
    pub fn new() -> Terminal {
        let mut options = File::options();
        options.read(true).write(true).custom_flags(libc::O_NOCTTY);
        let master = options.open("/dev/ptmx").expect("a pseudo terminal");
        // SAFETY: plain number.
        assert_eq!(unsafe { libc::unlockpt(master.as_raw_fd()) }, 0);
        let mut name = [0_u8; 64];
        // SAFETY: writes a NUL-ended name into the buffer of this size.
        let named =
            unsafe { libc::ptsname_r(master.as_raw_fd(), name.as_mut_ptr().cast(), name.len()) };
        assert_eq!(named, 0);
        let end = name.iter().position(|byte| *byte == 0).expect("a name");
        let path = OsString::from_vec(name[..end].to_vec());
        let slave = options.open(&path).expect("a pseudo terminal");
        Terminal { master, slave, path, screen: Vec::new(), history: Vec::new() }
    }

    /// Starts a command in a session of its own, with this as the controlling terminal. Its
    /// standard streams are none of it: output goes into pipes.
    pub fn spawn(&self, command: &mut Command) -> Child {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        self.lead(command)
    }

    /// Starts a command whose standard streams are all this terminal.
    pub fn spawn_on(&self, command: &mut Command) -> Child {
        let slave = || self.slave.try_clone().expect("a descriptor");
        command.stdin(slave()).stdout(slave()).stderr(slave());
        self.lead(command)
    }

    pub fn lead(&self, command: &mut Command) -> Child {
        let slave = self.slave.as_raw_fd();
        let become_leader = move || {
            // SAFETY: takes nothing.
            if unsafe { libc::setsid() } < 0 {
                return Err(std::io::Error::last_os_error());
            }
            // SAFETY: plain numbers.
            if unsafe { libc::ioctl(slave, libc::TIOCSCTTY, 0) } < 0 {
                return Err(std::io::Error::last_os_error());
            }
            Ok(())
        };
        // SAFETY: the closure makes system calls only.
        unsafe { command.pre_exec(become_leader) };
        command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }

    pub fn type_text(&self, text: impl AsRef<[u8]>) {
        (&self.master).write_all(text.as_ref()).expect("types");
    }

    /// Waits until `text` is shown, and forgets what is on the screen up to its end.
    pub fn wait_for(&mut self, text: &str) {
        let start = Instant::now();
        loop {
            if let Some(at) = find(&self.screen, text.as_bytes()) {
                self.screen.drain(..at + text.len());
                return;
            }
            assert!(start.elapsed() < PATIENCE, "waiting for {text:?} before {:?}", self.shown());
            self.look(100);
        }
    }

    /// Takes in what is shown within this time.
    pub fn look(&mut self, milliseconds: i64) {
        let time = Timespec { tv_sec: 0, tv_nsec: milliseconds * 1_000_000 };
        let ready = poll(&mut [PollFd::new(&self.master, PollFlags::IN)], Some(&time));
        if ready.is_ok_and(|count| count > 0) {
            let mut bytes = [0; 4096];
            let count = self.master.read(&mut bytes).unwrap_or(0);
            self.screen.extend(&bytes[..count]);
            self.history.extend(&bytes[..count]);
        }
    }

    /// All that was ever shown, to this moment.
    pub fn shown(&mut self) -> String {
        loop {
            let before = self.history.len();
            self.look(0);
            if self.history.len() == before {
                return String::from_utf8_lossy(&self.history).into_owned();
            }
        }
    }

    /// All of the terminal's settings.
    pub fn settings(&self) -> String {
        let stdin = self.slave.try_clone().expect("a descriptor");
        let stty = output(Command::new("stty").arg("-g").stdin(stdin));
        assert_success(&stty);
        stdout(&stty)
    }

    pub fn echoes(&self) -> bool {
        tcgetattr(&self.slave).expect("settings").local_modes.contains(LocalModes::ECHO)
    }

    /// What was typed and read by nobody, which the next program would get.
    pub fn unread(&self) -> Vec<u8> {
        let mut settings = tcgetattr(&self.slave).expect("settings");
        settings.make_raw();
        tcsetattr(&self.slave, OptionalActions::Now, &settings).expect("settings");
        let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
        let ready = poll(&mut [PollFd::new(&self.slave, PollFlags::IN)], Some(&zero));
        if ready.expect("polls") == 0 {
            return Vec::new();
        }
        let mut bytes = [0; 4096];
        let count = (&self.slave).read(&mut bytes).expect("reads");
        bytes[..count].to_vec()
    }
}

pub fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// Waits for the end of a child that must not hang.
pub fn finish(child: &mut Child) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("waits") {
            return status;
        }
        if start.elapsed() > PATIENCE {
            let _ = child.kill();
            panic!("it hangs");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
