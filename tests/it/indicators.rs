//! Indicators of compounds and the monthly report (I1 to I12) on both stores: the day, the moment and
//! the month decide; and runs that take figures from the registry.

use steelyard::{
    app::run,
    proto::v1::{
        self, BranchForm, Coverage, IndicatorMissing, IndicatorStanding, MemberFormality,
        MemberStatus, RecordKind, SubjectKind, registry_record::Detail,
    },
};
use tonic::Code;

use crate::{
    harness::{
        COUNTY, Served, by, date, decimal, reason, record, record_facts, reference, served,
        served_over, unit, violations,
    },
    postgres,
};

async fn both(case: &str) -> [Served; 2] {
    let url = postgres::schema(case).await;
    [served().await, served_over(&url).await]
}

fn since(from: &str, mut record: v1::RegistryRecord) -> v1::RegistryRecord {
    record.effective_from = date(from);
    record
}

fn member(id: &str, compound: &str, status: MemberStatus) -> v1::RegistryRecord {
    let detail = v1::Member {
        status: status.into(),
        compound_id: compound.into(),
        formality: MemberFormality::Formal.into(),
        directly_managed: status != MemberStatus::InService,
        building_id: if compound == "k-1" { "k-1-1".into() } else { String::new() },
        ..Default::default()
    };
    since("2020-01-01", record(RecordKind::Member, id, Detail::Member(detail)))
}

fn branch(id: &str, form: BranchForm, at: (RecordKind, &str), from: &str) -> v1::RegistryRecord {
    let anchor = reference(at.0, at.1);
    let detail = v1::Branch { form: form.into(), anchor, ..Default::default() };
    since(from, record(RecordKind::Branch, id, Detail::Branch(detail)))
}

fn post(id: &str, title: &str, person: &str, at: (RecordKind, &str)) -> v1::RegistryRecord {
    let unit = reference(at.0, at.1);
    let detail = v1::Post { person_id: person.into(), title: title.into(), unit };
    since("2020-01-01", record(RecordKind::Post, id, Detail::Post(detail)))
}

fn households(id: &str, community: &str, count: i64) -> v1::RegistryRecord {
    let mut it = unit(RecordKind::Compound, id, reference(RecordKind::Community, community));
    it.detail =
        Some(Detail::OrgUnit(v1::OrgUnit { households: Some(count), ..Default::default() }));
    it
}

fn figure(compound: &str, name: &str, period: &str, value: &str) -> v1::Fact {
    let metric = v1::Metric { name: name.into(), value: decimal(value), period: period.into() };
    of(SubjectKind::Compound, compound, v1::fact::Fact::Metric(metric))
}

fn of(kind: SubjectKind, id: &str, fact: v1::fact::Fact) -> v1::Fact {
    v1::Fact {
        subject: Some(v1::SubjectRef { kind: kind.into(), id: id.into() }),
        recorded_by: "clerk".into(),
        fact: Some(fact),
        ..Default::default()
    }
}

