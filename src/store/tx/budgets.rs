//! The books of the county's money.

use async_trait::async_trait;
use sqlx::query::Query;

use super::super::{Db, insert_all, sql::budgets as sql};
use super::{
    SqlTx, fault,
    rounds::mark,
    row::{Row, get, money, word},
};
use crate::{
    domain::{
        award::{Account, Balances, Movement},
        exact::Money,
        time::Moment,
    },
    store::{
        AccountSum, BudgetReads, BudgetWrites, MovementListing, MovementRecord, StoreError,
        bulk::Value,
    },
};

type Asked<'q> = Query<'q, Db, <Db as sqlx::Database>::Arguments>;

/// The end of a time that is not asked for.
fn until(moment: Option<Moment>) -> i64 {
    moment.map_or(i64::MAX, Moment::micros)
}

impl SqlTx {
    /// The movements that a statement answers: the rows of each stand together.
    async fn books(
        &mut self,
        county: &str,
        query: Asked<'_>,
    ) -> Result<Vec<MovementRecord>, StoreError> {
        self.with(county, async |db| {
            let rows = query.fetch_all(db).await.map_err(fault)?;
            let mut all: Vec<MovementRecord> = Vec::new();
            for row in &rows {
                let it = movement(row)?;
                let same = |last: &MovementRecord| {
                    (last.number, &last.year, &last.purpose) == (it.number, &it.year, &it.purpose)
                };
                if !all.last().is_some_and(same) {
                    all.push(it);
                }
                if let (Some(posting), Some(last)) = (posting(row)?, all.last_mut()) {
                    last.postings.push(posting);
                }
            }
            all.iter_mut().for_each(|it| it.postings.sort_unstable());
            Ok(all)
        })
        .await
    }
}

#[async_trait]
impl BudgetReads for SqlTx {
    async fn last_movement(
        &mut self,
        county: &str,
        (year, purpose): (&str, &str),
        moment: Option<Moment>,
    ) -> Result<Option<MovementRecord>, StoreError> {
        let query = sqlx::query(sql::LAST_MOVEMENT).bind(county).bind(year).bind(purpose);
        Ok(self.books(county, query.bind(until(moment))).await?.pop())
    }

    async fn last_movements(
        &mut self,
        county: &str,
        year: &str,
        moment: Option<Moment>,
    ) -> Result<Vec<MovementRecord>, StoreError> {
        let query = sqlx::query(sql::LAST_MOVEMENTS).bind(county).bind(year).bind(until(moment));
        self.books(county, query).await
    }

    async fn movements(
        &mut self,
        county: &str,
        listing: &MovementListing,
    ) -> Result<Vec<MovementRecord>, StoreError> {
        let (recorded, year, purpose, number) = match &listing.after {
            Some(it) => (it.recorded.micros(), it.year.as_str(), it.purpose.as_str(), it.number),
            None => (i64::MIN, "", "", 0),
        };
        let query = sqlx::query(sql::MOVEMENTS)
            .bind(county)
            .bind(recorded)
            .bind(year)
            .bind(purpose)
            .bind(number)
            .bind(until(listing.until))
            .bind(&listing.year)
            .bind(&listing.purpose)
            .bind(&listing.batch_id)
            .bind(&listing.recipient_kind)
            .bind(&listing.recipient)
            .bind(listing.limit);
        self.books(county, query).await
    }

    async fn account_sums(
        &mut self,
        county: &str,
        (year, purpose): (&str, &str),
        moment: Option<Moment>,
    ) -> Result<Vec<AccountSum>, StoreError> {
        let query = sqlx::query(sql::ACCOUNT_SUMS).bind(county).bind(year).bind(purpose);
        let query = query.bind(until(moment));
        let mut sums = self
            .with(county, async |db| {
                let rows = query.fetch_all(db).await.map_err(fault)?;
                rows.iter().map(sum).collect::<Result<Vec<_>, _>>()
            })
            .await?;
        // The order of accounts is not that of their words.
        sums.sort_by(|a, b| (&a.purpose, a.account).cmp(&(&b.purpose, b.account)));
        Ok(sums)
    }
}

/// A movement with what the store adds.
struct Line<'a> {
    county: &'a str,
    recorded: Moment,
    row: &'a MovementRecord,
}

