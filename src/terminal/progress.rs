//! Progress for what takes longer than a moment.

use std::io::IsTerminal;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What passes without a bar; key derivation usually does.
const MOMENT: Duration = Duration::from_millis(700);

/// A bar on standard error where that is a terminal that can move back, shown when the work has taken a
/// moment. No colour, and ASCII alone: the console of a server may know no more.
#[derive(Debug)]
pub struct Progress {
    what: &'static str,
    start: Instant,
    wanted: bool,
    bar: OnceLock<ProgressBar>,
}

/// Steps of the bar.
const STEPS: u64 = 1000;

/// Columns that the bar and what stands around it take; on a narrower terminal there is no bar.
const COLUMNS: u16 = 64;

impl Progress {
    /// Nothing is shown yet, nor ever where nobody is looking.
    pub fn new(what: &'static str, quiet: bool) -> Progress {
        let wanted = !quiet && std::io::stderr().is_terminal() && moves_back();
        Progress { what, start: Instant::now(), wanted, bar: OnceLock::new() }
    }

    /// How much of the work is done, 0 to 1.
    pub fn at(&self, fraction: f32) {
        if self.wanted && self.start.elapsed() > MOMENT {
            self.bar.get_or_init(|| draw(self.what)).set_position((fraction * STEPS as f32) as u64);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

/// Whether the terminal says that it is one on which a line can be drawn anew.
fn moves_back() -> bool {
    std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb")
}

fn draw(what: &'static str) -> ProgressBar {
    let narrow = rustix::termios::tcgetwinsize(rustix::stdio::stderr())
        .is_ok_and(|size| (1..COLUMNS).contains(&size.ws_col));
    let template = if narrow { "{percent:>3}% {wide_msg}" } else { "{msg} [{bar:30}] {percent}%" };
    let style = ProgressStyle::with_template(template).map(|style| style.progress_chars("##-"));
    let bar = ProgressBar::with_draw_target(Some(STEPS), ProgressDrawTarget::stderr());
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())).with_message(what)
}

/// The same for work whose end is not known: how many bytes are done.
#[derive(Debug)]
pub struct Tally(Progress);

impl Tally {
    /// Nothing is shown yet, nor ever where nobody is looking.
    pub fn new(what: &'static str, quiet: bool) -> Tally {
        Tally(Progress::new(what, quiet))
    }

    /// So many bytes are done.
    pub fn at(&self, bytes: u64) {
        let Progress { what, start, wanted, bar } = &self.0;
        if *wanted && start.elapsed() > MOMENT {
            bar.get_or_init(|| draw_tally(what)).set_position(bytes);
        }
    }
}

fn draw_tally(what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {bytes} {spinner}");
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner())).with_message(what)
}
