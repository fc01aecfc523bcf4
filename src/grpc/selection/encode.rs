//! Selections as they go out.

use std::collections::BTreeMap;

use crate::{
    app::{
        calendar::NamedEdition,
        registry::{RecordKind, RecordRef},
        selection::{CandidateView, Reach, ReportView, Selected, StepView},
    },
    domain::{
        exact::GroupSeats,
        selection::{
            Event, Evidence, Merit, Obstacle, Outcome, Phase, Stage, StepKind, UnitRef, What, Word,
        },
    },
    grpc::{
        encode::{date, timestamp},
        registry_encode,
    },
    proto::v1,
};

fn count(of: usize) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}

fn seats(of: u64) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}

fn small(of: i64) -> i32 {
    i32::try_from(of).unwrap_or(i32::MAX)
}

const fn phase(of: Phase) -> v1::SelectionPhase {
    match of {
        Phase::Open => v1::SelectionPhase::Open,
        Phase::Notice => v1::SelectionPhase::Notice,
        Phase::Confirmed => v1::SelectionPhase::Confirmed,
        Phase::Abandoned => v1::SelectionPhase::Abandoned,
    }
}

pub(super) const fn stage(of: Stage) -> v1::CandidateStage {
    match of {
        Stage::Applied => v1::CandidateStage::Applied,
        Stage::Returned => v1::CandidateStage::Returned,
        Stage::Refused => v1::CandidateStage::Refused,
        Stage::Passed => v1::CandidateStage::Passed,
        Stage::Reviewed => v1::CandidateStage::Reviewed,
        Stage::Recommended => v1::CandidateStage::Recommended,
        Stage::Examined => v1::CandidateStage::Examined,
        Stage::Declined => v1::CandidateStage::Declined,
        Stage::Consulted => v1::CandidateStage::Consulted,
        Stage::Approved => v1::CandidateStage::Approved,
        Stage::Rejected => v1::CandidateStage::Rejected,
        Stage::Noticed => v1::CandidateStage::Noticed,
        Stage::Confirmed => v1::CandidateStage::Confirmed,
        Stage::Cancelled => v1::CandidateStage::Cancelled,
        Stage::Withdrawn => v1::CandidateStage::Withdrawn,
    }
}

const fn step_kind(of: StepKind) -> v1::SelectionStep {
    match of {
        StepKind::Application => v1::SelectionStep::Application,
        StepKind::Opinion => v1::SelectionStep::Opinion,
        StepKind::Recommendation => v1::SelectionStep::Recommendation,
        StepKind::Examination => v1::SelectionStep::Examination,
        StepKind::Consultation => v1::SelectionStep::Consultation,
        StepKind::Decision => v1::SelectionStep::Decision,
    }
}

const fn outcome(of: Option<Outcome>) -> v1::ReportOutcome {
    match of {
        None => v1::ReportOutcome::Unspecified,
        Some(Outcome::Proven) => v1::ReportOutcome::Proven,
        Some(Outcome::NotProven) => v1::ReportOutcome::NotProven,
    }
}

/// A selection.
pub(super) fn selection(it: &Selected) -> v1::Selection {
    let record = &it.record;
    let notice = it.state.notice.as_ref().map(|it| {
        let editions: Vec<NamedEdition> = serde_json::from_str(&it.calendar).unwrap_or_default();
        v1::SelectionNotice {
            posted_on: Some(date(it.posted_on)),
            ends_on: Some(date(it.ends_on)),
            report_to: it.report_to.clone(),
            calendar_editions: editions.into_iter().map(|it| it.edition).collect(),
        }
    });
    v1::Selection {
        selection_id: record.selection_id.clone(),
        document_id: record.document_id.clone(),
        document_version: small(record.document_version),
        period: record.period.clone(),
        roster_day: Some(date(record.roster_day)),
        branches: count(it.roster.len()),
        phase: phase(it.state.phase).into(),
        scheme_id: record.scheme_id.clone(),
        scheme_version: small(record.scheme_version),
        ranking_run_id: it.state.ranking.clone().unwrap_or_default(),
        opened_by: record.opened.by.clone(),
        open_time: Some(timestamp(record.opened.recorded)),
        notice,
    }
}

