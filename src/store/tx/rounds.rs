//! Assessment rounds.

use async_trait::async_trait;
use sqlx::query::Query;

use super::super::{Db, insert_all, list, sql::rounds as sql};
use super::{
    SqlTx, fault,
    row::{Row, day, get, moment, optional_day, optional_moment, word},
};
use crate::{
    domain::time::Moment,
    store::{
        Mark, RevisionState, RoundHeader, RoundListing, RoundReads, RoundSheet, RoundStep,
        RoundWrites, SheetKey, SheetRevision, StepKind, StoreError, bulk::Value, day::SqlDay,
    },
};

type Asked<'q> = Query<'q, Db, <Db as sqlx::Database>::Arguments>;

impl SqlTx {
    /// The sheets that a statement answers.
    async fn sheets(
        &mut self,
        county: &str,
        query: Asked<'_>,
    ) -> Result<Vec<RoundSheet>, StoreError> {
        self.with(county, async |db| {
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(sheet).collect()
        })
        .await
    }
}

#[async_trait]
impl RoundReads for SqlTx {
    async fn round(&mut self, county: &str, id: &str) -> Result<Option<RoundHeader>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::ROUND).bind(county).bind(id);
            let row = query.fetch_optional(db).await.map_err(fault)?;
            row.as_ref().map(header).transpose()
        })
        .await
    }

    async fn round_page(
        &mut self,
        county: &str,
        listing: &RoundListing,
    ) -> Result<Vec<RoundHeader>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::ROUND_PAGE)
                .bind(county)
                .bind(&listing.after)
                .bind(&listing.scheme_id)
                .bind(&listing.period)
                .bind(listing.limit);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(header).collect()
        })
        .await
    }

    async fn round_steps(
        &mut self,
        county: &str,
        round: &str,
        known: Moment,
    ) -> Result<Vec<RoundStep>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::ROUND_STEPS).bind(county).bind(known.micros()).bind(round);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(step).collect()
        })
        .await
    }

    async fn round_sheets(
        &mut self,
        county: &str,
        (round, known): (&str, Moment),
        after: &SheetKey,
        limit: i64,
    ) -> Result<Vec<RoundSheet>, StoreError> {
        let query = sqlx::query(sql::ROUND_SHEETS)
            .bind(county)
            .bind(known.micros())
            .bind(round)
            .bind(&after.role)
            .bind(&after.assessor)
            .bind(&after.subject)
            .bind(limit);
        self.sheets(county, query).await
    }

    async fn handed_in(
        &mut self,
        county: &str,
        (round, known): (&str, Moment),
        after: &SheetKey,
        limit: i64,
    ) -> Result<Vec<RoundSheet>, StoreError> {
        let query = sqlx::query(sql::HANDED_IN)
            .bind(county)
            .bind(known.micros())
            .bind(round)
            .bind(&after.role)
            .bind(&after.assessor)
            .bind(&after.subject)
            .bind(limit);
        self.sheets(county, query).await
    }

    async fn sheets_of(
        &mut self,
        county: &str,
        (round, known): (&str, Moment),
        (role, assessor): (&str, &str),
        subjects: &[String],
    ) -> Result<Vec<RoundSheet>, StoreError> {
        let query = sqlx::query(sql::SHEETS_OF)
            .bind(county)
            .bind(known.micros())
            .bind(round)
            .bind(role)
            .bind(assessor)
            .bind(list(subjects)?);
        self.sheets(county, query).await
    }

    async fn sheets_held(
        &mut self,
        county: &str,
        (round, known): (&str, Moment),
        holders: &[String],
        (after, limit): (&SheetKey, i64),
    ) -> Result<Vec<RoundSheet>, StoreError> {
        let query = sqlx::query(sql::SHEETS_HELD)
            .bind(county)
            .bind(known.micros())
            .bind(round)
            .bind(list(holders)?)
            .bind(&after.role)
            .bind(&after.assessor)
            .bind(&after.subject)
            .bind(limit);
        self.sheets(county, query).await
    }

    async fn sheets_about(
        &mut self,
        county: &str,
        known: Moment,
        subjects: &[String],
    ) -> Result<Vec<RoundSheet>, StoreError> {
        let query = sqlx::query(sql::SHEETS_ABOUT).bind(county).bind(known.micros());
        self.sheets(county, query.bind(list(subjects)?)).await
    }

    async fn any_sheet_of(
        &mut self,
        county: &str,
        (round, known): (&str, Moment),
        (role, assessor): (&str, &str),
    ) -> Result<Option<RoundSheet>, StoreError> {
        let query = sqlx::query(sql::ANY_SHEET_OF)
            .bind(county)
            .bind(known.micros())
            .bind(round)
            .bind(role)
            .bind(assessor);
        Ok(self.sheets(county, query).await?.pop())
    }

    async fn round_revisions(
        &mut self,
        county: &str,
        round: &str,
        (after, number): (&SheetKey, i64),
        limit: i64,
    ) -> Result<Vec<(SheetKey, SheetRevision)>, StoreError> {
        self.with(county, async |db| {
            let query = sqlx::query(sql::ROUND_REVISIONS)
                .bind(county)
                .bind(round)
                .bind(&after.role)
                .bind(&after.assessor)
                .bind(&after.subject)
                .bind(number)
                .bind(limit);
            let rows = query.fetch_all(db).await.map_err(fault)?;
            rows.iter().map(|it| Ok((key(it)?, revision(it)?))).collect()
        })
        .await
    }
}

