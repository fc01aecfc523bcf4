//! The calls of the trail, the task that signs, and a county that takes no writes.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use prost_types::Timestamp;
use steelyard::{
    app::{
        App,
        audit::{self, Outside},
    },
    proto::v1,
    sign::ReceiptKeys,
};
use tonic::Code;

use super::trail::{Trail, address};
use crate::{
    harness::{COUNTY, entry, reason, record_facts, served, served_over, violations},
    receipts::year::published,
};

fn asked() -> v1::ListAuditRequest {
    v1::ListAuditRequest { county: COUNTY.into(), ..Default::default() }
}

#[tokio::test]
async fn entries_are_listed_by_page_and_by_what_is_asked_for_on_sqlite() {
    listed("sqlite::memory:").await;
}

#[tokio::test]
async fn entries_are_listed_by_page_and_by_what_is_asked_for_on_postgres() {
    listed(&address(true, "listed").await).await;
}

async fn listed(url: &str) {
    let (served, run) = published(url).await;
    let list = async |request: v1::ListAuditRequest| {
        served.audit().list_audit(request).await.unwrap().into_inner()
    };
    let all = list(asked()).await;
    let head = all.head.clone().unwrap();
    assert_eq!(head.count, i64::try_from(all.entries.len()).unwrap());
    assert_eq!(all.entries.last().unwrap().hash, head.hash);
    for (number, pair) in (2..).zip(all.entries.windows(2)) {
        assert_eq!((pair[1].seq, &pair[1].previous_hash), (number, &pair[0].hash));
    }
    assert_eq!(all.checkpoint, None);
    let (mut paged, mut token) = (Vec::new(), String::new());
    loop {
        let page = v1::ListAuditRequest { page_size: 4, page_token: token, ..asked() };
        let page = list(page).await;
        assert!(page.entries.len() <= 4);
        paged.extend(page.entries);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(paged, all.entries, "pages are pages of the list");
    let runs = list(v1::ListAuditRequest { subject_prefix: "run/".into(), ..asked() }).await;
    let subjects: Vec<_> = runs.entries.iter().map(|it| it.subject.as_str()).collect();
    assert_eq!(subjects.len(), 4, "two started, two published: {subjects:?}");
    assert_eq!(subjects[3], format!("run/{run}/publish"));
    let method = v1::ListAuditRequest { method_prefix: "FactService.Rev".into(), ..asked() };
    assert_eq!(list(method).await.entries[0].subject, "fact/f8 reversed by fact/f9");
    let nobody = v1::ListAuditRequest { principal: "nobody".into(), ..asked() };
    assert_eq!(list(nobody).await.entries, []);
    let after = v1::ListAuditRequest { after_seq: head.count - 1, ..asked() };
    assert_eq!(list(after).await.entries.len(), 1);
    let third = all.entries[2].record_time;
    let times =
        v1::ListAuditRequest { start_time: third, end_time: all.entries[4].record_time, ..asked() };
    let seqs: Vec<i64> = list(times).await.entries.iter().map(|it| it.seq).collect();
    assert_eq!(seqs, [3, 4], "the end is not included");
    // A token is of its request only, and every fault is told.
    let page = list(v1::ListAuditRequest { page_size: 4, ..asked() }).await;
    let other = v1::ListAuditRequest {
        county: "a b".into(),
        after_seq: -1,
        page_token: page.next_page_token,
        start_time: Some(Timestamp { seconds: 2, nanos: 0 }),
        end_time: Some(Timestamp { seconds: 1, nanos: 0 }),
        ..asked()
    };
    let refused = served.audit().list_audit(other).await.unwrap_err();
    let faults: Vec<String> = violations(&refused).into_iter().map(|it| it.1).collect();
    let expected = ["ID_INVALID", "COUNT_NEGATIVE", "INTERVAL_REVERSED", "PAGE_TOKEN_INVALID"];
    assert_eq!(faults, expected);
}

#[tokio::test]
async fn a_checkpoint_is_given_out_and_fits_the_trail() {
    let none = served().await;
    let request = v1::GetCheckpointRequest { county: COUNTY.into() };
    let refused = none.audit().get_checkpoint(request.clone()).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), (Code::NotFound, "CHECKPOINT_NOT_FOUND".into()));
    let trail = Trail::fill(&address(false, "checkpoint").await).await;
    let given = trail.served.audit().get_checkpoint(request).await.unwrap().into_inner();
    let read = audit::checkpoint::from_line(&given.line).unwrap();
    assert!(audit::checkpoint::is_signed(&read, trail.keys.keys()));
    let checkpoint = given.checkpoint.unwrap();
    assert_eq!((checkpoint.count, read.entries), (29, 29));
    assert_eq!(checkpoint.signature, read.signature);
    let outside = Outside { checkpoints: vec![read], keys: Some(trail.keys.keys().clone()) };
    let store = &trail.served.app.store;
    let proof = audit::verify(&**store, Some(COUNTY), &outside).await.unwrap();
    assert_eq!((proof.findings.as_slice(), proof.counties[0].outside), (&[][..], Some(29)));
}

