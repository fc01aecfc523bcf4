//! Objections and their answers.

use steelyard::proto::v1::{self, NoticeVerdict, RecordKind};
use tonic::Code;

use super::{
    answer, blocked, failed, get, grant, on_both, post, publish, raise, raising, run, told,
};
use crate::harness::{COUNTY, Served, by, entry, reason, record_facts, violations};

on_both!(
    an_open_objection_stops_the_run_and_an_upheld_one_ends_it,
    an_objection_is_in_time_until_the_last_day_is_over,
    only_whose_subject_it_is_may_object_and_somebody_else_answers,
    faults_are_told_at_once_and_answers_come_once,
);

/// Posts a run and goes on to the day after its notice.
async fn posted(on: &Served, name: &str) -> String {
    let run_id = run(on, "test.calendar", name).await;
    post(on, &format!("post-{name}"), &run_id, "2026-02-12").await.unwrap();
    run_id
}

async fn an_open_objection_stops_the_run_and_an_upheld_one_ends_it(on: &Served) {
    let run_id = posted(on, "first").await;
    for number in 1..=3 {
        let request = raising(&format!("o{number}"), &run_id, "m1", "2026-02-12");
        assert_eq!(raise(on, None, request).await.unwrap().number, number);
    }
    assert_eq!(blocked(on, &run_id).await, ["NOTICE_RUNNING", "OBJECTION_OPEN"]);
    on.clock.set("2026-02-20T01:00:00Z");
    let refused = publish(on, "p1", &run_id).await.unwrap_err();
    assert_eq!(
        (reason(&refused), told(&refused, "objections")),
        ("OBJECTION_OPEN".into(), "1, 2, 3".into())
    );
    answer(on, "a1", (&run_id, 1), NoticeVerdict::Dismissed, "clerk").await.unwrap();
    let stands = NoticeVerdict::UpheldResultStands;
    answer(on, "a2", (&run_id, 2), stands, "clerk").await.unwrap();
    let refused = publish(on, "p2", &run_id).await.unwrap_err();
    assert_eq!(told(&refused, "objections"), "3");
    let view = get(on, &run_id).await.unwrap();
    assert_eq!((view.objections, view.open_objections), (3, 1));
    let upheld = answer(on, "a3", (&run_id, 3), NoticeVerdict::Upheld, "clerk").await.unwrap();
    assert_eq!(upheld.answer.unwrap().verdict(), NoticeVerdict::Upheld);
    let refused = publish(on, "p3", &run_id).await.unwrap_err();
    assert_eq!(
        (reason(&refused), told(&refused, "objections")),
        ("OBJECTION_UPHELD".into(), "3".into())
    );
    assert_eq!(blocked(on, &run_id).await, ["OBJECTION_UPHELD"]);
    // What was missing is recorded; a new run has a notice of its own, and is published after it.
    let facts = vec![entry("m1", "deeds", "2022-06-06")];
    on.facts().record_facts(record_facts("more", facts)).await.unwrap();
    let again = run(on, "test.calendar", "again").await;
    assert_eq!(failed(publish(on, "p4", &again).await), "NOTICE_MISSING");
    post(on, "post-again", &again, "2026-02-20").await.unwrap();
    on.clock.set("2026-02-24T01:00:00Z");
    publish(on, "p5", &again).await.unwrap();
    // Whatever the first one's notice says, another run is published.
    assert_eq!(reason(&publish(on, "p6", &run_id).await.unwrap_err()), "RUN_PUBLISHED_ALREADY");
    let late = raise(on, None, raising("late", &again, "m1", "2026-02-23")).await;
    assert_eq!(failed(late), "NOTICE_OVER");
}

async fn an_objection_is_in_time_until_the_last_day_is_over(on: &Served) {
    let run_id = run(on, "test.calendar", "first").await;
    let early = raise(on, None, raising("o0", &run_id, "m1", "2026-02-12")).await;
    assert_eq!(failed(early), "NOTICE_MISSING");
    post(on, "n", &run_id, "2026-02-13").await.unwrap();
    let early = raise(on, None, raising("o1", &run_id, "m1", "2026-02-12")).await;
    assert_eq!(failed(early), "NOTICE_NOT_BEGUN");
    let future = raise(on, None, raising("o2", &run_id, "m1", "2026-02-14")).await;
    assert_eq!(failed(future), "RAISED_IN_FUTURE");
    on.clock.set("2026-02-16T15:59:59.999999Z");
    raise(on, None, raising("o3", &run_id, "m1", "2026-02-16")).await.unwrap();
    on.clock.set("2026-02-16T16:00:00Z");
    let late = raise(on, None, raising("o4", &run_id, "m2", "2026-02-17")).await.unwrap_err();
    assert_eq!(
        (reason(&late), told(&late, "ends_on")),
        ("OBJECTION_TOO_LATE".into(), "2026-02-16".into())
    );
    // What came in time on paper is recorded the day after, and counts.
    raise(on, None, raising("o5", &run_id, "m2", "2026-02-16")).await.unwrap();
    assert_eq!(blocked(on, &run_id).await, ["OBJECTION_OPEN"]);
}

