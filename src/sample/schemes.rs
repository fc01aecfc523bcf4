//! The county's documents that the sample is evaluated by, carried in the binary.

use super::{HALF, SubjectKind, YEAR};

/// A scheme document of the county, and what it is run over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Document {
    /// The scheme's id.
    pub id: &'static str,
    /// The document.
    pub text: &'static str,
    /// What it is about.
    pub subject: SubjectKind,
    /// The period of the sample.
    pub period: &'static str,
}

/// The five, in an order in which every published result that one draws on is there before.
pub const SCHEMES: [Document; 5] = [
    Document {
        id: "xinping.red-flag-compound",
        text: include_str!("../../schemes/xinping/red-flag-compound.yaml"),
        subject: SubjectKind::Compound,
        period: YEAR,
    },
    Document {
        id: "xinping.member-dual-score",
        text: include_str!("../../schemes/xinping/member-dual-score.yaml"),
        subject: SubjectKind::Member,
        period: YEAR,
    },
    Document {
        id: "xinping.secretary-appraisal",
        text: include_str!("../../schemes/xinping/secretary-appraisal.yaml"),
        subject: SubjectKind::Post,
        period: YEAR,
    },
    Document {
        id: "xinping.community-secretary-appraisal",
        text: include_str!("../../schemes/xinping/community-secretary-appraisal.yaml"),
        subject: SubjectKind::Post,
        period: YEAR,
    },
    Document {
        id: "xuancheng.property-rating",
        text: include_str!("../../schemes/xuancheng/property-rating.yaml"),
        subject: SubjectKind::Project,
        period: HALF,
    },
];

/// The companies of the projects, from the published ratings of their projects (P6). No line of
/// facts of its own stands behind it.
pub const COMPANIES: Document = Document {
    id: "xuancheng.company-rating",
    text: include_str!("../../schemes/xuancheng/company-rating.yaml"),
    subject: SubjectKind::Company,
    period: HALF,
};

/// The county's selection document (F1 to F12), by which red-flag compounds are chosen.
pub const SELECTION: (&str, &str) =
    ("xinping.red-flag-selection", include_str!("../../selections/xinping/red-flag.yaml"));
