//! The ledger.

use steelyard::store::{Fact, FactKind, FactListing, FactQuery, Reversing, StoreError};

use super::{
    backend::Backend,
    sample::{COUNTY, NOW, at, begin, day, entry, metric, record},
};

fn query(subjects: &[&str], known: i64) -> FactQuery {
    FactQuery {
        subject_kind: "member".to_owned(),
        subjects: subjects.iter().map(|it| (*it).to_owned()).collect(),
        kinds: FactKind::ALL.to_vec(),
        periods: vec!["2022".to_owned()],
        from: day("2022-01-01"),
        until: day("2022-12-31"),
        known: at(known),
    }
}

fn reversing(seq: i64) -> Reversing {
    Reversing {
        seq,
        reason: "记错了人".to_owned(),
        recorded_by: "chief".to_owned(),
        evidence: r#"["note"]"#.to_owned(),
    }
}

/// A fact with every field at an end of its range.
fn extreme(amount: i64) -> Fact {
    Fact {
        kind: FactKind::Sheet,
        subject_kind: "project".to_owned(),
        subject: "e\u{301} 安乐 ".to_owned(),
        item: "卫生".to_owned(),
        period: "2022-H1".to_owned(),
        on_day: Some(day("0001-01-01")),
        until_day: Some(day("9999-12-31")),
        name: "street".to_owned(),
        amount_a: Some(amount),
        amount_b: Some(amount.wrapping_neg()),
        detail: "\"'\\\u{1f600}\n".to_owned(),
        by_whom: "a'; DROP TABLE facts; --".to_owned(),
        at: Some(at(amount)),
        evidence: "[]".to_owned(),
        source: "oa".to_owned(),
        source_record: format!("n{amount}"),
        reverses: None,
        recorded_by: "clerk".to_owned(),
        late_reason: "系统迟延\u{1f600}".to_owned(),
    }
}

pub(crate) async fn come_back_exactly(on: &Backend) {
    let mut facts: Vec<Fact> =
        [i64::MIN + 1, i64::MAX, 0, -1, 9_007_199_254_740_993].map(extreme).into();
    facts.push(Fact::of(FactKind::Metric, "member", "m", ""));
    for kind in FactKind::ALL {
        if kind != FactKind::Reversal && kind != FactKind::Entry {
            facts.push(Fact::of(kind, "member", "m", "x"));
        }
    }
    let first = record(&*on.store, 77, &facts).await;
    let mut tx = on.store.read().await.unwrap();
    for (fact, seq) in facts.iter().zip(first..) {
        let kept = tx.fact(COUNTY, seq, NOW).await.unwrap().unwrap();
        assert_eq!(&kept.fact, fact);
        assert_eq!((kept.seq, kept.recorded, kept.request_id.as_str()), (seq, at(77), "r"));
        assert_eq!(tx.fact("other", seq, NOW).await.unwrap(), None);
        assert_eq!(tx.fact(COUNTY, seq, at(76)).await.unwrap(), None);
    }
}

pub(crate) async fn are_read_for_periods_and_days(on: &Backend) {
    let mut veto = Fact::of(FactKind::Veto, "member", "a", "v");
    veto.on_day = Some(day("2021-05-01"));
    let mut past = veto.clone();
    past.until_day = Some(day("2021-12-31"));
    let mut touching = veto.clone();
    touching.until_day = Some(day("2022-01-01"));
    let facts = [
        entry("a", "v", "2021-12-31", 1, None),
        entry("a", "v", "2022-01-01", 2, None),
        entry("b", "v", "2022-12-31", 3, None),
        entry("b", "v", "2023-01-01", 4, None),
        entry("c", "v", "2022-06-01", 5, None),
        metric("a", "x", "2022", 6),
        metric("a", "x", "2022-H1", 7),
        veto,
        past,
        touching,
    ];
    record(&*on.store, 1, &facts).await;
    let mut tx = on.store.read().await.unwrap();
    let seqs = |found: Vec<steelyard::store::StoredFact>| -> Vec<i64> {
        found.into_iter().map(|it| it.seq).collect()
    };
    let found = tx.facts(COUNTY, &query(&["b", "a", "none"], 9)).await.unwrap();
    assert_eq!(seqs(found), [2, 6, 8, 10, 3], "by subject, then as recorded");
    let mut some = query(&["a"], 9);
    some.kinds = vec![FactKind::Metric];
    some.periods = vec!["2022".to_owned(), "2022-H1".to_owned()];
    assert_eq!(seqs(tx.facts(COUNTY, &some).await.unwrap()), [6, 7]);
    assert!(seqs(tx.facts(COUNTY, &query(&["a"], 0)).await.unwrap()).is_empty());
    assert!(seqs(tx.facts("other", &query(&["a"], 9)).await.unwrap()).is_empty());
}

