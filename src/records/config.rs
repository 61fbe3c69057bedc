//! `breakglass.toml`: what may be committed about vault and source. docs/CURRENT.md describes it.
//!
//! It holds no secret, but somebody may have written one into it: no error shows a value, a line of
//! the file, or what the TOML reader says.

use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use toml::de::DeTable;

use super::infisical;
use super::inventory::{self, Inventory};
use super::place::KeyPlace;
use super::reminders::{self, Reminder};
use super::table::{Table, TomlText};
use super::time::parse_duration;
use crate::error::{Error, RecordsError, Result};
use crate::payload::is_identifier;
use crate::sources::Settings;

/// What a `breakglass.toml` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// The file itself.
    pub path: PathBuf,
    /// `vault`: the vault; a relative one is taken from the file's folder.
    pub vault: Option<PathBuf>,
    /// `max_age`: how old a vault may be.
    pub max_age: Option<SignedDuration>,
    /// `start`: the command that starts the service from the secrets manager, for a shell.
    pub start: Option<String>,
    /// `copies`: where further copies of the vault are kept, kits or files, mounted or not; a relative
    /// one is taken from the file's folder.
    pub copies: Vec<PathBuf>,
    /// `drill_interval`: how long a rehearsal holds.
    pub drill_interval: Option<SignedDuration>,
    pub(super) rotation_log: Option<PathBuf>,
    pub(super) incident_log: Option<PathBuf>,
    /// `required`: names that must be there, each once.
    pub required: Vec<String>,
    /// `[infisical]`: the source; it may be there and empty.
    pub infisical: Option<Settings>,
    /// `[secrets]`: what is known of each secret.
    pub inventory: Inventory,
    /// `[[checklist]]`: what a person has to check.
    pub checklist: Vec<Reminder>,
    /// `key` of `[receipt]`; a relative file is taken from the file's folder.
    pub receipt_key: Option<KeyPlace>,
}

const KEYS: &[&str] = &[
    "vault",
    "max_age",
    "drill_interval",
    "start",
    "copies",
    "rotation_log",
    "incident_log",
    "required",
    "infisical",
    "secrets",
    "checklist",
    "receipt",
];
const RECEIPT_KEYS: &[&str] = &["key"];

impl Config {
    /// Reads the text of the file at `path`.
    ///
    /// Errors: not UTF-8, not TOML, unknown keys, wrong values; each with line and column.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Config> {
        let text = TomlText { path, bytes };
        let utf8 = str::from_utf8(bytes)
            .map_err(|error| RecordsError::NotUtf8 { place: text.place(error.valid_up_to()) })?;
        let table = DeTable::parse(utf8).map_err(|error| {
            Error::Records(RecordsError::NotToml {
                place: text.place(error.span().map_or(bytes.len(), |span| span.start)),
            })
        })?;
        let top = Table::new(&text, "the file", KEYS, table.get_ref())?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let whole = |text: &str| Some(text.to_owned());
        let name = |text: &str| is_identifier(text.as_bytes()).then(|| text.to_owned());
        let file = |text: &str| (text != "-").then(|| folder.join(text));
        let place = |text: &str| Some(KeyPlace::parse(text.as_ref()).ok()?.within(folder));
        let receipt = top.table("receipt", "[receipt]", RECEIPT_KEYS)?;
        let mut config = Config {
            path: path.to_owned(),
            vault: top.text("vault", A_FILE, file)?,
            max_age: top.text("max_age", AN_AGE, parse_duration)?,
            drill_interval: top.text("drill_interval", AN_AGE, parse_duration)?,
            rotation_log: top.text("rotation_log", A_FILE, file)?,
            incident_log: top.text("incident_log", A_FILE, file)?,
            start: top.text("start", A_COMMAND, whole)?,
            copies: top.texts("copies", COPIES, file)?,
            required: top.texts("required", NAMES, name)?,
            infisical: top
                .table("infisical", "[infisical]", infisical::KEYS)?
                .map(|table| infisical::take(&table))
                .transpose()?,
            inventory: inventory::take(&top)?,
            checklist: reminders::take(&top)?,
            receipt_key: match receipt {
                Some(receipt) => receipt.text("receipt.key", A_KEY_PLACE, place)?,
                None => None,
            },
        };
        config.forget_required_elsewhere();
        Ok(config)
    }
}

