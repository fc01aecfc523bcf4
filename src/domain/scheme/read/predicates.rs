//! Conditions.

use super::{
    super::{Comparison, NodeIndex, Predicate, ResultsWith, Test},
    node_shapes::{PREDICATE, RATIO},
    reader::{At, Fields, Reader, Reference, listed, nearest},
};

/// Where a condition stands, which decides what it may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Which registered subjects are taken: attributes only.
    Roster,
    /// A node or a grade: anything but the grade.
    Score,
    /// An award: anything.
    Award,
    /// What follows from a published result: the grade and attributes only.
    Published,
}

const SUBJECTS: &[&str] =
    &["node", "metric", "ratio", "attribute", "fact", "results", "grade", "all", "any", "none"];
const TESTS: &[&str] = &["at_least", "above", "at_most", "below"];
/// The other keys that say something beside what is asked about.
const OTHERS: &[&str] = &["is", "in", "vetoed", "graded"];

impl Reader {
    /// Reads a condition. Depth is bounded by the document's.
    pub(super) fn predicate(&mut self, at: &At<'_>, scope: Scope) -> Option<Predicate> {
        let fields = self.open(at, &PREDICATE)?;
        let subject = fields.first_of(SUBJECTS)?;
        let value = fields.at(subject)?;
        self.allowed(&fields, subject, scope);
        match subject {
            "node" => {
                let (node, test) = (self.node_ref(&value), self.test(&fields));
                Some(Predicate::Node { node: node?, test: test? })
            }
            "metric" => {
                let (metric, test) = (self.name(&value), self.test(&fields));
                Some(Predicate::Metric { metric: metric?, test: test? })
            }
            "ratio" => {
                let (ratio, test) = (self.ratio(&value), self.test(&fields));
                let (of, per) = ratio?;
                Some(Predicate::Ratio { of, per, test: test? })
            }
            "attribute" => {
                let (attribute, values) = (self.name(&value), self.attribute_values(&fields));
                Some(Predicate::Attribute { attribute: attribute?, values: values? })
            }
            "fact" => Some(Predicate::Fact { fact: self.name(&value)? }),
            "results" => {
                let (node, with) = (self.id_of_results(&value), self.results_with(&fields));
                Some(Predicate::Results { node: node?, with: with? })
            }
            "grade" => Some(Predicate::Grade { grade: self.grade_ref(&value)? }),
            "all" => self.predicates(&value, scope).map(Predicate::All),
            "any" => self.predicates(&value, scope).map(Predicate::Any),
            _ => self.predicates(&value, scope).map(Predicate::None),
        }
    }

    fn predicates(&mut self, at: &At<'_>, scope: Scope) -> Option<Vec<Predicate>> {
        let items = self.list(at);
        let read: Vec<_> = items.iter().map(|it| self.predicate(it, scope)).collect();
        read.into_iter().collect()
    }

    /// Refuses what may not be asked here, and keys that say nothing beside the one asked.
    fn allowed(&mut self, fields: &Fields<'_>, subject: &'static str, scope: Scope) {
        let logical = matches!(subject, "all" | "any" | "none");
        match scope {
            Scope::Roster if !logical && subject != "attribute" => {
                let (wrong, zh) = ("a roster asks for attributes only", "名册条件只能用属性");
                let right = "`{attribute: a, is: v}`, or `all`, `any`, `none` of such";
                self.fault("ROSTER_PREDICATE", &fields.key(subject), wrong, zh, right);
            }
            Scope::Score if subject == "grade" => {
                let wrong = "the grade may be asked for in an award's `when` only";
                let zh = "等次条件只能写在奖励的 when 里";
                self.fault("GRADE_PREDICATE", &fields.key(subject), wrong, zh, "another condition");
            }
            Scope::Published if !logical && !matches!(subject, "attribute" | "grade") => {
                let wrong = "of a published result only grade and attributes are asked";
                let zh = "公布后的条件只能用等次和属性";
                let right =
                    "`{grade: id}`, `{attribute: a, is: v}`, or `all`, `any`, `none` of such";
                self.fault("PUBLISHED_PREDICATE", &fields.key(subject), wrong, zh, right);
            }
            Scope::Roster | Scope::Score | Scope::Award | Scope::Published => {}
        }
        let companions: &[&str] = match subject {
            "node" | "metric" | "ratio" => TESTS,
            "attribute" => &["is", "in"],
            "results" => &["vetoed", "graded"],
            _ => &[],
        };
        let stray = TESTS.iter().chain(OTHERS).filter(|it| !companions.contains(it));
        for key in stray.filter(|it| fields.has(it)) {
            let wrong = format!("`{key}` says nothing beside `{subject}`");
            let zh = format!("`{subject}` 旁的 `{key}` 无意义");
            self.fault("STRAY_KEY", &fields.key(key), wrong, zh, "leave it out");
        }
    }

