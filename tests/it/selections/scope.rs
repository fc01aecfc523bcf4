//! Whose step it is, and what each is shown.

use steelyard::proto::v1::{
    self, CandidateStage as Stage, CandidateVerdict::Pass, OpinionVerdict, RecordKind,
    ReportOutcome,
};
use tonic::{Code, Status};

use super::{
    candidate_ids,
    cast::{
        ID, answer, applied, apply, begun, cancel, candidate, candidates, consult, decide, examine,
        file, get, opening, opine, pass, ranked, recommend, review, withdraw,
    },
    grant, on_both, only, way,
};
use crate::harness::{COUNTY, Served, by, reason, reference};

on_both!(
    a_step_is_its_own_units_alone,
    offices_are_the_countys,
    nobody_takes_two_steps_on_one_candidate,
    each_sees_its_own_candidates,
    a_reporter_is_told_to_those_who_answer_alone,
);

/// Denied, with the same words as for a branch that is not there.
fn denied<T: std::fmt::Debug>(of: &str, own: Result<T, Status>, nothing: Result<T, Status>) {
    let (own, nothing) = (own.unwrap_err(), nothing.unwrap_err());
    assert_eq!(own.code(), Code::PermissionDenied, "{of}: {own:?}");
    assert_eq!((own.code(), own.message()), (nothing.code(), nothing.message()), "{of}");
    assert_eq!(reason(&own), reason(&nothing), "{of}");
}

async fn a_step_is_its_own_units_alone(on: &Served) {
    begun(on).await;
    on.clock.set("2022-11-20T01:00:00Z");
    for who in ["k-02", "c-01", "guishan", "department", "group", "committee", "nobody"] {
        denied(who, apply(on, who, "1", "b-01").await, apply(on, who, "1", "b-99").await);
    }
    applied(on, "apply", 1).await.unwrap();
    for who in ["k-02", "c-01", "guishan", "department"] {
        denied(who, withdraw(on, who, "2", "b-01").await, withdraw(on, who, "2", "b-99").await);
    }
    for who in ["k-01", "c-02", "guishan", "department", "group"] {
        denied(who, pass(on, who, "3", &["b-01"]).await, pass(on, who, "3", &["b-99"]).await);
    }
    // One that is not its own, and all are refused.
    let mixed = pass(on, "c-01", "3", &["b-01", "b-06"]).await.unwrap_err();
    assert_eq!(mixed.code(), Code::PermissionDenied);
    let community = candidate(on, "c-01", "b-01").await.unwrap().candidate.unwrap();
    assert_eq!((community.stage(), &*community.next_by), (Stage::Applied, "community"));
    pass(on, "c-01", "3", &["b-01"]).await.unwrap();
    for who in ["k-01", "c-01", "xincheng", "department", "group"] {
        denied(who, review(on, who, "4", &["b-01"]).await, review(on, who, "4", &["b-99"]).await);
        let said = [("b-01", "")];
        denied(
            who,
            recommend(on, who, "5", &said).await,
            recommend(on, who, "5", &[("b-99", "")]).await,
        );
    }
    // Held over the county, a street's role speaks for no street, and is told what is on no roster.
    grant(on, "all", "street", reference(RecordKind::County, COUNTY)).await;
    let county = review(on, "all", "6", &["b-01"]).await.unwrap_err();
    assert_eq!(county.code(), Code::PermissionDenied);
    assert_eq!(only(review(on, "all", "6", &["b-99"]).await), ["NOT_ON_ROSTER b-99"]);
}

async fn offices_are_the_countys(on: &Served) {
    way::recommended(on).await;
    let pass_of = |branch: &'static str| [(branch, Pass)];
    grant(on, "part", "selection_group", reference(RecordKind::Street, "guishan")).await;
    for who in ["department", "guishan", "committee", "part"] {
        let own = examine(on, who, "1", &pass_of("b-01")).await;
        denied(who, own, examine(on, who, "1", &pass_of("b-99")).await);
    }
    let unknown = examine(on, "group", "1", &pass_of("b-99")).await;
    assert_eq!(only(unknown), ["NOT_ON_ROSTER b-99"]);
    examine(on, "group", "1", &[("b-01", Pass), ("b-02", Pass)]).await.unwrap();
    for who in ["group", "guishan", "committee"] {
        denied(who, consult(on, who, "2", &["b-01"]).await, consult(on, who, "2", &["b-99"]).await);
    }
    consult(on, "department", "2", &["b-01"]).await.unwrap();
    for who in ["department", "group", "guishan"] {
        let own = decide(on, who, "3", &pass_of("b-01")).await;
        denied(who, own, decide(on, who, "3", &pass_of("b-99")).await);
        let own = cancel(on, who, "4", &["b-01"]).await;
        denied(who, own, cancel(on, who, "4", &["b-99"]).await);
    }
    for (who, request) in
        [("guishan", opening("5", "z", "2022-11-01")), ("group", opening("5", "z", "2022-11-01"))]
    {
        let status = on.selections().open_selection(by(who, request)).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied);
    }
}

