//! What follows, by the day of publication.

use steelyard::proto::v1::{self, ResultChange};

use super::{again, awards, changes, follows, get, listed, on_both, posts, published, standing};
use crate::harness::{COUNTY, Served, by, date, reason, violations};

on_both!(
    what_follows_goes_by_the_day_of_publication,
    what_is_corrected_later_changes_nothing,
    who_asks_for_some_is_told_of_them,
    a_run_that_supersedes_is_told_as_a_whole,
);

const PUBLISHED: &str = "2023-01-20T02:00:00Z";

async fn what_follows_goes_by_the_day_of_publication(on: &Served) {
    let run_id = published(on, "test.appraisal", PUBLISHED).await;
    let one = get(on, "office", "", "p1").await.unwrap();
    assert_eq!(follows(&one), ["commended", "preferred_when_equal"]);
    assert_eq!(awards(&one), ["base"]);
    assert_eq!((one.person_id.as_str(), one.person_name.as_str()), ("m1", "名称 m1"));
    assert_eq!(
        (one.post_title.as_str(), one.unit.as_ref().unwrap().id.as_str()),
        ("branch_secretary", "k-01")
    );
    assert_eq!(one.published_on, date("2023-01-20"));
    assert_eq!((one.status_on_publication.as_str(), one.period.as_str()), ("in_service", "2022"));
    assert_eq!(one.object_until, date("2023-01-30"));
    assert_eq!(one.receipt.as_ref().unwrap().run_id, run_id);
    assert_eq!(one.consequences[1].year, 2022);
    let because = one.consequences[1].because.clone().unwrap();
    assert_eq!(
        because.en,
        "the grade is `excellent`; the person was in-service on 2023-01-20, the day of publication"
    );
    assert_eq!(because.zh, "等次为“优秀”；公布之日（2023-01-20）身份为在职");
    // In service on the last day of the period, retired on the day of publication.
    let two = get(on, "office", "", "p2").await.unwrap();
    assert_eq!((follows(&two), awards(&two)), (vec!["commended"], vec!["base", "bonus"]));
    assert_eq!(two.status_on_publication, "retired");
    let bonus = &two.awards[1];
    assert!(bonus.as_of_publication && !two.awards[0].as_of_publication);
    assert_eq!(bonus.amount.as_ref().unwrap().units, 2000);
    assert!(bonus.because.as_ref().unwrap().en.contains("was retired on 2023-01-20"));
    // It is no part of the run's own result.
    let request = v1::GetResultRequest {
        county: COUNTY.into(),
        run: Some(v1::RunSelector { selector: Some(v1::run_selector::Selector::RunId(run_id)) }),
        subject_id: "p2".into(),
    };
    let own = on.evaluations().get_result(request).await.unwrap().into_inner().result.unwrap();
    assert_eq!(own.awards.iter().map(|it| &*it.award_id).collect::<Vec<_>>(), ["base"]);
    // The lowest grade carries the proposal to adjust.
    let three = get(on, "office", "", "p3").await.unwrap();
    assert_eq!(follows(&three), ["adjust"]);
    assert_eq!(three.consequences[0].basis[0].document, "001-1");
    // A post that ended with the year: its person's status counts all the same.
    let five = get(on, "office", "", "p5").await.unwrap();
    assert_eq!((follows(&five), awards(&five)), (vec!["commended"], vec!["base", "bonus"]));
    assert_eq!(five.status_on_publication, "retired");
}

async fn what_is_corrected_later_changes_nothing(on: &Served) {
    let old = published(on, "test.appraisal", PUBLISHED).await;
    let before = get(on, "office", "", "p2").await.unwrap();
    on.clock.set("2023-02-01T02:00:00Z");
    let corrected = standing("m2", v1::MemberStatus::InService, "2023-01-10");
    assert_eq!(on.upsert("corrected", vec![corrected]).await.items, []);
    assert_eq!(get(on, "office", "", "p2").await.unwrap(), before);
    // A run that supersedes is published on a day of its own, and evaluated anew.
    again(on, &old, "2023-03-01T02:00:00Z").await;
    let after = get(on, "office", "", "p2").await.unwrap();
    assert_eq!(after.published_on, date("2023-03-01"));
    assert_eq!(
        (follows(&after), awards(&after)),
        (vec!["commended", "preferred_when_equal"], vec!["base"])
    );
    assert_eq!(get(on, "office", "2023-02-28", "p2").await.unwrap(), before, "as of a day before");
}

