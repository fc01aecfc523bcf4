//! Objections to published results: in time, one open at a time, answered by others, once.

use steelyard::proto::v1::{self, AppraisalVerdict};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::{MEMBER, again, answer, computed, get, on_both, published, raise, raising};
use crate::harness::{COUNTY, Served, by, date, reason, reference};

on_both!(
    an_objection_is_raised_in_time_and_answered_by_somebody_else,
    an_upheld_objection_names_the_run_that_superseded,
    each_reads_what_is_theirs_to_read,
    a_scheme_without_objections_takes_none,
    working_days_go_by_the_calendar_of_the_publication,
);

const PUBLISHED: &str = "2023-01-20T02:00:00Z";

/// The reason of a state that says no.
fn failed<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    let status = answer.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition, "{status:?}");
    reason(&status)
}

fn told(status: &Status, key: &str) -> String {
    status.get_error_details().error_info().unwrap().metadata[key].clone()
}

async fn an_objection_is_raised_in_time_and_answered_by_somebody_else(on: &Served) {
    let run_id = computed(on, "test.appraisal", "early").await;
    let early = raise(on, "u-3", raising("o", &run_id, "p3", "2023-01-05")).await.unwrap_err();
    assert_eq!(reason(&early), "RUN_NOT_PUBLISHED");
    let run_id = published(on, "test.appraisal", PUBLISHED).await;
    let raise_on = |id: &'static str, day: &'static str| {
        let request = raising(id, &run_id, "p3", day);
        async move { raise(on, "u-3", request).await }
    };
    assert_eq!(failed(raise_on("o1", "2023-01-21").await), "RAISED_IN_FUTURE");
    assert_eq!(failed(raise_on("o2", "2023-01-19").await), "RAISED_BEFORE_PUBLICATION");
    // The last day is told; what was raised on it is taken later, too.
    on.clock.set("2023-02-10T02:00:00Z");
    let late = raise_on("o3", "2023-01-31").await.unwrap_err();
    assert_eq!(
        (reason(&late).as_str(), told(&late, "object_until").as_str()),
        ("OBJECTION_TOO_LATE", "2023-01-30")
    );
    let first = raise_on("o4", "2023-01-30").await.unwrap();
    assert_eq!(
        (first.number, first.node_id.as_str(), &*first.evidence),
        (1, "", &["photo/1".to_owned()][..])
    );
    assert_eq!(raise_on("o4", "2023-01-30").await.unwrap(), first, "a repeat has the first answer");
    let again = raise_on("o5", "2023-01-30").await.unwrap_err();
    assert_eq!((reason(&again).as_str(), told(&again, "number").as_str()), ("OBJECTION_OPEN", "1"));
    // To a component is another.
    let node = |node: &str, id: &str| v1::RaiseAppraisalObjectionRequest {
        node_id: node.into(),
        ..raising(id, &run_id, "p3", "2023-01-30")
    };
    assert_eq!(failed(raise(on, "u-3", node("gone", "o6")).await), "NODE_UNKNOWN");
    let second = raise(on, "u-3", node("marks", "o7")).await.unwrap();
    assert_eq!((second.number, second.node_id.as_str()), (2, "marks"));
    let missing = raise(on, "office", raising("o8", &run_id, "p3", "2023-01-30")).await;
    assert_eq!(missing.unwrap_err().code(), Code::PermissionDenied, "who answers does not object");
    // Neither who raised it, nor who recorded it, nor the person, nor under another's name.
    for (who, name) in [("office", "m3"), ("office", "u-3"), ("office", "p3"), ("m3", "somebody")] {
        let answered = if who == "m3" {
            super::grant(on, "m3", "organization_department", (v1::RecordKind::County, COUNTY))
                .await;
            answer(on, who, (&run_id, 1), AppraisalVerdict::Dismissed, name).await
        } else {
            answer(on, who, (&run_id, 1), AppraisalVerdict::Dismissed, name).await
        };
        assert_eq!(failed(answered), "SEPARATION_OF_DUTIES", "{who} {name}");
    }
    // Nor under a principal that is the person's own, whatever else it may do.
    super::grant(on, "deputy", "organization_department", (v1::RecordKind::County, COUNTY)).await;
    let own = v1::GrantRoleRequest {
        county: COUNTY.into(),
        request_id: "deputy-self".into(),
        principal: "deputy".into(),
        role_id: "member".into(),
        unit: reference(v1::RecordKind::Member, "m3"),
        reason: "测试".into(),
        ..Default::default()
    };
    on.accesses().grant_role(own).await.unwrap();
    let answered = answer(on, "deputy", (&run_id, 1), AppraisalVerdict::Dismissed, "clerk").await;
    assert_eq!(failed(answered), "SEPARATION_OF_DUTIES");
    let done = answer(on, "office", (&run_id, 1), AppraisalVerdict::Dismissed, "clerk").await;
    let done = done.unwrap().answer.unwrap();
    assert_eq!(
        (done.verdict(), done.superseded_by_run_id.as_str()),
        (AppraisalVerdict::Dismissed, "")
    );
    let twice = answer(on, "office", (&run_id, 1), AppraisalVerdict::Upheld, "other").await;
    assert_eq!(failed(twice), "OBJECTION_ANSWERED");
    let none = answer(on, "office", (&run_id, 9), AppraisalVerdict::Upheld, "other").await;
    assert_eq!(reason(&none.unwrap_err()), "OBJECTION_NOT_FOUND");
    // Answered, another may be raised.
    assert_eq!(raise_on("o9", "2023-01-30").await.unwrap().number, 3);
}

