//! Facts that are about members only: check-ins (M3), conduct (M6), reports of units (M1).

use crate::{
    domain::{scheme::SubjectKind, time::Moment},
    grpc::decode::Faults,
    proto::v1::{self, fact::Fact as Raw},
    store::Fact,
};

/// Notes that a fact about members only is about something else.
pub(super) fn about(faults: &mut Faults, raw: &Raw, subject_kind: &str) {
    let only = match raw {
        Raw::CheckIn(_) | Raw::Conduct(_) | Raw::ConductStep(_) => true,
        Raw::Imported(raw) => !raw.unit_branch_id.is_empty(),
        Raw::Entry(_)
        | Raw::Sheet(_)
        | Raw::Proposal(_)
        | Raw::Ballot(_)
        | Raw::Survey(_)
        | Raw::Metric(_)
        | Raw::Veto(_)
        | Raw::VetoStep(_)
        | Raw::Finding(_)
        | Raw::NodeState(_)
        | Raw::Decision(_)
        | Raw::EntryCheck(_)
        | Raw::Objection(_)
        | Raw::Answer(_) => false,
    };
    if only && subject_kind != SubjectKind::Member.name() {
        let en = "a fact of this kind is about a member";
        faults.add("subject.kind", "SUBJECT_KIND_INVALID", en, "此类事实的对象须为党员");
    }
}

pub(super) fn check_in(faults: &mut Faults, raw: &v1::CheckIn, blank: Fact) -> Option<Fact> {
    let item = faults.id("compound_id", &raw.compound_id);
    let day = faults.some_day("on", raw.on.as_ref());
    let (item, on_day) = (item?, Some(day?));
    Some(Fact { item, on_day, until_day: on_day, ..blank })
}

pub(super) fn conduct(faults: &mut Faults, raw: &v1::Conduct, blank: Fact) -> Option<Fact> {
    let item = faults.id("case_id", &raw.case_id);
    let name = faults.id("what", &raw.what);
    let days = faults.days(("on", raw.on.as_ref()), ("put_right_by", raw.put_right_by.as_ref()));
    let detail = faults.why("text", &raw.text);
    let (item, name, (on, until_day), detail) = (item?, name?, days?, detail?);
    Some(Fact { item, name, on_day: Some(on), until_day, detail, ..blank })
}

pub(super) fn step(faults: &mut Faults, raw: &v1::ConductStep, blank: Fact) -> Option<Fact> {
    let item = faults.id("case_id", &raw.case_id);
    let step = faults.said("step", v1::ConductStepKind::try_from(raw.step), |it| match it {
        v1::ConductStepKind::Unspecified => None,
        v1::ConductStepKind::PutRight => Some("put_right"),
        v1::ConductStepKind::NotPutRight => Some("not_put_right"),
        v1::ConductStepKind::Exposed => Some("exposed"),
        v1::ConductStepKind::Reported => Some("reported"),
    });
    let day = faults.some_day("on", raw.on.as_ref());
    let (item, name, on_day) = (item?, step?.to_owned(), Some(day?));
    Some(Fact { item, name, on_day, until_day: on_day, ..blank })
}

/// The unit that reports and when it did: both, or neither.
pub(super) fn unit(faults: &mut Faults, raw: &v1::Import) -> Option<(String, Option<Moment>)> {
    let unit = faults.optional_id("unit_branch_id", &raw.unit_branch_id);
    let at = faults.moment("reported_at", raw.reported_at.as_ref());
    let (unit, at) = (unit?, at?);
    match (&unit, at) {
        (Some(_), None) => faults.missing("reported_at"),
        (None, Some(_)) => faults.missing("unit_branch_id"),
        (Some(_), Some(_)) | (None, None) => return Some((unit.unwrap_or_default(), at)),
    }
    None
}
