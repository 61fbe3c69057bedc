//! Mistakes that were made once, each with the test that would have shown it.

use crate::support::{
    PASSPHRASE, Place, assert_success, cheap_vault, feed, output, stderr, stdout,
};

/// A JSON vault made by hand must not get a steering name past the check by what no environment
/// can hold.
#[test]
fn json_names_with_nul_or_equals_are_refused_by_every_command_that_opens() {
    let place = Place::new();
    for text in [
        r#"{"NODE_OPTIONS=--version\u0000":"x","A":"1"}"#,
        r#"{"PATH=/evil:":"y"}"#,
        r#"{"":"1"}"#,
        r#"{"A B":"1"}"#,
    ] {
        place.cheap("v.env.gpg", text);
        let run = output(place.run("v.env.gpg").args(["--", "touch", "started"]));
        assert_eq!(run.status.code(), Some(125), "{text}");
        assert!(stderr(&run).contains("names that no environment can hold"), "{}", stderr(&run));
        assert!(!place.path("started").exists());
        let drill = output(place.breakglass().args([
            "drill",
            "v.env.gpg",
            "--passphrase-file",
            "passphrase",
        ]));
        assert_eq!(drill.status.code(), Some(1), "{text}");
        let verify = output(place.breakglass().args([
            "verify",
            "--offline",
            "v.env.gpg",
            "--passphrase-file",
            "passphrase",
        ]));
        assert_eq!(verify.status.code(), Some(3), "{text}");
    }
}

#[test]
fn text_that_begins_like_a_message_is_not_replaced() {
    let place = Place::new();
    let armored = String::from_utf8(cheap_vault(b"A=1\n", PASSPHRASE, true)).unwrap();
    for text in [
        "élan: notes\n".to_owned(),
        "über alles Mögliche\n".to_owned(),
        format!("How to recover:\n{armored}"),
        format!("{armored}\nKeep this.\n"),
        "age-encryption.org/ is a page\n".to_owned(),
    ] {
        place.write("notes.txt", &text);
        let seal = feed(
            place.breakglass().args([
                "seal",
                "notes.txt",
                "--from",
                "-",
                "--passphrase-file",
                "passphrase",
            ]),
            b"A=1\n",
        );
        assert_eq!(seal.status.code(), Some(1), "{text}");
        assert_eq!(place.read("notes.txt"), text.as_bytes());
    }
    place.write("v.env.gpg", &armored);
    place.seal("v.env.gpg", "A=2\n");
}

/// The lines of README and FORMAT for a machine without this program start nothing when gpg fails.
#[test]
fn the_lines_for_stock_gpg_start_nothing_from_a_changed_vault() {
    let place = Place::new();
    place.cheap("whole.env.gpg", "A='1'\n");
    let mut changed = place.read("whole.env.gpg");
    let last = changed.len() - 1;
    changed[last] ^= 1;
    place.write("changed.env.gpg", changed);
    let line = |vault: &str, passphrase: &str| {
        format!(
            "( d=$(gpg --batch --pinentry-mode loopback --passphrase-file {passphrase} --no-symkey-cache --decrypt {vault}) && set -a && eval \"$d\" && exec sh -c 'echo started $A' )"
        )
    };
    place.write("wrong", "fake and wrong\n");
    for shell in ["sh", "dash", "bash", "zsh"] {
        let run = |line: String| output(place.command(shell).args(["-c", &line]));
        assert_eq!(stdout(&run(line("whole.env.gpg", "passphrase"))), "started 1\n", "{shell}");
        for (vault, passphrase) in [("changed.env.gpg", "passphrase"), ("whole.env.gpg", "wrong")] {
            let failed = run(line(vault, passphrase));
            assert_eq!(stdout(&failed), "", "{shell} {vault}");
            assert!(!failed.status.success(), "{shell} {vault}");
        }
    }
}

#[test]
fn a_name_that_was_not_there_is_not_recorded_as_left_out() {
    let place = Place::new();
    let seal = feed(
        place.breakglass().args([
            "seal",
            "v.env.gpg",
            "--from",
            "-",
            "--allow-skip",
            "LATER",
            "--passphrase-file",
            "passphrase",
        ]),
        b"A=1\n",
    );
    assert_eq!(seal.status.code(), Some(1));
    assert!(stderr(&seal).contains("none of these names to leave out: LATER"), "{}", stderr(&seal));
    assert!(!place.path("v.env.gpg").exists());
}

