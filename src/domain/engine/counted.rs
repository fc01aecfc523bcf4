//! `counted`: ledger entries of one item, capped window by window.

use super::note::{Listener, Note};
use crate::domain::{
    exact::{Decimal, Exact, ExactError},
    facts::Entry,
    scheme::{Cap, Counted, CountedPoints, Counting},
    time::{Day, Period, Window},
};

/// The most caps that a node can have: one per window.
const CAPS_MAX: usize = 5;

/// A running total: whole 10^-18ths in an `i128` as long as they fit, exact rationals otherwise.
trait Amount: Clone + PartialOrd {
    fn zero() -> Self;
    fn of(times: Decimal, points: Decimal, repeat: Decimal) -> Result<Self, ExactError>;
    fn decimal(value: Decimal) -> Result<Self, ExactError>;
    fn plus(&self, other: &Self) -> Result<Self, ExactError>;
    fn exact(&self) -> Result<Exact, ExactError>;
}

/// Whole 10^-18ths.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
struct Fixed(i128);

const FIXED_PLACES: u32 = 18;

impl Amount for Fixed {
    fn zero() -> Self {
        Self(0)
    }

    fn of(times: Decimal, points: Decimal, repeat: Decimal) -> Result<Self, ExactError> {
        let product = i128::from(times.millionths()).checked_mul(i128::from(points.millionths()));
        let product = product.and_then(|it| it.checked_mul(i128::from(repeat.millionths())));
        product.map(Self).ok_or(ExactError::Overflow)
    }

    fn decimal(value: Decimal) -> Result<Self, ExactError> {
        Self::of(value, Decimal::ONE, Decimal::ONE)
    }

    fn plus(&self, other: &Self) -> Result<Self, ExactError> {
        self.0.checked_add(other.0).map(Self).ok_or(ExactError::Overflow)
    }

    fn exact(&self) -> Result<Exact, ExactError> {
        Exact::scaled(self.0, FIXED_PLACES)
    }
}

impl Amount for Exact {
    fn zero() -> Self {
        Self::ZERO
    }

    fn of(times: Decimal, points: Decimal, repeat: Decimal) -> Result<Self, ExactError> {
        Self::from(times).times(&Self::from(points))?.times(&Self::from(repeat))
    }

    fn decimal(value: Decimal) -> Result<Self, ExactError> {
        Ok(Self::from(value))
    }

    fn plus(&self, other: &Self) -> Result<Self, ExactError> {
        Self::plus(self, other)
    }

    fn exact(&self) -> Result<Exact, ExactError> {
        Ok(self.clone())
    }
}

/// The value of a `counted` node: `entries` are those of its item, by day and then as recorded.
pub(super) fn value(
    node: usize,
    counted: &Counted,
    entries: &[Entry],
    period: Period,
    listener: &mut impl Listener,
) -> Result<Exact, ExactError> {
    let valid = |entry: &&Entry| counts(entry.on, counted.valid_months, period);
    let outside = entries.iter().filter(|it| !valid(it)).count();
    note_outside(node, outside, listener);
    let entries = || entries.iter().filter(valid);
    match &counted.counting {
        Counting::Tiers(tiers) => tiered(node, tiers, entries(), listener),
        Counting::Each { points, repeats } => {
            let each = Each { node, points: *points, repeats, caps: &counted.caps };
            match each.total::<Fixed>(entries(), listener) {
                Err(ExactError::Overflow) => {
                    // What was told on the way is told again.
                    listener.forget(node);
                    note_outside(node, outside, listener);
                    each.total::<Exact>(entries(), listener)
                }
                total => total,
            }
        }
    }
}

fn note_outside(node: usize, entries: usize, listener: &mut impl Listener) {
    if entries > 0 {
        listener.note(node, || Note::EntriesOutside { entries });
    }
}

/// Whether an entry of that day counts.
pub(super) fn counts(on: Day, valid_months: Option<u32>, period: Period) -> bool {
    match valid_months {
        None => period.contains(on),
        Some(months) => {
            let last = period.last_day();
            on <= last && on.plus_months(months).is_none_or(|end| last < end)
        }
    }
}

fn tiered<'a>(
    node: usize,
    tiers: &[(Decimal, Decimal)],
    entries: impl Iterator<Item = &'a Entry>,
    listener: &mut impl Listener,
) -> Result<Exact, ExactError> {
    let mut sum = 0_i128;
    for entry in entries {
        let times = i128::from(entry.times.millionths());
        sum = sum.checked_add(times).ok_or(ExactError::Overflow)?;
    }
    let reaches = |tier: &&(Decimal, Decimal)| i128::from(tier.0.millionths()) <= sum;
    let exact = Exact::scaled(sum, 6)?;
    let reached = tiers.iter().take_while(reaches).last();
    if let Some((from, points)) = tiers.iter().find(|it| !reaches(it)) {
        let (from, points, sum) = (*from, *points, exact.clone());
        listener.note(node, || Note::TierMissed { sum, from, points });
    }
    match reached {
        None => Ok(Exact::ZERO),
        Some((from, points)) => {
            let (from, points) = (*from, *points);
            listener.note(node, || Note::TierReached { sum: exact, from, points });
            Ok(Exact::from(points))
        }
    }
}