/// Recorded in February 2022: k-1 and k-2 in c-1 of s-1, k-3 in c-2 of s-2. Three live in each of k-1
/// and k-2; k-1 has a branch since 10 March, k-2 none; in k-3 lives nobody.
async fn county(on: &Served) {
    use RecordKind::{Building, Community, Compound, County, Street};
    on.clock.set("2022-02-01T01:00:00Z");
    let mut records = vec![
        unit(County, COUNTY, None),
        unit(Street, "s-1", reference(County, COUNTY)),
        unit(Street, "s-2", reference(County, COUNTY)),
        unit(Community, "c-1", reference(Street, "s-1")),
        unit(Community, "c-2", reference(Street, "s-2")),
        households("k-1", "c-1", 400),
        households("k-2", "c-1", 600),
        unit(Compound, "k-3", reference(Community, "c-2")),
        unit(Building, "k-1-1", reference(Compound, "k-1")),
        unit(Building, "k-1-2", reference(Compound, "k-1")),
    ];
    for it in &mut records {
        it.effective_from = date("2020-01-01");
    }
    let site = v1::OrgUnit { site_area: decimal("520"), ..Default::default() };
    records[3].detail = Some(Detail::OrgUnit(site));
    for (number, compound) in [(1, "k-1"), (2, "k-1"), (3, "k-1"), (4, "k-2"), (5, "k-2")] {
        let retired = number % 2 == 1;
        let status = if retired { MemberStatus::Retired } else { MemberStatus::InService };
        records.push(member(&format!("m-{number}"), compound, status));
    }
    records.push(member("m-6", "k-2", MemberStatus::InService));
    records.extend([
        branch("b-1", BranchForm::GeneralBranch, (Community, "c-1"), "2020-01-01"),
        branch("b-2", BranchForm::GeneralBranch, (Community, "c-2"), "2020-01-01"),
        post("p-1", "branch_secretary", "m-1", (Compound, "k-1")),
        post("p-2", "committee_member", "m-2", (Compound, "k-1")),
        post("p-3", "building_head", "m-3", (Building, "k-1-1")),
    ]);
    assert_eq!(on.upsert("county", records).await.items, []);
    let check_in = |member: &str, compound: &str, day: &str| {
        let came = v1::CheckIn { compound_id: compound.into(), on: date(day) };
        of(SubjectKind::Member, member, v1::fact::Fact::CheckIn(came))
    };
    let facts = vec![
        check_in("m-2", "k-1", "2020-05-05"),
        check_in("m-4", "k-2", "2022-03-31"),
        // Somewhere else.
        check_in("m-6", "k-1", "2020-05-05"),
        figure("k-1", "opinions_collected", "2022-01", "10"),
        figure("k-1", "opinions_answered", "2022-01", "9"),
        figure("k-2", "opinions_collected", "2022-01", "30"),
        figure("k-2", "opinions_answered", "2022-01", "29"),
    ];
    on.facts().record_facts(record_facts("facts", facts)).await.unwrap();
    on.clock.set("2022-03-20T01:00:00Z");
    let found = branch("b-k-1", BranchForm::CompoundBranch, (Compound, "k-1"), "2022-03-10");
    assert_eq!(on.upsert("founded", vec![found]).await.items, []);
    let facts = vec![
        figure("k-1", "opinions_collected", "2022-03", "10"),
        figure("k-1", "opinions_answered", "2022-03", "10"),
        figure("k-1", "service_centre_area", "2022", "120"),
    ];
    on.facts().record_facts(record_facts("march", facts)).await.unwrap();
}

async fn indicators(on: &Served, compound: &str, day: &str) -> v1::CompoundIndicators {
    let request = v1::GetIndicatorsRequest {
        county: COUNTY.into(),
        compound_id: compound.into(),
        as_of_day: date(day),
        ..Default::default()
    };
    let answer = on.indicators().get_indicators(request).await.unwrap().into_inner();
    assert!(answer.known_at.is_some());
    answer.indicators.unwrap()
}

fn exact(of: Option<&v1::IndicatorAmount>) -> String {
    of.and_then(|it| it.value.as_ref()).map_or_else(|| "-".to_owned(), |it| it.exact.clone())
}

fn says(of: &v1::CompoundIndicators, id: &str) -> (String, IndicatorMissing, IndicatorStanding) {
    let it = of.indicators.iter().find(|it| it.id == id).unwrap_or_else(|| panic!("no {id}"));
    let text = it.text.as_ref().unwrap();
    assert!(!text.en.is_empty() && !text.zh.is_ascii(), "{text:?}");
    (exact(it.amount.as_ref()), it.missing(), it.standing())
}

#[tokio::test]
async fn the_registry_and_the_facts_of_a_day_give_the_figures() {
    use IndicatorMissing::{NotRecorded, Unspecified as There};
    use IndicatorStanding::{Met, NotMet, Unspecified as Open};
    for on in both("indicators_days").await {
        county(&on).await;
        let of = indicators(&on, "k-1", "2022-03-31").await;
        assert_eq!((of.community_id.as_str(), of.coverage()), ("c-1", Coverage::Done));
        for (id, value, missing, standing) in [
            ("formation_due", "1", There, Open),
            ("formation_done", "1", There, Met),
            ("direct_members", "2", There, Open),
            ("committee_size", "2", There, NotMet),
            ("deputy_secretaries", "0", There, NotMet),
            ("buildings", "2", There, Open),
            ("buildings_led", "1", There, NotMet),
            ("members_resident", "3", There, Open),
            ("members_in_service", "1", There, Open),
            ("members_checked_in", "1", There, Open),
            ("households", "400", There, Open),
            ("service_centre_area", "120", There, Met),
            ("service_centre_per_100_households", "30", There, Met),
            ("community_site_area", "520", There, Met),
            ("opinions_collected", "20", There, Open),
            ("opinions_answered", "19/20", There, Open),
            ("disputes_mediated", "-", NotRecorded, Open),
        ] {
            assert_eq!(says(&of, id), (value.to_owned(), missing, standing), "{id}");
        }
        let of = indicators(&on, "k-1", "2022-03-09").await;
        assert_eq!(of.coverage(), Coverage::Lacking, "the branch is of the day after");
        let before = indicators(&on, "k-2", "2022-03-30").await;
        assert_eq!(says(&before, "members_checked_in").0, "0");
        let after = indicators(&on, "k-2", "2022-03-31").await;
        assert_eq!(says(&after, "members_checked_in").0, "1", "m-6 checked in elsewhere");
        assert_eq!(says(&after, "buildings"), ("-".to_owned(), NotRecorded, Open));
        assert_eq!(indicators(&on, "k-3", "2022-03-31").await.coverage(), Coverage::NotDue);
    }
}

