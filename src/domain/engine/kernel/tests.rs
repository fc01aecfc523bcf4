//! The kernel against the evaluator: random schemes, random facts, the same numbers.

use std::{cell::Cell, collections::BTreeMap, fmt::Write as _, sync::Arc};

use proptest::{prelude::*, test_runner::TestRunner};

use super::{Columns, Kernel, NotInColumns, Plan};
use crate::domain::{
    engine::{Evaluator, Groups},
    exact::{Decimal, RoundingMode},
    facts::{Entry, Facts, Import},
    scheme::Scheme,
    time::{Day, Period},
};

/// A node of a random scheme; ids come when it is written.
#[derive(Debug, Clone)]
enum Kind {
    Fixed { points: i64, caps: Vec<(usize, i64, i64)> },
    Entered { each: Option<(i64, i64)>, caps: Vec<(usize, i64, i64)> },
    Tiers(Vec<(i64, i64)>),
    Constant(i64),
    Imported,
    Parts { name: &'static str, drop: (usize, usize), parts: Vec<Tree> },
}

#[derive(Debug, Clone)]
struct Tree {
    kind: Kind,
    base: Option<i64>,
    clamp: Option<(i64, i64)>,
    round: Option<(u32, usize)>,
    out_of: i64,
}

const PERIODS: [(&str, &str); 4] =
    [("year", "2024"), ("half", "2024-H2"), ("quarter", "2024-Q3"), ("month", "2024-07")];
const WINDOWS: [&str; 4] = ["month", "quarter", "half", "year"];

/// Hundredths as text.
fn hundredths(value: i64) -> String {
    Decimal::from_ten_thousandths(value * 100).unwrap().to_string()
}

fn caps() -> impl Strategy<Value = Vec<(usize, i64, i64)>> {
    let cap = (0..4_usize, -2_000..=0_i64, 0..=3_000_i64);
    proptest::collection::btree_map(0..4_usize, cap, 0..3).prop_map(|caps| {
        caps.into_iter().map(|(window, (_, least, most))| (window, least, most)).collect()
    })
}

fn leaf() -> impl Strategy<Value = Kind> {
    let each = proptest::option::of((-300..=0_i64, 0..=500_i64));
    let tiers = proptest::collection::btree_map(1..2_000_i64, -500..1_000_i64, 1..4);
    prop_oneof![
        3 => (-500..900_i64, caps()).prop_map(|(points, caps)| Kind::Fixed { points, caps }),
        2 => (each, caps()).prop_map(|(each, caps)| Kind::Entered { each, caps }),
        1 => tiers.prop_map(|it| Kind::Tiers(it.into_iter().collect())),
        1 => (-500..900_i64).prop_map(Kind::Constant),
        1 => Just(Kind::Imported),
    ]
}

fn tree(kind: impl Strategy<Value = Kind>) -> impl Strategy<Value = Tree> {
    let clamp = proptest::option::of((-4_000..=0_i64, 0..=9_000_i64));
    let round = proptest::option::of((0..=4_u32, 0..6_usize));
    let base = proptest::option::of(-2_000..6_000_i64);
    (kind, base, clamp, round, prop_oneof![Just(10_000_i64), 100..20_000_i64])
        .prop_map(|(kind, base, clamp, round, out_of)| Tree { kind, base, clamp, round, out_of })
}

fn whole() -> impl Strategy<Value = Tree> {
    tree(leaf()).prop_recursive(4, 24, 5, |inner| {
        let names = prop_oneof![
            Just("sum"),
            Just("weighted"),
            Just("average"),
            Just("best"),
            Just("worst")
        ];
        let parts = proptest::collection::vec(inner, 1..6);
        let kind = (names, parts, 0..3_usize, 0..3_usize).prop_map(|(name, parts, high, low)| {
            let drop = if high + low < parts.len() { (high, low) } else { (0, 0) };
            Kind::Parts { name, drop, parts }
        });
        tree(kind)
    })
}

/// The scheme's text; items are noted by the node's id.
struct Writer {
    text: String,
    nodes: usize,
    items: Vec<String>,
}

impl Writer {
    fn node(&mut self, tree: &Tree, depth: usize, weight: Option<String>) {
        let pad = "  ".repeat(depth);
        let id = format!("n{}", self.nodes);
        self.nodes += 1;
        let own = |text: &mut String, line: String| writeln!(text, "{pad}  {line}").unwrap();
        writeln!(self.text, "{pad}- id: {id}").unwrap();
        own(&mut self.text, format!("out_of: {}", hundredths(tree.out_of)));
        if let Some(weight) = weight {
            own(&mut self.text, format!("weight: {weight}"));
        }
        if let Some(base) = tree.base {
            own(&mut self.text, format!("base: {}", hundredths(base)));
        }
        if let Some((least, most)) = tree.clamp {
            own(&mut self.text, format!("clamp: [{}, {}]", hundredths(least), hundredths(most)));
        }
        if let Some((to, mode)) = tree.round {
            own(
                &mut self.text,
                format!("round: {{to: {to}, mode: {}}}", RoundingMode::ALL[mode].name()),
            );
        }
        let line = match &tree.kind {
            Kind::Fixed { points, caps } => {
                self.items.push(id);
                format!("counted: {{points: {}{}}}", hundredths(*points), cap_text(caps))
            }
            Kind::Entered { each, caps } => {
                self.items.push(id);
                let each = each.map(|(least, most)| {
                    format!(", each: [{}, {}]", hundredths(least), hundredths(most))
                });
                let each = each.unwrap_or_default();
                format!("counted: {{points: entered{each}{}}}", cap_text(caps))
            }
            Kind::Tiers(tiers) => {
                self.items.push(id);
                let tiers = tiers.iter();
                let tiers: Vec<String> = tiers
                    .map(|(from, points)| {
                        format!("[{}, {}]", hundredths(*from), hundredths(*points))
                    })
                    .collect();
                format!("counted: {{tiers: [{}]}}", tiers.join(", "))
            }
            Kind::Constant(points) => format!("constant: {}", hundredths(*points)),
            Kind::Imported => "imported: {source: other}".to_owned(),
            Kind::Parts { name, drop: (high, low), parts } => {
                if *name == "average" && high + low > 0 {
                    own(&mut self.text, format!("drop: {{highest: {high}, lowest: {low}}}"));
                }
                own(&mut self.text, format!("{name}:"));
                for part in parts {
                    let weight = (*name == "weighted").then(|| format!("1/{}", parts.len()));
                    self.node(part, depth + 2, weight);
                }
                return;
            }
        };
        own(&mut self.text, line);
    }
}

fn cap_text(caps: &[(usize, i64, i64)]) -> String {
    if caps.is_empty() {
        return String::new();
    }
    let caps: Vec<String> = caps
        .iter()
        .map(|(window, least, most)| {
            let (least, most) = (hundredths(*least), hundredths(*most));
            format!("{{per: {}, at_least: {least}, at_most: {most}}}", WINDOWS[*window])
        })
        .collect();
    format!(", caps: [{}]", caps.join(", "))
}

/// The plan of a random tree and the items that it counts.
fn plan(tree: &Tree, period: usize, root: (u32, usize)) -> (Arc<Plan>, Vec<String>) {
    let mut writer = Writer { text: String::new(), nodes: 0, items: Vec::new() };
    writer.node(tree, 1, None);
    let (to, mode) = (root.0, RoundingMode::ALL[root.1].name());
    let text = format!(
        "steelyard: scheme/v1\nid: random\nversion: 1\ntitle: random\nsubject: member\n\
         period: {}\nin_force: {{from: 2024-01-01}}\nbasis: [{{document: none}}]\nscore:\n  id: root\n  out_of: 100\n  \
         round: {{to: {to}, mode: {mode}}}\n  sum:\n{}\
         grades:\n  - {{id: a, at_least: 60.5}}\n  - {{id: b, at_least: 10.333333}}\n  \
         - {{id: c, at_least: -3}}\n  - {{id: d}}\n",
        PERIODS[period].0,
        indented(&writer.text),
    );
    let scheme = Scheme::read(text.as_bytes()).unwrap_or_else(|why| panic!("{why:#?}\n{text}"));
    (Arc::new(Plan::compile(Arc::new(scheme))), writer.items)
}

fn indented(text: &str) -> String {
    text.lines().map(|it| format!("  {it}\n")).collect()
}

/// A random entry: item, day of the year, times and points in hundredths, whether it is a sum.
type Given = (usize, i64, i64, i64, bool);

fn facts(items: &[String], given: &[Given], raw: i64) -> Facts {
    let mut facts = Facts { subject: "s".to_owned(), ..Facts::default() };
    let start = Day::new(2024, 1, 1).unwrap();
    let day = |number: i64| (0..number).fold(start, |it, _| it.next().unwrap());
    for (item, on, times, points, rolled_up) in given {
        let Some(item) = items.get(*item % items.len().max(1)) else { continue };
        facts.entries.push(Entry {
            item: item.clone(),
            on: day(*on),
            times: Decimal::from_ten_thousandths(times * 100).unwrap(),
            points: Some(Decimal::from_ten_thousandths(points * 100).unwrap()),
            recorded: None,
            rolled_up: *rolled_up,
            check: None,
        });
    }
    let decimal = |it| Decimal::from_ten_thousandths(it).unwrap();
    let full = decimal(1_000_000);
    facts.imports.insert("other".to_owned(), Import { raw: decimal(raw), full, bonus: true });
    facts.prepare();
    facts
}

fn full_marks() -> BTreeMap<String, Decimal> {
    BTreeMap::from([("other".to_owned(), Decimal::whole(100).unwrap())])
}

/// What the evaluator says: the score in whole units, and the grade.
fn evaluated(plan: &Arc<Plan>, period: Period, facts: &Facts, places: u32) -> (i64, Option<u8>) {
    let mut evaluator = Evaluator::new(Arc::clone(plan), period);
    let assessment = evaluator.assess(facts, &Groups::new(plan)).unwrap();
    let score = assessment.score.unwrap();
    let units = score.units(places, RoundingMode::Down).unwrap();
    assert!(score.is_decimal(places));
    (i64::try_from(units).unwrap(), assessment.candidate.grade)
}

type Subjects = Vec<(Vec<Given>, i64)>;

fn subjects() -> impl Strategy<Value = Subjects> {
    let entry = (0..30_usize, 0..366_i64, 0..700_i64, -400..900_i64, any::<bool>());
    let subject = (proptest::collection::vec(entry, 0..25), 0..1_200_000_i64);
    proptest::collection::vec(subject, 1..6)
}

/// Whether there is a kernel; where there is one, it gives what the evaluator gives.
fn agrees(
    tree: &Tree,
    period: usize,
    root: (u32, usize),
    subjects: &Subjects,
) -> Result<bool, TestCaseError> {
    let (plan, items) = plan(tree, period, root);
    let period = Period::parse(PERIODS[period].1).unwrap();
    let Some(kernel) = Kernel::compile(&plan, &full_marks()) else { return Ok(false) };
    let mut columns = Columns::new(&kernel);
    let mut expected = Vec::new();
    for (given, raw) in subjects {
        let facts = facts(&items, given, *raw);
        prop_assert_eq!(columns.push_facts(&kernel, &plan, &facts, period), Ok(()));
        expected.push(evaluated(&plan, period, &facts, kernel.places()));
    }
    // More rows than a block, so that the last block is a short one.
    let single = columns.clone();
    let rows = columns.rows();
    for row in (0..rows).cycle().take(1_100) {
        let row: Vec<i64> = single.inputs.iter().map(|it| it[row]).collect();
        prop_assert_eq!(columns.push(&row), Ok(()));
    }
    let scores = kernel.scores(&columns).unwrap();
    let grades = kernel.grades(&scores).unwrap();
    prop_assert_eq!(scores.len(), columns.rows());
    for (row, (score, grade)) in scores.iter().zip(&grades).enumerate() {
        prop_assert_eq!((*score, Some(*grade)), expected[row % rows]);
    }
    Ok(true)
}

#[test]
fn the_kernel_gives_what_the_evaluator_gives() {
    let mut runner = TestRunner::new(ProptestConfig::with_cases(400));
    let (all, compiled) = (Cell::new(0), Cell::new(0));
    let root = (0..=4_u32, 0..6_usize);
    let strategy = (whole(), 0..4_usize, root, subjects());
    let outcome = runner.run(&strategy, |(tree, period, root, subjects)| {
        all.set(all.get() + 1);
        compiled.set(compiled.get() + i32::from(agrees(&tree, period, root, &subjects)?));
        Ok(())
    });
    assert!(outcome.is_ok(), "{outcome:?}");
    // Denominators can outgrow an i64 (odd full marks below one another); most must not.
    assert!(compiled.get() * 10 > all.get() * 6, "{} of {}", compiled.get(), all.get());
}

proptest! {
    #[test]
    fn numbers_at_the_limit_do_not_overflow(tree in whole(), ends in any::<u64>()) {
        let (plan, _) = plan(&tree, 0, (2, 0));
        let Some(kernel) = Kernel::compile(&plan, &full_marks()) else { return Ok(()) };
        let bit = |place: usize| ends.rotate_right(u32::try_from(place % 64).unwrap()) & 1;
        let row: Vec<i64> = (0..kernel.inputs().len())
            .map(|it| if bit(it) == 1 { kernel.limit() } else { -kernel.limit() })
            .collect();
        let mut columns = Columns::new(&kernel);
        prop_assert_eq!(columns.push(&row), Ok(()));
        let exact = in_i128(&kernel, &row);
        prop_assert_eq!(kernel.scores(&columns).map(|it| i128::from(it[0])), Some(exact));
    }
}

fn held_wide(row: &[i64], scale: i64, held: &super::Held) -> i128 {
    let wide = |it: i64| i128::from(it);
    let value = wide(row[held.input]) * wide(scale);
    value.max(wide(held.least)).min(wide(held.most)) * wide(held.factor)
}

/// The steps once more in numbers that cannot overflow.
fn in_i128(kernel: &Kernel, row: &[i64]) -> i128 {
    use super::Step;
    let mut slots = vec![0_i128; kernel.slots];
    let wide = |it: i64| i128::from(it);
    for step in &kernel.steps {
        match step {
            Step::Fill { to, value } => slots[*to] = wide(*value),
            Step::AddInput { input, factor, to } => slots[*to] += wide(row[*input]) * wide(*factor),
            Step::AddHeld { scale, held, to } => slots[*to] += held_wide(row, *scale, held),
            Step::AddFour { held, to } => {
                held.iter().for_each(|it| slots[*to] += held_wide(row, 1, it));
            }
            Step::Add { from, factor, to } => slots[*to] += slots[*from] * wide(*factor),
            Step::Hold { slot, least, most } => {
                slots[*slot] = slots[*slot].max(wide(*least)).min(wide(*most));
            }
            Step::Greater { from, to } => slots[*to] = slots[*to].max(slots[*from]),
            Step::Lesser { from, to } => slots[*to] = slots[*to].min(slots[*from]),
            Step::Middle { first, count, from, until } => {
                let parts = &mut slots[*first..*first + *count];
                parts.sort_unstable();
                let sum =
                    parts[*from..*until].iter().copied().reduce(|sum, it| sum + it).unwrap_or(0);
                slots[*first] = sum;
            }
            Step::Tiers { slot, tiers } => {
                let reached = tiers.iter().rfind(|(from, _)| wide(*from) <= slots[*slot]);
                slots[*slot] = reached.map_or(0, |(_, number)| wide(*number));
            }
            Step::Round { slot, factor, by, mode } => {
                let by = i128::from(by.by.get());
                let exact = crate::domain::exact::Exact::ratio(slots[*slot] * wide(*factor), by);
                slots[*slot] = exact.unwrap().units(0, *mode).unwrap();
            }
        }
        for it in &slots {
            assert!(i64::try_from(*it).is_ok(), "{step:?} gives {it}");
        }
    }
    slots[0]
}

/// The plan of a scheme of one `counted` node.
fn counted(rule: &str) -> Plan {
    let text = format!(
        "steelyard: scheme/v1\nid: one\nversion: 1\ntitle: one\nsubject: member\nperiod: year\n\
         in_force: {{from: 2024-01-01}}\nbasis: [{{document: none}}]\n\
         score:\n  id: root\n  out_of: 100\n  sum:\n    - {{id: item, {rule}}}\n"
    );
    let scheme = Scheme::read(text.as_bytes()).unwrap_or_else(|why| panic!("{why:#?}"));
    Plan::compile(Arc::new(scheme))
}

#[test]
fn what_looks_at_single_entries_or_divides_by_data_has_no_kernel() {
    let none = BTreeMap::new();
    for rule in [
        "counted: {points: 2, caps: [{per: day, at_most: 2}]}",
        "counted: {points: 2, repeats: [1, 2]}",
        "counted: {points: 2, valid: 24 months}",
        "counted: {points: 2, caps: [{per: month, at_least: 1}]}",
        "out_of: 10, voted: {ballot: b, options: {good: 100}}",
        "out_of: 10, surveyed: {survey: s, channels: pooled}",
        "measured: {metric: m, as_is: true}",
        "out_of: 10, imported: {source: other}",
    ] {
        assert_eq!(Kernel::compile(&counted(rule), &none), None, "{rule}");
    }
    assert!(Kernel::compile(&counted("counted: {points: 2}"), &none).is_some());
}

#[test]
fn caps_by_month_take_a_column_a_month() {
    let none = BTreeMap::new();
    let columns = |rule: &str| Kernel::compile(&counted(rule), &none).unwrap().inputs().len();
    assert_eq!(columns("counted: {points: 2, caps: [{per: month, at_most: 6}]}"), 12);
    assert_eq!(columns("counted: {points: 2, caps: [{per: quarter, at_most: 6}]}"), 4);
    assert_eq!(columns("counted: {points: 2, caps: [{per: year, at_most: 6}]}"), 1);
    assert_eq!(columns("counted: {points: 2}"), 1);
}

#[test]
fn the_published_sum_of_volunteering() {
    // 15 × 2 = 30, capped at 12.
    let plan = counted("counted: {points: 2, caps: [{per: year, at_most: 12}]}");
    let kernel = Kernel::compile(&plan, &BTreeMap::new()).unwrap();
    let mut columns = Columns::new(&kernel);
    for times in [150_000, 30_000, -20_000, 5_125] {
        columns.push(&[times]).unwrap();
    }
    // -2 times are -4; 0.5125 times are 1.025, and a half cent goes up.
    assert_eq!(kernel.scores(&columns), Some(vec![1_200, 600, -400, 103]));
    assert_eq!(kernel.grades(&[1_200]), None, "no grades, none given");
}

#[test]
fn what_is_not_for_the_columns_is_told_and_not_taken() {
    let plan = counted("counted: {points: 2}");
    let kernel = Kernel::compile(&plan, &BTreeMap::new()).unwrap();
    let mut columns = Columns::new(&kernel);
    assert_eq!(columns.push(&[1, 2]), Err(NotInColumns::Width));
    assert_eq!(columns.push(&[kernel.limit() + 1]), Err(NotInColumns::Limit));
    assert_eq!(columns.push(&[i64::MIN]), Err(NotInColumns::Limit));
    let items = ["item".to_owned()];
    let year = Period::parse("2024").unwrap();
    let mut fine = facts(&items, &[(0, 5, 100, 0, false)], 0);
    fine.entries[0].times = Decimal::parse("0.00001").unwrap();
    let pushed = columns.push_facts(&kernel, &plan, &fine, year);
    assert_eq!(pushed, Err(NotInColumns::Finer));
    let month = Period::parse("2024-01").unwrap();
    let pushed = columns.push_facts(&kernel, &plan, &facts(&items, &[], 0), month);
    assert_eq!(pushed, Err(NotInColumns::Facts));
    assert_eq!(columns.rows(), 0);
    assert_eq!(kernel.scores(&columns), Some(Vec::new()));
    let other = Kernel::compile(&counted("constant: 1"), &BTreeMap::new()).unwrap();
    assert_eq!(other.scores(&columns), None, "columns of another kernel");
}
