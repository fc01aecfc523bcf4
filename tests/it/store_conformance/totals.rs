//! Rolled-up rows against the ledger.

use std::collections::BTreeMap;

use steelyard::store::{FactKind, FactQuery, Reversing, Sums};

use super::{
    backend::Backend,
    sample::{COUNTY, Dice, NOW, at, begin, day, entry, metric, record},
};

/// Random entries and reversals; then every row is what the standing entries give, worked out here.
pub(crate) async fn are_what_the_ledger_gives(on: &Backend) {
    let mut dice = Dice(20_221_130);
    let mut now = 0;
    let mut newest = 0;
    for _ in 0..25 {
        now += 1;
        let mut tx = begin(&*on.store, now).await.unwrap();
        for _ in 0..dice.below(3) {
            let facts: Vec<_> = (0..=dice.below(12)).map(|_| random_fact(&mut dice)).collect();
            newest = tx.insert_facts(COUNTY, "r", &facts).await.unwrap() - 1;
            newest += i64::try_from(facts.len()).unwrap();
        }
        if newest > 0 && dice.below(2) == 0 {
            let seq = 1 + dice.small(u64::try_from(newest).unwrap());
            let there = tx.fact(COUNTY, seq, NOW).await.unwrap().unwrap();
            if there.reversed.is_none() {
                let reversing = Reversing {
                    seq,
                    reason: "x".to_owned(),
                    recorded_by: "x".to_owned(),
                    evidence: String::new(),
                };
                tx.reverse_fact(COUNTY, "r", &reversing).await.unwrap();
            }
        }
        if dice.below(5) == 0 {
            drop(tx);
        } else {
            tx.commit().await.unwrap();
        }
        let mut tx = on.store.read().await.unwrap();
        newest = tx.head(COUNTY).await.unwrap().map_or(0, |it| it.fact_seq);
    }
    let mut tx = on.store.read().await.unwrap();
    assert!(newest > 100, "enough was recorded");
    let subjects: Vec<String> = (0..4).map(|it| format!("m{it}")).collect();
    let years = [2021, 2022, 2023];
    let mut expected: BTreeMap<(String, i64), Sums> = BTreeMap::new();
    let query = FactQuery {
        subject_kind: "member".to_owned(),
        subjects: subjects.clone(),
        kinds: vec![FactKind::Entry],
        periods: vec![],
        from: day("2021-01-01"),
        until: day("2023-12-31"),
        known: NOW,
    };
    for it in tx.facts(COUNTY, &query).await.unwrap() {
        let day = it.fact.on_day.unwrap();
        let sums = expected.entry((it.fact.subject, day.year())).or_default();
        sums.add(&it.fact.item, day, it.fact.amount_a.unwrap(), it.fact.amount_b).unwrap();
    }
    assert!(expected.len() >= 8);
    let rows = tx.totals(COUNTY, "member", &subjects, &years).await.unwrap();
    let kept: BTreeMap<(String, i64), Sums> = rows
        .into_iter()
        .filter(|it| !it.sums.is_empty())
        .map(|it| ((it.subject, it.year), it.sums))
        .collect();
    assert_eq!(kept, expected);
    assert_eq!(tx.verify_totals(COUNTY).await.unwrap(), []);
}

fn random_fact(dice: &mut Dice) -> steelyard::store::Fact {
    let subject = format!("m{}", dice.below(4));
    if dice.below(8) == 0 {
        return metric(&subject, "x", "2022", dice.small(100));
    }
    let on = format!(
        "{}-{:02}-{:02}",
        2021 + dice.below(3),
        [1, 2, 12][usize::try_from(dice.below(3)).unwrap()],
        1 + dice.below(28)
    );
    let item = ["volunteering", "志愿", "duty"][usize::try_from(dice.below(3)).unwrap()];
    let points = (dice.below(2) == 0).then(|| dice.small(100_000) - 50_000);
    entry(&subject, item, &on, dice.small(40_000), points)
}

pub(crate) async fn tell_when_they_are_too_new(on: &Backend) {
    let store = &*on.store;
    record(store, 10, &[entry("a", "v", "2022-03-01", 1, None)]).await;
    record(store, 20, &[entry("a", "v", "2021-03-01", 1, None)]).await;
    record(store, 30, &[entry("b", "v", "2022-03-01", 1, None), metric("a", "x", "2022", 1)]).await;
    let mut tx = begin(store, 40).await.unwrap();
    let reversing = Reversing {
        seq: 2,
        reason: "x".to_owned(),
        recorded_by: "x".to_owned(),
        evidence: String::new(),
    };
    tx.reverse_fact(COUNTY, "r", &reversing).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.read().await.unwrap();
    let subjects = ["a".to_owned(), "b".to_owned(), "none".to_owned()];
    let rows = tx.totals(COUNTY, "member", &subjects, &[2021, 2022]).await.unwrap();
    let seen: Vec<_> = rows
        .iter()
        .map(|it| (it.subject.as_str(), it.year, it.latest, it.through_seq, it.sums.is_empty()))
        .collect();
    assert_eq!(
        seen,
        [
            ("a", 2021, at(40), 5, true),
            ("a", 2022, at(10), 1, false),
            ("b", 2022, at(30), 4, false),
        ]
    );
    assert_eq!(tx.verify_totals(COUNTY).await.unwrap(), []);
    assert_eq!(tx.totals(COUNTY, "post", &subjects, &[2022]).await.unwrap(), []);
}
