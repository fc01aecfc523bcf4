//! The stores that the cases run on.

use std::{path::PathBuf, sync::Arc};

use sqlx::Connection as _;
use steelyard::store::{self, Store};

/// An empty store, and its address for what goes past it.
pub(crate) struct Backend {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) url: String,
    /// Where the database is a server: its addresses by who connects.
    pub(crate) schema: Option<crate::postgres::Schema>,
    folder: Option<PathBuf>,
}

impl Backend {
    pub(crate) async fn sqlite_memory(_case: &str) -> Self {
        let url = "sqlite::memory:".to_owned();
        Self { store: store::open(&url).await.unwrap(), url, schema: None, folder: None }
    }

    pub(crate) async fn sqlite_file(case: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("store-{case}"));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let url = format!("sqlite:{}", folder.join("steelyard.db").display());
        Self { store: store::open(&url).await.unwrap(), url, schema: None, folder: Some(folder) }
    }

    pub(crate) async fn postgres(case: &str) -> Self {
        let schema = crate::postgres::migrated(case).await;
        let url = schema.service.clone();
        Self { store: store::open(&url).await.unwrap(), url, schema: Some(schema), folder: None }
    }

    pub(crate) async fn remove(self) {
        self.store.close().await;
        if let Some(folder) = self.folder {
            std::fs::remove_dir_all(folder).unwrap();
        }
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.schema.is_some()
    }

    /// Runs a text past the product and its fences, as an administrator of the database would.
    pub(crate) async fn execute(&self, text: &str) -> Result<(), sqlx::Error> {
        if let Some(schema) = &self.schema {
            return crate::postgres::execute(&schema.superuser, text).await;
        }
        let mut db = sqlx::SqliteConnection::connect(&self.url).await?;
        sqlx::raw_sql(sqlx::AssertSqlSafe(text.to_owned())).execute(&mut db).await?;
        db.close().await
    }

    /// Runs a text past the product and past the table's triggers, as an administrator could.
    pub(crate) async fn tamper(&self, table: &str, text: &str) {
        let off = if self.is_postgres() {
            format!("ALTER TABLE {table} DISABLE TRIGGER USER")
        } else {
            format!("DROP TRIGGER {table}_no_update; DROP TRIGGER {table}_no_delete")
        };
        self.execute(&off).await.unwrap();
        self.execute(text).await.unwrap();
    }
}
