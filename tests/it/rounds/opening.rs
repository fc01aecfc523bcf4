//! Opening rounds, and saying who assesses whom in them.

use steelyard::proto::v1::{self, RecordKind};
use tonic::Code;

use super::{
    add, assignment, begun, by_state, close, entries, everybody, held_by, named, on_both, open,
    opening, proved, publish, refused, scheme, told,
};
use crate::harness::{COUNTY, Served, date, reason, violations};

on_both!(
    a_round_is_opened_once,
    what_cannot_be_opened_is_refused,
    sheets_are_expected_once,
    every_fault_of_an_assignment_is_told,
);

async fn a_round_is_opened_once(on: &Served) {
    let before = entries(on).await;
    let first = open(on, opening("r1")).await.unwrap();
    assert_eq!((first.scheme_version, first.subject_kind()), (1, v1::SubjectKind::Project));
    assert_eq!((first.opened_by.as_str(), first.close_time), ("organiser", None));
    assert_eq!(open(on, opening("r1")).await.unwrap(), first, "a repeat");
    assert_eq!(entries(on).await, before + 1);
    let again = v1::OpenRoundRequest { request_id: "2".into(), ..opening("r1") };
    assert_eq!(open(on, again.clone()).await.unwrap(), first, "said again");
    let other = v1::OpenRoundRequest { due_on: date("2023-01-21"), ..again.clone() };
    let status = open(on, other.clone()).await.unwrap_err();
    assert_eq!(refused(&status), (Code::AlreadyExists, "REQUEST_ID_REUSED".to_owned()));
    let other = v1::OpenRoundRequest { request_id: "3".into(), ..other };
    let status = open(on, other).await.unwrap_err();
    assert_eq!(refused(&status), (Code::AlreadyExists, "ROUND_EXISTS".to_owned()));
    let second = v1::OpenRoundRequest { request_id: "4".into(), ..opening("r2") };
    let status = open(on, second.clone()).await.unwrap_err();
    assert_eq!((by_state(&status), told(&status, "round_id")), ("ROUND_OPEN".into(), "r1".into()));
    let elsewhen = v1::OpenRoundRequest { period: "2023-H1".into(), ..second.clone() };
    open(on, elsewhen).await.unwrap();
    close(on, "5", "").await.unwrap();
    let third = v1::OpenRoundRequest { request_id: "6".into(), round_id: "r3".into(), ..second };
    open(on, third).await.unwrap();
    let listed = async |scheme: &str, period: &str| {
        let request = v1::ListRoundsRequest {
            county: COUNTY.into(),
            scheme_id: scheme.into(),
            period: period.into(),
            page_size: 2,
            ..Default::default()
        };
        let mut ids = Vec::new();
        let mut token = String::new();
        loop {
            let request = v1::ListRoundsRequest { page_token: token, ..request.clone() };
            let page = on.rounds().list_rounds(request).await.unwrap().into_inner();
            ids.extend(page.rounds.into_iter().map(|it| it.round_id));
            token = page.next_page_token;
            if token.is_empty() {
                return ids.join(" ");
            }
        }
    };
    assert_eq!(listed("", "").await, "r1 r2 r3");
    assert_eq!(listed("test.rating", "2022-H2").await, "r1 r3");
    assert_eq!(listed("other", "").await, "");
    proved(on).await;
}

async fn what_cannot_be_opened_is_refused(on: &Served) {
    publish(
        on,
        scheme("test.counted", "")
            .lines()
            .filter(|it| !it.contains("assessed"))
            .fold(String::new(), |text, line| text + line + "\n"),
    )
    .await;
    let before = entries(on).await;
    let of = |change: fn(&mut v1::OpenRoundRequest)| {
        let mut request = opening("r1");
        change(&mut request);
        request
    };
    let (invalid, missing, state) =
        (Code::InvalidArgument, Code::NotFound, Code::FailedPrecondition);
    for (request, code, why) in [
        (of(|it| it.due_on = date("2023-01-09")), invalid, "INTERVAL_REVERSED"),
        (of(|it| it.due_on = None), invalid, "DATE_INVALID"),
        (of(|it| it.period = "H2".into()), invalid, "PERIOD_INVALID"),
        (of(|it| it.scheme_id = "test.other".into()), missing, "SCHEME_NOT_FOUND"),
        (of(|it| it.period = "2021-H2".into()), missing, "SCHEME_NOT_IN_FORCE"),
        (of(|it| it.period = "2024-H1".into()), missing, "SCHEME_NOT_IN_FORCE"),
        (of(|it| it.period = "2022".into()), state, "PERIOD_KIND_MISMATCH"),
        (of(|it| it.scheme_id = "test.counted".into()), state, "NOTHING_ASSESSED"),
        (
            of(|it| {
                it.opens_on = date("2023-01-01");
                it.due_on = date("2023-01-09");
            }),
            state,
            "DUE_IN_PAST",
        ),
    ] {
        let status = open(on, request).await.unwrap_err();
        assert_eq!(refused(&status), (code, why.to_owned()), "{status:?}");
    }
    assert_eq!(entries(on).await, before);
    let empty = v1::OpenRoundRequest { county: COUNTY.into(), ..Default::default() };
    let status = open(on, empty).await.unwrap_err();
    let fields: Vec<_> = violations(&status).into_iter().map(|it| it.0).collect();
    let all = ["request_id", "round_id", "scheme_id", "period", "opens_on", "due_on"];
    assert_eq!(fields, all);
    // On the day itself it may still be opened.
    open(on, of(|it| it.due_on = date("2023-01-10"))).await.unwrap();
}

