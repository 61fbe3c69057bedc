//! git as the program reads it: real repositories of every kind, and hostile settings in them.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use breakglass::error::{Error, GitError};
use breakglass::git::{ObjectKind, Objects, Repository};

use crate::support::{Place, assert_success, output, stdout};

/// Real git with nobody's settings but the test's own.
pub fn git(place: &Place, folder: impl AsRef<Path>) -> Command {
    let mut command = place.command("git");
    command
        .current_dir(place.path("").join(folder))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .args(["-c", "user.name=Nobody", "-c", "user.email=nobody@example.com"])
        .args(["-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always"])
        .args(["-c", "commit.gpgSign=false", "-c", "advice.detachedHead=false"]);
    command
}

/// Runs it, and returns what it prints, without the line end.
pub fn run(place: &Place, folder: impl AsRef<Path>, words: &[&str]) -> String {
    let output = output(git(place, folder).args(words));
    assert_success(&output);
    stdout(&output).trim_end().to_owned()
}

/// A repository `r` with one commit of `a`.
pub fn repository(extra: &[&str]) -> Place {
    let place = Place::new();
    run(&place, "", &[&["init", "-q", "r"], extra].concat());
    place.write("r/a", "first\n");
    run(&place, "r", &["add", "a"]);
    run(&place, "r", &["commit", "-qm", "a"]);
    place
}

fn real(place: &Place, name: &str) -> PathBuf {
    std::fs::canonicalize(place.path(name)).expect("is there")
}

fn trouble(folder: &Path) -> Error {
    Repository::of(folder).and_then(|repository| repository.layout()).expect_err("no repository")
}

#[test]
fn where_the_parts_of_a_repository_lie() {
    let place = repository(&[]);
    std::fs::create_dir_all(place.path("r/x/y")).expect("folders");
    for folder in ["r", "r/x/y"] {
        let layout = Repository::of(&place.path(folder)).expect("asks").layout().expect("is one");
        assert_eq!(layout.top, Some(real(&place, "r")), "{folder}");
        assert_eq!(layout.git, real(&place, "r/.git"), "{folder}");
        assert_eq!(layout.common, real(&place, "r/.git"), "{folder}");
        assert_eq!(layout.hooks, real(&place, "r/.git/hooks"), "{folder}");
    }
    // A linked work tree, with a line end in its name.
    run(&place, "r", &["worktree", "add", "-q", "-b", "linked", "../w\nx"]);
    let layout = Repository::of(&place.path("w\nx")).expect("asks").layout().expect("is one");
    assert_eq!(layout.top, Some(real(&place, "w\nx")));
    assert_eq!(layout.git.parent(), Some(&*real(&place, "r/.git/worktrees")));
    assert_eq!(real(&place, layout.common.to_str().unwrap()), real(&place, "r/.git"));
    assert_eq!(real(&place, layout.hooks.to_str().unwrap()), real(&place, "r/.git/hooks"));
    // A bare one, and one within another.
    run(&place, "", &["clone", "-q", "--bare", "r", "b"]);
    let layout = Repository::of(&place.path("b")).expect("asks").layout().expect("is one");
    assert_eq!((layout.top, layout.git), (None, real(&place, "b")));
    run(&place, "r", &["submodule", "--quiet", "add", "../b", "sub"]);
    let layout = Repository::of(&place.path("r/sub")).expect("asks").layout().expect("is one");
    assert_eq!(layout.top, Some(real(&place, "r/sub")));
    assert_eq!(layout.git, real(&place, "r/.git/modules/sub"));
    // Hooks elsewhere: a relative folder is one of the work tree, wherever one stands in it.
    run(&place, "r", &["config", "core.hooksPath", ".husky/_"]);
    let layout = Repository::of(&place.path("r/x")).expect("asks").layout().expect("is one");
    assert_eq!(layout.hooks, real(&place, "r").join(".husky/_"));
    run(&place, "r", &["config", "core.hooksPath", "/elsewhere/hooks"]);
    let layout = Repository::of(&place.path("r/x")).expect("asks").layout().expect("is one");
    assert_eq!(layout.hooks, Path::new("/elsewhere/hooks"));
}

#[test]
fn what_is_no_repository() {
    let place = Place::new();
    for name in ["home", "not-there", "passphrase"] {
        let path = place.path(name);
        assert_eq!(
            trouble(&path),
            Error::Git(GitError::NoRepository { path: path.clone() }),
            "{name}"
        );
    }
}

