//! From the opening to the honours, with everything that can happen on the way.

use steelyard::{
    app::audit,
    proto::v1::{
        self, CandidateStage as Stage, CandidateVerdict::Fail, CandidateVerdict::Pass,
        OpinionVerdict, RecordKind, ReportOutcome, SelectionPhase, SelectionStep,
    },
};
use tonic::Code;

use super::{
    barred, candidate_ids,
    cast::{
        ID, answer, applied, cancel, candidate, candidates, confirm, consult, decide, examine,
        extend, file, get, open, opening, opine, order, pass, post, ranked, recommend, review,
        step, withdraw,
    },
    in_the_way, lifted, on_both, only, said, stages,
};
use crate::harness::{COUNTY, Served, date, reason};

on_both!(a_selection_from_the_opening_to_the_honours);

async fn a_selection_from_the_opening_to_the_honours(on: &Served) {
    opened(on).await;
    applications(on).await;
    opinions(on).await;
    recommendations(on).await;
    examination(on).await;
    decision(on).await;
    notice(on).await;
    honours(on).await;
    let proof = audit::verify(&*on.app.store, Some(COUNTY), &audit::Outside::default()).await;
    assert_eq!(proof.unwrap().findings, []);
}

async fn opened(on: &Served) {
    let answer = open(on, opening("open", ID, "2022-11-01")).await.unwrap();
    let (selection, quota) = (answer.selection.unwrap(), answer.quota.unwrap());
    assert_eq!((selection.branches, selection.phase()), (14, SelectionPhase::Open));
    let rows: Vec<_> = quota.streets.iter().map(|it| (&*it.street_id, it.seats)).collect();
    assert_eq!((rows, quota.county), (vec![("guishan", 5), ("xincheng", 2)], 7));
}

async fn applications(on: &Served) {
    on.clock.set("2022-11-20T01:00:00Z");
    let bare = v1::ApplyForSelectionRequest {
        county: COUNTY.into(),
        request_id: "bare".into(),
        selection_id: ID.into(),
        candidate: Some(step("b-01", "", "")),
        decided_by: "secretary".into(),
    };
    let refused = on.selections().apply_for_selection(crate::harness::by("k-01", bare)).await;
    assert_eq!(only(refused), ["FORM_MISSING b-01"]);
    for number in [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13] {
        applied(on, "a", number).await.unwrap();
    }
    assert_eq!(only(applied(on, "again", 1).await), ["STEP_OUT_OF_ORDER b-01"]);
    let sent_back = [("b-02", OpinionVerdict::Return)];
    opine(on, "c-01", "return-1", &sent_back).await.unwrap();
    opine(on, "c-03", "return-2", &[("b-13", OpinionVerdict::Return)]).await.unwrap();
    let returned = candidate(on, "k-02", "b-02").await.unwrap().candidate.unwrap();
    assert_eq!((returned.stage(), returned.next_by.as_str()), (Stage::Returned, "compound"));
    // The last day ends with its last microsecond in Beijing.
    on.clock.set("2022-11-30T15:59:59.999999Z");
    applied(on, "again", 2).await.unwrap();
    on.clock.set("2022-11-30T16:00:00Z");
    for number in [10, 13, 14] {
        let refused = applied(on, "late", number).await.unwrap_err();
        assert_eq!(said(&refused, "rule"), "F12");
        assert_eq!(said(&refused, "until"), "2022-11-30");
        assert_eq!(in_the_way(&refused).1, [format!("DEADLINE_PASSED b-{number}")]);
    }
    let step = (SelectionStep::Application, "2022-12-05");
    let extended = extend(on, "extend", step, Some((RecordKind::Community, "c-02"))).await.unwrap();
    assert_eq!((extended.until, extended.extensions[0].until), (date("2022-11-30"), date(step.1)));
    applied(on, "late", 10).await.unwrap();
    assert_eq!(only(applied(on, "late", 14).await), ["DEADLINE_PASSED b-14"]);
    let again = extend(on, "less", step, Some((RecordKind::Community, "c-02"))).await.unwrap_err();
    assert_eq!(reason(&again), "EXTENSION_NOT_LATER");
    let never = (SelectionStep::Decision, "2023-02-01");
    assert_eq!(reason(&extend(on, "no", never, None).await.unwrap_err()), "NO_DEADLINE");
    let nowhere = Some((RecordKind::Street, "nowhere"));
    assert_eq!(only(extend(on, "nowhere", step, nowhere).await), ["NOT_ON_ROSTER "]);
}

