//! The registry as of days and moments, schemes, and how text and days come back.

use steelyard::store::{AsOf, Retirement, StoreError};

use super::{
    backend::Backend,
    sample::{COUNTY, NOW, at, begin, day, register, scheme, version},
};

fn as_of(on: &str, known: i64) -> AsOf {
    AsOf { day: day(on), known: at(known) }
}

pub(crate) async fn is_read_as_of_a_day_and_a_moment(on: &Backend) {
    let store = &*on.store;
    register(store, 10, &[version("compound", "k", "2022-01-01", "first")]).await;
    register(store, 20, &[version("compound", "k", "2023-01-01", "moved")]).await;
    register(store, 30, &[version("compound", "k", "2022-01-01", "corrected")]).await;
    let mut ended = version("compound", "k", "2024-01-01", "dissolving");
    ended.effective_until = Some(day("2024-06-30"));
    register(store, 40, &[ended]).await;
    let mut tx = store.read().await.unwrap();
    for (on, known, name) in [
        ("2021-12-31", 99, None),
        ("2022-01-01", 9, None),
        ("2022-01-01", 10, Some("first")),
        ("2022-12-31", 29, Some("first")),
        ("2022-12-31", 30, Some("corrected")),
        ("2023-01-01", 19, Some("first")),
        ("2023-01-01", 20, Some("moved")),
        ("2023-01-01", 99, Some("moved")),
        ("2024-06-30", 39, Some("moved")),
        ("2024-06-30", 40, Some("dissolving")),
        ("2024-07-01", 40, None),
    ] {
        let ids = ["k".to_owned(), "none".to_owned()];
        let found = tx.registered(COUNTY, "compound", &ids, as_of(on, known)).await.unwrap();
        let names: Vec<_> = found.iter().map(|it| it.version.name.as_str()).collect();
        assert_eq!(names, name.into_iter().collect::<Vec<_>>(), "on {on} as known at {known}");
        let page = tx.registry_page(COUNTY, "compound", as_of(on, known), "", 9).await.unwrap();
        assert_eq!(page, found);
        let parent = ("street", "guishan");
        let children =
            tx.registry_children(COUNTY, "compound", parent, as_of(on, known), "", 9).await;
        assert_eq!(children.unwrap(), found);
    }
    let history = tx.registry_history(COUNTY, "compound", "k").await.unwrap();
    let seqs: Vec<_> = history.iter().map(|it| (it.seq, it.recorded)).collect();
    assert_eq!(seqs, [(1, at(10)), (3, at(30)), (2, at(20)), (4, at(40))]);
    let ids = ["k".to_owned(), "none".to_owned()];
    for (known, want) in [(9, vec![]), (10, vec![1]), (29, vec![1, 2]), (99, vec![1, 3, 2, 4])] {
        let found = tx.registry_versions(COUNTY, "compound", &ids, at(known)).await.unwrap();
        assert_eq!(found.iter().map(|it| it.seq).collect::<Vec<_>>(), want, "known at {known}");
    }
    assert_eq!(tx.registry_versions("other", "compound", &ids, at(99)).await.unwrap(), []);
    let elsewhere = tx.registry_page("other", "compound", as_of("2023-01-01", 99), "", 9).await;
    assert_eq!(elsewhere.unwrap(), [], "a county sees its own");
}

pub(crate) async fn pages_meet_every_id_once_in_byte_order(on: &Backend) {
    // The order of bytes, which no language's dictionary has.
    let sorted = ["Z", "a", "a b", "a-b", "a1", "ab", "é", "安乐", "龟山", "𠀀"];
    let mut versions: Vec<_> =
        sorted.iter().map(|id| version("member", id, "2022-01-01", id)).collect();
    versions.reverse();
    register(&*on.store, 1, &versions).await;
    let mut tx = on.store.read().await.unwrap();
    for limit in [1, 3, 100] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = tx.registry_page(COUNTY, "member", as_of("2023-01-01", 9), &after, limit);
            let page = page.await.unwrap();
            let Some(last) = page.last() else { break };
            after.clone_from(&last.version.id);
            seen.extend(page.into_iter().map(|it| it.version.id));
        }
        assert_eq!(seen, sorted, "by {limit}");
    }
}

pub(crate) async fn children_are_found_by_parent(on: &Backend) {
    let mut versions = Vec::new();
    for (id, parent) in [("k1", "c1"), ("k2", "c2"), ("k3", "c1")] {
        let mut compound = version("compound", id, "2022-01-01", id);
        "community".clone_into(&mut compound.parent_kind);
        parent.clone_into(&mut compound.parent_id);
        versions.push(compound);
    }
    let mut moved = versions[0].clone();
    moved.effective_from = day("2023-01-01");
    "c2".clone_into(&mut moved.parent_id);
    versions.push(moved);
    register(&*on.store, 1, &versions).await;
    let mut tx = on.store.read().await.unwrap();
    for (on, parent, ids) in [
        ("2022-06-01", "c1", vec!["k1", "k3"]),
        ("2023-06-01", "c1", vec!["k3"]),
        ("2023-06-01", "c2", vec!["k1", "k2"]),
    ] {
        let parent = ("community", parent);
        let found = tx.registry_children(COUNTY, "compound", parent, as_of(on, 9), "", 9).await;
        let found: Vec<_> = found.unwrap().into_iter().map(|it| it.version.id).collect();
        assert_eq!(found, ids, "{on} {parent:?}");
    }
}

