//! Examples of environment files. A value in one is refused when its name or form is that of a secret and the
//! value could be a real one. Ordinary settings pass. What is commented out is judged alike.

/// The most that is held of a line, in bytes: a longer one is judged by its beginning.
const MAX_LINE: usize = 64 * 1024;

/// The most lines of a file that are named.
const MAX_REFUSED: usize = 100;

/// How a word of a secret's name ends, without a number behind it: `STRIPE_APIKEY`, `KEY_2`.
const SECRETS: &str = "auth credential credentials key keys pass passphrase passwd password pepper pw pwd salt secret \
    secrets token tokens";

/// The last word of a name that is a setting's, whatever precedes it: `TOKEN_TTL`, `PASSWORD_FILE`.
const SETTINGS: &str = "age algorithm class days domain driver email endpoint expiration expires expiry file header \
    host hours in issuer length lifetime limit minutes name path prefix provider region seconds timeout ttl type uri \
    url user username version";

/// The words of a name whose value everybody may know.
const PUBLIC: [&str; 2] = ["public", "publishable"];

/// How the tokens of well-known makers begin; `eyJ` is how a JWT does, being `{"` in base64.
const TOKENS: &str = "AIza AKIA ASIA SG. dop_v1_ eyJ gho_ ghp_ ghr_ ghs_ ghu_ github_pat_ glpat- hf_ lin_api_ npm_ \
    pypi- rk_live_ rk_test_ shpat_ sk-ant- sk-proj- sk_live_ sk_test_ whsec_ xapp- xoxb- xoxp-";

/// What a placeholder contains, in any case of letters.
const PLACEHOLDERS: &str = "*** ... … 123456 abc123 abcdef change dummy enter example fake insert placeholder random \
    redacted replace sample some todo xxxx your";

/// How a placeholder that names something else begins, and how it ends.
const BRACKETS: [&[&str]; 2] = [&["<", "${", "$(", "{{", "%("], &[">", "}", ")"]];

/// Words that many a placeholder consists of; what is left without them is judged.
const WORDS: &str =
    "password passwd secret postgres mysql default admin token local pass root test user dev key";

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
            let room = MAX_LINE.saturating_sub(self.line.len());
            // Without its zeros, UTF-16 of such a file is ASCII.
            self.line.extend(part.iter().filter(|byte| **byte != 0).take(room));
            if part.ends_with(b"\n") {
                self.end_line();
            }
        }
    }

    /// The lines that are refused, by number from 1.
    pub(super) fn end(mut self) -> Vec<u32> {
        self.end_line();
        self.refused
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        // Programs that read such files take a carriage return for the end of a line, too.
        if self.wants_more() && String::from_utf8_lossy(&line).split('\r').any(is_refused) {
            self.refused.push(self.number);
        }
        self.number = self.number.saturating_add(1);
    }
}

fn is_refused(line: &str) -> bool {
    let ends_word = |it: char| it.is_whitespace() || "\"'`=,;()<>[]{}".contains(it);
    let is_formed = |word| is_token(word) || login(word).is_some_and(could_be_real);
    is_private_key(line)
        || line.split(ends_word).any(is_formed)
        || assignment(line)
            .is_some_and(|(name, value)| is_name_of_secret(name) && could_be_real(value))
}

/// A private key in PEM, as one line with `\n` in it or as several, of which this is the first.
fn is_private_key(line: &str) -> bool {
    let Some((_, key)) = line.split_once("PRIVATE KEY-----") else { return false };
    let body = key.split_once("-----END").map(|(body, _)| body.replace("\\n", ""));
    line.contains("-----BEGIN ") && body.is_none_or(|body| could_be_real(&body))
}

/// A token by how it begins: 16 characters or more follow, not all of them of one kind.
fn is_token(word: &str) -> bool {
    let is_part = |it: &char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_');
    let behind = TOKENS.split(' ').filter_map(|first| Some(word.split_once(first)?.1));
    let mut tokens = behind.map(|rest| rest.chars().take_while(is_part).collect::<String>());
    tokens.any(|token| alternates(&token, 16, 100)) && !is_placeholder(word)
}

/// What an address holds that lets somebody in, the password or else the user: `postgres://USER:PASSWORD@HOST`,
/// `https://USER@HOST`.
fn login(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    let (user, _) = rest.split(['/', '?', '#']).next()?.rsplit_once('@')?;
    Some(user.split_once(':').map_or(user, |(_, password)| password))
}

