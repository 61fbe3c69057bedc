//! Man pages: breakglass(1), and one for each command, from the definitions that arguments are read by.

mod text;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};

use self::text::Row;
use super::args::visible;

/// The names of all pages, one a line: `breakglass`, `breakglass-seal` and so on.
pub(super) fn list() -> Vec<u8> {
    pages().iter().map(|page| format!("{}\n", name(page))).collect::<String>().into_bytes()
}

/// The page of this name, with or without `breakglass-` before it; nothing where there is none.
pub(super) fn page(wanted: &str) -> Option<Vec<u8>> {
    let pages = pages();
    let is_it = |page: &&Command| {
        let name = name(page);
        name == wanted || name.strip_prefix("breakglass-") == Some(wanted)
    };
    pages.iter().find(is_it).map(|page| render(page, &pages))
}

/// breakglass itself, its commands, and theirs.
fn pages() -> Vec<Command> {
    let mut root = visible();
    root.build();
    let mut pages = vec![root];
    let mut at = 0;
    while let Some(page) = pages.get(at) {
        let below: Vec<Command> = page.get_subcommands().cloned().collect();
        pages.extend(below);
        at += 1;
    }
    pages
}

/// Of the page, and of the file that it is kept in.
fn name(page: &Command) -> &str {
    page.get_display_name().unwrap_or_else(|| page.get_name())
}

fn render(page: &Command, pages: &[Command]) -> Vec<u8> {
    let man = Man::new(as_manual(page.clone()));
    let mut out = Vec::new();
    // Writing into memory does not fail.
    let _ = head(page).to_writer(&mut out);
    let _ = man.render_options_section(&mut out);
    if page.has_subcommands() {
        let _ = man.render_subcommands_section(&mut out);
    }
    let _ = tail(page, pages).to_writer(&mut out);
    out
}

/// With the explanation of every option, also of those that only the long help has; and what stands
/// without an option under a heading of its own.
fn as_manual(page: Command) -> Command {
    page.subcommand_help_heading("COMMANDS").mut_args(|argument| {
        let argument = argument.hide_short_help(false);
        if argument.is_positional() { argument.help_heading("Arguments") } else { argument }
    })
}

/// Pages are of a version; a date would make two builds of it differ.
const NO_DATE: &str = "\"\"";

/// What stands before the options.
fn head(page: &Command) -> Roff {
    let about = page.get_about().map(ToString::to_string).unwrap_or_default();
    let title = name(page).to_uppercase();
    let version = concat!("breakglass ", env!("CARGO_PKG_VERSION"));
    let mut letters = about.chars();
    let first = letters.next().map(|letter| letter.to_lowercase().to_string()).unwrap_or_default();
    let mut roff = Roff::new();
    roff.control("TH", [title.as_str(), "1", NO_DATE, version]);
    roff.control("SH", ["NAME"]);
    roff.text([roman(format!("{} - {first}{}", name(page), letters.as_str()))]);
    roff.control("SH", ["SYNOPSIS"]);
    let usage = page.clone().render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage);
    let command = page.get_bin_name().unwrap_or_else(|| page.get_name());
    let rest = usage.strip_prefix(command).unwrap_or_default();
    roff.text([bold(command), roman(rest)]);
    roff.control("SH", ["DESCRIPTION"]);
    let long = page.get_long_about().map(ToString::to_string).unwrap_or_default();
    // Its first paragraph is the one that NAME has.
    let paragraphs = long.split("\n\n").filter(|paragraph| **paragraph != *about);
    for (at, paragraph) in paragraphs.enumerate() {
        if at > 0 {
            roff.control("PP", []);
        }
        roff.text([roman(paragraph)]);
    }
    roff
}

/// What stands behind the options.
fn tail(page: &Command, pages: &[Command]) -> Roff {
    let mut roff = Roff::new();
    let statuses = match page.get_name() {
        "run" => text::STATUSES_OF_RUN,
        _ => text::STATUSES,
    };
    rows(&mut roff, "EXIT STATUS", statuses);
    rows(&mut roff, "FILES", text::FILES);
    rows(&mut roff, "ENVIRONMENT", text::ENVIRONMENT);
    roff.control("SH", ["EXAMPLES"]);
    for (at, example) in examples(page, pages).iter().enumerate() {
        if at > 0 {
            roff.control("PP", []);
        }
        roff.control("EX", []);
        for line in example.lines() {
            roff.text([roman(line)]);
        }
        roff.control("EE", []);
    }
    roff.control("SH", ["SEE ALSO"]);
    roff.text(see_also(page, pages));
    roff
}

fn rows(roff: &mut Roff, heading: &str, rows: &[Row]) {
    roff.control("SH", [heading]);
    for (term, meaning) in rows {
        roff.control("TP", []);
        roff.text([bold(*term)]);
        roff.text([roman(*meaning)]);
    }
}

/// The examples of its help; where it has commands, theirs too.
fn examples(page: &Command, pages: &[Command]) -> Vec<String> {
    let below = pages.iter().filter(|other| is_below(page, other));
    let with_help = std::iter::once(page).chain(below);
    let text = with_help.filter_map(|page| page.get_after_help()).map(ToString::to_string);
    text.flat_map(|text| split_examples(&text)).collect()
}

fn is_below(page: &Command, other: &Command) -> bool {
    name(other).strip_prefix(name(page)).is_some_and(|rest| rest.starts_with('-'))
}

/// `Examples:` and lines of shell below it, which `\` continues; or `Begin with: ` and one.
fn split_examples(text: &str) -> Vec<String> {
    let commands = text.split_once(':').map_or(text, |(_, commands)| commands);
    let mut examples: Vec<String> = Vec::new();
    for line in commands.lines().filter(|line| !line.trim().is_empty()) {
        let line = line.strip_prefix("  ").unwrap_or(line.trim());
        match examples.last_mut().filter(|example| example.ends_with('\\')) {
            Some(example) => {
                example.push('\n');
                example.push_str(line);
            }
            None => examples.push(line.to_owned()),
        }
    }
    examples
}

fn see_also(page: &Command, pages: &[Command]) -> Vec<Inline> {
    let own = pages.iter().map(name).filter(|other| *other != name(page));
    let mut all: Vec<String> = own.map(|name| format!("{name}(1)")).collect();
    all.extend(text::OTHER_PROGRAMS.iter().map(|program| (*program).to_owned()));
    let last = all.len().saturating_sub(1);
    let linked = all.into_iter().enumerate();
    linked.flat_map(|(at, name)| [italic(name), roman(if at < last { ", " } else { "" })]).collect()
}