#[tokio::test]
async fn a_list_shows_what_the_caller_holds_and_goes_on_by_page() {
    for on in both("indicators_lists").await {
        county(&on).await;
        on.clock.set("2022-04-10T01:00:00Z");
        let define = v1::GrantRoleRequest {
            county: COUNTY.into(),
            request_id: "grant".into(),
            principal: "clerk".into(),
            role_id: "street".into(),
            unit: reference(RecordKind::Street, "s-1"),
            reason: "appointed".into(),
            ..Default::default()
        };
        on.accesses().grant_role(define).await.unwrap();
        let list = async |who: Option<&str>, mut request: v1::ListIndicatorsRequest| {
            let mut found = Vec::new();
            request.county = COUNTY.into();
            loop {
                let asked = request.clone();
                let asked = match who {
                    Some(who) => by(who, asked),
                    None => tonic::Request::new(asked),
                };
                let page = on.indicators().list_indicators(asked).await.unwrap().into_inner();
                found.extend(page.compounds.into_iter().map(|it| it.compound_id));
                if page.next_page_token.is_empty() {
                    return found;
                }
                request.page_token = page.next_page_token;
            }
        };
        let one = v1::ListIndicatorsRequest { page_size: 1, ..Default::default() };
        assert_eq!(list(None, one.clone()).await, ["k-1", "k-2", "k-3"]);
        assert_eq!(list(Some("clerk"), one.clone()).await, ["k-1", "k-2"]);
        let within = |kind, id: &str| v1::ListIndicatorsRequest {
            unit: reference(kind, id),
            ..Default::default()
        };
        assert_eq!(list(None, within(RecordKind::Community, "c-2")).await, ["k-3"]);
        assert_eq!(list(None, within(RecordKind::Street, "s-1")).await, ["k-1", "k-2"]);
        assert_eq!(list(None, within(RecordKind::County, COUNTY)).await.len(), 3);
        let get = |compound: &str| v1::GetIndicatorsRequest {
            county: COUNTY.into(),
            compound_id: compound.into(),
            ..Default::default()
        };
        assert!(on.indicators().get_indicators(by("clerk", get("k-1"))).await.is_ok());
        let refused = on.indicators().get_indicators(by("clerk", get("k-3"))).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
        let refused = on.indicators().get_indicators(get("k-9")).await.unwrap_err();
        assert_eq!(refused.code(), Code::NotFound);
        let report = |unit: Option<v1::RecordRef>| v1::GetMonthlyReportRequest {
            county: COUNTY.into(),
            month: "2022-03".into(),
            unit,
            ..Default::default()
        };
        let mine = by("clerk", report(reference(RecordKind::Street, "s-1")));
        assert!(on.indicators().get_monthly_report(mine).await.is_ok());
        for unit in [None, reference(RecordKind::Street, "s-2")] {
            let refused = on.indicators().get_monthly_report(by("clerk", report(unit))).await;
            assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
        }
    }
}

async fn report(on: &Served, month: &str) -> v1::GetMonthlyReportResponse {
    let request = v1::GetMonthlyReportRequest {
        county: COUNTY.into(),
        month: month.into(),
        format: v1::ReportFormat::Markdown.into(),
        ..Default::default()
    };
    on.indicators().get_monthly_report(request).await.unwrap().into_inner()
}

fn ids(of: &[v1::ListedCompound]) -> Vec<&str> {
    of.iter().map(|it| it.compound_id.as_str()).collect()
}

