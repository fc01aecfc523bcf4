//! Runs through the API: from the start to publication, supersession and explanation, the same on
//! both stores.

use steelyard::proto::v1::{self, run_selector::Selector};
use tokio_stream::StreamExt as _;
use tonic::Code;

use crate::{
    harness::{
        COUNTY, Served, date, decimal, entry, member, reason, record_facts, served, served_over,
        units, violations,
    },
    postgres,
};

/// A small scheme with everything that a run has to settle: caps, an import, seats, ranking, money.
const SCHEME: &str = "
steelyard: scheme/v1
id: test.dual
version: 1
title: 测试积分
subject: member
period: year
in_force: {from: 2022-01-01}
score:
  id: dual
  out_of: 100
  weighted:
    - {id: unit, weight: 50%, out_of: 100, imported: {source: unit_branch}}
    - id: compound
      weight: 50%
      out_of: 100
      base: 60
      clamp: [0, 100]
      sum:
        - {id: volunteering, counted: {points: 2, caps: [{per: month, at_most: 6}, {per: year, at_most: 20}]}}
        - {id: neighbours, out_of: 20, compared: {node: volunteering, within: compound, with: best}}
grades:
  - {id: excellent, at_least: 80, seats: {share: 50%, of: subjects, within: compound, rounding: floor}}
  - {id: competent, at_least: 60}
  - {id: incompetent}
ranking: {within: [compound, county], by: [score]}
awards:
  - {id: prize, amount: '2000.00', when: {grade: excellent}, to: person}
";

fn import(member: &str, raw: &str) -> v1::Fact {
    v1::Fact {
        fact: Some(v1::fact::Fact::Imported(v1::Import {
            source: "unit_branch".into(),
            period: "2022".into(),
            raw: decimal(raw),
            full: decimal("50"),
            bonus: false,
            ..Default::default()
        })),
        ..entry(member, "volunteering", "2022-01-01")
    }
}

fn times(member: &str, on: &str, times: &str) -> v1::Fact {
    v1::Fact {
        fact: Some(v1::fact::Fact::Entry(v1::Entry {
            item: "volunteering".into(),
            on: date(on),
            times: decimal(times),
            points: None,
        })),
        ..entry(member, "volunteering", on)
    }
}

/// A county of five members with facts, and the scheme published.
async fn prepared(served: Served) -> Served {
    let mut records = units();
    records.extend(["m1", "m2", "m3", "m4", "m5"].map(member));
    assert_eq!(served.upsert("county", records).await.items, []);
    let publish = v1::PublishSchemeRequest {
        county: COUNTY.into(),
        request_id: "scheme".into(),
        document: SCHEME.into(),
    };
    served.schemes().publish_scheme(publish).await.unwrap();
    let facts = vec![
        import("m1", "45"),
        times("m1", "2022-03-05", "5"),
        times("m1", "2022-04-02", "2"),
        import("m2", "45"),
        times("m2", "2022-03-05", "5"),
        times("m2", "2022-04-02", "2"),
        import("m3", "40"),
        times("m3", "2022-05-01", "1"),
        import("m4", "30"),
        // m5 has no unit score: incomplete, never zero.
        times("m5", "2022-05-01", "9"),
    ];
    served.facts().record_facts(record_facts("facts", facts)).await.unwrap();
    served
}

async fn start(served: &Served, request_id: &str) -> v1::Run {
    let request = v1::StartRunRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        scheme_id: "test.dual".into(),
        period: "2022".into(),
        ..Default::default()
    };
    served.evaluations().start_run(request).await.unwrap().into_inner().run.unwrap()
}

/// Starts a run and carries it out.
async fn computed(served: &Served, request_id: &str) -> v1::Run {
    let run = start(served, request_id).await;
    assert_eq!((run.state(), run.subjects_total), (v1::RunState::Pending, 5));
    assert!(served.app.work_once("tests").await.unwrap());
    let run = get(served, &run.run_id).await;
    assert_eq!(run.state(), v1::RunState::Computed, "{:?}", run.failure);
    run
}

async fn get(served: &Served, run_id: &str) -> v1::Run {
    let request = v1::GetRunRequest { county: COUNTY.into(), run_id: run_id.into() };
    served.evaluations().get_run(request).await.unwrap().into_inner().run.unwrap()
}

async fn publish(served: &Served, request_id: &str, run: &str) -> Result<v1::Run, tonic::Status> {
    let request = v1::PublishRunRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        run_id: run.into(),
    };
    Ok(served.evaluations().publish_run(request).await?.into_inner().run.unwrap())
}

fn by_id(run: &str) -> Option<v1::RunSelector> {
    Some(v1::RunSelector { selector: Some(Selector::RunId(run.into())) })
}

