//! What the database shows, read past the product: by statements of this file's own.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, Connection as _};

use crate::harness::COUNTY;

/// A row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FactRow {
    pub(super) seq: i64,
    pub(super) request_id: String,
    pub(super) kind: String,
    pub(super) subject: String,
    pub(super) amount: i64,
    pub(super) marker: String,
    /// The row it reverses; 0 for none.
    pub(super) reverses: i64,
    pub(super) detail: String,
}

/// A version in the registry, or a grant: what marks it, under which request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MarkedRow {
    pub(super) request_id: String,
    pub(super) marker: String,
}

/// An evaluation run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RunRow {
    pub(super) run: String,
    pub(super) state: String,
    pub(super) subjects: i64,
    pub(super) digest: String,
    pub(super) quotas: String,
    pub(super) supersedes: String,
    pub(super) superseded_by: String,
    /// How many results are stored.
    pub(super) stored: i64,
}

/// A result: what its digest is over, in order, and the digest that was stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ResultRow {
    pub(super) ordinal: i64,
    pub(super) fields: Vec<String>,
    pub(super) digest: String,
}

/// An entry of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AuditRow {
    pub(super) seq: i64,
    pub(super) recorded: i64,
    pub(super) principal: String,
    pub(super) method: String,
    pub(super) request_id: String,
    pub(super) fingerprint: String,
    pub(super) subject: String,
    pub(super) effect_digest: String,
    pub(super) prev_hash: String,
    pub(super) hash: String,
}

/// Where an observation begins: what was recorded before has been judged.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Mark {
    /// The calls from this number on are judged by their rows.
    pub(super) call: u64,
    /// The sightings from this place on are judged whole.
    pub(super) sightings: usize,
    /// Facts, registry versions, grants and audit entries there were.
    pub(super) facts: i64,
    pub(super) records: i64,
    pub(super) grants: i64,
    pub(super) audit: i64,
    /// The hash of the last audit entry; empty for none.
    pub(super) hash: String,
    /// Runs whose results have been judged.
    pub(super) runs: BTreeSet<String>,
}

/// Everything that the database shows from a mark on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Observation {
    pub(super) since: Mark,
    /// Facts, registry versions, grants and audit entries at or before the mark, counted again.
    pub(super) before: [i64; 4],
    pub(super) facts: Vec<FactRow>,
    pub(super) records: Vec<MarkedRow>,
    pub(super) grants: Vec<MarkedRow>,
    pub(super) runs: Vec<RunRow>,
    pub(super) results: BTreeMap<String, Vec<ResultRow>>,
    pub(super) audit: Vec<AuditRow>,
    /// Count and hash of the county's head.
    pub(super) head: (i64, String),
}

impl Observation {
    /// Where the next one begins.
    pub(super) fn mark(&self, call: u64, sightings: usize) -> Mark {
        let more = |before: i64, len: usize| before + i64::try_from(len).unwrap();
        let since = &self.since;
        let settled = self.runs.iter().filter(|it| !it.digest.is_empty());
        Mark {
            call,
            sightings,
            facts: more(since.facts, self.facts.len()),
            records: more(since.records, self.records.len()),
            grants: more(since.grants, self.grants.len()),
            audit: more(since.audit, self.audit.len()),
            hash: self.audit.last().map_or_else(|| since.hash.clone(), |it| it.hash.clone()),
            runs: settled.map(|it| it.run.clone()).collect(),
        }
    }
}

/// A way to the database.
#[derive(Debug)]
pub(super) enum Database {
    Sqlite(sqlx::SqliteConnection),
    Postgres(sqlx::PgConnection),
}

/// What no stored text has.
const SEPARATOR: char = '\u{1f}';

impl Database {
    /// Of a PostgreSQL by somebody whom no fence keeps from a row.
    pub(super) async fn open(url: &str) -> Self {
        if url.starts_with("sqlite:") {
            return Self::Sqlite(sqlx::SqliteConnection::connect(url).await.unwrap());
        }
        Self::Postgres(sqlx::PgConnection::connect(url).await.unwrap())
    }

