//! `doctor --checklist`: what the program has checked, what failed, and what is left to a person.

use std::process::Output;

use serde_json::Value;

use crate::support::{Place, assert_success, feed, output, stderr, stdout};

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
    for heading in ["## Secrets\n", "## Rotation\n", "## Infrastructure\n"] {
        assert!(text.contains(heading), "{text}");
    }
    for words in ["no .env file is tracked", "the emergency copy is there", "every secret"] {
        assert_item(&found, '□', words, ": ");
    }
    assert_item(&found, '□', "no values in the repository", "breakglass doctor --checklist VAULT");
    assert_eq!(found.status.code(), Some(3), "the lines of .gitignore are missing: {text}");
}

/// Its section is the program's where that has one of the name, and else comes behind.
#[test]
fn what_breakglass_toml_has_for_a_person_is_in_its_section() {
    let place = Place::new();
    place.write("breakglass.toml", TABLE);
    let found = list(&place, &[]);
    let text = stdout(&found);
    let sections: Vec<&str> = text.split("## ").skip(1).collect();
    let names: Vec<&str> = sections.iter().filter_map(|it| it.lines().next()).collect();
    assert_eq!(names, ["Secrets", "Rotation", "Infrastructure", "Access"]);
    let [secrets, _, infrastructure, access] = sections[..] else { panic!("{text}") };
    for (section, lines) in [
        (secrets, &["- □ no values in error reports: Sentry's settings for data scrubbing\n"][..]),
        (
            infrastructure,
            &[
                "- □ the firewall lets in ports 22, 80 and 443 only\n",
                "- □ the certificate is valid, and renews itself: Caddy does that\n",
                "- □ the address of the server is behind Cloudflare's proxy\n",
            ],
        ),
        (
            access,
            &[
                "- □ SSH by keys only, one for each person: PasswordAuthentication no in sshd_config\n",
                "- □ each person has their own account at Infisical\n",
                "- □ two factors for every account at GitHub\n",
                "- □ machine identities may do no more than they need: docs/CURRENT.md has the least\n",
                "- □ nobody who left is on the servers, at Infisical or at GitHub\n",
            ],
        ),
    ] {
        assert!(section.contains(&lines.concat()), "{text}");
    }
    let json: Value = serde_json::from_slice(&list(&place, &["--json"]).stdout).expect("JSON");
    let access = json.as_array().expect("a list").iter().filter(|it| it["section"] == "Access");
    assert!(access.clone().all(|it| it["state"] == "person") && access.count() == 5);
}

/// Markdown and control characters in breakglass.toml do no more than those in a file's name.
#[test]
fn text_for_a_person_stays_text() {
    let place = Place::new();
    let toml = "[[checklist]]\nsection = 'A <b>'\nitem = '[a](b)'\nhint = '`c`'\n";
    place.write("breakglass.toml", toml);
    let text = stdout(&list(&place, &[]));
    assert!(text.ends_with("## A \\<b>\n\n- □ \\[a\\](b): \\`c\\`\n"), "{text}");
    place.write("breakglass.toml", "[[checklist]]\nsection = 'A'\nitem = \"a\\u001bb\"\n");
    assert_eq!(list(&place, &[]).status.code(), Some(1));
}

#[test]
fn what_init_mends_is_checked_then() {
    let place = repository();
    let before = with_vault(&place);
    assert_eq!(before.status.code(), Some(3), "{}", stderr(&before));
    assert_item(&before, '✔', "no .env file is tracked", "");
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
    assert_item(&found, '✘', "no .env file is tracked", "tracked: .env");
    assert_item(&found, '✘', "no values in the repository", "breakglass scan names");
    assert_item(&found, '✘', "every secret is rotated", "no rotation on record");
    assert!(!text.contains("k7Vq2mZx9pL4tRw8"), "{text}");
    // In the history alone.
    git(&place, &["rm", "-q", ".env"]);
    git(&place, &["commit", "-qm", "two"]);
    let found = with_vault(&place);
    assert_item(&found, '✔', "no .env file is tracked", "");
    assert_item(&found, '✘', "no values in the repository", "breakglass scan names");
}

