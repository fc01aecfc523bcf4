//! A selection with everything that its steps rest on.

use std::{collections::BTreeMap, sync::Arc};

use super::{kept, merit};
use crate::{
    app::{App, AppError, Missing, run::period_of, scheme::Plans, selection_document},
    domain::{
        selection::{Event, Merit, QuotaTable, RosterBranch, SelectionDocument, Standing, State},
        time::{Day, Moment, Period},
    },
    store::{Mark, ReadTx, SelectionRecord, StoreError},
};

/// Where and when a selection is read.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) county: &'a str,
    pub(super) now: Moment,
    pub(super) plans: &'a Plans,
}

/// A selection as it stands.
#[derive(Debug, Clone)]
pub struct Selected {
    /// What it was opened with.
    pub record: SelectionRecord,
    /// Its rules.
    pub document: Arc<SelectionDocument>,
    /// Its year.
    pub year: Period,
    /// The branches that were counted, by id.
    pub roster: BTreeMap<String, RosterBranch>,
    /// What happened, in its order.
    pub events: Vec<Event>,
    /// What it came to.
    pub state: State,
    /// How many each street may recommend.
    pub quota: QuotaTable,
    /// How compounds came out by the criteria; none: no results were taken.
    pub merits: Option<BTreeMap<String, Merit>>,
    /// Items of the veto list in force today, by compound.
    pub vetoed: BTreeMap<String, Vec<String>>,
    /// Today.
    pub today: Day,
}

/// Reads a selection as it stands at a moment.
///
/// # Errors
/// It is not there; those of the store.
pub(in crate::app) async fn selected_at(
    tx: &mut dyn ReadTx,
    (county, now, plans): (&str, Moment, &Plans),
    id: &str,
) -> Result<Selected, AppError> {
    Selected::read(tx, At { county, now, plans }, id).await
}

impl Selected {
    /// Reads a selection.
    ///
    /// # Errors
    /// It is not there; those of the store.
    pub(super) async fn read(tx: &mut dyn ReadTx, at: At<'_>, id: &str) -> Result<Self, AppError> {
        let today = at.now.beijing_day();
        let gone = || AppError::Internal("the clock is out of the calendar".to_owned());
        Self::read_on(tx, at, (id, today.ok_or_else(gone)?)).await
    }

    /// Reads a selection as it stands on a day, which may be later than what is known.
    async fn read_on(
        tx: &mut dyn ReadTx,
        at: At<'_>,
        (id, today): (&str, Day),
    ) -> Result<Self, AppError> {
        let found = tx.selection(at.county, id).await?;
        let record = found.ok_or_else(|| AppError::not_found(Missing::Selection, id))?;
        let version = record.document_version;
        let of = (at.county, record.document_id.as_str());
        let document = selection_document::of_version(tx, of.0, of.1, version).await?.1;
        let roster = tx.selection_roster(at.county, id).await?;
        let roster: BTreeMap<_, _> = roster.into_iter().map(|it| (it.branch.clone(), it)).collect();
        let kept = tx.selection_events(at.county, id, 0).await?;
        let events: Vec<Event> = kept.into_iter().map(kept::event).collect::<Result<_, _>>()?;
        let state = State::fold(&events).map_err(|why| StoreError::corrupt("selections", why))?;
        let quota = quota(&document, &roster, &state)?;
        let year = period_of(&record.period)?;
        let scheme = (record.scheme_id.as_str(), record.scheme_version);
        let plan = merit::plan(tx, at, scheme).await?;
        let criteria = &document.criteria;
        let merits = match &state.ranking {
            None => None,
            Some(run) => {
                let by = (run.as_str(), &*plan, criteria);
                Some(merit::merits(tx, at.county, by, &roster).await?)
            }
        };
        let vetoed = merit::vetoed(tx, at, (&plan, criteria), (&roster, today)).await?;
        Ok(Self { record, document, year, roster, events, state, quota, merits, vetoed, today })
    }

