//! Whose sheets are whose: nobody writes or reads another's before the round is closed.

use steelyard::proto::v1::{self, RecordKind};
use tonic::{Code, Status};

use super::{
    ALL, BUREAU, FIRST, STREET, Who, add, assignment, begun, close, done, draft, entries, hand_in,
    held_by, on_both, opening, points, refused, save, withdraw,
};
use crate::harness::{COUNTY, Served, by, reference};

on_both!(
    a_sheet_is_its_assessor_s_alone,
    an_organiser_sees_coverage_and_no_points,
    whoever_holds_part_of_the_county_organises_nothing,
    sheets_of_closed_rounds_are_shown_as_facts,
);

async fn a_sheet_is_its_assessor_s_alone(on: &Served) {
    begun(on).await;
    done(on, (FIRST, "pr-1")).await;
    let mut answers = Vec::new();
    let mut denied = |status: Status| {
        assert_eq!(refused(&status), (Code::PermissionDenied, "PERMISSION_DENIED".to_owned()));
        answers.push((status.message().to_owned(), status.details().to_vec()));
    };
    let before = entries(on).await;
    // The street holds what is above the community, the bureau the whole county, and an organiser
    // what the round is; none of it is the community's own. Neither is what is not expected.
    let as_first = |who: &'static str| -> Who { (who, FIRST.1, FIRST.2) };
    let sheet = || vec![draft("pr-1", &[("open", "1")])];
    for who in ["street", "bureau", "second", "organiser", "auditor", "nobody"] {
        denied(save(on, "x", as_first(who), sheet()).await.unwrap_err());
        denied(hand_in(on, "x", as_first(who), &["pr-1"]).await.unwrap_err());
        denied(withdraw(on, "x", as_first(who), &["pr-1"]).await.unwrap_err());
        denied(get(on, as_first(who), "pr-1").await.unwrap_err());
    }
    denied(save(on, "x", FIRST, vec![draft("pr-2", &[])]).await.unwrap_err());
    denied(hand_in(on, "x", ("first", "community", "c-9"), &["pr-1"]).await.unwrap_err());
    denied(get(on, ("first", "street", "s-1"), "pr-1").await.unwrap_err());
    denied(withdraw(on, "x", FIRST, &["pr-1", "pr-3"]).await.unwrap_err());
    let elsewhere = v1::GetSheetRequest {
        county: COUNTY.into(),
        round_id: "r9".into(),
        role: FIRST.1.into(),
        assessor_id: FIRST.2.into(),
        subject_id: "pr-1".into(),
    };
    denied(on.rounds().get_sheet(by("first", elsewhere)).await.unwrap_err());
    answers.dedup();
    assert_eq!(answers.len(), 1, "the same bytes");
    assert_eq!(entries(on).await, before);
    // Lists show one's own, and of a round that is not there nothing.
    for (who, count) in [("street", 2), ("bureau", 3), ("first", 1), ("second", 1)] {
        let listed = list(on, who, "r1").await.unwrap();
        assert_eq!(listed.len(), count, "{who}");
        assert!(list(on, who, "r9").await.unwrap().is_empty());
    }
    // The administrator of the service is no assessor either.
    let request = v1::ListSheetsRequest {
        county: COUNTY.into(),
        round_id: "r1".into(),
        ..Default::default()
    };
    let page = on.rounds().list_sheets(request).await.unwrap().into_inner();
    assert_eq!(page.sheets, []);
    // Two who hold the same unit are the same office; whoever has lost it is none.
    let grant = v1::GrantRoleRequest {
        county: COUNTY.into(),
        request_id: "colleague".into(),
        principal: "colleague".into(),
        role_id: "community".into(),
        unit: reference(RecordKind::Community, "c-01"),
        reason: "测试".into(),
        ..Default::default()
    };
    on.accesses().grant_role(grant).await.unwrap();
    withdraw(on, "w", as_first("colleague"), &["pr-1"]).await.unwrap();
    let gone = v1::RevokeRoleRequest {
        county: COUNTY.into(),
        request_id: "gone".into(),
        principal: "colleague".into(),
        role_id: "community".into(),
        unit: reference(RecordKind::Community, "c-01"),
        reason: "调离".into(),
    };
    on.accesses().revoke_role(gone).await.unwrap();
    let status = hand_in(on, "h", as_first("colleague"), &["pr-1"]).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    hand_in(on, "h", FIRST, &["pr-1"]).await.unwrap();
}

async fn get(on: &Served, who: Who, subject: &str) -> Result<v1::AssessmentSheet, Status> {
    let request = v1::GetSheetRequest {
        county: COUNTY.into(),
        round_id: "r1".into(),
        role: who.1.into(),
        assessor_id: who.2.into(),
        subject_id: subject.into(),
    };
    Ok(on.rounds().get_sheet(by(who.0, request)).await?.into_inner().sheet.unwrap())
}

async fn list(on: &Served, who: &str, round: &str) -> Result<Vec<String>, Status> {
    let request = v1::ListSheetsRequest {
        county: COUNTY.into(),
        round_id: round.into(),
        ..Default::default()
    };
    let page = on.rounds().list_sheets(by(who, request)).await?.into_inner();
    Ok(page.sheets.into_iter().map(|it| it.subject_id).collect())
}

