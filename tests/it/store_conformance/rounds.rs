//! Assessment rounds, their sheets and their steps, as they were known at a moment.

use steelyard::store::{
    Mark, RevisionState, RoundHeader, RoundListing, RoundSheet, RoundStep, SheetKey, SheetRevision,
    StepKind, StoreError, StoreTx,
};

use super::{
    backend::Backend,
    sample::{COUNTY, NOW, at, begin, day},
};

fn mark(now: i64) -> Mark {
    Mark { recorded: at(now), by: "office “一”".to_owned(), request_id: "q".to_owned() }
}

fn round(id: &str, scheme: &str, now: i64) -> RoundHeader {
    RoundHeader {
        round_id: id.to_owned(),
        scheme_id: scheme.to_owned(),
        version: 3,
        subject_kind: "project".to_owned(),
        period: "2022-H2".to_owned(),
        opens_on: day("2023-01-10"),
        due_on: day("2023-01-10"),
        opened: mark(now),
        closed: None,
    }
}

fn key(role: &str, assessor: &str, subject: &str) -> SheetKey {
    SheetKey { role: role.to_owned(), assessor: assessor.to_owned(), subject: subject.to_owned() }
}

fn sheet(round: &str, key: SheetKey, holder: &str, now: i64) -> RoundSheet {
    RoundSheet {
        round_id: round.to_owned(),
        key,
        optional: false,
        holder: holder.to_owned(),
        mark: mark(now),
        latest: None,
    }
}

fn revision(number: i64, state: RevisionState, points: &str, now: i64) -> SheetRevision {
    SheetRevision { revision: number, state, points: points.to_owned(), mark: mark(now) }
}

fn step(number: i64, kind: StepKind, now: i64) -> RoundStep {
    RoundStep {
        step: number,
        kind,
        role: String::new(),
        assessor: String::new(),
        subject: String::new(),
        until: None,
        reason: String::new(),
        first_fact: 0,
        facts: 0,
        mark: mark(now),
    }
}

/// One row in each table.
pub(super) async fn fill(tx: &mut dyn StoreTx) {
    let of = key("street", "s", "p");
    tx.insert_round(COUNTY, &round("r", "s", 0)).await.unwrap();
    tx.insert_round_sheets(COUNTY, &[sheet("r", of.clone(), "street/s", 0)]).await.unwrap();
    let draft = revision(1, RevisionState::Draft, "{}", 0);
    tx.insert_revisions(COUNTY, "r", &[(of, draft)]).await.unwrap();
    tx.insert_round_step(COUNTY, "r", &step(1, StepKind::Excuse, 0)).await.unwrap();
}

