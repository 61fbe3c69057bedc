//! Universal auth: a machine identity gets an access token, and gives it back.

use std::time::Duration;

use serde::de::{DeserializeSeed, Error, MapAccess};

use super::client::{Answer, Client, ServerRefusal};
use super::json::object;
use super::success;
use crate::error::{InfisicalError, Result};
use crate::memory::Region;
use crate::payload::{Seed, Shape, pass_over};

const LOGIN: &str = "/api/v1/auth/universal-auth/login";
const REVOKE: &str = "/api/v1/auth/token/revoke";

/// How long revoking may take, beyond the time limit of all else.
const REVOKE_TIME: Duration = Duration::from_secs(10);

/// Logs in. Never tried again after a refusal: three of them lock the identity.
pub(super) fn log_in(
    client: &Client<'_>,
    id: &Region,
    secret: &Region,
    organization: Option<&str>,
) -> Result<Region> {
    let mut members = vec![("clientId", id.expose()), ("clientSecret", secret.expose())];
    members.extend(organization.map(|slug| ("organizationSlug", slug.as_bytes())));
    // A token that nobody could keep could not be revoked either.
    let mut token = Region::with_capacity(4096)?;
    let answer = client.post(LOGIN, &object(members.into_iter())?)?;
    let body = success(client, answer, |refusal| match refusal {
        ServerRefusal { status: 401, message, .. }
            if message.starts_with("Access denied due to") || message.contains("locked") =>
        {
            InfisicalError::LoginUsedUp
        }
        ServerRefusal { status: 401, error, .. } if error == "ValidationFailure" => {
            InfisicalError::LoginForm { status: 401 }
        }
        ServerRefusal { status: 401 | 404, .. } => InfisicalError::LoginRefused,
        ServerRefusal { status: 403, .. } => InfisicalError::LoginFromHere,
        ServerRefusal { status, .. } => InfisicalError::LoginForm { status: *status },
    })?;
    let mut deserializer = serde_json::Deserializer::from_reader(body);
    Seed(Login(&mut token))
        .deserialize(&mut deserializer)
        .map_err(|error| client.while_reading(error))?;
    Ok(token)
}

/// Revokes a token; returns whether the server says that it did.
pub(super) fn revoke(client: &Client<'_>, token: &Region) -> Result<bool> {
    let body = object([("accessToken", token.expose())].into_iter())?;
    let answer = client.post_once(REVOKE, &body, REVOKE_TIME)?;
    Ok(matches!(answer, Answer::Success(_)))
}

/// `{"accessToken":"…",…}`
struct Login<'a>(&'a mut Region);

impl<'de> Shape<'de> for Login<'_> {
    type Value = ();

    fn object<M: MapAccess<'de>>(self, mut map: M) -> std::result::Result<(), M::Error> {
        while let Some(member) = map.next_key::<String>()? {
            match member.as_str() {
                "accessToken" => map.next_value_seed(Seed(Token(&mut *self.0)))?,
                _ => pass_over(&mut map)?,
            }
        }
        if self.0.is_empty() { Err(M::Error::custom("no token")) } else { Ok(()) }
    }
}

/// The token itself: printable, so that it can stand in a header.
struct Token<'a>(&'a mut Region);

impl<'de> Shape<'de> for Token<'_> {
    type Value = ();

    fn text<E: Error>(self, token: &str) -> std::result::Result<(), E> {
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(E::custom("no token"));
        }
        self.0.truncate(0);
        self.0.extend(token.as_bytes()).map_err(|_| E::custom("no memory"))
    }
}
