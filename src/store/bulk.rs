//! Inserts by set: one column list per table, from which `UNNEST` of whole columns is made for
//! PostgreSQL and `VALUES` of many rows for SQLite. Never one statement per row.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::Arc,
};

use super::day::SqlDay;

/// What a column holds. Each may be null where the table lets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Text,
    Int,
    Bytes,
    Day,
}

impl Holds {
    const fn array(self) -> &'static str {
        match self {
            Self::Text => "text[]",
            Self::Int => "bigint[]",
            Self::Bytes => "bytea[]",
            Self::Day => "date[]",
        }
    }
}

/// A table that rows are put into.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static [(&'static str, Holds)],
    /// What follows the rows: `ON CONFLICT ...`, or nothing.
    pub(super) tail: &'static str,
}

/// A value on its way into a column.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'a> {
    Text(&'a str),
    Int(i64),
    NoInt,
    Bytes(&'a [u8]),
    Day(SqlDay),
    NoDay,
}

impl Value<'_> {
    pub(super) fn int(value: Option<i64>) -> Self {
        value.map_or(Self::NoInt, Self::Int)
    }

    pub(super) fn day(value: Option<crate::domain::time::Day>) -> Self {
        value.map_or(Self::NoDay, |it| Self::Day(SqlDay(it)))
    }
}

impl Table {
    /// The head that both texts share.
    fn head(&self) -> String {
        let columns: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        format!("INSERT INTO {} ({})", self.name, columns.join(", "))
    }

    /// PostgreSQL: one parameter per column.
    pub(super) fn unnest(&self) -> String {
        let mut text = self.head();
        text.push_str(" SELECT * FROM UNNEST(");
        for ((_, holds), number) in self.columns.iter().zip(1_u32..) {
            let comma = if number == 1 { "" } else { ", " };
            let _ = write!(text, "{comma}${number}::{}", holds.array());
        }
        let _ = write!(text, ") {}", self.tail);
        text
    }

    /// SQLite: one parameter per value.
    pub(super) fn values(&self, rows: usize) -> String {
        let row = format!("({})", vec!["?"; self.columns.len()].join(", "));
        format!("{} VALUES {} {}", self.head(), vec![row.as_str(); rows].join(", "), self.tail)
    }
}

/// The items of a list parameter, each once and in order: a text asked for twice is found once.
pub(super) fn distinct(items: &[String]) -> Vec<String> {
    items.iter().collect::<BTreeSet<_>>().into_iter().cloned().collect()
}

/// The numbers of rows of the SQLite texts; few, so that the prepared ones are used again.
pub(super) const CHUNKS: [usize; 5] = [512, 128, 32, 8, 1];

/// The texts of the tables, made once: by table name and number of rows (0 for `UNNEST`).
#[derive(Debug, Default)]
pub(super) struct Texts(BTreeMap<(&'static str, usize), Arc<str>>);

impl Texts {
    pub(super) fn of(tables: &[Table]) -> Self {
        let mut texts = BTreeMap::new();
        for table in tables {
            texts.insert((table.name, 0), Arc::from(table.unnest()));
            for rows in CHUNKS {
                texts.insert((table.name, rows), Arc::from(table.values(rows)));
            }
        }
        Self(texts)
    }

    pub(super) fn get(&self, table: &Table, rows: usize) -> Arc<str> {
        match self.0.get(&(table.name, rows)) {
            Some(text) => Arc::clone(text),
            None if rows == 0 => Arc::from(table.unnest()),
            None => Arc::from(table.values(rows)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: Table = Table {
        name: "t",
        columns: &[("a", Holds::Int), ("b", Holds::Day)],
        tail: "ON CONFLICT DO NOTHING",
    };

    #[test]
    fn both_texts_name_the_same_columns() {
        let unnest = "INSERT INTO t (a, b) SELECT * FROM UNNEST($1::bigint[], $2::date[]) ON CONFLICT DO NOTHING";
        assert_eq!(TABLE.unnest(), unnest);
        assert_eq!(
            TABLE.values(2),
            "INSERT INTO t (a, b) VALUES (?, ?), (?, ?) ON CONFLICT DO NOTHING"
        );
    }
}
