//! The words by which records say what they are: forms of branches, standings of members.

use serde::{Deserialize, Serialize};

/// The form of a branch (I1, I2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BranchForm {
    /// Compound branch (小区党支部).
    CompoundBranch,
    /// Party group (党小组), which may lie below another branch.
    PartyGroup,
    /// Joint branch (联合党支部).
    JointBranch,
    /// Unit branch (单位党支部).
    UnitBranch,
    /// General branch (党总支).
    GeneralBranch,
    /// Party committee (党委).
    PartyCommittee,
}

/// The standing of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberStatus {
    /// In-service (在职).
    InService,
    /// Retired (离退休).
    Retired,
    /// Floating (流动党员).
    Floating,
}

impl MemberStatus {
    /// The value of attribute `status`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::InService => "in_service",
            Self::Retired => "retired",
            Self::Floating => "floating",
        }
    }
}

/// Whether a member's probation is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Formality {
    /// Formal (正式党员): counts for forming branches and groups (I1, I3).
    Formal,
    /// Probationary (预备党员).
    Probationary,
}

impl Formality {
    /// The value of attribute `formality`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Formal => "formal",
            Self::Probationary => "probationary",
        }
    }
}
