//! Batches of payments, what entitles to them, and recoveries.

use steelyard::{
    domain::{
        award::{
            BatchStep, EntitlementKey, RecipientKind, RecoveryCause, RecoveryStep, Source,
            SourceKind,
        },
        exact::Money,
    },
    store::{
        AwardListing, BatchEventRecord, BatchRecord, BatchesOf, LineRecord, Mark,
        RecoveryEventRecord, RecoveryRecord, StoreError, StoreTx,
    },
};

use super::{
    backend::Backend,
    sample::{COUNTY, at, begin, day},
};

fn mark(now: i64) -> Mark {
    Mark { recorded: at(now), by: "office “一”".to_owned(), request_id: "q".to_owned() }
}

fn source(kind: SourceKind, id: &str) -> Source {
    Source { kind, id: id.to_owned(), period: "2022".to_owned() }
}

fn scheme() -> Source {
    source(SourceKind::Scheme, "s.书记")
}

fn batch(id: &str, source: &Source, (year, purpose): (&str, &str)) -> BatchRecord {
    BatchRecord {
        batch_id: id.to_owned(),
        year: year.to_owned(),
        purpose: purpose.to_owned(),
        source: source.clone(),
        source_version: 2,
        origin: "run-1".to_owned(),
        text: "第一批".to_owned(),
        mark: mark(7),
    }
}

fn key(recipient: RecipientKind, id: &str, each: &str) -> EntitlementKey {
    EntitlementKey {
        award: "excellent".to_owned(),
        recipient,
        recipient_id: id.to_owned(),
        each: each.to_owned(),
    }
}

fn member(id: &str) -> EntitlementKey {
    key(RecipientKind::Member, id, "")
}

fn line(batch: &str, number: i64, of: EntitlementKey, attempt: i64) -> LineRecord {
    LineRecord {
        batch_id: batch.to_owned(),
        line: number,
        entitlement: of,
        attempt,
        amount: Money::from_fen(200_000),
        subjects: r#"["post-1","post-2"]"#.to_owned(),
        award_title: "优秀个人补助".to_owned(),
    }
}

fn event(batch: &str, number: i64, step: BatchStep, now: i64) -> BatchEventRecord {
    BatchEventRecord {
        batch_id: batch.to_owned(),
        event: number,
        step,
        line: i64::from(step.of_line()),
        on: step.of_line().then(|| day("2023-02-01")),
        reference: "凭证 1".to_owned(),
        text: "why".to_owned(),
        decided_by: "p".to_owned(),
        evidence: r#"[["form","r"]]"#.to_owned(),
        mark: mark(now),
    }
}

fn recovery(number: i64, batch: &str, line: i64, now: i64) -> RecoveryRecord {
    let causes = RecoveryCause::ALL;
    RecoveryRecord {
        recovery: number,
        batch_id: batch.to_owned(),
        line,
        amount: Money::from_fen(number),
        cause: causes[usize::try_from(number).unwrap() % causes.len()],
        cause_id: "run-2".to_owned(),
        text: "取消".to_owned(),
        decided_by: "p".to_owned(),
        evidence: r#"[["form","r"]]"#.to_owned(),
        mark: mark(now),
    }
}

fn became(recovery: i64, number: i64, step: RecoveryStep, now: i64) -> RecoveryEventRecord {
    RecoveryEventRecord {
        recovery,
        event: number,
        step,
        amount: Money::from_fen(1),
        on: (step == RecoveryStep::Collected).then(|| day("2023-03-01")),
        reference: "收据".to_owned(),
        text: "why".to_owned(),
        decided_by: "p".to_owned(),
        evidence: String::new(),
        mark: mark(now),
    }
}

/// A row of each table.
pub(super) async fn fill(tx: &mut dyn StoreTx) {
    let lines = [line("y", 1, member("m"), 1)];
    let it = batch("y", &scheme(), ("2022", "p"));
    tx.insert_batch(COUNTY, &it, &[member("m")], &lines).await.unwrap();
    tx.insert_batch_events(COUNTY, &[event("y", 1, BatchStep::Approved, 0)]).await.unwrap();
    tx.insert_recoveries(COUNTY, &[recovery(1, "y", 1, 0)]).await.unwrap();
    let events = [became(1, 1, RecoveryStep::Waived, 0)];
    tx.insert_recovery_events(COUNTY, &events).await.unwrap();
}

fn ids(of: &[BatchRecord]) -> Vec<&str> {
    of.iter().map(|it| it.batch_id.as_str()).collect()
}

