//! What is done past the product is refused or found.

use std::fmt::Write as _;

use steelyard::store::{self, ChainBreak, FactKind, FactQuery, StoreError, Sums, verify};

use super::{
    backend::Backend,
    runs,
    sample::{
        COUNTY, NOW, at, audit, begin, day, entry, metric, record, register, schedule, scheme,
        version,
    },
};

/// One row in each append-only table.
async fn fill(on: &Backend) {
    register(&*on.store, 1, &[version("member", "m", "2022-01-01", "m")]).await;
    record(&*on.store, 2, &[entry("m", "v", "2022-03-01", 10_000, None)]).await;
    let mut tx = begin(&*on.store, 3).await.unwrap();
    tx.insert_scheme(COUNTY, &scheme("s", 1, "2022-01-01", None), "x").await.unwrap();
    let end = store::Retirement {
        last_day: day("2023-01-01"),
        reason: "x".to_owned(),
        recorded: at(0),
        recorded_by: "x".to_owned(),
    };
    tx.retire_scheme(COUNTY, "s", 1, &end).await.unwrap();
    let adopted = schedule("k-1", 1, "2022-01-01", None);
    tx.insert_schedule(COUNTY, &adopted, "x").await.unwrap();
    tx.retire_schedule(COUNTY, "k-1", 1, &end).await.unwrap();
    let published = super::selection_documents::header("d", 1, "2022-01-01", None);
    tx.insert_selection_document(COUNTY, &published, "x").await.unwrap();
    tx.insert_calendar_edition(COUNTY, &super::calendars::edition(2027, 1, "a")).await.unwrap();
    super::rounds::fill(&mut *tx).await;
    super::chains::fill(&mut *tx).await;
    super::selections::fill(&mut *tx).await;
    super::budgets::fill(&mut *tx).await;
    super::awards::fill(&mut *tx).await;
    for it in 0..4 {
        tx.append_audit(COUNTY, &[audit(&it.to_string())]).await.unwrap();
    }
    let checkpoint = store::CheckpointRecord {
        county: COUNTY.to_owned(),
        entries: 4,
        head: [1; 32],
        signed: at(9),
        key_id: "k".to_owned(),
        signature: vec![2; 64],
    };
    tx.append_publication(COUNTY, &super::sample::publication("r1", "")).await.unwrap();
    tx.insert_checkpoint(&checkpoint).await.unwrap();
    tx.insert_checkpoint(&checkpoint).await.unwrap();
    assert_eq!(tx.newest_checkpoint(COUNTY).await.unwrap(), Some(checkpoint));
    tx.commit().await.unwrap();
    let batch = store::NewBatch { step: 1, batch: 0, subjects: "[]".to_owned() };
    runs::start(on, "r1", &[batch]).await;
    let mut tx = begin(&*on.store, 9).await.unwrap();
    super::notices::insert(&mut *tx, "r1", 1).await;
    super::result_objections::insert(&mut *tx, "r1", 1).await;
    tx.commit().await.unwrap();
    let mut tx = on.store.begin().await.unwrap();
    let claimed = tx.claim_batch(COUNTY, "r1", "a", at(1), at(2)).await.unwrap().unwrap();
    let results = [super::sample::result("m", 0, Some(1))];
    tx.complete_batch(COUNTY, &claimed, &[], &results).await.unwrap();
    tx.commit().await.unwrap();
}

pub(crate) async fn append_only_tables_refuse_changes(on: &Backend) {
    fill(on).await;
    for (table, column) in [
        ("facts", "detail"),
        ("audit_entries", "subject"),
        ("audit_checkpoints", "key_id"),
        ("registry_versions", "name"),
        ("schemes", "document"),
        ("scheme_retirements", "reason"),
        ("selection_documents", "document"),
        ("schedules", "document"),
        ("schedule_retirements", "reason"),
        ("calendar_editions", "days"),
        ("notices", "object_to"),
        ("notice_objections", "text"),
        ("notice_answers", "text"),
        ("result_objections", "text"),
        ("result_answers", "text"),
        ("rounds", "period"),
        ("round_sheets", "holder"),
        ("round_revisions", "points"),
        ("round_steps", "reason"),
        ("chains", "period"),
        ("chain_events", "reason"),
        ("selections", "period"),
        ("selection_roster", "street"),
        ("selection_events", "text"),
        ("money_movements", "text"),
        ("money_postings", "account"),
        ("award_batches", "text"),
        ("entitlements", "recipient"),
        ("award_lines", "subjects"),
        ("award_batch_events", "text"),
        ("recoveries", "text"),
        ("recovery_events", "text"),
        ("results", "grade"),
        ("publications", "run_id"),
    ] {
        for text in [format!("UPDATE {table} SET {column} = 'x'"), format!("DELETE FROM {table}")] {
            let refused = on.execute(&text).await.unwrap_err().to_string();
            assert!(refused.contains("append-only"), "{text}: {refused}");
        }
        if on.is_postgres() {
            let refused = on.execute(&format!("TRUNCATE {table} CASCADE")).await.unwrap_err();
            assert!(refused.to_string().contains("append-only"), "{table}: {refused}");
        }
    }
    let mut tx = on.store.read().await.unwrap();
    assert!(tx.fact(COUNTY, 1, NOW).await.unwrap().is_some());
    assert_eq!(verify(&mut *tx, COUNTY).await.unwrap(), None);
}

