//! Selections of compounds (红旗小区评选, F1 to F12): opened over a frozen roster, carried step by step,
//! shown to the public, confirmed. Everything that happens is an event; the state is read from them.

mod act;
mod effect;
mod kept;
mod merit;
mod open;
mod organise;
mod read;
mod report;
mod text;
mod tie;
mod view;

pub use act::{Step, StepOf, Turn};
pub(super) use effect::{all as all_selections, events as events_effect, opening};
pub(super) use kept::names as event_names;
pub use open::OpenSelection;
pub use organise::{Abandon, Act, Extend, PostList};
pub use read::Selected;
pub(super) use read::selected_at;
pub use report::{AnswerReport, FileReport, ReportView};
pub use text::{ListFormat, ListText};
pub use tie::{Among, DecideTie};
pub use view::{CandidateView, StepView};

use std::collections::{BTreeMap, BTreeSet};

use super::{
    AppError, Refusal, Violation,
    access::{FieldGroup, Node, Permit, Placed},
    registry::RecordKind,
};
use crate::domain::selection::{Obstacle, RosterBranch};

/// How many rows are read at once.
const PAGE: i64 = 1_000;
/// The most things in the way that an error names.
const NAMED_MAX: usize = 100;

/// What a caller reaches of a selection: the candidates that it sees, and the units over which
/// itself, and not over one above, it holds the permission.
#[derive(Debug, Clone)]
pub struct Reach {
    permit: Permit,
    units: BTreeSet<Node>,
    county: Node,
}

impl Reach {
    /// By a permit in a county.
    pub fn of(permit: Permit, county: &str) -> Self {
        let units = permit.units().cloned().collect();
        Self { permit, units, county: Node::new(RecordKind::County, county) }
    }

    /// Whether it sees a branch of a roster with its candidacy.
    pub fn sees(&self, branch: &RosterBranch) -> bool {
        self.permit.covers(&placed(branch))
    }

    /// Whether it sees what branches are paid.
    pub fn sees_money(&self) -> bool {
        self.permit.shows_all(RecordKind::Branch, FieldGroup::Money)
    }

    /// Whether it is told that a branch is on no roster.
    fn sees_all(&self) -> bool {
        self.permit.whole_kind(RecordKind::Compound)
    }

    /// Whether it speaks for a step's word about a branch: of a unit exactly that one, of any other
    /// word the county.
    fn speaks_for(&self, word: &str, branch: &RosterBranch) -> bool {
        let unit = match word {
            "compound" => Node::new(RecordKind::Compound, &branch.compound),
            "community" => Node::new(RecordKind::Community, &branch.community),
            "street" => Node::new(RecordKind::Street, &branch.street),
            _ => self.county.clone(),
        };
        self.units.contains(&unit) && self.sees(branch)
    }

    /// Whether itself holds a street, or the county.
    pub fn holds(&self, street: Option<&str>) -> bool {
        let unit = match street {
            Some(id) => Node::new(RecordKind::Street, id),
            None => self.county.clone(),
        };
        self.units.contains(&unit)
    }
}

/// Where a branch lies for its selection.
fn placed(branch: &RosterBranch) -> Placed {
    let groups =
        [("community", &branch.community), ("street", &branch.street), ("branch", &branch.branch)];
    let groups: BTreeMap<String, String> =
        groups.into_iter().map(|(word, id)| (word.to_owned(), id.clone())).collect();
    Placed::by_groups(RecordKind::Compound, &branch.compound, &groups)
}

/// The refusal of a step with everything in the way: about branches, or about the selection (empty).
fn refusal(found: &[(String, Obstacle)]) -> Refusal {
    let Some((branch, first)) = found.first() else {
        return Refusal::new("SELECTION_CLOSED", "the step cannot be taken", "不能办理此步骤");
    };
    let about = |en: bool| match (branch.as_str(), en) {
        ("", _) => String::new(),
        (branch, true) => format!("`{branch}`: "),
        (branch, false) => format!("{branch}："),
    };
    let rest = found.len().saturating_sub(1);
    let (more, zh_more) = match rest {
        0 => (String::new(), String::new()),
        rest => (format!("; {rest} more"), format!("；另有 {rest} 项")),
    };
    let en = format!("{}{}{more}", about(true), first.en());
    let zh = format!("{}{}{zh_more}", about(false), first.zh());
    let named = found.iter().take(NAMED_MAX).map(|(branch, it)| Violation {
        reason: it.code(),
        subject: branch.clone(),
        en: it.brief(),
    });
    let mut refusal = Refusal::new(first.code(), en, zh).with("rule", first.rule());
    match first {
        Obstacle::QuotaExceeded { street, seats, taken, asked } => {
            let of = street.as_ref().map_or("county".to_owned(), |it| format!("street/{it}"));
            refusal = refusal.with("of", of).with("seats", seats.to_string());
            refusal = refusal.with("taken", taken.to_string()).with("asked", asked.to_string());
        }
        Obstacle::DeadlinePassed(step, until) => {
            refusal = refusal.with("step", step.name()).with("until", until.to_string());
        }
        Obstacle::StepOutOfOrder(stage, action) => {
            refusal = refusal.with("stage", stage.word()).with("action", action.word());
        }
        Obstacle::NoticeRunning(day) => refusal = refusal.with("ends_on", day.to_string()),
        Obstacle::TieOpen(others) => refusal = refusal.with("equal_to", others.join(",")),
        Obstacle::PassedOverUnexplained(others) => {
            refusal = refusal.with("passed_over", others.join(","));
        }
        Obstacle::Vetoed(items) => refusal = refusal.with("vetoes", items.join(",")),
        Obstacle::Closed(phase) => refusal = refusal.with("phase", phase.word()),
        Obstacle::FormMissing(form, _) => refusal = refusal.with("form", form.clone()),
        Obstacle::NoRefill
        | Obstacle::NotOnRoster
        | Obstacle::NotApplied
        | Obstacle::CompoundApplied(_)
        | Obstacle::RankingMissing
        | Obstacle::CriteriaNotMet(..)
        | Obstacle::SameHands(_)
        | Obstacle::CandidatesPending(_)
        | Obstacle::NobodyApproved
        | Obstacle::NoticeMissing
        | Obstacle::ReportOpen(_) => (),
    }
    refusal.naming(named.collect())
}

/// The refusal of a step, as an error.
fn refused(found: &[(String, Obstacle)]) -> AppError {
    AppError::Refused(refusal(found))
}