#[tokio::test]
async fn a_month_s_report_stays_as_it_stood_at_its_end() {
    for on in both("indicators_months").await {
        county(&on).await;
        // In March, while it lasts, it is told as known now; February is over.
        let february = report(&on, "2022-02").await;
        assert_eq!(ids(&february.lacking), ["k-1", "k-2"]);
        assert_eq!(ids(&february.struck_off), <[&str; 0]>::default());
        let open = report(&on, "2022-03").await;
        assert_eq!(ids(&open.struck_off), ["k-1"]);
        assert_eq!(open.known_at.unwrap().seconds, 1_647_738_000, "the newest write");
        on.clock.set("2022-04-01T01:00:00Z");
        let march = report(&on, "2022-03").await;
        let known = march.known_at.unwrap();
        assert_eq!((known.seconds, known.nanos), (1_648_742_399, 999_999_000));
        assert_eq!((ids(&march.lacking), ids(&march.struck_off)), (vec!["k-2"], vec!["k-1"]));
        let units: Vec<_> =
            march.units.iter().map(|it| it.unit.as_ref().unwrap().id.as_str()).collect();
        assert_eq!(units, [COUNTY, "s-1", "s-2"]);
        let whole = &march.units[0];
        let counts = [whole.compounds, whole.due, whole.done, whole.struck_off, whole.undecided];
        assert_eq!(counts, [3, 2, 1, 1, 0]);
        assert_eq!(whole.coverage.as_ref().unwrap().exact, "1/2");
        assert_eq!((march.units[2].due, march.units[2].coverage.as_ref()), (0, None));
        let total = |id: &str| whole.totals.iter().find(|it| it.id == id).unwrap();
        let opinions = total("opinions_answered");
        assert_eq!(exact(opinions.sum.as_ref()), "24/25", "48 of 50, and no mean of means");
        assert_eq!((opinions.known, opinions.not_recorded), (2, 1));
        assert_eq!(exact(total("households").sum.as_ref()), "1000");
        let centre = total("service_centre_per_100_households");
        assert_eq!((exact(centre.sum.as_ref()), centre.met), ("30".to_owned(), 1));
        let plain = march.document.replace('\\', "");
        for word in ["2022年3月", "覆盖率", "50.00%", "名称 k-2", "本月销号"] {
            assert!(plain.contains(word), "{word}: {}", march.document);
        }
        // What is recorded and corrected later does not move it.
        on.clock.set("2022-05-01T01:00:00Z");
        let never = branch(
            "b-k-1",
            BranchForm::CompoundBranch,
            (RecordKind::Compound, "k-1"),
            "2022-03-10",
        );
        let never = v1::RegistryRecord { effective_until: date("2022-03-11"), ..never };
        assert_eq!(on.upsert("corrected", vec![never]).await.items, []);
        let late = vec![figure("k-2", "opinions_answered", "2022-01", "0")];
        on.facts().record_facts(record_facts("late", late)).await.unwrap();
        on.clock.set("2023-01-10T01:00:00Z");
        assert_eq!(report(&on, "2022-03").await, march);
        // As known later it is another one, and that stays too.
        let request = v1::GetMonthlyReportRequest {
            county: COUNTY.into(),
            month: "2022-03".into(),
            known_at: Some(prost_types::Timestamp { seconds: 1_651_400_000, nanos: 0 }),
            ..Default::default()
        };
        let later = on.indicators().get_monthly_report(request).await.unwrap().into_inner();
        assert_eq!(ids(&later.lacking), ["k-1", "k-2"]);
        assert_eq!(
            exact(
                later.units[0]
                    .totals
                    .iter()
                    .find(|it| it.id == "opinions_answered")
                    .unwrap()
                    .sum
                    .as_ref()
            ),
            "19/50"
        );
    }
}

#[tokio::test]
async fn what_no_report_can_be_of_is_refused() {
    for on in both("indicators_refused").await {
        county(&on).await;
        let asked = |month: &str, unit: Option<v1::RecordRef>| v1::GetMonthlyReportRequest {
            county: COUNTY.into(),
            month: month.into(),
            unit,
            ..Default::default()
        };
        let wrong = asked("2022", reference(RecordKind::Compound, "k-1"));
        let refused = on.indicators().get_monthly_report(wrong).await.unwrap_err();
        assert_eq!(
            violations(&refused),
            [
                ("month".to_owned(), "PERIOD_INVALID".to_owned()),
                ("unit.kind".to_owned(), "UNIT_WITHOUT_COMPOUNDS".to_owned())
            ]
        );
        let refused = on.indicators().get_monthly_report(asked("2022-04", None)).await.unwrap_err();
        assert_eq!(violations(&refused), [("month".to_owned(), "MONTH_IN_FUTURE".to_owned())]);
        let nowhere = asked("2022-03", reference(RecordKind::Street, "s-9"));
        let refused = on.indicators().get_monthly_report(nowhere).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::NotFound, "NOT_FOUND"));
    }
}