/// Entry by entry, under caps.
struct Each<'a> {
    node: usize,
    points: CountedPoints,
    repeats: &'a [Decimal],
    caps: &'a [Cap],
}

/// One cap's window that is being filled.
#[derive(Clone)]
struct Open<A> {
    day: Option<Day>,
    total: A,
}

impl Each<'_> {
    fn total<'a, A: Amount>(
        &self,
        entries: impl Iterator<Item = &'a Entry>,
        listener: &mut impl Listener,
    ) -> Result<Exact, ExactError> {
        // One open window a cap, the shortest first; entries come by day, so that a window closes
        // once and for all when an entry of a later one arrives.
        let mut open: [Open<A>; CAPS_MAX] =
            std::array::from_fn(|_| Open { day: None, total: A::zero() });
        let mut sum = A::zero();
        let mut plain = A::zero();
        let (mut count, mut held) = (0_usize, 0_usize);
        for entry in entries {
            let (points, was_held) = self.points_of(entry);
            let repeat = self.repeats.get(count).or(self.repeats.last());
            let amount = A::of(entry.times, points, repeat.copied().unwrap_or(Decimal::ONE))?;
            self.close_before(entry.on, &mut open, &mut sum, listener)?;
            plain = plain.plus(&amount)?;
            match open.first_mut().filter(|_| !self.caps.is_empty()) {
                Some(first) => {
                    first.total = first.total.plus(&amount)?;
                    open.iter_mut().for_each(|it| it.day = Some(entry.on));
                }
                None => sum = sum.plus(&amount)?,
            }
            count = count.saturating_add(1);
            held = held.saturating_add(usize::from(was_held));
        }
        for level in 0..self.caps.len() {
            self.close(level, &mut open, &mut sum, listener)?;
        }
        let plain = plain.exact()?;
        listener.note(self.node, || Note::Entries { entries: count, sum: plain });
        if let (CountedPoints::Entered { each: Some((least, most)) }, 1..) = (self.points, held) {
            listener.note(self.node, || Note::EntriesHeld { entries: held, least, most });
        }
        sum.exact()
    }

    fn points_of(&self, entry: &Entry) -> (Decimal, bool) {
        match self.points {
            CountedPoints::Fixed(points) => (points, false),
            CountedPoints::Entered { .. } if entry.rolled_up => (Decimal::ONE, false),
            CountedPoints::Entered { each } => {
                let own = entry.points.unwrap_or(Decimal::ZERO);
                let points = each.map_or(own, |(least, most)| own.max(least).min(most));
                (points, points != own)
            }
        }
    }

    /// Closes every window that does not contain `day`, from the shortest.
    fn close_before<A: Amount>(
        &self,
        day: Day,
        open: &mut [Open<A>; CAPS_MAX],
        sum: &mut A,
        listener: &mut impl Listener,
    ) -> Result<(), ExactError> {
        for (level, cap) in self.caps.iter().enumerate() {
            let last = open.get(level).and_then(|it| it.day);
            if last.is_some_and(|it| cap.per.of(it) != cap.per.of(day)) {
                self.close(level, open, sum, listener)?;
            }
        }
        Ok(())
    }

    /// Holds one window's total to its cap and hands it on to the next longer one.
    fn close<A: Amount>(
        &self,
        level: usize,
        open: &mut [Open<A>; CAPS_MAX],
        sum: &mut A,
        listener: &mut impl Listener,
    ) -> Result<(), ExactError> {
        let (Some(cap), Some(window)) = (self.caps.get(level), open.get_mut(level)) else {
            return Ok(());
        };
        let Some(day) = window.day else { return Ok(()) };
        let total = std::mem::replace(&mut window.total, A::zero());
        let held = self.held(cap, day, total, listener)?;
        match open.get_mut(level.saturating_add(1)) {
            Some(next) if level.saturating_add(1) < self.caps.len() => {
                next.total = next.total.plus(&held)?;
            }
            _ => *sum = sum.plus(&held)?,
        }
        Ok(())
    }

    fn held<A: Amount>(
        &self,
        cap: &Cap,
        day: Day,
        total: A,
        listener: &mut impl Listener,
    ) -> Result<A, ExactError> {
        let above = cap.at_most.filter(|it| A::decimal(*it).is_ok_and(|it| total > it));
        let below = cap.at_least.filter(|it| A::decimal(*it).is_ok_and(|it| total < it));
        let Some(limit) = above.or(below) else { return Ok(total) };
        let exact = total.exact()?;
        listener.note(self.node, || Note::CapCut {
            per: cap.per,
            window: window_name(cap.per, day),
            total: exact,
            held: limit,
        });
        A::decimal(limit)
    }
}

/// The window that a day lies in, as people write it.
pub(super) fn window_name(window: Window, day: Day) -> String {
    let part = |length: i64| {
        day.month().saturating_sub(1).checked_div(length).unwrap_or(0).saturating_add(1)
    };
    match window {
        Window::Day => day.to_string(),
        Window::Month => format!("{:04}-{:02}", day.year(), day.month()),
        Window::Quarter => format!("{:04}-Q{}", day.year(), part(3)),
        Window::Half => format!("{:04}-H{}", day.year(), part(6)),
        Window::Year => format!("{:04}", day.year()),
    }
}