pub(crate) async fn rows_come_back_exactly_and_once(on: &Backend) {
    let of = key("street", "s", "p-1");
    let optional = RoundSheet { optional: true, ..sheet("r1", of.clone(), "principal/a/b", 10) };
    let handed_in = revision(1, RevisionState::HandedIn, r#"{"tidy":-1}"#, 10);
    let extension = RoundStep {
        role: "street".to_owned(),
        assessor: "s".to_owned(),
        subject: "p-1".to_owned(),
        until: Some(day("2023-02-01")),
        reason: "停机".to_owned(),
        ..step(1, StepKind::Extension, 10)
    };
    let mut tx = begin(&*on.store, 10).await.unwrap();
    tx.insert_round(COUNTY, &round("r1", "a", 0)).await.unwrap();
    tx.insert_round(COUNTY, &round("r2", "a", 0)).await.unwrap();
    tx.insert_round(COUNTY, &round("r3", "b", 0)).await.unwrap();
    tx.insert_round_sheets(COUNTY, std::slice::from_ref(&optional)).await.unwrap();
    tx.insert_revisions(COUNTY, "r1", &[(of.clone(), handed_in.clone())]).await.unwrap();
    tx.insert_round_step(COUNTY, "r1", &extension).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = begin(&*on.store, 20).await.unwrap();
    let closing = RoundStep { first_fact: 7, facts: 2, ..step(2, StepKind::Closing, 20) };
    tx.insert_round_step(COUNTY, "r1", &closing).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = on.store.read().await.unwrap();
    let closed = RoundHeader { closed: Some(closing.clone()), ..round("r1", "a", 10) };
    assert_eq!(tx.round(COUNTY, "r1").await.unwrap(), Some(closed.clone()));
    assert_eq!(tx.round(COUNTY, "r2").await.unwrap(), Some(round("r2", "a", 10)));
    assert_eq!(tx.round(COUNTY, "r9").await.unwrap(), None);
    let steps = tx.round_steps(COUNTY, "r1", NOW).await.unwrap();
    assert_eq!(steps, [extension.clone(), closing]);
    assert_eq!(tx.round_steps(COUNTY, "r1", at(19)).await.unwrap(), [extension]);
    let whole = RoundSheet { latest: Some(handed_in.clone()), ..optional };
    let found = tx.handed_in(COUNTY, ("r1", NOW), &SheetKey::default(), 9).await.unwrap();
    assert_eq!(found, [whole]);
    let found = tx.round_revisions(COUNTY, "r1", (&SheetKey::default(), 0), 9).await.unwrap();
    assert_eq!(found, [(of.clone(), handed_in)]);
    let found = tx.round_revisions(COUNTY, "r1", (&of, 1), 9).await.unwrap();
    assert_eq!(found, []);
    let page = |scheme: &str, after: &str, limit| RoundListing {
        scheme_id: scheme.to_owned(),
        period: String::new(),
        after: after.to_owned(),
        limit,
    };
    for (listing, ids) in [
        (page("", "", 9), "r1 r2 r3"),
        (page("", "", 2), "r1 r2"),
        (page("a", "r1", 9), "r2"),
        (RoundListing { period: "2022-H1".to_owned(), ..page("", "", 9) }, ""),
        (RoundListing { period: "2022-H2".to_owned(), ..page("b", "", 9) }, "r3"),
    ] {
        let found = tx.round_page(COUNTY, &listing).await.unwrap();
        let found: Vec<_> = found.iter().map(|it| it.round_id.as_str()).collect();
        assert_eq!(found.join(" "), ids, "{listing:?}");
    }
    assert_eq!(tx.round("other", "r1").await.unwrap(), None);
    assert_eq!(tx.round_steps("other", "r1", NOW).await.unwrap(), []);
    assert_eq!(tx.handed_in("other", ("r1", NOW), &SheetKey::default(), 9).await.unwrap(), []);
    drop(tx);
    // Nothing is there twice: a round, a sheet, a revision, a step, a closing.
    for number in 0..5 {
        let mut tx = begin(&*on.store, 30).await.unwrap();
        let again = match number {
            0 => tx.insert_round(COUNTY, &round("r1", "x", 0)).await,
            1 => {
                let again = sheet("r1", of.clone(), "x", 0);
                tx.insert_round_sheets(COUNTY, &[again]).await
            }
            2 => {
                let again = revision(1, RevisionState::Draft, "{}", 0);
                tx.insert_revisions(COUNTY, "r1", &[(of.clone(), again)]).await
            }
            3 => tx.insert_round_step(COUNTY, "r1", &step(2, StepKind::Excuse, 0)).await,
            _ => tx.insert_round_step(COUNTY, "r1", &step(3, StepKind::Closing, 0)).await,
        };
        assert!(matches!(again, Err(StoreError::AlreadyRecorded)), "{number}: {again:?}");
    }
}

pub(crate) async fn sheets_are_read_as_they_were_known(on: &Backend) {
    use RevisionState::{Draft, HandedIn, Withdrawn};
    let of = key("street", "s", "p");
    let mut tx = begin(&*on.store, 10).await.unwrap();
    tx.insert_round(COUNTY, &round("r", "a", 0)).await.unwrap();
    tx.insert_round_sheets(COUNTY, &[sheet("r", of.clone(), "street/s", 0)]).await.unwrap();
    tx.commit().await.unwrap();
    let all = [(20, 1, Draft), (30, 2, HandedIn), (40, 3, Withdrawn), (50, 4, HandedIn)];
    for (now, number, state) in all {
        let mut tx = begin(&*on.store, now).await.unwrap();
        let points = format!("{{\"tidy\":{number}}}");
        let new = [(of.clone(), revision(number, state, &points, 0))];
        tx.insert_revisions(COUNTY, "r", &new).await.unwrap();
        tx.commit().await.unwrap();
    }
    let mut tx = on.store.read().await.unwrap();
    let (first, subjects) = (SheetKey::default(), ["p".to_owned(), "q".to_owned()]);
    for (known, there, newest) in
        [(9, 0, 0), (10, 1, 0), (19, 1, 0), (20, 1, 1), (30, 1, 2), (45, 1, 3), (99, 1, 4)]
    {
        let round = ("r", at(known));
        let number = |found: &[RoundSheet]| {
            assert_eq!(found.len(), there, "as known at {known}");
            found.iter().filter_map(|it| it.latest.as_ref()).map(|it| it.revision).sum::<i64>()
        };
        let found = tx.round_sheets(COUNTY, round, &first, 9).await.unwrap();
        assert_eq!(number(&found), newest);
        let silent = found.iter().filter_map(|it| it.latest.as_ref());
        assert!(silent.clone().all(|it| it.points.is_empty()), "no points are read");
        let found = tx.sheets_of(COUNTY, round, ("street", "s"), &subjects).await.unwrap();
        assert_eq!(number(&found), newest);
        let points = found.iter().filter_map(|it| it.latest.as_ref()).map(|it| it.points.clone());
        let expected = (newest > 0).then(|| format!("{{\"tidy\":{newest}}}"));
        assert_eq!(points.collect::<Vec<_>>(), Vec::from_iter(expected));
        let handed_in = tx.handed_in(COUNTY, round, &first, 9).await.unwrap();
        assert_eq!(handed_in.len(), usize::from([2, 4].contains(&newest)), "at {known}");
        let found = tx.sheets_about(COUNTY, at(known), &subjects).await.unwrap();
        assert_eq!(number(&found), newest);
        let found = tx.any_sheet_of(COUNTY, round, ("street", "s")).await.unwrap();
        assert_eq!(found.is_some(), there > 0);
    }
    assert_eq!(tx.any_sheet_of(COUNTY, ("r", NOW), ("street", "t")).await.unwrap(), None);
}

pub(crate) async fn sheets_are_paged_and_found_by_holder_and_subject(on: &Backend) {
    // Bytes, not a dictionary.
    let mut keys = Vec::new();
    for role in ["A", "a"] {
        for assessor in ["s-1", "s-10", "s-2"] {
            for subject in ["P", "p"] {
                keys.push(key(role, assessor, subject));
            }
        }
    }
    let holder = |key: &SheetKey| format!("street/{}", key.assessor);
    let mut tx = begin(&*on.store, 1).await.unwrap();
    for id in ["r1", "r2"] {
        tx.insert_round(COUNTY, &round(id, "a", 0)).await.unwrap();
        let all: Vec<_> =
            keys.iter().rev().map(|it| sheet(id, it.clone(), &holder(it), 0)).collect();
        tx.insert_round_sheets(COUNTY, &all).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut tx = on.store.read().await.unwrap();
    let held = ["street/s-10", "street/s-2", "none", "street/s-10"].map(str::to_owned);
    for limit in [1, 5, 100] {
        let (mut seen, mut after) = (Vec::new(), SheetKey::default());
        loop {
            let page = tx.round_sheets(COUNTY, ("r1", NOW), &after, limit).await.unwrap();
            let Some(last) = page.last() else { break };
            after = last.key.clone();
            seen.extend(page.into_iter().map(|it| it.key));
        }
        assert_eq!(seen, keys, "by {limit}");
        let (mut seen, mut after) = (Vec::new(), SheetKey::default());
        loop {
            let from = (&after, limit);
            let page = tx.sheets_held(COUNTY, ("r1", NOW), &held, from).await.unwrap();
            let Some(last) = page.last() else { break };
            after = last.key.clone();
            seen.extend(page.into_iter().map(|it| it.key));
        }
        let own: Vec<_> = keys.iter().filter(|it| it.assessor != "s-1").cloned().collect();
        assert_eq!(seen, own, "by {limit}");
    }
    let about = tx.sheets_about(COUNTY, NOW, &["p".to_owned()]).await.unwrap();
    let rounds: Vec<_> = about.iter().map(|it| it.round_id.as_str()).collect();
    assert_eq!(rounds, [["r1"; 6], ["r2"; 6]].concat());
    assert!(about.iter().all(|it| it.key.subject == "p"));
    assert_eq!(tx.sheets_about("other", NOW, &["p".to_owned()]).await.unwrap(), []);
}
