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

/// Names whose value is not exact, or that stop the reading, in one of dash 0.5.12, bash 5.2 and
/// zsh 5.9 (measured: each assigned alone in a sourced file under `set -a`, the child's
/// environment compared). Sorted, for the search.
const SHELL_VARIABLES: &[&str] = &["PPID", "UID"];

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
