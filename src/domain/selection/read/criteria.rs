//! What a document asks of the scheme that it judges candidates by (F10).

use crate::domain::{
    scheme::{Place, Scheme, SchemeFault, Severity, SubjectKind},
    selection::{Criteria, SelectionDocument},
    time::PeriodKind,
};

/// The groups in which candidates have places: a street recommends by one (F4), the county decides by
/// the other (F5).
const GROUPS: [&str; 2] = ["street", "county"];

/// Why a scheme cannot be what a document judges candidates by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unfit {
    /// The county has published no scheme of that id.
    Unknown,
    /// No version of it is in force on the document's first day.
    NotInForce,
    /// Its subjects are no compounds.
    Subject,
    /// It does not evaluate by the year, as a selection goes.
    Period,
    /// It does not rank within `street` and `county`.
    Ranking,
    /// It has no grade of that id.
    Grade,
    /// Its veto list has no item of that id.
    Bar,
}

impl Unfit {
    /// The stable reason.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Unknown => "CRITERIA_SCHEME_UNKNOWN",
            Self::NotInForce => "CRITERIA_SCHEME_NOT_IN_FORCE",
            Self::Subject => "CRITERIA_NOT_OF_COMPOUNDS",
            Self::Period => "CRITERIA_NOT_OF_YEARS",
            Self::Ranking => "CRITERIA_NOT_RANKED",
            Self::Grade => "CRITERIA_GRADE_UNKNOWN",
            Self::Bar => "CRITERIA_BAR_UNKNOWN",
        }
    }

    /// What is wrong, in English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::Unknown => "the county has published no such scheme",
            Self::NotInForce => "no version of the scheme is in force on the document's first day",
            Self::Subject => "the scheme evaluates no compounds",
            Self::Period => "the scheme does not evaluate by the year",
            Self::Ranking => "the scheme does not rank within `street` and `county`",
            Self::Grade => "the scheme has no such grade",
            Self::Bar => "the scheme's veto list has no such item",
        }
    }

    /// What is wrong, in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Unknown => "本县尚未发布该评分办法",
            Self::NotInForce => "评选办法生效之日没有有效的评分办法",
            Self::Subject => "该评分办法的评价对象不是小区",
            Self::Period => "该评分办法不按年度评价",
            Self::Ranking => "该评分办法未在街道和县范围内排名",
            Self::Grade => "该评分办法没有这一等次",
            Self::Bar => "该评分办法的一票否决清单没有这一项",
        }
    }

    /// What would be right, in English.
    pub const fn right(self) -> &'static str {
        match self {
            Self::Unknown => "a scheme that is published before this document",
            Self::NotInForce => "a scheme in force from the document's first day on",
            Self::Subject => "a scheme with `subject: compound`",
            Self::Period => "a scheme with `period: year`",
            Self::Ranking => "a scheme with `ranking: {within: [street, county], …}`",
            Self::Grade => "the id of one of the scheme's `grades`",
            Self::Bar => "the id of one of the scheme's `vetoes`",
        }
    }
}

/// One thing that a scheme lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfitCriteria {
    /// What it is.
    pub what: Unfit,
    /// The key of `criteria` that asks for it.
    pub key: &'static str,
    /// Where in that key's list; none where it is no list.
    pub index: Option<usize>,
    /// The id that the document names there.
    pub id: String,
}

impl UnfitCriteria {
    /// The scheme as a whole.
    pub fn of_scheme(what: Unfit, document: &SelectionDocument) -> Self {
        Self { what, key: "scheme", index: None, id: document.criteria.scheme.clone() }
    }

    /// Where the document asks for it, such as `criteria.bars[1]`.
    pub fn path(&self) -> String {
        let index = self.index.map_or_else(String::new, |it| format!("[{it}]"));
        format!("criteria.{}{index}", self.key)
    }

    /// The same as a fault of the document's text, where that place is.
    pub(super) fn fault(&self, place: Place) -> SchemeFault {
        let Self { what, id, .. } = self;
        SchemeFault {
            severity: Severity::Fault,
            code: what.reason(),
            place,
            path: self.path(),
            wrong: format!("`{id}`: {}", what.en()),
            wrong_zh: format!("`{id}`：{}", what.zh()),
            right: what.right().to_owned(),
        }
    }
}

/// Everything that a scheme lacks of what a document asks, in the document's order.
pub fn unfit(document: &SelectionDocument, scheme: &Scheme) -> Vec<UnfitCriteria> {
    let Criteria { grade, bars, .. } = &document.criteria;
    let within = scheme.ranking.as_ref().map_or(&[][..], |it| &it.within);
    let ranked = GROUPS.iter().all(|group| within.iter().any(|it| it == group));
    let whole = [
        (scheme.subject != SubjectKind::Compound, Unfit::Subject),
        (scheme.period != PeriodKind::Year, Unfit::Period),
        (!ranked, Unfit::Ranking),
    ];
    let whole = whole.into_iter().filter(|it| it.0);
    let mut found: Vec<_> = whole.map(|it| UnfitCriteria::of_scheme(it.1, document)).collect();
    let no_grade = |id: &&String| scheme.grades.iter().all(|it| it.id != **id);
    found.extend(grade.iter().filter(no_grade).map(|id| UnfitCriteria {
        what: Unfit::Grade,
        key: "grade",
        index: None,
        id: id.clone(),
    }));
    for (index, id) in bars.iter().enumerate() {
        if scheme.vetoes.iter().all(|it| it.id != *id) {
            let (what, index) = (Unfit::Bar, Some(index));
            found.push(UnfitCriteria { what, key: "bars", index, id: id.clone() });
        }
    }
    found
}
