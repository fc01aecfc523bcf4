//! The hundred sheets of a half-year's round, by hand (P1 to P6): `tests/half_year/README.md` has the
//! arithmetic. Handed in in several orders, on both stores, they come to the same ratings.

mod world;

use std::collections::BTreeMap;

use steelyard::proto::v1;
use tonic_types::StatusExt as _;

use self::world::{
    Row, companies, computed_and_published, excuse, hand_in, projects, ready, sheets, spread,
};
use crate::{
    harness::{COUNTY, Served, by, reason},
    postgres,
    ratings::world::{listed, of, subject, text},
};

/// The orders in which assessors hand in: forwards, backwards, and mixed.
fn orders() -> [fn(&mut Vec<Row>); 3] {
    [
        |_| (),
        |rows| rows.reverse(),
        |rows| rows.sort_by_key(|it| (it.service.clone(), it.project.clone())),
    ]
}

async fn closed(on: &Served, request_id: &str) -> Result<v1::CloseRoundResponse, tonic::Status> {
    let request = v1::CloseRoundRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        round_id: "2024-h1".into(),
        ..Default::default()
    };
    on.rounds().close_round(by("bureau", request)).await.map(tonic::Response::into_inner)
}

/// The round from its opening to its closing.
async fn round(on: &Served, rows: Vec<Row>) {
    for row in rows.iter().filter(|it| it.outcome == "handed in") {
        hand_in(on, row).await;
    }
    // The branch of p-09 is missing, and the round says so; then it is excused.
    on.clock.set("2024-07-12T01:00:00Z");
    let refused = closed(on, "too-soon").await.unwrap_err();
    assert_eq!(reason(&refused), "ROUND_INCOMPLETE");
    let missing = refused.get_details_precondition_failure().unwrap();
    let missing: Vec<_> = missing.violations.iter().map(|it| it.subject.as_str()).collect();
    assert_eq!(missing, ["compound_branch/b-09/p-09"]);
    excuse(on, ("compound_branch", "b-09")).await;
    on.clock.set("2024-07-12T02:00:00Z");
    let done = closed(on, "close").await.unwrap();
    assert_eq!((done.sheets, done.round.unwrap().facts), (98, 196), "two items each");
}

fn part(of: &v1::Rating, project: &str) -> v1::RatingPart {
    of.parts.iter().find(|it| it.subject_id == project).unwrap().clone()
}

fn of_projects(ratings: &[v1::Rating]) {
    let wanted = projects();
    assert_eq!(ratings.len(), wanted.len());
    for (rating, row) in ratings.iter().zip(&wanted) {
        let exact = |it: &v1::RatingSheet| world::exact(it.value.as_ref().unwrap());
        let sheets: Vec<String> = rating.sheets.iter().map(exact).collect();
        assert_eq!(subject(rating), row.project);
        assert_eq!(sheets, [row.party.clone(), row.service.clone()], "{}", row.project);
        assert_eq!(text(rating.score_before_vetoes.as_ref()), row.score, "{}", row.project);
        assert_eq!(rating.grade.as_ref().unwrap().id, row.stars, "{}", row.project);
        let vetoes: Vec<_> = rating.vetoes.iter().map(|it| it.item.as_str()).collect();
        let vetoed: &[&str] = if row.project == "p-03" { &["fund_misuse"] } else { &[] };
        assert_eq!(vetoes, vetoed, "{}: the other one was lifted in time", row.project);
        for record in rating.vetoes.iter().flat_map(|it| &it.records) {
            assert_eq!(record.effective_until, crate::harness::date("2024-05-31"));
            assert_eq!(record.evidence, ["doc:2024-17"]);
        }
    }
}

fn of_companies(ratings: &[v1::Rating]) {
    let wanted = companies();
    assert_eq!(ratings.len(), wanted.len());
    for (rating, row) in ratings.iter().zip(&wanted) {
        assert_eq!(subject(rating), row.company);
        assert_eq!(text(rating.score.as_ref()), row.score, "{}", row.company);
        if row.score.is_empty() {
            assert_eq!(rating.status(), v1::ResultStatus::Incomplete);
            assert_eq!(rating.parts, []);
            continue;
        }
        assert_eq!(rating.grade.as_ref().unwrap().id, row.stars, "{}", row.company);
        let weights = rating.parts.iter().map(|it| world::exact(it.weight.as_ref().unwrap()));
        assert_eq!(world::sum(weights), "1", "{}", row.company);
        let households = rating.parts.iter().map(|it| text(it.figure.as_ref()));
        assert_eq!(world::sum(households), row.households);
    }
    assert_eq!(ratings[0].parts.len(), 7);
    let vetoed = part(&ratings[0], "p-03");
    assert_eq!(vetoed.standing(), v1::RatingPartStanding::Held);
    assert_eq!(text(vetoed.counts.as_ref()), "59.99");
    let moved = part(&ratings[2], "p-08");
    assert_eq!(moved.taken_over, crate::harness::date("2024-04-12"));
}

/// What each rating is, without what differs from store to store.
fn told(ratings: &[v1::Rating]) -> BTreeMap<String, String> {
    let one = |it: &v1::Rating| {
        let bare = v1::Rating { receipt: None, digest: String::new(), ..it.clone() };
        (subject(it).to_owned(), format!("{bare:?}"))
    };
    ratings.iter().map(one).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_sheets_come_to_what_paper_says_in_every_order_and_on_both_stores() {
    let mut first = None;
    for (number, order) in orders().into_iter().enumerate() {
        let url = match number {
            1 => postgres::schema("half_year").await,
            _ => "sqlite::memory:".to_owned(),
        };
        let on = ready(&url).await;
        let mut rows = sheets();
        assert_eq!(rows.len(), 100);
        order(&mut rows);
        round(&on, rows).await;
        computed_and_published(&on, "half.project").await;
        computed_and_published(&on, "half.company").await;
        let request = |scheme: &str| v1::ListRatingsRequest {
            county: COUNTY.into(),
            of: of(scheme, "2024-H1", ""),
            ..Default::default()
        };
        let projects = listed(&on, Some("credit"), request("half.project")).await;
        of_projects(&projects);
        let companies = listed(&on, Some("credit"), request("half.company")).await;
        of_companies(&companies);
        // Community c-02 gave everybody full marks, and is named.
        let flagged: Vec<_> =
            spread(&on).await.into_iter().filter(|it| !it.flags.is_empty()).collect();
        assert_eq!(flagged.len(), 1, "{flagged:?}");
        assert_eq!(flagged[0].assessor_id, "c-02");
        assert_eq!(flagged[0].flags[0].code, "full_marks_to_all");
        let all = (told(&projects), told(&companies));
        assert_eq!(*first.get_or_insert_with(|| all.clone()), all, "order {number}");
    }
}
