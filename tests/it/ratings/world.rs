//! Two companies with four projects, a third without any, and a half-year in which one project went
//! from one company to the other and one is under a veto.

use steelyard::proto::v1::{self, RecordKind, SubjectKind, registry_record::Detail};
use tokio_stream::StreamExt as _;

use crate::{
    harness::{COUNTY, Served, by, date, decimal, record, record_facts, served_over, units},
    postgres,
};

/// Both sheets are figures here; what makes them is the business of other tests.
pub(crate) const PROJECT: &str = "
steelyard: scheme/v1
id: rate.project
version: 1
title: 物业项目星级
subject: project
period: half
in_force: {from: 2022-01-01}
basis: [{document: 组通〔2020〕15号, clause: 二（三）12}]
score:
  id: rating
  out_of: 100
  weighted:
    - {id: party_building, title: 党建工作, weight: 50%, out_of: 100, measured: {metric: party, as_is: true}}
    - {id: service_quality, title: 服务质量, weight: 50%, out_of: 100, measured: {metric: service, as_is: true}}
grades:
  - {id: star_5, title: 五星, at_least: 90}
  - {id: star_4, title: 四星, at_least: 80}
  - {id: star_3, title: 三星}
vetoes:
  - {id: fund_misuse, title: 挪用专项维修资金, raised_by: [street], then: {grade: star_3}}
  - {id: ended, title: 合同终止, raised_by: [street], counts: at_end, then: {excluded: true}}
sheets: [party_building, service_quality]
advice:
  renewal:
    - {id: not_renew, title: 建议不予续约, vetoed: [fund_misuse]}
    - {id: renew, title: 建议续约, grade: [star_5, star_4]}
    - {id: look_again, title: 建议整改后续约}
  price:
    - {id: may_rise, title: 可协商上浮, at_least: 90, grade: [star_5]}
    - {id: keep, title: 维持现价}
";

/// The roll-up, by `WEIGHED`.
const COMPANY: &str = "
steelyard: scheme/v1
id: rate.NAME
version: 1
title: 物业企业星级
subject: company
period: half
in_force: {from: 2022-01-01}
score:
  id: rating
  out_of: 100
  sum:
    - id: projects
      out_of: 100
      result_of:
        scheme: rate.project
        of: projects
        listed: true
        WEIGHED
        vetoed: {items: [fund_misuse], score_at_most: '59.99', unscored: 0}
grades:
  - {id: star_5, at_least: 90, unless: {results: projects, vetoed: [fund_misuse]}}
  - {id: star_4, at_least: 80, unless: {results: projects, vetoed: [fund_misuse]}}
  - {id: star_3}
advice:
  renewal:
    - {id: renew, grade: [star_5, star_4]}
    - {id: look_again}
";

const YEAR: &str = "
steelyard: scheme/v1
id: rate.year
version: 1
title: 年度
subject: project
period: year
in_force: {from: 2022-01-01}
score:
  id: rating
  out_of: 100
  sum:
    - id: halves
      out_of: 100
      result_of: {scheme: rate.project, of: halves, least: 2, listed: true}
";

const MEMBER: &str = "
steelyard: scheme/v1
id: rate.member
version: 1
title: 党员
subject: member
period: half
in_force: {from: 2022-01-01}
score: {id: rating, out_of: 100, constant: 50}
";

/// The three ways of weighing (P6).
pub(crate) const WEIGHED: [(&str, &str); 3] = [
    ("households", "{combine: weighted, weight: households}"),
    ("area", "{combine: weighted, weight: floor_area}"),
    ("equally", "{combine: average}"),
];

fn company(name: &str, weighed: &str) -> String {
    let keys = weighed.trim_matches(|it| it == '{' || it == '}').replace(", ", "\n        ");
    COMPANY.replace("NAME", name).replace("WEIGHED", &keys)
}