#[test]
fn objects_with_their_content_and_without() {
    for format in ["sha1", "sha256"] {
        let place = repository(&["--object-format", format]);
        let large = vec![b'x'; 3_000_000];
        place.write("r/large", &large);
        place.write("r/empty", "");
        run(&place, "r", &["add", "."]);
        run(&place, "r", &["commit", "-qm", "b"]);
        run(&place, "r", &["tag", "-am", "t", "t"]);
        let id = |name: &str| run(&place, "r", &["rev-parse", name]);
        let ids = [id("HEAD:large"), id("HEAD:a"), id("HEAD:empty"), id("t")];
        let repository = Repository::of(&place.path("r")).expect("asks");
        let mut sizes = Objects::sizes(&repository, ids.iter().map(String::as_str)).expect("runs");
        let mut found = Vec::new();
        while let Some(object) = sizes.next_object().expect("answers") {
            found.push((object.id, object.kind, object.size));
        }
        sizes.end().expect("ends");
        let expected =
            [(ObjectKind::Blob, 3_000_000), (ObjectKind::Blob, 6), (ObjectKind::Blob, 0)];
        for (index, (kind, size)) in expected.into_iter().enumerate() {
            assert_eq!(found[index], (ids[index].clone(), kind, size), "{format}");
        }
        assert_eq!(found[3].1, ObjectKind::Tag);
        // The large one is read, then passed over, then read in part.
        let wanted = [&ids[0], &ids[1], &ids[0], &ids[2], &ids[0]];
        let mut objects =
            Objects::of(&repository, wanted.into_iter().map(String::as_str)).expect("runs");
        let mut read = |most: usize| {
            let object = objects.next_object().expect("answers").expect("is there");
            let (mut content, mut piece) = (Vec::new(), vec![0; 10_000]);
            while content.len() < most {
                match objects.read(&mut piece).expect("reads") {
                    0 => break,
                    count => content.extend_from_slice(&piece[..count]),
                }
            }
            (object.id, content)
        };
        assert!(read(usize::MAX) == (ids[0].clone(), large.clone()), "{format}");
        assert_eq!(read(usize::MAX), (ids[1].clone(), b"first\n".to_vec()));
        assert_eq!(read(0), (ids[0].clone(), vec![]));
        assert_eq!(read(usize::MAX), (ids[2].clone(), vec![]));
        assert_eq!(read(1).1.len(), 10_000);
        // Most of the last one was not read.
        objects.end().expect("ends");
        // All: three blobs, two trees, two commits, a tag.
        let mut all = Objects::all(&repository).expect("runs");
        let mut kinds = [0; 4];
        while let Some(object) = all.next_object().expect("answers") {
            kinds[object.kind as usize] += 1;
        }
        all.end().expect("ends");
        assert_eq!(kinds, [3, 2, 2, 1], "{format}");
    }
}

#[test]
fn an_object_that_is_missing_and_a_git_that_fails() {
    let place = repository(&[]);
    let repository = Repository::of(&place.path("r")).expect("asks");
    let mut objects =
        Objects::of(&repository, ["0".repeat(40).as_str()].into_iter()).expect("runs");
    assert_eq!(objects.next_object(), Err(Error::Git(GitError::NoObject)));
    let failed = repository.read(&["rev-parse", "--verify", "-q", "no-such-branch"], 100);
    let status = "exit status 1".to_owned();
    assert_eq!(failed, Err(Error::Git(GitError::Failed { command: "rev-parse", status })));
    let more = repository.read(&["cat-file", "-p", "HEAD"], 10);
    assert_eq!(more, Err(Error::Git(GitError::TooMuch { command: "cat-file" })));
    // What nobody reads to its end: git ends, and is waited for.
    for _ in 0..3 {
        drop(Objects::all(&repository).expect("runs"));
        drop(repository.stream(&["cat-file", "--batch"], vec![b'x'; 1_000_000]).expect("runs"));
    }
}

