//! Fifteen ways to tamper with a trail, each at twenty places, past every lock of the database.

use steelyard::{
    app::audit::Tampering,
    domain::time::Moment,
    store::{AuditRecord, NewAudit},
};

use super::trail::{OTHER, State, Trail, address, link};
use crate::harness::COUNTY;

/// Where each way is tried.
const PLACES: usize = 20;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    /// A number from `low` to `high`, both included.
    fn roll(&mut self, low: i64, high: i64) -> i64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        low + i64::try_from((self.0 >> 33) % u64::try_from(high - low + 1).unwrap()).unwrap()
    }
}

/// A way to tamper: what it is found as, and what is done.
type Way = (Tampering, fn(&mut State, &mut Dice));

const LAST: i64 = 30;

fn at(records: &mut [AuditRecord], seq: i64) -> &mut AuditRecord {
    records.iter_mut().find(|it| it.seq == seq).unwrap()
}

fn forged(record: &AuditRecord, dice: &mut Dice) -> AuditRecord {
    let number = dice.roll(1_000, 9_000);
    let entry = NewAudit {
        subject: format!("fact/f{number}"),
        request_id: format!("forged-{number}"),
        ..record.entry.clone()
    };
    AuditRecord { entry, ..record.clone() }
}

fn edit_field(state: &mut State, dice: &mut Dice) {
    let mut records = state.of(COUNTY);
    let it = at(&mut records, dice.roll(1, LAST));
    match dice.roll(0, 6) {
        0 => it.entry.principal.push('x'),
        1 => it.entry.method.push('x'),
        2 => it.entry.request_id.push('x'),
        3 => it.entry.subject.push('7'),
        4 => it.entry.fingerprint[3] ^= 1,
        5 => it.entry.effect_digest[31] ^= 128,
        _ => it.recorded = Moment::from_micros(it.recorded.micros() + 1),
    }
    state.set(COUNTY, records);
}

fn edit_hash(state: &mut State, dice: &mut Dice) {
    let mut records = state.of(COUNTY);
    let it = at(&mut records, dice.roll(1, LAST));
    if dice.roll(0, 1) == 0 {
        it.hash[0] ^= 1;
    } else {
        it.prev_hash[0] ^= 1;
    }
    state.set(COUNTY, records);
}

fn delete(state: &mut State, from: i64, to: i64, renumber: bool) {
    let mut records = state.of(COUNTY);
    records.retain(|it| !(from..=to).contains(&it.seq));
    if renumber {
        records.iter_mut().filter(|it| it.seq > to).for_each(|it| it.seq -= to - from + 1);
    }
    state.set(COUNTY, records);
}

fn delete_first(state: &mut State, dice: &mut Dice) {
    delete(state, 1, dice.roll(1, 3), dice.roll(0, 1) == 1);
}

fn delete_middle(state: &mut State, dice: &mut Dice) {
    let from = dice.roll(2, LAST - 3);
    delete(state, from, from + dice.roll(0, 1), dice.roll(0, 1) == 1);
}

fn delete_last(state: &mut State, _: &mut Dice) {
    delete(state, LAST, LAST, false);
}

fn delete_last_few(state: &mut State, dice: &mut Dice) {
    delete(state, dice.roll(2, LAST - 1), LAST, false);
    // The head is put back too, every other time: the stored checkpoints then tell.
    if dice.roll(0, 1) == 1 && state.of(COUNTY).len() < 28 {
        state.set_head(COUNTY);
    }
}

fn delete_all(state: &mut State, dice: &mut Dice) {
    state.set(COUNTY, Vec::new());
    if dice.roll(0, 1) == 1 {
        state.set_head(COUNTY);
    }
}

fn insert(state: &mut State, dice: &mut Dice) {
    let mut records = state.of(COUNTY);
    let seq = dice.roll(2, LAST + 1);
    let before = at(&mut records, seq - 1).clone();
    records.iter_mut().filter(|it| it.seq >= seq).for_each(|it| it.seq += 1);
    records.push(link(&forged(&before, dice), seq, before.hash));
    state.set(COUNTY, records);
}

