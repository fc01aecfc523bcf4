//! The arithmetic itself: block by block, column by column.
//!
//! Everything wraps in name only: the kernel was compiled because intervals prove that no number
//! here leaves an `i64`, and [`Columns`] holds no number beyond the limit of that proof.

use std::num::NonZeroU64;

use super::{Columns, Divisor, Held, Kernel, Step};
use crate::domain::exact::RoundingMode;

/// How many subjects are worked on at a time: a slot is 4 KiB, and the few slots of a scheme stay in
/// the nearest cache.
const BLOCK: usize = 512;

type Slot = [i64; BLOCK];

/// The scores of all rows.
pub(super) fn scores(kernel: &Kernel, columns: &Columns) -> Option<Vec<i64>> {
    if columns.inputs.len() != kernel.inputs.len() || columns.limit > kernel.limit {
        return None;
    }
    let mut slots: Vec<Slot> = vec![[0; BLOCK]; kernel.slots];
    let mut scores = Vec::with_capacity(columns.rows);
    let mut start = 0_usize;
    while start < columns.rows {
        let rest = columns.rows.saturating_sub(start);
        let rows = rest.min(BLOCK);
        for step in &kernel.steps {
            block(step, &mut slots, columns, start, rows)?;
        }
        scores.extend_from_slice(slots.first()?.get(..rows)?);
        start = start.saturating_add(rows);
    }
    Some(scores)
}

/// The position of the first grade whose least score is reached; the last where none is.
pub(super) fn grades(least: &[i64], scores: &[i64]) -> Vec<u8> {
    let mut grades = vec![0_u8; scores.len()];
    let above_last = least.split_last().map_or(&[][..], |(_, above)| above);
    for least in above_last {
        for (grade, score) in grades.iter_mut().zip(scores) {
            *grade = grade.wrapping_add(u8::from(score < least));
        }
    }
    grades
}

/// One step over one block.
fn block(
    step: &Step,
    slots: &mut [Slot],
    columns: &Columns,
    start: usize,
    rows: usize,
) -> Option<()> {
    let input = |it: usize| columns.inputs.get(it)?.get(start..start.checked_add(rows)?);
    match step {
        Step::Fill { to, value } => slots.get_mut(*to)?.fill(*value),
        Step::AddInput { input: from, factor, to } => {
            add(slots.get_mut(*to)?, input(*from)?, *factor);
        }
        Step::AddHeld { scale, held, to } => {
            add_held(slots.get_mut(*to)?, input(held.input)?, *scale, *held);
        }
        Step::AddFour { held, to } => {
            let [a, b, c, d] = **held;
            let of = [input(a.input)?, input(b.input)?, input(c.input)?, input(d.input)?];
            add_four(slots.get_mut(*to)?, of, [a, b, c, d]);
        }
        Step::Add { from, factor, to } => {
            let [to, from] = slots.get_disjoint_mut([*to, *from]).ok()?;
            add(to, from, *factor);
        }
        Step::Hold { slot, least, most } => {
            let hold = |it: &mut i64| *it = (*it).max(*least).min(*most);
            slots.get_mut(*slot)?.iter_mut().for_each(hold);
        }
        Step::Greater { from, to } => {
            let [to, from] = slots.get_disjoint_mut([*to, *from]).ok()?;
            to.iter_mut().zip(from).for_each(|(to, from)| *to = (*to).max(*from));
        }
        Step::Lesser { from, to } => {
            let [to, from] = slots.get_disjoint_mut([*to, *from]).ok()?;
            to.iter_mut().zip(from).for_each(|(to, from)| *to = (*to).min(*from));
        }
        Step::Middle { first, count, from, until } => {
            let parts = slots.get_mut(*first..first.checked_add(*count)?)?;
            middle(parts, *from, *until)?;
        }
        Step::Tiers { slot, tiers } => tiered(slots.get_mut(*slot)?, tiers),
        Step::Round { slot, factor, by, mode } => {
            round(slots.get_mut(*slot)?, *factor, *by, *mode);
        }
    }
    Some(())
}

fn add(to: &mut Slot, from: &[i64], factor: i64) {
    if factor == 1 {
        to.iter_mut().zip(from).for_each(|(to, from)| *to = to.wrapping_add(*from));
    } else {
        let add = |(to, from): (&mut i64, &i64)| {
            *to = to.wrapping_add(from.wrapping_mul(factor));
        };
        to.iter_mut().zip(from).for_each(add);
    }
}

