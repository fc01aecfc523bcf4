//! Published results of other schemes (P6).

use serde_json::value::RawValue;

use super::{NOT_OF, Path, Reader, Words};
use crate::domain::{
    facts::{AboutResult, GivenResult, GivenStatus},
    scheme::ResultsOf,
};

const NOT_STATUS: Words = (
    "FACTS_RESULT_STATUS",
    "a status is `final`, `incomplete`, `excluded` or `tie_open`",
    "结果状态应为 final、incomplete、excluded 或 tie_open",
);

const PLAIN: [&str; 4] = ["of", "score", "out_of", "weight"];
const ABOUT: [&str; 7] =
    ["subject", "period", "status", "grade", "vetoes", "weights", "taken_over"];

impl Reader {
    pub(super) fn result(&mut self, path: &Path<'_>, raw: &RawValue) -> Option<GivenResult> {
        let keys: Vec<&str> = PLAIN.into_iter().chain(ABOUT).collect();
        let record = self.record(path, raw, &keys)?;
        let of = self.needed(path, &record, "of", |it, path, raw| {
            let named = it.text(path, raw).map(|text| ResultsOf::named(&text))?;
            if named.is_none() {
                it.fault(path, NOT_OF);
            }
            named
        });
        // `null` says that there is none.
        let none = record.members.iter().any(|(key, raw)| key == "score" && raw.get() == "null");
        let score = (!none).then(|| self.needed(path, &record, "score", Self::decimal));
        let out_of = self.needed(path, &record, "out_of", Self::decimal);
        let weight = self.optional(path, &record, "weight", Self::decimal);
        let status = self.optional(path, &record, "status", |it, path, raw| {
            let named = it.text(path, raw).map(|text| GivenStatus::named(&text))?;
            if named.is_none() {
                it.fault(path, NOT_STATUS);
            }
            named
        });
        let about = AboutResult {
            subject: self.optional(path, &record, "subject", Self::text).unwrap_or_default(),
            period: self.optional(path, &record, "period", Self::period),
            status: status.unwrap_or_default(),
            grade: self.optional(path, &record, "grade", Self::text),
            vetoes: self
                .optional(path, &record, "vetoes", |it, path, raw| {
                    Some(it.list(path, raw, Self::text))
                })
                .unwrap_or_default(),
            weights: self
                .optional(path, &record, "weights", |it, path, raw| {
                    Some(it.map(path, raw, Self::decimal))
                })
                .unwrap_or_default(),
            taken_over: self.optional(path, &record, "taken_over", Self::day),
        };
        let known = record.members.iter().any(|(key, _)| ABOUT.contains(&&**key));
        let about = known.then(|| Box::new(about));
        let (of, out_of) = (of?, out_of?);
        let score = score.map_or(Some(None), |it| it.map(Some))?;
        record.known.then_some(GivenResult { of, score, out_of, weight, about })
    }
}
