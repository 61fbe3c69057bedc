//! Who asks: a token, or a machine identity that logs in. From the environment only, and gone from
//! there afterwards.

use crate::error::{InfisicalError, Result};
use crate::memory::Region;
use crate::process::take_variable;

/// Tokens, the first that is there.
const TOKENS: [&str; 2] = ["INFISICAL_UNIVERSAL_AUTH_ACCESS_TOKEN", "INFISICAL_TOKEN"];
const CLIENT_IDS: [&str; 2] = ["INFISICAL_UNIVERSAL_AUTH_CLIENT_ID", "INFISICAL_CLIENT_ID"];
const CLIENT_SECRETS: [&str; 2] =
    ["INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET", "INFISICAL_CLIENT_SECRET"];
const ORGANIZATION: &str = "INFISICAL_AUTH_ORGANIZATION_SLUG";
const HEADERS: &str = "INFISICAL_CUSTOM_HEADERS";

/// What the requests are made with.
#[derive(Debug)]
pub(super) struct Credentials {
    pub(super) who: Who,
    /// Further headers, as `Name=Value` with blanks between them.
    pub(super) headers: Option<Region>,
}

#[derive(Debug)]
pub(super) enum Who {
    /// An access token. It is somebody else's to revoke.
    Token(Region),
    /// A machine identity, universal auth.
    Identity { id: Region, secret: Region, organization: Option<String> },
}

impl Credentials {
    /// Takes all of them out of the environment, or says what is not there.
    ///
    /// Errors: control characters, which would end a header.
    pub(super) fn take() -> Result<std::result::Result<Credentials, Vec<&'static str>>> {
        let token = first(TOKENS)?;
        let id = first(CLIENT_IDS)?;
        let secret = first(CLIENT_SECRETS)?;
        let headers = take(HEADERS)?;
        let organization = std::env::var(ORGANIZATION).ok().filter(|slug| !slug.is_empty());
        let who = match (token, id, secret) {
            (Some(token), _, _) => Who::Token(token),
            (None, Some(id), Some(secret)) => Who::Identity { id, secret, organization },
            (None, id, secret) => {
                let lacks = [(id.is_none(), ID_PLACES), (secret.is_none(), SECRET_PLACES)];
                let lacks = lacks.into_iter().filter(|(lacks, _)| *lacks);
                return Ok(Err(lacks.map(|(_, places)| places).collect()));
            }
        };
        Ok(Ok(Credentials { who, headers }))
    }
}

const ID_PLACES: &str =
    "the client id (INFISICAL_CLIENT_ID in the environment, or a token in INFISICAL_TOKEN)";
const SECRET_PLACES: &str = "the client secret (INFISICAL_CLIENT_SECRET in the environment)";

/// The first of two names that holds something; both are emptied.
fn first([own, other]: [&'static str; 2]) -> Result<Option<Region>> {
    let (preferred, second) = (take(own)?, take(other)?);
    Ok(preferred.or(second))
}

/// What a variable holds, which is emptied.
fn take(name: &'static str) -> Result<Option<Region>> {
    let value = take_variable(name)?;
    let fits = |region: &Region| region.expose().iter().all(|byte| (0x20..0x7f).contains(byte));
    if value.as_ref().is_none_or(fits) {
        return Ok(value);
    }
    Err(InfisicalError::BadCredential { name }.into())
}