fn reorder(state: &mut State, dice: &mut Dice) {
    let mut records = state.of(COUNTY);
    let one = dice.roll(1, LAST - 1);
    let two = dice.roll(one + 1, LAST);
    let (a, b) = (at(&mut records, one).clone(), at(&mut records, two).clone());
    if dice.roll(0, 1) == 0 {
        *at(&mut records, one) = AuditRecord { seq: 0, ..a };
        at(&mut records, two).seq = one;
        at(&mut records, 0).seq = two;
    } else {
        let put = |it: &mut AuditRecord, from: AuditRecord| {
            (it.entry, it.recorded) = (from.entry, from.recorded);
        };
        put(at(&mut records, one), b);
        put(at(&mut records, two), a);
    }
    state.set(COUNTY, records);
}

fn duplicate(state: &mut State, dice: &mut Dice) {
    let mut records = state.of(COUNTY);
    let old = at(&mut records, dice.roll(1, LAST)).clone();
    let last = at(&mut records, LAST).hash;
    let again = match dice.roll(0, 2) {
        0 => old,
        1 => AuditRecord { seq: LAST + 1, ..old },
        _ => link(&old, LAST + 1, last),
    };
    records.push(again);
    state.set(COUNTY, records);
}

fn move_away(state: &mut State, dice: &mut Dice) {
    let mut here = state.of(COUNTY);
    let mut there = state.of(OTHER);
    let seq = dice.roll(1, LAST);
    let moved = at(&mut here, seq).clone();
    here.retain(|it| it.seq != seq);
    let seq = if dice.roll(0, 1) == 0 { 9 } else { dice.roll(1, 8) };
    there.retain(|it| it.seq != seq);
    there.push(AuditRecord { county: OTHER.to_owned(), seq, ..moved });
    state.set(COUNTY, here);
    state.set(OTHER, there);
}

fn shift_boundary(state: &mut State, dice: &mut Dice) {
    let mut records = state.of(COUNTY);
    let entry = &mut at(&mut records, dice.roll(1, LAST)).entry;
    match dice.roll(0, 2) {
        0 => entry.method.insert(0, entry.principal.pop().unwrap()),
        1 => entry.principal.push(entry.method.remove(0)),
        _ => entry.request_id.insert(0, entry.method.pop().unwrap()),
    }
    state.set(COUNTY, records);
}

/// Chain, head and the store's own checkpoints are put back together.
fn rewind(state: &mut State, dice: &mut Dice) {
    let to = dice.roll(1, 28);
    delete(state, to + 1, LAST, false);
    state.set_head(COUNTY);
    state.checkpoints.retain(|it| it.county != COUNTY || it.entries <= to);
}

fn fork(state: &mut State, dice: &mut Dice) {
    let mut records = state.of(COUNTY);
    let from = at(&mut records, dice.roll(1, LAST)).clone();
    let seq = if dice.roll(0, 1) == 0 { from.seq } else { LAST + 1 };
    records.push(link(&forged(&from, dice), seq, from.prev_hash));
    state.set(COUNTY, records);
}

/// Everything from an entry on is linked and hashed anew, and the head with it.
fn rewrite(state: &mut State, dice: &mut Dice) {
    let mut records = state.of(COUNTY);
    let from = dice.roll(1, 28);
    *at(&mut records, from) = forged(&at(&mut records, from).clone(), dice);
    for seq in from..=LAST {
        let prev = if seq == 1 { [0; 32] } else { at(&mut records, seq - 1).hash };
        *at(&mut records, seq) = link(&at(&mut records, seq).clone(), seq, prev);
    }
    state.set(COUNTY, records);
    state.set_head(COUNTY);
    state.checkpoints.retain(|it| it.county != COUNTY || it.entries < from);
}

const WAYS: [Way; 15] = [
    (Tampering::FieldEdited, edit_field),
    (Tampering::HashEdited, edit_hash),
    (Tampering::FirstDeleted, delete_first),
    (Tampering::MiddleDeleted, delete_middle),
    (Tampering::LastDeleted, delete_last),
    (Tampering::LastFewDeleted, delete_last_few),
    (Tampering::AllDeleted, delete_all),
    (Tampering::Inserted, insert),
    (Tampering::Reordered, reorder),
    (Tampering::Duplicated, duplicate),
    (Tampering::Moved, move_away),
    (Tampering::BoundaryShifted, shift_boundary),
    (Tampering::CheckpointRewound, rewind),
    (Tampering::Forked, fork),
    (Tampering::Rewritten, rewrite),
];

