//! Publications: numbered, in their order, and never lost.

use steelyard::store::{NewPublication, StoreError};

use super::{
    backend::Backend,
    sample::{COUNTY, begin, publication},
};

async fn append(on: &Backend, now: i64, of: &NewPublication) -> i64 {
    let mut tx = begin(&*on.store, now).await.unwrap();
    let seq = tx.append_publication(COUNTY, of).await.unwrap();
    tx.commit().await.unwrap();
    seq
}

pub(crate) async fn are_numbered_without_gaps_in_each_county(on: &Backend) {
    for (expected, run) in (1..).zip(["r3", "r1", "r2"]) {
        assert_eq!(append(on, 100, &publication(run, "")).await, expected);
    }
    let mut tx = on.store.begin().await.unwrap();
    let head = tx.lock_county("other", super::sample::at(7)).await.unwrap();
    let first = tx.append_publication("other", &publication("r1", "")).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(first, 1, "each county counts by itself");
    let mut tx = on.store.read().await.unwrap();
    let other = tx.publications("other", 0, "", 9).await.unwrap();
    assert_eq!((other.len(), other[0].recorded), (1, head.recorded));
    let all = tx.publications(COUNTY, 0, "", 9).await.unwrap();
    let runs: Vec<_> = all.iter().map(|it| (it.seq, it.publication.run_id.as_str())).collect();
    assert_eq!(runs, [(1, "r3"), (2, "r1"), (3, "r2")]);
    assert!(all.is_sorted_by(|a, b| a.recorded < b.recorded), "each write has its own moment");
}

pub(crate) async fn are_read_from_a_number_on_and_of_one_scheme(on: &Backend) {
    let first = publication("r1", "");
    let second = NewPublication { scheme_id: "t".to_owned(), ..publication("r2", "") };
    let third = publication("r3", "r1");
    for it in [&first, &second, &third] {
        append(on, 1, it).await;
    }
    let mut tx = on.store.read().await.unwrap();
    let mut of = async |after: i64, scheme: &str, limit: i64| -> Vec<NewPublication> {
        let page = tx.publications(COUNTY, after, scheme, limit).await.unwrap();
        page.into_iter().map(|it| it.publication).collect()
    };
    assert_eq!(of(0, "", 9).await, [first.clone(), second.clone(), third.clone()]);
    assert_eq!(of(0, "", 2).await, [first.clone(), second.clone()]);
    assert_eq!(of(1, "", 1).await, std::slice::from_ref(&second));
    assert_eq!(of(0, "s", 9).await, [first, third.clone()]);
    assert_eq!(of(1, "s", 9).await, [third]);
    assert_eq!(of(0, "t", 9).await, [second]);
    assert_eq!(of(3, "", 9).await, []);
    assert_eq!(of(i64::MAX, "", 9).await, []);
    assert_eq!(tx.publications("other", 0, "", 9).await.unwrap(), []);
}

pub(crate) async fn are_kept_with_their_transaction_or_not_at_all(on: &Backend) {
    let mut tx = begin(&*on.store, 1).await.unwrap();
    assert_eq!(tx.append_publication(COUNTY, &publication("lost", "")).await.unwrap(), 1);
    drop(tx);
    assert_eq!(append(on, 1, &publication("r1", "")).await, 1, "no number is lost with it");
    let mut tx = begin(&*on.store, 1).await.unwrap();
    let twice = tx.append_publication(COUNTY, &publication("r1", "")).await;
    assert!(matches!(twice, Err(StoreError::AlreadyRecorded)), "{twice:?}");
    drop(tx);
    let mut tx = on.store.begin().await.unwrap();
    let unlocked = tx.append_publication(COUNTY, &publication("r2", "")).await;
    assert!(matches!(unlocked, Err(StoreError::NotLocked { .. })), "{unlocked:?}");
    drop(tx);
    let mut tx = on.store.read().await.unwrap();
    assert_eq!(tx.publications(COUNTY, 0, "", 9).await.unwrap().len(), 1);
}
