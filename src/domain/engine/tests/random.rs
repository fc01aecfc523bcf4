//! Random schemes and cohorts, by a seed. What it cannot make: schemes of other periods than a
//! year, `valid`, results over sub-periods, several sheets of one assessor, records with `recorded`.

use std::fmt::Write as _;

use crate::domain::facts::Facts;

/// A small generator of numbers (SplitMix64): the same seed, the same scheme and cohort.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 0 to below `sides`.
    pub(super) fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(super) fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[usize::try_from(self.below(u64::try_from(of.len()).unwrap())).unwrap()]
    }

    pub(super) fn shuffle<T>(&mut self, all: &mut [T]) {
        for at in (1..all.len()).rev() {
            let to = usize::try_from(self.below(u64::try_from(at + 1).unwrap())).unwrap();
            all.swap(at, to);
        }
    }
}

/// What evidence a leaf looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Evidence {
    /// Entries of its item; whether two may be of one day.
    Entries {
        same_days: bool,
    },
    Sheets,
    Ballot,
    Survey,
    Metric,
    Ratio,
    Import,
    Results,
    Nothing,
}

struct Part {
    id: String,
    keys: String,
    parts: Vec<Self>,
}

impl Part {
    fn write(&self, into: &mut String, order: &mut Option<Dice>) {
        write!(into, "{{id: {}, {}", self.id, self.keys).unwrap();
        if !self.parts.is_empty() {
            into.push('[');
            let mut parts: Vec<&Self> = self.parts.iter().collect();
            if let Some(dice) = order {
                dice.shuffle(&mut parts);
            }
            for (index, part) in parts.into_iter().enumerate() {
                into.push_str(if index > 0 { ", " } else { "" });
                part.write(into, order);
            }
            into.push(']');
        }
        into.push('}');
    }
}

/// What one subject's line says, list by list.
#[derive(Default)]
struct Given {
    pad: usize,
    entries: Vec<String>,
    sheets: Vec<String>,
    ballots: Vec<String>,
    surveys: Vec<String>,
    metrics: Vec<String>,
    imports: Vec<String>,
    results: Vec<String>,
    states: Vec<String>,
}

impl Given {
    fn number(&self, most: u64, dice: &mut Dice) -> String {
        let zeros = "0".repeat(self.pad);
        match (dice.below(6), self.pad) {
            (0..=3, 0) => format!("\"{}\"", dice.below(most)),
            (0..=3, _) => format!("\"{}.{zeros}\"", dice.below(most)),
            (4, _) => format!("\"{}.5{zeros}\"", dice.below(most)),
            (_, _) => format!("\"{}.{}{zeros}\"", dice.below(most), 1 + dice.below(9)),
        }
    }

    fn entries_of(&mut self, id: &str, same_days: bool, dice: &mut Dice) {
        let mut days: Vec<u64> = (0..12 * 28).collect();
        dice.shuffle(&mut days);
        for day in days.into_iter().take(usize::try_from(dice.below(6)).unwrap()) {
            let day = if same_days { day % 9 } else { day };
            let (times, points) = (self.number(4, dice), self.number(6, dice));
            let on = format!("2022-{:02}-{:02}", 1 + day / 28, 1 + day % 28);
            self.entries.push(format!(
                "{{\"item\":\"{id}\",\"on\":\"{on}\",\"times\":{times},\"points\":{points}}}"
            ));
        }
    }

    fn add(&mut self, id: &str, evidence: Evidence, dice: &mut Dice) {
        match evidence {
            Evidence::Entries { same_days } => self.entries_of(id, same_days, dice),
            Evidence::Sheets => {
                let roles = ["street", "street", "county"];
                for role in roles.iter().take(3 - usize::from(dice.chance(10))) {
                    let points = self.number(10, dice);
                    self.sheets.push(format!(
                        "{{\"item\":\"{id}\",\"role\":\"{role}\",\"points\":{points}}}"
                    ));
                }
            }
            Evidence::Ballot => {
                let (good, poor) = (dice.below(5), dice.below(5));
                self.ballots
                    .push(format!("\"{id}\":{{\"good\":{good},\"poor\":{poor},\"void\":2}}"));
            }
            Evidence::Survey => {
                let of = 1 + dice.below(9);
                let (online, paper) = (dice.below(of + 1), dice.below(8));
                self.surveys.push(format!("\"{id}\":{{\"online\":{{\"answered\":{of},\"satisfied\":{online}}},\"paper\":{{\"answered\":7,\"satisfied\":{paper}}}}}"));
            }
            Evidence::Metric => {
                let value = self.number(12, dice);
                self.metrics.push(format!("\"{id}\":{value}"));
            }
            Evidence::Ratio => {
                let (of, per) = (self.number(9, dice), self.number(3, dice));
                self.metrics.push(format!("\"{id}\":{of},\"per_{id}\":{per}"));
            }
            Evidence::Import => {
                let raw = self.number(12, dice);
                self.imports.push(format!("\"{id}\":{{\"raw\":{raw},\"full\":\"13\"}}"));
            }
            Evidence::Results => {
                let one = |dice: &mut Dice| {
                    let (score, weight) = (self.number(90, dice), self.number(9, dice));
                    format!(
                        "{{\"of\":\"children\",\"score\":{score},\"out_of\":\"100\",\"weight\":{weight}}}"
                    )
                };
                let (a, b) = (one(dice), one(dice));
                self.results.push(format!("\"other.{id}\":[{a},{b}]"));
            }
            Evidence::Nothing => {}
        }
    }
}

