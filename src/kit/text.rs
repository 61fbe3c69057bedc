//! OPEN-ME.txt: what a tired person follows. Plain ASCII, no line longer than 78 characters; commands
//! stand alone on their lines, with the real names. tests/it/kit_text.rs runs them.

use jiff::Timestamp;

use super::names::{self, Names};
use crate::payload::VaultId;
use crate::vault::Format;

/// What it is made from. Everything that it says follows from the other files of the kit, so that a
/// change in it is seen.
pub(super) struct KitFacts<'a> {
    pub(super) names: &'a Names,
    /// The vault's id.
    pub(super) id: VaultId,
    /// When it was sealed, as its receipt says.
    pub(super) sealed: Option<Timestamp>,
    /// The processor of the opener, where there is one.
    pub(super) machine: Option<&'static str>,
}

/// What is started in the examples.
const COMMAND: &str = "pm2 start ecosystem.config.js";

pub(super) fn open_me(facts: &KitFacts<'_>) -> String {
    let mut text = String::from(
        "OPEN ME: start the service from this kit, while the secrets manager is down\n\
         ===========================================================================\n\n",
    );
    text.push_str(&contents(facts));
    match facts.machine {
        Some(machine) => {
            text.push_str(&with_opener(&facts.names.vault, machine));
            text.push_str(&by_scp(&facts.names.vault, machine));
        }
        None => text.push_str(&without_opener(&facts.names.vault)),
    }
    text.push_str(&by_stock(&facts.names.vault, if facts.machine.is_some() { 3 } else { 2 }));
    text.push_str(&afterwards(facts));
    text
}

fn contents(facts: &KitFacts<'_>) -> String {
    let Names { vault, armored, receipt } = facts.names;
    let need = match facts.machine {
        Some(machine) => format!(
            "You need this folder, the passphrase of the vault, and a Linux machine with\n\
             a processor of the kind {machine} (uname -m tells). Nothing else: no network,\n\
             no account, no other program.\n"
        ),
        None => "You need this folder, the passphrase of the vault, and a machine that has\n\
                 GnuPG or age. No network, no account.\n"
            .to_owned(),
    };
    let mut text = format!("{need}\n  {vault}\n      the secrets, encrypted: vault {}\n", facts.id);
    if let Some(sealed) = facts.sealed {
        text.push_str(&format!("      sealed {sealed}\n"));
    }
    text.push_str(&format!(
        "  {armored}\n      the same as text, for where only text can be sent;\n      \
         every line below takes it in the place of the other\n"
    ));
    if facts.sealed.is_some() {
        text.push_str(&format!(
            "  {receipt}\n      by which breakglass verify tells whether it is current\n"
        ));
    }
    if let Some(machine) = facts.machine {
        text.push_str(&format!(
            "  {}\n      the program that opens it\n",
            names::opener_for(machine)
        ));
    }
    text.push_str(
        "  SHA256SUMS\n      tells whether all of these are whole:\n\n    sha256sum --check SHA256SUMS\n",
    );
    text
}

fn with_opener(vault: &str, machine: &str) -> String {
    let opener = names::opener_for(machine);
    format!(
        "\n\n1. On the machine where this is plugged in\n\n\
         Most sticks do not let programs be started from them. So copy two files to a\n\
         folder that does. In this folder:\n\n    \
             mkdir -p -m 700 ~/open-me\n    \
             cp {opener} {vault} ~/open-me\n    \
             chmod 700 ~/open-me/*\n\n\
         Then, in the folder of the app:\n\n    \
             ~/open-me/{opener} run \\\n      \
               ~/open-me/{vault} -- {COMMAND}\n\n\
         It asks for the passphrase and starts the command with all secrets in its\n\
         environment; nothing of them is written to the disk. Any other command will\n\
         do in the place of {COMMAND}.\n\
         \"Permission denied\": take /dev/shm/open-me in the place of ~/open-me.\n"
    )
}

fn by_scp(vault: &str, machine: &str) -> String {
    let opener = names::opener_for(machine);
    format!(
        "\n\n2. On a server that has no place for a stick\n\n\
         In this folder, on a machine from which you reach it:\n\n    \
             ssh USER@SERVER mkdir -p -m 700 open-me\n    \
             scp {opener} \\\n      \
               {vault} USER@SERVER:open-me\n    \
             ssh USER@SERVER chmod 700 open-me/{opener}\n    \
             ssh -t USER@SERVER\n\n\
         On the server, in the folder of the app:\n\n    \
             ~/open-me/{opener} run \\\n      \
               ~/open-me/{vault} -- {COMMAND}\n\n\
         \"Exec format error\": the server has another kind of processor; go on with 3.\n"
    )
}

