//! Closing: refused while a required sheet is missing, and then facts that runs go by.

use steelyard::proto::v1::{self, run_selector::Selector};
use tonic::Code;

use super::{
    ALL, BUREAU, FIRST, SECOND, STREET, Who, add, assignment, begun, by_state, close, done, draft,
    entries, everybody, excuse, extend, hand_in, in_the_way, ledger, named, on_both, open, opening,
    points, proved, publish, refused, save, scheme, told, withdraw,
};
use crate::harness::{COUNTY, Served, by, reason, record_facts};

on_both!(
    a_round_is_not_closed_while_a_sheet_is_missing,
    closing_makes_facts_of_what_was_handed_in,
    the_order_of_handing_in_decides_nothing,
    nothing_of_a_closed_round_changes,
    a_closed_period_asks_for_a_reason,
    a_later_round_takes_what_was_not_handed_in,
);

async fn a_round_is_not_closed_while_a_sheet_is_missing(on: &Served) {
    begun(on).await;
    let optional = v1::Assignment {
        optional: true,
        ..assignment(("housing_bureau", "hb-2"), named("bureau"), &["pr-1"])
    };
    add(on, "optional", vec![optional]).await.unwrap();
    done(on, (STREET, "pr-1")).await;
    save(on, "1", BUREAU, vec![points(BUREAU, "pr-1")]).await.unwrap();
    let before = entries(on).await;
    let status = close(on, "close", "").await.unwrap_err();
    assert_eq!(by_state(&status), "ROUND_INCOMPLETE");
    let missing = [
        "community/c-1/pr-1",
        "community/c-2/pr-3",
        "housing_bureau/hb/pr-1",
        "housing_bureau/hb/pr-2",
        "housing_bureau/hb/pr-3",
        "street/s-1/pr-2",
    ];
    assert_eq!(in_the_way(&status), missing.map(|it| format!("SHEET_MISSING {it}")));
    assert_eq!(told(&status, "missing"), "6");
    let said = "6 required sheet(s) are not handed in; the first: `community/c-1/pr-1`";
    assert_eq!(status.message(), said);
    assert_eq!((ledger(on).await, entries(on).await), (vec![], before), "nothing is left behind");
    hand_in(on, "2", BUREAU, &["pr-1"]).await.unwrap();
    for it in &ALL[1..3] {
        done(on, *it).await;
    }
    excuse(on, "3", ("community", "c-1"), "").await.unwrap();
    excuse(on, "4", ("street", "s-1"), "pr-2").await.unwrap();
    let status = close(on, "close", "").await.unwrap_err();
    assert_eq!(in_the_way(&status), ["SHEET_MISSING community/c-2/pr-3"]);
    done(on, (SECOND, "pr-3")).await;
    let closed = close(on, "close", "").await.unwrap();
    assert_eq!((closed.sheets, closed.round.unwrap().facts), (5, 6));
    proved(on).await;
}

async fn closing_makes_facts_of_what_was_handed_in(on: &Served) {
    begun(on).await;
    for it in ALL {
        done(on, it).await;
    }
    assert_eq!(ledger(on).await, [""; 0], "not before");
    let before = entries(on).await;
    on.clock.set("2023-01-21T01:00:00Z");
    let closed = close(on, "close", "").await.unwrap();
    let round = closed.round.clone().unwrap();
    assert_eq!((closed.sheets, round.facts, round.first_fact_id.as_str()), (7, 9, "f1"));
    assert_eq!((round.closed_by.as_str(), round.close_time.is_some()), ("organiser", true));
    assert_eq!(entries(on).await, before + 2, "the facts and the closing");
    let all = [
        "pr-1 open community c-1 7.25",
        "pr-3 open community c-2 7.25",
        "pr-1 tidy housing_bureau hb 30",
        "pr-2 tidy housing_bureau hb 40",
        "pr-3 tidy housing_bureau hb 40",
        "pr-1 tidy street s-1 35.5",
        "pr-1 open street s-1 10.5",
        "pr-2 tidy street s-1 20",
        "pr-2 open street s-1 0",
    ];
    assert_eq!(ledger(on).await, all);
    let request =
        v1::ListFactsRequest { county: COUNTY.into(), page_size: 1, ..Default::default() };
    let fact = on.facts().list_facts(request).await.unwrap().into_inner().facts.remove(0);
    assert_eq!(fact.source, "round");
    assert_eq!(fact.source_record, "r1/community/c-1/pr-1/open");
    assert_eq!((fact.recorded_by.as_str(), fact.late_reason.as_str()), ("first", ""));
    assert_eq!(close(on, "close", "").await.unwrap(), closed, "a repeat");
    let status = close(on, "again", "").await.unwrap_err();
    assert_eq!(by_state(&status), "ROUND_CLOSED");
    assert_eq!(ledger(on).await.len(), 9);
    proved(on).await;
}