async fn opinions(on: &Served) {
    on.clock.set("2022-12-06T01:00:00Z");
    pass(on, "c-01", "pass-1", &["b-01", "b-02", "b-03", "b-04", "b-05"]).await.unwrap();
    let refused = ("b-08", OpinionVerdict::Refuse);
    let pass_of = |it: &'static str| (it, OpinionVerdict::Pass);
    let all = [pass_of("b-06"), pass_of("b-07"), refused, pass_of("b-09"), pass_of("b-10")];
    let given = opine(on, "c-02", "pass-2", &all).await.unwrap().candidates;
    assert_eq!(stages(&given)[2], ("b-08", Stage::Refused));
    pass(on, "c-03", "pass-3", &["b-11", "b-12"]).await.unwrap();
    let never = pass(on, "c-03", "never", &["b-14", "b-13"]).await.unwrap_err();
    assert_eq!(in_the_way(&never).1, ["NOT_APPLIED b-14", "STEP_OUT_OF_ORDER b-13"]);
}

const SIX: [(&str, &str); 6] = [
    ("b-01", ""),
    ("b-02", ""),
    ("b-04", ""),
    ("b-05", ""),
    ("b-06", ""),
    ("b-07", "老旧小区改造成效突出"),
];

async fn recommendations(on: &Served) {
    on.clock.set("2022-12-12T01:00:00Z");
    let all = ["b-01", "b-02", "b-03", "b-04", "b-05", "b-06", "b-07", "b-09", "b-10"];
    review(on, "guishan", "review", &all).await.unwrap();
    review(on, "xincheng", "review", &["b-11", "b-12"]).await.unwrap();
    let missing = only(recommend(on, "guishan", "unranked", &[("b-01", "")]).await);
    assert_eq!(missing, ["RANKING_MISSING b-01"]);
    ranked(on).await;
    let veto = barred(on, "k-03", "2022-12-10").await;
    let refused = recommend(on, "guishan", "v", &[("b-01", ""), ("b-03", "")]).await.unwrap_err();
    assert_eq!(in_the_way(&refused).1, ["CANDIDATE_VETOED b-03"]);
    let below = only(recommend(on, "guishan", "below", &[("b-09", "")]).await);
    assert_eq!(below, ["CRITERIA_NOT_MET b-09"]);
    tie_at_the_line(on).await;
    let most = recommend(on, "guishan", "six", &SIX).await.unwrap_err();
    assert_eq!((most.code(), reason(&most)), (Code::FailedPrecondition, "QUOTA_EXCEEDED".into()));
    let told = ["of", "seats", "taken", "asked", "rule"].map(|it| said(&most, it));
    assert_eq!(told, ["street/guishan", "5", "0", "6", "F5"]);
    assert_eq!(get(on, "guishan").await.quota.unwrap().streets[0].taken, 0, "nothing is recorded");
    let mut five = SIX.to_vec();
    five.retain(|it| it.0 != "b-05");
    let reason_of_one = std::mem::take(&mut five[4].1);
    let silent = recommend(on, "guishan", "silent", &five).await.unwrap_err();
    assert_eq!(in_the_way(&silent).1, ["PASSED_OVER_UNEXPLAINED b-07"]);
    assert_eq!(said(&silent, "passed_over"), "b-05");
    five[4].1 = reason_of_one;
    recommend(on, "guishan", "five", &five).await.unwrap();
    // A street recommends fewer.
    recommend(on, "xincheng", "one", &[("b-11", "")]).await.unwrap();
    let full = recommend(on, "guishan", "full", &[("b-05", "")]).await.unwrap_err();
    assert_eq!(["taken", "asked"].map(|it| said(&full, it)), ["5", "1"]);
    // Who leaves before the examination gives the seat back.
    withdraw(on, "k-02", "leave", "b-02").await.unwrap();
    on.clock.set("2022-12-14T01:00:00Z");
    lifted(on, "k-03", &veto, "2022-12-14").await;
    recommend(on, "guishan", "freed", &[("b-03", "")]).await.unwrap();
    let full = recommend(on, "guishan", "full", &[("b-05", "")]).await.unwrap_err();
    assert_eq!(said(&full, "taken"), "5");
}

