//! The records and facts of a sample, with the names of the protos, as readable JSON.

use std::{
    collections::BTreeMap,
    fmt::{self, Display, Formatter},
};

use serde::{Serialize, Serializer};

use crate::domain::exact::Decimal;

pub(super) fn shown<S: Serializer>(value: &impl Display, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(value)
}

#[expect(clippy::ref_option, reason = "serde hands fields over so")]
fn shown_if<S: Serializer>(value: &Option<impl Display>, to: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => to.collect_str(value),
        None => to.serialize_none(),
    }
}

/// A civil day; the generator makes only days that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// The year.
    pub year: i64,
    /// The month, 1 to 12.
    pub month: i64,
    /// The day of the month, 1 to 28 where it is drawn.
    pub day: i64,
}

impl Display for Date {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { year, month, day } = self;
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// What a record of the registry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// The county.
    County,
    /// A street or town.
    Street,
    /// A community.
    Community,
    /// A compound.
    Compound,
    /// A building.
    Building,
    /// A party branch.
    Branch,
    /// A party member.
    Member,
    /// A post.
    Post,
    /// A property company.
    Company,
    /// A property project.
    Project,
}

/// One record by kind and id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordRef {
    /// Its kind.
    pub kind: RecordKind,
    /// Its id.
    pub id: String,
}

/// The form of a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BranchForm {
    /// Of one compound.
    CompoundBranch,
    /// Of a building.
    PartyGroup,
    /// At an employer.
    UnitBranch,
    /// A community's general branch.
    GeneralBranch,
    /// A community's party committee.
    PartyCommittee,
}

/// The standing of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberStatus {
    /// In service.
    InService,
    /// Retired.
    Retired,
    /// Floating.
    Floating,
}

impl MemberStatus {
    /// The word that the attribute `status` has.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InService => "in_service",
            Self::Retired => "retired",
            Self::Floating => "floating",
        }
    }
}

/// Whether a member's probation is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberFormality {
    /// It is.
    Formal,
    /// It is not.
    Probationary,
}

impl MemberFormality {
    /// The word that the attribute `formality` has.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Formal => "formal",
            Self::Probationary => "probationary",
        }
    }
}

/// What only one kind of record has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// Of a county, street, community or compound.
    OrgUnit {
        /// Households, where counted.
        #[serde(skip_serializing_if = "Option::is_none")]
        households: Option<i64>,
    },
    /// Of a branch.
    Branch {
        /// Its form.
        form: BranchForm,
        /// The unit to which it belongs.
        anchor: RecordRef,
    },
    /// Of a member.
    Member {
        /// In-service, retired or floating.
        status: MemberStatus,
        /// The branch at the employer; empty: none.
        unit_branch_id: String,
        /// The compound of residence.
        compound_id: String,
        /// Whether the organisation relation lies in the community.
        directly_managed: bool,
        /// Whether the probation is over.
        formality: MemberFormality,
        /// The building of residence.
        building_id: String,
    },
    /// Of a post.
    Post {
        /// Who holds it.
        person_id: String,
        /// Which post.
        title: String,
        /// Where it is held.
        unit: RecordRef,
    },
    /// Of a company.
    Company {},
    /// Of a project.
    Project {
        /// The company.
        company_id: String,
        /// The compound.
        compound_id: String,
        /// The class within which projects are compared.
        project_class: String,
        /// Households served.
        households: i64,
    },
}

/// One version of one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Record {
    /// What it is.
    pub kind: RecordKind,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it lies in, where the detail does not say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<RecordRef>,
    /// The first day on which this version holds.
    #[serde(serialize_with = "shown")]
    pub effective_from: Date,
    /// Attributes that predicates read.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// What only this kind has.
    #[serde(flatten)]
    pub detail: Detail,
}

/// What an evaluation can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// A member.
    Member,
    /// A project.
    Project,
    /// A company.
    Company,
    /// A post.
    Post,
    /// A compound.
    Compound,
}

