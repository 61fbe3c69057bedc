//! What README and docs tell a reader to type is typed here, page by page, on a machine of the reader's
//! own: private home, stand-in Infisical, real PM2, gpg and age. `page` says how a block is marked,
//! `reader` what the reader has.

mod page;
mod reader;

use std::path::Path;

use page::{Kind, Page, names};
use reader::Reader;

use crate::support::{Place, assert_success, output};

/// The pages with commands, each of which has a test below.
const PAGES: [&str; 8] = [
    "README.md",
    "docs/CURRENT.md",
    "docs/FORMAT.md",
    "docs/GUARD.md",
    "docs/INSTALL.md",
    "docs/OUTAGE.md",
    "docs/PROCEDURE.md",
    "docs/SCAN.md",
];

fn follow(name: &str) {
    let mut reader = Reader::new();
    for block in Page::read(name).blocks {
        match block.kind {
            Kind::Commands(commands) => {
                reader.types(&block.place, &commands.before, &[0]);
                reader.types(&block.place, &(block.text + &commands.then), &commands.statuses);
            }
            Kind::File(path) => reader.writes(&path, &block.text),
            Kind::NotRun | Kind::Other => {}
        }
    }
}

#[test]
fn readme() {
    follow("README.md");
}

#[test]
fn current() {
    follow("docs/CURRENT.md");
}

#[test]
fn format() {
    follow("docs/FORMAT.md");
}

#[test]
fn guard() {
    follow("docs/GUARD.md");
}

#[test]
fn install() {
    follow("docs/INSTALL.md");
}

#[test]
fn outage() {
    follow("docs/OUTAGE.md");
}

#[test]
fn procedure() {
    follow("docs/PROCEDURE.md");
}

#[test]
fn scan() {
    follow("docs/SCAN.md");
}

#[test]
fn every_page_with_commands_is_followed() {
    let pages = names().into_iter().map(|name| Page::read(&name));
    let found: Vec<String> = pages.filter(Page::runs_anything).map(|page| page.name).collect();
    assert_eq!(found, PAGES);
}

#[test]
fn every_page_of_docs_says_whom_it_is_for() {
    for name in names().iter().filter(|name| name.starts_with("docs/")) {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name));
        let second = text.expect("a page").lines().nth(2).unwrap_or_default().to_owned();
        assert!(second.starts_with("For "), "{name}: {second}");
    }
}

/// The rules of marking, each shown its violation.
#[test]
fn blocks_say_what_they_are() {
    let parse = |text: &str| Page::parse("page", text).map(|page| page.blocks);
    for (text, error) in [
        ("```\nls\n```\n", "\"\" does not say whether these are commands"),
        ("```shh\nls\n```\n", "\"shh\" does not say whether these are commands"),
        ("<!-- not run: -->\n```sh\nls\n```\n", "what is \"not run:\""),
        ("<!-- not run: no time -->\n```sh\nls\n```\n", "what is \"not run: no time\""),
        ("<!-- skip -->\n```sh\nls\n```\n", "what is \"skip\""),
        ("<!-- exits with grace -->\n```sh\nls\n```\n", "no exit status: exits with grace"),
        ("<!-- file: a -->\n```sh\nls\n```\n", "what is \"file: a\""),
        ("<!-- before: ls -->\n```toml\na\n```\n", "what is \"before: ls\""),
        ("\n    ls\n", "code without a fence says not what it is"),
        ("```sh\nls\n", "an open block"),
    ] {
        let found = parse(text).expect_err(text);
        assert!(found.ends_with(error), "{text}: {found}");
    }
    let text = "Words.\n\n1. One\n\n   <!-- exits with 3 or 4 -->\n   <!-- before: a\n   b -->\n   ```sh\n   ls\n     -l\n   ```\n\
                <!-- lost -->\nWords\n```sh\nd\n```\n<!-- not run: it takes minutes -->\n```sh\ne\n```\n\
                <!-- file: f -->\n```toml\ng\n```\n";
    let blocks = parse(text).expect(text);
    let Kind::Commands(first) = &blocks[0].kind else { panic!("{blocks:?}") };
    assert_eq!((&*first.statuses, &*first.before, &*first.then), (&[3, 4][..], "a\nb", ""));
    assert_eq!((&*blocks[0].text, &*blocks[0].place), ("ls\n  -l\n", "page:8"));
    assert!(matches!(&blocks[1].kind, Kind::Commands(it) if it.statuses == [0]), "{blocks:?}");
    assert!(matches!(&blocks[2].kind, Kind::NotRun), "{blocks:?}");
    assert!(matches!(&blocks[3].kind, Kind::File(path) if path == "f"), "{blocks:?}");
}

/// README's picture shows what the program says today, but for numbers and times.
#[test]
fn the_picture_is_of_this_program() {
    let place = Place::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut draw = place.command(root.join("docs/picture"));
    draw.arg(env!("CARGO_BIN_EXE_breakglass")).arg(place.path("session.svg"));
    assert_success(&output(&mut draw));
    let drawn = String::from_utf8(place.read("session.svg")).expect("text");
    let shown = std::fs::read_to_string(root.join("docs/session.svg")).expect("the picture");
    assert!(words(&drawn).len() > 100, "{drawn}");
    assert_eq!(words(&drawn), words(&shown), "CONTRIBUTING.md says how it is drawn again");
}

/// The words on a picture's terminal, with `0` for each that has a number in it: wrapping depends on those.
fn words(picture: &str) -> Vec<String> {
    let texts = picture.lines().filter_map(|line| line.strip_suffix("</text>"));
    let words = texts.flat_map(|line| line.rsplit('>').next().unwrap_or_default().split(' '));
    let number = |word: &str| word.contains(|character: char| character.is_ascii_digit());
    words
        .filter(|word| !word.is_empty())
        .map(|word| if number(word) { "0".to_owned() } else { word.to_owned() })
        .collect()
}

/// A picture or a link that leads nowhere.
#[test]
fn links_lead_to_files_of_the_repository() {
    for name in names() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join(&name);
        let text = std::fs::read_to_string(&page).expect("a page");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            if !link.starts_with("https://") && !file.is_empty() {
                assert!(page.with_file_name(file).exists(), "{name}: {link}");
            }
        }
    }
}
