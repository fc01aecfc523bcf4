//! The county of the half-year's round: one street, two communities, twenty compounds with a project
//! each, five companies, and everybody who assesses.

use std::{fs, path::PathBuf};

use steelyard::proto::v1::{
    self, RecordKind, SubjectKind, registry_record::Detail, sheet_holder::Holder,
};

use crate::harness::{
    COUNTY, Served, by, date, decimal, record, record_facts, reference, served_over, unit,
};

/// The round.
const ROUND: &str = "2024-h1";
/// The period.
const PERIOD: &str = "2024-H1";

/// A sheet, as it is assessed and what becomes of it.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) role: String,
    pub(super) assessor: String,
    pub(super) project: String,
    pub(super) party: String,
    pub(super) service: String,
    pub(super) outcome: String,
}

/// A project's rating by hand; values are exact.
pub(super) struct ProjectRow {
    pub(super) project: String,
    pub(super) households: i64,
    pub(super) party: String,
    pub(super) service: String,
    pub(super) score: String,
    pub(super) stars: String,
}

/// A company's rating by hand.
pub(super) struct CompanyRow {
    pub(super) company: String,
    pub(super) households: String,
    pub(super) score: String,
    pub(super) stars: String,
}

fn file(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/half_year");
    fs::read_to_string(folder.join(name)).unwrap()
}

fn rows<const N: usize>(name: &str) -> Vec<[String; N]> {
    let text = file(name);
    let cells = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
    text.lines().skip(1).map(|line| cells(line).try_into().unwrap()).collect()
}

pub(super) fn sheets() -> Vec<Row> {
    let all = rows::<6>("sheets.csv").into_iter();
    all.map(|[role, assessor, project, party, service, outcome]| Row {
        role,
        assessor,
        project,
        party,
        service,
        outcome,
    })
    .collect()
}

pub(super) fn projects() -> Vec<ProjectRow> {
    let all = rows::<7>("projects.csv").into_iter();
    all.map(|[project, households, party, service, _, score, stars]| ProjectRow {
        project,
        households: households.parse().unwrap(),
        party,
        service,
        score,
        stars,
    })
    .collect()
}

pub(super) fn companies() -> Vec<CompanyRow> {
    let all = rows::<5>("companies.csv").into_iter();
    all.map(|[company, households, _, score, stars]| CompanyRow {
        company,
        households,
        score,
        stars,
    })
    .collect()
}

/// The exact value.
pub(super) fn exact(of: &v1::ExactNumber) -> String {
    of.exact.clone()
}

