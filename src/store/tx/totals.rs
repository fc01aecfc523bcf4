//! Rolled-up rows: kept with the ledger, and proved from it.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use super::super::{insert_all, integers, list, sql::totals as sql};
use super::{
    Connection, SqlTx, fault,
    row::{Row, day, get, moment},
};
use crate::{
    domain::time::{Day, Moment},
    store::{
        Fact, FactKind, StoreError, Sums, TotalsDifference, TotalsReads, TotalsRow, bulk::Value,
        day::SqlDay,
    },
};

/// Subject kind, subject and year.
type Key = (String, String, i64);

#[async_trait]
impl TotalsReads for SqlTx {
    async fn totals(
        &mut self,
        county: &str,
        subject_kind: &str,
        subjects: &[String],
        years: &[i64],
    ) -> Result<Vec<TotalsRow>, StoreError> {
        self.with(county, async |db| read(db, county, subject_kind, subjects, years).await).await
    }

    async fn verify_totals(&mut self, county: &str) -> Result<Vec<TotalsDifference>, StoreError> {
        self.with(county, async |db| {
            let mut differences = Vec::new();
            let mut after = (String::new(), String::new());
            loop {
                let page = subjects_after(db, county, &after).await?;
                let Some(last) = page.last() else { break };
                after = last.clone();
                let mut kinds: BTreeMap<String, Vec<String>> = BTreeMap::new();
                for (kind, subject) in page {
                    kinds.entry(kind).or_default().push(subject);
                }
                for (kind, subjects) in kinds {
                    differences.extend(compare(db, county, &kind, &subjects).await?);
                }
            }
            Ok(differences)
        })
        .await
    }
}

/// What a change of the ledger leaves in the rows it touches.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamp<'a> {
    pub(super) county: &'a str,
    pub(super) through_seq: i64,
    pub(super) latest: Moment,
}

/// A row on its way in.
struct Line<'a> {
    stamp: Stamp<'a>,
    key: Key,
    sums: Vec<u8>,
}

/// Adds the entries among the facts to their rows: one read and one write, however many.
pub(super) async fn add(
    db: &mut Connection,
    stamp: Stamp<'_>,
    facts: &[Fact],
) -> Result<(), StoreError> {
    let mut sums = grouped(facts)?;
    let mut kinds: BTreeMap<String, (BTreeSet<String>, BTreeSet<i64>)> = BTreeMap::new();
    for (kind, subject, year) in sums.keys() {
        let (subjects, years) = kinds.entry(kind.clone()).or_default();
        subjects.insert(subject.clone());
        years.insert(*year);
    }
    for (kind, (subjects, years)) in kinds {
        let subjects: Vec<String> = subjects.into_iter().collect();
        let years: Vec<i64> = years.into_iter().collect();
        for row in read(db, stamp.county, &kind, &subjects, &years).await? {
            if let Some(added) = sums.get_mut(&(row.subject_kind, row.subject, row.year)) {
                added.merge(&row.sums).ok_or(StoreError::Overflow)?;
            }
        }
    }
    write(db, stamp, sums).await
}

/// Works one row out of the ledger again. A row without entries stays, with the moment of its last
/// change, for readers as of an earlier one.
pub(super) async fn again(
    db: &mut Connection,
    stamp: Stamp<'_>,
    kind: &str,
    subject: &str,
    year: i64,
) -> Result<(), StoreError> {
    let of = |month, day| Day::new(year, month, day).ok_or(StoreError::Overflow);
    let days = (of(1, 1)?, of(12, 31)?);
    let mut sums = from_ledger(db, stamp.county, kind, &[subject.to_owned()], days).await?;
    sums.entry((kind.to_owned(), subject.to_owned(), year)).or_default();
    write(db, stamp, sums).await
}

fn grouped(facts: &[Fact]) -> Result<BTreeMap<Key, Sums>, StoreError> {
    let mut all: BTreeMap<Key, Sums> = BTreeMap::new();
    for fact in facts.iter().filter(|it| it.kind == FactKind::Entry) {
        let day = fact.on_day.ok_or_else(|| StoreError::corrupt("on_day", "an entry has a day"))?;
        let times = fact.amount_a;
        let times = times.ok_or_else(|| StoreError::corrupt("amount_a", "an entry has times"))?;
        let key = (fact.subject_kind.clone(), fact.subject.clone(), day.year());
        let sums = all.entry(key).or_default();
        sums.add(&fact.item, day, times, fact.amount_b).ok_or(StoreError::Overflow)?;
    }
    Ok(all)
}

async fn write(
    db: &mut Connection,
    stamp: Stamp<'_>,
    sums: BTreeMap<Key, Sums>,
) -> Result<(), StoreError> {
    let lines: Vec<Line<'_>> =
        sums.into_iter().map(|(key, sums)| Line { stamp, key, sums: sums.encode() }).collect();
    insert_all(db, &sql::TOTALS_TABLE, &lines, put).await
}