async fn nobody_takes_two_steps_on_one_candidate(on: &Served) {
    begun(on).await;
    on.clock.set("2022-11-20T01:00:00Z");
    let both = reference(RecordKind::Community, "c-01");
    grant(on, "k-01", "community", both).await;
    applied(on, "apply", 1).await.unwrap();
    applied(on, "apply", 2).await.unwrap();
    let own = opine(on, "k-01", "1", &[("b-01", OpinionVerdict::Return)]).await.unwrap_err();
    assert_eq!(reason(&own), "SEPARATION_OF_DUTIES");
    assert_eq!(only(pass(on, "k-01", "1", &["b-01", "b-02"]).await), ["SEPARATION_OF_DUTIES b-01"]);
    pass(on, "k-01", "1", &["b-02"]).await.expect("a neighbour's");
    // Consultation checks nobody: who asks may have acted.
    grant(on, "department", "selection_group", reference(RecordKind::County, COUNTY)).await;
    pass(on, "c-01", "2", &["b-01"]).await.unwrap();
    review(on, "guishan", "3", &["b-01"]).await.unwrap();
    ranked(on).await;
    recommend(on, "guishan", "4", &[("b-01", "")]).await.unwrap();
    examine(on, "department", "5", &[("b-01", Pass)]).await.unwrap();
    consult(on, "department", "6", &["b-01"]).await.unwrap();
    grant(on, "department", "standing_committee", reference(RecordKind::County, COUNTY)).await;
    let own = decide(on, "department", "7", &[("b-01", Pass)]).await;
    assert_eq!(only(own), ["SEPARATION_OF_DUTIES b-01"]);
}

async fn events(on: &Served, who: &str) -> Vec<v1::SelectionEvent> {
    let (county, selection_id) = (COUNTY.into(), ID.into());
    let request = v1::ListSelectionEventsRequest { county, selection_id, ..Default::default() };
    on.selections().list_selection_events(by(who, request)).await.unwrap().into_inner().events
}

