//! What would fail at 3 a.m., or make a worse vault, is refused when it is sealed; each has its
//! option for whoever knows better.

use crate::checks::missing;
use crate::error::{Error, PayloadError, Result, Warning};
use crate::payload::{self, MAX_TOTAL_BYTES, Secrets, check_sizes};
use crate::receipt::Receipt;
use crate::terminal::Messages;

/// Names for which something is put up with.
#[derive(Debug, Default)]
pub struct Allowances {
    /// Steering names that the vault will allow.
    pub steering: Vec<String>,
    /// Names to leave out.
    pub skip: Vec<String>,
    /// Names whose values may hold an unresolved reference.
    pub reference: Vec<String>,
    /// Names that were in the vault before, and may be gone.
    pub removed: Vec<String>,
}

impl Allowances {
    /// Checks names, values and sizes. Returns the steering names that the vault will allow.
    ///
    /// Errors: one for each kind, with the names.
    pub(super) fn check(
        &self,
        secrets: &Secrets,
        required: &[String],
        before: Option<&Receipt>,
    ) -> Result<Vec<String>> {
        let absent = |name: &&String| !secrets.skipped().contains(*name);
        let not_skipped: Vec<String> = self.skip.iter().filter(absent).cloned().collect();
        refuse(not_skipped, |names| Error::Payload(PayloadError::NotSkipped { names }))?;
        let taken = secrets.names().filter(|name| payload::is_taken(name));
        refuse(taken.map(str::to_owned).collect(), |names| {
            Error::Payload(PayloadError::TakenNames { names })
        })?;
        let steering = payload::not_allowed(secrets.names(), &[&self.steering]);
        refuse(steering, |names| Error::Payload(PayloadError::SteeringNames { names }))?;
        let unresolved = payload::unresolved(secrets);
        let unresolved = unresolved.filter(|name| !self.reference.contains(name)).collect();
        refuse(unresolved, |names| Error::Payload(PayloadError::Unresolved { names }))?;
        refuse(missing(required, secrets.names()), |names| {
            Error::Payload(PayloadError::RequiredMissing { names })
        })?;
        refuse(self.gone(secrets, before), |names| {
            Error::Payload(PayloadError::NamesGone { names })
        })?;
        check_sizes(secrets, MAX_TOTAL_BYTES)?;
        Ok(payload::not_allowed(secrets.names(), &[]))
    }

    /// Tells what was put up with.
    pub(super) fn warn(&self, allowed: &[String], messages: Messages) {
        if !allowed.is_empty() {
            messages.warning(&Warning::SteeringAllowed { names: allowed.to_vec() });
        }
        if !self.skip.is_empty() {
            messages.warning(&Warning::Skipped { names: self.skip.clone() });
        }
    }

    /// Names that the receipt has and the source no longer.
    fn gone(&self, secrets: &Secrets, before: Option<&Receipt>) -> Vec<String> {
        let names = before.into_iter().flat_map(Receipt::names);
        let accepted = |name: &str| {
            [&self.removed, &self.skip].iter().any(|list| list.iter().any(|it| it == name))
        };
        let gone = names.filter(|name| secrets.get(name).is_none() && !accepted(name));
        gone.map(str::to_owned).collect()
    }
}

fn refuse(names: Vec<String>, error: impl FnOnce(Vec<String>) -> Error) -> Result<()> {
    if names.is_empty() { Ok(()) } else { Err(error(names)) }
}
