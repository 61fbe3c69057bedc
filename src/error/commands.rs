//! What goes wrong with what a command is asked to do.

use super::Error;
use super::escape::{Escaped, Listed, Quoted};

errors! {
    /// Arguments, what this build has, and the stories of single commands.
    pub enum CommandError {
        // arguments
        #[error("{}", Escaped(sentence))]
        #[hint("{} --help", Escaped(command))]
        Usage { sentence: String, command: String },

        #[error("no source is named")]
        #[hint("name one: --from infisical, --from FILE, or a command behind --")]
        NoSource,

        #[error("no vault is named")]
        #[hint("name one, or set vault in breakglass.toml")]
        NoVault,

        // what this build has
        #[error("this build has no network code, so Infisical is no source for it")]
        #[hint("use the full build, or a command: breakglass seal VAULT -- infisical export --format=json")]
        WithoutInfisical,

        #[error("this build is the opener, which leaves this command out")]
        #[hint("use the full build; to rehearse, breakglass drill VAULT")]
        OnlyOpens,

        // show
        #[error("the vault has no secret {}", Quoted(name.as_ref()))]
        #[hint("breakglass show VAULT lists the names")]
        NoSuchName { name: String },

        #[error("standard output is a regular file, and a value written there stays on the disk")]
        #[hint("use a pipe, or insist with --allow-file")]
        IntoFile,

        // drill
        #[error("the rehearsal failed: {step}")]
        #[hint("it would fail in an outage too: try another machine, or another build")]
        DrillStep { step: &'static str },

        #[error("the rehearsal failed: the command ended with {}", Escaped(status))]
        #[hint("run the command alone; breakglass run VAULT -- COMMAND starts it as an outage would")]
        DrillCommand { status: String },

        #[error("the rehearsal failed: not arrived as they should: {}", Listed(names))]
        #[hint("it would fail in an outage too: try another machine, or another build")]
        NotArrived { names: Vec<String> },
    }
}

impl CommandError {
    /// What is wrong with the arguments of `command`, as it is typed.
    pub fn usage(sentence: impl Into<String>, command: impl Into<String>) -> Error {
        CommandError::Usage { sentence: sentence.into(), command: command.into() }.into()
    }
}
