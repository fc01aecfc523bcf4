//! What rows come to in the trail, tried on the money of a year.

use std::collections::BTreeMap;

use super::*;
use crate::{
    domain::{
        award::{
            Account, Balances, BatchStep, Movement, RecipientKind, RecoveryCause, RecoveryStep,
            SourceKind,
        },
        exact::Money,
        time::Moment,
    },
    store::Mark,
};

fn mark(request: &str) -> Mark {
    let recorded = Moment::from_micros(0);
    Mark { recorded, by: "office".to_owned(), request_id: request.to_owned() }
}

/// Movements, each with the figures that follow from those before it.
#[derive(Default)]
struct Books(BTreeMap<&'static str, (i64, Balances)>);

impl Books {
    fn next(
        &mut self,
        (request, purpose): (&str, &'static str),
        (movement, amount): (Movement, i64),
        line: i64,
    ) -> MovementRecord {
        let amount = Money::from_fen(amount);
        let books = self.0.entry(purpose).or_default();
        *books = (books.0.saturating_add(1), books.1.after(movement, amount).unwrap());
        let paying = |text: &str| if line > 0 { text.to_owned() } else { String::new() };
        MovementRecord {
            year: "2022".to_owned(),
            purpose: purpose.to_owned(),
            number: books.0,
            movement,
            amount,
            title: "奖补".to_owned(),
            other_purpose: String::new(),
            batch_id: paying("b"),
            line,
            recovery: i64::from(matches!(movement, Movement::Demand | Movement::Collect)),
            recipient_kind: paying("member"),
            recipient: paying(if line == 1 { "m-1" } else { "m-2" }),
            text: String::new(),
            decided_by: String::new(),
            evidence: String::new(),
            postings: movement.postings(amount).unwrap(),
            after: books.1,
            mark: mark(request),
        }
    }
}

fn proposed(request: &str) -> Proposed {
    let key = |id: &str| EntitlementKey {
        award: "excellent".to_owned(),
        recipient: RecipientKind::Member,
        recipient_id: id.to_owned(),
        each: String::new(),
    };
    let line = |line, id| LineRecord {
        batch_id: "b".to_owned(),
        line,
        entitlement: key(id),
        attempt: 1,
        amount: Money::from_fen(200_000),
        subjects: r#"["post-1"]"#.to_owned(),
        award_title: "优秀".to_owned(),
    };
    let source = Source { kind: SourceKind::Scheme, id: "s".to_owned(), period: "2022".to_owned() };
    let batch = BatchRecord {
        batch_id: "b".to_owned(),
        year: "2022".to_owned(),
        purpose: "people".to_owned(),
        source,
        source_version: 2,
        origin: "run-1".to_owned(),
        text: "第一批".to_owned(),
        mark: mark(request),
    };
    Proposed {
        batch,
        first: vec![key("m-1"), key("m-2")],
        lines: vec![line(1, "m-1"), line(2, "m-2")],
    }
}

fn event(request: &str, event: i64, (step, line): (BatchStep, i64)) -> BatchEventRecord {
    BatchEventRecord {
        batch_id: "b".to_owned(),
        event,
        step,
        line,
        on: (line > 0).then(|| Day::new(2023, 2, 1).unwrap()),
        reference: "凭证".to_owned(),
        text: "why".to_owned(),
        decided_by: "p".to_owned(),
        evidence: "[]".to_owned(),
        mark: mark(request),
    }
}

/// The writes of a year, in their order: write `n` is of request `n`. Money is given and moved to another
/// purpose, two payments are proposed, approved and handed over, one is paid and the other is not
/// brought to its recipient; then the first is to come back, and a part of it does.
pub(in crate::app) fn year() -> Vec<MoneyRows> {
    let mut books = Books::default();
    let of = |request| (request, "people");
    let pay = |movement| (movement, 200_000);
    let budget = vec![
        books.next(of("0"), (Movement::Increase, 1_000_000), 0),
        books.next(of("0"), (Movement::TransferOut, 100_000), 0),
        books.next(("0", "branches"), (Movement::TransferIn, 100_000), 0),
    ];
    let reserved = [1, 2].map(|line| books.next(of("1"), pay(Movement::Reserve), line));
    let paid = books.next(of("3"), pay(Movement::Pay), 1);
    let bounced = books.next(of("3"), pay(Movement::Bounce), 2);
    let demanded = books.next(of("4"), (Movement::Demand, 200_000), 1);
    let collected = books.next(of("5"), (Movement::Collect, 50_000), 1);
    let recovery = RecoveryRecord {
        recovery: 1,
        batch_id: "b".to_owned(),
        line: 1,
        amount: Money::from_fen(200_000),
        cause: RecoveryCause::HonourCancelled,
        cause_id: "run-2".to_owned(),
        text: "取消".to_owned(),
        decided_by: "p".to_owned(),
        evidence: "[]".to_owned(),
        mark: mark("4"),
    };
    let back = RecoveryEventRecord {
        recovery: 1,
        event: 1,
        step: RecoveryStep::Collected,
        amount: Money::from_fen(50_000),
        on: Some(Day::new(2023, 3, 1).unwrap()),
        reference: "收据".to_owned(),
        text: "why".to_owned(),
        decided_by: "p".to_owned(),
        evidence: "[]".to_owned(),
        mark: mark("5"),
    };
    let approved =
        vec![event("2", 1, (BatchStep::Approved, 0)), event("2", 2, (BatchStep::Exported, 0))];
    let answered =
        vec![event("3", 3, (BatchStep::Paid, 1)), event("3", 4, (BatchStep::Returned, 2))];
    let no = MoneyRows::default;
    vec![
        MoneyRows { movements: budget, ..no() },
        MoneyRows { movements: reserved.to_vec(), proposed: vec![proposed("1")], ..no() },
        MoneyRows { batch_events: approved, ..no() },
        MoneyRows { movements: vec![paid, bounced], batch_events: answered, ..no() },
        MoneyRows { movements: vec![demanded], recoveries: vec![recovery], ..no() },
        MoneyRows { movements: vec![collected], recovery_events: vec![back], ..no() },
    ]
}

/// All of a year in one.
fn whole() -> MoneyRows {
    let mut all = MoneyRows::default();
    for mut it in year() {
        all.movements.append(&mut it.movements);
        all.proposed.append(&mut it.proposed);
        all.batch_events.append(&mut it.batch_events);
        all.recoveries.append(&mut it.recoveries);
        all.recovery_events.append(&mut it.recovery_events);
    }
    all
}

fn subject(of: &MoneyRows) -> Option<String> {
    of.effect().map(|it| it.subject)
}

#[test]
fn rows_are_called_by_what_they_are_about() {
    let subjects: Vec<_> = year().iter().map(|it| subject(it).unwrap()).collect();
    let batch = "money/batch/b";
    let expected =
        ["money/budget/2022", batch, batch, batch, "money/recovery/1", "money/recovery/1"];
    assert_eq!(subjects, expected);
    assert_eq!(subject(&MoneyRows::default()), None);
    // A recovery of a payment of the batch goes with it; one of another batch's does not.
    assert_eq!(subject(&whole()).as_deref(), Some(batch));
    let settled: [Change; 5] = [
        |it| "c".clone_into(&mut it.batch_events[0].batch_id),
        |it| "c".clone_into(&mut it.recoveries[0].batch_id),
        |it| "c".clone_into(&mut it.movements[6].batch_id),
        |it| {
            (it.proposed, it.batch_events) = (Vec::new(), Vec::new());
            it.recovery_events[0].recovery = 2;
        },
        |it| {
            *it = year().swap_remove(0);
            "2023".clone_into(&mut it.movements[0].year);
        },
    ];
    for (number, change) in settled.into_iter().enumerate() {
        let mut all = whole();
        change(&mut all);
        assert_eq!(subject(&all).as_deref(), Some("money/settlement"), "{number}");
    }
}

#[test]
fn the_order_of_rows_and_their_marks_do_not_matter() {
    let mut turned = whole();
    turned.movements.reverse();
    turned.movements.iter_mut().for_each(|it| it.postings.reverse());
    turned.proposed.iter_mut().for_each(|it| {
        it.first.reverse();
        it.lines.reverse();
        it.batch.mark = mark("other");
    });
    turned.batch_events.reverse();
    turned.batch_events.iter_mut().for_each(|it| it.mark = mark("other"));
    assert_ne!(turned, whole());
    assert_eq!(turned.effect(), whole().effect());
}

fn push(text: &mut String) {
    text.push('x');
}

fn more(amount: &mut Money) {
    *amount = amount.plus(Money::from_fen(1)).unwrap();
}

fn later(day: &mut Option<Day>) {
    *day = match day {
        Some(_) => None,
        None => Some(Day::new(2024, 1, 1).unwrap()),
    };
}

/// A change of one column of one row.
type Change = fn(&mut MoneyRows);

const OF_MOVEMENTS: &[Change] = &[
    |it| push(&mut it.movements[0].year),
    |it| push(&mut it.movements[0].purpose),
    |it| it.movements[0].number = 99,
    |it| it.movements[0].movement = Movement::TransferIn,
    |it| more(&mut it.movements[0].amount),
    |it| push(&mut it.movements[0].title),
    |it| push(&mut it.movements[0].other_purpose),
    |it| push(&mut it.movements[0].batch_id),
    |it| it.movements[0].line = 9,
    |it| it.movements[0].recovery = 9,
    |it| push(&mut it.movements[0].recipient_kind),
    |it| push(&mut it.movements[0].recipient),
    |it| push(&mut it.movements[0].text),
    |it| push(&mut it.movements[0].decided_by),
    |it| push(&mut it.movements[0].evidence),
    |it| more(&mut it.movements[0].postings[0].1),
    |it| it.movements[0].postings[0].0 = Account::Claims,
    |it| it.movements[0].postings.truncate(1),
    |it| more(&mut it.movements[0].after.appropriated),
    |it| more(&mut it.movements[0].after.available),
    |it| more(&mut it.movements[0].after.reserved),
    |it| more(&mut it.movements[0].after.paid),
    |it| more(&mut it.movements[0].after.returned),
    |it| more(&mut it.movements[0].after.recovered),
    |it| more(&mut it.movements[0].after.due),
    |it| it.movements.truncate(1),
];

const OF_BATCHES: &[Change] = &[
    |it| push(&mut it.proposed[0].batch.batch_id),
    |it| push(&mut it.proposed[0].batch.year),
    |it| push(&mut it.proposed[0].batch.purpose),
    |it| it.proposed[0].batch.source.kind = SourceKind::Selection,
    |it| push(&mut it.proposed[0].batch.source.id),
    |it| push(&mut it.proposed[0].batch.source.period),
    |it| it.proposed[0].batch.source_version = 9,
    |it| push(&mut it.proposed[0].batch.origin),
    |it| push(&mut it.proposed[0].batch.text),
    |it| push(&mut it.proposed[0].first[0].award),
    |it| it.proposed[0].first[0].recipient = RecipientKind::Branch,
    |it| push(&mut it.proposed[0].first[0].recipient_id),
    |it| push(&mut it.proposed[0].first[0].each),
    |it| it.proposed[0].first.truncate(1),
    |it| push(&mut it.proposed[0].lines[0].batch_id),
    |it| it.proposed[0].lines[0].line = 9,
    |it| push(&mut it.proposed[0].lines[0].entitlement.award),
    |it| it.proposed[0].lines[0].entitlement.recipient = RecipientKind::Branch,
    |it| push(&mut it.proposed[0].lines[0].entitlement.recipient_id),
    |it| push(&mut it.proposed[0].lines[0].entitlement.each),
    |it| it.proposed[0].lines[0].attempt = 9,
    |it| more(&mut it.proposed[0].lines[0].amount),
    |it| push(&mut it.proposed[0].lines[0].subjects),
    |it| push(&mut it.proposed[0].lines[0].award_title),
    |it| it.proposed[0].lines.truncate(1),
    |it| it.proposed.clear(),
    |it| push(&mut it.batch_events[0].batch_id),
    |it| it.batch_events[0].event = 9,
    |it| it.batch_events[0].step = BatchStep::Cancelled,
    |it| it.batch_events[0].line = 9,
    |it| later(&mut it.batch_events[0].on),
    |it| push(&mut it.batch_events[0].reference),
    |it| push(&mut it.batch_events[0].text),
    |it| push(&mut it.batch_events[0].decided_by),
    |it| push(&mut it.batch_events[0].evidence),
    |it| it.batch_events.truncate(1),
];

const OF_RECOVERIES: &[Change] = &[
    |it| it.recoveries[0].recovery = 9,
    |it| push(&mut it.recoveries[0].batch_id),
    |it| it.recoveries[0].line = 9,
    |it| more(&mut it.recoveries[0].amount),
    |it| it.recoveries[0].cause = RecoveryCause::Demanded,
    |it| push(&mut it.recoveries[0].cause_id),
    |it| push(&mut it.recoveries[0].text),
    |it| push(&mut it.recoveries[0].decided_by),
    |it| push(&mut it.recoveries[0].evidence),
    |it| it.recoveries.clear(),
    |it| it.recovery_events[0].recovery = 9,
    |it| it.recovery_events[0].event = 9,
    |it| it.recovery_events[0].step = RecoveryStep::Waived,
    |it| more(&mut it.recovery_events[0].amount),
    |it| later(&mut it.recovery_events[0].on),
    |it| push(&mut it.recovery_events[0].reference),
    |it| push(&mut it.recovery_events[0].text),
    |it| push(&mut it.recovery_events[0].decided_by),
    |it| push(&mut it.recovery_events[0].evidence),
    |it| it.recovery_events.clear(),
];

#[test]
fn every_column_counts() {
    let own = whole().effect().unwrap().digest;
    let mut digests = BTreeSet::from([own]);
    for (which, changes) in [OF_MOVEMENTS, OF_BATCHES, OF_RECOVERIES].into_iter().enumerate() {
        for (number, change) in changes.iter().enumerate() {
            let mut all = whole();
            change(&mut all);
            let digest = all.effect().unwrap().digest;
            assert!(digests.insert(digest), "change {number} of list {which}");
        }
    }
}
