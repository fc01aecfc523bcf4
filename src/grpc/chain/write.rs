//! Appraisal chains as they go out.

use crate::{
    app::{
        chain::{Blocker, Case, CaseStanding, CaseValue, Chain, ChainStep, Cohort, CohortState},
        registry::RecordRef,
    },
    grpc::{
        encode::{decimal, timestamp},
        registry_encode,
    },
    proto::v1,
    store::fact_id,
};

/// The most things that a cohort waits for that are told.
const BLOCKERS_MAX: usize = 100;

fn count(of: usize) -> i32 {
    i32::try_from(of).unwrap_or(i32::MAX)
}

/// A chain.
pub(super) fn chain(it: &Chain) -> v1::Chain {
    let step = |it: &ChainStep| v1::ChainStep {
        scheme_id: it.scheme_id.clone(),
        version: i32::try_from(it.version).unwrap_or(i32::MAX),
        cohort: registry_encode::kind(it.cohort).into(),
    };
    v1::Chain {
        chain_id: it.chain_id.clone(),
        period: it.period.to_string(),
        steps: it.steps.iter().map(step).collect(),
        opened_by: it.opened.by.clone(),
        open_time: Some(timestamp(it.opened.recorded)),
    }
}

fn unit(step: &ChainStep, id: &str) -> v1::RecordRef {
    registry_encode::reference(RecordRef::new(step.cohort, id))
}

const fn state(of: CohortState) -> v1::CohortState {
    match of {
        CohortState::Open => v1::CohortState::Open,
        CohortState::Closed => v1::CohortState::Closed,
        CohortState::Reopened => v1::CohortState::Reopened,
    }
}

const fn standing(of: CaseStanding) -> v1::CaseState {
    match of {
        CaseStanding::Open => v1::CaseState::Open,
        CaseStanding::Proposed => v1::CaseState::Proposed,
        CaseStanding::Adjusted => v1::CaseState::Adjusted,
        CaseStanding::Confirmed => v1::CaseState::Confirmed,
        CaseStanding::LeftOut => v1::CaseState::LeftOut,
    }
}

/// A cohort of a step.
pub(super) fn cohort(step: &ChainStep, it: &Cohort) -> v1::Cohort {
    let of = |standing: CaseStanding| count(it.cases.get(&standing).copied().unwrap_or(0));
    let blocker = |it: &Blocker| v1::CohortBlocker {
        reason: it.reason.to_owned(),
        subject: it.subject.clone(),
        english: it.en.to_owned(),
        chinese: it.zh.to_owned(),
    };
    v1::Cohort {
        scheme_id: step.scheme_id.clone(),
        unit: Some(unit(step, &it.unit)),
        state: state(it.state).into(),
        posts: count(it.posts),
        cases: count(it.all_cases()),
        open: of(CaseStanding::Open),
        proposed: of(CaseStanding::Proposed),
        adjusted: of(CaseStanding::Adjusted),
        confirmed: of(CaseStanding::Confirmed),
        left_out: of(CaseStanding::LeftOut),
        beyond_band: count(it.beyond_band),
        blockers: it.blockers.iter().take(BLOCKERS_MAX).map(blocker).collect(),
        closed_by: it.closed.as_ref().map(|it| it.0.clone()).unwrap_or_default(),
        close_time: it.closed.as_ref().map(|it| timestamp(it.1)),
    }
}

/// A case of a step.
pub(super) fn case(step: &ChainStep, it: &Case) -> v1::AppraisalCase {
    let level = |of: usize| it.levels.get(of).cloned().unwrap_or_default();
    let value = |it: &CaseValue| v1::CaseValue {
        fact_id: fact_id(it.seq),
        level: level(it.level),
        points: Some(decimal(it.points)),
        reason: it.reason.clone(),
        decided_by: it.decided_by.clone(),
        recorded_by: it.recorded_by.clone(),
        record_time: Some(timestamp(it.recorded)),
        beyond_band: it.beyond_band,
    };
    let reopenings = it.reopenings.iter().map(|it| v1::CaseReopening {
        reason: it.reason.clone(),
        recorded_by: it.by.clone(),
        record_time: Some(timestamp(it.recorded)),
    });
    v1::AppraisalCase {
        subject_id: it.subject.clone(),
        item: it.item.clone(),
        unit: Some(unit(step, &it.unit)),
        state: standing(it.standing()).into(),
        next_level: it.next_level().unwrap_or_default().to_owned(),
        in_force: it.in_force().map(decimal),
        values: it.values.iter().map(value).collect(),
        reopenings: reopenings.collect(),
    }
}

/// Cases of a step.
pub(super) fn cases(step: &ChainStep, all: &[Case]) -> Vec<v1::AppraisalCase> {
    all.iter().map(|it| case(step, it)).collect()
}
