//! Where a member belonged on which days, as its records say: the stays, units and service of a line.

use serde::Serialize;

use super::{
    build::day_before,
    model::{Date, Detail, MemberStatus, Record},
};

/// In a compound on some days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Stay {
    compound: String,
    #[serde(flatten)]
    days: Days,
}

/// Of a unit on some days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Unit {
    unit: String,
    #[serde(flatten)]
    days: Days,
}

/// From a day to another, both included, or for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Days {
    pub(super) from: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) until: Option<String>,
}

/// A member's days.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(super) struct Membership {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stays: Vec<Stay>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    units: Vec<Unit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_service: Option<Vec<Days>>,
}

impl Membership {
    /// By a member's versions in the order of their first days, each until the next begins.
    pub(super) fn of(versions: &[&Record]) -> Self {
        let compound = |it: &Record| Some(member(it)?.0.clone());
        let unit = |it: &Record| Some(member(it)?.1.clone());
        let served = |it: &Record| {
            let status = member(it)?.2;
            (status == MemberStatus::InService).then(|| status.name().to_owned())
        };
        let stays = spans(versions, compound);
        let units = spans(versions, unit);
        Self {
            stays: stays.into_iter().map(|(compound, days)| Stay { compound, days }).collect(),
            units: units.into_iter().map(|(unit, days)| Unit { unit, days }).collect(),
            in_service: Some(spans(versions, served).into_iter().map(|it| it.1).collect()),
        }
    }
}

/// A member's compound, unit and status.
pub(super) fn member(record: &Record) -> Option<(&String, &String, MemberStatus)> {
    match &record.detail {
        Detail::Member { compound_id, unit_branch_id, status, .. } => {
            Some((compound_id, unit_branch_id, *status))
        }
        Detail::OrgUnit { .. }
        | Detail::Branch { .. }
        | Detail::Post { .. }
        | Detail::Company {}
        | Detail::Project { .. } => None,
    }
}

/// The runs of versions that say the same; those that say nothing are left out.
pub(super) fn spans(
    versions: &[&Record],
    says: impl Fn(&Record) -> Option<String>,
) -> Vec<(String, Days)> {
    let mut runs: Vec<(Option<String>, Date, Option<Date>)> = Vec::new();
    for version in versions {
        let (word, from) = (says(version).filter(|it| !it.is_empty()), version.effective_from);
        match runs.last_mut() {
            Some(last) if last.0 == word => (),
            last => {
                if let Some(last) = last {
                    last.2 = Some(day_before(from));
                }
                runs.push((word, from, None));
            }
        }
    }
    let known = runs.into_iter().filter_map(|(word, from, until)| {
        let until = until.map(|it| it.to_string());
        Some((word?, Days { from: from.to_string(), until }))
    });
    known.collect()
}
