//! `scan --git`: everything that a repository has ever held, and which commit brought it in.

use serde_json::{Value, json};

use crate::support::{Place, assert_success, output, stderr, stdout};

const KEY: &str = "sk_live_fake9QzXyPl4nT3dWv";
const OTHER: &str = "whsec_fake5Kd8Rw2Zx6Vb1Nq";

/// A vault, and an empty repository in `r`.
fn place() -> Place {
    let place = Place::new();
    place.cheap(
        "v.env.gpg",
        format!("STRIPE_SECRET_KEY='{KEY}'\nSTRIPE_WEBHOOK_SECRET='{OTHER}'\n"),
    );
    sh(&place, "git init -q r");
    place
}

/// Runs a script in the place, in which `commit` commits everything in `r`; returns what it prints.
fn sh(place: &Place, script: &str) -> String {
    let head = "set -e; export GIT_AUTHOR_NAME=fake GIT_AUTHOR_EMAIL=fake@example.com \
                GIT_COMMITTER_NAME=fake GIT_COMMITTER_EMAIL=fake@example.com \
                GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=init.defaultBranch GIT_CONFIG_VALUE_0=main; \
                commit() { git add -A; git commit -q --allow-empty -m \"$*\"; }; ";
    let outcome = output(place.command("sh").args(["-c", &format!("{head}{script}")]));
    assert_success(&outcome);
    stdout(&outcome).trim_end().to_owned()
}

