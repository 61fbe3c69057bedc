//! What a check found.

use std::fmt::Write;

use serde_json::{Value, json};

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

/// One layer of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Its name, a fixed word.
    pub name: &'static str,
    /// How it came out.
    pub verdict: Verdict,
    /// What was seen, for a person; names, never values.
    pub detail: String,
    /// Which names differ, where names were compared.
    pub differences: Option<Differences>,
}

/// All layers of one thing that was checked.
#[derive(Clone, Debug)]
pub struct Report {
    /// What was checked, for a person.
    pub subject: String,
    /// The layers, in the order in which they were looked at.
    pub layers: Vec<Layer>,
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

impl Layer {
    fn json(&self) -> Value {
        let mut layer =
            json!({"layer": self.name, "verdict": self.verdict.word(), "detail": self.detail});
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
    /// No layers yet.
    pub fn new(subject: String) -> Report {
        Report { subject, layers: Vec::new() }
    }

    /// Adds a layer.
    pub fn add(&mut self, name: &'static str, verdict: Verdict, detail: impl Into<String>) {
        self.layers.push(Layer { name, verdict, detail: detail.into(), differences: None });
    }

    /// Adds a layer in which names were compared.
    pub fn add_differences(
        &mut self,
        name: &'static str,
        verdict: Verdict,
        detail: String,
        differences: Differences,
    ) {
        self.layers.push(Layer { name, verdict, detail, differences: Some(differences) });
    }

    /// The worst verdict among the layers.
    pub fn verdict(&self) -> Verdict {
        self.layers
            .iter()
            .map(|layer| layer.verdict)
            .max_by_key(|verdict| verdict.rank())
            .unwrap_or(Verdict::CannotTell)
    }

    /// A line for the subject and one for each layer.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", Escaped(&self.subject));
        for layer in &self.layers {
            let _ = writeln!(
                text,
                "  {:<11} {:<11} {}",
                layer.verdict.word(),
                layer.name,
                Escaped(&layer.detail)
            );
        }
        text
    }

    /// `{"subject", "verdict", "layers": [{"layer", "verdict", "detail"}]}`; a layer in which names
    /// were compared also has `"added"`, `"changed"` and `"removed"`, lists of names.
    pub fn json(&self) -> Value {
        let layers: Vec<Value> = self.layers.iter().map(Layer::json).collect();
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