/// A row with what the store adds.
struct Line<'a, T> {
    county: &'a str,
    round: &'a str,
    recorded: Moment,
    row: &'a T,
}

#[async_trait]
impl RoundWrites for SqlTx {
    async fn insert_round(&mut self, county: &str, round: &RoundHeader) -> Result<(), StoreError> {
        let recorded = self.locked(county)?.recorded;
        self.with(county, async |db| {
            let query = sqlx::query(sql::INSERT_ROUND)
                .bind(county)
                .bind(&round.round_id)
                .bind(&round.scheme_id)
                .bind(round.version)
                .bind(&round.subject_kind)
                .bind(&round.period)
                .bind(SqlDay(round.opens_on))
                .bind(SqlDay(round.due_on))
                .bind(recorded.micros())
                .bind(&round.opened.by)
                .bind(&round.opened.request_id);
            query.execute(db).await.map_err(fault).map(|_| ())
        })
        .await
    }

    async fn insert_round_sheets(
        &mut self,
        county: &str,
        sheets: &[RoundSheet],
    ) -> Result<(), StoreError> {
        let recorded = self.locked(county)?.recorded;
        let line = |row| {
            let row: &RoundSheet = row;
            Line { county, round: &row.round_id, recorded, row }
        };
        let lines: Vec<_> = sheets.iter().map(line).collect();
        self.with(county, async |db| {
            insert_all(db, &sql::ROUND_SHEETS_TABLE, &lines, put_sheet).await
        })
        .await
    }

    async fn insert_revisions(
        &mut self,
        county: &str,
        round: &str,
        revisions: &[(SheetKey, SheetRevision)],
    ) -> Result<(), StoreError> {
        let recorded = self.locked(county)?.recorded;
        let lines: Vec<_> =
            revisions.iter().map(|row| Line { county, round, recorded, row }).collect();
        self.with(county, async |db| {
            insert_all(db, &sql::ROUND_REVISIONS_TABLE, &lines, put_revision).await
        })
        .await
    }

    async fn insert_round_step(
        &mut self,
        county: &str,
        round: &str,
        step: &RoundStep,
    ) -> Result<(), StoreError> {
        let recorded = self.locked(county)?.recorded;
        self.with(county, async |db| {
            let query = sqlx::query(sql::INSERT_ROUND_STEP)
                .bind(county)
                .bind(round)
                .bind(step.step)
                .bind(step.kind.word())
                .bind(&step.role)
                .bind(&step.assessor)
                .bind(&step.subject)
                .bind(step.until.map(SqlDay))
                .bind(&step.reason)
                .bind(step.first_fact)
                .bind(step.facts)
                .bind(recorded.micros())
                .bind(&step.mark.by)
                .bind(&step.mark.request_id);
            query.execute(db).await.map_err(fault).map(|_| ())
        })
        .await
    }
}

fn put_sheet<'a>(line: &'a Line<'a, RoundSheet>, values: &mut Vec<Value<'a>>) {
    let it = line.row;
    values.extend([
        Value::Text(line.county),
        Value::Text(line.round),
        Value::Text(&it.key.role),
        Value::Text(&it.key.assessor),
        Value::Text(&it.key.subject),
        Value::Int(i64::from(it.optional)),
        Value::Text(&it.holder),
        Value::Int(line.recorded.micros()),
        Value::Text(&it.mark.by),
        Value::Text(&it.mark.request_id),
    ]);
}

