//! `verify`: is the copy readable, strong, whole and current? Layer by layer. Kits are checked without
//! the passphrase, unless somebody gives it.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::common::opening::{self, PassphraseFrom};
use super::common::setup::{Plan, Setup};
use crate::checks::by_receipt::ByReceipt;
use crate::checks::copies::{self, Known};
use crate::checks::kits::{self, Subject, Target};
use crate::checks::procedure::{Procedure, Sealed};
use crate::checks::{Report, Verdict, layers, overall, uses};
use crate::error::{Count, Error, Result};
use crate::memory::Passphrase;
use crate::payload::{MAX_TOTAL_BYTES, Reading, check_startable, compare};
use crate::records;
use crate::sources::{self, Fetched};
use crate::terminal::{self, Messages};
use crate::vault::{Facts, Vault};

/// What `verify` was asked to do.
#[derive(Debug)]
pub struct Verify {
    /// The vaults, kits, and folders with kits; where there is none, what breakglass.toml names.
    pub vaults: Vec<PathBuf>,
    /// What to compare with.
    pub setup: Setup,
    /// Whether the receipts are checked in place of the vaults.
    pub receipt: bool,
    /// Whether comparing is left out on purpose.
    pub offline: bool,
    /// How old a vault may be.
    pub max_age: Option<SignedDuration>,
    /// Whether the reports are JSON.
    pub json: bool,
    /// Where the passphrase comes from.
    pub passphrase: PassphraseFrom,
    /// What is said.
    pub messages: Messages,
}

/// What all subjects share.
struct Work<'a> {
    plan: &'a Plan,
    fetched: Option<Result<Fetched>>,
    /// The passphrase that the last one was opened with, and whether it was typed.
    key: Option<Passphrase>,
    typed: bool,
    /// Whether kits are opened too.
    open_kits: bool,
    /// Whether the question was narrowed on the command line.
    narrowed: bool,
    /// Every receipt that is at hand.
    known: Vec<Known>,
    /// Whether there is more than one copy.
    several: bool,
    /// What inventory and logs say.
    procedure: Procedure<'a>,
}

impl Verify {
    /// Reports on every vault; returns the exit status.
    pub fn execute(mut self) -> Result<u8> {
        let mut plan = std::mem::take(&mut self.setup).resolve(self.messages)?;
        let all = self.vaults.is_empty();
        if all {
            self.vaults.push(plan.vault()?);
        }
        let mut targets: Vec<Target> =
            self.vaults.iter().flat_map(|path| kits::targets(path)).collect();
        // Only who asks on the command line narrows the question.
        let narrowed = self.offline || self.max_age.is_some();
        self.max_age = self.max_age.or_else(|| plan.max_age());
        if self.offline {
            plan.offline();
        }
        let reports = if self.receipt {
            let supplies = plan.secrets_and_key()?;
            let procedure = Procedure::read(plan.config(), records::now());
            let (required, max_age) = (plan.required(), self.max_age);
            let check = ByReceipt { supplies, required, max_age, procedure };
            targets.iter().filter_map(|target| kits::by_receipt(&check, target)).collect()
        } else {
            if all {
                targets.extend(plan.copies().iter().flat_map(|path| kits::listed(path)));
            }
            self.by_opening(&mut plan, narrowed, targets)?
        };
        if self.json {
            terminal::write_json(&Value::from_iter(reports.iter().map(Report::json)))?;
        } else {
            terminal::write_stdout(
                reports.iter().map(Report::text).collect::<String>().as_bytes(),
            )?;
        }
        Ok(overall(&reports))
    }