/// One posting of a movement.
struct Entry<'a> {
    county: &'a str,
    of: &'a MovementRecord,
    account: Account,
    amount: Money,
}

#[async_trait]
impl BudgetWrites for SqlTx {
    async fn insert_movements(
        &mut self,
        county: &str,
        movements: &[MovementRecord],
    ) -> Result<(), StoreError> {
        let recorded = self.locked(county)?.recorded;
        let mut lines: Vec<_> =
            movements.iter().map(|row| Line { county, recorded, row }).collect();
        // Each names the one before it, and many go in by several statements.
        lines.sort_by_key(|it| (&it.row.year, &it.row.purpose, it.row.number));
        let entry = |of| move |&(account, amount)| Entry { county, of, account, amount };
        let entries: Vec<_> =
            movements.iter().flat_map(|of| of.postings.iter().map(entry(of))).collect();
        self.with(county, async |db| {
            insert_all(db, &sql::MONEY_MOVEMENTS, &lines, put_movement).await?;
            insert_all(db, &sql::MONEY_POSTINGS, &entries, put_posting).await
        })
        .await
    }
}

fn put_movement<'a>(line: &'a Line<'a>, values: &mut Vec<Value<'a>>) {
    let it = line.row;
    let previous = (it.number > 1).then(|| it.number.saturating_sub(1));
    let after = &it.after;
    values.extend([line.county, &it.year, &it.purpose].map(Value::Text));
    values.extend([Value::Int(it.number), Value::int(previous), Value::Text(it.movement.word())]);
    values.push(Value::Int(it.amount.fen()));
    values.extend([&it.title, &it.other_purpose, &it.batch_id].map(|it| Value::Text(it)));
    values.extend([it.line, it.recovery].map(Value::Int));
    let texts = [&it.recipient_kind, &it.recipient, &it.text, &it.decided_by, &it.evidence];
    values.extend(texts.map(|it| Value::Text(it)));
    values.extend([after.appropriated, after.available, after.reserved].map(fen));
    values.extend([after.paid, after.returned, after.recovered, after.due].map(fen));
    values.push(Value::Int(line.recorded.micros()));
    values.extend([&it.mark.by, &it.mark.request_id].map(|it| Value::Text(it)));
}

fn fen<'a>(amount: Money) -> Value<'a> {
    Value::Int(amount.fen())
}

fn put_posting<'a>(entry: &'a Entry<'a>, values: &mut Vec<Value<'a>>) {
    let of = entry.of;
    values.extend([entry.county, &of.year, &of.purpose].map(Value::Text));
    values.extend([Value::Int(of.number), Value::Text(entry.account.word()), fen(entry.amount)]);
}

/// A movement without its postings.
fn movement(row: &Row) -> Result<MovementRecord, StoreError> {
    Ok(MovementRecord {
        year: get(row, "year")?,
        purpose: get(row, "purpose")?,
        number: get(row, "number")?,
        movement: word(row, "what", Movement::named)?,
        amount: money(row, "amount")?,
        title: get(row, "title")?,
        other_purpose: get(row, "other_purpose")?,
        batch_id: get(row, "batch_id")?,
        line: get(row, "line")?,
        recovery: get(row, "recovery")?,
        recipient_kind: get(row, "recipient_kind")?,
        recipient: get(row, "recipient")?,
        text: get(row, "text")?,
        decided_by: get(row, "decided_by")?,
        evidence: get(row, "evidence")?,
        postings: Vec::new(),
        after: Balances {
            appropriated: money(row, "appropriated")?,
            available: money(row, "available")?,
            reserved: money(row, "reserved")?,
            paid: money(row, "paid")?,
            returned: money(row, "returned")?,
            recovered: money(row, "recovered")?,
            due: money(row, "due")?,
        },
        mark: mark(row)?,
    })
}

/// The posting of a row; none where a movement has none.
fn posting(row: &Row) -> Result<Option<(Account, Money)>, StoreError> {
    let Some(fen) = get::<Option<i64>>(row, "fen")? else { return Ok(None) };
    Ok(Some((word(row, "account", Account::named)?, Money::from_fen(fen))))
}

fn sum(row: &Row) -> Result<AccountSum, StoreError> {
    Ok(AccountSum {
        purpose: get(row, "purpose")?,
        account: word(row, "account", Account::named)?,
        debit: money(row, "debit")?,
        credit: money(row, "credit")?,
    })
}
