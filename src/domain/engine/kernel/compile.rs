//! From a plan to a kernel: nodes become expressions, expressions become steps.

use std::{collections::BTreeMap, num::NonZeroU64};

use super::{
    Divisor, Held, Input, InputKind, Kernel, Step,
    expr::{Expr, Shape},
};
use crate::domain::{
    engine::plan::Plan,
    exact::{Decimal, Exact},
    scheme::{Counted, CountedPoints, Counting, Grade, Node, NodeIndex, NodeKind},
    time::{PeriodKind, Window},
};

/// Sizes of an input that are tried, as powers of two: the largest for which the proof goes
/// through is taken. 2^46 ten-thousandths are 7,000,000,000 points.
const LIMITS: [u32; 5] = [46, 42, 38, 34, 30];

/// Compiles a plan, or answers nothing.
pub(super) fn compile(plan: &Plan, full_marks: &BTreeMap<String, Decimal>) -> Option<Kernel> {
    LIMITS.iter().find_map(|bits| {
        let limit = 1_i64.checked_shl(*bits)?;
        let mut builder = Builder { plan, full_marks, limit, inputs: Vec::new() };
        let scheme = plan.scheme();
        let round = plan.root_rounding();
        let root = builder.node(0)?.rounded(round)?;
        let root = root.in_units(10_i128.checked_pow(round.to)?)?;
        let mut emitter = Emitter::default();
        emitter.emit(&root, 0)?;
        Some(Kernel {
            inputs: builder.inputs,
            steps: by_fours(&emitter.steps),
            slots: emitter.slots,
            limit,
            places: round.to,
            grades: scheme.grades.iter().map(|it| least_score(it, round.to)).collect(),
            period: scheme.period,
        })
    })
}

/// The least score of a grade in whole units, if it asks for nothing else.
fn least_score(grade: &Grade, places: u32) -> Option<i64> {
    if grade.when.is_some() || grade.unless.is_some() {
        return None;
    }
    let Some(least) = grade.at_least else { return Some(i64::MIN) };
    let units = i128::from(least.millionths()).checked_mul(10_i128.checked_pow(places)?)?;
    let unit = i128::from(Decimal::UNIT);
    let up = units.checked_add(unit.checked_sub(1)?)?;
    i64::try_from(up.checked_div_euclid(unit)?).ok()
}

struct Builder<'a> {
    plan: &'a Plan,
    full_marks: &'a BTreeMap<String, Decimal>,
    limit: i64,
    inputs: Vec<Input>,
}

