//! Vetoes and what became of them (P3).

use super::super::fact_decode::VetoDetail;
use crate::{
    domain::{facts::VetoStepKind, time::Day},
    grpc::encode::date,
    proto::{
        google::r#type::Date,
        v1::{self, fact::Fact as Raw},
    },
    store::StoreError,
};

pub(super) fn veto(
    [item, raised_by, detail]: [String; 3],
    (effective_from, effective_until): (Option<Date>, Option<Date>),
) -> Result<Raw, StoreError> {
    let said: VetoDetail = match detail.as_str() {
        "" => VetoDetail::default(),
        text => serde_json::from_str(text).map_err(|why| StoreError::corrupt("detail", why))?,
    };
    let day = |text: Option<String>| {
        let day = text.map(|it| Day::parse(&it)).transpose();
        day.map(|it| it.map(date)).map_err(|why| StoreError::corrupt("detail", why))
    };
    Ok(Raw::Veto(v1::Veto {
        item,
        raised_by,
        effective_from,
        effective_until,
        happened_on: day(said.happened_on)?,
        raised_on: day(said.raised_on)?,
    }))
}

/// The kind of a step as a message has it.
pub(in crate::grpc) const fn step_kind(of: VetoStepKind) -> v1::VetoStepKind {
    match of {
        VetoStepKind::NoticeServed => v1::VetoStepKind::NoticeServed,
        VetoStepKind::Objected => v1::VetoStepKind::Objected,
        VetoStepKind::ObjectionDismissed => v1::VetoStepKind::ObjectionDismissed,
        VetoStepKind::ObjectionUpheld => v1::VetoStepKind::ObjectionUpheld,
        VetoStepKind::PutRight => v1::VetoStepKind::PutRight,
        VetoStepKind::Lifted => v1::VetoStepKind::Lifted,
    }
}

pub(super) fn step(
    [veto_id, name, by, text]: [String; 4],
    on: Option<Date>,
) -> Result<Raw, StoreError> {
    let kind = VetoStepKind::named(&name).ok_or_else(|| StoreError::unknown_word("name", &name))?;
    Ok(Raw::VetoStep(v1::VetoStep { veto_id, step: step_kind(kind).into(), on, by, text }))
}