fn put_revision<'a>(line: &'a Line<'a, (SheetKey, SheetRevision)>, values: &mut Vec<Value<'a>>) {
    let (key, it) = line.row;
    values.extend([
        Value::Text(line.county),
        Value::Text(line.round),
        Value::Text(&key.role),
        Value::Text(&key.assessor),
        Value::Text(&key.subject),
        Value::Int(it.revision),
        Value::Text(it.state.word()),
        Value::Text(&it.points),
        Value::Int(line.recorded.micros()),
        Value::Text(&it.mark.by),
        Value::Text(&it.mark.request_id),
    ]);
}

/// When, by whom and on what request a row was recorded.
pub(super) fn mark(row: &Row) -> Result<Mark, StoreError> {
    Ok(Mark {
        recorded: moment(row, "recorded")?,
        by: get(row, "recorded_by")?,
        request_id: get(row, "request_id")?,
    })
}

fn header(row: &Row) -> Result<RoundHeader, StoreError> {
    Ok(RoundHeader {
        round_id: get(row, "round_id")?,
        scheme_id: get(row, "scheme_id")?,
        version: get(row, "version")?,
        subject_kind: get(row, "subject_kind")?,
        period: get(row, "period")?,
        opens_on: day(row, "opens_on")?,
        due_on: day(row, "due_on")?,
        opened: mark(row)?,
        closed: closed(row)?,
    })
}

/// The closing of a round, of columns that are absent where it is open.
fn closed(row: &Row) -> Result<Option<RoundStep>, StoreError> {
    let Some(step) = get::<Option<i64>>(row, "closed_step")? else { return Ok(None) };
    let recorded = optional_moment(row, "closed")?;
    let mark = Mark {
        recorded: recorded.ok_or_else(|| StoreError::corrupt("closed", "absent"))?,
        by: get::<Option<String>>(row, "closed_by")?.unwrap_or_default(),
        request_id: get::<Option<String>>(row, "closed_request_id")?.unwrap_or_default(),
    };
    Ok(Some(RoundStep {
        step,
        kind: StepKind::Closing,
        role: String::new(),
        assessor: String::new(),
        subject: String::new(),
        until: None,
        reason: get::<Option<String>>(row, "closed_reason")?.unwrap_or_default(),
        first_fact: get::<Option<i64>>(row, "closed_first_fact")?.unwrap_or_default(),
        facts: get::<Option<i64>>(row, "closed_facts")?.unwrap_or_default(),
        mark,
    }))
}

fn step(row: &Row) -> Result<RoundStep, StoreError> {
    Ok(RoundStep {
        step: get(row, "step")?,
        kind: word(row, "what", StepKind::named)?,
        role: get(row, "role")?,
        assessor: get(row, "assessor")?,
        subject: get(row, "subject")?,
        until: optional_day(row, "until_day")?,
        reason: get(row, "reason")?,
        first_fact: get(row, "first_fact")?,
        facts: get(row, "facts")?,
        mark: mark(row)?,
    })
}

fn key(row: &Row) -> Result<SheetKey, StoreError> {
    Ok(SheetKey {
        role: get(row, "role")?,
        assessor: get(row, "assessor")?,
        subject: get(row, "subject")?,
    })
}

fn revision(row: &Row) -> Result<SheetRevision, StoreError> {
    Ok(SheetRevision {
        revision: get(row, "revision")?,
        state: word(row, "state", RevisionState::named)?,
        points: get(row, "points")?,
        mark: Mark {
            recorded: moment(row, "revised")?,
            by: get(row, "revised_by")?,
            request_id: get(row, "revised_request_id")?,
        },
    })
}

fn sheet(row: &Row) -> Result<RoundSheet, StoreError> {
    let begun = get::<Option<i64>>(row, "revision")?.is_some();
    Ok(RoundSheet {
        round_id: get(row, "round_id")?,
        key: key(row)?,
        optional: get::<i64>(row, "optional")? == 1,
        holder: get(row, "holder")?,
        mark: mark(row)?,
        latest: if begun { Some(revision(row)?) } else { None },
    })
}
