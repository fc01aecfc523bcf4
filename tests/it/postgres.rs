//! The PostgreSQL that the tests run on: `tests/with-postgres` starts one and says where. The product
//! is run as a role that may do no more than the service needs, as it should be anywhere.

use steelyard::store;

/// The role of the service.
pub(crate) const SERVICE: &str = "steelyard_service";

#[expect(clippy::disallowed_methods, reason = "the tests' own setting")]
fn setting(name: &str) -> String {
    std::env::var(name).expect("tests/with-postgres sets where PostgreSQL is: run the tests by it")
}

/// The URLs of one schema, by who connects.
#[derive(Debug, Clone)]
pub(crate) struct Schema {
    /// The service.
    pub(crate) service: String,
    /// Who owns the schema.
    pub(crate) owner: String,
    /// Who may do everything: for what is done past the product.
    pub(crate) superuser: String,
}

impl Schema {
    fn of(name: &str) -> Self {
        let url = |of: &str| {
            let url = setting(of);
            let and = if url.contains('?') { '&' } else { '?' };
            format!("{url}{and}options=-c%20search_path%3D{name}")
        };
        Self {
            service: url("STEELYARD_TEST_POSTGRES"),
            owner: url("STEELYARD_TEST_POSTGRES_OWNER"),
            superuser: url("STEELYARD_TEST_POSTGRES_SUPERUSER"),
        }
    }
}

/// A schema of its own, empty, and migrated by nobody. Without a server the case fails: it is never
/// left out in silence.
pub(crate) async fn bare(name: &str) -> Schema {
    assert!(name.len() < 60, "PostgreSQL would cut the name {name}");
    let ddl = format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}");
    execute(&setting("STEELYARD_TEST_POSTGRES_OWNER"), &ddl).await.unwrap();
    Schema::of(name)
}

/// A schema of its own, made by its owner, with the service's rights.
pub(crate) async fn migrated(name: &str) -> Schema {
    let schema = bare(name).await;
    store::migrate(&schema.owner, Some(SERVICE)).await.unwrap();
    schema
}

/// The service's URL of a schema of its own.
pub(crate) async fn schema(name: &str) -> String {
    migrated(name).await.service
}

/// Who may do everything, in the schema of a service's URL.
pub(crate) fn superuser_of(service: &str) -> String {
    let names = ["STEELYARD_TEST_POSTGRES", "STEELYARD_TEST_POSTGRES_SUPERUSER"];
    let [from, to] = names.map(setting);
    assert!(service.starts_with(&from), "{service}");
    service.replacen(&from, &to, 1)
}

/// Who owns the schema of a service's URL.
pub(crate) fn owner_of(service: &str) -> String {
    let names = ["STEELYARD_TEST_POSTGRES", "STEELYARD_TEST_POSTGRES_OWNER"];
    let [from, to] = names.map(setting);
    assert!(service.starts_with(&from), "{service}");
    service.replacen(&from, &to, 1)
}

/// Runs a text past the product.
pub(crate) async fn execute(url: &str, text: &str) -> Result<(), sqlx::Error> {
    use sqlx::Connection as _;
    let mut db = sqlx::PgConnection::connect(url).await?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(text.to_owned())).execute(&mut db).await?;
    db.close().await
}