fn without_opener(vault: &str) -> String {
    format!(
        "\n\n1. Bring the vault to the machine\n\n\
         In this folder; for another machine, the second line:\n\n    \
             mkdir -p -m 700 ~/open-me && cp {vault} ~/open-me\n    \
             ssh USER@SERVER mkdir -p -m 700 open-me\n    \
             scp {vault} USER@SERVER:open-me\n"
    )
}

/// By programs that every distribution has.
fn by_stock(vault: &str, number: u8) -> String {
    let (what, before, open) = match Format::of_name(vault.as_ref()) {
        Format::OpenPgp => {
            ("GnuPG", "    export GPG_TTY=$(tty)\n", "gpg --no-symkey-cache --decrypt")
        }
        Format::Age => ("age", "", "age --decrypt"),
    };
    let open = format!("{open} ~/open-me/{vault}");
    format!(
        "\n\n{number}. Without breakglass: {what} and any shell (sh, dash, bash, zsh)\n\n\
         With {vault} in ~/open-me,\n\
         in the folder of the app. The first lines keep PM2 from writing the secrets\n\
         down; leave them out if you do not use PM2:\n\n    \
             export PM2_DUMP_FILE_PATH=/dev/null/x PM2_NO_INTERACTION=true\n    \
             export PM2_DUMP_BACKUP_FILE_PATH=/dev/null/x\n    \
             pm2 ping\n\n\
         Straight into the environment:\n\n\
         {before}    \
             ( d=$(\n        \
               {open}\n      \
               ) && set -a && eval \"$d\" && exec {COMMAND} )\n\n\
         Or by way of a file in memory, /dev/shm, never on the disk:\n\n\
         {before}    \
             ( f=$(mktemp /dev/shm/XXXXXXXX) && trap 'rm -f \"$f\"' EXIT INT TERM &&\n      \
               {open} \\\n          \
               >\"$f\" &&\n        \
               exec 3<\"$f\" && rm \"$f\" && trap - EXIT INT TERM && set -a &&\n        \
               . /dev/fd/3 && exec 3<&- && exec {COMMAND} )\n\n\
         Change nothing else in them: values may hold any character.\n"
    )
}

fn afterwards(facts: &KitFacts<'_>) -> String {
    let vault = &facts.names.vault;
    let opener = facts.machine.map(names::opener_for);
    let opener = opener.map_or(String::new(), |opener| format!(" {opener}"));
    format!(
        "\n\nIf you do not trust this stick\n\n\
         SHA256SUMS lies on it too, so it tells of damage, not of a thief. Compare with\n\
         what was written on paper when the kit was made:\n\n    \
             sha256sum {vault}{opener}\n\n\n\
         Afterwards, when the secrets manager is back\n\n\
         Start the service in the ordinary way, seal a new vault, copy it to this\n\
         stick, and remove what was copied:\n\n    \
             rm -r ~/open-me\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> Vec<String> {
        let mut texts = Vec::new();
        for vault in ["prod.env.gpg", &format!("{}.gpg", "x".repeat(24)), "prod.age"] {
            for machine in [None, Some("x86_64"), Some("riscv64")] {
                let names = Names::of_vault(vault);
                let sealed = "2026-11-23T17:00:00Z".parse().ok();
                let id = VaultId::of_digest("0123456789abcdef");
                texts.push(open_me(&KitFacts { names: &names, id, sealed, machine }));
            }
        }
        texts
    }

    #[test]
    fn fits_every_screen() {
        for text in texts() {
            assert!(text.is_ascii() && text.ends_with('\n'), "{text}");
            for line in text.lines() {
                assert!(line.len() <= 78 && line.trim_end() == line, "{line:?}");
            }
        }
    }

    #[test]
    fn names_are_the_real_ones() {
        let texts = texts();
        assert!(
            texts[1].contains("cp breakglass-x86_64-linux prod.env.gpg ~/open-me\n"),
            "{}",
            texts[1]
        );
        assert!(!texts[0].contains("breakglass-"), "{}", texts[0]);
        assert!(
            texts[6].contains("( d=$(\n        age --decrypt ~/open-me/prod.age\n      ) && set"),
            "{}",
            texts[6]
        );
    }
}