/// A random scheme, and what its facts can be about.
pub(super) struct Made {
    root: Part,
    grades: String,
    vetoes: Vec<String>,
    rest: String,
    leaves: Vec<(String, Evidence)>,
}

/// The ids of the veto list, one for each effect.
pub(super) const VETOES: [&str; 8] =
    ["less", "most", "down", "best", "forced", "out", "held", "bare"];

impl Made {
    pub(super) fn new(dice: &mut Dice) -> Self {
        let mut maker = Maker { dice, leaves: Vec::new(), nodes: 0 };
        let mut root = maker.inner(0);
        let round = match maker.dice.below(3) {
            0 => String::new(),
            _ => format!("round: {{to: {}, mode: {}}}, ", maker.dice.below(4), maker.mode()),
        };
        let base = maker.dice.below(30);
        root.keys = format!("base: {base}, clamp: [0, 100], {round}{}", root.keys);
        let leaf = maker.any_leaf();
        let (dice, leaves) = (maker.dice, maker.leaves);
        let seats = match dice.below(4) {
            0 => String::new(),
            1 => format!(
                ", seats: {{share: {}%, of: subjects, within: compound, rounding: largest_remainder}}",
                dice.below(60)
            ),
            _ => format!(
                ", seats: {{share: 1/{}, of: {}, within: compound, rounding: {}}}",
                1 + dice.below(4),
                dice.pick(&["subjects", "results"]),
                dice.pick(&["floor", "half_up", "ceiling"]),
            ),
        };
        let when = match dice.below(3) {
            0 => ", unless: {fact: praised}".to_owned(),
            1 => format!(", when: {{node: {leaf}, at_least: {}}}", dice.below(4)),
            _ => String::new(),
        };
        let top = 26 + dice.below(20);
        let grades = format!(
            "grades:\n  - {{id: a, at_least: {top}{seats}}}\n  - {{id: b, at_least: {}{when}}}\n  - {{id: c, at_least: {}}}\n  - {{id: d}}\n",
            top - 10,
            top - 25,
        );
        let effects = [
            format!("score_less: {}", dice.below(30)),
            format!("score_at_most: {}.5", dice.below(60)),
            format!("grades_down: {}", 1 + dice.below(2)),
            format!("grade_at_best: {}", dice.pick(&["b", "c"])),
            format!("grade: {}", dice.pick(&["b", "c", "d"])),
            "excluded: true".to_owned(),
            format!("node: {leaf}, value: {}", dice.below(3)),
            "no_awards: true".to_owned(),
        ];
        let counts = ["any_day", "at_end"];
        let vetoes = VETOES.iter().zip(&effects).map(|(id, then)| {
            format!("  - {{id: {id}, counts: {}, then: {{{then}}}}}\n", dice.pick(&counts))
        });
        let vetoes = vetoes.collect();
        let by = match dice.below(3) {
            0 => "[score]".to_owned(),
            1 => format!("[score, {{node: {leaf}}}]"),
            _ => "[score, {metric: age, order: ascending}]".to_owned(),
        };
        let places = dice.pick(&["competition", "dense"]);
        let rest = format!(
            "ranking: {{within: [compound, county], by: {by}, places: {places}}}\nawards:\n  - {{id: prize, amount: \"2000.00\", to: person, when: {{grade: a}}}}\n  - {{id: praise, amount: \"1.50\", to: branch, when: {{any: [{{grade: b}}, {{fact: praised}}]}}}}\n"
        );
        Self { root, grades, vetoes, rest, leaves }
    }

    /// The document; with dice, the parts of every node in another order.
    pub(super) fn text(&self, mut order: Option<Dice>) -> String {
        self.with_vetoes(&self.vetoes, &mut order)
    }

