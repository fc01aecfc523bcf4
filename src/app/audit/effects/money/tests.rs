//! What the proof finds of money, against entries of a true year.

use super::*;
use crate::{
    app::{Effect, award::year},
    domain::exact::Money,
    store::{self, NewAudit, StoreTx},
};

const COUNTY: &str = "xinping";

/// An entry of a write.
fn entry(number: usize, effect: &Effect) -> NewAudit {
    NewAudit {
        principal: "office".to_owned(),
        method: "AwardService.Test".to_owned(),
        request_id: number.to_string(),
        fingerprint: [7; 32],
        subject: effect.subject.clone(),
        effect_digest: effect.digest,
    }
}

async fn insert(tx: &mut dyn StoreTx, rows: &MoneyRows) {
    tx.insert_movements(COUNTY, &rows.movements).await.unwrap();
    for it in &rows.proposed {
        tx.insert_batch(COUNTY, &it.batch, &it.first, &it.lines).await.unwrap();
    }
    tx.insert_batch_events(COUNTY, &rows.batch_events).await.unwrap();
    tx.insert_recoveries(COUNTY, &rows.recoveries).await.unwrap();
    tx.insert_recovery_events(COUNTY, &rows.recovery_events).await.unwrap();
}

/// One write: the rows that are kept, and the entries that speak of it.
type Written = (MoneyRows, Vec<NewAudit>);

/// A change of what is kept.
type Change = fn(&mut Vec<Written>);

/// The year as it should be kept.
fn whole() -> Vec<Written> {
    let write = |(number, rows): (usize, MoneyRows)| {
        let entries = vec![entry(number, &rows.effect().unwrap())];
        (rows, entries)
    };
    year().into_iter().enumerate().map(write).collect()
}

/// What is found where the writes are kept so.
async fn found(writes: &[Written]) -> Vec<String> {
    let store = store::open("sqlite::memory:").await.unwrap();
    for (number, (rows, entries)) in (1..).zip(writes) {
        let mut tx = store.begin().await.unwrap();
        tx.lock_county(COUNTY, Moment::from_micros(number)).await.unwrap();
        insert(&mut *tx, rows).await;
        tx.append_audit(COUNTY, entries).await.unwrap();
        tx.commit().await.unwrap();
    }
    let mut tx = store.read().await.unwrap();
    let found = Effects::compare(&mut *tx, COUNTY, super::super::Until::ALL).await.unwrap();
    found.into_findings().iter().map(|it| format!("{} {}", it.what.name(), it.text)).collect()
}

/// What is found after a change of the rows that are kept, or of the entries.
async fn after(change: impl FnOnce(&mut Vec<Written>)) -> Vec<String> {
    let mut writes = whole();
    change(&mut writes);
    found(&writes).await
}

#[tokio::test]
async fn a_true_year_has_nothing_to_find() {
    assert_eq!(found(&whole()).await, [""; 0]);
    assert_eq!(found(&[]).await, [""; 0]);
}

#[tokio::test]
async fn entries_of_other_things_at_the_same_moment_are_left_alone() {
    let found = after(|all| {
        let other = Effect { subject: "unchanged".to_owned(), digest: [1; 32] };
        all[3].1.insert(0, entry(3, &other));
        all[3].1.push(entry(3, &other));
    });
    assert_eq!(found.await, [""; 0]);
}

#[tokio::test]
async fn a_changed_row_is_found_under_its_entry() {
    let changes: [(&str, Change); 12] = [
        ("money/budget/2022", |all| all[0].0.movements[0].text.push('x')),
        ("money/budget/2022", |all| "clerk".clone_into(&mut all[0].0.movements[2].mark.by)),
        ("money/budget/2022", |all| all[0].0.movements[1].mark.request_id.push('x')),
        ("money/batch/b", |all| all[1].0.proposed[0].batch.origin.push('x')),
        ("money/batch/b", |all| all[1].0.proposed[0].batch.mark.by.push('x')),
        ("money/batch/b", |all| all[1].0.proposed[0].lines[1].amount = Money::from_fen(1)),
        ("money/batch/b", |all| all[2].0.batch_events[1].reference.push('x')),
        ("money/batch/b", |all| all[2].0.batch_events[0].mark.by.push('x')),
        ("money/batch/b", |all| all[3].0.movements[1].recipient.push('x')),
        ("money/recovery/1", |all| all[4].0.recoveries[0].cause_id.push('x')),
        ("money/recovery/1", |all| all[5].0.recovery_events[0].on = None),
        ("money/recovery/1", |all| all[5].0.recovery_events[0].mark.request_id.push('x')),
    ];
    for (number, (subject, change)) in changes.into_iter().enumerate() {
        let expected = format!("row-changed `{subject}` is not what was recorded");
        assert_eq!(after(change).await, [expected], "{number}");
    }
}