#[test]
fn what_was_left_out_is_said_when_verifying() {
    let place = Place::new();
    place.write("source.json", r#"{"A":"1","B-C":"2"}"#);
    let with = ["--from", "source.json", "--passphrase-file", "passphrase"];
    assert_success(&output(
        place.breakglass().args(["seal", "v.env.gpg", "--allow-skip", "B-C"]).args(with),
    ));
    let verify = output(place.breakglass().args(["verify", "v.env.gpg"]).args(with));
    assert_eq!(verify.status.code(), Some(0), "{}", stdout(&verify));
    assert!(stdout(&verify).contains("but for B-C, left out when sealed"), "{}", stdout(&verify));
}

#[test]
fn a_vault_that_run_would_refuse_is_a_finding() {
    let place = Place::new();
    place.cheap("v.env.gpg", "HOME=/elsewhere\n");
    let verify = output(place.breakglass().args([
        "verify",
        "--offline",
        "v.env.gpg",
        "--passphrase-file",
        "passphrase",
    ]));
    assert_eq!(verify.status.code(), Some(3), "{}", stdout(&verify));
    assert!(stdout(&verify).contains("finding     starts"), "{}", stdout(&verify));
}

#[test]
fn a_caller_that_ignores_the_end_of_children_does_not_spoil_the_source() {
    let place = Place::new();
    let script = format!(
        "trap '' CHLD; exec {} seal v.env.gpg --passphrase-file passphrase -- echo A=1",
        env!("CARGO_BIN_EXE_breakglass")
    );
    // dash and bash do not pass an ignored SIGCHLD on; python does.
    let python = "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execvp('sh', ['sh', '-c', sys.argv[1]])";
    assert_success(&output(place.command("python3").args(["-c", python, &script])));
}

#[test]
fn the_probe_tells_nobody_else_anything() {
    let place = Place::new();
    let probe = output(place.command(env!("CARGO_BIN_EXE_breakglass")).env("A", "1").arg("probe"));
    assert!(stdout(&probe).lines().any(|line| line.trim_end() == "A"), "{}", stdout(&probe));
}

#[test]
fn a_vault_that_was_cut_off_says_so() {
    let place = Place::new();
    let whole = cheap_vault(b"A='1'\n", PASSPHRASE, false);
    for length in [20, 40, 60, whole.len() - 1] {
        place.write("v.env.gpg", &whole[..length]);
        let run = output(place.run("v.env.gpg").args(["--", "true"]));
        assert_eq!(run.status.code(), Some(125));
        assert!(
            stderr(&run).contains("cut off or damaged")
                || stderr(&run).contains("the file is damaged"),
            "{length}: {}",
            stderr(&run)
        );
    }
}

#[test]
fn a_document_of_ours_survives_other_line_ends() {
    let place = Place::new();
    place.cheap("v.env.gpg", "# breakglass 1\r\n# secrets: 1\r\n# allowed: NODE_OPTIONS\r\nNODE_OPTIONS='--no-warnings'\r\n");
    let run =
        output(place.run("v.env.gpg").args(["--", "sh", "-c", "printf %s \"$NODE_OPTIONS\""]));
    assert_eq!(stdout(&run), "--no-warnings", "{}", stderr(&run));
}

#[test]
fn standard_input_is_read_once() {
    let place = Place::new();
    for arguments in [&["verify", "-", "-", "--offline"][..], &["verify", "-", "--from", "-"]] {
        let verify =
            output(place.breakglass().args(arguments).args(["--passphrase-file", "passphrase"]));
        assert_eq!(verify.status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_vault_too_large_to_start_from_is_a_finding() {
    let place = Place::new();
    let many: String = (0..30).map(|n| format!("N{n}='{}'\n", "x".repeat(100_000))).collect();
    place.cheap("v.env.gpg", many);
    let with = ["verify", "--offline", "v.env.gpg", "--passphrase-file", "passphrase"];
    let verify = output(place.breakglass().args(with));
    assert_eq!(verify.status.code(), Some(3), "{}", stdout(&verify));
    assert!(stdout(&verify).contains("finding     starts"), "{}", stdout(&verify));
}

/// Words that stand where none belongs may be a passphrase.
#[test]
fn a_misplaced_word_is_not_repeated() {
    let place = Place::new();
    let run = output(place.breakglass().args(["run", "v.env.gpg", "fake-hunter2", "--", "true"]));
    assert_eq!(run.status.code(), Some(125));
    assert!(!stderr(&run).contains("hunter2"), "{}", stderr(&run));
}
