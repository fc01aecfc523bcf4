//! G1: a whole compiled scheme over 100,000 subjects given their sums, on one thread.
//!
//! Twenty items with points and a cap for the year, a base, a clamp, the mean with another system's
//! marks, half-up rounding to cents, and a grade. Every contender's scores and grades are compared
//! with the kernel's; the kernel's are those of the rational evaluator (the product's own tests).

use std::{collections::BTreeMap, fmt::Write as _, hint::black_box, sync::Arc, time::Duration};

use rust_decimal::{Decimal, RoundingStrategy};
use steelyard::domain::{
    engine::{Columns, Kernel, Plan},
    exact::Decimal as Stated,
    scheme::Scheme,
};

use crate::{
    measure::{Contender, Failure, alternate, thread_time},
    report::{Report, Wanted},
};

const SUBJECTS: usize = 100_000;
const ITEMS: usize = 20;

/// Points of one time, in hundredths, and the least and most of a year, in points.
const RULES: [(i64, i64, i64); ITEMS] = [
    (200, 0, 20),
    (150, 0, 12),
    (500, 0, 15),
    (100, 0, 10),
    (-500, -20, 0),
    (250, 0, 10),
    (300, 0, 9),
    (50, 0, 5),
    (-200, -10, 0),
    (1_000, 0, 20),
    (125, 0, 8),
    (200, 0, 6),
    (400, 0, 12),
    (75, 0, 3),
    (-100, -5, 0),
    (600, 0, 18),
    (100, 0, 4),
    (350, 0, 7),
    (800, 0, 16),
    (-1_000, -30, 0),
];
const GRADES: [i64; 2] = [9_000, 6_000];

fn scheme() -> String {
    let mut text = String::from(
        "steelyard: scheme/v1\nid: bench\nversion: 1\ntitle: bench\nsubject: member\nperiod: year\n\
         in_force: {from: 2022-01-01}\nbasis: [{document: bench}]\nscore:\n  id: dual\n  \
         out_of: 100\n  round: {to: 2, mode: half_up}\n  weighted:\n    - {id: unit, weight: 50%, \
         out_of: 100, imported: {source: unit}}\n    - id: compound\n      weight: 50%\n      \
         out_of: 100\n      base: 60\n      clamp: [0, 100]\n      sum:\n",
    );
    for (item, (points, least, most)) in RULES.iter().enumerate() {
        let points = Stated::from_ten_thousandths(points * 100).unwrap_or(Stated::ZERO);
        let cap = format!("{{per: year, at_least: {least}, at_most: {most}}}");
        let rule = format!("counted: {{points: {points}, caps: [{cap}]}}");
        let _ = writeln!(text, "        - {{id: i{item}, {rule}}}");
    }
    text.push_str("grades:\n  - {id: a, at_least: 90}\n  - {id: b, at_least: 60}\n  - {id: c}\n");
    text
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides) as i64
    }
}

/// Sums of times, in ten-thousandths, and the marks last.
type Row = [i64; ITEMS + 1];

fn rows() -> Vec<Row> {
    let mut dice = Dice(0x5eed_2022);
    let one = |dice: &mut Dice| {
        let mut row = [0; ITEMS + 1];
        for (place, it) in row.iter_mut().enumerate() {
            *it = match place {
                ITEMS => dice.roll(10_001) * 100,
                _ if dice.roll(3) == 0 => 0,
                _ => dice.roll(25) * 5_000,
            };
        }
        row
    };
    (0..SUBJECTS).map(|_| one(&mut dice)).collect()
}

type Judged = Vec<(i64, u8)>;

/// So many times in a round: the clock of processor time ticks in milliseconds.
fn timed<T>(
    times: u32,
    expected: &Judged,
    work: impl Fn() -> T,
    judged: impl Fn(T) -> Judged,
) -> Result<Duration, Failure> {
    let start = thread_time();
    for _ in 1..times {
        black_box(work());
    }
    let last = black_box(work());
    let took = thread_time() - start;
    let judged = judged(last);
    if judged != *expected {
        let wrong = judged.iter().zip(expected).filter(|(a, b)| a != b).count();
        return Err(format!("{wrong} of {} differ from the kernel", judged.len()).into());
    }
    Ok(took / times)
}

