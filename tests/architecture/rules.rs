//! The rules: each gives its violations as text.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Named, Source};
use crate::{
    ACCESSORS, ERROR, KNOWN_ONLY_IN, MAX_STORY_LINES, MAY_NOT_KNOW, PRELUDE, PRINTING, REPLACED,
    ROOMS, UNSAFE_ROOMS,
};

fn row(room: &str) -> Option<usize> {
    ROOMS.iter().position(|row| row.contains(&room))
}

fn stands_left(left: &str, room: &str) -> bool {
    matches!((row(left), row(room)), (Some(left), Some(room)) if left < room)
}

/// Whether `path` is `prefix` or something in it.
fn within(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Rooms that name what does not stand left of them, or what they may not know.
pub fn forbidden_paths(source: &Source) -> Vec<String> {
    let Some(room) = source.room() else { return vec![] };
    if room != ERROR && row(room).is_none() {
        return vec![source.found(1, &format!("the table has no room {room}"))];
    }
    let forbidden = |named: &&Named| {
        let path = named.text();
        let of_room = match &named.segments[..] {
            [root, named, ..] if root == "crate" => {
                named != room && named != ERROR && !stands_left(named, room)
            }
            _ => false,
        };
        of_room
            || MAY_NOT_KNOW.iter().any(|(who, what)| *who == room && within(&path, what))
            || KNOWN_ONLY_IN
                .iter()
                .any(|(what, place)| within(&path, what) && !source.path.starts_with(place))
            || REPLACED.iter().any(|what| within(&path, what))
    };
    let found = source.named.iter().filter(forbidden);
    found.map(|it| source.found(it.line, &format!("{room} may not know {}", it.text()))).collect()
}

/// The errors of rooms: what `error` defines in a file that is named for a room, the file's module, and
/// the variants that hold what it defines, each with that room.
pub fn error_areas(sources: &[Source]) -> BTreeMap<String, String> {
    let mut areas = BTreeMap::new();
    for source in sources {
        if let [error, room] = &source.module[..]
            && error == ERROR
            && row(room).is_some()
        {
            let names = source.types.iter().chain([room]);
            areas.extend(names.map(|name| (name.clone(), room.clone())));
        }
    }
    for (variant, held) in sources.iter().flat_map(|source| &source.variants) {
        if let Some(room) = areas.get(held).cloned() {
            areas.insert(variant.clone(), room);
        }
    }
    areas
}

/// Errors of a room that stands right of the one that names them, or beside it.
pub fn foreign_errors(source: &Source, areas: &BTreeMap<String, String>) -> Vec<String> {
    let Some(room) = source.room().filter(|room| *room != ERROR) else { return vec![] };
    let foreign = |named: &&Named| match &named.segments[..] {
        [root, error, names @ ..] if root == "crate" && error == ERROR && !names.is_empty() => {
            let of_area = |name: &str| names[0] == "*" || within(&names.join("::"), name);
            let mut owners = areas.iter().filter(|(name, _)| of_area(name)).map(|(_, room)| room);
            owners.any(|owner| owner != room && !stands_left(owner, room))
        }
        _ => false,
    };
    let found = source.named.iter().filter(foreign);
    found.map(|it| source.found(it.line, &format!("{room} may not know {}", it.text()))).collect()
}

pub fn unsafe_code(source: &Source) -> Vec<String> {
    if source.room().is_some_and(|room| UNSAFE_ROOMS.contains(&room)) {
        return vec![];
    }
    let marks = ["unsafe", "unsafe_code"];
    let found = source.tokens.iter().filter(|token| marks.contains(&token.text.as_str()));
    found.map(|token| source.found(token.line, &token.text)).collect()
}

pub fn printing(source: &Source) -> Vec<String> {
    let found = source
        .tokens
        .windows(2)
        .filter(|pair| PRINTING.contains(&pair[0].text.as_str()) && pair[1].text == "!");
    found.map(|pair| source.found(pair[0].line, &format!("{}!", pair[0].text))).collect()
}

pub fn exposes(source: &Source) -> bool {
    source.tokens.windows(3).any(|call| {
        call[0].text != "fn" && ACCESSORS.contains(&call[1].text.as_str()) && call[2].text == "("
    })
}

pub fn long_stories(source: &Source) -> Vec<String> {
    if source.room() != Some("commands") {
        return vec![];
    }
    let functions =
        source.functions.iter().map(|(name, lines)| (name, lines.clone().count(), lines));
    let long = functions.filter(|(_, count, _)| *count > MAX_STORY_LINES);
    long.map(|(name, count, lines)| {
        source.found(*lines.start(), &format!("{name} takes {count} lines"))
    })
    .collect()
}

/// Names of types that are defined more than once.
pub fn types_defined_twice(sources: &[Source]) -> BTreeSet<String> {
    let (mut once, mut twice) = (BTreeSet::new(), BTreeSet::new());
    for name in sources.iter().flat_map(|source| &source.types) {
        if !once.insert(name) {
            twice.insert(name.clone());
        }
    }
    twice
}

/// Names of types that hide one of the standard library's. `Result` may be `error`'s.
pub fn types_hiding_the_prelude(sources: &[Source]) -> BTreeSet<String> {
    let all = sources.iter().flat_map(|source| source.types.iter().map(move |name| (source, name)));
    let hiding = all.filter(|(source, name)| {
        PRELUDE.split(' ').any(|known| known == *name)
            && !(*name == "Result" && source.room() == Some(ERROR))
    });
    hiding.map(|(_, name)| name.clone()).collect()
}

/// The files of a room that name each other in a circle, each circle as `a ↔ b`. That a module lists and
/// re-exports its children is not counted.
pub fn circles(sources: &[Source]) -> BTreeSet<String> {
    let files: BTreeMap<&[String], &Source> = sources
        .iter()
        .filter(|source| source.room().is_some())
        .map(|source| (&source.module[..], source))
        .collect();
    let mut reached: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for source in files.values() {
        let named = source.named.iter().filter_map(|named| file_of(&named.segments, &files));
        let named = named.filter(|other| {
            other.room() == source.room() && !other.module.starts_with(&source.module)
        });
        reached.insert(&source.path, named.map(|other| other.path.as_str()).collect());
    }
    // As long as a step further reaches more.
    loop {
        let before = reached.clone();
        for names in reached.values_mut() {
            let further: Vec<&str> = names.iter().flat_map(|name| &before[name]).copied().collect();
            names.extend(further);
        }
        if reached == before {
            break;
        }
    }
    let circle = |(name, names): (&&str, &BTreeSet<&str>)| {
        let circle: Vec<&str> =
            names.iter().filter(|other| reached[**other].contains(name)).copied().collect();
        (!circle.is_empty()).then(|| circle.join(" ↔ "))
    };
    reached.iter().filter_map(circle).collect()
}

/// The file that defines what a path names, through what modules import.
fn file_of<'a>(path: &[String], files: &BTreeMap<&[String], &'a Source>) -> Option<&'a Source> {
    let (root, path) = path.split_first()?;
    if root != "crate" {
        return None;
    }
    let at = (1..=path.len()).rev().find(|at| files.contains_key(&path[..*at]))?;
    let file = files[&path[..at]];
    match path.get(at).and_then(|name| file.imports.get(name)) {
        Some(import) if import[..] != path[..] => {
            file_of(&[import, &path[at + 1..]].concat(), files)
        }
        _ => Some(file),
    }
}
