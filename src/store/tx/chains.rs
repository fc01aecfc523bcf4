//! Appraisal chains.

use async_trait::async_trait;

use super::super::{insert_all, sql::chains as sql};
use super::{
    SqlTx, fault,
    rounds::mark,
    row::{Row, get, word},
};
use crate::{
    domain::time::Moment,
    store::{
        ChainEvent, ChainEventKind, ChainReads, ChainRecord, ChainWrites, StoreError, bulk::Value,
    },
};

#[async_trait]
impl ChainReads for SqlTx {
    async fn chain(&mut self, county: &str, id: &str) -> Result<Option<ChainRecord>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::CHAIN).bind(county).bind(id);
            let row = query.fetch_optional(db).await.map_err(fault)?;
            row.as_ref().map(chain).transpose()
        })
        .await
    }

    async fn chain_page(
        &mut self,
        county: &str,
        period: &str,
        after: &str,
        limit: i64,
    ) -> Result<Vec<ChainRecord>, StoreError> {
        self.with(county, async |db| {
            let query =
                sqlx::query(sql::CHAIN_PAGE).bind(county).bind(after).bind(period).bind(limit);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(chain).collect()
        })
        .await
    }

    async fn chain_events(
        &mut self,
        county: &str,
        chain: &str,
    ) -> Result<Vec<ChainEvent>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::CHAIN_EVENTS).bind(county).bind(chain);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(event).collect()
        })
        .await
    }
}

/// An event with what the store adds.
struct Line<'a> {
    county: &'a str,
    chain: &'a str,
    recorded: Moment,
    event: &'a ChainEvent,
}

#[async_trait]
impl ChainWrites for SqlTx {
    async fn insert_chain(&mut self, county: &str, chain: &ChainRecord) -> Result<(), StoreError> {
        let recorded = self.locked(county)?.recorded;
        self.with(county, async |db| {
            let query = sqlx::query(sql::INSERT_CHAIN)
                .bind(county)
                .bind(&chain.chain_id)
                .bind(&chain.period)
                .bind(&chain.steps)
                .bind(recorded.micros())
                .bind(&chain.opened.by)
                .bind(&chain.opened.request_id);
            query.execute(db).await.map_err(fault).map(|_| ())
        })
        .await
    }

    async fn insert_chain_events(
        &mut self,
        county: &str,
        chain: &str,
        events: &[ChainEvent],
    ) -> Result<(), StoreError> {
        let recorded = self.locked(county)?.recorded;
        let lines: Vec<_> =
            events.iter().map(|event| Line { county, chain, recorded, event }).collect();
        self.with(county, async |db| {
            insert_all(db, &sql::CHAIN_EVENTS_TABLE, &lines, put_event).await
        })
        .await
    }
}

fn put_event<'a>(line: &'a Line<'a>, values: &mut Vec<Value<'a>>) {
    let it = line.event;
    values.extend([
        Value::Text(line.county),
        Value::Text(line.chain),
        Value::Int(it.event),
        Value::Text(it.kind.word()),
        Value::Text(&it.scheme_id),
        Value::Text(&it.unit),
        Value::Text(&it.subject),
        Value::Text(&it.item),
        Value::Int(it.cases),
        Value::Text(&it.reason),
        Value::Int(line.recorded.micros()),
        Value::Text(&it.mark.by),
        Value::Text(&it.mark.request_id),
    ]);
}

fn chain(row: &Row) -> Result<ChainRecord, StoreError> {
    Ok(ChainRecord {
        chain_id: get(row, "chain_id")?,
        period: get(row, "period")?,
        steps: get(row, "steps")?,
        opened: mark(row)?,
    })
}

fn event(row: &Row) -> Result<ChainEvent, StoreError> {
    Ok(ChainEvent {
        event: get(row, "event")?,
        kind: word(row, "what", ChainEventKind::named)?,
        scheme_id: get(row, "scheme_id")?,
        unit: get(row, "unit")?,
        subject: get(row, "subject")?,
        item: get(row, "item")?,
        cases: get(row, "cases")?,
        reason: get(row, "reason")?,
        mark: mark(row)?,
    })
}
