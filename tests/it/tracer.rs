//! A process under ptrace, stopped where a test says, and every copy of a secret in it counted: in
//! all mappings, `memfd_secret` ones too, and in all registers. Needs no root: a parent may trace
//! its own child. x86-64 Linux.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};

use aho_corasick::AhoCorasick;

/// A part of a secret counts from this length on, in bytes.
const PART: usize = 16;

/// Where the traced process finds the file into which it is made to write what nobody can read.
const WINDOW_FD: i32 = 200;

/// What is searched for: a name, and the bytes.
pub struct Canary {
    pub name: &'static str,
    pub bytes: Vec<u8>,
}

/// What was found of one canary in one place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Whole copies, raw.
    pub whole: usize,
    /// Anything else: parts of 16 bytes and more, other encodings.
    pub parts: usize,
}

/// Counts by canary and place. A place is the name of a mapping, or `registers`.
pub type Findings = BTreeMap<(&'static str, String), Count>;

/// The limits and the user of a traced process.
#[derive(Clone, Copy, Default)]
pub struct Circumstances {
    /// Another user, where the test runs as root.
    pub uid: Option<u32>,
    /// RLIMIT_MEMLOCK in bytes.
    pub memlock: Option<u64>,
    /// `memfd_secret` answers EPERM, as in containers.
    pub no_secret_memory: bool,
}

pub struct Traced {
    child: Child,
    pid: libc::pid_t,
    memory: File,
    maps: File,
    window: File,
    inside: bool,
}

impl Traced {
    /// Starts a command; it is stopped right after its exec, and may be scanned from then on.
    pub fn start(command: &mut Command, circumstances: Circumstances) -> Traced {
        // SAFETY: a plain call; the result is checked.
        let window = unsafe { libc::memfd_create(c"window".as_ptr(), libc::MFD_CLOEXEC) };
        assert!(window >= 0, "memfd_create");
        // SAFETY: just created.
        let window = File::from(unsafe { OwnedFd::from_raw_fd(window) });
        let fd = window.as_raw_fd();
        // SAFETY: only system calls between fork and exec.
        unsafe { command.pre_exec(move || prepare(fd, circumstances)) };
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let pid = i32::try_from(child.id()).expect("a pid");
        let status = wait(pid);
        assert!(libc::WIFSTOPPED(status), "stopped after exec, not {status:#x}");
        let options = libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_EXITKILL;
        ptrace(libc::PTRACE_SETOPTIONS, pid, 0, options as usize);
        // Opened now: later the process forbids it, to its own parent too.
        let memory = File::open(format!("/proc/{pid}/mem")).expect("mem");
        let maps = File::open(format!("/proc/{pid}/maps")).expect("maps");
        Traced { child, pid, memory, maps, window, inside: false }
    }

    /// Goes on to the next entry of one of these system calls; returns which one it is.
    pub fn until(&mut self, wanted: &[i64]) -> i64 {
        loop {
            let number = self.next_stop();
            if let Some(number) = number.filter(|number| self.inside && wanted.contains(number)) {
                return number;
            }
        }
    }

    /// Goes on to the next entry or exit of a system call.
    fn next_stop(&mut self) -> Option<i64> {
        let mut signal = 0;
        loop {
            ptrace(libc::PTRACE_SYSCALL, self.pid, 0, signal);
            let status = wait(self.pid);
            assert!(
                libc::WIFSTOPPED(status),
                "ended at {status:#x} before the place it was to stop"
            );
            match libc::WSTOPSIG(status) {
                stop if stop == libc::SIGTRAP | 0x80 => {
                    self.inside = !self.inside;
                    return Some(registers(self.pid).orig_rax as i64);
                }
                libc::SIGTRAP => {
                    // The exec of another program image: its registers are no entry or exit.
                    signal = 0;
                }
                other => signal = usize::try_from(other).expect("a signal"),
            }
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Lets it go on with a signal that ends it.
    pub fn end_by(mut self, signal: i32) -> std::process::ExitStatus {
        ptrace(libc::PTRACE_DETACH, self.pid, 0, usize::try_from(signal).expect("a signal"));
        self.child.wait().expect("waits")
    }

    /// Lets it run to its end.
    pub fn finish(mut self) -> std::process::ExitStatus {
        ptrace(libc::PTRACE_DETACH, self.pid, 0, 0);
        self.child.wait().expect("waits")
    }

    /// Counts every canary in every mapping and register. The process must stand at the entry of a
    /// system call, which it enters again afterwards.
    pub fn scan(&mut self, canaries: &[Canary]) -> Findings {
        let mut findings = Findings::new();
        let search = Search::new(canaries);
        let mut look = |place: &str, bytes: &[u8]| {
            for (name, count) in search.count(bytes) {
                let entry = findings.entry((name, place.to_owned())).or_default();
                entry.whole += count.whole;
                entry.parts += count.parts;
            }
        };
        look("registers", &all_registers(self.pid));
        for (start, length, name) in self.mappings() {
            look(&name, &self.read(start, length));
        }
        findings
    }

    /// All mappings that hold anything: address, length, name.
    fn mappings(&mut self) -> Vec<(u64, usize, String)> {
        let mut text = String::new();
        self.maps.seek(SeekFrom::Start(0)).expect("seeks");
        self.maps.read_to_string(&mut text).expect("maps");
        let mut mappings = Vec::new();
        for line in text.lines() {
            let mut fields = line.split_ascii_whitespace();
            let (range, access) = (fields.next().expect("a range"), fields.next().expect("access"));
            let name = fields.nth(3).unwrap_or("anonymous");
            let (start, end) = range.split_once('-').expect("two addresses");
            let address = |text| u64::from_str_radix(text, 16).expect("an address");
            if access.starts_with('r') && !name.starts_with("[v") {
                mappings.push((
                    address(start),
                    (address(end) - address(start)) as usize,
                    name.to_owned(),
                ));
            }
        }
        assert!(mappings.len() > 3, "no mappings: {text}");
        mappings
    }

    fn read(&mut self, start: u64, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        match self.memory.read_exact_at(&mut bytes, start) {
            Ok(()) => bytes,
            Err(_) => self.read_by_itself(start, length),
        }
    }

    /// `memfd_secret` pages can be read by nobody but the process itself: it is made to write them
    /// into the window, in the place of the system call that it is about to make.
    fn read_by_itself(&mut self, start: u64, length: usize) -> Vec<u8> {
        assert!(self.inside, "only at the entry of a system call");
        let before = registers(self.pid);
        let mut asked = before;
        asked.orig_rax = libc::SYS_pwrite64 as u64;
        asked.rdi = WINDOW_FD as u64;
        asked.rsi = start;
        asked.rdx = length as u64;
        asked.r10 = 0;
        set_registers(self.pid, &asked);
        self.next_stop();
        let written = registers(self.pid).rax as i64;
        assert_eq!(written, length as i64, "a mapping that cannot be read at all");
        let mut again = before;
        again.rax = before.orig_rax;
        again.rip -= 2;
        set_registers(self.pid, &again);
        self.next_stop();
        let mut bytes = vec![0; length];
        self.window.read_exact_at(&mut bytes, 0).expect("the window");
        bytes
    }
}

/// A pseudo terminal: the side that a program gets, and the side of the person.
pub fn terminal() -> (OwnedFd, File) {
    let (mut person, mut program) = (0, 0);
    let name = std::ptr::null_mut();
    // SAFETY: writes two descriptors.
    let opened = unsafe {
        libc::openpty(&raw mut person, &raw mut program, name, std::ptr::null(), std::ptr::null())
    };
    assert_eq!(opened, 0);
    // SAFETY: just opened.
    unsafe { (OwnedFd::from_raw_fd(program), File::from(OwnedFd::from_raw_fd(person))) }
}

/// Makes a terminal the controlling one of a command.
pub fn on_terminal(command: &mut Command, terminal: OwnedFd) {
    let take = move || {
        // SAFETY: system calls with plain numbers, between fork and exec.
        let failed = unsafe {
            libc::setsid() < 0 || libc::ioctl(terminal.as_raw_fd(), libc::TIOCSCTTY, 0) < 0
        };
        if failed { Err(std::io::Error::last_os_error()) } else { Ok(()) }
    };
    // SAFETY: as above.
    unsafe { command.pre_exec(take) };
}

/// Reads what a terminal shows until `text` is there.
pub fn wait_for(terminal: &mut File, text: &str) {
    let mut shown = Vec::new();
    while !String::from_utf8_lossy(&shown).contains(text) {
        let mut piece = [0; 256];
        let count = terminal.read(&mut piece).expect("a terminal");
        shown.extend(&piece[..count]);
    }
}

/// Between fork and exec.
fn prepare(window: i32, circumstances: Circumstances) -> std::io::Result<()> {
    let check = |result: libc::c_long| {
        if result < 0 { Err(std::io::Error::last_os_error()) } else { Ok(()) }
    };
    // SAFETY: system calls with plain numbers and pointers to values that live here.
    unsafe {
        check(libc::dup2(window, WINDOW_FD).into())?;
        if let Some(bytes) = circumstances.memlock {
            let limit = libc::rlimit { rlim_cur: bytes, rlim_max: bytes };
            check(libc::setrlimit(libc::RLIMIT_MEMLOCK, &raw const limit).into())?;
        }
        if let Some(uid) = circumstances.uid {
            check(libc::setgroups(0, std::ptr::null()).into())?;
            check(libc::setresgid(uid, uid, uid).into())?;
            check(libc::setresuid(uid, uid, uid).into())?;
        }
        if circumstances.no_secret_memory {
            forbid_secret_memory()?;
        }
        check(libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0))
    }
}

/// A seccomp filter: `memfd_secret` answers EPERM, everything else is allowed.
unsafe fn forbid_secret_memory() -> std::io::Result<()> {
    let statement = |code: u32, jt, jf, k| libc::sock_filter { code: code as u16, jt, jf, k };
    let number = libc::SYS_memfd_secret as u32;
    let filter = [
        statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        statement(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, 1, number),
        statement(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32),
        statement(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_ptr().cast_mut() };
    // SAFETY: the program and its filter live until both calls are done.
    let failed = unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0
            || libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) < 0
    };
    if failed { Err(std::io::Error::last_os_error()) } else { Ok(()) }
}

fn ptrace(request: libc::c_uint, pid: libc::pid_t, address: usize, data: usize) {
    // SAFETY: requests that take numbers only.
    let result = unsafe { libc::ptrace(request, pid, address, data) };
    assert!(result >= 0, "ptrace {request}: {}", std::io::Error::last_os_error());
}

fn wait(pid: libc::pid_t) -> i32 {
    let mut status = 0;
    // SAFETY: writes the status.
    let waited = unsafe { libc::waitpid(pid, &raw mut status, libc::__WALL) };
    assert_eq!(waited, pid, "{}", std::io::Error::last_os_error());
    status
}

fn registers(pid: libc::pid_t) -> libc::user_regs_struct {
    let mut registers = std::mem::MaybeUninit::<libc::user_regs_struct>::zeroed();
    // SAFETY: the kernel fills in the structure.
    unsafe {
        assert!(libc::ptrace(libc::PTRACE_GETREGS, pid, 0, registers.as_mut_ptr()) >= 0);
        registers.assume_init()
    }
}

fn set_registers(pid: libc::pid_t, registers: &libc::user_regs_struct) {
    // SAFETY: the kernel reads the structure.
    assert!(unsafe { libc::ptrace(libc::PTRACE_SETREGS, pid, 0, registers) } >= 0);
}

/// General registers, and x87, SSE, AVX and AVX-512 ones.
fn all_registers(pid: libc::pid_t) -> Vec<u8> {
    const NT_X86_XSTATE: usize = 0x202;
    let general = registers(pid);
    // SAFETY: a structure of plain numbers.
    let mut bytes = unsafe {
        std::slice::from_raw_parts((&raw const general).cast::<u8>(), size_of_val(&general))
            .to_vec()
    };
    let mut vectors = vec![0_u8; 16 * 1024];
    let mut io = libc::iovec { iov_base: vectors.as_mut_ptr().cast(), iov_len: vectors.len() };
    // SAFETY: the kernel fills at most `iov_len` bytes.
    assert!(unsafe { libc::ptrace(libc::PTRACE_GETREGSET, pid, NT_X86_XSTATE, &raw mut io) } >= 0);
    bytes.extend(&vectors[..io.iov_len]);
    bytes
}

/// All canaries, in all their forms, searched for in one pass.
struct Search {
    names: Vec<(&'static str, usize)>,
    automaton: AhoCorasick,
    /// For each pattern: its canary, and whether it is raw.
    patterns: Vec<(usize, bool)>,
}

impl Search {
    fn new(canaries: &[Canary]) -> Search {
        let (mut texts, mut patterns) = (Vec::new(), Vec::new());
        for (index, Canary { bytes, .. }) in canaries.iter().enumerate() {
            for (form, raw) in forms(bytes) {
                for window in form.windows(PART) {
                    texts.push(window.to_vec());
                    patterns.push((index, raw));
                }
            }
        }
        let names = canaries.iter().map(|canary| (canary.name, canary.bytes.len())).collect();
        Search { names, automaton: AhoCorasick::new(texts).expect("patterns"), patterns }
    }

    /// Counts by canary. Runs of overlapping raw hits are one copy, whole where they are as long as
    /// the canary.
    fn count(&self, bytes: &[u8]) -> Vec<(&'static str, Count)> {
        let mut counts: Vec<(&'static str, Count)> =
            self.names.iter().map(|(name, _)| (*name, Count::default())).collect();
        let mut runs: Vec<Option<(usize, usize)>> = vec![None; self.names.len()];
        let close = |count: &mut Count, run: Option<(usize, usize)>, length: usize| match run {
            Some((start, end)) if end - start == length => count.whole += 1,
            Some(_) => count.parts += 1,
            None => {}
        };
        for hit in self.automaton.find_overlapping_iter(bytes) {
            let (index, raw) = self.patterns[hit.pattern().as_usize()];
            if !raw {
                counts[index].1.parts += 1;
                continue;
            }
            runs[index] = match runs[index] {
                Some((start, end)) if hit.end() == end + 1 => Some((start, hit.end())),
                other => {
                    close(&mut counts[index].1, other, self.names[index].1);
                    Some((hit.start(), hit.end()))
                }
            };
        }
        for (index, run) in runs.into_iter().enumerate() {
            close(&mut counts[index].1, run, self.names[index].1);
        }
        counts.retain(|(_, count)| *count != Count::default());
        counts
    }
}

/// The forms in which a secret may lie about, and whether each is the secret itself.
fn forms(bytes: &[u8]) -> Vec<(Vec<u8>, bool)> {
    let reversed: Vec<u8> = bytes.iter().rev().copied().collect();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let wide: Vec<u8> = bytes.iter().flat_map(|byte| [*byte, 0]).collect();
    let mut forms = vec![(bytes.to_vec(), true), (reversed, false), (wide, false)];
    forms.extend([hex.to_uppercase(), hex].map(|hex| (hex.into_bytes(), false)));
    forms.extend((0..3).map(|alignment| (base64_inside(bytes, alignment), false)));
    forms
}

/// The characters of a base64 text that depend on `bytes` alone, when these stand `alignment`
/// bytes into a group of three.
fn base64_inside(bytes: &[u8], alignment: usize) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let whole: Vec<u8> = bytes.iter().skip((3 - alignment) % 3).copied().collect();
    let group = |three: &[u8]| {
        let number = three.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| ALPHABET[number >> shift & 63])
    };
    whole.chunks_exact(3).flat_map(group).collect()
}