fn published() -> Option<v1::RunSelector> {
    let of = v1::PublishedRunSelector { scheme_id: "test.dual".into(), period: "2022".into() };
    Some(v1::RunSelector { selector: Some(Selector::Published(of)) })
}

async fn results(served: &Served, run: &str, page_size: i32) -> Vec<v1::Result> {
    let mut all = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = v1::ListResultsRequest {
            county: COUNTY.into(),
            run: by_id(run),
            filter: None,
            page_size,
            page_token,
        };
        let page = served.evaluations().list_results(request).await.unwrap().into_inner();
        all.extend(page.results);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return all;
        }
    }
}

fn score(result: &v1::Result) -> Option<&str> {
    result.score.as_ref().map(|it| it.value.as_str())
}

/// The tie at the line, before and after a decision; the same on both stores to the digest.
async fn whole_year(served: Served) -> (Vec<v1::Result>, String) {
    let served = prepared(served).await;
    let run = computed(&served, "run-1").await;
    let first = results(&served, &run.run_id, 2).await;
    let shown: Vec<_> = first
        .iter()
        .map(|it| {
            let id = it.subject.as_ref().unwrap().id.as_str();
            (id, it.status(), score(it), it.grade.as_deref())
        })
        .collect();
    // unit 45/50 = 90; compound 60 + min(10,6) + min(4,6) + 20 × 10/10 = 90; dual 90.
    // m3: unit 80; compound 60 + 2 + 20 × 2/10 = 66; dual 73. m4: unit 60; compound 60; dual 60.
    // Seats: floor(50% of 5) = 2, and two reach the line: both are seated.
    assert_eq!(
        shown,
        [
            ("m1", v1::ResultStatus::Final, Some("90.00"), Some("excellent")),
            ("m2", v1::ResultStatus::Final, Some("90.00"), Some("excellent")),
            ("m3", v1::ResultStatus::Final, Some("73.00"), Some("competent")),
            ("m4", v1::ResultStatus::Final, Some("60.00"), Some("competent")),
            ("m5", v1::ResultStatus::Incomplete, None, None),
        ]
    );
    assert_eq!(first[0].ranks["compound"], 1);
    assert_eq!(first[2].ranks["county"], 3);
    assert_eq!(first[0].awards[0].recipient_id, "m1");
    assert_eq!(first[0].awards[0].amount.as_ref().unwrap().units, 2000);
    assert_eq!(first[4].reasons[0].code, "missing");
    assert_eq!(first[4].reasons[0].params["node"], "unit");
    assert_eq!(run.quotas[0].groups[0].seats, 2);
    assert_eq!(run.status_counts["final"], 4);
    (first, run.result_digest)
}

#[tokio::test]
async fn a_year_comes_out_the_same_on_both_stores() {
    let sqlite = whole_year(served().await).await;
    let url = postgres::schema("a_year_comes_out_the_same").await;
    let postgres = whole_year(served_over(&url).await).await;
    assert_eq!(sqlite.1, postgres.1, "the digests over all results");
    let digests = |it: &[v1::Result]| it.iter().map(|it| it.digest.clone()).collect::<Vec<_>>();
    assert_eq!(digests(&sqlite.0), digests(&postgres.0));
}

#[tokio::test]
async fn nothing_is_read_before_it_is_computed_and_nothing_published_twice() {
    let served = prepared(served().await).await;
    let run = start(&served, "run").await;
    let request = v1::ListResultsRequest {
        county: COUNTY.into(),
        run: by_id(&run.run_id),
        ..Default::default()
    };
    let refused = served.evaluations().list_results(request).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused)),
        (Code::FailedPrecondition, "RUN_NOT_COMPUTED".into())
    );
    let refused = publish(&served, "too-early", &run.run_id).await.unwrap_err();
    assert_eq!(reason(&refused), "RUN_NOT_COMPUTED");
    assert!(served.app.work_once("tests").await.unwrap());
    // The refusal is the answer to its request id for ever; a new id succeeds.
    let again = publish(&served, "too-early", &run.run_id).await.unwrap_err();
    assert_eq!(reason(&again), "RUN_NOT_COMPUTED");
    let done = publish(&served, "publish", &run.run_id).await.unwrap();
    assert_eq!(done.state(), v1::RunState::Published);
    let replay = publish(&served, "publish", &run.run_id).await.unwrap();
    assert_eq!(replay, done, "the first answer again");
    let second = computed(&served, "run-2").await;
    let refused = publish(&served, "publish-2", &second.run_id).await.unwrap_err();
    assert_eq!(reason(&refused), "RUN_PUBLISHED_ALREADY");
    let reused = publish(&served, "publish", &second.run_id).await.unwrap_err();
    assert_eq!((reused.code(), reason(&reused)), (Code::AlreadyExists, "REQUEST_ID_REUSED".into()));
}

