//! The whole county's selection through the API, from its opening to the honours (F1 to F12): every
//! branch, community and street, the group, the committee and the department as callers of their own.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use steelyard::{
    app::{App, run},
    client::{Client, SELECTION_ID, Tell},
    proto::v1::{
        self, CandidateStage, SelectionPhase, selection_service_client::SelectionServiceClient,
    },
    sample::{self, Fact, SCHEMES, Sample, Size, SubjectKind},
    server, store,
};
use tonic::{
    Status,
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt as _;

use crate::harness::{Named, Standing, by, date};

fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|it| it.reason).unwrap_or_default()
}

/// A server over a store, and the way to it.
async fn serve(url: &str, clock: &Arc<Standing>) -> Channel {
    let store = store::open(url).await.unwrap();
    let app = App::new(store, clock.clone(), "of the tests");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let serving = server::Serving::new(Duration::from_secs(5), &[run::background], Named);
    tokio::spawn(server::serve(app, listener.into(), serving, std::future::pending()));
    let endpoint = Endpoint::from_shared(format!("http://{at}")).unwrap();
    endpoint.connect().await.unwrap()
}

/// Callers come to that many servers over one store, in turn.
async fn a_whole_county_is_selected(url: &str, servers: usize) {
    // F12: the sample's deadlines of November and December are over, the examination's is not.
    let clock = Arc::new(Standing::at("2023-01-09T09:00:00+08:00"));
    let mut channels = Vec::new();
    for _ in 0..servers {
        channels.push(serve(url, &clock).await);
    }
    let channel = channels[0].clone();
    let next = AtomicUsize::new(0);
    let client = Client::new(channel.clone(), sample::COUNTY, None).unwrap();
    let whole = Sample::make(2022, &Size::COUNTY);
    let tell: Tell = Arc::new(|_| ());
    client.load_records(&whole.records, tell.clone()).await.unwrap();
    let criteria = &SCHEMES[0];
    client.publish_scheme(criteria).await.unwrap();
    let facts: Vec<Fact> = whole
        .facts
        .iter()
        .filter(|it| it.reversed_because.is_none() && it.subject.kind == SubjectKind::Compound)
        .cloned()
        .collect();
    client.load_facts(facts.into(), tell.clone()).await.unwrap();
    let run = client.evaluate(criteria, tell).await.unwrap();
    let become_caller = async |principal: &str| {
        let turn = next.fetch_add(1, Ordering::Relaxed) % channels.len();
        Client::new(channels[turn].clone(), sample::COUNTY, Some(&format!("as-{principal}")))
    };
    let today = date("2023-01-09").unwrap();
    let chosen = client
        .carry_selection((&whole, &run.run_id), today, become_caller)
        .await
        .unwrap_or_else(|why| panic!("{why}"));

    // F4, F5: 20% of 33, 47, 13 and 7 by largest remainders, 20 in all.
    let quota = chosen.selection.quota.as_ref().unwrap();
    let seats: Vec<_> = quota
        .streets
        .iter()
        .map(|it| (it.branches, it.quota.as_str(), it.seats, it.taken))
        .collect();
    let expected = [(33, "33/5", 7, 7), (47, "47/5", 9, 9), (13, "13/5", 3, 3), (7, "7/5", 1, 1)];
    assert_eq!(seats, expected);
    assert_eq!((quota.all, quota.cap, quota.county, quota.taken), (20, 20, 20, 20));

    // What was refused on the way, each with its reason.
    let refused: BTreeMap<&str, String> =
        chosen.refused.iter().map(|(what, why)| (*what, reason(why))).collect();
    let expected = [
        ("a confirmation during the notice", "NOTICE_RUNNING"),
        ("an application after the last day", "DEADLINE_PASSED"),
        ("an application under a veto", "CANDIDATE_VETOED"),
        ("one more than a street's seats", "QUOTA_EXCEEDED"),
        ("one of two equals at a street's line", "TIE_OPEN"),
        ("passing a better one over without a reason", "PASSED_OVER_UNEXPLAINED"),
    ];
    let expected = expected.map(|(what, why)| (what, why.to_owned()));
    assert_eq!(refused, BTreeMap::from(expected));
    assert_eq!(chosen.decided.len(), 1, "one tie at a line: {:?}", chosen.decided);

    // The group saw who was recommended out of order.
    let out_of_order: Vec<_> = chosen.candidates.iter().filter(|it| it.out_of_order).collect();
    assert_eq!(out_of_order.len(), 1, "{out_of_order:?}");
    assert_eq!(out_of_order[0].passed_over_branch_ids.len(), 1);

    let count = |of: CandidateStage, all: &[v1::SelectionCandidate]| {
        all.iter().filter(|it| it.stage() == of).count()
    };
    let all = &chosen.candidates;
    assert_eq!(
        (count(CandidateStage::Noticed, all), count(CandidateStage::Cancelled, all)),
        (19, 1)
    );
    assert!(count(CandidateStage::Refused, all) > 0);
    let notice = chosen.notice.unwrap();
    // 2023-01-09 is not counted; 10, 11, 12, 13 and 16 January are worked.
    assert!(notice.contains("公示时间：2023年1月9日至2023年1月16日"), "{notice}");
    assert_eq!(notice.lines().filter(|it| it.contains(" | ") && it.contains("党支部")).count(), 21);

    // F8: not with the last day, but after it. F9: the seat that a report emptied stays empty.
    let department =
        Client::new(channel.clone(), sample::COUNTY, Some("as-organization-department-xinping"))
            .unwrap();
    clock.set("2023-01-16T23:59:59.999999+08:00");
    let early = department.confirm_selection("last-day").await.unwrap_err();
    assert_eq!(reason(&early), "NOTICE_RUNNING");
    clock.set("2023-01-17T00:00:00+08:00");
    let confirmed = department.confirm_selection("in-time").await.unwrap();
    assert_eq!(confirmed.branch_ids.len(), 19);
    assert!(!confirmed.branch_ids.contains(&chosen.cancelled));
    assert_eq!(confirmed.selection.unwrap().phase(), SelectionPhase::Confirmed);
    let street = chosen.candidates.iter().find(|it| it.branch_id == chosen.cancelled).unwrap();
    let next = chosen
        .candidates
        .iter()
        .find(|it| it.street_id == street.street_id && it.stage() == CandidateStage::Reviewed);
    let refill = v1::RecommendCandidatesRequest {
        county: sample::COUNTY.into(),
        request_id: "refill".into(),
        selection_id: SELECTION_ID.into(),
        candidates: vec![v1::CandidateStep {
            branch_id: next.unwrap().branch_id.clone(),
            opinion: "递补".into(),
            evidence: vec![],
        }],
        decided_by: "meeting".into(),
    };
    let mut selections = SelectionServiceClient::new(channel);
    let caller = format!("street-{}", street.street_id);
    let status = selections.recommend_candidates(by(&caller, refill)).await.unwrap_err();
    assert_eq!(reason(&status), "NO_REFILL");
    let after = client.candidates_at(&[CandidateStage::Confirmed], "").await.unwrap();
    assert_eq!(after.len(), 19);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite() {
    a_whole_county_is_selected("sqlite::memory:", 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres() {
    a_whole_county_is_selected(&crate::postgres::schema("selection_county").await, 2).await;
}