fn scan(place: &Place, repository: &str) -> (i32, Value) {
    let mut command = place.breakglass();
    command.args([
        "scan",
        "v.env.gpg",
        "--passphrase-file",
        "passphrase",
        "--json",
        "--git",
        repository,
    ]);
    let outcome = output(&mut command);
    let text = stdout(&outcome) + &stderr(&outcome);
    assert!(!text.contains("QzXy") && !text.contains("Rw2Zx6"), "{text}");
    let report = serde_json::from_slice(&outcome.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", stderr(&outcome)));
    (outcome.status.code().unwrap(), report)
}

/// Commit and path of each finding, in order; the object's kind where there is no commit.
#[track_caller]
fn found(place: &Place) -> Vec<(String, String)> {
    let (status, report) = scan(place, "r");
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(status, if findings.is_empty() { 0 } else { 3 }, "{report}");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut found: Vec<_> = findings
        .iter()
        .map(|it| {
            (
                text(if it["commit"].is_null() { &it["kind"] } else { &it["commit"] }),
                text(&it["path"]),
            )
        })
        .collect();
    found.sort();
    found
}

fn one(commit: impl Into<String>, path: &str) -> Vec<(String, String)> {
    vec![(commit.into(), path.to_owned())]
}

/// The value in a file that was committed and taken out again, loose and packed.
#[test]
fn a_commit_of_long_ago() {
    let place = place();
    let commit = sh(
        &place,
        &format!(
            "cd r; echo a > a; commit one; mkdir -p src/deep; echo 'key = \"{KEY}\"' > src/deep/b.js; commit two; \
             git rev-parse HEAD; git rm -qr src; commit three; git clone -q --bare . ../bare.git"
        ),
    );
    assert_eq!(found(&place), one(&commit, "src/deep/b.js"));
    sh(&place, "cd r; git gc -q --prune=now; rm -rf .git/objects/??");
    assert_eq!(found(&place), one(&commit, "src/deep/b.js"));
    // The same by another way to it.
    sh(&place, "cd r; git worktree add -q ../linked HEAD");
    for repository in ["bare.git", "linked", "r/.git"] {
        let (status, report) = scan(&place, repository);
        assert_eq!((status, &report["findings"][0]["commit"]), (3, &json!(commit)), "{repository}");
    }
}

/// Commits that no branch leads to: by a tag alone, by the reflog alone, by a stash, by nothing.
#[test]
fn what_no_branch_leads_to() {
    let place = place();
    let aside = |last: &str| {
        format!(
            "cd r; git checkout -q --orphan aside; echo {KEY} > x; commit aside; git rev-parse HEAD; \
             {last}; git checkout -qf main; git branch -qD aside"
        )
    };
    sh(&place, "cd r; echo a > a; commit one");
    let commit = sh(&place, &aside("git tag only"));
    sh(&place, "cd r; git reflog expire --expire=now --all; git gc -q --prune=now");
    assert_eq!(found(&place), one(&commit, "x"));
    sh(&place, "cd r; git tag -d only >&2; git gc -q --prune=now");
    assert_eq!(found(&place), []);
    let commit = sh(&place, &aside(":"));
    assert_eq!(found(&place), one(&commit, "x"), "the reflog");
    sh(&place, "cd r; git reflog expire --expire=now --all");
    assert_eq!(found(&place), one("blob", ""), "nothing");
    sh(&place, "cd r; git gc -q --prune=now");
    assert_eq!(found(&place), []);
    let stash = sh(&place, &format!("cd r; echo {KEY} > a; git stash -q; git rev-parse stash"));
    sh(&place, "cd r; git reflog expire --expire=now HEAD");
    assert_eq!(found(&place), one(stash, "a"));
    sh(&place, "cd r; git stash drop -q; git gc -q --prune=now");
    sh(&place, &format!("cd r; echo {KEY} > staged; git add staged"));
    assert_eq!(found(&place), one("blob", ""), "staged, never committed");
}

#[test]
fn messages_tags_and_names() {
    let place = place();
    let commit =
        sh(&place, &format!("cd r; echo a > a; commit the key is {KEY}; git rev-parse HEAD"));
    let (_, report) = scan(&place, "r");
    let finding = &report["findings"][0];
    assert_eq!((&finding["kind"], &finding["object"]), (&json!("commit"), &json!(commit)));
    sh(
        &place,
        "cd r; git commit -q --amend -m one; git reflog expire --expire=now --all; git gc -q --prune=now",
    );
    assert_eq!(found(&place), []);
    sh(&place, &format!("cd r; git tag -a noted -m 'for {KEY}'; echo a > {OTHER}; commit two"));
    assert_eq!(found(&place), [one("tag", ""), one("tree", "")].concat());
}

/// Paths as they are, whatever is in them, each once, with the first commit that had it.
#[test]
fn paths_merges_and_copies() {
    let place = place();
    let commits = sh(
        &place,
        &format!(
            "cd r; echo a > a; commit one; git checkout -qb side; \
             name=$(printf 'line\\nend \"quoted\" \\033[31m'); echo {KEY} > \"$name\"; commit two; git rev-parse HEAD; \
             git checkout -q main; cp a b; commit three; git merge -q --no-commit side >&2; echo {OTHER} > evil; \
             commit merge; git rev-parse HEAD; mv \"$name\" moved; commit moved; git rev-parse HEAD; \
             git rm -q moved; commit gone; git revert --no-edit HEAD >&2"
        ),
    );
    let commits: Vec<&str> = commits.lines().collect();
    let mut expected = vec![
        (commits[0].to_owned(), "line\nend \"quoted\" \u{1b}[31m".to_owned()),
        (commits[1].to_owned(), "evil".to_owned()),
        (commits[2].to_owned(), "moved".to_owned()),
    ];
    expected.sort();
    assert_eq!(found(&place), expected);
    let mut command = place.breakglass();
    let arguments = ["scan", "v.env.gpg", "--passphrase-file", "passphrase", "--git", "r"];
    let text = stdout(&output(command.args(arguments)));
    assert!(
        text.contains(&format!(
            "commit {} 'line\\nend \"quoted\" \\u{{1b}}[31m', line 1\n",
            &commits[0][..12]
        )),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'), "{text}");
}

#[test]
fn a_value_in_a_path_is_not_shown() {
    let place = place();
    let commit = sh(
        &place,
        &format!("cd r; mkdir {OTHER}; echo {KEY} > {OTHER}/.env; commit one; git rev-parse HEAD"),
    );
    let (_, report) = scan(&place, "r");
    assert_eq!(report["committed_env"], json!(["[STRIPE_WEBHOOK_SECRET]/.env"]));
    let expected = [one(commit, "[STRIPE_WEBHOOK_SECRET]/.env"), one("tree", "")].concat();
    assert_eq!(found(&place), expected);
}

/// A path that git itself would not make does not pass for what stands beside it, nor reach a terminal as it is.
#[test]
fn a_path_that_is_longer_than_any() {
    let place = place();
    let script = format!(
        "cd r; blob=$(echo {KEY} | git hash-object -w --stdin); \
         {{ printf '100644 blob %s\\t' $blob; head -c 1048576 /dev/zero | tr '\\0' a; printf '\\033[31m\\0'; \
         printf '100644 blob %s\\tb\\0' $blob; }} | git mktree -z > ../tree; \
         git update-ref HEAD $(git commit-tree -m x $(cat ../tree))"
    );
    sh(&place, &script);
    let mut command = place.breakglass();
    let arguments = ["scan", "v.env.gpg", "--passphrase-file", "passphrase", "--git", "r"];
    let outcome = output(command.args(arguments));
    let text = stdout(&outcome);
    assert_eq!(outcome.status.code(), Some(4), "{text}");
    assert!(
        text.contains("cannot tell: git log")
            && text.contains("STRIPE_SECRET_KEY, as it is: blob ")
    );
    assert!(!text.contains('\u{1b}'), "{text}");
}

/// An order of paths is a matter of taste, and the file with it may be missing, or a pipe.
#[test]
fn settings_that_make_git_fail() {
    let place = place();
    let commit = sh(&place, &format!("cd r; echo {KEY} > a; commit one; git rev-parse HEAD"));
    sh(&place, "cd r; mkfifo order; git config diff.orderFile \"$PWD/order\"");
    assert_eq!(found(&place), one(commit, "a"));
}

#[test]
fn the_steps_after_a_committed_env_file() {
    let place = place();
    sh(
        &place,
        &format!(
            "cd r; mkdir 'a b'; echo K={KEY} > 'a b/.env.production'; echo {KEY} > x; commit one"
        ),
    );
    let mut command = place.breakglass();
    let arguments = ["scan", "v.env.gpg", "--passphrase-file", "passphrase", "--git", "r"];
    let outcome = output(command.args(arguments));
    assert_eq!(outcome.status.code(), Some(3));
    let text = stdout(&outcome);
    let steps = text.split_once("a .env file was committed").expect("steps").1;
    let order: Vec<usize> = [
        "rotate ALL of it",
        "git filter-repo --invert-paths --path 'a b/.env.production'\n",
        "git push --force",
        "ask the host to purge its caches",
        "breakglass log incident --severity SEV-1 --secret NAME",
        "breakglass init",
    ]
    .iter()
    .map(|step| steps.find(step).unwrap_or_else(|| panic!("{step}: {text}")))
    .collect();
    assert!(order.is_sorted(), "{text}");
    assert_eq!(scan(&place, "r").1["committed_env"], json!(["a b/.env.production"]));
    sh(
        &place,
        "cd r; git rm -qr --cached .; rm -r 'a b'; git commit -q --allow-empty --amend -m x; git reflog expire --expire=now --all; git gc -q --prune=now",
    );
    assert_eq!(scan(&place, "r").1["committed_env"], json!([]));
}

/// A history that is not all here is never called clean, nor one that cannot be read.
#[test]
fn what_is_not_all_there() {
    let place = place();
    sh(
        &place,
        "cd r; echo a > a; commit one; echo b > a; commit two; git clone -q --depth 1 file://$PWD ../shallow",
    );
    let (status, report) = scan(&place, "shallow");
    assert_eq!((status, &report["git"]["whole"]), (4, &json!(false)), "{report}");
    assert_eq!(scan(&place, "r").0, 0);
    sh(
        &place,
        "cd r; git config uploadpack.allowFilter true; git clone -q --no-checkout --filter=blob:none file://$PWD ../partial",
    );
    assert_eq!(scan(&place, "partial").0, 4);
    sh(
        &place,
        "cd r; object=$(git rev-parse HEAD:a); file=.git/objects/$(echo $object | cut -c1-2)/$(echo $object | cut -c3-); chmod u+w $file; printf broken > $file",
    );
    let (status, report) = scan(&place, "r");
    assert_eq!((status, &report["git"]["whole"]), (4, &json!(false)), "{report}");
    assert_eq!(report["cannot_tell"].as_array().map(Vec::len), Some(1), "{report}");
    for (repository, sentence) in
        [("home", "'home' is in no git repository"), ("nowhere", "no git repository")]
    {
        let mut command = place.breakglass();
        let arguments =
            ["scan", "v.env.gpg", "--passphrase-file", "passphrase", "--git", repository];
        let outcome = output(command.args(arguments));
        assert_eq!(outcome.status.code(), Some(1), "{}", stdout(&outcome));
        assert!(stderr(&outcome).contains(sentence), "{}", stderr(&outcome));
    }
    let mut command = place.breakglass();
    let arguments = ["scan", "v.env.gpg", "--passphrase-file", "passphrase", "--git", "r"];
    let outcome = output(command.args(arguments).env("PATH", place.path("home")));
    assert_eq!(outcome.status.code(), Some(1), "{}", stderr(&outcome));
    assert!(stderr(&outcome).contains("git is not there"), "{}", stderr(&outcome));
}

/// Neither a large blob nor many objects are held whole.
#[test]
fn a_large_blob_in_bounded_memory() {
    let place = place();
    let commit = sh(
        &place,
        &format!(
            "cd r; {{ head -c 150000000 /dev/zero | tr '\\0' x; echo; echo {KEY}; }} > large; \
             git -c core.bigFileThreshold=1m add large; commit large; git rev-parse HEAD; rm large"
        ),
    );
    let arguments = ["--git", "r", "--json"];
    let (peak, text) = crate::scan::peak_memory(&place, &arguments);
    let report: Value = serde_json::from_str(&text).unwrap();
    let finding = &report["findings"][0];
    assert_eq!((&finding["commit"], &finding["offset"]), (&json!(commit), &json!(150_000_001)));
    assert!(peak < 48, "{peak} MB");
}

/// Walking says where a history lies that it cannot read, unless that is searched too.
#[test]
fn packs_that_are_met_as_files_are_told() {
    let place = place();
    sh(&place, &format!("cd r; echo {KEY} > x; commit one; rm x; commit two; git gc -q"));
    let scan = |arguments: &[&str]| {
        let mut command = place.breakglass();
        command.args(["scan", "v.env.gpg", "--passphrase-file", "passphrase"]).args(arguments);
        output(&mut command)
    };
    let outcome = scan(&["r"]);
    assert_eq!(outcome.status.code(), Some(0), "{}", stdout(&outcome));
    let warning = "the history in 'r' is compressed; --git 'r' searches it";
    assert!(stderr(&outcome).contains(warning), "{}", stderr(&outcome));
    let outcome = scan(&["r", "--git", "r"]);
    assert_eq!(outcome.status.code(), Some(3));
    assert!(!stderr(&outcome).contains("is compressed; --git"), "{}", stderr(&outcome));
    // Without a path, the history of the current folder is among the usual places.
    let mut command = place.breakglass();
    command.args(["scan", "../v.env.gpg", "--passphrase-file", "../passphrase"]);
    let outcome = output(command.current_dir(place.path("r")));
    assert_eq!(outcome.status.code(), Some(3), "{}", stderr(&outcome));
    assert!(stderr(&outcome).contains("looking at the history of '"), "{}", stderr(&outcome));
}

/// A signal ends every git that runs, also one that prints nothing, and the search.
#[test]
fn a_signal_ends_it_while_git_hangs() {
    let place = place();
    sh(&place, "cd r; printf x > a; commit one");
    std::fs::create_dir(place.path("bin")).unwrap();
    let git = sh(&place, "command -v git");
    for hanging in ["cat-file", "log"] {
        let stub = format!(
            "#!/bin/sh\ncase \"$*\" in *{hanging}*) : > '{}'; exec sleep 60;; esac\nexec {git} \"$@\"\n",
            place.path("hangs").display()
        );
        let path = place.write("bin/git", stub);
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .unwrap();
        let _ = std::fs::remove_file(place.path("hangs"));
        let mut command = place.breakglass();
        command.args(["scan", "v.env.gpg", "--passphrase-file", "passphrase", "--git", "r"]);
        let search = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{}:{search}", place.path("bin").display()));
        let begun = std::time::Instant::now();
        let child = command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        while !place.path("hangs").exists() && begun.elapsed().as_secs() < 30 {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        if !place.path("hangs").exists() {
            panic!("git {hanging} is not asked: {}", stderr(&child.wait_with_output().unwrap()));
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
        // SAFETY: a signal to our own child.
        assert_eq!(unsafe { libc::kill(i32::try_from(child.id()).unwrap(), libc::SIGTERM) }, 0);
        let outcome = child.wait_with_output().unwrap();
        assert!(begun.elapsed().as_secs() < 50, "{hanging}");
        assert_eq!(outcome.status.code(), Some(143), "{hanging}: {}", stderr(&outcome));
        assert!(stderr(&outcome).contains("not everything was searched"), "{}", stderr(&outcome));
    }
}
