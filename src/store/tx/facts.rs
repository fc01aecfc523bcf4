//! The ledger.

use async_trait::async_trait;

use super::super::{insert_all, list, sql::facts as sql, words};
use super::{
    Connection, SqlTx, fault,
    row::{Row, get, moment, optional_day, optional_moment, word},
    totals,
};
use crate::{
    domain::time::{Day, Moment},
    store::{
        Fact, FactKind, FactListing, FactQuery, FactReads, FactWrites, Reversal, Reversing,
        StoreError, StoredFact, bulk::Value, day::SqlDay,
    },
};

/// Later than every moment there is.
const ALWAYS: Moment = Moment::from_micros(i64::MAX);

#[async_trait]
impl FactReads for SqlTx {
    async fn facts(
        &mut self,
        county: &str,
        query: &FactQuery,
    ) -> Result<Vec<StoredFact>, StoreError> {
        let (subjects, periods) = (list(&query.subjects)?, list(&query.periods)?);
        let kinds: Vec<&'static str> = query.kinds.iter().map(|it| it.word()).collect();
        let kinds = words(&kinds)?;
        self.with(county, async |db| {
            let query = sqlx::query(sql::FACTS)
                .bind(county)
                .bind(&query.subject_kind)
                .bind(subjects)
                .bind(query.known.micros())
                .bind(kinds)
                .bind(periods)
                .bind(SqlDay(query.from))
                .bind(SqlDay(query.until));
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(|it| stored(it, None)).collect()
        })
        .await
    }

    async fn list_facts(
        &mut self,
        county: &str,
        listing: &FactListing,
    ) -> Result<Vec<StoredFact>, StoreError> {
        let all: Vec<FactKind> = FactKind::ALL.to_vec();
        let wanted = if listing.kinds.is_empty() { &all } else { &listing.kinds };
        let kinds: Vec<&'static str> = wanted.iter().map(|it| it.word()).collect();
        let kinds = words(&kinds)?;
        let day = |year| Day::new(year, 1, 1).ok_or(StoreError::Overflow);
        let (periods, from, until) = match &listing.time {
            Some((periods, from, until)) => (periods.clone(), *from, *until),
            None => (Vec::new(), day(1)?, day(9999)?),
        };
        let periods = list(&periods)?;
        self.with(county, async |db| {
            let query = sqlx::query(sql::LIST_FACTS)
                .bind(county)
                .bind(&listing.subject_kind)
                .bind(&listing.subject)
                .bind(listing.known.micros())
                .bind(kinds)
                .bind(periods)
                .bind(SqlDay(from))
                .bind(SqlDay(until))
                .bind(listing.after)
                .bind(listing.limit)
                .bind(i64::from(listing.time.is_some()))
                .bind(i64::from(listing.include_reversed));
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(with_reversal).collect()
        })
        .await
    }

    async fn fact(
        &mut self,
        county: &str,
        seq: i64,
        known: Moment,
    ) -> Result<Option<StoredFact>, StoreError> {
        self.with(county, async |db| one(db, county, seq, known).await).await
    }

    async fn facts_by_source_record(
        &mut self,
        county: &str,
        source_records: &[String],
    ) -> Result<Vec<StoredFact>, StoreError> {
        let source_records = list(source_records)?;
        self.with(county, async |db| {
            let query = sqlx::query(sql::FACTS_BY_SOURCE_RECORD).bind(county).bind(source_records);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(with_reversal).collect()
        })
        .await
    }

    async fn facts_of(
        &mut self,
        county: &str,
        seqs: &[i64],
        known: Moment,
    ) -> Result<Vec<StoredFact>, StoreError> {
        let seqs: Vec<String> = seqs.iter().map(ToString::to_string).collect();
        let seqs = list(&seqs)?;
        self.with(county, async |db| {
            let query = sqlx::query(sql::FACTS_OF).bind(county).bind(seqs).bind(known.micros());
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(with_reversal).collect()
        })
        .await
    }

    async fn facts_about(
        &mut self,
        county: &str,
        ids: &[String],
        known: Moment,
    ) -> Result<Vec<StoredFact>, StoreError> {
        let ids = list(ids)?;
        self.with(county, async |db| {
            let query = sqlx::query(sql::FACTS_ABOUT).bind(county).bind(ids).bind(known.micros());
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(with_reversal).collect()
        })
        .await
    }

    async fn vetoes_after(
        &mut self,
        county: &str,
        after: i64,
        (known, limit): (Moment, i64),
    ) -> Result<Vec<StoredFact>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::VETOES_AFTER);
            let query = query.bind(county).bind(after).bind(known.micros()).bind(limit);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(with_reversal).collect()
        })
        .await
    }

    async fn objections_after(
        &mut self,
        county: &str,
        after: i64,
        (known, limit): (Moment, i64),
    ) -> Result<Vec<StoredFact>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::OBJECTIONS_AFTER);
            let query = query.bind(county).bind(after).bind(known.micros()).bind(limit);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(with_reversal).collect()
        })
        .await
    }
}

/// A fact with what the store adds.
struct Line<'a> {
    county: &'a str,
    request_id: &'a str,
    seq: i64,
    recorded: Moment,
    fact: &'a Fact,
}

