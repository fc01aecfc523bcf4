//! Selections, their rosters and what happened in them.

use steelyard::{
    domain::selection::RosterBranch,
    store::{Mark, SelectionEventRecord, SelectionRecord, StoreError, StoreTx},
};

use super::{
    backend::Backend,
    sample::{COUNTY, at, begin, day},
};

fn mark(now: i64) -> Mark {
    Mark { recorded: at(now), by: "office “一”".to_owned(), request_id: "q".to_owned() }
}

fn selection(id: &str, document: &str, period: &str, now: i64) -> SelectionRecord {
    SelectionRecord {
        selection_id: id.to_owned(),
        document_id: document.to_owned(),
        document_version: 2,
        period: period.to_owned(),
        roster_day: day("2022-10-31"),
        scheme_id: "s.小区".to_owned(),
        scheme_version: 3,
        opened: mark(now),
    }
}

fn branch(id: &str) -> RosterBranch {
    RosterBranch {
        branch: id.to_owned(),
        compound: format!("k-{id}"),
        community: "c-桂山".to_owned(),
        street: "guishan".to_owned(),
    }
}

fn event(number: i64, what: &str, now: i64) -> SelectionEventRecord {
    SelectionEventRecord {
        event: number,
        what: what.to_owned(),
        branch: "b-1".to_owned(),
        detail: r#"{"passed_over":["b-2"]}"#.to_owned(),
        text: "实地评估“合格”".to_owned(),
        decided_by: "p-1".to_owned(),
        evidence: r#"[["form","r"]]"#.to_owned(),
        mark: mark(now),
    }
}

/// An event that says nothing besides.
fn bare(number: i64, what: &str, now: i64) -> SelectionEventRecord {
    SelectionEventRecord {
        branch: String::new(),
        detail: String::new(),
        text: String::new(),
        decided_by: String::new(),
        evidence: String::new(),
        ..event(number, what, now)
    }
}

/// A selection with a branch and an event.
pub(super) async fn fill(tx: &mut dyn StoreTx) {
    let recorded = 0;
    let opened = selection("y", "d", "2022", recorded);
    tx.insert_selection(COUNTY, &opened, &[branch("b-1")]).await.unwrap();
    tx.insert_selection_events(COUNTY, "y", &[event(1, "apply", recorded)]).await.unwrap();
}

fn ids(of: &[SelectionRecord]) -> Vec<&str> {
    of.iter().map(|it| it.selection_id.as_str()).collect()
}

