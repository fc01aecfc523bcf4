//! A reason as it is kept.

use serde::{Deserialize, Serialize};

use super::{Unreadable, broken};
use crate::domain::{
    engine::Reason,
    facts::{HolderVeto, StateKind, VetoRecord},
    time::Day,
};

/// A reason as it is kept: its code, and the parameters that the code has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptReason {
    code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    because: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    item: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    records: Vec<KeptVeto>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    grade: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    facts: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct KeptVeto {
    item: String,
    by: Option<String>,
    from: String,
    until: Option<String>,
    /// Where it is about the member who holds the post: who, and the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    member: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fact: Option<String>,
}

impl KeptReason {
    pub(super) fn of(reason: &Reason) -> Self {
        let mut kept = Self {
            code: reason.code().to_owned(),
            node: None,
            state: None,
            because: None,
            item: None,
            records: Vec::new(),
            grade: None,
            group: None,
            facts: Vec::new(),
        };
        match reason {
            Reason::Missing { node, state, reason } => {
                kept.node = Some(node.clone());
                kept.state = state.map(|it| it.name().to_owned());
                kept.because.clone_from(reason);
            }
            Reason::Veto { item, records } => {
                kept.item = Some(item.clone());
                kept.records = records.iter().map(KeptVeto::of).collect();
            }
            Reason::TieOpen { grade, group } => {
                kept.grade = Some(grade.clone());
                kept.group = Some(group.clone());
            }
            Reason::SeatsExhausted { grade } => kept.grade = Some(grade.clone()),
            Reason::HonoursBarred { facts } => kept.facts.clone_from(facts),
        }
        kept
    }

    pub(super) fn reason(self) -> Result<Reason, Unreadable> {
        let bad = || broken("reason");
        match self.code.as_str() {
            "missing" => {
                let named = |name: String| StateKind::ALL.into_iter().find(|it| it.name() == name);
                let state = self.state.map(|it| named(it).ok_or_else(bad)).transpose()?;
                let node = self.node.ok_or_else(bad)?;
                Ok(Reason::Missing { node, state, reason: self.because })
            }
            "veto" => {
                let records = self.records.into_iter().map(KeptVeto::record);
                let records = records.collect::<Option<_>>().ok_or_else(bad)?;
                Ok(Reason::Veto { item: self.item.ok_or_else(bad)?, records })
            }
            "tie_open" => {
                let grade = self.grade.ok_or_else(bad)?;
                Ok(Reason::TieOpen { grade, group: self.group.ok_or_else(bad)? })
            }
            "seats_exhausted" => Ok(Reason::SeatsExhausted { grade: self.grade.ok_or_else(bad)? }),
            "honours_barred" => Ok(Reason::HonoursBarred { facts: self.facts }),
            _ => Err(bad()),
        }
    }
}

impl KeptVeto {
    fn of(record: &VetoRecord) -> Self {
        Self {
            item: record.item.clone(),
            by: record.by.clone(),
            from: record.from.to_string(),
            until: record.until.map(|it| it.to_string()),
            member: record.of_holder.as_ref().map(|it| it.member.clone()),
            fact: record.of_holder.as_ref().map(|it| it.fact.clone()),
        }
    }

    fn record(self) -> Option<VetoRecord> {
        let until = match self.until {
            None => None,
            Some(day) => Some(Day::parse(&day).ok()?),
        };
        let from = Day::parse(&self.from).ok()?;
        let of_holder = self.member.zip(self.fact);
        let of_holder = of_holder.map(|(member, fact)| HolderVeto { member, fact });
        let (item, by, steps) = (self.item, self.by, Vec::new());
        Some(VetoRecord { item, by, from, until, steps, of_holder })
    }
}
