//! A round as it stands: what it takes, until when, and how far its sheets are.

use std::sync::Arc;

use super::{Organiser, PAGE};
use crate::{
    app::{AppError, Missing, Refusal, scheme::Plans},
    domain::{
        engine::Plan,
        exact::Decimal,
        scheme::NodeKind,
        time::{Day, Moment},
    },
    store::{ReadTx, RevisionState, RoundHeader, RoundSheet, RoundStep, SheetKey, StepKind},
};

/// A round with what was recorded about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundView {
    /// The round.
    pub header: RoundHeader,
    /// Extensions, excuses and the closing, in their order.
    pub steps: Vec<RoundStep>,
}

/// How far an expected sheet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SheetState {
    /// Nothing of it was saved.
    NotBegun,
    /// Saved and not handed in, or withdrawn.
    Draft,
    /// Handed in by the due day.
    HandedIn,
    /// Handed in later, by an extension.
    HandedInLate,
    /// Not handed in, and excused.
    Excused,
}

impl RoundView {
    /// A round as it was known at a moment.
    ///
    /// # Errors
    /// It is not there; those of the store.
    pub(super) async fn read(
        tx: &mut dyn ReadTx,
        county: &str,
        id: &str,
        known: Moment,
    ) -> Result<Self, AppError> {
        let header = tx.round(county, id).await?;
        let mut header = header
            .filter(|it| it.opened.recorded <= known)
            .ok_or_else(|| AppError::not_found(Missing::Round, id))?;
        header.closed = header.closed.filter(|it| it.mark.recorded <= known);
        let steps = tx.round_steps(county, id, known).await?;
        Ok(Self { header, steps })
    }

    /// The same, of a kind that the caller organises, and not closed.
    pub(super) async fn open(
        tx: &mut dyn ReadTx,
        county: &str,
        id: &str,
        organiser: &Organiser,
    ) -> Result<Self, AppError> {
        let view = Self::read(tx, county, id, super::ALWAYS).await?;
        organiser.covers(&view.header.subject_kind)?;
        view.not_closed()?;
        Ok(view)
    }

    /// Its scheme, compiled.
    pub(super) async fn plan(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        plans: &Plans,
    ) -> Result<Arc<Plan>, AppError> {
        let RoundHeader { scheme_id, version, .. } = &self.header;
        let published = tx.scheme(county, scheme_id, *version).await?;
        let gone = || AppError::Internal(format!("scheme {scheme_id}/{version} is not there"));
        Ok(plans.plan(&published.ok_or_else(gone)?)?)
    }

    /// Refuses a round that is closed.
    pub(super) fn not_closed(&self) -> Result<(), AppError> {
        let Some(closing) = &self.header.closed else { return Ok(()) };
        let (id, at) = (&self.header.round_id, closing.mark.recorded);
        let en = format!("round `{id}` was closed at {at}");
        let refusal = Refusal::new("ROUND_CLOSED", en, format!("考核轮次 {id} 已于 {at} 结束"));
        Err(AppError::Refused(refusal.with("closed", at.to_string())))
    }

    /// The last day on which the sheets of an assessor are taken: the due day, or the latest of the
    /// extensions for everybody and for the assessor.
    pub fn last_day(&self, role: &str, assessor: &str) -> Day {
        let extensions = self.steps.iter().filter(|it| it.kind == StepKind::Extension);
        let own = extensions.filter(|it| {
            (it.role.is_empty() && it.assessor.is_empty())
                || (it.role == role && it.assessor == assessor)
        });
        own.filter_map(|it| it.until)
            .chain([self.header.due_on])
            .max()
            .unwrap_or(self.header.due_on)
    }

    /// Whether a sheet is excused.
    pub(super) fn excused(&self, key: &SheetKey) -> bool {
        self.steps.iter().any(|it| {
            it.kind == StepKind::Excuse
                && it.role == key.role
                && it.assessor == key.assessor
                && (it.subject.is_empty() || it.subject == key.subject)
        })
    }

