//! What is printed to be pasted into a shell.

use std::path::Path;

/// A path as one word of a POSIX shell.
pub(in crate::commands) fn shell_word(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+:@%,".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) && !text.starts_with('-') {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_shell() {
        for (path, word) in [
            ("/root/.pm2/dump.pm2", "/root/.pm2/dump.pm2"),
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("-rf", "'-rf'"),
            ("$(x)", "'$(x)'"),
        ] {
            assert_eq!(shell_word(Path::new(path)), word);
        }
    }
}
