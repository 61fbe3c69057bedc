//! What goes wrong with PM2 between a vault and an app. `command` is PM2's command as the user wrote
//! it, without options and without the app's own arguments.

use std::fmt;

use super::escape::{Escaped, Listed};

/// One cause each.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the sentence of each variant is its documentation")]
pub enum Pm2 {
    KeepsOld { command: String, works: String },
    FileKeepsOld { command: String },
    Saves { command: String },
    Updates { command: String },
    Restores { command: String },
    Startup { command: String },
    Prints { command: String },
    Connects { command: String },
    Installs { command: String },
    Serves,
    WouldDownload { runner: String },
    Settings { names: Vec<String> },
    Keys,
    TooLarge,
}

impl fmt::Display for Pm2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pm2::KeepsOld { command, .. } => write!(f, "{} starts the app with the environment that it had, not with the vault's", Escaped(command)),
            Pm2::FileKeepsOld { command } => write!(f, "{} starts an app that PM2 has already with the environment that it had, because the file sets env", Escaped(command)),
            Pm2::Saves { command } => write!(f, "{} writes every app's environment to the disk in plain text", Escaped(command)),
            Pm2::Updates { command } => write!(f, "{} writes every app's environment to the disk and starts them with it again", Escaped(command)),
            Pm2::Restores { command } => write!(f, "{} starts apps with environments that lie on the disk, not with the vault's", Escaped(command)),
            Pm2::Startup { command } => write!(f, "{} sets up a start with environments that lie on the disk, not with the vault's", Escaped(command)),
            Pm2::Prints { command } => write!(f, "{} prints the values of all secrets", Escaped(command)),
            Pm2::Installs { command } => write!(f, "{} downloads a module, and would wait for the network", Escaped(command)),
            Pm2::Serves => f.write_str("--web shows every app's environment to whoever connects to this machine"),
            Pm2::Connects { command } => write!(f, "{} connects the apps to a server of others", Escaped(command)),
            Pm2::WouldDownload { runner } => write!(f, "{} would download PM2, which is not installed here", Escaped(runner)),
            Pm2::Settings { names } => write!(f, "PM2 takes these names for its own settings of an app: {}", Listed(names)),
            Pm2::Keys => f.write_str("with both SECRET_KEY and PUBLIC_KEY, pm2-runtime prints the first, writes both to the disk and connects to pm2.io"),
            Pm2::TooLarge => f.write_str("environment and secrets are more than PM2 hands to an app in cluster mode, about 60 KiB; the app would silently be missing"),
        }
    }
}

impl Pm2 {
    /// The next thing to do.
    pub(super) fn hint(&self) -> String {
        match self {
            Pm2::KeepsOld { works, .. } => {
                return format!(
                    "breakglass run VAULT -- {} delivers it; names that are gone stay until pm2 delete and a start",
                    Escaped(works)
                );
            }
            Pm2::FileKeepsOld { .. } => {
                "breakglass run VAULT -- pm2 restart NAME --update-env delivers the vault's; so does pm2 delete NAME before a start; --allow-pm2 insists"
            }
            Pm2::Saves { .. } => {
                "leave it out: after a reboot, the same breakglass run starts the app again; --allow-pm2 insists"
            }
            Pm2::Updates { .. } => {
                "pm2 kill, then breakglass run VAULT -- pm2 start ecosystem.config.js; --allow-pm2 insists"
            }
            Pm2::Restores { .. } | Pm2::Startup { .. } => {
                "breakglass run VAULT -- pm2 start ecosystem.config.js; --allow-pm2 insists"
            }
            Pm2::Prints { .. } => {
                "pm2 list and pm2 describe NAME show an app without its values; --allow-pm2 insists"
            }
            Pm2::Serves => "leave it out; --allow-pm2 insists",
            Pm2::Connects { .. } | Pm2::Installs { .. } => "leave it for after the outage; --allow-pm2 insists",
            Pm2::WouldDownload { .. } => {
                "name the path of an installed pm2, or its name where it is on the path"
            }
            Pm2::Settings { .. } => {
                "breakglass run leaves them out with --except A,B; --allow-pm2 insists"
            }
            Pm2::Keys => "start it with --except SECRET_KEY, or by pm2 instead; --allow-pm2 insists",
            Pm2::TooLarge => {
                "exec_mode: 'fork' has no such limit; --only A,B and --clean pass less; --allow-pm2 insists"
            }
        }
        .to_owned()
    }
}
