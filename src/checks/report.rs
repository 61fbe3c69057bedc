//! What a check found.

use std::fmt::Write;

use serde_json::{Value, json};

use super::detail::Detail;
use crate::error::{Escaped, status};
use crate::payload::Differences;

/// The outcome of one layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Something was found: stale, weak, too old.
    Finding,
    /// Not known, which is never the same as well.
    CannotTell,
    /// The check itself failed.
    Failed,
    /// Not asked for.
    NotAsked,
}

/// How one layer came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The layer, a fixed word.
    pub layer: &'static str,
    /// How it came out.
    pub verdict: Verdict,
    /// What was seen, for a person; names, never values.
    pub detail: String,
    /// Which names differ, where names were compared.
    pub differences: Option<Differences>,
}

/// How all layers of one subject came out.
#[derive(Clone, Debug)]
pub struct Report {
    /// What was checked, for a person.
    pub subject: String,
    /// The outcomes, in the order of the layers; a layer can have several.
    pub outcomes: Vec<Outcome>,
}

/// Where a layer puts its outcomes.
pub(super) struct Outcomes<'a> {
    layer: &'static str,
    report: &'a mut Report,
}

impl<'a> Outcomes<'a> {
    pub(super) fn of(layer: &'static str, report: &'a mut Report) -> Outcomes<'a> {
        Outcomes { layer, report }
    }

    pub(super) fn ok(&mut self, detail: impl Into<Detail>) {
        self.add(Verdict::Ok, detail);
    }

    pub(super) fn finding(&mut self, detail: impl Into<Detail>) {
        self.add(Verdict::Finding, detail);
    }

    pub(super) fn cannot_tell(&mut self, detail: impl Into<Detail>) {
        self.add(Verdict::CannotTell, detail);
    }

    pub(super) fn failed(&mut self, detail: impl Into<Detail>) {
        self.add(Verdict::Failed, detail);
    }

    pub(super) fn not_asked(&mut self, detail: impl Into<Detail>) {
        self.add(Verdict::NotAsked, detail);
    }

    pub(super) fn add(&mut self, verdict: Verdict, detail: impl Into<Detail>) {
        self.report.add(self.layer, verdict, detail.into().to_string());
    }

    /// An outcome of comparing names.
    pub(super) fn add_differences(
        &mut self,
        verdict: Verdict,
        detail: Detail,
        differences: &Differences,
    ) {
        self.add(verdict, detail);
        if let Some(last) = self.report.outcomes.last_mut() {
            last.differences = Some(differences.clone());
        }
    }
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Finding => "finding",
            Verdict::CannotTell => "cannot tell",
            Verdict::Failed => "failed",
            Verdict::NotAsked => "not asked",
        }
    }

    /// 1 beats 4 beats 3 beats 0.
    fn rank(self) -> u8 {
        match self {
            Verdict::NotAsked => 0,
            Verdict::Ok => 1,
            Verdict::Finding => 2,
            Verdict::CannotTell => 3,
            Verdict::Failed => 4,
        }
    }
}

impl Outcome {
    fn json(&self) -> Value {
        let mut layer =
            json!({"layer": self.layer, "verdict": self.verdict.word(), "detail": self.detail});
        if let (Some(differences), Some(members)) = (&self.differences, layer.as_object_mut()) {
            let Differences { added, changed, removed } = differences;
            for (word, names) in [("added", added), ("changed", changed), ("removed", removed)] {
                members.insert(word.to_owned(), json!(names));
            }
        }
        layer
    }
}

impl Report {
    /// Nothing was checked yet.
    pub fn new(subject: String) -> Report {
        Report { subject, outcomes: Vec::new() }
    }

    /// Adds an outcome.
    pub fn add(&mut self, layer: &'static str, verdict: Verdict, detail: impl Into<String>) {
        let detail = detail.into();
        self.outcomes.push(Outcome { layer, verdict, detail, differences: None });
    }

    /// The outcomes of some layers, and those of the others.
    pub fn split(self, is_first: impl Fn(&'static str) -> bool) -> (Report, Report) {
        let Report { subject, outcomes } = self;
        let (first, others) = outcomes.into_iter().partition(|outcome| is_first(outcome.layer));
        (Report { subject: subject.clone(), outcomes: first }, Report { subject, outcomes: others })
    }

    /// The worst verdict among the layers.
    pub fn verdict(&self) -> Verdict {
        self.outcomes
            .iter()
            .map(|outcome| outcome.verdict)
            .max_by_key(|verdict| verdict.rank())
            .unwrap_or(Verdict::CannotTell)
    }

    /// A line for the subject and one for each outcome.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", Escaped(&self.subject));
        for outcome in &self.outcomes {
            let _ = writeln!(
                text,
                "  {:<11} {:<11} {}",
                outcome.verdict.word(),
                outcome.layer,
                Escaped(&outcome.detail)
            );
        }
        text
    }

    /// `{"subject", "verdict", "layers": [{"layer", "verdict", "detail"}]}`; a layer in which names
    /// were compared also has `"added"`, `"changed"` and `"removed"`, lists of names.
    pub fn json(&self) -> Value {
        let layers: Vec<Value> = self.outcomes.iter().map(Outcome::json).collect();
        json!({"subject": self.subject, "verdict": self.verdict().word(), "layers": layers})
    }
}

/// The exit status for several reports.
pub fn overall(reports: &[Report]) -> u8 {
    match reports.iter().map(Report::verdict).max_by_key(|verdict| verdict.rank()) {
        Some(Verdict::Failed) => status::FAILED,
        Some(Verdict::CannotTell) | None => status::CANNOT_TELL,
        Some(Verdict::Finding) => status::FINDING,
        Some(Verdict::Ok | Verdict::NotAsked) => status::OK,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_counts() {
        use Verdict::{CannotTell, Failed, Finding, NotAsked, Ok};
        for (verdicts, expected) in [
            (&[Ok, NotAsked][..], status::OK),
            (&[Ok, Finding], status::FINDING),
            (&[CannotTell, Finding], status::CANNOT_TELL),
            (&[Finding, Failed, CannotTell], status::FAILED),
            (&[], status::CANNOT_TELL),
        ] {
            let mut report = Report::new("x".to_owned());
            for verdict in verdicts {
                report.add("layer", *verdict, "");
            }
            assert_eq!(overall(&[report]), expected, "{verdicts:?}");
        }
    }
}