#[tokio::test]
async fn a_correction_supersedes_with_everyone_affected_and_the_old_run_stays_as_it_was() {
    let served = prepared(served().await).await;
    let old = computed(&served, "run").await;
    publish(&served, "publish", &old.run_id).await.unwrap();
    let before = results(&served, &old.run_id, 100).await;
    let more =
        vec![times("m3", "2022-06-01", "5"), times("m3", "2022-07-01", "5"), import("m3", "50")];
    served.facts().record_facts(record_facts("late", more)).await.unwrap();
    let new = computed(&served, "run-2").await;
    let supersede = v1::SupersedeRunRequest {
        county: COUNTY.into(),
        request_id: "supersede".into(),
        old_run_id: old.run_id.clone(),
        new_run_id: new.run_id.clone(),
        reason: "三号党员补录志愿服务".into(),
        validate_only: true,
    };
    let preview = served.evaluations().supersede_run(supersede.clone()).await.unwrap().into_inner();
    assert_eq!(get(&served, &old.run_id).await.state(), v1::RunState::Published);
    let supersede = v1::SupersedeRunRequest { validate_only: false, ..supersede };
    let done = served.evaluations().supersede_run(supersede).await.unwrap().into_inner();
    assert_eq!(done.changes, preview.changes, "what was shown is what was done");
    // m3: 100 and 60 + 14 + 20 = 94 → 97, the best of the compound: m1 and m2 fall to
    // 60 + 10 + 20 × 10/14, tie at the one seat left, and lose grade and award until it is decided.
    let changed: Vec<_> =
        done.changes.iter().map(|it| it.subject.as_ref().unwrap().id.as_str()).collect();
    assert_eq!(changed, ["m1", "m2", "m3"]);
    let m1 = &done.changes[0];
    assert_eq!(m1.score_before.as_ref().unwrap().value, "90.00");
    assert_eq!(m1.score_after.as_ref().unwrap().value, "87.14");
    assert_eq!(m1.status_after(), v1::ResultStatus::TieOpen);
    assert_eq!((m1.awards_before.len(), m1.awards_after.len()), (1, 0));
    assert_eq!(results(&served, &old.run_id, 100).await, before, "nothing was edited");
    let superseded = get(&served, &old.run_id).await;
    assert_eq!(superseded.superseded_by_run_id, new.run_id);
    assert_eq!(superseded.supersede_time, get(&served, &new.run_id).await.publish_time);
    assert!(superseded.supersede_time.is_some());
    assert_ne!(superseded.facts_digest, new.facts_digest, "other facts were read");
    assert_eq!(superseded.facts_digest.len(), 64);

    // A recorded decision orders the tied; the next run follows it.
    let decision = v1::Fact {
        recorded_by: "county".into(),
        fact: Some(v1::fact::Fact::Decision(v1::Decision {
            scheme_id: "test.dual".into(),
            for_grade: "excellent".into(),
            within_group: "k-01".into(),
            order: vec!["m2".into(), "m1".into()],
            period: "2022".into(),
            decided_by: "street".into(),
            reason: "综合评议".into(),
        })),
        ..Default::default()
    };
    served.facts().record_facts(record_facts("decision", vec![decision])).await.unwrap();
    let third = computed(&served, "run-3").await;
    let settled = results(&served, &third.run_id, 100).await;
    let grades: Vec<_> = settled.iter().map(|it| it.grade.as_deref()).collect();
    assert_eq!(grades[..3], [Some("competent"), Some("excellent"), Some("excellent")]);
    assert_eq!(settled[0].reasons[0].code, "seats_exhausted");
}

#[tokio::test]
async fn a_result_is_explained_from_the_facts_of_its_moment() {
    let served = prepared(served().await).await;
    let run = computed(&served, "run").await;
    publish(&served, "publish", &run.run_id).await.unwrap();
    let late = record_facts("late", vec![times("m1", "2022-08-01", "3")]);
    served.facts().record_facts(late).await.unwrap();
    let request = v1::ExplainResultRequest {
        county: COUNTY.into(),
        run: published(),
        subject_id: "m1".into(),
    };
    let explained = served.evaluations().explain_result(request).await.unwrap().into_inner();
    assert_eq!(score(explained.result.as_ref().unwrap()), Some("90.00"));
    let root = explained.root.unwrap();
    let volunteering = &root.children[1].children[0];
    assert_eq!(volunteering.id, "volunteering");
    assert_eq!(volunteering.value.as_ref().unwrap().shown.as_ref().unwrap().value, "10");
    let cut = &volunteering.tried_not_held[0].text.as_ref().unwrap();
    assert!(cut.en.contains("2022-03: 10 is held to 6"), "{}", cut.en);
    assert!(cut.zh.contains("每月"), "{}", cut.zh);
    let compared = &root.children[1].children[1];
    assert_eq!(compared.value.as_ref().unwrap().shown.as_ref().unwrap().value, "20");
    assert!(explained.steps.iter().any(|it| it.stage() == v1::ExplainedStage::Award));
    // m3 is competent: the explanation names the grade just missed, and by how much.
    let request = v1::ExplainResultRequest {
        county: COUNTY.into(),
        run: published(),
        subject_id: "m3".into(),
    };
    let explained = served.evaluations().explain_result(request).await.unwrap().into_inner();
    let grade = explained.steps.iter().find(|it| it.stage() == v1::ExplainedStage::Grade).unwrap();
    let missed = grade.tried_not_held[0].text.as_ref().unwrap();
    assert_eq!(missed.en, "`excellent` begins at 80: 73.00 does not reach it");
    assert!(missed.zh.contains("未达到"), "{}", missed.zh);
}

