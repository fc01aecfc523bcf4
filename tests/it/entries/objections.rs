//! Objections: in time, one open at a time, answered by somebody else.

use std::process::Command;

use steelyard::proto::v1::{
    self, EntryVerdict as Verdict, ObjectionVerdict as Said, fact::Fact as Kind,
};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::{
    both, case, check_in,
    checks::{check, word},
    listed, populate, report, reverse, step, told,
};
use crate::harness::{COUNTY, Served, date, entry, reason, served_over, violations};

fn raising(request_id: &str, fact_id: &str) -> v1::RaiseObjectionRequest {
    v1::RaiseObjectionRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        fact_id: fact_id.into(),
        text: "当日我在值班".into(),
        raised_by: "m1".into(),
        evidence: vec!["值班表".into()],
    }
}

pub(super) async fn raise(
    served: &Served,
    request_id: &str,
    fact_id: &str,
) -> Result<String, Status> {
    let answer = served.entries().raise_objection(raising(request_id, fact_id)).await?;
    Ok(answer.into_inner().objection.unwrap().fact_id)
}

fn answering(request_id: &str, objection_id: &str, said: Said) -> v1::AnswerObjectionRequest {
    v1::AnswerObjectionRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        objection_id: objection_id.into(),
        verdict: said.into(),
        text: "值班表属实".into(),
        answered_by: "chief".into(),
        reverse_fact: false,
        evidence: Vec::new(),
    }
}

async fn answer(
    served: &Served,
    request: v1::AnswerObjectionRequest,
) -> Result<v1::ObjectionCase, Status> {
    Ok(served.entries().answer_objection(request).await?.into_inner().objection.unwrap())
}

fn failed(status: &Status) -> String {
    assert_eq!(status.code(), Code::FailedPrecondition, "{status:?}");
    reason(status)
}

async fn listing(served: &Served, open_only: bool, member: &str, page_size: i32) -> Vec<String> {
    let mut request = v1::ListObjectionsRequest {
        county: COUNTY.into(),
        member_id: member.into(),
        open_only,
        page_size,
        ..Default::default()
    };
    let mut all = Vec::new();
    loop {
        let page = served.entries().list_objections(request.clone()).await.unwrap().into_inner();
        all.extend(page.objections.into_iter().map(|it| {
            let (fact, objection) = (it.fact.unwrap().fact_id, it.objection.unwrap().fact_id);
            let answer = it.answer.map_or_else(String::new, |it| format!(" {}", it.fact_id));
            format!("{fact} {objection}{answer}")
        }));
        if page.next_page_token.is_empty() {
            return all;
        }
        request.page_token = page.next_page_token;
    }
}

#[tokio::test]
async fn the_last_day_is_counted_from_the_record_or_its_check() {
    for served in both("objections_days").await {
        served.clock.set("2023-03-01T15:59:59Z");
        let facts = ["2022-03-01", "2022-03-02"].map(|it| entry("m1", "a", it));
        assert_eq!(told(&served, "facts", facts.into()).await, ["f1", "f2"]);
        // 10 days after 1 March are over with 11 March, by Beijing's days.
        served.clock.set("2023-03-11T15:59:59Z");
        assert_eq!(raise(&served, "1", "f1").await.unwrap(), "f3");
        let objection = listed(&served, "m1").await.pop().unwrap();
        let Some(Kind::Objection(it)) = &objection.fact else { panic!("{objection:?}") };
        assert_eq!((it.fact_id.as_str(), it.raised_by.as_str()), ("f1", "m1"));
        assert_eq!((it.on, it.text.as_str()), (date("2023-03-11"), "当日我在值班"));
        assert_eq!(objection.evidence, ["值班表"]);
        // A check on the last day gives 10 more for its entry alone.
        assert_eq!(check(&served, "c", vec![word("f2", Verdict::Refused, "x")]).await, ["f4"]);
        served.clock.set("2023-03-11T16:00:00Z");
        reverse(&served, "withdrawn", "f3").await;
        let late = raise(&served, "2", "f1").await.unwrap_err();
        assert_eq!(failed(&late), "OBJECTION_TOO_LATE");
        let details = late.get_error_details();
        assert_eq!(details.error_info().unwrap().metadata["last_day"], "2023-03-11");
        served.clock.set("2023-03-21T15:59:59Z");
        assert_eq!(raise(&served, "3", "f2").await.unwrap(), "f6");
        reverse(&served, "withdrawn-too", "f6").await;
        served.clock.set("2023-03-21T16:00:00Z");
        assert_eq!(failed(&raise(&served, "4", "f2").await.unwrap_err()), "OBJECTION_TOO_LATE");
    }
}

