//! The PostgreSQL that the tests run on: `tests/with-postgres` starts one and says where.

/// A schema of its own, empty, in the tests' PostgreSQL, as a URL. Without one the case fails: it is
/// never left out in silence.
pub(crate) async fn schema(name: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "the tests' own setting")]
    let url = std::env::var("STEELYARD_TEST_POSTGRES")
        .expect("STEELYARD_TEST_POSTGRES is not set: run the tests by tests/with-postgres");
    assert!(name.len() < 60, "PostgreSQL would cut the name {name}");
    let ddl = format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}");
    execute(&url, &ddl).await.unwrap();
    let and = if url.contains('?') { '&' } else { '?' };
    format!("{url}{and}options=-c%20search_path%3D{name}")
}

/// Runs a text past the product.
pub(crate) async fn execute(url: &str, text: &str) -> Result<(), sqlx::Error> {
    use sqlx::Connection as _;
    let mut db = sqlx::PgConnection::connect(url).await?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(text.to_owned())).execute(&mut db).await?;
    db.close().await
}
