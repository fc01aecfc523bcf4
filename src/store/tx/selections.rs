//! Selections.

use async_trait::async_trait;

use super::super::{insert_all, sql::selections as sql};
use super::{
    SqlTx, fault,
    rounds::mark,
    row::{Row, day, get},
};
use crate::{
    domain::{selection::RosterBranch, time::Moment},
    store::{
        SelectionEventRecord, SelectionReads, SelectionRecord, SelectionWrites, StoreError,
        bulk::Value, day::SqlDay,
    },
};

#[async_trait]
impl SelectionReads for SqlTx {
    async fn selection(
        &mut self,
        county: &str,
        id: &str,
    ) -> Result<Option<SelectionRecord>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::SELECTION).bind(county).bind(id);
            let row = query.fetch_optional(db).await.map_err(fault)?;
            row.as_ref().map(selection).transpose()
        })
        .await
    }

    async fn selection_page(
        &mut self,
        county: &str,
        after: &str,
        limit: i64,
    ) -> Result<Vec<SelectionRecord>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::SELECTION_PAGE).bind(county).bind(after).bind(limit);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(selection).collect()
        })
        .await
    }

    async fn selection_roster(
        &mut self,
        county: &str,
        id: &str,
    ) -> Result<Vec<RosterBranch>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::SELECTION_ROSTER).bind(county).bind(id);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(branch).collect()
        })
        .await
    }

    async fn selection_events(
        &mut self,
        county: &str,
        id: &str,
        after: i64,
    ) -> Result<Vec<SelectionEventRecord>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::SELECTION_EVENTS).bind(county).bind(id).bind(after);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(event).collect()
        })
        .await
    }
}

/// A row with what the store adds.
struct Line<'a, T> {
    county: &'a str,
    selection: &'a str,
    recorded: Moment,
    row: &'a T,
}

#[async_trait]
impl SelectionWrites for SqlTx {
    async fn insert_selection(
        &mut self,
        county: &str,
        it: &SelectionRecord,
        roster: &[RosterBranch],
    ) -> Result<(), StoreError> {
        let recorded = self.locked(county)?.recorded;
        let selection = it.selection_id.as_str();
        let lines: Vec<_> =
            roster.iter().map(|row| Line { county, selection, recorded, row }).collect();
        self.with(county, async |db| {
            let query = sqlx::query(sql::INSERT_SELECTION)
                .bind(county)
                .bind(selection)
                .bind(&it.document_id)
                .bind(it.document_version)
                .bind(&it.period)
                .bind(SqlDay(it.roster_day))
                .bind(&it.scheme_id)
                .bind(it.scheme_version)
                .bind(recorded.micros())
                .bind(&it.opened.by)
                .bind(&it.opened.request_id);
            query.execute(&mut *db).await.map_err(fault)?;
            insert_all(db, &sql::SELECTION_ROSTER_TABLE, &lines, put_branch).await
        })
        .await
    }

    async fn insert_selection_events(
        &mut self,
        county: &str,
        selection: &str,
        events: &[SelectionEventRecord],
    ) -> Result<(), StoreError> {
        let recorded = self.locked(county)?.recorded;
        let lines: Vec<_> =
            events.iter().map(|row| Line { county, selection, recorded, row }).collect();
        self.with(county, async |db| {
            insert_all(db, &sql::SELECTION_EVENTS_TABLE, &lines, put_event).await
        })
        .await
    }
}

fn put_branch<'a>(line: &'a Line<'a, RosterBranch>, values: &mut Vec<Value<'a>>) {
    let it = line.row;
    values.extend([line.county, line.selection, &it.branch, &it.compound].map(Value::Text));
    values.extend([it.community.as_str(), &it.street].map(Value::Text));
}

fn put_event<'a>(line: &'a Line<'a, SelectionEventRecord>, values: &mut Vec<Value<'a>>) {
    let it = line.row;
    values.extend([
        Value::Text(line.county),
        Value::Text(line.selection),
        Value::Int(it.event),
        Value::Text(&it.what),
        Value::Text(&it.branch),
        Value::Text(&it.detail),
        Value::Text(&it.text),
        Value::Text(&it.decided_by),
        Value::Text(&it.evidence),
        Value::Int(line.recorded.micros()),
        Value::Text(&it.mark.by),
        Value::Text(&it.mark.request_id),
    ]);
}

fn selection(row: &Row) -> Result<SelectionRecord, StoreError> {
    Ok(SelectionRecord {
        selection_id: get(row, "selection_id")?,
        document_id: get(row, "document_id")?,
        document_version: get(row, "document_version")?,
        period: get(row, "period")?,
        roster_day: day(row, "roster_day")?,
        scheme_id: get(row, "scheme_id")?,
        scheme_version: get(row, "scheme_version")?,
        opened: mark(row)?,
    })
}

fn branch(row: &Row) -> Result<RosterBranch, StoreError> {
    Ok(RosterBranch {
        branch: get(row, "branch")?,
        compound: get(row, "compound")?,
        community: get(row, "community")?,
        street: get(row, "street")?,
    })
}

fn event(row: &Row) -> Result<SelectionEventRecord, StoreError> {
    Ok(SelectionEventRecord {
        event: get(row, "event")?,
        what: get(row, "what")?,
        branch: get(row, "branch")?,
        detail: get(row, "detail")?,
        text: get(row, "text")?,
        decided_by: get(row, "decided_by")?,
        evidence: get(row, "evidence")?,
        mark: mark(row)?,
    })
}