    /// As the rules look at it.
    pub fn standing(&self) -> Standing<'_> {
        Standing {
            document: &self.document,
            year: self.year,
            roster: &self.roster,
            state: &self.state,
            quota: &self.quota,
            merits: self.merits.as_ref(),
            vetoed: &self.vetoed,
            today: self.today,
        }
    }

    /// Takes an event that is to be kept, and gives it as it is kept.
    ///
    /// # Errors
    /// The rules let something through that cannot happen.
    pub(super) fn take(
        &mut self,
        event: Event,
        mark: Mark,
    ) -> Result<crate::store::SelectionEventRecord, AppError> {
        let impossible = |why: crate::domain::selection::ImpossibleEvent| {
            AppError::Internal(format!("a step was let through: {why}"))
        };
        self.state.take(&event).map_err(impossible)?;
        let record = kept::record(&event, mark)?;
        self.events.push(event);
        Ok(record)
    }

    /// The number of the next event.
    pub(super) fn next(&self) -> i64 {
        self.state.last.saturating_add(1)
    }

    /// Asserted before anything is kept: no cap is exceeded.
    ///
    /// # Errors
    /// One is: a mistake of the program, which then keeps nothing.
    pub(super) fn within_caps(&self) -> Result<(), AppError> {
        if self.standing().within_caps() {
            return Ok(());
        }
        let id = &self.record.selection_id;
        Err(AppError::Internal(format!("a cap of selection `{id}` would be exceeded")))
    }

    /// Reads again what an event changes: the seats, and the merits of another ranking.
    pub(super) async fn again(&mut self, tx: &mut dyn ReadTx, at: At<'_>) -> Result<(), AppError> {
        self.count_again()?;
        if let Some(run) = &self.state.ranking {
            let record = &self.record;
            let scheme = (record.scheme_id.as_str(), record.scheme_version);
            let plan = merit::plan(tx, at, scheme).await?;
            let by = (run.as_str(), &*plan, &self.document.criteria);
            self.merits = Some(merit::merits(tx, at.county, by, &self.roster).await?);
        }
        Ok(())
    }

    /// Counts the seats again, after streets were ordered.
    pub(super) fn count_again(&mut self) -> Result<(), AppError> {
        self.quota = quota(&self.document, &self.roster, &self.state)?;
        Ok(())
    }
}

fn quota(
    document: &SelectionDocument,
    roster: &BTreeMap<String, RosterBranch>,
    state: &State,
) -> Result<QuotaTable, AppError> {
    let roster: Vec<RosterBranch> = roster.values().cloned().collect();
    let table = QuotaTable::of(document, &roster, state.streets.as_deref());
    table.map_err(|why| AppError::Engine(why.to_string()))
}

impl App {
    /// A selection as it stands now.
    ///
    /// # Errors
    /// It is not there; those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn selection(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        id: &str,
    ) -> Result<Selected, AppError> {
        let now = self.known(tx, county, None).await?.moment()?;
        // Days go by also where nothing is recorded.
        let of = (id, self.today()?);
        Selected::read_on(tx, At { county, now, plans: &self.plans }, of).await
    }

    /// Whether the last thing that happened in a selection is the event of that number.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn selection_is_at(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        (id, event): (&str, i64),
    ) -> Result<bool, AppError> {
        let before = event.saturating_sub(1);
        let after = tx.selection_events(county, id, before).await?;
        Ok(after.len() == 1 && after.first().is_some_and(|it| it.event == event))
    }

    /// A page of selections by id, each as it stands now.
    ///
    /// # Errors
    /// Those of the store.
    #[tracing::instrument(target = "steelyard::use_case", skip_all)]
    pub async fn list_selections(
        &self,
        tx: &mut dyn ReadTx,
        county: &str,
        (after, limit): (&str, i64),
    ) -> Result<Vec<Selected>, AppError> {
        let mut all = Vec::new();
        for it in tx.selection_page(county, after, limit).await? {
            all.push(self.selection(tx, county, &it.selection_id).await?);
        }
        Ok(all)
    }
}
