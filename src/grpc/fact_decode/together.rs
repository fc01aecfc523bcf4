//! Facts of one message that cannot both be meant.

use std::collections::BTreeMap;

use crate::{
    app::places,
    grpc::decode::Faults,
    proto::v1::{self, fact::Fact as Raw},
};

/// What only one fact of a message may be, by kind of key; the words tell the kinds apart.
type Key<'f> = [&'f str; 4];

/// Where the keys of a message stand.
#[derive(Debug)]
pub(super) struct Together<'f> {
    places: BTreeMap<(Field, Key<'f>, (i64, i32)), Vec<usize>>,
}

/// What the key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Source,
    Case,
    Report,
}

impl Field {
    const fn path(self) -> &'static str {
        match self {
            Self::Source => "source_record",
            Self::Case => "conduct.case_id",
            Self::Report => "imported.reported_at",
        }
    }

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Source => ("source record", "来源记录"),
            Self::Case => ("case", "事项"),
            Self::Report => ("unit's report", "单位上报"),
        }
    }
}

/// The keys of one fact.
fn keys(raw: &v1::Fact) -> Vec<(Field, Key<'_>, (i64, i32))> {
    let mut keys = Vec::new();
    if !raw.source_record.is_empty() {
        keys.push((Field::Source, [&raw.source, &raw.source_record, "", ""], (0, 0)));
    }
    let subject = raw.subject.as_ref().map_or("", |it| it.id.as_str());
    if let Some(Raw::Conduct(it)) = &raw.fact {
        keys.push((Field::Case, [subject, &it.case_id, "", ""], (0, 0)));
    }
    if let Some(Raw::Imported(it)) = &raw.fact
        && !it.unit_branch_id.is_empty()
    {
        // Moments are kept to the microsecond.
        let at = it.reported_at.map_or((0, 0), |it| (it.seconds, it.nanos.div_euclid(1_000)));
        keys.push((Field::Report, [subject, &it.unit_branch_id, &it.source, &it.period], at));
    }
    keys
}

impl<'f> Together<'f> {
    /// Of a whole message.
    pub(super) fn of(raw: &'f [v1::Fact]) -> Self {
        let mut places: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (index, fact) in raw.iter().enumerate() {
            for key in keys(fact) {
                places.entry(key).or_default().push(index);
            }
        }
        Self { places }
    }

    /// Notes which keys of a fact stand elsewhere in the message too.
    pub(super) fn note(&self, faults: &mut Faults, raw: &v1::Fact) {
        for key in keys(raw) {
            let same = self.places.get(&key).filter(|it| it.len() > 1);
            let Some(same) = same else { continue };
            let (places, (en, zh)) = (places("facts", same), key.0.words());
            let en = format!("the same {en} stands in {places}");
            let zh = format!("同一{zh}重复：{places}");
            faults.add(key.0.path(), "DUPLICATE_IN_BATCH", en, zh);
        }
    }
}
