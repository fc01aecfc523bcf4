//! Facts as a caller sees them.

use std::{collections::BTreeSet, time::Duration};

use steelyard::proto::v1::{self, ItemState, SubjectKind, fact::Fact as Kind};
use tonic::Code;

use crate::{
    harness::{
        COUNTY, Served, date, decimal, entry, member, reason, record_facts, served, violations,
    },
    scheme_rpc::{document, publish},
};

fn about(member: &str, kind: Kind) -> v1::Fact {
    v1::Fact { fact: Some(kind), ..entry(member, "x", "2022-01-01") }
}

/// One fact of every kind.
fn one_of_each() -> Vec<v1::Fact> {
    let period = || "2022".to_owned();
    let state = v1::NodeStateKind::Excused.into();
    vec![
        v1::Fact {
            evidence: vec!["档案 12".into()],
            source: "oa".into(),
            source_record: "r-1".into(),
            ..entry("m1", "volunteering", "2022-03-05")
        },
        about(
            "m1",
            Kind::Sheet(v1::Sheet {
                item: "tidiness".into(),
                role: "street".into(),
                assessor: "o-1".into(),
                at: Some("2022-11-30T01:00:00Z".parse().unwrap()),
                points: decimal("9.5"),
                period: period(),
            }),
        ),
        about(
            "m1",
            Kind::Ballot(v1::Ballot {
                ballot: "neighbours".into(),
                period: period(),
                counts: [("good".to_owned(), 3), ("poor".to_owned(), 0)].into(),
                eligible: Some(12),
            }),
        ),
        about(
            "m1",
            Kind::Survey(v1::Survey {
                survey: "owners".into(),
                channel: "paper".into(),
                period: period(),
                answered: 10,
                satisfied: 10,
            }),
        ),
        about(
            "m1",
            Kind::Metric(v1::Metric {
                name: "late_days".into(),
                period: "2022-H1".into(),
                value: decimal("-0.0001"),
            }),
        ),
        about(
            "m1",
            Kind::Imported(v1::Import {
                source: "unit_branch".into(),
                period: period(),
                raw: decimal("101"),
                full: decimal("100"),
                bonus: true,
                ..Default::default()
            }),
        ),
        about(
            "m1",
            Kind::Veto(v1::Veto {
                item: "misconduct".into(),
                raised_by: "street".into(),
                effective_from: date("2022-05-01"),
                effective_until: None,
                ..Default::default()
            }),
        ),
        about(
            "m1",
            Kind::Finding(v1::Finding {
                finding: "negative_conduct".into(),
                effective_from: date("2022-05-01"),
                effective_until: date("2022-05-01"),
            }),
        ),
        about(
            "m1",
            Kind::NodeState(v1::NodeState {
                node: "compound".into(),
                state,
                reason: "病假".into(),
                period: period(),
            }),
        ),
    ]
}

async fn list(served: &Served, request: v1::ListFactsRequest) -> v1::ListFactsResponse {
    let request = v1::ListFactsRequest { county: COUNTY.into(), ..request };
    served.facts().list_facts(request).await.unwrap().into_inner()
}

fn of(member: &str) -> v1::ListFactsRequest {
    let kind = SubjectKind::Member.into();
    v1::ListFactsRequest {
        subject: Some(v1::SubjectRef { kind, id: member.into() }),
        ..Default::default()
    }
}

fn reversal(request_id: &str, fact_id: &str) -> v1::ReverseFactRequest {
    v1::ReverseFactRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        fact_id: fact_id.into(),
        reason: "登记有误".into(),
        recorded_by: "clerk".into(),
        evidence: vec![],
    }
}