    fn test(&mut self, fields: &Fields<'_>) -> Option<Test> {
        let mut tests = Vec::new();
        for comparison in Comparison::ALL {
            if let Some(at) = fields.at(comparison.name()) {
                tests.push((comparison, self.number(&at)));
            }
        }
        if let [(comparison, limit)] = tests.as_slice() {
            return limit.map(|limit| Test { comparison: *comparison, limit });
        }
        let wrong = "a figure is compared with exactly one limit";
        let right = format!("exactly one of {}", listed(TESTS));
        self.fault("ONE_OF", &fields.spot, wrong, "应恰有一个比较条件", right);
        None
    }

    fn attribute_values(&mut self, fields: &Fields<'_>) -> Option<Vec<String>> {
        match (fields.at("is"), fields.at("in")) {
            (Some(at), None) => self.name(&at).map(|it| vec![it]),
            (None, Some(at)) => Some(self.names(&at)).filter(|it| !it.is_empty()),
            (None, None) | (Some(_), Some(_)) => {
                let (wrong, zh) =
                    ("an attribute has either `is` or `in`", "属性条件须写 is 或 in 之一");
                self.fault("ONE_OF", &fields.spot, wrong, zh, "exactly one of `is`, `in`");
                None
            }
        }
    }

    fn results_with(&mut self, fields: &Fields<'_>) -> Option<ResultsWith> {
        let some = |names: Vec<String>| Some(names).filter(|it| !it.is_empty());
        match (fields.at("vetoed"), fields.at("graded")) {
            (Some(at), None) => some(self.names(&at)).map(ResultsWith::Vetoed),
            (None, Some(at)) => some(self.names(&at)).map(ResultsWith::Graded),
            (None, None) | (Some(_), Some(_)) => {
                let (wrong, zh) = (
                    "listed results are asked for either `vetoed` or `graded`",
                    "results 条件须写 vetoed 或 graded 之一",
                );
                self.fault("ONE_OF", &fields.spot, wrong, zh, "exactly one of `vetoed`, `graded`");
                None
            }
        }
    }

    /// A node of which single results are asked: its value is not, so that no circle comes of it.
    fn id_of_results(&mut self, at: &At<'_>) -> Option<NodeIndex> {
        let inside = self.inside.take();
        let node = self.node_ref(at);
        self.inside = inside;
        self.listed.extend(node.map(|it| (it, at.spot())));
        node
    }

    /// `{of: a, per: b}`.
    pub(super) fn ratio(&mut self, at: &At<'_>) -> Option<(String, String)> {
        let fields = self.open(at, &RATIO)?;
        let of = fields.at("of").and_then(|it| self.name(&it));
        let per = fields.at("per").and_then(|it| self.name(&it));
        of.zip(per)
    }

    /// The id of a node of this scheme.
    pub(super) fn node_ref(&mut self, at: &At<'_>) -> Option<NodeIndex> {
        let id = self.id(at)?;
        if let Some(index) = self.node_ids.get(&id).copied() {
            if let Some(from) = self.inside {
                self.references.push(Reference { from, to: id, spot: at.spot() });
            }
            return Some(index);
        }
        let names: Vec<&str> = self.node_ids.keys().map(String::as_str).collect();
        let right = nearest(&id, &names)
            .map_or_else(|| "the id of a node of this scheme".to_owned(), |it| format!("`{it}`"));
        let (wrong, zh) = (format!("there is no node `{id}`"), format!("没有节点 `{id}`"));
        self.fault("UNKNOWN_NODE", &at.spot(), wrong, zh, right);
        None
    }

    /// The id of a grade of this scheme, as its position from the top.
    pub(super) fn grade_ref(&mut self, at: &At<'_>) -> Option<usize> {
        let id = self.id(at)?;
        if let Some(index) = self.grade_ids.get(&id).copied() {
            return Some(index);
        }
        let names: Vec<&str> = self.grade_ids.keys().map(String::as_str).collect();
        let right = match nearest(&id, &names) {
            Some(near) => format!("`{near}`"),
            None if names.is_empty() => "the scheme has no grades".to_owned(),
            None => format!("one of {}", listed(&names)),
        };
        let (wrong, zh) = (format!("there is no grade `{id}`"), format!("没有等次 `{id}`"));
        self.fault("UNKNOWN_GRADE", &at.spot(), wrong, zh, right);
        None
    }
}
