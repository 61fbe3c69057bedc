//! What the stand-in server knows: clients, tokens, and one project with its secrets.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// The one project.
pub const PROJECT: &str = "0fa4e000-0000-4000-8000-00000000fa4e";
/// The same by its other name.
pub const SLUG: &str = "fake-project";
/// The environment of places that name none.
pub const ENVIRONMENT: &str = "production";
/// The client that every server knows, and its secret.
pub const CLIENT_ID: &str = "0fa4ec11-e270-4000-8000-1d1d1d1d1d1d";
pub const CLIENT_SECRET: &str = "fakeClientSecret.Zq8Lw3Rt6Yp1Nc5V";

/// Shorter text may stand anywhere, in bytes.
const CONFIDENTIAL: usize = 8;

/// References are followed this deep.
const DEPTH: u32 = 10;

/// How a server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// Of 2024: no v4, and much is answered with an empty list.
    Old,
    /// The first with v4, whose flag for imports is spelt as in v3 and is off by default.
    FirstV4,
    /// Of 2026.
    New,
}

/// Whose token it is, or what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    Identity,
    /// Of a person, who has personal entries.
    User,
    Revoked,
    Expired,
    BadSignature,
    UsedUp,
}

/// What is wrong with a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    Good,
    UsedUp,
    Expired,
    /// This address may not log in with it.
    ForeignAddress,
}

/// A folder of an environment, written `staging:/folder`, or `/folder` in [`ENVIRONMENT`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub environment: String,
    pub folder: String,
}

impl Place {
    pub fn new(text: &str) -> Place {
        let (environment, folder) = text.split_once(':').unwrap_or((ENVIRONMENT, text));
        Place::of(environment, folder)
    }

    /// A slash at the end counts for nothing.
    pub fn of(environment: &str, folder: &str) -> Place {
        let folder = format!("/{}", folder.trim_matches('/'));
        Place { environment: environment.to_owned(), folder }
    }

