//! The ranking, ties over the county, and seats between streets (F5, F10, F11).

use steelyard::proto::v1::{
    self,
    CandidateVerdict::{Fail, Pass},
};
use tonic::Code;

use super::{
    CRITERIA, HALF, barred,
    cast::{
        ID, applied, apply, candidate, examine, get, open, opening, order, pass, rank, ranked,
        recommend, review,
    },
    computed, in_the_way, on_both, only, publish, rules, said, way,
};
use crate::{
    harness::{COUNTY, Served, by, reason},
    scheme_rpc,
};

on_both!(
    a_ranking_is_of_the_criteria_and_kept_once_it_is_used,
    a_seat_between_streets_is_open_until_the_county_decides,
    the_county_has_fewer_seats_than_the_streets,
    who_falls_under_a_veto_takes_no_seat,
);

async fn a_ranking_is_of_the_criteria_and_kept_once_it_is_used(on: &Served) {
    way::reviewed(on).await;
    let missing = recommend(on, "guishan", "r", &[("b-01", "")]).await.unwrap_err();
    assert_eq!(
        (reason(&missing), said(&missing, "rule")),
        ("RANKING_MISSING".into(), "F10".into())
    );
    let early = order(on, "guishan", "o", ("guishan", &["b-05", "b-06"])).await.unwrap_err();
    assert_eq!(reason(&early), "RANKING_MISSING");
    let gone = rank(on, "1", "nothing").await.unwrap_err();
    assert_eq!((gone.code(), reason(&gone)), (Code::NotFound, "RUN_NOT_FOUND".into()));
    let other = CRITERIA.replace("test.criteria", "test.other");
    scheme_rpc::publish(on, "other", &other).await.unwrap();
    let mut request = v1::StartRunRequest {
        county: COUNTY.into(),
        request_id: "run-other".into(),
        scheme_id: "test.other".into(),
        period: "2022".into(),
        ..Default::default()
    };
    let run = on.evaluations().start_run(request.clone()).await.unwrap().into_inner().run.unwrap();
    assert_eq!(reason(&rank(on, "1", &run.run_id).await.unwrap_err()), "RUN_OTHER_SCHEME");
    (request.request_id, request.scheme_id) = ("run-own".into(), "test.criteria".into());
    let run = on.evaluations().start_run(request).await.unwrap().into_inner().run.unwrap();
    assert_eq!(reason(&rank(on, "1", &run.run_id).await.unwrap_err()), "RUN_NOT_COMPUTED");
    while on.app.work_once("tests").await.unwrap() {}
    let taken = rank(on, "1", &run.run_id).await.unwrap().selection.unwrap();
    assert_eq!(taken.ranking_run_id, run.run_id);
    let merit = candidate(on, "guishan", "b-06").await.unwrap().candidate.unwrap().merit.unwrap();
    assert_eq!((merit.place, merit.place_in_street, merit.meets), (7, 5, true));
    assert_eq!((&*merit.score, &*merit.grade), ("80.00", "meets_line"));
    // Another one until the first recommendation, and not after it.
    let second = computed(on, "second").await;
    rank(on, "2", &second).await.unwrap();
    recommend(on, "guishan", "r", &[("b-01", "")]).await.unwrap();
    let used = rank(on, "3", &run.run_id).await.unwrap_err();
    assert_eq!((reason(&used), said(&used, "run_id")), ("RANKING_IN_USE".into(), second.clone()));
    rank(on, "3", &second).await.expect("the same one");
    let (county, run_id) = (COUNTY.to_owned(), run.run_id.clone());
    let request = v1::PublishRunRequest { county, request_id: "publish".into(), run_id };
    on.evaluations().publish_run(request).await.unwrap();
    let request = v1::SupersedeRunRequest {
        county: COUNTY.into(),
        request_id: "supersede".into(),
        old_run_id: run.run_id.clone(),
        new_run_id: second.clone(),
        reason: "更正".into(),
        ..Default::default()
    };
    on.evaluations().supersede_run(request).await.unwrap();
    let old = rank(on, "4", &run.run_id).await.unwrap_err();
    assert_eq!((reason(&old), said(&old, "run_id")), ("RUN_SUPERSEDED".into(), second.clone()));
}

async fn who_falls_under_a_veto_takes_no_seat(on: &Served) {
    way::reviewed(on).await;
    ranked(on).await;
    recommend(on, "guishan", "r", &[("b-01", ""), ("b-02", "")]).await.unwrap();
    let taken = async || get(on, "department").await.quota.unwrap().streets[0].taken;
    assert_eq!(taken().await, 2);
    barred(on, "k-01", "2022-11-20").await;
    examine(on, "group", "e-1", &[("b-01", Fail)]).await.unwrap();
    assert_eq!(taken().await, 1, "it fell under a veto");
    examine(on, "group", "e-2", &[("b-02", Fail)]).await.unwrap();
    assert_eq!(taken().await, 1, "it fell on merit");
}

