//! Starting apps that a daemon may have already.
//!
//! From a configuration that sets variables, PM2 gives such an app those, and for the rest the
//! environment that it had: neither start, restart nor reload of the file delivers a new one, not even
//! with `--update-env` (measured, 5.4.3 to 7.0.4; lib/God/ActionMethods.js and lib/Utility.js of PM2).

use super::command::{Invocation, Role};
use super::config::Configuration;
use super::home::Home;
use super::words::{Verb, is_configuration};
use crate::error::Pm2Error;

impl Invocation {
    /// Refuses a configuration whose apps would keep what they have. `home` is that of a daemon that
    /// runs.
    pub(super) fn check_configurations(&self, home: &Home) -> Result<(), Pm2Error> {
        let apps = home.running_apps();
        let keeps = |configuration: &Configuration| {
            configuration.sets_variables() == Some(true)
                && (self.words().restarts() || apps.iter().any(|app| configuration.names(app)))
        };
        if self.configurations().any(|configuration| keeps(&configuration)) {
            return Err(Pm2Error::FileKeepsOld { command: self.words().shown() });
        }
        Ok(())
    }

    /// Whether the command starts an app again that a daemon may have already, with what it had.
    pub fn may_restart(&self) -> bool {
        let may_set = |it: Configuration| it.sets_variables() != Some(false);
        self.kind() == Role::Client
            && (self.words().may_restart() || self.configurations().any(may_set))
    }

    /// The configurations that it starts apps from.
    fn configurations(&self) -> impl Iterator<Item = Configuration> {
        let verb = self.words().verb();
        let starts = matches!(verb, Verb::Start | Verb::Restart);
        let usual = (verb == Verb::Start && self.words().targets().next().is_none()).then_some("");
        let named = self.words().targets().filter(move |word| starts && is_configuration(word));
        named.chain(usual).map(Configuration::read)
    }
}