fn listing(year: &str, purpose: &str, after: (&str, i64), limit: i64) -> AwardListing {
    AwardListing {
        year: year.to_owned(),
        purpose: purpose.to_owned(),
        after_batch: after.0.to_owned(),
        after_recovery: after.1,
        limit,
    }
}

pub(crate) async fn batches_come_back_exactly_with_their_payments(on: &Backend) {
    let selection = source(SourceKind::Selection, "s.书记");
    let mut tx = begin(&*on.store, 20).await.unwrap();
    // Given in no order, and read by award, recipient and post; by batch and line.
    let keys = [
        member("m-2"),
        member("m-10"),
        key(RecipientKind::Branch, "m-2", ""),
        key(RecipientKind::Member, "m-2", "post"),
        EntitlementKey { award: "Other".to_owned(), ..member("m-9") },
    ];
    let lines: Vec<_> =
        (1..6).rev().zip(&keys).map(|(number, it)| line("b", number, it.clone(), 1)).collect();
    let whole = batch("b", &scheme(), ("2022", "p"));
    tx.insert_batch(COUNTY, &whole, &keys, &lines).await.unwrap();
    let same = batch("a", &selection, ("2022", "q"));
    let of_same = [line("a", 1, member("m-2"), 1)];
    tx.insert_batch(COUNTY, &same, &[member("m-2")], &of_same).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = begin(&*on.store, 30).await.unwrap();
    // A second payment of what was paid before, and one of what was not.
    let again = [line("c", 1, member("m-2"), 2), line("c", 2, member("m-3"), 1)];
    let second = batch("c", &scheme(), ("2023", "p"));
    tx.insert_batch(COUNTY, &second, &[member("m-3")], &again).await.unwrap();
    let empty = batch("d", &source(SourceKind::Scheme, "t"), ("2023", "q"));
    tx.insert_batch(COUNTY, &empty, &[], &[]).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = on.store.read().await.unwrap();
    let at_20 = BatchRecord { mark: mark(20), ..whole };
    let at_30 = BatchRecord { mark: mark(30), ..second };
    assert_eq!(tx.batch(COUNTY, "b").await.unwrap().as_ref(), Some(&at_20));
    for (county, id) in [(COUNTY, "e"), (COUNTY, "A"), ("other", "a")] {
        assert_eq!(tx.batch(county, id).await.unwrap(), None, "{county} {id}");
        assert_eq!(tx.batch_lines(county, BatchesOf::Batch(id)).await.unwrap(), []);
    }
    for (it, found) in [
        (listing("", "", ("", 0), 9), ["a", "b", "c", "d"].as_slice()),
        (listing("", "", ("", 0), 2), &["a", "b"]),
        (listing("", "", ("b", 0), 1), &["c"]),
        (listing("2023", "", ("", 0), 9), &["c", "d"]),
        (listing("", "q", ("", 0), 9), &["a", "d"]),
        (listing("2022", "p", ("", 0), 9), &["b"]),
        (listing("2021", "", ("", 0), 9), &[]),
    ] {
        assert_eq!(ids(&tx.batch_page(COUNTY, &it).await.unwrap()), found, "{it:?}");
    }
    assert_eq!(tx.batches_of(COUNTY, &scheme()).await.unwrap(), [at_20, at_30]);
    assert_eq!(ids(&tx.batches_of(COUNTY, &selection).await.unwrap()), ["a"]);
    let other = Source { period: "2021".to_owned(), ..scheme() };
    assert_eq!(tx.batches_of(COUNTY, &other).await.unwrap(), []);
    let mut expected: Vec<_> = keys.iter().map(|it| (it.clone(), mark(20))).collect();
    expected.push((member("m-3"), mark(30)));
    expected.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(tx.entitlements_of(COUNTY, &scheme()).await.unwrap(), expected);
    let one = tx.entitlements_of(COUNTY, &selection).await.unwrap();
    assert_eq!(one, [(member("m-2"), mark(20))]);
    assert_eq!(tx.entitlements_of(COUNTY, &other).await.unwrap(), []);
    assert_eq!(tx.entitlements_of("other", &scheme()).await.unwrap(), []);
    let mut expected = lines;
    expected.reverse();
    assert_eq!(tx.batch_lines(COUNTY, BatchesOf::Batch("b")).await.unwrap(), expected);
    expected.extend(again);
    assert_eq!(tx.batch_lines(COUNTY, BatchesOf::Source(&scheme())).await.unwrap(), expected);
    assert_eq!(tx.batch_lines(COUNTY, BatchesOf::Batch("a")).await.unwrap(), of_same);
    assert_eq!(tx.batch_lines(COUNTY, BatchesOf::Batch("d")).await.unwrap(), []);
    assert_eq!(tx.batch_lines(COUNTY, BatchesOf::Source(&other)).await.unwrap(), []);
}

