//! Values that several services put into their answers.

use crate::{
    app::{FieldFault, Outcome, RefusedBecause, run::Shown},
    domain::{
        exact::Decimal,
        masked::masked,
        scheme::SubjectKind,
        time::{Day, Moment},
    },
    proto::{google::r#type as google, v1},
    store::PublicationRecord,
};

/// A number in its shortest text.
pub(crate) fn decimal(value: Decimal) -> google::Decimal {
    google::Decimal { value: value.to_string() }
}

/// A civil day.
pub(crate) fn date(day: Day) -> google::Date {
    let part = |it: i64| i32::try_from(it).unwrap_or(0);
    google::Date { year: part(day.year()), month: part(day.month()), day: part(day.day()) }
}

/// A moment.
pub(crate) fn timestamp(moment: Moment) -> prost_types::Timestamp {
    let micros = moment.micros();
    let nanos = micros.rem_euclid(1_000_000).saturating_mul(1_000);
    prost_types::Timestamp {
        seconds: micros.div_euclid(1_000_000),
        nanos: i32::try_from(nanos).unwrap_or(0),
    }
}

/// A sentence in both languages.
pub(crate) fn text(en: impl Into<String>, zh: impl Into<String>) -> v1::LocalText {
    v1::LocalText { en: en.into(), zh: zh.into() }
}

/// The kind of a subject.
pub(crate) const fn subject_kind(kind: SubjectKind) -> v1::SubjectKind {
    match kind {
        SubjectKind::Member => v1::SubjectKind::Member,
        SubjectKind::Project => v1::SubjectKind::Project,
        SubjectKind::Company => v1::SubjectKind::Company,
        SubjectKind::Post => v1::SubjectKind::Post,
        SubjectKind::Compound => v1::SubjectKind::Compound,
    }
}

/// The statuses of the items of one message.
pub(crate) fn statuses(outcomes: &[Outcome]) -> Vec<v1::ItemStatus> {
    outcomes.iter().zip(0..).map(|(it, index)| status(it, index)).collect()
}

/// Why an item is refused, without citizens' numbers.
fn masked_text(en: &str, zh: &str) -> v1::LocalText {
    text(masked(en), masked(zh))
}

fn status(outcome: &Outcome, item_index: i32) -> v1::ItemStatus {
    let blank = v1::ItemStatus { item_index, ..v1::ItemStatus::default() };
    match outcome {
        Outcome::Recorded(id) => {
            v1::ItemStatus { state: v1::ItemState::Recorded.into(), id: id.clone(), ..blank }
        }
        Outcome::Unchanged(id) => {
            v1::ItemStatus { state: v1::ItemState::Unchanged.into(), id: id.clone(), ..blank }
        }
        Outcome::Refused { id, because } => {
            let refused =
                v1::ItemStatus { state: v1::ItemState::Refused.into(), id: id.clone(), ..blank };
            match because {
                RefusedBecause::Shape(faults) => shape(refused, faults),
                RefusedBecause::State { reason, en, zh } => v1::ItemStatus {
                    code: tonic::Code::FailedPrecondition.into(),
                    reason: (*reason).to_owned(),
                    text: Some(masked_text(en, zh)),
                    ..refused
                },
                RefusedBecause::Exists { reason, en, zh } => v1::ItemStatus {
                    code: tonic::Code::AlreadyExists.into(),
                    reason: (*reason).to_owned(),
                    text: Some(masked_text(en, zh)),
                    ..refused
                },
            }
        }
    }
}

fn shape(refused: v1::ItemStatus, faults: &[FieldFault]) -> v1::ItemStatus {
    let first = faults.first();
    v1::ItemStatus {
        code: tonic::Code::InvalidArgument.into(),
        reason: first.map_or_else(String::new, |it| it.reason.to_owned()),
        text: first.map(|it| masked_text(&it.en, &it.zh)),
        faults: faults
            .iter()
            .map(|it| v1::FieldFault {
                field: masked(&it.path),
                reason: it.reason.to_owned(),
                text: Some(masked_text(&it.en, &it.zh)),
            })
            .collect(),
        ..refused
    }
}

/// How many items of one message were recorded, unchanged and refused.
pub(crate) fn counts(outcomes: &[Outcome]) -> v1::BulkCounts {
    let mut counts = v1::BulkCounts { messages: 1, ..v1::BulkCounts::default() };
    for outcome in outcomes {
        let count = match outcome {
            Outcome::Recorded(_) => &mut counts.recorded,
            Outcome::Unchanged(_) => &mut counts.unchanged,
            Outcome::Refused { .. } => &mut counts.refused,
        };
        *count = count.saturating_add(1);
    }
    counts
}

/// The outcome of a stream, gathered message by message.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// The refused items, at most [`Gathered::ITEMS_MAX`].
    pub(crate) items: Vec<v1::ItemStatus>,
    /// All items.
    pub(crate) counts: v1::BulkCounts,
    bytes: usize,
}

impl Gathered {
    /// The most refused items that are told.
    const ITEMS_MAX: usize = 1_000;
    /// The most bytes of them.
    const BYTES_MAX: usize = 3 * 1024 * 1024;

    /// Adds what became of one message.
    pub(crate) fn add(
        &mut self,
        items: Vec<v1::ItemStatus>,
        counts: Option<v1::BulkCounts>,
        replayed: bool,
    ) {
        let message_index = i32::try_from(self.counts.messages).unwrap_or(i32::MAX);
        let refused = |it: &v1::ItemStatus| it.state() == v1::ItemState::Refused;
        for item in items.into_iter().filter(refused) {
            let bytes = self.bytes.saturating_add(prost::Message::encoded_len(&item));
            if self.items.len() < Self::ITEMS_MAX && bytes <= Self::BYTES_MAX {
                self.bytes = bytes;
                self.items.push(v1::ItemStatus { message_index, ..item });
            }
        }
        let more = counts.unwrap_or_default();
        let sum = &mut self.counts;
        sum.recorded = sum.recorded.saturating_add(more.recorded);
        sum.unchanged = sum.unchanged.saturating_add(more.unchanged);
        sum.refused = sum.refused.saturating_add(more.refused);
        sum.messages = sum.messages.saturating_add(1);
        sum.replayed_messages = sum.replayed_messages.saturating_add(i64::from(replayed));
    }
}

/// A publication.
pub(crate) fn publication(it: &PublicationRecord, shown: &Shown) -> v1::Publication {
    let of = &it.publication;
    v1::Publication {
        seq: it.seq,
        run_id: of.run_id.clone(),
        replaced_run_id: of.replaced_run_id.clone(),
        scheme_id: of.scheme_id.clone(),
        version: i32::try_from(shown.run.version).unwrap_or(i32::MAX),
        period: of.period.clone(),
        publish_time: Some(timestamp(it.recorded)),
        subject_kind: subject_kind(shown.plan.scheme().subject).into(),
    }
}
