//! Pools of money and of places through the API (A6, A7), on both stores: the same tables, every
//! fault at once, and scores only for who may read them.

use steelyard::proto::{
    google::r#type::Money,
    v1::{
        self, PlacesWhy, PoolRemainder, PoolWhy, allocate_pool_request::By, run_selector::Selector,
    },
};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::{
    harness::{
        COUNTY, Served, by, date, decimal, entry, member, reason, record_facts, reference, served,
        served_over, units, violations,
    },
    postgres,
};

async fn both(case: &str) -> [Served; 2] {
    let url = postgres::schema(case).await;
    [served().await, served_over(&url).await]
}

fn yuan(units: i64, nanos: i32) -> Option<Money> {
    Some(Money { currency_code: "CNY".into(), units, nanos })
}

fn fen(it: Option<&Money>) -> i64 {
    let it = it.unwrap();
    assert_eq!(it.currency_code, "CNY");
    it.units * 100 + i64::from(it.nanos / 10_000_000)
}

fn parties(all: &[(&str, &str)]) -> Option<By> {
    let party = |it: &(&str, &str)| v1::PoolParty { id: it.0.into(), weight: decimal(it.1) };
    Some(By::Parties(v1::PoolParties { parties: all.iter().map(party).collect() }))
}

fn asked(amount: Option<Money>, by: Option<By>) -> v1::AllocatePoolRequest {
    v1::AllocatePoolRequest { county: COUNTY.into(), amount, by, ..Default::default() }
}

async fn pool(
    on: &Served,
    request: v1::AllocatePoolRequest,
) -> Result<v1::AllocatePoolResponse, Status> {
    on.pools().allocate_pool(request).await.map(tonic::Response::into_inner)
}

fn row(it: &v1::PoolShare) -> (&str, i64, PoolWhy) {
    (&it.id, fen(it.money.as_ref()), it.why())
}