async fn only_whose_subject_it_is_may_object_and_somebody_else_answers(on: &Served) {
    let run_id = posted(on, "first").await;
    grant(on, "self-1", "member", RecordKind::Member, "m1").await;
    grant(on, "street-1", "street", RecordKind::Street, "guishan").await;
    grant(on, "bureau", "housing_bureau", RecordKind::County, COUNTY).await;
    let of = |id: &str, subject: &str| raising(id, &run_id, subject, "2026-02-12");
    let mut denied = Vec::new();
    for (who, subject) in [("self-1", "m2"), ("self-1", "m9"), ("nobody", "m1"), ("bureau", "m1")] {
        // Whatever else is wrong with the message.
        let request = v1::RaiseNoticeObjectionRequest { text: String::new(), ..of("x", subject) };
        let status = raise(on, Some(who), request).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied, "{who} {subject}");
        denied.push((status.message().to_owned(), status.details().to_vec()));
    }
    denied.dedup();
    assert_eq!(denied.len(), 1, "the same bytes");
    let missing = raise(on, None, of("x", "m9")).await.unwrap_err();
    assert_eq!((missing.code(), reason(&missing)), (Code::NotFound, "RESULT_NOT_FOUND".into()));
    raise(on, Some("self-1"), of("1", "m1")).await.unwrap();
    raise(on, Some("street-1"), of("2", "m2")).await.unwrap();
    let listed = async |who: &str, open_only: bool| {
        let (county, run_id) = (COUNTY.to_owned(), run_id.clone());
        let request =
            v1::ListNoticeObjectionsRequest { county, run_id, open_only, ..Default::default() };
        let page = on.notices().list_notice_objections(by(who, request)).await.unwrap();
        page.into_inner().objections.iter().map(|it| it.number).collect::<Vec<_>>()
    };
    // They are read by who answers them: the bureau answers about property, and members do not learn
    // who objected.
    grant(on, "office", "organization_department", RecordKind::County, COUNTY).await;
    assert_eq!(listed("office", false).await, [1, 2]);
    assert_eq!(listed("bureau", false).await, [0; 0]);
    let request = v1::ListNoticeObjectionsRequest { county: COUNTY.into(), ..Default::default() };
    for who in ["self-1", "street-1"] {
        let denied = on.notices().list_notice_objections(by(who, request.clone())).await;
        assert_eq!(denied.unwrap_err().code(), Code::PermissionDenied);
    }
    // Neither who raised it nor whom it is about answers it.
    let dismissed = NoticeVerdict::Dismissed;
    for (number, who) in [(1, "m1"), (2, "m1"), (2, "m2")] {
        let id = format!("a-{number}-{who}");
        let own = answer(on, &id, (&run_id, number), dismissed, who).await;
        assert_eq!(failed(own), "SEPARATION_OF_DUTIES");
    }
    answer(on, "a1", (&run_id, 1), dismissed, "clerk").await.unwrap();
    assert_eq!(listed("office", true).await, [2]);
    // The street may not answer, and the bureau not of a member.
    for who in ["street-1", "bureau", "self-1"] {
        let request = v1::AnswerNoticeObjectionRequest {
            county: COUNTY.into(),
            run_id: run_id.clone(),
            number: 2,
            ..Default::default()
        };
        let status = on.notices().answer_notice_objection(by(who, request)).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied, "{who}");
    }
    // By pages, too.
    let request = v1::ListNoticeObjectionsRequest {
        county: COUNTY.into(),
        page_size: 1,
        ..Default::default()
    };
    let first = on.notices().list_notice_objections(request.clone()).await.unwrap().into_inner();
    assert_eq!((first.objections.len(), first.objections[0].number), (1, 1));
    let page_token = first.next_page_token;
    let request = v1::ListNoticeObjectionsRequest { page_token, ..request };
    let second = on.notices().list_notice_objections(request).await.unwrap().into_inner();
    assert_eq!((second.objections[0].number, second.next_page_token.as_str()), (2, ""));
    assert_eq!(second.objections[0].evidence, ["photo/1"]);
}

async fn faults_are_told_at_once_and_answers_come_once(on: &Served) {
    let run_id = posted(on, "first").await;
    let request = v1::RaiseNoticeObjectionRequest {
        text: String::new(),
        raised_by: "a b".into(),
        raised_on: None,
        ..raising("", &run_id, "m1", "2026-02-12")
    };
    let faults = violations(&raise(on, None, request).await.unwrap_err());
    let paths: Vec<_> = faults.iter().map(|it| &*it.0).collect();
    assert_eq!(paths, ["request_id", "text", "raised_by", "raised_on"]);
    let first = raise(on, None, raising("o", &run_id, "m1", "2026-02-12")).await.unwrap();
    let again = raise(on, None, raising("o", &run_id, "m1", "2026-02-12")).await.unwrap();
    assert_eq!(first, again);
    let of = (&*run_id, 1);
    let wrong = answer(on, "a", of, NoticeVerdict::Unspecified, "x y").await.unwrap_err();
    let paths: Vec<_> = violations(&wrong).into_iter().map(|it| it.0).collect();
    assert_eq!(paths, ["verdict", "answered_by"]);
    let missing = answer(on, "b", (&run_id, 2), NoticeVerdict::Upheld, "c").await.unwrap_err();
    assert_eq!(reason(&missing), "OBJECTION_NOT_FOUND");
    let answered = answer(on, "c", of, NoticeVerdict::Dismissed, "clerk").await.unwrap();
    assert_eq!(answer(on, "c", of, NoticeVerdict::Dismissed, "clerk").await.unwrap(), answered);
    let twice = answer(on, "d", of, NoticeVerdict::Upheld, "clerk").await;
    assert_eq!(failed(twice), "OBJECTION_ANSWERED");
}
