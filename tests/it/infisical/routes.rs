//! What is answered to which request: the rows of the tables of observed answers.

use serde_json::{Map, Value, json};

use super::http::{Answer, Request};
use super::model::{Client, Generation, Model, PROJECT, Place, SLUG, Secret, Token, hash};

/// Wrong secrets that lock an identity of the new generation.
const LOCKING: u32 = 3;

/// How deep the imports of imports go.
const IMPORT_DEPTH: u32 = 10;

/// What a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Login,
    V4,
    V3,
    Revoke,
    Other,
}

impl Call {
    /// Both ways to list.
    pub const LIST: &[Call] = &[Call::V4, Call::V3];
    pub const ALL: &[Call] = &[Call::Login, Call::V4, Call::V3, Call::Revoke, Call::Other];

    pub fn of(request: &Request) -> Call {
        match (request.method.as_str(), request.path()) {
            ("POST", "/api/v1/auth/universal-auth/login") => Call::Login,
            ("POST", "/api/v1/auth/token/revoke") => Call::Revoke,
            ("GET", "/api/v4/secrets") => Call::V4,
            ("GET", "/api/v3/secrets/raw") => Call::V3,
            _ => Call::Other,
        }
    }
}

/// An answer that is an error ends the work on a request.
type Step<T> = Result<T, Answer>;

impl Model {
    pub fn answer(&mut self, request: &Request) -> Answer {
        let answer = match Call::of(request) {
            Call::Login => self.login(request),
            Call::Revoke => self.revoke(request),
            Call::V4 if self.old() => Err(no_route(request)),
            Call::V4 | Call::V3 => self.list(request),
            Call::Other => Err(no_route(request)),
        };
        answer.unwrap_or_else(|error| error)
    }

    fn login(&mut self, request: &Request) -> Step<Answer> {
        if self.database_down {
            return Err(self.error(500, "Find one", "Something went wrong"));
        }
        if serde_json::from_slice::<Map<String, Value>>(&request.body).is_err() {
            return Err(self.error(500, "InternalServerError", "Something went wrong"));
        }
        let id = request.member("clientId").ok_or_else(|| self.missing("clientId"))?;
        let given = request.member("clientSecret").ok_or_else(|| self.missing("clientSecret"))?;
        let Some((secret, state)) = self.clients.get(&id).cloned() else {
            return Err(if self.old() {
                let message = "No identity with specified client ID was found";
                self.error(404, "NotFound", message)
            } else {
                self.error(401, "UnauthorizedError", "Invalid credentials")
            });
        };
        let refused = |message: &str| Err(self.error(401, "UnauthorizedError", message));
        if state == Client::ForeignAddress {
            let message = "You are not allowed to access this resource from the current IP address";
            return Err(self.error(403, "ForbiddenError", message));
        }
        if !self.old() && self.failures >= LOCKING {
            return refused(
                "This identity auth method is temporarily locked, please try again later",
            );
        }
        if secret != given {
            self.failures += 1;
            return Err(self.error(401, "UnauthorizedError", "Invalid credentials"));
        }
        match state {
            Client::Expired => refused("Access denied due to expired client secret"),
            Client::UsedUp => refused("Access denied due to client secret usage limit reached"),
            Client::Good | Client::ForeignAddress => Ok(self.issue()),
        }
    }

    fn issue(&mut self) -> Answer {
        self.failures = 0;
        self.issued += 1;
        let part = |salt: &str| format!("{:016x}", hash(&(salt, self.issued)));
        let token = format!("fakeheader.fakepayload{}.fakesignature{}", part("a"), part("b"));
        self.tokens.insert(token.clone(), Token::Identity);
        let body = json!({
            "accessToken": token, "expiresIn": 7200, "accessTokenMaxTTL": 7200, "tokenType": "Bearer",
        });
        limits(Answer::json(200, &body), 200, 199)
    }

    fn revoke(&mut self, request: &Request) -> Step<Answer> {
        if self.database_down {
            return Err(self.error(500, "IdAccessTokenFindOne", "Something went wrong"));
        }
        let token = request.member("accessToken").ok_or_else(|| self.missing("accessToken"))?;
        self.known(&token)?;
        self.tokens.insert(token, Token::Revoked);
        let body = json!({ "message": "Successfully revoked access token" });
        Ok(limits(Answer::json(200, &body), 200, 198))
    }