fn held_value(value: i64, held: Held) -> i64 {
    value.max(held.least).min(held.most).wrapping_mul(held.factor)
}

fn add_held(to: &mut Slot, from: &[i64], scale: i64, held: Held) {
    for (to, it) in to.iter_mut().zip(from) {
        *to = to.wrapping_add(held_value(it.wrapping_mul(scale), held));
    }
}

fn add_four(to: &mut Slot, from: [&[i64]; 4], held: [Held; 4]) {
    let ([a, b, c, d], [of_a, of_b, of_c, of_d]) = (from, held);
    for ((((to, a), b), c), d) in to.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        let one = held_value(*a, of_a).wrapping_add(held_value(*b, of_b));
        let two = held_value(*c, of_c).wrapping_add(held_value(*d, of_d));
        *to = to.wrapping_add(one.wrapping_add(two));
    }
}

/// Orders the parts of every subject by odd-even exchange, and adds up those from one place to
/// before another.
fn middle(parts: &mut [Slot], from: usize, until: usize) -> Option<()> {
    for round in 0..parts.len() {
        let odd = round & 1;
        for pair in parts.get_mut(odd..)?.chunks_exact_mut(2) {
            let [low, high] = pair else { return None };
            for (low, high) in low.iter_mut().zip(high) {
                (*low, *high) = ((*low).min(*high), (*low).max(*high));
            }
        }
    }
    let (sum, rest) = parts.split_first_mut()?;
    for (place, part) in (1_usize..until).zip(rest.iter()) {
        if place == from {
            sum.copy_from_slice(part);
        } else if place > from {
            add(sum, part, 1);
        }
    }
    Some(())
}

fn tiered(slot: &mut Slot, tiers: &[(i64, i64)]) {
    for it in slot {
        let reached = tiers.iter().take_while(|(from, _)| from <= it).last();
        *it = reached.map_or(0, |(_, number)| *number);
    }
}

/// `number × factor / by`, rounded: sizes are divided, and the mode says whether what is left over
/// makes the size one greater.
fn round(slot: &mut Slot, factor: i64, by: Divisor, mode: RoundingMode) {
    let half = |rest: u64| rest.wrapping_mul(2);
    let all = by.by.get();
    match mode {
        RoundingMode::HalfUp => divide(slot, factor, by, |_, rest, _| half(rest) >= all),
        RoundingMode::HalfEven => divide(slot, factor, by, |whole, rest, _| {
            half(rest) > all || (half(rest) == all && whole & 1 == 1)
        }),
        RoundingMode::Down => divide(slot, factor, by, |_, _, _| false),
        RoundingMode::Up => divide(slot, factor, by, |_, rest, _| rest > 0),
        RoundingMode::Floor => divide(slot, factor, by, |_, rest, negative| negative && rest > 0),
        RoundingMode::Ceiling => {
            divide(slot, factor, by, |_, rest, negative| !negative && rest > 0);
        }
    }
}

fn divide(slot: &mut Slot, factor: i64, by: Divisor, more: impl Fn(u64, u64, bool) -> bool) {
    let Divisor { by, reciprocal } = by;
    match reciprocal {
        Some(reciprocal) => divide_by(slot, factor, by, more, |size| {
            // The upper half of the product: it always fits.
            let product = u128::from(size).wrapping_mul(u128::from(reciprocal)) >> 64;
            u64::try_from(product).unwrap_or(u64::MAX)
        }),
        None => divide_by(slot, factor, by, more, |size| size / by),
    }
}

fn divide_by(
    slot: &mut Slot,
    factor: i64,
    by: NonZeroU64,
    more: impl Fn(u64, u64, bool) -> bool,
    divided: impl Fn(u64) -> u64,
) {
    for it in slot {
        let number = it.wrapping_mul(factor);
        let size = number.unsigned_abs();
        let whole = divided(size);
        let rest = size.wrapping_sub(whole.wrapping_mul(by.get()));
        let size = whole.wrapping_add(u64::from(more(whole, rest, number < 0))).cast_signed();
        *it = if number < 0 { size.wrapping_neg() } else { size };
    }
}
