//! What a secret's name lets one guess. Whoever knows better says so in breakglass.toml.

use super::inventory::{Class, Item, Rotation};

/// Guesses class and rotation, and the environment where that is not the vault's; nothing where the name
/// tells nothing.
pub fn guess(name: &str) -> Option<Item> {
    let upper = name.to_ascii_uppercase();
    let known = WELL_KNOWN.iter().find(|(known, ..)| *known == upper);
    let (class, rotation, environment) = match known {
        Some((_, class, rotation, environment)) => (*class, rotation, *environment),
        None => {
            let fits = |(patterns, ..): &&Pattern| patterns.iter().any(|it| it.fits(&upper));
            let (_, class, rotation) = PATTERNS.iter().find(fits)?;
            (*class, rotation, None)
        }
    };
    Some(Item {
        class: Some(class),
        rotation: Rotation::parse(rotation),
        environment: environment.map(str::to_owned),
        ..Item::default()
    })
}

/// Where the credentials of Infisical itself are: on the machine that asks, never in what it hands out.
const ON_THE_SERVER: Option<&str> = Some("VPS only");

const WELL_KNOWN: &[(&str, Class, &str, Option<&str>)] = &[
    ("ADMIN_API_KEY", Class::High, "90d", None),
    ("GEMINI_API_KEY", Class::High, "90d", None),
    ("INFISICAL_CLIENT_ID", Class::High, "on team change", ON_THE_SERVER),
    ("INFISICAL_CLIENT_SECRET", Class::High, "on team change", ON_THE_SERVER),
    ("JWT_SECRET", Class::Critical, "180d", None),
    ("LAGO_API_KEY", Class::High, "90d", None),
    ("R2_ACCESS_KEY_ID", Class::Medium, "180d", None),
    ("R2_SECRET_ACCESS_KEY", Class::Medium, "180d", None),
    ("RESEND_API_KEY", Class::Medium, "90d", None),
    ("SENTRY_DSN", Class::Low, "never", None),
    ("STRIPE_SECRET_KEY", Class::Critical, "on team change", None),
    ("STRIPE_WEBHOOK_SECRET", Class::High, "on rotation", None),
    ("TURNSTILE_SECRET_KEY", Class::Low, "180d", None),
    ("WEBHOOK_LAGO_SECRET", Class::Medium, "90d", None),
];

/// Part of a name.
enum Part {
    /// It stands anywhere.
    Anywhere(&'static str),
    /// It begins the name.
    First(&'static str),
    /// It ends the name.
    Last(&'static str),
    /// It is the name.
    Whole(&'static str),
}

use Part::{Anywhere, First, Last, Whole};

impl Part {
    fn fits(&self, name: &str) -> bool {
        match self {
            Anywhere(part) => name.contains(part),
            First(part) => name.starts_with(part),
            Last(part) => name.ends_with(part),
            Whole(part) => name == *part,
        }
    }
}

type Pattern = (&'static [Part], Class, &'static str);

/// The first that fits counts.
const PATTERNS: &[Pattern] = &[
    // What every browser gets, and settings.
    (
        &[
            First("NEXT_PUBLIC_"),
            First("VITE_"),
            First("PUBLIC_"),
            Anywhere("PUBLISHABLE"),
            Last("_DSN"),
        ],
        Class::Low,
        "never",
    ),
    (
        &[
            Whole("NODE_ENV"),
            Whole("PORT"),
            Whole("HOST"),
            Whole("TZ"),
            Whole("LOG_LEVEL"),
            Last("_PORT"),
            Last("_HOST"),
            Last("_REGION"),
            Last("_BUCKET"),
        ],
        Class::Low,
        "never",
    ),
    (&[Anywhere("TURNSTILE"), Anywhere("CAPTCHA"), Anywhere("SENTRY")], Class::Low, "180d"),
    // Money, sessions, all of the data.
    (&[First("STRIPE_"), First("PAYPAL_"), First("BRAINTREE_")], Class::Critical, "180d"),
    (
        &[
            Anywhere("JWT"),
            Anywhere("SESSION"),
            Anywhere("COOKIE_SECRET"),
            Anywhere("AUTH_SECRET"),
            Anywhere("ENCRYPTION"),
            Anywhere("PRIVATE_KEY"),
            Anywhere("SIGNING"),
        ],
        Class::Critical,
        "180d",
    ),
    (
        &[
            Anywhere("DATABASE_URL"),
            First("DB_PASS"),
            First("POSTGRES"),
            First("PGPASS"),
            First("MYSQL"),
            First("MONGO"),
            First("REDIS"),
        ],
        Class::Critical,
        "180d",
    ),
    // Mail, storage, webhooks.
    (
        &[
            Anywhere("WEBHOOK"),
            Anywhere("SMTP"),
            Anywhere("MAIL"),
            Anywhere("SENDGRID"),
            Anywhere("POSTMARK"),
            Anywhere("S3_"),
            Anywhere("R2_"),
        ],
        Class::Medium,
        "90d",
    ),
    // Whatever else is a key by its name.
    (
        &[
            Last("_KEY"),
            Last("_SECRET"),
            Last("_TOKEN"),
            Last("_PASSWORD"),
            Last("_PASSPHRASE"),
            Anywhere("API_KEY"),
            Anywhere("ACCESS_KEY"),
            Anywhere("CREDENTIAL"),
        ],
        Class::High,
        "90d",
    ),
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::config::Config;
    use super::*;

    #[test]
    fn the_table_of_the_procedure() {
        let table = include_str!("../../tests/procedure/breakglass.toml");
        let config = Config::parse(Path::new("x"), table.as_bytes()).expect("reads");
        assert_eq!(config.inventory.len(), 14);
        for (name, item) in config.inventory {
            let guessed = guess(&name).expect(&name);
            assert_eq!((guessed.class, &guessed.rotation), (item.class, &item.rotation), "{name}");
            let elsewhere = item.environment.filter(|environment| environment != "Production");
            assert_eq!(guessed.environment, elsewhere, "{name}");
        }
    }

    #[test]
    fn other_names() {
        for (name, expected) in [
            ("DATABASE_URL", Some(Class::Critical)),
            ("NEXTAUTH_SECRET", Some(Class::Critical)),
            ("STRIPE_PUBLISHABLE_KEY", Some(Class::Low)),
            ("NEXT_PUBLIC_STRIPE_KEY", Some(Class::Low)),
            ("GITHUB_WEBHOOK_SECRET", Some(Class::Medium)),
            ("OPENAI_API_KEY", Some(Class::High)),
            ("github_token", Some(Class::High)),
            ("PORT", Some(Class::Low)),
            ("FEATURE_X", None),
            ("CORS_ORIGINS", None),
        ] {
            assert_eq!(guess(name).and_then(|item| item.class), expected, "{name}");
        }
        for (patterns, _, rotation) in PATTERNS {
            assert!(!patterns.is_empty() && Rotation::parse(rotation).is_some(), "{rotation}");
        }
    }
}