/// The sum of fractions, in lowest terms.
pub(super) fn sum(of: impl Iterator<Item = String>) -> String {
    let gcd = |mut a: i128, mut b: i128| {
        while b != 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    let (num, den) = of.fold((0, 1), |(num, den), it| {
        let (p, q) = it.split_once('/').unwrap_or((it.as_str(), "1"));
        let (p, q): (i128, i128) = (p.parse().unwrap(), q.parse().unwrap());
        let (num, den) = (num * q + p * den, den * q);
        let common = gcd(num, den);
        (num / common, den / common)
    });
    if den == 1 { num.to_string() } else { format!("{num}/{den}") }
}

fn number(project: &str) -> usize {
    project.trim_start_matches("p-").parse().unwrap()
}

fn compound(project: &str) -> String {
    project.replace("p-", "k-")
}

/// Which company holds a project, from which day.
fn held(project: &str) -> Vec<(&'static str, &'static str)> {
    match number(project) {
        1..=7 => vec![("co-a", "2023-01-01")],
        8 => vec![("co-b", "2023-01-01"), ("co-c", "2024-04-12")],
        9..=11 => vec![("co-b", "2023-01-01")],
        12..=16 => vec![("co-c", "2023-01-01")],
        _ => vec![("co-d", "2023-01-01")],
    }
}

fn registry() -> Vec<v1::RegistryRecord> {
    use RecordKind::{Community, Company, Compound, County, Project, Street};
    let mut records = vec![
        unit(County, COUNTY, None),
        unit(Street, "s", reference(County, COUNTY)),
        unit(Community, "c-01", reference(Street, "s")),
        unit(Community, "c-02", reference(Street, "s")),
    ];
    for id in ["co-a", "co-b", "co-c", "co-d", "co-e"] {
        records.push(record(Company, id, Detail::Company(v1::Company {})));
    }
    for row in projects() {
        let community = if number(&row.project) <= 10 { "c-01" } else { "c-02" };
        records.push(unit(Compound, &compound(&row.project), reference(Community, community)));
    }
    for row in projects() {
        for (company, from) in held(&row.project) {
            let detail = v1::Project {
                company_id: company.into(),
                compound_id: compound(&row.project),
                households: Some(row.households),
                ..Default::default()
            };
            let it = record(Project, &row.project, Detail::Project(detail));
            records.push(v1::RegistryRecord { effective_from: date(from), ..it });
        }
    }
    records
}

/// Who writes an assessor's sheets.
fn caller(role: &str, assessor: &str) -> String {
    format!("{role}.{assessor}")
}

async fn grant(on: &Served, principal: &str, role: &str, over: Option<v1::RecordRef>) {
    let request = v1::GrantRoleRequest {
        county: COUNTY.into(),
        request_id: format!("grant-{principal}"),
        principal: principal.into(),
        role_id: role.into(),
        unit: over,
        effective_from: date("2024-01-01"),
        reason: "考核轮次".into(),
        ..Default::default()
    };
    on.accesses().grant_role(request).await.unwrap();
}

/// The assignments of an assessor, with the grant by which its sheets are written.
async fn assigned(on: &Served, role: &str, assessor: &str, rows: &[Row]) -> Vec<v1::Assignment> {
    use RecordKind::{Community, Compound, County, Street};
    let who = caller(role, assessor);
    let county = reference(County, COUNTY);
    let over = match role {
        "street" => reference(Street, "s"),
        "community" => reference(Community, assessor),
        "compound_branch" => reference(Compound, &assessor.replace("b-", "k-")),
        _ => None,
    };
    let granted = if role == "owners" { "housing_bureau" } else { role };
    grant(on, &who, granted, over.clone().or(county)).await;
    let holder = over.map_or(Holder::Principal(who), Holder::Unit);
    let own = rows.iter().filter(|it| it.role == role && it.assessor == assessor);
    let of = |optional: bool| {
        let subject_ids: Vec<String> = own
            .clone()
            .filter(|it| (it.outcome == "not handed in") == optional)
            .map(|it| it.project.clone())
            .collect();
        v1::Assignment {
            assessor_id: assessor.into(),
            role: role.into(),
            holder: Some(v1::SheetHolder { holder: Some(holder.clone()) }),
            subject_ids,
            optional,
        }
    };
    [of(false), of(true)].into_iter().filter(|it| !it.subject_ids.is_empty()).collect()
}

fn veto(project: &str, item: &str, from: &str) -> v1::Fact {
    let veto = v1::Veto {
        item: item.into(),
        raised_by: "street".into(),
        effective_from: date(from),
        ..Default::default()
    };
    v1::Fact {
        subject: Some(v1::SubjectRef { kind: SubjectKind::Project.into(), id: project.into() }),
        recorded_by: "office".into(),
        evidence: vec!["doc:2024-17".into()],
        fact: Some(v1::fact::Fact::Veto(veto)),
        ..Default::default()
    }
}

fn step(project: &str, veto: &str, kind: v1::VetoStepKind, on: &str) -> v1::Fact {
    let step = v1::VetoStep {
        veto_id: veto.into(),
        step: kind.into(),
        on: date(on),
        by: "county".into(),
        text: "验收记录".into(),
    };
    v1::Fact {
        subject: Some(v1::SubjectRef { kind: SubjectKind::Project.into(), id: project.into() }),
        recorded_by: "department".into(),
        fact: Some(v1::fact::Fact::VetoStep(step)),
        ..Default::default()
    }
}

/// The county with both vetoes, and the round opened with everybody's assignments.
pub(super) async fn ready(url: &str) -> Served {
    let on = served_over(url).await;
    on.clock.set("2024-07-01T01:00:00Z");
    assert_eq!(on.upsert("county", registry()).await.items, []);
    for name in ["project.yaml", "company.yaml"] {
        let publish = v1::PublishSchemeRequest {
            county: COUNTY.into(),
            request_id: name.into(),
            document: file(name).into(),
        };
        on.schemes().publish_scheme(publish).await.unwrap();
    }
    let vetoes = vec![
        veto("p-03", "fund_misuse", "2024-03-01"),
        veto("p-12", "mass_complaint", "2024-05-02"),
    ];
    let done = on.facts().record_facts(record_facts("vetoes", vetoes)).await.unwrap().into_inner();
    let ids: Vec<&str> = done.items.iter().map(|it| it.id.as_str()).collect();
    let steps = vec![
        step("p-12", ids[1], v1::VetoStepKind::Lifted, "2024-06-21"),
        step("p-12", ids[1], v1::VetoStepKind::NoticeServed, "2024-05-06"),
        step("p-03", ids[0], v1::VetoStepKind::Lifted, "2024-06-01"),
    ];
    let done = on.facts().record_facts(record_facts("steps", steps)).await.unwrap().into_inner();
    assert_eq!(done.counts.unwrap().recorded, 3, "{:?}", done.items);
    grant(&on, "bureau", "housing_bureau", reference(RecordKind::County, COUNTY)).await;
    grant(&on, "credit", "credit_reader", reference(RecordKind::County, COUNTY)).await;
    let open = v1::OpenRoundRequest {
        county: COUNTY.into(),
        request_id: "open".into(),
        round_id: ROUND.into(),
        scheme_id: "half.project".into(),
        period: PERIOD.into(),
        opens_on: date("2024-07-01"),
        due_on: date("2024-07-10"),
    };
    on.rounds().open_round(by("bureau", open)).await.unwrap();
    let rows = sheets();
    let mut whose: Vec<(String, String)> =
        rows.iter().map(|it| (it.role.clone(), it.assessor.clone())).collect();
    whose.dedup();
    let mut assignments = Vec::new();
    for (role, assessor) in whose {
        assignments.extend(assigned(&on, &role, &assessor, &rows).await);
    }
    let add = v1::AddAssignmentsRequest {
        county: COUNTY.into(),
        request_id: "assign".into(),
        round_id: ROUND.into(),
        assignments,
    };
    let added = on.rounds().add_assignments(by("bureau", add)).await.unwrap().into_inner();
    assert_eq!(added.recorded, 100);
    on
}

/// Saves and hands in one sheet, as its assessor.
pub(super) async fn hand_in(on: &Served, row: &Row) {
    let who = caller(&row.role, &row.assessor);
    let points =
        |item: &str, points: &str| v1::ItemPoints { item: item.into(), points: decimal(points) };
    let draft = v1::SaveDraftsRequest {
        county: COUNTY.into(),
        request_id: format!("save-{}-{}", row.role, row.project),
        round_id: ROUND.into(),
        role: row.role.clone(),
        assessor_id: row.assessor.clone(),
        sheets: vec![v1::DraftSheet {
            subject_id: row.project.clone(),
            points: vec![
                points("party_building", &row.party),
                points("service_quality", &row.service),
            ],
        }],
    };
    on.rounds().save_drafts(by(&who, draft)).await.unwrap();
    let handing = v1::HandInSheetsRequest {
        county: COUNTY.into(),
        request_id: format!("hand-in-{}-{}", row.role, row.project),
        round_id: ROUND.into(),
        role: row.role.clone(),
        assessor_id: row.assessor.clone(),
        subject_ids: vec![row.project.clone()],
    };
    on.rounds().hand_in_sheets(by(&who, handing)).await.unwrap();
}

/// Excuses an assessor on record.
pub(super) async fn excuse(on: &Served, (role, assessor): (&str, &str)) {
    let request = v1::ExcuseAssessorRequest {
        county: COUNTY.into(),
        request_id: "excuse".into(),
        round_id: ROUND.into(),
        role: role.into(),
        assessor_id: assessor.into(),
        subject_id: String::new(),
        reason: "支部换届期间".into(),
    };
    on.rounds().excuse_assessor(by("bureau", request)).await.unwrap();
}

/// Computes a scheme's half year and publishes it.
pub(super) async fn computed_and_published(on: &Served, scheme: &str) {
    crate::ratings::world::published(on, scheme, PERIOD).await;
}

/// How the assessors' sheets spread.
pub(super) async fn spread(on: &Served) -> Vec<v1::AssessorSpread> {
    let request = v1::ListSpreadRequest {
        county: COUNTY.into(),
        round_id: ROUND.into(),
        page_size: 1_000,
        ..Default::default()
    };
    on.rounds().list_spread(by("bureau", request)).await.unwrap().into_inner().assessors
}