    /// Looks at all of them from outside, then opens vaults; kits only where that was asked for.
    fn by_opening(
        &self,
        plan: &mut Plan,
        narrowed: bool,
        targets: Vec<Target>,
    ) -> Result<Vec<Report>> {
        let key = self.passphrase.early()?;
        let open_kits = key.is_some() || plan.is_asked_to_compare();
        let opens = |target: &Target| matches!(target, Target::Vault(_)) || open_kits;
        let fetched = if targets.iter().any(opens) { plan.secrets()? } else { None };
        let subjects: Vec<Subject> = targets.into_iter().map(|it| self.look(it)).collect();
        let mut work = Work {
            plan,
            fetched,
            typed: key.is_none(),
            key,
            open_kits,
            narrowed,
            known: Known::all(plan.usual_vault(), &subjects),
            several: subjects.len() > 1,
            procedure: Procedure::read(plan.config(), records::now()),
        };
        subjects.into_iter().map(|subject| self.finish(subject, &mut work)).collect()
    }

    /// What can be seen from outside.
    fn look(&self, target: Target) -> Subject {
        let path = match target {
            Target::Vault(path) => path,
            other => {
                let mut subject = kits::subject(other);
                if let Some(vault) = &subject.vault {
                    outside(vault, &mut subject.report);
                }
                return subject;
            }
        };
        let mut subject = Subject::new(path, false);
        match opening::read_vault(&subject.path, self.messages) {
            Ok(vault) => {
                outside(&vault, &mut subject.report);
                subject.receipt = kits::receipt_beside(&subject.path);
                subject.vault = Some(vault);
            }
            Err(error) => {
                subject.report.add("readable", Verdict::Failed, error.to_string());
            }
        }
        subject
    }

    /// What the passphrase, the source and other receipts tell.
    fn finish(&self, mut subject: Subject, work: &mut Work<'_>) -> Result<Report> {
        let Some(vault) = subject.vault.take() else { return Ok(subject.report) };
        let opened = !subject.is_kit || work.open_kits;
        let (mut header, mut contents) = (None, None);
        if opened {
            let Some(reading) = self.open(&vault, work, &mut subject)? else {
                return Ok(subject.report);
            };
            let report = &mut subject.report;
            starts(&reading, report);
            layers::required(work.plan.required(), reading.secrets.names(), report);
            let compared = self.compare(&reading, work.fetched.as_ref(), work.narrowed, report);
            contents = Some(Sealed { compared, ..Sealed::by_reading(&reading) });
            header = reading.header;
        } else {
            let how = "not asked for; --passphrase-file or --passphrase-fd opens it";
            subject.report.add("opens", Verdict::NotAsked, how);
            if let Some(receipt) = &subject.receipt {
                layers::required(work.plan.required(), receipt.names(), &mut subject.report);
                contents = Some(Sealed::by_receipt(receipt));
            }
        }
        let by_header = header.as_ref().and_then(|header| header.sealed);
        let own = subject.receipt.as_ref().map(|receipt| receipt.facts().sealed);
        let sealed = if opened { by_header } else { own };
        let newest = work.newest(&subject, &vault, sealed.or(own));
        match newest {
            newest if !opened => {
                let (verdict, detail) = newest.unwrap_or_else(|| work.no_receipt());
                subject.report.add("current", verdict, detail);
            }
            Some((verdict, detail)) => subject.report.add("newest", verdict, detail),
            None => {}
        }
        layers::age(sealed, self.max_age, &mut subject.report);
        uses::layer(&vault.id(), &mut subject.report);
        if !subject.is_kit {
            work.procedure.rotations(&mut subject.report);
        }
        if let Some(contents) = contents {
            work.procedure.vault(&contents, &mut subject.report);
        }
        let listed = copies::is_listed(&subject.path, work.plan.copies());
        if subject.is_whole || (!subject.is_kit && listed) {
            copies::record(&subject.path, &vault, header.as_ref(), self.messages);
        }
        Ok(subject.report)
    }

