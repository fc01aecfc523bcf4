//! Which party organisations a compound should have and has (I1 to I3): who lives there and is
//! directly managed there, the branches and groups that serve it, its committee and its buildings,
//! all as registered on a day; and the wider committees of streets and communities (I4).

mod judge;
mod read;
mod units;

use std::collections::BTreeSet;

pub use judge::judge;
pub use read::Registered;
pub(in crate::app) use read::{formation_of, registered};
pub use units::{UnitFormation, WiderCommittee, judge_community, judge_street};

use super::registry::{BranchForm, RecordRef};
use crate::domain::time::Day;

/// A count that is certain only between two bounds, because nobody said of some what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bounds {
    /// Those who count for certain.
    pub least: usize,
    /// Those too of whom it is not said.
    pub most: usize,
}

/// A branch or party group that serves a compound or one of its buildings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Organisation {
    /// Its id.
    pub id: String,
    /// Where it lies.
    pub anchor: RecordRef,
    /// Its form, by its name in the registry.
    pub form: Form,
}

/// The forms that serve a compound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// A branch of its own.
    Own,
    /// A branch together with a neighbour.
    Joint,
    /// A party group.
    Group,
}

/// A building and who lives in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Building {
    /// Its id.
    pub id: String,
    /// Formal members who live there; at most those too of whom neither building nor formality is
    /// said.
    pub formal: Bounds,
    /// The party groups that lie there.
    pub groups: Vec<String>,
    /// How many building heads (楼栋长) there are.
    pub heads: usize,
}

/// A branch's committee (支部委员会), by the posts that are held in the compound.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Committee {
    /// Who holds any of its posts.
    pub members: BTreeSet<String>,
    /// Its secretaries (书记).
    pub secretaries: BTreeSet<String>,
    /// Their deputies (副书记).
    pub deputies: BTreeSet<String>,
}

/// What is registered of a compound on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The compound.
    pub compound: String,
    /// Its community.
    pub community: Option<String>,
    /// The form of the community's own organisation: the highest, where it has several.
    pub community_form: Option<BranchForm>,
    /// All members who live there.
    pub residents: usize,
    /// Formal members who live there.
    pub formal: Bounds,
    /// Formal members who have lived there for half a year.
    pub settled: Bounds,
    /// Directly managed members who live there.
    pub directly_managed: usize,
    /// What serves the compound, by id.
    pub organisations: Vec<Organisation>,
    /// The committee of its branch.
    pub committee: Committee,
    /// Its buildings, by id.
    pub buildings: Vec<Building>,
}

/// A rule about what a compound should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Formal members who have settled (I1).
    Settled,
    /// Directly managed members (I2).
    DirectlyManaged,
    /// The size of the committee (I3).
    CommitteeSize,
    /// Its secretary (I3).
    Secretary,
    /// The secretary's deputies (I3).
    Deputies,
    /// A building's party group or head (I3).
    Building,
    /// The part-time members of a street's wider committee (大工委, I4).
    WorkingCommittee,
    /// The size of a community's wider committee (大党委, I4).
    BigCommitteeSize,
    /// Its first secretary (I4).
    FirstSecretary,
    /// Its secretary (I4).
    BigCommitteeSecretary,
    /// The secretary's deputies (I4).
    BigCommitteeDeputies,
    /// Its members from the community's own committee (I4).
    OwnMembers,
}

/// How a compound stands by a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// The rule asks for nothing.
    NotDue,
    /// What it asks for is there.
    Met,
    /// What it advises is not there.
    Advised,
    /// What it asks for is not there.
    Lacking,
    /// What is registered does not decide it.
    Undecided,
}

/// What a rule asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// An organisation.
    Organisation(Form),
    /// A building head.
    BuildingHead,
    /// So many persons in the committee, from and to.
    Persons(usize, usize),
}

/// How a compound, or one of its buildings, stands by a rule, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// How it stands.
    pub standing: Standing,
    /// The building; nothing where it is about the compound.
    pub building: Option<String>,
    /// What is due.
    pub due: Option<Due>,
    /// What the rule counts.
    pub count: Bounds,
    /// The branches and groups that meet it, by id.
    pub met_by: Vec<String>,
    /// The sentence in English.
    pub en: String,
    /// The sentence in Chinese.
    pub zh: String,
}

/// A compound's organisations on a day, against the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formation {
    /// The day.
    pub day: Day,
    /// What is registered.
    pub known: Known,
    /// How it stands, by rule and then by building.
    pub findings: Vec<Finding>,
}

impl Formation {
    /// Whether any finding has one of these standings; any at all where none is named.
    pub fn has_any(&self, standings: &[Standing]) -> bool {
        standings.is_empty() || self.findings.iter().any(|it| standings.contains(&it.standing))
    }
}
