//! The arguments of `man` and `completions`, which packages are made with.

use clap::{Args, ValueEnum};

/// Print a man page
///
/// For packages, and for man -l -. It is made of the same definitions as this help.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  breakglass man seal | man -l -")]
pub(in crate::cli) struct ManArguments {
    /// The page, such as seal; breakglass unless said
    #[arg(value_name = "PAGE")]
    pub(in crate::cli) page: Option<String>,

    /// Print the names of all pages instead
    #[arg(long, conflicts_with = "page")]
    pub(in crate::cli) list: bool,
}

/// Print the completions of a shell
///
/// They are made of the same definitions as this help.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  source <(breakglass completions bash)")]
pub(in crate::cli) struct CompletionsArguments {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(in crate::cli) shell: Shell,
}

/// A shell that completions can be had for.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum Shell {
    Bash,
    Zsh,
    Fish,
}
