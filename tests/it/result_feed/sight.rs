//! Who is told what: each caller as it sees results, and no more.

use steelyard::proto::v1::{self, RecordKind};
use tonic::Code;

use super::world::{
    address, asked, by_id, county, first, grant, of_branch, short, streamed, told, years,
};
use crate::harness::{COUNTY, Served, by, reason};

const WHOLE: (RecordKind, &str) = (RecordKind::County, COUNTY);

/// Callers of every kind that follows results.
async fn callers(served: &Served) {
    for branch in ["ub-1", "ub-2"] {
        grant(served, &format!("of-{branch}"), "unit_branch", (RecordKind::Branch, branch)).await;
    }
    grant(served, "hr", "hr_reader", WHOLE).await;
    grant(served, "credit", "credit_reader", WHOLE).await;
    grant(served, "street", "street", (RecordKind::Street, "guishan")).await;
    grant(served, "operator", "operator", WHOLE).await;
}

async fn each_sees_its_own(on_postgres: bool) {
    let url = address(on_postgres, "sight").await;
    let (served, [old, _, new]) = years(&url).await;
    callers(&served).await;
    let of = async |who: &str| told(&served, Some(who), asked("", 2)).await.0;

    // A branch sees its members, and of one that moved the side that is its own (M7).
    let expected =
        ["1 ADDED m1 +", "1 ADDED m2 +", "3 CHANGED -m6 +", "3 CHANGED m1 -+", "3 CHANGED m2 -+"];
    assert_eq!(short(&of("of-ub-1").await), expected);
    let expected =
        ["1 ADDED -m6 +", "1 ADDED m3 +", "1 ADDED m4 +", "3 CHANGED -m6 -", "3 ADDED m7 +"];
    assert_eq!(short(&of("of-ub-2").await), expected);
    for (who, branch) in [("of-ub-1", "ub-1"), ("of-ub-2", "ub-2")] {
        for event in of(who).await {
            for side in [&event.result, &event.previous].into_iter().flatten() {
                assert_eq!(side.groups["unit_branch"], branch);
                assert_eq!(side.awards, [], "money is not the branch's to see");
            }
        }
        // What is listed by group is what the branch's own caller is shown, and both read it.
        let filter = v1::ResultFilter {
            group_dimension: "unit_branch".into(),
            group: branch.into(),
            ..Default::default()
        };
        for run in [&old, &new] {
            let all = streamed(&served, None, run, Some(filter.clone())).await;
            let ids = |it: &[v1::Result]| -> Vec<String> {
                it.iter().map(|it| it.subject.as_ref().unwrap().id.clone()).collect()
            };
            let own = streamed(&served, Some(who), run, Some(filter.clone())).await;
            assert_eq!(ids(&own), ids(&all));
            assert_eq!(own, streamed(&served, Some(who), run, None).await);
            let list = v1::ListResultsRequest {
                county: COUNTY.into(),
                run: by_id(run),
                filter: Some(filter.clone()),
                ..Default::default()
            };
            let listed = served.evaluations().list_results(by(who, list)).await.unwrap();
            assert_eq!(listed.into_inner().results, own);
        }
    }
    // A filter tells nothing of the side that is not seen.
    let mut request = v1::ListResultEventsRequest { filter: of_branch("ub-1"), ..asked("", 0) };
    assert_eq!(told(&served, Some("of-ub-2"), request.clone()).await.0, []);
    request.filter = of_branch("ub-2");
    let own = told(&served, Some("of-ub-2"), request).await.0;
    assert_eq!(own, of("of-ub-2").await);
}

#[tokio::test]
async fn a_branch_is_told_of_its_members_and_of_no_other_s() {
    each_sees_its_own(false).await;
    each_sees_its_own(true).await;
}

async fn money_is_for_some(on_postgres: bool) {
    let url = address(on_postgres, "money").await;
    let (served, _) = years(&url).await;
    callers(&served).await;
    let all = told(&served, None, asked("", 0)).await.0;
    let hr = told(&served, Some("hr"), asked("", 0)).await.0;
    let members: Vec<_> =
        all.iter().filter(|it| it.publication.as_ref().unwrap().seq != 2).cloned().collect();
    assert_eq!(short(&hr), short(&members), "members, and not projects");
    let without = |mut it: v1::ResultEvent| {
        for side in [&mut it.result, &mut it.previous].into_iter().flatten() {
            side.awards.clear();
        }
        it
    };
    assert!(members.iter().any(|it| it.result.as_ref().is_some_and(|it| !it.awards.is_empty())));
    assert_eq!(hr, members.into_iter().map(without).collect::<Vec<_>>(), "the same but money");
    let street = told(&served, Some("street"), asked("", 0)).await.0;
    assert_eq!(street, all, "the street sees money");
    // The credit system reads of projects and companies, whichever scheme they are judged by (P4).
    let (credit, end) = told(&served, Some("credit"), asked("", 1)).await;
    assert_eq!(short(&credit), ["2 ADDED p1 +"]);
    let last = told(&served, None, asked("", 0)).await.1;
    assert_eq!(end, last, "what is not its own is passed over, to the end");
    for who in ["operator", "nobody"] {
        let refused = served.evaluations().list_result_events(by(who, asked("", 0))).await;
        let refused = refused.unwrap_err();
        let expected = (Code::PermissionDenied, "PERMISSION_DENIED".to_owned());
        assert_eq!((refused.code(), reason(&refused)), expected);
        // Whoever may not is told nothing of cursors.
        let faulty = served.evaluations().list_result_events(by(who, asked("x", -1))).await;
        assert_eq!(faulty.unwrap_err().code(), Code::PermissionDenied);
    }
}

#[tokio::test]
async fn hr_is_told_of_members_without_money_and_credit_of_projects() {
    money_is_for_some(false).await;
    money_is_for_some(true).await;
}

/// What is computed and not published is nobody's to follow.
#[tokio::test]
async fn nothing_is_told_before_it_is_published() {
    let served = county("sqlite::memory:").await;
    super::world::computed(&served, "feed.dual", "computed").await;
    assert_eq!(told(&served, None, asked("", 0)).await, (Vec::new(), "0.".to_owned()));
    let old = first(&served).await;
    let (events, end) = told(&served, None, asked("", 0)).await;
    super::world::later(&served).await;
    super::world::computed(&served, "feed.dual", "again").await;
    assert_eq!(told(&served, None, asked("", 0)).await, (events, end.clone()));
    second_published(&served, &old, &end).await;
}

async fn second_published(served: &Served, old: &str, end: &str) {
    let new = super::world::computed(served, "feed.dual", "third").await;
    super::world::supersede(served, old, &new).await;
    assert_eq!(told(served, None, asked(end, 0)).await.0.len(), 5);
    // A publication that was refused leaves nothing.
    let request = v1::PublishRunRequest {
        county: COUNTY.into(),
        request_id: "refused".into(),
        run_id: old.into(),
    };
    served.evaluations().publish_run(request).await.unwrap_err();
    assert_eq!(told(served, None, asked(end, 0)).await.0.len(), 5);
}
