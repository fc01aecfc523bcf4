//! The whole county's appraisal through the API: 100 branches, 12 communities, 4 streets, 320 posts, in
//! the right order, each unit as a caller of its own.

use std::{sync::Arc, time::Duration};

use steelyard::{
    app::{App, run},
    client::{Client, Tell},
    proto::v1::{CohortState, RecordKind},
    sample::{self, Fact, SCHEMES, Sample, Size, SubjectKind},
    server, store,
};
use tonic::transport::Endpoint;
use tonic_types::StatusExt as _;

use crate::{demo::Clock, harness::Named};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_county_is_appraised_from_below() {
    let store = store::open("sqlite::memory:").await.unwrap();
    let app = App::new(store, Arc::new(Clock), "of the tests");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let serving = server::Serving::new(Duration::from_secs(5), &[run::background], Named);
    tokio::spawn(server::serve(app, listener.into(), serving, std::future::pending()));
    let endpoint = Endpoint::from_shared(format!("http://{at}")).unwrap();
    let client = Client::new(endpoint.connect().await.unwrap(), sample::COUNTY, None).unwrap();
    let whole = Sample::make(2022, &Size::COUNTY);
    let tell: Tell = Arc::new(|_| ());
    client.load_records(&whole.records, tell.clone()).await.unwrap();
    let documents: Vec<_> = SCHEMES
        .into_iter()
        .filter(|it| matches!(it.subject, SubjectKind::Compound | SubjectKind::Post))
        .collect();
    for document in &documents {
        client.publish_scheme(document).await.unwrap();
    }
    let facts: Vec<Fact> = whole
        .facts
        .iter()
        .filter(|it| it.reversed_because.is_none())
        .filter(|it| matches!(it.subject.kind, SubjectKind::Compound | SubjectKind::Post))
        .cloned()
        .collect();
    client.load_facts(facts.into(), tell.clone()).await.unwrap();
    let become_caller = async |principal: &str| {
        let channel = endpoint.connect().await.unwrap();
        Client::new(channel, sample::COUNTY, Some(&format!("as-{principal}")))
    };
    let chained = client.carry_chain(&whole, become_caller).await.unwrap();
    // Out of order: every community of the street that is open is named.
    let failures = chained.refused.get_details_precondition_failure().unwrap();
    let open = failures.violations.iter().filter(|it| it.r#type == "COHORT_OPEN").count();
    assert!(open > 1, "{failures:?}");
    let of = |kind: RecordKind| {
        let own = chained.cohorts.iter().filter(move |it| it.unit.as_ref().unwrap().kind() == kind);
        own.fold((0, 0), |(cohorts, posts), it| (cohorts + 1, posts + it.posts))
    };
    assert_eq!((of(RecordKind::Community), of(RecordKind::Street)), ((12, 308), (4, 12)));
    assert_eq!(chained.values, 3 * 308 + 2 * 12);
    for it in &chained.cohorts {
        assert_eq!((it.state(), it.confirmed), (CohortState::Closed, it.cases), "{it:?}");
    }
    for document in &documents {
        client.evaluate(document, tell.clone()).await.unwrap();
    }
    let mut posts = 0;
    for document in documents.iter().filter(|it| it.subject == SubjectKind::Post) {
        let found = client.appraisals(document).await.unwrap().unwrap();
        posts += found.len();
        for it in &found {
            let graded = it.grade.as_ref().map(|it| it.id.as_str());
            let follows: Vec<_> = it.consequences.iter().map(|it| it.id.as_str()).collect();
            assert_eq!(follows.contains(&"commended"), graded == Some("excellent"), "{it:?}");
            assert_eq!(follows.contains(&"adjust"), graded == Some("incompetent"), "{it:?}");
        }
    }
    assert_eq!(posts, 320);
}