async fn tie_at_the_line(on: &Served) {
    let some = [("b-01", ""), ("b-02", ""), ("b-04", ""), ("b-06", "")];
    let open = recommend(on, "guishan", "tie", &some).await.unwrap_err();
    assert_eq!(in_the_way(&open).1, ["TIE_OPEN b-06"]);
    assert_eq!(said(&open, "equal_to"), "b-05");
    let other = order(on, "xincheng", "order", ("guishan", &["b-06", "b-05"])).await.unwrap_err();
    assert_eq!(other.code(), Code::PermissionDenied);
    for wrong in [&["b-06", "b-04"][..], &["b-06"], &["b-05", "b-06", "b-07"], &["b-01", "b-02"]] {
        let refused = order(on, "guishan", "order", ("guishan", wrong)).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_TIED", "{wrong:?}");
    }
    order(on, "guishan", "order", ("guishan", &["b-06", "b-05"])).await.unwrap();
}

async fn examination(on: &Served) {
    on.clock.set("2022-12-26T01:00:00Z");
    let asked = v1::ListCandidatesRequest { out_of_order_only: true, ..Default::default() };
    let seen = candidates(on, "group", asked).await;
    assert_eq!(candidate_ids(&seen), ["b-07"]);
    assert_eq!(
        (seen[0].out_of_order, &seen[0].passed_over_branch_ids[..]),
        (true, &["b-05".to_owned()][..])
    );
    let verdicts = [("b-07", Fail), ("b-01", Pass), ("b-03", Pass), ("b-04", Pass)];
    let judged = examine(on, "group", "examine-1", &verdicts).await.unwrap().candidates;
    assert_eq!(stages(&judged)[..2], [("b-07", Stage::Declined), ("b-01", Stage::Examined)]);
    examine(on, "group", "examine-2", &[("b-11", Pass), ("b-06", Pass)]).await.unwrap();
    // Who leaves after it keeps the street's seat.
    withdraw(on, "k-04", "leave", "b-04").await.unwrap();
    let full = recommend(on, "guishan", "kept", &[("b-05", "")]).await.unwrap_err();
    assert_eq!(said(&full, "taken"), "5");
    // The others were recommended too: nobody was passed over by the county.
    for event in candidate(on, "group", "b-06").await.unwrap().events {
        assert_eq!(event.passed_over_branch_ids, [""; 0], "{event:?}");
    }
}

async fn decision(on: &Served) {
    on.clock.set("2022-12-28T01:00:00Z");
    consult(on, "department", "consult-1", &["b-01", "b-03"]).await.unwrap();
    consult(on, "second", "consult-2", &["b-01", "b-11"]).await.unwrap();
    decide(on, "committee", "decide-1", &[("b-03", Fail), ("b-01", Pass)]).await.unwrap();
    let pending = post(on, "pending", "2022-12-31").await.unwrap_err();
    assert_eq!(in_the_way(&pending).1, ["CANDIDATES_PENDING "]);
    assert!(pending.message().contains("b-06, b-11"), "{pending:?}");
    let early = decide(on, "committee", "early", &[("b-06", Pass)]).await;
    assert_eq!(only(early), ["STEP_OUT_OF_ORDER b-06"]);
    consult(on, "department", "consult-3", &["b-06"]).await.unwrap();
    let given = decide(on, "committee", "decide-2", &[("b-06", Pass), ("b-11", Pass)]).await;
    assert_eq!(stages(&given.unwrap().candidates)[1], ("b-11", Stage::Approved));
}

