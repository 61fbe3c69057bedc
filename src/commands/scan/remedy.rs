//! What is to be done about a `.env` file in a git history.

use std::fmt::Write;
use std::path::Path;

use crate::commands::common::shell::shell_word;
use crate::error::{Escaped, misleads};

/// The steps, in their order; nothing where no such file was committed.
pub(super) fn text(paths: &[&Path]) -> String {
    if paths.is_empty() {
        return String::new();
    }
    let mut filter = "git filter-repo --invert-paths".to_owned();
    for path in paths {
        let _ = write!(filter, " --path {}", shell_word(path));
    }
    // Nothing is printed for pasting that a terminal would obey.
    if filter.contains(misleads) {
        filter = format!("# by hand: {}", Escaped(&filter));
    }
    [
        "a .env file was committed; whoever has a clone has every value that was ever in it:",
        "    # rotate ALL of it: revoke at the source, create the new ones there, set them in the",
        "    # secrets manager, restart the service, seal the vault",
        &format!("    {filter}"),
        "    git push --force --all && git push --force --tags",
        "    # ask the host to purge its caches, and everybody to clone anew",
        "    breakglass log incident --severity SEV-1 --secret NAME --what 'a .env file was committed'",
        "    # the ignore lines and the hook: breakglass init",
        "",
    ]
    .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_for_pasting() {
        assert_eq!(text(&[]), "");
        let steps = text(&[Path::new("a b/.env"), Path::new(".env")]);
        let filter = "\n    git filter-repo --invert-paths --path 'a b/.env' --path .env\n";
        assert!(steps.contains(filter), "{steps}");
        let steps = text(&[Path::new("\x1b.env")]);
        assert!(steps.contains("# by hand: ") && !steps.contains('\x1b'), "{steps}");
    }
}