fn grade(score: i64) -> u8 {
    u8::from(score < GRADES[0]) + u8::from(score < GRADES[1])
}

/// The rule by hand over rows, all numbers known when it is compiled, nothing divided on the way:
/// sums are in millionths of a point.
fn by_hand(rows: &[Row]) -> Judged {
    let judge = |row: &Row| {
        let mut sum = 60_000_000_i64;
        for item in 0..ITEMS {
            let (points, least, most) = RULES[item];
            let worth = row[item].wrapping_mul(points);
            sum = sum.wrapping_add(worth.max(least * 1_000_000).min(most * 1_000_000));
        }
        let score = sum.clamp(0, 100_000_000).wrapping_add(row[ITEMS] * 100 + 10_000) / 20_000;
        (score, grade(score))
    };
    rows.iter().map(judge).collect()
}

/// The rule by hand over columns, in blocks that stay in the nearest cache.
fn by_hand_columns(columns: &[Vec<i64>]) -> Judged {
    const BLOCK: usize = 512;
    let mut judged = Vec::with_capacity(SUBJECTS);
    for start in (0..SUBJECTS).step_by(BLOCK) {
        let rows = BLOCK.min(SUBJECTS - start);
        let mut sums = [60_000_000_i64; BLOCK];
        let sums = &mut sums[..rows];
        for (column, (points, least, most)) in columns.iter().zip(&RULES) {
            // In millionths of a point, so that nothing is divided on the way.
            let (least, most) = (least * 1_000_000, most * 1_000_000);
            for (sum, times) in sums.iter_mut().zip(&column[start..start + rows]) {
                *sum = sum.wrapping_add(times.wrapping_mul(*points).max(least).min(most));
            }
        }
        let marks = &columns[ITEMS][start..start + rows];
        judged.extend(sums.iter().zip(marks).map(|(sum, marks)| {
            let score = ((*sum).clamp(0, 100_000_000) + marks * 100 + 10_000) / 20_000;
            (score, grade(score))
        }));
    }
    judged
}

fn in_decimals(rows: &[[Decimal; ITEMS + 1]]) -> Judged {
    let rules = RULES.map(|(points, least, most)| {
        (Decimal::new(points, 2), Decimal::from(least), Decimal::from(most))
    });
    let half = Decimal::new(5, 1);
    let limits = GRADES.map(|it| Decimal::new(it, 2));
    let (base, hundred) = (Decimal::from(60), Decimal::from(100));
    let judge = |row: &[Decimal; ITEMS + 1]| {
        let mut sum = base;
        for (times, (points, least, most)) in row.iter().zip(&rules) {
            sum += (times * points).max(*least).min(*most);
        }
        let compound = sum.max(Decimal::ZERO).min(hundred);
        let score = (row[ITEMS] * half + compound * half)
            .round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
        let grade = limits.iter().filter(|it| score < **it).count() as u8;
        let mut score = score;
        score.rescale(2);
        (score.mantissa() as i64, grade)
    };
    rows.iter().map(judge).collect()
}

#[cfg(feature = "zen")]
mod zen {
    use std::fmt::Write as _;

    use rust_decimal::Decimal;
    use zen_expression::{Expression, Variable, compile_expression, expression::Standard, vm::VM};

    use super::{ITEMS, Judged, RULES, Row, grade};

    /// The score as an expression. The grade is left to the caller, which favours the machine.
    pub(super) fn expression() -> Expression<Standard> {
        let mut sum = String::from("60");
        for (item, (points, least, most)) in RULES.iter().enumerate() {
            let points = Decimal::new(*points, 2);
            let _ = write!(sum, " + max([{least}, min([{most}, i{item} * {points}])])");
        }
        let text = format!("round(unit * 0.5 + max([0, min([100, {sum}])]) * 0.5, 2)");
        compile_expression(&text).expect("the expression compiles")
    }