/// Signs at a stop, after 1,000 entries at the latest, and not where nothing moved.
#[tokio::test(flavor = "multi_thread")]
async fn the_task_signs_into_its_file() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("audit-keys");
    let _ = fs::remove_dir_all(&folder);
    let keys = Arc::new(ReceiptKeys::open(&folder).unwrap());
    let served = served_over("sqlite::memory:").await.with_a_county().await;
    let app = served.app.clone().with_receipt_keys(Arc::clone(&keys));
    let lines = || fs::read_to_string(keys.checkpoints().unwrap()).unwrap_or_default();
    let during = |app: &App| {
        let (tell, told) = tokio::sync::watch::channel(false);
        (tell, tokio::spawn(audit::background(app.clone(), told)))
    };
    let (tell, task) = during(&app);
    tell.send_replace(true);
    task.await.unwrap();
    let first = lines();
    let read = audit::checkpoint::from_line(first.trim()).unwrap();
    assert_eq!((read.county.as_str(), read.entries), (COUNTY, 1));
    assert!(audit::checkpoint::is_signed(&read, keys.keys()));
    let (tell, task) = during(&app);
    tell.send_replace(true);
    task.await.unwrap();
    assert_eq!(lines(), first, "nothing moved, nothing is signed");
    let (tell, task) = during(&app);
    for number in 0..500 {
        let fact = entry("m1", "volunteering", "2022-03-05");
        let request = record_facts(&format!("r-{number}"), vec![fact]);
        served.facts().record_facts(request).await.unwrap();
    }
    let mut waited = 0;
    while lines() == first && waited < 600 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        waited += 1;
    }
    let second = lines();
    let entries = audit::checkpoint::from_line(second.lines().nth(1).unwrap()).unwrap().entries;
    assert!((401..=501).contains(&entries), "signed while it went on, at {entries}");
    tell.send_replace(true);
    task.await.unwrap();
    let last = audit::checkpoint::from_line(lines().lines().last().unwrap()).unwrap();
    assert_eq!(last.entries, 501);
}

/// The oldest entry without a checkpoint waits less than a minute, by the clock.
#[tokio::test]
async fn a_checkpoint_is_due_after_a_while() {
    let served = served_over("sqlite::memory:").await.with_a_county().await;
    let key = steelyard::sign::SigningKey::generate().unwrap();
    let app = served.app.clone().with_signer(Arc::new(key));
    let mut checkpoints = audit::Checkpoints::default();
    let newest = async || app.read().await.unwrap().newest_checkpoint(COUNTY).await.unwrap();
    for (at, due) in [("01:00:00", false), ("01:00:49", false), ("01:00:51", true)] {
        served.clock.set(&format!("2023-01-10T{at}Z"));
        checkpoints.look(&app, false).await.unwrap();
        assert_eq!(newest().await.is_some(), due, "{at}");
    }
}

/// What was rewritten while the service was stopped, stored checkpoints and all, is not signed: the
/// file beside the key remembers.
#[tokio::test]
async fn a_rewritten_trail_is_not_signed_after_a_start() {
    let url = address(false, "restart").await;
    let mut trail = Trail::fill(&url).await;
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("audit-restart").join("keys");
    let keys = Arc::new(ReceiptKeys::open(&folder).unwrap());
    let app = trail.served.app.clone().with_receipt_keys(Arc::clone(&keys));
    audit::Checkpoints::default().look(&app, true).await.unwrap();
    let lines = || fs::read_to_string(keys.checkpoints().unwrap()).unwrap();
    assert_eq!(lines().lines().count(), 2, "one of each county");
    let before = lines();
    let mut state = trail.whole.clone();
    let mut records = state.of(COUNTY);
    for index in 10..records.len() {
        let prev = records[index - 1].hash;
        records[index].entry.principal = "other".to_owned();
        records[index] = super::trail::link(&records[index], records[index].seq, prev);
    }
    state.set(COUNTY, records);
    state.set_head(COUNTY);
    state.checkpoints.clear();
    trail.write(&state).await;
    let again = served_over(&url).await;
    assert_eq!(again.app.audit_whole().await.unwrap(), [""; 0], "its end looks good");
    let app = again.app.clone().with_receipt_keys(Arc::clone(&keys));
    audit::Checkpoints::default().look(&app, true).await.unwrap();
    assert_eq!(lines(), before, "nothing of it is signed");
    let facts = record_facts("one", vec![entry("m1", "volunteering", "2022-05-01")]);
    let refused = again.facts().record_facts(facts).await.unwrap_err();
    assert_eq!(reason(&refused), "AUDIT_BROKEN");
}

