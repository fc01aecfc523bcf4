//! Check-ins, conduct and units' reports (M1, M3, M6); checks of entries, objections and answers
//! (M2); on both stores.

mod checks;
mod kinds;
mod objections;
mod proposals;
mod runs;
mod scope;

use steelyard::proto::v1::{self, RecordKind, fact::Fact as Kind, registry_record::Detail};

use crate::{
    harness::{
        COUNTY, Served, date, entry, member, record, record_facts, reference, served, served_over,
        unit, units,
    },
    postgres,
};

/// Two members: m1 of the unit u-1, from July of u-2; m2 of none. A server over each store.
async fn both(case: &str) -> [Served; 2] {
    let url = postgres::schema(case).await;
    let all = [served().await, served_over(&url).await];
    for served in &all {
        populate(served).await;
    }
    all
}

fn branch(id: &str, form: v1::BranchForm) -> v1::RegistryRecord {
    let anchor = reference(RecordKind::County, COUNTY);
    record(
        RecordKind::Branch,
        id,
        Detail::Branch(v1::Branch { form: form.into(), anchor, ..Default::default() }),
    )
}

fn of_unit(id: &str, unit: &str, from: &str) -> v1::RegistryRecord {
    let mut member = member(id);
    if let Some(Detail::Member(of)) = &mut member.detail {
        unit.clone_into(&mut of.unit_branch_id);
    }
    v1::RegistryRecord { effective_from: date(from), ..member }
}

async fn populate(served: &Served) {
    let mut records = units();
    records.push(unit(RecordKind::Compound, "k-02", reference(RecordKind::Community, "c-01")));
    records.extend(["u-1", "u-2"].map(|it| branch(it, v1::BranchForm::UnitBranch)));
    records.push(branch("b-1", v1::BranchForm::CompoundBranch));
    records.extend([of_unit("m1", "u-1", "2022-01-01"), member("m2")]);
    assert_eq!(served.upsert("county", records).await.items, []);
    assert_eq!(served.upsert("moved", vec![of_unit("m1", "u-2", "2022-07-01")]).await.items, []);
}

/// A fact about a member.
fn about(member: &str, kind: Kind) -> v1::Fact {
    v1::Fact { fact: Some(kind), ..entry(member, "x", "2022-01-01") }
}

fn check_in(member: &str, compound: &str, on: &str) -> v1::Fact {
    about(member, Kind::CheckIn(v1::CheckIn { compound_id: compound.into(), on: date(on) }))
}

fn case(member: &str, case: &str, on: &str, by: Option<&str>) -> v1::Fact {
    about(
        member,
        Kind::Conduct(v1::Conduct {
            case_id: case.into(),
            what: "duties".into(),
            on: date(on),
            put_right_by: by.and_then(date),
            text: "未参加值班".into(),
        }),
    )
}

fn step(member: &str, case: &str, step: v1::ConductStepKind, on: &str) -> v1::Fact {
    let step = v1::ConductStep { case_id: case.into(), step: step.into(), on: date(on) };
    about(member, Kind::ConductStep(step))
}

fn report(member: &str, unit: &str, raw: &str, at: &str) -> v1::Fact {
    about(
        member,
        Kind::Imported(v1::Import {
            source: "unit_branch".into(),
            period: "2022".into(),
            raw: crate::harness::decimal(raw),
            full: crate::harness::decimal("100"),
            bonus: false,
            unit_branch_id: unit.into(),
            reported_at: Some(at.parse().unwrap()),
        }),
    )
}

/// What became of facts, each told as its id, or as the reason that refuses it; a reason has a
/// sentence in Chinese.
async fn told(served: &Served, request_id: &str, facts: Vec<v1::Fact>) -> Vec<String> {
    let answer = served.facts().record_facts(record_facts(request_id, facts)).await.unwrap();
    answer.into_inner().items.iter().map(item).collect()
}

fn item(of: &v1::ItemStatus) -> String {
    match of.state() {
        v1::ItemState::Recorded => of.id.clone(),
        v1::ItemState::Unchanged => format!("= {}", of.id),
        v1::ItemState::Refused | v1::ItemState::Unspecified => {
            let zh = &of.text.as_ref().unwrap().zh;
            assert!(zh.chars().any(|it| it > '\u{2e80}'), "{zh}");
            let code = tonic::Code::from(of.code);
            format!("{code:?} {} {}", of.reason, of.id).trim_end().to_owned()
        }
    }
}

async fn listed(served: &Served, member: &str) -> Vec<v1::Fact> {
    let kind = v1::SubjectKind::Member.into();
    let subject = Some(v1::SubjectRef { kind, id: member.into() });
    let request = v1::ListFactsRequest { county: COUNTY.into(), subject, ..Default::default() };
    served.facts().list_facts(request).await.unwrap().into_inner().facts
}

async fn reverse(served: &Served, request_id: &str, fact_id: &str) {
    let request = v1::ReverseFactRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        fact_id: fact_id.into(),
        reason: "登记有误".into(),
        recorded_by: "clerk".into(),
        evidence: Vec::new(),
    };
    served.facts().reverse_fact(request).await.unwrap();
}