async fn notice(on: &Served) {
    on.clock.set("2022-12-31T01:00:00Z");
    let back = post(on, "back", "2022-12-30").await.unwrap_err();
    assert_eq!(reason(&back), "NOTICE_BACKDATED");
    let unknown = post(on, "unknown", "2026-12-28").await.unwrap_err();
    assert_eq!(
        (reason(&unknown), said(&unknown, "year")),
        ("CALENDAR_MISSING".into(), "2027".into())
    );
    let far = post(on, "far", "2023-02-15").await.unwrap_err();
    assert_eq!(reason(&far), "NOTICE_TOO_FAR_AHEAD");
    let posted = post(on, "post", "2022-12-31").await.unwrap();
    // New Year's days off are the first and the second of January: 3, 4, 5, 6, 9.
    let notice = posted.selection.unwrap().notice.unwrap();
    assert_eq!(
        (notice.ends_on, &posted.branch_ids[..]),
        (date("2023-01-09"), &["b-01", "b-06", "b-11"].map(str::to_owned)[..])
    );
    assert_eq!(notice.calendar_editions, ["base-2022", "base-2023"]);
    on.clock.set("2023-01-04T01:00:00Z");
    let more = recommend(on, "guishan", "refill", &[("b-05", "")]).await.unwrap_err();
    assert_eq!(
        (in_the_way(&more).1, said(&more, "rule")),
        (vec!["NO_REFILL b-05".to_owned()], "F9".to_owned())
    );
    for (branch, day, code) in [
        ("b-06", "2022-12-30", "REPORT_OUT_OF_TIME"),
        ("b-06", "2023-01-05", "REPORT_OUT_OF_TIME"),
        ("b-05", "2023-01-04", "NOT_UNDER_NOTICE"),
    ] {
        let refused = file(on, "department", "no", (branch, day)).await.unwrap_err();
        assert_eq!(reason(&refused), code);
    }
    assert_eq!(file(on, "department", "r-1", ("b-06", "2023-01-04")).await.unwrap().number, 1);
    file(on, "xincheng", "r-2", ("b-11", "2022-12-31")).await.unwrap();
    let own = answer(on, "department", "own", (1, ReportOutcome::NotProven)).await.unwrap_err();
    assert_eq!(reason(&own), "SEPARATION_OF_DUTIES");
    on.clock.set("2023-01-09T15:59:59.999999Z");
    let running = confirm(on, "early").await.unwrap_err();
    assert_eq!(in_the_way(&running).1, ["NOTICE_RUNNING ", "REPORT_OPEN "]);
    on.clock.set("2023-01-09T16:00:00Z");
    assert_eq!(only(confirm(on, "still").await), ["REPORT_OPEN "]);
    // What came in time on paper is recorded later too, by the county: anybody could state a day.
    let stated = file(on, "guishan", "no", ("b-01", "2023-01-09")).await.unwrap_err();
    assert_eq!(reason(&stated), "REPORT_OUT_OF_TIME");
    file(on, "department", "r-3", ("b-01", "2023-01-09")).await.unwrap();
    let late = file(on, "department", "no", ("b-01", "2023-01-10")).await.unwrap_err();
    assert_eq!(reason(&late), "REPORT_OUT_OF_TIME");
}

async fn honours(on: &Served) {
    use Stage::{Cancelled, Confirmed, Declined, Refused, Rejected, Returned, Withdrawn};
    on.clock.set("2023-01-11T01:00:00Z");
    answer(on, "second", "n-1", (1, ReportOutcome::NotProven)).await.unwrap();
    let again = answer(on, "second", "again", (1, ReportOutcome::Proven)).await.unwrap_err();
    assert_eq!(reason(&again), "REPORT_ANSWERED");
    let proven = answer(on, "second", "n-2", (2, ReportOutcome::Proven)).await.unwrap();
    assert_eq!(proven.candidate.unwrap().stage(), Stage::Cancelled);
    answer(on, "second", "n-3", (3, ReportOutcome::NotProven)).await.unwrap();
    let confirmed = confirm(on, "confirm").await.unwrap();
    assert_eq!(confirmed.branch_ids, ["b-01", "b-06"], "fewer than the seven seats");
    let quota = get(on, "department").await.quota.unwrap();
    assert_eq!((quota.streets[1].taken, quota.taken), (1, 4), "the seat stays empty");
    let before = candidates(on, "department", v1::ListCandidatesRequest::default()).await;
    cancel(on, "committee", "cancel", &["b-06"]).await.unwrap();
    let after = candidates(on, "department", v1::ListCandidatesRequest::default()).await;
    let others = |all: &[v1::SelectionCandidate]| -> Vec<_> {
        all.iter().filter(|it| it.branch_id != "b-06").cloned().collect()
    };
    assert_eq!(others(&after), others(&before));
    let it = get(on, "department").await;
    let count = |stage: Stage| {
        let found = it.stages.iter().find(|at| at.stage() == stage);
        found.map_or(0, |at| at.candidates)
    };
    let counts =
        [Confirmed, Cancelled, Withdrawn, Declined, Rejected, Refused, Returned].map(count);
    assert_eq!(counts, [1, 2, 2, 1, 1, 1, 1]);
    assert_eq!((it.selection.unwrap().phase(), it.obstacles), (SelectionPhase::Confirmed, vec![]));
}
