//! What is in a kit, without the passphrase.

use super::detail::Detail;
use super::report::Outcomes;
use super::subject::{Question, Subject};
use crate::records;

pub(super) fn check_name(subject: &Subject, _: &Question<'_>, out: &mut Outcomes<'_>) {
    if let Some(detail @ (Detail::LeftUnderItsName | Detail::LeftBehind)) = &subject.in_its_place {
        out.finding(detail.clone());
    }
}

pub(super) fn check_here(subject: &Subject, _: &Question<'_>, out: &mut Outcomes<'_>) {
    if let Some(detail @ Detail::Away) = &subject.in_its_place {
        out.not_asked(detail.clone());
    }
}

pub(super) fn check_files(subject: &Subject, _: &Question<'_>, out: &mut Outcomes<'_>) {
    let kit = match &subject.kit {
        None => return,
        Some(Err(error)) => return out.failed(error.clone()),
        Some(Ok(kit)) => kit,
    };
    let (missing, damaged) = (kit.missing.clone(), kit.damaged.clone());
    if !(missing.is_empty() && damaged.is_empty()) {
        out.failed(Detail::FilesDiffer { missing, damaged });
    } else if !kit.sums_exact {
        out.failed(Detail::SumsDiffer);
    } else if !kit.text_exact && kit.is_whole() {
        out.finding(Detail::TextDiffers);
    } else {
        out.ok(Detail::FilesWhole);
    }
}

pub(super) fn check_other(subject: &Subject, _: &Question<'_>, out: &mut Outcomes<'_>) {
    let Some(kit) = subject.readable_kit().filter(|kit| !kit.foreign.is_empty()) else { return };
    out.finding(Detail::Foreign(kit.foreign.clone()));
}

pub(super) fn check_armor(subject: &Subject, _: &Question<'_>, out: &mut Outcomes<'_>) {
    match subject.readable_kit().map(|kit| &kit.armored) {
        None => {}
        Some(Ok(())) => out.ok(Detail::Armored),
        Some(Err(error)) => out.failed(error.clone()),
    }
}

pub(super) fn check_receipt(subject: &Subject, asked: &Question<'_>, out: &mut Outcomes<'_>) {
    let Some(kit) = subject.readable_kit() else { return };
    match &kit.receipt {
        None => out.not_asked(Detail::NoReceipt),
        Some(Ok(receipt)) if kit.belongs(receipt) => {
            let sealed = records::ago(receipt.facts().sealed, asked.now);
            out.ok(Detail::OfThisVault(sealed));
        }
        Some(Ok(_)) => out.failed(Detail::OfAnotherVault),
        Some(Err(error)) => out.failed(error.clone()),
    }
}

pub(super) fn check_opener(subject: &Subject, _: &Question<'_>, out: &mut Outcomes<'_>) {
    match subject.readable_kit().map(|kit| &kit.opener) {
        None => {}
        Some(None) => out.not_asked(Detail::NoOpener),
        Some(Some(Ok((machine, sum)))) => out.ok(Detail::Opener { machine, sum: sum.clone() }),
        Some(Some(Err(why))) => out.failed(Detail::NotAnOpener(why)),
    }
}
