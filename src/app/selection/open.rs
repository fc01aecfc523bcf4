//! Opening selections: which branches are counted is settled here, once (F4).

use std::{collections::BTreeMap, sync::Arc};

use super::{
    all_selections, opening,
    read::{At, Selected},
};
use crate::{
    app::{
        App, AppError, Done, Missing, Refusal, Write,
        registry::{BranchForm, Detail, Record, RecordKind, all, as_of},
        round::mark,
        selection_document::{self, fits, unfit_criteria},
    },
    domain::{
        selection::{Phase, RosterBranch, RosterForm, SelectionDocument},
        time::{Day, Period, PeriodKind},
    },
    store::{AsOf, ReadTx, SelectionRecord, StoreTx},
};

/// What to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSelection {
    /// The selection's id.
    pub selection_id: String,
    /// The document.
    pub document_id: String,
    /// The year.
    pub period: Period,
    /// The day whose branches are counted.
    pub roster_day: Day,
}

impl App {
    /// Opens a selection; `encode` makes the answer out of it.
    ///
    /// # Errors
    /// `PERIOD_KIND_MISMATCH`, `ROSTER_DAY_IN_FUTURE`, `ROSTER_EMPTY`, `SELECTION_DOCUMENT_NOT_FOUND`,
    /// `SELECTION_DOCUMENT_NOT_IN_FORCE`, `SCHEME_NOT_IN_FORCE`, `SELECTION_EXISTS`, what the criteria
    /// scheme lacks; those of every write.
    pub async fn open_selection(
        &self,
        call: Write,
        asked: OpenSelection,
        encode: impl Fn(&Selected) -> Vec<u8> + Send + Sync + 'static,
    ) -> Result<Vec<u8>, AppError> {
        let plans = Arc::clone(&self.plans);
        let shared = Arc::new((call.clone(), asked, plans, encode));
        self.write(call, move |tx, now| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (call, asked, plans, encode) = &*shared;
                let at = At { county: &call.county, now, plans };
                if let Some(there) = same(tx, at, asked).await? {
                    return Ok(Done { response: encode(&there), effects: Vec::new() });
                }
                let (record, roster) = settled(tx, at, (call, asked)).await?;
                tx.insert_selection(at.county, &record, &roster).await?;
                let effects = vec![opening(&record, &roster)];
                let opened = Selected::read(tx, at, &asked.selection_id).await?;
                Ok(Done { response: encode(&opened), effects })
            })
        })
        .await
    }
}

/// The selection of that id, if it is of that document, year and day.
async fn same(
    tx: &mut dyn StoreTx,
    at: At<'_>,
    asked: &OpenSelection,
) -> Result<Option<Selected>, AppError> {
    let exists =
        |existing: String| AppError::AlreadyExists { reason: "SELECTION_EXISTS", existing };
    let year = asked.period.to_string();
    if let Some(it) = tx.selection(at.county, &asked.selection_id).await? {
        let own = it.document_id == asked.document_id
            && it.period == year
            && it.roster_day == asked.roster_day;
        if !own {
            return Err(exists(it.selection_id));
        }
        return Ok(Some(Selected::read(tx, at, &asked.selection_id).await?));
    }
    let all = all_selections(tx, at.county).await?.into_iter();
    let others: Vec<_> = all.filter(|it| it.period == year).collect();
    if others.is_empty() {
        return Ok(None);
    }
    // One honour is given once a year, whatever its document is called (F1).
    let last = asked.period.last_day();
    let own = selection_document::in_force_on(tx, at.county, &asked.document_id, last).await?.1;
    for it in others {
        let there = Selected::read(tx, at, &it.selection_id).await?;
        let alike = it.document_id == asked.document_id || there.document.honour == own.honour;
        if alike && there.state.phase != Phase::Abandoned {
            return Err(exists(it.selection_id));
        }
    }
    Ok(None)
}