pub(crate) async fn a_reversal_counts_from_its_moment_on(on: &Backend) {
    record(&*on.store, 10, &[entry("a", "v", "2022-03-01", 10_000, None)]).await;
    let mut tx = begin(&*on.store, 20).await.unwrap();
    assert_eq!(tx.reverse_fact(COUNTY, "r-2", &reversing(1)).await.unwrap(), Some(2));
    assert_eq!(tx.reverse_fact(COUNTY, "r-2", &reversing(2)).await.unwrap(), None, "a reversal");
    assert_eq!(tx.reverse_fact(COUNTY, "r-2", &reversing(9)).await.unwrap(), None, "no such fact");
    tx.commit().await.unwrap();
    record(&*on.store, 30, &[entry("a", "v", "2022-03-02", 10_000, None)]).await;
    let mut tx = on.store.read().await.unwrap();
    for (known, standing) in
        [(9, vec![]), (10, vec![1]), (19, vec![1]), (20, vec![]), (30, vec![3])]
    {
        let found = tx.facts(COUNTY, &query(&["a"], known)).await.unwrap();
        let found: Vec<_> = found.into_iter().map(|it| it.seq).collect();
        assert_eq!(found, standing, "as known at {known}");
    }
    assert_eq!(tx.fact(COUNTY, 1, at(19)).await.unwrap().unwrap().reversed, None);
    let reversed = tx.fact(COUNTY, 1, at(20)).await.unwrap().unwrap().reversed.unwrap();
    assert_eq!((reversed.seq, reversed.recorded), (2, at(20)));
    assert_eq!((reversed.reason.as_str(), reversed.recorded_by.as_str()), ("记错了人", "chief"));
    let row = tx.fact(COUNTY, 2, NOW).await.unwrap().unwrap();
    assert_eq!((row.fact.kind, row.fact.reverses), (FactKind::Reversal, Some(1)));
    assert_eq!(row.fact.evidence, r#"["note"]"#);
}

pub(crate) async fn a_second_reversal_is_refused(on: &Backend) {
    record(&*on.store, 10, &[metric("a", "x", "2022", 1)]).await;
    let mut tx = begin(&*on.store, 20).await.unwrap();
    assert_eq!(tx.reverse_fact(COUNTY, "r", &reversing(1)).await.unwrap(), Some(2));
    tx.commit().await.unwrap();
    let mut tx = begin(&*on.store, 30).await.unwrap();
    let again = tx.reverse_fact(COUNTY, "r", &reversing(1)).await;
    assert!(matches!(again, Err(StoreError::AlreadyRecorded)), "{again:?}");
}

pub(crate) async fn a_source_record_is_taken_once(on: &Backend) {
    let from = |source: &str, id: &str| {
        let mut fact = metric("a", "x", "2022", 1);
        source.clone_into(&mut fact.source);
        id.clone_into(&mut fact.source_record);
        fact
    };
    let facts = [from("oa", "1"), from("hr", "1"), from("", "1"), from("oa", ""), from("oa", "")];
    record(&*on.store, 1, &facts).await;
    let mut tx = begin(&*on.store, 2).await.unwrap();
    let ids = ["1".to_owned(), "2".to_owned(), String::new()];
    let found = tx.facts_by_source_record(COUNTY, &ids).await.unwrap();
    assert_eq!(found.iter().map(|it| it.seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(found[1].fact, facts[1]);
    let again = tx.insert_facts(COUNTY, "r", &[from("new", "1"), from("hr", "1")]).await;
    assert!(matches!(again, Err(StoreError::AlreadyRecorded)), "{again:?}");
    drop(tx);
    let mut tx = on.store.read().await.unwrap();
    assert_eq!(tx.facts_by_source_record(COUNTY, &ids).await.unwrap().len(), 3, "nothing half");
}

pub(crate) async fn are_listed_by_page_in_the_order_recorded(on: &Backend) {
    let mut facts: Vec<Fact> =
        (1..=9).map(|it| entry("a", "v", &format!("2022-0{it}-01"), it, None)).collect();
    facts.push(metric("a", "x", "2022-H2", 1));
    facts.push(metric("b", "x", "2022", 1));
    record(&*on.store, 1, &facts).await;
    let mut tx = begin(&*on.store, 2).await.unwrap();
    tx.reverse_fact(COUNTY, "r", &reversing(4)).await.unwrap();
    tx.commit().await.unwrap();
    let all = FactListing {
        subject_kind: "member".to_owned(),
        subject: "a".to_owned(),
        kinds: vec![],
        time: None,
        known: NOW,
        include_reversed: true,
        after: 0,
        limit: 100,
    };
    let mut tx = on.store.read().await.unwrap();
    let mut seqs = async |listing: &FactListing| -> Vec<i64> {
        let page = tx.list_facts(COUNTY, listing).await.unwrap();
        page.into_iter().map(|it| it.seq).collect()
    };
    assert_eq!(seqs(&all).await, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    let standing = FactListing { include_reversed: false, ..all.clone() };
    assert_eq!(seqs(&standing).await, [1, 2, 3, 5, 6, 7, 8, 9, 10]);
    let before = FactListing { known: at(1), ..standing.clone() };
    assert_eq!(seqs(&before).await.len(), 10, "not reversed by then");
    let page = FactListing { after: 3, limit: 2, ..standing.clone() };
    assert_eq!(seqs(&page).await, [5, 6]);
    let time = Some((vec!["2022-H2".to_owned()], day("2022-08-01"), day("2022-12-31")));
    assert_eq!(seqs(&FactListing { time, ..all.clone() }).await, [8, 9, 10]);
    let kinds = vec![FactKind::Metric];
    assert_eq!(seqs(&FactListing { kinds, ..all.clone() }).await, [10]);
    let page = tx.list_facts(COUNTY, &all).await.unwrap();
    assert_eq!(page[3].reversed.as_ref().map(|it| it.seq), Some(12));
    assert_eq!(page[2].reversed, None);
}

pub(crate) async fn more_rows_than_a_statement_holds_are_stored(on: &Backend) {
    let facts: Vec<Fact> = (0..5_777)
        .map(|it| entry(&format!("m{}", it % 700), "v", "2022-03-01", it, None))
        .collect();
    let first = record(&*on.store, 1, &facts).await;
    assert_eq!(first, 1);
    let mut tx = on.store.read().await.unwrap();
    for seq in [1, 512, 513, 4_096, 5_000, 5_001, 5_777] {
        let kept = tx.fact(COUNTY, seq, NOW).await.unwrap().unwrap();
        assert_eq!(kept.fact.amount_a, Some(seq - 1));
    }
    assert_eq!(tx.fact(COUNTY, 5_778, NOW).await.unwrap(), None);
    let subjects: Vec<String> = (0..700).map(|it| format!("m{it}")).collect();
    let totals = tx.totals(COUNTY, "member", &subjects, &[2022]).await.unwrap();
    assert_eq!(totals.len(), 700);
    let mut entries = 0;
    for row in &totals {
        entries += row.sums.months("v").next().unwrap().1.entries;
    }
    assert_eq!(entries, 5_777);
    drop(tx);
    let mut tx = begin(&*on.store, 2).await.unwrap();
    assert_eq!(tx.insert_facts(COUNTY, "r", &[]).await.unwrap(), 5_778, "none is no row");
    tx.commit().await.unwrap();
}

/// What is said about a fact of that number.
fn said(kind: FactKind, of: i64, subject: &str) -> Fact {
    Fact::of(kind, "member", subject, &format!("f{of}"))
}

pub(crate) async fn what_is_said_about_facts_is_found_by_their_ids(on: &Backend) {
    let facts = [
        entry("a", "v", "2022-03-01", 1, None),
        said(FactKind::Answer, 4, "a"),
        said(FactKind::EntryCheck, 1, "a"),
        said(FactKind::Objection, 1, "a"),
        // Of another kind: an item that only looks like an id.
        said(FactKind::Metric, 1, "a"),
        said(FactKind::EntryCheck, 11, "b"),
    ];
    record(&*on.store, 10, &facts).await;
    let mut tx = begin(&*on.store, 20).await.unwrap();
    tx.reverse_fact(COUNTY, "r", &reversing(3)).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = on.store.read().await.unwrap();
    let mut seqs = async |county: &str, ids: &[&str], known: i64| {
        let ids: Vec<String> = ids.iter().map(|it| (*it).to_owned()).collect();
        let found = tx.facts_about(county, &ids, at(known)).await.unwrap();
        found.into_iter().map(|it| (it.seq, it.reversed.is_some())).collect::<Vec<_>>()
    };
    assert_eq!(seqs(COUNTY, &["f1"], 19).await, [(3, false), (4, false)]);
    assert_eq!(seqs(COUNTY, &["f1"], 20).await, [(3, true), (4, false)]);
    assert_eq!(seqs(COUNTY, &["f4", "f9", "f1"], 20).await, [(2, false), (3, true), (4, false)]);
    assert_eq!(seqs(COUNTY, &["f1"], 9).await, []);
    assert_eq!(seqs("other", &["f1", "f4"], 20).await, []);
}

pub(crate) async fn objections_are_paged_in_the_order_recorded(on: &Backend) {
    let mut facts = vec![entry("a", "v", "2022-03-01", 1, None)];
    facts.extend((0..5).map(|it| said(FactKind::Objection, 1, if it < 3 { "a" } else { "b" })));
    facts.push(said(FactKind::Answer, 2, "a"));
    record(&*on.store, 10, &facts).await;
    record(&*on.store, 30, &[said(FactKind::Objection, 1, "a")]).await;
    let mut tx = on.store.read().await.unwrap();
    let mut seqs = async |after: i64, known: i64, limit: i64| {
        let found = tx.objections_after(COUNTY, after, (at(known), limit)).await.unwrap();
        found.into_iter().map(|it| it.seq).collect::<Vec<_>>()
    };
    assert_eq!(seqs(0, 29, 100).await, [2, 3, 4, 5, 6]);
    assert_eq!(seqs(0, 30, 3).await, [2, 3, 4]);
    assert_eq!(seqs(4, 30, 3).await, [5, 6, 8]);
    assert!(seqs(8, 30, 3).await.is_empty());
}