    /// Opens a vault with the passphrase of the one before it, or asks for its own. Only a prompt
    /// that is cancelled ends the whole command.
    fn open(
        &self,
        vault: &Vault,
        work: &mut Work<'_>,
        subject: &mut Subject,
    ) -> Result<Option<Reading>> {
        let Subject { path, report, .. } = subject;
        let earlier = work.key.is_some();
        let passphrase = match opening::passphrase_for(path, work.key.take()) {
            Err(error @ Error::NoTerminal { .. }) => {
                report.add("opens", Verdict::CannotTell, error.to_string());
                return Ok(None);
            }
            other => other?,
        };
        let mut outcome = opening::open(vault, &passphrase, self.messages);
        work.key = Some(passphrase);
        let is_other = outcome.as_ref().is_err_and(|error| *error == Error::CannotOpen);
        if work.typed && earlier && is_other {
            let passphrase = opening::passphrase_for(path, None)?;
            outcome = opening::open(vault, &passphrase, self.messages);
            work.key = Some(passphrase);
        }
        Ok(match outcome {
            Ok(reading) => {
                report.add("opens", Verdict::Ok, Count(reading.secrets.len()).to_string());
                Some(reading)
            }
            Err(error) => {
                report.add("opens", Verdict::Failed, error.to_string());
                None
            }
        })
    }

    /// Returns whether the values were compared.
    fn compare(
        &self,
        reading: &Reading,
        source: Option<&Result<Fetched>>,
        narrowed: bool,
        report: &mut Report,
    ) -> bool {
        let (verdict, detail) = match source {
            Some(Ok(Fetched { text, label, .. })) => {
                match sources::secrets_in(text, &left_out(reading)) {
                    Ok(theirs) => {
                        let differences = compare(&reading.secrets, &theirs);
                        layers::differences(differences, label, theirs.skipped(), report);
                        return true;
                    }
                    Err(error) => (Verdict::CannotTell, error.to_string()),
                }
            }
            Some(Err(error)) => (Verdict::CannotTell, error.to_string()),
            None if self.offline => {
                (Verdict::NotAsked, "not compared with a source (--offline)".to_owned())
            }
            None if narrowed => {
                (Verdict::NotAsked, "not compared with a source (--max-age alone)".to_owned())
            }
            None => (
                Verdict::CannotTell,
                "compared with no source; name one with --from or --, or say --offline".to_owned(),
            ),
        };
        report.add("current", verdict, detail);
        false
    }
}

impl Work<'_> {
    /// How a copy compares with the newest receipt at hand, where there are others than its own.
    fn newest(
        &self,
        subject: &Subject,
        vault: &Vault,
        sealed: Option<Timestamp>,
    ) -> Option<(Verdict, String)> {
        if !subject.is_kit && !self.several {
            return None;
        }
        // That a kit's own receipt is of its vault is told already.
        let others = self.known.iter().filter(|it| !subject.is_kit || it.path != subject.path);
        copies::against_newest(&vault.digest(), sealed, others)
    }

    /// Where a kit is neither opened nor compared.
    fn no_receipt(&self) -> (Verdict, String) {
        let words = "compared with no source, and with no other receipt, for none is at hand";
        (if self.narrowed { Verdict::NotAsked } else { Verdict::CannotTell }, words.to_owned())
    }
}

/// What a vault says of itself without the passphrase.
pub(super) fn outside(vault: &Vault, report: &mut Report) {
    report.add("readable", Verdict::Ok, kind(vault));
    report.add("strong", strength(vault.facts()), derivation(vault.facts()));
}

/// Whether `run` would start a command from it.
fn starts(reading: &Reading, report: &mut Report) {
    match check_startable(reading, &[], MAX_TOTAL_BYTES) {
        Ok(()) => report.add("starts", Verdict::Ok, "every name and size fits an environment"),
        Err(error) => report.add("starts", Verdict::Finding, error.to_string()),
    }
}

/// Names that were left out on purpose when the vault was sealed.
fn left_out(reading: &Reading) -> Vec<String> {
    reading.header.as_ref().map(|header| header.skipped.clone()).unwrap_or_default()
}

/// `an OpenPGP vault, id 0123456789abcdef`.
fn kind(vault: &Vault) -> String {
    format!("an {} vault, id {}", vault.facts().format, vault.id())
}

fn strength(facts: &Facts) -> Verdict {
    if facts.derivation.is_strong() { Verdict::Ok } else { Verdict::Finding }
}

fn derivation(facts: &Facts) -> String {
    let cipher = facts.cipher.unwrap_or("an encrypted session key");
    format!("{cipher}, {}", facts.derivation)
}