    fn list(&mut self, request: &Request) -> Step<Answer> {
        if self.database_down {
            return Err(self.error(500, "IdAccessTokenFindOne", "Something went wrong"));
        }
        let token = self.authorised(request)?;
        if self.lists_left == 0 {
            let message = "Rate limit exceeded. Please try again in 1 minute";
            let answer = self.error(429, "RateLimitExceeded", message);
            return Err(limits(answer, 40, 0).with("retry-after", 57));
        }
        self.lists_left -= 1;
        let answer = self.listed(request, token).unwrap_or_else(|error| error);
        Ok(limits(answer, 40, self.lists_left))
    }

    fn listed(&self, request: &Request, token: Token) -> Step<Answer> {
        let v4 = Call::of(request) == Call::V4;
        let flag = |name: &str, default| self.flag(request, name, default);
        let recursive = flag("recursive", false)?;
        let expand = flag("expandSecretReferences", v4)?;
        let (snake, camel) = (flag("include_imports", false)?, flag("includeImports", true)?);
        let newest = v4 && self.generation == Generation::New;
        let with_imports = if newest { camel } else { snake };
        let personal = flag("includePersonalOverrides", false)?;
        let personal = token == Token::User && (personal || !v4);
        self.project(request, if v4 { "projectId" } else { "workspaceId" })?;
        let Some(environment) = request.query("environment") else {
            return Err(self.error(400, "BadRequest", "Missing workspace id or environment"));
        };
        let path = request.query("secretPath").unwrap_or_default();
        let place = Place::of(&environment, &path);
        if !self.exists(&place) {
            return if self.old() {
                Ok(Answer::json(200, &json!({ "secrets": [], "imports": [] })))
            } else {
                let message = format!(
                    "Folder with path '{}' in environment with slug '{environment}' was not found",
                    place.folder
                );
                Err(self.error(404, "SecretPathNotFound", &message))
            };
        }
        let silently = recursive && self.old();
        if !self.readable(&place) && !silently {
            return Err(self.error(
                403,
                "PermissionDenied",
                "You are not allowed to read on secrets",
            ));
        }
        let folders = self.folders(&place, recursive);
        let entries = self.entries(&folders, personal);
        let own = entries.iter().map(|it| self.own(it, expand));
        let mut body = json!({ "secrets": own.collect::<Vec<Value>>() });
        if with_imports {
            let wanted = |(into, from): &&(Place, Place)| {
                folders.contains(&into) && self.exists(from) && self.readable(from)
            };
            let imports = self.imports.iter().filter(wanted);
            body["imports"] = imports.map(|(_, from)| self.import_of(from, expand)).collect();
        }
        Ok(Answer::json(200, &body))
    }

    fn import_of(&self, from: &Place, expand: bool) -> Value {
        let secrets = self.imported(from, IMPORT_DEPTH);
        json!({
            "secretPath": from.folder,
            "environment": from.environment,
            "folderId": identifier(from),
            "secrets": secrets.iter().map(|it| self.entry(it, expand)).collect::<Vec<Value>>(),
        })
    }

    /// What every entry has.
    fn entry(&self, secret: &Secret, expand: bool) -> Value {
        let id = identifier(&(&secret.place, &secret.name, secret.personal));
        let value = if expand { self.expanded(secret) } else { secret.value.clone() };
        let mut entry = json!({
            "id": id,
            "_id": id,
            "workspace": PROJECT,
            "environment": secret.place.environment,
            "version": secret.version,
            "type": if secret.personal { "personal" } else { "shared" },
            "secretKey": secret.name,
            "secretValue": value,
            "secretComment": "",
            "skipMultilineEncoding": secret.multiline,
        });
        if !self.old() {
            entry["secretValueHidden"] = secret.hidden.into();
            entry["secretMetadata"] = json!([]);
            entry["isRotatedSecret"] = false.into();
            entry["rotationId"] = Value::Null;
            if secret.hidden {
                entry["secretValue"] = "<hidden-by-infisical>".into();
            }
        }
        entry
    }

    /// What the folder's own entries have beside that.
    fn own(&self, secret: &Secret, expand: bool) -> Value {
        let mut entry = self.entry(secret, expand);
        entry["createdAt"] = "2026-01-02T03:04:05.678Z".into();
        entry["updatedAt"] = "2026-01-02T03:04:05.678Z".into();
        entry["secretPath"] = secret.place.folder.clone().into();
        entry["tags"] = json!([]);
        entry
    }

