//! Published selection documents.

use steelyard::store::{SelectionDocumentHeader, StoreError};

use super::{
    backend::Backend,
    sample::{COUNTY, at, begin, day},
};

pub(crate) fn header(
    id: &str,
    version: i64,
    from: &str,
    until: Option<&str>,
) -> SelectionDocumentHeader {
    SelectionDocumentHeader {
        document_id: id.to_owned(),
        version,
        digest: [9; 32],
        title: "“红旗小区”评选办法".to_owned(),
        honour: "红旗小区".to_owned(),
        criteria_scheme: "criteria".to_owned(),
        in_force_from: day(from),
        in_force_until: until.map(day),
        published: at(0),
        published_by: "office".to_owned(),
        request_id: "r".to_owned(),
    }
}

pub(crate) async fn a_published_document_never_changes(on: &Backend) {
    let new = header("评选", 1, "2022-01-01", Some("2022-12-31"));
    let mut tx = begin(&*on.store, 50).await.unwrap();
    tx.insert_selection_document(COUNTY, &new, "原文\n").await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = begin(&*on.store, 60).await.unwrap();
    let again = tx.insert_selection_document(COUNTY, &new, "other").await;
    assert!(matches!(again, Err(StoreError::AlreadyRecorded)), "{again:?}");
    drop(tx);
    let mut tx = on.store.begin().await.unwrap();
    let unlocked = tx.insert_selection_document(COUNTY, &new, "x").await;
    assert!(matches!(unlocked, Err(StoreError::NotLocked { .. })), "{unlocked:?}");
    drop(tx);
    let mut tx = on.store.read().await.unwrap();
    let (kept, text) = tx.selection_document(COUNTY, "评选", 1).await.unwrap().unwrap();
    assert_eq!(text, "原文\n");
    assert_eq!(kept, SelectionDocumentHeader { published: at(50), ..new });
    assert_eq!(tx.selection_document(COUNTY, "评选", 2).await.unwrap(), None);
    assert_eq!(tx.selection_document("other", "评选", 1).await.unwrap(), None);
    assert_eq!(tx.selection_document_page("other", ("", 0), 9).await.unwrap(), []);
}

pub(crate) async fn the_version_in_force_is_the_highest_that_includes_the_day(on: &Backend) {
    let mut tx = begin(&*on.store, 1).await.unwrap();
    for (version, from, until) in
        [(1, "2022-01-01", None), (2, "2023-01-01", Some("2023-12-31")), (3, "2023-07-01", None)]
    {
        let header = header("d", version, from, until);
        tx.insert_selection_document(COUNTY, &header, &format!("text {version}")).await.unwrap();
    }
    let other = header("e", 1, "2020-01-01", Some("2020-01-01"));
    tx.insert_selection_document(COUNTY, &other, "other").await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = on.store.read().await.unwrap();
    for (id, on, version) in [
        ("d", "2021-12-31", None),
        ("d", "2022-01-01", Some(1)),
        ("d", "2022-12-31", Some(1)),
        ("d", "2023-01-01", Some(2)),
        ("d", "2023-06-30", Some(2)),
        ("d", "2023-07-01", Some(3)),
        ("d", "2024-01-01", Some(3)),
        ("e", "2019-12-31", None),
        ("e", "2020-01-01", Some(1)),
        ("e", "2020-01-02", None),
    ] {
        let found = tx.selection_document_in_force(COUNTY, id, day(on)).await.unwrap();
        assert_eq!(found.as_ref().map(|it| it.0.version), version, "{id} on {on}");
    }
    let highest = tx.selection_document(COUNTY, "d", 0).await.unwrap().unwrap();
    assert_eq!((highest.0.version, highest.1.as_str()), (3, "text 3"));
    let page = tx.selection_document_page(COUNTY, ("d", 1), 2).await.unwrap();
    assert_eq!(page.iter().map(|it| it.version).collect::<Vec<_>>(), [2, 3]);
    let page = tx.selection_document_page(COUNTY, ("d", 3), 9).await.unwrap();
    assert_eq!(page.iter().map(|it| &*it.document_id).collect::<Vec<_>>(), ["e"]);
}
