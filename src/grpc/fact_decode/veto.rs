//! Vetoes and what became of them (P3).

use serde::{Deserialize, Serialize};

use crate::{domain::facts::VetoStepKind, grpc::decode::Faults, proto::v1, store::Fact};

/// What a veto says besides its days in force, as it is kept.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::grpc) struct VetoDetail {
    /// The day of the fact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::grpc) happened_on: Option<String>,
    /// The day on which it was raised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::grpc) raised_on: Option<String>,
}

pub(super) fn veto(faults: &mut Faults, raw: &v1::Veto, blank: Fact) -> Option<Fact> {
    let item = faults.id("item", &raw.item);
    let by_whom = faults.id("raised_by", &raw.raised_by);
    let days = faults.days(
        ("effective_from", raw.effective_from.as_ref()),
        ("effective_until", raw.effective_until.as_ref()),
    );
    let happened_on = faults.day("happened_on", raw.happened_on.as_ref());
    let raised_on = faults.day("raised_on", raw.raised_on.as_ref());
    let (happened_on, raised_on) = (happened_on?, raised_on?);
    if raised_on.zip(happened_on).is_some_and(|(raised, happened)| raised < happened) {
        let en = "it was raised before the day of the fact";
        faults.add("raised_on", "INTERVAL_REVERSED", en, "提出日早于事实日");
        return None;
    }
    let detail = if happened_on.is_none() && raised_on.is_none() {
        String::new()
    } else {
        let [happened_on, raised_on] =
            [happened_on, raised_on].map(|it| it.map(|it| it.to_string()));
        serde_json::to_string(&VetoDetail { happened_on, raised_on }).ok()?
    };
    let (item, by_whom, (from, until_day)) = (item?, by_whom?, days?);
    Some(Fact { item, by_whom, on_day: Some(from), until_day, detail, ..blank })
}

/// The kind of a step, if one is said.
pub(in crate::grpc) const fn step_kind(raw: v1::VetoStepKind) -> Option<VetoStepKind> {
    match raw {
        v1::VetoStepKind::Unspecified => None,
        v1::VetoStepKind::NoticeServed => Some(VetoStepKind::NoticeServed),
        v1::VetoStepKind::Objected => Some(VetoStepKind::Objected),
        v1::VetoStepKind::ObjectionDismissed => Some(VetoStepKind::ObjectionDismissed),
        v1::VetoStepKind::ObjectionUpheld => Some(VetoStepKind::ObjectionUpheld),
        v1::VetoStepKind::PutRight => Some(VetoStepKind::PutRight),
        v1::VetoStepKind::Lifted => Some(VetoStepKind::Lifted),
    }
}

pub(super) fn step(faults: &mut Faults, raw: &v1::VetoStep, blank: Fact) -> Option<Fact> {
    let item = faults.id("veto_id", &raw.veto_id);
    let kind = faults.said("step", v1::VetoStepKind::try_from(raw.step), step_kind);
    let day = faults.some_day("on", raw.on.as_ref());
    // Who told the company, and who put it right, need not be named.
    let plain = matches!(kind, None | Some(VetoStepKind::NoticeServed | VetoStepKind::PutRight));
    let by_whom =
        if plain && raw.by.is_empty() { Some(String::new()) } else { faults.id("by", &raw.by) };
    let detail = if plain && raw.text.is_empty() {
        Some(String::new())
    } else {
        faults.why("text", &raw.text)
    };
    let (item, kind, on_day) = (item?, kind?, Some(day?));
    let (name, by_whom, detail) = (kind.word().to_owned(), by_whom?, detail?);
    Some(Fact { item, name, on_day, until_day: on_day, by_whom, detail, ..blank })
}