impl Builder<'_> {
    fn node(&mut self, index: NodeIndex) -> Option<Expr> {
        let plan = self.plan;
        let node = plan.node(index)?;
        let own = match &node.kind {
            NodeKind::Sum(children) => self.sum(children)?,
            NodeKind::Weighted(children) => self.weighted(node, children)?,
            NodeKind::Average { children, drop_highest, drop_lowest } => {
                Expr::mean(self.parts(children)?, *drop_highest, *drop_lowest)?
            }
            NodeKind::Best(children) => Expr::extreme(self.parts(children)?, true)?,
            NodeKind::Worst(children) => Expr::extreme(self.parts(children)?, false)?,
            NodeKind::Counted(counted) => self.counted(index, counted)?,
            NodeKind::Constant(points) => Expr::linear(Vec::new(), &Exact::from(*points))?,
            NodeKind::Imported(imported) => {
                let full = *self.full_marks.get(&imported.source)?;
                let of = Exact::from(node.out_of?).over(&Exact::from(full)).ok()?;
                let what = InputKind::Marks { full };
                let raw = self.input(Input { node: index, what, per: Window::Year, window: 0 })?;
                Expr::linear(vec![(raw, of)], &Exact::ZERO)?
            }
            NodeKind::Scheduled(_)
            | NodeKind::Assessed(_)
            | NodeKind::Proposed(_)
            | NodeKind::Voted(_)
            | NodeKind::Surveyed(_)
            | NodeKind::Measured(_)
            | NodeKind::Checked { .. }
            | NodeKind::ResultOf(_)
            | NodeKind::Compared { .. }
            | NodeKind::Placed { .. } => return None,
        };
        let mut value = Expr::linear(vec![(own, Exact::ONE)], &Exact::from(node.base))?;
        if let Some((least, most)) = node.clamp {
            value = value.held(Some(least), Some(most))?;
        }
        match node.round {
            Some(round) => value.rounded(round),
            None => Some(value),
        }
    }

    fn parts(&mut self, children: &[NodeIndex]) -> Option<Vec<Expr>> {
        children.iter().map(|it| self.node(*it)).collect()
    }

    fn sum(&mut self, children: &[NodeIndex]) -> Option<Expr> {
        let parts = self.parts(children)?.into_iter().map(|it| (it, Exact::ONE)).collect();
        Expr::linear(parts, &Exact::ZERO)
    }

    fn weighted(&mut self, node: &Node, children: &[NodeIndex]) -> Option<Expr> {
        let mut parts = Vec::with_capacity(children.len());
        let own = Exact::from(node.out_of?);
        for child in children {
            let part = self.plan.node(*child)?;
            let full = Exact::from(part.out_of?);
            let factor = part.weight.as_ref()?.exact().times(&own).ok()?.over(&full).ok()?;
            parts.push((self.node(*child)?, factor));
        }
        Expr::linear(parts, &Exact::ZERO)
    }

    fn input(&mut self, input: Input) -> Option<Expr> {
        let column = self.inputs.len();
        self.inputs.push(input);
        Expr::input(column, self.limit)
    }

    fn counted(&mut self, node: NodeIndex, counted: &Counted) -> Option<Expr> {
        if counted.valid_months.is_some() {
            return None;
        }
        let period = self.plan.scheme().period;
        let (what, factor) = match &counted.counting {
            Counting::Tiers(tiers) => {
                let per = widest(period);
                let input = Input { node, what: InputKind::Times, per, window: 0 };
                return self.input(input)?.tiers(tiers);
            }
            Counting::Each { repeats, .. } if !repeats.is_empty() => return None,
            Counting::Each { points: CountedPoints::Fixed(points), .. } => {
                (InputKind::Times, Exact::from(*points))
            }
            Counting::Each { points: CountedPoints::Entered { each }, .. } => {
                (InputKind::Points { each: *each }, Exact::ONE)
            }
        };
        let shortest = counted.caps.first().map_or(widest(period), |it| it.per);
        let mut totals = Vec::new();
        for window in 0..windows(period, shortest)? {
            let input = self.input(Input { node, what, per: shortest, window })?;
            totals.push(Expr::linear(vec![(input, factor.clone())], &Exact::ZERO)?);
        }
        for cap in &counted.caps {
            // A window without entries is never held: that makes no difference only if 0 is allowed.
            let negative = cap.at_most.is_some_and(Decimal::is_negative);
            if negative || cap.at_least.is_some_and(|it| it > Decimal::ZERO) {
                return None;
            }
            let each = totals.len().checked_div(windows(period, cap.per)?)?;
            let mut longer = Vec::new();
            for group in totals.chunks(each.max(1)) {
                let total = total(group.to_vec())?;
                longer.push(total.held(cap.at_least, cap.at_most)?);
            }
            totals = longer;
        }
        total(totals)
    }
}

fn total(parts: Vec<Expr>) -> Option<Expr> {
    Expr::linear(parts.into_iter().map(|it| (it, Exact::ONE)).collect(), &Exact::ZERO)
}

/// The window as long as the period.
const fn widest(period: PeriodKind) -> Window {
    match period {
        PeriodKind::Year => Window::Year,
        PeriodKind::Half => Window::Half,
        PeriodKind::Quarter => Window::Quarter,
        PeriodKind::Month => Window::Month,
    }
}

/// How many windows of a length a period has; one where the window is longer. Nothing for days.
fn windows(period: PeriodKind, window: Window) -> Option<usize> {
    let months = |window| match window {
        Window::Day => None,
        Window::Month => Some(1_usize),
        Window::Quarter => Some(3),
        Window::Half => Some(6),
        Window::Year => Some(12),
    };
    let (whole, part) = (months(widest(period))?, months(window)?);
    Some(whole.checked_div(part)?.max(1))
}

/// Steps in the order of a stack: an expression comes out in one slot and uses only those above.
#[derive(Default)]
struct Emitter {
    steps: Vec<Step>,
    slots: usize,
}