#[tokio::test]
async fn every_kind_is_recorded_and_listed_as_it_was_sent() {
    let served = served().await.with_a_county().await;
    publish(&served, "s", &document("a.one", 1, "")).await.unwrap();
    let decision = v1::Fact {
        subject: None,
        ..about(
            "m1",
            Kind::Decision(v1::Decision {
                scheme_id: "a.one".into(),
                for_grade: "good".into(),
                within_group: "guishan".into(),
                order: vec!["m2".into(), "m1".into()],
                period: "2022".into(),
                decided_by: "street".into(),
                reason: "合议".into(),
            }),
        )
    };
    let mut sent = one_of_each();
    sent.push(decision);
    let answer = served.facts().record_facts(record_facts("1", sent.clone())).await.unwrap();
    let answer = answer.into_inner();
    assert!(answer.items.iter().all(|it| it.state() == ItemState::Recorded), "{answer:?}");
    if let Some(Kind::Entry(entry)) = &mut sent[0].fact {
        entry.times = decimal("1");
    }
    let listed = list(&served, v1::ListFactsRequest::default()).await.facts;
    assert_eq!(listed.len(), 10);
    for ((sent, mut found), item) in sent.into_iter().zip(listed).zip(answer.items) {
        assert_eq!(std::mem::take(&mut found.fact_id), item.id);
        assert!(found.record_time.take().is_some());
        assert_eq!(found, sent);
    }
}