    /// Whether `other` is this folder or lies in it.
    fn holds(&self, other: &Place) -> bool {
        let prefix = self.folder.trim_end_matches('/');
        let rest = other.folder.strip_prefix(prefix);
        self.environment == other.environment
            && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// One entry.
#[derive(Clone, Debug)]
pub struct Secret {
    pub place: Place,
    pub name: String,
    pub value: String,
    pub version: u32,
    /// Only one person sees it, beside the shared one of the same name.
    pub personal: bool,
    /// The identity may know that it is there, but not its value.
    pub hidden: bool,
    /// `skipMultilineEncoding`.
    pub multiline: bool,
}

impl Secret {
    pub fn new(place: &str, name: &str, value: &str) -> Secret {
        Secret {
            place: Place::new(place),
            name: name.to_owned(),
            value: value.to_owned(),
            version: 1,
            personal: false,
            hidden: false,
            multiline: false,
        }
    }

    pub fn personal(self) -> Secret {
        Secret { personal: true, ..self }
    }

    pub fn hidden(self) -> Secret {
        Secret { hidden: true, ..self }
    }

    pub fn multiline(self) -> Secret {
        Secret { multiline: true, ..self }
    }
}

/// All that a server knows.
#[derive(Debug)]
pub struct Model {
    pub generation: Generation,
    /// By id: secret and state.
    pub clients: BTreeMap<String, (String, Client)>,
    /// Logins with a wrong secret since the last good one.
    pub failures: u32,
    pub tokens: BTreeMap<String, Token>,
    /// How many tokens a login gave.
    pub issued: u32,
    /// Whether the identity may see the project at all.
    pub member: bool,
    pub database_down: bool,
    /// Lists that are still answered before the limit of a minute.
    pub lists_left: u32,
    environments: BTreeSet<String>,
    folders: BTreeSet<Place>,
    unreadable: BTreeSet<Place>,
    pub secrets: Vec<Secret>,
    /// Into and from, in their order.
    pub imports: Vec<(Place, Place)>,
}

impl Model {
    pub fn new(generation: Generation) -> Model {
        let client = (CLIENT_ID.to_owned(), (CLIENT_SECRET.to_owned(), Client::Good));
        let environments = [ENVIRONMENT, "staging", "development"];
        Model {
            generation,
            clients: BTreeMap::from([client]),
            failures: 0,
            tokens: BTreeMap::new(),
            issued: 0,
            member: true,
            database_down: false,
            lists_left: 40,
            environments: environments.map(str::to_owned).into(),
            folders: BTreeSet::new(),
            unreadable: BTreeSet::new(),
            secrets: Vec::new(),
            imports: Vec::new(),
        }
    }

    /// Adds an entry, and its folder.
    pub fn add(&mut self, secret: Secret) {
        self.folders.insert(secret.place.clone());
        self.secrets.push(secret);
    }

    /// Writes a value over the one that is there: the version rises, whatever the value.
    pub fn rewrite(&mut self, place: &str, name: &str, value: &str) {
        let place = Place::new(place);
        let known = self.secrets.iter_mut().find(|it| it.place == place && it.name == name);
        let secret = known.expect("a secret to write over");
        secret.value = value.to_owned();
        secret.version += 1;
    }

    pub fn remove(&mut self, place: &str, name: &str) {
        let place = Place::new(place);
        self.secrets.retain(|it| it.place != place || it.name != name);
    }

    pub fn import(&mut self, into: &str, from: &str) {
        self.folders.insert(Place::new(into));
        self.imports.push((Place::new(into), Place::new(from)));
    }

    /// The identity may no longer read this folder; the ones in it have rights of their own.
    pub fn hide(&mut self, place: &str) {
        self.folders.insert(Place::new(place));
        self.unreadable.insert(Place::new(place));
    }

    /// What nobody else may see: ids and secrets of clients, tokens, and long enough lines of values.
    pub fn confidential(&self) -> Vec<String> {
        let clients = self.clients.iter().flat_map(|(id, (secret, _))| [id, secret]);
        let texts = clients.chain(self.tokens.keys()).map(String::as_str);
        let lines = self.secrets.iter().flat_map(|it| it.value.lines());
        texts.chain(lines).filter(|it| it.len() >= CONFIDENTIAL).map(str::to_owned).collect()
    }

    pub fn exists(&self, place: &Place) -> bool {
        self.environments.contains(&place.environment)
            && (place.folder == "/" || self.folders.iter().any(|it| place.holds(it)))
    }

    pub fn readable(&self, place: &Place) -> bool {
        !self.unreadable.contains(place)
    }

    /// Readable folders: this one, and where `recursive` all in it.
    pub fn folders(&self, place: &Place, recursive: bool) -> Vec<&Place> {
        let wanted = |it: &&Place| if recursive { place.holds(it) } else { place == *it };
        self.folders.iter().filter(wanted).filter(|it| self.readable(it)).collect()
    }

    /// The entries of these folders, in an order that differs from call to call.
    pub fn entries(&self, folders: &[&Place], personal: bool) -> Vec<&Secret> {
        let wanted = |it: &&Secret| folders.contains(&&it.place) && (personal || !it.personal);
        let mut entries: Vec<&Secret> = self.secrets.iter().filter(wanted).collect();
        entries.sort_by_key(|it| hash(&(self.issued, self.lists_left, &it.place, &it.name)));
        entries
    }

    /// What an import brings: entries of the folder, then what that folder imports itself; of equal
    /// names the first.
    pub fn imported(&self, from: &Place, depth: u32) -> Vec<&Secret> {
        let mut found = self.entries(&[from], false);
        let deeper = self.imports.iter().filter(|(into, _)| depth > 0 && into == from);
        for (_, next) in deeper.filter(|(_, next)| self.readable(next)) {
            for secret in self.imported(next, depth - 1) {
                if found.iter().all(|it| it.name != secret.name) {
                    found.push(secret);
                }
            }
        }
        found
    }

    /// The value with its references resolved. A missing or empty target is left as it is written.
    pub fn expanded(&self, secret: &Secret) -> String {
        let value = self.resolved(&secret.value, &secret.place, DEPTH);
        if secret.multiline && value != secret.value && value.contains('\n') {
            format!("\"{}\"", value.replace('\n', "\\n"))
        } else {
            value
        }
    }

    fn resolved(&self, value: &str, place: &Place, depth: u32) -> String {
        let mut done = String::new();
        let mut rest = value;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((reference, behind)) = after.split_once('}') else { break };
            done += before;
            match self.target(reference, place) {
                Some(target) if depth > 0 && !target.value.is_empty() => {
                    done += &self.resolved(&target.value, &target.place, depth - 1);
                }
                _ => done += &format!("${{{reference}}}"),
            }
            rest = behind;
        }
        done + rest
    }

    /// `KEY` of the same folder, or `environment.folder.KEY`.
    fn target(&self, reference: &str, place: &Place) -> Option<&Secret> {
        let parts: Vec<&str> = reference.split('.').collect();
        let (place, name) = match parts.as_slice() {
            [name] => (place.clone(), *name),
            [environment, folders @ .., name] => {
                (Place::of(environment, &folders.join("/")), *name)
            }
            [] => return None,
        };
        self.secrets.iter().find(|it| it.place == place && it.name == name && !it.personal)
    }
}

/// A number for a thing, the same in every run.
pub fn hash(thing: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    thing.hash(&mut hasher);
    hasher.finish()
}
