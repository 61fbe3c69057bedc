//! The program: hardened first, then one command.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: breakglass::memory::WipingAllocator = breakglass::memory::WipingAllocator;

fn main() -> ExitCode {
    // What a panic says may hold plaintext; cli reports that there was one.
    std::panic::set_hook(Box::new(|_| {}));
    breakglass::memory::harden();
    breakglass::process::close_all_on_exec();
    breakglass::process::ignore_signals_of_writes();
    ExitCode::from(breakglass::cli::run(std::env::args_os()))
}