/// One subject.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Subject {
    /// Its kind.
    pub kind: SubjectKind,
    /// Its id.
    pub id: String,
}

/// What is known. The fields are those of `fact.proto`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each field is documented in fact.proto, under the same name")]
pub enum Body {
    /// A point entry.
    Entry {
        item: &'static str,
        #[serde(serialize_with = "shown")]
        on: Date,
        #[serde(skip_serializing_if = "Option::is_none", serialize_with = "shown_if")]
        times: Option<Decimal>,
        #[serde(skip_serializing_if = "Option::is_none", serialize_with = "shown_if")]
        points: Option<Decimal>,
    },
    /// An assessment sheet; `at` is written as RFC 3339.
    Sheet {
        item: &'static str,
        role: &'static str,
        assessor: String,
        at: String,
        #[serde(serialize_with = "shown")]
        points: Decimal,
        period: &'static str,
    },
    /// A ballot.
    Ballot { ballot: &'static str, period: &'static str, counts: BTreeMap<&'static str, i64> },
    /// Answers to a survey through one channel.
    Survey {
        survey: &'static str,
        channel: &'static str,
        period: &'static str,
        answered: i64,
        satisfied: i64,
    },
    /// A figure.
    Metric {
        name: &'static str,
        period: &'static str,
        #[serde(serialize_with = "shown")]
        value: Decimal,
    },
    /// A score that a unit's branch reports; `reported_at` is written as RFC 3339.
    Imported {
        source: &'static str,
        period: &'static str,
        #[serde(serialize_with = "shown")]
        raw: Decimal,
        #[serde(serialize_with = "shown")]
        full: Decimal,
        bonus: bool,
        unit_branch_id: String,
        reported_at: String,
    },
    /// A veto.
    Veto {
        item: &'static str,
        raised_by: &'static str,
        #[serde(serialize_with = "shown")]
        effective_from: Date,
        #[serde(skip_serializing_if = "Option::is_none", serialize_with = "shown_if")]
        effective_until: Option<Date>,
    },
    /// A finding.
    Finding {
        finding: &'static str,
        #[serde(serialize_with = "shown")]
        effective_from: Date,
        #[serde(skip_serializing_if = "Option::is_none", serialize_with = "shown_if")]
        effective_until: Option<Date>,
    },
    /// A state of a node: `not_submitted`, `not_applicable` or `excused`.
    NodeState { node: &'static str, state: State, reason: &'static str, period: &'static str },
    /// A check-in.
    CheckIn {
        compound_id: String,
        #[serde(serialize_with = "shown")]
        on: Date,
    },
    /// A case of negative conduct.
    Conduct {
        case_id: String,
        what: &'static str,
        #[serde(serialize_with = "shown")]
        on: Date,
        #[serde(skip_serializing_if = "Option::is_none", serialize_with = "shown_if")]
        put_right_by: Option<Date>,
        text: &'static str,
    },
    /// What became of one.
    ConductStep {
        case_id: String,
        step: Step,
        #[serde(serialize_with = "shown")]
        on: Date,
    },
}

/// What became of a case of negative conduct.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// It was put right.
    PutRight,
    /// It was looked at and found not put right.
    NotPutRight,
    /// It was made public.
    Exposed,
    /// It was reported to the member's unit.
    Reported,
}

/// Why a node has nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Handed in by nobody.
    NotSubmitted,
    /// Does not concern this subject.
    NotApplicable,
    /// Forgiven.
    Excused,
}

impl State {
    /// The word of facts files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotSubmitted => "not_submitted",
            Self::NotApplicable => "not_applicable",
            Self::Excused => "excused",
        }
    }
}

/// One fact about one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// Whom it is about.
    pub subject: Subject,
    /// What is known.
    #[serde(flatten)]
    pub body: Body,
    /// The system it comes from; empty: entered here.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub source: &'static str,
    /// Its id in that system; empty: none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source_record: String,
    /// Who recorded it.
    pub recorded_by: String,
    /// Why it is reversed after it was recorded; none: it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reversed_because: Option<&'static str>,
}
