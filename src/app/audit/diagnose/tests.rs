//! Each way to tamper with a chain that its own rows and head give away, at every place.
#![expect(clippy::arithmetic_side_effects, reason = "small numbers of a test")]

use super::*;
use crate::domain::time::Moment;

const COUNTY: &str = "xinping";

fn entry(number: i64) -> NewAudit {
    NewAudit {
        principal: format!("clerk{number}"),
        method: "FactService.RecordFacts".to_owned(),
        request_id: format!("r-{number}"),
        fingerprint: [7; 32],
        subject: format!("fact/f{number}"),
        effect_digest: [9; 32],
    }
}

fn chain(county: &str, from: i64, length: i64) -> Vec<AuditRecord> {
    let (mut all, mut hash) = (Vec::new(), [0; 32]);
    for seq in 1..=length {
        let moment = Moment::from_micros(seq * 10);
        let link = AuditRecord::link(county, seq, moment, entry(from + seq), hash);
        hash = link.hash;
        all.push(link);
    }
    all
}

const LENGTH: i64 = 9;

/// What is found in a chain of nine after `change`.
fn found(change: impl Fn(&mut Vec<AuditRecord>)) -> Vec<(Option<i64>, Tampering)> {
    let mut records = chain(COUNTY, 0, LENGTH);
    let head = (LENGTH, records.last().unwrap().hash);
    change(&mut records);
    records.sort_by_key(|it| it.seq);
    let others = [("yuanjiang".to_owned(), LENGTH)];
    let diagnosis = Chain::of(COUNTY, &records, Some(head), &others).diagnose();
    diagnosis.findings.iter().map(|it| (it.entry, it.what)).collect()
}

fn at(seq: i64) -> usize {
    usize::try_from(seq - 1).unwrap()
}

#[test]
fn a_whole_chain_has_no_finding() {
    assert_eq!(found(|_| ()), []);
}

#[test]
fn edits_are_told_apart_at_every_place() {
    for seq in 1..=LENGTH {
        let one = |what| vec![(Some(seq), what)];
        let field = found(|it| it[at(seq)].entry.subject = "fact/f99".to_owned());
        assert_eq!(field, one(Tampering::FieldEdited));
        let recorded = found(|it| it[at(seq)].recorded = Moment::from_micros(3));
        assert_eq!(recorded, one(Tampering::FieldEdited));
        assert_eq!(found(|it| it[at(seq)].hash = [1; 32]), one(Tampering::HashEdited));
        assert_eq!(found(|it| it[at(seq)].prev_hash = [1; 32]), one(Tampering::HashEdited));
        let shifted = found(|it| {
            let entry = &mut it[at(seq)].entry;
            let last = entry.principal.pop().unwrap();
            entry.method.insert(0, last);
        });
        assert_eq!(shifted, one(Tampering::BoundaryShifted));
        let anew = found(|it| {
            let old = it[at(seq)].clone();
            let entry = NewAudit { principal: "other".to_owned(), ..old.entry };
            it[at(seq)] = AuditRecord::link(COUNTY, seq, old.recorded, entry, old.prev_hash);
        });
        assert_eq!(anew, one(Tampering::FieldEdited), "hashed anew");
    }
}

#[test]
fn deletions_are_told_by_where_they_are() {
    assert_eq!(found(|it| drop(it.remove(0))), [(Some(1), Tampering::FirstDeleted)]);
    assert_eq!(found(|it| drop(it.pop())), [(Some(LENGTH), Tampering::LastDeleted)]);
    for seq in 2..LENGTH {
        let middle = found(|it| drop(it.remove(at(seq))));
        assert_eq!(middle, [(Some(seq), Tampering::MiddleDeleted)]);
        let renumbered = found(|it| {
            it.remove(at(seq));
            it.iter_mut().filter(|it| it.seq > seq).for_each(|it| it.seq -= 1);
        });
        assert_eq!(renumbered, [(Some(seq), Tampering::MiddleDeleted)], "numbered anew");
        let last = found(|it| it.truncate(at(seq)));
        assert_eq!(last, [(Some(seq), Tampering::LastFewDeleted)]);
    }
    assert_eq!(found(Vec::clear), [(None, Tampering::AllDeleted)]);
}

