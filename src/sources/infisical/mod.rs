//! Infisical as a source: log in, list, revoke. Everything happens on a wiped stack, and no
//! connection outlives it.

mod client;
mod credentials;
mod gathered;
mod json;
mod list;
mod login;
mod resolver;
mod settings;

use std::panic::{AssertUnwindSafe, catch_unwind};

use self::client::{Answer, BodyStream, Client, ServerRefusal};
use self::credentials::Who;
use self::gathered::Gathered;
pub use self::settings::{Infisical, Limits};
use super::Warn;
use crate::error::{Error, InfisicalError, Result, Warning};
use crate::memory::{DEEP_STACK, Region, on_wiped_stack};

/// The secret that holds the key of receipts. It never becomes part of a payload.
const RECEIPT_KEY: &str = "BREAKGLASS_RECEIPT_KEY";

const LIST: &str = "/api/v4/secrets";
const OLD_LIST: &str = "/api/v3/secrets/raw";

impl Infisical {
    /// All secrets as JSON, and the key of receipts where `receipt_key` is its path: 64 hex digits that nobody
    /// has looked at yet.
    pub(super) fn secrets(
        &self,
        receipt_key: Option<&str>,
        warn: Warn<'_>,
    ) -> Result<(Region, Option<Region>)> {
        self.session(warn, |client, token| {
            let key = receipt_key.map(|path| self.key_at(client, token, path)).transpose()?;
            let mut gathered = self.list(client, token, &self.path, self.recursive)?;
            gathered.take(RECEIPT_KEY)?;
            Ok((gathered.to_json()?, key))
        })
    }

    /// The key of receipts alone, for secrets that come from somewhere else.
    pub fn receipt_key(&self, path: &str, warn: Warn<'_>) -> Result<Region> {
        self.session(warn, |client, token| self.key_at(client, token, path))
    }

    /// Logs in where that is needed, does `work`, and revokes the token that it got.
    fn session<T: Send>(
        &self,
        warn: Warn<'_>,
        work: impl FnOnce(&Client<'_>, &Region) -> Result<T> + Send,
    ) -> Result<T> {
        let mut unrevoked = false;
        let outcome = on_wiped_stack(DEEP_STACK, || {
            let client = Client::new(self)?;
            let (token, ours) = match &self.credentials.who {
                Who::Token(token) => (Region::copy_of(token.expose())?, false),
                Who::Identity { id, secret, organization } => {
                    let organization = organization.as_deref();
                    let token = caught(|| login::log_in(&client, id, secret, organization));
                    // Where it panicked, nobody knows whether there is a token.
                    unrevoked = matches!(token, Err(Error::Internal));
                    (token?, true)
                }
            };
            // A panic in a library must not leave the token valid without a word.
            let found = caught(|| work(&client, &token));
            unrevoked = ours && !caught(|| login::revoke(&client, &token)).unwrap_or(false);
            found
        });
        if unrevoked {
            warn(&Warning::NotRevoked);
        }
        outcome?.map_err(|_| Error::Internal)?
    }

    fn key_at(&self, client: &Client<'_>, token: &Region, path: &str) -> Result<Region> {
        let key = self.list(client, token, path, false)?.take(RECEIPT_KEY)?;
        let path = path.to_owned();
        key.ok_or(Error::Infisical(InfisicalError::NoReceiptKey { path }))
    }

    /// The secrets of a folder. Defaults differ from server to server: every flag is sent, in every
    /// spelling that one of them knows.
    fn list(
        &self,
        client: &Client<'_>,
        token: &Region,
        path: &str,
        recursive: bool,
    ) -> Result<Gathered> {
        let said = |yes: bool| if yes { "true" } else { "false" };
        let query = [
            ("environment", self.environment.as_str()),
            ("secretPath", path),
            ("recursive", said(recursive)),
            ("include_imports", said(self.imports)),
            ("includeImports", said(self.imports)),
            ("expandSecretReferences", "true"),
            ("includePersonalOverrides", "false"),
            ("viewSecretValue", "true"),
        ];
        let of_project = |name| [&[(name, self.project.as_str())], &query[..]].concat();
        let mut answer = client.get(LIST, &of_project("projectId"), token)?;
        if matches!(&answer, Answer::Refused(refusal) if is_route_missing(refusal)) {
            answer = client.get(OLD_LIST, &of_project("workspaceId"), token)?;
        }
        let body = success(client, answer, |refusal| match refusal {
            // Input of a wrong form is 401 too, on older servers.
            ServerRefusal { status: 401, error, .. } if error != "ValidationFailure" => {
                InfisicalError::TokenRefused
            }
            ServerRefusal { status: 403, error, .. } if error == "TokenError" => {
                InfisicalError::TokenRefused
            }
            ServerRefusal { status: 403, .. } => InfisicalError::Forbidden,
            ServerRefusal { status: 404, .. } => InfisicalError::NotFound,
            ServerRefusal { status, .. } => InfisicalError::Refused { status: *status },
        })?;
        let mut gathered = Gathered::new(recursive)?;
        list::read(body, &mut gathered).map_err(|error| client.while_reading(error))?;
        Ok(gathered)
    }
}

/// What becomes of the body of an answer, for the fuzzer.
#[cfg(fuzzing)]
pub fn read_answer(body: &[u8]) -> Result<Region> {
    let mut gathered = Gathered::new(false)?;
    list::read(body, &mut gathered).map_err(|_| Error::Internal)?;
    gathered.to_json()
}

fn caught<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Error::Internal))
}

/// Whether a server says that it has no such route, as those do that know only the older one. A
/// project that is not there is another 404.
fn is_route_missing(refusal: &ServerRefusal) -> bool {
    refusal.status == 404
        && refusal.error == "Not Found"
        && refusal.message.starts_with("Route GET:")
}

/// The body, or what the refusal means. What is no answer of Infisical's is told apart.
fn success(
    client: &Client<'_>,
    answer: Answer,
    meaning: impl FnOnce(&ServerRefusal) -> InfisicalError,
) -> Result<BodyStream> {
    let refusal = match answer {
        Answer::Success(body) => return Ok(body),
        Answer::Refused(refusal) => refusal,
    };
    let status = refusal.status;
    if !refusal.from_infisical {
        return Err(client.trouble(|host| InfisicalError::NotInfisical { host, status }));
    }
    if status >= 500 {
        return Err(client.trouble(|host| InfisicalError::ServerFailed { host, status }));
    }
    Err(Error::Infisical(meaning(&refusal)))
}
