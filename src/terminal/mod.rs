//! The person at the terminal: the prompt, messages, progress, and output that leaves no copy.

mod confirm;
mod messages;
mod output;
mod passphrase;
mod progress;
mod prompt;

pub use confirm::confirm;
pub use messages::Messages;
pub use output::{StandardOutput, write_json, write_stdout, write_visibly};
pub use passphrase::{read_passphrase_file, read_passphrase_line};
pub use progress::{Progress, Tally};
pub use prompt::{Interrupt, Interrupts, ask, show_once};
