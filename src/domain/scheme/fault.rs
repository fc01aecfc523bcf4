//! Where a scheme is wrong, and what would be right.

use std::fmt;

/// A place in the document's text, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    /// The line.
    pub line: u32,
    /// The column, in characters.
    pub column: u32,
}

/// Whether a finding stops the scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The scheme is refused.
    Fault,
    /// The scheme is taken, but a person should look.
    Warning,
}

/// One finding about a scheme document. All of them are told at once, never only the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemeFault {
    /// Whether it stops the scheme.
    pub severity: Severity,
    /// A stable code, such as `WEIGHTS_SUM`.
    pub code: &'static str,
    /// Where.
    pub place: Place,
    /// The path of the node or key, such as `score/compound/volunteering` or `grades[1].at_least`.
    pub path: String,
    /// What is wrong, in English.
    pub wrong: String,
    /// What is wrong, in Chinese.
    pub wrong_zh: String,
    /// What would be right, in English.
    pub right: String,
}

impl fmt::Display for SchemeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, path, code, wrong, right, wrong_zh, .. } = self;
        let severity = match self.severity {
            Severity::Fault => "fault",
            Severity::Warning => "warning",
        };
        write!(f, "{}:{}: {severity} {code} at {path}: {wrong}", place.line, place.column)?;
        if !right.is_empty() {
            write!(f, "; {right}")?;
        }
        if !wrong_zh.is_empty() {
            write!(f, " ({wrong_zh})")?;
        }
        Ok(())
    }
}