/// What a selection is opened with.
async fn settled(
    tx: &mut dyn StoreTx,
    at: At<'_>,
    (call, asked): (&Write, &OpenSelection),
) -> Result<(SelectionRecord, Vec<RosterBranch>), AppError> {
    let period = asked.period;
    if period.kind() != PeriodKind::Year {
        let en = format!("a selection is of a year, and `{period}` is none");
        let zh = format!("评选按年度开展，{period} 不是年度");
        return Err(AppError::refused("PERIOD_KIND_MISMATCH", en, zh));
    }
    let last = period.last_day();
    let found = selection_document::in_force_on(tx, at.county, &asked.document_id, last).await?;
    let (header, document) = found;
    let today = at.now.beijing_day();
    if today.is_none_or(|today| asked.roster_day > today) {
        let en = "the branches are counted as of a day that has come".to_owned();
        let refusal = Refusal::new("ROSTER_DAY_IN_FUTURE", en, "名册日期不得晚于今日");
        return Err(refusal.with("rule", "F4").into());
    }
    let scheme = &document.criteria.scheme;
    let criteria = tx.scheme_in_force(at.county, scheme, last).await?;
    let Some((criteria, _)) = criteria else {
        return Err(AppError::not_found(Missing::SchemeInForce, scheme));
    };
    // The version in force then may be another than the one that was looked at on publication.
    let of = (&*document, last);
    fits(&unfit_criteria(tx, at.county, at.plans, of).await?, &document)?;
    let as_of = as_of(asked.roster_day, at.now);
    let roster = roster(tx, at.county, &document, as_of).await?;
    if roster.is_empty() {
        let day = asked.roster_day;
        let en = format!("no branch that the document counts is registered on {day}");
        let zh = format!("{day} 当日没有计入名册的党支部");
        return Err(Refusal::new("ROSTER_EMPTY", en, zh).with("rule", "F4").into());
    }
    let record = SelectionRecord {
        selection_id: asked.selection_id.clone(),
        document_id: header.document_id,
        document_version: header.version,
        period: period.to_string(),
        roster_day: asked.roster_day,
        scheme_id: scheme.clone(),
        scheme_version: criteria.version,
        opened: mark(call, at.now),
    };
    Ok((record, roster))
}

/// The branches of the document's forms that lie in a compound of a street, by id.
async fn roster(
    tx: &mut dyn ReadTx,
    county: &str,
    document: &SelectionDocument,
    as_of: AsOf,
) -> Result<Vec<RosterBranch>, AppError> {
    let parents = |records: Vec<Record>| -> BTreeMap<String, String> {
        let parent = |it: Record| Some((it.id, it.parent?.id));
        records.into_iter().filter_map(parent).collect()
    };
    let communities = parents(all(tx, county, RecordKind::Compound, as_of).await?);
    let streets = parents(all(tx, county, RecordKind::Community, as_of).await?);
    let mut roster = Vec::new();
    for it in all(tx, county, RecordKind::Branch, as_of).await? {
        let Detail::Branch { anchor, form, .. } = &it.detail else { continue };
        let counted = counted(*form).is_some_and(|form| document.forms.contains(&form));
        if !counted || anchor.kind != RecordKind::Compound {
            continue;
        }
        let Some(community) = communities.get(&anchor.id) else { continue };
        let Some(street) = streets.get(community) else { continue };
        roster.push(RosterBranch {
            branch: it.id.clone(),
            compound: anchor.id.clone(),
            community: community.clone(),
            street: street.clone(),
        });
    }
    roster.sort_by(|a, b| a.branch.cmp(&b.branch));
    Ok(roster)
}

/// The form as documents name it; none: it is never counted.
const fn counted(form: BranchForm) -> Option<RosterForm> {
    match form {
        BranchForm::CompoundBranch => Some(RosterForm::CompoundBranch),
        BranchForm::JointBranch => Some(RosterForm::JointBranch),
        BranchForm::PartyGroup => Some(RosterForm::PartyGroup),
        BranchForm::UnitBranch | BranchForm::GeneralBranch | BranchForm::PartyCommittee => None,
    }
}
