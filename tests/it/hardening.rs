//! Another process of the same user, and a crash, get nothing of what the program holds.

use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Output, Stdio};

use crate::memory::{ordinary, place_for_anybody, program};
use crate::support::{PASSPHRASE, Place, output, stdout};
use crate::tracer::{Circumstances, Traced};

/// Tries every way in that Linux has for a process of the same user; prints those that worked.
const ATTACKER: &str = r#"
import ctypes, os, sys
pid = int(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
def attempt(name, action):
    try:
        action()
        print(name)
    except OSError:
        pass
def ptrace(request):
    def action():
        if libc.ptrace(request, pid, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "ptrace")
    return action
def vm_read():
    buffer = ctypes.create_string_buffer(16)
    class iovec(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
    here, there = iovec(ctypes.addressof(buffer), 16), iovec(0x400000, 16)
    if libc.process_vm_readv(pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0) < 0:
        raise OSError(ctypes.get_errno(), "process_vm_readv")
attempt("mem", lambda: open(f"/proc/{pid}/mem", "rb").close())
attempt("environ", lambda: open(f"/proc/{pid}/environ", "rb").read())
attempt("maps", lambda: open(f"/proc/{pid}/maps", "rb").read())
attempt("fd", lambda: os.listdir(f"/proc/{pid}/fd"))
attempt("cwd", lambda: os.readlink(f"/proc/{pid}/cwd"))
attempt("process_vm_readv", vm_read)
attempt("ptrace seize", ptrace(0x4206))
attempt("ptrace attach", ptrace(16))
print("done", os.getuid())
"#;

/// The attacker, as the same ordinary user as the program.
fn attack(place: &Place, pid: u32, uid: Option<u32>) -> Output {
    let mut command = place.command("python3");
    command.args(["-c", ATTACKER, &pid.to_string()]);
    if let Some(uid) = uid {
        command.uid(uid).gid(uid);
    }
    output(&mut command)
}

fn assert_held_off(output: &Output) {
    let text = stdout(output);
    assert!(
        text.starts_with("done "),
        "these ways in worked: {text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_ne!(text.trim(), "done 0", "root is not held off by anything");
}

/// The program as an ordinary user, waiting for its passphrase from a pipe.
fn waiting(place: &Place) -> (std::process::Child, std::io::PipeWriter) {
    let (read, write) = std::io::pipe().unwrap();
    let mut command =
        program(place, &["run", "v.env.gpg", "--passphrase-fd", "0", "--", "/bin/true"]);
    if let Some(uid) = ordinary(8 << 20).uid {
        command.uid(uid).gid(uid);
    }
    let child = command.stdin(read).spawn().unwrap();
    // It reads a byte at a time, so the first half is in its memory when the pipe is empty.
    let (first, _) = PASSPHRASE.as_bytes().split_at(8);
    (&write).write_all(first).unwrap();
    until_empty(&write);
    (child, write)
}

fn until_empty(pipe: &impl AsRawFd) {
    for _ in 0..2000 {
        let mut unread = 0;
        // SAFETY: writes one number.
        unsafe { libc::ioctl(pipe.as_raw_fd(), libc::FIONREAD, &raw mut unread) };
        if unread == 0 {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    panic!("the passphrase is not being read");
}

#[test]
fn nobody_gets_at_the_program_while_it_waits_for_the_passphrase() {
    let place = place_for_anybody("v.env.gpg");
    let (mut child, pipe) = waiting(&place);
    assert_held_off(&attack(&place, child.id(), ordinary(0).uid));
    (&pipe).write_all(&PASSPHRASE.as_bytes()[8..]).unwrap();
    drop(OwnedFd::from(pipe));
    assert!(child.wait().unwrap().success());
}

#[test]
fn nobody_gets_at_the_program_between_opening_and_exec() {
    let place = place_for_anybody("v.env.gpg");
    let mut command = program(
        &place,
        &["run", "v.env.gpg", "--passphrase-file", "passphrase", "--", "/bin/true"],
    );
    let mut traced = Traced::start(&mut command, ordinary(8 << 20));
    traced.until(&[libc::SYS_execve]);
    assert_held_off(&attack(&place, traced.id(), ordinary(0).uid));
    assert!(traced.finish().success());
}

/// The ways in are open where nobody closes them, but for what the system forbids in general.
#[test]
fn the_attacker_is_able() {
    let place = Place::new();
    let mut command = place.command("sleep");
    command.arg("60");
    let uid = ordinary(0).uid;
    if let Some(uid) = uid {
        command.uid(uid).gid(uid);
    }
    let mut child = command.spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(200));
    let text = stdout(&attack(&place, child.id(), uid));
    child.kill().unwrap();
    child.wait().unwrap();
    for way in ["environ", "maps", "fd", "cwd"] {
        assert!(text.lines().any(|line| line == way), "{way} is not open: {text}");
    }
}

#[test]
fn a_crash_leaves_no_core() {
    let place = place_for_anybody("v.env.gpg");
    for signal in [libc::SIGSEGV, libc::SIGABRT] {
        let mut command = program(
            &place,
            &["run", "v.env.gpg", "--passphrase-file", "passphrase", "--", "/bin/true"],
        );
        let mut traced = Traced::start(unlimited_cores(&mut command), Circumstances::default());
        traced.until(&[libc::SYS_execve]);
        let status = traced.end_by(signal);
        assert_eq!(status.signal(), Some(signal));
        assert!(!status.core_dumped(), "a core was written");
        // The command it becomes is kept from it as well.
        let kill = format!("kill -{signal} $$");
        let mut command = program(
            &place,
            &["run", "v.env.gpg", "--passphrase-file", "passphrase", "--", "sh", "-c", &kill],
        );
        let status = unlimited_cores(&mut command).status().unwrap();
        assert_eq!((status.signal(), status.core_dumped()), (Some(signal), false));
    }
    let left: Vec<_> = std::fs::read_dir(place.root())
        .unwrap()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("core"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Without the program in between, the same crash does dump its core, where the system lets any.
#[test]
fn a_crash_of_another_program_does() {
    let place = Place::new();
    let mut command = place.command("sh");
    command.args(["-c", "kill -SEGV $$"]).stdin(Stdio::null());
    let dumped = unlimited_cores(&mut command).status().unwrap().core_dumped();
    assert_eq!(dumped, hard_core_limit() >= 4096, "less than a page is no core");
}

/// As much as this process may have.
fn unlimited_cores(command: &mut Command) -> &mut Command {
    let hard = hard_core_limit();
    let raise = move || {
        let limit = libc::rlimit { rlim_cur: hard, rlim_max: hard };
        // SAFETY: a valid structure.
        match unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const limit) } {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        }
    };
    // SAFETY: one system call between fork and exec.
    unsafe { command.pre_exec(raise) }
}

fn hard_core_limit() -> libc::rlim_t {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: fills in the structure.
    assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_CORE, &raw mut limit) }, 0);
    limit.rlim_max
}
