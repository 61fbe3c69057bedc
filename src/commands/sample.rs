//! The built-in sample of `drill`: nothing in it is, or ever was, anybody's secret.

/// A document with one value for each thing that goes wrong by hand.
pub(super) const DOCUMENT: &str = r#"# breakglass 1
# source: the built-in sample
# secrets: 8
APOSTROPHE='it'\''s 3 o'\''clock'
BACKTICK='a `command` and a $(command)'
DOLLAR='pa$$word$HOME'
EMPTY=''
HASH='before # behind'
MULTI_LINE='-----BEGIN SAMPLE KEY-----
bm90IGEga2V5
-----END SAMPLE KEY-----
'
QUOTES='"double" and \backslash\'
UNICODE='Schlüssel 鍵 🔑'
"#;

/// Pieces that must not be found in the sealed file.
pub(super) const PIECES: &[&str] =
    &["3 o'clock", "pa$$word", "SAMPLE KEY", "APOSTROPHE", "MULTI_LINE"];