const SCHEME: &str = "steelyard: scheme/v1
id: test.compounds
version: 1
subject: compound
period: year
in_force: {from: 2022-01-01}
indicators: [committee_size, buildings, buildings_led, households]
score:
  id: root
  out_of: 100
  sum:
    - {id: committee, out_of: 10, measured: {metric: committee_size, linear: [[0, 0], [10, 10]]}}
    - {id: led, out_of: 10, measured: {ratio: {of: buildings_led, per: buildings}, linear: [[0, 0], [1, 10]]}}
    - {id: taking_part, out_of: 10, measured: {ratio: {of: taking_part, per: households}, linear: [[0, 0], [1, 10]]}}
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_takes_the_figures_of_the_registry_and_proves_them() {
    for on in both("indicators_runs").await {
        county(&on).await;
        let facts = vec![
            figure("k-1", "taking_part", "2022", "100"),
            figure("k-2", "taking_part", "2022", "60"),
            // Recorded under a name that the registry gives: the scheme does not read it.
            figure("k-1", "committee_size", "2022", "9"),
            figure("k-2", "buildings", "2022", "4"),
            figure("k-2", "buildings_led", "2022", "4"),
        ];
        on.facts().record_facts(record_facts("year", facts)).await.unwrap();
        on.clock.set("2023-01-10T01:00:00Z");
        let publish = v1::PublishSchemeRequest {
            county: COUNTY.into(),
            request_id: "scheme".into(),
            document: SCHEME.as_bytes().to_vec(),
        };
        on.schemes().publish_scheme(publish).await.unwrap();
        let scores = async |nth: &str| {
            let start = v1::StartRunRequest {
                county: COUNTY.into(),
                request_id: nth.into(),
                scheme_id: "test.compounds".into(),
                period: "2022".into(),
                ..Default::default()
            };
            let started = on.evaluations().start_run(start).await.unwrap().into_inner();
            while on.app.work_once("test").await.unwrap() {}
            let run_id = started.run.unwrap().run_id;
            let selector = v1::run_selector::Selector::RunId(run_id.clone());
            let list = v1::ListResultsRequest {
                county: COUNTY.into(),
                run: Some(v1::RunSelector { selector: Some(selector) }),
                ..Default::default()
            };
            let page = on.evaluations().list_results(list).await.unwrap().into_inner();
            let scores = page
                .results
                .into_iter()
                .map(|it| (it.subject.unwrap().id, it.score.map(|it| it.value)));
            (run_id, scores.collect::<Vec<_>>())
        };
        let text = |id: &str, score: Option<&str>| (id.to_owned(), score.map(str::to_owned));
        let (first, found) = scores("first").await;
        // 2 persons, 1 of 2 buildings, 100 of 400 households; k-2 has no building on record.
        let want = [text("k-1", Some("9.50")), text("k-2", None), text("k-3", None)];
        assert_eq!(found, want);
        let proved = async |run_id: &str| {
            let selector = run::RunSelector::Id(run_id.to_owned());
            run::verify(&*on.app.store, COUNTY, &selector).await.unwrap().findings
        };
        assert_eq!(proved(&first).await, []);
        // A building that is found later changes later runs, and no earlier one.
        on.clock.set("2023-02-10T01:00:00Z");
        let building = unit(RecordKind::Building, "k-2-1", reference(RecordKind::Compound, "k-2"));
        let head = post("p-4", "building_head", "m-4", (RecordKind::Building, "k-2-1"));
        let head = v1::RegistryRecord { effective_from: date("2022-06-01"), ..head };
        assert_eq!(on.upsert("building", vec![building, head]).await.items, []);
        let (second, found) = scores("second").await;
        assert_eq!(found[1], text("k-2", Some("11.00")));
        assert_eq!(proved(&first).await, []);
        assert_eq!(proved(&second).await, []);
    }
}
