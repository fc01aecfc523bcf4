//! Two compounds with their point schedules, two units, and the member whose year is worked out with
//! pencil and paper in the county's own document.

use steelyard::proto::v1::{
    self, MemberStatus, RecordKind, SubjectKind, fact::Fact as Kind, registry_record::Detail,
};

use crate::{
    harness::{COUNTY, Served, date, decimal, record, reference, served_over, unit},
    postgres,
};

/// The county's own document.
pub(super) const SCHEME: &str = include_str!("../../../schemes/xinping/member-dual-score.yaml");
/// Its id.
pub(super) const ID: &str = "xinping.member-dual-score";
/// The year of the case.
pub(super) const YEAR: &str = "2024";

const OF_K17: &str = "{steelyard: schedule/v1, compound: k-017, version: 1, in_force: {from: 2023-01-01}, items: [{id: volunteering, title: 志愿服务, counted: {points: 2, caps: [{per: month, at_most: 6}, {per: year, at_most: 20}]}}]}";
const OF_K20: [&str; 2] = [
    "{steelyard: schedule/v1, compound: k-020, version: 1, in_force: {from: 2023-01-01}, items: [{id: help, counted: {points: 3, caps: [{per: month, at_most: 9}, {per: year, at_most: 24}]}}, {id: duty, counted: {points: entered, each: [0, 5], caps: [{per: year, at_most: 10}]}, check: second_person}]}",
    "{steelyard: schedule/v1, compound: k-020, version: 2, in_force: {from: 2024-07-01}, items: [{id: help, counted: {points: 4, caps: [{per: month, at_most: 10}, {per: year, at_most: 24}]}}, {id: duty, counted: {points: entered, each: [0, 5], caps: [{per: year, at_most: 10}]}, check: second_person}]}",
];

/// A store of each kind.
pub(super) async fn stores(case: &str) -> [String; 2] {
    let file = "sqlite::memory:".to_owned();
    [file, postgres::schema(&format!("dual_{case}")).await]
}

/// A member from a day on.
pub(super) fn lives(
    id: &str,
    from: &str,
    (compound, unit_branch): (&str, &str),
) -> v1::RegistryRecord {
    let detail = v1::Member {
        status: MemberStatus::InService.into(),
        unit_branch_id: unit_branch.into(),
        compound_id: compound.into(),
        directly_managed: false,
        ..Default::default()
    };
    let effective_from = date(from);
    v1::RegistryRecord { effective_from, ..record(RecordKind::Member, id, Detail::Member(detail)) }
}

fn branch(id: &str, form: v1::BranchForm, anchor: (RecordKind, &str)) -> v1::RegistryRecord {
    let anchor = reference(anchor.0, anchor.1);
    record(
        RecordKind::Branch,
        id,
        Detail::Branch(v1::Branch { form: form.into(), anchor, ..Default::default() }),
    )
}

/// Units, branches, and the member who moves on 29 February and changes unit in May.
pub(super) fn registry() -> Vec<v1::RegistryRecord> {
    use RecordKind::{Community, Compound, County, Street};
    let mut records = vec![
        unit(County, COUNTY, None),
        unit(Street, "guishan", reference(County, COUNTY)),
        unit(Community, "c-03", reference(Street, "guishan")),
    ];
    for compound in ["k-017", "k-020"] {
        records.push(unit(Compound, compound, reference(Community, "c-03")));
        let form = v1::BranchForm::CompoundBranch;
        records.push(branch(&format!("b-{compound}"), form, (Compound, compound)));
    }
    for id in ["u-03", "u-07"] {
        records.push(branch(id, v1::BranchForm::UnitBranch, (County, COUNTY)));
    }
    for record in &mut records {
        record.effective_from = date("2020-01-01");
    }
    records.extend([
        lives("m-1", "2020-01-01", ("k-017", "u-03")),
        lives("m-1", "2024-02-29", ("k-020", "u-03")),
        lives("m-1", "2024-05-13", ("k-020", "u-07")),
        lives("m-2", "2020-01-01", ("k-017", "u-03")),
    ]);
    records
}

