//! The list that is gone through every quarter: what the program has checked, what failed, and what a
//! person has to look at.

use std::fmt::Write;

use serde_json::{Value, json};

use super::report::{Report, Verdict};
use crate::error::{Escaped, status};

/// How an item came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ItemState {
    /// Checked, and as it should be.
    Checked,
    /// Checked, and not so.
    Failed,
    /// For a person, because no program can tell, or this one could not.
    Person,
}

impl ItemState {
    /// For a person, and for a program.
    fn mark_and_word(self) -> (char, &'static str) {
        match self {
            ItemState::Checked => ('✔', "checked"),
            ItemState::Failed => ('✘', "failed"),
            ItemState::Person => ('□', "person"),
        }
    }
}

#[derive(Clone, Debug)]
struct ListItem {
    section: String,
    what: String,
    state: ItemState,
    detail: String,
}

/// The list, section by section.
#[derive(Clone, Debug, Default)]
pub struct ItemList(Vec<ListItem>);

impl ItemList {
    /// Adds what the program has looked at. What it cannot tell is for a person, and says why.
    pub fn checked(&mut self, section: &'static str, what: &'static str, report: &Report) {
        let any =
            |wanted: &[Verdict]| report.outcomes.iter().any(|it| wanted.contains(&it.verdict));
        // Unlike the exit status of a check: something that was found is not for a person to find.
        let state = if any(&[Verdict::Finding, Verdict::Failed]) {
            ItemState::Failed
        } else if any(&[Verdict::CannotTell]) || !any(&[Verdict::Ok]) {
            ItemState::Person
        } else {
            ItemState::Checked
        };
        // What is as it should be is of no use where something else is not.
        let matters = |verdict: Verdict| match state {
            ItemState::Checked => true,
            ItemState::Failed => matches!(verdict, Verdict::Finding | Verdict::Failed),
            ItemState::Person => matches!(verdict, Verdict::CannotTell | Verdict::NotAsked),
        };
        let layers = report.outcomes.iter().filter(|outcome| matters(outcome.verdict));
        let details = layers.map(|layer| layer.detail.as_str());
        let details: Vec<&str> = details.filter(|detail| !detail.is_empty()).collect();
        self.add(section, what, state, details.join("; "));
    }

    /// Adds what only a person can look at, and how; without a hint, how is empty.
    pub fn for_person(&mut self, section: &str, what: &str, how: &str) {
        self.add(section, what, ItemState::Person, how.to_owned());
    }

    /// Adds an item behind those of its section.
    fn add(&mut self, section: &str, what: &str, state: ItemState, detail: String) {
        let last = self.0.iter().rposition(|item| item.section == section);
        let at = last.map_or(self.0.len(), |last| last + 1);
        let (section, what) = (section.to_owned(), what.to_owned());
        self.0.insert(at, ListItem { section, what, state, detail });
    }

    /// As Markdown: a heading for each section, a line for each item.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let literal = |text: &str| literal(&Escaped(text).to_string());
        let mut section = "";
        for item in &self.0 {
            if item.section != section {
                section = &item.section;
                let gap = if text.is_empty() { "" } else { "\n" };
                let _ = writeln!(text, "{gap}## {}\n", literal(section));
            }
            let (mark, _) = item.state.mark_and_word();
            let _ = write!(text, "- {mark} {}", literal(&item.what));
            if !item.detail.is_empty() {
                let _ = write!(text, ": {}", literal(&item.detail));
            }
            text.push('\n');
        }
        text
    }

    /// A list of `{"section", "item", "state", "detail"}`; the state is `checked`, `failed` or `person`.
    pub fn json(&self) -> Value {
        let item = |item: &ListItem| {
            let ListItem { section, what, state, detail } = item;
            let (_, state) = state.mark_and_word();
            json!({"section": section, "item": what, "state": state, "detail": detail})
        };
        self.0.iter().map(item).collect()
    }

    /// A finding where something failed. What a person has to look at is none.
    pub fn status(&self) -> u8 {
        let failed = self.0.iter().any(|item| item.state == ItemState::Failed);
        if failed { status::FINDING } else { status::OK }
    }
}

/// For Markdown: names from outside make no link, image or emphasis, and no HTML.
fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let escapes = |next: &char| next.is_ascii_punctuation();
        let is_active = match character {
            '\\' => rest.peek().is_some_and(escapes),
            other => "<[]*`~&".contains(other),
        };
        if is_active {
            literal.push('\\');
        }
        literal.push(character);
    }
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(layers: &[(Verdict, &str)]) -> Report {
        let mut report = Report::new(String::new());
        for (verdict, detail) in layers {
            report.add("layer", *verdict, *detail);
        }
        report
    }

    #[test]
    fn only_what_was_seen_is_checked() {
        use Verdict::{CannotTell, Failed, Finding, NotAsked, Ok};
        for (layers, line, failed) in [
            (&[(Ok, "a"), (NotAsked, "b"), (Ok, "c")][..], "- ✔ it: a; b; c\n", false),
            (&[(Ok, "a"), (CannotTell, "b")], "- □ it: b\n", false),
            (&[(NotAsked, "a")], "- □ it: a\n", false),
            (&[(Ok, "a"), (Finding, "b\u{1b}"), (NotAsked, "c")], "- ✘ it: b\\u{1b}\n", true),
            (&[(Failed, "a")], "- ✘ it: a\n", true),
            (&[], "- □ it\n", false),
        ] {
            let mut list = ItemList::default();
            list.checked("S", "it", &report(layers));
            assert_eq!(list.text(), format!("## S\n\n{line}"), "{layers:?}");
            assert_eq!(list.status(), if failed { status::FINDING } else { status::OK });
        }
    }

    #[test]
    fn names_stay_names_in_markdown() {
        for (name, expected) in [
            ("<img src=x>.env", "\\<img src=x>.env"),
            ("[a](b) **c** `d` ~~e~~", "\\[a\\](b) \\*\\*c\\*\\* \\`d\\` \\~\\~e\\~\\~"),
            ("\\[a", "\\\\\\[a"),
            ("JWT_SECRET 'a\\b' \u{1b}", "JWT_SECRET 'a\\b' \\u{1b}"),
        ] {
            let mut list = ItemList::default();
            list.checked("S", "it", &report(&[(Verdict::Finding, name)]));
            assert_eq!(list.text(), format!("## S\n\n- ✘ it: {expected}\n"));
        }
    }

    #[test]
    fn what_cannot_be_told_beside_a_finding_is_not_lost() {
        let mut list = ItemList::default();
        list.checked("S", "it", &report(&[(Verdict::CannotTell, "a"), (Verdict::Finding, "b")]));
        assert!(list.text().contains('b'), "{}", list.text());
    }
}