/// A run over the facts, with each subject's score and digest.
async fn scores(on: &Served) -> (String, Vec<String>) {
    let request = v1::StartRunRequest {
        county: COUNTY.into(),
        request_id: "run".into(),
        scheme_id: "test.rating".into(),
        period: "2022-H2".into(),
        ..Default::default()
    };
    let answer = on.evaluations().start_run(request).await.unwrap().into_inner();
    while on.app.work_once("test").await.unwrap() {}
    let run_id = answer.run.unwrap().run_id;
    let run = Some(v1::RunSelector { selector: Some(Selector::RunId(run_id.clone())) });
    let request = v1::ListResultsRequest { county: COUNTY.into(), run, ..Default::default() };
    let page = on.evaluations().list_results(request).await.unwrap().into_inner();
    let shown = |it: &v1::Result| {
        let score = it.score.as_ref().map_or("-", |it| it.value.as_str());
        format!("{} {score}", it.subject.as_ref().unwrap().id)
    };
    (run_id, page.results.iter().map(shown).collect())
}

async fn the_order_of_handing_in_decides_nothing(on: &Served) {
    begun(on).await;
    for it in ALL.iter().rev() {
        done(on, *it).await;
    }
    // Taken back and handed in once more, last.
    withdraw(on, "w", STREET, &["pr-1"]).await.unwrap();
    hand_in(on, "in-again", STREET, &["pr-1"]).await.unwrap();
    close(on, "close", "").await.unwrap();
    let all = [
        "pr-1 open community c-1 7.25",
        "pr-3 open community c-2 7.25",
        "pr-1 tidy housing_bureau hb 30",
        "pr-2 tidy housing_bureau hb 40",
        "pr-3 tidy housing_bureau hb 40",
        "pr-1 tidy street s-1 35.5",
        "pr-1 open street s-1 10.5",
        "pr-2 tidy street s-1 20",
        "pr-2 open street s-1 0",
    ];
    assert_eq!(ledger(on).await, all);
    // 40 + (30+35.5)/2 + (7.25+10.5)/2; the others lack a role.
    let (run_id, scores) = scores(on).await;
    assert_eq!(scores, ["pr-1 81.63", "pr-2 -", "pr-3 -"]);
    let of = steelyard::app::run::RunSelector::Id(run_id);
    let proof = steelyard::app::run::verify(&*on.app.store, COUNTY, &of).await.unwrap();
    assert_eq!(proof.findings.len(), 0, "{:?}", proof.findings);
}

async fn nothing_of_a_closed_round_changes(on: &Served) {
    begun(on).await;
    for it in ALL {
        done(on, it).await;
    }
    close(on, "close", "").await.unwrap();
    let before = entries(on).await;
    let sheet = || vec![draft("pr-1", &[("tidy", "1")])];
    for status in [
        save(on, "1", BUREAU, sheet()).await.unwrap_err(),
        hand_in(on, "1", BUREAU, &["pr-1"]).await.unwrap_err(),
        withdraw(on, "1", BUREAU, &["pr-1"]).await.unwrap_err(),
        add(on, "1", everybody()).await.unwrap_err(),
        extend(on, "1", ("", ""), "2023-02-01").await.map(|_| ()).unwrap_err(),
        excuse(on, "1", ("street", "s-1"), "").await.map(|_| ()).unwrap_err(),
        close(on, "1", "").await.map(|_| ()).unwrap_err(),
    ] {
        assert_eq!(by_state(&status), "ROUND_CLOSED");
        assert!(told(&status, "closed").starts_with("2023-01-10T01:00:00"));
    }
    assert_eq!(entries(on).await, before);
    let nowhere = v1::CloseRoundRequest {
        county: COUNTY.into(),
        request_id: "nowhere".into(),
        round_id: "r9".into(),
        late_reason: String::new(),
    };
    let status = on.rounds().close_round(by("organiser", nowhere)).await.unwrap_err();
    assert_eq!(refused(&status), (Code::NotFound, "ROUND_NOT_FOUND".to_owned()));
    // What is wrong is reversed, and said again with a reason.
    let request = v1::ReverseFactRequest {
        county: COUNTY.into(),
        request_id: "reverse".into(),
        fact_id: "f3".into(),
        reason: "误填".into(),
        recorded_by: "bureau".into(),
        evidence: vec![],
    };
    on.facts().reverse_fact(request).await.unwrap();
    let right = super::direct::sheet("pr-1", ("tidy", "housing_bureau"), "31");
    let right = v1::Fact { late_reason: "更正误填".into(), ..right };
    let answer = on.facts().record_facts(record_facts("right", vec![right])).await.unwrap();
    assert_eq!(answer.into_inner().counts.unwrap().recorded, 1);
    assert_eq!(scores(on).await.1, ["pr-1 82.13", "pr-2 -", "pr-3 -"]);
    proved(on).await;
}