impl Emitter {
    fn emit(&mut self, expr: &Expr, to: usize) -> Option<()> {
        self.slots = self.slots.max(to.checked_add(1)?);
        match &expr.shape {
            Shape::Input(_) => {
                self.steps.push(Step::Fill { to, value: 0 });
                self.add(expr, 1, to)?;
            }
            Shape::Constant(value) => self.steps.push(Step::Fill { to, value: *value }),
            Shape::Linear { terms, plus } => {
                self.steps.push(Step::Fill { to, value: *plus });
                for (term, factor) in terms {
                    self.add(term, *factor, to)?;
                }
            }
            Shape::Hold { of, least, most } => {
                self.emit(of, to)?;
                self.steps.push(Step::Hold { slot: to, least: *least, most: *most });
            }
            Shape::Best(parts) => {
                self.emit_all(parts, to, |from, to| Step::Greater { from, to })?;
            }
            Shape::Worst(parts) => {
                self.emit_all(parts, to, |from, to| Step::Lesser { from, to })?;
            }
            Shape::Middle { parts, from, until } => {
                for (place, part) in (to..).zip(parts) {
                    self.emit(part, place)?;
                }
                let (count, from, until) = (parts.len(), *from, *until);
                self.steps.push(Step::Middle { first: to, count, from, until });
            }
            Shape::Tiers { of, tiers } => {
                self.emit(of, to)?;
                self.steps.push(Step::Tiers { slot: to, tiers: tiers.clone() });
            }
            Shape::Round { of, factor, by, mode } => {
                self.emit(of, to)?;
                let size = of.least.checked_abs()?.max(of.most.checked_abs()?);
                let size = size.checked_mul(i128::from(*factor).checked_abs()?)?;
                let (by, mode) = (divisor(*by, size)?, *mode);
                self.steps.push(Step::Round { slot: to, factor: *factor, by, mode });
            }
        }
        Some(())
    }

    fn emit_all(
        &mut self,
        parts: &[Expr],
        to: usize,
        join: impl Fn(usize, usize) -> Step,
    ) -> Option<()> {
        let (first, rest) = parts.split_first()?;
        self.emit(first, to)?;
        let from = to.checked_add(1)?;
        for part in rest {
            self.emit(part, from)?;
            self.steps.push(join(from, to));
        }
        Some(())
    }

    /// Adds a multiple of an expression to a slot.
    fn add(&mut self, term: &Expr, factor: i64, to: usize) -> Option<()> {
        match &term.shape {
            Shape::Input(input) => {
                self.steps.push(Step::AddInput { input: *input, factor, to });
                return Some(());
            }
            Shape::Hold { of, least, most } => {
                let scaled = scaled_input(of);
                if let Some((input, scale)) = scaled {
                    let held = Held { input, least: *least, most: *most, factor };
                    self.steps.push(Step::AddHeld { scale, held, to });
                    return Some(());
                }
            }
            Shape::Constant(_)
            | Shape::Linear { .. }
            | Shape::Best(_)
            | Shape::Worst(_)
            | Shape::Middle { .. }
            | Shape::Tiers { .. }
            | Shape::Round { .. } => (),
        }
        let from = to.checked_add(1)?;
        self.emit(term, from)?;
        self.steps.push(Step::Add { from, factor, to });
        Some(())
    }
}

/// Four held inputs that follow one another into one slot are added in one pass.
fn by_fours(steps: &[Step]) -> Vec<Step> {
    let mut all = Vec::with_capacity(steps.len());
    let mut rest = steps;
    while let Some((first, after)) = rest.split_first() {
        if let Some((
            [
                Step::AddHeld { scale: 1, held: a, to },
                Step::AddHeld { scale: 1, held: b, to: second },
                Step::AddHeld { scale: 1, held: c, to: third },
                Step::AddHeld { scale: 1, held: d, to: fourth },
            ],
            after,
        )) = rest.split_first_chunk()
            && [second, third, fourth].iter().all(|it| *it == to)
        {
            all.push(Step::AddFour { held: Box::new([*a, *b, *c, *d]), to: *to });
            rest = after;
            continue;
        }
        all.push(first.clone());
        rest = after;
    }
    all
}

/// A divisor of numbers up to a size. With `r` = 2^64 / `by` rounded up, `r × by` is more than 2^64
/// by less than `by`: so `n × r / 2^64` is `n / by` as long as `n × by` is below 2^64.
fn divisor(by: u64, size: i128) -> Option<Divisor> {
    let small = size.checked_mul(i128::from(by)).is_some_and(|it| u64::try_from(it).is_ok());
    let reciprocal = u64::MAX.checked_div(by)?.checked_add(1).filter(|_| small);
    Some(Divisor { by: NonZeroU64::new(by)?, reciprocal })
}

/// An input times a number, if it is no more than that.
fn scaled_input(expr: &Expr) -> Option<(usize, i64)> {
    match &expr.shape {
        Shape::Input(input) => Some((*input, 1)),
        Shape::Linear { terms, plus: 0 } => match terms.as_slice() {
            [(Expr { shape: Shape::Input(input), .. }, factor)] => Some((*input, *factor)),
            _ => None,
        },
        Shape::Constant(_)
        | Shape::Linear { .. }
        | Shape::Hold { .. }
        | Shape::Best(_)
        | Shape::Worst(_)
        | Shape::Middle { .. }
        | Shape::Tiers { .. }
        | Shape::Round { .. } => None,
    }
}
