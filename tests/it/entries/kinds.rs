//! Recording: every kind comes back, and what a county's state refuses.

use steelyard::proto::v1::{self, ConductStepKind as Step, SubjectKind, fact::Fact as Kind};

use super::{about, both, case, check_in, listed, report, reverse, step, told};
use crate::harness::{date, entry, reason, record_facts, violations};

const AT: &str = "2023-01-05T02:00:00Z";

#[tokio::test]
async fn every_kind_comes_back_as_it_was_sent_and_late_ones_say_why() {
    for served in both("entries_kinds").await {
        let late = v1::Fact {
            late_reason: "单位迟报".into(),
            evidence: vec!["档案 3".into()],
            ..report("m1", "u-1", "91.5", AT)
        };
        let sent = vec![
            check_in("m1", "k-01", "2022-02-01"),
            step("m1", "c-1", Step::PutRight, "2022-04-09"),
            case("m1", "c-1", "2022-04-01", Some("2022-04-30")),
            case("m1", "c-2", "2022-04-01", None),
            step("m1", "c-1", Step::NotPutRight, "2022-04-08"),
            step("m1", "c-1", Step::Exposed, "2022-04-08"),
            step("m1", "c-1", Step::Reported, "2022-04-08"),
            late,
        ];
        let ids = told(&served, "1", sent.clone()).await;
        let found = listed(&served, "m1").await;
        assert_eq!(found.len(), sent.len());
        for ((sent, id), mut found) in sent.into_iter().zip(ids).zip(found) {
            assert_eq!(std::mem::take(&mut found.fact_id), id);
            assert!(found.record_time.take().is_some());
            assert_eq!(found, sent);
        }
    }
}