    /// The document with its veto list from the bottom up.
    pub(super) fn text_with_vetoes_reversed(&self) -> String {
        let vetoes: Vec<String> = self.vetoes.iter().rev().cloned().collect();
        self.with_vetoes(&vetoes, &mut None)
    }

    fn with_vetoes(&self, vetoes: &[String], order: &mut Option<Dice>) -> String {
        let mut text = "steelyard: scheme/v1\nid: x.random\nversion: 1\nsubject: member\nperiod: year\nin_force: {from: 2022-01-01}\nscore: ".to_owned();
        self.root.write(&mut text, order);
        write!(text, "\n{}vetoes:\n{}{}", self.grades, vetoes.concat(), self.rest).unwrap();
        text
    }

    /// One subject's line; `pad` writes every decimal with so many zeros more.
    pub(super) fn line(&self, index: u64, dice: &mut Dice, pad: usize) -> String {
        let compound = dice.below(3);
        let mut given = Given { pad, ..Given::default() };
        let age = given.number(4, dice);
        given.metrics.push(format!("\"age\":{age}"));
        for (id, evidence) in &self.leaves {
            if *evidence == Evidence::Nothing || !dice.chance(12) {
                given.add(id, *evidence, dice);
            } else if dice.chance(30) {
                let state = dice.pick(&["not_applicable", "excused", "not_submitted"]);
                given.states.push(format!("\"{id}\":\"{state}\""));
            }
        }
        let praised = dice.chance(20);
        let findings = if praised { "{\"fact\":\"praised\",\"from\":\"2022-03-01\"}" } else { "" };
        let status = dice.pick(&["in_service", "retired"]);
        let mut line = format!(
            "{{\"subject\":\"m-{index:03}\",\"period\":\"2022\",\"groups\":{{\"compound\":\"k-{compound}\",\"county\":\"x\"}},\"attributes\":{{\"status\":\"{status}\"}},\"findings\":[{findings}]"
        );
        for (key, all) in [("entries", &given.entries), ("sheets", &given.sheets)] {
            write!(line, ",\"{key}\":[{}]", all.join(",")).unwrap();
        }
        for (key, all) in [
            ("ballots", &given.ballots),
            ("surveys", &given.surveys),
            ("metrics", &given.metrics),
            ("imports", &given.imports),
            ("results", &given.results),
            ("states", &given.states),
        ] {
            write!(line, ",\"{key}\":{{{}}}", all.join(",")).unwrap();
        }
        line.push('}');
        line
    }

    /// A cohort without vetoes.
    pub(super) fn cohort(&self, count: u64, seed: u64, pad: usize) -> Vec<Facts> {
        let mut dice = Dice::new(seed);
        let mut cohort: Vec<Facts> = Vec::new();
        for index in 0..count {
            let mut facts = super::facts(&self.line(index, &mut dice, pad));
            // Many are somebody's equal, so that there are ties.
            if let (true, Some(last)) = (dice.chance(40), cohort.last()) {
                let subject = std::mem::take(&mut facts.subject);
                facts = Facts { subject, ..last.clone() };
            }
            cohort.push(facts);
        }
        cohort
    }
}

struct Maker<'a> {
    dice: &'a mut Dice,
    leaves: Vec<(String, Evidence)>,
    nodes: u64,
}

