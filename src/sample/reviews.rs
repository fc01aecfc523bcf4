//! What the levels of an appraisal say of each post (S2), out of its sheets: the lowest level proposes
//! what it gave itself, the next adjusts it to what all sheets together come to, and the highest
//! confirms that. Of community secretaries the street proposes and the county confirms.

use std::collections::BTreeMap;

use super::{
    Sample,
    build::fine,
    model::{Body, Detail, RecordKind},
};
use crate::domain::exact::Decimal;

/// The node.
pub const ITEM: &str = "review";
/// Beyond this many ten-thousandths a level says why.
const BAND: i64 = 10_000;

/// One level's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The level.
    pub level: &'static str,
    /// The unit that speaks.
    pub unit: String,
    /// Its points, out of a hundred.
    pub points: Decimal,
    /// Why; empty within the band.
    pub reason: &'static str,
}

/// The words on one post, from the lowest level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// The post.
    pub post: String,
    /// Whether it is a community secretary's.
    pub of_community: bool,
    /// The words.
    pub words: Vec<Word>,
}

/// The levels of a post, and how much the sheets of each role count, in parts.
type Levels = (&'static [&'static str], &'static [(&'static str, i64)]);

const BRANCH: Levels = (&["community", "street", "county"], &[("community", 1), ("street", 1)]);
const COMMUNITY: Levels = (&["street", "county"], &[("street", 2), ("county", 1)]);

/// The reviews of all posts that are appraised, by post.
pub(super) fn reviews(sample: &Sample) -> Vec<Review> {
    // By post and role, the sum of the sheets' points in ten-thousandths.
    let mut sheets: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for fact in &sample.facts {
        let Body::Sheet { role, points, .. } = &fact.body else { continue };
        let sum = sheets.entry((&fact.subject.id, role)).or_default();
        *sum = sum.saturating_add(points.ten_thousandths().unwrap_or(0));
    }
    let parents: BTreeMap<(RecordKind, &str), &str> = sample
        .records
        .iter()
        .filter_map(|it| Some(((it.kind, it.id.as_str()), it.parent.as_ref()?.id.as_str())))
        .collect();
    let mut all = Vec::new();
    for record in &sample.records {
        let Detail::Post { title, unit, .. } = &record.detail else { continue };
        let of_community = match title.as_str() {
            "branch_secretary" | "committee_member" => false,
            "community_secretary" => true,
            _ => continue,
        };
        let community = if unit.kind == RecordKind::Compound {
            parents.get(&(unit.kind, unit.id.as_str())).copied()
        } else {
            Some(unit.id.as_str())
        };
        let Some(community) = community else { continue };
        let street = parents.get(&(RecordKind::Community, community)).copied().unwrap_or_default();
        let (levels, parts) = if of_community { COMMUNITY } else { BRANCH };
        let given = |role: &str| sheets.get(&(record.id.as_str(), role)).copied().unwrap_or(0);
        let (mut weighed, mut whole) = (0, 0);
        for (role, part) in parts {
            weighed += given(role) * part;
            whole += part;
        }
        // To four places, a half away from zero.
        let together = (weighed * 2 + whole) / (whole * 2);
        let mut stood = None;
        let mut words = Vec::new();
        for (number, level) in levels.iter().copied().enumerate() {
            let points = if number == 0 { given(level) } else { together };
            let beyond = stood.is_some_and(|it: i64| it.abs_diff(points) > BAND.unsigned_abs());
            let unit = match level {
                "community" => community,
                "street" => street,
                _ => super::COUNTY,
            };
            let reason =
                if beyond { "与上级评价差距较大，按综合得分调整" } else { "" };
            words.push(Word { level, unit: unit.to_owned(), points: fine(points), reason });
            stood = Some(points);
        }
        all.push(Review { post: record.id.clone(), of_community, words });
    }
    all.sort_by(|a, b| a.post.cmp(&b.post));
    all.dedup_by(|a, b| a.post == b.post);
    all
}