async fn each_sees_its_own_candidates(on: &Served) {
    way::recommended(on).await;
    for (who, own) in [
        ("k-01", &["b-01"][..]),
        ("k-03", &[]),
        ("c-01", &["b-01", "b-02", "b-05"]),
        ("xincheng", &["b-11", "b-12"]),
        ("group", &["b-01", "b-02", "b-05", "b-06", "b-11", "b-12"]),
    ] {
        let seen = candidates(on, who, v1::ListCandidatesRequest::default()).await;
        assert_eq!(candidate_ids(&seen), own, "{who}");
        let mut told: Vec<_> = events(on, who).await.into_iter().map(|it| it.branch_id).collect();
        told.retain(|it| !it.is_empty());
        told.sort_unstable();
        told.dedup();
        assert_eq!(told, own, "{who}");
        // What is the whole selection's is everybody's.
        assert!(events(on, who).await.iter().any(|it| it.what == "ranked"), "{who}");
    }
    for who in ["k-02", "c-02", "xincheng"] {
        let own = candidate(on, who, "b-01").await;
        denied(who, own, candidate(on, who, "b-99").await);
    }
    assert_eq!(only(candidate(on, "group", "b-99").await), ["NOT_ON_ROSTER b-99"]);
    // One that never applied has no stage.
    let quiet = candidate(on, "guishan", "b-03").await.unwrap().candidate.unwrap();
    assert_eq!((quiet.stage(), quiet.since), (Stage::Unspecified, None));
    let of = |stages: &[Stage], street: &str| v1::ListCandidatesRequest {
        stages: stages.iter().map(|it| (*it).into()).collect(),
        street_id: street.into(),
        ..Default::default()
    };
    let found = candidates(on, "group", of(&[Stage::Reviewed, Stage::Examined], "")).await;
    assert_eq!(candidate_ids(&found), ["b-05", "b-06", "b-12"]);
    assert_eq!(
        candidate_ids(&candidates(on, "group", of(&[], "xincheng")).await),
        ["b-11", "b-12"]
    );
    // By pages of any size.
    let whole = candidates(on, "group", of(&[], "")).await;
    for page_size in [1, 2, 5] {
        let (mut all, mut page_token) = (Vec::new(), String::new());
        loop {
            let (county, selection_id) = (COUNTY.into(), ID.into());
            let request = v1::ListCandidatesRequest {
                county,
                selection_id,
                page_size,
                page_token,
                ..Default::default()
            };
            let page = on.selections().list_candidates(by("group", request)).await.unwrap();
            let page = page.into_inner();
            all.extend(page.candidates);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        assert_eq!(all, whole);
    }
    // What stands in everybody's way names nobody whom the caller does not see.
    super::barred(on, "k-02", "2022-11-20").await;
    examine(on, "group", "examine", &[("b-01", Pass)]).await.unwrap();
    let sentence = async |who: &str| get(on, who).await.obstacles[0].english.clone();
    assert_eq!(sentence("group").await, "not decided on yet: b-01, b-02, b-05, b-06, b-11, b-12");
    assert_eq!(sentence("xincheng").await, "not decided on yet: b-11, b-12");
    assert_eq!(sentence("k-03").await, "candidates are not decided on");
    let tied = candidate(on, "k-05", "b-05").await.unwrap().candidate.unwrap();
    assert_eq!(tied.obstacles[0].english, "equal to others, and nobody decided");
    let tied = candidate(on, "guishan", "b-05").await.unwrap().candidate.unwrap();
    assert!(tied.obstacles[0].english.contains("b-06"), "{tied:?}");
    let nobody = v1::GetSelectionRequest { county: COUNTY.into(), selection_id: ID.into() };
    let status = on.selections().get_selection(by("nobody", nobody)).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
}

async fn reports(on: &Served, who: &str) -> Result<Vec<v1::SelectionReport>, Status> {
    let (county, selection_id) = (COUNTY.into(), ID.into());
    let request = v1::ListReportsRequest { county, selection_id, ..Default::default() };
    Ok(on.selections().list_reports(by(who, request)).await?.into_inner().reports)
}

async fn a_reporter_is_told_to_those_who_answer_alone(on: &Served) {
    way::posted(on).await;
    for who in ["k-02", "xincheng", "c-02"] {
        let own = file(on, who, "1", ("b-01", "2022-12-31")).await;
        denied(who, own, file(on, who, "1", ("b-99", "2022-12-31")).await);
    }
    file(on, "c-01", "1", ("b-01", "2022-12-31")).await.unwrap();
    file(on, "xincheng", "2", ("b-11", "2022-12-31")).await.unwrap();
    for who in ["k-01", "c-01", "guishan", "group", "committee"] {
        assert_eq!(reports(on, who).await.unwrap_err().code(), Code::PermissionDenied, "{who}");
        let found = answer(on, who, "3", (1, ReportOutcome::NotProven)).await.unwrap_err();
        assert_eq!(found.code(), Code::PermissionDenied, "{who}");
        // That there is one, and not what it says, or who made or recorded it.
        for it in events(on, who).await.iter().filter(|it| it.what == "reported") {
            let text = format!("{it:?}");
            assert!(!text.contains("resident-7") && !text.contains("材料不实"), "{text}");
            assert_eq!((&*it.recorded_by, &*it.decided_by, it.evidence.len()), ("", "", 0));
        }
    }
    let all = reports(on, "department").await.unwrap();
    let told: Vec<_> = all.iter().map(|it| (it.number, &*it.branch_id, &*it.reported_by)).collect();
    assert_eq!(told, [(1, "b-01", "resident-7"), (2, "b-11", "resident-7")]);
    let none = answer(on, "department", "4", (3, ReportOutcome::NotProven)).await.unwrap_err();
    assert_eq!((none.code(), reason(&none)), (Code::NotFound, "REPORT_NOT_FOUND".into()));
    let mine = candidate(on, "k-01", "b-01").await.unwrap().events;
    assert_eq!(mine.iter().filter(|it| it.what == "reported").count(), 1);
}