async fn sheets_are_expected_once(on: &Served) {
    begun(on).await;
    let before = entries(on).await;
    assert_eq!(add(on, "everybody", everybody()).await.unwrap(), (7, 0), "a repeat");
    assert_eq!(entries(on).await, before);
    assert_eq!(add(on, "again", everybody()).await.unwrap(), (0, 7), "said again");
    let more =
        assignment(("street", "s-1"), held_by(RecordKind::Street, "guishan"), &["pr-3", "pr-1"]);
    assert_eq!(add(on, "more", vec![more.clone()]).await.unwrap(), (1, 1));
    let optional = v1::Assignment { optional: true, ..more };
    let status = add(on, "optional", vec![optional]).await.unwrap_err();
    let expected =
        |index| (format!("assignments[0].subject_ids[{index}]"), "SHEET_EXPECTED".into());
    assert_eq!(violations(&status), [expected(0), expected(1)]);
    let nowhere = v1::AddAssignmentsRequest {
        county: COUNTY.into(),
        request_id: "nowhere".into(),
        round_id: "r9".into(),
        assignments: everybody(),
    };
    let status = on.rounds().add_assignments(nowhere).await.unwrap_err();
    assert_eq!(refused(&status), (Code::NotFound, "ROUND_NOT_FOUND".to_owned()));
    proved(on).await;
}

async fn every_fault_of_an_assignment_is_told(on: &Served) {
    use RecordKind::{Community, County, Member, Street};
    begun(on).await;
    let before = entries(on).await;
    let street = held_by(Street, "guishan");
    let wrong = vec![
        assignment(("owners", "o"), named("bureau"), &["pr-9", "pr-1", "m1"]),
        assignment(("street", "s-2"), held_by(Street, "other"), &["pr-1"]),
        assignment(("street", "s-3"), held_by(Community, "c-01"), &["pr-1"]),
        assignment(("housing_bureau", "x"), held_by(County, COUNTY), &["pr-1"]),
        assignment(("housing_bureau", "y"), held_by(Member, "m1"), &["pr-1"]),
        assignment(("housing_bureau", "hb"), named("street"), &["pr-9"]),
        assignment(("housing_bureau", "z"), named("street"), &["pr-1"]),
        assignment(("housing_bureau", "z"), named("bureau"), &["pr-2"]),
        assignment(("street", "s-4"), named("bureau"), &["pr-1"]),
        assignment(("compound_branch", "b"), held_by(Street, "guishan"), &["pr-1"]),
    ];
    let status = add(on, "1", wrong).await.unwrap_err();
    let told = violations(&status);
    let told: Vec<(&str, &str)> = told.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
    let all = [
        ("assignments[0].role", "UNKNOWN_ROLE"),
        ("assignments[0].subject_ids[0]", "SUBJECT_UNKNOWN"),
        ("assignments[0].subject_ids[2]", "SUBJECT_UNKNOWN"),
        ("assignments[1].holder.unit", "HOLDER_UNKNOWN"),
        ("assignments[2].holder.unit", "HOLDER_KIND_INVALID"),
        ("assignments[3].holder.unit", "HOLDER_KIND_INVALID"),
        ("assignments[4].holder.unit", "HOLDER_KIND_INVALID"),
        ("assignments[5].holder", "ASSESSOR_HELD"),
        ("assignments[5].subject_ids[0]", "SUBJECT_UNKNOWN"),
        ("assignments[7].holder", "ASSESSOR_HELD"),
        ("assignments[8].holder.principal", "HOLDER_KIND_INVALID"),
        ("assignments[9].role", "UNKNOWN_ROLE"),
        ("assignments[9].holder.unit", "HOLDER_KIND_INVALID"),
    ];
    assert_eq!(told, all);
    let of_shape = vec![
        assignment(("street", "s-1"), None, &["pr-1", "pr-1"]),
        assignment(("a b", ""), street.clone(), &[]),
        assignment(("street", "s-5"), street.clone(), &["pr-1"]),
        assignment(("street", "s-5"), street, &["pr-2", "pr-1"]),
        assignment(("street", "s-6"), named(""), &["pr-1"]),
    ];
    let status = add(on, "1", of_shape).await.unwrap_err();
    let told = violations(&status);
    let told: Vec<(&str, &str)> = told.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
    let all = [
        ("assignments[0].holder", "HOLDER_MISSING"),
        ("assignments[0].subject_ids[0]", "DUPLICATE_IN_BATCH"),
        ("assignments[0].subject_ids[1]", "DUPLICATE_IN_BATCH"),
        ("assignments[1].subject_ids", "BATCH_EMPTY"),
        ("assignments[1].assessor_id", "ID_INVALID"),
        ("assignments[1].role", "ID_INVALID"),
        ("assignments[3].subject_ids[1]", "DUPLICATE_IN_BATCH"),
        ("assignments[4].holder.principal", "ID_INVALID"),
    ];
    assert_eq!(told, all);
    assert_eq!(reason(&add(on, "1", Vec::new()).await.unwrap_err()), "BATCH_EMPTY");
    let many: Vec<String> = (0..5_001).map(|it| format!("p-{it}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let many = assignment(("housing_bureau", "hb"), named("bureau"), &many);
    assert_eq!(reason(&add(on, "1", vec![many]).await.unwrap_err()), "BATCH_TOO_LARGE");
    assert_eq!(entries(on).await, before, "nothing is left behind");
}
