//! `doctor --checklist`: what the program has checked, what failed, and what is left to a person.

use std::process::Output;

use crate::support::{Place, assert_success, output, stderr, stdout};

const TABLE: &str = include_str!("../procedure/breakglass.toml");

/// A repository with a vault of its own, sealed by the program.
fn repository() -> Place {
    let place = Place::new();
    place
        .seal("prod.env.gpg", "JWT_SECRET='k7Vq2mZx9pL4tRw8'\nGEMINI_API_KEY='x9pL4tRw8k7Vq2mZ'\n");
    git(&place, &["init", "-q", "."]);
    place
}

fn git(place: &Place, words: &[&str]) {
    let identity = ["-c", "user.name=Fake", "-c", "user.email=fake@example.org"];
    assert_success(&output(place.command("git").args(identity).args(words)));
}

fn list(place: &Place, words: &[&str]) -> Output {
    output(place.breakglass().args(["doctor", "--checklist"]).args(words))
}

fn with_vault(place: &Place) -> Output {
    list(place, &["prod.env.gpg", "--passphrase-file", "passphrase"])
}

/// The line of an item.
fn item(text: &str, words: &str) -> String {
    let line = text.lines().find(|line| line.contains(words));
    line.unwrap_or_else(|| panic!("no {words} in {text}")).to_owned()
}

fn assert_item(found: &Output, mark: char, words: &str, detail: &str) {
    let line = item(&stdout(found), words);
    assert!(line.starts_with(&format!("- {mark} ")), "{line}");
    assert!(line.contains(detail), "{line}");
}

#[test]
fn nothing_is_checked_that_was_not_looked_at() {
    let place = Place::new();
    let found = list(&place, &[]);
    let text = stdout(&found);
    for heading in ["## Secrets\n", "## Access\n", "## Rotation\n", "## Infrastructure\n"] {
        assert!(text.contains(heading), "{text}");
    }
    for words in
        ["no .env file is in the repository", "the emergency copy is there", "every secret"]
    {
        assert_item(&found, '□', words, ": ");
    }
    assert_item(&found, '□', "no values in the repository", "breakglass doctor --checklist VAULT");
    assert_item(&found, '□', "two factors", "");
    assert_eq!(found.status.code(), Some(3), "the lines of .gitignore are missing: {text}");
}

#[test]
fn what_init_mends_is_checked_then() {
    let place = repository();
    let before = with_vault(&place);
    assert_eq!(before.status.code(), Some(3), "{}", stderr(&before));
    assert_item(&before, '✔', "no .env file is in the repository", "");
    assert_item(&before, '✘', ".gitignore keeps", "breakglass init adds them");
    assert_item(&before, '✘', "the pre-commit hook", "breakglass init --hook");
    assert_item(&before, '✔', "the emergency copy is there", "AES-256");
    assert_item(&before, '✔', "it is current", "its own");
    assert_item(&before, '✔', "no values in the repository", "");
    for words in [&["init", "--yes"][..], &["init", "--hook", "--yes"]] {
        assert_success(&output(place.breakglass().args(words)));
    }
    let after = with_vault(&place);
    assert_item(&after, '✔', ".gitignore keeps", "");
    assert_item(&after, '✔', "the pre-commit hook", "");
    assert!(!stdout(&after).contains('✘'), "{}", stdout(&after));
    assert_eq!(after.status.code(), Some(0));
}

#[test]
fn what_was_committed_and_what_is_overdue_fails() {
    let place = repository();
    place.write("breakglass.toml", TABLE);
    place.write(".env", "JWT_SECRET=k7Vq2mZx9pL4tRw8\n");
    git(&place, &["add", "-f", ".env"]);
    git(&place, &["commit", "-qm", "one"]);
    let found = with_vault(&place);
    let text = stdout(&found);
    assert_eq!(found.status.code(), Some(3), "{}", stderr(&found));
    assert_item(&found, '✘', "no .env file is in the repository", "tracked: .env");
    assert_item(&found, '✘', "no values in the repository", "breakglass scan names");
    assert_item(&found, '✘', "every secret is rotated", "no rotation on record");
    assert_item(&found, '✘', "critical ones", "JWT_SECRET");
    assert_item(&found, '✘', "high ones", "GEMINI_API_KEY");
    assert!(!text.contains("k7Vq2mZx9pL4tRw8"), "{text}");
    // In the history alone.
    git(&place, &["rm", "-q", ".env"]);
    git(&place, &["commit", "-qm", "two"]);
    let found = with_vault(&place);
    assert_item(&found, '✔', "no .env file is in the repository", "");
    assert_item(&found, '✘', "no values in the repository", "breakglass scan names");
}
