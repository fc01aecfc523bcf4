//! Transactions, requests, moments, the audit chain.

use steelyard::store::{Begun, Request, StoreError, verify};

use super::{
    backend::Backend,
    sample::{COUNTY, NOW, at, audit, begin, entry, record, request, scheme},
};

pub(crate) async fn an_error_ends_the_transaction_and_keeps_nothing(on: &Backend) {
    let mut tx = begin(&*on.store, 1).await.unwrap();
    tx.insert_scheme(COUNTY, &scheme("a", 1, "2022-01-01", None), "a").await.unwrap();
    let again = tx.insert_scheme(COUNTY, &scheme("a", 1, "2022-01-01", None), "a").await;
    assert!(matches!(again, Err(StoreError::AlreadyRecorded)), "{again:?}");
    let next = tx.insert_scheme(COUNTY, &scheme("b", 1, "2022-01-01", None), "b").await;
    assert!(matches!(next, Err(StoreError::Aborted)), "{next:?}");
    let read = tx.scheme(COUNTY, "a", 1).await;
    assert!(matches!(read, Err(StoreError::Aborted)), "{read:?}");
    let committed = tx.commit().await;
    assert!(matches!(committed, Err(StoreError::Aborted)), "{committed:?}");
    let mut tx = on.store.read().await.unwrap();
    assert_eq!(tx.scheme_page(COUNTY, ("", 0), 10).await.unwrap(), []);
    assert_eq!(tx.head(COUNTY).await.unwrap(), None);
}

pub(crate) async fn forgets_what_was_not_committed(on: &Backend) {
    let mut tx = begin(&*on.store, 1).await.unwrap();
    tx.insert_facts(COUNTY, "r", &[entry("m", "v", "2022-03-01", 1, None)]).await.unwrap();
    drop(tx);
    let mut tx = on.store.read().await.unwrap();
    assert_eq!(tx.fact(COUNTY, 1, NOW).await.unwrap(), None);
    drop(tx);
    let first = record(&*on.store, 2, &[entry("m", "v", "2022-03-01", 1, None)]).await;
    assert_eq!(first, 1, "the number was not used up");
}

pub(crate) async fn a_write_without_the_county_is_refused(on: &Backend) {
    let mut tx = begin(&*on.store, 1).await.unwrap();
    let other = tx.insert_facts("other", "r", &[entry("m", "v", "2022-03-01", 1, None)]).await;
    assert!(
        matches!(&other, Err(StoreError::NotLocked { county }) if county == "other"),
        "{other:?}"
    );
}

pub(crate) async fn a_request_is_answered_once_and_repeated(on: &Backend) {
    let asked = request("r-1", "RecordFacts", 1);
    let mut tx = begin(&*on.store, 1).await.unwrap();
    assert_eq!(tx.begin_request(&asked).await.unwrap(), Begun::Fresh);
    tx.finish_request(&asked, b"answer").await.unwrap();
    tx.commit().await.unwrap();

    let begun = async |asked: &Request| {
        let mut tx = begin(&*on.store, 1).await.unwrap();
        let locked = asked.county != COUNTY;
        if locked {
            tx.lock_county(&asked.county, at(1)).await.unwrap();
        }
        let early = tx.answered(asked).await.unwrap();
        let begun = tx.begin_request(asked).await.unwrap();
        assert_eq!(early, begun);
        drop(tx);
        begun
    };
    assert_eq!(begun(&asked).await, Begun::Replay(b"answer".to_vec()));
    assert_eq!(begun(&request("r-1", "RecordFacts", 2)).await, Begun::Reused);
    assert_eq!(begun(&request("r-1", "ReverseFact", 1)).await, Begun::Reused);
    assert_eq!(begun(&request("r-2", "RecordFacts", 1)).await, Begun::Fresh);
    let other = Request { principal: "other".to_owned(), ..asked.clone() };
    assert_eq!(begun(&other).await, Begun::Fresh, "an id is its principal's");
    let other = Request { county: "yuanjiang".to_owned(), ..asked.clone() };
    assert_eq!(begun(&other).await, Begun::Fresh, "and its county's");

    let mut tx = begin(&*on.store, 1).await.unwrap();
    let twice = tx.finish_request(&asked, b"another").await;
    assert!(matches!(twice, Err(StoreError::StaleRevision)), "{twice:?}");
}

pub(crate) async fn moments_go_on_whatever_the_clock_does(on: &Backend) {
    let mut last = at(i64::MIN);
    for clock in [1_000, 1_000, 999, 5, 2_000, 0, 2_001] {
        let mut tx = on.store.begin().await.unwrap();
        let head = tx.lock_county(COUNTY, at(clock)).await.unwrap();
        assert!(head.recorded > last, "{head:?}");
        assert!(head.recorded >= at(clock), "{head:?}");
        assert_eq!(tx.lock_county(COUNTY, at(clock)).await.unwrap(), head, "taken once");
        last = head.recorded;
        tx.commit().await.unwrap();
    }
    let mut tx = on.store.read().await.unwrap();
    assert_eq!(tx.head(COUNTY).await.unwrap().unwrap().recorded, last);
    assert_eq!(tx.counties().await.unwrap(), [COUNTY]);
}

pub(crate) async fn the_audit_chain_is_whole(on: &Backend) {
    for part in 0..3 {
        let mut tx = begin(&*on.store, part).await.unwrap();
        let entries: Vec<_> = (0..400).map(|it| audit(&format!("{part}-{it}"))).collect();
        tx.append_audit(COUNTY, &entries).await.unwrap();
        tx.append_audit(COUNTY, &[audit("last")]).await.unwrap();
        tx.commit().await.unwrap();
    }
    let mut tx = on.store.read().await.unwrap();
    assert_eq!(verify(&mut *tx, COUNTY).await.unwrap(), None);
    assert_eq!(verify(&mut *tx, "empty").await.unwrap(), None);
    let head = tx.head(COUNTY).await.unwrap().unwrap();
    assert_eq!(head.audit_count, 1_203);
    let page = tx.audit_page(COUNTY, 1_200, 10).await.unwrap();
    assert_eq!(page.iter().map(|it| it.seq).collect::<Vec<_>>(), [1_201, 1_202, 1_203]);
    assert_eq!(page[2].hash, head.audit_head);
    assert_eq!(page[2].entry, audit("last"));
}
