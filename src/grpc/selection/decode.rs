//! Selections as they come in.

use crate::{
    app::selection::StepOf,
    domain::selection::{Action, Evidence, Outcome, Stage, StepKind, UnitRef, Word},
    grpc::{
        assessment_decode::{batch, once},
        decode::{Faults, is_id},
        evaluation_encode::ordinal,
    },
    proto::v1,
};

/// The most candidates of a message.
const BATCH_MAX: usize = 500;
/// The most papers of a step.
const PAPERS_MAX: usize = 20;
/// The most bytes of a reference.
const REFERENCE_MAX: usize = 500;

/// The papers of a step.
pub(super) fn evidence(
    faults: &mut Faults,
    raw: &[v1::SelectionEvidence],
) -> Option<Vec<Evidence>> {
    if raw.len() > PAPERS_MAX {
        let en = format!("there are at most {PAPERS_MAX} papers");
        let zh = format!("材料至多 {PAPERS_MAX} 份");
        faults.add("evidence", "EVIDENCE_TOO_MANY", en, zh);
        return None;
    }
    let mut all = Vec::with_capacity(raw.len());
    for (index, it) in raw.iter().enumerate() {
        let one = faults.below(&format!("evidence[{index}]"), |faults| {
            let form = faults.optional_id("form_id", &it.form_id);
            let reference = faults.text("reference", &it.reference, REFERENCE_MAX);
            Some(Evidence { form: form?.unwrap_or_default(), reference: reference? })
        });
        all.extend(one);
    }
    (all.len() == raw.len()).then_some(all)
}

/// What is said with a step: with `why` at least a byte of it.
fn word(
    faults: &mut Faults,
    (opinion, papers): (&str, &[v1::SelectionEvidence]),
    (decided_by, why): (Option<&String>, bool),
) -> Option<Word> {
    let text = match opinion {
        "" if !why => Some(String::new()),
        some => faults.why("opinion", some),
    };
    let evidence = evidence(faults, papers);
    Some(Word { text: text?, decided_by: decided_by?.clone(), evidence: evidence? })
}

fn step(
    faults: &mut Faults,
    raw: &v1::CandidateStep,
    (action, decided_by, why): (Option<Action>, Option<&String>, bool),
) -> Option<StepOf> {
    let branch = faults.id("branch_id", &raw.branch_id);
    let word = word(faults, (&raw.opinion, &raw.evidence), (decided_by, why));
    Some(StepOf { branch: branch?, action: action?, word: word? })
}

/// One branch.
pub(super) fn one(
    faults: &mut Faults,
    (raw, decided_by): (&Option<v1::CandidateStep>, &str),
    (action, why): (Action, bool),
) -> Option<Vec<StepOf>> {
    let decided_by = faults.id("decided_by", decided_by);
    let Some(raw) = raw else {
        faults.missing("candidate");
        return None;
    };
    let of = (Some(action), decided_by.as_ref(), why);
    faults.below("candidate", |faults| step(faults, raw, of)).map(|it| vec![it])
}

/// Branches, each once.
pub(super) fn many(
    faults: &mut Faults,
    (raw, decided_by): (&[v1::CandidateStep], &str),
    (action, why): (Action, bool),
) -> Option<Vec<StepOf>> {
    let all: Vec<_> = raw.iter().map(|it| (Some(it), Ok((action, why)))).collect();
    list(faults, ("candidates", ""), (all, decided_by))
}

/// A step, and what it comes to with whether that asks for a reason; or the path of a verdict that
/// is not said.
type Of<'r> = (Option<&'r v1::CandidateStep>, Result<(Action, bool), &'static str>);