    fn project(&self, request: &Request, parameter: &str) -> Step<()> {
        let known = match (request.query(parameter), request.query("workspaceSlug")) {
            (None, Some(slug)) if slug == SLUG => PROJECT.to_owned(),
            (None, Some(_)) if self.old() => {
                return Err(self.error(
                    500,
                    "Failed to find project by slug",
                    "Something went wrong",
                ));
            }
            (None, Some(slug)) => slug,
            (Some(id), _) => id,
            (None, None) => {
                return Err(self.error(400, "BadRequest", "Missing workspace id or environment"));
            }
        };
        if known != PROJECT {
            let message = format!(
                "Project with ID '{known}' not found during bot lookup. Are you sure you are using the correct project ID?"
            );
            return Err(self.error(404, "NotFound", &message));
        }
        if self.member {
            return Ok(());
        }
        let reason = format!("Identity is not a member of the specified project with ID '{known}'");
        Err(if self.old() {
            self.error(403, &reason, "You are not allowed to access this resource")
        } else {
            self.error(403, "PermissionDenied", &reason)
        })
    }

    /// Exactly `true` or `false`.
    fn flag(&self, request: &Request, name: &str, default: bool) -> Step<bool> {
        match request.query(name).as_deref() {
            None => Ok(default),
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(other) => Err(self.invalid(&json!([{
                "received": other,
                "code": "invalid_enum_value",
                "options": ["true", "false"],
                "path": [name],
                "message": format!("Invalid enum value. Expected 'true' | 'false', received '{other}'"),
            }]))),
        }
    }

    fn authorised(&self, request: &Request) -> Step<Token> {
        match request.header("authorization").and_then(|it| it.strip_prefix("Bearer ")) {
            Some(token) => self.known(token),
            None => Err(self.error(401, "UnauthorizedError", "Token missing")),
        }
    }

    fn known(&self, token: &str) -> Step<Token> {
        let message = match self.tokens.get(token) {
            Some(good @ (Token::Identity | Token::User)) => return Ok(*good),
            Some(Token::Revoked) => {
                return Err(self.error(401, "UnauthorizedError", "No identity access token found"));
            }
            Some(Token::UsedUp) => {
                let message = "Unable to renew because access token number of uses limit reached";
                return Err(self.error(401, "UnauthorizedError", message));
            }
            Some(Token::Expired) => "Your token has expired. Please re-authenticate.",
            Some(Token::BadSignature) => "invalid signature",
            None if token.split('.').count() == 3 => "invalid token",
            None => {
                "The provided access token is malformed. Please use a valid token or generate a new one and try again."
            }
        };
        Err(self.error(403, "TokenError", message))
    }

    fn missing(&self, member: &str) -> Answer {
        self.invalid(&json!([{
            "code": "invalid_type", "expected": "string", "received": "undefined",
            "path": [member], "message": "Required",
        }]))
    }

    /// Input of a wrong form: `message` is an array.
    fn invalid(&self, issues: &Value) -> Answer {
        let status = if self.old() { 401 } else { 422 };
        let mut body = json!({ "statusCode": status, "error": "ValidationFailure" });
        body["message"] = issues.clone();
        Answer::json(status, &body)
    }

    fn error(&self, status: u16, error: &str, message: &str) -> Answer {
        let mut body = json!({ "statusCode": status, "message": message, "error": error });
        if !self.old() {
            body["reqId"] = "req-fake000001".into();
        }
        Answer::json(status, &body)
    }

    fn old(&self) -> bool {
        self.generation == Generation::Old
    }
}

/// What the framework below answers, whose `error` is written in two words.
fn no_route(request: &Request) -> Answer {
    let message = format!("Route {}:{} not found", request.method, request.target);
    Answer::json(404, &json!({ "message": message, "error": "Not Found", "statusCode": 404 }))
}

fn limits(answer: Answer, limit: u32, left: u32) -> Answer {
    let answer = answer.with("x-ratelimit-limit", limit).with("x-ratelimit-remaining", left);
    answer.with("x-ratelimit-reset", 57)
}

/// A UUID that is made of a thing.
fn identifier(thing: &impl std::hash::Hash) -> String {
    let hash = hash(thing);
    format!("{:08x}-0000-4000-8000-{:012x}", hash >> 32, hash & 0xffff_ffff)
}