/// Two batches of a scheme and one of a selection, with two payments each.
async fn three(on: &Backend) -> Source {
    let selection = source(SourceKind::Selection, "d");
    let mut tx = begin(&*on.store, 20).await.unwrap();
    for (id, of, purpose) in [("b", &scheme(), "p"), ("a", &scheme(), "q"), ("c", &selection, "p")]
    {
        let keys = [1, 2].map(|it| member(&format!("{id}-{it}")));
        let lines = [line(id, 1, keys[0].clone(), 1), line(id, 2, keys[1].clone(), 1)];
        let it = batch(id, of, ("2022", purpose));
        tx.insert_batch(COUNTY, &it, &keys, &lines).await.unwrap();
    }
    tx.commit().await.unwrap();
    selection
}

pub(crate) async fn events_and_recoveries_come_back_in_their_order(on: &Backend) {
    let selection = three(on).await;
    let mut tx = begin(&*on.store, 30).await.unwrap();
    let mut events = Vec::new();
    for id in ["b", "a", "c"] {
        events.extend((1..).zip(BatchStep::ALL).map(|(number, it)| event(id, number, it, 30)));
    }
    events.reverse();
    tx.insert_batch_events(COUNTY, &events).await.unwrap();
    assert_eq!(tx.last_recovery(COUNTY).await.unwrap(), 0);
    let recoveries = [(3, "a", 1), (1, "b", 1), (4, "c", 2), (2, "b", 1)]
        .map(|it| recovery(it.0, it.1, it.2, 30));
    tx.insert_recoveries(COUNTY, &recoveries).await.unwrap();
    let mut steps = Vec::new();
    for number in [4, 2, 3] {
        let of = |(event, it)| became(number, event, it, 30);
        steps.extend((1..).zip(RecoveryStep::ALL).map(of));
    }
    tx.insert_recovery_events(COUNTY, &steps).await.unwrap();
    for nothing in 0..3 {
        match nothing {
            0 => tx.insert_batch_events(COUNTY, &[]).await.unwrap(),
            1 => tx.insert_recoveries(COUNTY, &[]).await.unwrap(),
            _ => tx.insert_recovery_events(COUNTY, &[]).await.unwrap(),
        }
    }
    tx.commit().await.unwrap();
    let mut tx = on.store.read().await.unwrap();
    events.sort_by(|a, b| (&a.batch_id, a.event).cmp(&(&b.batch_id, b.event)));
    let mut recoveries = recoveries.to_vec();
    recoveries.sort_by_key(|it| it.recovery);
    steps.sort_by_key(|it| (it.recovery, it.event));
    let other = source(SourceKind::Scheme, "d");
    for (of, batches) in [
        (BatchesOf::Batch("a"), ["a"].as_slice()),
        (BatchesOf::Batch("b"), &["b"]),
        (BatchesOf::Batch("none"), &[]),
        (BatchesOf::Source(&scheme()), &["a", "b"]),
        (BatchesOf::Source(&selection), &["c"]),
        (BatchesOf::Source(&other), &[]),
    ] {
        let is = |id: &str| batches.contains(&id);
        let own: Vec<_> = events.iter().filter(|it| is(&it.batch_id)).cloned().collect();
        assert_eq!(tx.batch_events(COUNTY, of).await.unwrap(), own, "{of:?}");
        let own: Vec<_> = recoveries.iter().filter(|it| is(&it.batch_id)).cloned().collect();
        assert_eq!(tx.recoveries_of(COUNTY, of).await.unwrap(), own, "{of:?}");
        let numbers: Vec<_> = own.iter().map(|it| it.recovery).collect();
        let own: Vec<_> =
            steps.iter().filter(|it| numbers.contains(&it.recovery)).cloned().collect();
        assert_eq!(tx.recovery_events_of(COUNTY, of).await.unwrap(), own, "{of:?}");
        assert_eq!(tx.batch_events("other", of).await.unwrap(), []);
        assert_eq!(tx.recoveries_of("other", of).await.unwrap(), []);
        assert_eq!(tx.recovery_events_of("other", of).await.unwrap(), []);
    }
    assert_eq!(tx.recovery(COUNTY, 2).await.unwrap().as_ref(), Some(&recoveries[1]));
    assert_eq!(tx.recovery(COUNTY, 5).await.unwrap(), None);
    assert_eq!(tx.recovery("other", 2).await.unwrap(), None);
    assert_eq!(tx.last_recovery(COUNTY).await.unwrap(), 4);
    assert_eq!(tx.last_recovery("other").await.unwrap(), 0);
    for (it, found) in [
        (listing("", "", ("", 0), 9), [1, 2, 3, 4].as_slice()),
        (listing("", "", ("", 1), 2), &[2, 3]),
        (listing("2022", "p", ("", 0), 9), &[1, 2, 4]),
        (listing("2022", "q", ("", 0), 9), &[3]),
        (listing("2021", "", ("", 0), 9), &[]),
        (listing("", "", ("", 4), 9), &[]),
    ] {
        let page = tx.recovery_page(COUNTY, &it).await.unwrap();
        let numbers: Vec<_> = page.iter().map(|it| it.recovery).collect();
        assert_eq!(numbers, found, "{it:?}");
        assert!(page.iter().all(|it| recoveries.contains(it)));
    }
}