/// Streets are ordered by the county.
async fn ordered(
    on: &Served,
    who: &str,
    request_id: &str,
    streets: &[&str],
) -> Result<v1::SelectionQuota, tonic::Status> {
    let request = v1::DecideSelectionTieRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        selection_id: ID.into(),
        street_ids: streets.iter().map(|it| (*it).to_owned()).collect(),
        reason: "抽签".into(),
        decided_by: "director".into(),
        ..Default::default()
    };
    let answer = on.selections().decide_selection_tie(by(who, request)).await?;
    Ok(answer.into_inner().quota.unwrap())
}

fn seats(quota: &v1::SelectionQuota) -> Vec<(i64, &str)> {
    quota.streets.iter().map(|it| (it.seats, it.why.as_str())).collect()
}

async fn a_seat_between_streets_is_open_until_the_county_decides(on: &Served) {
    // One and one: half a seat each. Of unequal streets with equal remainders the larger goes first.
    let id = "test.tied";
    publish(on, rules(id, "[joint_branch, party_group]", HALF)).await;
    let request =
        v1::OpenSelectionRequest { document_id: id.into(), ..opening("open", ID, "2022-11-01") };
    let quota = open(on, request).await.unwrap().quota.unwrap();
    assert_eq!(seats(&quota), [(0, "tie_open"), (0, "tie_open")]);
    assert_eq!(
        (&quota.tied_street_ids[..], quota.open_seats),
        (&["guishan", "xincheng"].map(str::to_owned)[..], 1)
    );
    assert_eq!(quota.streets[0].quota, "1/2");
    let street = ordered(on, "guishan", "1", &["guishan", "xincheng"]).await.unwrap_err();
    assert_eq!(street.code(), Code::PermissionDenied);
    let part = ordered(on, "department", "1", &["guishan"]).await.unwrap_err();
    assert_eq!(reason(&part), "NOT_TIED");
    let quota = ordered(on, "department", "1", &["xincheng", "guishan"]).await.unwrap();
    assert_eq!((seats(&quota), quota.county), (vec![(0, "floor"), (1, "remainder")], 1));
    // Decided otherwise as long as nobody used the seat.
    ordered(on, "department", "2", &["guishan", "xincheng"]).await.unwrap();
    ordered(on, "department", "3", &["xincheng", "guishan"]).await.unwrap();
    on.clock.set("2022-11-20T01:00:00Z");
    apply(on, "k-15", "apply", "g-15").await.unwrap();
    pass(on, "c-03", "pass", &["g-15"]).await.unwrap();
    review(on, "xincheng", "review", &["g-15"]).await.unwrap();
    ranked(on).await;
    recommend(on, "xincheng", "recommend", &[("g-15", "")]).await.unwrap();
    let used = ordered(on, "department", "4", &["guishan", "xincheng"]).await.unwrap_err();
    assert_eq!((reason(&used), said(&used, "rule")), ("SEATS_IN_USE".into(), "F5".into()));
}

async fn the_county_has_fewer_seats_than_the_streets(on: &Served) {
    // Seven seats by share, and the county's cap is three: the streets' are cut by it.
    let id = "test.capped";
    let seats = "{share: 50%, rounding: largest_remainder, at_most: 3}";
    publish(on, rules(id, "[compound_branch, joint_branch]", seats)).await;
    let request =
        v1::OpenSelectionRequest { document_id: id.into(), ..opening("open", ID, "2022-11-01") };
    let quota = open(on, request).await.unwrap().quota.unwrap();
    assert_eq!((quota.cap, quota.county), (3, 3), "{quota:?}");
    on.clock.set("2022-11-20T01:00:00Z");
    for number in [1, 2, 11] {
        applied(on, "apply", number).await.unwrap();
    }
    pass(on, "c-01", "pass", &["b-01", "b-02"]).await.unwrap();
    pass(on, "c-03", "pass", &["b-11"]).await.unwrap();
    review(on, "guishan", "review", &["b-01", "b-02"]).await.unwrap();
    review(on, "xincheng", "review", &["b-11"]).await.unwrap();
    ranked(on).await;
    recommend(on, "guishan", "r", &[("b-01", ""), ("b-02", "")]).await.unwrap();
    recommend(on, "xincheng", "r", &[("b-11", "")]).await.unwrap();
    examine(on, "group", "e", &[("b-02", Pass)]).await.expect("all of them have a place");
    let given = get(on, "group").await.quota.unwrap();
    assert_eq!((given.taken, given.county), (1, 3));
    let twice = examine(on, "group", "f", &[("b-02", Pass)]).await;
    assert_eq!(only(twice), ["STEP_OUT_OF_ORDER b-02"]);
    let never = examine(on, "group", "f", &[("b-03", Pass), ("b-01", Pass)]).await.unwrap_err();
    assert_eq!(in_the_way(&never), ("NOT_APPLIED".into(), vec!["NOT_APPLIED b-03".into()]));
}