    /// A subject's numbers as the machine takes them.
    pub(super) fn context(row: &Row) -> Variable {
        let number = |it: i64| Variable::Number(Decimal::new(it, 4));
        let context = Variable::empty_object();
        for (item, times) in row[..ITEMS].iter().enumerate() {
            context.dot_insert(&format!("i{item}"), number(*times));
        }
        context.dot_insert("unit", number(row[ITEMS]));
        context
    }

    pub(super) fn judge(expression: &Expression<Standard>, contexts: &[Variable]) -> Judged {
        let mut machine = VM::new();
        let mut judged = Vec::with_capacity(contexts.len());
        for context in contexts {
            let value = expression.evaluate_with(context.clone(), &mut machine);
            let Ok(Variable::Number(mut score)) = value else { panic!("{value:?}") };
            score.rescale(2);
            let score = score.mantissa() as i64;
            judged.push((score, grade(score)));
        }
        judged
    }
}

pub fn run(rounds: usize, report: &mut Report) -> Result<(), Failure> {
    eprintln!("G1: {SUBJECTS} subjects, {ITEMS} items, one thread, processor time");
    let scheme = Scheme::read(scheme().as_bytes()).map_err(|why| format!("{why:#?}"))?;
    let plan = Plan::compile(Arc::new(scheme));
    let hundred = Stated::whole(100).unwrap_or(Stated::ZERO);
    let full_marks = BTreeMap::from([("unit".to_owned(), hundred)]);
    let kernel = Kernel::compile(&plan, &full_marks).ok_or("the scheme has no kernel")?;
    // The kernel takes marks first, as the scheme does; the rows have them last.
    let rows = rows();
    let mut columns = Columns::new(&kernel);
    for row in &rows {
        let mut given = *row;
        given.rotate_right(1);
        columns.push(&given)?;
    }
    let by_column: Vec<Vec<i64>> =
        (0..=ITEMS).map(|place| rows.iter().map(|row| row[place]).collect()).collect();
    let decimals: Vec<[Decimal; ITEMS + 1]> =
        rows.iter().map(|row| row.map(|it| Decimal::new(it, 4))).collect();
    let ours = || {
        let scores = kernel.scores(&columns).unwrap_or_default();
        let grades = kernel.grades(&scores).unwrap_or_default();
        (scores, grades)
    };
    let pairs = |(scores, grades): (Vec<i64>, Vec<u8>)| scores.into_iter().zip(grades).collect();
    let expected: Judged = pairs(ours());
    let pieces = SUBJECTS as u32;
    let same = |it: Judged| it;
    let mut contenders = vec![
        Contender {
            name: "kernel",
            pieces,
            round: Box::new(|| timed(100, &expected, ours, pairs)),
        },
        Contender {
            name: "by hand, rows",
            pieces,
            round: Box::new(|| timed(100, &expected, || by_hand(&rows), same)),
        },
        Contender {
            name: "by hand, columns",
            pieces,
            round: Box::new(|| timed(100, &expected, || by_hand_columns(&by_column), same)),
        },
        Contender {
            name: "rust_decimal",
            pieces,
            round: Box::new(|| timed(5, &expected, || in_decimals(&decimals), same)),
        },
    ];
    #[cfg(feature = "zen")]
    {
        let expression = zen::expression();
        let contexts: Vec<_> = rows.iter().map(zen::context).collect();
        let expected = &expected;
        let round = move || timed(1, expected, || zen::judge(&expression, &contexts), same);
        contenders.push(Contender { name: "zen-expression", pieces, round: Box::new(round) });
    }
    let figures = alternate(contenders, rounds)?;
    let by_hand = if figures[1].median < figures[2].median { figures[1] } else { figures[2] };
    report.compare("G1", figures[0], by_hand, Some(Wanted::AtMost(10.0)));
    report.compare("G1", figures[0], figures[3], Some(Wanted::Times(10.0)));
    match figures.get(4) {
        Some(zen) => report.compare("G1", figures[0], *zen, Some(Wanted::Times(200.0))),
        None => report.note("G1: zen-expression was not built, its line is left out"),
    }
    Ok(())
}