/// A county that is ready for facts, in January of the year after.
pub(super) async fn county(url: &str) -> Served {
    let served = served_over(url).await;
    served.clock.set("2025-01-10T01:00:00Z");
    assert_eq!(served.upsert("county", registry()).await.items, []);
    let publish = v1::PublishSchemeRequest {
        county: COUNTY.into(),
        request_id: "scheme".into(),
        document: SCHEME.into(),
    };
    served.schemes().publish_scheme(publish).await.unwrap();
    for (index, document) in [OF_K17, OF_K20[0], OF_K20[1]].into_iter().enumerate() {
        adopt(&served, &format!("adopt-{index}"), document, index).await;
    }
    served
}

async fn adopt(served: &Served, request_id: &str, document: &str, index: usize) {
    let (branch_id, met_on) = match index {
        0 => ("b-k-017", "2022-12-01"),
        1 => ("b-k-020", "2022-12-05"),
        _ => ("b-k-020", "2024-06-20"),
    };
    let meeting = v1::GeneralMeeting {
        met_on: date(met_on),
        eligible: 20,
        present: 15,
        in_favour: 11,
        evidence: Vec::new(),
    };
    let request = v1::AdoptScheduleRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        document: document.into(),
        branch_id: branch_id.into(),
        meeting: Some(meeting),
    };
    served.schedules().adopt_schedule(request).await.unwrap();
}

/// A fact about a member.
pub(super) fn of(member: &str, kind: Kind) -> v1::Fact {
    v1::Fact {
        subject: Some(v1::SubjectRef { kind: SubjectKind::Member.into(), id: member.into() }),
        recorded_by: "clerk".into(),
        fact: Some(kind),
        ..Default::default()
    }
}

/// A point entry: the item, the day, how many times, and points of its own.
pub(super) fn deed(member: &str, item: &str, on: &str, times: &str, points: &str) -> v1::Fact {
    let points = (!points.is_empty()).then(|| decimal(points)).flatten();
    let entry = v1::Entry { item: item.into(), on: date(on), times: decimal(times), points };
    of(member, Kind::Entry(entry))
}

pub(super) fn check_in(member: &str, compound: &str, on: &str) -> v1::Fact {
    of(member, Kind::CheckIn(v1::CheckIn { compound_id: compound.into(), on: date(on) }))
}

/// What a unit reports of a member.
pub(super) fn report(member: &str, unit: &str, raw: &str, full: &str, at: i64) -> v1::Fact {
    let import = v1::Import {
        source: "unit_branch".into(),
        period: YEAR.into(),
        raw: decimal(raw),
        full: decimal(full),
        unit_branch_id: unit.into(),
        reported_at: Some(prost_types::Timestamp { seconds: at, nanos: 0 }),
        ..Default::default()
    };
    of(member, Kind::Imported(import))
}

/// A case of conduct that is to be put right by a day.
pub(super) fn case(member: &str, case: &str, on: &str, by: &str) -> v1::Fact {
    let conduct = v1::Conduct {
        case_id: case.into(),
        what: "property_rules".into(),
        on: date(on),
        put_right_by: date(by),
        text: "占用消防通道".into(),
    };
    of(member, Kind::Conduct(conduct))
}

pub(super) fn step(member: &str, case: &str, step: v1::ConductStepKind, on: &str) -> v1::Fact {
    let step = v1::ConductStep { case_id: case.into(), step: step.into(), on: date(on) };
    of(member, Kind::ConductStep(step))
}