pub(crate) async fn an_edited_audit_entry_is_found(on: &Backend) {
    fill(on).await;
    on.tamper("audit_entries", "UPDATE audit_entries SET principal = 'other' WHERE seq = 3").await;
    let mut tx = on.store.read().await.unwrap();
    assert_eq!(verify(&mut *tx, COUNTY).await.unwrap(), Some(ChainBreak::Changed { seq: 3 }));
    drop(tx);
    on.execute("DELETE FROM audit_entries WHERE seq = 2").await.unwrap();
    let mut tx = on.store.read().await.unwrap();
    assert_eq!(verify(&mut *tx, COUNTY).await.unwrap(), Some(ChainBreak::Missing { expected: 2 }));
}

pub(crate) async fn removed_newest_audit_entries_are_found(on: &Backend) {
    fill(on).await;
    on.tamper("audit_entries", "DELETE FROM audit_entries WHERE seq > 2").await;
    let mut tx = on.store.read().await.unwrap();
    let found = verify(&mut *tx, COUNTY).await.unwrap();
    assert_eq!(found, Some(ChainBreak::End { found: 2, head: 4 }));
    drop(tx);
    on.execute("DELETE FROM audit_entries").await.unwrap();
    let mut tx = on.store.read().await.unwrap();
    let found = verify(&mut *tx, COUNTY).await.unwrap();
    assert_eq!(found, Some(ChainBreak::End { found: 0, head: 4 }));
}

pub(crate) async fn an_edited_total_is_named(on: &Backend) {
    let facts = ["a", "b", "c"].map(|it| entry(it, "v", "2022-03-01", 10_000, None));
    record(&*on.store, 1, &facts).await;
    let mut other = Sums::default();
    other.add("v", day("2022-03-01"), 20_000, None).unwrap();
    let mut hex = String::new();
    for byte in other.encode() {
        write!(hex, "{byte:02x}").unwrap();
    }
    let bytes = if on.is_postgres() { format!("'\\x{hex}'") } else { format!("x'{hex}'") };
    let change = format!("UPDATE totals SET sums = {bytes} WHERE subject = 'a'");
    on.execute(&change).await.unwrap();
    on.execute("DELETE FROM totals WHERE subject = 'c'").await.unwrap();
    let mut tx = on.store.read().await.unwrap();
    let found = tx.verify_totals(COUNTY).await.unwrap();
    let named: Vec<_> = found.iter().map(|it| (it.subject.as_str(), it.year)).collect();
    assert_eq!(named, [("a", 2022), ("c", 2022)]);
    assert_eq!((found[0].kept.as_ref(), &found[1].kept), (Some(&other), &None));
    assert!(found[0].ledger.is_some() && found[0].ledger == found[1].ledger);
    drop(tx);
    let garbage = if on.is_postgres() { "'\\x00'" } else { "x'00'" };
    on.execute(&format!("UPDATE totals SET sums = {garbage} WHERE subject = 'b'")).await.unwrap();
    let mut tx = on.store.read().await.unwrap();
    assert_eq!(tx.verify_totals(COUNTY).await.unwrap().len(), 3);
    let read = tx.totals(COUNTY, "member", &["b".to_owned()], &[2022]).await;
    assert!(
        matches!(&read, Err(StoreError::Corrupt { column, .. }) if column == "sums"),
        "{read:?}"
    );
}

pub(crate) async fn a_stored_value_of_no_meaning_is_corrupt(on: &Backend) {
    record(&*on.store, 1, &[metric("a", "x", "2022", 1), metric("b", "x", "2022", 1)]).await;
    on.tamper("facts", "UPDATE facts SET kind = 'rumour' WHERE subject = 'a'").await;
    let mut tx = on.store.read().await.unwrap();
    let read = tx.fact(COUNTY, 1, NOW).await;
    assert!(
        matches!(&read, Err(StoreError::Corrupt { column, .. }) if column == "kind"),
        "{read:?}"
    );
    drop(tx);
    let mut tx = on.store.read().await.unwrap();
    let query = FactQuery {
        subject_kind: "member".to_owned(),
        subjects: vec!["b".to_owned()],
        kinds: vec![FactKind::Metric],
        periods: vec!["2022".to_owned()],
        from: day("2022-01-01"),
        until: day("2022-12-31"),
        known: NOW,
    };
    assert_eq!(tx.facts(COUNTY, &query).await.unwrap().len(), 1, "the others are read");
}

pub(crate) async fn a_newer_schema_is_refused(on: &Backend) {
    let blob = if on.is_postgres() { "'\\x00'" } else { "x'00'" };
    let newer = format!(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'of tomorrow', TRUE, {blob}, 0)"
    );
    on.execute(&newer).await.unwrap();
    let opened = store::open(&on.url).await;
    assert!(matches!(opened, Err(StoreError::Schema(_))), "{opened:?}");
}

pub(crate) async fn what_was_stored_is_there_after_opening_again(on: &Backend) {
    fill(on).await;
    let again = store::open(&on.url).await.unwrap();
    let mut tx = again.read().await.unwrap();
    assert_eq!(tx.head(COUNTY).await.unwrap().unwrap().fact_seq, 1);
    assert_eq!(tx.verify_totals(COUNTY).await.unwrap(), []);
    drop(tx);
    assert_eq!(record(&*again, 9, &[metric("a", "x", "2022", 1)]).await, 2);
    again.close().await;
}
