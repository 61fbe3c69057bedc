//! Examples of environment files, line by line: names, with empty values or what is plainly none.

/// The longest line that is looked at, in bytes: no placeholder is as long.
const MAX_LINE: usize = 4096;

/// The most lines of a file that are named.
const MAX_REFUSED: usize = 100;

/// From this length on a commented value is looked at, too; shorter ones are prose.
const LEAST_COMMENTED: usize = 8;

/// Values that say nothing, in lower case.
const WORDS: &[&str] = &[
    "debug",
    "development",
    "error",
    "false",
    "info",
    "local",
    "localhost",
    "no",
    "none",
    "null",
    "off",
    "on",
    "password",
    "production",
    "secret",
    "staging",
    "test",
    "trace",
    "true",
    "user",
    "username",
    "warn",
    "warning",
    "yes",
];

/// Words by which a text without digits says that it is none, in lower case.
const HINTS: &[&str] = &[
    "change",
    "changeit",
    "changeme",
    "changethis",
    "dummy",
    "enter",
    "example",
    "fake",
    "fixme",
    "here",
    "insert",
    "placeholder",
    "redacted",
    "replace",
    "replaceme",
    "sample",
    "tbd",
    "todo",
    "xxx",
    "your",
];

/// Hosts that are nobody's (RFC 2606, RFC 6761).
const HOSTS: &[&str] = &["127.0.0.1", "0.0.0.0", "localhost"];
const DOMAINS: &[&str] = &["example.com", "example.net", "example.org"];

/// An example on its way through the reading; only the line that has begun is held.
#[derive(Debug)]
pub(super) struct Example {
    line: Vec<u8>,
    number: u32,
    refused: Vec<u32>,
}

impl Example {
    pub(super) fn new() -> Example {
        Example { line: Vec::new(), number: 1, refused: Vec::new() }
    }

    pub(super) fn wants_more(&self) -> bool {
        self.refused.len() < MAX_REFUSED
    }

    pub(super) fn take(&mut self, piece: &[u8]) {
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") || self.line.len() > MAX_LINE {
                self.end_line();
            }
        }
    }

    /// The lines that hold more than they may, by number from 1.
    pub(super) fn end(mut self) -> Vec<u32> {
        self.end_line();
        self.refused
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if self.wants_more() && (line.len() > MAX_LINE || !is_harmless(&line)) {
            self.refused.push(self.number);
        }
        self.number = self.number.saturating_add(1);
    }
}

fn is_harmless(line: &[u8]) -> bool {
    let Ok(line) = str::from_utf8(line) else { return false };
    let line = line.trim_start_matches('\u{FEFF}').trim();
    if line.is_empty() {
        return true;
    }
    // Programs that read such files take it for a line end, too: what stands behind it is another line.
    if line.contains('\r') {
        return false;
    }
    if let Some(comment) = line.strip_prefix('#') {
        let text = comment.trim_start_matches('#').trim();
        let text = assignment(text).unwrap_or_default();
        let is_quoted = text.trim_start().starts_with(['"', '\'', '`']);
        let value = value(text).unwrap_or_default();
        let is_prose =
            value.len() < LEAST_COMMENTED || !is_quoted && value.contains(char::is_whitespace);
        return is_prose || says_nothing(value);
    }
    assignment(line).and_then(value).is_some_and(says_nothing)
}

/// What stands behind `NAME=`; nothing where the line is no assignment.
fn assignment(line: &str) -> Option<&str> {
    let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
    let (name, rest) = line.split_once('=')?;
    let name = name.trim_end();
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '_' | '.' | '-'));
    is_name.then_some(rest)
}

/// The value without quotes, blanks and a comment; nothing where a quote is left open.
fn value(text: &str) -> Option<&str> {
    let value = text.trim();
    if value.starts_with('#') && text.starts_with(char::is_whitespace) {
        return Some("");
    }
    match value.chars().next() {
        Some(quote @ ('"' | '\'' | '`')) => {
            let (value, behind) = value.get(1..)?.split_once(quote)?;
            let behind = behind.trim_start();
            (behind.is_empty() || behind.starts_with('#')).then_some(value)
        }
        _ => Some(value.split(" #").next().unwrap_or_default().trim_end()),
    }
}

/// Whether a value is empty, or plainly none that anybody keeps secret.
fn says_nothing(value: &str) -> bool {
    let value = value.trim().to_ascii_lowercase();
    value.is_empty()
        || WORDS.contains(&value.as_str())
        || value.len() <= 5 && value.bytes().all(|byte| byte.is_ascii_digit())
        || value.chars().all(|it| matches!(it, 'x' | '*' | '.' | '-' | '_' | '…' | '0' | '?'))
        || is_bracketed(&value)
        || is_hinted(&value)
        || is_address(&value)
}

/// `<your key>`, `[key]`, `${OTHER}`: the text within is a name or words.
fn is_bracketed(value: &str) -> bool {
    let pairs = [("<", ">"), ("[", "]"), ("{{", "}}"), ("${", "}"), ("$", "")];
    let within = |(open, close): &(&str, &str)| value.strip_prefix(*open)?.strip_suffix(*close);
    let is_text =
        |it: char| it.is_ascii_alphabetic() || matches!(it, ' ' | '_' | '-' | '.' | ',' | '\'');
    pairs.iter().filter_map(within).any(|text| !text.is_empty() && text.chars().all(is_text))
}

