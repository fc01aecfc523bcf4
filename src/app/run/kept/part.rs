//! A result of another that a result took, as it is kept (P6).

use serde::{Deserialize, Serialize};

use super::{Unreadable, broken};
use crate::domain::{
    engine::{Part, PartWhy},
    exact::{Decimal, Exact},
    time::{Day, Period},
};

/// A part as it is kept; what it does not have is left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct KeptPart {
    node: String,
    subject: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<String>,
    out_of: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    figure: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grade: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vetoes: Vec<String>,
    why: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    taken_over: Option<String>,
}

/// All parts of a result.
pub(crate) fn parts(parts: &[Part]) -> Vec<KeptPart> {
    parts.iter().map(KeptPart::of).collect()
}

impl KeptPart {
    fn of(part: &Part) -> Self {
        let number = |it: &Option<Decimal>| it.map(|it| it.to_string());
        Self {
            node: part.node.clone(),
            subject: part.subject.clone(),
            period: part.period.map(|it| it.to_string()),
            score: number(&part.score),
            counts: number(&part.counts),
            out_of: part.out_of.to_string(),
            figure: number(&part.figure),
            weight: part.weight.as_ref().map(ToString::to_string),
            grade: part.grade.clone(),
            vetoes: part.vetoes.clone(),
            why: part.why.name().to_owned(),
            taken_over: part.taken_over.map(|it| it.to_string()),
        }
    }

    pub(super) fn part(self) -> Result<Part, Unreadable> {
        let bad = || broken("part");
        let number =
            |it: Option<String>| it.map(|it| Decimal::parse(&it).map_err(|_| bad())).transpose();
        let weight = |it: String| Exact::from_parts_text(&it).ok_or_else(bad);
        Ok(Part {
            node: self.node,
            subject: self.subject,
            period: self.period.map(|it| Period::parse(&it).map_err(|_| bad())).transpose()?,
            score: number(self.score)?,
            counts: number(self.counts)?,
            out_of: Decimal::parse(&self.out_of).map_err(|_| bad())?,
            figure: number(self.figure)?,
            weight: self.weight.map(weight).transpose()?,
            grade: self.grade,
            vetoes: self.vetoes,
            why: PartWhy::named(&self.why).ok_or_else(bad)?,
            taken_over: self.taken_over.map(|it| Day::parse(&it).map_err(|_| bad())).transpose()?,
        })
    }
}
