//! Is the copy current, and is this machine in order? Every question is a row of [`LAYERS`]; the answers are a
//! [`Report`], layer by layer, each with its own verdict.

mod checklist;
mod detail;
mod kit;
mod machine;
mod procedure;
mod receipt;
mod report;
mod service;
mod subject;
mod target;
mod vault;

pub mod copies;
pub mod traces;
pub mod uses;

pub use checklist::ItemList;
pub use detail::Detail;
pub use receipt::Supplies;
pub use report::{Outcome, Report, Verdict, overall};
pub use subject::{Contents, Kind, Known, Opened, Question, Service, Subject};
pub use target::{FoundAt, listed, targets};
pub use vault::missing;

use report::Outcomes;
use subject::Kind::{Kit, Memory, Outside, Receipt, Service as Machine, Vault};

type Check = fn(&Subject, &Question<'_>, &mut Outcomes<'_>);

/// One question that is asked of some kinds of subjects.
pub struct Layer {
    /// The word by which reports name it.
    pub name: &'static str,
    /// The subjects that it is asked of.
    of: &'static [Kind],
    /// Adds the answer; nothing where the evidence is missing.
    check: Check,
    /// Whether the layers that follow mean nothing if something is wrong with this one.
    ends: bool,
}

const fn layer(name: &'static str, of: &'static [Kind], check: Check) -> Layer {
    Layer { name, of, check, ends: false }
}

const fn gate(layer: Layer) -> Layer {
    Layer { ends: true, ..layer }
}

/// Copies that can be looked into, and what is known of a copy.
const FILES: &[Kind] = &[Vault, Kit, Outside];
const OPENED: &[Kind] = &[Vault, Kit];
const COPIES: &[Kind] = &[Vault, Kit, Receipt, Outside];
const ALL: &[Kind] = &[Vault, Kit, Receipt, Outside, Machine];

/// Every layer, in the order in which they are checked and reported.
pub const LAYERS: &[Layer] = &[
    layer("running", &[Machine], service::check_running),
    layer("files", &[Machine], service::check_files),
    layer("name", &[Kit], kit::check_name),
    layer("here", &[Kit], kit::check_here),
    layer("files", &[Kit], kit::check_files),
    layer("other", &[Kit], kit::check_other),
    layer("armor", &[Kit], kit::check_armor),
    layer("receipt", &[Kit], kit::check_receipt),
    layer("opener", &[Kit], kit::check_opener),
    gate(layer("receipt", &[Receipt], receipt::check_authentic)),
    layer("vault", &[Receipt], receipt::check_vault),
    gate(layer("readable", FILES, vault::check_readable)),
    layer("strong", FILES, vault::check_strength),
    layer("receipt", &[Outside], receipt::check_beside),
    gate(layer("opens", OPENED, vault::check_opens)),
    layer("starts", OPENED, vault::check_starts),
    layer("required", COPIES, vault::check_required),
    layer("current", COPIES, vault::check_current),
    layer("newest", OPENED, copies::check_newest),
    layer("age", ALL, vault::check_age),
    layer("rotations", &[Vault, Receipt, Outside, Machine], procedure::check_rotations),
    layer("rotated", ALL, procedure::check_rotated),
    layer("inventory", ALL, procedure::check_inventory),
    layer("used", COPIES, uses::check_vault),
    layer("used", &[Machine], service::check_sealed_since),
    layer("rehearsal", &[Machine], service::check_rehearsal),
    layer("copy", &[Machine], copies::check_seen),
    layer("incidents", &[Machine], procedure::check_incidents),
    layer("memory", &[Memory], machine::check_locking),
    layer("memlock", &[Memory], machine::check_limit),
    layer("swap", &[Memory], machine::check_swap),
    layer("cores", &[Memory], machine::check_cores),
    layer("tracing", &[Memory], machine::check_tracing),
    layer("user", &[Memory], machine::check_user),
];

/// Checks a subject, layer by layer.
pub fn layers(subject: &Subject, asked: &Question<'_>) -> Report {
    let mut report = Report::new(subject.title.clone());
    for layer in LAYERS.iter().filter(|layer| layer.of.contains(&subject.kind)) {
        let before = report.outcomes.len();
        (layer.check)(subject, asked, &mut Outcomes::of(layer.name, &mut report));
        let is_fine = |it: &Outcome| matches!(it.verdict, Verdict::Ok | Verdict::NotAsked);
        if layer.ends && !report.outcomes.iter().skip(before).all(is_fine) {
            break;
        }
    }
    report
}