/// Letters and marks only, one of whose words says what it is: `your-api-key-here`.
fn is_hinted(value: &str) -> bool {
    let is_mark = |it: char| matches!(it, '-' | '_' | ' ' | '.' | '!');
    value.chars().all(|it| it.is_ascii_alphabetic() || is_mark(it))
        && value.split(is_mark).any(|word| HINTS.contains(&word))
}

/// An address of nobody, or a host's, without a user or a query: `http://localhost:3000/api`,
/// `ops@example.com`, `https://api.acme.com`.
fn is_address(value: &str) -> bool {
    let of_nobody = |host: &str| {
        let within = |domain: &&str| {
            host.strip_suffix(*domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        HOSTS.contains(&host) || DOMAINS.iter().any(within)
    };
    let is_word = |text: &str| {
        text.chars().all(|it| it.is_ascii_alphabetic() || matches!(it, '.' | '-' | '+'))
    };
    if let Some((user, host)) = value.split_once('@') {
        return is_word(user) && of_nobody(host);
    }
    let (scheme, rest) = value.split_once("://").unwrap_or(("", value));
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, port) = host.split_once(':').unwrap_or((host, ""));
    let is_path = |it: char| {
        it.is_ascii_alphabetic() || it.is_ascii_digit() || matches!(it, '/' | '-' | '_' | '.')
    };
    let digits = path.chars().filter(char::is_ascii_digit).count();
    // A host alone is an address, whosever it is.
    let is_host = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '-');
    let alone =
        !scheme.is_empty() && path.is_empty() && host.contains('.') && host.chars().all(is_host);
    (of_nobody(host) || alone)
        && is_word(scheme)
        && port.len() <= 5
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && path.chars().all(is_path)
        && digits <= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Vec<u32> {
        let mut example = Example::new();
        example.take(text.as_bytes());
        example.end()
    }

    #[test]
    fn examples() {
        for line in [
            "",
            "  ",
            "# a comment",
            "A=",
            "A=''",
            "A=\"\"",
            "export A=",
            " A = ",
            "A= # what it is",
            "A='' # what it is",
            "\u{FEFF}A=",
            "A=\r",
            "PORT=3000",
            "DEBUG=false",
            "NODE_ENV=production",
            "LOG_LEVEL=info # or debug",
            "A=<your key>",
            "A=\"<key>\"",
            "A=xxxxxxxx",
            "A=********",
            "A=…",
            "A=your-api-key-here",
            "A=YOUR_KEY",
            "A=changeme",
            "A=sk_live_xxx",
            "A=replace-me",
            "A=${OTHER_NAME}",
            "A=$OTHER",
            "A=[key]",
            "A={{ key }}",
            "URL=http://localhost:3000/api/v1",
            "URL=https://api.example.com",
            "REDIS=redis://127.0.0.1:6379/0",
            "MAIL=ops@example.com",
            "HOST=localhost",
            "spring.datasource=",
            "#A=",
            "# A=short",
            "# see KEY=value pairs that are described elsewhere",
            "# API_KEY=your-key-here",
            "A=https://example.org/",
            "A=https://api.acme.com:8443/",
        ] {
            assert_eq!(refused(line), [0_u32; 0], "{line:?}");
        }
    }

    #[test]
    fn more_than_an_example() {
        for line in [
            "A=hunter2",
            "A=fake1234",
            "A='fake value 1'",
            "A=\"x1\"",
            "A='",
            "A=\"open",
            "A='a' b",
            "A=#x1",
            "A=123456",
            "no assignment",
            "A",
            "A:b",
            "=x",
            "1A=",
            "A=sk_live_4eC39HqLyjWD",
            "A=<aGVsbG8gd29ybGQ1>",
            "#A=sk_live_4eC39HqLyjWD",
            "## export A='fake12345'",
            "# A='correct horse battery'",
            "A=\rB=fake12345",
            "A=\r#c\rB=fake12345\r",
            "DB=postgres://user:fake@localhost:5432/x",
            "URL=https://example.com/?token=fake",
            "URL=https://hooks.example.com/T00000/B0000",
            "A=https://api.acme.com/x",
            "A=correct horse battery",
            "A=p4ssword@example.com",
            "A=$2b$10$abc",
            "A=yourself",
            "A=http://localhost:99999999",
        ] {
            assert_eq!(refused(line), [1], "{line:?}");
        }
        assert!(!is_harmless(b"A=\xFF"));
    }

    #[test]
    fn each_line_is_named() {
        assert_eq!(refused("A=\n\n# c\nB=fake1\nC=fake2\n\nD=fake3"), [4, 5, 7]);
        assert_eq!(refused(&"A=fake1\n".repeat(1000)).len(), MAX_REFUSED);
        assert_eq!(refused(&format!("A=\nB={}\n", "x".repeat(MAX_LINE))), [2]);
        assert_eq!(refused(&format!("A={}\n", "x".repeat(MAX_LINE - 10))), [0_u32; 0]);
    }
}