/// Settings that make git run a program: each leaves a mark where it is run.
pub fn hostile(place: &Place, repository: &str) -> PathBuf {
    let mark = place.path("it-ran");
    let evil =
        place.write("evil", format!("#!/bin/sh\necho \"$0 $*\" >>'{}'\nexit 1\n", mark.display()));
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&evil, executable).expect("chmod");
    let evil = evil.to_str().expect("UTF-8");
    for setting in [
        "core.fsmonitor",
        "core.pager",
        "pager.diff",
        "pager.cat-file",
        "pager.rev-parse",
        "pager.ls-files",
        "diff.external",
        "core.sshCommand",
        "core.alternateRefsCommand",
        "core.editor",
        "credential.helper",
        "gpg.program",
        "diff.evil.textconv",
        "diff.evil.command",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "interactive.diffFilter",
    ] {
        run(place, repository, &["config", setting, evil]);
    }
    run(place, repository, &["config", "filter.evil.required", "true"]);
    run(place, repository, &["config", "alias.diff", &format!("!{evil}")]);
    run(place, repository, &["config", "core.untrackedCache", "true"]);
    place.write(&format!("{repository}/.git/info/attributes"), "* diff=evil filter=evil\n");
    for hook in ["post-index-change", "fsmonitor-watchman", "reference-transaction"] {
        let path = place.path(repository).join(".git/hooks").join(hook);
        std::fs::copy(evil, path).expect("a hook");
    }
    mark
}

#[test]
fn nothing_is_run_that_a_repository_names() {
    let place = repository(&[]);
    let blob = run(&place, "r", &["rev-parse", "HEAD:a"]);
    let mark = hostile(&place, "r");
    let repository = Repository::of(&place.path("r")).expect("asks");
    repository.layout().expect("is one");
    for words in [
        &["diff", "--cached", "--no-ext-diff", "--no-textconv", "--raw", "-z"][..],
        &["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        &["rev-list", "--objects", "--all"],
        &["cat-file", "-p", "HEAD:a"],
    ] {
        repository.read(words, 1_000_000).expect("reads");
    }
    let mut all = Objects::all(&repository).expect("runs");
    while all.next_object().expect("answers").is_some() {}
    assert!(!mark.exists(), "{}", std::fs::read_to_string(&mark).unwrap_or_default());
    // A clone that lacks a blob says by which program it is fetched.
    run(&place, "r", &["config", "uploadpack.allowFilter", "true"]);
    run(
        &place,
        "",
        &["clone", "-q", "--no-checkout", "--no-local", "--filter=blob:none", "r", "c"],
    );
    let evil = place.path("evil");
    let evil = evil.to_str().expect("UTF-8");
    for (setting, value) in [
        ("remote.origin.uploadpack", evil),
        ("core.sshCommand", evil),
        ("protocol.allow", "always"),
        ("protocol.file.allow", "always"),
        ("protocol.ext.allow", "always"),
    ] {
        run(&place, "c", &["config", setting, value]);
    }
    let own = place.path("r");
    for url in [own.to_str().expect("UTF-8"), "ext::evil", "ssh://nobody@localhost/r"] {
        let url = url.replace("ext::evil", &format!("ext::{evil}"));
        run(&place, "c", &["config", "remote.origin.url", &url]);
        let repository = Repository::of(&place.path("c")).expect("asks");
        let mut objects = Objects::of(&repository, [blob.as_str()].into_iter()).expect("runs");
        assert!(objects.next_object().is_err(), "{url}");
    }
    assert!(!mark.exists(), "{}", std::fs::read_to_string(&mark).unwrap_or_default());
    // The mark appears where git is run without our settings.
    let _ = output(git(&place, "c").args(["cat-file", "-p", &blob]));
    let ran = std::fs::read_to_string(&mark).expect("something ran");
    assert!(ran.contains("localhost"), "{ran}");
    let _ = output(git(&place, "r").arg("status"));
    assert!(std::fs::read_to_string(&mark).expect("more ran").len() > ran.len());
}

#[test]
fn replaced_objects_are_not_what_is_read() {
    let place = repository(&[]);
    place.write("r/b", "second\n");
    let other = run(&place, "r", &["hash-object", "-w", "b"]);
    let blob = run(&place, "r", &["rev-parse", "HEAD:a"]);
    run(&place, "r", &["replace", &blob, &other]);
    assert_eq!(run(&place, "r", &["cat-file", "-p", &blob]), "second");
    let repository = Repository::of(&place.path("r")).expect("asks");
    assert_eq!(repository.read(&["cat-file", "-p", "HEAD:a"], 100), Ok(b"first\n".to_vec()));
}

#[test]
fn paths_that_are_not_utf8() {
    let place = Place::new();
    let name = std::ffi::OsStr::from_bytes(b"r\xFF\n");
    assert_success(&output(git(&place, "").args(["init", "-q"]).arg(name)));
    let layout =
        Repository::of(&place.path("").join(name)).expect("asks").layout().expect("is one");
    assert_eq!(
        layout.top.and_then(|top| top.file_name().map(ToOwned::to_owned)),
        Some(name.into())
    );
}