async fn every_way(on_postgres: bool, case: &str) {
    let mut trail = Trail::fill(&address(on_postgres, case).await).await;
    let proof = trail.proof(true).await;
    assert_eq!(proof.findings, [], "the untouched store is good");
    assert_eq!(proof.counties[0].entries, LAST);
    assert_eq!(proof.counties[0].outside, Some(29));
    for (number, (what, tamper)) in (1_u64..).zip(WAYS) {
        let mut dice = Dice(number);
        for place in 0..PLACES {
            let mut state = trail.whole.clone();
            tamper(&mut state, &mut dice);
            assert!(state != trail.whole, "{what:?} {place} did something");
            trail.write(&state).await;
            // Two ways are seen by an outside checkpoint alone; the others without any.
            let outside = matches!(what, Tampering::CheckpointRewound | Tampering::Rewritten);
            let proof = trail.proof(outside).await;
            let found = proof.findings.iter().any(|it| it.what == what && it.county == COUNTY);
            let told: Vec<String> = proof.findings.iter().map(ToString::to_string).collect();
            assert!(found, "{what:?} {place}:\n{}", told.join("\n"));
            if what == Tampering::Moved {
                let there = proof.findings.iter().any(|it| it.what == what && it.county == OTHER);
                assert!(there, "{}", told.join("\n"));
            }
        }
    }
    trail.write(&trail.whole.clone()).await;
    assert_eq!(trail.proof(true).await.findings, [], "put back, it is good again");
}

#[tokio::test]
async fn every_way_to_tamper_is_told_on_sqlite() {
    every_way(false, "every_way").await;
}

#[tokio::test]
async fn every_way_to_tamper_is_told_on_postgres() {
    every_way(true, "every_way").await;
}

/// A history that was rewritten with everything else that speaks of it looks like a true one, and
/// only a copy outside tells.
#[tokio::test]
async fn what_only_an_outside_checkpoint_sees() {
    let mut trail = Trail::fill(&address(false, "outside").await).await;
    let mut state = trail.whole.clone();
    let mut records = state.of(COUNTY);
    for seq in 12..=LAST {
        let prev = at(&mut records, seq - 1).hash;
        let mut it = at(&mut records, seq).clone();
        if seq == 12 {
            it.entry.principal = "somebody-else".to_owned();
        }
        *at(&mut records, seq) = link(&it, seq, prev);
    }
    let request = at(&mut records, 12).entry.request_id.clone();
    state.set(COUNTY, records);
    state.set_head(COUNTY);
    state.checkpoints.retain(|it| it.county != COUNTY || it.entries < 12);
    trail.write(&state).await;
    let change = "UPDATE request_log SET principal = 'somebody-else' WHERE request_id = ";
    trail.client.run(&format!("{change}'{request}'")).await;
    assert_eq!(trail.proof(false).await.findings, [], "inside nothing gives it away");
    let found: Vec<Tampering> =
        trail.proof(true).await.findings.into_iter().map(|it| it.what).collect();
    assert!(found.contains(&Tampering::Rewritten), "{found:?}");
    assert!(found.contains(&Tampering::CheckpointRewound), "{found:?}");
    // One that the attacker made is signed by no key of the service.
    let key = steelyard::sign::SigningKey::generate().unwrap();
    let keys = steelyard::sign::ReceiptKeys::only(std::sync::Arc::new(key));
    let head = state.heads.iter().find(|it| it.0 == COUNTY).unwrap();
    let moment = trail.outside.checkpoints[0].signed;
    let made = steelyard::app::audit::checkpoint::sign(&keys, COUNTY, head.1, head.2, moment);
    state.checkpoints.push(made);
    trail.write(&state).await;
    let found: Vec<Tampering> =
        trail.proof(true).await.findings.into_iter().map(|it| it.what).collect();
    assert!(found.contains(&Tampering::CheckpointUnsigned), "{found:?}");
}
