//! Every statement is understood by both databases and answers the same columns.

use sqlx::{AssertSqlSafe, Column as _, Executor as _, SqlSafeStr as _, Statement as _};
use steelyard::store::{postgres, sqlite};

#[tokio::test]
async fn every_statement_prepares_on_both_and_answers_the_same_columns() {
    let file = sqlx::SqlitePool::connect("sqlite::memory:").await.unwrap();
    let mut here = file.acquire().await.unwrap();
    sqlx::migrate!("migrations/sqlite").run(&mut *here).await.unwrap();
    let server = sqlx::PgPool::connect(&crate::postgres::schema("statements").await).await.unwrap();
    let (ours, theirs) = (sqlite::statements(), postgres::statements());
    assert!(ours.len() > 40, "all statements are listed");
    assert_eq!(ours.len(), theirs.len());
    for ((name, text), (same, there)) in ours.into_iter().zip(theirs) {
        assert_eq!(name, same);
        let one = (&mut *here).prepare(AssertSqlSafe(text).into_sql_str()).await;
        let one = one.unwrap_or_else(|why| panic!("{name} on SQLite: {why}"));
        let two = server.prepare(AssertSqlSafe(there).into_sql_str()).await;
        let two = two.unwrap_or_else(|why| panic!("{name} on PostgreSQL: {why}"));
        let one: Vec<_> = one.columns().iter().map(|it| it.name().to_owned()).collect();
        let two: Vec<_> = two.columns().iter().map(|it| it.name().to_owned()).collect();
        assert_eq!(one, two, "{name}");
    }
}

#[test]
fn both_databases_have_the_same_migrations() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let names = |database: &str| {
        let mut names: Vec<_> = std::fs::read_dir(root.join(database))
            .unwrap()
            .map(|it| it.unwrap().file_name())
            .collect();
        names.sort();
        names
    };
    assert!(!names("sqlite").is_empty());
    assert_eq!(names("sqlite"), names("postgres"));
}

/// Without statistics SQLite takes a county's rows for few, and looks one row up by reading them all.
#[tokio::test]
async fn no_statement_reads_a_whole_county_on_sqlite() {
    use sqlx::Row as _;
    let pool = sqlx::SqlitePool::connect("sqlite::memory:").await.unwrap();
    let mut db = pool.acquire().await.unwrap();
    sqlx::migrate!("migrations/sqlite").run(&mut *db).await.unwrap();
    sqlx::raw_sql("ANALYZE sqlite_schema").execute(&mut *db).await.unwrap();
    let mut looked_at = 0;
    for (name, text) in sqlite::statements() {
        let plan = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}"));
        for row in sqlx::query(plan).fetch_all(&mut *db).await.unwrap() {
            let step: String = row.get("detail");
            looked_at += 1;
            let whole = step.ends_with("(county=?)")
                && !step.contains("county_heads")
                // Counting the runs of a county is what it is for.
                && name != "RUN_COUNTS";
            let table = ["facts", "totals", "results", "registry_versions", "run_batches"]
                .iter()
                .any(|it| step.contains(&format!("SCAN {it}")));
            assert!(!whole && !table, "{name}: {step}");
        }
    }
    assert!(looked_at > 40, "plans were looked at");
}
