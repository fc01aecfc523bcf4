//! Who sees what of an appraisal.

use steelyard::proto::v1;
use tonic::Code;

use super::{changes, get, listed, on_both, posts, published, raise, raising};
use crate::harness::Served;

on_both!(a_person_sees_its_own_posts_and_nobody_elses, hr_sees_names_and_no_money);

const PUBLISHED: &str = "2023-01-20T02:00:00Z";

async fn a_person_sees_its_own_posts_and_nobody_elses(on: &Served) {
    published(on, "test.appraisal", PUBLISHED).await;
    let own = listed(on, "u-1", v1::ListAppraisalsRequest::default()).await.unwrap();
    assert_eq!(posts(&own), ["p1", "p4"]);
    assert_eq!(own[0].person_name, "名称 m1");
    assert_eq!(own[0].awards.len(), 1, "a person sees its own award");
    assert!(own.iter().all(|it| it.objections.is_none()), "it answers none");
    assert!(get(on, "u-1", "", "p4").await.is_ok());
    for post in ["p2", "p9"] {
        let status = get(on, "u-1", "", post).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied, "{post}");
    }
    let (told, _) = changes(on, "u-1", "", 1).await;
    assert_eq!(told.iter().map(|it| &*it.post_id).collect::<Vec<_>>(), ["p1", "p4"]);
    let nobody = listed(on, "nobody", v1::ListAppraisalsRequest::default()).await.unwrap_err();
    assert_eq!(nobody.code(), Code::PermissionDenied);
    // Of another's posts nothing can be objected to either.
    let run_id = own[0].receipt.as_ref().unwrap().run_id.clone();
    let status = raise(on, "u-1", raising("r", &run_id, "p3", "2023-01-21")).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
}

async fn hr_sees_names_and_no_money(on: &Served) {
    published(on, "test.appraisal", PUBLISHED).await;
    let seen = get(on, "hr", "", "p2").await.unwrap();
    assert_eq!((seen.person_name.as_str(), seen.awards.len()), ("名称 m2", 0));
    assert!(seen.objections.is_none());
    assert_eq!(seen.consequences.len(), 1);
    let office = get(on, "office", "", "p2").await.unwrap();
    let counts = office.objections.unwrap();
    assert_eq!((counts.open, counts.upheld), (0, 0));
    let community = listed(on, "community", v1::ListAppraisalsRequest::default()).await.unwrap();
    assert_eq!(posts(&community), ["p1", "p2", "p3", "p4", "p5"]);
    assert!(community[0].objections.is_some(), "a community answers objections");
}