async fn a_closed_period_asks_for_a_reason(on: &Served) {
    publish(on, scheme("test.closing", "closes: {days: 15}\n")).await;
    let own = v1::OpenRoundRequest { scheme_id: "test.closing".into(), ..opening("r1") };
    open(on, own).await.unwrap();
    add(on, "everybody", everybody()).await.unwrap();
    for it in ALL {
        done(on, it).await;
    }
    on.clock.set("2023-01-15T16:00:00Z");
    let status = close(on, "close", "").await.unwrap_err();
    assert_eq!(by_state(&status), "PERIOD_CLOSED");
    assert!(status.message().contains("r1/community/c-1/pr-1/open"), "{}", status.message());
    assert_eq!(ledger(on).await.len(), 0);
    close(on, "late", "考核延期").await.unwrap();
    assert_eq!(ledger(on).await.len(), 9);
    let request = v1::ListFactsRequest { county: COUNTY.into(), ..Default::default() };
    let facts = on.facts().list_facts(request).await.unwrap().into_inner().facts;
    assert!(facts.iter().all(|it| it.late_reason == "考核延期"));
    proved(on).await;
}

async fn a_later_round_takes_what_was_not_handed_in(on: &Served) {
    begun(on).await;
    for it in &ALL[..5] {
        done(on, *it).await;
    }
    for it in ["c-1", "c-2"] {
        excuse(on, &format!("no-{it}"), ("community", it), "").await.unwrap();
    }
    close(on, "close", "").await.unwrap();
    let second = v1::OpenRoundRequest { request_id: "second".into(), ..opening("r2") };
    open(on, second).await.unwrap();
    let ask = async |request_id: &str, assignments: Vec<v1::Assignment>| {
        let request = v1::AddAssignmentsRequest {
            county: COUNTY.into(),
            request_id: request_id.into(),
            round_id: "r2".into(),
            assignments,
        };
        on.rounds().add_assignments(by("organiser", request)).await
    };
    let status = ask("all", everybody()).await.unwrap_err();
    assert_eq!(reason(&status), "SHEET_IN_ROUND");
    assert_eq!(crate::harness::violations(&status).len(), 5, "those that were handed in");
    ask("rest", everybody().split_off(2)).await.unwrap();
    let late: Who = FIRST;
    let of = |it: v1::HandInSheetsRequest| v1::HandInSheetsRequest { round_id: "r2".into(), ..it };
    let drafts = v1::SaveDraftsRequest {
        county: COUNTY.into(),
        request_id: "late-save".into(),
        round_id: "r2".into(),
        role: late.1.into(),
        assessor_id: late.2.into(),
        sheets: vec![points(late, "pr-1")],
    };
    on.rounds().save_drafts(by(late.0, drafts)).await.unwrap();
    let request = of(v1::HandInSheetsRequest {
        county: COUNTY.into(),
        request_id: "late-in".into(),
        role: late.1.into(),
        assessor_id: late.2.into(),
        subject_ids: vec!["pr-1".into()],
        ..Default::default()
    });
    on.rounds().hand_in_sheets(by(late.0, request)).await.unwrap();
    proved(on).await;
}