async fn who_asks_for_some_is_told_of_them(on: &Served) {
    published(on, "test.appraisal", PUBLISHED).await;
    let asked = |change: fn(&mut v1::ListAppraisalsRequest)| {
        let mut request = v1::ListAppraisalsRequest { page_size: 2, ..Default::default() };
        change(&mut request);
        request
    };
    let cases: [(&[&str], v1::ListAppraisalsRequest); 7] = [
        (&["p1", "p2", "p3", "p4", "p5"], asked(|_| ())),
        (&["p1", "p4"], asked(|it| it.person_id = "m1".into())),
        (&["p1", "p2", "p5"], asked(|it| it.consequence_ids = vec!["commended".into()])),
        (&["p1"], asked(|it| it.consequence_ids = vec!["preferred_when_equal".into()])),
        (&["p3", "p4"], asked(|it| it.grades = vec!["competent".into(), "incompetent".into()])),
        (
            &["p1", "p2", "p3", "p5"],
            asked(|it| {
                it.group_dimension = "compound".into();
                it.group = "k-01".into();
            }),
        ),
        (
            &["p1"],
            asked(|it| {
                it.person_id = "m1".into();
                it.consequence_ids = vec!["commended".into(), "adjust".into()];
            }),
        ),
    ];
    for (expected, request) in cases {
        assert_eq!(
            posts(&listed(on, "hr", request.clone()).await.unwrap()),
            expected,
            "{request:?}"
        );
    }
    let unknown = asked(|it| it.consequence_ids = vec!["commended".into(), "gone".into()]);
    let status = listed(on, "hr", unknown).await.unwrap_err();
    let fault = ("consequence_ids[1]".to_owned(), "CONSEQUENCE_UNKNOWN".to_owned());
    assert_eq!(violations(&status), [fault]);
    let many = asked(|it| {
        it.grades = vec!["x".into(); 65];
        it.group = "k-01".into();
    });
    let status = listed(on, "hr", many).await.unwrap_err();
    let paths: Vec<_> = violations(&status).into_iter().map(|it| it.0).collect();
    assert_eq!(paths, ["grades", "group_dimension"], "all faults at once");
    // A scheme about members is none of this service.
    published(on, "test.member", "2023-01-21T02:00:00Z").await;
    let of = Some(v1::AppraisalSelector { scheme_id: "test.member".into(), ..Default::default() });
    let request = v1::ListAppraisalsRequest { of, ..Default::default() };
    assert_eq!(reason(&listed(on, "hr", request).await.unwrap_err()), "NOT_AN_APPRAISAL");
    let future = get(on, "hr", "2023-12-31", "p1").await.unwrap_err();
    assert_eq!(reason(&future), "DAY_IN_FUTURE");
    assert_eq!(reason(&get(on, "hr", "", "p9").await.unwrap_err()), "RESULT_NOT_FOUND");
}

fn short(told: &[v1::AppraisalChange]) -> Vec<String> {
    let one = |it: &v1::AppraisalChange| {
        let change = it.change().as_str_name().trim_start_matches("RESULT_CHANGE_");
        format!("{} {change} {}", it.publication.as_ref().unwrap().seq, it.post_id)
    };
    told.iter().map(one).collect()
}

async fn a_run_that_supersedes_is_told_as_a_whole(on: &Served) {
    let (none, start) = changes(on, "hr", "", 0).await;
    assert_eq!((none, start.as_str()), (Vec::new(), "0."));
    published(on, "test.member", "2023-01-19T02:00:00Z").await;
    let old = published(on, "test.appraisal", PUBLISHED).await;
    let (told, cursor) = changes(on, "hr", &start, 2).await;
    let expected = ["2 ADDED p1", "2 ADDED p2", "2 ADDED p3", "2 ADDED p4", "2 ADDED p5"];
    assert_eq!(short(&told), expected, "members are passed over");
    assert!(told.iter().all(|it| it.appraisal.as_ref().unwrap().awards.is_empty()), "no money");
    // Nothing but a status is another: no digest differs, and yet other things follow.
    let corrected = standing("m3", v1::MemberStatus::Retired, "2023-02-01");
    on.clock.set("2023-02-02T02:00:00Z");
    assert_eq!(on.upsert("retired", vec![corrected]).await.items, []);
    again(on, &old, "2023-03-01T02:00:00Z").await;
    for size in [1, 3, 0] {
        let (told, _) = changes(on, "hr", &cursor, size).await;
        assert_eq!(told.len(), 5);
        assert!(told.iter().all(|it| it.change() == ResultChange::Changed));
        let third = told[2].appraisal.as_ref().unwrap();
        assert_eq!(third.status_on_publication, "retired");
    }
    let request = v1::WatchAppraisalsRequest {
        county: COUNTY.into(),
        cursor: cursor.clone(),
        ..Default::default()
    };
    let mut watch = on.appraisal_results().watch_appraisals(by("hr", request)).await.unwrap();
    let first = watch.get_mut().message().await.unwrap().unwrap();
    assert_eq!(first.changes.len(), 5);
    let request = v1::ListAppraisalChangesRequest {
        county: COUNTY.into(),
        cursor: "7-01234567.".into(),
        ..Default::default()
    };
    let status = on.appraisal_results().list_appraisal_changes(by("hr", request)).await;
    assert_eq!(reason(&status.unwrap_err()), "CURSOR_INVALID");
}
