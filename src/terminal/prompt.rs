//! Asking for a passphrase on the controlling terminal, whatever standard input is.
//!
//! The terminal stays in line mode with echo off: only then does the kernel wipe its own line
//! buffer (n_tty.c). rpassword puts the line together; what it does not do is done here: echo comes
//! back on every way out, Ctrl-Z works, other bytes than UTF-8 are an error.

use std::cell::Cell;
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{Mode, OFlags};
use rustix::io::retry_on_intr;
use rustix::termios::{LocalModes, OptionalActions, QueueSelector, Termios};
use zeroize::Zeroizing;

use crate::error::{Error, PassphraseError, Result, SystemError, TerminalError};
use crate::memory::{Passphrase, Region, clear_vector_registers};

/// What a signal that is being held back asks of the prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupt {
    /// Ctrl-Z: stop, and ask again when continued.
    Stop,
    /// Ctrl-C and the like: give up.
    End,
}

/// Signals that the caller holds back, so that none of them ends this process while echo is off.
pub trait Interrupts {
    /// Whether one has come.
    fn next(&mut self) -> Option<Interrupt>;

    /// Stops this process, as Ctrl-Z asked; returns when it is continued.
    fn stop(&mut self);
}

/// How often held signals are looked for while nobody types.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

const TERMINAL: &str = "/dev/tty";

/// Asks once for a passphrase; nothing of it is shown.
///
/// Errors: no terminal, cancelled, empty, not UTF-8, a control character.
pub fn ask(prompt: &str, interrupts: Box<dyn Interrupts>) -> Result<Passphrase> {
    let terminal = open_terminal()?;
    let silence = Silence::new(&terminal, prompt)?;
    let fault = Rc::new(Cell::new(None));
    let reader = LineReader {
        silence,
        line: Region::with_capacity(LINE_BYTES)?,
        next: 0,
        interrupts,
        fault: Rc::clone(&fault),
    };
    let config = rpassword::ConfigBuilder::new().input_reader(reader).output_discard().build();
    let typed = rpassword::read_password_with_config(config).map(Zeroizing::new);
    if let Some(fault) = fault.take() {
        return Err(fault);
    }
    let typed = typed.map_err(|error| no_terminal(error.into()))?;
    let passphrase = Passphrase::new(Region::copy_of(typed.as_bytes())?);
    // rpassword has moved it through them a character at a time.
    clear_vector_registers();
    passphrase
}

/// Shows a text on the terminal itself, never on standard output or error.
pub fn show_once(text: &[&[u8]]) -> Result<()> {
    let terminal = open_terminal()?;
    text.iter().try_for_each(|piece| write(&terminal, piece))
}

pub(super) fn no_terminal(error: SystemError) -> Error {
    Error::Terminal(TerminalError::NoTerminal { errno: error.0 })
}

pub(super) fn open_terminal() -> Result<OwnedFd> {
    rustix::fs::open(TERMINAL, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())
        .map_err(|error| no_terminal(error.into()))
}

pub(super) fn write(terminal: &OwnedFd, mut text: &[u8]) -> Result<()> {
    while !text.is_empty() {
        let count = retry_on_intr(|| rustix::io::write(terminal, text))
            .map_err(|error| no_terminal(error.into()))?;
        text = text.get(count..).unwrap_or_default();
    }
    Ok(())
}

/// The terminal with a prompt on it and echo off; dropped, it is as it was.
struct Silence {
    terminal: OwnedFd,
    prompt: Vec<u8>,
    before: Termios,
}

impl Silence {
    fn new(terminal: &OwnedFd, prompt: &str) -> Result<Silence> {
        let before =
            rustix::termios::tcgetattr(terminal).map_err(|error| no_terminal(error.into()))?;
        let terminal = terminal.try_clone().map_err(|error| no_terminal(error.into()))?;
        let silence = Silence { terminal, prompt: prompt.as_bytes().to_vec(), before };
        silence.begin()?;
        Ok(silence)
    }

    fn begin(&self) -> Result<()> {
        let mut silent = self.before.clone();
        silent.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL);
        silent.local_modes.insert(LocalModes::ICANON | LocalModes::ISIG);
        rustix::termios::tcsetattr(&self.terminal, OptionalActions::Flush, &silent)
            .map_err(|error| no_terminal(error.into()))?;
        write(&self.terminal, &self.prompt)
    }

    fn end(&self) {
        let _ = rustix::termios::tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
        // Enter was not echoed either.
        let _ = write(&self.terminal, b"\n");
    }

    /// Drops what has been typed of a line: else the shell would get it, and show it.
    fn forget_input(&self) {
        let _ = rustix::termios::tcflush(&self.terminal, QueueSelector::IFlush);
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        self.end();
    }
}

/// A line in the kernel's line mode has at most 4095 bytes and its end (termios(3)).
const LINE_BYTES: usize = 4096;

/// What rpassword reads from: lines of the terminal, held in a region.
///
/// rpassword drops it when the line is there. The order of the fields is the order of that: echo
/// comes back before signals that were held back are delivered.
struct LineReader {
    silence: Silence,
    line: Region,
    next: usize,
    interrupts: Box<dyn Interrupts>,
    fault: Rc<Cell<Option<Error>>>,
}

impl LineReader {
    /// Waits for a line and reads it.
    fn refill(&mut self) -> Result<()> {
        self.line.truncate(0);
        self.next = 0;
        loop {
            match self.interrupts.next() {
                Some(Interrupt::End) => {
                    self.silence.forget_input();
                    return Err(TerminalError::Cancelled.into());
                }
                Some(Interrupt::Stop) => {
                    self.silence.forget_input();
                    self.silence.end();
                    self.interrupts.stop();
                    self.silence.begin()?;
                }
                None => {}
            }
            let mut waiting = [PollFd::new(&self.silence.terminal, PollFlags::IN)];
            let ready = retry_on_intr(|| rustix::event::poll(&mut waiting, Some(&LOOK)));
            if ready.map_err(|error| no_terminal(error.into()))? == 0 {
                continue;
            }
            let space = self.line.spare_mut().get_mut(..LINE_BYTES).unwrap_or_default();
            let read = retry_on_intr(|| rustix::io::read(&self.silence.terminal, &mut *space));
            match read.map_err(|error| no_terminal(error.into()))? {
                // Ctrl-D, or a terminal that has gone.
                0 => return Err(TerminalError::Cancelled.into()),
                count => self.line.advance(count),
            }
            return judge(self.line.expose());
        }
    }
}

/// A typed line must come through rpassword unaltered.
fn judge(line: &[u8]) -> Result<()> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    match str::from_utf8(line) {
        Err(_) => Err(PassphraseError::NotUtf8.into()),
        Ok(text) if text.chars().any(char::is_control) => Err(PassphraseError::Control.into()),
        Ok(_) => Ok(()),
    }
}

impl io::Read for LineReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.next >= self.line.len()
            && let Err(error) = self.refill()
        {
            self.fault.set(Some(error));
            return Err(io::ErrorKind::Other.into());
        }
        let rest = self.line.expose().get(self.next..).unwrap_or_default();
        let count = rest.len().min(into.len());
        if let (Some(space), Some(bytes)) = (into.get_mut(..count), rest.get(..count)) {
            space.copy_from_slice(bytes);
        }
        self.next += count;
        Ok(count)
    }
}
