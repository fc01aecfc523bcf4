//! What a node comes to.

use crate::domain::exact::{Exact, ExactError};

/// What a node comes to for one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// It has this exact value.
    Known(Exact),
    /// It is missing, and its parent with it unless that says otherwise.
    Incomplete,
    /// It is left out: of the parent's arithmetic, and of everything that asks about it.
    LeftOut,
}

impl Value {
    /// The value, if there is one.
    pub const fn known(&self) -> Option<&Exact> {
        match self {
            Self::Known(value) => Some(value),
            Self::Incomplete | Self::LeftOut => None,
        }
    }
}

/// Why a subject cannot be evaluated at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The exact arithmetic passed its bound at this node.
    #[error("at `{path}` of subject `{subject}`: {why}")]
    Exact {
        /// The subject.
        subject: String,
        /// The node's path.
        path: String,
        /// What happened.
        why: ExactError,
    },
    /// The facts are refused.
    #[error("the facts are refused")]
    Refused(Vec<crate::domain::facts::FactsFault>),
}