async fn objections(on: &Served, who: &str, open_only: bool) -> Vec<v1::AppraisalObjection> {
    let mut request = v1::ListAppraisalObjectionsRequest {
        county: COUNTY.into(),
        open_only,
        page_size: 1,
        ..Default::default()
    };
    let mut all = Vec::new();
    loop {
        let call = by(who, request.clone());
        let page = on.appraisal_results().list_appraisal_objections(call).await.unwrap();
        let page = page.into_inner();
        all.extend(page.objections);
        if page.next_page_token.is_empty() {
            return all;
        }
        request.page_token = page.next_page_token;
    }
}

async fn an_upheld_objection_names_the_run_that_superseded(on: &Served) {
    let old = published(on, "test.appraisal", PUBLISHED).await;
    raise(on, "u-3", raising("o", &old, "p3", "2023-01-20")).await.unwrap();
    let counts = get(on, "office", "", "p3").await.unwrap().objections.unwrap();
    assert_eq!((counts.open, counts.upheld), (1, 0));
    answer(on, "office", (&old, 1), AppraisalVerdict::Upheld, "clerk").await.unwrap();
    let counts = get(on, "office", "", "p3").await.unwrap().objections.unwrap();
    assert_eq!((counts.open, counts.upheld), (0, 1));
    let seen = objections(on, "u-3", false).await;
    assert_eq!(seen[0].answer.as_ref().unwrap().superseded_by_run_id, "", "none has yet");
    let new = again(on, &old, "2023-02-01T02:00:00Z").await;
    let seen = objections(on, "u-3", false).await;
    assert_eq!(seen[0].answer.as_ref().unwrap().superseded_by_run_id, new);
    let gone = raise(on, "u-3", raising("o2", &old, "p3", "2023-01-20")).await.unwrap_err();
    assert_eq!(
        (reason(&gone).as_str(), told(&gone, "superseded_by")),
        ("RUN_SUPERSEDED", new.clone())
    );
    // The new result has days of its own.
    assert_eq!(get(on, "u-3", "", "p3").await.unwrap().object_until, date("2023-02-11"));
    raise(on, "u-3", raising("o3", &new, "p3", "2023-02-01")).await.unwrap();
}

