//! What man pages say beside the definitions of commands and options: fixed text, in this one place.

/// A term and what it means.
pub(super) type Row = (&'static str, &'static str);

/// Exit statuses, for every command but `run`. README.md has the same rows.
pub(super) const STATUSES: &[Row] = &[
    ("0", "done, nothing found"),
    ("1", "failed"),
    ("2", "the arguments make no sense"),
    ("3", "a finding: stale, too old, weak, still running, due, leaked, refused"),
    ("4", "cannot tell"),
    (
        "130",
        "Ctrl-C at the prompt; 128 and the signal's number for others that come while seal works",
    ),
];

/// Those of `run`.
pub(super) const STATUSES_OF_RUN: &[Row] = &[
    ("125", "the command was not started, for any reason but these"),
    ("126", "the command is there and cannot be executed"),
    ("127", "the command was not found"),
    ("130", "Ctrl-C at the prompt"),
    ("any", "otherwise that of the command, which breakglass becomes"),
];

/// Files that are read or written.
pub(super) const FILES: &[Row] = &[
    ("NAME.env.gpg, NAME.env.age", "a vault: an OpenPGP message, or an age file"),
    ("VAULT.receipt", "the receipt that seal writes beside a vault; it is not secret"),
    (
        "breakglass.toml",
        "what is always the same: vault, source, required names; the nearest one from the current folder upwards",
    ),
    (".infisical.json", "of Infisical's own command line: project, environment and folder"),
    ("~/.local/state/breakglass/journal", "seals, uses and rehearsals on this machine; no values"),
    ("~/.local/state/breakglass/receipt.key", "the key of receipts, where no other place is named"),
];

/// Variables that are read or set.
pub(super) const ENVIRONMENT: &[Row] = &[
    ("XDG_STATE_HOME, HOME", "where the folder for records lies"),
    (
        "INFISICAL_CLIENT_ID, INFISICAL_CLIENT_SECRET",
        "a machine identity; also INFISICAL_UNIVERSAL_AUTH_CLIENT_ID and INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET, with INFISICAL_AUTH_ORGANIZATION_SLUG where the server asks for it",
    ),
    (
        "INFISICAL_TOKEN, INFISICAL_UNIVERSAL_AUTH_ACCESS_TOKEN",
        "an access token in place of an identity",
    ),
    ("INFISICAL_DOMAIN, INFISICAL_API_URL", "the server"),
    ("INFISICAL_PROJECT_ID", "the project's id"),
    ("INFISICAL_CUSTOM_HEADERS", "further headers, for a proxy before the server"),
    ("HTTPS_PROXY, SSL_CERT_FILE", "a proxy, and certificate authorities of your own"),
    ("PM2_HOME", "PM2's folder, ~/.pm2 unless set"),
    (
        "BREAKGLASS_VAULT, BREAKGLASS_OPENED",
        "set for the command that run starts: which vault its secrets come from, and when it was opened",
    ),
    (
        "TERM",
        "dumb, or not set: no progress bar; nothing is ever coloured, with NO_COLOR or without",
    ),
];

/// Programs that have to do with it.
pub(super) const OTHER_PROGRAMS: &[&str] = &["age(1)", "gpg(1)"];
