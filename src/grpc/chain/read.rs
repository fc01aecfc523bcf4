//! Appraisal chains as they come in.

use crate::{
    app::chain::{CaseStanding, Decision},
    domain::exact::Decimal,
    grpc::{
        assessment_decode::{batch, ids, once},
        decode::Faults,
    },
    proto::v1,
};

/// The most schemes of a chain.
const SCHEMES_MAX: usize = 16;
/// The most cases of a message.
const BATCH_MAX: usize = 500;

/// The schemes of a chain, each once.
pub(super) fn schemes(faults: &mut Faults, raw: &[String]) -> Option<Vec<String>> {
    batch(faults, "scheme_ids", raw.len(), SCHEMES_MAX);
    ids(faults, "scheme_ids", raw)
}

/// How listed cases stand, if it is said.
#[expect(clippy::option_option, reason = "nothing decoded, nothing said, and a state")]
pub(super) fn standing(faults: &mut Faults, raw: i32) -> Option<Option<CaseStanding>> {
    if raw == 0 {
        return Some(None);
    }
    let of = |it: v1::CaseState| match it {
        v1::CaseState::Unspecified => None,
        v1::CaseState::Open => Some(CaseStanding::Open),
        v1::CaseState::Proposed => Some(CaseStanding::Proposed),
        v1::CaseState::Adjusted => Some(CaseStanding::Adjusted),
        v1::CaseState::Confirmed => Some(CaseStanding::Confirmed),
        v1::CaseState::LeftOut => Some(CaseStanding::LeftOut),
    };
    faults.said("state", v1::CaseState::try_from(raw), of).map(Some)
}

/// Chain, scheme, who decides, and the values.
type Said = (String, String, String, Vec<Decision>);

/// Values for cases, each once; with `points` each says how many.
pub(super) fn speech(
    faults: &mut Faults,
    (chain, scheme, decided_by): (&str, &str, &str),
    (values, points): (&[v1::CaseDecision], bool),
) -> Option<Said> {
    let chain = faults.id("chain_id", chain);
    let scheme = faults.id("scheme_id", scheme);
    let decided_by = faults.id("decided_by", decided_by);
    batch(faults, "values", values.len(), BATCH_MAX);
    let keys: Vec<String> =
        values.iter().map(|it| format!("{} {}", it.subject_id, it.item)).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let good = once(faults, "values", "", &keys);
    let mut all = Vec::with_capacity(values.len());
    for (index, it) in values.iter().enumerate() {
        let one = faults.below(&format!("values[{index}]"), |faults| decision(faults, it, points));
        all.extend(one);
    }
    let whole = good && all.len() == values.len();
    let (chain, scheme, decided_by) = (chain?, scheme?, decided_by?);
    whole.then_some((chain, scheme, decided_by, all))
}

fn decision(faults: &mut Faults, raw: &v1::CaseDecision, needed: bool) -> Option<Decision> {
    let subject = faults.id("subject_id", &raw.subject_id);
    let item = faults.id("item", &raw.item);
    let points = if needed {
        faults.some_points("points", raw.points.as_ref()).map(Some)
    } else {
        faults.points("points", raw.points.as_ref())
    };
    let reason = match raw.reason.as_str() {
        "" => Some(String::new()),
        some => faults.text("reason", some, 2_000),
    };
    let points = points?.and_then(Decimal::from_ten_thousandths);
    Some(Decision { subject: subject?, item: item?, points, reason: reason? })
}

/// Cases by post and item, each once.
pub(super) fn cases(faults: &mut Faults, raw: &[v1::CaseRef]) -> Option<Vec<(String, String)>> {
    batch(faults, "cases", raw.len(), BATCH_MAX);
    let keys: Vec<String> = raw.iter().map(|it| format!("{} {}", it.subject_id, it.item)).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let good = once(faults, "cases", "", &keys);
    let mut all = Vec::with_capacity(raw.len());
    for (index, it) in raw.iter().enumerate() {
        let one = faults.below(&format!("cases[{index}]"), |faults| {
            faults.id("subject_id", &it.subject_id).zip(faults.id("item", &it.item))
        });
        all.extend(one);
    }
    (good && all.len() == raw.len()).then_some(all)
}