#[tokio::test]
async fn a_run_is_watched_to_its_end_and_streamed() {
    let served = prepared(served().await).await;
    let run = start(&served, "run").await;
    let request = v1::WatchRunRequest { county: COUNTY.into(), run_id: run.run_id.clone() };
    let mut watched = served.evaluations().watch_run(request).await.unwrap().into_inner();
    let first = watched.next().await.unwrap().unwrap().progress.unwrap();
    assert_eq!((first.state(), first.subjects_total), (v1::RunState::Pending, 5));
    assert!(served.app.work_once("tests").await.unwrap());
    let mut last = first;
    while let Some(message) = watched.next().await {
        last = message.unwrap().progress.unwrap();
    }
    assert_eq!((last.state(), last.subjects_done), (v1::RunState::Computed, 5));
    let request = v1::StreamResultsRequest {
        county: COUNTY.into(),
        run: by_id(&run.run_id),
        filter: Some(v1::ResultFilter { grades: vec!["competent".into()], ..Default::default() }),
    };
    let mut stream = served.evaluations().stream_results(request).await.unwrap().into_inner();
    let mut ids = Vec::new();
    while let Some(message) = stream.next().await {
        let results = message.unwrap().results.into_iter();
        ids.extend(results.map(|it| it.subject.unwrap().id));
    }
    assert_eq!(ids, ["m3", "m4"]);
}

#[tokio::test]
async fn what_cannot_be_started_says_why() {
    let served = prepared(served().await).await;
    let request = |scheme: &str, period: &str| v1::StartRunRequest {
        county: COUNTY.into(),
        request_id: format!("{scheme}-{period}"),
        scheme_id: scheme.into(),
        period: period.into(),
        ..Default::default()
    };
    for (scheme, period, code, why) in [
        ("none", "2022", Code::NotFound, "SCHEME_NOT_FOUND"),
        ("test.dual", "2021", Code::FailedPrecondition, "SCHEME_NOT_IN_FORCE"),
        ("test.dual", "2022-H1", Code::FailedPrecondition, "PERIOD_KIND_MISMATCH"),
    ] {
        let refused = served.evaluations().start_run(request(scheme, period)).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (code, why), "{scheme} {period}");
    }
    let refused = served.evaluations().start_run(v1::StartRunRequest::default()).await.unwrap_err();
    let fields: Vec<_> = violations(&refused).into_iter().map(|it| it.0).collect();
    assert_eq!(fields, ["county", "request_id", "scheme_id", "period"]);
}

#[tokio::test]
async fn stateless_evaluation_answers_as_the_offline_command() {
    let served = served().await;
    let line = |id: &str, raw: u32| {
        format!(
            r#"{{"subject":"{id}","period":"2022","groups":{{"county":"x","compound":"k"}},"imports":{{"unit_branch":{{"raw":"{raw}","full":"50"}}}}}}"#
        )
    };
    let request = v1::ComputeRequest {
        document: SCHEME.into(),
        fact_lines: vec![line("a", 43), line("b", 50)],
        as_of: None,
        explain: true,
        schedules: Vec::new(),
    };
    let answer = served.evaluations().compute(request.clone()).await.unwrap().into_inner();
    let scores: Vec<_> =
        answer.results.iter().map(|it| score(it.result.as_ref().unwrap())).collect();
    // Nobody in the compound has an entry: there is no best to compare with, so both are incomplete.
    assert_eq!(scores, [None, None]);
    assert_eq!(answer.quotas[0].groups[0].seats, 1);
    let bad = v1::ComputeRequest {
        fact_lines: vec![r#"{"subject":"a","metrics":{"x":1e5}}"#.into(), "{".into()],
        ..request
    };
    let refused = served.evaluations().compute(bad).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let fields: Vec<_> = violations(&refused).into_iter().map(|it| it.0).collect();
    assert_eq!(fields, ["fact_lines[0].metrics.x", "fact_lines[1].$"]);
}