/// The quota table.
pub(super) fn quota(it: &Selected) -> v1::SelectionQuota {
    let row = |(street, row): &(String, GroupSeats)| v1::StreetQuota {
        street_id: street.clone(),
        branches: seats(row.members),
        quota: row.quota.to_string(),
        floor: seats(row.floor),
        remainder: row.remainder.to_string(),
        seats: seats(row.seats),
        why: row.why.name().to_owned(),
        taken: count(it.taken(Some(street))),
    };
    let table = &it.quota;
    v1::SelectionQuota {
        streets: table.rows.iter().map(row).collect(),
        all: seats(table.all),
        cap: table.cap.map_or(0, seats),
        county: seats(table.county()),
        taken: count(it.taken(None)),
        tied_street_ids: table.tied.clone(),
        open_seats: count(table.open_seats),
    }
}

fn unit(of: &UnitRef) -> Option<v1::RecordRef> {
    let kind = RecordKind::named(&of.kind)?;
    Some(registry_encode::reference(RecordRef::new(kind, &of.id)))
}

/// A step with its days.
pub(super) fn step(it: &StepView<'_>) -> v1::SelectionStepView {
    let own = it
        .of_units
        .iter()
        .map(|(of, until)| v1::UnitExtension { unit: unit(of), until: Some(date(*until)) });
    v1::SelectionStepView {
        step: step_kind(it.rule.kind).into(),
        by: it.rule.by.clone(),
        until: it.until.map(date),
        extensions: own.collect(),
    }
}

/// One thing in the way.
pub(super) fn obstacle(it: &Obstacle) -> v1::SelectionObstacle {
    v1::SelectionObstacle {
        reason: it.code().to_owned(),
        rule: it.rule().to_owned(),
        english: it.en(),
        chinese: it.zh(),
    }
}

/// How many candidates stand where.
pub(super) fn stages(it: &Selected) -> Vec<v1::StageCount> {
    let mut counts: BTreeMap<Stage, usize> = BTreeMap::new();
    for candidate in it.state.candidates.values() {
        let count = counts.entry(candidate.stage).or_default();
        *count = count.saturating_add(1);
    }
    let one = |(at, candidates): (Stage, usize)| v1::StageCount {
        stage: stage(at).into(),
        candidates: count(candidates),
    };
    counts.into_iter().map(one).collect()
}

fn merit(it: &Merit) -> v1::CandidateMerit {
    let place = |of: Option<u32>| of.and_then(|it| i32::try_from(it).ok()).unwrap_or(0);
    v1::CandidateMerit {
        score: it.score.clone().unwrap_or_default(),
        grade: it.grade.clone().unwrap_or_default(),
        place: place(it.place),
        place_in_street: place(it.place_in_street),
        meets: it.meets,
    }
}

/// A candidate.
pub(super) fn candidate(it: &CandidateView<'_>) -> v1::SelectionCandidate {
    let stage = it.candidate.map_or(v1::CandidateStage::Unspecified, |it| stage(it.stage));
    v1::SelectionCandidate {
        branch_id: it.branch.branch.clone(),
        compound_id: it.branch.compound.clone(),
        community_id: it.branch.community.clone(),
        street_id: it.branch.street.clone(),
        stage: stage.into(),
        since: it.candidate.map(|it| timestamp(it.since)),
        merit: it.merit.map(merit),
        out_of_order: it.candidate.is_some_and(|it| !it.passed_over.is_empty()),
        passed_over_branch_ids: it.passed_over.iter().map(|it| (*it).to_owned()).collect(),
        next_step: it.next_step.map_or(v1::SelectionStep::Unspecified, step_kind).into(),
        next_by: it.next_by.to_owned(),
        obstacles: it.obstacles.iter().map(obstacle).collect(),
    }
}

/// Candidates by branch, in the order given, as a caller sees them.
pub(super) fn candidates(
    it: &Selected,
    (reach, branches): (&Reach, &[String]),
) -> Vec<v1::SelectionCandidate> {
    let views = branches.iter().filter_map(|branch| it.candidate_for(reach, branch).ok());
    views.map(|it| candidate(&it)).collect()
}