/// J13: a head that is not that of its newest entry, when the service starts.
async fn broken(on_postgres: bool) {
    let url = address(on_postgres, "broken").await;
    let mut trail = Trail::fill(&url).await;
    let mut state = trail.whole.clone();
    let mut records = state.of(COUNTY);
    records.pop();
    state.set(COUNTY, records);
    trail.write(&state).await;
    let again = served_over(&url).await;
    assert_eq!(again.app.audit_whole().await.unwrap(), [COUNTY]);
    for request in ["one", "two"] {
        let facts = record_facts(request, vec![entry("m1", "volunteering", "2022-05-01")]);
        let refused = again.facts().record_facts(facts).await.unwrap_err();
        let expected = (Code::FailedPrecondition, "AUDIT_BROKEN".to_owned());
        assert_eq!((refused.code(), reason(&refused)), expected);
    }
    let publish = v1::PublishSchemeRequest {
        county: COUNTY.into(),
        request_id: "scheme".into(),
        document: crate::receipts::year::DUAL.replace("test.unit", "test.dual2").into(),
    };
    drop(again.schemes().publish_scheme(publish).await.unwrap_err());
    let listed = again.audit().list_audit(asked()).await.unwrap().into_inner();
    assert_eq!(listed.entries.len(), 29, "reading goes on");
    let there = v1::RecordFactsRequest {
        county: super::trail::OTHER.into(),
        ..record_facts("there", vec![entry("m1", "volunteering", "2022-05-01")])
    };
    again.facts().record_facts(there).await.unwrap();
    // A process that runs already finds it when it signs next, does not sign, and refuses too.
    let mut checkpoints = audit::Checkpoints::default();
    checkpoints.look(&trail.served.app, true).await.unwrap();
    let mut audit = trail.served.audit();
    let request = v1::GetCheckpointRequest { county: COUNTY.into() };
    let newest = audit.get_checkpoint(request).await.unwrap().into_inner().checkpoint.unwrap();
    assert_eq!(newest.count, 29);
    let facts = record_facts("three", vec![entry("m1", "volunteering", "2022-05-01")]);
    let refused = trail.served.facts().record_facts(facts).await.unwrap_err();
    assert_eq!(reason(&refused), "AUDIT_BROKEN");
}

#[tokio::test]
async fn a_broken_trail_takes_no_writes_on_sqlite() {
    broken(false).await;
}

#[tokio::test]
async fn a_broken_trail_takes_no_writes_on_postgres() {
    broken(true).await;
}

/// J12: one row changed by hand: reading it is `DATA_LOSS`, the others go on.
#[tokio::test]
async fn a_row_changed_by_hand_is_data_loss_and_the_others_are_read() {
    let url = address(false, "row").await;
    let (served, run) = published(&url).await;
    let mut client = super::trail::Client::of(&url).await;
    client.off("results").await;
    let change =
        format!("UPDATE results SET grade = 'x' WHERE run_id = '{run}' AND subject = 'm2'");
    client.run(&change).await;
    let request = |subject: &str| v1::GetResultRequest {
        county: COUNTY.into(),
        run: crate::receipts::year::by_id(&run),
        subject_id: subject.into(),
    };
    let refused = served.evaluations().get_result(request("m2")).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), (Code::DataLoss, "DIGEST_MISMATCH".into()));
    served.evaluations().get_result(request("m1")).await.unwrap();
    let list = v1::ListResultsRequest {
        county: COUNTY.into(),
        run: crate::receipts::year::by_id(&run),
        ..Default::default()
    };
    let refused = served.evaluations().list_results(list).await.unwrap_err();
    assert_eq!(refused.code(), Code::DataLoss, "a list does not show it as if nothing were");
}