impl Maker<'_> {
    fn mode(&mut self) -> &'static str {
        self.dice.pick(&["half_up", "half_even", "down", "up", "floor", "ceiling"])
    }

    fn any_leaf(&mut self) -> String {
        let count = u64::try_from(self.leaves.len()).unwrap();
        self.leaves[usize::try_from(self.dice.below(count)).unwrap()].0.clone()
    }

    fn id(&mut self) -> String {
        self.nodes += 1;
        format!("n{}", self.nodes)
    }

    /// `missing`, `round` and the like, of a node below the root.
    fn common(&mut self) -> String {
        let mut keys = match self.dice.below(8) {
            0 => "missing: zero, ".to_owned(),
            1 => "missing: exclude, ".to_owned(),
            2 => format!("missing: {{value: \"{}.5\"}}, ", self.dice.below(5)),
            3 | 4 => String::new(),
            _ => "missing: exclude, ".to_owned(),
        };
        if self.dice.chance(25) {
            let mode = self.mode();
            write!(keys, "round: {{to: {}, mode: {mode}}}, ", self.dice.below(3)).unwrap();
        }
        if self.dice.chance(15) {
            write!(keys, "base: -{}.25, clamp: [0, 9], ", 1 + self.dice.below(3)).unwrap();
        }
        keys
    }

    fn inner(&mut self, depth: u64) -> Part {
        let id = self.id();
        let count = 2 + self.dice.below(3);
        let mut parts: Vec<Part> = (0..count)
            .map(|_| {
                if depth < 2 && self.dice.chance(35) { self.inner(depth + 1) } else { self.leaf() }
            })
            .collect();
        let common = if depth == 0 { String::new() } else { self.common() };
        let kind = match self.dice.below(6) {
            0 | 1 => "sum: ".to_owned(),
            2 | 3 => {
                for part in &mut parts {
                    part.keys = format!("weight: 1/{count}, {}", part.keys);
                }
                "weighted: ".to_owned()
            }
            4 => "average: ".to_owned(),
            _ => self.dice.pick(&["best: ", "worst: "]).to_owned(),
        };
        let out_of = if depth == 0 { 100 } else { 20 };
        Part { id, keys: format!("out_of: {out_of}, {common}{kind}"), parts }
    }

    fn leaf(&mut self) -> Part {
        let id = self.id();
        let (kind, evidence) = self.kind(&id);
        let common = self.common();
        self.leaves.push((id.clone(), evidence));
        Part { id, keys: format!("out_of: 10, {common}{kind}"), parts: Vec::new() }
    }

    fn kind(&mut self, id: &str) -> (String, Evidence) {
        let (a, b) = (1 + self.dice.below(5), 1 + self.dice.below(9));
        let caps = format!(
            "caps: [{{per: day, at_most: {}}}, {{per: month, at_most: {b}}}, {{per: year, at_most: 12}}]",
            a + 2
        );
        let other = (!self.leaves.is_empty()).then(|| self.any_leaf());
        let distinct = Evidence::Entries { same_days: false };
        match (self.dice.below(16), other) {
            (0, _) => (format!("counted: {{points: {a}, {caps}}}"), Evidence::Entries { same_days: true }),
            (1, _) => (format!("counted: {{points: entered, each: [0, {a}], {caps}}}"), Evidence::Entries { same_days: true }),
            (2, _) => (format!("counted: {{points: \"-0.{b}\", repeats: [1, 2], caps: [{{per: year, at_least: -{a}}}]}}"), distinct),
            (3, _) => ("counted: {tiers: [[2, 1], [5, 4], [9, 8]]}".to_owned(), Evidence::Entries { same_days: true }),
            (4, _) => (format!("assessed: {{by: {{street: 1/3, county: 2/3}}, several: {}, absent: rescale}}", self.dice.pick(&["average", "median", "trimmed"])), Evidence::Sheets),
            (5, _) => (format!("voted: {{ballot: {id}, options: {{good: 100, poor: {b}}}, least: 2}}"), Evidence::Ballot),
            (6, _) => (format!("surveyed: {{survey: {id}, channels: {}}}", self.dice.pick(&["pooled", "{online: 60%, paper: 40%}"])), Evidence::Survey),
            (7, _) => (format!("measured: {{metric: {id}, bands: [{{at_least: 8, points: 9}}, {{at_least: \"2.5\", points: {a}}}, {{points: 0}}]}}"), Evidence::Metric),
            (8, _) => (format!("measured: {{ratio: {{of: {id}, per: per_{id}}}, linear: [[0, 0], [3, {b}], [7, 10]]}}"), Evidence::Ratio),
            (9, _) => (format!("imported: {{source: {id}}}"), Evidence::Import),
            (10, _) => (format!("result_of: {{scheme: other.{id}, of: children, combine: {}}}", self.dice.pick(&["average", "weighted", "best", "worst"])), Evidence::Results),
            (11, Some(node)) => (format!("compared: {{node: {node}, within: compound, with: {}}}", self.dice.pick(&["best", "mean"])), Evidence::Nothing),
            (12, Some(node)) => (format!("placed: {{node: {node}, within: compound, points: [[1, 10], [2, 7], [3, {a}]]}}"), Evidence::Nothing),
            (13, Some(node)) => (format!("checked: {{when: {{any: [{{node: {node}, below: {a}}}, {{fact: praised}}]}}, points: {b}, otherwise: 1}}"), Evidence::Nothing),
            (14, _) => ("checked: {when: {all: [{attribute: status, is: retired}, {metric: age, above: 1}]}, points: 5}".to_owned(), Evidence::Nothing),
            (15, _) => (format!("constant: {a}"), Evidence::Nothing),
            (_, _) => (format!("measured: {{metric: {id}, as_is: true}}"), Evidence::Metric),
        }
    }
}