/// What must not be taken, and whether it is for a key that is there.
async fn tries(
    tx: &mut dyn StoreTx,
    number: usize,
) -> (&'static str, bool, Result<(), StoreError>) {
    let of = ("2022", "p");
    let new = batch("n", &scheme(), of);
    let other = source(SourceKind::Scheme, "other");
    let one = |key, attempt| [line("n", 1, key, attempt)];
    let fen = |amount| Money::from_fen(amount);
    let key = member("a-1");
    let put = |why, there, done| (why, there, done);
    match number {
        0 => {
            let done = tx.insert_batch(COUNTY, &batch("a", &other, of), &[], &[]).await;
            put("a batch again", true, done)
        }
        1 => {
            let again = [key.clone()];
            let done = tx.insert_batch(COUNTY, &new, &again, &one(key, 2)).await;
            put("an entitlement again", true, done)
        }
        2 => {
            let done = tx.insert_batch(COUNTY, &new, &[], &one(key, 1)).await;
            put("a payment of the same number", true, done)
        }
        3 => {
            let both = [line("n", 1, key.clone(), 2), line("n", 2, key, 2)];
            put("a number twice at once", true, tx.insert_batch(COUNTY, &new, &[], &both).await)
        }
        4 => {
            let both = [line("n", 1, key, 2), line("n", 1, member("a-2"), 2)];
            put("a line twice", true, tx.insert_batch(COUNTY, &new, &[], &both).await)
        }
        5 => {
            let done = tx.insert_batch(COUNTY, &new, &[], &one(member("x"), 1)).await;
            put("a payment without entitlement", false, done)
        }
        6 => {
            let done = tx.insert_batch(COUNTY, &batch("n", &other, of), &[], &one(key, 2)).await;
            put("a payment of another source's entitlement", false, done)
        }
        7 => {
            let it = LineRecord { batch_id: "none".to_owned(), ..line("n", 1, key, 2) };
            put("a line of no batch", false, tx.insert_batch(COUNTY, &new, &[], &[it]).await)
        }
        8..=12 => {
            let mut it = line("n", 1, key, 2);
            let why = match number {
                8 => {
                    it.amount = fen(0);
                    "a payment of nothing"
                }
                9 => {
                    it.amount = fen(-1);
                    "a payment of less than nothing"
                }
                10 => {
                    it.attempt = 0;
                    "attempt 0"
                }
                11 => {
                    it.line = 0;
                    "line 0"
                }
                _ => {
                    it.line = -1;
                    "line -1"
                }
            };
            put(why, false, tx.insert_batch(COUNTY, &new, &[], &[it]).await)
        }
        13 => {
            let it = [event("a", 1, BatchStep::Cancelled, 1)];
            put("an event again", true, tx.insert_batch_events(COUNTY, &it).await)
        }
        14 => {
            let it = [event("a", 0, BatchStep::Cancelled, 1)];
            put("event 0", false, tx.insert_batch_events(COUNTY, &it).await)
        }
        15 => {
            let it = [event("none", 1, BatchStep::Cancelled, 1)];
            put("an event of no batch", false, tx.insert_batch_events(COUNTY, &it).await)
        }
        16 => {
            let it = [recovery(1, "a", 1, 1)];
            put("a recovery again", true, tx.insert_recoveries(COUNTY, &it).await)
        }
        17 => {
            let it = [recovery(2, "a", 3, 1)];
            put("a recovery of no payment", false, tx.insert_recoveries(COUNTY, &it).await)
        }
        18 => {
            let it = [RecoveryRecord { amount: fen(0), ..recovery(2, "a", 1, 1) }];
            put("a recovery of nothing", false, tx.insert_recoveries(COUNTY, &it).await)
        }
        19 => {
            let it = [RecoveryRecord { recovery: 0, ..recovery(2, "a", 1, 1) }];
            put("recovery 0", false, tx.insert_recoveries(COUNTY, &it).await)
        }
        20 => {
            let it = [became(1, 1, RecoveryStep::Dropped, 1)];
            put("a step again", true, tx.insert_recovery_events(COUNTY, &it).await)
        }
        21 => {
            let it = [became(9, 1, RecoveryStep::Dropped, 1)];
            put("a step of no recovery", false, tx.insert_recovery_events(COUNTY, &it).await)
        }
        22 => {
            let it = [became(1, 0, RecoveryStep::Dropped, 1)];
            put("step 0", false, tx.insert_recovery_events(COUNTY, &it).await)
        }
        _ => {
            let it = became(1, 2, RecoveryStep::Dropped, 1);
            let it = [RecoveryEventRecord { amount: fen(0), ..it }];
            put("a step of nothing", false, tx.insert_recovery_events(COUNTY, &it).await)
        }
    }
}