    pub(super) async fn execute(&mut self, text: &str) {
        let query = sqlx::raw_sql(AssertSqlSafe(text.to_owned()));
        match self {
            Self::Sqlite(db) => query.execute(db).await.map(|_| ()),
            Self::Postgres(db) => query.execute(db).await.map(|_| ()),
        }
        .unwrap();
    }

    /// Ends the connections that hold the county's head, and answers how many.
    pub(super) async fn terminate_writers(&mut self) -> usize {
        // First those are found, and then they are ended: nobody else is.
        let text = "(SELECT pid FROM pg_locks WHERE relation = 'county_heads'::regclass
            AND mode = 'RowExclusiveLock' AND granted OFFSET 0) AS held
            WHERE pg_terminate_backend(held.pid)";
        usize::try_from(self.number(text).await).unwrap()
    }

    /// Columns of the rows of a county, as text; a name after `#` is of bytes.
    pub(super) async fn rows(&mut self, columns: &[&str], rest: &str) -> Vec<Vec<String>> {
        let column = |name: &str| match (name.strip_prefix('#'), &self) {
            (None, _) => format!("COALESCE(CAST({name} AS TEXT), '')"),
            (Some(name), Self::Sqlite(_)) => format!("COALESCE(LOWER(HEX({name})), '')"),
            (Some(name), Self::Postgres(_)) => format!("COALESCE(ENCODE({name}, 'hex'), '')"),
        };
        let columns: Vec<String> = columns.iter().map(|it| column(it)).collect();
        let columns = columns.join(&format!(" || '{SEPARATOR}' || "));
        let text = AssertSqlSafe(format!("SELECT {columns} FROM {rest}"));
        let rows: Result<Vec<String>, _> = match self {
            Self::Sqlite(db) => sqlx::query_scalar(text).fetch_all(db).await,
            Self::Postgres(db) => sqlx::query_scalar(text).fetch_all(db).await,
        };
        let rows = rows.unwrap().into_iter();
        rows.map(|it| it.split(SEPARATOR).map(str::to_owned).collect()).collect()
    }

    async fn number(&mut self, rest: &str) -> i64 {
        self.rows(&["COUNT(*)"], rest).await[0][0].parse().unwrap()
    }

    /// One snapshot of everything from a mark on.
    pub(super) async fn observe(&mut self, since: Mark) -> Observation {
        self.execute(match self {
            Self::Sqlite(_) => "BEGIN",
            Self::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
        })
        .await;
        let seen = self.observe_here(since).await;
        self.execute("COMMIT").await;
        seen
    }

    async fn observe_here(&mut self, since: Mark) -> Observation {
        let of = |table: &str| format!("{table} WHERE county = '{COUNTY}'");
        let tables = [
            ("facts", since.facts),
            ("registry_versions", since.records),
            ("access_records", since.grants),
            ("audit_entries", since.audit),
        ];
        let mut before = [0; 4];
        for (index, (table, until)) in tables.iter().enumerate() {
            before[index] = self.number(&format!("{} AND seq <= {until}", of(table))).await;
        }
        let from =
            |(table, after): (&str, i64)| format!("{} AND seq > {after} ORDER BY seq", of(table));
        let facts = self.facts(&from(tables[0])).await;
        let records = self.marked("id", &from(tables[1])).await;
        let grants = self.marked("principal", &from(tables[2])).await;
        let audit = self.audit(&from(tables[3])).await;
        let runs = self.runs(&of("runs r")).await;
        let mut results = BTreeMap::new();
        for run in runs.iter().filter(|it| !since.runs.contains(&it.run)) {
            let rest = format!("{} AND run_id = '{}' ORDER BY ordinal", of("results"), run.run);
            results.insert(run.run.clone(), self.results(&rest).await);
        }
        let head = self.rows(&["audit_count", "#audit_head"], &of("county_heads")).await;
        let head = head.first().map_or_else(Default::default, |it| number(it, 0, 1));
        Observation { since, before, facts, records, grants, runs, results, audit, head }
    }

    async fn facts(&mut self, rest: &str) -> Vec<FactRow> {
        let columns = [
            "seq",
            "request_id",
            "kind",
            "subject",
            "COALESCE(amount_a, 0)",
            "source_record",
            "COALESCE(reverses, 0)",
            "detail",
        ];
        let row = |it: Vec<String>| FactRow {
            seq: it[0].parse().unwrap(),
            request_id: it[1].clone(),
            kind: it[2].clone(),
            subject: it[3].clone(),
            amount: it[4].parse().unwrap(),
            marker: it[5].clone(),
            reverses: it[6].parse().unwrap(),
            detail: it[7].clone(),
        };
        self.rows(&columns, rest).await.into_iter().map(row).collect()
    }

    async fn marked(&mut self, marker: &str, rest: &str) -> Vec<MarkedRow> {
        let rows = self.rows(&["request_id", marker], rest).await.into_iter();
        rows.map(|it| MarkedRow { request_id: it[0].clone(), marker: it[1].clone() }).collect()
    }

    async fn runs(&mut self, rest: &str) -> Vec<RunRow> {
        let columns = [
            "run_id",
            "state",
            "subjects",
            "#result_digest",
            "quotas",
            "supersedes",
            "superseded_by",
            "(SELECT COUNT(*) FROM results x WHERE x.county = r.county AND x.run_id = r.run_id)",
        ];
        let row = |it: Vec<String>| RunRow {
            run: it[0].clone(),
            state: it[1].clone(),
            subjects: it[2].parse().unwrap(),
            digest: it[3].clone(),
            quotas: it[4].clone(),
            supersedes: it[5].clone(),
            superseded_by: it[6].clone(),
            stored: it[7].parse().unwrap(),
        };
        let rest = format!("{rest} ORDER BY run_id");
        self.rows(&columns, &rest).await.into_iter().map(row).collect()
    }

    async fn results(&mut self, rest: &str) -> Vec<ResultRow> {
        let columns = [
            "ordinal",
            "#digest",
            "subject",
            "period",
            "status",
            "score",
            "score_before",
            "grade",
            "ranks",
            "awards",
            "reasons",
            "groups",
        ];
        let row = |it: Vec<String>| ResultRow {
            ordinal: it[0].parse().unwrap(),
            digest: it[1].clone(),
            fields: it[2..].to_vec(),
        };
        self.rows(&columns, rest).await.into_iter().map(row).collect()
    }

    async fn audit(&mut self, rest: &str) -> Vec<AuditRow> {
        let columns = [
            "seq",
            "recorded",
            "principal",
            "method",
            "request_id",
            "#fingerprint",
            "subject",
            "#effect_digest",
            "#prev_hash",
            "#hash",
        ];
        let row = |it: Vec<String>| AuditRow {
            seq: it[0].parse().unwrap(),
            recorded: it[1].parse().unwrap(),
            principal: it[2].clone(),
            method: it[3].clone(),
            request_id: it[4].clone(),
            fingerprint: it[5].clone(),
            subject: it[6].clone(),
            effect_digest: it[7].clone(),
            prev_hash: it[8].clone(),
            hash: it[9].clone(),
        };
        self.rows(&columns, rest).await.into_iter().map(row).collect()
    }
}

fn number(row: &[String], count: usize, hash: usize) -> (i64, String) {
    (row[count].parse().unwrap(), row[hash].clone())
}

/// Hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, it| {
        write!(text, "{it:02x}").unwrap();
        text
    })
}

/// Bytes of hexadecimal digits.
pub(super) fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.chars().map(|it| it.to_digit(16).expect("hexadecimal digits"));
    let digits: Vec<u8> = digits.map(|it| u8::try_from(it).unwrap()).collect();
    digits.chunks(2).map(|it| it[0] * 16 + it[1]).collect()
}