#[tokio::test]
async fn one_may_object_to_what_is_recorded_about_a_member() {
    for served in both("objections_kinds").await {
        let mut facts = vec![
            entry("m1", "a", "2022-03-01"),
            case("m1", "c-1", "2022-03-01", None),
            check_in("m1", "k-01", "2022-03-01"),
            report("m1", "u-1", "90", "2023-01-05T02:00:00Z"),
            super::about(
                "m1",
                Kind::Finding(v1::Finding {
                    finding: "late".into(),
                    effective_from: date("2022-03-01"),
                    effective_until: None,
                }),
            ),
            step("m1", "c-1", v1::ConductStepKind::Exposed, "2022-03-02"),
        ];
        let subject = v1::SubjectRef { kind: v1::SubjectKind::Compound.into(), id: "k-01".into() };
        facts.push(v1::Fact { subject: Some(subject), ..entry("m1", "a", "2022-03-01") });
        told(&served, "facts", facts).await;
        for (index, id) in ["f1", "f2", "f3", "f4", "f5"].iter().enumerate() {
            let objection = raise(&served, &format!("o-{index}"), id).await.unwrap();
            assert_eq!(objection, format!("f{}", index + 8));
        }
        for id in ["f6", "f7", "f8"] {
            let status = raise(&served, &format!("no-{id}"), id).await.unwrap_err();
            assert_eq!(failed(&status), "NOT_OBJECTIONABLE", "{id}");
        }
        for id in ["f99", "x"] {
            let status = raise(&served, "none", id).await.unwrap_err();
            let told = (status.code(), reason(&status));
            assert_eq!(told, (Code::NotFound, "FACT_NOT_FOUND".to_owned()));
        }
        assert_eq!(failed(&raise(&served, "again", "f1").await.unwrap_err()), "OBJECTION_OPEN");
        reverse(&served, "reversed", "f3").await;
        assert_eq!(failed(&raise(&served, "gone", "f3").await.unwrap_err()), "FACT_REVERSED");
        let mut empty = raising("1", "a b");
        (empty.text, empty.raised_by) = (String::new(), String::new());
        let status = served.entries().raise_objection(empty).await.unwrap_err();
        let expected =
            [("fact_id", "ID_INVALID"), ("text", "REASON_MISSING"), ("raised_by", "ID_INVALID")];
        assert_eq!(violations(&status), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }
}

#[tokio::test]
async fn an_answer_is_somebody_elses_and_given_once() {
    for served in both("objections_answers").await {
        let facts = ["2022-03-01", "2022-03-02", "2022-03-03"].map(|it| entry("m1", "a", it));
        told(&served, "facts", facts.into()).await;
        assert_eq!(raise(&served, "1", "f1").await.unwrap(), "f4");
        for (index, who) in ["clerk", "m1"].iter().enumerate() {
            let mut request = answering(&format!("own-{index}"), "f4", Said::Upheld);
            (*who).clone_into(&mut request.answered_by);
            let status = answer(&served, request.clone()).await.unwrap_err();
            assert_eq!(failed(&status), "SEPARATION_OF_DUTIES", "{who}");
            let again = answer(&served, request).await.unwrap_err();
            assert_eq!(failed(&again), "SEPARATION_OF_DUTIES", "and stays the answer");
        }
        let mut wrong = answering("x", "f4", Said::Dismissed);
        (wrong.reverse_fact, wrong.text) = (true, String::new());
        let status = served.entries().answer_objection(wrong).await.unwrap_err();
        let expected = [("text", "REASON_MISSING"), ("reverse_fact", "REVERSAL_NOT_UPHELD")];
        assert_eq!(violations(&status), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        for id in ["f1", "f99", "x"] {
            let status = answer(&served, answering("none", id, Said::Upheld)).await.unwrap_err();
            let told = (status.code(), reason(&status));
            assert_eq!(told, (Code::NotFound, "OBJECTION_NOT_FOUND".to_owned()), "{id}");
        }
        let case = answer(&served, answering("2", "f4", Said::Dismissed)).await.unwrap();
        assert_eq!(case.fact.unwrap().reversed_by, "");
        let Some(Kind::Answer(it)) = case.answer.unwrap().fact else { panic!() };
        assert_eq!((it.objection_id.as_str(), it.answered_by.as_str()), ("f4", "chief"));
        assert_eq!((it.verdict(), it.on), (Said::Dismissed, date("2023-01-10")));
        let again = answer(&served, answering("3", "f4", Said::Upheld)).await.unwrap_err();
        assert_eq!(failed(&again), "OBJECTION_ANSWERED");
        // Answered is not open: another may be raised; one that was withdrawn takes no answer.
        assert_eq!(raise(&served, "4", "f1").await.unwrap(), "f6");
        reverse(&served, "withdrawn", "f6").await;
        let gone = answer(&served, answering("5", "f6", Said::Upheld)).await.unwrap_err();
        assert_eq!(failed(&gone), "FACT_REVERSED");
        // An answer that is reversed leaves its objection open.
        reverse(&served, "taken-back", "f5").await;
        assert_eq!(failed(&raise(&served, "6", "f1").await.unwrap_err()), "OBJECTION_OPEN");
        assert_eq!(listing(&served, true, "m1", 0).await, ["f1 f4"]);
        assert_eq!(listing(&served, false, "", 1).await, ["f1 f4", "f1 f6"]);
    }
}

#[tokio::test]
async fn an_upheld_objection_reverses_its_fact_in_the_same_transaction() {
    for served in both("objections_reversal").await {
        told(&served, "facts", vec![entry("m1", "a", "2022-03-01")]).await;
        assert_eq!(raise(&served, "1", "f1").await.unwrap(), "f2");
        let mut request = answering("2", "f2", Said::Upheld);
        request.reverse_fact = true;
        let case = answer(&served, request.clone()).await.unwrap();
        assert_eq!(answer(&served, request).await.unwrap(), case, "a repeat of the request");
        let fact = case.fact.unwrap();
        assert_eq!((fact.reversed_by.as_str(), fact.reverse_reason.as_str()), ("f4", "值班表属实"));
        assert_eq!(fact.reverse_time, case.answer.unwrap().record_time, "one transaction");
        // Nothing is half done: with the fact gone already, there is no answer either.
        told(&served, "more", vec![entry("m1", "a", "2022-03-02")]).await;
        assert_eq!(raise(&served, "3", "f5").await.unwrap(), "f6");
        reverse(&served, "gone", "f5").await;
        let mut late = answering("4", "f6", Said::Upheld);
        late.reverse_fact = true;
        assert_eq!(failed(&answer(&served, late).await.unwrap_err()), "FACT_REVERSED");
        assert_eq!(listing(&served, true, "", 0).await, ["f5 f6"]);
        let answered = answer(&served, answering("5", "f6", Said::Upheld)).await.unwrap();
        assert_eq!(answered.answer.unwrap().fact_id, "f8");
        assert_eq!(listing(&served, true, "", 0).await, [""; 0]);
        assert_eq!(listing(&served, false, "m1", 1).await, ["f1 f2 f3", "f5 f6 f8"]);
        assert_eq!(listing(&served, false, "m2", 0).await, [""; 0]);
    }
}

#[tokio::test]
async fn the_trail_is_whole_and_a_person_is_given_all_of_it() {
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("entries-export");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let url = format!("sqlite:{}", folder.join("steelyard.db").display());
    let served = served_over(&url).await;
    populate(&served).await;
    let late = v1::Fact { late_reason: "迟报".into(), ..check_in("m1", "k-01", "2022-03-01") };
    let report = report("m1", "u-1", "90", "2023-01-05T02:00:00Z");
    let facts = vec![
        entry("m1", "a", "2022-03-01"),
        late,
        case("m1", "c-1", "2022-03-01", None),
        step("m1", "c-1", v1::ConductStepKind::Exposed, "2022-03-02"),
        report,
    ];
    told(&served, "facts", facts).await;
    check(&served, "check", vec![word("f1", Verdict::Confirmed, "m2")]).await;
    raise(&served, "1", "f1").await.unwrap();
    let mut upheld = answering("2", "f7", Said::Upheld);
    upheld.reverse_fact = true;
    answer(&served, upheld).await.unwrap();
    let steelyard = |arguments: &[&str]| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_steelyard")).args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        output.stdout
    };
    steelyard(&["verify", "audit", "--store", &url, "--county", COUNTY]);
    steelyard(&["verify", "totals", "--store", &url, "--county", COUNTY]);
    let export = |id: &str| -> serde_json::Value {
        let told =
            steelyard(&["person", "export", "--store", &url, "--county", COUNTY, "--id", id]);
        serde_json::from_slice(&told).unwrap()
    };
    let told = export("m1");
    let facts = told["facts"].as_array().unwrap();
    let kinds: Vec<_> = facts.iter().map(|it| it["kind"].as_str().unwrap()).collect();
    let expected = [
        "entry",
        "check_in",
        "conduct",
        "conduct_step",
        "import",
        "entry_check",
        "objection",
        "answer",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(facts[1]["late_reason"], "迟报");
    assert_eq!((&facts[4]["by_whom"], facts[4]["at"].is_string()), (&"u-1".into(), true));
    assert!(facts[0]["reversed"].is_array());
    let named = export("m2");
    let because: Vec<_> = named["facts"].as_array().unwrap().iter().map(|it| &it["kind"]).collect();
    assert_eq!(because, ["entry_check"], "what the person checked");
}