pub(crate) async fn nothing_is_paid_twice_or_out_of_nothing(on: &Backend) {
    three(on).await;
    let mut tx = begin(&*on.store, 30).await.unwrap();
    tx.insert_batch_events(COUNTY, &[event("a", 1, BatchStep::Approved, 1)]).await.unwrap();
    tx.insert_recoveries(COUNTY, &[recovery(1, "a", 1, 1)]).await.unwrap();
    let step = [became(1, 1, RecoveryStep::Waived, 1)];
    tx.insert_recovery_events(COUNTY, &step).await.unwrap();
    tx.commit().await.unwrap();
    for number in 0..24 {
        let mut tx = begin(&*on.store, 40).await.unwrap();
        let (why, there, done) = tries(&mut *tx, number).await;
        match done {
            Ok(()) => panic!("{why} was taken"),
            Err(error) => {
                let recorded = matches!(error, StoreError::AlreadyRecorded);
                assert_eq!(recorded, there, "{why}: {error:?}");
            }
        }
    }
    // What was refused left nothing behind, and the next payment of an entitlement is taken.
    let mut tx = begin(&*on.store, 50).await.unwrap();
    let every = listing("", "", ("", 0), 9);
    assert_eq!(ids(&tx.batch_page(COUNTY, &every).await.unwrap()), ["a", "b", "c"]);
    assert_eq!(tx.batch_lines(COUNTY, BatchesOf::Source(&scheme())).await.unwrap().len(), 4);
    assert_eq!(tx.entitlements_of(COUNTY, &scheme()).await.unwrap().len(), 4);
    assert_eq!(tx.batch_events(COUNTY, BatchesOf::Batch("a")).await.unwrap().len(), 1);
    assert_eq!(tx.recovery_page(COUNTY, &every).await.unwrap().len(), 1);
    let steps = tx.recovery_events_of(COUNTY, BatchesOf::Batch("a")).await.unwrap();
    assert_eq!(steps.len(), 1);
    let next = batch("n", &scheme(), ("2022", "p"));
    let lines = [line("n", 1, member("a-1"), 2)];
    tx.insert_batch(COUNTY, &next, &[], &lines).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = on.store.begin().await.unwrap();
    let unlocked = tx.insert_batch_events(COUNTY, &[event("a", 2, BatchStep::Exported, 1)]).await;
    assert!(matches!(unlocked, Err(StoreError::NotLocked { .. })), "{unlocked:?}");
}

pub(crate) async fn a_batch_of_a_whole_county_is_kept(on: &Backend) {
    let of = |it: &i64| member(&format!("m-{it:05}"));
    let numbers: Vec<i64> = (1..=6_000).collect();
    let keys: Vec<_> = numbers.iter().map(of).collect();
    let lines: Vec<_> = numbers.iter().map(|it| line("b", *it, of(it), 1)).collect();
    let events: Vec<_> = numbers.iter().map(|it| event("b", *it, BatchStep::Paid, 20)).collect();
    let mut tx = begin(&*on.store, 20).await.unwrap();
    let whole = batch("b", &scheme(), ("2022", "p"));
    tx.insert_batch(COUNTY, &whole, &keys, &lines).await.unwrap();
    tx.insert_batch_events(COUNTY, &events).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = on.store.read().await.unwrap();
    assert!(tx.batch_lines(COUNTY, BatchesOf::Batch("b")).await.unwrap() == lines);
    assert!(tx.batch_events(COUNTY, BatchesOf::Source(&scheme())).await.unwrap() == events);
    let found = tx.entitlements_of(COUNTY, &scheme()).await.unwrap();
    assert!(found.into_iter().map(|it| it.0).eq(keys));
}
