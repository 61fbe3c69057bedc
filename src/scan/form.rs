//! In which way a value was written down.

/// How a value was written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// As it is.
    Raw,
    /// Within a text in base64, at one of the three places of a byte in a group.
    Base64,
    /// With percent signs.
    Url,
    /// Within quotes of JSON.
    Json,
    /// Within quotes of a shell, or with backslashes.
    Shell,
}

impl Form {
    /// For a person.
    pub fn words(self) -> &'static str {
        match self {
            Form::Raw => "as it is",
            Form::Base64 => "in base64",
            Form::Url => "URL-escaped",
            Form::Json => "JSON-escaped",
            Form::Shell => "shell-escaped",
        }
    }

    /// For programs.
    pub fn key(self) -> &'static str {
        match self {
            Form::Raw => "raw",
            Form::Base64 => "base64",
            Form::Url => "url",
            Form::Json => "json",
            Form::Shell => "shell",
        }
    }
}