async fn each_reads_what_is_theirs_to_read(on: &Served) {
    let run_id = published(on, "test.appraisal", PUBLISHED).await;
    raise(on, "u-3", raising("o1", &run_id, "p3", "2023-01-20")).await.unwrap();
    // The community records one of m1's that came on paper.
    let paper = v1::RaiseAppraisalObjectionRequest {
        raised_by: "m1".into(),
        ..raising("o2", &run_id, "p1", "2023-01-20")
    };
    raise(on, "community", paper).await.unwrap();
    let numbers = async |who: &str| {
        let all = objections(on, who, false).await;
        all.iter().map(|it| it.number).collect::<Vec<_>>()
    };
    assert_eq!(numbers("office").await, [1, 2]);
    assert_eq!(numbers("community").await, [1, 2]);
    assert_eq!(numbers("u-3").await, [1]);
    assert_eq!(numbers("u-1").await, [2], "what it raised on paper");
    assert_eq!(numbers("hr").await, [] as [i32; 0]);
    let own = answer(on, "community", (&run_id, 2), AppraisalVerdict::Dismissed, "clerk").await;
    assert_eq!(failed(own), "SEPARATION_OF_DUTIES", "it recorded it");
    answer(on, "community", (&run_id, 1), AppraisalVerdict::Dismissed, "clerk").await.unwrap();
    assert_eq!(objections(on, "office", true).await.len(), 1);
}

async fn a_scheme_without_objections_takes_none(on: &Served) {
    let run_id = published(on, "test.member", PUBLISHED).await;
    let request = raising("o", &run_id, "m3", "2023-01-20");
    assert_eq!(failed(raise(on, "u-3", request).await), "OBJECTIONS_NOT_ASKED");
    // With them, it is the same for members.
    let document =
        MEMBER.replace("version: 1", "version: 2") + "objections: {days: 1, of: calendar}\n";
    let request = v1::PublishSchemeRequest {
        county: COUNTY.into(),
        request_id: "scheme-2".into(),
        document: document.replace("from: 2022-01-01", "from: 2022-12-01").into(),
    };
    on.schemes().publish_scheme(request).await.unwrap();
    let new = computed(on, "test.member", "second").await;
    let request = v1::SupersedeRunRequest {
        county: COUNTY.into(),
        request_id: "supersede".into(),
        old_run_id: run_id,
        new_run_id: new.clone(),
        reason: "更正".into(),
        validate_only: false,
    };
    on.evaluations().supersede_run(request).await.unwrap();
    let one = raise(on, "u-3", raising("o2", &new, "m3", "2023-01-20")).await.unwrap();
    assert_eq!((one.number, one.subject_id.as_str()), (1, "m3"));
    let own = answer(on, "office", (&new, 1), AppraisalVerdict::Upheld, "m3").await;
    assert_eq!(failed(own), "SEPARATION_OF_DUTIES");
}

async fn working_days_go_by_the_calendar_of_the_publication(on: &Served) {
    let document = super::APPRAISAL.replace("test.appraisal", "test.working");
    let request = v1::PublishSchemeRequest {
        county: COUNTY.into(),
        request_id: "working".into(),
        document: document.replace("of: calendar", "of: working").into(),
    };
    on.schemes().publish_scheme(request).await.unwrap();
    // Ten working days after 20 January 2023, across the Spring Festival.
    let run_id = published(on, "test.working", PUBLISHED).await;
    on.clock.set("2023-03-01T02:00:00Z");
    let late = raise(on, "u-3", raising("o", &run_id, "p3", "2023-02-28")).await.unwrap_err();
    assert_eq!(reason(&late), "OBJECTION_TOO_LATE");
    let last = told(&late, "object_until");
    let request = v1::AddWorkingDaysRequest {
        county: COUNTY.into(),
        start: date("2023-01-20"),
        days: 10,
        of: v1::DaysOf::Working.into(),
        ..Default::default()
    };
    let counted = on.calendars().add_working_days(request).await.unwrap().into_inner();
    assert_eq!(date(&last), counted.day);
}
