//! Sheets that come past a round: refused while it is open, and then they say why they are late.

use steelyard::proto::v1::{self, RecordKind};

use super::{
    ALL, add, assignment, begun, close, done, everybody, excuse, held_by, ledger, on_both, open,
    opening, proved, publish, scheme,
};
use crate::harness::{COUNTY, Served, decimal, reason, record_facts, violations};

on_both!(
    what_a_round_expects_comes_by_the_round,
    the_source_of_rounds_is_theirs,
    a_sheet_counts_once_whichever_way_it_came,
    another_scheme_s_full_marks_hold_no_round_up,
);

/// A sheet of the round's period.
pub(super) fn sheet(subject: &str, (item, role): (&str, &str), points: &str) -> v1::Fact {
    let kind = v1::SubjectKind::Project.into();
    v1::Fact {
        subject: Some(v1::SubjectRef { kind, id: subject.into() }),
        recorded_by: "clerk".into(),
        fact: Some(v1::fact::Fact::Sheet(v1::Sheet {
            item: item.into(),
            role: role.into(),
            assessor: "somebody".into(),
            at: Some(prost_types::Timestamp { seconds: 1_673_300_000, nanos: 0 }),
            points: decimal(points),
            period: "2022-H2".into(),
        })),
        ..Default::default()
    }
}

/// What became of facts, each as its reason or `recorded`.
async fn sent(on: &Served, request_id: &str, facts: Vec<v1::Fact>) -> Vec<String> {
    let answer = on.facts().record_facts(record_facts(request_id, facts)).await.unwrap();
    let shown = |it: &v1::ItemStatus| match it.state() {
        v1::ItemState::Refused => {
            let text = it.text.clone().unwrap();
            assert!(text.en.len() > 10 && text.zh.chars().any(|it| it > '\u{2e80}'), "{text:?}");
            it.reason.clone()
        }
        v1::ItemState::Unspecified | v1::ItemState::Recorded | v1::ItemState::Unchanged => {
            "recorded".to_owned()
        }
    };
    answer.into_inner().items.iter().map(shown).collect()
}

async fn what_a_round_expects_comes_by_the_round(on: &Served) {
    let before = sheet("pr-1", ("tidy", "street"), "1");
    assert_eq!(sent(on, "before", vec![before]).await, ["recorded"], "there is no round");
    begun(on).await;
    let elsewhen = |mut it: v1::Fact| {
        let Some(v1::fact::Fact::Sheet(sheet)) = &mut it.fact else { panic!() };
        sheet.period = "2023-H1".into();
        it
    };
    let facts = || {
        vec![
            // Expected, whoever the assessor.
            sheet("pr-1", ("tidy", "street"), "1"),
            sheet("pr-3", ("open", "community"), "1"),
            // Another subject of the role, another role, an item of another scheme, another period.
            sheet("pr-3", ("tidy", "street"), "1"),
            sheet("pr-2", ("open", "community"), "1"),
            sheet("pr-1", ("cleaning", "street"), "1"),
            elsewhen(sheet("pr-1", ("tidy", "street"), "1")),
        ]
    };
    let (no, yes) = ("SHEET_IN_ROUND", "recorded");
    assert_eq!(sent(on, "1", facts()).await, [no, no, yes, yes, yes, yes]);
    // While it is open no reason helps.
    let late = |it: v1::Fact| v1::Fact { late_reason: "补报".into(), ..it };
    let two = || facts().into_iter().take(2);
    assert_eq!(sent(on, "2", two().map(late).collect()).await, [no, no]);
    let message = v1::StreamFactsRequest {
        county: COUNTY.into(),
        request_id: "3".into(),
        facts: two().collect(),
    };
    let answer = on.facts().stream_facts(tokio_stream::once(message)).await.unwrap().into_inner();
    assert_eq!(answer.counts.unwrap().refused, 2);
    for it in ALL {
        done(on, it).await;
    }
    close(on, "close", "").await.unwrap();
    let count = ledger(on).await.len();
    assert_eq!(sent(on, "4", two().collect()).await, [no, no], "closed, and no reason");
    assert_eq!(sent(on, "5", two().map(late).collect()).await, [yes, yes]);
    assert_eq!(ledger(on).await.len(), count + 2);
    proved(on).await;
}