/// Name and value of `NAME=value # comment`. An address has none that counts: [`login`] judges it. Nor has a path.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start_matches(|it: char| !it.is_ascii_alphabetic() && it != '_');
    let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
    let bare = value.trim();
    let value = match bare.chars().next().filter(|it| "\"'`".contains(*it)) {
        Some(quote) => bare.get(1..)?.split(quote).next()?,
        None => value.split(" #").next()?.trim(),
    };
    let is_path = value.starts_with(['/', '.', '~']) && value.contains('/') && value.contains('.');
    (!is_path && !value.contains("://")).then(|| (name.trim(), value))
}

fn is_name_of_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let words = name.split(['_', '-', '.']).map(|word| word.trim_end_matches(char::is_numeric));
    let words: Vec<&str> = words.collect();
    let is_secret = |word: &&str| SECRETS.split(' ').any(|end| word.ends_with(end));
    let is_setting = |word: &&str| SETTINGS.split(' ').any(|setting| setting == *word);
    words.iter().any(is_secret)
        && !words.iter().any(|word| PUBLIC.contains(word))
        && !words.last().is_some_and(is_setting)
}

fn is_placeholder(value: &str) -> bool {
    let value = value.to_lowercase();
    let [open, close] = BRACKETS;
    let is_bracketed =
        open.iter().any(|it| value.starts_with(it)) && close.iter().any(|it| value.ends_with(it));
    is_bracketed || PLACEHOLDERS.split(' ').any(|it| value.contains(it))
}

/// Whether a value is no placeholder, and long and mixed enough for a key or a password.
///
/// In random base64 and base62, 45 % of the characters are of another kind than the one before (small letters,
/// capitals, the rest), in hex 47 %, in base32 30 %; in words that begin with capitals, 20 % at most. So 16
/// characters or more with a change at every fourth could be a key. A password of a person's is shorter and has words
/// in it: six characters or more, with a digit or mark in every twelve, `hunter2` or `Summer2024!`. Letters alone
/// cannot be told from words, and pass.
fn could_be_real(value: &str) -> bool {
    let without = |text: String, word| text.replace(word, "");
    let rest = WORDS.split(' ').fold(value.to_lowercase(), without);
    !is_placeholder(value) && (alternates(value, 16, 4) || alternates(&rest, 6, 12))
}