#[test]
fn insertions_are_told_from_duplicates_and_forks() {
    let forged =
        |seq, prev| AuditRecord::link(COUNTY, seq, Moment::from_micros(5), entry(77), prev);
    for seq in 1..=LENGTH {
        let inserted = found(|it| {
            it.iter_mut().filter(|it| it.seq >= seq).for_each(|it| it.seq += 1);
            it.push(forged(seq, [3; 32]));
        });
        assert_eq!(inserted, [(Some(seq), Tampering::Inserted)]);
        let linked = found(|it| {
            let prev = it[at(seq)].prev_hash;
            it.iter_mut().filter(|it| it.seq >= seq).for_each(|it| it.seq += 1);
            it.push(forged(seq, prev));
        });
        assert_eq!(linked, [(Some(seq), Tampering::Inserted)], "following the entry before");
        let again = found(|it| {
            let old = it[at(seq)].clone();
            let prev = it.last().unwrap().hash;
            it.push(AuditRecord::link(COUNTY, LENGTH + 1, old.recorded, old.entry, prev));
        });
        assert_eq!(again, [(Some(LENGTH + 1), Tampering::Duplicated)]);
        let copied = found(|it| {
            let old = it[at(seq)].clone();
            it.push(AuditRecord { seq: LENGTH + 1, prev_hash: [1; 32], ..old });
        });
        assert_eq!(copied, [(Some(LENGTH + 1), Tampering::Duplicated)]);
        let fork = found(|it| {
            let prev = it[at(seq)].prev_hash;
            it.push(forged(LENGTH + 1, prev));
        });
        assert_eq!(fork, [(Some(LENGTH + 1), Tampering::Forked)]);
    }
    let behind = found(|it| {
        let prev = it.last().unwrap().hash;
        it.push(forged(LENGTH + 1, prev));
    });
    assert_eq!(behind, [(Some(LENGTH + 1), Tampering::Inserted)]);
    let before = found(|it| it.push(forged(0, [3; 32])));
    assert_eq!(before, [(Some(0), Tampering::Inserted)]);
}

#[test]
fn another_order_is_told_however_it_was_made() {
    for one in 1..LENGTH {
        for two in one + 1..=LENGTH {
            let expected = [(Some(one), Tampering::Reordered), (Some(two), Tampering::Reordered)];
            let rows = found(|it| {
                it[at(one)].seq = two;
                it[at(two)].seq = one;
            });
            assert_eq!(rows, expected, "rows {one} and {two}");
            let contents = found(|it| {
                let (a, b) = (it[at(one)].clone(), it[at(two)].clone());
                (it[at(one)].entry, it[at(one)].recorded) = (b.entry, b.recorded);
                (it[at(two)].entry, it[at(two)].recorded) = (a.entry, a.recorded);
            });
            assert_eq!(contents, expected, "contents {one} and {two}");
        }
    }
}

#[test]
fn an_entry_of_another_county_is_known_by_its_hash() {
    for seq in 1..=LENGTH {
        let moved = found(|it| {
            let there = chain("yuanjiang", 50, LENGTH).remove(at(seq));
            it.push(AuditRecord { county: COUNTY.to_owned(), seq: LENGTH + 1, ..there });
        });
        assert_eq!(moved, [(Some(LENGTH + 1), Tampering::Moved)]);
    }
}

#[test]
fn an_edited_head_is_not_taken_for_a_deletion() {
    let records = chain(COUNTY, 0, LENGTH);
    let hash = records.last().unwrap().hash;
    let of = |head| {
        let diagnosis = Chain::of(COUNTY, &records, head, &[]).diagnose();
        diagnosis.findings.iter().map(|it| it.what).collect::<Vec<_>>()
    };
    assert_eq!(of(Some((LENGTH + 2, hash))), [Tampering::HeadEdited]);
    assert_eq!(of(None), [Tampering::HeadEdited]);
    assert_eq!(of(Some((LENGTH, records[3].hash))), [Tampering::HeadEdited]);
}
