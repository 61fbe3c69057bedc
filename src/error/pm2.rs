//! What goes wrong with PM2 between a vault and an app.

use super::escape::{Escaped, Listed};

errors! {
    /// PM2 itself, or what it would do with secrets. `command` is PM2's command as the user wrote it,
    /// without options and without the app's own arguments.
    pub enum Pm2Error {
        #[error("PM2's daemon does not answer")]
        #[hint("pm2 list tells whether it does now")]
        NoDaemon,

        #[error("{} starts the app with the environment that it had, not with the vault's", Escaped(command))]
        #[hint("breakglass run VAULT -- {} delivers it; names that are gone stay until pm2 delete and a start", Escaped(works))]
        KeepsOld { command: String, works: String },

        #[error("{} starts an app that PM2 has already with the environment that it had, because the file sets env", Escaped(command))]
        #[hint("breakglass run VAULT -- pm2 restart NAME --update-env delivers the vault's; so does pm2 delete NAME before a start; --allow-pm2 insists")]
        FileKeepsOld { command: String },

        #[error("{} writes every app's environment to the disk in plain text", Escaped(command))]
        #[hint("leave it out: after a reboot, the same breakglass run starts the app again; --allow-pm2 insists")]
        Saves { command: String },

        #[error("{} writes every app's environment to the disk and starts them with it again", Escaped(command))]
        #[hint("pm2 kill, then breakglass run VAULT -- pm2 start ecosystem.config.js; --allow-pm2 insists")]
        Updates { command: String },

        #[error("{} starts apps with environments that lie on the disk, not with the vault's", Escaped(command))]
        #[hint("breakglass run VAULT -- pm2 start ecosystem.config.js; --allow-pm2 insists")]
        Restores { command: String },

        #[error("{} sets up a start with environments that lie on the disk, not with the vault's", Escaped(command))]
        #[hint("breakglass run VAULT -- pm2 start ecosystem.config.js; --allow-pm2 insists")]
        Startup { command: String },

        #[error("{} prints the values of all secrets", Escaped(command))]
        #[hint("pm2 list and pm2 describe NAME show an app without its values; --allow-pm2 insists")]
        Prints { command: String },

        #[error("{} connects the apps to a server of others", Escaped(command))]
        #[hint("leave it for after the outage; --allow-pm2 insists")]
        Connects { command: String },

        #[error("{} downloads a module, and would wait for the network", Escaped(command))]
        #[hint("leave it for after the outage; --allow-pm2 insists")]
        Installs { command: String },

        #[error("--web shows every app's environment to whoever connects to this machine")]
        #[hint("leave it out; --allow-pm2 insists")]
        Serves,

        #[error("{} would download PM2, which is not installed here", Escaped(runner))]
        #[hint("name the path of an installed pm2, or its name where it is on the path")]
        WouldDownload { runner: String },

        #[error("PM2 takes these names for its own settings of an app: {}", Listed(names))]
        #[hint("breakglass run leaves them out with --except A,B; --allow-pm2 insists")]
        Settings { names: Vec<String> },

        #[error("with both SECRET_KEY and PUBLIC_KEY, pm2-runtime prints the first, writes both to the disk and connects to pm2.io")]
        #[hint("start it with --except SECRET_KEY, or by pm2 instead; --allow-pm2 insists")]
        Keys,

        #[error("environment and secrets are more than PM2 hands to an app in cluster mode, about 60 KiB; the app would silently be missing")]
        #[hint("exec_mode: 'fork' has no such limit; --only A,B and --clean pass less; --allow-pm2 insists")]
        TooLarge,
    }
}