fn put<'a>(line: &'a Line<'a>, values: &mut Vec<Value<'a>>) {
    let (kind, subject, year) = &line.key;
    values.extend([
        Value::Text(line.stamp.county),
        Value::Text(kind),
        Value::Text(subject),
        Value::Int(*year),
        Value::Bytes(&line.sums),
        Value::Int(line.stamp.through_seq),
        Value::Int(line.stamp.latest.micros()),
        Value::Int(1),
    ]);
}

async fn read(
    db: &mut Connection,
    county: &str,
    subject_kind: &str,
    subjects: &[String],
    years: &[i64],
) -> Result<Vec<TotalsRow>, StoreError> {
    let query = sqlx::query(sql::TOTALS)
        .bind(county)
        .bind(subject_kind)
        .bind(list(subjects)?)
        .bind(integers(years)?);
    let rows = query.fetch_all(db).await.map_err(fault)?;
    rows.iter().map(row).collect()
}

fn row(row: &Row) -> Result<TotalsRow, StoreError> {
    let (subject_kind, subject, year) = key(row)?;
    let sums = sums(row)?.ok_or_else(|| StoreError::corrupt("sums", "not an encoding of sums"))?;
    Ok(TotalsRow {
        subject_kind,
        subject,
        year,
        sums,
        through_seq: get(row, "through_seq")?,
        latest: moment(row, "latest")?,
        revision: get(row, "revision")?,
    })
}

fn key(row: &Row) -> Result<Key, StoreError> {
    Ok((get(row, "subject_kind")?, get(row, "subject")?, get(row, "year")?))
}

fn sums(row: &Row) -> Result<Option<Sums>, StoreError> {
    Ok(Sums::decode(get::<&[u8]>(row, "sums")?))
}

async fn subjects_after(
    db: &mut Connection,
    county: &str,
    after: &(String, String),
) -> Result<Vec<(String, String)>, StoreError> {
    const PAGE: i64 = 500;
    let query =
        sqlx::query(sql::TOTALS_SUBJECTS).bind(county).bind(&after.0).bind(&after.1).bind(PAGE);
    let rows = query.fetch_all(db).await.map_err(fault)?;
    rows.iter().map(|it| Ok((get(it, "subject_kind")?, get(it, "subject")?))).collect()
}

async fn from_ledger(
    db: &mut Connection,
    county: &str,
    kind: &str,
    subjects: &[String],
    days: (Day, Day),
) -> Result<BTreeMap<Key, Sums>, StoreError> {
    let query = sqlx::query(sql::STANDING_ENTRIES)
        .bind(county)
        .bind(kind)
        .bind(list(subjects)?)
        .bind(SqlDay(days.0))
        .bind(SqlDay(days.1));
    let rows = query.fetch_all(db).await.map_err(fault)?;
    let mut all: BTreeMap<Key, Sums> = BTreeMap::new();
    for row in &rows {
        let on_day = day(row, "on_day")?;
        let key = (kind.to_owned(), get::<String>(row, "subject")?, on_day.year());
        let sums = all.entry(key).or_default();
        sums.add(get(row, "item")?, on_day, get(row, "amount_a")?, get(row, "amount_b")?)
            .ok_or(StoreError::Overflow)?;
    }
    Ok(all)
}

/// The differences of some subjects, all years.
async fn compare(
    db: &mut Connection,
    county: &str,
    kind: &str,
    subjects: &[String],
) -> Result<Vec<TotalsDifference>, StoreError> {
    let of = |year, month, day| Day::new(year, month, day).ok_or(StoreError::Overflow);
    let days = (of(1, 1, 1)?, of(9999, 12, 31)?);
    let mut ledger = from_ledger(db, county, kind, subjects, days).await?;
    let query = sqlx::query(sql::TOTALS_ALL_YEARS).bind(county).bind(kind).bind(list(subjects)?);
    let rows = query.fetch_all(db).await.map_err(fault)?;
    let mut differences = Vec::new();
    for row in &rows {
        let key = key(row)?;
        let (kept, found) = (sums(row)?, ledger.remove(&key));
        let same = kept.as_ref() == Some(&found.clone().unwrap_or_default());
        if !same {
            differences.push(difference(key, kept, found));
        }
    }
    differences.extend(ledger.into_iter().map(|(key, found)| difference(key, None, Some(found))));
    Ok(differences)
}

fn difference(key: Key, kept: Option<Sums>, ledger: Option<Sums>) -> TotalsDifference {
    let (subject_kind, subject, year) = key;
    TotalsDifference { subject_kind, subject, year, kept, ledger }
}
