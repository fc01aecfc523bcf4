//! Columns of a row, through the domain's own constructors: a value that is none is `Corrupt`.

use sqlx::{Database, Decode, Row as _, Type};

use super::super::Db;
use super::fault;
use crate::{
    domain::{
        exact::Money,
        time::{Day, Moment},
    },
    store::{Retirement, StoreError, day::SqlDay},
};

pub(super) type Row = <Db as Database>::Row;

pub(super) fn get<'r, T>(row: &'r Row, column: &str) -> Result<T, StoreError>
where
    T: Decode<'r, Db> + Type<Db>,
{
    row.try_get(column).map_err(fault)
}

pub(super) fn day(row: &Row, column: &str) -> Result<Day, StoreError> {
    get::<SqlDay>(row, column).map(|it| it.0)
}

pub(super) fn optional_day(row: &Row, column: &str) -> Result<Option<Day>, StoreError> {
    Ok(get::<Option<SqlDay>>(row, column)?.map(|it| it.0))
}

/// An amount in whole fen.
pub(super) fn money(row: &Row, column: &str) -> Result<Money, StoreError> {
    get(row, column).map(Money::from_fen)
}

pub(super) fn moment(row: &Row, column: &str) -> Result<Moment, StoreError> {
    get(row, column).map(Moment::from_micros)
}

pub(super) fn optional_moment(row: &Row, column: &str) -> Result<Option<Moment>, StoreError> {
    Ok(get::<Option<i64>>(row, column)?.map(Moment::from_micros))
}

pub(super) fn hash(row: &Row, column: &str) -> Result<[u8; 32], StoreError> {
    let bytes: &[u8] = get(row, column)?;
    bytes.try_into().map_err(|it| StoreError::corrupt(column, Box::new(it)))
}

pub(super) fn optional_hash(row: &Row, column: &str) -> Result<Option<[u8; 32]>, StoreError> {
    let Some(bytes) = get::<Option<&[u8]>>(row, column)? else { return Ok(None) };
    let hash = bytes.try_into().map_err(|it| StoreError::corrupt(column, Box::new(it)))?;
    Ok(Some(hash))
}

/// A stored word, read by the type's own table of words.
pub(super) fn word<T>(
    row: &Row,
    column: &str,
    named: impl Fn(&str) -> Option<T>,
) -> Result<T, StoreError> {
    let word: &str = get(row, column)?;
    named(word).ok_or_else(|| StoreError::unknown_word(column, word))
}

/// The end put to a version before its time, of columns that are absent where there was none.
pub(super) fn retirement(row: &Row) -> Result<Option<Retirement>, StoreError> {
    let Some(last_day) = optional_day(row, "retired_last_day")? else { return Ok(None) };
    Ok(Some(Retirement {
        last_day,
        reason: get::<Option<String>>(row, "retired_reason")?.unwrap_or_default(),
        recorded: optional_moment(row, "retired")?
            .ok_or_else(|| StoreError::corrupt("retired", "absent"))?,
        recorded_by: get::<Option<String>>(row, "retired_by")?.unwrap_or_default(),
    }))
}
