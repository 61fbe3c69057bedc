//! Names: which of them a POSIX shell and an environment can carry.

/// Whether `name` has the form `[A-Za-z_][A-Za-z0-9_]*` (POSIX.1-2017, 3.235).
pub fn is_identifier(name: &[u8]) -> bool {
    let first = name.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    first && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

/// Whether a proper name cannot be sealed: a shell sets it itself, holds it read-only or changes
/// with it, or it is one of this program's own (`BREAKGLASS_…`).
pub fn is_taken(name: &str) -> bool {
    name.starts_with("BREAKGLASS_") || SHELL_VARIABLES.binary_search(&name).is_ok()
}

/// Names that a sourced file cannot set to any value in one of dash 0.5.12, bash 5.2 and zsh 5.9:
/// the value is lost or altered, an error is printed, the rest of the file is not read, or worse:
/// bash and zsh evaluate the value of an integer name (`OPTIND`, `RANDOM`, `UID`), so that
/// `x[$(command)]` runs the command even from single quotes, and zsh as root switches to the user
/// named in `USERNAME`. Measured: 22,000 words, each assigned in a fresh shell under `set -a`, and
/// the environment of a child compared. Sorted, for the search.
#[rustfmt::skip]
const SHELL_VARIABLES: &[&str] = &[
    "ARGC", "ARGV0", "BASHOPTS", "BASHPID", "BASH_ALIASES", "BASH_ARGC", "BASH_ARGV",
    "BASH_ARGV0", "BASH_CMDS", "BASH_COMPAT", "BASH_LINENO", "BASH_SOURCE", "BASH_SUBSHELL",
    "BASH_VERSINFO", "BASH_XTRACEFD", "COLUMNS", "COMP_WORDBREAKS", "DIRSTACK", "EGID",
    "EPOCHREALTIME", "EPOCHSECONDS", "ERRNO", "EUID", "FUNCNAME", "FUNCNEST", "GID", "GROUPS",
    "HISTCHARS", "HISTCMD", "HISTSIZE", "IGNOREEOF", "KEYBOARD_HACK", "KEYTIMEOUT", "LINENO",
    "LINES", "LISTMAX", "LOGCHECK", "MAILCHECK", "MODULE_PATH", "OPTIND", "PIPESTATUS", "POSIXLY_CORRECT",
    "PPID", "RANDOM", "REPORTMEMORY", "REPORTTIME", "SAVEHIST", "SECONDS", "SHELLOPTS", "SHLVL",
    "SRANDOM", "TRY_BLOCK_ERROR", "TRY_BLOCK_INTERRUPT", "TTYIDLE", "UID", "USERNAME", "WATCH",
    "ZLE_RPROMPT_INDENT", "ZSH_EVAL_CONTEXT", "ZSH_SUBSHELL", "_", "aliases", "argv", "builtins",
    "cdpath", "commands", "dirstack", "dis_aliases", "dis_builtins", "dis_functions",
    "dis_functions_source", "dis_galiases", "dis_patchars", "dis_reswords", "dis_saliases",
    "fignore", "fpath", "funcfiletrace", "funcsourcetrace", "funcstack", "functions",
    "functions_source", "functrace", "galiases", "histchars", "history", "historywords",
    "ignoreeof", "jobdirs", "jobstates", "jobtexts", "keymaps", "mailpath", "manpath",
    "module_path", "modules", "nameddirs", "options", "parameters", "patchars", "path",
    "pipestatus", "psvar", "reswords", "saliases", "signals", "status", "termcap", "terminfo",
    "userdirs", "usergroups", "watch", "widgets", "zsh_eval_context", "zsh_scheduled_events",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted() {
        assert!(SHELL_VARIABLES.is_sorted());
    }

    #[test]
    fn names_of_shells() {
        for name in ["UID", "PPID", "OPTIND", "RANDOM", "USERNAME", "path", "status", "_"] {
            assert!(is_taken(name), "{name}");
        }
        for name in ["JWT_SECRET", "PORT", "LANG", "LC_ALL", "USER_NAME", "PATHS", "__"] {
            assert!(!is_taken(name), "{name}");
        }
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
