//! The hook of `init --hook`, run by real `git commit`, alone and beside what is there.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};

use crate::git::{git, repository, run};
use crate::support::{Place, assert_success, output, stderr, stdout};

/// git as a user has it, with the program on the path.
fn with_program(place: &Place, folder: &str) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_breakglass")).parent().expect("a folder");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(
        std::iter::once(program.to_owned()).chain(std::env::split_paths(&path)),
    );
    let mut command = git(place, folder);
    command.env("PATH", path.expect("a path"));
    command
}

fn init(place: &Place, folder: &str, words: &[&str]) -> Output {
    let mut command = place.breakglass();
    command.current_dir(place.path(folder)).args(["init", "--hook"]).args(words);
    let path = with_program(place, folder);
    let path = path.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, value)| value);
    command.env("PATH", path.expect("is set"));
    output(command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1"))
}

fn installed(extra: &[&str]) -> Place {
    let place = repository(extra);
    assert_success(&init(&place, "r", &["--yes"]));
    place
}

fn script(place: &Place, name: &str, text: &str) {
    let path = place.path(name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
    place.write(name, text);
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("chmod");
}

fn mode(place: &Place, name: &str) -> u32 {
    std::fs::metadata(place.path(name)).expect("is there").permissions().mode() & 0o777
}

/// Whether a commit is made; what is not made is refused for the file that is named.
#[track_caller]
fn commits(place: &Place, folder: &str, words: &[&str]) -> bool {
    let output = output(with_program(place, folder).args(["commit", "-qm", "x"]).args(words));
    let said = stderr(&output);
    assert_eq!(output.status.success(), !said.contains("an environment file"), "{said}");
    output.status.success()
}

#[test]
fn commits_of_every_kind() {
    let place = installed(&[]);
    assert_eq!(mode(&place, "r/.git/hooks/pre-commit"), 0o755);
    // Names with all that a shell could stumble over.
    place.write("r/it's \"a\"\nb $(c).env", "");
    place.write("r/harmless \"a\"\nb", "");
    run(&place, "r", &["add", "harmless \"a\"\nb"]);
    assert!(commits(&place, "r", &[]));
    run(&place, "r", &["add", "--all"]);
    assert!(!commits(&place, "r", &[]));
    run(&place, "r", &["reset", "-q"]);
    std::fs::remove_file(place.path("r/it's \"a\"\nb $(c).env")).expect("removes");
    // Part of what is staged: git makes an index of its own for it.
    place.write("r/a", "second\n");
    place.write("r/.env", "");
    run(&place, "r", &["add", "--all"]);
    assert!(!commits(&place, "r", &[]));
    assert!(!commits(&place, "r", &["a", ".env"]));
    assert!(commits(&place, "r", &["a"]));
    assert!(!commits(&place, "r", &["--only", ".env"]));
    run(&place, "r", &["rm", "-q", "--cached", ".env"]);
    // All that is tracked: with a file that was committed in spite of everything.
    assert!(commits(&place, "r", &["--allow-empty"]));
    run(&place, "r", &["add", ".env"]);
    assert!(commits(&place, "r", &["--no-verify"]));
    place.write("r/.env", "changed");
    place.write("r/a", "third\n");
    assert!(!commits(&place, "r", &["--all"]));
    assert!(!commits(&place, "r", &["--all", "--amend"]));
    assert!(commits(&place, "r", &["--amend"]));
    // From a folder within, and by -C and --git-dir from elsewhere.
    std::fs::create_dir(place.path("r/sub")).expect("a folder");
    run(&place, "r", &["add", ".env"]);
    assert!(!commits(&place, "r/sub", &[]));
    let mut elsewhere = with_program(&place, "home");
    elsewhere.args(["--git-dir", "../r/.git", "--work-tree", "../r", "commit", "-qm", "x"]);
    assert!(!output(&mut elsewhere).status.success());
    run(&place, "r", &["rm", "-qf", ".env"]);
    assert!(commits(&place, "r/sub", &[]));
}

#[test]
fn in_linked_work_trees_submodules_and_rebases() {
    let place = installed(&[]);
    run(&place, "r", &["worktree", "add", "-q", "-b", "linked", "../linked tree"]);
    for folder in ["linked tree", "r"] {
        place.write(&format!("{folder}/.env"), "");
        place.write(&format!("{folder}/b"), "");
        run(&place, folder, &["add", ".env"]);
        assert!(!commits(&place, folder, &[]), "{folder}");
        run(&place, folder, &["rm", "-q", "--cached", ".env"]);
        run(&place, folder, &["add", "b"]);
        assert!(commits(&place, folder, &[]), "{folder}");
    }
    assert_success(&init(&place, "linked tree", &[]));
    // A rebase takes commits as they are; what is changed on the way is looked at.
    let mut rebase = with_program(&place, "r");
    rebase
        .env("GIT_SEQUENCE_EDITOR", "sed -i s/^pick/edit/")
        .args(["rebase", "-q", "-i", "HEAD~1"]);
    assert_success(&output(&mut rebase));
    run(&place, "r", &["add", ".env"]);
    assert!(!commits(&place, "r", &["--amend"]));
    run(&place, "r", &["rm", "-q", "--cached", ".env"]);
    assert_success(&output(with_program(&place, "r").args(["rebase", "--continue"])));
    // A submodule has hooks of its own.
    run(&place, "", &["clone", "-q", "r", "other"]);
    run(&place, "r", &["submodule", "--quiet", "add", "../other", "sub"]);
    assert_success(&init(&place, "r/sub", &["--yes"]));
    place.write("r/sub/.env", "");
    run(&place, "r/sub", &["add", ".env"]);
    assert!(!commits(&place, "r/sub", &[]));
    assert!(commits(&place, "r", &[]));
}

#[test]
fn a_first_commit_and_sha256() {
    let place = Place::new();
    run(&place, "", &["init", "-q", "--object-format=sha256", "--template=", "r"]);
    // There is not even a folder for hooks.
    assert!(!place.path("r/.git/hooks").exists());
    assert_success(&init(&place, "r", &["--yes"]));
    place.write("r/.env", "");
    run(&place, "r", &["add", "--all"]);
    assert!(!commits(&place, "r", &[]));
    run(&place, "r", &["rm", "-q", "--cached", ".env"]);
    assert!(commits(&place, "r", &["--allow-empty"]));
}

#[test]
fn it_is_shown_first_and_installed_once() {
    let place = repository(&[]);
    let shown = init(&place, "r", &[]);
    assert_eq!(shown.status.code(), Some(3));
    let path =
        std::fs::canonicalize(place.path("r/.git/hooks")).expect("is there").join("pre-commit");
    let head = format!("would write '{}':\n    #!/bin/sh\n", path.display());
    assert!(stdout(&shown).starts_with(&head), "{}", stdout(&shown));
    assert!(!path.exists());
    assert_eq!(
        stderr(&shown),
        "breakglass: nothing was done: there is no terminal to ask on, and --yes does without\n"
    );
    let done = init(&place, "r", &["--yes"]);
    assert_success(&done);
    assert_eq!(stderr(&done), format!("breakglass: wrote '{}'\n", path.display()));
    let text = place.read("r/.git/hooks/pre-commit");
    for words in [&[][..], &["--yes"]] {
        let again = init(&place, "r", words);
        assert_success(&again);
        let there = format!("'{}' calls breakglass guard already\n", path.display());
        assert_eq!((stdout(&again), stderr(&again)), (there, String::new()));
    }
    assert_eq!(place.read("r/.git/hooks/pre-commit"), text);
    // An older version of our lines is replaced where it stands.
    let older = String::from_utf8(text.clone()).expect("text").replace("3) exit 1", "3) exit 2");
    place.write("r/.git/hooks/pre-commit", format!("{older}echo theirs >&2\n"));
    assert_success(&init(&place, "r", &["--yes"]));
    let expected = [&text[..], b"echo theirs >&2\n"].concat();
    assert_eq!(place.read("r/.git/hooks/pre-commit"), expected);
    // The first set-up offers it where it is missing, and only there.
    let offers = |folder: &str| {
        let mut command = place.breakglass();
        command.current_dir(place.path(folder)).args(["init", "--yes"]);
        let done = output(command.env("GIT_CONFIG_GLOBAL", "/dev/null"));
        assert_success(&done);
        stderr(&done).contains("hint: breakglass init --hook ")
    };
    std::fs::create_dir(place.path("alone")).expect("a folder");
    run(&place, "", &["init", "-q", "new"]);
    assert_eq!(["r", "new", "alone"].map(offers), [false, true, false]);
    // Without the program on the path it would look at names only.
    let mut command = place.breakglass();
    command.current_dir(place.path("r")).args(["init", "--hook"]);
    script(&place, "r/.git/hooks/pre-commit", "#!/bin/sh\n");
    assert!(stderr(&output(&mut command)).contains("breakglass is not on the PATH"));
}

#[test]
fn beside_a_shell_script() {
    for ending in ["exit 0", "exec true", "set -eu; true"] {
        let place = repository(&[]);
        let theirs =
            format!("#!/bin/bash -e\n# theirs\necho theirs >>../ran\ntest ! -e stop\n{ending}\n");
        script(&place, "r/.git/hooks/pre-commit", &theirs);
        std::fs::set_permissions(
            place.path("r/.git/hooks/pre-commit"),
            PermissionsExt::from_mode(0o750),
        )
        .expect("chmod");
        let shown = init(&place, "r", &["--yes"]);
        assert_success(&shown);
        assert!(
            stdout(&shown).starts_with("would add to the beginning of '"),
            "{}",
            stdout(&shown)
        );
        let text = String::from_utf8(place.read("r/.git/hooks/pre-commit")).expect("text");
        assert!(text.starts_with("#!/bin/bash -e\n# >>> breakglass guard >>>\n"), "{text}");
        assert!(text.ends_with(theirs.split_once('\n').expect("lines").1), "{text}");
        assert_eq!(mode(&place, "r/.git/hooks/pre-commit"), 0o750);
        place.write("r/.env", "");
        run(&place, "r", &["add", "--all"]);
        assert!(!commits(&place, "r", &[]), "{ending}");
        run(&place, "r", &["rm", "-q", "--cached", ".env"]);
        assert!(commits(&place, "r", &["--allow-empty"]), "{ending}");
        assert_eq!(place.read("ran"), b"theirs\n", "{ending}");
        // Theirs counts as before.
        place.write("r/stop", "");
        let stopped =
            output(with_program(&place, "r").args(["commit", "-qm", "x", "--allow-empty"]));
        assert!(!stopped.status.success(), "{ending}");
    }
}

#[test]
fn beside_a_script_without_a_first_line_and_one_that_is_a_link() {
    let place = repository(&[]);
    script(&place, "r/scripts/check", "echo theirs >>../ran\n");
    symlink("../../scripts/check", place.path("r/.git/hooks/pre-commit")).expect("a link");
    assert_success(&init(&place, "r", &["--yes"]));
    assert!(place.path("r/.git/hooks/pre-commit").is_symlink());
    assert!(place.read("r/scripts/check").starts_with(b"# >>> breakglass guard >>>\n"));
    place.write("r/.env", "");
    run(&place, "r", &["add", ".env"]);
    assert!(!commits(&place, "r", &[]));
    run(&place, "r", &["rm", "-q", "--cached", ".env"]);
    assert!(commits(&place, "r", &["--allow-empty"]));
    assert_eq!(place.read("ran"), b"theirs\n");
}

/// Else a repository that somebody sent could have us write into its user's own files.
#[test]
fn nothing_is_written_through_a_link_that_leads_out() {
    let place = repository(&[]);
    let theirs = "alias ll='ls -l'\n";
    place.write("home/profile", theirs);
    for (link, target) in [
        (".git/hooks/pre-commit", "home/nowhere"),
        (".git/hooks/pre-commit", "home/profile"),
        (".husky/pre-commit", "home/profile"),
        (".husky/pre-commit", "home/nowhere"),
        (".husky", "home"),
    ] {
        let link = place.path("r").join(link);
        std::fs::create_dir_all(link.parent().expect("a folder")).expect("a folder");
        symlink(place.path(target), &link).expect("a link");
        let shown = init(&place, "r", &["--yes"]);
        assert_eq!(shown.status.code(), Some(3), "{}", stderr(&shown));
        assert!(stdout(&shown).contains("the hook lies outside of this repository"), "{link:?}");
        assert_eq!(place.read("home/profile"), theirs.as_bytes());
        assert!(!place.path("home/nowhere").exists() && !place.path("home/pre-commit").exists());
        std::fs::remove_file(&link).expect("removes");
        let _ = std::fs::remove_dir(place.path("r/.husky"));
    }
}

#[test]
fn before_a_program_that_is_no_shell_script() {
    let place = repository(&[]);
    let theirs = "#!/usr/bin/env python3\nimport os, sys\nopen('../ran', 'a').write('theirs\\n')\nsys.exit(os.path.exists('stop'))\n";
    script(&place, "r/.git/hooks/pre-commit", theirs);
    let shown = init(&place, "r", &["--yes"]);
    assert_success(&shown);
    assert!(stdout(&shown).contains("pre-commit.before-breakglass', and write in its place:"));
    assert_eq!(place.read("r/.git/hooks/pre-commit.before-breakglass"), theirs.as_bytes());
    assert_eq!(mode(&place, "r/.git/hooks/pre-commit"), 0o755);
    place.write("r/.env", "");
    run(&place, "r", &["add", ".env"]);
    assert!(!commits(&place, "r", &[]));
    assert!(!place.path("ran").exists());
    run(&place, "r", &["rm", "-q", "--cached", ".env"]);
    assert!(commits(&place, "r", &["--allow-empty"]));
    assert_eq!(place.read("ran"), b"theirs\n");
    place.write("r/stop", "");
    let stopped = output(with_program(&place, "r").args(["commit", "-qm", "x", "--allow-empty"]));
    assert!(!stopped.status.success());
    assert_success(&init(&place, "r", &["--yes"]));
    // A name that is taken is not written over.
    script(&place, "r/.git/hooks/pre-commit", theirs);
    let taken = init(&place, "r", &["--yes"]);
    assert_eq!(taken.status.code(), Some(1));
    assert!(stderr(&taken).contains("before-breakglass' exists, so it is not written"));
    assert_eq!(place.read("r/.git/hooks/pre-commit"), theirs.as_bytes());
}

#[test]
fn a_hook_that_git_passes_over_does_not_begin_to_run() {
    let place = repository(&[]);
    place.write("r/.git/hooks/pre-commit", "#!/bin/sh\necho theirs >>../ran\n");
    assert_success(&init(&place, "r", &["--yes"]));
    place.write("r/.env", "");
    run(&place, "r", &["add", ".env"]);
    assert!(!commits(&place, "r", &[]));
    run(&place, "r", &["rm", "-q", "--cached", ".env"]);
    assert!(commits(&place, "r", &["--allow-empty"]));
    assert!(!place.path("ran").exists());
}

/// What husky 9 writes into .husky/_ and has git run.
const HUSKY: &str = r#"#!/usr/bin/env sh
n=$(basename "$0")
s=$(dirname "$(dirname "$0")")/$n
[ ! -f "$s" ] && exit 0
export PATH="node_modules/.bin:$PATH"
sh -e "$s" "$@"
c=$?
[ $c != 0 ] && echo "husky - $n script failed (code $c)"
exit $c
"#;

#[test]
fn with_husky() {
    for theirs in [None, Some("echo theirs >>../ran\n")] {
        let place = repository(&[]);
        script(&place, "r/.husky/_/pre-commit", HUSKY);
        if let Some(theirs) = theirs {
            place.write("r/.husky/pre-commit", theirs);
        }
        for installed in [false, true] {
            if installed {
                run(&place, "r", &["config", "core.hooksPath", ".husky/_"]);
            }
            assert_success(&init(&place, "r", &["--yes"]));
        }
        assert!(place.path("r/.husky/pre-commit").exists());
        assert!(!place.path("r/.git/hooks/pre-commit").exists());
        assert_eq!(place.read("r/.husky/_/pre-commit"), HUSKY.as_bytes());
        assert_eq!(mode(&place, "r/.husky/pre-commit") & 0o111, 0);
        place.write("r/.env", "");
        run(&place, "r", &["add", ".env"]);
        assert!(!commits(&place, "r", &[]), "{theirs:?}");
        run(&place, "r", &["rm", "-q", "--cached", ".env"]);
        assert!(commits(&place, "r", &["--allow-empty"]), "{theirs:?}");
        assert_eq!(place.path("ran").exists(), theirs.is_some());
    }
    // Before version 9, git itself ran the file.
    let place = repository(&[]);
    run(&place, "r", &["config", "core.hooksPath", ".husky"]);
    script(
        &place,
        "r/.husky/pre-commit",
        "#!/usr/bin/env sh\n. \"$(dirname -- \"$0\")/_/husky.sh\"\n",
    );
    place.write("ran", "");
    std::fs::create_dir(place.path("r/.husky/_")).expect("a folder");
    place.write("r/.husky/_/husky.sh", "echo theirs >>../ran\n");
    assert_success(&init(&place, "r", &["--yes"]));
    place.write("r/.env", "");
    run(&place, "r", &["add", ".env"]);
    assert!(!commits(&place, "r", &[]));
    assert!(commits(&place, "r", &["a", "--allow-empty"]));
    assert_eq!(place.read("ran"), b"theirs\n");
}

#[test]
fn hooks_that_lie_elsewhere_or_are_written_by_a_program() {
    let place = repository(&[]);
    let by_hand = |config: &str, lines: &str| {
        let shown = init(&place, "r", &["--yes"]);
        assert_eq!(shown.status.code(), Some(3), "{}", stderr(&shown));
        let text = stdout(&shown);
        assert!(text.contains(config) && text.contains(lines), "{text}");
        text
    };
    // In the work tree: for whoever clones it, too.
    run(&place, "r", &["config", "core.hooksPath", ".githooks"]);
    assert_success(&init(&place, "r", &["--yes"]));
    assert!(place.path("r/.githooks/pre-commit").exists());
    // For all repositories of a user: left alone.
    std::fs::create_dir(place.path("shared")).expect("a folder");
    let shared = place.path("shared");
    run(&place, "r", &["config", "core.hooksPath", shared.to_str().expect("UTF-8")]);
    by_hand(
        "the hook lies outside of this repository, by core.hooksPath or a link; add to '",
        "    breakglass guard --staged || exit 1\n",
    );
    assert!(!place.path("shared/pre-commit").exists());
    script(&place, "shared/pre-commit", "#!/bin/sh\nbreakglass guard --staged || exit 1\n");
    assert_success(&init(&place, "r", &[]));
    run(&place, "r", &["config", "--unset", "core.hooksPath"]);
    for (name, config, hook) in [
        (
            "pre-commit",
            ".pre-commit-config.yaml",
            "#!/bin/sh\n# File generated by pre-commit: https://pre-commit.com\n",
        ),
        ("lefthook", "lefthook.yml", "#!/bin/sh\ncall_lefthook run \"pre-commit\" \"$@\"\n"),
        (
            "simple-git-hooks",
            "package.json",
            "#!/bin/sh\nif [ \"$SKIP_SIMPLE_GIT_HOOKS\" = \"1\" ]; then exit 0; fi\n",
        ),
    ] {
        place.write(&format!("r/{config}"), "theirs\n");
        // Known by its own file alone, where that is its own.
        if config != "package.json" {
            by_hand(
                &format!("{name} writes the hooks here; add to '"),
                "breakglass guard --staged",
            );
        }
        script(&place, "r/.git/hooks/pre-commit", hook);
        let text = by_hand(
            &format!("{name} writes the hooks here; add to '"),
            "breakglass guard --staged",
        );
        assert!(text.contains(&format!("{config}' by hand:\n")), "{text}");
        assert_eq!(place.read("r/.git/hooks/pre-commit"), hook.as_bytes());
        place.write(&format!("r/{config}"), "theirs: breakglass guard --staged\n");
        assert_success(&init(&place, "r", &[]));
        for name in [config, ".git/hooks/pre-commit"] {
            std::fs::remove_file(place.path("r").join(name)).expect("removes");
        }
    }
    run(&place, "", &["clone", "-q", "--bare", "r", "bare"]);
    assert_eq!(init(&place, "bare", &["--yes"]).status.code(), Some(1));
    assert_eq!(init(&place, "home", &["--yes"]).status.code(), Some(1));
}

#[test]
fn where_the_program_is_missing_git_looks_at_the_names() {
    let place = installed(&[]);
    let commit = |words: &[&str]| output(git(&place, "r").args(["commit", "-qm", "x"]).args(words));
    for name in [
        ".env.example",
        ".env_example",
        "prod.env.gpg",
        ".env.age",
        ".env.gpg.receipt",
        ".envrc",
        "example.env",
        "b",
    ] {
        place.write(&format!("r/{name}"), "");
    }
    run(&place, "r", &["add", "--all"]);
    let passed = commit(&[]);
    assert_success(&passed);
    assert!(stderr(&passed).contains("only names are checked"), "{}", stderr(&passed));
    std::fs::create_dir(place.path("r/x y")).expect("a folder");
    for name in [
        ".env",
        ".ENV.Local",
        "x y/prod.env",
        ".env-prod",
        "two\nlines.env",
        ".env2",
        "prod.env~",
        "PROD.env.bak",
        "prod.env.swo",
    ] {
        place.write(&format!("r/{name}"), "");
        run(&place, "r", &["add", "--all"]);
        let stopped = commit(&[]);
        assert!(!stopped.status.success(), "{name}");
        assert!(
            stderr(&stopped).contains("environment files stay out of git"),
            "{}",
            stderr(&stopped)
        );
        assert!(!stderr(&stopped).contains("two\nlines"));
        let literally =
            git(&place, "r").args(["--literal-pathspecs", "commit", "-qm", "x"]).output();
        assert!(!literally.expect("git runs").status.success(), "{name}");
        run(&place, "r", &["rm", "-q", "--cached", name]);
        std::fs::remove_file(place.path("r").join(name)).expect("removes");
    }
    assert_success(&commit(&["--allow-empty"]));
}

#[test]
fn a_guard_that_fails_stops_the_commit_and_says_how_to_go_on() {
    let place = installed(&[]);
    script(&place, "bin/breakglass", "#!/bin/sh\nexit 1\n");
    let path =
        format!("{}:{}", place.path("bin").display(), std::env::var("PATH").expect("a path"));
    let commit = |words: &[&str]| {
        let mut command = git(&place, "r");
        output(command.env("PATH", &path).args(["commit", "-qm", "x", "--allow-empty"]).args(words))
    };
    let stopped = commit(&[]);
    assert!(!stopped.status.success());
    assert_eq!(
        stderr(&stopped),
        "breakglass: not checked, so not committed; git commit --no-verify does without\n"
    );
    assert_success(&commit(&["--no-verify"]));
}
