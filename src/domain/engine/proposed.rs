//! `proposed`: the last value of the highest level that has one (S2).

use super::{
    note::{Listener, Note},
    words::{Words, words},
};
use crate::domain::{
    exact::{Decimal, Exact, ExactError},
    facts::{Facts, LevelValue, standing},
    scheme::Proposed,
    time::Moment,
};

/// The last value of one level, as an explanation tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposalLine {
    /// The level.
    pub level: String,
    /// Its last value.
    pub points: Decimal,
    /// Who gave it; none where nobody is named.
    pub by: Option<String>,
    /// When; none where nothing is said.
    pub at: Option<Moment>,
    /// Why; none where nothing is said.
    pub reason: Option<String>,
    /// How many values of the level it replaced.
    pub replaced: usize,
    /// By how many points it departs from the level below; none where no level below has a value.
    pub departs: Option<Decimal>,
    /// The scheme's band, where it departs by more.
    pub beyond: Option<Decimal>,
    /// Whether it is the value in force.
    pub in_force: bool,
}

fn line(value: &LevelValue<'_>, band: Option<Decimal>, in_force: bool) -> ProposalLine {
    let LevelValue { proposal, replaced, departs, beyond } = *value;
    ProposalLine {
        level: proposal.level.clone(),
        points: proposal.points,
        by: proposal.by.clone(),
        at: proposal.at,
        reason: proposal.reason.clone(),
        replaced,
        departs,
        beyond: band.filter(|_| beyond),
        in_force,
    }
}

/// The value in force as a fraction of full marks; nothing where no level has a value.
pub(super) fn value(
    (node, id): (usize, &str),
    proposed: &Proposed,
    out_of: &Exact,
    facts: &Facts,
    listener: &mut impl Listener,
) -> Result<Option<Exact>, ExactError> {
    let own = facts.proposals.iter().filter(|it| it.item == id);
    let values = standing(proposed, own);
    let Some(holds) = values.last().map(|it| it.proposal) else {
        listener.note(node, || Note::NotProposed);
        return Ok(None);
    };
    for (position, value) in values.iter().enumerate() {
        let last = position.saturating_add(1) == values.len();
        let band = proposed.band;
        listener.note(node, || Note::Proposal { line: Box::new(line(value, band, last)) });
    }
    Exact::from(holds.points).over(out_of).map(Some)
}

/// A level's value as a sentence.
pub(super) fn line_words(line: &ProposalLine) -> Words {
    let ProposalLine { level, points, by, at, reason, replaced, departs, beyond, in_force } = line;
    let mut parts = vec![(format!("{level}: {points}"), format!("{level}：{points}"))];
    if let Some(by) = by {
        parts.push((format!(" by `{by}`"), format!("，{by} 提出")));
    }
    if let Some(at) = at {
        parts.push((format!(" at {at}"), format!("，时间 {at}")));
    }
    if *replaced > 0 {
        parts.push((
            format!(", instead of {replaced} earlier"),
            format!("，取代此前 {replaced} 次"),
        ));
    }
    if let Some(departs) = departs.filter(|it| *it != Decimal::ZERO) {
        let sign = if departs.is_negative() { "" } else { "+" };
        parts.push((
            format!(", {sign}{departs} from the level below"),
            format!("，较下一级 {sign}{departs}"),
        ));
    }
    if let Some(band) = beyond {
        parts.push((format!(", beyond the band of {band}"), format!("，超出幅度 {band}")));
    }
    if let Some(reason) = reason {
        parts.push((format!(" ({reason})"), format!("（{reason}）")));
    } else if beyond.is_some() {
        parts.push((", without a reason".to_owned(), "，未说明理由".to_owned()));
    }
    if *in_force {
        parts.push(("; it is in force".to_owned(), "；以此为准".to_owned()));
    }
    let (en, zh): (Vec<String>, Vec<String>) = parts.into_iter().unzip();
    words(en.concat(), zh.concat())
}
