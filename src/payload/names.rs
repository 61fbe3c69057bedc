//! Names: which of them a POSIX shell and an environment can carry.

/// Why a name cannot be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameProblem {
    /// Not `[A-Za-z_][A-Za-z0-9_]*`: a shell would run such a line as a command.
    NotIdentifier,
    /// A name that a shell sets itself, holds read-only, or that changes the shell when set.
    ShellVariable,
    /// `BREAKGLASS_…`, which this program sets.
    Reserved,
}

/// Whether `name` has the form `[A-Za-z_][A-Za-z0-9_]*` (POSIX.1-2017, 3.235).
pub fn is_identifier(name: &[u8]) -> bool {
    let first = name.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    first && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

/// Why `name` cannot be sealed; nothing where it can.
pub fn name_problem(name: &str) -> Option<NameProblem> {
    if !is_identifier(name.as_bytes()) {
        Some(NameProblem::NotIdentifier)
    } else if name.starts_with("BREAKGLASS_") {
        Some(NameProblem::Reserved)
    } else if SHELL_VARIABLES.binary_search(&name).is_ok() {
        Some(NameProblem::ShellVariable)
    } else {
        None
    }
}

/// Names whose value is not exact, that stop the reading, or that change how the shell goes on, in
/// one of dash 0.5.12, bash 5.2 and zsh 5.9 (measured: every variable these shells know, assigned
/// in a sourced file under `set -a`, the child's environment compared; tests/it/roundtrip.rs
/// repeats it). Sorted, for the search.
const SHELL_VARIABLES: &[&str] = &[
    "ARGC",
    "BASHOPTS",
    "BASHPID",
    "BASH_ALIASES",
    "BASH_ARGC",
    "BASH_ARGV",
    "BASH_ARGV0",
    "BASH_CMDS",
    "BASH_COMPAT",
    "BASH_LINENO",
    "BASH_SOURCE",
    "BASH_SUBSHELL",
    "BASH_VERSINFO",
    "COLUMNS",
    "COMP_WORDBREAKS",
    "DIRSTACK",
    "EGID",
    "EPOCHREALTIME",
    "EPOCHSECONDS",
    "ERRNO",
    "EUID",
    "FUNCNAME",
    "FUNCNEST",
    "GID",
    "GROUPS",
    "HISTCHARS",
    "HISTCMD",
    "HISTSIZE",
    "KEYBOARD_HACK",
    "KEYTIMEOUT",
    "LINENO",
    "LINES",
    "LISTMAX",
    "LOGCHECK",
    "MAILCHECK",
    "MODULE_PATH",
    "OPTIND",
    "PIPESTATUS",
    "PPID",
    "RANDOM",
    "SAVEHIST",
    "SECONDS",
    "SHELLOPTS",
    "SHLVL",
    "SRANDOM",
    "TRY_BLOCK_ERROR",
    "TRY_BLOCK_INTERRUPT",
    "TTYIDLE",
    "UID",
    "USERNAME",
    "ZSH_EVAL_CONTEXT",
    "ZSH_SUBSHELL",
    "_",
    "aliases",
    "argv",
    "builtins",
    "cdpath",
    "commands",
    "dirstack",
    "dis_aliases",
    "dis_builtins",
    "dis_functions",
    "dis_functions_source",
    "dis_galiases",
    "dis_patchars",
    "dis_reswords",
    "dis_saliases",
    "fignore",
    "fpath",
    "funcfiletrace",
    "funcsourcetrace",
    "funcstack",
    "functions",
    "functions_source",
    "functrace",
    "galiases",
    "histchars",
    "history",
    "historywords",
    "jobdirs",
    "jobstates",
    "jobtexts",
    "keymaps",
    "mailpath",
    "manpath",
    "module_path",
    "modules",
    "nameddirs",
    "options",
    "parameters",
    "patchars",
    "path",
    "pipestatus",
    "psvar",
    "reswords",
    "saliases",
    "status",
    "termcap",
    "terminfo",
    "userdirs",
    "usergroups",
    "watch",
    "widgets",
    "zsh_eval_context",
    "zsh_scheduled_events",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted() {
        assert!(SHELL_VARIABLES.is_sorted());
    }

    #[test]
    fn identifiers() {
        for good in ["A", "_", "_1", "a_B9"] {
            assert!(is_identifier(good.as_bytes()), "{good}");
        }
        for bad in ["", "1A", "A-B", "A;b", "A B", "Ä", "A=", "A\n"] {
            assert!(!is_identifier(bad.as_bytes()), "{bad}");
        }
    }
}