#[tokio::test]
async fn faults_of_shape_are_told_at_once_and_nothing_is_stored() {
    let served = served().await.with_a_county().await;
    let mut precise = entry("m1", "volunteering", "2022-01-01");
    if let Some(Kind::Entry(entry)) = &mut precise.fact {
        entry.times = decimal("0.00001");
        entry.points = decimal("1e3");
    }
    let negative = about(
        "m1",
        Kind::Survey(v1::Survey {
            survey: "owners".into(),
            channel: "paper".into(),
            period: "2022-H3".into(),
            answered: 1,
            satisfied: 2,
        }),
    );
    let import = about(
        "m1",
        Kind::Imported(v1::Import {
            source: "unit_branch".into(),
            period: "2022".into(),
            raw: decimal("101"),
            full: decimal("100"),
            bonus: false,
            ..Default::default()
        }),
    );
    let mut nobody = entry("m1", "volunteering", "2022-02-29");
    nobody.subject = None;
    nobody.recorded_by = String::new();
    nobody.fact_id = "f1".into();
    let mut kindless = entry("m1", "volunteering", "2022-01-01");
    kindless.fact = None;
    let mut twice = entry("m1", "volunteering", "2022-01-01");
    twice.source_record = "r".into();
    let good = entry("m1", "volunteering", "2022-01-01");
    let facts = vec![precise, negative, import, nobody, kindless, twice.clone(), twice, good];
    let status = served.facts().record_facts(record_facts("1", facts)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let expected = [
        ("facts[0].entry.times", "DECIMAL_TOO_PRECISE"),
        ("facts[0].entry.points", "DECIMAL_INVALID"),
        ("facts[1].survey.period", "PERIOD_INVALID"),
        ("facts[1].survey.satisfied", "SATISFIED_ABOVE_ANSWERED"),
        ("facts[2].imported.raw", "RAW_ABOVE_FULL"),
        ("facts[3].subject", "SUBJECT_MISSING"),
        ("facts[3].recorded_by", "RECORDED_BY_MISSING"),
        ("facts[3].fact_id", "OUTPUT_FIELD_SET"),
        ("facts[3].entry.on", "DATE_INVALID"),
        ("facts[4].fact", "FACT_KIND_MISSING"),
        ("facts[5].source_record", "DUPLICATE_IN_BATCH"),
        ("facts[6].source_record", "DUPLICATE_IN_BATCH"),
    ];
    assert_eq!(violations(&status), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    assert_eq!(list(&served, of("m1")).await.facts, []);
    // The id was not taken: a request of bad shape is none.
    let good = record_facts("1", vec![entry("m1", "volunteering", "2022-01-01")]);
    assert!(served.facts().record_facts(good).await.is_ok());
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_a_reused_id_is_refused() {
    let served = served().await.with_a_county().await;
    let request =
        record_facts("1", vec![entry("m1", "a", "2022-01-01"), entry("mx", "a", "2022-01-01")]);
    let mut client = served.facts();
    let first = client.record_facts(request.clone()).await.unwrap().into_inner();
    assert_eq!(first.items[1].reason, "SUBJECT_UNKNOWN");
    // What is registered afterwards changes nothing of the answer.
    served.upsert("late", vec![member("mx")]).await;
    let again = client.record_facts(request).await.unwrap().into_inner();
    assert_eq!(prost::Message::encode_to_vec(&first), prost::Message::encode_to_vec(&again));
    assert_eq!(list(&served, of("m1")).await.facts.len(), 1);
    let other = record_facts("1", vec![entry("m1", "a", "2022-01-02")]);
    let status = client.record_facts(other).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::AlreadyExists, "REQUEST_ID_REUSED")
    );
    let status = client.reverse_fact(reversal("1", "f1")).await.unwrap_err();
    assert_eq!(reason(&status), "REQUEST_ID_REUSED", "by another method");
}

#[tokio::test]
async fn a_source_record_is_taken_once() {
    let served = served().await.with_a_county().await;
    let mut client = served.facts();
    let fact = v1::Fact {
        source: "oa".into(),
        source_record: "77".into(),
        ..entry("m1", "a", "2022-01-01")
    };
    let mut item = async |request_id: &str, fact: v1::Fact| {
        let answer = client.record_facts(record_facts(request_id, vec![fact])).await.unwrap();
        answer.into_inner().items.remove(0)
    };
    let first = item("1", fact.clone()).await;
    assert_eq!((first.state(), first.id.as_str()), (ItemState::Recorded, "f1"));
    let same = item("2", fact.clone()).await;
    assert_eq!((same.state(), same.id.as_str()), (ItemState::Unchanged, "f1"));
    let mut other = v1::Fact { source_record: "77".into(), ..entry("m1", "a", "2022-01-02") };
    other.source = "oa".into();
    let refused = item("3", other.clone()).await;
    assert_eq!((refused.code, refused.reason.as_str()), (6, "SOURCE_RECORD_EXISTS"));
    assert!(!refused.text.unwrap().zh.is_empty());
    other.source = "another".into();
    assert_eq!(item("4", other).await.state(), ItemState::Recorded);
}

#[tokio::test]
async fn a_reversal_counts_from_its_moment_on_and_happens_once() {
    let served = served().await.with_a_county().await;
    let mut client = served.facts();
    let request =
        record_facts("1", vec![entry("m1", "a", "2022-01-01"), entry("m1", "b", "2022-01-02")]);
    client.record_facts(request).await.unwrap();
    served.clock.set("2023-02-01T00:00:00Z");
    let answer = client.reverse_fact(reversal("2", "f1")).await.unwrap().into_inner();
    let fact = answer.fact.clone().unwrap();
    assert_eq!((fact.reversed_by.as_str(), fact.reverse_reason.as_str()), ("f3", "登记有误"));
    let again = client.reverse_fact(reversal("2", "f1")).await.unwrap().into_inner();
    assert_eq!(answer, again);
    let status = client.reverse_fact(reversal("3", "f1")).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::FailedPrecondition, "FACT_REVERSED")
    );
    for id in ["f3", "f99", "x"] {
        let status = client.reverse_fact(reversal("4", id)).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, "FACT_NOT_FOUND"));
    }
    let known_at = Some("2023-01-31T00:00:00Z".parse().unwrap());
    for all in [of("m1"), v1::ListFactsRequest::default()] {
        let ids = async |request| {
            let facts = list(&served, request).await.facts.into_iter();
            facts.map(|it| it.fact_id).collect::<Vec<_>>()
        };
        assert_eq!(ids(all.clone()).await, ["f2"]);
        let earlier = v1::ListFactsRequest { known_at, ..all.clone() };
        assert_eq!(ids(earlier).await, ["f1", "f2"]);
        let reversed = v1::ListFactsRequest { include_reversed: true, ..all };
        assert_eq!(ids(reversed).await, ["f1", "f2"]);
    }
}

