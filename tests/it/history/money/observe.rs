//! The books as the database shows them, read past the product.

use std::collections::BTreeMap;

use crate::{harness::COUNTY, history::observe::Database};

/// A movement with the figures after it and its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MovementRow {
    pub(super) purpose: String,
    pub(super) number: i64,
    pub(super) what: String,
    pub(super) amount: i64,
    /// Batch and line.
    pub(super) line: String,
    pub(super) request_id: String,
    /// Appropriated, available, reserved, paid, returned, recovered, due.
    pub(super) after: [i64; 7],
    pub(super) postings: BTreeMap<String, i64>,
}

/// A row that one request left, as the text of its effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EffectRow {
    pub(super) request_id: String,
    pub(super) effect: String,
}

/// Everything about money, and the audit entries of it: request and method.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Rows {
    pub(super) movements: Vec<MovementRow>,
    /// Batches, events of batches, recoveries and events of recoveries.
    pub(super) effects: Vec<EffectRow>,
    /// By batch and line: year and purpose, and how much.
    pub(super) lines: BTreeMap<String, (String, i64)>,
    pub(super) audit: Vec<EffectRow>,
}

/// One snapshot.
pub(super) async fn rows(database: &mut Database) -> Rows {
    database
        .execute(match database {
            Database::Sqlite(_) => "BEGIN",
            Database::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
        })
        .await;
    let mut seen = Rows { movements: movements(database).await, ..Rows::default() };
    let of = |table: &str| format!("{table} WHERE county = '{COUNTY}'");
    let kinds = [
        ("award_batches", "'batch ' || batch_id"),
        ("award_batch_events", "what || ' ' || batch_id || '/' || line"),
        ("recoveries", "'demanded ' || amount || ' ' || batch_id || '/' || line"),
        ("recovery_events", "what || ' ' || amount || ' of ' || recovery"),
    ];
    for (table, effect) in kinds {
        let rows = database.rows(&["request_id", effect], &of(table)).await;
        seen.effects.extend(rows.iter().map(|it| effect_row(it)));
    }
    let columns = ["b.batch_id || '/' || l.line", "b.year || ' ' || b.purpose", "l.amount"];
    let from = format!(
        "award_lines l JOIN award_batches b ON b.county = l.county AND b.batch_id = l.batch_id \
         WHERE l.county = '{COUNTY}'"
    );
    for it in database.rows(&columns, &from).await {
        seen.lines.insert(it[0].clone(), (it[1].clone(), it[2].parse().unwrap()));
    }
    let money = "(method LIKE 'AwardService.%' OR method LIKE 'BudgetService.%' \
                 OR method LIKE 'RecoveryService.%')";
    let from = format!("{} AND {money}", of("audit_entries"));
    let audit = database.rows(&["request_id", "method"], &from).await;
    seen.audit = audit.iter().map(|it| effect_row(it)).collect();
    database.execute("COMMIT").await;
    seen
}

fn effect_row(it: &[String]) -> EffectRow {
    EffectRow { request_id: it[0].clone(), effect: it[1].clone() }
}

async fn movements(database: &mut Database) -> Vec<MovementRow> {
    let columns = [
        "year || ' ' || purpose",
        "number",
        "what",
        "amount",
        "batch_id || '/' || line",
        "request_id",
        "appropriated",
        "available",
        "reserved",
        "paid",
        "returned",
        "recovered",
        "due",
    ];
    let order = format!("WHERE county = '{COUNTY}' ORDER BY year, purpose, number");
    let rows = database.rows(&columns, &format!("money_movements {order}")).await;
    let entries = ["year || ' ' || purpose", "number", "account", "fen"];
    let mut postings: BTreeMap<(String, i64), BTreeMap<String, i64>> = BTreeMap::new();
    for it in database.rows(&entries, &format!("money_postings {order}")).await {
        let own = postings.entry((it[0].clone(), it[1].parse().unwrap())).or_default();
        own.insert(it[2].clone(), it[3].parse().unwrap());
    }
    let row = |it: Vec<String>| {
        let number = it[1].parse().unwrap();
        MovementRow {
            number,
            what: it[2].clone(),
            amount: it[3].parse().unwrap(),
            line: it[4].clone(),
            request_id: it[5].clone(),
            after: std::array::from_fn(|at| it[6 + at].parse().unwrap()),
            postings: postings.remove(&(it[0].clone(), number)).unwrap_or_default(),
            purpose: it[0].clone(),
        }
    };
    let rows: Vec<MovementRow> = rows.into_iter().map(row).collect();
    assert!(postings.is_empty(), "entries of no movement: {postings:?}");
    rows
}