/// Everything of the year of `m-1` but what is reversed: facts by name, in no order that matters.
pub(super) fn year() -> Vec<(&'static str, v1::Fact)> {
    let votes = [("good", 3), ("fair", 1)].map(|(option, many)| (option.to_owned(), many));
    let ballot = v1::Ballot {
        ballot: "neighbours".into(),
        period: YEAR.into(),
        counts: votes.into(),
        eligible: None,
    };
    vec![
        ("jan", deed("m-1", "volunteering", "2024-01-13", "2", "")),
        ("feb", deed("m-1", "volunteering", "2024-02-17", "4", "")),
        ("mar", deed("m-1", "help", "2024-03-02", "1", "")),
        ("duty-1", deed("m-1", "duty", "2024-05-01", "1", "4.5")),
        ("duty-2", deed("m-1", "duty", "2024-06-01", "1", "5")),
        ("jun", deed("m-1", "help", "2024-06-29", "2", "")),
        ("jul", deed("m-1", "help", "2024-07-06", "3", "")),
        ("wrong", deed("m-1", "help", "2024-09-09", "5", "")),
        ("in-1", check_in("m-1", "k-017", "2020-06-20")),
        ("in-2", check_in("m-1", "k-020", "2024-04-01")),
        ("case", case("m-1", "fees", "2024-08-10", "2024-08-31")),
        ("unit-3", report("m-1", "u-03", "40", "50", 1_735_000_000)),
        ("unit-7", report("m-1", "u-07", "70", "100", 1_735_000_000)),
        ("unit-7b", report("m-1", "u-07", "88", "100", 1_735_100_000)),
        ("voice", of("m-1", Kind::Ballot(ballot))),
    ]
}

/// Records one fact by a request of its own, and answers its id.
pub(super) async fn tell(served: &Served, request_id: &str, fact: v1::Fact) -> String {
    let item = told(served, request_id, fact).await;
    assert_eq!(item.state(), v1::ItemState::Recorded, "{request_id}: {item:?}");
    item.id
}

/// Records one fact, and answers what became of it.
pub(super) async fn told(served: &Served, request_id: &str, fact: v1::Fact) -> v1::ItemStatus {
    let facts = vec![fact];
    let county = COUNTY.into();
    let request = v1::RecordFactsRequest { county, request_id: request_id.into(), facts };
    let mut answer = served.facts().record_facts(request).await.unwrap().into_inner();
    answer.items.remove(0)
}

pub(super) async fn reverse(served: &Served, fact_id: &str) {
    let request = v1::ReverseFactRequest {
        county: COUNTY.into(),
        request_id: format!("reverse-{fact_id}"),
        fact_id: fact_id.into(),
        reason: "重复登记".into(),
        recorded_by: "clerk".into(),
        evidence: Vec::new(),
    };
    served.facts().reverse_fact(request).await.unwrap();
}

/// Runs the scheme and publishes the run; answers its id.
pub(super) async fn publish(served: &Served, name: &str) -> String {
    let run_id = compute(served, name).await;
    let request = v1::PublishRunRequest {
        county: COUNTY.into(),
        request_id: format!("publish-{name}"),
        run_id: run_id.clone(),
    };
    served.evaluations().publish_run(request).await.unwrap();
    run_id
}

/// Runs the scheme; answers the run's id.
pub(super) async fn compute(served: &Served, name: &str) -> String {
    let start = v1::StartRunRequest {
        county: COUNTY.into(),
        request_id: format!("start-{name}"),
        scheme_id: ID.into(),
        period: YEAR.into(),
        ..Default::default()
    };
    let run = served.evaluations().start_run(start).await.unwrap().into_inner().run.unwrap();
    assert!(served.app.work_once("tests").await.unwrap());
    run.run_id
}

/// One member's result of a run.
pub(super) async fn result(served: &Served, run_id: &str, member: &str) -> v1::Result {
    let selector = v1::run_selector::Selector::RunId(run_id.into());
    let request = v1::GetResultRequest {
        county: COUNTY.into(),
        run: Some(v1::RunSelector { selector: Some(selector) }),
        subject_id: member.into(),
    };
    served.evaluations().get_result(request).await.unwrap().into_inner().result.unwrap()
}