#[tokio::test]
async fn rows_without_an_entry_and_entries_without_rows_are_found() {
    let unspoken = |of: &str, micros| {
        let moment = Moment::from_micros(micros);
        format!("effect-without-entry no entry speaks of `{of}` of {moment}")
    };
    let gone = |of: &str| format!("effect-without-entry `{of}` is not there as it was recorded");
    assert_eq!(after(|all| all[2].1.clear()).await, [unspoken("money/batch/b", 3)]);
    let without = after(|all| all[5].0 = MoneyRows::default()).await;
    assert_eq!(without, [gone("money/recovery/1")]);
    // Written at another moment than its entry, which is there by itself.
    let moved = after(|all| {
        let entries = std::mem::take(&mut all[5].1);
        all.push((MoneyRows::default(), entries));
    });
    let expected = [gone("money/recovery/1"), unspoken("money/recovery/1", 6)];
    assert_eq!(moved.await, expected);
    // A second entry of the same moment has no rows of its own.
    let twice = after(|all| {
        let again = all[2].1[0].clone();
        all[2].1.push(again);
    });
    assert_eq!(twice.await, [gone("money/batch/b")]);
}

#[tokio::test]
async fn an_entitlement_without_its_payment_is_found() {
    let found = after(|all| {
        let key = all[1].0.proposed[0].first[0].clone();
        let more = EntitlementKey { recipient_id: "m-3".to_owned(), ..key };
        all[1].0.proposed[0].first.push(more);
    });
    assert_eq!(found.await, ["row-changed `money/batch/b` is not what was recorded"]);
    let mut books = Books::default();
    let source = year().swap_remove(1).proposed.swap_remove(0).batch.source;
    let key = year().swap_remove(1).proposed.swap_remove(0).first.swap_remove(0);
    let recorded = Moment::from_micros(5);
    let mark = Mark { recorded, by: String::new(), request_id: String::new() };
    books.entitle(&source, key, mark);
    let mut found = Effects::default();
    books.end(&mut found);
    let texts: Vec<_> = found.into_findings().into_iter().map(|it| it.text).collect();
    assert_eq!(texts, ["no entry speaks of an entitlement of scheme `s/2022`"]);
}

/// What is wrong with the books of a year after a change.
fn wrong(change: fn(&mut Vec<MovementRecord>)) -> Vec<String> {
    let mut all: Vec<_> = year().into_iter().flat_map(|it| it.movements).collect();
    change(&mut all);
    all.reverse();
    breaks(&all)
}

#[test]
fn books_that_do_not_follow_are_found() {
    assert_eq!(wrong(|_| ()), [""; 0]);
    let postings =
        |of| format!("the postings of movement `2022/{of}` do not balance as its kind does");
    let figures =
        |of| format!("the figures of movement `2022/{of}` do not follow from those before it");
    let gap = |of| format!("the movement before movement `2022/{of}` is not there");
    assert_eq!(wrong(|all| all[0].postings[0].1 = Money::from_fen(1)), [postings("people/1")]);
    assert_eq!(wrong(|all| all[0].postings.clear()), [postings("people/1")]);
    // The figures hold to one another, and not to those before; nor do the next ones to these.
    let off = wrong(|all| {
        let one = Money::from_fen(1);
        all[1].after.appropriated = all[1].after.appropriated.plus(one).unwrap();
        all[1].after.available = all[1].after.available.plus(one).unwrap();
    });
    assert_eq!(off, [figures("people/2"), figures("people/3")]);
    let amount = wrong(|all| all[2].amount = Money::from_fen(1));
    assert_eq!(amount, [postings("branches/1"), figures("branches/1")]);
    assert_eq!(wrong(|all| drop(all.remove(3))), [gap("people/4")]);
    assert_eq!(wrong(|all| drop(all.remove(0))), [gap("people/2")]);
}

#[tokio::test]
async fn the_proof_tells_what_is_wrong_with_the_books() {
    // Entries and rows agree: whoever wrote them did not keep books.
    let found = after(|all| {
        let it = &mut all[5].0.movements[0];
        it.after.due = Money::from_fen(1);
        it.postings.swap(0, 1);
        let effect = all[5].0.effect().unwrap();
        all[5].1 = vec![entry(5, &effect)];
    });
    let text = "the figures of movement `2022/people/8` do not follow from those before it";
    assert_eq!(found.await, [format!("row-changed {text}")]);
}
