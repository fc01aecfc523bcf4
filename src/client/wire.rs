//! The sample's records and facts as messages of the API.

use crate::{
    domain::{exact::Decimal, time::Moment},
    proto::{google::r#type as google, v1},
    sample::{
        Adoption, Body, BranchForm, Date, Detail, Fact, MemberFormality, MemberStatus, Record,
        RecordKind, RecordRef, State, Step, Subject, SubjectKind,
    },
};

/// Why facts about members come so late: their scheme closes a year with the January after it, and
/// the sample's year is over.
const LATE: &str = "样例县数据，年度结束后一次性导入";

/// A record as the API takes it.
pub fn record(record: &Record) -> v1::RegistryRecord {
    v1::RegistryRecord {
        kind: kind(record.kind).into(),
        id: record.id.clone(),
        name: record.name.clone(),
        parent: record.parent.as_ref().map(reference),
        effective_from: Some(date(record.effective_from)),
        effective_until: None,
        attributes: record.attributes.clone(),
        detail: Some(detail(&record.detail)),
        record_time: None,
    }
}

/// A fact as the API takes it.
pub fn fact(fact: &Fact) -> v1::Fact {
    v1::Fact {
        subject: Some(subject(&fact.subject)),
        fact: Some(body(&fact.body)),
        source: fact.source.to_owned(),
        source_record: fact.source_record.clone(),
        recorded_by: fact.recorded_by.clone(),
        late_reason: match fact.subject.kind {
            SubjectKind::Member => LATE.to_owned(),
            SubjectKind::Project
            | SubjectKind::Company
            | SubjectKind::Post
            | SubjectKind::Compound => String::new(),
        },
        ..v1::Fact::default()
    }
}

/// An adoption of a point schedule as the API takes it.
pub fn adoption(county: &str, it: &Adoption) -> v1::AdoptScheduleRequest {
    let count = |value: i64| i32::try_from(value).unwrap_or(i32::MAX);
    v1::AdoptScheduleRequest {
        county: county.to_owned(),
        request_id: format!("sample-schedule-{}-{}", it.compound_id, it.version),
        document: it.document.as_bytes().to_vec(),
        branch_id: it.branch_id.clone(),
        meeting: Some(v1::GeneralMeeting {
            met_on: Some(date(it.met_on)),
            eligible: count(it.eligible),
            present: count(it.present),
            in_favour: count(it.in_favour),
            evidence: Vec::new(),
        }),
    }
}

const fn kind(kind: RecordKind) -> v1::RecordKind {
    match kind {
        RecordKind::County => v1::RecordKind::County,
        RecordKind::Street => v1::RecordKind::Street,
        RecordKind::Community => v1::RecordKind::Community,
        RecordKind::Compound => v1::RecordKind::Compound,
        RecordKind::Building => v1::RecordKind::Building,
        RecordKind::Branch => v1::RecordKind::Branch,
        RecordKind::Member => v1::RecordKind::Member,
        RecordKind::Post => v1::RecordKind::Post,
        RecordKind::Company => v1::RecordKind::Company,
        RecordKind::Project => v1::RecordKind::Project,
    }
}

fn reference(to: &RecordRef) -> v1::RecordRef {
    v1::RecordRef { kind: kind(to.kind).into(), id: to.id.clone() }
}

fn subject(of: &Subject) -> v1::SubjectRef {
    let kind = match of.kind {
        SubjectKind::Member => v1::SubjectKind::Member,
        SubjectKind::Project => v1::SubjectKind::Project,
        SubjectKind::Company => v1::SubjectKind::Company,
        SubjectKind::Post => v1::SubjectKind::Post,
        SubjectKind::Compound => v1::SubjectKind::Compound,
    };
    v1::SubjectRef { kind: kind.into(), id: of.id.clone() }
}

fn date(date: Date) -> google::Date {
    let part = |value: i64| i32::try_from(value).unwrap_or(0);
    google::Date { year: part(date.year), month: part(date.month), day: part(date.day) }
}

pub(super) fn decimal(value: Decimal) -> google::Decimal {
    google::Decimal { value: value.to_string() }
}

fn detail(detail: &Detail) -> v1::registry_record::Detail {
    use v1::registry_record::Detail as Out;
    match detail {
        Detail::OrgUnit { households } => {
            Out::OrgUnit(v1::OrgUnit { households: *households, ..v1::OrgUnit::default() })
        }
        Detail::Branch { form, anchor } => {
            let form = match form {
                BranchForm::CompoundBranch => v1::BranchForm::CompoundBranch,
                BranchForm::PartyGroup => v1::BranchForm::PartyGroup,
                BranchForm::UnitBranch => v1::BranchForm::UnitBranch,
                BranchForm::GeneralBranch => v1::BranchForm::GeneralBranch,
                BranchForm::PartyCommittee => v1::BranchForm::PartyCommittee,
            };
            Out::Branch(v1::Branch {
                form: form.into(),
                anchor: Some(reference(anchor)),
                joined_compound_ids: Vec::new(),
            })
        }
        Detail::Member {
            status,
            unit_branch_id,
            compound_id,
            directly_managed,
            formality,
            building_id,
        } => {
            let status = match status {
                MemberStatus::InService => v1::MemberStatus::InService,
                MemberStatus::Retired => v1::MemberStatus::Retired,
                MemberStatus::Floating => v1::MemberStatus::Floating,
            };
            Out::Member(v1::Member {
                status: status.into(),
                unit_branch_id: unit_branch_id.clone(),
                compound_id: compound_id.clone(),
                directly_managed: *directly_managed,
                formality: match formality {
                    MemberFormality::Formal => v1::MemberFormality::Formal,
                    MemberFormality::Probationary => v1::MemberFormality::Probationary,
                }
                .into(),
                building_id: building_id.clone(),
            })
        }
        Detail::Post { person_id, title, unit } => Out::Post(v1::Post {
            person_id: person_id.clone(),
            title: title.clone(),
            unit: Some(reference(unit)),
        }),
        Detail::Company {} => Out::Company(v1::Company {}),
        Detail::Project { company_id, compound_id, project_class, households } => {
            Out::Project(v1::Project {
                company_id: company_id.clone(),
                compound_id: compound_id.clone(),
                project_class: project_class.clone(),
                households: Some(*households),
                floor_area: None,
            })
        }
    }
}

fn body(body: &Body) -> v1::fact::Fact {
    use v1::fact::Fact as Out;
    let owned = |text: &str| text.to_owned();
    match body {
        Body::Entry { item, on, times, points } => Out::Entry(v1::Entry {
            item: owned(item),
            on: Some(date(*on)),
            times: times.map(decimal),
            points: points.map(decimal),
        }),
        Body::Sheet { item, role, assessor, at, points, period } => Out::Sheet(v1::Sheet {
            item: owned(item),
            role: owned(role),
            assessor: assessor.clone(),
            at: Moment::parse(at).ok().map(timestamp),
            points: Some(decimal(*points)),
            period: owned(period),
        }),
        Body::Ballot { ballot, period, counts } => {
            let counts = counts.iter().map(|(option, count)| (owned(option), *count)).collect();
            let (ballot, period) = (owned(ballot), owned(period));
            Out::Ballot(v1::Ballot { ballot, period, counts, eligible: None })
        }
        Body::Survey { survey, channel, period, answered, satisfied } => Out::Survey(v1::Survey {
            survey: owned(survey),
            channel: owned(channel),
            period: owned(period),
            answered: *answered,
            satisfied: *satisfied,
        }),
        Body::Metric { name, period, value } => Out::Metric(v1::Metric {
            name: owned(name),
            period: owned(period),
            value: Some(decimal(*value)),
        }),
        Body::Imported { source, period, raw, full, bonus, unit_branch_id, reported_at } => {
            Out::Imported(v1::Import {
                source: owned(source),
                period: owned(period),
                raw: Some(decimal(*raw)),
                full: Some(decimal(*full)),
                bonus: *bonus,
                unit_branch_id: unit_branch_id.clone(),
                reported_at: Moment::parse(reported_at).ok().map(timestamp),
            })
        }
        Body::Veto { item, raised_by, effective_from, effective_until } => Out::Veto(v1::Veto {
            item: owned(item),
            raised_by: owned(raised_by),
            effective_from: Some(date(*effective_from)),
            effective_until: effective_until.map(date),
            ..v1::Veto::default()
        }),
        Body::Finding { finding, effective_from, effective_until } => Out::Finding(v1::Finding {
            finding: owned(finding),
            effective_from: Some(date(*effective_from)),
            effective_until: effective_until.map(date),
        }),
        Body::NodeState { node, state, reason, period } => {
            Out::NodeState(node_state((node, period), *state, reason))
        }
        Body::CheckIn { compound_id, on } => {
            Out::CheckIn(v1::CheckIn { compound_id: compound_id.clone(), on: Some(date(*on)) })
        }
        Body::Conduct { case_id, what, on, put_right_by, text } => {
            Out::Conduct(conduct((case_id, what, text), (*on, *put_right_by)))
        }
        Body::ConductStep { case_id, step, on } => {
            Out::ConductStep(conduct_step(case_id, *step, *on))
        }
    }
}

fn node_state((node, period): (&str, &str), state: State, reason: &str) -> v1::NodeState {
    let [node, reason, period] = [node, reason, period].map(str::to_owned);
    v1::NodeState { node, state: state_kind(state).into(), reason, period }
}

fn conduct((case_id, what, text): (&str, &str, &str), days: (Date, Option<Date>)) -> v1::Conduct {
    let [case_id, what, text] = [case_id, what, text].map(str::to_owned);
    v1::Conduct { case_id, what, on: Some(date(days.0)), put_right_by: days.1.map(date), text }
}

fn conduct_step(case_id: &str, step: Step, on: Date) -> v1::ConductStep {
    let (case_id, on) = (case_id.to_owned(), Some(date(on)));
    v1::ConductStep { case_id, step: step_kind(step).into(), on }
}

const fn step_kind(step: Step) -> v1::ConductStepKind {
    match step {
        Step::PutRight => v1::ConductStepKind::PutRight,
        Step::NotPutRight => v1::ConductStepKind::NotPutRight,
        Step::Exposed => v1::ConductStepKind::Exposed,
        Step::Reported => v1::ConductStepKind::Reported,
    }
}

const fn state_kind(state: State) -> v1::NodeStateKind {
    match state {
        State::NotSubmitted => v1::NodeStateKind::NotSubmitted,
        State::NotApplicable => v1::NodeStateKind::NotApplicable,
        State::Excused => v1::NodeStateKind::Excused,
    }
}

/// A moment as the API has it.
fn timestamp(moment: Moment) -> prost_types::Timestamp {
    let micros = moment.micros();
    let nanos = micros.rem_euclid(1_000_000).saturating_mul(1_000);
    prost_types::Timestamp {
        seconds: micros.div_euclid(1_000_000),
        nanos: i32::try_from(nanos).unwrap_or(0),
    }
}