impl Config {
    /// The log of rotations: unless the file says otherwise, `security/rotation-log.txt` beside it.
    pub fn rotation_log(&self) -> PathBuf {
        self.log(self.rotation_log.as_ref(), "security/rotation-log.txt")
    }

    /// The log of incidents: unless the file says otherwise, `security/incident-log.txt` beside it.
    pub fn incident_log(&self) -> PathBuf {
        self.log(self.incident_log.as_ref(), "security/incident-log.txt")
    }

    fn log(&self, said: Option<&PathBuf>, usual: &str) -> PathBuf {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        said.cloned().unwrap_or_else(|| folder.join(usual))
    }
}

const A_FILE: &str = "a file's path in quotes";
const AN_AGE: &str = "a length of time in quotes, such as \"30d\", \"2w\" or \"12h\"";
const COPIES: &str =
    "a list of different paths, such as [\"/media/stick\", \"/srv/copy/prod.env.gpg\"]";
const NAMES: &str = "a list of different names, such as [\"JWT_SECRET\", \"DATABASE_URL\"]";
const A_COMMAND: &str = "a command in quotes";
const A_KEY_PLACE: &str = "a file's path or infisical:/PATH in quotes, never the key itself";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::inventory::{Class, Item, Rotation};
    use super::*;
    use crate::error::Place;

    /// The file that the documentation shows.
    fn documented() -> &'static str {
        let page = include_str!("../../docs/CURRENT.md");
        let (_, rest) = page.split_once("```toml\n").expect("an example");
        rest.split_once("```").expect("its end").0
    }

    fn documented_inventory() -> Inventory {
        let said = |text: &str| Some(text.to_owned());
        let jwt = Item {
            description: said("signs sessions"),
            environment: said("Production"),
            class: Some(Class::Critical),
            rotation: Some(Rotation::Every(180)),
            impact: said("whoever has it is anybody"),
            revoke: said("our own: a new one ends every session"),
        };
        let stripe = Item {
            class: Some(Class::Critical),
            rotation: Some(Rotation::On("on team change".to_owned())),
            ..Item::default()
        };
        let client = Item {
            environment: said("VPS only"),
            class: Some(Class::High),
            rotation: Some(Rotation::On("on team change".to_owned())),
            ..Item::default()
        };
        [("JWT_SECRET", jwt), ("STRIPE_SECRET_KEY", stripe), ("INFISICAL_CLIENT_SECRET", client)]
            .into_iter()
            .map(|(name, item)| (name.to_owned(), item))
            .collect()
    }

    fn parse(text: &str) -> Result<Config> {
        Config::parse(Path::new("/srv/app/breakglass.toml"), text.as_bytes())
    }

    /// Line, column and sentence of the error, without the path.
    fn refused(text: &str) -> (u32, u32, String) {
        let error = parse(text).expect_err(text);
        let Error::Records(
            RecordsError::NotUtf8 { place }
            | RecordsError::NotToml { place }
            | RecordsError::UnknownKey { place, .. }
            | RecordsError::Credential { place, .. }
            | RecordsError::WrongValue { place, .. },
        ) = &error
        else {
            panic!("{error:?}")
        };
        let (line, column) = (place.line, place.column);
        let before = format!("'/srv/app/breakglass.toml', line {line}, column {column}: ");
        let sentence = error.to_string();
        (line, column, sentence.strip_prefix(&before).expect(&sentence).to_owned())
    }

    #[test]
    fn the_documented_file_has_every_key() {
        let config = parse(documented()).expect("reads");
        let infisical = Settings {
            host: Some("https://eu.infisical.com".to_owned()),
            project: Some("00000000-0000-4000-8000-000000000000".to_owned()),
            environment: Some("production".to_owned()),
            path: Some("/".to_owned()),
            recursive: Some(false),
            imports: Some(true),
        };
        let said = str::to_owned;
        let expected = Config {
            path: "/srv/app/breakglass.toml".into(),
            vault: Some("/srv/app/prod.env.gpg".into()),
            max_age: Some(SignedDuration::from_hours(720)),
            drill_interval: Some(SignedDuration::from_hours(2160)),
            rotation_log: Some("/srv/app/security/rotation-log.txt".into()),
            incident_log: Some("/srv/app/security/incident-log.txt".into()),
            start: Some(
                "infisical run --env=production -- pm2 start ecosystem.config.js".to_owned(),
            ),
            copies: vec!["/media/stick".into(), "/srv/app/copy/prod.env.gpg".into()],
            required: vec!["JWT_SECRET".to_owned(), "DATABASE_URL".to_owned()],
            infisical: Some(infisical),
            inventory: documented_inventory(),
            checklist: vec![Reminder {
                section: said("Access"),
                item: said("two factors for everyone"),
                hint: Some(said("GitHub, Infisical")),
            }],
            receipt_key: Some(KeyPlace::Infisical("/breakglass".to_owned())),
        };
        assert_eq!(config, expected);
        let whole = documented();
        for same in [format!("\u{FEFF}{whole}"), whole.replace('\n', "\r\n")] {
            assert_eq!(parse(&same).as_ref(), Ok(&expected), "{same:?}");
        }
    }

    #[test]
    fn every_key_may_be_missing() {
        let empty = parse("").expect("reads");
        assert_eq!(empty, Config { path: empty.path.clone(), ..Config::default() });
        let tables = parse("[infisical]\n[receipt]\n").expect("reads");
        assert_eq!((tables.infisical, tables.receipt_key), (Some(Settings::default()), None));
        let dotted = parse("required = []\ninfisical.path = '/a b'").expect("reads");
        assert_eq!(dotted.infisical.and_then(|table| table.path).as_deref(), Some("/a b"));
    }

    #[test]
    fn files_are_taken_from_the_folder_of_the_file() {
        let text = "vault = 'a/v.gpg'\nreceipt = { key = '../receipt.key' }\n";
        let files = |path: &str, text: &str| {
            let config = Config::parse(Path::new(path), text.as_bytes()).expect("reads");
            (config.vault, config.receipt_key)
        };
        let expected =
            |vault: &str, key: &str| (Some(vault.into()), Some(KeyPlace::File(key.into())));
        assert_eq!(files("sub/x.toml", text), expected("sub/a/v.gpg", "sub/../receipt.key"));
        assert_eq!(files("x.toml", text), expected("a/v.gpg", "../receipt.key"));
        let absolute = "vault = '/v'\nreceipt.key = '/k'";
        assert_eq!(files("sub/x.toml", absolute), expected("/v", "/k"));
    }

    #[test]
    fn logs_lie_beside_the_file_unless_it_says_where() {
        let config = parse("").expect("reads");
        assert_eq!(config.rotation_log(), Path::new("/srv/app/security/rotation-log.txt"));
        assert_eq!(config.incident_log(), Path::new("/srv/app/security/incident-log.txt"));
        let config = parse("rotation_log = 'r.txt'\nincident_log = '/i.txt'").expect("reads");
        assert_eq!(config.rotation_log(), Path::new("/srv/app/r.txt"));
        assert_eq!(config.incident_log(), Path::new("/i.txt"));
        assert_eq!(Config::default().rotation_log(), Path::new("security/rotation-log.txt"));
    }

    #[test]
    fn unknown_keys() {
        let top = "the file takes vault, max_age, drill_interval, start, copies, rotation_log, \
                   incident_log, required, infisical, secrets, checklist, receipt";
        let infisical = "[infisical] takes host, project, environment, path, recursive, imports";
        let receipt = "[receipt] takes key";
        for (text, line, column, key, takes) in [
            ("vaults = 1", 1, 1, " (vaults)", top),
            ("\n  'max-age' = 1", 2, 3, " (max-age)", top),
            ("zz = 1\naa = 1", 1, 1, " (zz)", top),
            ("[other]\nvault = 1", 1, 2, " (other)", top),
            ("[infisical]\nhost = 'https://x'\nenviroment = ''", 3, 1, " (enviroment)", infisical),
            ("infisical = { hosts = 1 }", 1, 15, " (hosts)", infisical),
            ("infisical.hosts = 1", 1, 11, " (hosts)", infisical),
            ("[receipt]\nfile = 'x'", 2, 1, " (file)", receipt),
            // Nothing that may be a value is shown.
            ("hunter2 = 1", 1, 1, "", top),
            ("'correct horse' = 1", 1, 1, "", top),
            ("ABCDEFGHIJKLMNOPQRSTUVWXY = 1", 1, 1, "", top),
            ("'' = 1", 1, 1, "", top),
            ("'a\u{202E}' = 1", 1, 1, "", top),
        ] {
            let sentence = format!("unknown key{key}; {takes}");
            assert_eq!(refused(text), (line, column, sentence), "{text:?}");
        }
    }

    #[test]
    fn credentials_have_no_place_here() {
        for key in ["client_secret", "clientId", "token", "password", "PASSPHRASE", "api-key"] {
            let text = format!("vault = 'v'\n[infisical]\n{key} = 'fake-value'");
            let sentence = format!("a key ({key}) that may hold a credential has no place here");
            assert_eq!(refused(&text), (3, 1, sentence));
            let hint = parse(&text).expect_err("refused").hint().expect("a hint");
            assert!(hint.starts_with("credentials belong into the environment"), "{hint}");
        }
        let long = "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET = 'fake-value'";
        assert_eq!(refused(long).2, "a key that may hold a credential has no place here");
    }

    #[test]
    fn wrong_values() {
        let control = r#""a\u0007""#;
        let reversed = "'/a\u{202E}b'";
        let hex = format!("'{}'", "0123456789abcdef".repeat(4));
        let paths =
            r#"a list of different paths, such as ["/media/stick", "/srv/copy/prod.env.gpg"]"#;
        let list = r#"a list of different names, such as ["JWT_SECRET", "DATABASE_URL"]"#;
        let age = r#"a length of time in quotes, such as "30d", "2w" or "12h""#;
        let host =
            r#"an address in quotes, such as "https://eu.infisical.com", without a user name"#;
        let slug = r#"an environment's slug in quotes, such as "production""#;
        let folder = "a path in quotes that begins with '/'";
        let place = "a file's path or infisical:/PATH in quotes, never the key itself";
        let switch = "true or false, without quotes";
        let cases: &[(&str, &str, &[&str])] = &[
            ("vault", "a file's path in quotes", &["1", "''", "'-'", "[]", control, reversed]),
            ("max_age", age, &["30", "'30'", "'0d'", "'-3d'", "'soon'", "''", "1979-05-27"]),
            ("drill_interval", age, &["90", "'0d'", "'never'"]),
            ("rotation_log", "a file's path in quotes", &["1", "''", "'-'", control]),
            ("incident_log", "a file's path in quotes", &["[]", "''", "'-'", reversed]),
            ("secrets", "a table", &["'hunter2'", "[]", "['JWT_SECRET']"]),
            ("start", "a command in quotes", &["1", "''", "[]", control]),
            ("required", list, &["'hunter2'", "{}", "true"]),
            ("copies", paths, &["'/hunter2'", "{}", "true"]),
            ("infisical", "a table", &["'hunter2'", "[]", "1.5"]),
            ("receipt", "a table", &["'hunter2'"]),
            ("infisical.host", host, &["1", "''", "'x.com'", "'ftp://x'", "'https://'"]),
            ("infisical.host", host, &["'https://u:hunter2@x'", "'https://x y'", "'http://x?y'"]),
            ("infisical.project", "a project's id in quotes", &["7", "''", "'a b'", control]),
            ("infisical.environment", slug, &["true", "''", "'a b'", reversed]),
            ("infisical.path", folder, &["'x'", "''", "1", reversed]),
            ("infisical.recursive", switch, &["'true'", "1", "''"]),
            ("infisical.imports", switch, &["'false'", "0"]),
            ("receipt.key", place, &["1", "''", "'-'", "'infisical:x'", &hex, control]),
        ];
        for (key, expected, values) in cases {
            for value in *values {
                let (head, line, short) = match key.split_once('.') {
                    Some((table, short)) => (format!("[{table}]\n"), 3, short),
                    None => (String::new(), 2, *key),
                };
                let text = format!("# ä\n{head}{short}  = {value}\n");
                let column = u32::try_from(short.len()).expect("short") + 5;
                let sentence = format!("{key} must be {expected}");
                assert_eq!(refused(&text), (line, column, sentence), "{text:?}");
            }
        }
        for value in ["'-'", "''", "1", "['/a']", "'/b'", reversed] {
            let text = format!("copies = [\n  '/b', {value}]");
            assert_eq!(refused(&text), (2, 9, format!("copies must be {paths}")), "{value}");
        }
        for name in ["'A-B'", "''", "'A B'", "1", "'Ä'", "['A']", "'B'"] {
            let text = format!("required = [\n  'B', {name}]");
            assert_eq!(refused(&text), (2, 8, format!("required must be {list}")), "{name}");
        }
    }

    #[test]
    fn broken_text() {
        let sentence = "this is not TOML, or sets something a second time";
        for (text, line, column) in [
            ("vault", 1, 6),
            ("vault = prod", 1, 9),
            ("vault = 'a'\nvault = 'b'", 2, 1),
            ("[receipt]\n[receipt]\n", 2, 2),
            ("\n\nvault = \"hunter2", 3, 17),
            ("vault = 'ä', b", 1, 12),
            ("vault = 'a\0'", 1, 11),
        ] {
            assert_eq!(refused(text), (line, column, sentence.to_owned()), "{text:?}");
        }
        let error = Config::parse(Path::new("x"), b"# \xC3\xA4\nvault = '\xC3\xA4\xFF'").err();
        let place = Place { path: "x".into(), line: 2, column: 11 };
        assert_eq!(error, Some(Error::Records(RecordsError::NotUtf8 { place })));
    }

    #[test]
    fn depth_and_length_do_no_harm() {
        for piece in ["a.", "[", "{a=", "[[a.", "'A',", "\"", "[a]\n", "a=[\n", "[a.b]\n"] {
            assert!(parse(&piece.repeat(200_000)).is_err(), "{piece:?}");
        }
        let names: Vec<String> = (0..200_000).map(|name| format!("'A{name}'")).collect();
        let config = parse(&format!("required = [{}]", names.join(","))).expect("reads");
        assert_eq!(config.required.len(), 200_000);
    }

    /// Pieces of configurations, right and wrong.
    #[rustfmt::skip]
    const PIECES: &[&str] = &[
        "vault", "max_age", "required", "infisical", "receipt", "host", "project", "path", "key",
        "imports", "client_secret", " = ", "'hunter2'", "\"hunter2\"", "hunter2", "[", "]", "[[",
        "'infisical:/hunter2'", "'https://a:hunter2@x'", "]]", "{", "}", ",", ".", "\n", "\r\n",
        "\"\"\"", "'''", "\\", "#", "true", "30d", "1979-05-27T07:32:00Z", "0x", "1e9", "inf", "ä",
        "\u{202E}", "\0", "\u{FEFF}",
    ];

    proptest! {
        #[test]
        fn no_text_makes_it_panic_or_show_a_value(
            pieces in prop::collection::vec(prop::sample::select(PIECES), 0..24)
        ) {
            if let Err(error) = parse(&pieces.concat()) {
                let said = format!("{error} {error:?} {:?}", error.hint());
                prop_assert!(!said.contains("hunter2"), "{}", said);
            }
        }

        #[test]
        fn changed_files_are_read_without_panic(
            at in any::<prop::sample::Index>(),
            out in 0..40_usize,
            bytes in prop::collection::vec(any::<u8>(), 0..4),
        ) {
            let mut text = documented().as_bytes().to_vec();
            let at = at.index(text.len() + 1);
            let end = (at + out).min(text.len());
            text.splice(at..end, bytes);
            if let Err(error) = Config::parse(Path::new("x"), &text) {
                prop_assert!(error.to_string().starts_with("'x', line "));
            }
        }
    }
}