async fn an_organiser_sees_coverage_and_no_points(on: &Served) {
    use prost::Message as _;
    begun(on).await;
    let telling = draft("pr-1", &[("tidy", "37.1234")]);
    save(on, "1", BUREAU, vec![telling]).await.unwrap();
    hand_in(on, "2", BUREAU, &["pr-1"]).await.unwrap();
    let request = v1::ListCoverageRequest {
        county: COUNTY.into(),
        round_id: "r1".into(),
        ..Default::default()
    };
    let coverage = on.rounds().list_coverage(by("organiser", request)).await.unwrap().into_inner();
    let request = v1::GetRoundRequest { county: COUNTY.into(), round_id: "r1".into() };
    let round = on.rounds().get_round(by("organiser", request)).await.unwrap().into_inner();
    let request = v1::ListFactsRequest { county: COUNTY.into(), ..Default::default() };
    let facts = on.facts().list_facts(by("organiser", request)).await.unwrap().into_inner();
    let request = v1::ListAuditRequest { county: COUNTY.into(), ..Default::default() };
    let trail = on.audit().list_audit(request).await.unwrap().into_inner();
    for bytes in [
        coverage.encode_to_vec(),
        round.encode_to_vec(),
        facts.encode_to_vec(),
        trail.encode_to_vec(),
    ] {
        let found = ["37.1234", "371234"]
            .iter()
            .any(|it| bytes.windows(it.len()).any(|at| at == it.as_bytes()));
        assert!(!found && !bytes.is_empty() || bytes.is_empty());
    }
    assert_eq!(facts.facts, []);
    assert_eq!(
        list(on, "organiser", "r1").await.map(|_| ()).unwrap_err().code(),
        Code::PermissionDenied
    );
}

async fn whoever_holds_part_of_the_county_organises_nothing(on: &Served) {
    begun(on).await;
    let round = || v1::OpenRoundRequest { request_id: "2".into(), ..opening("r2") };
    let more =
        || vec![assignment(("street", "s-2"), held_by(RecordKind::Street, "guishan"), &["pr-1"])];
    let adding = || v1::AddAssignmentsRequest {
        county: COUNTY.into(),
        request_id: "3".into(),
        round_id: "r1".into(),
        assignments: more(),
    };
    let closing = || v1::CloseRoundRequest {
        county: COUNTY.into(),
        request_id: "4".into(),
        round_id: "r1".into(),
        late_reason: String::new(),
    };
    let coverage = || v1::ListCoverageRequest {
        county: COUNTY.into(),
        round_id: "r1".into(),
        ..Default::default()
    };
    for who in ["street", "first", "auditor", "nobody"] {
        let status = on.rounds().open_round(by(who, round())).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied, "{who}");
        let status = on.rounds().add_assignments(by(who, adding())).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied, "{who}");
        let status = on.rounds().close_round(by(who, closing())).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied, "{who}");
        let shown = on.rounds().list_coverage(by(who, coverage())).await;
        assert_eq!(shown.is_ok(), who == "auditor", "{who}");
    }
    // The bureau organises what is about projects, and nothing about members.
    on.rounds().add_assignments(by("bureau", adding())).await.unwrap();
    let document = "steelyard: scheme/v1
id: test.posts
version: 1
title: 测试办法
subject: post
period: half
in_force: {from: 2022-01-01}
score: {id: total, out_of: 10, average: [{id: work, out_of: 10, assessed: {by: {street: 100%}}}]}
";
    super::publish(on, document.to_owned()).await;
    let posts = || v1::OpenRoundRequest { scheme_id: "test.posts".into(), ..round() };
    let status = on.rounds().open_round(by("bureau", posts())).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    on.rounds().open_round(by("organiser", posts())).await.unwrap();
    let of = |request: v1::ListCoverageRequest| v1::ListCoverageRequest {
        round_id: "r2".into(),
        ..request
    };
    let status = on.rounds().list_coverage(by("bureau", of(coverage()))).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    add(on, "5", more()).await.unwrap();
}

async fn sheets_of_closed_rounds_are_shown_as_facts(on: &Served) {
    begun(on).await;
    for it in ALL {
        done(on, it).await;
    }
    close(on, "close", "").await.unwrap();
    let mut tx = on.app.read().await.unwrap();
    for (who, what, of) in [
        ("organiser", "round opened", "r1"),
        ("organiser", "round closing", "r1/1"),
        ("bureau", "sheet to assess", "r1/housing_bureau/hb/pr-1"),
        ("c-1", "sheet to assess", "r1/community/c-1/pr-1"),
    ] {
        let exported = on.app.export_person(&mut *tx, COUNTY, who).await.unwrap();
        let acts: Vec<_> = exported.acts.iter().map(|it| (&*it.what, &*it.of)).collect();
        assert!(acts.contains(&(what, of)), "{who}: {acts:?}");
    }
    drop(tx);
    // Still one's own alone by this service, ...
    assert_eq!(list(on, "street", "r1").await.unwrap().len(), 2);
    assert_eq!(
        get(on, STREET, "pr-1").await.unwrap().points.len(),
        points(STREET, "pr-1").points.len()
    );
    // ... and as facts to those who see sheets: not to a street.
    let request = || v1::ListFactsRequest { county: COUNTY.into(), ..Default::default() };
    let facts = on.facts().list_facts(by("auditor", request())).await.unwrap().into_inner().facts;
    assert_eq!(facts.len(), 9);
    let facts = on.facts().list_facts(by("street", request())).await.unwrap().into_inner().facts;
    assert_eq!(facts, []);
    let spread = v1::ListSpreadRequest {
        county: COUNTY.into(),
        round_id: "r1".into(),
        ..Default::default()
    };
    on.rounds().list_spread(by("auditor", spread.clone())).await.unwrap();
    let status = on.rounds().list_spread(by("street", spread)).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
}