    /// Refuses to change sheets of an assessor at a moment: the round is closed, has not begun, or its
    /// last day is over. A moment within the last day's last microsecond is in time.
    pub(super) fn takes(&self, role: &str, assessor: &str, at: Moment) -> Result<(), AppError> {
        self.not_closed()?;
        let outside = || AppError::Internal("the clock is out of the calendar".to_owned());
        let today = at.beijing_day().ok_or_else(outside)?;
        let opens = self.header.opens_on;
        if today < opens {
            let en = format!("sheets are taken from {opens} on");
            let refusal = Refusal::new("ROUND_NOT_BEGUN", en, format!("打分自 {opens} 起开始"));
            return Err(AppError::Refused(refusal.with("first_day", opens.to_string())));
        }
        let last = self.last_day(role, assessor);
        if today > last {
            let en = format!(
                "sheets of `{assessor}` as `{role}` were taken until the end of {last} (UTC+8): \
                 later ones need an extension on record"
            );
            let zh = format!("{assessor}（{role}）的打分表已于 {last} 24 时截止，逾期须有延期记录");
            let refusal = Refusal::new("ROUND_DUE_PASSED", en, zh);
            return Err(AppError::Refused(refusal.with("last_day", last.to_string())));
        }
        Ok(())
    }

    /// How far a sheet is.
    pub(super) fn state(&self, sheet: &RoundSheet) -> SheetState {
        match &sheet.latest {
            Some(it) if it.state == RevisionState::HandedIn => {
                let in_time =
                    it.mark.recorded.beijing_day().is_some_and(|day| day <= self.header.due_on);
                if in_time { SheetState::HandedIn } else { SheetState::HandedInLate }
            }
            Some(_) | None if self.excused(&sheet.key) => SheetState::Excused,
            Some(_) => SheetState::Draft,
            None => SheetState::NotBegun,
        }
    }

    /// Whether the round cannot be closed for the lack of a sheet.
    pub(super) fn missing(&self, sheet: &RoundSheet) -> bool {
        let open = matches!(self.state(sheet), SheetState::NotBegun | SheetState::Draft);
        open && !sheet.optional
    }
}

/// The items that a role assesses, with their full marks, in the scheme's order.
pub(in crate::app) fn items_of(plan: &Plan, role: &str) -> Vec<(String, Decimal)> {
    let nodes = plan.scheme().nodes.iter();
    let names = |kind: &NodeKind| matches!(kind, NodeKind::Assessed(it) if it.by.iter().any(|it| it.0 == role));
    let assessed = nodes.filter(|it| names(&it.kind));
    assessed.filter_map(|it| Some((it.id.clone(), it.out_of?))).collect()
}

/// All expected sheets of a round, without their points.
pub(super) async fn all_sheets(
    tx: &mut dyn ReadTx,
    county: &str,
    round: (&str, Moment),
) -> Result<Vec<RoundSheet>, AppError> {
    let mut all: Vec<RoundSheet> = Vec::new();
    loop {
        let after = all.last().map(|it| it.key.clone()).unwrap_or_default();
        let page = tx.round_sheets(county, round, &after, PAGE).await?;
        let last = i64::try_from(page.len()).is_ok_and(|it| it < PAGE);
        all.extend(page);
        if last {
            return Ok(all);
        }
    }
}

/// All sheets of a round that are handed in, with their points.
pub(super) async fn all_handed_in(
    tx: &mut dyn ReadTx,
    county: &str,
    round: (&str, Moment),
) -> Result<Vec<RoundSheet>, AppError> {
    let mut all: Vec<RoundSheet> = Vec::new();
    loop {
        let after = all.last().map(|it| it.key.clone()).unwrap_or_default();
        let page = tx.handed_in(county, round, &after, PAGE).await?;
        let last = i64::try_from(page.len()).is_ok_and(|it| it < PAGE);
        all.extend(page);
        if last {
            return Ok(all);
        }
    }
}
