//! Completions of shells, from the definitions that arguments are read by.

use clap_complete::{Generator, generate, shells};

use super::args::manual::Shell;
use super::args::visible;

/// What clap's completions for bash do not know: that a command stands behind `--`, and that a word
/// which begins no option is a file, once the command is named. bash's own completion of files takes
/// over where nothing is offered.
const BASH: &str = r#"
_breakglass_words() {
    local at word kept=()
    for ((at = 2; at < COMP_CWORD; at++)); do
        if [[ ${COMP_WORDS[at]} == -- ]]; then
            COMPREPLY=()
            if declare -F _comp_command_offset >/dev/null; then
                _comp_command_offset $((at + 1))
            elif declare -F _command_offset >/dev/null; then
                _command_offset $((at + 1))
            elif ((COMP_CWORD == at + 1)); then
                COMPREPLY=($(compgen -c -- "$2"))
            fi
            return 0
        fi
    done
    _breakglass "$@"
    if ((COMP_CWORD > 1)) && [[ $2 != -* ]]; then
        for word in "${COMPREPLY[@]}"; do
            [[ $word == -* ]] || kept+=("$word")
        done
        COMPREPLY=("${kept[@]}")
    fi
}

complete -F _breakglass_words -o bashdefault -o default breakglass
"#;

/// The script for one shell.
pub(super) fn completions(shell: Shell) -> Vec<u8> {
    match shell {
        Shell::Bash => {
            let mut script = script(shells::Bash);
            script.extend_from_slice(BASH.as_bytes());
            script
        }
        Shell::Zsh => script(shells::Zsh),
        Shell::Fish => script(shells::Fish),
    }
}

fn script(generator: impl Generator) -> Vec<u8> {
    let mut script = Vec::new();
    generate(generator, &mut visible(), "breakglass", &mut script);
    script
}