#[tokio::test]
async fn a_pool_is_divided_to_the_fen_with_its_table() {
    let by = parties(&[("street", "20"), ("community", "30"), ("branch", "50")]);
    let mut answers = Vec::new();
    for on in both("pool_table").await {
        let answer = pool(&on, asked(yuan(123, 450_000_000), by.clone())).await.unwrap();
        assert_eq!(answer.remainder(), PoolRemainder::Largest);
        assert_eq!((fen(answer.given.as_ref()), answer.left_over_fen), (12_345, 1));
        assert_eq!(answer.given, answer.amount);
        let rows: Vec<_> = answer.shares.iter().map(row).collect();
        let wanted = [
            ("street", 2_469, PoolWhy::Floor),
            ("community", 3_704, PoolWhy::Remainder),
            ("branch", 6_172, PoolWhy::Floor),
        ];
        assert_eq!(rows, wanted);
        let community = &answer.shares[1];
        assert_eq!((community.exact_fen.as_str(), community.floor_fen), ("7407/2", 3_703));
        assert_eq!(community.remainder_fen, "1/2");
        assert_eq!(answer.weight_total.as_ref().unwrap().exact, "100");
        let text = answer.text.clone().unwrap();
        assert!(text.en.contains("123.45 yuan"), "{}", text.en);
        assert!(text.zh.contains("壹佰贰拾叁元肆角伍分"), "{}", text.zh);
        let last = v1::AllocatePoolRequest {
            remainder: PoolRemainder::Last.into(),
            ..asked(yuan(0, 50_000_000), by.clone())
        };
        let last = pool(&on, last).await.unwrap();
        let rows: Vec<_> = last.shares.iter().map(row).collect();
        let wanted = [
            ("street", 1, PoolWhy::HalfUp),
            ("community", 2, PoolWhy::HalfUp),
            ("branch", 2, PoolWhy::TakesRest),
        ];
        assert_eq!(rows, wanted);
        let many: Vec<_> = (0..10_000).map(|it| format!("p-{it:05}")).collect();
        let many: Vec<_> = many.iter().map(|it| (it.as_str(), "1.000001")).collect();
        let many = pool(&on, asked(yuan(300_000, 10_000_000), parties(&many))).await.unwrap();
        let given = many.shares.iter().fold(0, |sum, it| sum + fen(it.money.as_ref()));
        assert_eq!((given, many.shares.len()), (30_000_001, 10_000));
        assert_eq!(row(&many.shares[0]), ("p-00000", 3_001, PoolWhy::Remainder));
        answers.push((answer, last, many));
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn every_fault_of_a_pool_is_told_at_once() {
    let on = served().await;
    let faults = |status: Status| {
        assert_eq!(status.code(), Code::InvalidArgument);
        let all = violations(&status);
        all.into_iter().map(|it| format!("{} {}", it.0, it.1)).collect::<Vec<_>>()
    };
    let dollars = Money { currency_code: "USD".into(), units: -5, nanos: 0 };
    let by = parties(&[("a", "-1"), ("a b", "x"), ("a", "1"), ("c", "1")]);
    let wrong = v1::AllocatePoolRequest { remainder: 7, ..asked(Some(dollars), by) };
    let wanted = [
        "amount.currency_code MONEY_INVALID",
        "amount MONEY_INVALID",
        "remainder ENUM_UNSPECIFIED",
        "parties.parties[1].id ID_INVALID",
        "parties.parties[2].id DUPLICATE_ID",
        "parties.parties[0].weight WEIGHT_NEGATIVE",
        "parties.parties[1].weight DECIMAL_INVALID",
    ];
    assert_eq!(faults(pool(&on, wrong).await.unwrap_err()), wanted);
    let wanted = ["amount FIELD_MISSING", "by FIELD_MISSING"];
    assert_eq!(faults(pool(&on, asked(None, None)).await.unwrap_err()), wanted);
    for (amount, by, wanted) in [
        (yuan(-1, 0), parties(&[("a", "1")]), "amount MONEY_INVALID"),
        (yuan(1, 1), parties(&[("a", "1")]), "amount.nanos MONEY_INVALID"),
        (yuan(1, 0), parties(&[]), "parties.parties FIELD_MISSING"),
        (yuan(1, 0), parties(&[("a", "0"), ("b", "0.000")]), "parties.parties POOL_WITHOUT_WEIGHT"),
    ] {
        assert_eq!(faults(pool(&on, asked(amount, by)).await.unwrap_err()), [wanted]);
    }
    let none = v1::PoolParty { id: "a".into(), weight: None };
    let none = By::Parties(v1::PoolParties { parties: vec![none] });
    let status = pool(&on, asked(yuan(1, 0), Some(none))).await.unwrap_err();
    assert_eq!(faults(status), ["parties.parties[0].weight FIELD_MISSING"]);
    let many: Vec<_> = (0..10_001).map(|it| format!("p-{it}")).collect();
    let many: Vec<_> = many.iter().map(|it| (it.as_str(), "1")).collect();
    let status = pool(&on, asked(yuan(1, 0), parties(&many))).await.unwrap_err();
    assert_eq!(faults(status), ["parties.parties TOO_MANY"]);
    let ids = ["m1", "", "m1"].map(str::to_owned).to_vec();
    let scores = v1::PoolScores { subject_ids: ids, ..Default::default() };
    let status = pool(&on, asked(yuan(1, 0), Some(By::Scores(scores)))).await.unwrap_err();
    let wanted = [
        "scores.run FIELD_MISSING",
        "scores.subject_ids[1] ID_INVALID",
        "scores.subject_ids[2] DUPLICATE_ID",
    ];
    assert_eq!(faults(status), wanted);
}

const SCHEME: &str = "
steelyard: scheme/v1
id: test.points
version: 1
subject: member
period: year
in_force: {from: 2022-01-01}
score: {id: points, out_of: 100, measured: {metric: points, as_is: true}}
";

/// m1 to m3 have 10, 20 and 30.5 points, m4 has none. The run, computed and not published.
async fn scored(on: &Served) -> String {
    let mut records = units();
    records.extend(["m1", "m2", "m3", "m4"].map(member));
    assert_eq!(on.upsert("county", records).await.items, []);
    let county = COUNTY.to_owned();
    let publish =
        v1::PublishSchemeRequest { county, request_id: "scheme".into(), document: SCHEME.into() };
    on.schemes().publish_scheme(publish).await.unwrap();
    let points = |(member, value): (&str, &str)| v1::Fact {
        fact: Some(v1::fact::Fact::Metric(v1::Metric {
            name: "points".into(),
            value: decimal(value),
            period: "2022".into(),
        })),
        ..entry(member, "", "2022-01-01")
    };
    let facts = [("m1", "10"), ("m2", "20"), ("m3", "30.5")].map(points).to_vec();
    on.facts().record_facts(record_facts("facts", facts)).await.unwrap();
    let start = v1::StartRunRequest {
        county: COUNTY.into(),
        request_id: "run".into(),
        scheme_id: "test.points".into(),
        period: "2022".into(),
        ..Default::default()
    };
    on.evaluations().start_run(start).await.unwrap().into_inner().run.unwrap().run_id
}

async fn published(on: &Served, run_id: &str) {
    let (county, request_id) = (COUNTY.to_owned(), "publish".to_owned());
    let request = v1::PublishRunRequest { county, request_id, run_id: run_id.to_owned() };
    on.evaluations().publish_run(request).await.unwrap();
}

fn scores(selector: Selector, ids: &[&str], leave_out_missing: bool) -> v1::AllocatePoolRequest {
    let run = Some(v1::RunSelector { selector: Some(selector) });
    let subject_ids = ids.iter().map(|it| (*it).to_owned()).collect();
    let scores = v1::PoolScores { run, subject_ids, leave_out_missing };
    asked(yuan(100, 0), Some(By::Scores(scores)))
}

fn of_the_year() -> Selector {
    let (scheme_id, period) = ("test.points".to_owned(), "2022".to_owned());
    Selector::Published(v1::PublishedRunSelector { scheme_id, period })
}

/// The subjects that a refusal names, each with its reason.
fn named(status: &Status) -> Vec<(String, String)> {
    assert_eq!(status.code(), Code::FailedPrecondition);
    let details = status.get_error_details();
    let all = details.precondition_failure().unwrap().violations.iter();
    all.map(|it| (it.subject.clone(), it.r#type.clone())).collect()
}

#[tokio::test]
async fn a_pool_goes_by_published_scores_and_missing_is_not_zero() {
    let mut answers = Vec::new();
    for on in both("pool_scores").await {
        let run_id = scored(&on).await;
        let by_id = || Selector::RunId(run_id.clone());
        let status = pool(&on, scores(by_id(), &[], false)).await.unwrap_err();
        assert_eq!(reason(&status), "RUN_NOT_COMPUTED");
        assert!(on.app.work_once("tests").await.unwrap());
        // Computed is not published.
        let status = pool(&on, scores(by_id(), &[], false)).await.unwrap_err();
        let code = (status.code(), reason(&status));
        assert_eq!(code, (Code::FailedPrecondition, "RUN_NOT_PUBLISHED".to_owned()));
        let status = pool(&on, scores(of_the_year(), &[], false)).await.unwrap_err();
        assert_eq!((status.code(), reason(&status)), (Code::NotFound, "RUN_NOT_PUBLISHED".into()));
        published(&on, &run_id).await;
        let status = pool(&on, scores(of_the_year(), &[], false)).await.unwrap_err();
        assert_eq!(reason(&status), "POOL_WEIGHT_MISSING");
        assert_eq!(named(&status), [("m4".to_owned(), "SCORE_MISSING".to_owned())]);
        let all = pool(&on, scores(of_the_year(), &[], true)).await.unwrap();
        assert_eq!(all.run_id, run_id);
        let rows: Vec<_> = all.shares.iter().map(row).collect();
        // 60.5 points: 1652.89…, 3305.78… and 5041.32… fen.
        let wanted = [
            ("m1", 1_653, PoolWhy::Remainder),
            ("m2", 3_306, PoolWhy::Remainder),
            ("m3", 5_041, PoolWhy::Floor),
        ];
        assert_eq!(rows, wanted);
        assert_eq!(all.shares[0].exact_fen, "200000/121");
        let left_out: Vec<_> =
            all.left_out.iter().map(|it| (it.id.as_str(), it.status())).collect();
        assert_eq!(left_out, [("m4", v1::ResultStatus::Incomplete)]);
        assert!(all.text.clone().unwrap().zh.contains("无得分"));
        // Named ones in the order given: of equal remainders the first is served.
        let named_ones = pool(&on, scores(by_id(), &["m2", "m1"], false)).await.unwrap();
        let rows: Vec<_> = named_ones.shares.iter().map(row).collect();
        assert_eq!(rows, [("m2", 6_667, PoolWhy::Remainder), ("m1", 3_333, PoolWhy::Floor)]);
        let status = pool(&on, scores(by_id(), &["m1", "m9", "m8"], true)).await.unwrap_err();
        assert_eq!(reason(&status), "POOL_PARTY_UNKNOWN");
        let subjects: Vec<_> = named(&status).into_iter().map(|it| it.0).collect();
        assert_eq!(subjects, ["m9", "m8"]);
        let status = pool(&on, scores(by_id(), &["m4"], true)).await.unwrap_err();
        let code = (status.code(), reason(&status));
        assert_eq!(code, (Code::FailedPrecondition, "POOL_WITHOUT_WEIGHT".to_owned()));
        answers.push((all.shares, named_ones.shares));
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn scores_are_weights_for_who_may_read_results() {
    let on = served().await;
    let run_id = scored(&on).await;
    assert!(on.app.work_once("tests").await.unwrap());
    let county = reference(v1::RecordKind::County, COUNTY);
    let street = reference(v1::RecordKind::Street, "guishan");
    for (who, role, unit) in [
        ("money", "finance_bureau", &county),
        ("audit", "auditor", &county),
        ("party", "organization_department", &county),
        ("half", "organization_department", &street),
        ("hr", "hr_reader", &county),
    ] {
        let request = v1::GrantRoleRequest {
            county: COUNTY.into(),
            request_id: who.into(),
            principal: who.into(),
            role_id: role.into(),
            unit: unit.clone(),
            effective_from: date("2022-01-01"),
            reason: "test".into(),
            ..Default::default()
        };
        on.accesses().grant_role(request).await.unwrap();
    }
    let by_scores = async |who: &str| {
        let request = scores(Selector::RunId(run_id.clone()), &["m1", "m2"], false);
        on.pools().allocate_pool(by(who, request)).await.map(|_| ())
    };
    // Of a run that is not published, who may not preview it learns nothing.
    assert_eq!(by_scores("money").await.unwrap_err().code(), Code::PermissionDenied);
    assert_eq!(reason(&by_scores("audit").await.unwrap_err()), "RUN_NOT_PUBLISHED");
    published(&on, &run_id).await;
    for (who, may) in
        [("party", true), ("audit", true), ("money", false), ("half", false), ("hr", false)]
    {
        let answer = by_scores(who).await;
        assert_eq!(answer.is_ok(), may, "{who}: {answer:?}");
        assert!(may || answer.unwrap_err().code() == Code::PermissionDenied, "{who}");
        let said = asked(yuan(1, 0), parties(&[("a", "1")]));
        let answer = on.pools().allocate_pool(by(who, said)).await;
        assert_eq!(answer.is_ok(), may || who == "money", "{who}");
        // Nobody who may not is told of faults.
        let faulty = on.pools().allocate_pool(by(who, asked(None, None))).await.unwrap_err();
        let told = faulty.code() == Code::InvalidArgument;
        assert_eq!(told, may || who == "money", "{who}");
    }
}

fn places(count: i64, units: &[(&str, i64)]) -> v1::AllocatePlacesRequest {
    let unit = |it: &(&str, i64)| v1::PlacesParty { id: it.0.into(), weight: it.1 };
    let parties = units.iter().map(unit).collect();
    v1::AllocatePlacesRequest {
        county: COUNTY.into(),
        places: count,
        parties,
        ..Default::default()
    }
}

async fn allot(
    on: &Served,
    request: v1::AllocatePlacesRequest,
) -> Result<v1::AllocatePlacesResponse, Status> {
    on.pools().allocate_places(request).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn places_are_whole_and_a_tie_waits_for_a_decision() {
    let row = |it: &v1::PlacesShare| (it.id.clone(), it.places, it.why());
    let rows = |it: &v1::AllocatePlacesResponse| it.shares.iter().map(row).collect::<Vec<_>>();
    let request = places(10, &[("b-1", 41), ("b-2", 25), ("b-3", 25), ("b-4", 9)]);
    let mut answers = Vec::new();
    for on in both("pool_places").await {
        // Quotas 4.1, 2.5, 2.5 and 0.9: .9 is first, one place is between two that are equal.
        let open = allot(&on, request.clone()).await.unwrap();
        let wanted = [
            ("b-1".to_owned(), 4, PlacesWhy::Floor),
            ("b-2".to_owned(), 2, PlacesWhy::TieOpen),
            ("b-3".to_owned(), 2, PlacesWhy::TieOpen),
            ("b-4".to_owned(), 1, PlacesWhy::Remainder),
        ];
        assert_eq!(rows(&open), wanted);
        assert_eq!((open.given, open.open, open.left_over, open.weight_total), (9, 1, 0, 100));
        let tie = open.tie.clone().unwrap();
        assert_eq!((tie.ids, tie.places), (vec!["b-2".to_owned(), "b-3".to_owned()], 1));
        assert_eq!(open.shares[1].quota.as_ref().unwrap().exact, "5/2");
        let text = open.text.clone().unwrap();
        assert!(text.en.contains("1 stay open") && text.zh.contains("待定"), "{text:?}");
        let decision = |order: &[&str]| {
            let order = order.iter().map(|it| (*it).to_owned()).collect();
            Some(v1::PlacesDecision { order, decided_by: "县委".into(), reason: "轮换".into() })
        };
        let decided = |order: &[&str]| v1::AllocatePlacesRequest {
            decision: decision(order),
            ..request.clone()
        };
        let settled = allot(&on, decided(&["b-3", "b-2"])).await.unwrap();
        assert_eq!(settled.shares[1].places, 2);
        assert_eq!((settled.shares[2].places, settled.shares[2].why()), (3, PlacesWhy::Decision));
        assert_eq!((settled.given, settled.open), (10, 0));
        assert_eq!(settled.tie.as_ref().unwrap().decision, decision(&["b-3", "b-2"]));
        for wrong in [&["b-3"][..], &["b-3", "b-1"], &["b-3", "b-2", "b-1"]] {
            let status = allot(&on, decided(wrong)).await.unwrap_err();
            let wanted = [("decision.order".to_owned(), "DECISION_PARTIES".to_owned())];
            assert_eq!(violations(&status), wanted, "{wrong:?}");
        }
        let capped = v1::AllocatePlacesRequest { each_at_most: Some(2), ..request.clone() };
        let capped = allot(&on, capped).await.unwrap();
        assert_eq!(capped.shares[0].why(), PlacesWhy::HeldToCap);
        assert_eq!((capped.given, capped.open, capped.left_over, capped.tie), (7, 0, 3, None));
        // A decision where nobody is equal is a mistake.
        let mut nobody = places(2, &[("b-1", 1), ("b-2", 1)]);
        nobody.decision = decision(&["b-1", "b-2"]);
        let status = allot(&on, nobody).await.unwrap_err();
        assert_eq!(violations(&status)[0].1, "DECISION_PARTIES");
        answers.push((open, settled, capped.shares));
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn every_fault_of_places_is_told_at_once() {
    let on = served().await;
    let decision = Some(v1::PlacesDecision::default());
    let wrong = v1::AllocatePlacesRequest {
        each_at_most: Some(-1),
        decision,
        ..places(-3, &[("a", -1), ("a", 10_000_000_000), ("", 1)])
    };
    let wanted = [
        ("places", "COUNT_NEGATIVE"),
        ("parties[1].id", "DUPLICATE_ID"),
        ("parties[2].id", "ID_INVALID"),
        ("parties[0].weight", "COUNT_NEGATIVE"),
        ("parties[1].weight", "COUNT_TOO_LARGE"),
        ("each_at_most", "COUNT_NEGATIVE"),
        ("decision.order", "FIELD_MISSING"),
        ("decision.decided_by", "FIELD_MISSING"),
        ("decision.reason", "REASON_MISSING"),
    ];
    let wanted = wanted.map(|it| (it.0.to_owned(), it.1.to_owned()));
    assert_eq!(violations(&allot(&on, wrong).await.unwrap_err()), wanted);
    let status = allot(&on, places(3, &[("a", 0)])).await.unwrap_err();
    assert_eq!(violations(&status), [("parties".to_owned(), "POOL_WITHOUT_WEIGHT".to_owned())]);
    let status = allot(&on, places(3, &[])).await.unwrap_err();
    assert_eq!(violations(&status), [("parties".to_owned(), "FIELD_MISSING".to_owned())]);
}