/// Whether a text has `least` characters or more, and a change of kind for every `every` of them. What parts words
/// does not count.
fn alternates(text: &str, least: usize, every: usize) -> bool {
    let counts = |it: &char| !it.is_whitespace() && !"-_.:/,'<>{}[]".contains(*it);
    let kind = |it: char| match it {
        it if it.is_uppercase() => 'A',
        it if it.is_alphabetic() => 'a',
        _ => '0',
    };
    let kinds: Vec<char> = text.chars().filter(counts).map(kind).collect();
    // A word may begin with a capital.
    let is_change = |two: &&[char]| !matches!(two, ['A', 'A' | 'a'] | ['a', 'a'] | ['0', '0']);
    let changes = kinds.windows(2).filter(is_change).count();
    kinds.len() >= least && changes.saturating_mul(every) >= kinds.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Vec<u32> {
        let mut example = Example::new();
        example.take(text.as_bytes());
        example.end()
    }

    /// The usual lines of Laravel, Rails, Next.js, Django and Rust, and what people write for a placeholder.
    const ORDINARY: &str = r#"
APP_NAME=Laravel
APP_ENV=local
APP_KEY=
APP_KEY=base64:your-generated-key-here
APP_TIMEZONE=UTC
APP_URL=http://localhost
APP_FAKER_LOCALE=en_US
BCRYPT_ROUNDS=12
LOG_DEPRECATIONS_CHANNEL=null
DB_CONNECTION=sqlite
# DB_HOST=127.0.0.1
# DB_PASSWORD=
SESSION_DRIVER=database
SESSION_PATH=/
REDIS_PASSWORD=null
MAIL_PORT=2525
MAIL_FROM_ADDRESS="hello@example.com"
MAIL_FROM_NAME="${APP_NAME}"
AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE
AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
AWS_DEFAULT_REGION=us-east-1
VITE_PUSHER_APP_KEY="${PUSHER_APP_KEY}"
RAILS_MAX_THREADS=5
SECRET_KEY_BASE=replace_with_lengthy_secure_hex
DATABASE_URL=postgres://user:password@localhost:5432/mydb
REDIS_URL=redis://localhost:6379/1
SMTP_PASSWORD=fake_mail_password
SMTP_AUTHENTICATION=plain
POSTGRES_PASSWORD=postgres
NEXT_PUBLIC_APP_URL=http://localhost:3000
NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY=pk_test_51KfLDpH7IbvXVdVQW1oq5C
NEXTAUTH_SECRET=your-secret-here
NEXTAUTH_SECRET="secret" # openssl rand -base64 32
AUTH_SECRET= # openssl rand -base64 32
AUTH_SECRET=XXXXXXXX
AUTH_TRUST_HOST=true
OPENAI_API_KEY='sk-...DTMA'
STRIPE_SECRET_KEY=sk_test_xxxxxxxxxxxxxxxxxxxxxxxx
GITHUB_CLIENT_SECRET=<your client secret>
EMAIL_SERVER_PASSWORD='<office365_password>'
DATABASE_URL="postgresql://johndoe:randompassword@localhost:5432/mydb?schema=public"
SECRET_KEY=change-me
DJANGO_SECRET_KEY=change-me
ALLOWED_HOSTS=localhost,127.0.0.1,[::1]
DATABASE_URL=psql://user:un-githubbedpassword@127.0.0.1:8458/database
EMAIL_BACKEND=django.core.mail.backends.smtp.EmailBackend
EMAIL_HOST_PASSWORD=your_email_password
POSTGRES_PASSWORD=mysecretpassword
SENTRY_DSN=https://examplePublicKey@o0.ingest.sentry.io/0
RUST_LOG=axum_sqlx=debug,tower_http=debug
DATABASE_URL=postgresql://postgres:{password}@localhost/axum_sqlx
HMAC_KEY={random-string}
JWT_SECRET=your-super-secret-jwt-token-with-at-least-32-characters-long
JWT_SECRET=ThisIsAVerySecretKey
JWT_EXPIRES_IN=15m
TOKEN_LIFETIME="24hours"
API_KEY_RATE_LIMIT="60/minute"
API_KEY_HEADER=X-API-Key-2
GOOGLE_APPLICATION_CREDENTIALS=./service-account-4a7f.json
PRIVATE_KEY_PATH=keys/dev-2048.pem
DEFAULT_PASSWORD="password123"
# DATABASE_URL="mysql://app:!ChangeMe!@127.0.0.1:3306/app?serverVersion=8&charset=utf8mb4"
MESSENGER_TRANSPORT_DSN=doctrine://default?auto_setup=0
FIREBASE_PRIVATE_KEY="-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n"
SLACK_WEBHOOK_URL=https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX
ENCRYPTION_KEY=0123456789abcdef0123456789abcdef
ENCRYPTION_KEY=00000000000000000000000000000000
SESSION_SECRET="keyboard cat"
GIT_SHA=3f786850e387550fdab836ed7e6dc881de23001b
IMAGE=postgres:16.2-alpine3.19@sha256:3f786850e387550fdab836ed7e6dc881de23001b
spring.datasource.password=
DB_PASSWORD='
KEY
no assignment, with a key and 32 characters of base64
A=hunter2
"#;

    /// Marks in the tokens keep those who search sources for real ones from finding these.
    const REAL: &str = r#"
DB_PASSWORD=hunter2
DB_PASSWORD="Summer2024!"
DB_PASSWORD=Tr0ub4dor&3 # since March
export DB_PASSWORD='kJ#9fw@Qz'
  #  DB_PASSWORD=hunter2
PGPASSWORD=acme-prod-2024
spring.datasource.password=k7Vq2mZx9pL4
DATABASE_URL=postgres://app:Gk3xQ9vTzL@db.prod/x
# or redis://:p4ssw0rd99@cache:6379
SENTRY_DSN=https://3f786850e387550fdab836ed7e6dc881@o1.ingest.sentry.io/2
STRIPE_SECRET_KEY=sk~_live_4eC39HqLyjWDarjtT1zdP7dc
STRIPE=sk~_test_4eC39HqLyjWDarjtT1zdP7dc
# it was sk~_live_4eC39HqLyjWDarjtT1zdP7dc until May
CONFIG={"token":"gh~p_16C7e42F292c6912E7710c838347Ae178B4a"}
REMOTE=https://gh~p_16C7e42F292c6912E7710c838347Ae178B4a@github.com/a/b
GH=github~_pat_11AQZDXH0q7Rz2mKx9Lp_Wn4vT8yUcEoQ
AWS_ACCESS_KEY_ID=AK~IAJ4QWERTY7UIOPASD
AWS_SECRET_ACCESS_KEY=kWcrlUX5JEDGM/LtmEENI/aVmYvHNif5zB+d9+ct
GOOGLE=AI~zaSyDaGmWKa4JsXZ-HjGw7ISLn_3namBGewQe
SLACK=xo~xb-2048912334-1123581321345-q7Rz2mKx9LpWn4vT8yUcEoQ1
SENDGRID_API_KEY=S~G.ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc-1s5cr
WEBHOOK_SECRET=wh~sec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
TWILIO_AUTH_TOKEN=a8f5f167f44f4964e6c998dee827110c
TELEGRAM_BOT_TOKEN=5839201746:AAHk3-x9QvTzLpWq_RsTuVwXyZq7Rz2mKx9
HEROKU_API_KEY=3f786850-e387-550f-dab8-36ed7e6dc881
APP_KEY=base64:J63qRTDLub5NuZvP+kb8YIorGS6qFYHKVo6u7179stY=
APP_SECRETS_2=J63qRTDLub5NuZvP+kb8YIorGS6qFYHKVo6u7179stY=
RAILS_MASTER_KEY=6c1fe4e407b8911c104518103505b218
DJANGO_SECRET_KEY=django-insecure-x8k2#v(9$q1m^z0a@w7!e5r&t3y*u6i
NEXTAUTH_SECRET="bAhz8Qx0Jk3nVw7RtYpLmZcXs2Df5GhU"
API_TOKEN=kJqWzXbNmPoLyTrEsDfGhJkQ
TOTP_SECRET=JBSWY3DPEHPK3PXP
JWT=ey~JhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dc_X5iR_VP_qT0zsiyj_I_OZ2T9FtRU2BBNWN8Bu4GE
PRIVATE_KEY="-----BEGIN RSA PRIVATE~ KEY-----
PRIVATE_KEY="-----BEGIN EC PRIVATE~ KEY-----\nMIIEowIBAAKCAQEAwJ7k2x9Q\n-----END EC PRIVATE~ KEY-----\n"
"#;

    #[test]
    fn ordinary_lines_pass() {
        assert!(ORDINARY.lines().count() > 60);
        for line in ORDINARY.lines() {
            assert_eq!(refused(line), [0_u32; 0], "{line}");
        }
    }

    #[test]
    fn what_could_be_real_is_refused_line_by_line() {
        let real = REAL.replace('~', "");
        for line in real.lines().skip(1) {
            assert_eq!(refused(line), [1], "{line}");
        }
        let expected: Vec<u32> = (2..).take(real.lines().skip(1).count()).collect();
        assert_eq!(refused(&real), expected);
        assert_eq!(refused(&real.replace('\n', "\r\n")), expected);
    }

    #[test]
    fn other_encodings_and_line_ends_hide_nothing() {
        let text = "\u{FEFF}A=\nDB_PASSWORD=hunter2\n";
        for utf16 in [u16::to_le_bytes, u16::to_be_bytes] {
            let mut example = Example::new();
            example.take(&text.encode_utf16().flat_map(utf16).collect::<Vec<u8>>());
            assert_eq!(example.end(), [2]);
        }
        for text in ["A=\rDB_PASSWORD=hunter2", "#\rDB_PASSWORD=hunter2\r", "\u{FEFF}PASS=hunter2"]
        {
            assert_eq!(refused(text), [1], "{text:?}");
        }
        let mut example = Example::new();
        example.take(b"A=\xFF\nDB_PASSWORD=hunter2\xFF\n");
        assert_eq!(example.end(), [2]);
    }

    #[test]
    fn long_lines_and_long_files_are_bounded() {
        let long = "A1".repeat(MAX_LINE);
        let text = format!("KEY={long}\nA={long}\nKEY=hunter2\n# {long}");
        assert_eq!(refused(&text), [1, 3]);
        assert_eq!(refused(&"KEY=hunter2\n".repeat(1000)).len(), MAX_REFUSED);
    }

    /// What the comment on `could_be_real` says of random values.
    #[test]
    fn random_values_are_refused() {
        let base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut seed = 1_u64;
        for (alphabet, length) in [(base64, 44), (&base64[..62], 32), ("0123456789abcdef", 32)] {
            let mut missed = 0;
            for _ in 0..10_000 {
                let one = |_| {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    char::from(alphabet.as_bytes()[(seed >> 33) as usize % alphabet.len()])
                };
                missed += usize::from(!could_be_real(&(0..length).map(one).collect::<String>()));
            }
            assert!(missed < 100, "{missed} of 10,000 of {length} in {alphabet}");
        }
    }
}