#[tokio::test]
async fn facts_are_listed_by_kind_period_and_days_and_by_page() {
    let served = served().await.with_a_county().await;
    served.facts().record_facts(record_facts("1", one_of_each())).await.unwrap();
    let ids = async |request: v1::ListFactsRequest| {
        let mut request = v1::ListFactsRequest { page_size: 2, ..request };
        let mut ids = Vec::new();
        loop {
            let page = list(&served, request.clone()).await;
            ids.extend(page.facts.into_iter().map(|it| it.fact_id));
            if page.next_page_token.is_empty() {
                return ids;
            }
            request.page_token = page.next_page_token;
        }
    };
    for all in [of("m1"), v1::ListFactsRequest::default()] {
        assert_eq!(ids(all.clone()).await.len(), 9);
        let kinds = vec![v1::FactKind::Veto.into(), v1::FactKind::Sheet.into()];
        assert_eq!(ids(v1::ListFactsRequest { kinds, ..all.clone() }).await, ["f2", "f7"]);
        let half = v1::ListFactsRequest { period: "2022-H1".into(), ..all.clone() };
        assert_eq!(ids(half).await, ["f1", "f5", "f7", "f8"]);
        let later = v1::ListFactsRequest { from_day: date("2022-07-01"), ..all.clone() };
        assert_eq!(ids(later).await, ["f2", "f3", "f4", "f6", "f7", "f9"]);
        let before = v1::ListFactsRequest { until_day: date("2021-12-31"), ..all };
        assert_eq!(ids(before).await.len(), 0);
    }
    let both = v1::ListFactsRequest {
        county: COUNTY.into(),
        period: "2022".into(),
        from_day: date("2022-01-01"),
        ..of("m1")
    };
    assert_eq!(reason(&served.facts().list_facts(both).await.unwrap_err()), "RANGE_AND_PERIOD");
}

#[tokio::test]
async fn the_schemes_in_force_say_who_raises_a_veto_and_how_many_points_there_are() {
    let served = served().await.with_a_county().await;
    let vetoes = "vetoes:\n  - {id: misconduct, title: 违纪, raised_by: [community], then: {excluded: true}}\n";
    publish(&served, "s", &document("a.one", 1, vetoes)).await.unwrap();
    let all = one_of_each();
    let mut veto = all[6].clone();
    let sheet = all[1].clone();
    let mut unknown = veto.clone();
    if let Some(Kind::Veto(veto)) = &mut unknown.fact {
        veto.item = "unlisted".into();
    }
    let mut early = veto.clone();
    if let Some(Kind::Veto(veto)) = &mut early.fact {
        veto.effective_from = date("2021-12-31");
    }
    let facts = vec![veto.clone(), unknown, early, sheet.clone()];
    let answer = served.facts().record_facts(record_facts("1", facts)).await.unwrap();
    let reasons: Vec<_> = answer.into_inner().items.into_iter().map(|it| it.reason).collect();
    assert_eq!(reasons, ["VETO_NOT_ALLOWED", "", "", ""]);
    if let Some(Kind::Veto(veto)) = &mut veto.fact {
        veto.raised_by = "community".into();
    }
    let mut above = sheet;
    if let Some(Kind::Sheet(sheet)) = &mut above.fact {
        sheet.points = decimal("10.0001");
    }
    let answer = served.facts().record_facts(record_facts("2", vec![veto, above])).await.unwrap();
    let reasons: Vec<_> = answer.into_inner().items.into_iter().map(|it| it.reason).collect();
    assert_eq!(reasons, ["", "POINTS_OUT_OF_RANGE"]);
}