#[async_trait]
impl FactWrites for SqlTx {
    async fn insert_facts(
        &mut self,
        county: &str,
        request_id: &str,
        facts: &[Fact],
    ) -> Result<i64, StoreError> {
        let mut head = self.locked(county)?;
        let recorded = head.recorded;
        let first = head.fact_seq.checked_add(1).ok_or(StoreError::Overflow)?;
        let lines: Vec<Line<'_>> = facts
            .iter()
            .zip(first..)
            .map(|(fact, seq)| Line { county, request_id, seq, recorded, fact })
            .collect();
        let Some(last) = lines.last().map(|it| it.seq) else { return Ok(first) };
        head.fact_seq = last;
        let stamp = totals::Stamp { county, through_seq: last, latest: recorded };
        self.with(county, async |db| {
            insert_all(db, &sql::FACTS_TABLE, &lines, put).await?;
            totals::add(db, stamp, facts).await
        })
        .await?;
        self.keep(head);
        Ok(first)
    }

    async fn reverse_fact(
        &mut self,
        county: &str,
        request_id: &str,
        reversing: &Reversing,
    ) -> Result<Option<i64>, StoreError> {
        let mut head = self.locked(county)?;
        let recorded = head.recorded;
        let seq = head.fact_seq.checked_add(1).ok_or(StoreError::Overflow)?;
        head.fact_seq = seq;
        let stamp = totals::Stamp { county, through_seq: seq, latest: recorded };
        let done = self
            .with(county, async |db| {
                let Some(there) = one(db, county, reversing.seq, ALWAYS).await? else {
                    return Ok(false);
                };
                if there.fact.kind == FactKind::Reversal {
                    return Ok(false);
                }
                let fact = reversal_of(&there, reversing);
                let lines = [Line { county, request_id, seq, recorded, fact: &fact }];
                insert_all(db, &sql::FACTS_TABLE, &lines, put).await?;
                if let (FactKind::Entry, Some(day)) = (there.fact.kind, there.fact.on_day) {
                    totals::again(db, stamp, &fact.subject_kind, &fact.subject, day.year()).await?;
                }
                Ok(true)
            })
            .await?;
        if done {
            self.keep(head);
        }
        Ok(done.then_some(seq))
    }
}

/// The row that reverses a fact: about the same, so that it is found where the fact is.
fn reversal_of(there: &StoredFact, reversing: &Reversing) -> Fact {
    let it = &there.fact;
    let mut fact = Fact::of(FactKind::Reversal, &it.subject_kind, &it.subject, &it.item);
    fact.period.clone_from(&it.period);
    fact.on_day = it.on_day;
    fact.until_day = it.until_day;
    fact.detail.clone_from(&reversing.reason);
    fact.evidence.clone_from(&reversing.evidence);
    fact.recorded_by.clone_from(&reversing.recorded_by);
    fact.reverses = Some(there.seq);
    fact
}

async fn one(
    db: &mut Connection,
    county: &str,
    seq: i64,
    known: Moment,
) -> Result<Option<StoredFact>, StoreError> {
    let query = sqlx::query(sql::FACT).bind(county).bind(seq).bind(known.micros());
    let row = query.fetch_optional(db).await.map_err(fault)?;
    row.as_ref().map(with_reversal).transpose()
}

fn put<'a>(line: &'a Line<'a>, values: &mut Vec<Value<'a>>) {
    let it = line.fact;
    values.extend([
        Value::Text(line.county),
        Value::Int(line.seq),
        Value::Text(it.kind.word()),
        Value::Text(&it.subject_kind),
        Value::Text(&it.subject),
        Value::Text(&it.item),
        Value::Text(&it.period),
        Value::day(it.on_day),
        Value::day(it.until_day),
        Value::Text(&it.name),
        Value::int(it.amount_a),
        Value::int(it.amount_b),
        Value::Text(&it.detail),
        Value::Text(&it.by_whom),
        Value::int(it.at.map(Moment::micros)),
        Value::Text(&it.evidence),
        Value::Text(&it.source),
        Value::Text(&it.source_record),
        Value::int(it.reverses),
        Value::Int(line.recorded.micros()),
        Value::Text(&it.recorded_by),
        Value::Text(line.request_id),
        Value::Text(&it.late_reason),
    ]);
}

pub(super) fn with_reversal(row: &Row) -> Result<StoredFact, StoreError> {
    let reversed = match get::<Option<i64>>(row, "reversed_seq")? {
        Some(seq) => Some(Reversal {
            seq,
            recorded: moment(row, "reversed")?,
            reason: get(row, "reversed_reason")?,
            recorded_by: get(row, "reversed_by")?,
        }),
        None => None,
    };
    stored(row, reversed)
}

pub(super) fn stored(row: &Row, reversed: Option<Reversal>) -> Result<StoredFact, StoreError> {
    Ok(StoredFact {
        seq: get(row, "seq")?,
        recorded: moment(row, "recorded")?,
        request_id: get(row, "request_id")?,
        fact: Fact {
            kind: word(row, "kind", FactKind::named)?,
            subject_kind: get(row, "subject_kind")?,
            subject: get(row, "subject")?,
            item: get(row, "item")?,
            period: get(row, "period")?,
            on_day: optional_day(row, "on_day")?,
            until_day: optional_day(row, "until_day")?,
            name: get(row, "name")?,
            amount_a: get(row, "amount_a")?,
            amount_b: get(row, "amount_b")?,
            detail: get(row, "detail")?,
            by_whom: get(row, "by_whom")?,
            at: optional_moment(row, "at_micros")?,
            evidence: get(row, "evidence")?,
            source: get(row, "source")?,
            source_record: get(row, "source_record")?,
            reverses: get(row, "reverses")?,
            recorded_by: get(row, "recorded_by")?,
            late_reason: get(row, "late_reason")?,
        },
        reversed,
    })
}