#[test]
fn git_is_asked_what_it_keeps_out() {
    let place = repository();
    assert_success(&output(place.breakglass().args(["init", "--yes"])));
    let lines = String::from_utf8(place.read(".gitignore")).expect("UTF-8");
    assert_item(&list(&place, &[]), '✔', ".gitignore keeps", "");
    place.write(".gitignore", format!("{lines}!.env\n"));
    assert_item(&list(&place, &[]), '✘', ".gitignore keeps", "other lines let in .env, ");
    // With a tab behind it, a line fits other files.
    place.write(".gitignore", lines.replace("\n.env\n", "\n.env\t\n"));
    assert_item(&list(&place, &[]), '✘', ".gitignore keeps", "lines are missing");
    place.write(".gitignore", lines);
    for folder in ["sub", ":sub [x]"] {
        std::fs::create_dir(place.path(folder)).expect("a folder");
        place.write(&format!("{folder}/.gitignore"), "!*.env\n");
    }
    let words = "let in :sub \\[x\\]/.env, :sub \\[x\\]/prod.env, sub/.env, sub/prod.env;";
    assert_item(&list(&place, &[]), '✘', ".gitignore keeps", words);
}

#[test]
fn a_hook_that_git_does_not_run_is_none() {
    let words = "the pre-commit hook";
    let with = |files: &[(&str, &str, bool)], settings: &[&str]| {
        let place = repository();
        for (name, text, runs) in files {
            let path = place.path(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            place.write(name, text);
            let mode =
                std::os::unix::fs::PermissionsExt::from_mode(0o644 | (u32::from(*runs) * 0o111));
            std::fs::set_permissions(&path, mode).expect("chmod");
        }
        if !settings.is_empty() {
            git(&place, &[&["config"], settings].concat());
        }
        place
    };
    // husky and lefthook, before they are installed.
    let husky = with(&[(".husky/_/pre-commit", "", true)], &[]);
    assert_success(&output(husky.breakglass().args(["init", "--hook", "--yes"])));
    assert_item(&list(&husky, &[]), '✘', words, "git does not run it here");
    let again = output(husky.breakglass().args(["init", "--hook"]));
    assert_eq!(again.status.code(), Some(3), "{}", stderr(&again));
    assert!(stdout(&again).ends_with(", but git does not run it here\n"), "{}", stdout(&again));
    git(&husky, &["config", "core.hooksPath", ".husky/_"]);
    assert_item(&list(&husky, &[]), '✔', words, "");
    let lefthook = "pre-commit:\n  commands:\n    x:\n      run: breakglass guard --staged\n";
    let place = with(&[("lefthook.yml", lefthook, false)], &[]);
    assert_item(&list(&place, &[]), '✘', words, "lefthook.yml' calls breakglass guard, and git");
    let hook = ".git/hooks/pre-commit";
    let place = with(&[("lefthook.yml", lefthook, false), (hook, "call_lefthook\n", true)], &[]);
    assert_item(&list(&place, &[]), '□', words, "see that it stops");
    // Another repository's, which git passes over.
    let line = "#!/bin/sh\nbreakglass guard --staged || exit 1\n";
    let place = with(&[("home/hooks/pre-commit", line, false)], &["core.hooksPath", "../hooks"]);
    git(&place, &["init", "-q", "home/r"]);
    git(&place, &["-C", "home/r", "config", "core.hooksPath", "../hooks"]);
    let mut below = place.breakglass();
    below.current_dir(place.path("home/r")).args(["doctor", "--checklist"]);
    assert_item(&output(&mut below), '✘', words, "git does not run it here");
    // What a person wrote is for a person.
    for text in ["exit 0\nbreakglass guard --staged\n", "echo breakglass guard\n", line] {
        let place = with(&[(hook, text, true)], &[]);
        assert_item(&list(&place, &[]), '□', words, "see that it stops");
    }
}

#[test]
fn what_was_not_looked_for_or_into_is_not_checked() {
    let place = Place::new();
    place.seal("prod.env.gpg", "LONG='k7Vq2mZx9pL4tRw8'\nSHORT='k7Vq2mZ'\n");
    git(&place, &["init", "-q", "."]);
    place.write("app.js", "k7Vq2mZ");
    let found = with_vault(&place);
    let detail = "not looked for, being of fewer than 8 characters: SHORT";
    assert_item(&found, '□', "no values in the repository", detail);
    let place = repository();
    place.write("old.log.gz", b"\x1f\x8b\x08and so on");
    let found = with_vault(&place);
    assert_item(&found, '□', "no values in the repository", "not unpacked: 1 compressed file");
}

#[test]
fn an_old_vault_is_not_current_for_want_of_a_limit() {
    let place = repository();
    place.write("breakglass.toml", "vault = 'prod.env.gpg'\n");
    let words = "it is current";
    assert_item(&list(&place, &[]), '✔', words, "its own");
    place.write("breakglass.toml", "vault = 'prod.env.gpg'\nrequired = ['MISSING']\n");
    assert_item(&list(&place, &[]), '✘', words, "missing: MISSING");
    place.write("breakglass.toml", "vault = 'prod.env.gpg'\n");
    let receipt = String::from_utf8(place.read("prod.env.gpg.receipt")).expect("UTF-8");
    let year = jiff::Timestamp::now().strftime("%Y-").to_string();
    let sealed = receipt.replace(&format!("# sealed: {year}"), "# sealed: 2021-");
    assert_ne!(sealed, receipt);
    place.write("prod.env.gpg.receipt", sealed);
    assert_item(&list(&place, &[]), '□', words, "that is more than a quarter ago");
    place.write("breakglass.toml", "vault = 'prod.env.gpg'\nmax_age = '30d'\n");
    assert_item(&list(&place, &[]), '✘', words, "too long ago");
}

#[test]
fn a_log_that_cannot_be_read_or_believed_makes_nothing_current() {
    let place = repository();
    let toml = "vault = 'prod.env.gpg'\n[secrets]\nGEMINI_API_KEY = { class = 'high', rotation = '30d' }\n\
        JWT_SECRET = { class = 'critical' }\n";
    place.write("breakglass.toml", toml);
    std::fs::create_dir(place.path("security")).expect("a folder");
    let log = "security/rotation-log.txt";
    let day = |days: i64| {
        let time = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days);
        time.strftime("%F").to_string()
    };
    let good = format!("{} GEMINI_API_KEY\n{} JWT_SECRET\n", day(40), day(40));
    place.write(log, &good);
    let found = list(&place, &[]);
    assert_item(&found, '✔', "it is current", "none since it was sealed, by the log");
    assert_item(&found, '✘', "every secret is rotated", "GEMINI_API_KEY");
    place.write(log, format!("{good}2099-01-01 JWT_SECRET\n"));
    let found = list(&place, &[]);
    assert_item(&found, '□', "it is current", "line 3 of ");
    place.write(log, format!("{good}yesterday JWT_SECRET\n"));
    assert_item(&list(&place, &[]), '□', "it is current", "line 3 of ");
    std::fs::remove_file(place.path(log)).expect("removed");
    std::fs::create_dir(place.path(log)).expect("a folder");
    assert_item(&list(&place, &[]), '□', "it is current", "is not a file");
}

#[test]
fn a_secret_without_class_and_rotation_is_not_in_time() {
    let place = repository();
    place.write("breakglass.toml", "[secrets]\nFEATURE = {}\nDSN = { rotation = 'never' }\n");
    let detail = "neither class nor rotation of FEATURE";
    assert_item(&list(&place, &[]), '□', "every secret is rotated in time", detail);
}

#[test]
fn a_vault_on_standard_input_is_read_once() {
    let place = repository();
    let words = ["doctor", "--checklist", "-", "--passphrase-file", "passphrase"];
    let found = feed(place.breakglass().args(words), &place.read("prod.env.gpg"));
    assert_item(&found, '✔', "the emergency copy is there", "AES-256");
    assert_item(&found, '✔', "no values in the repository", "");
}