#[tokio::test]
async fn a_stream_stores_each_message_for_itself_and_judges_its_facts_singly() {
    let served = served().await.with_a_county().await;
    let message = |request_id: &str, facts| v1::StreamFactsRequest {
        county: COUNTY.into(),
        request_id: request_id.into(),
        facts,
    };
    let good = |day: &str| entry("m1", "a", day);
    let messages = vec![
        message("1", vec![good("2022-01-01"), good("2022-02-30"), good("2022-01-03")]),
        message("2", vec![entry("nobody", "a", "2022-01-01"), good("2022-01-04")]),
    ];
    let mut client = served.facts();
    let answer = client.stream_facts(tokio_stream::iter(messages.clone())).await.unwrap();
    let answer = answer.into_inner();
    let told: Vec<_> = answer
        .items
        .iter()
        .map(|it| (it.message_index, it.item_index, it.code, it.reason.as_str()))
        .collect();
    assert_eq!(told, [(0, 1, 3, "DATE_INVALID"), (1, 0, 9, "SUBJECT_UNKNOWN")]);
    let counts = answer.counts.unwrap();
    assert_eq!((counts.recorded, counts.refused, counts.messages), (3, 2, 2));
    let again = client.stream_facts(tokio_stream::iter(messages)).await.unwrap().into_inner();
    assert_eq!(again.items, answer.items);
    assert_eq!(again.counts.unwrap().replayed_messages, 2);
    let facts = list(&served, of("m1")).await.facts;
    assert_eq!(facts.len(), 3);
    let moments: BTreeSet<_> = facts.iter().map(|it| it.record_time.unwrap().nanos).collect();
    assert_eq!(moments.len(), 2, "one transaction for each message");
}

#[tokio::test]
async fn calls_that_come_together_share_commits_and_keep_their_own_answers() {
    let served = served().await.with_a_county().await;
    // The store in memory has one connection: while it is held, the calls queue up.
    let held = served.app.store.begin().await.unwrap();
    let calls = (0..64).map(|index| {
        let mut client = served.facts();
        let who = if index == 7 { "nobody" } else { "m1" };
        let fact = v1::Fact {
            // Two calls bring the same source record.
            source_record: format!("r-{}", if index == 9 { 8 } else { index }),
            ..entry(who, "a", "2022-01-01")
        };
        let request_id = format!("c-{}", if index == 11 { 10 } else { index });
        tokio::spawn(
            async move { client.record_facts(record_facts(&request_id, vec![fact])).await },
        )
    });
    let calls: Vec<_> = calls.collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    drop(held);
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.unwrap());
    }
    let reused = answers.iter().filter(|it| it.is_err()).count();
    assert_eq!(reused, 1, "one id for two different messages");
    let items: Vec<_> =
        answers.into_iter().flatten().map(|it| it.into_inner().items[0].clone()).collect();
    let count = |state| items.iter().filter(|it| it.state() == state).count();
    assert_eq!(count(ItemState::Refused), 1, "nobody");
    assert_eq!(count(ItemState::Unchanged), 1, "the same source record");
    let ids: BTreeSet<_> =
        items.iter().filter(|it| it.state() == ItemState::Recorded).map(|it| &it.id).collect();
    assert_eq!(ids.len(), 61);
    let facts = list(&served, of("m1")).await.facts;
    assert_eq!(facts.len(), 61);
    let moments: BTreeSet<_> = facts.iter().map(|it| it.record_time.unwrap().nanos).collect();
    assert!(moments.len() <= 4, "{} transactions for 64 calls", moments.len());
    let mut tx = served.app.store.read().await.unwrap();
    let audit = tx.audit_page(COUNTY, 0, 1_000).await.unwrap();
    let own = audit.iter().filter(|it| it.entry.method == "FactService.RecordFacts");
    assert_eq!(own.count(), 63, "each answered call has its own entry");
}
