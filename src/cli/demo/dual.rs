//! What the year's dual score comes to: who has which grade, what is incomplete and why, who moved,
//! who was late to check in, whose honours are lost (M1 to M8).

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
};

use comfy_table::Cell;
use serde_json::{Map, Value, json};

use super::{
    report::{Done, grades, id_of},
    tables::{right, table},
};
use crate::{
    client::{CallError, Client},
    proto::v1,
    sample::{Detail, RecordKind, Sample},
};

/// The scheme of the dual score.
pub(super) const DUAL: &str = "xinping.member-dual-score";
/// The node of the unit's score, and that of the compound's schedule.
const PARTS: [&str; 2] = ["unit", "points"];
/// The year as the API counts it.
const YEAR: i32 = 2022;

/// The year of the dual score.
#[derive(Debug)]
pub(super) struct Dual {
    /// Compounds with a point schedule, and all versions of these.
    schedules: (usize, usize),
    /// Grades from the top: id, title, how many.
    grades: Vec<(String, String, usize)>,
    excluded: usize,
    /// How many are incomplete because of which part: its id and title.
    incomplete: Vec<(&'static str, String, usize)>,
    /// Who moved to another compound in the year.
    moved: BTreeSet<String>,
    /// Who was late to check in on a day of the year, or never came.
    late: BTreeSet<String>,
    /// Cases of negative conduct: put right in time, and established.
    conduct: (usize, usize),
    /// Eligible for honours, and barred from them.
    honours: (usize, usize),
}

impl Dual {
    /// Gathers it from the published results and from what the service says of members.
    pub(super) async fn gather(
        client: &Client,
        sample: &Sample,
        done: &Done,
    ) -> Result<Self, CallError> {
        let ids: BTreeSet<&str> = done.results.iter().map(id_of).collect();
        let late = client.late_check_ins(DUAL, YEAR).await?;
        let cases = client.conduct().await?;
        let standing = |of| cases.iter().filter(|it| it.standing() == of).count();
        let honours = |of| done.results.iter().filter(|it| it.honours() == of).count();
        let status = |of| done.results.iter().filter(move |it| it.status() == of);
        let incomplete = PARTS.map(|part| {
            let lacks = |it: &&v1::Result| {
                let mut missing = it.reasons.iter().filter(|it| it.code == "missing");
                missing.any(|it| it.params.get("node").is_some_and(|it| it == part))
            };
            let node = done.scheme.nodes.iter().find(|it| it.id == part);
            let title = node.map_or_else(String::new, |it| it.title.clone());
            (part, title, status(v1::ResultStatus::Incomplete).filter(lacks).count())
        });
        let first = sample.schedules.iter().filter(|it| it.version == 1).count();
        Ok(Self {
            schedules: (first, sample.schedules.len()),
            grades: grades(done),
            excluded: status(v1::ResultStatus::Excluded).count(),
            incomplete: incomplete.into(),
            moved: moved(sample).into_iter().filter(|it| ids.contains(it.as_str())).collect(),
            late: late.into_iter().map(|it| it.member_id).collect(),
            conduct: (
                standing(v1::ConductStanding::PutRight),
                standing(v1::ConductStanding::Established),
            ),
            honours: (honours(v1::Honours::Eligible), honours(v1::Honours::Barred)),
        })
    }

    /// Whose result is worth an explanation: the first who moved, came late to the new branch, and
    /// has a score; else the first who moved and has one.
    pub(super) fn worth_explaining<'d>(&self, done: &'d Done) -> Option<&'d v1::Result> {
        let scored = || {
            let scored = done.results.iter().filter(|it| it.score.is_some());
            scored.filter(|it| self.moved.contains(id_of(it)))
        };
        scored().find(|it| self.late.contains(id_of(it))).or_else(|| scored().next())
    }

    /// What is counted, in words, and how many.
    fn rows(&self) -> Vec<(String, usize)> {
        let grades = self.grades.iter().map(|(id, title, count)| (format!("{title} {id}"), *count));
        let lacking = self.incomplete.iter();
        let lacking =
            lacking.map(|(id, title, it)| (format!("incomplete: no {title} ({id})"), *it));
        let mut rows: Vec<(String, usize)> = grades.collect();
        rows.push(("excluded 不参评".to_owned(), self.excluded));
        rows.extend(lacking);
        let (put_right, established) = self.conduct;
        let (eligible, barred) = self.honours;
        let others = [
            ("moved to another compound in the year 年内迁居", self.moved.len()),
            ("late to check in, or never came 逾期或未报到", self.late.len()),
            ("negative conduct put right in time 按期整改", put_right),
            ("negative conduct not put right in time 逾期未整改", established),
            ("barred from the year's honours 取消评先评优资格", barred),
            ("eligible for the year's honours 有评先评优资格", eligible),
        ];
        rows.extend(others.map(|(words, count)| (words.to_owned(), count)));
        rows
    }

    /// Prints it.
    pub(super) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let mut table = table(&["dual score 双积分", "members 党员"]);
        for (words, count) in self.rows() {
            table.add_row([Cell::new(words), right(count)]);
        }
        writeln!(out, "\nThe dual score of members in service (M1 to M8)\n{table}")
    }

    /// The same for machines.
    pub(super) fn json(&self) -> Value {
        let grades: Map<String, Value> =
            self.grades.iter().map(|(id, _, count)| (id.clone(), (*count).into())).collect();
        let incomplete: BTreeMap<&str, usize> =
            self.incomplete.iter().map(|(id, _, count)| (*id, *count)).collect();
        json!({
            "schedules": {"compounds": self.schedules.0, "versions": self.schedules.1},
            "grades": grades,
            "excluded": self.excluded,
            "incomplete": incomplete,
            "moved": self.moved.len(),
            "late_check_ins": self.late.len(),
            "conduct": {"put_right": self.conduct.0, "established": self.conduct.1},
            "honours": {"eligible": self.honours.0, "barred": self.honours.1},
        })
    }
}

/// Members for whom the registry tells of another compound from some day of the year on.
fn moved(sample: &Sample) -> BTreeSet<String> {
    let mut lives: BTreeMap<&str, &str> = BTreeMap::new();
    let mut moved = BTreeSet::new();
    for record in sample.records.iter().filter(|it| it.kind == RecordKind::Member) {
        let Detail::Member { compound_id, .. } = &record.detail else { continue };
        let before = lives.insert(&record.id, compound_id);
        let within = record.effective_from.year == i64::from(YEAR);
        if within && before.is_some_and(|it| it != compound_id) {
            moved.insert(record.id.clone());
        }
    }
    moved
}