#[tokio::test]
async fn facts_about_members_are_about_members_and_whole() {
    for served in both("entries_shape").await {
        let project = |fact: v1::Fact| v1::Fact {
            subject: Some(v1::SubjectRef { kind: SubjectKind::Project.into(), id: "p".into() }),
            ..fact
        };
        let mut half = report("m1", "u-1", "90", AT);
        let mut other_half = half.clone();
        if let (Some(Kind::Imported(a)), Some(Kind::Imported(b))) =
            (&mut half.fact, &mut other_half.fact)
        {
            a.reported_at = None;
            b.unit_branch_id.clear();
        }
        let long = v1::Fact { late_reason: "迟".repeat(667), ..entry("m1", "a", "2022-01-01") };
        let check = Kind::EntryCheck(v1::EntryCheck::default());
        let same = || case("m1", "c-7", "2022-01-01", None);
        let facts = vec![
            project(check_in("m1", "k-01", "2022-02-01")),
            project(case("m1", "c", "2022-02-02", Some("2022-02-01"))),
            project(step("m1", "c", Step::Unspecified, "2022-02-01")),
            project(report("m1", "u-1", "90", AT)),
            half,
            other_half,
            long,
            about("m1", check),
            about("m1", Kind::Objection(v1::Objection::default())),
            about("m1", Kind::Answer(v1::Answer::default())),
            about("m1", Kind::Proposal(v1::Proposal::default())),
            same(),
            same(),
            report("m1", "u-2", "90", AT),
            report("m1", "u-2", "80", AT),
        ];
        let status = served.facts().record_facts(record_facts("1", facts)).await.unwrap_err();
        let expected = [
            ("facts[0].subject.kind", "SUBJECT_KIND_INVALID"),
            ("facts[1].conduct.put_right_by", "INTERVAL_REVERSED"),
            ("facts[1].subject.kind", "SUBJECT_KIND_INVALID"),
            ("facts[2].conduct_step.step", "ENUM_UNSPECIFIED"),
            ("facts[2].subject.kind", "SUBJECT_KIND_INVALID"),
            ("facts[3].subject.kind", "SUBJECT_KIND_INVALID"),
            ("facts[4].imported.reported_at", "FIELD_MISSING"),
            ("facts[5].imported.unit_branch_id", "FIELD_MISSING"),
            ("facts[6].late_reason", "TEXT_INVALID"),
            ("facts[7].entry_check", "KIND_NOT_RECORDED_HERE"),
            ("facts[8].objection", "KIND_NOT_RECORDED_HERE"),
            ("facts[9].answer", "KIND_NOT_RECORDED_HERE"),
            ("facts[10].proposal", "PROPOSAL_IN_APPRAISAL"),
            ("facts[11].conduct.case_id", "DUPLICATE_IN_BATCH"),
            ("facts[12].conduct.case_id", "DUPLICATE_IN_BATCH"),
            ("facts[13].imported.reported_at", "DUPLICATE_IN_BATCH"),
            ("facts[14].imported.reported_at", "DUPLICATE_IN_BATCH"),
        ];
        assert_eq!(violations(&status), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        assert_eq!(reason(&status), "SUBJECT_KIND_INVALID");
    }
}

#[tokio::test]
async fn compounds_and_units_must_be_known_and_the_unit_the_members_own() {
    for served in both("entries_known").await {
        let of = |period: &str, unit: &str| {
            let mut fact = report("m1", unit, "90", AT);
            if let Some(Kind::Imported(it)) = &mut fact.fact {
                it.period = period.into();
            }
            fact
        };
        let facts = vec![
            check_in("m1", "k-99", "2022-02-01"),
            check_in("nobody", "k-99", "2022-02-01"),
            of("2022", "u-9"),
            of("2022", "b-1"),
            of("2022-H2", "u-1"),
            of("2022-H1", "u-2"),
            report("m2", "u-1", "90", AT),
            // Before the move, after it, and of a year that has both.
            of("2022-H1", "u-1"),
            of("2022-Q3", "u-2"),
            of("2022", "u-1"),
            of("2022", "u-2"),
            of("2021", "u-1"),
        ];
        let expected = [
            "FailedPrecondition COMPOUND_UNKNOWN",
            "FailedPrecondition SUBJECT_UNKNOWN",
            "FailedPrecondition UNIT_UNKNOWN",
            "FailedPrecondition UNIT_UNKNOWN",
            "FailedPrecondition NOT_OF_THIS_UNIT",
            "FailedPrecondition NOT_OF_THIS_UNIT",
            "FailedPrecondition NOT_OF_THIS_UNIT",
            "f1",
            "f2",
            "f3",
            "f4",
            "FailedPrecondition NOT_OF_THIS_UNIT",
        ];
        assert_eq!(told(&served, "1", facts).await, expected);
    }
}

#[tokio::test]
async fn a_case_and_a_report_are_there_once_whatever_their_source_record() {
    for served in both("entries_once").await {
        let from = |fact: v1::Fact, record: &str| v1::Fact {
            source: "oa".into(),
            source_record: record.into(),
            ..fact
        };
        let case = || case("m1", "c-1", "2022-04-01", Some("2022-04-30"));
        let report = |raw: &str| report("m1", "u-1", raw, AT);
        let first = vec![from(case(), "1"), from(report("90"), "2")];
        assert_eq!(told(&served, "1", first.clone()).await, ["f1", "f2"]);
        assert_eq!(told(&served, "2", first).await, ["= f1", "= f2"], "the same source records");
        let again = vec![from(case(), "3"), report("90.00")];
        assert_eq!(told(&served, "3", again).await, ["= f1", "= f2"], "others, or none");
        let mut other = case();
        if let Some(Kind::Conduct(it)) = &mut other.fact {
            it.put_right_by = date("2022-05-01");
        }
        let late = v1::Fact { late_reason: "迟报".into(), ..report("90") };
        let others = vec![
            other.clone(),
            from(other.clone(), "1"),
            report("91"),
            v1::Fact { evidence: vec!["x".into()], ..case() },
        ];
        let expected = [
            "AlreadyExists CASE_EXISTS f1",
            "AlreadyExists SOURCE_RECORD_EXISTS f1",
            "AlreadyExists REPORT_EXISTS f2",
            "AlreadyExists CASE_EXISTS f1",
        ];
        for (index, fact) in others.into_iter().enumerate() {
            let answer = told(&served, &format!("other-{index}"), vec![fact]).await;
            assert_eq!(answer, [expected[index]]);
        }
        assert_eq!(told(&served, "late", vec![late]).await, ["AlreadyExists REPORT_EXISTS f2"]);
        // Another member, another moment are others; and what is reversed makes room.
        let mut later = report("91");
        if let Some(Kind::Imported(it)) = &mut later.fact {
            it.reported_at = Some("2023-01-05T02:00:00.000001Z".parse().unwrap());
        }
        let mut of_m2 = case();
        of_m2.subject.as_mut().unwrap().id = "m2".into();
        assert_eq!(told(&served, "new", vec![later, of_m2]).await, ["f3", "f4"]);
        reverse(&served, "r-1", "f1").await;
        reverse(&served, "r-2", "f2").await;
        assert_eq!(told(&served, "corrected", vec![other, report("95")]).await, ["f7", "f8"]);
        let kept: Vec<_> = listed(&served, "m1").await.into_iter().map(|it| it.fact_id).collect();
        assert_eq!(kept, ["f3", "f7", "f8"]);
    }
}

#[tokio::test]
async fn two_calls_at_once_bring_one_case_once() {
    for served in both("entries_together").await {
        let calls = (0..16).map(|index| {
            let mut client = served.facts();
            let on = if index == 0 { "2022-04-02" } else { "2022-04-01" };
            let request = record_facts(&format!("c-{index}"), vec![case("m1", "c-1", on, None)]);
            tokio::spawn(async move { client.record_facts(request).await.unwrap().into_inner() })
        });
        let mut told = Vec::new();
        for call in calls.collect::<Vec<_>>() {
            told.push(super::item(&call.await.unwrap().items[0]));
        }
        assert_eq!(told.iter().filter(|it| *it == "f1").count(), 1, "{told:?}");
        assert_eq!(listed(&served, "m1").await.len(), 1);
    }
}