pub(crate) async fn ids_that_look_alike_are_kept_apart(on: &Backend) {
    let ids = ["a", "A", "a ", " a", "é", "e\u{301}", "安乐", "安樂", "ａ", "a\u{200b}"];
    let versions: Vec<_> = ids.iter().map(|id| version("post", id, "2022-01-01", id)).collect();
    register(&*on.store, 1, &versions).await;
    let mut tx = on.store.read().await.unwrap();
    for id in ids {
        let found = tx.registered(COUNTY, "post", &[id.to_owned()], as_of("2022-01-01", 9)).await;
        let found: Vec<_> = found.unwrap().into_iter().map(|it| it.version).collect();
        assert_eq!(found, [version("post", id, "2022-01-01", id)], "`{id}`");
    }
    let quoted = ["\"],[\"".to_owned(), "a'b".to_owned(), "{}".to_owned(), "NULL".to_owned()];
    assert_eq!(tx.registered(COUNTY, "post", &quoted, as_of("2022-01-01", 9)).await.unwrap(), []);
    assert_eq!(tx.registered(COUNTY, "post", &[], as_of("2022-01-01", 9)).await.unwrap(), []);
}

pub(crate) async fn days_at_the_ends_of_the_calendar_come_back(on: &Backend) {
    let days = ["0001-01-01", "1582-10-10", "1999-12-31", "2000-01-01", "2000-02-29", "9999-12-31"];
    for (number, text) in (1..).zip(days) {
        let mut one = version("member", text, text, "龟山路 1 号");
        one.effective_until = Some(day(text));
        r#"{"名":"\"\\","空":""}"#.clone_into(&mut one.attributes);
        register(&*on.store, number, &[one.clone()]).await;
        let mut tx = on.store.read().await.unwrap();
        let ids = [text.to_owned()];
        let found =
            tx.registered(COUNTY, "member", &ids, AsOf { day: day(text), known: NOW }).await;
        assert_eq!(found.unwrap()[0].version, one);
        drop(tx);
    }
}

pub(crate) async fn a_published_scheme_never_changes(on: &Backend) {
    let header = scheme("双积分", 1, "2022-01-01", Some("2022-12-31"));
    let mut tx = begin(&*on.store, 50).await.unwrap();
    tx.insert_scheme(COUNTY, &header, "原文\n").await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = begin(&*on.store, 60).await.unwrap();
    let again = tx.insert_scheme(COUNTY, &header, "other").await;
    assert!(matches!(again, Err(StoreError::AlreadyRecorded)), "{again:?}");
    drop(tx);
    let mut tx = on.store.read().await.unwrap();
    let (mut kept, document) = tx.scheme(COUNTY, "双积分", 1).await.unwrap().unwrap();
    assert_eq!(document, "原文\n");
    assert_eq!(kept.published, at(50));
    kept.published = header.published;
    assert_eq!(kept, header);
    assert_eq!(tx.scheme(COUNTY, "双积分", 2).await.unwrap(), None);
    assert_eq!(tx.scheme("other", "双积分", 1).await.unwrap(), None);
}

pub(crate) async fn the_scheme_in_force_is_the_highest_that_includes_the_day(on: &Backend) {
    let mut tx = begin(&*on.store, 1).await.unwrap();
    for (version, from, until) in
        [(1, "2022-01-01", None), (2, "2023-01-01", Some("2023-12-31")), (3, "2023-07-01", None)]
    {
        let header = scheme("s", version, from, until);
        tx.insert_scheme(COUNTY, &header, &format!("document {version}")).await.unwrap();
    }
    let end = Retirement {
        last_day: day("2024-06-30"),
        reason: "replaced".to_owned(),
        recorded: at(0),
        recorded_by: "office".to_owned(),
    };
    tx.retire_scheme(COUNTY, "s", 3, &end).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = on.store.read().await.unwrap();
    for (on, version) in [
        ("2021-12-31", None),
        ("2022-12-31", Some(1)),
        ("2023-06-30", Some(2)),
        ("2023-07-01", Some(3)),
        ("2024-06-30", Some(3)),
        ("2024-07-01", Some(1)),
    ] {
        let found = tx.scheme_in_force(COUNTY, "s", day(on)).await.unwrap();
        assert_eq!(found.as_ref().map(|it| it.0.version), version, "on {on}");
        let document = found.map(|it| it.1);
        assert_eq!(document, version.map(|it| format!("document {it}")));
    }
    assert_eq!(tx.scheme(COUNTY, "s", 0).await.unwrap().unwrap().0.version, 3);
    let page = tx.scheme_page(COUNTY, ("s", 1), 1).await.unwrap();
    assert_eq!(page.iter().map(|it| it.version).collect::<Vec<_>>(), [2]);
    let page = tx.scheme_page(COUNTY, ("s", 2), 9).await.unwrap();
    assert_eq!(page[0].retired, Some(Retirement { recorded: at(1), ..end.clone() }));
    drop(tx);
    let mut tx = begin(&*on.store, 2).await.unwrap();
    let twice = tx.retire_scheme(COUNTY, "s", 3, &end).await;
    assert!(matches!(twice, Err(StoreError::AlreadyRecorded)), "{twice:?}");
}