pub(crate) async fn selections_come_back_exactly(on: &Backend) {
    let mut tx = begin(&*on.store, 20).await.unwrap();
    // Given in no order, and read by id.
    let roster = [branch("b-2"), branch("b-10"), branch("B-1"), branch("b-1")];
    for (id, document, period) in
        [("b", "d", "2022"), ("a", "d", "2022"), ("c", "d", "2023"), ("d", "other", "2022")]
    {
        // The moment is the transaction's, whatever the record says.
        let it = selection(id, document, period, 7);
        let roster = if id == "a" { roster.as_slice() } else { &[] };
        tx.insert_selection(COUNTY, &it, roster).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut tx = on.store.read().await.unwrap();
    assert_eq!(tx.selection(COUNTY, "a").await.unwrap(), Some(selection("a", "d", "2022", 20)));
    for (county, id) in [(COUNTY, "e"), (COUNTY, "A"), ("other", "a")] {
        assert_eq!(tx.selection(county, id).await.unwrap(), None, "{county} {id}");
        assert_eq!(tx.selection_roster(county, id).await.unwrap(), [], "{county} {id}");
    }
    let found = tx.selection_roster(COUNTY, "a").await.unwrap();
    assert_eq!(found, ["B-1", "b-1", "b-10", "b-2"].map(branch));
    assert_eq!(tx.selection_roster(COUNTY, "b").await.unwrap(), []);
    for (after, limit, found) in [
        ("", 9, ["a", "b", "c", "d"].as_slice()),
        ("", 2, &["a", "b"]),
        ("b", 1, &["c"]),
        ("c", 9, &["d"]),
        ("d", 9, &[]),
    ] {
        let page = tx.selection_page(COUNTY, after, limit).await.unwrap();
        assert_eq!(ids(&page), found, "{after} {limit}");
    }
    for (county, document, period, found) in [
        (COUNTY, "d", "2022", ["a", "b"].as_slice()),
        (COUNTY, "d", "2023", &["c"]),
        (COUNTY, "other", "2022", &["d"]),
        (COUNTY, "d", "2024", &[]),
        ("other", "d", "2022", &[]),
    ] {
        let of = tx.selections_of(county, document, period).await.unwrap();
        assert_eq!(ids(&of), found, "{county} {document} {period}");
    }
    assert_eq!(tx.selection_page("other", "", 9).await.unwrap(), []);
}

pub(crate) async fn events_of_a_selection_come_back_in_their_order(on: &Backend) {
    let mut tx = begin(&*on.store, 20).await.unwrap();
    for id in ["a", "b"] {
        tx.insert_selection(COUNTY, &selection(id, "d", "2022", 20), &[]).await.unwrap();
    }
    // Given in another order, as one statement's rows may be.
    let first = [event(2, "pass", 7), bare(1, "ranked", 7)];
    tx.insert_selection_events(COUNTY, "a", &first).await.unwrap();
    tx.insert_selection_events(COUNTY, "a", &[]).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = begin(&*on.store, 30).await.unwrap();
    let later: Vec<_> = (3..12).map(|it| event(it, "review", 7)).collect();
    tx.insert_selection_events(COUNTY, "a", &later).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = on.store.read().await.unwrap();
    let mut expected = vec![bare(1, "ranked", 20), event(2, "pass", 20)];
    expected.extend((3..12).map(|it| event(it, "review", 30)));
    for after in 0..12_i64 {
        let found = tx.selection_events(COUNTY, "a", after).await.unwrap();
        assert_eq!(found, expected[usize::try_from(after).unwrap().min(11)..], "{after}");
    }
    assert_eq!(tx.selection_events(COUNTY, "a", i64::MAX).await.unwrap(), []);
    assert_eq!(tx.selection_events(COUNTY, "b", 0).await.unwrap(), []);
    assert_eq!(tx.selection_events("other", "a", 0).await.unwrap(), []);
}

pub(crate) async fn nothing_of_a_selection_is_written_twice_or_without_it(on: &Backend) {
    let mut tx = begin(&*on.store, 20).await.unwrap();
    let opened = selection("a", "d", "2022", 20);
    tx.insert_selection(COUNTY, &opened, &[branch("b-1")]).await.unwrap();
    tx.insert_selection_events(COUNTY, "a", &[event(1, "apply", 20)]).await.unwrap();
    tx.commit().await.unwrap();
    for again in 0..6 {
        let mut tx = begin(&*on.store, 30).await.unwrap();
        let twice = [branch("b-2"), branch("b-2")];
        let refused = match again {
            0 => tx.insert_selection(COUNTY, &selection("a", "x", "2024", 1), &[]).await,
            1 => tx.insert_selection(COUNTY, &selection("n", "d", "2022", 1), &twice).await,
            2 => tx.insert_selection_events(COUNTY, "a", &[event(1, "pass", 1)]).await,
            3 => {
                let both = [event(2, "pass", 1), event(2, "pass", 1)];
                tx.insert_selection_events(COUNTY, "a", &both).await
            }
            4 => tx.insert_selection_events(COUNTY, "none", &[event(1, "apply", 1)]).await,
            _ => tx.insert_selection_events(COUNTY, "a", &[event(0, "apply", 1)]).await,
        };
        let refused = refused.unwrap_err();
        let recorded = matches!(refused, StoreError::AlreadyRecorded);
        assert_eq!(recorded, again < 4, "{again}: {refused:?}");
    }
    // What was refused left nothing behind.
    let mut tx = on.store.read().await.unwrap();
    assert_eq!(ids(&tx.selection_page(COUNTY, "", 9).await.unwrap()), ["a"]);
    assert_eq!(tx.selection_roster(COUNTY, "a").await.unwrap(), [branch("b-1")]);
    let events = tx.selection_events(COUNTY, "a", 0).await.unwrap();
    assert_eq!(events, [event(1, "apply", 20)]);
    drop(tx);
    let mut tx = on.store.begin().await.unwrap();
    let unlocked = tx.insert_selection(COUNTY, &selection("n", "d", "2022", 1), &[]).await;
    assert!(unlocked.is_err(), "without the county's lock");
}

pub(crate) async fn a_roster_of_a_whole_county_is_kept(on: &Backend) {
    let mut tx = begin(&*on.store, 20).await.unwrap();
    let roster: Vec<_> = (0..5_000).map(|it| branch(&format!("b-{it:05}"))).collect();
    tx.insert_selection(COUNTY, &selection("a", "d", "2022", 20), &roster).await.unwrap();
    let events: Vec<_> = (1..=3_000).map(|it| event(it, "apply", 20)).collect();
    tx.insert_selection_events(COUNTY, "a", &events).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = on.store.read().await.unwrap();
    assert_eq!(tx.selection_roster(COUNTY, "a").await.unwrap(), roster);
    assert_eq!(tx.selection_events(COUNTY, "a", 0).await.unwrap(), events);
}