/// The sheet of an assessor of the round, past it.
fn by_assessor(assessor: &str) -> v1::Fact {
    let mut fact = sheet("pr-1", ("tidy", "street"), "1");
    if let Some(v1::fact::Fact::Sheet(sheet)) = &mut fact.fact {
        sheet.assessor = assessor.into();
    }
    fact
}

async fn a_sheet_counts_once_whichever_way_it_came(on: &Served) {
    let recorded = record_facts("early", vec![by_assessor("s-1")]);
    let recorded = on.facts().record_facts(recorded).await.unwrap().into_inner();
    open(on, opening("r1")).await.unwrap();
    let refused = add(on, "too-soon", everybody()).await.unwrap_err();
    let found: Vec<_> = violations(&refused).into_iter().map(|it| (it.0, it.1)).collect();
    let path = "assignments[1].subject_ids[0]".to_owned();
    assert_eq!(found, [(path, "SHEET_RECORDED".to_owned())]);
    let reverse = v1::ReverseFactRequest {
        county: COUNTY.into(),
        request_id: "reverse".into(),
        fact_id: recorded.items[0].id.clone(),
        reason: "改由考核轮次提交".into(),
        recorded_by: "clerk".into(),
        evidence: Vec::new(),
    };
    on.facts().reverse_fact(reverse).await.unwrap();
    assert_eq!(add(on, "everybody", everybody()).await.unwrap(), (7, 0));
    for it in ALL {
        done(on, it).await;
    }
    close(on, "close", "").await.unwrap();
    // What the round recorded is not recorded beside it, whatever the reason.
    let late = v1::Fact { late_reason: "补报".into(), ..by_assessor("s-1") };
    assert_eq!(sent(on, "beside", vec![late.clone()]).await, ["SHEET_IN_ROUND"]);
    let other = v1::Fact { late_reason: "补报".into(), ..by_assessor("s-2") };
    assert_eq!(sent(on, "another", vec![other]).await, ["recorded"], "another assessor");
    let listing = v1::ListFactsRequest {
        county: COUNTY.into(),
        subject: Some(v1::SubjectRef { kind: v1::SubjectKind::Project.into(), id: "pr-1".into() }),
        kinds: vec![v1::FactKind::Sheet.into()],
        ..Default::default()
    };
    let listed = on.facts().list_facts(listing).await.unwrap().into_inner().facts;
    let of_round = listed.into_iter().find(|it| it.source_record == "r1/street/s-1/pr-1/tidy");
    let reverse = v1::ReverseFactRequest {
        county: COUNTY.into(),
        request_id: "reverse-2".into(),
        fact_id: of_round.unwrap().fact_id,
        reason: "误打".into(),
        recorded_by: "clerk".into(),
        evidence: Vec::new(),
    };
    on.facts().reverse_fact(reverse).await.unwrap();
    assert_eq!(sent(on, "instead", vec![late]).await, ["recorded"]);
    proved(on).await;
}

async fn another_scheme_s_full_marks_hold_no_round_up(on: &Served) {
    begun(on).await;
    for it in ALL {
        done(on, it).await;
    }
    publish(
        on,
        scheme("test.smaller-marks", "")
            .replace("out_of: 40,", "out_of: 4,")
            .replace("base: 40", "base: 76"),
    )
    .await;
    close(on, "close", "").await.unwrap();
}

async fn the_source_of_rounds_is_theirs(on: &Served) {
    begun(on).await;
    // Whoever knows the id of a fact to be cannot keep the round from closing.
    let mut forged = sheet("pr-3", ("tidy", "street"), "1");
    forged.source = "round".into();
    forged.source_record = "r1/street/s-9/pr-3/tidy".into();
    let request = record_facts("1", vec![forged.clone()]);
    let status = on.facts().record_facts(request).await.unwrap_err();
    let told = [("facts[0].source".to_owned(), "SOURCE_RESERVED".to_owned())];
    assert_eq!((reason(&status), violations(&status)), ("SOURCE_RESERVED".into(), told.to_vec()));
    forged.source = "elsewhere".into();
    assert_eq!(sent(on, "2", vec![forged]).await, ["recorded"]);
    let more = assignment(("street", "s-9"), held_by(RecordKind::Street, "guishan"), &["pr-3"]);
    add(on, "more", vec![more]).await.unwrap();
    for it in ALL {
        done(on, it).await;
    }
    excuse(on, "no", ("street", "s-9"), "").await.unwrap();
    close(on, "close", "").await.unwrap();
    proved(on).await;
}