/// The address of a store of this case's own.
pub(crate) async fn address(on_postgres: bool, case: &str) -> String {
    if on_postgres {
        return postgres::schema(&format!("rating_{case}")).await;
    }
    let folder =
        std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("rating-{case}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    format!("sqlite:{}", folder.join("steelyard.db").display())
}

/// A version of a project: its company, households, and floor area where it is measured.
pub(crate) fn project(
    id: &str,
    (company, from): (&str, &str),
    households: i64,
    area: &str,
) -> v1::RegistryRecord {
    let detail = v1::Project {
        company_id: company.into(),
        compound_id: "k-01".into(),
        project_class: "high_rise".into(),
        households: Some(households),
        floor_area: decimal(area).filter(|it| !it.value.is_empty()),
    };
    let effective_from = date(from);
    v1::RegistryRecord {
        effective_from,
        ..record(RecordKind::Project, id, Detail::Project(detail))
    }
}

fn of_project(id: &str, fact: v1::fact::Fact) -> v1::Fact {
    v1::Fact {
        subject: Some(v1::SubjectRef { kind: SubjectKind::Project.into(), id: id.into() }),
        recorded_by: "clerk".into(),
        fact: Some(fact),
        ..Default::default()
    }
}

/// A sheet's figure.
pub(crate) fn figure(id: &str, period: &str, name: &str, value: &str) -> v1::Fact {
    let metric = v1::Metric { name: name.into(), period: period.into(), value: decimal(value) };
    of_project(id, v1::fact::Fact::Metric(metric))
}

/// A veto with its evidence.
pub(crate) fn veto(id: &str, item: &str, days: (&str, &str), evidence: &str) -> v1::Fact {
    let veto = v1::Veto {
        item: item.into(),
        raised_by: "street".into(),
        effective_from: date(days.0),
        effective_until: Some(days.1).filter(|it| !it.is_empty()).and_then(date),
        ..Default::default()
    };
    v1::Fact { evidence: vec![evidence.into()], ..of_project(id, v1::fact::Fact::Veto(veto)) }
}

/// The half-year's facts.
pub(crate) fn half() -> Vec<v1::Fact> {
    let mut facts = Vec::new();
    for (id, party, service) in
        [("p-1", "92", "96"), ("p-2", "90", "88"), ("p-3", "81", "82"), ("p-4", "70", "75")]
    {
        facts.push(figure(id, "2022-H1", "party", party));
        facts.push(figure(id, "2022-H1", "service", service));
    }
    facts.push(veto("p-2", "fund_misuse", ("2022-03-01", ""), "doc:17"));
    facts.push(veto("p-2", "fund_misuse", ("2022-02-01", "2022-02-20"), "doc:9"));
    facts
}

/// The county with its registry and schemes, and these facts.
pub(crate) async fn county(url: &str, facts: Vec<v1::Fact>) -> Served {
    let served = served_over(url).await;
    let mut records = units();
    for id in ["co-a", "co-b", "co-none"] {
        records.push(record(RecordKind::Company, id, Detail::Company(v1::Company {})));
    }
    records.push(project("p-1", ("co-a", "2022-01-01"), 400, "40000.5"));
    records.push(project("p-2", ("co-a", "2022-01-01"), 300, "30000"));
    records.push(project("p-3", ("co-b", "2022-01-01"), 200, "10000"));
    records.push(project("p-3", ("co-a", "2022-04-12"), 300, "10000"));
    records.push(project("p-4", ("co-b", "2022-01-01"), 100, ""));
    records.push(crate::harness::member("m1"));
    assert_eq!(served.upsert("county", records).await.items, []);
    let mut schemes = vec![PROJECT.to_owned()];
    schemes.extend(WEIGHED.map(|(name, weighed)| company(name, weighed)));
    schemes.extend([YEAR, MEMBER].map(str::to_owned));
    for (index, document) in schemes.into_iter().enumerate() {
        let publish = v1::PublishSchemeRequest {
            county: COUNTY.into(),
            request_id: format!("scheme-{index}"),
            document: document.into(),
        };
        served.schemes().publish_scheme(publish).await.unwrap();
    }
    add(&served, "facts", facts).await;
    served
}

pub(crate) async fn add(served: &Served, request_id: &str, facts: Vec<v1::Fact>) {
    let count = i64::try_from(facts.len()).unwrap();
    let done = served.facts().record_facts(record_facts(request_id, facts)).await.unwrap();
    assert_eq!(done.into_inner().counts.unwrap().recorded, count);
}

/// Starts a run and carries it out.
pub(crate) async fn computed(served: &Served, scheme: &str, period: &str, name: &str) -> String {
    let request = v1::StartRunRequest {
        county: COUNTY.into(),
        request_id: format!("run-{scheme}-{name}"),
        scheme_id: scheme.into(),
        period: period.into(),
        ..Default::default()
    };
    let run = served.evaluations().start_run(request).await.unwrap().into_inner().run.unwrap();
    while served.app.work_once("tests").await.unwrap() {}
    run.run_id
}

/// Computes and publishes.
pub(crate) async fn published(served: &Served, scheme: &str, period: &str) -> String {
    let run_id = computed(served, scheme, period, period).await;
    let request = v1::PublishRunRequest {
        county: COUNTY.into(),
        request_id: format!("publish-{run_id}"),
        run_id: run_id.clone(),
    };
    let done = served.evaluations().publish_run(request).await.unwrap().into_inner().run.unwrap();
    assert_eq!(done.state(), v1::RunState::Published, "{:?}", done.failure);
    run_id
}

/// Computes again and publishes in the place of another.
pub(crate) async fn again(served: &Served, old: &str, scheme: &str, period: &str) -> String {
    let new = computed(served, scheme, period, &format!("after-{old}")).await;
    let request = v1::SupersedeRunRequest {
        county: COUNTY.into(),
        request_id: format!("supersede-{old}"),
        old_run_id: old.into(),
        new_run_id: new.clone(),
        reason: "更正".into(),
        validate_only: false,
    };
    served.evaluations().supersede_run(request).await.unwrap();
    new
}

pub(crate) fn of(scheme: &str, period: &str, day: &str) -> Option<v1::RatingSelector> {
    Some(v1::RatingSelector {
        scheme_id: scheme.into(),
        period: period.into(),
        as_of_day: Some(day).filter(|it| !it.is_empty()).and_then(date),
    })
}

fn call<T>(who: Option<&str>, request: T) -> tonic::Request<T> {
    match who {
        Some(who) => by(who, request),
        None => tonic::Request::new(request),
    }
}

/// One rating.
pub(crate) async fn rating(
    served: &Served,
    who: Option<&str>,
    of: Option<v1::RatingSelector>,
    subject: &str,
) -> Result<v1::GetRatingResponse, tonic::Status> {
    let request = v1::GetRatingRequest { county: COUNTY.into(), of, subject_id: subject.into() };
    served.ratings().get_rating(call(who, request)).await.map(tonic::Response::into_inner)
}

/// All ratings of a publication, page by page.
pub(crate) async fn listed(
    served: &Served,
    who: Option<&str>,
    mut request: v1::ListRatingsRequest,
) -> Vec<v1::Rating> {
    let mut all = Vec::new();
    loop {
        let page = served.ratings().list_ratings(call(who, request.clone())).await.unwrap();
        let page = page.into_inner();
        all.extend(page.ratings);
        if page.next_page_token.is_empty() {
            return all;
        }
        request.page_token = page.next_page_token;
    }
}

/// All ratings of a publication, as they are streamed.
pub(crate) async fn streamed(
    served: &Served,
    who: Option<&str>,
    request: v1::StreamRatingsRequest,
) -> Vec<v1::Rating> {
    let mut stream =
        served.ratings().stream_ratings(call(who, request)).await.unwrap().into_inner();
    let mut all = Vec::new();
    while let Some(message) = stream.next().await {
        all.extend(message.unwrap().ratings);
    }
    all
}

/// All changes after a cursor, page by page, and where they end.
pub(crate) async fn changes(
    served: &Served,
    who: Option<&str>,
    cursor: &str,
    page_size: i32,
) -> (Vec<v1::RatingChange>, String) {
    let county = COUNTY.to_owned();
    let cursor = cursor.to_owned();
    let mut request =
        v1::ListRatingChangesRequest { county, cursor, page_size, ..Default::default() };
    let mut all = Vec::new();
    loop {
        let page = served.ratings().list_rating_changes(call(who, request.clone())).await;
        let page = page.unwrap().into_inner();
        all.extend(page.changes);
        request.cursor = page.next_cursor;
        if page.at_end {
            return (all, request.cursor);
        }
    }
}

pub(crate) fn subject(it: &v1::Rating) -> &str {
    &it.subject.as_ref().unwrap().id
}

pub(crate) fn text(it: Option<&steelyard::proto::google::r#type::Decimal>) -> String {
    it.map(|it| it.value.clone()).unwrap_or_default()
}