fn list(
    faults: &mut Faults,
    (path, inner): (&str, &str),
    (raw, decided_by): (Vec<Of<'_>>, &str),
) -> Option<Vec<StepOf>> {
    let decided_by = faults.id("decided_by", decided_by);
    batch(faults, path, raw.len(), BATCH_MAX);
    let keys: Vec<&str> =
        raw.iter().map(|it| it.0.map_or("", |it| it.branch_id.as_str())).collect();
    let good = once(
        faults,
        path,
        if inner.is_empty() { ".branch_id" } else { ".candidate.branch_id" },
        &keys,
    );
    let mut all = Vec::with_capacity(raw.len());
    for (index, (it, verdict)) in raw.iter().enumerate() {
        let one = faults.below(&format!("{path}[{index}]"), |faults| {
            let (action, why) = match verdict {
                Ok((action, why)) => (Some(*action), *why),
                Err(field) => {
                    let en = "one of the named values must be given";
                    faults.add(field, "ENUM_UNSPECIFIED", en, "须选定一个取值");
                    (None, false)
                }
            };
            let Some(it) = it else {
                faults.missing("candidate");
                return None;
            };
            let of = (action, decided_by.as_ref(), why);
            if inner.is_empty() {
                step(faults, it, of)
            } else {
                faults.below(inner, |faults| step(faults, it, of))
            }
        });
        all.extend(one);
    }
    (good && decided_by.is_some() && all.len() == raw.len() && !raw.is_empty()).then_some(all)
}

/// Opinions, each branch once.
pub(super) fn opinions(
    faults: &mut Faults,
    (raw, decided_by): (&[v1::ApplicationOpinion], &str),
) -> Option<Vec<StepOf>> {
    let verdict = |it: &v1::ApplicationOpinion| match v1::OpinionVerdict::try_from(it.verdict) {
        Ok(v1::OpinionVerdict::Pass) => Ok((Action::Pass, false)),
        Ok(v1::OpinionVerdict::Return) => Ok((Action::Return, true)),
        Ok(v1::OpinionVerdict::Refuse) => Ok((Action::Refuse, true)),
        Ok(v1::OpinionVerdict::Unspecified) | Err(_) => Err("verdict"),
    };
    let all: Vec<_> = raw.iter().map(|it| (it.candidate.as_ref(), verdict(it))).collect();
    list(faults, ("opinions", "candidate"), (all, decided_by))
}

/// Verdicts, each branch once.
pub(super) fn judgements(
    faults: &mut Faults,
    (raw, decided_by): (&[v1::CandidateJudgement], &str),
    (pass, fail): (Action, Action),
) -> Option<Vec<StepOf>> {
    let verdict = |it: &v1::CandidateJudgement| match v1::CandidateVerdict::try_from(it.verdict) {
        Ok(v1::CandidateVerdict::Pass) => Ok((pass, false)),
        Ok(v1::CandidateVerdict::Fail) => Ok((fail, true)),
        Ok(v1::CandidateVerdict::Unspecified) | Err(_) => Err("verdict"),
    };
    let all: Vec<_> = raw.iter().map(|it| (it.candidate.as_ref(), verdict(it))).collect();
    list(faults, ("judgements", "candidate"), (all, decided_by))
}

/// A step before the notice.
pub(super) fn kind(faults: &mut Faults, raw: i32) -> Option<StepKind> {
    let of = |it: v1::SelectionStep| match it {
        v1::SelectionStep::Unspecified => None,
        v1::SelectionStep::Application => Some(StepKind::Application),
        v1::SelectionStep::Opinion => Some(StepKind::Opinion),
        v1::SelectionStep::Recommendation => Some(StepKind::Recommendation),
        v1::SelectionStep::Examination => Some(StepKind::Examination),
        v1::SelectionStep::Consultation => Some(StepKind::Consultation),
        v1::SelectionStep::Decision => Some(StepKind::Decision),
    };
    faults.said("step", v1::SelectionStep::try_from(raw), of)
}

/// Stages to list.
pub(super) fn stages(faults: &mut Faults, raw: &[i32]) -> Option<Vec<Stage>> {
    let mut all = Vec::with_capacity(raw.len());
    for (index, it) in raw.iter().enumerate() {
        let named = v1::CandidateStage::try_from(*it);
        all.extend(faults.said(&format!("stages[{index}]"), named, stage));
    }
    (all.len() == raw.len()).then_some(all)
}

const fn stage(it: v1::CandidateStage) -> Option<Stage> {
    match it {
        v1::CandidateStage::Unspecified => None,
        v1::CandidateStage::Applied => Some(Stage::Applied),
        v1::CandidateStage::Returned => Some(Stage::Returned),
        v1::CandidateStage::Refused => Some(Stage::Refused),
        v1::CandidateStage::Passed => Some(Stage::Passed),
        v1::CandidateStage::Reviewed => Some(Stage::Reviewed),
        v1::CandidateStage::Recommended => Some(Stage::Recommended),
        v1::CandidateStage::Examined => Some(Stage::Examined),
        v1::CandidateStage::Declined => Some(Stage::Declined),
        v1::CandidateStage::Consulted => Some(Stage::Consulted),
        v1::CandidateStage::Approved => Some(Stage::Approved),
        v1::CandidateStage::Rejected => Some(Stage::Rejected),
        v1::CandidateStage::Noticed => Some(Stage::Noticed),
        v1::CandidateStage::Confirmed => Some(Stage::Confirmed),
        v1::CandidateStage::Cancelled => Some(Stage::Cancelled),
        v1::CandidateStage::Withdrawn => Some(Stage::Withdrawn),
    }
}

/// The unit of an extension: a street, a community or a compound.
#[expect(clippy::option_option, reason = "nothing decoded, nothing said, and a unit")]
pub(super) fn unit(faults: &mut Faults, raw: Option<&v1::RecordRef>) -> Option<Option<UnitRef>> {
    let Some(raw) = raw else { return Some(None) };
    faults.below("unit", |faults| {
        let of = |it: v1::RecordKind| match it {
            v1::RecordKind::Street => Some("street"),
            v1::RecordKind::Community => Some("community"),
            v1::RecordKind::Compound => Some("compound"),
            v1::RecordKind::Unspecified
            | v1::RecordKind::County
            | v1::RecordKind::Building
            | v1::RecordKind::Branch
            | v1::RecordKind::Member
            | v1::RecordKind::Post
            | v1::RecordKind::Company
            | v1::RecordKind::Project => None,
        };
        let kind = faults.said("kind", v1::RecordKind::try_from(raw.kind), of);
        let id = faults.id("id", &raw.id);
        Some(Some(UnitRef { kind: kind?.to_owned(), id: id? }))
    })
}

/// What the check of a report found.
pub(super) fn outcome(faults: &mut Faults, raw: i32) -> Option<Outcome> {
    let of = |it: v1::ReportOutcome| match it {
        v1::ReportOutcome::Unspecified => None,
        v1::ReportOutcome::Proven => Some(Outcome::Proven),
        v1::ReportOutcome::NotProven => Some(Outcome::NotProven),
    };
    faults.said("outcome", v1::ReportOutcome::try_from(raw), of)
}

/// Ids, each once.
pub(super) fn ids(faults: &mut Faults, path: &str, raw: &[String]) -> Option<Vec<String>> {
    batch(faults, path, raw.len(), BATCH_MAX);
    let keys: Vec<&str> = raw.iter().map(String::as_str).collect();
    let good = once(faults, path, "", &keys);
    let mut whole = good && !raw.is_empty() && raw.len() <= BATCH_MAX;
    for (index, it) in raw.iter().enumerate() {
        if !is_id(it) {
            whole &= faults.id(&format!("{path}[{index}]"), it).is_some();
        }
    }
    whole.then(|| raw.to_vec())
}

/// A cursor: the number of the last event that was seen.
pub(super) fn cursor(faults: &mut Faults, raw: &str) -> Option<i64> {
    let digits = !raw.is_empty() && raw.len() <= 18 && raw.bytes().all(|it| it.is_ascii_digit());
    let plain = raw == "0" || !raw.starts_with('0');
    match raw {
        "" => Some(0),
        some if digits && plain => Some(ordinal(some)),
        _ => {
            never_given(faults);
            None
        }
    }
}

/// A cursor that no answer gave.
pub(super) fn never_given(faults: &mut Faults) {
    let en = "the cursor is not one of this selection's answers";
    faults.add("cursor", "CURSOR_INVALID", en, "游标无效");
}