fn evidence(all: &[Evidence]) -> Vec<v1::SelectionEvidence> {
    let one = |it: &Evidence| v1::SelectionEvidence {
        form_id: it.form.clone(),
        reference: it.reference.clone(),
    };
    all.iter().map(one).collect()
}

/// What happened, with the stage after it. What was reported is told to those who answer it alone.
pub(super) fn event(
    (of, reach): (&Selected, &Reach),
    (it, after): (&Event, Option<Stage>),
) -> v1::SelectionEvent {
    let secret = matches!(it.what, What::Reported { .. } | What::Answered { .. });
    let word = if secret { Word::default() } else { it.word.clone() };
    let passed = match &it.what {
        What::Candidate { passed_over, .. } => {
            passed_over.iter().filter(|it| of.sees(reach, it)).cloned().collect()
        }
        What::Extended { .. }
        | What::Ranked { .. }
        | What::CandidatesOrdered(_)
        | What::StreetsOrdered { .. }
        | What::NoticePosted(_)
        | What::Reported { .. }
        | What::Answered { .. }
        | What::Confirmed
        | What::Abandoned => Vec::new(),
    };
    v1::SelectionEvent {
        number: it.number,
        what: it.what.word().to_owned(),
        branch_id: of.branch_of(it).unwrap_or_default().to_owned(),
        stage: after.map_or(v1::CandidateStage::Unspecified, stage).into(),
        opinion: word.text,
        decided_by: word.decided_by,
        evidence: evidence(&word.evidence),
        passed_over_branch_ids: passed,
        details: details((of, reach), &it.what),
        recorded_by: if secret { String::new() } else { it.by.clone() },
        record_time: Some(timestamp(it.at)),
    }
}

fn details((of, reach): (&Selected, &Reach), what: &What) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut put = |key: &str, value: String| {
        all.insert(key.to_owned(), value);
    };
    match what {
        What::Extended { step, unit, until } => {
            put("step", step.name().to_owned());
            put("until", until.to_string());
            if let Some(unit) = unit {
                put("unit", format!("{}/{}", unit.kind, unit.id));
            }
        }
        What::Ranked { run } => put("run_id", run.clone()),
        What::CandidatesOrdered(tie) => {
            put(
                "within",
                tie.street.as_ref().map_or("county".to_owned(), |it| format!("street/{it}")),
            );
            // Of the county's, those that the caller sees.
            let seen = tie.order.iter().filter(|it| of.sees(reach, it));
            put("order", seen.map(String::as_str).collect::<Vec<_>>().join(","));
        }
        What::StreetsOrdered { order } => put("order", order.join(",")),
        What::NoticePosted(notice) => {
            put("posted_on", notice.posted_on.to_string());
            put("ends_on", notice.ends_on.to_string());
        }
        What::Reported { number, received_on, .. } => {
            put("number", number.to_string());
            put("received_on", received_on.to_string());
        }
        What::Answered { number, outcome } => {
            put("number", number.to_string());
            put("outcome", outcome.word().to_owned());
        }
        What::Candidate { .. } | What::Confirmed | What::Abandoned => (),
    }
    all
}

/// A report with its answer.
pub(super) fn report(it: &ReportView<'_>) -> v1::SelectionReport {
    let answered = it.answered;
    v1::SelectionReport {
        number: i32::try_from(it.report.number).unwrap_or(i32::MAX),
        branch_id: it.report.branch.clone(),
        text: it.filed.word.text.clone(),
        reported_by: it.reported_by().to_owned(),
        received_on: Some(date(it.report.received_on)),
        evidence: evidence(&it.filed.word.evidence),
        recorded_by: it.filed.by.clone(),
        record_time: Some(timestamp(it.filed.at)),
        outcome: outcome(it.report.outcome).into(),
        answer: answered.map(|it| it.word.text.clone()).unwrap_or_default(),
        answered_by: answered.map(|it| it.word.decided_by.clone()).unwrap_or_default(),
        answer_time: answered.map(|it| timestamp(it.at)),
    }
}
