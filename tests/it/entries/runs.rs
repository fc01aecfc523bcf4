//! What a run reads of it: the same facts in whatever order they were recorded.

use steelyard::proto::v1::{self, ConductStepKind as Step, EntryVerdict as Verdict};

use super::{
    both, case, check_in,
    checks::{check, word},
    report, reverse, step, told,
};
use crate::{
    harness::{COUNTY, Served, entry},
    scheme_rpc::publish,
};

/// A scheme whose entries are read one by one, with more of its keys.
fn scheme(id: &str, more: &str) -> String {
    format!(
        "
steelyard: scheme/v1
id: test.{id}
version: 1
title: 测试
subject: member
period: year
in_force: {{from: 2022-01-01}}
score:
  id: root
  out_of: 100
  sum:
    - {{id: a, counted: {{points: 2, valid: 24 months}}}}
    - {{id: unit, out_of: 50, imported: {{source: unit_branch}}, missing: zero}}
grades:
  - {{id: good, at_least: 50}}
  - {{id: poor}}
{more}"
    )
}

/// The digest of all facts that a run of a scheme read.
async fn facts_of(served: &Served, id: &str, name: &str) -> String {
    let request = v1::StartRunRequest {
        county: COUNTY.into(),
        request_id: format!("run-{id}-{name}"),
        scheme_id: format!("test.{id}"),
        period: "2022".into(),
        ..Default::default()
    };
    let run_id = served.evaluations().start_run(request).await.unwrap().into_inner().run.unwrap();
    while served.app.work_once("test").await.unwrap() {}
    let request = v1::GetRunRequest { county: COUNTY.into(), run_id: run_id.run_id };
    let run = served.evaluations().get_run(request).await.unwrap().into_inner().run.unwrap();
    assert_eq!(run.facts_digest.len(), 64, "{run:?}");
    run.facts_digest
}

#[tokio::test]
async fn a_run_reads_them_of_all_time_in_any_order_and_only_where_it_asks() {
    let mut digests = Vec::new();
    for served in both("entries_runs").await {
        for backwards in [false, true] {
            let name = |what: &str| format!("{what}-{backwards}");
            if !backwards {
                publish(&served, "all", &scheme("all", "check_in: {}\nconduct: {}\n"))
                    .await
                    .unwrap();
                publish(&served, "plain", &scheme("plain", "")).await.unwrap();
                let entries = ["2022-03-01", "2022-03-02"].map(|it| entry("m1", "a", it));
                told(&served, "entries", entries.into()).await;
            }
            let before = [
                facts_of(&served, "all", &name("before")).await,
                facts_of(&served, "plain", &name("before")).await,
            ];
            // Long before the period, and after it.
            let mut facts = vec![
                check_in("m1", "k-01", "2019-06-01"),
                check_in("m1", "k-02", "2024-06-01"),
                case("m1", "c-1", "2019-06-01", Some("2019-06-30")),
                step("m1", "c-1", Step::PutRight, "2019-07-02"),
                step("m1", "c-1", Step::PutRight, "2019-06-29"),
            ];
            if backwards {
                facts.reverse();
            }
            let mut recorded = Vec::new();
            for (index, fact) in facts.into_iter().enumerate() {
                recorded.extend(told(&served, &name(&format!("f-{index}")), vec![fact]).await);
            }
            let after = [
                facts_of(&served, "all", &name("after")).await,
                facts_of(&served, "plain", &name("after")).await,
            ];
            assert_ne!(before[0], after[0], "they are read");
            assert_eq!(before[1], after[1], "no other scheme sees them");
            let mut words =
                vec![word("f1", Verdict::Confirmed, "x"), word("f2", Verdict::Refused, "x")];
            let mut reports = vec![
                report("m1", "u-1", "90", "2023-01-05T02:00:00Z"),
                report("m1", "u-1", "80", "2023-01-06T02:00:00Z"),
                report("m1", "u-2", "70", "2023-01-04T02:00:00Z"),
            ];
            if backwards {
                words.reverse();
                reports.reverse();
            }
            for (index, word) in words.into_iter().enumerate() {
                recorded.extend(check(&served, &name(&format!("c-{index}")), vec![word]).await);
            }
            let checked = facts_of(&served, "plain", &name("checked")).await;
            assert_ne!(checked, after[1], "single entries carry their checks");
            for (index, fact) in reports.into_iter().enumerate() {
                recorded.extend(told(&served, &name(&format!("r-{index}")), vec![fact]).await);
            }
            let reported = facts_of(&served, "plain", &name("reported")).await;
            assert_ne!(reported, checked);
            digests.push([before.concat(), after.concat(), checked, reported]);
            // And all of it is taken back.
            for id in recorded {
                reverse(&served, &name(&format!("reverse-{id}")), &id).await;
            }
            assert_eq!(facts_of(&served, "all", &name("gone")).await, before[0]);
        }
    }
    digests.dedup();
    assert_eq!(digests.len(), 1, "both stores, both ways");
}
